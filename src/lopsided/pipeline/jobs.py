"""Many measurements, one row each, in a table that grows as they end.

A table is the only state. After each row it is written whole, in the order declared,
and swapped in; a start skips the rows that it finds there. However often it was
stopped, the table ends the same.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lopsided.errors import InputError
from lopsided.pipeline import notebooks
from lopsided.pipeline.folders import held, overwrite

Row = dict[str, str]  # of a table; all text, as in the file


@dataclass(frozen=True)
class Job:
    """One row: the columns that name it, and what measures the others.

    ``measure`` is called in another process: a module's function, or a partial of one.
    """

    settings: Row
    measure: Callable[[], Row]


def expand(declared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List a grid's settings: of each part, all values that it names, with the usual.

    Parameters
    ----------
    declared : dict
        ``usual``, a list of values for each name, and ``parts``, each with the lists
        that differ.
    """
    for part in declared["parts"]:
        lists = declared["usual"] | part
        for values in product(*lists.values()):
            yield dict(zip(lists, values, strict=True))


def tables(data: str) -> Path:
    """Say where the tables go: a checkout holds those of the published file."""
    top = notebooks.checkout()
    if top and data != "simulated":
        return top / "notebooks" / "results"
    return Path("runs", "audits", "simulated" if data == "simulated" else "published")


def complete(output: Path, jobs: Sequence[Job], processes: int = 2) -> int:
    """Measure the rows that a table lacks, and return how many those were.

    Rows that no job declares go with the first one that is added.

    Raises
    ------
    InputError
        When two jobs have one name, the table is of other columns, or another process
        makes it.
    """
    wanted = {_name(job.settings, job.settings): job for job in jobs}
    if len(wanted) < len(jobs):
        raise InputError(f"a row of {output.name} is declared twice; name each once")
    with held(output, f"{output} is being made by another process; wait for it"):
        return _complete(output, wanted, processes)


def _complete(output: Path, jobs: dict[tuple[str, ...], Job], processes: int) -> int:
    names = next(iter(jobs.values())).settings
    done = {_name(row, names, output): row for row in read_rows(output)}
    missing = [job for name, job in jobs.items() if name not in done]
    bar = tqdm(
        total=len(jobs), initial=len(jobs) - len(missing), desc=output.stem, unit="row"
    )
    with bar, notebooks.workers(processes) as pool:
        try:
            running = {pool.submit(job.measure): job.settings for job in missing}
            for future in as_completed(running):
                row = running[future] | future.result()
                done[_name(row, names)] = row
                _write_rows(output, [done[name] for name in jobs if name in done])
                bar.update()
        except KeyboardInterrupt:
            kept = f"{bar.n} of {len(jobs)} rows are in {output}"
            raise KeyboardInterrupt(f"interrupted; {kept}") from None
    return len(missing)


def _name(row: Row, names: Row, source: Path | None = None) -> tuple[str, ...]:
    try:
        return tuple(row[name] for name in names)
    except KeyError as missing:
        raise InputError(
            f"{source} has no column {missing}: another version made it; move it away"
        ) from None


def read_rows(path: Path) -> list[Row]:
    """Read a table; no rows if it is not there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_rows(path: Path, rows: list[Row]) -> None:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    overwrite(path, file.getvalue().encode())
