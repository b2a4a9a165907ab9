"""The loss, its two class weightings, its gradient, and how to check a gradient.

``Y`` and ``Y_hat`` have shape (1, m): labels 0 or 1, and predicted probabilities.
``Z`` is the logit of ``Y_hat``, of the same shape. ``weight`` is a row (1, m) that
holds each example's class weight. Means divide by ``m``, the number of examples,
whatever the weights are. That is the convention of PyTorch's ``pos_weight``;
scikit-learn divides by the sum of the weights instead.
"""

from collections.abc import Callable

import numpy as np

from lopsided.lesson.network import Array


def class_weights(Y: Array, weighting: str, w: float) -> Array:
    """Give each example its class weight (section 5).

    The report's formula multiplies both classes by ``w``; its words give ``w`` to the
    positive class only. Both readings are here.

    Parameters
    ----------
    Y : array, shape (1, m)
    weighting : {"uniform", "positive"}
        ``"uniform"``: w for every example, the formula as written. ``"positive"``: w
        for positives and 1 for negatives, the intent as stated.
    w : float
        Positive.

    Returns
    -------
    array of float, shape (1, m)

    Raises
    ------
    ValueError
        For any other weighting.
    """
    dtype = np.result_type(Y.dtype, 0.5)  # integer labels must not cut the weight
    if weighting == "uniform":
        return np.full(Y.shape, w, dtype)
    if weighting == "positive":
        return np.where(Y == 1, w, 1).astype(dtype)
    raise ValueError(f"weighting is {weighting!r}; choose 'uniform' or 'positive'")


def balanced_weight(Y: Array) -> float:
    """Give the w that lends both classes the same total weight: negatives / positives.

    Parameters
    ----------
    Y : array, shape (1, m)
        Must hold at least one positive.
    """
    positives = int(np.count_nonzero(Y == 1))
    return (Y.size - positives) / positives


def binary_cross_entropy(Y: Array, Y_hat: Array, epsilon: float = 1e-8) -> float:
    """Mean cross-entropy with an ε inside each logarithm, as section 4 prints it.

    The ε avoids log 0 but also moves the loss and caps it at -log ε. `logistic_loss`
    needs none; this one is here to be compared with it.

    Parameters
    ----------
    Y, Y_hat : array, shape (1, m)
    epsilon : float
    """
    log_likelihood = Y * np.log(Y_hat + epsilon) + (1 - Y) * np.log(1 - Y_hat + epsilon)
    return float(-np.mean(log_likelihood))


def logistic_loss(Z: Array, Y: Array) -> Array:
    """Each example's cross-entropy, from its logit: log(1 + exp(Z)) - Y Z.

    The same quantity as in section 4, without ε. Because exp only sees ``-|Z|``, it is
    finite and exact for every finite logit.

    Parameters
    ----------
    Z, Y : array, shape (1, m)

    Returns
    -------
    array, shape (1, m)
    """
    return np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z)))


def objective(Z: Array, Y: Array, weight: Array | float = 1.0) -> float:
    """Compute the mean over m of weight x cross-entropy.

    It is what training descends, the l2 penalty aside.

    Parameters
    ----------
    Z, Y : array, shape (1, m)
    weight : array, shape (1, m), or float
    """
    return float(np.mean(weight * logistic_loss(Z, Y)))


def d_output(Y: Array, Y_hat: Array, weight: Array | float = 1.0) -> Array:
    """Differentiate each example's loss by ŷ: section 5's dA, with a weight a class.

    Divides by ŷ and 1 - ŷ, so it is 0/0 where a *correct* prediction rounds to 0 or 1.
    For reading only: training starts from `d_logits`.

    Parameters
    ----------
    Y, Y_hat : array, shape (1, m)
    weight : array, shape (1, m), or float

    Returns
    -------
    array, shape (1, m)
    """
    return -weight * (Y / Y_hat - (1 - Y) / (1 - Y_hat))


def d_logits(Y: Array, Y_hat: Array, weight: Array | float = 1.0) -> Array:
    """Differentiate each example's loss by its logit: weight (ŷ - y).

    Equals `d_output` times the sigmoid's slope ŷ (1 - ŷ), with the division cancelled
    on paper.

    Parameters
    ----------
    Y, Y_hat : array, shape (1, m)
    weight : array, shape (1, m), or float

    Returns
    -------
    array, shape (1, m)
    """
    return weight * (Y_hat - Y)


def numerical_gradient(
    f: Callable[[], float], theta: Array, step: float = 1e-5
) -> Array:
    """Estimate the gradient of ``f`` by central differences.

    Parameters
    ----------
    f : callable
        Takes nothing, reads ``theta``, returns a number.
    theta : array, shape (n,)
        Changed in place, one entry at a time, and put back.
    step : float
        About the cube root of the machine epsilon balances truncation and rounding.

    Returns
    -------
    array, shape (n,)
    """
    estimate = np.empty_like(theta)
    for i, value in enumerate(theta):
        theta[i] = value + step
        above = f()
        theta[i] = value - step
        below = f()
        theta[i] = value
        estimate[i] = (above - below) / (2 * step)
    return estimate


def relative_difference(g: Array, g_hat: Array) -> float:
    """Compare two gradients: ‖g - ĝ‖ / (‖g‖ + ‖ĝ‖); 0 when both are zero.

    Near 1e-9 they agree; near 1 they have nothing in common.
    """
    scale = np.linalg.norm(g) + np.linalg.norm(g_hat)
    return float(np.linalg.norm(g - g_hat) / scale) if scale else 0.0
