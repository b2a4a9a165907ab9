"""How far a metric could have moved by the luck of the test set: the bootstrap."""

import numpy as np
import pandas as pd

from lopsided.metrics import count_metrics
from lopsided.network import Array

METRICS = (
    "accuracy f1 precision recall false_positive_rate roc_auc average_precision "
    "log_loss brier"
).split()


def bootstrap(
    Y: Array, p: Array, t: float, n: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw test sets with replacement, class by class, and measure each.

    The resampling is stratified: every draw has as many positives and negatives as the
    test set, so the spread is conditional on the class counts. Rows with equal
    predictions are interchangeable, so a draw is two rows of counts over the distinct
    predictions, and each metric is a sum over those.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
        Both classes must be present.
    t : float
        Predicted positive means ``p >= t``.
    n : int
        Number of draws.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame, shape (n, 9)
        One row a draw, one column a metric of ``METRICS``; NaN where undefined.
    """
    values, group = np.unique(-np.ravel(p), return_inverse=True)  # highest first
    values, Y = -values, np.ravel(Y)
    above = int(np.count_nonzero(values >= t))
    epsilon = np.finfo(float).eps
    inside = np.clip(values, epsilon, 1 - epsilon)
    surprise = {0: -np.log1p(-inside), 1: -np.log(inside)}  # cost of each outcome, nats
    square = {0: values**2, 1: (1 - values) ** 2}
    members = {y: group[Y == y].astype(np.int32) for y in (0, 1)}
    N, P = len(members[0]), len(members[1])

    draws = np.empty((n, len(METRICS)))
    for row in draws:
        count = {
            y: np.bincount(m[rng.integers(0, len(m), len(m))], minlength=len(values))
            for y, m in members.items()
        }
        fp, tp = np.cumsum(count[0]), np.cumsum(count[1])
        caught_n, caught_p = (c[:above].sum() for c in (count[0], count[1]))
        rates = count_metrics(N - caught_n, caught_n, P - caught_p, caught_p)
        ranked = np.dot(count[0], tp - 0.5 * count[1]) / (N * P)
        precision = tp / np.maximum(tp + fp, 1)
        row[:5] = list(rates.values())
        row[5] = ranked
        row[6] = np.dot(count[1], precision) / P
        row[7] = (count[0] @ surprise[0] + count[1] @ surprise[1]) / (N + P)
        row[8] = (count[0] @ square[0] + count[1] @ square[1]) / (N + P)
    return pd.DataFrame(draws, columns=METRICS)


def interval(draws: pd.Series, level: float = 0.95) -> tuple[float, float]:
    """Take the percentile interval of one metric's draws, the undefined ones aside."""
    known = draws.dropna()
    if not len(known):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    return float(known.quantile(tail)), float(known.quantile(1 - tail))
