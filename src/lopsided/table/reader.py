"""Read anyone's table: CSV, Parquet or a workbook, told apart by content."""

import gzip
import hashlib
import io
import stat
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from lopsided.errors import InputError
from lopsided.prose import few, quoted
from lopsided.table import csvfile, excel, gaps, limits, textual
from lopsided.table.dates import DateForm
from lopsided.table.memory import keep_nothing
from lopsided.table.numbers import Form
from lopsided.table.plain import check_sizes, plain
from lopsided.table.simulate import COLUMNS

MOST_BYTES = 4 * 2**30  # of an unpacked file: a few kilobytes can hide terabytes
TALL = 2**23  # bytes of a file from which on memory counts more than time
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
#: Endings of files that hold tables; in an archive, others stand beside them.
TABLES = (
    *(".csv", ".tsv", ".tab", ".txt", ".data", ".dat", ".parquet", ".gz"),
    *(".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"),
)


@dataclass(frozen=True)
class Reading:
    """How to read a table; None is found out.

    Attributes
    ----------
    header : bool
        Whether the first row holds names.
    sheet, member : str
        Which sheet of a workbook, which file of an archive.
    encoding : str
        Of a CSV file.
    decimal : str
        The decimal mark, ``"."`` or ``","``.
    dayfirst : bool
        Of dates that do not tell by themselves.
    kinds : dict
        Kinds that are asked for, by column.
    gaps : dict
        Values that are asked to be taken for missing, by column.
    forms : dict
        How an earlier table's columns of text were read, to read them alike.
    """

    header: bool | None = None
    sheet: str | None = None
    member: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    dayfirst: bool | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    gaps: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    forms: Mapping[str, Form | DateForm] | None = None


@dataclass(frozen=True)
class Table:
    """A table as read.

    Attributes
    ----------
    frame : DataFrame
        Of numbers, booleans, dates in UTC and text; each may have gaps.
    source : str
        The file's name, without its folder.
    sha256 : str
        Of the uncompressed CSV bytes, or of the Parquet or Excel file.
    notes : tuple of str
        What was done to read it, in sentences.
    forms : dict
        How each column of text that became numbers or dates was read.
    examples : dict of str to str
        An example of that, by column.
    """

    frame: pd.DataFrame
    source: str
    sha256: str
    notes: tuple[str, ...] = ()
    forms: Mapping[str, Form | DateForm] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)


def read(
    path: str | Path,
    reading: Reading | None = None,
    on_part: Callable[[float], None] | None = None,
) -> Table:
    """Read CSV, Parquet or a workbook, zipped or gzipped too; told apart by content.

    Cells are values, never code. What text means is found out column by column, and
    told; of the appointments file, only plain numbers are read.

    Parameters
    ----------
    path : str or Path
    reading : Reading, optional
    on_part : callable, optional
        Called with the share of a CSV file that is read.

    Raises
    ------
    InputError
        When there is no file, or it holds no usable table.
    """
    path, how = Path(path), reading or Reading()
    content = _bytes(path)
    try:
        content, notes = _unpack(content, path.name, how.member)
        if len(content) > TALL:
            keep_nothing()
        by_comma = typed = False
        if content.startswith(PARQUET) and content.endswith(PARQUET):
            frame, typed = _read_parquet(content, path.name), True
        elif excel.is_workbook(content):
            trimmed, far = (
                limits.workbook(content, path.name)
                if content.startswith(ZIP)
                else (content, [])
            )
            frame, more = excel.read(trimmed, path.name, how.sheet, how.header)
            notes += far + more
        else:
            grid = csvfile.read(content, path.name, how.header, how.encoding, on_part)
            frame, notes = grid.frame, notes + grid.notes
            by_comma = grid.delimiter == ","
            del grid
        digest = hashlib.sha256(content).hexdigest()
        del content
        frame.columns = frame.columns.map(str)
        _check_names([*frame.columns], path.name)
        if not len(frame):
            raise InputError(
                f"{path.name} has a header but no rows; give rows to learn"
            )
        columns = {name: plain(column) for name, column in frame.items()}
        del frame
        if how.forms is not None or set(COLUMNS) <= {*columns}:
            frame = pd.DataFrame(columns, copy=False)
            read = textual.Read(textual.reread(frame, how.forms or {}))
        else:
            read = textual.read(
                columns,
                path.name,
                how.kinds,
                how.decimal,
                how.dayfirst,
                by_comma or typed,
                typed,
            )
        frame = read.frame
        frame, emptied = gaps.emptied(frame, how.gaps, later=how.forms is not None)
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{path.name} does not fit into memory; give part of it"
        ) from None
    except Exception as error:  # a parser's complaint, whatever its class
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"cannot read {path.name} as a table: {reason[0].rstrip('.')}; give CSV "
            "(zipped or gzipped too), Parquet or Excel"
        ) from None
    check_sizes(frame, path.name)
    return Table(
        frame,
        path.name,
        digest,
        (*notes, *read.notes, *emptied),
        read.forms,
        read.examples,
    )


def _bytes(path: Path) -> bytes:
    try:
        path = path.expanduser()
        found = path.stat()  # newer Pythons' is_file() says no to any error
        is_file = stat.S_ISREG(found.st_mode)
        if is_file and found.st_size <= MOST_BYTES:
            return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"there is no file {path}; check the name and the folder"
        ) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RuntimeError) as error:  # no path at all, or no such user
        raise InputError(f"cannot read {path}: {error}") from None
    if is_file:
        raise InputError(f"{path} is too large; give part of it")
    raise InputError(f"{path} is a folder or a device; give the path of a file")


def _unpack(content: bytes, name: str, member: str | None) -> tuple[bytes, list[str]]:
    if content.startswith(GZIP):
        with gzip.open(io.BytesIO(content)) as file:
            return _limited(file, name), []
    if not content.startswith(ZIP) or excel.is_workbook(content):
        return content, []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {
            m.filename: m
            for m in archive.infolist()
            if not m.is_dir() and not m.filename.startswith("__MACOSX/")
        }
        chosen, notes = _member([*members], name, member)
        if members[chosen].flag_bits & 1:
            raise InputError(f"{name} is encrypted; unpack it first")
        with archive.open(members[chosen]) as file:
            return _limited(file, name), notes


def _member(names: list[str], source: str, member: str | None) -> tuple[str, list[str]]:
    """Choose a file of an archive: as asked, or the only one that may be a table."""
    if member is not None:
        found = [n for n in names if member in (n, PurePosixPath(n).name)]
        if len(found) != 1:
            raise InputError(f"{source} has no file {quoted(member)}: {few(names)}")
        return found[0], []
    tables = [n for n in names if n.lower().endswith(TABLES)]
    tables = (
        [n for n in tables if "readme" not in n.lower()] if len(names) > 1 else names
    )
    if len(tables) != 1:
        raise InputError(
            f"{source} holds {len(names)} files{': ' * bool(names)}{few(names)}; "
            "choose one with -p member NAME"
        )
    if len(names) == 1:
        return tables[0], []
    return tables[0], [
        f"Of the files {few(names)}, {quoted(tables[0])} was read: the only one that "
        "seems to be a table; -p member chooses."
    ]


def _limited(file: Any, name: str) -> bytes:
    """Read all of a packed file, unless it is a bomb."""
    chunks, size = [], 0
    while chunk := file.read(2**24):
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise InputError(
                f"{name} unpacks to more than {MOST_BYTES:,} bytes; give part of it"
            )
    return b"".join(chunks)


def _read_parquet(content: bytes, source: str) -> pd.DataFrame:
    table = limits.parquet(content, source)
    frame = table.to_pandas(ignore_metadata=True, date_as_object=False)
    # An index without a name is no column; only pandas stores one.
    return frame.loc[:, ~frame.columns.str.fullmatch(r"__index_level_\d+__")]


def _check_names(names: Sequence[str], source: str) -> None:
    if not names:
        raise InputError(f"{source} has no columns; give a table with a header")
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise InputError(
                f"{source}: column {number} has no name; name every column"
            )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{source} has two columns named {quoted(twice)}; rename one")
