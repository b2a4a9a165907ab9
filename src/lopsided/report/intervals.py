"""How far a metric could have moved by the luck of the test set: the bootstrap."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lopsided.lesson.metrics import count_metrics
from lopsided.lesson.network import Array

METRICS = (
    "accuracy f1 precision recall false_positive_rate roc_auc average_precision "
    "log_loss brier"
).split()


class _Ranked:
    """One model's predictions, grouped by value, the highest first.

    Rows with equal predictions are interchangeable, so a test set drawn with
    replacement is two rows of counts over the distinct predictions, and every metric
    is a sum over those.
    """

    def __init__(self, p: Array, thresholds: Sequence[float]) -> None:
        values, group = np.unique(-np.ravel(p), return_inverse=True)
        values = -values
        inside = np.clip(values, np.finfo(float).eps, 1 - np.finfo(float).eps)
        self.group = group.astype(np.int32)
        self.size = len(values)
        self.above = np.array([np.count_nonzero(values >= t) for t in thresholds])
        self.surprise = -np.log1p(-inside), -np.log(inside)  # of each outcome, nats
        self.square = values**2, (1 - values) ** 2

    def measure(self, negatives: Array, positives: Array) -> Array:
        """Compute ``METRICS`` on the rows drawn from each class, a row a threshold."""
        n = np.bincount(self.group[negatives], minlength=self.size)
        p = np.bincount(self.group[positives], minlength=self.size)
        N, P = len(negatives), len(positives)
        below_n, below_p = np.cumsum(n), np.cumsum(p)
        fp, tp = (np.append(0, below)[self.above] for below in (below_n, below_p))
        rates = count_metrics(N - fp, fp, P - tp, tp)
        precision = below_p / np.maximum(below_n + below_p, 1)
        found = np.empty((len(self.above), len(METRICS)))
        found[:, : len(rates)] = np.transpose([*rates.values()])
        found[:, len(rates) :] = (
            n @ (below_p - 0.5 * p) / (N * P),  # ROC AUC: pairs in order, ties half
            p @ precision / P,
            (n @ self.surprise[0] + p @ self.surprise[1]) / (N + P),
            (n @ self.square[0] + p @ self.square[1]) / (N + P),
        )
        return found


def bootstrap(
    Y: Array, models: Sequence[tuple[Array, float]], n: int, rng: np.random.Generator
) -> list[pd.DataFrame]:
    """Draw test sets with replacement, class by class, and measure models on each.

    The resampling is stratified: every draw has as many positives and negatives as the
    test set, so the spread is conditional on the class counts. All models meet the
    same draws, so the difference of two frames is paired.

    Parameters
    ----------
    Y : array, m labels
        Both classes must be present.
    models : sequence of (p, t)
        Each model's m probabilities and its threshold. Where one array ``p`` comes with
        several thresholds, its rows are counted once for all of them.
    n : int
        Number of draws.
    rng : numpy.random.Generator

    Returns
    -------
    list of DataFrame, shapes (n, 9)
        One for each model: a row a draw, a column a metric of ``METRICS``; NaN where
        undefined.
    """
    sharing: dict[int, list[int]] = {}  # the models that share one array of p
    for j, (p, _) in enumerate(models):
        sharing.setdefault(id(p), []).append(j)
    ranked = [
        (js, _Ranked(models[js[0]][0], [models[j][1] for j in js]))
        for js in sharing.values()
    ]
    negatives, positives = (np.flatnonzero(np.ravel(Y) == y) for y in (0, 1))
    draws = np.empty((len(models), n, len(METRICS)))
    for i in range(n):
        drawn = [c[rng.integers(0, len(c), len(c))] for c in (negatives, positives)]
        for js, predictions in ranked:
            draws[js, i] = predictions.measure(*drawn)
    return [pd.DataFrame(d, columns=METRICS) for d in draws]


def interval(draws: pd.Series, level: float = 0.95) -> tuple[float, float]:
    """Take the percentile interval of one metric's draws, the undefined ones aside."""
    known = draws.dropna()
    if not len(known):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def curve_bands(
    Y: Array,
    p: Array,
    n: int,
    rng: np.random.Generator,
    level: float = 0.95,
    points: int = 101,
) -> pd.DataFrame:
    """Draw pointwise bands around the ROC and the precision-recall curve.

    Test sets are drawn as in `bootstrap`. Each point's band holds by itself; the whole
    curve leaves them more often.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    n : int
        Number of draws.
    rng : numpy.random.Generator
    points : int
        How many values of the horizontal axis, from 0 to 1.

    Returns
    -------
    DataFrame, shape (points, 5)
        ``x``; the recall's ``roc_low`` and ``roc_high`` where x is the false positive
        rate; the precision's ``pr_low`` and ``pr_high`` where x is the recall.
    """
    group = _Ranked(p, [0]).group
    classes = [np.flatnonzero(np.ravel(Y) == y) for y in (0, 1)]
    x = np.linspace(0, 1, points)
    recalls, precisions = np.empty((2, n, points))
    for i in range(n):
        drawn = [c[rng.integers(0, len(c), len(c))] for c in classes]
        counts = [np.bincount(group[d], minlength=group.max() + 1) for d in drawn]
        fp, tp = (np.append(0, np.cumsum(c)) for c in counts)  # highest first
        recalls[i] = np.interp(x, fp / fp[-1], tp / tp[-1])
        reached = np.maximum(np.searchsorted(tp / tp[-1], x), 1)
        precisions[i] = tp[reached] / np.maximum(tp[reached] + fp[reached], 1)
    tail = (1 - level) / 2
    ends = [np.quantile(c, (tail, 1 - tail), axis=0) for c in (recalls, precisions)]
    columns = ["x", "roc_low", "roc_high", "pr_low", "pr_high"]
    return pd.DataFrame(np.vstack([x, *ends]).T, columns=columns)
