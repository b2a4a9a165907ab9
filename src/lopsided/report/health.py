"""Whether a network has learned anything, its units died, and ties decide."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from lopsided.lesson.loss import d_logits, objective
from lopsided.lesson.network import Array, Network, backward, forward, predict_proba
from lopsided.lesson.threshold import unweighted_probability
from lopsided.prose import Sentence
from lopsided.table.dataset import Dataset

FOLDS = 5
ROWS_AT_ONCE = 10_000
WORTH_A_WORD = 0.01  # of the test rows, in one tie


def measure(
    network: Network,
    X_train: Array,
    Y: Array,
    p: Array,
    prevalence: float,
    t: float,
    w: float = 1.0,
    groups: Array | None = None,
) -> dict[str, Any]:
    """Measure what the health line says.

    Parameters
    ----------
    network : Network
    X_train : array, shape (n_0, m_train)
    Y, p : array, shape (1, m)
        Labels and probabilities of the test rows.
    prevalence : float
        Of the training rows.
    t : float
        The threshold.
    w : float
        The weight of positives, which the probabilities are freed from.
    groups : array, shape (m,), optional
        Equal where rows go together.

    Returns
    -------
    dict
        ``log_loss_saved``, a share of what saying the prevalence to all costs, and its
        ``interval``; ``units`` and ``units_off``, which no training row moves;
        ``largest_tie`` and ``tie_at_threshold``, shares of the test rows.
    """
    saved, interval = log_loss_saved(
        Y, unweighted_probability(p, w), prevalence, groups
    )
    hidden = network.layer_dims[1:-1]
    moved = [np.zeros(n, dtype=bool) for n in hidden]
    for start in range(0, X_train.shape[1], ROWS_AT_ONCE):
        A = forward(network, X_train[:, start : start + ROWS_AT_ONCE]).A
        moved = [on | (A[l] > 0).any(axis=1) for l, on in enumerate(moved, 1)]
    values, sizes = np.unique(p, return_counts=True)
    tied = np.where(sizes > 1, sizes, 0) / p.size  # a row is no tie
    place = np.searchsorted(values, t)  # the values on both sides of the threshold
    beside = tied[max(place - 1, 0) : place + 1]
    return {
        "log_loss_saved": saved,
        "log_loss_saved_interval": interval,
        "units": sum(hidden),
        "units_off": int(sum((~on).sum() for on in moved)),
        "largest_tie": float(tied.max()),
        "tie_at_threshold": float(beside.max()),
    }


def log_loss_saved(
    Y: Array, p: Array, prevalence: float, groups: Array | None = None
) -> tuple[float, tuple[float, float]]:
    """Give the share of the log loss that a model saves, and its 95% interval.

    The interval is that of a ratio of two sums over groups of rows (Cochran 1977,
    *Sampling Techniques*, section 6.4). A share below zero is a loss.
    """
    y, limit = np.ravel(Y), np.finfo(float).eps

    def loss(q: Array | float) -> Array:
        inside = np.clip(q, limit, 1 - limit)
        log_likelihood: Array = np.where(y == 1, np.log(inside), np.log1p(-inside))
        return -log_likelihood

    constant = loss(prevalence)
    gained = constant - loss(np.ravel(p))
    if groups is not None:
        _, member = np.unique(groups, return_inverse=True)
        constant, gained = (np.bincount(member, x) for x in (constant, gained))
    share = gained.sum() / constant.sum()
    n = len(gained)
    if n < 2:
        return float(share), (float("nan"), float("nan"))
    error = np.sqrt(n / (n - 1) * ((gained - share * constant) ** 2).sum())
    half = 1.96 * error / constant.sum()
    return float(share), (float(share - half), float(share + half))


def line(health: dict[str, Any]) -> Sentence:
    """Say it in one line."""
    units, off = health["units"], health["units_off"]
    alive = (
        "there are no hidden units"
        if not units
        else f"{off or 'none'} of {units} hidden units {'is' if off < 2 else 'are'} "
        "off for all rows"
    )
    tie = health["tie_at_threshold"]
    ties = "ties do not decide"
    if tie > WORTH_A_WORD:
        ties = (
            f"beside the threshold, {tie:.1%} of the test rows are tied and change "
            "sides together"
        )
    elif health["largest_tie"] > WORTH_A_WORD:
        tied = health["largest_tie"]
        ties = (
            f"no tie is beside the threshold, but {tied:.1%} of the test rows share "
            "one prediction: a threshold on its other side moves them all"
        )
    share, (low, high) = health["log_loss_saved"], health["log_loss_saved_interval"]
    if low is None:
        verdict = "too few test rows to tell whether it has learned"
    elif low > 0:
        verdict = "it has learned"
    elif high < 0:
        verdict = "its probabilities are worse than none"
    else:
        verdict = "it has learned nothing that this test can tell"
    cost = f"its log loss is {_against(share, low, high)}"
    return Sentence(f"{verdict}: {cost}; {alive}; {ties}.", {})


def _against(share: float, low: float | None, high: float | None) -> str:
    """Compare a log loss with that of saying the prevalence to all."""
    sign = 1 if share >= 0 else -1
    ends = [] if low is None or high is None else sorted((sign * low, sign * high))
    between = f" ({ends[0]:.1%} to {ends[1]:.1%})" if ends else ""
    side = "below" if sign > 0 else "above"
    return f"{abs(share):.1%}{between} {side} that of saying the prevalence to all"


def logistic_regression(X: Array, Y: Array) -> Network:
    """Fit logistic regression: a network without a hidden layer, at its minimum.

    What it minimises is the log loss of all rows and half the squared weights, which is
    scikit-learn's default. With that library's regression and folds, ``lopsided check``
    would take a fifth longer: what these load, nothing else here needs.

    Parameters
    ----------
    X : array, shape (n_0, m)
    Y : array, shape (1, m)
    """
    dims, m = (len(X), 1), Y.size

    def loss(theta: Array) -> tuple[float, Array]:
        network = Network(dims, theta)
        done = forward(network, X)
        slopes = Network(dims, backward(network, done, d_logits(Y, done.A[1])))
        slopes.W[1][:] += network.W[1] / m
        penalty = np.sum(network.W[1] ** 2) / (2 * m)
        return objective(done.Z[1], Y) + penalty, slopes.theta

    found = minimize(loss, Network(dims).theta, jac=True, method="L-BFGS-B", tol=1e-9)
    return Network(dims, found.x)


def dealt(y: Array, groups: Array | None) -> Array:
    """Give each row its fold: like rows, or like groups of them, are dealt in turn.

    Why not by scikit-learn, `logistic_regression` says.

    Parameters
    ----------
    y : array, shape (m,)
    groups : array, shape (m,), or None
        Equal values stay together.
    """
    each = (
        np.arange(len(y))
        if groups is None
        else np.unique(groups, return_inverse=True)[1]
    )
    alike = np.lexsort((np.bincount(each), np.bincount(each, y)))
    fold = np.empty(len(alike), int)
    fold[alike] = np.arange(len(alike)) % FOLDS
    of_rows: Array = fold[each]
    return of_rows


def promise(dataset: Dataset) -> Sentence:
    """Say before training whether there is anything to learn, and whether rows tie.

    Logistic regression is cross-validated inside the training rows. It asks nothing of
    the test.
    """
    m, groups = dataset.Y_train.size, dataset.train.groups
    seen = np.random.default_rng(0).permutation(m)[:ROWS_AT_ONCE]
    X, Y = np.asarray(dataset.X_train[:, seen]), dataset.Y_train[:, seen]
    rows = pd.util.hash_pandas_object(pd.DataFrame(X.T), index=False)
    ties = (
        f"{rows.duplicated(keep=False).mean():.1%} of the training rows equal another "
        "one in all features, so they tie."
    )
    groups = None if groups is None else groups[seen]
    fold = dealt(Y[0], groups)
    trained_on = [Y[:, fold != k] for k in range(FOLDS)]
    each_class = min(Y.sum(), (1 - Y).sum()) >= 2 * FOLDS
    if not each_class or any(len(np.unique(y)) < 2 for y in trained_on):
        return Sentence(f"Health: too few rows of one class to foretell it; {ties}", {})
    p = np.zeros(Y.shape)
    for k, y in enumerate(trained_on):
        model = logistic_regression(X[:, fold != k], y)
        p[:, fold == k] = predict_proba(model, X[:, fold == k])
    share, (low, high) = log_loss_saved(Y, p, float(Y.mean()), groups)
    verdict = (
        "there is something to learn, says logistic regression"
        if low > 0
        else "logistic regression finds nothing that these rows can tell"
    )
    return Sentence(
        f"Health: {verdict}; cross-validated in the training rows, its log loss is "
        f"{_against(share, low, high)}; {ties}",
        {},
    )
