"""Use what a run trained: probabilities and decisions for a new table."""

from pathlib import Path

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import predict_proba
from lopsided.prose import count, few
from lopsided.report.results import Model
from lopsided.table import appointments, reader


def predict(model: Model, path: str | Path) -> tuple[pd.DataFrame, list[str]]:
    """Apply a model to a table, with the preprocessing that it was trained with.

    Parameters
    ----------
    model : Model
    path : str or Path
        A table with the model's columns; others are ignored, the target too.

    Returns
    -------
    predictions : DataFrame
        One row a row of the table, in its order: ``row`` counted from 1,
        ``probability`` of the positive class, and ``decision``, one of the target's
        two values.
    notes : list of str
        What was done with gaps and with categories that training did not know.

    Raises
    ------
    InputError
        When the table cannot be read or lacks columns.
    """
    table = reader.read(path)
    frame = appointments.with_derived(table.frame, model.recipe.columns)
    missing = [c for c in model.recipe.columns if c not in frame.columns]
    if missing:
        raise InputError(
            f"{table.source} lacks {count(len(missing), 'column', 'columns')} that "
            f"the model needs: {few(missing)}"
        )
    p = predict_proba(model.network, model.recipe.apply(frame))[0]
    negative, positive = model.labels
    predictions = pd.DataFrame(
        {
            "row": np.arange(1, len(p) + 1),
            "probability": p,
            "decision": np.where(p >= model.threshold, positive, negative),
        }
    )
    return predictions, [*table.notes, *model.recipe.surprises(frame)]


def write_predictions(predictions: pd.DataFrame, path: Path) -> None:
    """Write predictions as CSV, or as Parquet if the name ends so.

    Raises
    ------
    InputError
        When there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise InputError(f"{path} is there already; name another file with -o")
    try:
        if path.suffix == ".parquet":
            predictions.to_parquet(path, index=False)
        else:
            predictions.to_csv(path, index=False)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
