"""Text that means dates: day or month first, months in words, with times or without.

The whole column decides the order of day and month.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from babel import Locale

from lopsided.table.gaps import MOST_DISTINCT_WORDS, MOST_WORDS, is_gap, most_gaps

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl")
PIVOT = 30  # two digits from here on are of the 1900s, as spreadsheets have it
TIME = (
    r"(?:[t ,]+(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s?(?:(?P<half>[ap])\.?m\.?)?(?:\s?(?:z|utc|gmt))?)?"
)
ISO = re.compile(r"\d{4}-\d{1,2}(-\d{1,2})?([ T].*)?", re.IGNORECASE)
NUMERIC = re.compile(r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{2,4})" + TIME)
MONTHLY = re.compile(r"(\d{1,2})[./-](\d{4})")
COMPACT = re.compile(r"(?:19|20)\d{6}")
WORDED = re.compile(
    r"(?:[^\W\d]{2,9}\.?,? )?"  # a weekday
    r"(?:(?P<a>\d{1,4})(?:st|nd|rd|th|\.)?(?:\s|-|/|,|de |of )*)?"
    r"(?P<month>[^\W\d_]{3,10})\.?(?:\s|-|/|,|de |')*"
    r"(?:(?P<b>\d{1,2})(?:st|nd|rd|th)?(?:[\s,/-]+|$))?(?P<year>\d{4}|\d{2})?" + TIME
)


@dataclass(frozen=True)
class DateForm:
    """How the text of one column is read as dates; a later table is read alike.

    Attributes
    ----------
    order : str
        Of numbers: ``"dmy"``, ``"mdy"`` or ``"ymd"``.
    """

    order: str = "ymd"


@cache
def months() -> dict[str, int]:
    """Count the months by their names, long and short, in a few languages."""
    numbers: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for use in ("format", "stand-alone"):
                for number, name in Locale(language).months[use][width].items():
                    numbers.setdefault(name.lower().rstrip("."), number)
    return numbers | {"sept": 9}


def recognise(
    counts: Mapping[str, int],
    dayfirst: bool | None = None,
    compact: bool = False,
    most_words: float = MOST_WORDS,
) -> tuple[DateForm, bool] | None:
    """Find how a column's texts are dates, from each text and how often it is there.

    Parameters
    ----------
    counts : mapping of str to int
    dayfirst : bool, optional
        Which order to take where the column does not decide.
    compact : bool
        Whether eight digits may be year, month and day.
    most_words : float
        The share of cells that may be words, taken for gaps.

    Returns
    -------
    form : DateForm
    sure : bool
        Whether the column decides the order of day and month.
    None
        In place of both, where the texts are no dates, gaps aside.
    """
    words, n_words, total, distinct, firsts, seconds = 0, 0, 0, 0, [0], [0]
    dotted = half = year_first = False
    for text, n in counts.items():
        if is_gap(text):
            continue
        total, distinct = total + n, distinct + 1
        match = NUMERIC.fullmatch(text.strip().lower())
        if match:
            a, b = int(match[1]), int(match[3])
            dotted, half = dotted or match[2] == ".", half or bool(match["half"])
            if len(match[1]) == 4:
                year_first = True
            else:
                firsts.append(a)
                seconds.append(b)
        elif not (_is_other(text) or (compact and COMPACT.fullmatch(text.strip()))):
            words, n_words = words + 1, n_words + n
            if words > MOST_DISTINCT_WORDS and most_words < 1:
                return None
    allowed = most_gaps(total, distinct - words, words, most_words)
    if total - n_words < 2 or n_words > allowed:
        return None
    sure = True
    if max(firsts) == 0:
        form = DateForm()
    elif year_first or min(max(firsts), max(seconds)) > 12:
        return None
    elif max(max(firsts), max(seconds)) > 12:
        form = DateForm("dmy" if max(firsts) > 12 else "mdy")
    elif dotted or half:
        form = DateForm("dmy" if dotted else "mdy")
    else:
        sure, form = False, DateForm("dmy" if dayfirst else "mdy")
    read = dates_of(counts, form)
    known = sum(n for text, n in counts.items() if not pd.isna(read[text]))
    return (form, sure) if known >= total - allowed else None


def _is_other(text: str) -> bool:
    """Tell ISO dates, dates with the month in words, and months of a year."""
    lower = text.strip().lower()
    if ISO.fullmatch(lower) or MONTHLY.fullmatch(lower):
        return True
    match = WORDED.fullmatch(lower)
    return (
        match is not None
        and match["month"] in months()
        and bool(match["year"] or match["b"] or len(match["a"] or "") == 4)
    )


def dates_of(texts: Iterable[str], form: DateForm) -> dict[str, np.datetime64]:
    """Read each distinct text of a column as its form says; NaT for what cannot be."""
    texts = list(texts)
    written = [_iso(text, form.order) for text in texts]
    read = pd.to_datetime(
        pd.Series(written, dtype=object), utc=True, format="ISO8601", errors="coerce"
    )
    return dict(zip(texts, read, strict=True))


def _iso(text: str, order: str) -> str | None:
    """Write a date as ISO 8601 has it; None where it is none."""
    lower = text.strip().lower()
    if ISO.fullmatch(lower):
        return text.strip()
    day = "01"
    if match := NUMERIC.fullmatch(lower):
        parts = dict(zip(order, (match[1], match[3], match[4]), strict=True))
        if len(match[1]) == 4:
            parts = dict(zip("ymd", (match[1], match[3], match[4]), strict=True))
        year, month, day = parts["y"], parts["m"], parts["d"]
    elif match := MONTHLY.fullmatch(lower):
        month, year = match[1], match[2]
    elif COMPACT.fullmatch(lower):
        return f"{lower[:4]}-{lower[4:6]}-{lower[6:]}"
    elif (match := WORDED.fullmatch(lower)) and match["month"] in months():
        month, a, b = str(months()[match["month"]]), match["a"], match["b"]
        year = match["year"]
        if a and len(a) == 4:
            year, day = a, b or match["year"] or "1"
        elif year is None:  # Jan 05, or Jan-2015 cut as 20, 15
            year, day = b or "", a or "1"
        else:
            day = a or b or "1"
    else:
        return None
    if len(year) == 2:
        year = ("19" if int(year) >= PIVOT else "20") + year
    date = f"{year}-{int(month):02}-{int(day):02}"
    return date + _time(match) if match.re is not MONTHLY else date


def _time(match: re.Match[str]) -> str:
    if match["hour"] is None:
        return ""
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"] == "p")
    return f"T{hour:02}:{match['minute']}:{match['second'] or '00'}"
