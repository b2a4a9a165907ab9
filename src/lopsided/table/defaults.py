"""What of the parameters a table decides, and how it is to be read."""

import pandas as pd

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.prose import few, quoted
from lopsided.table import appointments, textual
from lopsided.table.names import find
from lopsided.table.reader import Reading

#: Parameters that tell how one file is read: another one may be of another make.
OF_A_FILE = ("header", "sheet", "member", "encoding")


def reading(parameters: Parameters) -> Reading:
    """Say how a table is to be read, as the parameters ask.

    Raises
    ------
    InputError
        When ``gaps`` names the target: ``labels`` says which of its values count.
    """
    answer = parameters.target or appointments.DEFAULTS["target"]
    if answer in parameters.gaps:
        raise InputError(f"gaps: {quoted(answer)} is the target; leave it out")
    asked = {*OF_A_FILE, "decimal", "dayfirst", "gaps"}
    target = {parameters.target: textual.TARGET} if parameters.target else {}
    return Reading(
        **parameters.model_dump(include=asked), kinds=parameters.kinds | target
    )


def with_defaults(
    parameters: Parameters, frame: pd.DataFrame, source: str, known: bool
) -> Parameters:
    """Fill in the parameters that depend on the table, and look up its columns.

    Raises
    ------
    InputError
        When a column is not there, or none is named to predict.
    """
    if known:
        defaults = appointments.DEFAULTS
    else:
        defaults = {"features": "all", "threshold": "prevalence", "training": "fitted"}
    given = {name: getattr(parameters, name) for name in defaults}
    filled = {n: defaults[n] if value is None else value for n, value in given.items()}
    parameters = parameters.with_(**filled)
    if parameters.training == "report":
        parameters = parameters.with_(**parameters.trained_as_the_report())
    if parameters.target is None:
        raise InputError(
            f"{source} is not the appointments file; say which column to predict with "
            f"--target NAME; it has {few([*frame.columns])}"
        )
    for what in ("target", "group_column", "time_column"):
        if name := getattr(parameters, what):
            find(name, [*frame.columns], what)
            if what != "target" and name == parameters.target:
                raise InputError(f"{what} is the target; name another column")
    if parameters.group_column and parameters.time_column:
        raise InputError("give group_column or time_column, not both")
    if (
        not known
        and isinstance(parameters.features, str)
        and parameters.features != "all"
    ):
        raise InputError(
            f"features is {parameters.features!r}, which goes with the appointments "
            "file and its target; for this table give 'all' or a list of its columns"
        )
    return parameters
