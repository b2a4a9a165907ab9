"""A toy world in two dimensions: a few hundred lopsided points whose law is known."""

import numpy as np

from lopsided.lesson.network import Array, sigmoid


def probability(X: Array) -> Array:
    """Give the true probability that a point is positive.

    Its log-odds are 2 - 0.9 (x1² + x2²): highest in the middle, and the same in every
    direction. So its level lines are circles, and no straight line parts the classes.

    Parameters
    ----------
    X : array, shape (2, m)

    Returns
    -------
    array, shape (1, m)
    """
    return sigmoid(2 - 0.9 * np.sum(X**2, axis=0, keepdims=True))


def points(rng: np.random.Generator, m: int = 400) -> tuple[Array, Array]:
    """Draw points evenly from a square, and each one's label from `probability`.

    About one in five is positive.

    Parameters
    ----------
    rng : numpy.random.Generator
    m : int

    Returns
    -------
    X : array, shape (2, m)
        Both coordinates lie between -3 and 3.
    Y : array, shape (1, m)
        Labels, 0 or 1.
    """
    X = rng.uniform(-3, 3, (2, m))
    return X, (rng.random((1, m)) < probability(X)).astype(float)
