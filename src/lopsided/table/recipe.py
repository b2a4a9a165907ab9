"""Recognise columns, and turn them into the network's input.

A `Recipe` is fitted on training rows only. It is plain numbers and words, one `Feature`
for each row of the network's input, so it can be printed, saved without pickle, and
applied years later. A test holds it equal to scikit-learn's imputer, encoder and
scaler.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.prose import few, quoted
from lopsided.table.names import CODE, IDENTIFIER, TEXT
from lopsided.table.reader import LARGEST, utc

DATE_PARTS = ("days", "month", "weekday", "hour")
MAX_CATEGORIES = 100  # of one column; the rarest beyond share the all-zero code
MISSING = "(missing)"
MAX_STEPS = 64  # of one column, at so many equal shares of the training rows
#: What a feature can be made of. A column is never recognised as "steps": they are a
#: number's other encoding, for a curve that a few ReLUs of the number draw badly.
KINDS = ("number", "boolean", "category", "date", "steps")
#: What a feature of each kind can be.
PARTS = {
    "number": ("value", "missing"),
    "boolean": ("value", "missing"),
    "category": ("is",),
    "date": (*DATE_PARTS, "missing"),
    "steps": ("from", "missing"),
}
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
        found = pd.to_numeric(self.column, errors="coerce")
        values = found.to_numpy(float, na_value=np.nan)
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
        found = pd.Series(self.numbers, self.column.index)
        return found.where(found.isin([0, 1])) if kind == "boolean" else found


def as_text(column: pd.Series) -> pd.Series:
    """Write every value as text: missing ones as ``(missing)``, 1.0 as ``1``."""
    codes, values = pd.factorize(column)  # missing is -1, the last text
    texts = np.array([*map(_word, values), MISSING], dtype=object)
    return pd.Series(texts[codes], column.index, dtype=object, name=column.name)


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
        An identifier tells rows apart rather than describing them: it counts 1, 2, 3,
        takes many values and is called an id or a code, or is a code or an address in
        nearly each row. Text is names and sentences: most values stand in few rows.
        Both have many values; with few, they are categories.
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
        if named and (known % 1 == 0).mean() > 0.99:  # a few may be damaged
            return "identifier" if many else "category"
        counter = distinct > MANY and bool((known.diff()[1:] == 1).all())
        return "identifier" if counter else "number"
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


@dataclass(frozen=True)
class Feature:
    """One row of the network's input, computed from one column.

    Attributes
    ----------
    column : str
    kind : str
        As what the column is read: one of `KINDS`.
    part : str
        ``"value"``; ``"missing"`` for its indicator; ``"is"`` for one category;
        ``"from"`` for one step; or a date's ``"days"`` since 1970, ``"month"``,
        ``"weekday"`` (Monday 0), ``"hour"``.
    category, other : str
        For ``"is"``; and the only other category, where there are two.
    start : float
        For ``"from"``: 1 where the number is at least this, else 0.
    fill : float
        The training median, put where a number is missing.
    mean, scale : float
        Training mean and standard deviation, to standardise.
    """

    column: str
    kind: str = "number"
    part: str = "value"
    category: str = ""
    other: str = ""
    start: float = 0.0
    fill: float = 0.0
    mean: float = 0.0
    scale: float = 1.0

    @property
    def name(self) -> str:
        """What tables and figures call it."""
        if self.part == "value":
            return self.column
        if self.part == "is":
            return f"{self.column} = {self.category}"
        if self.part == "from":
            return f"{self.column} >= {self.start:g}"
        return f"{self.column} ({self.part})"

    def raw(self, values: ColumnValues) -> Array:
        """Compute it, not yet filled or standardised: shape (m,), NaN where missing."""
        if self.part == "is":
            codes, code_of = values.levels
            return (codes == code_of.get(self.category)).astype(float)
        read = values.read(self.kind)
        if self.part == "value":
            return read.to_numpy()
        if self.part == "missing":
            return read.isna().to_numpy(float)
        if self.part == "from":
            numbers = read.to_numpy()
            return np.where(np.isnan(numbers), np.nan, numbers >= self.start)
        if self.part == "days":
            since = read.to_numpy("datetime64[us]") - np.datetime64(0, "us")
            return since / np.timedelta64(1, "D")
        part = "day_of_week" if self.part == "weekday" else self.part
        return getattr(read.dt, part).to_numpy(float, na_value=np.nan)

    def standardised(self, values: ColumnValues) -> Array:
        """Compute it as the network gets it: shape (m,)."""
        raw = self.raw(values)
        return (np.where(np.isnan(raw), self.fill, raw) - self.mean) / self.scale


@dataclass(frozen=True)
class Recipe:
    """How to make the network's input from a table: a tuple of `Feature`."""

    features: tuple[Feature, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that a table must have."""
        return list(dict.fromkeys(f.column for f in self.features))

    @property
    def names(self) -> list[str]:
        """One name for each row of the network's input."""
        return [f.name for f in self.features]

    def _by_column(self) -> Iterator[tuple[str, list[tuple[int, Feature]]]]:
        numbered = enumerate(self.features)
        for name, group in groupby(numbered, key=lambda pair: pair[1].column):
            yield name, list(group)

    def apply(self, frame: pd.DataFrame) -> Array:
        """Turn rows of a table into columns of input.

        A category that training did not know is zero in every feature of its column.

        Returns
        -------
        array, shape (n_0, m)
            Each example lies together in memory, as training reads it.
        """
        X = np.empty((len(frame), len(self.features)))
        for name, features in self._by_column():
            values = ColumnValues(frame[name])
            for i, feature in features:
                X[:, i] = feature.standardised(values)
        return X.T

    def surprises(self, frame: pd.DataFrame) -> list[str]:
        """Say what `apply` fills or does not know in a new table, by column."""
        said = []
        for name, numbered in self._by_column():
            values = ColumnValues(frame[name])
            features = [feature for _, feature in numbered]
            if features[0].part != "is":
                n = int(values.read(features[0].kind).isna().sum())
                what = "missing or unreadable, replaced by the training median"
            else:
                learned = {f.category for f in features} | {features[0].other}
                texts = as_text(frame[name])
                strange = texts[~texts.isin(learned)]
                n, new = len(strange), [*map(str, strange.unique())]
                what = f"in no category that training learned ({few(new, 3)})"
            if n:
                said.append(f"{quoted(name)}: {n:,} of {len(frame):,} values {what}.")
        return said


def fit_recipe(train: pd.DataFrame, kinds: dict[str, str]) -> Recipe:
    """Learn fills, categories, means and scales from training rows.

    Parameters
    ----------
    train : DataFrame
    kinds : dict
        The columns to use, each with its kind: one of `KINDS`.

    Returns
    -------
    Recipe
        Without the features that are constant in training.
    """
    found = []
    for name, kind in kinds.items():
        values = ColumnValues(train[name])
        for draft in _drafts(values, kind):
            raw = draft.raw(values)
            known = raw[~np.isnan(raw)]
            fill = float(np.median(known)) if known.size else 0.0
            raw = np.where(np.isnan(raw), fill, raw)
            mean, scale = float(raw.mean()), float(raw.std())
            if scale > 1e-12 * abs(mean):  # less is rounding
                found.append(replace(draft, fill=fill, mean=mean, scale=scale))
    return Recipe(tuple(found))


def _drafts(values: ColumnValues, kind: str) -> list[Feature]:
    """List the features that a column of this kind may give."""
    name = str(values.column.name)
    if kind == "category":
        counts = as_text(values.column).value_counts().sort_index()
        counts = counts.sort_values(ascending=False, kind="stable")
        levels: Sequence[str] = sorted(counts.index[:MAX_CATEGORIES])
        if len(levels) == 2:  # the second says all
            return [Feature(name, kind, "is", levels[1], other=levels[0])]
        return [Feature(name, kind, "is", level) for level in levels]
    read = values.read(kind)
    missing = [Feature(name, kind, "missing")] * bool(read.isna().any())
    if kind == "steps":
        shares = np.arange(MAX_STEPS) / MAX_STEPS  # of a table's values: no new ones
        starts = read.dropna().quantile(shares, interpolation="lower").unique()
        drafts = [Feature(name, kind, "from", start=float(start)) for start in starts]
    else:
        parts = DATE_PARTS if kind == "date" else ("value",)
        drafts = [Feature(name, kind, part) for part in parts]
    return drafts + missing
