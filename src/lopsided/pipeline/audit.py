"""The audit's grid: many trainings of the report's network, one row of a table each.

The table is the only state. After each run it is written whole, in the grid's order,
and swapped in; a start skips the runs that it finds there. However often it was
stopped, the table ends the same.
"""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from tqdm import tqdm

from lopsided import experiment, metrics
from lopsided.appointments import PUBLISHED_SHA256
from lopsided.data import Dataset, load
from lopsided.errors import InputError
from lopsided.network import forward
from lopsided.parameters import from_file, validate
from lopsided.pipeline import notebooks
from lopsided.threshold import candidates

Row = dict[str, str]  # of the table; all text, as in the file


@dataclass(frozen=True)
class Run:
    """One training: the columns that name it, and the parameters that make it."""

    settings: Row
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Grid:
    """All runs, and where to read the predictions of each."""

    runs: tuple[Run, ...]
    thresholds: tuple[float, ...]
    false_positive_rates: tuple[float, ...]


def read_grid(path: Path | None = None) -> Grid:
    """Read a grid file; by default ``audit.yaml`` beside the notebooks.

    Raises
    ------
    InputError
        When a value is not allowed, or a run is declared twice.
    """
    path = path or notebooks.folder() / "audit.yaml"
    declared = from_file(path)
    runs = tuple(_runs(declared))
    if len({tuple(run.settings.values()) for run in runs}) < len(runs):
        raise InputError(f"{path}: a run is declared twice; name each once")
    rates = tuple(declared["false_positive_rates"])
    return Grid(runs, tuple(declared["thresholds"]), rates)


def _runs(declared: dict[str, Any]) -> Iterator[Run]:
    for part in declared["parts"]:
        lists = declared["usual"] | part
        for values in product(*lists.values()):
            run = dict(zip(lists, values, strict=True))
            run["weighting"], run["w"] = run.pop("reading")
            run |= {"split_seed": run["seed"]} | declared["always"]
            settings = {name: _text(value) for name, value in run.items()}
            del run["scheme"]  # an argument of `experiment.fit`
            run["features"] = declared["features"][run["features"]]
            validate(run)
            yield Run(settings, run)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def measure(run: Run, data: str, grid: Grid) -> Row:
    """Train one network and describe it by counts and rates: one row of the table."""
    dataset, scheme = _dataset_of(run, data), run.settings["scheme"]
    fitted = experiment.fit(validate(run.parameters), dataset, scheme=scheme)
    Y, p = dataset.Y_test, fitted.p_test
    found: dict[str, Any] = {"n_train": dataset.Y_train.size, "n_test": Y.size}
    for t in grid.thresholds:
        (tn, fp), (fn, tp) = metrics.confusion_matrix(Y, p >= t)
        found |= {f"tn_{t}": tn, f"fp_{t}": fp, f"fn_{t}": fn, f"tp_{t}": tp}
        right = np.mean((fitted.p_train >= t) == dataset.Y_train)
        found[f"train_accuracy_{t}"] = f"{right:.6f}"
    found["roc_auc"] = f"{metrics.roc_auc(Y, p):.6f}"
    curve = candidates(Y, p)
    rates, recall = curve.fp / curve.fp[-1], curve.tp / curve.tp[-1]
    for rate in grid.false_positive_rates:
        found[f"recall_at_{rate}"] = f"{np.interp(rate, rates, recall):.6f}"
    found["largest_tie"] = np.unique(p, return_counts=True)[1].max()
    Z = forward(fitted.network, dataset.X_test).Z
    hidden = range(1, fitted.network.L)
    found["dead_units"] = sum(int((Z[l] <= 0).all(axis=1).sum()) for l in hidden)
    start = {"data": dataset.sha256[:12]} | run.settings
    return start | {name: str(value) for name, value in found.items()}


def _dataset_of(run: Run, data: str) -> Dataset:
    names = ("features", "group_column", "split_seed", "test_size")
    return _dataset(json.dumps({"data": data} | {n: run.parameters[n] for n in names}))


@lru_cache(maxsize=2)
def _dataset(parameters: str) -> Dataset:
    """Load and split once for all runs of a worker that share it."""
    return load(validate(json.loads(parameters)))


def read_rows(path: Path) -> dict[tuple[str, ...], Row]:
    """Read a table, by the settings that name its rows; empty if it is not there."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {_name(row): row for row in csv.DictReader(file)}


def _name(row: Row) -> tuple[str, ...]:
    return tuple(row.values())[: [*row].index("n_train")]


def _write_rows(path: Path, rows: list[Row]) -> None:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    notebooks.overwrite(path, file.getvalue().encode())


def run_grid(
    data: str, output: Path, grid: Grid, *, processes: int = 2, any_table: bool = False
) -> int:
    """Train what is missing in a table, and return how many runs that were.

    Parameters
    ----------
    data : str
        The published file, or ``"simulated"``; any other only with ``any_table``.
    output : Path
        The table. Rows that the grid does not declare go.

    Raises
    ------
    InputError
        Before anything ran: the file is another, or another process makes the table.
    KeyboardInterrupt
        Says how many runs are done. They stay.
    """
    sha256 = _dataset_of(grid.runs[0], data).sha256
    if not any_table and data != "simulated" and sha256 != PUBLISHED_SHA256:
        raise InputError(
            f"{data} is not the published file, since its SHA-256 differs; give that "
            "file, or 'simulated' to audit the simulated clinic"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(output.with_suffix(".lock"), timeout=0):
            return _complete(data, sha256[:12], output, grid, processes)
    except Timeout:
        raise InputError(f"{output} is being made by another process") from None


def _complete(data: str, sha256: str, output: Path, grid: Grid, processes: int) -> int:
    runs = {(sha256, *run.settings.values()): run for run in grid.runs}
    done = read_rows(output)
    missing = [run for name, run in runs.items() if name not in done]
    bar = tqdm(total=len(runs), initial=len(runs) - len(missing), unit="run")
    with bar, notebooks.workers(processes) as pool:
        try:
            jobs = [pool.submit(measure, run, data, grid) for run in missing]
            for job in as_completed(jobs):
                row = job.result()
                done[_name(row)] = row
                _write_rows(output, [done[name] for name in runs if name in done])
                bar.update()
        except KeyboardInterrupt:
            kept = f"{bar.n} of {len(runs)} runs are in {output}"
            raise KeyboardInterrupt(f"interrupted; {kept}") from None
    return len(missing)
