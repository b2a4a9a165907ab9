"""From probabilities to decisions: class-wise CDFs, and ways to choose a threshold.

Predicted positive means ``p >= t``. Many small ReLU networks give thousands of rows one
and the same probability, so a threshold chosen from their predictions lies midway
between two distinct ones, where none of them can fall on it. Other rows may, and so may
any row on a threshold that is a number or the prevalence: `ties` counts them.
"""

from dataclasses import dataclass

import numpy as np

from lopsided.lesson.metrics import count_metrics, counts_above, ratio
from lopsided.lesson.network import Array


def predict(p: Array, t: float) -> Array:
    """Decide: 1 where ``p >= t``, else 0. Shaped as ``p``."""
    return (p >= np.float64(t)).astype(int)  # t keeps its digits beside float32


def ties(p: Array, t: float) -> int:
    """Count the predictions equal to the threshold: the rows that ``>=`` decides."""
    return int(np.count_nonzero(p == np.float64(t)))


def class_cdfs(Y: Array, p: Array) -> tuple[Array, Array, Array]:
    """Cumulate each class's predictions (section 9).

    Parameters
    ----------
    Y, p : array, m labels and m probabilities

    Returns
    -------
    values : array, shape (k,)
        The distinct predictions, rising.
    negatives, positives : array, shape (k,)
        The share of the class with ``p <=`` that value. NaN for an absent class.
    """
    values, fp, tp = counts_above(Y, p)
    below = [ratio(n[-1] - np.append(0, n[:-1]), n[-1])[::-1] for n in (fp, tp)]
    return values[::-1], below[0], below[1]


def ks_distance(Y: Array, p: Array) -> tuple[float, float]:
    """Measure the widest vertical gap of the two CDFs (Kolmogorov–Smirnov).

    Returns
    -------
    distance : float
        Between 0 and 1. Where positives have the higher predictions, also the largest
        recall minus false positive rate.
    at : float
        The prediction up to which both classes are cumulated there.
    """
    values, negatives, positives = class_cdfs(Y, p)
    gap = np.abs(negatives - positives)
    widest = int(np.argmax(gap))
    return float(gap[widest]), float(values[widest])


def weighted_probability(p: Array | float, w: float) -> Array:
    """Say what a perfect model reports after weight w on positives: q.

    q = w p / (w p + 1 - p). The weight multiplies the odds and nothing else, so the
    order of the rows, and with it the ROC curve, stays.

    Parameters
    ----------
    p : array or float
        True probability.
    w : float
        Positive.
    """
    return np.true_divide(w * np.asarray(p), w * np.asarray(p) + 1 - np.asarray(p))


def unweighted_probability(q: Array | float, w: float) -> Array:
    """Undo `weighted_probability`: p = q / (q + w (1 - q))."""
    return weighted_probability(q, 1 / w)


def equivalent_threshold(w: float, t: float = 0.5) -> float:
    """Find the threshold on p that decides as ``t`` does on q.

    With t = 0.5 it is 1 / (1 + w); with w balanced too, that is the prevalence.
    """
    return float(unweighted_probability(t, w))


@dataclass(frozen=True)
class Candidates:
    """Every different decision that a threshold can make on some predictions.

    Attributes
    ----------
    t : array, shape (k + 1,)
        Thresholds, falling: above every prediction, then midway between neighbours.
    tn, fp, fn, tp : array of int, shape (k + 1,)
        The counts at each.
    """

    t: Array
    tn: Array
    fp: Array
    fn: Array
    tp: Array


def candidates(Y: Array, p: Array) -> Candidates:
    """List the thresholds worth considering, with their counts.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    """
    values, fp, tp = counts_above(Y, p)
    fp, tp = np.append(0, fp), np.append(0, tp)
    above, below = np.append(1.0, values), np.append(values, 0.0)
    t = (above + below) / 2
    t = np.where(t > below, t, above)  # no number fits between close neighbours
    if values[0] == 1:
        t[0] = np.nextafter(1, 2)
    return Candidates(t, fp[-1] - fp, fp, tp[-1] - tp, tp)


def aim(rule: str, c: Candidates) -> tuple[str, Array]:
    """Say what a rule of `choose` looks at, and compute it for every candidate.

    Parameters
    ----------
    rule : str
        As in `choose`; ``"prevalence"`` looks at what Youden's rule does, since a
        calibrated model meets both at one threshold. Also any other name of
        `lopsided.metrics.count_metrics`, such as ``"accuracy"``.
    c : Candidates

    Returns
    -------
    name : str
    values : array, shape (k + 1,)
        NaN where undefined. Costs are per row.

    Raises
    ------
    ValueError
        For an unknown rule.
    """
    kind, *numbers = rule.split(":")
    measures = count_metrics(c.tn, c.fp, c.fn, c.tp)
    if kind in ("youden", "prevalence"):
        return "recall - FPR", measures["recall"] - measures["false_positive_rate"]
    if kind == "cost":
        cost = float(numbers[0]) * c.fn + float(numbers[1]) * c.fp
        return "cost per row", cost / (c.tn + c.fp + c.fn + c.tp)
    if kind == "capacity":
        return "rows flagged", c.tp + c.fp
    if kind not in measures:
        raise ValueError(f"threshold is {rule!r}, which is no known rule")
    return {"f1": "F1"}.get(kind, kind), measures[kind]


@dataclass(frozen=True)
class Choice:
    """A threshold ``t``, and a ``note`` where the rule could not be met in full."""

    t: float
    note: str = ""


def choose(strategy: float | str, Y: Array, p: Array, p_new: Array) -> Choice:
    """Choose a threshold by a rule, from training data only.

    Parameters
    ----------
    strategy : float or str
        A number is itself. ``"prevalence"``: the share of positives in ``Y``. ``"f1"``
        and ``"youden"`` maximise F1 and recall - false positive rate (Youden 1950).
        ``"recall:r"``: the highest threshold that reaches recall r. ``"precision:q"``:
        the lowest that keeps precision q. ``"cost:FN:FP"`` minimises FN x missed + FP x
        false alarms; a calibrated model would give FP / (FP + FN) (Elkan 2001).
        ``"capacity:k"``: the lowest that flags at most k rows of ``p_new``.
    Y, p : array, m training labels and m probabilities
    p_new : array
        Probabilities of the rows to be decided on. Only ``capacity`` looks at them, and
        it needs no labels.

    Returns
    -------
    Choice
        Where several thresholds are equally good, the highest: it flags the fewest.

    Raises
    ------
    ValueError
        For an unknown rule.
    """
    if isinstance(strategy, int | float):
        return Choice(float(strategy))
    rule, *arguments = strategy.split(":")
    numbers = [float(a) for a in arguments]
    if rule == "prevalence":
        return Choice(float(np.mean(Y == 1)))
    if rule == "capacity":
        flagged = candidates(np.zeros(p_new.size), p_new)
        return Choice(float(flagged.t[np.flatnonzero(flagged.fp <= numbers[0])[-1]]))
    c = candidates(Y, p)
    values = aim(strategy, c)[1]
    note = ""
    if rule == "f1":
        best = np.argmax(np.nan_to_num(values))
    elif rule == "youden":
        best = np.argmax(c.tp * c.fp[-1] - c.fp * c.tp[-1])  # in whole numbers
    elif rule == "cost":
        best = np.argmax(values <= values.min() * (1 + 1e-12))  # equal but for rounding
    elif rule == "recall":
        best = np.argmax(values >= numbers[0])
    elif rule == "precision":
        precision = np.nan_to_num(values)
        target = min(numbers[0], precision.max())
        best = np.flatnonzero(precision >= target)[-1]
        if target < numbers[0]:
            note = f"no threshold reaches precision {numbers[0]:g} on training data"
    else:
        raise ValueError(f"threshold is {strategy!r}, which is no known rule")
    return Choice(float(c.t[best]), note)
