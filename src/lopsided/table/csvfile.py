"""Read CSV as people have it: any encoding, separator, quote, and lines above it.

Longer than most: encoding, separator and header are found out together.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import charset_normalizer
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lopsided.errors import InputError
from lopsided.table import header as headers
from lopsided.table import textual
from lopsided.table.memory import give_back
from lopsided.table.numbers import read_cell

SAMPLE = 2**16  # characters that tell the dialect
PART = 2**20  # bytes to look at together
ROWS_AT_ONCE = 10_000
PARTS_APART = 16  # of a column, before they become one
CODED = pa.dictionary(pa.int32(), pa.string())
DELIMITERS = ",;\t|^"
SPACES = " "  # any number of them
#: Encodings of one table or another; Windows-1252 first, which Latin-1 is a part of.
ENCODINGS = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]
#: What begins a file of another kind, and what that kind is.
OTHERS = {
    rb"<(!doctype|html|\?xml|table)": "a web page or XML",
    rb"[\[{]\s*[\[{\"]": "JSON",
    rb"(%[^\n]*\n\s*)*@relation\b": "ARFF",  # below its comments
    rb"%PDF-": "a PDF document",
}
MOST_BELOW = 20  # lines
Row = list[str]


@dataclass(frozen=True)
class Dialect:
    """How the rows of a CSV file are written."""

    delimiter: str
    quote: str = '"'
    spaced: bool = False  # after each delimiter

    def rows(self, lines: Iterator[str] | list[str]) -> Iterator[Row]:
        """Split lines into rows; a blank line is an empty row."""
        plain = self.delimiter != SPACES
        reader = csv.reader(
            lines if plain else (line.strip() + "\n" for line in lines),
            delimiter=self.delimiter,
            quotechar=self.quote,
            skipinitialspace=self.spaced or not plain,
        )
        yield from reader


@dataclass(frozen=True)
class Grid:
    """Cells as text, with names.

    Attributes
    ----------
    frame : DataFrame
        Of text, in parts: in each, a different one is held once, and a number for each
        cell.
    notes : list of str
    delimiter : str
    """

    frame: pd.DataFrame
    notes: list[str]
    delimiter: str


def read(
    content: bytes,
    source: str,
    header: bool | None = None,
    encoding: str | None = None,
    on_part: Callable[[float], None] | None = None,
) -> Grid:
    """Read a CSV file as text.

    Parameters
    ----------
    content : bytes
    source : str
        The file's name, for messages.
    header : bool, optional
        Whether the first row holds names; found out if not given.
    encoding : str, optional
        Found out if not given.
    on_part : callable, optional
        Called with the share of the bytes that are read.

    Raises
    ------
    InputError
        When there is no table, a row does not fit, or names seem to be missing.
    """
    content, notes = to_utf8(content, source, encoding)
    if b"\0" in content:
        raise InputError(
            f"{source} is not a table: it holds binary data; give CSV (zipped or "
            "gzipped too), Parquet or Excel"
        )
    if not content or content.isspace():
        raise InputError(f"{source} is empty; give a table with a header and rows")
    for beginning, kind in OTHERS.items():
        if re.match(rb"\s*" + beginning, content[:SAMPLE], re.IGNORECASE):
            raise InputError(
                f"{source} is {kind}, not a table; save it as CSV, Parquet or Excel"
            )
    lines = _sample(content)
    if _is_wrapped(lines):
        content = _unwrapped(content)
        notes.append("Each line stood in quotes as a whole; they were left out.")
        lines = _sample(content)
    above = _above(lines)
    dialect, width = _dialect(lines[len(above) :], above)
    notes += _told(dialect, width)

    start, rows = _numbered_rows(dialect, lines[len(above) :], len(above))
    begin = headers.first_row(rows, width)
    if above or begin:
        notes.append(headers.skipped([*([x.strip()] for x in above), *rows[:begin]]))
    first, rest = rows[begin], rows[begin + 1 :]
    if header is None and headers.is_data(first, rest):
        raise headers.ask(source, first)
    if header is False:
        names, skip = headers.numbered(max(width, len(first))), start[begin]
        notes.append(headers.NUMBERED)
        empty: list[int] = []
    else:
        more = width - len(first)
        if more == 1 and rest and not any(row[-1].strip() for row in rest):
            first = [*first, ""]  # each row ends in a delimiter
        elif more == 1 and rest and _has_row_names(first, rest):
            first = ["", *first]
        names, told, empty = headers.named(first, rest, source)
        notes, skip = notes + told, start[begin + 1]
    n_rows, below = _fitting_rows(content, dialect, len(names), skip, source)
    if below:
        notes.append(headers.skipped(below, "Below"))
    frame = _parsed(content, dialect, len(names), skip, n_rows, on_part)
    frame.columns = pd.Index(names, dtype=object)
    if empty:
        full = [i for i in empty if _has_text(frame.iloc[:, i])]
        if full:
            raise InputError(
                f"{source}: column {full[0] + 1} has no name; name every column"
            )
        frame = frame.iloc[:, [i for i in range(len(names)) if i not in empty]]
    return Grid(frame, notes, dialect.delimiter)


def to_utf8(
    content: bytes, source: str, encoding: str | None = None
) -> tuple[bytes, list[str]]:
    """Find the encoding: as asked, what the first bytes say, UTF-8, or a likely one."""
    if encoding:
        try:
            return content.decode(encoding).encode(), [f"It was read as {encoding}."]
        except (UnicodeDecodeError, LookupError):
            raise InputError(f"{source} cannot be read as {encoding!r}") from None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16").encode(), ["It was read as UTF-16."]
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        for _ in codecs.iterdecode(_parts(content), "utf-8"):
            pass  # a text as long as the file would take its room once more
        return content, []
    except UnicodeDecodeError as error:
        at = max(0, content.find(error.object) + error.start - SAMPLE // 2)
    for guess in (likely(content[at : at + SAMPLE]), "cp1252", "latin-1"):
        try:
            text = content.decode(guess)
        except UnicodeDecodeError:
            continue
        note = (
            f"It was read as {guess}, since it is not UTF-8; if letters look wrong, "
            "name another with -p encoding NAME."
        )
        return text.encode(), [note]
    raise AssertionError("Latin-1 reads any bytes")


def _parts(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), PART):
        yield content[start : start + PART]


def likely(sample: bytes) -> str:
    """Guess an encoding; Windows-1252 where nothing speaks against it."""
    matches = [*charset_normalizer.from_bytes(sample, cp_isolation=ENCODINGS)]
    if not matches:
        return ENCODINGS[0]
    best = matches[0]
    tied = [
        m.encoding
        for m in matches
        if (m.chaos, m.coherence) == (best.chaos, best.coherence)
    ]
    usual = ENCODINGS[0] in {*tied, *best.could_be_from_charset}
    return ENCODINGS[0] if usual else best.encoding


def _sample(content: bytes) -> list[str]:
    """Give the first lines, whole."""
    text = content[:SAMPLE].decode(errors="ignore")
    lines = io.StringIO(text, newline="").readlines()
    return lines[:-1] if len(content) > SAMPLE and len(lines) > 2 else lines


def _is_wrapped(lines: list[str]) -> bool:
    """Tell whether each line is one quoted cell that holds a whole row."""
    rows = [row for row in csv.reader(lines[:200]) if row]
    if not all(len(row) == 1 for row in rows):
        return False
    full = [line for line in lines[:200] if line.strip()]
    if not all(line.startswith('"') and line.rstrip().endswith('"') for line in full):
        return False
    inner = [row[0] for row in rows]
    return len(rows) > 1 and any(_fit(Dialect(d), inner)[0] for d in DELIMITERS)


def _unwrapped(content: bytes) -> bytes:
    file = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    return "".join("".join(row) + "\n" for row in csv.reader(file)).encode()


def _above(lines: list[str]) -> list[str]:
    """List the lines above the table that are no rows: ``sep=;``, and comments."""
    above = []
    for line in lines:
        if not (re.fullmatch(r"sep=.?\s*", line) or line.startswith("#")):
            break
        above.append(line)
    # A table whose names begin with # is no comment.
    return above if len(above) < len(lines) and len(above) < 50 else []


def _dialect(lines: list[str], above: list[str]) -> tuple[Dialect, int]:
    """Choose the dialect that cuts nearly all lines alike, and into most columns."""
    some = lines[:200]
    told = [line[4:5] for line in above if line.startswith("sep=")]
    candidates = [
        Dialect(d) for d in (told if told and told[0].strip() else DELIMITERS)
    ]
    best = max(candidates, key=lambda d: _fit(d, some))
    if not _fit(best, some)[0]:
        spaces = Dialect(SPACES)
        best = spaces if _fit(spaces, some)[0] else best
    quote = "'" if _quotes_by_apostrophe(best.delimiter, some) else '"'
    best = Dialect(best.delimiter, quote)
    if best.delimiter != SPACES:
        cut = re.compile(re.escape(best.delimiter) + r"(.?)")
        after = Counter(next_ for line in some for next_ in cut.findall(line.strip()))
        if after[" "] > 0.8 * after.total():
            best = Dialect(best.delimiter, quote, spaced=True)
    return best, _width(best, some)


def _widths(dialect: Dialect, lines: list[str]) -> list[int]:
    try:
        return [len(row) for row in dialect.rows(lines) if row]
    except csv.Error:
        return []


def _width(dialect: Dialect, lines: list[str]) -> int:
    """Count the columns of most rows."""
    counts = Counter(_widths(dialect, lines))
    return max(counts, key=lambda width: (counts[width], width), default=1)


def _fit(dialect: Dialect, lines: list[str]) -> tuple[bool, float, int]:
    widths = _widths(dialect, lines)
    if not widths:
        return False, 0.0, 0
    width = _width(dialect, lines)
    alike = sum(w == width for w in widths) / len(widths)
    if alike >= 0.8 and width > 1:
        return True, round(alike, 1), width
    return False, 0.0, widths[0]


def _quotes_by_apostrophe(delimiter: str, lines: list[str]) -> bool:
    """Tell whether ' stands at both ends of cells, and " at none."""
    edge = re.escape(delimiter)
    text = "".join(lines)
    opened = re.findall(rf"(?:^|{edge}) *'", text, re.MULTILINE)
    whole = re.findall(rf"(?:^|{edge}) *'(?:[^'\n]|'')*' *(?={edge}|\r?$)", text, re.M)
    double = re.search(rf'(?:^|{edge}) *"', text, re.MULTILINE)
    return bool(opened) and len(opened) == len(whole) and not double


def _told(dialect: Dialect, width: int) -> list[str]:
    if width == 1:
        return []
    notes = []
    if dialect.delimiter == SPACES:
        notes.append("Its columns are separated by spaces.")
    elif dialect.delimiter != ",":
        notes.append(f"Its columns are separated by {dialect.delimiter!r}.")
    if dialect.spaced:
        notes.append("The space after each separator was left out.")
    if dialect.quote == "'":
        notes.append("Its quotes are apostrophes (').")
    return notes


def _numbered_rows(
    dialect: Dialect, lines: list[str], above: int
) -> tuple[list[int], list[Row]]:
    """Give rows, and how many lines come before each and after the last."""
    passed, starts, rows = 0, [], []

    def counted() -> Iterator[str]:
        nonlocal passed
        for line in lines:
            passed += 1
            yield line

    before = 0
    for row in dialect.rows(counted()):
        if row:
            starts.append(above + before)
            rows.append(row)
        before = passed
    return [*starts, above + before], rows


def _has_row_names(first: Row, rest: list[Row]) -> bool:
    """Tell whether rows begin with a name that the header leaves out, as R writes."""
    names = [row[0] for row in rest]
    return len(set(names)) == len(names) and all(cell.strip() for cell in first)


def _fitting_rows(
    content: bytes, dialect: Dialect, width: int, skip: int, source: str
) -> tuple[int, list[Row]]:
    """Count the rows, and give the lines below them: a few of one word or sentence.

    Any other row of another width is refused, by its line in the file.
    """
    file = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    for _ in range(skip):
        next(file)
    line = skip

    def counted() -> Iterator[str]:
        nonlocal line
        for text in file:
            line += 1
            yield text

    n_rows, misfits = 0, {}
    for row in dialect.rows(counted()):
        if not row:
            continue
        fits = len(row) == width
        if not fits:
            misfits[line] = row
        n_rows += fits
        if misfits and (fits or not _is_below(row) or len(misfits) > MOST_BELOW):
            first, row = next(iter(misfits.items()))
            raise InputError(
                f"{source}, line {first}: the row does not fit; it has {len(row)} "
                f"fields and the header {width}; mend the file"
            )
    return n_rows, [*misfits.values()]


def _is_below(row: Row) -> bool:
    """Tell whether a row may be a note below a table, and no row that was cut short."""
    filled = [cell for cell in row if cell.strip()]
    return len(filled) < 2 and not any("\n" in c or read_cell(c) for c in filled)


def _parsed(
    content: bytes,
    dialect: Dialect,
    width: int,
    skip: int,
    n_rows: int,
    on_part: Callable[[float], None] | None,
) -> pd.DataFrame:
    """Read the cells, some rows at once: all their texts would take much room."""
    if not width:
        raise InputError("there are no columns")
    spaces = dialect.delimiter == SPACES
    # pandas can skip rows, but a row of names may take several lines.
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    start = sum(len(next(lines).encode()) for _ in range(skip))
    file = io.BytesIO(content)
    file.seek(start)
    parts = pd.read_csv(
        file,
        sep=r"\s+" if spaces else dialect.delimiter,
        quotechar=dialect.quote,
        skipinitialspace=dialect.spaced,
        names=[*map(str, range(width))],
        header=None,
        nrows=n_rows,
        index_col=False,
        dtype="string[pyarrow]",
        keep_default_na=False,
        na_values=[],
        chunksize=ROWS_AT_ONCE,
    )
    columns: list[list[list[pa.Array]]] = [[[], []] for _ in range(width)]
    with parts:
        for part in parts:
            for (large, small), texts in zip(columns, part.items(), strict=True):
                small += pa.chunked_array(pa.array(texts[1])).cast(CODED).chunks
                # Large ones seldom: to tell what differs takes room for all of it.
                for these, next_ in ((small, large), (large, large)):
                    if len(these) > PARTS_APART:
                        made = textual.one(pa.chunked_array(these, CODED))
                        these.clear()
                        next_.append(made)
            if on_part:
                on_part(file.tell() / len(content))
    give_back()
    arrays = [pa.chunked_array(large + small, CODED) for large, small in columns]
    return pd.DataFrame(
        {k: pd.arrays.ArrowExtensionArray(a) for k, a in enumerate(arrays)}, copy=False
    )


def _has_text(column: pd.Series) -> bool:
    texts = pc.unique(pa.chunked_array(pa.array(column)).cast(pa.large_string()))
    return any(text and text.strip() for text in texts.to_pylist())
