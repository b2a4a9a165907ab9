"""Prediction for large layers, as machine code: the same numbers to the last bit.

The declared twin of `network.predict_logits`. Each sum is taken from its first term to
its last, each product rounded before it is added, as `network.product_in_order` does.
So no liberty of "fast math" is taken here: the compiler may work on many examples at a
time, because no sum runs along the examples, and may not change a single sum.

Units are taken in blocks of four, as in `compiled`, and layers are filled up likewise:
a further term is 0, and changes no sum. The examples go through in parts whose layers
stay in the processor's cache.
"""

import numpy as np

from lopsided.compiled import BLOCK, fill_up, four, machine_code
from lopsided.lesson.network import Array, Network, check_input

#: Examples that go through together.
PART = 128


def predict_logits(network: Network, X: Array, rows_at_once: int = 4096) -> Array:
    """Predict the logit of the positive class, as `network.predict_logits` does.

    Parameters
    ----------
    network : Network
    X : array, shape (n_0, m)
    rows_at_once : int
        Examples to copy into the network's precision together.

    Returns
    -------
    array of float64, shape (1, m)

    Raises
    ------
    ValueError
        When ``X`` has not ``n_0`` rows.
    """
    check_input(network, X)
    layer_dims = [-(-n // BLOCK) * BLOCK for n in network.layer_dims]  # rounded up
    theta = fill_up(network.layer_dims, network.theta, layer_dims)
    n, m = np.array(layer_dims), X.shape[1]
    logits = np.empty((1, m))
    for start in range(0, m, rows_at_once):
        part = slice(start, start + rows_at_once)
        A = np.ascontiguousarray(X[:, part], network.theta.dtype)
        carry_forward(n, theta, A, logits[0, part])
    return logits


@machine_code(liberties=False)
def carry_forward(n: Array, theta: Array, X: Array, logits: Array) -> None:
    """Do the work of `predict_logits` on layers of whole blocks.

    Parameters
    ----------
    n : array of int, shape (L + 1,)
        Units in each layer, all multiples of `BLOCK`.
    theta : array
        Laid out by `compiled.folded_views` for these layers.
    X : array, shape (up to n_0, m)
    logits : array of float64, shape (m,)
        Receives the logits.
    """
    L, m = len(n) - 1, X.shape[1]
    widest = max(n)
    below = np.zeros((widest, PART), theta.dtype)  # A[l - 1]
    Z = np.zeros_like(below)
    zero = theta.dtype.type(0)
    for start in range(0, m, PART):
        k = min(PART, m - start)
        below[:] = 0
        for i in range(len(X)):
            a = below[i]
            for t in range(k):
                a[t] = X[i, start + t]
        at = 0
        for l in range(1, L + 1):
            after = at + n[l] * (n[l - 1] + 1)
            Wb = theta[at:after].reshape(n[l], n[l - 1] + 1)
            at = after
            Z[: n[l]] = 0
            for j in range(0, n[l], BLOCK):
                for i in range(0, n[l - 1], BLOCK):
                    add_terms(Z, Wb, below, j, i, k)
            for j in range(n[l]):
                z, a, b = Z[j], below[j], Wb[j, -1]
                for t in range(k):
                    z[t] += b
                    a[t] = max(z[t], zero)
        for t in range(k):
            logits[start + t] = Z[0, t]


@machine_code(liberties=False)
def add_terms(Z: Array, W: Array, A: Array, j: int, i: int, k: int) -> None:
    """Add four terms to four rows of ``Z``, one after the other.

    Parameters
    ----------
    Z : array, shape (n, k or wider)
    W : array, shape (n, p)
    A : array, shape (p, k or wider)
    j, i : int
        The first row of ``Z``, and the first term: a row of ``A``.
    k : int
        Columns to work on.
    """
    z0, z1, z2, z3 = Z[j], Z[j + 1], Z[j + 2], Z[j + 3]
    a0, a1, a2, a3 = A[i], A[i + 1], A[i + 2], A[i + 3]
    s0, s1, s2, s3 = four(W, j, i)
    u0, u1, u2, u3 = four(W, j + 1, i)
    v0, v1, v2, v3 = four(W, j + 2, i)
    w0, w1, w2, w3 = four(W, j + 3, i)
    for t in range(k):
        z0[t] = (((z0[t] + s0 * a0[t]) + s1 * a1[t]) + s2 * a2[t]) + s3 * a3[t]
        z1[t] = (((z1[t] + u0 * a0[t]) + u1 * a1[t]) + u2 * a2[t]) + u3 * a3[t]
        z2[t] = (((z2[t] + v0 * a0[t]) + v1 * a1[t]) + v2 * a2[t]) + v3 * a3[t]
        z3[t] = (((z3[t] + w0 * a0[t]) + w1 * a1[t]) + w2 * a2[t]) + w3 * a3[t]
