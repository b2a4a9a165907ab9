"""Recognise what a column holds from its values and its name, and read it as that."""

from functools import cached_property

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.prose import quoted
from lopsided.table.names import CODE, IDENTIFIER, TEXT, WHO
from lopsided.table.plain import LARGEST, utc

MISSING = "(missing)"
ADDRESS = r"\s*([^@\s]+@[^@\s]+\.\w+|https?://\S+)\s*"  # of mail, or in the web
MANY = 50  # different values, more than describe
SELDOM = 20  # rows a category: fewer, if there are many categories, is a list of names


class ColumnValues:
    """One column, read as numbers, as dates or as text: once each, when asked for."""

    def __init__(self, column: pd.Series) -> None:
        self.column = column

    @cached_property
    def numbers(self) -> Array:
        """Shape (m,), NaN where there is no number that can be calculated with."""
        if pd.api.types.is_datetime64_any_dtype(self.column):
            return np.full(len(self.column), np.nan)
        read = pd.to_numeric(self.column, errors="coerce")
        values = read.to_numpy(float, na_value=np.nan)
        return np.where(np.abs(values) < LARGEST, values, np.nan)

    @cached_property
    def dates(self) -> pd.Series:
        """In UTC, NaT where there is no ISO 8601 date."""
        if pd.api.types.is_datetime64_any_dtype(self.column):
            return utc(self.column)
        text = as_text(self.column)
        return pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")

    @cached_property
    def levels(self) -> tuple[Array, dict[str, int]]:
        """Each value's code, shape (m,), and the code of each text."""
        codes, texts = pd.factorize(as_text(self.column))
        return codes, {text: code for code, text in enumerate(texts)}

    def read(self, kind: str) -> pd.Series:
        """Read numbers, booleans (0 and 1) or dates; what cannot be so is missing."""
        if kind == "date":
            return self.dates
        read = pd.Series(self.numbers, self.column.index)
        return read.where(read.isin([0, 1])) if kind == "boolean" else read


def as_text(column: pd.Series) -> pd.Series:
    """Write every value as text: missing ones as ``(missing)``, 1.0 as ``1``."""
    codes, words = words_of(column)
    texts = np.array([*words, MISSING], dtype=object)  # missing is -1, the last
    return pd.Series(texts[codes], column.index, dtype=object, name=column.name)


def words_of(column: pd.Series) -> tuple[Array, list[str]]:
    """Write each different value as text; give each row's place there, or -1."""
    codes, values = pd.factorize(column)
    return codes, [*map(_word, values)]


def _word(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return f"{value:.0f}" if whole else str(value)


def as_dates(column: pd.Series) -> pd.Series | None:
    """Read a text column as ISO 8601 dates; None when any value is not one."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        known = column.dropna()
        if not len(known) or not pd.api.types.is_string_dtype(known):
            return None
        form = r"\s*\d{4}-\d{1,2}(-\d{1,2})?([ T].*)?"
        if not known.iloc[:100].str.fullmatch(form).all():
            return None
    dates = ColumnValues(column).dates
    return dates if dates.notna().equals(column.notna()) else None


def as_kind(column: pd.Series, kind: str) -> pd.Series:
    """Read a column as a kind that its user gives; what cannot be so is missing.

    Raises
    ------
    InputError
        When nothing can.
    """
    if kind == "category":
        return column
    read = ColumnValues(column).read(kind)
    if read.isna().all():
        raise InputError(
            f"features: no value of column {quoted(column.name)} can be read as a "
            f"{kind}; give another kind"
        )
    return read


def kind_of(column: pd.Series) -> str:
    """Recognise a column from its values and its name.

    Returns
    -------
    {"empty", "constant", "boolean", "number", "date", "identifier", "category", "text"}
        An identifier tells rows apart rather than describing them: it counts 1, 2, 3
        with few gaps, takes many values and is called an id or a code, or is a code or
        an address in nearly each row. Text is names and sentences: most values stand in
        few rows. Both have many values; with few, they are categories.
    """
    known = column.dropna()
    distinct = known.nunique()
    if distinct == 0:
        return "empty"
    if distinct == 1 and len(known) == len(column):
        return "constant"
    if known.isin([0, 1]).all():  # True and False are 1 and 0 too
        return "boolean"
    name = str(column.name)
    named = IDENTIFIER.search(name) is not None or CODE.search(name) is not None
    many = distinct > MANY or (distinct == len(known) >= 10)
    if pd.api.types.is_numeric_dtype(column):
        whole = (known % 1 == 0).mean()
        if (named or WHO.search(name)) and whole > 0.99:  # a few may be damaged
            return "identifier" if many else "category"
        steps = known.astype(float).diff()[1:]  # 1, and more where rows are left out
        counts = whole == 1 and steps.min() >= 1 and steps.mean() < 1.2
        return "identifier" if distinct > MANY and counts else "number"
    if as_dates(column) is not None:
        return "date"
    if named:
        return "identifier" if many else "category"
    levels = pd.Series(known.unique()).astype(str)
    if levels.str.fullmatch(ADDRESS).mean() > 0.9:
        return "identifier"
    if TEXT.search(name) and distinct >= 10:
        return "text"
    if distinct > max(10, len(known) / 2):
        codes = levels.str.contains(r"\d") & levels.str.fullmatch(r"\S+(\s\S+)?")
        tells_apart = distinct > 0.95 * len(known) and codes.mean() > 0.9
        return "identifier" if tells_apart else "text"
    return "text" if distinct > MANY and distinct * SELDOM > len(known) else "category"
