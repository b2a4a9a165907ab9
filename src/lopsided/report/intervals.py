"""How far a metric could have moved by the luck of the test set: the bootstrap."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lopsided.lesson.metrics import count_metrics, ranked, ratio
from lopsided.lesson.network import Array

METRICS = (
    "accuracy f1 precision recall false_positive_rate roc_auc average_precision "
    "log_loss brier"
).split()
TAILS = (1 - 0.95) / 2, 1 - (1 - 0.95) / 2  # quantiles that end a 95% interval
POINTS = 101  # of a band: values of the horizontal axis, from 0 to 1


class Resampler:
    """Draws test sets with replacement, as how often each row comes.

    What is drawn decides what an interval is about:

    - *groups*, where rows go together, such as the visits of one patient. A group comes
      whole or not at all, since its rows are no independent witnesses. The draw stands
      for other patients of the same world, and so many that the number of rows varies a
      little (the cluster bootstrap; Davison and Hinkley 1997, section 3.8).
    - *rows*, where each stands alone. The draw stands for other rows of the same world;
      the number of positives varies, as it would.
    - *rows class by class*: as many of each as there are. Narrower, since it holds for
      tests of exactly these class counts only.

    Parameters
    ----------
    Y : array, m labels
        Both classes must be present.
    groups : array, shape (m,), optional
        Equal values go together. None: each row stands alone.
    by_class : bool
        Hold the class counts. Not together with groups.
    """

    def __init__(
        self, Y: Array, groups: Array | None = None, by_class: bool = False
    ) -> None:
        if by_class and groups is not None:
            raise ValueError("groups cannot be drawn class by class")
        self.size = np.size(Y)
        self.member = None
        self.parts = [np.arange(self.size)]
        if groups is not None:
            values, member = np.unique(groups, return_inverse=True)
            self.parts = [np.arange(len(values))]
            if len(values) < self.size:
                self.member = member
        elif by_class:
            self.parts = [np.flatnonzero(np.ravel(Y) == y) for y in (0, 1)]

    def draw(self, rng: np.random.Generator) -> Array:
        """Draw a test set: shape (m,), whole numbers from 0."""
        drawn = [rng.integers(0, len(part), len(part)) for part in self.parts]
        n = sum(map(len, self.parts))
        if len(drawn) > 1:  # a single part holds all, in order
            drawn = [part[i] for part, i in zip(self.parts, drawn, strict=True)]
        times = np.bincount(np.concatenate(drawn), minlength=n)
        return times if self.member is None else times[self.member]


class _Ranked:
    """One model's predictions, grouped by value, the highest first.

    Rows with equal predictions are interchangeable, so a test set drawn with
    replacement is two rows of counts over the distinct predictions, and every metric
    is a sum over those.
    """

    def __init__(self, Y: Array, p: Array, thresholds: Sequence[float]) -> None:
        values, group = np.unique(-ranked(p), return_inverse=True)
        values = -values
        inside = np.clip(values, np.finfo(float).eps, 1 - np.finfo(float).eps)
        self.size = len(values)
        self.cell = group + self.size * (np.ravel(Y) == 1)
        self.above = np.array([np.count_nonzero(values >= t) for t in thresholds])
        self.surprise = -np.log1p(-inside), -np.log(inside)  # of each outcome, nats
        self.square = values**2, (1 - values) ** 2

    def counts(self, times: Array) -> Array:
        """Count both classes at each prediction: shape (2, k), negatives first."""
        counted = np.bincount(self.cell, weights=times, minlength=2 * self.size)
        return counted.reshape(2, self.size)

    def metrics(self, times: Array) -> Array:
        """Compute ``METRICS`` of rows that come so often: a row a threshold."""
        negative, positive = self.counts(times)
        N, P = negative.sum(), positive.sum()
        all_fp, all_tp = np.cumsum(negative), np.cumsum(positive)
        fp, tp = (np.append(0, counts)[self.above] for counts in (all_fp, all_tp))
        rates = count_metrics(N - fp, fp, P - tp, tp)
        precision = all_tp / np.maximum(all_fp + all_tp, 1)
        values = np.empty((len(self.above), len(METRICS)))
        values[:, : len(rates)] = np.transpose([*rates.values()])
        values[:, len(rates) :] = (
            # ROC AUC: pairs in order, ties half
            ratio(negative @ (all_tp - 0.5 * positive), N * P),
            ratio(positive @ precision, P),
            (negative @ self.surprise[0] + positive @ self.surprise[1]) / (N + P),
            (negative @ self.square[0] + positive @ self.square[1]) / (N + P),
        )
        return values


def bootstrap(
    Y: Array,
    models: Sequence[tuple[Array, float]],
    n: int,
    rng: np.random.Generator,
    groups: Array | None = None,
    by_class: bool = False,
) -> list[pd.DataFrame]:
    """Draw test sets with replacement, and measure models on each.

    All models meet the same draws, so the difference of two frames is paired.

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
    groups, by_class
        What is drawn, as in `Resampler`: by default single rows.

    Returns
    -------
    list of DataFrame, shapes (n, 9)
        One for each model: a row a draw, a column a metric of ``METRICS``; NaN
        where undefined.
    """
    sharing: dict[int, list[int]] = {}  # the models that share one array of p
    for j, (p, _) in enumerate(models):
        sharing.setdefault(id(p), []).append(j)
    known = [
        (js, _Ranked(Y, models[js[0]][0], [models[j][1] for j in js]))
        for js in sharing.values()
    ]
    resampler = Resampler(Y, groups, by_class)
    draws = np.empty((len(models), n, len(METRICS)))
    for i in range(n):
        times = resampler.draw(rng)
        for js, predictions in known:
            draws[js, i] = predictions.metrics(times)
    return [pd.DataFrame(d, columns=METRICS) for d in draws]


def interval(draws: pd.Series) -> tuple[float, float]:
    """Take one metric's 95% percentile interval, undefined draws aside."""
    known = draws.dropna()
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, TAILS)
    return float(low), float(high)


def curve_bands(
    Y: Array,
    p: Array,
    n: int,
    rng: np.random.Generator,
    groups: Array | None = None,
) -> pd.DataFrame:
    """Draw pointwise 95% bands around the ROC and the precision-recall curve.

    Test sets are drawn as in `bootstrap`. Each point's band holds by itself; the whole
    curve leaves them more often.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    n : int
        Number of draws.
    rng : numpy.random.Generator
    groups : array, shape (m,), optional
        As in `Resampler`.

    Returns
    -------
    DataFrame, shape (POINTS, 5)
        ``x``; the recall's ``roc_low`` and ``roc_high`` where x is the false positive
        rate; the precision's ``pr_low`` and ``pr_high`` where x is the recall.
    """
    known, resampler = _Ranked(Y, p, [0]), Resampler(Y, groups)
    x = np.linspace(0, 1, POINTS)
    recalls, precisions = np.empty((2, n, POINTS))
    for i in range(n):
        counts = known.counts(resampler.draw(rng))
        fp, tp = (np.append(0, np.cumsum(c)) for c in counts)  # highest first
        recall = ratio(tp, tp[-1])
        recalls[i] = np.interp(x, ratio(fp, fp[-1]), recall)
        first = np.searchsorted(tp + fp, 1)  # of the predictions that were drawn
        reached = np.maximum(np.searchsorted(recall, x), first)
        precisions[i] = tp[reached] / (tp[reached] + fp[reached])
    ends = [np.nanquantile(c, TAILS, axis=0) for c in (recalls, precisions)]
    columns = ["x", "roc_low", "roc_high", "pr_low", "pr_high"]
    return pd.DataFrame(np.vstack([x, *ends]).T, columns=columns)
