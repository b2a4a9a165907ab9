"""What is drawn decides how wide an interval is: three ways, on the headline's test.

A row is one way to draw test sets, with half the width of each metric's 95% interval,
for the default run.
"""

from functools import lru_cache, partial

import numpy as np

from lopsided.lesson.network import Array
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Cells, Row
from lopsided.report import experiment
from lopsided.report.intervals import METRICS, bootstrap, interval
from lopsided.table.dataset import Dataset, load

DRAWN = ("rows, class by class", "rows", "groups")
RESAMPLES = 20_000


def rows(data: str) -> list[Row]:
    """List the three ways."""
    named = {
        "data": _trained(data)[0].provenance.sha256[:12],
        "resamples": str(RESAMPLES),
    }
    return [
        Row(named | {"drawn": drawn}, partial(measure, data, drawn, RESAMPLES))
        for drawn in DRAWN
    ]


def measure(data: str, drawn: str, resamples: int) -> Cells:
    """Draw test sets, and halve the width of each interval."""
    dataset, p = _trained(data)
    groups = dataset.test.groups if drawn == "groups" else None
    rng = np.random.default_rng([dataset.parameters.seed, 1])  # as the run's own draws
    t = experiment.choose_threshold(dataset.parameters, dataset, p, p).t
    (draws,) = bootstrap(
        dataset.Y_test, [(p, t)], resamples, rng, groups, drawn == DRAWN[0]
    )
    n = (
        dataset.Y_test.size
        if dataset.test.groups is None
        else len(set(dataset.test.groups))
    )
    row = {"groups": str(n)}
    for name in METRICS:
        low, high = interval(draws[name])
        row[name] = f"{(high - low) / 2:.6f}"
    return row


@lru_cache(maxsize=1)
def _trained(data: str) -> tuple[Dataset, Array]:
    dataset = load(Parameters(data=data))
    return dataset, experiment.fit(dataset.parameters, dataset).p_test
