"""Divide a table's rows into those to train on and those to test on."""

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.parameters import Parameters
from lopsided.prose import quoted
from lopsided.table.kinds import as_dates, as_text


def split(frame: pd.DataFrame, y: Array, parameters: Parameters) -> tuple[Array, Array]:
    """Divide the rows: stratified by class, or by group, or in time.

    Returns
    -------
    train, test : array of int
        Row numbers.

    Raises
    ------
    InputError
        When a class would be missing on one side.
    """
    rows = np.arange(len(frame))
    how = {"test_size": parameters.test_size, "random_state": parameters.split_seed}
    try:
        if parameters.group_column:
            groups = as_text(frame[parameters.group_column])
            train, test = next(GroupShuffleSplit(1, **how).split(rows, groups=groups))
        elif parameters.time_column:
            later = _later(frame[parameters.time_column], parameters.test_size)
            train, test = rows[~later], rows[later]
        else:
            train, test = train_test_split(rows, stratify=y, **how)
    except InputError:
        raise
    except ValueError:  # too few rows, positives or groups for any split
        train = test = rows[:0]
    for side, name in ((train, "training"), (test, "test")):
        if len(np.unique(y[side])) < 2:
            by = parameters.group_column or parameters.time_column
            raise InputError(
                f"the split{f' by {quoted(by)}' if by else ''} leaves a class out of "
                f"the {name} rows: {int(y.sum()):,} of {len(y):,} rows are positive; "
                "change test_size, or give more rows"
            )
    return train, test


def split_words(parameters: Parameters) -> str:
    """Say how the rows are divided."""
    if parameters.group_column:
        return f"whole groups of {quoted(parameters.group_column)}, drawn at random"
    if parameters.time_column:
        return f"the latest by {quoted(parameters.time_column)}"
    return "drawn at random, class by class"


def in_order(column: pd.Series) -> Array:
    """Give each row the number of its time, from the earliest; equal ones alike."""
    time = as_dates(column)
    codes: Array = pd.factorize(column if time is None else time, sort=True)[0]
    return codes


def _later(column: pd.Series, share: float) -> Array:
    """Mark the latest rows, about this share; rows of one time stay together."""
    time = as_dates(column)
    time = column if time is None else time
    is_number = pd.api.types.is_numeric_dtype(time)
    is_date = pd.api.types.is_datetime64_any_dtype(time)
    if time.isna().any() or not (is_number or is_date):
        raise InputError(
            f"time_column {quoted(column.name)} must hold numbers or ISO 8601 dates, "
            "without gaps"
        )
    first = min(round(len(time) * (1 - share)), len(time) - 1)
    later: Array = (time >= time.sort_values().iloc[first]).to_numpy()
    return later
