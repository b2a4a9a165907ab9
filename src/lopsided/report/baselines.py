"""The network beside models that anyone would try first: on the same rows.

All meet the same features, weights and threshold rule. Two of them need no learning,
and say the prevalence of the training rows to all; logistic regression and boosted
trees are scikit-learn's, with its own settings.
"""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from lopsided.lesson import metrics, threshold
from lopsided.lesson.loss import class_weights
from lopsided.lesson.network import Array
from lopsided.parameters import Resolved
from lopsided.report.experiment import Fitted, without_nan
from lopsided.report.folds import Predictor, n_folds, out_of_fold
from lopsided.report.intervals import METRICS, bootstrap, interval
from lopsided.table.dataset import Dataset
from lopsided.table.memory import give_back

NEVER, ALWAYS = "always negative", "always positive"
LOGISTIC, TREES = "logistic regression", "boosted trees"
TAUGHT = (LOGISTIC, TREES)
#: What the table of all models shows.
SHOWN = ("roc_auc", "average_precision", "f1", "accuracy", "log_loss")
#: A difference of ROC AUC that rarely matters, however sure it is.
LITTLE = 0.005
#: Draws are enough for the intervals of differences: more move their ends little.
MOST_DRAWS = 1000
#: Above so many features, one step of Newton's method takes too long.
MOST_FOR_NEWTON = 1000
#: For thresholds that are chosen by looking at predictions.
FOLDS = 3
#: Rows that these models learn from, at most: scikit-learn copies what it is given.
MOST_ROWS = 150_000
#: To predict together.
ROWS_AT_ONCE = 100_000


def logistic(n_features: int = 0) -> LogisticRegression:
    """Give scikit-learn's logistic regression, solved to the last digits where it can.

    Newton's method ends at the same numbers whatever adds up its sums.
    """
    newton = n_features <= MOST_FOR_NEWTON
    solver, tol = ("newton-cholesky", 1e-8) if newton else ("lbfgs", 1e-4)
    return LogisticRegression(solver=solver, tol=tol, max_iter=1000)


def trees() -> HistGradientBoostingClassifier:
    """Give scikit-learn's boosted trees."""
    return HistGradientBoostingClassifier(random_state=0)


def estimator(model: ClassifierMixin, w: float = 1.0) -> Predictor:
    """Let a classifier of scikit-learn learn from what our networks learn from.

    Parameters
    ----------
    model : classifier
        A fresh one is fitted each time.
    w : float
        How much a positive weighs.
    """

    def predict(d: Dataset) -> Array:
        fresh = clone(model)
        X, Y = d.X_train, d.Y_train
        if Y.size > MOST_ROWS:
            rows = sample(Y[0], MOST_ROWS)
            X, Y = X[:, rows], Y[:, rows]
        weights = class_weights(Y, "positive", w)[0]
        told = {} if w == 1 else {"sample_weight": weights}
        with warnings.catch_warnings():  # one may stop where it was told to
            warnings.simplefilter("ignore", ConvergenceWarning)
            fresh.fit(X.T, Y[0], **told)
        del X
        give_back()
        parts = [
            fresh.predict_proba(d.X_test[:, start : start + ROWS_AT_ONCE].T)[:, 1]
            for start in range(0, d.Y_test.size, ROWS_AT_ONCE)
        ]
        return np.concatenate(parts)

    return predict


def sample(y: Array, n: int) -> Array:
    """Draw about n of the rows, class by class, and at least one of each class."""
    rng = np.random.default_rng(0)
    sides = [rng.permutation(np.flatnonzero(y == label)) for label in (0, 1)]
    drawn = [side[: -(-len(side) * n // len(y))] for side in sides]  # rounded up
    return np.sort(np.concatenate(drawn))


def measure(
    parameters: Resolved, d: Dataset, fitted: Fitted, t: float
) -> list[dict[str, Any]]:
    """Compute what ``metrics.json`` holds under ``beside``, one entry a model.

    Parameters
    ----------
    parameters : Resolved
    d : Dataset
    fitted : Fitted
        The network.
    t : float
        Its threshold.

    Returns
    -------
    list of dict
        Each holds ``model``, ``threshold``, the measures of its test rows as
        `metrics.summary` names them, and ``difference``: for each of
        ``intervals.METRICS`` the network's value minus this model's as ``value``, and
        its 95% interval from ``low`` to ``high`` by paired bootstrap, None with
        ``n_bootstrap`` 0. Undefined values are None. Where there are more than
        `MOST_ROWS` training rows, ``learned_from`` says how many a model learned from.

    Notes
    -----
    A threshold that is a number, or the prevalence, is one for all. Where the rule
    looks at the training rows' predictions, those of the others are made for rows held
    out in cross-validation, by group or in time as the test rows are: trees know the
    rows that they learned from by heart.
    """
    share = np.full(d.Y_test.size, d.Y_train.mean())  # says it to all
    models: dict[str, tuple[Array, float]] = {NEVER: (share, 1.0), ALWAYS: (share, 0.0)}
    w = fitted.w if parameters.weighting == "positive" else 1.0
    for name, model in ((LOGISTIC, logistic(len(d.X_train))), (TREES, trees())):
        predict = estimator(model, w)
        models[name] = _with_threshold(parameters, d, predict)
    draws = None
    if n := min(parameters.n_bootstrap, MOST_DRAWS):
        rng = np.random.default_rng(
            [parameters.seed, 1]
        )  # meets the draws of the intervals
        all_models = [(fitted.p_test, t), *models.values()]
        draws = bootstrap(d.Y_test, all_models, n, rng, d.test.groups)
    own = _rates(d.Y_test, fitted.p_test, t)
    found = []
    for k, (name, (p_test, its_t)) in enumerate(models.items(), start=1):
        rates, differences = _rates(d.Y_test, p_test, its_t), {}
        for metric in METRICS:
            low, high = None, None
            if draws:
                low, high = interval(draws[0][metric] - draws[k][metric])
            value = own[metric] - rates[metric]
            differences[metric] = {"value": value, "low": low, "high": high}
        measured = metrics.summary(d.Y_test, p_test, its_t)
        entry = {"model": name, "threshold": its_t, **measured}
        if name in TAUGHT and d.Y_train.size > MOST_ROWS:
            entry["learned_from"] = len(sample(d.Y_train[0], MOST_ROWS))
        found.append(without_nan(entry | {"difference": differences}))
    return found


def _with_threshold(
    parameters: Resolved, d: Dataset, predict: Predictor
) -> tuple[Array, float]:
    """Predict the test rows, and choose the threshold by the parameters' rule."""
    give_back()  # of what came before: each takes a copy of a tall table
    p_test = predict(d)
    rule = parameters.threshold
    looks = isinstance(rule, str) and rule != "prevalence"
    if looks and not threshold.parse(str(rule))[0].of_new_rows:
        by_group = bool(parameters.group_column)
        p_train = out_of_fold(predict, d, n_folds(d, FOLDS), by_group, in_time=True)
        if np.isnan(p_train).all():
            p_train = predict(_on_itself(d))
    else:
        p_train = np.zeros(d.Y_train.size)  # nobody looks
    held = ~np.isnan(p_train)
    return p_test, threshold.choose(rule, d.Y_train[0, held], p_train[held], p_test).t


def _on_itself(d: Dataset) -> Dataset:
    """Let the training rows be the test: where there are too few to hold any out."""
    return replace(d, test=d.train)


def _rates(Y: Array, p: Array, t: float) -> dict[str, float]:
    """Compute ``intervals.METRICS`` of one set of predictions."""
    measured = metrics.summary(Y, p, t)
    rates = metrics.count_metrics(*np.ravel(measured["confusion_matrix"]))
    return {name: float((rates | measured)[name]) for name in METRICS}


def entry(beside: list[dict[str, Any]], model: str) -> dict[str, Any]:
    """Find a model's entry."""
    return next(found for found in beside if found["model"] == model)


def table(
    measured: dict[str, Any], names: tuple[str, str] = ("negative", "positive")
) -> pd.DataFrame:
    """Lay out all models, the network first: a row each.

    ``difference`` is the network's ROC AUC minus the model's, with its interval.

    Parameters
    ----------
    measured : dict
        What ``metrics.json`` holds.
    names : tuple of str
        Of the two classes, negative first.
    """
    said = {NEVER: f"always {names[0]}", ALWAYS: f"always {names[1]}"}
    rows = {"network": measured["test"]} | {
        said.get(e["model"], e["model"]): e for e in measured["beside"]
    }
    found = pd.DataFrame(
        {name: {m: _written(e[m]) for m in SHOWN} for name, e in rows.items()}
    ).T
    gaps = [e["difference"]["roc_auc"] for e in measured["beside"]]
    found["difference"] = ["", *(_amount(gap) for gap in gaps)]
    return found.rename_axis("model")


def _written(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def sentence(beside: list[dict[str, Any]], fitted: bool = False) -> str:
    """Say what follows from the differences: which model to use on this table.

    Parameters
    ----------
    beside : list of dict
        From `measure`.
    fitted : bool
        Whether the network's training was chosen for this table.

    Returns
    -------
    str
        One sentence or two, about ROC AUC: it needs no threshold. One more where the
        others learned from a part of the training rows.
    """
    found = _ranks(beside, fitted)
    if few := entry(beside, LOGISTIC).get("learned_from"):
        found += f" {LOGISTIC.capitalize()} and {TREES} learned from {few:,} of the "
        found += "training rows, drawn class by class; the network from all."
    return found


def _ranks(beside: list[dict[str, Any]], fitted: bool) -> str:
    gaps = {name: entry(beside, name)["difference"]["roc_auc"] for name in TAUGHT}
    if None in gaps[LOGISTIC].values():
        told = " and ".join(f"{g['value']:+.4f} to {name}" for name, g in gaps.items())
        return (
            f"The network's ROC AUC differs by {told}. How sure that is, is not known."
        )
    worse = {n: gap["value"] for n, gap in gaps.items() if gap["high"] < 0}
    better = [n for n, gap in gaps.items() if gap["low"] > 0]
    if worse:
        best = min(worse, key=worse.__getitem__)
        rank, them = ("rank", "them") if best == TREES else ("ranks", "it")
        found = (
            f"On this table {best} {rank} better than the network, by "
            f"{_amount(gaps[best], -1)} of ROC AUC"
        )
        if -worse[best] < LITTLE:
            return f"{found}: too little to matter in most uses."
        advice = "" if fitted else ", or let the network's training fit the table"
        return f"{found}: use {them}{advice}, unless you are here to study a network."
    if not better:
        return (
            "These rows do not tell how the network ranks beside logistic regression "
            f"({_amount(gaps[LOGISTIC])} of ROC AUC) or boosted trees "
            f"({_amount(gaps[TREES])}): logistic regression, the simplest, will do."
        )
    found = " and than ".join(f"{n}, by {_amount(gaps[n])} of ROC AUC" for n in better)
    rest = [f"{n} ({_amount(gaps[n])})" for n in TAUGHT if n not in better]
    so = (
        "use it" if LOGISTIC in better else "logistic regression, the simplest, will do"
    )
    more = f"; beside {rest[0]} these rows do not tell" if rest else ""
    return f"On this table the network ranks better than {found}{more}: {so}."


def _amount(gap: dict[str, Any], sign: int = 1) -> str:
    """Write a difference and its interval: 0.0200 (0.0100 to 0.0300)."""
    if gap["low"] is None:
        return f"{sign * gap['value']:.4f}"
    low, high = sorted((sign * gap["low"], sign * gap["high"]))
    return f"{sign * gap['value']:.4f} ({low:.4f} to {high:.4f})"
