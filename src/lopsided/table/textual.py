"""Turn a table's text into numbers, booleans and dates, and remember how.

All columns of a file share one decimal mark. What was decided is a `Form` for each
column, so that a later table is read alike.

Longer than most: a column's numbers, dates and gaps are decided together.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lopsided.errors import InputError
from lopsided.prose import few, listed, option, quoted
from lopsided.table import dates, numbers
from lopsided.table.dates import ISO, DateForm
from lopsided.table.gaps import GAPS, MOST_WORDS
from lopsided.table.memory import give_back
from lopsided.table.names import CODE, DATE
from lopsided.table.numbers import Form

#: Words for a gap in any column, as pandas has them; `gaps.GAPS` holds more, which
#: are gaps among numbers and dates only.
NOWHERE = frozenset(
    "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|"
    "None|n/a|nan|null|?".split("|")
)
INTEGER = r"^[-+]?\d{1,18}$"
NUMBER = (
    r"^[-+]?((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?)$"
)
PLAIN = re.compile(NUMBER, re.ASCII)
GROUPED = r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)$"  # a number by the other decimal mark too
TARGET = "target"  # a kind: read as it is written


@dataclass(frozen=True)
class Read:
    """Columns as they were read.

    Attributes
    ----------
    frame : DataFrame
    forms : dict
        How each column of text that became numbers or dates was read.
    examples : dict of str to str
        What to say of a column: an example of how it was read.
    notes : list of str
    """

    frame: pd.DataFrame
    forms: dict[str, Form | DateForm] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Text:
    """One column of text; each distinct text is looked at once."""

    def __init__(self, column: pd.Series) -> None:
        self.name = str(column.name)
        if is_coded(column):
            coded = one(pa.chunked_array(pa.array(column)))
            self.codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            raw = coded.dictionary.cast(pa.large_string())
        else:
            self.codes, distinct = pd.factorize(column)  # missing is -1
            raw = pa.array(distinct, type=pa.large_string())
            raw = raw.combine_chunks() if isinstance(raw, pa.ChunkedArray) else raw
        trimmed = pc.utf8_trim_whitespace(raw)
        self.texts = raw if trimmed.equals(raw) else trimmed  # held once
        blank = pc.and_(pc.equal(trimmed, ""), pc.not_equal(raw, ""))
        self.has_blanks = bool(pc.any(blank).as_py())  # which one does not see

    @cached_property
    def filled(self) -> Any:
        """The distinct texts; null where one is a word for a gap."""
        lower, gaps = pc.utf8_lower(self.texts), sorted(GAPS | {""})
        is_gap = pc.is_in(lower, value_set=pa.array(gaps, pa.large_string()))
        return (
            pc.if_else(is_gap, None, self.texts)
            if pc.any(is_gap).as_py()
            else self.texts
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each text is there, gaps too, in the order in which they come."""
        times = np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))
        times_of: dict[str, int] = {}
        for text, n in zip(self.texts.to_pylist(), times.tolist(), strict=True):
            times_of[text] = times_of.get(text, 0) + n
        return times_of

    def gaps(self) -> list[str]:
        """List the texts that are words for a gap."""
        found: list[str] = self.texts.filter(pc.is_null(self.filled)).to_pylist()
        return [*dict.fromkeys(found)]

    def among(self, words: frozenset[str]) -> list[str]:
        """List the texts that are some of these words."""
        asked = pa.array(sorted(words), pa.large_string())
        found = self.texts.filter(pc.is_in(self.texts, value_set=asked))
        return [*dict.fromkeys(found.to_pylist())]

    def all_match(self, pattern: str) -> bool:
        """Whether all texts fit a pattern, gaps aside."""
        matched = pc.match_substring_regex(self.filled, pattern)
        return bool(pc.all(matched, min_count=1).as_py())

    def any_match(self, pattern: str) -> bool:
        """Whether one text fits a pattern, gaps aside."""
        return bool(pc.any(pc.match_substring_regex(self.filled, pattern)).as_py())

    @cached_property
    def is_plain(self) -> bool:
        """Whether all are numbers as computers write them, gaps aside."""
        return self.all_match(NUMBER)

    @cached_property
    def is_code(self) -> bool:
        """Whether digits name something: zeros lead, and all have one length."""
        if not self.any_match(r"^0\d+$"):
            return False
        if CODE.search(self.name):
            return True
        lengths = pc.unique(pc.utf8_length(self.filled.drop_null()))
        return self.all_match(r"^\d+$") and len(lengths) == 1

    def plain(self) -> pd.Series | None:
        """Read plain numbers, or booleans; None where the column is neither."""
        gapless = self.filled.null_count == 0 and (self.codes >= 0).all()
        if self.is_plain and not self.is_code:
            # Arrow knows no plus before a number.
            signed = pc.replace_substring_regex(self.filled, r"^\+", "")
            if gapless and self.all_match(INTEGER):
                read = pc.cast(signed, pa.int64()).to_numpy()
                return pd.Series(read[self.codes], name=self.name)
            read = pc.cast(signed, pa.float64()).to_numpy(zero_copy_only=False)
            return self.mapped(read, np.nan)
        if not self.all_match(r"^(True|TRUE|true|False|FALSE|false)$"):
            return None
        truth = pc.equal(pc.utf8_lower(self.filled), "true").to_pylist()
        column = self.mapped(np.array(truth, object), None)
        return column.astype(bool) if gapless else column

    def mapped(self, values: Any, missing: Any) -> pd.Series:
        """Put a value for each distinct text; each object is held once."""
        series = pd.Series(values, dtype=values.dtype)  # else text would be copied
        series = pd.concat([series, pd.Series([missing], dtype=series.dtype)])
        column = series.take(self.codes)  # -1 is the last, the missing one
        return column.reset_index(drop=True).rename(self.name)

    def meanings(self, form: Form | DateForm) -> dict[str, Any]:
        """Read each distinct text, as a number or a date."""
        if isinstance(form, DateForm):
            return dates.dates_of(self.counts, form)
        return numbers.values_of(self.counts, form)

    def formed(self, form: Form | DateForm) -> pd.Series:
        """Read the column as its form says; what does not fit is missing."""
        meaning = self.meanings(form)
        values = [meaning[text] for text in self.texts.to_pylist()]
        if isinstance(form, DateForm):
            times = pd.Series(values, dtype="datetime64[us, UTC]")
            return self.mapped(times, pd.NaT)
        return self.mapped(np.array(values, float), np.nan)

    def text(self, words: frozenset[str] = NOWHERE) -> pd.Series:
        """Keep the text, without spaces around it."""
        texts = self.texts.to_pylist()
        kept = [None if text in words else text for text in texts]
        return self.mapped(np.array([*kept, None], object)[:-1], None)


def read(
    columns: dict[str, Any],
    source: str,
    kinds: Mapping[str, str],
    decimal: str | None = None,
    dayfirst: bool | None = None,
    by_comma: bool = True,
    typed: bool = False,
) -> Read:
    """Read every column of text in a table.

    Parameters
    ----------
    columns : dict
        Each column by its name. It is used up: a tall one does not fit beside what it
        becomes.
    source : str
        The file's name, for messages.
    kinds : mapping
        Kinds that are asked for, by column.
    decimal : {".", ","}, optional
        Decided for the whole file if not given.
    dayfirst : bool, optional
        The order of dates that do not tell.
    by_comma : bool
        Whether commas separate the columns, as where points are decimal marks.
    typed : bool
        Whether the file knows numbers and gaps: then no category is a gap, and the
        target's text stands for itself.

    Raises
    ------
    InputError
        When numbers can be read in two ways.
    """
    for name, column in columns.items():
        columns[name] = Text(column) if is_text(column) else column
        give_back()
    texts = {name: text for name, text in columns.items() if isinstance(text, Text)}
    free = [t for n, t in texts.items() if kinds.get(n) in (None, "number")]
    mark = decimal or _decimal(free, source, by_comma)
    reader = _Reader(mark, dayfirst, typed)
    del free
    for name in [*texts]:
        columns[name] = reader.column(texts.pop(name), kinds.get(name))
        give_back()
    return Read(
        pd.DataFrame(columns, copy=False), reader.forms, reader.examples, reader.notes()
    )


def reread(frame: pd.DataFrame, forms: Mapping[str, Form | DateForm]) -> pd.DataFrame:
    """Read a later table as an earlier one was."""
    columns: dict[str, pd.Series] = {}
    for name in map(str, frame):
        columns[name] = frame[name]
        if is_text(frame[name]):
            text, form = Text(frame[name]), forms.get(name)
            plain = text.plain() if form is None else None
            if form is not None:
                columns[name] = text.formed(form)
            else:
                columns[name] = text.text() if plain is None else plain
    return pd.DataFrame(columns, copy=False)


def one(parts: pa.ChunkedArray) -> pa.Array:
    """Put parts of a coded column together, with each different text held once."""
    return parts.unify_dictionaries().combine_chunks()


def is_coded(column: pd.Series) -> bool:
    """Tell a column of text of which each different one is held once."""
    dtype = column.dtype
    return isinstance(dtype, pd.ArrowDtype) and bool(
        pa.types.is_dictionary(dtype.pyarrow_dtype)
    )


def is_text(column: pd.Series) -> bool:
    """Tell a column of text, with gaps or without."""
    if is_coded(column):
        return True
    if column.dtype != object:
        return bool(pd.api.types.is_string_dtype(column.dtype))
    known = column.dropna()
    return len(known) > 0 and all(isinstance(value, str) for value in known)


def _decimal(texts: list[Text], source: str, by_comma: bool) -> str:
    """Choose the decimal mark by which most columns can be read, if only by one."""
    votes, either = {".": 0, ",": 0}, []
    for text in texts:
        if text.is_code:
            continue
        if text.is_plain:
            if not text.all_match(GROUPED):
                votes["."] += text.any_match(r"\.")
                continue
            if not text.any_match(r"\."):
                continue
            forms: dict[str, Form | None] = {".": Form(), ",": Form(",")}
        else:
            forms = {m: numbers.recognise(text.counts, m) for m in votes}
        fitting = [mark for mark, form in forms.items() if form]
        marked = [t for t in text.counts if "." in t or "," in t] if fitting else []
        if len(fitting) == 1 and marked:
            votes[fitting[0]] += 1
        elif len(fitting) == 2:
            read = [numbers.values_of(marked, form) for form in forms.values() if form]
            differ = [t for t in marked if read[0][t] != read[1][t]]
            if differ:
                either.append((text.name, differ[0], *(v[differ[0]] for v in read)))
    if votes["."] == votes[","] == 0 and either and not by_comma:
        name, example, point, comma = either[0]
        raise InputError(
            f"{source}: {quoted(example)} in column {quoted(name)} may be {point:.10g} "
            f"or {comma:.10g}; say which is the decimal mark: -p decimal . or "
            "-p decimal ,"
        )
    return "," if votes[","] > votes["."] else "."


class _Reader:
    """Reads one column after another, and collects what is to be said."""

    def __init__(self, decimal: str, dayfirst: bool | None, typed: bool) -> None:
        self.decimal, self.dayfirst, self.typed = decimal, dayfirst, typed
        self.nowhere: frozenset[str] = frozenset() if typed else NOWHERE
        self.forms: dict[str, Form | DateForm] = {}
        self.examples: dict[str, str] = {}
        self.unsure: list[str] = []
        self.gaps: dict[tuple[str, ...], list[str]] = {}

    def column(self, text: Text, kind: str | None) -> pd.Series:
        if kind in ("category", "text", "identifier"):
            return text.text(self.nowhere)
        if kind == TARGET:
            plain = None if self.typed else text.plain()
            return text.text(self.nowhere) if plain is None else plain
        if not text.is_code or kind:
            form = self._form(text, kind)
            if form is not None:
                self._say(text, form)
                self.forms[text.name] = form
                return text.formed(form)
            plain = text.plain()
            if plain is not None:
                self._say_gaps(text, text.gaps())
                if self.decimal == ",":
                    self.forms[text.name] = Form(",")
                return plain
        self._say_gaps(text, text.among(self.nowhere))
        return text.text(self.nowhere)

    def _form(self, text: Text, kind: str | None) -> Form | DateForm | None:
        """Find how the text of a column is to be read; None: as it stands."""
        if kind != "number":
            compact = DATE.search(text.name) is not None or kind == "date"
            if not text.is_plain or (compact and text.all_match(r"^(19|20)\d{6}$")):
                most = 1.0 if kind == "date" else MOST_WORDS
                found = dates.recognise(text.counts, self.dayfirst, compact, most)
                if found:
                    self.unsure += [] if found[1] else [text.name]
                    return found[0]
        if kind == "date":
            return None
        if text.is_plain:
            grouped = self.decimal == "," and text.any_match(r"\.")
            return Form(",") if grouped and text.all_match(GROUPED) else None
        most = 1.0 if kind == "number" else MOST_WORDS
        return numbers.recognise(text.counts, self.decimal, most)

    def _say(self, text: Text, form: Form | DateForm) -> None:
        known = {t: v for t, v in text.meanings(form).items() if not pd.isna(v)}
        self._say_gaps(text, [word for word in text.counts if word not in known])
        if not known:
            return
        if isinstance(form, DateForm):
            example = max(list(known)[:1000], key=lambda t: known[t].day)
            order = {"dmy": "day first, ", "mdy": "month first, "}.get(form.order, "")
            value = f"{order}{known[example]:%Y-%m-%d}"
            if ISO.fullmatch(example):
                return
        else:
            changed = [
                t
                for t in [*known][:1000]
                if not PLAIN.match(t) or (form.decimal == "," and "." in t)
            ]
            if not changed:
                return
            example = max(changed, key=lambda t: ("." in t or "," in t, len(t)))
            value = f"{known[example]:.10g}"
        self.examples[text.name] = f"{quoted(example)} is {value}"

    def _say_gaps(self, text: Text, gaps: list[str]) -> None:
        words = [word for word in gaps if word]
        words += [" "] if text.has_blanks else []
        if words:
            self.gaps.setdefault(tuple(words), []).append(text.name)

    def notes(self) -> list[str]:
        notes = []
        if self.examples:
            shown = [f"{quoted(n)} ({words})" for n, words in self.examples.items()]
            first = next(iter(self.examples))
            notes.append(
                f"Text was read as numbers or dates in {listed(shown, 12)}; to keep "
                f"the text: {option('kinds', {first: 'category'})}."
            )
        if self.decimal == ",":
            notes.append(
                "The decimal mark of the file is a comma; -p decimal . reads points so."
            )
        for name in self.unsure:
            other = "false" if self.dayfirst else "true"
            notes.append(
                f"The dates in {quoted(name)} may have day or month first; -p dayfirst "
                f"{other} reads them the other way."
            )
        for words, names in self.gaps.items():
            notes.append(
                f"Taken for missing: {few(words)} in {few(names)}; to keep the text: "
                f"{option('kinds', {names[0]: 'category'})}."
            )
        return notes
