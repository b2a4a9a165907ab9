"""The target's two values: cleaned, counted, and named negative first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.prose import count, few, listed, option, quoted
from lopsided.table.kinds import words_of

#: Pairs of which the second is the one that is asked about.
PAIRS = (
    ("0", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"),
    ("nein", "ja"), ("non", "oui"), ("não", "sim"), ("nao", "sim"), ("no", "sí"),
    ("no", "si"), ("nee", "ja"), ("negative", "positive"),
    ("neg", "pos"), ("-", "+"), ("-1", "1"), ("absent", "present"),
)  # fmt: skip
BALANCED = 0.4  # of the rarer value; from here on, both are about as frequent
FEW_ROWS = 5  # are named one by one


@dataclass(frozen=True)
class Target:
    """What the target's column says.

    Attributes
    ----------
    labels : tuple of str
        The two values, negative first.
    known : array of bool, shape (m,)
        Which rows have one of them.
    y : array of int, shape (m,)
        1 where the row is positive; of the rows that are known.
    notes : list of str
    """

    labels: tuple[str, str]
    known: Array
    y: Array
    notes: list[str]


def read(
    column: pd.Series, positive: object = None, labels: Sequence[object] | None = None
) -> Target:
    """Find the target's two values, and which of them each row has.

    Spaces around a value never count. Where there are more than two values, those that
    differ only in case are one.

    Parameters
    ----------
    column : Series
    positive : object, optional
        The positive one; by default the rarer, or of two about as frequent ones such as
        0 and 1 the one that says yes.
    labels : sequence of object, optional
        The two values, negative first; rows with another one are left out.

    Raises
    ------
    InputError
        When there are not two values.
    """
    texts = _trimmed(column)
    has_value = texts.notna().to_numpy()
    notes = []
    if gaps := int((~has_value).sum()):
        notes.append(f"{count(gaps, 'row', 'rows')} without a target left out.")
    cleaned, more = _one_spelling(texts)
    notes += more
    counts = cleaned.value_counts().sort_index()
    rising = [str(v) for v in counts.sort_values(ascending=False, kind="stable").index]
    if labels is not None:
        wanted = [_match(column.name, label, rising, "labels") for label in labels]
        kept = cleaned.isin(wanted).to_numpy()
        if others := int((has_value & ~kept).sum()):
            stray = [value for value in rising if value not in wanted]
            notes.append(
                f"{count(others, 'row', 'rows')} with another target left out, as "
                f"asked: {few(stray)}."
            )
        has_value, rising = kept, wanted
        if rising[0] == rising[1]:
            raise InputError(f"labels gives {quoted(rising[0])} twice; give two values")
        pair = (rising[0], rising[1])
    else:
        if len(rising) != 2:
            raise InputError(_refusal(column, cleaned, rising))
        share = counts.min() / counts.sum()
        pair = (rising[0], rising[1])
        lower = tuple(value.lower() for value in pair)
        if positive is None and share >= BALANCED and lower[::-1] in PAIRS:
            pair = pair[::-1]
    if positive is not None:
        chosen = _match(column.name, positive, rising, "positive_label")
        other = next(value for value in rising if value != chosen)
        pair = (other, chosen)
    y = (cleaned[has_value] == pair[1]).to_numpy(int)
    return Target(pair, has_value, y, notes)


def _trimmed(column: pd.Series) -> pd.Series:
    """Write every value as text without spaces around it, each different one once."""
    codes, words = words_of(column)
    trimmed = [word.strip() for word in words]
    known = sorted({*trimmed} - {""})
    code_of = {word: code for code, word in enumerate(known)} | {"": -1}
    new = np.array([*map(code_of.__getitem__, trimmed), -1])  # -1 is the last, missing
    coded = pd.Categorical.from_codes(new[codes], known)
    return pd.Series(coded, column.index, name=column.name)


def _one_spelling(texts: pd.Series) -> tuple[pd.Series, list[str]]:
    """Take values that differ in case for one, where there are more than two."""
    counts = texts.value_counts().sort_index()
    if len(counts) <= 2:
        return texts, []
    counts = counts.sort_values(ascending=False, kind="stable")
    spelling: dict[str, str] = {}
    for value in counts.index:
        spelling.setdefault(value.casefold(), value)
    if len(spelling) in (1, len(counts)):
        return texts, []
    merged = [v for v in counts.index if spelling[v.casefold()] != v]
    merges = [f"{quoted(v)} is {quoted(spelling[v.casefold()])}" for v in merged]
    one = {v: spelling[v.casefold()] for v in counts.index}
    return texts.map(one), [f"In the target, case does not count: {listed(merges)}."]


def _refusal(column: pd.Series, cleaned: pd.Series, values: list[str]) -> str:
    """Say what is wrong with a target that has not two values, and what to do."""
    n = int(cleaned.notna().sum())
    refusal = (
        f"target {quoted(column.name)} has {count(len(values), 'value', 'values')} "
        f"({few(values, 4)}) in {count(n, 'row', 'rows')} that are not empty or NA; it "
        "must have two"
    )
    if len(values) == 1 and n < len(column):
        return f"{refusal}; if an empty cell means the other, write a word there"
    if len(values) < 3:
        return refusal
    these = option("labels", values[:2])
    rest = cleaned[cleaned.notna() & ~cleaned.isin(values[:2])]
    if len(rest) <= max(FEW_ROWS, 0.05 * n):
        rows = ", ".join(
            f"{i + 1} ({quoted(v)})" for i, v in list(rest.items())[:FEW_ROWS]
        )
        more = f" and {len(rest) - FEW_ROWS:,} more" if len(rest) > FEW_ROWS else ""
        return f"{refusal}; to leave out row {rows}{more}: {these}"
    return f"{refusal}; to compare the two most frequent: {these}"


def _match(name: object, wanted: object, values: list[str], what: str) -> str:
    """Find the value that is meant."""
    for as_key in (str, _key):  # as it is written, or else what it means
        meant = [value for value in values if as_key(value) == as_key(wanted)]
        if len(meant) == 1:
            return meant[0]
    raise InputError(
        f"target {quoted(name)} has the values {few(values)}, none of them "
        f"{quoted(wanted)}; set {what} to one of them"
    )


def _key(value: object) -> str:
    """Make equal what means the same: True, "true", "1", 1 and 1.0."""
    text = str(value).strip().lower()
    try:
        return f"{float({'true': '1', 'false': '0'}.get(text, text)):g}"
    except ValueError:
        return text
