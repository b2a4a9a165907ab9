"""What a file would take to read, found out before it is read.

A few kilobytes can hide terabytes: packed, repeated, or as one cell in the last corner
of a sheet. Such cells occur in honest files too, so far ones are left out, and told.
"""

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import pyarrow
import pyarrow.parquet

from lopsided.errors import InputError
from lopsided.prose import bounded, count

MOST_CELLS = 10**8  # as numbers, 800 MB; training needs a few times that
MOST_XML = 2**29  # bytes of a workbook, unpacked
MOST_WEIGHTS = 10**8  # of a network
FAR_ROWS, FAR_COLUMNS = 1000, 100  # empty ones that end a table
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
BINARY = re.compile(r"xl/worksheets/[^/]+\.bin")
#: Of an .ods file: a table, a row or a cell begins; and how often it is repeated.
PART = re.compile(
    rb"<(?:\w+:)?(table|table-row|table-cell|covered-table-cell)(?![\w-])([^>]*)>"
)
REPEATED = re.compile(rb"number-(?:rows|columns)-repeated=[\"']([0-9]{1,9})[\"']")
#: A row or a cell begins: its own place, where it names it, and whether it ends there.
PLACE = re.compile(rb"<(?:\w+:)?(row|c)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
NAMED = re.compile(rb"\br\s*=\s*[\"']([A-Z]*)([0-9]+)[\"']")


def workbook(content: bytes, source: str) -> tuple[bytes, list[str]]:
    """Check a zipped workbook, and leave out cells that lie far from all others.

    They are left out of .xlsx; an .xlsb or .ods file with such cells is refused.

    Parameters
    ----------
    content : bytes
    source : str
        The file's name.

    Returns
    -------
    content : bytes
        The same, or written anew without the far cells.
    notes : list of str
        What was left out.

    Raises
    ------
    InputError
        When reading it would take too much.
    """
    changed: dict[str, bytes] = {}
    notes = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(m.file_size for m in archive.infolist()) > MOST_XML:
            raise _too_large(source)
        for name in archive.namelist():
            if name == "content.xml":
                extents = _open_document(archive.read(name))
            elif BINARY.fullmatch(name):
                extents = [_binary(archive.read(name))]
            else:
                continue
            if any(rows * columns > MOST_CELLS for rows, columns in extents):
                raise _too_large(source)
        for name in filter(SHEET.fullmatch, archive.namelist()):
            xml = archive.read(name)  # zipfile gives no more than it announced
            rows, columns = _occupied(xml)
            last_row, last_column = _end(rows, FAR_ROWS), _end(columns, FAR_COLUMNS)
            if last_row * last_column > MOST_CELLS:
                raise _too_large(source)
            if last_row < max(rows, default=0) or last_column < max(columns, default=0):
                changed[name], n = _without(xml, last_row, last_column)
                notes.append(
                    f"{count(n, 'cell', 'cells')} far from the table left out: beyond "
                    f"row {last_row:,} or column {last_column:,}."
                )
        if not changed:
            return content, []
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as copy:
            for member in archive.infolist():
                copy.writestr(
                    member, changed.get(member.filename) or archive.read(member)
                )
    return written.getvalue(), notes


def _open_document(xml: bytes) -> list[tuple[int, int]]:
    """Find the last row and column with a value, of each table of an .ods file."""
    extents: list[tuple[int, int]] = []
    row = column = repeated = 0
    for match in PART.finditer(xml):
        times = REPEATED.search(match[2])
        n = int(times[1]) if times else 1
        if match[1] == b"table":
            extents.append((0, 0))
            row = column = repeated = 0
        elif match[1] == b"table-row":
            row, column, repeated = row + repeated, 0, n
        else:
            column += n
            if b"value-type=" in match[2] and extents:
                last_row, last_column = extents[-1]
                extents[-1] = max(last_row, row + repeated), max(last_column, column)
    return extents


def _binary(content: bytes) -> tuple[int, int]:
    """Find the last row and column of an .xlsb file's sheet.

    A record is its kind, its length, each 7 bits a byte, and its content. Kind 0 begins
    a row, 1 to 11 are cells. Source: Microsoft, [MS-XLSB], 2.1.4 and 2.3.
    """
    at = rows = columns = 0
    while at < len(content):
        kind = length = 0
        for byte in range(2):
            kind |= (content[at] & 127) << 7 * byte
            at += 1
            if at >= len(content) or content[at - 1] < 128:
                break
        for byte in range(4):
            if at >= len(content):
                break
            length |= (content[at] & 127) << 7 * byte
            at += 1
            if content[at - 1] < 128:
                break
        place = int.from_bytes(content[at : at + 4], "little") + 1
        if kind == 0:
            rows = max(rows, place)
        elif kind <= 11:
            columns = max(columns, place)
        at += length
    return rows, columns


def _too_large(source: str) -> InputError:
    return InputError(
        f"{source} is too large: unpacked, more than {MOST_XML:,} bytes or "
        f"{MOST_CELLS:,} cells; give part of it"
    )


def _number(letters: bytes) -> int:
    """Count a column's letters: A is 1, XFD 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _places(xml: bytes) -> Iterator[tuple[re.Match[bytes], int, int]]:
    """Give each cell of a sheet with its row and its column, both from 1.

    One that names no place follows the one before.
    """
    row = column = 0
    numbers: dict[bytes, int] = {}
    for match in PLACE.finditer(xml):
        named = NAMED.search(match[2])
        if match[1] == b"row":
            row, column = int(named[2][:9]) if named else row + 1, 0
            continue
        if named and named[1]:
            row = int(named[2][:9])
            if named[1] not in numbers:
                numbers[named[1]] = _number(named[1][:9])
            column = numbers[named[1]]
        else:
            column += 1
        yield match, row, column


def _occupied(xml: bytes) -> tuple[set[int], set[int]]:
    rows, columns = set(), set()
    for _, row, column in _places(xml):
        rows.add(row)
        columns.add(column)
    return rows, columns


def _end(occupied: Collection[int], far: int) -> int:
    """Find the last row, or column, that is not far from the one before it."""
    end = None
    for place in sorted(occupied):
        if end is not None and place - end > far:
            break
        end = place
    return end or 0


def _without(xml: bytes, last_row: int, last_column: int) -> tuple[bytes, int]:
    """Cut the cells beyond, and the rows that begin beyond; count the cells."""
    parts, kept, n = [], 0, 0
    for match, row, column in _places(xml):
        if row <= last_row and column <= last_column:
            continue
        n += 1
        if match.start() < kept:
            continue
        end = match.end()
        if not match[2].endswith(b"/"):
            closing = re.compile(rb"</(?:\w+:)?c\s*>").search(xml, end)
            end = closing.end() if closing else end
        parts.append(xml[kept : match.start()])
        kept = end
    return b"".join([*parts, xml[kept:]]), n


def parquet(content: bytes, source: str) -> pyarrow.Table:
    """Read a Parquet file, unless its own account of its size is too large.

    Text is read as it is stored, each different one once: a file may repeat a long one
    a million times.

    Raises
    ------
    InputError
        When reading it would take too much, or it is damaged.
    """
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        about = file.metadata
        parts = [
            about.row_group(i).column(k)
            for i in range(about.num_row_groups)
            for k in range(about.num_columns)
        ]
        cells = max(sum(p.num_values for p in parts), about.num_rows)
        size = sum(p.total_uncompressed_size for p in parts)
        if cells > MOST_CELLS or size > 8 * MOST_CELLS:
            raise InputError(
                f"{source} is too large: {cells:,} cells, where {MOST_CELLS:,} are the "
                "most; give part of it"
            )
        texts = [p.path_in_schema for p in parts if p.physical_type == "BYTE_ARRAY"]
        flat = {*texts} & {*file.schema_arrow.names}
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content), read_dictionary=[*flat])
        return file.read()
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, MemoryError):
            raise InputError(
                f"{source} does not fit into memory; give part of it"
            ) from None
        raise InputError(
            f"cannot read {source} as a table: it is Parquet, but damaged or of a kind "
            "that cannot be read; write it anew"
        ) from None


def network(layer_dims: Sequence[int]) -> None:
    """Refuse a network that would not fit beside its data.

    Raises
    ------
    InputError
        Says how many weights it would have.
    """
    weights = sum(n * m for n, m in pairwise(layer_dims))
    if weights > MOST_WEIGHTS:
        raise InputError(
            f"hidden_units is {bounded([*layer_dims[1:-1]])}: with {layer_dims[0]:,} "
            f"features that is {weights:,} weights; at most {MOST_WEIGHTS:,}"
        )
