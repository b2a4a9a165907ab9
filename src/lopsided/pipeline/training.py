"""The training of a run, in a process of its own.

Stands here, where little is imported: it neither draws nor writes documents.
"""

import time
from typing import Any

from joblib.externals.loky import get_reusable_executor

from lopsided.lesson.training import DivergenceError
from lopsided.parameters import validate
from lopsided.report import results
from lopsided.table.dataset import load


def train(values: dict[str, Any]) -> float | None:
    """Choose what is open, train, and write the model; give the seconds.

    None where the loss diverged: the notebook of the training then meets it again, and
    shows where.
    """
    start = time.perf_counter()
    table = load(validate(values))
    try:
        results.fitted(results.choice(table.parameters, table).parameters, table)
    except DivergenceError:
        return None
    finally:  # joblib's processes would stay five minutes, and this one wait for them
        get_reusable_executor().shutdown(kill_workers=True)
    return time.perf_counter() - start
