"""Turn the columns of a table into the network's input.

A `Recipe` is fitted on training rows only. It is plain numbers and words, one `Feature`
for each row of the network's input, so it can be printed, saved without pickle, and
applied years later. A test holds it equal to scikit-learn's imputer, encoder and
scaler.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from lopsided.lesson.network import Array
from lopsided.prose import few, quoted
from lopsided.table import coded
from lopsided.table.kinds import ColumnValues, as_text

DATE_PARTS = ("days", "month", "weekday", "hour")
MOST_DATES = 4  # between which the days are counted
MAX_CATEGORIES = 100  # of one column; the rarest beyond share the all-zero code
MAX_STEPS = 64  # of one column, at so many equal shares of the training rows
#: What a feature can be made of. A column is never recognised as "steps": they are a
#: number's other encoding, for a curve that a few ReLUs of the number draw badly.
KINDS = ("number", "boolean", "category", "date", "steps")
#: What a feature of each kind can be.
PARTS = {
    "number": ("value", "missing"),
    "boolean": ("value", "missing"),
    "category": ("is",),
    "date": (*DATE_PARTS, "until", "missing"),
    "steps": ("from", "missing"),
}


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
        ``"weekday"`` (Monday 0), ``"hour"``, or the days ``"until"`` another date.
    category, other : str
        For ``"is"``; and the only other category, where there are two.
    until : str
        For ``"until"``: the column of that date.
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
    until: str = ""
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
        if self.part == "until":
            return f"{self.column} (days to {self.until})"
        return f"{self.column} ({self.part})"

    def raw(self, values: ColumnValues, until: ColumnValues | None = None) -> Array:
        """Compute it, not yet filled or standardised: shape (m,), NaN where missing.

        ``until`` is the other column of days between two dates.
        """
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
        if self.part == "days" or until is not None:
            end = read.to_numpy("datetime64[us]")
            start: Any = np.datetime64(0, "us")
            if until is not None:
                start, end = end, until.dates.to_numpy("datetime64[us]")
            return (end - start) / np.timedelta64(1, "D")
        part = "day_of_week" if self.part == "weekday" else self.part
        return getattr(read.dt, part).to_numpy(float, na_value=np.nan)

    def standardised(
        self, values: ColumnValues, until: ColumnValues | None = None
    ) -> Array:
        """Compute it as the network gets it: shape (m,)."""
        raw = self.raw(values, until)
        return (np.where(np.isnan(raw), self.fill, raw) - self.mean) / self.scale


@dataclass(frozen=True)
class Recipe:
    """How to make the network's input from a table: a tuple of `Feature`."""

    features: tuple[Feature, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that a table must have."""
        named = (name for f in self.features for name in (f.column, f.until) if name)
        return list(dict.fromkeys(named))

    @property
    def names(self) -> list[str]:
        """One name for each row of the network's input."""
        return [f.name for f in self.features]

    def _by_column(self) -> Iterator[tuple[str, list[tuple[int, Feature]]]]:
        numbered = enumerate(self.features)
        for name, group in groupby(numbered, key=lambda pair: pair[1].column):
            yield name, list(group)

    def apply(self, frame: pd.DataFrame, rows: Array | None = None) -> Array:
        """Turn rows of a table into columns of input.

        A category that training did not know is zero in every feature of its column.

        Parameters
        ----------
        frame : DataFrame
        rows : array of int, optional
            Which rows; by default all.

        Returns
        -------
        array, shape (n_0, m)
            Each example lies together in memory, as training reads it.
        """
        return np.asarray(self.coded(frame, rows))

    def coded(
        self, frame: pd.DataFrame | coded.Columns, rows: Array | None = None
    ) -> Array:
        """Do as `apply` does, but give a tall table's input as `coded.Coded`."""
        chosen = slice(None) if rows is None else rows
        parts = []
        for name, numbered in self._by_column():
            features = [feature for _, feature in numbered]
            column = frame[name].iloc[chosen]
            until = {f.until: frame[f.until].iloc[chosen] for f in features if f.until}
            parts.append(_made(features, column, until))
            del column, until
        X: Any = coded.Coded(parts)
        return X if X.nbytes > coded.TALL else np.asarray(X)

    def surprises(self, frame: pd.DataFrame) -> list[str]:
        """Say what `apply` fills or does not know in a new table, by column."""
        notes = []
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
                notes.append(f"{quoted(name)}: {n:,} of {len(frame):,} values {what}.")
        return notes


def _made(
    features: list[Feature], column: pd.Series, until: dict[str, pd.Series]
) -> tuple[Array | None, Array]:
    """Compute a column's features for `coded.Coded`: once for each different value."""
    codes = None
    if not until:
        codes, first = coded.first_of_each(column)
        if codes.nbytes >= 8 * len(features) * (len(codes) - len(first)):
            codes = None  # it would spare nothing
        else:
            column = column.iloc[first]
    values, X = ColumnValues(column), np.empty((len(column), len(features)))
    others = {name: ColumnValues(other) for name, other in until.items()}
    for i, feature in enumerate(features):
        X[:, i] = feature.standardised(values, others.get(feature.until))
    return codes, X


def fit_recipe(
    train: pd.DataFrame, kinds: dict[str, str], rows: Array | None = None
) -> Recipe:
    """Learn fills, categories, means and scales from training rows.

    Parameters
    ----------
    train : DataFrame
    kinds : dict
        The columns to use, each with its kind: one of `KINDS`.
    rows : array of int, optional
        Which rows are for training; by default all.

    Returns
    -------
    Recipe
        Without the features that are constant in training.
    """
    chosen = slice(None) if rows is None else rows
    dates = [name for name, kind in kinds.items() if kind == "date"][:MOST_DATES]
    ends = {name: ColumnValues(train[name].iloc[chosen]) for name in dates}
    features = []
    for name, kind in kinds.items():
        values = ends.get(name) or ColumnValues(train[name].iloc[chosen])
        drafts = _drafts(values, kind)
        for other in dates[dates.index(name) + 1 :] if name in dates else []:
            drafts.append(Feature(name, kind, "until", until=other))
        for draft in drafts:
            raw = draft.raw(values, ends.get(draft.until))
            known = raw[~np.isnan(raw)]
            fill = float(np.median(known)) if known.size else 0.0
            raw = np.where(np.isnan(raw), fill, raw)
            mean, scale = float(raw.mean()), float(raw.std())
            if scale > 1e-12 * abs(mean):  # less is rounding
                features.append(replace(draft, fill=fill, mean=mean, scale=scale))
    return Recipe(tuple(features))


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
