"""The networks that may reproduce the source report's confusion matrix.

``notebooks/reproduction.yaml`` declares the networks; a row of the table is one of
them, trained and described by counts and rates.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from lopsided.errors import InputError
from lopsided.lesson import metrics
from lopsided.lesson.network import forward
from lopsided.lesson.threshold import candidates, predict
from lopsided.parameters import from_file, validate
from lopsided.pipeline import notebooks
from lopsided.pipeline.rows import Cells, Row, expand
from lopsided.report import experiment
from lopsided.table.dataset import Dataset, load


@dataclass(frozen=True)
class Run:
    """One training: the columns that name it, and the parameters that make it."""

    settings: Cells
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Grid:
    """All runs, and where to read the predictions of each."""

    runs: tuple[Run, ...]
    thresholds: tuple[float, ...]
    false_positive_rates: tuple[float, ...]


def rows(data: str, grid: Grid | None = None) -> list[Row]:
    """List the trainings of the grid, by default the declared one."""
    grid = grid or read_grid()
    sha256 = {"data": _dataset_of(grid.runs[0], data).provenance.sha256[:12]}
    return [
        Row(sha256 | run.settings, partial(measure, run, data, grid))
        for run in grid.runs
    ]


def read_grid(path: Path | None = None) -> Grid:
    """Read a grid file; by default ``reproduction.yaml`` beside the notebooks.

    Raises
    ------
    InputError
        When a value is not allowed, or a run is declared twice.
    """
    path = path or notebooks.folder() / "reproduction.yaml"
    declared = from_file(path)
    runs = tuple(_runs(declared))
    if len({tuple(run.settings.values()) for run in runs}) < len(runs):
        raise InputError(f"{path}: a run is declared twice; name each once")
    rates = tuple(declared["false_positive_rates"])
    return Grid(runs, tuple(declared["thresholds"]), rates)


def _runs(declared: dict[str, Any]) -> Iterator[Run]:
    for run in expand(declared):
        run["weighting"], run["w"] = run.pop("reading")
        run |= {"split_seed": run["seed"]} | declared["always"]
        settings = {name: _text(value) for name, value in run.items()}
        run["initialisation"] = run.pop("scheme")
        run["features"] = declared["features"][run["features"]]
        validate(run)
        yield Run(settings, run)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def measure(run: Run, data: str, grid: Grid) -> Cells:
    """Train one network and describe it by counts and rates."""
    dataset = _dataset_of(run, data)
    quick = dataset.parameters.with_(**run.parameters)
    fitted = experiment.fit(quick, dataset)
    Y, p = dataset.Y_test, fitted.p_test
    row: dict[str, Any] = {"n_train": dataset.Y_train.size, "n_test": Y.size}
    for t in grid.thresholds:
        (tn, fp), (fn, tp) = metrics.confusion_matrix(Y, predict(p, t))
        row |= {f"tn_{t}": tn, f"fp_{t}": fp, f"fn_{t}": fn, f"tp_{t}": tp}
        right = np.mean(predict(fitted.p_train, t) == dataset.Y_train)
        row[f"train_accuracy_{t}"] = f"{right:.6f}"
    row["roc_auc"] = f"{metrics.roc_auc(Y, p):.6f}"
    curve = candidates(Y, p)
    rates, recall = curve.fp / curve.fp[-1], curve.tp / curve.tp[-1]
    for rate in grid.false_positive_rates:
        row[f"recall_at_{rate}"] = f"{np.interp(rate, rates, recall):.6f}"
    row["largest_tie"] = np.unique(p, return_counts=True)[1].max()
    Z = forward(fitted.network, dataset.X_test).Z
    hidden = range(1, fitted.network.L)
    row["dead_units"] = sum(int((Z[l] <= 0).all(axis=1).sum()) for l in hidden)
    return {name: str(value) for name, value in row.items()}


def _dataset_of(run: Run, data: str) -> Dataset:
    names = ("features", "group_column", "split_seed", "test_size")
    return _dataset(json.dumps({"data": data} | {n: run.parameters[n] for n in names}))


@lru_cache(maxsize=2)
def _dataset(parameters: str) -> Dataset:
    """Load and split once for all runs of a worker that share it."""
    return load(validate(json.loads(parameters)))
