"""The compiled engine: `training.run_epoch` once more, as machine code, for speed.

It is the declared twin of what `network`, `loss` and `training` explain, and a test
holds the two together to 1e-12. Numba compiles it at its first use and keeps the
machine code on disk: in ``__pycache__`` beside this file, or in the user's cache where
that cannot be written, or in ``NUMBA_CACHE_DIR``.

What makes it fast, in one place:

- *The inner loop runs along the batch.* Examples stand in columns, so one weight meets
  a row of neighbouring numbers, and the processor multiplies many of them at a time.
- *Units are taken in blocks of four.* A number fetched from memory then serves four
  products, not one. So that no loop needs an ending of its own, layers are filled up to
  whole blocks with units that have no weights: they output zero, pass nothing back, and
  therefore never gain any.
- *A large batch goes through in parts* that fit into the processor's cache. Gradients
  add up over the parts, and the working memory does not grow with the batch.
- *Large layers are left to `training.run_epoch`*: a BLAS multiplies them faster, and
  what NumPy costs beside it no longer counts.

Longer than most: what makes it fast is explained here, and nowhere else.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numba
import numpy as np

from lopsided.lesson import training
from lopsided.lesson.network import Array, Network, layer_views, n_parameters

#: Units in a block. `add_product` and `add_outer` are written out for this number.
BLOCK = 4

#: The most examples that go through together.
PART = 256

#: Weights of a layer from which on a BLAS, which NumPy calls, multiplies faster.
LARGE = 500 * 500

# A sum may be taken in another order, and fused with a product: without that no sum
# along the batch can be spread over the processor's lanes. The other liberties of
# "fast math" are not taken: divergence is told by infinity and NaN, which must show.
LIBERTIES = {"reassoc", "contract", "nsz"}


def machine_code(
    function: Callable[..., Any] | None = None, liberties: bool = True
) -> Callable[..., Any]:
    """Have Numba compile a function, and keep the result on disk if there is a place.

    Divisions follow IEEE 754, as in NumPy, in place of raising an error. Without
    ``liberties``, so does every sum and product.
    """
    if function is None:
        return partial(machine_code, liberties=liberties)
    options = {"fastmath": LIBERTIES if liberties else False, "error_model": "numpy"}
    try:
        return numba.njit(function, cache=True, **options)
    except RuntimeError:  # no folder can be written
        return numba.njit(function, **options)


def run_epoch(
    network: Network,
    examples: Array,
    labels: Array,
    order: Array,
    batch_size: int,
    alpha: float,
    decay: Array | None,
    logits: Array,
) -> None:
    """Go through all examples once and update the network after each batch.

    Takes what `training.run_epoch` takes and does what it does, so that `train` can
    have it as its engine.

    Parameters
    ----------
    network : Network
        Updated in place.
    examples : array, shape (m, n_0)
    labels : array, shape (m, 2)
        Each example's label and class weight.
    order : array of int, shape (m,)
    batch_size : int
    alpha : float
    decay : array, shape (n_parameters,), or None
    logits : array, shape (m,)
        Receives each example's logit, as it was when its batch came.
    """
    if max(W.size for W in network.W.values()) >= LARGE:
        training.run_epoch(
            network, examples, labels, order, batch_size, alpha, decay, logits
        )
        return
    layer_dims = [-(-n // BLOCK) * BLOCK for n in network.layer_dims]  # rounded up
    theta = fill_up(network.layer_dims, network.theta, layer_dims)
    if decay is None:
        decay = np.zeros_like(network.theta)
    descend(
        np.array(layer_dims),
        theta,
        examples,
        labels,
        order,
        batch_size,
        alpha,
        fill_up(network.layer_dims, decay, layer_dims),
        logits,
    )
    for l, Wb in folded_views(layer_dims, theta).items():
        n, p = network.W[l].shape
        network.W[l][:] = Wb[:n, :p]
        network.b[l][:] = Wb[:n, -1:]


def folded_views(layer_dims: Sequence[int], theta: Array) -> dict[int, Array]:
    """Cut a flat vector into one matrix ``[W[l] b[l]]`` for each layer.

    Parameters
    ----------
    layer_dims : sequence of int
    theta : array, shape (n_parameters,)

    Returns
    -------
    dict of array, shapes (n_l, n_{l-1} + 1)
        Views, keyed by layer.
    """
    views, start = {}, 0
    for l, (n_in, n_out) in enumerate(pairwise(layer_dims), start=1):
        stop = start + n_out * (n_in + 1)
        views[l] = theta[start:stop].reshape(n_out, n_in + 1)
        start = stop
    return views


def fill_up(narrow: Sequence[int], theta: Array, wide: Sequence[int]) -> Array:
    """Copy parameters into wider layers, whose further units get zeros.

    Parameters
    ----------
    narrow, wide : sequence of int
        Units in each layer, before and after.
    theta : array, shape (n_parameters,)
        As `network.layer_views` cuts it.

    Returns
    -------
    array, shape (n_parameters of the wide layers,)
        As `folded_views` cuts it.
    """
    filled = np.zeros(n_parameters(wide), theta.dtype)
    W, b = layer_views(narrow, theta)
    for l, Wb in folded_views(wide, filled).items():
        n, p = W[l].shape
        Wb[:n, :p] = W[l]
        Wb[:n, -1:] = b[l]
    return filled


@machine_code
def descend(
    n: Array,
    theta: Array,
    examples: Array,
    labels: Array,
    order: Array,
    batch_size: int,
    alpha: float,
    decay: Array,
    logits: Array,
) -> None:
    """Do the work of `run_epoch` on layers of whole blocks.

    Parameters
    ----------
    n : array of int, shape (L + 1,)
        Units in each layer, all multiples of `BLOCK`.
    theta, decay : array
        Laid out by `folded_views` for these layers.
    examples, labels, order, batch_size, alpha, logits
        As in `run_epoch`.
    """
    L, m, n_0 = len(n) - 1, len(order), examples.shape[1]
    # Layer l has the parameters from at[l] to at[l + 1] and the rows from row[l] to
    # row[l + 1] of A and dZ. In A, Z[l] lies until the activation replaces it.
    at, row = np.zeros(L + 2, np.int64), np.zeros(L + 2, np.int64)
    for l in range(L + 1):
        at[l + 1] = at[l] + (n[l] * (n[l - 1] + 1) if l else 0)
        row[l + 1] = row[l] + n[l]
    width = min(PART, batch_size, m)
    A = np.zeros((row[L + 1], width), theta.dtype)
    dZ = np.zeros_like(A)
    gradient = np.zeros_like(theta)
    real = theta.dtype.type  # a bare 0.0 would turn float32 into float64
    zero, one = real(0), real(1)

    for start in range(0, m, batch_size):
        stop = min(start + batch_size, m)
        gradient[:] = 0
        for first in range(start, stop, width):
            part = order[first : min(first + width, stop)]
            k = len(part)

            # Forward. The numbers in brackets are shapes.
            for i in range(n_0):
                a = A[i]
                for t in range(k):
                    a[t] = examples[part[t], i]
            for l in range(1, L + 1):
                Wb = theta[at[l] : at[l + 1]].reshape(n[l], n[l - 1] + 1)
                Z = A[row[l] : row[l + 1]]
                for j in range(n[l]):
                    Z[j] = Wb[j, -1]
                # (n_l, n_{l-1}) @ (n_{l-1}, k) -> (n_l, k)
                add_product(Z, Wb[:, :-1], A[row[l - 1] : row[l]], k)
                for j in range(n[l] if l < L else 0):
                    z = Z[j]
                    for t in range(k):
                        z[t] = max(z[t], zero)

            # The logits, and the derivative by them.
            z, dz = A[row[L]], dZ[row[L]]
            for t in range(k):
                y, weight = labels[part[t]]
                e = np.exp(-abs(z[t]))
                y_hat = (one if z[t] >= 0 else e) / (one + e)
                dz[t] = weight * (y_hat - y)
                logits[part[t]] = z[t]

            # Backward.
            for l in range(L, 0, -1):
                shape = n[l], n[l - 1] + 1
                D, below = dZ[row[l] : row[l + 1]], slice(row[l - 1], row[l])
                # (n_l, k) @ (k, n_{l-1}) -> (n_l, n_{l-1})
                add_outer(gradient[at[l] : at[l + 1]].reshape(shape), D, A[below], k)
                if l > 1:
                    Wb = theta[at[l] : at[l + 1]].reshape(shape)
                    dZ[below] = 0
                    # (n_{l-1}, n_l) @ (n_l, k) -> (n_{l-1}, k)
                    add_product(dZ[below], Wb[:, :-1].T, D, k)
                    for j in range(row[l - 1], row[l]):
                        a, d = A[j], dZ[j]
                        for t in range(k):
                            d[t] = d[t] if a[t] > 0 else zero

        step, shrink = real(alpha / (stop - start)), real(alpha)
        for i in range(theta.size):
            theta[i] -= step * gradient[i] + shrink * decay[i] * theta[i]


@machine_code
def four(W: Array, j: int, i: int) -> tuple[float, float, float, float]:
    """Take four neighbours in row ``j``, from column ``i`` on."""
    return W[j, i], W[j, i + 1], W[j, i + 2], W[j, i + 3]


@machine_code
def add_product(C: Array, W: Array, A: Array, k: int) -> None:
    """Add ``W @ A`` to ``C``, in blocks of 4 x 4 weights.

    Parameters
    ----------
    C : array, shape (n, k or wider)
    W : array, shape (n, p)
    A : array, shape (p, k or wider)
    k : int
        Columns to work on.
    """
    n, p = W.shape
    for j in range(0, n, BLOCK):
        c0, c1, c2, c3 = C[j], C[j + 1], C[j + 2], C[j + 3]
        for i in range(0, p, BLOCK):
            a0, a1, a2, a3 = A[i], A[i + 1], A[i + 2], A[i + 3]
            s0, s1, s2, s3 = four(W, j, i)
            u0, u1, u2, u3 = four(W, j + 1, i)
            v0, v1, v2, v3 = four(W, j + 2, i)
            w0, w1, w2, w3 = four(W, j + 3, i)
            for t in range(k):
                c0[t] += s0 * a0[t] + s1 * a1[t] + s2 * a2[t] + s3 * a3[t]
                c1[t] += u0 * a0[t] + u1 * a1[t] + u2 * a2[t] + u3 * a3[t]
                c2[t] += v0 * a0[t] + v1 * a1[t] + v2 * a2[t] + v3 * a3[t]
                c3[t] += w0 * a0[t] + w1 * a1[t] + w2 * a2[t] + w3 * a3[t]


@machine_code
def add_outer(G: Array, D: Array, A: Array, k: int) -> None:
    """Add ``[D @ A.T, D @ 1]``, a layer's ``dW`` and ``db``, to ``G``.

    Parameters
    ----------
    G : array, shape (n, p + 1)
    D : array, shape (n, k or wider)
    A : array, shape (p, k or wider)
    k : int
        Columns to work on.
    """
    n, p = len(D), len(A)
    zero = G.dtype.type(0)
    for j in range(0, n, BLOCK):
        d0, d1, d2, d3 = D[j], D[j + 1], D[j + 2], D[j + 3]
        b0 = b1 = b2 = b3 = zero
        for t in range(k):
            b0 += d0[t]
            b1 += d1[t]
            b2 += d2[t]
            b3 += d3[t]
        G[j, p] += b0
        G[j + 1, p] += b1
        G[j + 2, p] += b2
        G[j + 3, p] += b3
        for i in range(0, p, 2):  # eight sums at a time are what the registers hold
            a0, a1 = A[i], A[i + 1]
            u0 = u1 = u2 = u3 = v0 = v1 = v2 = v3 = zero
            for t in range(k):
                u0 += d0[t] * a0[t]
                u1 += d1[t] * a0[t]
                u2 += d2[t] * a0[t]
                u3 += d3[t] * a0[t]
                v0 += d0[t] * a1[t]
                v1 += d1[t] * a1[t]
                v2 += d2[t] * a1[t]
                v3 += d3[t] * a1[t]
            G[j, i] += u0
            G[j + 1, i] += u1
            G[j + 2, i] += u2
            G[j + 3, i] += u3
            G[j, i + 1] += v0
            G[j + 1, i + 1] += v1
            G[j + 2, i + 1] += v2
            G[j + 3, i + 1] += v3
