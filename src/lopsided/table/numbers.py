"""Text that means numbers: marks, signs, units, ranges, durations, and gaps.

A column is read as numbers where all of its cells are written alike, but for a few
words that stand for a gap. Each distinct text is looked at once.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from lopsided.table.gaps import MOST_DISTINCT_WORDS, MOST_WORDS, is_gap, most_gaps

MOST_RANGES = 50  # more distinct ones are telephone numbers or the like

SYMBOLS = "$€£¥₹₩₽₺₫₪₴₦₱฿¢"
CODES = (
    "usd|eur|gbp|chf|jpy|cny|inr|aud|cad|nzd|brl|mxn|sek|nok|dkk|pln|czk|huf|rub|try|"
    "zar|sgd|hkd|krw|rs\\.?"
)
FACTORS = {"k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
#: Those that multiply in a column of nothing else, too: m may be metres, and b bytes.
SURE_FACTORS = {"k", "mn", "mio", "bn"}
#: Units of time in days, by the years of the Julian calendar.
DAYS = {
    "second": 1 / 86400,
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "year": 365.25,
}
TIMES = {
    "sec": "second",
    "min": "minute",
    "hr": "hour",
    "wk": "week",
    "mo": "month",
    "mon": "month",
    "mth": "month",
    "yr": "year",
    **{name[0]: name for name in DAYS if name[0] != "m"},  # m: see `_duration`
    **{name: name for name in DAYS},
}
BELOW = r"<=?|≤|lt|under|below|less than|fewer than|up to|unter|bis"
ABOVE = r">=?|≥|gt|over|above|more than|at least|über|ab"
#: Beside a number: about, and marks of a footnote.
ASIDE = re.compile(r"^[~≈]\s?|(?<=\w)(?:\s?[*†‡]|\[\w\])$")
MORE = r"\+|(?:and|or) (?:over|above|more|older|up)|plus"


@dataclass(frozen=True)
class Cell:
    """What one text says: a number, how it is written, and in what unit."""

    value: float
    style: str
    unit: str = ""


@dataclass(frozen=True)
class Form:
    """How the text of one column is read as numbers; a later table is read alike.

    Attributes
    ----------
    decimal : str
        The decimal mark.
    unit : str
        What stands beside each number: a unit, a currency, a percent sign.
    scale : str
        ``"days"`` where times of several units are one number of days; ``"factor"``
        where thousands and millions are.
    """

    decimal: str = "."
    unit: str = ""
    scale: str = ""


@cache
def _patterns(decimal: str) -> dict[str, re.Pattern[str]]:
    """Write the grammar of a cell in lower case, for one decimal mark."""
    point, comma = re.escape(decimal), re.escape("," if decimal == "." else ".")
    grouped = (
        rf"\d{{1,3}}(?:{comma}\d{{2,3}})*{comma}\d{{3}}|\d{{1,3}}(?:[ '’]\d{{3}})+"
    )
    number = rf"(?:(?:{grouped}|\d+)(?:{point}\d*)?|{point}\d+)(?:e[-+]?\d+)?"
    money = rf"[a-z]{{0,3}}\s?[{SYMBOLS}]|{CODES}"
    unit = r"[^\W\d_]+[²³2]?(?:/[^\W\d_]+)?\.?(?: [^\W\d_]+)?|°\w?"

    def piece(tag: str = "") -> str:
        return (
            rf"(?P<sign{tag}>[-+]?)\s?(?P<money{tag}>{money})?\s?"
            rf"(?P<minus{tag}>[-+]?)(?P<number{tag}>{number})"
            rf"\s?(?P<unit{tag}>%|‰|[{SYMBOLS}]|{unit})?"
        )

    patterns = {
        "open": rf"[\[(]{piece()}\s*[,;]\s*[+]?inf(?:inity)?[\])]",
        "single": rf"(?P<open>\()?{piece()}(?P<close>[)-])?",
        "clock": r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s?(?:([ap])\.?m\.?)?",
        "more": piece().replace("?P<unit>", "?P<unit>(?:k|m|bn?)(?![^ +])|")
        + rf"\s?(?:{MORE})(?:\s(?P<after>{unit}))?",
        "below": rf"(?:{BELOW})\s?{piece()}",
        "above": rf"(?:{ABOVE})\s?{piece()}",
        "range": rf"(?P<open>[\[(])?{piece()}\s*(?P<to>-|–|—|\.\.|to|bis|,|;)\s*"
        rf"{piece('2')}(?P<close>[\])])?",
        "duration": rf"(?:{number}\s?[a-z]+\.?(?:,|\s|and\s)*)+",
        "part": rf"({number})\s?([a-z]+)",
    }
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def read_cell(text: str, decimal: str = ".") -> Cell | None:
    """Read one text; None where it is no number.

    A range stands for its middle, ``< a`` for half of ``a``, ``a+`` and ``> a`` for
    ``a``. Times such as ``1 year 3 months`` are added up in days; the time of day is
    in hours.
    """
    text = re.sub(r"[\u00a0\u202f\u2009]", " ", text.strip().lower())
    text = text.replace("\u2212", "-")
    if not text.isascii():  # digits of other scripts
        text = "".join(f"{unicodedata.decimal(c, c)}" for c in text)
    text = ASIDE.sub("", text)
    if len(text) > 60 or not re.search(r"\d", text, re.ASCII):
        return None
    patterns = _patterns(decimal)
    for name, read in READERS.items():
        if match := patterns[name].fullmatch(text):
            return read(match, decimal)
    return None


def _piece(match: re.Match[str], decimal: str, tag: str = "") -> tuple[float, str, str]:
    """Give the value, the currency and the unit of one number with its surroundings."""
    digits = re.sub(rf"[^\de+\-{re.escape(decimal)}]", "", match["number" + tag])
    value = float(digits.replace(decimal, "."))
    if "-" in match["sign" + tag] + match["minus" + tag]:
        value = -value
    money, unit = (match["money" + tag] or "").strip(), match["unit" + tag] or ""
    if unit and unit in SYMBOLS:
        money, unit = unit, ""
    if money and unit in FACTORS:
        value, unit = value * FACTORS[unit], ""
    return value, money, _unit(unit)


def _unit(text: str) -> str:
    """Write a unit in the singular, and times in full."""
    unit = text.strip().rstrip(".")
    one = unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit
    return TIMES.get(one, one) if len(one) > 1 else one


def _single(match: re.Match[str], decimal: str) -> Cell | None:
    value, money, unit = _piece(match, decimal)
    close = match["close"] or ""
    if bool(match["open"]) != (close == ")"):
        return None
    style = "sign" if money or unit or close else "plain"
    if close == "-":
        style = "minus after"
    return Cell(-value if close else value, style, money or unit)


def _clock(match: re.Match[str], decimal: str) -> Cell | None:
    hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
    if match[4]:
        hour = hour % 12 + 12 * (match[4] == "p")
    fits = hour < 24 and max(minute, second) < 60
    return Cell(hour + minute / 60 + second / 3600, "clock", "hour") if fits else None


def _more(match: re.Match[str], decimal: str) -> Cell:
    value, money, unit = _piece(match, decimal)
    return Cell(value, "bound", money or unit or _unit(match["after"] or ""))


def _below(match: re.Match[str], decimal: str) -> Cell:
    value, money, unit = _piece(match, decimal)
    return Cell(value / 2, "bound", money or unit)


def _above(match: re.Match[str], decimal: str) -> Cell:
    value, money, unit = _piece(match, decimal)
    return Cell(value, "bound", money or unit)


def _range(match: re.Match[str], decimal: str) -> Cell | None:
    low, money, unit = _piece(match, decimal)
    high, money2, unit2 = _piece(match, decimal, "2")
    bracketed = bool(match["open"] and match["close"])
    if (
        low > high
        or (unit and unit != unit2)
        or (match["to"] in ",;" and not bracketed)
    ):
        return None
    return Cell((low + high) / 2, "range", money or money2 or unit2)


def _duration(match: re.Match[str], decimal: str) -> Cell | None:
    parts = _patterns(decimal)["part"].findall(match[0])
    units = [_unit(unit) for _, unit in parts]
    units = [TIMES.get(unit, unit) for unit in units]
    m = "month" if "year" in units else "minute"
    units = [m if unit == "m" else unit for unit in units]
    if not set(units) <= {*DAYS}:
        return None
    numbers = (float(n.replace(decimal, ".")) for n, _ in parts)
    days = sum(n * DAYS[unit] for n, unit in zip(numbers, units, strict=True))
    return Cell(days, "duration", "days")


READERS = {  # the first that fits: "3 or more" has no unit "or more", "lt $5" no "lt $"
    "more": _more,
    "below": _below,
    "above": _above,
    "open": _above,
    "single": _single,
    "clock": _clock,
    "range": _range,
    "duration": _duration,
}


def recognise(
    counts: Mapping[str, int], decimal: str = ".", most_words: float = MOST_WORDS
) -> Form | None:
    """Find the form of a column, from each of its texts and how often it is there.

    Returns
    -------
    Form or None
        None where the texts are not numbers written alike, gaps aside.
    """
    cells, words, n_words, n_cells = [], 0, 0, 0
    for text, n in counts.items():
        if is_gap(text):
            continue
        cell = read_cell(text, decimal)
        if cell is not None:
            cells.append(cell)
            n_cells += n
        else:
            words += 1
            n_words += n
            if words > MOST_DISTINCT_WORDS and most_words < 1:
                return None
    total = n_cells + n_words
    if len(cells) < 2 or n_words > most_gaps(total, len(cells), words, most_words):
        return None
    styles = {cell.style for cell in cells}
    units = {cell.unit for cell in cells if cell.unit or cell.value}  # 0 fits all
    if "clock" in styles and len(styles) > 1:
        return None
    if "minus after" in styles and styles & {"range", "bound"}:
        return None  # 24- beside 25-29 is no negative number
    if "range" in styles and MOST_RANGES < len(cells) > total / 2:
        return None
    if len(units) == 1 and not units <= SURE_FACTORS:
        return Form(decimal, units.pop())
    if units <= {*FACTORS, ""}:
        return Form(decimal, scale="factor")
    if units <= {*DAYS, "days", *"hmsdwy"}:
        return Form(decimal, scale="days")
    return None


def values_of(texts: Iterable[str], form: Form) -> dict[str, float]:
    """Read each distinct text of a column as its form says; NaN for what cannot be."""
    return {text: _value(text, form) for text in texts}


def _value(text: str, form: Form) -> float:
    cell = None if is_gap(text) else read_cell(text, form.decimal)
    if cell is None:
        return math.nan
    if form.scale == "factor" and cell.unit in {*FACTORS, ""}:
        return cell.value * FACTORS.get(cell.unit, 1)
    if form.scale == "days":
        unit = "minute" if cell.unit == "m" else TIMES.get(cell.unit, cell.unit)
        return cell.value * (1 if unit == "days" else DAYS.get(unit, math.nan))
    fits = cell.unit == form.unit or not (cell.unit or cell.value)
    return cell.value if fits else math.nan
