"""Mistakes that students make in the exercises, made on purpose.

`MISTAKES` has, for each task by the name of its function, functions of the same
arguments, each with one thing wrong, under the words that name it. A mistake that is
made in several ways has several functions.
`lopsided.report.feedback` makes them on the inputs on which an answer fails.

Longer than most: it is a list, task by task.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lopsided.lesson.loss import d_logits
from lopsided.lesson.network import (
    Array,
    Network,
    Pass,
    backward,
    forward,
    relu,
    sigmoid,
)

# Short, and named as in the tasks: a reader compares them with the tasks' solutions.


def _shapes(
    dims: list[int],
    m: int,
    *,
    W: Callable[[int, int], Any] = lambda n, before: (n, before),
    b: Callable[[int, int], Any] = lambda n, m: (n, 1),
    Z: Callable[[int, int], Any] = lambda n, m: (n, m),
    first: int = 1,
    last: int = 0,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for l in range(first, len(dims) - last):
        n, before = dims[l], dims[l - 1]
        found |= {f"W{l}": W(n, before), f"b{l}": b(n, m), f"Z{l}": Z(n, m)}
    return found


def _entropy(share: float) -> float:
    return float(-share * np.log(share) - (1 - share) * np.log(1 - share))


def _dead(network: Network, X: Array, off: Callable[[Array], Any]) -> list[int]:
    done = forward(network, X)
    return [int(np.sum(off(done.Z[l]))) for l in range(1, network.L)]


def _step(
    network: Network,
    X: Array,
    Y: Array,
    weight: Array,
    alpha: float,
    *,
    sign: float = -1,
    start: Callable[..., Array] = d_logits,
) -> None:
    done = forward(network, X)
    dZ = start(Y, done.A[network.L], weight)
    network.theta += sign * alpha * backward(network, done, dZ)


def _two_steps(*given: Any) -> None:
    for _ in range(2):
        _step(*given)


def _step_beside(
    network: Network, X: Array, Y: Array, weight: Array, alpha: float
) -> None:
    network.theta = network.theta.copy()
    _step(network, X, Y, weight, alpha)


def _forward(
    W: Mapping[int, Array],
    b: Mapping[int, Array],
    X: Array,
    *,
    bend: Callable[[Array], Array] = relu,
    end: Callable[[Array], Array] = sigmoid,
    bias: float = 1,
) -> Array:
    A, L = X, len(W)
    for l in range(1, L + 1):
        Z = W[l] @ A + bias * b[l]
        A = bend(Z) if l < L else end(Z)
    return A


def _backward(
    network: Network,
    X: Array,
    Y: Array,
    weight: Array,
    *,
    start: Callable[[Array, Array, Array], Array] = d_logits,
    slope: Callable[[Pass, int], Any] = lambda done, l: done.Z[l] > 0,
    entering: Callable[[Pass, int], Array] = lambda done, l: done.A[l - 1],
    down: bool = True,
    scale: float = 1,
) -> dict[str, Array]:
    done, found = forward(network, X), {}
    dZ = scale * start(Y, done.A[network.L], weight) / X.shape[1]
    for l in sorted(network.W, reverse=down):
        found[f"dW{l}"] = dZ @ entering(done, l).T
        found[f"db{l}"] = dZ.sum(axis=1, keepdims=True)
        if l > 1:
            dZ = (network.W[l].T @ dZ) * slope(done, l - 1)
    return found


def _train(
    network: Network,
    X: Array,
    Y: Array,
    weight: Array,
    rng: np.random.Generator,
    epochs: int,
    batch_size: int,
    alpha: float,
    *,
    draw: str = "each epoch",
    along: tuple[int, ...] = (0, 1, 2),
    kept: bool = False,
    starts: Callable[[int, int], Any] = lambda m, size: range(0, m, size),
    cut: Callable[[int, int], slice] = lambda at, size: slice(at, at + size),
    step: Callable[..., None] = _step,
) -> None:
    """Shuffle of X, Y and weight those ``along``; ``kept`` for the next epoch too."""
    m, rows = X.shape[1], [X, Y, weight]
    order = rng.permutation(m) if draw == "once" else np.arange(m)
    for _ in range(epochs):
        if draw == "each epoch":
            order = rng.permutation(m)
        for at in starts(m, batch_size):
            if draw == "each batch":
                order = rng.permutation(m)
            part = cut(at, batch_size)
            batch = (
                x[:, order[part] if i in along else part] for i, x in enumerate(rows)
            )
            step(network, *batch, alpha)
        if kept:
            rows = [x[:, order] if i in along else x for i, x in enumerate(rows)]


def _train_anyhow(**slip: Any) -> tuple[Callable[..., None], ...]:
    """Make a mistake with the rows as they were given, and with the last epoch's."""
    return tuple(
        lambda *given, kept=kept: _train(*given, kept=kept, **slip)
        for kept in (False, True)
    )


def _roc(
    Y: Array,
    p: Array,
    *,
    ties: bool = False,
    start: bool = True,
    strict: bool = False,
    rising: bool = False,
    of: Callable[[Array, int], float] = lambda Y, y: np.sum(Y == y),
) -> tuple[Array, Array]:
    at = np.sort(p)[::-1] if ties else np.unique(p)[::-1]
    called = [(p > t if strict else p >= t) for t in at]
    if start:
        called = [np.zeros(p.shape, bool), *called]
    if rising:
        called = called[::-1]
    fpr, tpr = (
        np.array([np.sum(c & (Y == y)) for c in called]) / of(Y, y) for y in (0, 1)
    )
    return fpr, tpr


def _roc_by_rows(Y: Array, p: Array) -> tuple[Array, Array]:
    sorted_labels = Y[np.argsort(-p, kind="stable")]
    fpr, tpr = (
        np.append(0, np.cumsum(sorted_labels == y) / np.sum(Y == y)) for y in (0, 1)
    )
    return fpr, tpr


def _found(Y: Array, p: Array, r: float, count: Callable[[float], float]) -> float:
    of_positives = np.sort(p[Y == 1])[::-1]
    at = int(count(r * of_positives.size))
    return float(of_positives[at])


def _first(p: Array, enough: Callable[[float], Any]) -> float | None:
    return next((t for t in np.unique(p)[::-1] if enough(t)), None)


def _rates(recall: float, fpr: float, share: float) -> tuple[float, float, float]:
    return (
        recall,
        fpr,
        float(np.divide(share * recall, share * recall + (1 - share) * fpr)),
    )


def _odds(w: float, t: float, scale: float) -> float:
    odds = scale * t / (1 - t)
    return odds / (1 + odds)


def _in_class(Y: Array, w: float, y: int) -> Array:
    return np.where(Y == y, w, 1)


Ways = Callable[..., Any] | tuple[Callable[..., Any], ...]
#: By the name of a task's function: mistakes, by the words that name them.
MISTAKES: dict[str, dict[str, Ways]] = {
    "neuron": {
        "the bias b is left out": lambda x, w, b: sigmoid(w @ x),
        "the bias is subtracted: the minus of exp(-(w @ x + b)) is for the whole": (
            lambda x, w, b: sigmoid(w @ x - b)
        ),
        "the bias is added after the sigmoid": lambda x, w, b: sigmoid(w @ x) + b,
        "the sigmoid is left out: this is z": lambda x, w, b: w @ x + b,
        "the sign in the exponent: it is exp(-z)": lambda x, w, b: sigmoid(
            -(w @ x + b)
        ),
        "ReLU in place of the sigmoid": lambda x, w, b: relu(w @ x + b),
        "tanh in place of the sigmoid": lambda x, w, b: np.tanh(w @ x + b),
        "a pair of brackets: 1 / (1 + exp(-z)), not 1 / 1 + exp(-z)": (
            lambda x, w, b: 1 + np.exp(-(w @ x + b))
        ),
        "w * x is not summed: w @ x is one number": lambda x, w, b: sigmoid(w * x + b),
        "the weighted inputs are averaged, not summed": (
            lambda x, w, b: sigmoid(np.mean(w * x) + b)
        ),
        "the bias is added to each input's product, and summed with them": (
            lambda x, w, b: sigmoid(np.sum(w * x + b))
        ),
    },
    "shapes": {
        "W is transposed: rows are neurons, columns are inputs": (
            lambda dims, m: _shapes(dims, m, W=lambda n, before: (before, n))
        ),
        "Z is transposed: examples stand in columns": (
            lambda dims, m: _shapes(dims, m, Z=lambda n, m: (m, n))
        ),
        "b is a column, of shape (n, 1), so that it can be added to every example": (
            lambda dims, m: _shapes(dims, m, b=lambda n, m: (n,)),
            lambda dims, m: _shapes(dims, m, b=lambda n, m: (1, n)),
        ),
        "b does not depend on m: one bias serves all examples": (
            lambda dims, m: _shapes(dims, m, b=lambda n, m: (n, m))
        ),
        "Z has as many rows as its own layer has neurons": (
            lambda dims, m: (
                _shapes(dims, m)
                | {f"Z{l}": (dims[l - 1], m) for l in range(1, len(dims))}
            )
        ),
        "the last layer is missing: the loop ends too soon": (
            lambda dims, m: _shapes(dims, m, last=1)
        ),
        "the first layer with weights is missing: it is layer 1": (
            lambda dims, m: _shapes(dims, m, first=2)
        ),
        "only the first layer: does the function return inside the loop?": (
            lambda dims, m: _shapes(dims[:2], m)
        ),
        "only the last layer: is the dictionary made anew inside the loop?": (
            lambda dims, m: _shapes(dims, m, first=len(dims) - 1)
        ),
        "the input has no weights: layers are counted from 1": (
            lambda dims, m: _shapes(dims, m, first=0)
        ),
    },
    "safe_sigmoid": {
        "exp gets a large number, z or -z where positive; give np.exp -|z| alone": (
            lambda z: 1 / (1 + np.exp(-z))
        ),
        "the numerator: for negative z it is exp(z), not 1": (
            lambda z: 1 / (1 + np.exp(-np.abs(z)))
        ),
        "the numerator: for positive z it is 1, not exp(-z)": (
            lambda z: np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z)))
        ),
        "the two branches are swapped": lambda z: sigmoid(-z),
        "1 + tanh loses what is tiny: near -1, tanh has no digits left": (
            lambda z: (1 + np.tanh(z / 2)) / 2
        ),
        "1 - 1/(1 + exp(z)) loses what is tiny": (
            lambda z: np.where(z >= 0, sigmoid(z), 1 - sigmoid(-z))
        ),
        **{
            f"z is clipped at {most}, so all beyond it are alike": (
                lambda z, most=most: sigmoid(np.clip(z, -most, most))
            )
            for most in (10, 20, 30, 50, 100, 200, 250, 500, 700, 709)
        },
        "math.exp takes one number; np.exp takes an array": lambda z: math.exp(z),
    },
    "first_loss": {
        "the second is no other than the first: use the share of positives": (
            lambda Y: (np.log(2), np.log(2))
        ),
        "the negatives lose too: add -(1 - π) log(1 - π)": (
            lambda Y: (np.log(2), -Y.mean() * np.log(Y.mean()))
        ),
        "the positives lose too: add -π log π": (
            lambda Y: (np.log(2), -(1 - Y.mean()) * np.log(1 - Y.mean()))
        ),
        "a loss is not negative: -log ŷ": (lambda Y: (-np.log(2), -_entropy(Y.mean()))),
        "the sign of the second: -log, and not log": (
            lambda Y: (np.log(2), -_entropy(Y.mean()))
        ),
        "log to base 2: the loss is in nats, np.log": (
            lambda Y: (1.0, _entropy(Y.mean()) / np.log(2))
        ),
        "log to base 10: the loss is in nats, np.log": (
            lambda Y: (np.log10(2), _entropy(Y.mean()) / np.log(10))
        ),
        "summed over the rows, not averaged": (
            lambda Y: (Y.size * np.log(2), Y.size * _entropy(Y.mean()))
        ),
        "one half is the prediction; its loss is -log(1/2)": (
            lambda Y: (0.5, _entropy(Y.mean())),
            lambda Y: (0.5, Y.mean()),
        ),
        "π is the prediction; its loss is wanted, the mean over the rows": (
            lambda Y: (np.log(2), Y.mean())
        ),
        "the log-odds are the bias; the loss at that bias is wanted": (
            lambda Y: (np.log(2), np.log(Y.mean() / (1 - Y.mean())))
        ),
        "log π belongs to the positives, a share π of the rows: -π log π": (
            lambda Y: (
                np.log(2),
                -Y.mean() * np.log(1 - Y.mean()) - (1 - Y.mean()) * np.log(Y.mean()),
            )
        ),
        "-log(1/2) is lost by positives and by negatives: it is not halved": (
            lambda Y: (np.log(2) / 2, _entropy(Y.mean()))
        ),
        "the share is Y.mean(): len(Y) counts rows of the matrix, which is one": (
            lambda Y: (np.log(2), _entropy(Y.sum()))
        ),
        "the loss of a positive alone, -log π; what do negatives lose?": (
            lambda Y: (np.log(2), -np.log(Y.mean()))
        ),
        "a network that says one half has not lost nothing": (
            lambda Y: (0.0, _entropy(Y.mean()))
        ),
    },
    "he": {
        "multiplied by the variance: the standard deviation is its root": (
            lambda n_in, n_out, rng: rng.standard_normal((n_out, n_in)) * 2 / n_in
        ),
        "divided by the number of outputs: it is the inputs that are summed": (
            lambda n_in, n_out, rng: (
                rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_out)
            )
        ),
        "variance 1/n: ReLU throws half away, so it takes 2/n": (
            lambda n_in, n_out, rng: rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)
        ),
        "not scaled: variance 1": (
            lambda n_in, n_out, rng: rng.standard_normal((n_out, n_in))
        ),
        "Xavier's rule, 2/(inputs + outputs), not He's": (
            lambda n_in, n_out, rng: (
                rng.standard_normal((n_out, n_in)) * np.sqrt(2 / (n_in + n_out))
            )
        ),
        "the root is taken of 2 alone": (
            lambda n_in, n_out, rng: (
                rng.standard_normal((n_out, n_in)) * np.sqrt(2) / n_in
            )
        ),
        "the root is taken of n alone": (
            lambda n_in, n_out, rng: (
                rng.standard_normal((n_out, n_in)) * 2 / np.sqrt(n_in)
            )
        ),
        "multiplied where it should divide: sqrt(n/2)": (
            lambda n_in, n_out, rng: (
                rng.standard_normal((n_out, n_in)) * np.sqrt(n_in / 2)
            )
        ),
        "the habit of 0.01, whatever the number of inputs": (
            lambda n_in, n_out, rng: rng.standard_normal((n_out, n_in)) * 0.01
        ),
        "even between two limits, and not normal: standard_normal is wanted": (
            lambda n_in, n_out, rng: rng.random((n_out, n_in)) * np.sqrt(2 / n_in),
            *(
                lambda n_in, n_out, rng, most=most: (
                    rng.uniform(-1, 1, (n_out, n_in)) * np.sqrt(most / n_in)
                )
                for most in (2, 6)
            ),
        ),
    },
    "my_forward": {
        "ReLU is left out: without a bend, layers are one": (
            lambda W, b, X: _forward(W, b, X, bend=lambda Z: Z)
        ),
        "the sigmoid in hidden layers too: they take ReLU": (
            lambda W, b, X: _forward(W, b, X, bend=sigmoid)
        ),
        "ReLU in the last layer: it takes the sigmoid": (
            lambda W, b, X: _forward(W, b, X, end=relu)
        ),
        "ReLU before the last sigmoid: no prediction can be below one half": (
            lambda W, b, X: _forward(W, b, X, end=lambda Z: sigmoid(relu(Z)))
        ),
        "the last sigmoid is left out: these are logits": (
            lambda W, b, X: _forward(W, b, X, end=lambda Z: Z)
        ),
        "the biases are left out": lambda W, b, X: _forward(W, b, X, bias=0),
        "the biases are subtracted": lambda W, b, X: _forward(W, b, X, bias=-1),
        "only the first layer: does the function return inside the loop?": (
            lambda W, b, X: relu(W[1] @ X + b[1])
        ),
        "the last layer is missing: does the loop end, or return, too soon?": tuple(
            lambda W, b, X, end=end: _forward(
                {l: W[l] for l in range(1, len(W))}, b, X, end=end
            )
            for end in (relu, sigmoid, lambda Z: sigmoid(relu(Z)))
        ),
        "the sigmoid is taken twice at the end": (
            lambda W, b, X: sigmoid(_forward(W, b, X))
        ),
        "rounded, or a decision: a probability is wanted": (
            lambda W, b, X: np.round(_forward(W, b, X))
        ),
        "tanh in hidden layers: they take ReLU": (
            lambda W, b, X: _forward(W, b, X, bend=np.tanh)
        ),
    },
    "d_loss": {
        "the weight is on both classes: negatives keep weight 1": (
            lambda Y, Y_hat, w: w * (Y_hat - Y)
        ),
        "the weight is on the wrong class": (
            lambda Y, Y_hat, w: _in_class(Y, w, 0) * (Y_hat - Y)
        ),
        "the weight is left out": lambda Y, Y_hat, w: Y_hat - Y,
        "the negatives are left out: they keep weight 1, and not 0": (
            lambda Y, Y_hat, w: w * Y * (Y_hat - Y)
        ),
        "positives get w + 1 in place of w": (
            lambda Y, Y_hat, w: (w * Y + 1) * (Y_hat - Y)
        ),
        "divided by the weight, where it multiplies": (
            lambda Y, Y_hat, w: _in_class(Y, 1 / w, 1) * (Y_hat - Y)
        ),
        "the sign is lost: ŷ - y, and not its size": (
            lambda Y, Y_hat, w: _in_class(Y, w, 1) * np.abs(Y_hat - Y)
        ),
        "this is the loss; its derivative is wanted": (
            lambda Y, Y_hat, w: (
                -_in_class(Y, w, 1) * np.log(np.where(Y == 1, Y_hat, 1 - Y_hat))
            )
        ),
        "the weights are normalised: here they are w and 1": (
            lambda Y, Y_hat, w: (
                _in_class(Y, w, 1) / _in_class(Y, w, 1).mean() * (Y_hat - Y)
            )
        ),
        "y - ŷ in place of ŷ - y: the sign is turned round": (
            lambda Y, Y_hat, w: _in_class(Y, w, 1) * (Y - Y_hat)
        ),
        "this is dA, by the prediction; the sigmoid's slope ŷ(1 - ŷ) is missing": (
            lambda Y, Y_hat, w: _in_class(Y, w, 1) * (Y_hat - Y) / (Y_hat * (1 - Y_hat))
        ),
        "ŷ(1 - ŷ) is multiplied in once too often; it has cancelled": (
            lambda Y, Y_hat, w: _in_class(Y, w, 1) * (Y_hat - Y) * Y_hat * (1 - Y_hat)
        ),
        "divided by m here: dZ is of each example, the mean comes with dW": (
            lambda Y, Y_hat, w: _in_class(Y, w, 1) * (Y_hat - Y) / Y.size
        ),
        "the mean over the examples: dZ keeps one entry for each": (
            lambda Y, Y_hat, w: np.mean(_in_class(Y, w, 1) * (Y_hat - Y))
        ),
        "w multiplies the label: c ŷ - w y is not c (ŷ - y)": (
            lambda Y, Y_hat, w: Y_hat - w * Y
        ),
        "the weight is added, where it multiplies": (
            lambda Y, Y_hat, w: np.where(Y == 1, w, 0) + Y_hat - Y
        ),
        "it goes by dA, which is 0/0 where a right prediction is sure": (
            lambda Y, Y_hat, w: (
                np.where(Y == 1, w, 1)
                * ((Y_hat - Y) / (Y_hat * (1 - Y_hat)))
                * (Y_hat * (1 - Y_hat))
            )
        ),
        "the squared loss, and not cross-entropy": (
            lambda Y, Y_hat, w: 2 * _in_class(Y, w, 1) * (Y_hat - Y)
        ),
    },
    "through_relu": {
        "dA passes where Z is zero: the slope there is to be zero, so Z > 0, not >=": (
            lambda dA, Z: dA * (Z >= 0)
        ),
        "dA may be negative: the slope goes by the sign of Z, not of dA": (
            lambda dA, Z: relu(dA),
            lambda dA, Z: relu(dA) * (Z > 0),
        ),
        "the derivative of ReLU is forgotten, or asks A >= 0, which holds everywhere": (
            lambda dA, Z: dA
        ),
        "this is ReLU itself, and not its slope: Z > 0 is 1 or 0": (
            lambda dA, Z: dA * relu(Z)
        ),
        "it passes where Z is negative: the other way round": (
            lambda dA, Z: dA * (Z < 0)
        ),
        "dA is left out: this is the slope alone": lambda dA, Z: (Z > 0).astype(float),
        "this is ReLU of Z: backwards, dA is multiplied by its slope": (
            lambda dA, Z: relu(Z)
        ),
        "the slope of the sigmoid, not of ReLU": (
            lambda dA, Z: dA * sigmoid(Z) * (1 - sigmoid(Z))
        ),
        "where Z is not positive, -dA: it is 0": (
            lambda dA, Z: np.where(Z > 0, dA, -dA)
        ),
        "multiplied as matrices: each entry has its own slope, so *": (
            lambda dA, Z: dA @ (Z > 0).T
        ),
        "a slope of one half at zero; here it is to be zero": (
            lambda dA, Z: dA * np.where(Z == 0, 0.5, Z > 0)
        ),
    },
    "layer_gradient": {
        "dW is summed and not averaged: 1/m is missing": (
            lambda dZ, A: (dZ @ A.T, dZ.mean(axis=1, keepdims=True))
        ),
        "db is summed and not averaged: 1/m is missing": (
            lambda dZ, A: (dZ @ A.T / dZ.shape[1], dZ.sum(axis=1, keepdims=True))
        ),
        "both are summed and not averaged: 1/m is missing": (
            lambda dZ, A: (dZ @ A.T, dZ.sum(axis=1, keepdims=True))
        ),
        "dW is transposed: dZ @ A.T has the shape of W": (
            lambda dZ, A: (A @ dZ.T / dZ.shape[1], dZ.mean(axis=1, keepdims=True))
        ),
        "db has lost an axis: keepdims=True keeps the column": (
            lambda dZ, A: (dZ @ A.T / dZ.shape[1], dZ.mean(axis=1))
        ),
        "db is one number: each neuron has its own, so sum along axis=1": (
            lambda dZ, A: (dZ @ A.T / dZ.shape[1], dZ.mean()),
            lambda dZ, A: (dZ @ A.T / dZ.shape[1], dZ.sum() / dZ.shape[1]),
            lambda dZ, A: (
                dZ @ A.T / dZ.shape[1],
                dZ.sum(keepdims=True) / dZ.shape[1],
            ),
        ),
        "db has an entry for each example: sum over the examples": (
            lambda dZ, A: (dZ @ A.T / dZ.shape[1], dZ),
            lambda dZ, A: (dZ @ A.T / dZ.shape[1], dZ / dZ.shape[1]),
        ),
        "db sums over neurons: examples are columns, so axis=1": (
            lambda dZ, A: (
                dZ @ A.T / dZ.shape[1],
                dZ.sum(axis=0, keepdims=True) / dZ.shape[1],
            )
        ),
        "divided by the number of neurons: m counts the columns, dZ.shape[1]": (
            lambda dZ, A: (dZ @ A.T / len(dZ), dZ.sum(axis=1, keepdims=True) / len(dZ))
        ),
        "divided by the number of entries: m counts the columns, dZ.shape[1]": (
            lambda dZ, A: (dZ @ A.T / dZ.size, dZ.sum(axis=1, keepdims=True) / dZ.size)
        ),
        "divided by the number of inputs: m counts the columns": (
            lambda dZ, A: (dZ @ A.T / len(A), dZ.sum(axis=1, keepdims=True) / len(A))
        ),
        "the sign: the step subtracts, the gradient does not": (
            lambda dZ, A: (
                -dZ @ A.T / dZ.shape[1],
                -dZ.mean(axis=1, keepdims=True),
            )
        ),
        "A is not transposed, so the shapes do not fit": lambda dZ, A: dZ @ A,
        "dZ * A multiplies entry by entry: dW adds over examples, dZ @ A.T": (
            lambda dZ, A: (dZ * A / dZ.shape[1], dZ.mean(axis=1, keepdims=True))
        ),
    },
    "transposed": {
        "a square layer: the shape is right and every entry is in the wrong place": (
            lambda n, before: "broadcasts" if 1 in (n, before) else "raises"
        ),
        "NumPy stretches a length of 1, on either side, without a word": (
            lambda n, before: (
                "trains wrongly"
                if n == before
                else ("broadcasts" if n == 1 else "raises")
            ),
            lambda n, before: (
                "trains wrongly"
                if n == before
                else ("broadcasts" if before == 1 else "raises")
            ),
            lambda n, before: "trains wrongly" if n == before else "raises",
            lambda n, before: "raises",
        ),
        "NumPy stretches a length of 1, and no other": (
            lambda n, before: "trains wrongly" if n == before else "broadcasts",
            lambda n, before: "broadcasts",
        ),
        "only a square W takes a square dW in its place": (
            lambda n, before: (
                "trains wrongly" if 1 in (n, before) or n == before else "raises"
            )
        ),
        "it depends on the shape: does it always fit?": (
            lambda n, before: "trains wrongly"
        ),
    },
    "my_backward": {
        "summed and not averaged: 1/m is missing": (
            lambda network, X, Y, weight: _backward(
                network, X, Y, weight, scale=X.shape[1]
            )
        ),
        "divided by m twice": (
            lambda network, X, Y, weight: _backward(
                network, X, Y, weight, scale=1 / X.shape[1]
            )
        ),
        "the class weight is left out": (
            lambda network, X, Y, weight: _backward(network, X, Y, np.ones_like(Y))
        ),
        "the sign: dZ starts as ŷ - y": (
            lambda network, X, Y, weight: _backward(network, X, Y, weight, scale=-1)
        ),
        "ReLU's slope is forgotten on the way down, or asks A >= 0, always true": (
            lambda *given: _backward(*given, slope=lambda done, l: 1)
        ),
        "ReLU's slope at zero is to be zero: Z > 0, not >=": (
            lambda *given: _backward(*given, slope=lambda done, l: done.Z[l] >= 0)
        ),
        "ReLU itself where its slope belongs": (
            lambda *given: _backward(*given, slope=lambda done, l: done.A[l])
        ),
        "the slope is taken at the Z of the layer above": (
            lambda *given: _backward(*given, slope=lambda done, l: done.Z[l + 1] > 0)
        ),
        "the slope of the sigmoid in hidden layers: they have ReLU": (
            lambda *given: _backward(
                *given, slope=lambda done, l: sigmoid(done.Z[l]) * sigmoid(-done.Z[l])
            ),
            lambda *given: _backward(
                *given, slope=lambda done, l: done.A[l] * (1 - done.A[l])
            ),
        ),
        "the sigmoid's slope is multiplied in at the start: it has cancelled": (
            lambda *given: _backward(
                *given, start=lambda Y, A, c: d_logits(Y, A, c) * A * (1 - A)
            )
        ),
        "it starts from logits Z, where predictions A belong": (
            lambda network, X, Y, weight: _backward(
                network,
                X,
                Y,
                weight,
                start=lambda Y, A, c: c * (np.log(A / (1 - A)) - Y),
            )
        ),
        "the weights are normalised: the mean is over the m rows": (
            lambda network, X, Y, weight: _backward(
                network, X, Y, weight / weight.mean()
            )
        ),
        "from the first layer up: begin with the last": (
            lambda *given: _backward(*given, down=False)
        ),
        "dW uses Z of the layer before; it is A, after ReLU": (
            lambda *given: _backward(
                *given, entering=lambda done, l: (done.Z | {0: done.A[0]})[l - 1]
            )
        ),
        "dW uses A of its own layer; it is that of the layer before": (
            lambda *given: _backward(*given, entering=lambda done, l: done.A[l])
        ),
        "dW is transposed": (
            lambda network, X, Y, weight: {
                name: a.T if name.startswith("dW") else a
                for name, a in _backward(network, X, Y, weight).items()
            }
        ),
        "db has lost an axis: keepdims=True keeps the column": (
            lambda network, X, Y, weight: {
                name: a[:, 0] if name.startswith("db") else a
                for name, a in _backward(network, X, Y, weight).items()
            }
        ),
        "db is summed and not averaged": (
            lambda network, X, Y, weight: {
                name: a * X.shape[1] if name.startswith("db") else a
                for name, a in _backward(network, X, Y, weight).items()
            }
        ),
        "the weight is on the wrong class": (
            lambda network, X, Y, weight: _backward(
                network,
                X,
                Y,
                np.where(Y == 1, 1, weight[Y == 1].max(initial=1)),
            )
        ),
    },
    "batches": {
        "one batch too many, where nothing remains": (
            lambda m, size: (m // size + 1, m - (-(-m // size) - 1) * size),
            lambda m, size: (m // size + 1, m % size),
        ),
        "the last batch is full where nothing remains, and not empty": (
            lambda m, size: (-(-m // size), m % size)
        ),
        "what remains is a batch too": (
            lambda m, size: (m // size, m % size),
            lambda m, size: (m // size, size),
            lambda m, size: (m // size, m - (m // size - 1) * size),
        ),
        "the last batch takes what remains": lambda m, size: (-(-m // size), size),
        "rounded to the nearest: a rest of any size is a batch": (
            lambda m, size: (round(m / size), m - (-(-m // size) - 1) * size)
        ),
        "a number of batches is whole: round up": (
            lambda m, size: (m / size, m - (-(-m // size) - 1) * size),
            lambda m, size: (m / size, m % size),
        ),
        "the full batches are one fewer: m - (number - 1) * batch_size remain": (
            lambda m, size: (-(-m // size), m - -(-m // size) * size)
        ),
        "with fewer rows than fit, the batch is no larger than the rows": (
            lambda m, size: (-(-m // size), m % size or size if m >= size else size)
        ),
    },
    "rate": {
        "with a single epoch it is 0/0: return first": (
            lambda epoch, epochs, first, last: (
                first + (last - first) * epoch / (epochs - 1)
            )
        ),
        "with a single epoch it is the first, not the last": (
            lambda epoch, epochs, first, last: (
                last
                if epochs == 1
                else first + (last - first) * epoch / max(epochs - 1, 1)
            )
        ),
        "divided by epochs: from the first to the last there are epochs - 1 steps": (
            lambda epoch, epochs, first, last: first + (last - first) * epoch / epochs
        ),
        "the first epoch is 0; this counts from 1": tuple(
            lambda epoch, epochs, first, last, before=before, steps=steps: (
                first + (last - first) * (epoch + before) / max(epochs - steps, 1)
            )
            for before, steps in ((1, 0), (1, 1), (-1, 0), (-1, 1))
        ),
        "it is a straight line, not a constant factor from epoch to epoch": (
            lambda epoch, epochs, first, last: (
                first * (last / first) ** (epoch / max(epochs - 1, 1))
            )
        ),
        "first and last are swapped": (
            lambda epoch, epochs, first, last: (
                last + (first - last) * epoch / max(epochs - 1, 1)
            )
        ),
        "it rises: the step goes from first to last, so last - first": (
            lambda epoch, epochs, first, last: (
                first + (first - last) * epoch / max(epochs - 1, 1)
            )
        ),
        "it stays at first": lambda epoch, epochs, first, last: first,
        "it goes to zero, and not to last": (
            lambda epoch, epochs, first, last: first * (1 - epoch / max(epochs - 1, 1))
        ),
        "first is left out: this is the change alone": (
            lambda epoch, epochs, first, last: (
                (last - first) * epoch / max(epochs - 1, 1)
            )
        ),
    },
    "step": {
        "network.theta = … puts another array in its place, and W and b stay behind": (
            _step_beside
        ),
        "it climbs: the gradient is subtracted, and d_logits takes Y first": (
            lambda *given: _step(*given, sign=1)
        ),
        "the class weight is left out": (
            lambda network, X, Y, weight, alpha: _step(
                network, X, Y, np.ones_like(Y), alpha
            )
        ),
        "alpha is left out": (
            lambda network, X, Y, weight, alpha: _step(network, X, Y, weight, 1)
        ),
        "backward has divided by m; this divides again": (
            lambda network, X, Y, weight, alpha: _step(
                network, X, Y, weight, alpha / X.shape[1]
            )
        ),
        "backward has divided by m; this takes it back": (
            lambda network, X, Y, weight, alpha: _step(
                network, X, Y, weight, alpha * X.shape[1]
            )
        ),
        "it started from logits Z, where d_logits takes predictions A": (
            lambda network, X, Y, weight, alpha: _step(
                network,
                X,
                Y,
                weight,
                alpha,
                start=lambda Y, A, c: d_logits(Y, forward(network, X).Z[network.L], c),
            )
        ),
        "the weight comes twice: d_logits has multiplied by it": (
            lambda network, X, Y, weight, alpha: _step(network, X, Y, weight**2, alpha)
        ),
        "the network has not changed: change network.theta in place": (
            lambda *given: None
        ),
        "two steps, and one was asked for": _two_steps,
    },
    "dead_units": {
        "Z = 0 counts as dead: exactly zero is not positive": (
            lambda network, X: _dead(network, X, lambda Z: ~(Z >= 0).any(axis=1))
        ),
        "a unit is a row of Z: look along axis=1": (
            lambda network, X: _dead(network, X, lambda Z: ~(Z > 0).any(axis=0))
        ),
        "a unit is dead when it is off for all rows, not for some": (
            lambda network, X: _dead(network, X, lambda Z: ~(Z > 0).all(axis=1))
        ),
        "A is never negative, so no unit is dead by A >= 0: ask Z > 0": (
            lambda network, X: [0] * (network.L - 1)
        ),
        "these are the units alive": (
            lambda network, X: _dead(network, X, lambda Z: (Z > 0).any(axis=1))
        ),
        "the last layer is not hidden: leave it out": (
            lambda network, X: [
                int(np.sum(~(Z > 0).any(axis=1)))
                for Z in forward(network, X).Z.values()
            ]
        ),
        "one number for each layer, not their sum": (
            lambda network, X: int(
                np.sum(_dead(network, X, lambda Z: ~(Z > 0).any(axis=1)))
            )
        ),
        "the entries of Z that are off: count units": (
            lambda network, X: _dead(network, X, lambda Z: Z <= 0)
        ),
        "only the first hidden layer: does the loop end too soon, or return inside?": (
            lambda network, X: _dead(network, X, lambda Z: ~(Z > 0).any(axis=1))[:1]
        ),
        "whether any, for each layer: how many are wanted": (
            lambda network, X: _dead(network, X, lambda Z: (~(Z > 0).any(axis=1)).any())
        ),
        "whether the whole layer is dead, 0 or 1: how many of its units are?": (
            lambda network, X: _dead(network, X, lambda Z: ~(Z > 0).any())
        ),
        "the first hidden layer is missing: it is layer 1": (
            lambda network, X: _dead(network, X, lambda Z: ~(Z > 0).any(axis=1))[1:]
        ),
        "a share, where a number is wanted": (
            lambda network, X: [
                float(np.mean(~(forward(network, X).Z[l] > 0).any(axis=1)))
                for l in range(1, network.L)
            ]
        ),
        "weights of zero are not what makes a unit dead: look at Z": (
            lambda network, X: [
                int(np.sum((network.W[l] == 0).all(axis=1)))
                for l in range(1, network.L)
            ]
        ),
        "the mean of Z can be negative while some rows are on": (
            lambda network, X: _dead(network, X, lambda Z: Z.mean(axis=1) <= 0)
        ),
    },
    "my_train": {
        "the rows are not shuffled": lambda *given: _train(*given, draw="never"),
        "shuffled once: draw a new order in each epoch": (
            lambda *given: _train(*given, draw="once")
        ),
        "a new order for each batch: draw one for the whole epoch": (
            lambda *given: _train(*given, draw="each batch"),
            lambda *given: _train(
                *given, draw="each batch", cut=lambda at, size: slice(size)
            ),
        ),
        "the last batch is left out: it takes what remains": _train_anyhow(
            starts=lambda m, size: range(0, m - m % size, size)
        ),
        "batches overlap: from one start to the next it is batch_size": (
            *_train_anyhow(starts=lambda m, size: range(m // size + 1)),
            *_train_anyhow(starts=lambda m, size: range(-(-m // size))),
            *_train_anyhow(starts=lambda m, size: range(m)),
        ),
        "the slice must end at start + batch_size": _train_anyhow(
            cut=lambda at, size: slice(at, size)
        ),
        "X is shuffled and the labels are not: rows and labels have parted": (
            _train_anyhow(along=(0,))
        ),
        "the labels are not picked along: Y[:, batch]": _train_anyhow(along=(0, 2)),
        "the weights are not picked along: weight[:, batch]": (
            *_train_anyhow(along=(0, 1)),
            lambda network, X, Y, weight, *rest: _train(
                network,
                X,
                Y,
                weight,
                *rest,
                step=lambda network, X, Y, _, alpha: _step(
                    network, X, Y, weight[:, : X.shape[1]], alpha
                ),
            ),
        ),
        "each step takes all rows: it is to take those of its batch": (
            lambda network, X, Y, weight, *rest: _train(
                network,
                X,
                Y,
                weight,
                *rest,
                step=lambda network, _X, _Y, _w, alpha: _step(
                    network, X, Y, weight, alpha
                ),
            )
        ),
        "the class weight is left out": (
            lambda network, X, Y, weight, *rest: _train(
                network, X, Y, np.ones_like(Y), *rest
            )
        ),
        "it climbs: the gradient is subtracted": (
            lambda *given: _train(*given, step=lambda *batch: _step(*batch, sign=1))
        ),
        "one step an epoch: there is one for each batch, inside its loop": (
            lambda network, X, Y, weight, rng, epochs, size, alpha: _train(
                network, X, Y, weight, rng, epochs, X.shape[1], alpha
            ),
            *_train_anyhow(starts=lambda m, size: range(0, m, size)[-1:]),
            *_train_anyhow(starts=lambda m, size: [0]),
        ),
        "one epoch only: is there a `return` inside the loop, or no loop?": (
            lambda network, X, Y, weight, rng, epochs, size, alpha: _train(
                network, X, Y, weight, rng, 1, size, alpha
            )
        ),
        "one step only: is there a `return` inside the loop?": (
            lambda network, X, Y, weight, rng, epochs, size, alpha: _train(
                network, X, Y, weight, rng, 1, size, alpha, starts=lambda m, size: [0]
            )
        ),
        **{
            f"an epoch too {words}": (
                lambda network, X, Y, weight, rng, epochs, size, alpha, more=more: (
                    _train(network, X, Y, weight, rng, epochs + more, size, alpha)
                )
            )
            for words, more in (("many", 1), ("few", -1))
        },
        "m counts the columns, X.shape[1]; len(X) are the inputs": (
            lambda network, X, Y, weight, *rest: _train(
                network, *(x[:, : len(X)] for x in (X, Y, weight)), *rest
            )
        ),
        "alpha is left out": (
            lambda network, X, Y, weight, rng, epochs, size, alpha: _train(
                network, X, Y, weight, rng, epochs, size, 1
            )
        ),
        "backward has divided by the batch's rows; this divides again": (
            lambda network, X, Y, weight, rng, epochs, size, alpha: _train(
                network, X, Y, weight, rng, epochs, size, alpha / size
            )
        ),
        "W and b stay behind: network.theta -= …, and not network.theta = …": (
            lambda *given: _train(*given, step=_step_beside)
        ),
        "the network has not changed": lambda *given: None,
    },
    "read_cdfs": {
        "F is the share below; what is called positive lies above: 1 - F": (
            lambda F_0, F_1, share: _rates(F_1, F_0, share)
        ),
        "the classes are swapped: recall comes from the positives, F_1": (
            lambda F_0, F_1, share: _rates(1 - F_0, 1 - F_1, share)
        ),
        "F_0 is the share of negatives below, and 1 - F_0 that above": (
            lambda F_0, F_1, share: _rates(1 - F_1, F_0, share),
            lambda F_0, F_1, share: (1 - F_1, F_0, _rates(1 - F_1, 1 - F_0, share)[2]),
        ),
        "precision: the classes are not equally frequent; weigh them with π": (
            lambda F_0, F_1, share: (
                1 - F_1,
                1 - F_0,
                (1 - F_1) / ((1 - F_1) + (1 - F_0)),
            )
        ),
        "recall and false positive rate stay inside their class: no π in them": (
            lambda F_0, F_1, share: (
                share * (1 - F_1),
                (1 - share) * (1 - F_0),
                _rates(1 - F_1, 1 - F_0, share)[2],
            )
        ),
        "the order: recall, false positive rate, precision": (
            lambda F_0, F_1, share: np.roll(_rates(1 - F_1, 1 - F_0, share), 1)
        ),
        "precision is of those above, 1 - F; this is of those below": (
            lambda F_0, F_1, share: (1 - F_1, 1 - F_0, _rates(F_1, F_0, share)[2])
        ),
        "precision: a pair of brackets is missing below the line": (
            lambda F_0, F_1, share: (
                1 - F_1,
                1 - F_0,
                (1 - F_1) ** 2 + (1 - share) * (1 - F_0),
            )
        ),
        "precision is not the share of positives": (
            lambda F_0, F_1, share: (1 - F_1, 1 - F_0, share)
        ),
        "precision: π is on the negatives": (
            lambda F_0, F_1, share: (*_rates(1 - F_1, 1 - F_0, 1 - share),)
        ),
        "precision: the share of those called among all is only its denominator": (
            lambda F_0, F_1, share: (
                1 - F_1,
                1 - F_0,
                share * (1 - F_1) + (1 - share) * (1 - F_0),
            )
        ),
        "precision: divide by all who are called": (
            lambda F_0, F_1, share: (1 - F_1, 1 - F_0, share * (1 - F_1))
        ),
        "precision is not 1 less the false positive rate: that divides by negatives": (
            lambda F_0, F_1, share: (1 - F_1, 1 - F_0, F_0)
        ),
        "precision is not recall: that divides by all positives": (
            lambda F_0, F_1, share: (1 - F_1, 1 - F_0, 1 - F_1)
        ),
    },
    "cost_threshold": {
        "the other way round: a dear miss lowers the threshold": (
            lambda miss, alarm: miss / (alarm + miss)
        ),
        "the quotient is of odds: t/(1 - t) = alarm/miss": (
            lambda miss, alarm: alarm / miss
        ),
        "the quotient is of odds, and turned round": lambda miss, alarm: miss / alarm,
        "costs do not matter here": lambda miss, alarm: 0.5,
        "the costs are to be compared, not subtracted": (
            lambda miss, alarm: (miss - alarm) / (miss + alarm)
        ),
        "1/(1 + miss) holds where an alarm costs 1": lambda miss, alarm: 1 / (1 + miss),
        "alarm/(1 + miss): the sum is of both costs": (
            lambda miss, alarm: alarm / (1 + miss)
        ),
        "half of it: the two expected costs are equal at t, not 2t": (
            lambda miss, alarm: alarm / (alarm + miss) / 2
        ),
        "a root: costs are not squared here": (
            lambda miss, alarm: math.sqrt(alarm / (alarm + miss))
        ),
        "squared costs": lambda miss, alarm: alarm**2 / (alarm**2 + miss**2),
    },
    "recall_threshold": {
        "rounded down: a share r must be reached, so round up": (
            lambda Y, p, r: _found(Y, p, r, lambda n: math.floor(n) - 1)
        ),
        "one positive more than is needed: index 0 is the first": (
            lambda Y, p, r: _found(Y, p, r, lambda n: math.ceil(n)),
            lambda Y, p, r: _found(Y, p, r, math.floor),
            lambda Y, p, r: np.quantile(p[Y == 1], 1 - r, method="lower"),
        ),
        "sorted from the lowest: the highest come first": (
            lambda Y, p, r: np.sort(p[Y == 1])[math.ceil(r * np.sum(Y == 1)) - 1]
        ),
        "strict: a row at the threshold is called, p >= t": (
            lambda Y, p, r: _first(p, lambda t: np.mean(p[Y == 1] > t) >= r)
        ),
        "the lowest threshold that reaches r; the highest is wanted": (
            lambda Y, p, r: p.min()
        ),
        "not sorted: the highest come first": (
            lambda Y, p, r: p[Y == 1][math.ceil(r * np.sum(Y == 1)) - 1]
        ),
        "of all rows, and not of the positives": (
            lambda Y, p, r: np.sort(p)[::-1][math.ceil(r * p.size) - 1],
            lambda Y, p, r: np.sort(p)[math.ceil(r * p.size) - 1],
            lambda Y, p, r: np.quantile(p, 1 - r),
            lambda Y, p, r: np.quantile(p, r),
        ),
        "all positives are found: a share r of them is enough, not of all rows": (
            lambda Y, p, r: _first(p, lambda t: np.sum(p[Y == 1] >= t) / Y.size >= r),
            lambda Y, p, r: p[Y == 1].min(),
        ),
        "this reaches a precision of r; it is to be a recall": (
            lambda Y, p, r: _first(p, lambda t: np.mean(Y[p >= t]) >= r)
        ),
        "of the negatives": (
            lambda Y, p, r: np.sort(p[Y == 0])[::-1][math.ceil(r * np.sum(Y == 0)) - 1]
        ),
        "a quantile of the positives from below: it is 1 - r": (
            lambda Y, p, r: np.quantile(p[Y == 1], r)
        ),
        "rounded to the nearest: a share r must be reached, so round up": (
            lambda Y, p, r: _found(Y, p, r, lambda n: round(n) - 1)
        ),
        "np.quantile goes between two predictions, and counts them in another way": (
            lambda Y, p, r: np.quantile(p[Y == 1], 1 - r),
            lambda Y, p, r: np.quantile(p[Y == 1], 1 - r, method="higher"),
        ),
        "r is a share of the positives, and not a threshold": lambda Y, p, r: r,
        "1 - r is no threshold": lambda Y, p, r: 1 - r,
    },
    "without_weight": {
        "the odds of t are multiplied by w, where they must be divided": (
            lambda w, t: _odds(w, t, w)
        ),
        "t is left out: 1/(1 + w) holds for t = 1/2": lambda w, t: 1 / (1 + w),
        "the threshold is divided, where its odds must be": lambda w, t: t / w,
        "the threshold is multiplied, where its odds must be divided": (
            lambda w, t: t * w
        ),
        "these are odds: go back by odds/(1 + odds)": lambda w, t: t / (1 - t) / w,
        "the weight is left out": lambda w, t: t,
        "odds/(1 + odds), and not odds/(1 - odds)": (
            lambda w, t: t / (1 - t) / w / (1 - t / (1 - t) / w)
        ),
        "the threshold is divided, where its odds must be; and these are odds": (
            lambda w, t: t / w / (1 - t / w)
        ),
        "odds are t/(1 - t), and not (1 - t)/t": (
            lambda w, t: (1 - t) / t / w / (1 + (1 - t) / t / w)
        ),
        "the other class: this is 1 minus what is wanted": (
            lambda w, t: 1 - _odds(w, t, 1 / w)
        ),
        "the root of the weight": lambda w, t: _odds(w, t, w**-0.5),
        "divided by 1 + w: the odds are divided by w": (
            lambda w, t: _odds(w, t, 1 / (1 + w))
        ),
        "w/(1 + w) is where one half goes the other way": lambda w, t: w / (1 + w),
    },
    "roc": {
        "rates are swapped: the false positive rate comes first": (
            lambda Y, p: _roc(Y, p)[::-1]
        ),
        "the false positive rate is of negatives; this is the recall twice": (
            lambda Y, p: (_roc(Y, p)[1],) * 2
        ),
        "the recall is of positives; this is the false positive rate twice": (
            lambda Y, p: (_roc(Y, p)[0],) * 2
        ),
        "equal predictions are one threshold, so one point: use np.unique": (
            lambda Y, p: _roc(Y, p, ties=True)
        ),
        "a point for each row: equal predictions are one threshold, so one point": (
            _roc_by_rows
        ),
        "the curve starts at (0, 0), where nobody is called": (
            lambda Y, p: _roc(Y, p, start=False)
        ),
        "strict: a row at the threshold is called, p >= t": (
            lambda Y, p: _roc(Y, p, strict=True)
        ),
        "the lowest threshold first: start with the highest": (
            lambda Y, p: _roc(Y, p, rising=True),
            lambda Y, p: tuple(np.append(0, rate[:0:-1]) for rate in _roc(Y, p)),
        ),
        "these are counts: divide by the rows of the class": (
            lambda Y, p: _roc(Y, p, of=lambda Y, y: 1)
        ),
        "divided by all rows: each rate has its own class below the line": (
            lambda Y, p: _roc(Y, p, of=lambda Y, y: Y.size)
        ),
        "each count is divided by the other class": (
            lambda Y, p: _roc(Y, p, of=lambda Y, y: np.sum(Y != y))
        ),
        "the ends: both (0, 0) and (1, 1) belong to the curve": (
            lambda Y, p: tuple(rate[1:-1] for rate in _roc(Y, p))
        ),
        "the end: (1, 1), where everybody is called, belongs to it": (
            lambda Y, p: tuple(rate[:-1] for rate in _roc(Y, p))
        ),
        "these are the shares below the threshold: 1 minus what is wanted": (
            lambda Y, p: tuple(1 - rate for rate in _roc(Y, p))
        ),
        "a pair for each threshold; two lists are wanted": (
            lambda Y, p: list(zip(*_roc(Y, p), strict=True))
        ),
        "the false positive rate is of the negatives; this is of those called": (
            lambda Y, p: (
                np.append(0, [np.mean(Y[p >= t] == 0) for t in np.unique(p)[::-1]]),
                _roc(Y, p)[1],
            )
        ),
        "precision, where the false positive rate is wanted": (
            lambda Y, p: (
                np.append(
                    0,
                    np.array([np.mean(Y[p >= t] == 1) for t in np.unique(p)[::-1]]),
                ),
                _roc(Y, p)[1],
            )
        ),
    },
}
