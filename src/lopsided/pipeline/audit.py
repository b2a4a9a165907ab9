"""The audit: tables of what takes too long to measure in a notebook, one a study."""

from collections.abc import Callable, Sequence

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Row, complete, tables
from lopsided.pipeline.studies import (
    balancing,
    coverage,
    dead_units,
    fairness,
    law,
    model_comparison,
    reproduction,
    resampling,
    selection,
)
from lopsided.table.appointments import PUBLISHED_SHA256
from lopsided.table.dataset import load

#: Each study, with the function that turns a table's path into rows.
STUDIES: dict[str, Callable[[str], list[Row]]] = {
    "law": law.rows,
    "reproduction": reproduction.rows,
    "coverage": coverage.rows,
    "dead_units": dead_units.rows,
    "selection": selection.rows,
    "baselines": model_comparison.rows,  # with what was selected
    "fairness": fairness.rows,  # likewise
    "resampling": resampling.rows,
    "balancing": balancing.rows,
}


def run_audit(data: str, only: Sequence[str] = ()) -> list[str]:
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
    for name in only:
        if name not in STUDIES:
            raise InputError(
                f"there is no study {name!r}; there are {', '.join(STUDIES)}"
            )
    if (
        data != "simulated"
        and load(Parameters(data=data)).provenance.sha256 != PUBLISHED_SHA256
    ):
        raise InputError(
            f"{data} is not the published file, since its SHA-256 differs; give that "
            "file, or 'simulated' to audit the simulated clinic"
        )
    folder = tables(data)
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name in only or STUDIES:
        output = folder / f"{name}.csv"
        added = complete(output, STUDIES[name](data))
        lines.append(f"{output}: {added} rows added")
    return lines
