"""Read a sheet of a workbook: .xlsx, .xlsm, .xls, .xlsb or .ods, by one reader."""

import io
from typing import Any

import pandas as pd

from lopsided.errors import InputError
from lopsided.prose import few, quoted
from lopsided.table import header as headers

XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
ROWS = 200  # that tell where the table begins


def is_workbook(content: bytes) -> bool:
    """Tell a workbook, which may be a zip archive, from a zipped table."""
    zipped = content.startswith(ZIP)
    names = b"[Content_Types].xml" in content or OPEN_DOCUMENT in content[:200]
    return content.startswith(XLS) or (zipped and names)


def read(
    content: bytes, source: str, sheet: str | None = None, header: bool | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Read the sheet that is asked for, or the only one that holds a table.

    Returns
    -------
    frame : DataFrame
        Of objects: text, numbers, booleans, dates; None where a cell is empty.
    notes : list of str

    Raises
    ------
    InputError
        When no sheet or several hold a table, or names seem to be missing.
    """
    with pd.ExcelFile(io.BytesIO(content), engine="calamine") as book:
        names = [str(name) for name in book.sheet_names]
        if sheet is not None and sheet not in names:
            raise InputError(
                f"{source} has no sheet {quoted(sheet)}; it has {few(names)}"
            )
        cells = {name: _cells(book, name) for name in ([sheet] if sheet else names)}
    tables = [n for n in cells if min(cells[n].shape) > 1] or [
        n for n in cells if not cells[n].empty
    ]
    if not tables:
        raise InputError(f"{source} is empty; give a table with a header and rows")
    if len(tables) > 1:
        raise InputError(
            f"{source} holds {len(tables)} tables, on the sheets {few(tables)}; choose "
            f"one with -p sheet NAME"
        )
    notes = []
    if len(names) > 1:
        why = "as asked" if sheet else "the only one with a table; -p sheet chooses"
        notes.append(
            f"Of the sheets {few(names)}, {quoted(tables[0])} was read: {why}."
        )
    frame, more = _table(cells[tables[0]], source, header)
    return frame, notes + more


def _cells(book: pd.ExcelFile, sheet: str) -> pd.DataFrame:
    frame = pd.read_excel(
        book, sheet_name=sheet, header=None, keep_default_na=False, dtype=object
    )
    frame = frame.map(_cell)
    return frame.loc[frame.notna().any(axis=1)].reset_index(drop=True)


def _cell(value: Any) -> Any:
    blank = value is None or (isinstance(value, float) and value != value)
    return None if blank or (isinstance(value, str) and not value.strip()) else value


def _table(
    cells: pd.DataFrame, source: str, header: bool | None
) -> tuple[pd.DataFrame, list[str]]:
    """Find where the table begins, and name its columns."""
    some = [
        ["" if pd.isna(cell) else str(cell) for cell in row]
        for row in cells.head(ROWS).itertuples(index=False, name=None)
    ]
    begin = headers.first_row(some, cells.shape[1])
    first, rest = some[begin], some[begin + 1 :]
    notes = [headers.skipped(some[:begin])] if begin else []
    if header is None and headers.is_data(first, rest):
        raise headers.ask(source, first)
    if header is False:
        names, more, _ = headers.numbered(cells.shape[1]), [headers.NUMBERED], []
    else:
        names, more, _ = headers.named(first, rest, source)
        begin += 1
    frame = cells.iloc[begin:].reset_index(drop=True)
    frame.columns = pd.Index(names, dtype=object)
    return frame.loc[:, [bool(name) for name in names]], notes + more
