"""What predictions are worth: counts at one threshold, and measures over all of them.

Labels ``Y`` (0 or 1), probabilities ``p`` and decisions (0 or 1) may have shape (m,) or
(1, m). A measure that is undefined, such as precision when nothing is predicted
positive, is NaN. Confusion matrices have actual classes in rows, predicted in columns,
negative first: ``[[tn, fp], [fn, tp]]``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from lopsided.lesson.network import Array


def confusion_matrix(Y: Array, predicted: Array) -> Array:
    """Count the four outcomes (section 8).

    Parameters
    ----------
    Y, predicted : array, m labels and m decisions, each 0 or 1

    Returns
    -------
    array of int, shape (2, 2)
        ``[[tn, fp], [fn, tp]]``.
    """
    cell = 2 * np.ravel(Y).astype(int) + np.ravel(predicted).astype(int)
    return np.bincount(cell, minlength=4).reshape(2, 2)


def ratio(part: Array | float, whole: Array | float) -> Array:
    """Divide, and give NaN where the whole is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.true_divide(part, whole)


#: Rates by the four counts: see `count_metrics`.
RATES: dict[str, Callable[[Array, Array, Array, Array], Array]] = {
    "accuracy": lambda tn, fp, fn, tp: ratio(tn + tp, tn + fp + fn + tp),
    "f1": lambda tn, fp, fn, tp: ratio(2 * tp, 2 * tp + fp + fn),
    "precision": lambda tn, fp, fn, tp: ratio(tp, tp + fp),
    "recall": lambda tn, fp, fn, tp: ratio(tp, tp + fn),
    "false_positive_rate": lambda tn, fp, fn, tp: ratio(fp, fp + tn),
}


def count_metrics(tn: Array, fp: Array, fn: Array, tp: Array) -> dict[str, Array]:
    """Derive rates from the four counts, which may be numbers or arrays of one shape.

    Parameters
    ----------
    tn, fp, fn, tp : int or array

    Returns
    -------
    dict
        ``accuracy`` (tn + tp) / m; ``f1`` 2 tp / (2 tp + fp + fn); ``precision``
        tp / (tp + fp); ``recall`` tp / (tp + fn), also called the true positive rate;
        ``false_positive_rate`` fp / (fp + tn). Each shaped as the counts.
    """
    return {name: rate(tn, fp, fn, tp) for name, rate in RATES.items()}


def ranked(p: Array) -> Array:
    """Flatten predictions that are to be ranked: shape (m,).

    Raises
    ------
    ValueError
        Where one is NaN: it is neither above nor below any other.
    """
    flat = np.ravel(p)
    if bad := int(np.count_nonzero(np.isnan(flat))):
        raise ValueError(
            f"{bad} of {flat.size} predictions are NaN and have no rank; "
            "did the training diverge?"
        )
    return flat


def counts_above(Y: Array, p: Array) -> tuple[Array, Array, Array]:
    """Count both classes at or above each distinct prediction, the highest first.

    One sort serves every threshold: `roc_auc`, `average_precision` and the strategies
    of ``threshold`` all start here.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities

    Returns
    -------
    values : array, shape (k,)
        The distinct predictions, falling.
    fp, tp : array of int, shape (k,)
        Negatives and positives with p >= that value.

    Raises
    ------
    ValueError
        Where a prediction is NaN.
    """
    flat = ranked(p)
    order = np.argsort(-flat)
    sorted_p, sorted_Y = flat[order], np.ravel(Y)[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(sorted_p)), sorted_p.size - 1)
    tp = np.cumsum(sorted_Y == 1)[last_of_tie]
    return sorted_p[last_of_tie], last_of_tie + 1 - tp, tp


def roc_auc(Y: Array, p: Array) -> float:
    """Area under the ROC curve, by trapezoids over the distinct predictions.

    It is the chance that a random positive is ranked above a random negative, ties
    counting one half. NaN with one class only.
    """
    _, fp, tp = counts_above(Y, p)
    area = np.trapezoid(np.append(0, tp), np.append(0, fp))
    return float(ratio(area, float(fp[-1]) * float(tp[-1])))


def average_precision(Y: Array, p: Array) -> float:
    """Precision averaged over recall, in steps. NaN without positives."""
    _, fp, tp = counts_above(Y, p)
    gained = np.diff(tp, prepend=0)
    return float(ratio(np.sum(gained * tp / (tp + fp)), tp[-1]))


def log_loss(Y: Array, p: Array) -> float:
    """Mean cross-entropy of the probabilities, in nats.

    A prediction of exactly 0 or 1 is moved inside by one machine epsilon, as
    scikit-learn does, so that one certain mistake does not make the mean infinite.
    """
    epsilon = np.finfo(float).eps
    p = np.clip(np.ravel(p), epsilon, 1 - epsilon)
    return float(-np.mean(np.where(np.ravel(Y) == 1, np.log(p), np.log1p(-p))))


def brier(Y: Array, p: Array) -> float:
    """Mean squared difference of probability and label (Brier 1950)."""
    return float(np.mean((np.ravel(p) - np.ravel(Y)) ** 2))


def summary(Y: Array, p: Array, threshold: float) -> dict[str, Any]:
    """Collect every measure of one set of predictions.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    threshold : float
        Predicted positive means ``p >= threshold``.

    Returns
    -------
    dict
        The names of `count_metrics` without the false positive rate, then ``roc_auc``,
        ``average_precision``, ``log_loss``, ``brier`` and ``confusion_matrix``.
    """
    table = confusion_matrix(Y, np.ravel(p) >= np.float64(threshold))
    measures = {
        name: float(value) for name, value in count_metrics(*table.flat).items()
    }
    del measures["false_positive_rate"]
    return measures | {
        "roc_auc": roc_auc(Y, p),
        "average_precision": average_precision(Y, p),
        "log_loss": log_loss(Y, p),
        "brier": brier(Y, p),
        "confusion_matrix": table.tolist(),
    }
