"""Models of any kind as one thing: what learns from a dataset and predicts its test.

So that ours and scikit-learn's meet the same rows, features and threshold rule.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold

from lopsided.lesson.network import Array
from lopsided.parameters import validate
from lopsided.report import experiment
from lopsided.table.dataset import Dataset, Rows, load

#: Fits on the training rows and gives the test rows' probabilities, shape (n_test,).
Predictor = Callable[[Dataset], Array]


@lru_cache(maxsize=4)
def dataset(path: str, features: str | tuple[str, ...], split_seed: int) -> Dataset:
    """Load and split once for all jobs of a worker that share it."""
    named = features if isinstance(features, str) else list(features)
    p = {"data": path, "features": named, "split_seed": split_seed, "test_size": 0.2}
    return load(validate(p))


def fastest() -> str:
    """Name the compiled engine where the extra `fast` is installed."""
    return "numba" if find_spec("numba") else "numpy"


def network(settings: Mapping[str, Any]) -> Predictor:
    """Give our network, trained with these parameters and else the defaults.

    With ``n_seeds`` among them, it predicts the mean of that many networks.

    Raises
    ------
    InputError
        When a parameter is not allowed.
    """
    validate(settings)

    def predict(d: Dataset) -> Array:
        p = d.parameters.with_(**{"engine": fastest()} | dict(settings))
        found: Array = experiment.fit(p, d).P_test.mean(axis=0)
        return found

    return predict


def estimator(model: ClassifierMixin) -> Predictor:
    """Give a classifier of scikit-learn."""

    def predict(d: Dataset) -> Array:
        with warnings.catch_warnings():  # a network may stop where it was told to
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(d.X_train.T, d.Y_train[0])
        found: Array = model.predict_proba(d.X_test.T)[:, 1]
        return found

    return predict


def folds(d: Dataset, n: int) -> Iterator[tuple[Array, Dataset]]:
    """Divide the training rows for cross-validation; the test rows stay out of it.

    Features keep the scale and the steps that all training rows gave them: those look
    at no label.

    Yields
    ------
    held : array of int
        The training rows held out.
    Dataset
        Which tests on them, and trains on the others.
    """
    X, Y = d.X_train, d.Y_train
    divided = StratifiedKFold(n, shuffle=True, random_state=d.parameters.split_seed)
    for kept, held in divided.split(X.T, Y[0]):
        train, test = (
            Rows(X[:, side], Y[:, side], d.train.rows[side]) for side in (kept, held)
        )
        yield held, replace(d, train=train, test=test)


def out_of_fold(predict: Predictor, d: Dataset, n: int) -> Array:
    """Predict each training row by a model that has not seen it: shape (n_train,)."""
    p = np.empty(d.Y_train.size)
    for held, part in folds(d, n):
        p[held] = predict(part)
    return p
