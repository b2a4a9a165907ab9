"""What stands for "nothing here": known words, and values that a user names."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lopsided.errors import InputError
from lopsided.prose import count, few, listed, quoted
from lopsided.table.names import find

MOST_WORDS = 0.05  # share of cells among numbers that may be words, taken for gaps
MOST_DISTINCT_WORDS = 5
ONE_WORD = (
    0.5  # may be one and the same word, among so many different numbers or dates:
)
AMONG = 20

#: Words for "nothing here", in lower case, of any number of cells.
GAPS = frozenset(
    "?|??|-|--|---|–|—|.|..|...|*|n.a.|n.a|na|n/a|n\\a|#n/a|#n/a n/a|#na|nan|-nan|<na>|"
    "null|(null)|none|nil|missing|(missing)|unknown|unk|undefined|unspecified|"
    "not available|not applicable|not known|not reported|no data|no answer|n.d.|nd|tbd|"
    "\\n|#value!|#div/0!|#ref!|#name?|#num!|unbekannt|k.a.|k. a.|keine angabe|inconnu|"
    "desconocido|sin dato|ignorado|1.#ind|-1.#ind|1.#qnan|-1.#qnan".split("|")
)


def is_gap(text: str) -> bool:
    """Tell a word for "nothing here"."""
    return not text.strip() or text.strip().lower() in GAPS


def most_gaps(total: int, distinct: int, words: int, most_words: float) -> float:
    """Say how many of a column's cells may be words that stand for a gap.

    Parameters
    ----------
    total : int
        Cells that are not known gaps.
    distinct, words : int
        Different numbers, or dates, and different words.
    most_words : float
        The share that may be words, whatever they are.
    """
    if words == 1 and distinct > AMONG:
        most_words = max(most_words, ONE_WORD)
    return max(most_words * total, float(total >= 10))


def emptied(
    frame: pd.DataFrame, named: Mapping[str, Sequence[Any]], later: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Empty the cells whose values mean that nothing is known.

    Parameters
    ----------
    frame : DataFrame
        As read: of numbers, booleans, dates and text.
    named : mapping
        Such values, by column.
    later : bool
        Whether the table is one to predict, which need not hold them.

    Returns
    -------
    frame : DataFrame
    notes : list of str
        What was taken for missing, and in how many rows.

    Raises
    ------
    InputError
        When there is no such column, or no such value in it.
    """
    if not named:
        return frame, []  # older versions of pandas copy the frame below
    told: list[str] = []
    columns: dict[str, Any] = {}
    for name, values in named.items():
        if later and name not in frame:
            continue
        column = frame[find(name, [*frame], "gaps")]
        for value in values:
            found = _is(column, value)
            if not (later or found.any()):
                raise InputError(
                    f"gaps: no value of column {quoted(name)} is {quoted(value)}; it "
                    f"holds {few([*map(str, column.dropna().unique()[:10])], 4)}"
                )
            rows = count(int(found.sum()), "row", "rows")
            told.append(f"{quoted(value)} in {quoted(name)} ({rows})")
            columns[name] = columns.get(name, False) | found
    frame = frame.assign(**{n: frame[n].mask(found) for n, found in columns.items()})
    return frame, [f"Taken for missing, as asked: {listed(told, 12)}."] if told else []


def _is(column: pd.Series, value: Any) -> pd.Series:
    """Tell which cells of a column, whatever its type, are a value."""
    if pd.api.types.is_datetime64_any_dtype(column):
        value = pd.to_datetime(str(value), utc=True, errors="coerce")
    elif pd.api.types.is_numeric_dtype(column):
        value = pd.to_numeric(value, errors="coerce")
    else:
        return column.astype(str) == str(value)
    return column == value
