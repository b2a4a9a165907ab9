"""Where a table begins, whether its first row holds names, and what to call columns."""

import itertools
from collections import Counter
from collections.abc import Sequence

from lopsided.errors import InputError
from lopsided.prose import count, few, quoted, short
from lopsided.table.gaps import is_gap
from lopsided.table.numbers import read_cell

Row = Sequence[str]
NUMBERED = "It has no row of names: they are 'column 1' and so on, as asked."
INDEX = "index"  # a first column without a name that tells rows apart


def first_row(rows: Sequence[Row], width: int) -> int:
    """Find the row at which the table begins, below a title or the like.

    Rows above it fill few of its columns, as a title does.
    """
    for number, row in enumerate(rows[:20]):
        filled = sum(bool(cell.strip()) for cell in row)
        most = filled >= max(0.8 * width, min(width - 1, 2))
        if len(row) >= width - 1 and (most or filled == len(row) == width - 1 > 1):
            return number
        if filled > max(1, width // 2):
            return 0
    return 0


def is_data(first: Row, rest: Sequence[Row]) -> bool:
    """Tell whether a first row holds values as the rows below it do, not names.

    It does where no number of a column is under a word, and no repeated word of a
    column under another one.
    """
    if len(rest) < 5:
        return False
    numbers = _numbers(first)
    if len(numbers) > 1 and numbers == [*range(numbers[0], numbers[0] + len(numbers))]:
        return False  # years, or the names that pandas gives
    votes: list[bool] = []
    words: list[bool] = []
    for i, name in enumerate(first):
        cells = [row[i].strip() for row in rest if i < len(row) and not is_gap(row[i])]
        if not cells:
            continue
        is_number = {cell: read_cell(cell) is not None for cell in set(cells)}
        if sum(is_number[cell] for cell in cells) >= 0.9 * len(cells):
            votes.append(is_gap(name) or read_cell(name) is not None)
        elif len(set(cells)) <= len(cells) / 2 and name.strip():
            words.append(name.strip() in cells)
    if votes:
        return all(votes) and sum(words) >= 0.8 * len(words)
    return len(words) > 1 and sum(words) >= 0.8 * len(words)


def _numbers(row: Row) -> list[int]:
    cells = [cell.strip() for cell in row if cell.strip()]
    return [int(c) for c in cells] if all(map(_is_whole, cells)) else []


def _is_whole(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 10


def ask(source: str, first: Row) -> InputError:
    """Say that the first row looks like data, and how to have it read."""
    return InputError(
        f"{source} seems to have no row of names: its first row is {few(first, 4)}; "
        f"add -p header false to call the columns 'column 1' to 'column {len(first)}', "
        "or -p header true if these are names"
    )


def numbered(width: int) -> list[str]:
    """Name columns that have no names."""
    return [f"column {i}" for i in range(1, width + 1)]


def named(
    names: Row, rest: Sequence[Row], source: str
) -> tuple[list[str], list[str], list[int]]:
    """Give every column a name, and say which had none.

    Returns
    -------
    names : list of str
    notes : list of str
    empty : list of int
        Columns without a name and without values, to be left out.

    Raises
    ------
    InputError
        When two columns have one name.
    """
    filled, notes, empty = [name.strip() for name in names], [], []
    for i, name in enumerate(filled):
        if name:
            continue
        cells = [row[i].strip() if i < len(row) else "" for row in rest]
        if not any(cells):
            empty.append(i)
            notes.append(f"Column {i + 1} has no name and no values; it was left out.")
            continue
        distinct = len(set(cells)) == len(cells)
        taken = {*filled}
        wanted = INDEX if i == 0 and distinct else f"column {i + 1}"
        options = (wanted if k == 1 else f"{wanted} ({k})" for k in itertools.count(1))
        filled[i] = next(option for option in options if option not in taken)
        notes.append(f"Column {i + 1} has no name; it is called {quoted(filled[i])}.")
    kept = [name for i, name in enumerate(filled) if i not in empty]
    if not kept:
        raise InputError(f"{source} has no columns; give a table with a header")
    twice = [name for name, n in Counter(kept).items() if n > 1]
    if twice:
        raise InputError(
            f"{source} has two columns named {quoted(twice[0])}; rename one"
        )
    return filled, notes, empty


def skipped(rows: Sequence[Row], where: str = "Above") -> str:
    """Say what stood above or below the table."""
    said = [short(" ".join(cell for cell in row if cell.strip())) for row in rows]
    lines = count(len(rows), "line was", "lines were")
    return f"{where} the table, {lines} skipped: {few(said, 3)}."
