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

FOLDS = 5
# Fits on the training rows and gives the test rows' probabilities, shape (n_test,).
Predictor = Callable[[Dataset], Array]


def n_folds(d: Dataset, most: int = FOLDS) -> int:
    """Say how many folds the training rows allow; 0 where there is nothing to compare.

    Each fold is to hold both classes; where rows go together, as many groups as folds.
    """
    y = d.Y_train[0]
    counts = [most, int(y.sum()), int((1 - y).sum())]
    if d.train.groups is not None:
        counts += [len(np.unique(d.train.groups[y == label])) for label in (0, 1)]
    return min(counts) if min(counts) > 1 else 0


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
    for kept, held in divided(d, n, by_group, in_time):
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


def divided(
    d: Dataset, n: int, by_group: bool = False, in_time: bool = False
) -> Iterator[tuple[Array, Array]]:
    """Give the training rows kept and those held out of each fold, as `folds` does.

    In time, there may be fewer than n, where the first rows are all of one class; none
    where n is 0.
    """
    groups = d.train.groups if by_group else None
    if not n:
        return iter(())
    if in_time and d.train.times is not None:
        return _in_time(d.train.times, d.Y_train[0], n)
    how = StratifiedKFold if groups is None else StratifiedGroupKFold
    sides = how(n, shuffle=True, random_state=d.parameters.split_seed)
    found: Iterator[tuple[Array, Array]] = sides.split(
        d.Y_train[0],
        d.Y_train[0],
        groups,  # of the input only the length counts
    )
    return found


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
    predict: Predictor,
    d: Dataset,
    n: int,
    by_group: bool = False,
    in_time: bool = False,
) -> Array:
    """Predict each training row by a model that has not seen it: shape (n_train,).

    NaN where, in time, a row is never held out.
    """
    p = np.full(d.Y_train.size, np.nan)
    for held, part in folds(d, n, by_group, in_time):
        p[held] = predict(part)
    return p
