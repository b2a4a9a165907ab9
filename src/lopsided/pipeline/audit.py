"""The audit's tables: many measurements, one row each, of what takes too long to rerun.

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

from filelock import FileLock, Timeout
from tqdm import tqdm

from lopsided.appointments import PUBLISHED_SHA256
from lopsided.data import load
from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline import notebooks

Row = dict[str, str]  # of a table; all text, as in the file


@dataclass(frozen=True)
class Job:
    """One row: the columns that name it, and what measures the others.

    ``measure`` is called in another process: a module's function, or a partial of one.
    """

    settings: Row
    measure: Callable[[], Row]


def studies() -> dict[str, Callable[[str], list[Job]]]:
    """List the studies, each with the function that turns a table's path into jobs."""
    from lopsided.pipeline.studies import (
        baselines,
        coverage,
        dead_units,
        law,
        reproduction,
        selection,
    )

    return {
        "law": law.jobs,
        "reproduction": reproduction.jobs,
        "coverage": coverage.jobs,
        "dead_units": dead_units.jobs,
        "selection": selection.jobs,
        "baselines": baselines.jobs,  # with what was selected
    }


def run_audit(data: str, only: Sequence[str] = (), processes: int = 2) -> list[str]:
    """Measure what is missing in the audit's tables.

    Parameters
    ----------
    data : str
        The published file, or ``"simulated"``.
    only : sequence of str
        Names of studies; empty for all.

    Returns
    -------
    list of str
        A line a table: its path, and how many rows were added.

    Raises
    ------
    InputError
        Before anything ran: the file or a study is another, or another process makes
        the table.
    KeyboardInterrupt
        Says how many rows are done. They stay.
    """
    known = studies()
    for name in only:
        if name not in known:
            raise InputError(
                f"there is no study {name!r}; there are {', '.join(known)}"
            )
    if data != "simulated" and load(Parameters(data=data)).sha256 != PUBLISHED_SHA256:
        raise InputError(
            f"{data} is not the published file, since its SHA-256 differs; give that "
            "file, or 'simulated' to audit the simulated clinic"
        )
    folder = tables(data)
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name in only or known:
        output = folder / f"{name}.csv"
        added = complete(output, known[name](data), processes)
        lines.append(f"{output}: {added} rows added")
    return lines


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
    try:
        with FileLock(output.with_suffix(".lock"), timeout=0):
            return _complete(output, wanted, processes)
    except Timeout:
        raise InputError(f"{output} is being made by another process") from None


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
    notebooks.overwrite(path, file.getvalue().encode())
