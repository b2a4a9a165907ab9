"""From probabilities to decisions: class-wise CDFs, and ways to choose a threshold.

Predicted positive means ``p >= t``. Many small ReLU networks give thousands of rows one
and the same probability, so a threshold chosen from their predictions lies midway
between two distinct ones, where none of them can fall on it if a number fits there.
Other rows may, and so may any row on a threshold that is a number or the prevalence:
`ties` counts them.

Longer than most: each rule stands here once, with what it takes, looks at and chooses.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lopsided.lesson.metrics import RATES, counts_above, ratio
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


@dataclass(frozen=True)
class Choice:
    """A threshold ``t``, and a ``note`` where the rule could not be met in full."""

    t: float
    note: str = ""


@dataclass(frozen=True)
class Rule:
    """A way to choose a threshold. To add one, add an entry to `RULES`.

    It is given as text, its name and then a number for each argument: ``"cost:5:1"``.

    Attributes
    ----------
    name : str
    example : str
        How it may be given.
    meaning : str
        What it asks for.
    looks_at : str
        What `aim` computes, for an axis.
    aim : callable
        Takes `Candidates` and the rule's numbers. Gives what the rule looks at for
        each of them, per row where it is a count, so that tables compare.
    choice : callable
        Takes `Candidates`, what ``aim`` gave for them, and the rule's numbers. Gives a
        `Choice`: where several are equally good, the highest, which flags the fewest.
    arguments : tuple of str
        What the numbers are.
    check : callable
        Says whether it may have such a number.
    of_new_rows : bool
        It looks at the rows to be decided on, whose labels nobody knows yet.
    """

    name: str
    example: str
    meaning: str
    looks_at: str
    aim: Callable[..., Array]
    choice: Callable[..., Choice]
    arguments: tuple[str, ...] = ()
    check: Callable[[float], bool] = field(default_factory=lambda: math.isfinite)
    of_new_rows: bool = False


def _rate(name: str, c: Candidates) -> Array:
    return RATES[name](c.tn, c.fp, c.fn, c.tp)


def _youden_index(c: Candidates) -> Array:
    return _rate("recall", c) - _rate("false_positive_rate", c)


def _f1(c: Candidates) -> Array:
    return _rate("f1", c)


def _recall(c: Candidates, least: float) -> Array:
    return _rate("recall", c)


def _precision(c: Candidates, least: float) -> Array:
    return _rate("precision", c)


def _at_prevalence(c: Candidates, index: Array) -> Choice:
    return Choice(float(c.tp[-1] / (c.tp[-1] + c.fp[-1])))


def _highest_f1(c: Candidates, f1: Array) -> Choice:
    return Choice(float(c.t[np.argmax(np.nan_to_num(f1))]))


def _highest_youden_index(c: Candidates, index: Array) -> Choice:
    in_whole_numbers = c.tp * c.fp[-1] - c.fp * c.tp[-1]
    return Choice(float(c.t[np.argmax(in_whole_numbers)]))


def _reaching_recall(c: Candidates, recall: Array, least: float) -> Choice:
    return Choice(float(c.t[np.argmax(recall >= least)]))


def _keeping_precision(c: Candidates, precision: Array, least: float) -> Choice:
    precision = np.nan_to_num(precision)
    reached = min(least, precision.max())
    note = f"no threshold reaches precision {least:g} on training data"
    lowest = np.flatnonzero(precision >= reached)[-1]
    return Choice(float(c.t[lowest]), note if reached < least else "")


def _cost(c: Candidates, missed: float, alarm: float) -> Array:
    return (missed * c.fn + alarm * c.fp) / (c.tn + c.fp + c.fn + c.tp)


def _lowest_cost(c: Candidates, cost: Array, missed: float, alarm: float) -> Choice:
    equal_but_for_rounding = cost <= cost.min() * (1 + 1e-12)
    return Choice(float(c.t[np.argmax(equal_but_for_rounding)]))


def _share_flagged(c: Candidates, rows: float) -> Array:
    return ratio(c.tp + c.fp, c.tn + c.fp + c.fn + c.tp)


def _within_capacity(c: Candidates, share: Array, rows: float) -> Choice:
    return Choice(float(c.t[np.flatnonzero(c.tp + c.fp <= rows)[-1]]))


def _is_share(number: float) -> bool:
    return 0 < number <= 1


_EACH = (
    Rule(
        "prevalence",
        "prevalence",
        "the share of positives: there a calibrated model's Youden index is highest",
        "recall - FPR",
        _youden_index,
        _at_prevalence,
    ),
    Rule("f1", "f1", "the highest F1", "F1", _f1, _highest_f1),
    Rule(
        "youden",
        "youden",
        "the highest recall - false positive rate (Youden 1950)",
        "recall - FPR",
        _youden_index,
        _highest_youden_index,
    ),
    Rule(
        "recall",
        "recall:0.8",
        "the highest threshold that reaches a recall",
        "recall",
        _recall,
        _reaching_recall,
        ("recall",),
        _is_share,
    ),
    Rule(
        "precision",
        "precision:0.3",
        "the lowest threshold that keeps a precision",
        "precision",
        _precision,
        _keeping_precision,
        ("precision",),
        _is_share,
    ),
    Rule(
        "cost",
        "cost:5:1",
        "the lowest cost of missed positives and false alarms; a calibrated model "
        "would give alarm / (alarm + missed) (Elkan 2001)",
        "cost per row",
        _cost,
        _lowest_cost,
        ("missed", "false alarm"),
        lambda cost: 0 < cost <= 1e15,
    ),
    Rule(
        "capacity",
        "capacity:500",
        "the lowest threshold that flags at most so many of the rows to be decided on",
        "share flagged",
        _share_flagged,
        _within_capacity,
        ("rows",),
        lambda rows: 1 <= rows < math.inf and rows == int(rows),
        of_new_rows=True,
    ),
)
#: Every rule, by name.
RULES = {rule.name: rule for rule in _EACH}

#: A rule's number: plain digits, so no sign, and neither "inf" nor "nan".
NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse(strategy: str) -> tuple[Rule, list[float]]:
    """Find the rule that a text such as ``"recall:0.8"`` names, and its numbers.

    Raises
    ------
    ValueError
        For an unknown rule, and for numbers that are missing, too many or not allowed.
    """
    name, *texts = strategy.split(":")
    if name not in RULES:
        raise ValueError(f"threshold is {strategy!r}, which is no known rule")
    rule = RULES[name]
    numbers = [float(text) for text in texts if NUMBER.fullmatch(text)]
    is_whole = len(rule.arguments) == len(texts) == len(numbers)
    if not is_whole or not all(map(rule.check, numbers)):
        raise ValueError(
            f"threshold is {strategy!r}, which is not possible; give it as "
            f"{rule.example!r}"
        )
    return rule, numbers


def check(threshold: float | str) -> float | str:
    """Let a threshold pass that `choose` would take: a rule, or a number from 0 to 1.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(threshold, str):
        parse(threshold)
    elif isinstance(threshold, bool | np.bool) or not 0 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold!r}, which is not from 0 to 1")
    return threshold


def aim(rule: str, c: Candidates) -> tuple[str, Array]:
    """Say what a rule of `choose` looks at, and compute it for every candidate.

    Parameters
    ----------
    rule : str
        As in `choose`, or another measure of `lopsided.lesson.metrics.count_metrics`,
        such as ``"accuracy"``.
    c : Candidates

    Returns
    -------
    name : str
    values : array, shape (k + 1,)
        NaN where undefined. Costs and flagged rows are per row.

    Raises
    ------
    ValueError
        As `parse`.
    """
    if rule not in RULES and rule in RATES:
        return rule, _rate(rule, c)
    found, numbers = parse(rule)
    return found.looks_at, found.aim(c, *numbers)


def choose(strategy: float | str, Y: Array, p: Array, p_new: Array) -> Choice:
    """Choose a threshold by a rule, from training data only.

    Parameters
    ----------
    strategy : float or str
        A number is itself. A text names one of `RULES`, with its numbers.
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
        As `check`.
    """
    check(strategy)
    if not isinstance(strategy, str):
        return Choice(float(strategy))
    rule, numbers = parse(strategy)
    unlabelled = np.zeros(np.size(p_new)), p_new
    c = candidates(*unlabelled) if rule.of_new_rows else candidates(Y, p)
    return rule.choice(c, rule.aim(c, *numbers), *numbers)
