"""Read anyone's table: CSV, Parquet or Excel, told apart by content."""

import csv
import gzip
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.prose import quoted
from lopsided.table import limits

MOST_BYTES = 4 * 2**30  # of an unpacked file: a few kilobytes can hide terabytes
LARGEST = 1e100  # squares of larger numbers overflow
DELIMITERS = ",;\t|"
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"


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
    """

    frame: pd.DataFrame
    source: str
    sha256: str
    notes: tuple[str, ...] = ()


def read(path: str | Path) -> Table:
    """Read CSV, Parquet or Excel, zipped or gzipped too; told apart by content.

    Cells are values, never code. Empty cells, NA, nan, null and None in a CSV file
    count as missing.

    Raises
    ------
    InputError
        When there is no file, or it holds no usable table.
    """
    path = Path(path)
    content = _bytes(path)
    notes: list[str] = []
    try:
        content = _unpack(content, path.name)
        if content.startswith(PARQUET) and content.endswith(PARQUET):
            frame = _read_parquet(content, path.name)
        elif _is_workbook(content):
            trimmed, notes = limits.workbook(content, path.name)
            frame = pd.read_excel(io.BytesIO(trimmed), engine="openpyxl")
        else:
            frame, notes = _read_csv(content, path.name)
        frame.columns = frame.columns.map(str)
        _check_names([*frame.columns], path.name)
        frame = pd.DataFrame({name: _plain(frame[name]) for name in frame})
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{path.name} does not fit into memory; give part of it"
        ) from None
    except ImportError:
        raise InputError(
            f"{path.name} is an Excel file; to read it, run: pip install openpyxl"
        ) from None
    except Exception as error:  # a parser's complaint, whatever its class
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"cannot read {path.name} as a table: {reason[0].rstrip('.')}; give CSV "
            "(zipped or gzipped too), Parquet or Excel (.xlsx)"
        ) from None
    if not len(frame):
        raise InputError(f"{path.name} has a header but no rows; give rows to learn")
    _check_sizes(frame, path.name)
    return Table(frame, path.name, hashlib.sha256(content).hexdigest(), tuple(notes))


def _bytes(path: Path) -> bytes:
    try:
        path = path.expanduser()
        is_file, is_there = path.is_file(), path.exists()
        if is_file and path.stat().st_size <= MOST_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RuntimeError) as error:  # no path at all, or no such user
        raise InputError(f"cannot read {path}: {error}") from None
    if not is_there:
        raise InputError(f"there is no file {path}; check the name and the folder")
    if is_file:
        raise InputError(f"{path} is too large; give part of it")
    raise InputError(f"{path} is a folder or a device; give the path of a file")


def _is_workbook(content: bytes) -> bool:
    """Tell an Excel workbook, which is a zip archive, from a zipped table."""
    return content.startswith(ZIP) and b"[Content_Types].xml" in content


def _unpack(content: bytes, name: str) -> bytes:
    if content.startswith(GZIP):
        with gzip.open(io.BytesIO(content)) as file:
            return _limited(file, name)
    if not content.startswith(ZIP) or _is_workbook(content):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [
            m
            for m in archive.infolist()
            if not m.is_dir() and not m.filename.startswith("__MACOSX/")
        ]
        if len(members) != 1:
            raise InputError(
                f"{name} holds {len(members)} files; give an archive with one table"
            )
        if members[0].flag_bits & 1:
            raise InputError(f"{name} is encrypted; unpack it first")
        with archive.open(members[0]) as file:
            return _limited(file, name)


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


def _read_csv(content: bytes, name: str) -> tuple[pd.DataFrame, list[str]]:
    text, notes = _decode(content)
    if "\0" in text:
        raise InputError(
            f"{name} is not a table: it holds binary data; give CSV (zipped or gzipped "
            "too), Parquet or Excel (.xlsx)"
        )
    if not text.strip():
        raise InputError(f"{name} is empty; give a table with a header and rows")
    delimiter = _delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = next(row for row in rows if row)
    _check_names(header, name)
    for row in rows:
        if row and len(row) != len(header):
            raise InputError(
                f"{name}, line {rows.line_num}: the row does not fit; it has "
                f"{len(row)} fields and the header {len(header)}; mend the file"
            )
    if delimiter != "," and len(header) > 1:
        notes.append(f"Its columns are separated by {delimiter!r}.")
    frame = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        names=header,
        header=0,
        index_col=False,
        low_memory=False,
    )
    if delimiter == ";":
        notes += _decimal_commas(frame)
    return frame, notes


def _decode(content: bytes) -> tuple[str, list[str]]:
    """Find the encoding: what the file's first bytes say, UTF-8, or else Latin-1."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16"), ["It was read as UTF-16."]
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = "It was read as Latin-1, since it is not UTF-8."
        return content.decode("latin-1"), [note]


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts nearly all lines alike, and the header most."""
    lines = text[:65536].splitlines(keepends=True)
    if len(text) > 65536 and len(lines) > 2:
        del lines[-1]  # cut short

    def fit(delimiter: str) -> tuple[bool, int]:
        counts = [
            len(row) for row in csv.reader(lines[:50], delimiter=delimiter) if row
        ]
        alike = sum(count == counts[0] for count in counts) >= 0.8 * len(counts)
        return alike and counts[0] > 1, counts[0]

    return max(DELIMITERS, key=fit)


def _decimal_commas(frame: pd.DataFrame) -> list[str]:
    """Turn text such as 1,5 into numbers, in columns that hold nothing else."""
    found = []
    for name in frame:
        known = frame[name].dropna()
        if not len(known) or not pd.api.types.is_string_dtype(known):
            continue
        if known.str.fullmatch(r"\s*[-+]?\d+(,\d+)?([eE][-+]?\d+)?\s*").all():
            frame[name] = pd.to_numeric(frame[name].str.replace(",", "."))
            found.append(quoted(name))
    return [f"Decimal commas were read in {', '.join(found)}."] if found else []


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


def _plain(column: pd.Series) -> pd.Series:
    """Reduce the many types of pandas to numbers, booleans, dates and text."""
    dtype = column.dtype
    if pd.api.types.is_timedelta64_dtype(dtype):
        return column / pd.Timedelta(days=1)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return utc(column)
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return column.astype(float) if dtype.kind == "f" else column
    known = column.dropna()
    values = column.astype(object).where(column.notna(), None)
    types = tuple(set(map(type, known.astype(object))))
    if not types or all(issubclass(t, str) for t in types):
        return values
    if all(issubclass(t, bool | np.bool_) for t in types):
        return values if len(known) < len(column) else values.astype(bool)
    if all(issubclass(t, int | float | Decimal | np.number) for t in types):
        return pd.Series([np.nan if v is None else float(v) for v in values])
    if all(issubclass(t, date) for t in types):
        return pd.to_datetime(values, utc=True)
    return values.map(str, na_action="ignore")


def utc(dates: pd.Series) -> pd.Series:
    """Express dates in UTC; those without a time zone are taken to be in it."""
    known = dates.dt.tz is not None
    return dates.dt.tz_convert("UTC") if known else dates.dt.tz_localize("UTC")


def _check_sizes(frame: pd.DataFrame, source: str) -> None:
    for name in frame:
        if frame[name].dtype.kind in "iuf":
            too_large = np.abs(frame[name].to_numpy(float)) >= LARGEST
            if too_large.any():
                raise InputError(
                    f"{source}: column {quoted(name)} is infinite or beyond "
                    f"{LARGEST:g} in row {too_large.argmax() + 1}; replace it or leave "
                    "it empty"
                )
