"""What computes: the lesson's own functions, or their compiled twins."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from lopsided.lesson import network as lesson
from lopsided.lesson.network import Array, Network, sigmoid
from lopsided.lesson.training import run_epoch

#: Products of a weight and a number that NumPy has done before Numba is loaded.
WORTH_LOADING = 10**8
#: Examples of a tall table that are made together.
EXAMPLES_AT_ONCE = 10_000


def chosen(engine: str) -> str:
    """Name the engine: where the parameter is ``"auto"``, the fastest that is here."""
    if engine == "auto":
        return "numba" if find_spec("numba") else "numpy"
    return engine


def epoch_of(engine: str) -> Callable[..., None]:
    """Give the function that runs an epoch, by the parameter ``engine``."""
    if chosen(engine) == "numba":
        from lopsided import compiled  # only where the extra `fast` is installed

        return compiled.run_epoch
    return run_epoch


def in_parts(run_epoch: Callable[..., None], X: Any) -> Callable[..., None]:
    """Let an engine run epochs on examples that are made when their turn comes.

    Parameters
    ----------
    run_epoch : callable
        As `training.run_epoch`.
    X : shape (n_0, m)
        ``X[:, rows]`` makes examples; so many batches at a time that the engine is
        called rarely.

    Returns
    -------
    callable
        The same engine, but it does not look at the ``examples`` that it is given.
    """

    def run_parts(
        network: Network,
        examples: Array,
        labels: Array,
        order: Array,
        batch_size: int,
        alpha: float,
        decay: Array | None,
        logits: Array,
    ) -> None:
        size = max(EXAMPLES_AT_ONCE // batch_size, 1) * batch_size
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            made = np.ascontiguousarray(X[:, rows].T, logits.dtype)
            each, found = np.arange(len(rows)), np.empty_like(logits[rows])
            run_epoch(
                network, made, labels[rows], each, batch_size, alpha, decay, found
            )
            logits[rows] = found

    return run_parts


def predict_logits(network: Network, X: Array) -> Array:
    """Predict the logits, as `network.predict_logits` does: the same to the last bit.

    Where there is much to do and the extra ``fast`` is installed, its twin does it.
    """
    if X.shape[-1] * network.theta.size > WORTH_LOADING and chosen("auto") == "numba":
        from lopsided import compiled_prediction

        return compiled_prediction.predict_logits(network, X)
    return lesson.predict_logits(network, X)


def predict_proba(network: Network, X: Array) -> Array:
    """Predict the probabilities: the sigmoid of `predict_logits`."""
    return sigmoid(predict_logits(network, X))
