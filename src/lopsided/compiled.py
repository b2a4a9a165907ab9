"""The compiled engine: `training.run_epoch` once more, as machine code, for speed.

It is the declared twin of what `network`, `loss` and `training` explain, and a test
holds the two together to 1e-12. Numba compiles it at its first use and keeps the
machine code on disk: in ``__pycache__`` beside this file, or in the user's cache where
that cannot be written, or in ``NUMBA_CACHE_DIR``.

What makes it fast, in one place:

- *The inner loop runs along the batch.* Examples stand in columns, so one weight meets
  a row of neighbouring numbers, and the processor multiplies `lanes` of them at a time.
- *Units are taken in blocks of four.* A number fetched from memory then serves four
  products, not one, and sums stay in registers until they are done. So that no loop
  needs an ending of its own, layers are filled up to whole blocks with units that have
  no weights: they output zero, pass nothing back, and therefore never gain any. The
  batch is filled up likewise, with examples of weight 0.
- *The next examples are fetched while these are worked on.* Their order is random, so
  each would have to be waited for.
- *A large batch goes through in parts* that fit into the processor's cache. Gradients
  add up over the parts, and the working memory does not grow with the batch.
- *Very large layers are left to `training.run_epoch`*: a BLAS, which cuts layers too
  into parts that fit into the cache, multiplies them faster.

Longer than most: what makes it fast is explained here, and nowhere else.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import factorial, log
from typing import Any

import numba.extending
import numpy as np

from lopsided.lanes import (
    WIDTH,
    add_product,
    gated,
    load,
    power_of_two,
    prefetch,
    splat,
    store,
    total,
)
from lopsided.lesson import training
from lopsided.lesson.network import Array, Network, layer_views, n_parameters

#: Units in a block: the functions below are written out for this number.
BLOCK = 4

#: The most examples that go through together.
PART = 256

#: Weights of a layer from which on a BLAS, which NumPy calls, multiplies faster.
LARGE = 1500 * 1500

#: The coefficients of exp's power series, the highest first.
SERIES = tuple(1 / factorial(i) for i in range(13, -1, -1))
#: log(2), and its first 16 bits, of which small multiples are exact in float32 too.
LN2, LN2_HIGH = log(2), 45426 / 2**16

# A product may be added before it is rounded. No other liberty of "fast math" is taken:
# divergence is told by infinity and NaN, which must show.
LIBERTIES = {"contract"}


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


#: For what `machine_code` calls: nobody else does.
part_of_machine_code = partial(
    numba.njit,
    fastmath=LIBERTIES,
    error_model="numpy",
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)


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
    filled_decay = (
        np.zeros_like(theta)
        if decay is None
        else fill_up(network.layer_dims, decay, layer_dims)
    )
    descend(
        np.array(layer_dims),
        theta,
        examples,
        labels,
        order,
        batch_size,
        alpha,
        filled_decay,
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
    # row[l + 1] of A and dZ.
    at, row = np.zeros(L + 2, np.int64), np.zeros(L + 2, np.int64)
    for l in range(L + 1):
        at[l + 1] = at[l] + (n[l] * (n[l - 1] + 1) if l else 0)
        row[l + 1] = row[l] + n[l]
    lanes = WIDTH // theta.itemsize
    part_size = min(PART, batch_size, m)
    width = -(-part_size // lanes) * lanes
    A, dZ = aligned(row[L + 1], width, theta), aligned(row[L + 1], width, theta)
    y, weight = np.zeros(width, theta.dtype), np.zeros(width, theta.dtype)
    gradient = np.zeros_like(theta)
    real = theta.dtype.type  # a bare 0.0 would turn float32 into float64

    for start in range(0, m, batch_size):
        stop = min(start + batch_size, m)
        gradient[:] = 0
        for first in range(start, stop, part_size):
            part = order[first : min(first + part_size, stop)]
            k = len(part)
            for t in range(k):
                p = part[t]
                for i in range(n_0):
                    A[i, t] = examples[p, i]
                y[t], weight[t] = labels[p]
            weight[k:] = 0  # of the columns beyond, nothing passes back
            for t in range(first + part_size, min(first + 2 * part_size, m)):
                p = order[t]
                for i in range(0, n_0, lanes):
                    prefetch(examples, p, i)
                prefetch(examples, p, n_0 - 1)
                prefetch(labels, p, 0)

            # Forward. The numbers in brackets are shapes.
            for l in range(1, L + 1):
                Wb = theta[at[l] : at[l + 1]].reshape(n[l], n[l - 1] + 1)
                Z, below = A[row[l] : row[l + 1]], A[row[l - 1] : row[l]]
                # (n_l, n_{l-1}) @ (n_{l-1}, k) -> (n_l, k)
                forward(Z, Wb, below, k, l < L)

            # The logits, and the derivative by them.
            z, dz = A[row[L]], dZ[row[L]]
            for t in range(k):
                logits[part[t]] = z[t]
            for t in range(width):
                dz[t] = weight[t] * (sigmoid(z[t]) - y[t])

            # Backward.
            for l in range(L, 0, -1):
                shape = n[l], n[l - 1] + 1
                D, below = dZ[row[l] : row[l + 1]], A[row[l - 1] : row[l]]
                # (n_l, k) @ (k, n_{l-1}) -> (n_l, n_{l-1})
                add_outer(gradient[at[l] : at[l + 1]].reshape(shape), D, below, k)
                if l > 1:
                    Wb = theta[at[l] : at[l + 1]].reshape(shape)
                    # (n_{l-1}, n_l) @ (n_l, k) -> (n_{l-1}, k)
                    backward(dZ[row[l - 1] : row[l]], Wb, D, below, k)

        step, shrink = real(alpha / (stop - start)), real(alpha)
        for i in range(theta.size):
            theta[i] -= step * gradient[i] + shrink * decay[i] * theta[i]


@part_of_machine_code
def aligned(rows: int, columns: int, like: Array) -> Array:
    """Make a matrix of zeros that begins where a line of the cache begins."""
    size = rows * columns
    memory = np.zeros(size + WIDTH // like.itemsize, like.dtype)
    skip = -memory.ctypes.data % WIDTH // like.itemsize
    return memory[skip : skip + size].reshape(rows, columns)


@part_of_machine_code
def sigmoid(z: float) -> float:
    """Compute what `network.sigmoid` does, by what a loop can do to many at a time.

    exp(-|z|) is 2**n exp(r) for a whole n, and r so small that the series gives it.
    """
    real = type(z)
    x = -abs(z)
    # exp(-87), 1e-38, is as good as less, and still a normal float32. NaN stays NaN.
    x = real(-87) if x < real(-87) else x
    n = np.rint(x * real(1 / LN2))
    r = (x - n * real(LN2_HIGH)) - n * real(LN2 - LN2_HIGH)
    e = real(0)
    for coefficient in SERIES:
        e = e * r + real(coefficient)
    e *= power_of_two(n)
    return (real(1) if z >= 0 else e) / (real(1) + e)


@part_of_machine_code
def four(W: Array, j: int, i: int) -> tuple[float, float, float, float]:
    """Take four neighbours in row ``j``, from column ``i`` on."""
    return W[j, i], W[j, i + 1], W[j, i + 2], W[j, i + 3]


@part_of_machine_code
def load_four(A: Array, i: int, t: int) -> Any:
    """Take lanes from column ``t`` on: of row ``i`` and of the three below it."""
    return load(A, i, t), load(A, i + 1, t), load(A, i + 2, t), load(A, i + 3, t)


@part_of_machine_code
def store_four(A: Array, i: int, t: int, c: Any) -> None:
    """Put lanes to where `load_four` takes them."""
    store(A, i, t, c[0])
    store(A, i + 1, t, c[1])
    store(A, i + 2, t, c[2])
    store(A, i + 3, t, c[3])


@part_of_machine_code
def splat_four(w: Any) -> Any:
    """Make lanes of each of four numbers."""
    return splat(w[0]), splat(w[1]), splat(w[2]), splat(w[3])


@part_of_machine_code
def add_four(c: Any, w: Any, a: Any) -> Any:
    """Add to four sums the products of ``a`` and four numbers, or four lanes."""
    c0, c1 = add_product(c[0], w[0], a), add_product(c[1], w[1], a)
    return c0, c1, add_product(c[2], w[2], a), add_product(c[3], w[3], a)


@part_of_machine_code
def gate_four(gate: Any, c: Any) -> Any:
    """Put 0 in place of ``c`` where the gate is not above 0."""
    c0, c1 = gated(gate[0], c[0]), gated(gate[1], c[1])
    return c0, c1, gated(gate[2], c[2]), gated(gate[3], c[3])


@part_of_machine_code
def add_totals(G: Array, j: int, i: int, c: Any) -> None:
    """Add up the lanes of four sums, into column ``i`` from row ``j`` on."""
    G[j, i] += total(c[0])
    G[j + 1, i] += total(c[1])
    G[j + 2, i] += total(c[2])
    G[j + 3, i] += total(c[3])


@part_of_machine_code
def forward(Z: Array, W: Array, A: Array, k: int, hidden: bool) -> None:
    """Set ``Z`` to ``W @ [A; 1]``; in a hidden layer, to the ReLU of it.

    Parameters
    ----------
    Z : array, shape (n, k or wider)
    W : array, shape (n, p + 1)
    A : array, shape (p, k or wider)
    k : int
        Columns to work on.
    hidden : bool
    """
    n, p = len(Z), len(A)
    for j in range(0, n, BLOCK):
        units = W[j : j + BLOCK].T
        for t in range(0, k, WIDTH // Z.itemsize):
            z = splat_four(four(units, p, 0))
            for i in range(p):
                z = add_four(z, four(units, i, 0), load(A, i, t))
            if hidden:
                z = gate_four(z, z)
            store_four(Z, j, t, z)


@part_of_machine_code
def backward(dA: Array, W: Array, D: Array, A: Array, k: int) -> None:
    """Set ``dA`` to ``W.T @ D``, and to 0 where ``A`` is not above 0.

    The weights of a block stay in registers: there are often few units to sum over.

    Parameters
    ----------
    dA, A : array, shape (p, k or wider)
    W : array, shape (n, p + 1)
    D : array, shape (n, k or wider)
    k : int
        Columns to work on.
    """
    n, p = len(D), len(A)
    zero = splat(A.dtype.type(0))
    for i in range(0, p, BLOCK):
        for j in range(0, n, BLOCK):
            s, u = four(W, j, i), four(W, j + 1, i)
            v, w = four(W, j + 2, i), four(W, j + 3, i)
            for t in range(0, k, WIDTH // A.itemsize):
                d = zero, zero, zero, zero
                if j > 0:
                    d = load_four(dA, i, t)
                d = add_four(d, s, load(D, j, t))
                d = add_four(d, u, load(D, j + 1, t))
                d = add_four(d, v, load(D, j + 2, t))
                d = add_four(d, w, load(D, j + 3, t))
                if j + BLOCK == n:
                    d = gate_four(load_four(A, i, t), d)
                store_four(dA, i, t, d)


@part_of_machine_code
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
    lanes, one = WIDTH // G.itemsize, splat(G.dtype.type(1))
    zero = splat(G.dtype.type(0))
    none = zero, zero, zero, zero
    for j in range(0, n, BLOCK):
        b = none
        for t in range(0, k, lanes):
            b = add_four(b, load_four(D, j, t), one)
        add_totals(G, j, p, b)
        for i in range(0, p, 2):  # eight sums at a time are what the registers hold
            u = v = none
            for t in range(0, k, lanes):
                d = load_four(D, j, t)
                u = add_four(u, d, load(A, i, t))
                v = add_four(v, d, load(A, i + 1, t))
            add_totals(G, j, i, u)
            add_totals(G, j, i + 1, v)
