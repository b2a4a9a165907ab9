"""Training rows divided for cross-validation; the test rows stay out of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from lopsided.lesson.network import Array
from lopsided.table.dataset import Dataset, Rows

# Fits on the training rows and gives the test rows' probabilities, shape (n_test,).
Predictor = Callable[[Dataset], Array]


def folds(
    d: Dataset, n: int, by_group: bool = False, in_time: bool = False
) -> Iterator[tuple[Array, Dataset]]:
    """Divide the training rows for cross-validation, class by class.

    Features keep the scale and the steps that all training rows gave them: those look
    at no label.

    Parameters
    ----------
    d : Dataset
    n : int
        How many folds.
    by_group : bool
        Keep rows that go together in one fold, where the table has such.
    in_time : bool
        Where the table has a ``time_column``, hold out rows that are later than all
        that are kept, as the test rows are. The earliest are then never held out.

    Yields
    ------
    held : array of int
        The training rows held out.
    Dataset
        Which tests on them, and trains on the others.
    """
    X, Y, groups = d.X_train, d.Y_train, d.train.groups
    grouped = by_group and groups is not None
    how = StratifiedGroupKFold if grouped else StratifiedKFold
    divided = how(n, shuffle=True, random_state=d.parameters.split_seed)
    sides = (
        divided.split(X.T, Y[0], groups if grouped else None)
        if d.train.times is None or not in_time
        else _in_time(d.train.times, Y[0], n)
    )
    for kept, held in sides:
        train, test = (
            Rows(
                X[:, side],
                Y[:, side],
                d.train.rows[side],
                None if groups is None else groups[side],
            )
            for side in (kept, held)
        )
        yield held, replace(d, train=train, test=test)
        del train, test  # before the next ones are made


def _in_time(times: Array, y: Array, n: int) -> Iterator[tuple[Array, Array]]:
    """Hold out one span of time after another; earlier rows are kept, of both classes.

    Rows of the time at which a span begins are not kept.
    """
    order = np.argsort(times, kind="stable")
    for earlier, span in TimeSeriesSplit(n).split(order):
        held = order[span]
        kept = order[earlier]
        kept = kept[times[kept] < times[held].min()]
        if len(np.unique(y[kept])) == 2:
            yield kept, held


def out_of_fold(
    predict: Predictor, d: Dataset, n: int, by_group: bool = False
) -> Array:
    """Predict each training row by a model that has not seen it: shape (n_train,)."""
    p = np.empty(d.Y_train.size)
    for held, part in folds(d, n, by_group):
        p[held] = predict(part)
    return p
