"""Tables that grow as their rows are measured, and lose none to a stop at any moment.

A `Journal` is the only state: a line is added to it for each row, and a start skips
what it holds. A table is written from it, whole, in the order declared, and swapped in:
however often it was stopped, it ends the same.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.model_selection import ParameterGrid
from tqdm import tqdm

from lopsided.errors import InputError
from lopsided.pipeline import jobs, notebooks, processes
from lopsided.pipeline.folders import held, overwrite

Cells = dict[str, str]  # a row of an audit's table; all text, as in the file


class Journal:
    """Rows by key, a line each, in the order in which they came.

    What a kill cut off in mid-line is not there, and its row is measured again.

    Parameters
    ----------
    path : Path
        Need not be there yet; its folder must.

    Attributes
    ----------
    keys : set of str
        Of the rows that are there. The rows themselves stay in the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = {key for key, _ in self}
        if path.exists():
            with path.open("rb+") as file:
                if file.seek(0, io.SEEK_END):
                    file.seek(-1, io.SEEK_END)
                    if file.read() != b"\n":
                        file.write(b"\n")

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Read the rows that are whole; of one written twice, the last one counts."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    key, row = json.loads(line)
                except (ValueError, TypeError):
                    continue
                yield key, row

    def add(self, key: str, row: Any) -> None:
        """Write a row; it stays, whatever happens next."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([key, row]) + "\n")
        self.keys.add(key)


@dataclass(frozen=True)
class Row:
    """A row of an audit's table: the cells that name it, and what measures the others.

    ``measure`` is called in another process: a module's function, or a partial of one.
    """

    settings: Cells
    measure: Callable[[], Cells]


def complete(output: Path, rows: Sequence[Row], slots: int | None = None) -> int:
    """Measure the rows that a table lacks, and return how many those were.

    Rows that nobody declares go with the first one that is added.

    Parameters
    ----------
    output : Path
        A CSV file.
    rows : sequence of Row
        As they shall stand there.
    slots : int, optional
        Processes; by default all cores.

    Raises
    ------
    InputError
        When two rows have one name, the table is of other columns, or another process
        makes it.
    KeyboardInterrupt
        Says how many rows are done. They stay.
    """
    declared = {_name(row.settings, row.settings): row for row in rows}
    if len(declared) < len(rows):
        raise InputError(f"a row of {output.name} is declared twice; name each once")
    with held(output, f"{output} is being made by another process; wait for it"):
        names = rows[0].settings
        journal = Journal(output.with_name(f".{output.name}.journal"))
        done = {_name(row, names, output): row for row in read_rows(output)}
        done |= {key: row for key, row in journal if key in declared}
        missing = [jobs.Job(k, r.measure) for k, r in declared.items() if k not in done]
        try:
            if missing:
                _measure(missing, declared, done, journal, output.stem, slots)
        finally:
            if journal.keys and done:
                _write_rows(output, [done[key] for key in declared if key in done])
                journal.path.unlink()
        return len(missing)


def _measure(
    missing: list[jobs.Job],
    declared: dict[str, Row],
    done: dict[str, Cells],
    journal: Journal,
    title: str,
    slots: int | None,
) -> None:
    bar = tqdm(
        total=len(declared),
        initial=len(declared) - len(missing),
        desc=title,
        unit="row",
    )
    try:
        with bar, processes.workers(slots) as pool:
            for job, future in jobs.run(missing, pool, attempts=2):
                key = str(job.key)
                row = declared[key].settings | future.result()
                journal.add(key, row)
                done[key] = row
                bar.update()
    except KeyboardInterrupt:
        kept = f"{bar.n} of {len(declared)} rows are done"
        raise KeyboardInterrupt(
            f"interrupted; {kept}; the same command goes on from there"
        ) from None


def combinations(
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """List what a grid declares, in the language of scikit-learn's ``ParameterGrid``.

    A mapping of names to lists stands for all combinations; a list of such mappings,
    for those of each in turn. They come as declared: the last name changes fastest.
    """
    points = []
    for part in [grid] if isinstance(grid, Mapping) else grid:
        places = {name: list(values) for name, values in part.items()}

        def place(point: dict[str, Any], places: Any = places) -> list[int]:
            return [values.index(point[name]) for name, values in places.items()]

        for point in sorted(ParameterGrid(dict(part)), key=place):
            points.append({name: point[name] for name in part})
    return points


def expand(declared: dict[str, Any]) -> list[dict[str, Any]]:
    """List a study's settings: the grid of its ``parts``, each with the ``usual``."""
    return combinations([declared["usual"] | part for part in declared["parts"]])


def _name(row: Cells, names: Cells, source: Path | None = None) -> str:
    try:
        return json.dumps([row[name] for name in names])
    except KeyError as missing:
        raise InputError(
            f"{source} has no column {missing}: another version made it; move it away"
        ) from None


def tables(data: str) -> Path:
    """Say where an audit's tables go: a checkout holds those of the published file."""
    top = notebooks.checkout()
    if top and data != "simulated":
        return top / "notebooks" / "results"
    return Path("runs", "audits", "simulated" if data == "simulated" else "published")


def read_rows(path: Path) -> list[Cells]:
    """Read a table; no rows if it is not there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_rows(path: Path, rows: list[Cells]) -> None:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    overwrite(path, file.getvalue().encode())
