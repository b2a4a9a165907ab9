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

What makes it fast, in one place:

- *The bias is one more column.* ``Wb[l]`` is ``[W[l] b[l]]`` and a row of ones stands
  under every ``A[l]``, so one matrix product gives ``W A + b`` and another gives
  ``dW`` and ``db`` together. ``W[l]`` and ``b[l]`` are views into ``Wb[l]``.
- *All parameters are one flat vector*, ``theta``. Every ``Wb[l]`` is a view into it, so
  an update of ``theta`` is one subtraction that updates every layer.
- *A* `Pass` *owns its arrays* and is used again for each batch: no memory is claimed
  inside the training loop.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


def layer_views(layer_dims: Sequence[int], theta: Array) -> dict[int, Array]:
    """Cut a flat vector into one matrix ``[W[l] b[l]]`` for each layer.

    Parameters
    ----------
    layer_dims : sequence of int
        Units in each layer, input first: ``[n_0, n_1, ..., n_L]``.
    theta : array, shape (n_parameters,)
        The vector. The matrices are views: to change one changes the other.

    Returns
    -------
    dict of array, shapes (n_l, n_{l-1} + 1)
        Keyed by layer, 1 to L.
    """
    views, start = {}, 0
    for l in range(1, len(layer_dims)):
        shape = (layer_dims[l], layer_dims[l - 1] + 1)
        stop = start + shape[0] * shape[1]
        views[l] = theta[start:stop].reshape(shape)
        start = stop
    return views


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
    Wb, W, b : dict of array
        For each layer ``[W[l] b[l]]``, ``W[l]`` and ``b[l]``: views into ``theta``.

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
        self.Wb = layer_views(layer_dims, self.theta)
        self.W = {l: Wb[:, :-1] for l, Wb in self.Wb.items()}
        self.b = {l: Wb[:, -1:] for l, Wb in self.Wb.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        # Copied or unpickled one by one, the views would part from theta: build anew.
        return Network, (self.layer_dims, self.theta, self.theta.dtype)


class Pass:
    """All that one pass forward and one pass backward compute for ``m`` examples.

    Parameters
    ----------
    network : Network
    m : int
        Number of examples.

    Attributes
    ----------
    A, Z, dZ : dict of array, shapes (n_l, m)
    A1 : dict of array, shapes (n_l + 1, m)
        ``A[l]`` with a row of ones under it.
    gradient : array, shape (n_parameters,)
        The derivatives, laid out as ``network.theta``.
    dWb, dW, db : dict of array
        Views into ``gradient``, shaped as ``network.Wb``, ``W``, ``b``.
    """

    def __init__(self, network: Network, m: int) -> None:
        n, L, dtype = network.layer_dims, network.L, network.theta.dtype
        self.m = m
        self.A1 = {l: np.ones((n[l] + 1, m), dtype) for l in range(L + 1)}
        self.A = {l: A1[:-1] for l, A1 in self.A1.items()}
        self.Z = {l: np.empty((n[l], m), dtype) for l in range(1, L + 1)}
        self.dZ = {l: np.empty((n[l], m), dtype) for l in range(1, L + 1)}
        self.gradient = np.zeros_like(network.theta)
        self.dWb = layer_views(n, self.gradient)
        self.dW = {l: dWb[:, :-1] for l, dWb in self.dWb.items()}
        self.db = {l: dWb[:, -1:] for l, dWb in self.dWb.items()}


#: Standard deviation of the first weights, from n_{l-1} (inputs) and n_l (outputs).
INITIAL_SD = {
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


def forward(network: Network, X: Array, into: Pass | None = None) -> Pass:
    """Compute every ``Z[l]`` and ``A[l]`` (section 3).

    Parameters
    ----------
    network : Network
    X : array, shape (n_0, m)
        The input, one example a column.
    into : Pass, optional
        Where to put the results; made afresh when missing. Its ``m`` must be ``X``'s.

    Returns
    -------
    Pass
        With ``A``, ``Z`` filled. ``A[L]`` is ŷ, shape (1, m).

    Raises
    ------
    ValueError
        When ``X`` has not ``n_0`` rows, or not as many columns as ``into``.
    """
    n_0 = network.layer_dims[0]
    if X.ndim != 2 or X.shape[0] != n_0 or (into and into.m != X.shape[1]):
        m = into.m if into else "m"
        raise ValueError(f"X has shape {X.shape}; expected ({n_0}, {m})")
    done = into or Pass(network, X.shape[1])
    done.A[0][:] = X
    for l in range(1, network.L + 1):
        # (n_l, n_{l-1} + 1) @ (n_{l-1} + 1, m) -> (n_l, m), which is W A + b
        np.matmul(network.Wb[l], done.A1[l - 1], out=done.Z[l])
        if l < network.L:
            np.maximum(done.Z[l], 0, out=done.A[l])
        else:
            done.A[l][:] = sigmoid(done.Z[l])
    return done


def backward(network: Network, done: Pass, dZ_L: Array) -> Array:
    """Carry the derivative from the logits back to every parameter (section 6).

    Corrects the report, whose ``dW`` is the transpose of the gradient: with
    ``Z[l] = W[l] A[l-1] + b[l]`` it is ``dW[l] = dZ[l] A[l-1].T / m``. The ``1/m`` is
    applied once, to the flat vector.

    Parameters
    ----------
    network : Network
    done : Pass
        As `forward` left it.
    dZ_L : array, shape (1, m)
        Each example's own derivative of its loss by its logit, from `loss.d_logits`.

    Returns
    -------
    array, shape (n_parameters,)
        ``done.gradient``: the gradient of the mean loss, laid out as ``theta``.
    """
    done.dZ[network.L][:] = dZ_L
    for l in range(network.L, 0, -1):
        # (n_l, m) @ (m, n_{l-1} + 1) -> (n_l, n_{l-1} + 1): dW and, from the ones, db
        np.matmul(done.dZ[l], done.A1[l - 1].T, out=done.dWb[l])
        if l > 1:
            # (n_{l-1}, n_l) @ (n_l, m) -> (n_{l-1}, m), then ReLU's slope: 0 or 1
            np.matmul(network.W[l].T, done.dZ[l], out=done.dZ[l - 1])
            done.dZ[l - 1] *= done.Z[l - 1] > 0
    done.gradient *= 1 / done.m
    return done.gradient


def predict_logits(network: Network, X: Array, rows_at_once: int = 65_536) -> Array:
    """Predict the logit of the positive class.

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
    """
    m = X.shape[1]
    Z = np.empty((1, m))
    for start in range(0, m, rows_at_once):
        part = slice(start, start + rows_at_once)
        Z[:, part] = forward(network, X[:, part]).Z[network.L]
    return Z


def predict_proba(network: Network, X: Array, rows_at_once: int = 65_536) -> Array:
    """Predict the probability of the positive class: the sigmoid of `predict_logits`.

    Takes and returns what `predict_logits` does, with values in [0, 1].
    """
    return sigmoid(predict_logits(network, X, rows_at_once))
