"""Use what a run trained: probabilities and decisions for a new table."""

import io
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from lopsided.engines import predict_proba
from lopsided.errors import InputError
from lopsided.lesson import threshold
from lopsided.pipeline.folders import overwrite
from lopsided.prose import count, few, quoted, short
from lopsided.report.results import Model
from lopsided.table import appointments, reader
from lopsided.table.defaults import OF_A_FILE

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # how one begins, in wide letters too


def predict(
    model: Model, path: str | Path, asked: Mapping[str, Any] = MappingProxyType({})
) -> tuple[pd.DataFrame, list[str]]:
    """Apply a model to a table, with the preprocessing that it was trained with.

    Parameters
    ----------
    model : Model
    path : str or Path
        A table with the model's columns; others are ignored, the target too.
    asked : mapping, optional
        How to read this file, where it is not of the make of the model's: some of
        `defaults.OF_A_FILE`.

    Returns
    -------
    predictions : DataFrame
        One row a row of the table, in its order: ``row`` counted from 1, the columns
        that told rows apart in training, ``probability`` of the positive class, and
        ``decision``, one of the target's two values.
    notes : list of str
        What was done with gaps and with values that training did not know.

    Raises
    ------
    InputError
        When the table cannot be read or lacks columns.
    """
    if other := [name for name in asked if name not in OF_A_FILE]:
        raise InputError(
            f"predict reads a table as the model did: {other[0]} cannot change; only "
            f"{', '.join(OF_A_FILE)} may"
        )
    table = reader.read(path, replace(model.reading, **asked))
    frame = appointments.with_derived(table.frame, model.recipe.columns)
    missing = [c for c in model.recipe.columns if c not in frame.columns]
    if missing:
        raise InputError(
            f"{table.source} lacks {count(len(missing), 'column', 'columns')} that "
            f"the model needs: {few(missing)}"
        )
    p = predict_proba(model.network, model.recipe.apply(frame))[0]
    decided = threshold.predict(p, model.threshold)
    negative, positive = model.labels
    columns = {
        "row": np.arange(1, len(p) + 1),
        "probability": p,
        "decision": np.where(decided, positive, negative),
    }
    kept = [name for name in model.identifiers if name in table.frame]
    who = {f"{n} (table)" if n in columns else n: table.frame[n] for n in kept}
    predictions = pd.DataFrame({"row": columns.pop("row")} | who | columns)
    return predictions, [*table.notes, *model.recipe.surprises(frame)]


def write_predictions(predictions: pd.DataFrame, path: Path) -> list[str]:
    """Write predictions as CSV, or as Parquet if the name ends so.

    A spreadsheet takes a text for a formula if it begins as one does, and a label of
    an unknown table can be ``=HYPERLINK(...)``. In CSV such labels get an apostrophe
    before them, which makes them text; in Parquet they stay.

    Returns
    -------
    list of str
        A note, where that was done.

    Raises
    ------
    InputError
        When there is such a file already, or it cannot be written.
    """
    refuse_existing(path, "name another file with -o")
    notes = []
    if path.suffix != ".parquet":
        labels = {label: as_text(label) for label in set(predictions["decision"])}
        if changed := [
            quoted(label) for label, text in labels.items() if text != label
        ]:
            notes.append(
                f"A spreadsheet would take {' and '.join(sorted(changed))} for a "
                "formula: in this file an apostrophe stands before it."
            )
        predictions = predictions.assign(decision=predictions["decision"].map(labels))
    write_table(predictions, path)
    return notes


def as_text(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    Numbers, such as -1, are none. Source: OWASP, "CSV Injection".
    """
    try:
        float(value)
    except ValueError:
        return f"'{value}" if value[:1] in FORMULA else value
    return value


def refuse_existing(path: Path, advice: str = "choose another name") -> None:
    """Refuse to write over a file.

    Raises
    ------
    InputError
        When there is one.
    """
    if os.path.lexists(path):
        raise InputError(f"{path} is there already; {advice}")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a whole table or nothing: as CSV, or as Parquet if the name ends so.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    if path.suffix == ".parquet":
        file = io.BytesIO()
        frame.to_parquet(file, index=False)
        content = file.getvalue()
    else:
        content = frame.to_csv(index=False).encode()
    try:
        overwrite(path, content)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {short(str(path))}: {why}") from None
