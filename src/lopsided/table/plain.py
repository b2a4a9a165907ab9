"""The types of a table's columns: numbers, booleans, dates in UTC, and text."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.prose import quoted
from lopsided.table import textual

LARGEST = 1e100  # squares of larger numbers overflow


def plain(column: pd.Series) -> pd.Series:
    """Reduce the many types of pandas to numbers, booleans, dates and text."""
    dtype = column.dtype
    if textual.is_coded(column):
        return column
    if pd.api.types.is_timedelta64_dtype(dtype):
        return column / pd.Timedelta(days=1)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return utc(column)
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return column.astype(float) if dtype.kind == "f" else column
    known = column.dropna()
    values = column.astype(object).where(column.notna(), None)
    types = tuple(set(map(type, known.astype(object))))
    if not types or all(issubclass(t, str) for t in types):
        return column if pd.api.types.is_string_dtype(dtype) else values
    if all(issubclass(t, bool | np.bool_) for t in types):
        return values if len(known) < len(column) else values.astype(bool)
    if all(issubclass(t, int | float | Decimal | np.number) for t in types):
        return pd.Series([np.nan if v is None else float(v) for v in values])
    if all(issubclass(t, date) for t in types):
        return pd.to_datetime(values, utc=True)
    return values.map(str, na_action="ignore")


def utc(dates: pd.Series) -> pd.Series:
    """Express dates in UTC; those without a time zone are taken to be in it."""
    known = dates.dt.tz is not None
    return dates.dt.tz_convert("UTC") if known else dates.dt.tz_localize("UTC")


def check_sizes(frame: pd.DataFrame, source: str) -> None:
    """Refuse numbers that cannot be calculated with.

    Raises
    ------
    InputError
        Names the first one's column and row.
    """
    for name in frame:
        if frame[name].dtype.kind in "iuf":
            too_large = np.abs(frame[name].to_numpy(float)) >= LARGEST
            if too_large.any():
                raise InputError(
                    f"{source}: column {quoted(name)} is infinite or beyond "
                    f"{LARGEST:g} in row {too_large.argmax() + 1}; replace it or leave "
                    "it empty"
                )
