"""Looking back: all runs in a list, and two of them side by side."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.prose import listed, quoted
from lopsided.report import description, results
from lopsided.report.intervals import METRICS, bootstrap, interval

HEADLINE = ["accuracy", "f1", "precision", "recall", "roc_auc"]
NOT_A_CHOICE = {"run_dir", "author", "title"}


def find_run(name: str, root: Path = Path("runs")) -> Path:
    """Find a run by its name, or by the path of its folder.

    Raises
    ------
    InputError
        When there is none, or it is not whole.
    """
    for folder in (root / name, Path(name)):
        with suppress(OSError, ValueError):  # a name too long for any file, or with NUL
            if (folder / results.METRICS).is_file():
                return folder
    there = listed([p.name for p in _folders(root)], 20) or "none"
    raise InputError(f"there is no run {quoted(name)} in {root}/; there is: {there}")


def _folders(root: Path) -> list[Path]:
    paths = sorted(root.glob("*/" + results.METRICS))
    return [p.parent for p in paths if not p.parent.name.startswith(".")]


def list_runs(
    root: Path = Path("runs"), damaged: list[str] | None = None
) -> pd.DataFrame:
    """Tabulate the runs of a folder with their test headline metrics.

    Parameters
    ----------
    root : Path
    damaged : list of str, optional
        Gets a line for each run that cannot be read; the others are in the table.

    Returns
    -------
    DataFrame
        One row a run, by name.
    """
    rows = []
    for folder in _folders(root):
        try:
            metrics = description.read(folder / results.METRICS, description.Metrics)
            manifest = description.read(folder / results.MANIFEST, description.Manifest)
        except InputError as error:
            if damaged is not None:
                damaged.append(str(error))
            continue
        row = {
            "run": folder.name,
            "data": metrics["data"]["source"],
            "finished": manifest["finished"],
            "threshold": metrics["threshold"],
        }
        rows.append(row | {name: metrics["test"][name] for name in HEADLINE})
    columns = ["run", "data", "finished", "threshold", *HEADLINE]
    return pd.DataFrame(rows, columns=columns).set_index("run")


def differing_parameters(a: Path, b: Path) -> pd.DataFrame:
    """Tabulate the parameters in which two runs differ."""
    pair = [
        description.read(run / results.PARAMETERS, description.NamesAndValues)
        for run in (a, b)
    ]
    names = [n for n in pair[0] if n not in NOT_A_CHOICE]
    rows = {n: [p.get(n) for p in pair] for n in names}
    rows = {n: values for n, values in rows.items() if values[0] != values[1]}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["A", "B"])


def predictions_of_test(run: Path) -> pd.DataFrame:
    """Read the test rows of a run's predictions, in the order of the table."""
    frame = results.read_predictions(run)
    return frame[frame["split"] == "test"].sort_values("row", ignore_index=True)


def compare(a: Path, b: Path, n: int = 2000) -> tuple[pd.DataFrame, str | None]:
    """Put the test metrics of two runs side by side.

    The draws are those of the runs' own intervals: whole groups, where either run knows
    that rows go together.

    Parameters
    ----------
    a, b : Path
        Run folders.
    n : int
        Bootstrap draws for the paired intervals.

    Returns
    -------
    table : DataFrame
        Columns ``A``, ``B``, ``B - A``; where both runs were tested on the same rows,
        also ``low`` and ``high`` of the paired 95% interval of the difference.
    drawn : str or None
        What that interval draws: ``"rows"``, or the column of the groups. None where
        the test rows are not the same.
    """
    metrics = [
        description.read(run / results.METRICS, description.Metrics) for run in (a, b)
    ]
    names = [name for name in METRICS if name in metrics[0]["test"]]
    table = pd.DataFrame(
        {
            k: [m["test"].get(n) for n in names]
            for k, m in zip("AB", metrics, strict=True)
        },
        index=names,
        dtype=float,
    )
    table["B - A"] = table["B"] - table["A"]
    rows = [predictions_of_test(run) for run in (a, b)]
    same_data = metrics[0]["data"]["sha256"] == metrics[1]["data"]["sha256"]
    if not same_data or not rows[0][["row", "label"]].equals(rows[1][["row", "label"]]):
        return table, None
    models = [
        (r["p"].to_numpy(), m["threshold"]) for r, m in zip(rows, metrics, strict=True)
    ]
    Y, drawn, groups = rows[0]["label"].to_numpy(), "rows", None
    for frame, measured in zip(rows, metrics, strict=True):
        if groups is None and "group" in frame:
            groups = frame["group"].to_numpy()
            drawn = measured["test"].get("intervals_over") or "groups of rows"
    rng = np.random.default_rng([0, 1])  # not 0, with which networks start
    draws = bootstrap(Y, models, n, rng, groups)
    difference = draws[1] - draws[0]
    table[["low", "high"]] = [interval(difference[name]) for name in names]
    return table, drawn
