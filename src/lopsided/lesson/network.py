"""The network: its parameters, the forward pass and the backward pass.

Notation of the source report. Examples stand in columns. Layer ``l`` runs from 1 to
``L``; index 0 is the input. For a batch of ``m`` examples:

====================  ================================  ==============================
``W[l]``              (n_l, n_{l-1})                    weights
``b[l]``              (n_l, 1)                          biases
``Z[l]``, ``A[l]``    (n_l, m)                          before and after the activation
``dW[l]``, ``db[l]``  as ``W[l]``, ``b[l]``             derivatives of the objective
``dZ[l]``             (n_l, m)                          of each example's own loss
====================  ================================  ==============================

All parameters lie in one flat vector, ``theta``, and every ``W[l]`` and ``b[l]`` is a
view into it. So an update is one subtraction, ``theta -= alpha * gradient``.

Longer than most: shapes and derivations stand beside the lines that they explain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


def layer_views(
    layer_dims: Sequence[int], theta: Array
) -> tuple[dict[int, Array], dict[int, Array]]:
    """Cut a flat vector into a weight matrix and a bias for each layer.

    Parameters
    ----------
    layer_dims : sequence of int
        Units in each layer, input first: ``[n_0, n_1, ..., n_L]``.
    theta : array, shape (n_parameters,)
        Parameters, or anything laid out like them, such as a gradient. Layer by layer:
        ``W[l]`` row by row, then ``b[l]``.

    Returns
    -------
    W, b : dict of array, shapes (n_l, n_{l-1}) and (n_l, 1)
        Keyed by layer, 1 to L. They are views: to change one changes ``theta``.
    """
    W, b, start = {}, {}, 0
    for l, (n_in, n_out) in enumerate(pairwise(layer_dims), start=1):
        middle = start + n_out * n_in
        W[l] = theta[start:middle].reshape(n_out, n_in)
        b[l] = theta[middle : middle + n_out].reshape(n_out, 1)
        start = middle + n_out
    return W, b


def n_parameters(layer_dims: Sequence[int]) -> int:
    """Count weights and biases: the sum of n_l (n_{l-1} + 1) over the layers."""
    return sum(n * (before + 1) for before, n in pairwise(layer_dims))


class Network:
    """A fully connected network: ReLU in hidden layers, one sigmoid output (section 2).

    Parameters
    ----------
    layer_dims : sequence of int
        Units in each layer, input first. The last must be 1.
    theta : array, shape (n_parameters,), optional
        The parameters; zeros by default.
    dtype : dtype, optional
        ``float64`` by default.

    Attributes
    ----------
    theta : array, shape (n_parameters,)
    W, b : dict of array, shapes (n_l, n_{l-1}) and (n_l, 1)
        Views into ``theta``, keyed by layer.

    Raises
    ------
    ValueError
        When ``layer_dims`` is not at least two positive sizes that end in 1, or
        ``theta`` has another size.
    """

    def __init__(
        self,
        layer_dims: Sequence[int],
        theta: Array | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        if len(layer_dims) < 2 or min(layer_dims) < 1 or layer_dims[-1] != 1:
            raise ValueError(
                f"layer_dims is {list(layer_dims)}: give at least an input and an "
                "output size, all positive, the last of them 1"
            )
        self.layer_dims = tuple(int(n) for n in layer_dims)
        self.L = len(layer_dims) - 1
        self.theta = np.zeros(n_parameters(layer_dims), dtype)
        if theta is not None:
            if np.shape(theta) != self.theta.shape:
                raise ValueError(
                    f"theta has shape {np.shape(theta)}; expected {self.theta.shape}"
                )
            self.theta[:] = theta
        self.W, self.b = layer_views(layer_dims, self.theta)

    def __repr__(self) -> str:
        return (
            f"<Network {list(self.layer_dims)}, {self.theta.size:,} parameters, "
            f"{self.theta.dtype}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Copied or unpickled one by one, the views would part from theta: build anew.
        return Network, (self.layer_dims, self.theta, self.theta.dtype)


#: Standard deviation of the first weights, from n_{l-1} (inputs) and n_l (outputs).
INITIAL_SD: dict[str, Callable[[int, int], float]] = {
    "he": lambda n_in, n_out: np.sqrt(2 / n_in),  # He et al. 2015, for ReLU
    "xavier": lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),  # Glorot & Bengio 2010
    "small": lambda n_in, n_out: 0.01,  # a habit of many tutorials; often stalls
}


def initialise(
    layer_dims: Sequence[int],
    rng: np.random.Generator,
    scheme: str = "he",
    dtype: DTypeLike = np.float64,
) -> Network:
    """Draw a network's first weights; biases start at zero.

    The report does not say how its network started. He's rule keeps the variance of
    the signal steady through ReLU layers, so it is the default here.

    Parameters
    ----------
    layer_dims : sequence of int
        Units in each layer, input first, 1 last.
    rng : numpy.random.Generator
        The source of randomness. Draws are float64 whatever ``dtype`` is, so that both
        precisions start from the same network.
    scheme : {"he", "xavier", "small"}
    dtype : dtype

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        For any other scheme.
    """
    if scheme not in INITIAL_SD:
        raise ValueError(f"scheme is {scheme!r}; choose from {list(INITIAL_SD)}")
    network = Network(layer_dims, dtype=dtype)
    for W in network.W.values():
        n_out, n_in = W.shape
        W[:] = rng.standard_normal(W.shape) * INITIAL_SD[scheme](n_in, n_out)
    return network


def sigmoid(Z: Array) -> Array:
    """Squash logits into probabilities, 1 / (1 + exp(-Z)), without overflow.

    ``exp`` only ever sees ``-|Z|``, which cannot overflow; for a negative ``Z`` the
    same value is written exp(Z) / (1 + exp(Z)).

    Parameters
    ----------
    Z : array, any shape

    Returns
    -------
    array, as ``Z``, in [0, 1]
    """
    e = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, e) / (1 + e)


def relu(Z: Array) -> Array:
    """Keep what is positive and put zero elsewhere."""
    return np.maximum(Z, 0)


def relu_slope(Z: Array) -> Array:
    """Differentiate ReLU: True (1) where Z > 0, else False (0), at the kink too."""
    return Z > 0


@dataclass
class Pass:
    """What one pass forward computes for ``m`` examples, by layer.

    Attributes
    ----------
    Z : dict of array, shapes (n_l, m)
        Before the activation; layers 1 to L.
    A : dict of array, shapes (n_l, m)
        After it. ``A[0]`` is the input, ``A[L]`` is ŷ.
    """

    Z: dict[int, Array]
    A: dict[int, Array]


def forward(network: Network, X: Array) -> Pass:
    """Compute every ``Z[l]`` and ``A[l]`` (section 3).

    Parameters
    ----------
    network : Network
    X : array, shape (n_0, m)
        The input, one example a column.

    Returns
    -------
    Pass

    Raises
    ------
    ValueError
        When ``X`` has not ``n_0`` rows.
    """
    check_input(network, X)
    Z, A = {}, {0: X}
    for l in range(1, network.L + 1):
        # (n_l, n_{l-1}) @ (n_{l-1}, m) + (n_l, 1) -> (n_l, m)
        Z[l] = network.W[l] @ A[l - 1] + network.b[l]
        A[l] = relu(Z[l]) if l < network.L else sigmoid(Z[l])
    return Pass(Z, A)


def check_input(network: Network, X: Array) -> None:
    """Refuse an input that has not one row for each of the network's inputs.

    Raises
    ------
    ValueError
    """
    n_0 = network.layer_dims[0]
    if X.ndim != 2 or X.shape[0] != n_0:
        raise ValueError(f"X has shape {X.shape}; expected ({n_0}, m)")


def backward(
    network: Network,
    passed: Pass,
    dZ_L: Array,
    slope: Callable[[Array], Array] = relu_slope,
) -> Array:
    """Carry the derivative from the logits back to every parameter (section 6).

    Corrects the report, whose ``dW`` is the transpose of the gradient: with
    ``Z[l] = W[l] A[l-1] + b[l]`` it is ``dW[l] = dZ[l] A[l-1].T / m``.

    Parameters
    ----------
    network : Network
    passed : Pass
        From `forward`.
    dZ_L : array, shape (1, m)
        Each example's own derivative of its loss by its logit, from `loss.d_logits`.
    slope : callable
        Takes a ``Z[l]`` and gives the activation's derivative there, of the same shape.

    Returns
    -------
    array, shape (n_parameters,)
        The gradient of the mean loss, laid out as ``theta``: `layer_views` cuts it into
        ``dW`` and ``db``.
    """
    m = dZ_L.shape[1]
    gradient = np.empty_like(network.theta)
    dW, db = layer_views(network.layer_dims, gradient)
    dZ = dZ_L
    for l in range(network.L, 0, -1):
        dW[l][:] = dZ @ passed.A[l - 1].T / m  # (n_l, m) @ (m, n_{l-1})
        db[l][:] = dZ.sum(axis=1, keepdims=True) / m  # (n_l, 1)
        if l > 1:
            dA = network.W[l].T @ dZ  # (n_{l-1}, n_l) @ (n_l, m) -> (n_{l-1}, m)
            dZ = dA * slope(passed.Z[l - 1])
    return gradient


def product_in_order(W: Array, A: Array) -> Array:
    """Compute ``W @ A``, each entry as one sum from the first term to the last.

    A matrix product adds in whatever order is fastest, which depends on the processor
    and on where a column stands; each order rounds differently. Here equal columns give
    equal results, to the last bit.

    Parameters
    ----------
    W : array, shape (n, k)
    A : array, shape (k, m)

    Returns
    -------
    array, shape (n, m)
    """
    Z = W[:, :1] * A[0]
    term = np.empty_like(Z)
    for i in range(1, len(A)):
        np.multiply(W[:, i : i + 1], A[i], out=term)  # (n, 1) * (m,) -> (n, m)
        Z += term
    return Z


def predict_logits(network: Network, X: Array, rows_at_once: int = 4096) -> Array:
    """Predict the logit of the positive class.

    As `forward`, but with `product_in_order`: equal rows have one prediction, wherever
    they stand and whatever computes them. Ranks, ties and thresholds rely on that.

    Parameters
    ----------
    network : Network
    X : array, shape (n_0, m)
    rows_at_once : int
        Examples to pass forward together: bounds the memory, not the result.

    Returns
    -------
    array of float64, shape (1, m)
        Whatever the network's precision: thresholds are compared in float64.

    Raises
    ------
    ValueError
        When ``X`` has not ``n_0`` rows.
    """
    check_input(network, X)
    m = X.shape[1]
    logits = np.empty((1, m))
    for start in range(0, m, rows_at_once):
        part = slice(start, start + rows_at_once)
        A = X[:, part].astype(network.theta.dtype)
        for l in range(1, network.L + 1):
            Z = product_in_order(network.W[l], A) + network.b[l]
            A = relu(Z)
        logits[:, part] = Z
    return logits


def predict_proba(network: Network, X: Array, rows_at_once: int = 4096) -> Array:
    """Predict the probability of the positive class: the sigmoid of `predict_logits`.

    Takes and returns what `predict_logits` does, with values in [0, 1].
    """
    return sigmoid(predict_logits(network, X, rows_at_once))
