"""Mini-batch gradient descent with a learning rate that falls linearly (section 7)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lopsided.lesson.loss import d_logits, logistic_loss
from lopsided.lesson.network import Array, Network, backward, forward


class DivergenceError(ArithmeticError):
    """The loss stopped being a finite number."""


@dataclass
class History:
    """What training met, one entry an epoch.

    Each loss is the mean over the epoch's examples, each measured as its batch came,
    just before that batch's update: it costs no extra pass over the data.

    Attributes
    ----------
    objective : list of float
        What was descended: weighted cross-entropy, plus the ``l2`` penalty as it was
        when the epoch began.
    cross_entropy : list of float
        The same predictions' plain cross-entropy, which section 4 shows.
    learning_rate : list of float
    """

    objective: list[float] = field(default_factory=list)
    cross_entropy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)


def learning_rate(epoch: int, epochs: int, initial: float, final: float) -> float:
    """Give the rate α of one epoch: a straight line from ``initial`` to ``final``.

    Parameters
    ----------
    epoch : int
        0 for the first, ``epochs - 1`` for the last.
    epochs : int
        With a single epoch, the rate is ``initial``.
    initial, final : float
    """
    if epochs == 1:
        return initial
    done = epoch / (epochs - 1)
    return initial * (1 - done) + final * done


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

    Parameters
    ----------
    network : Network
        Updated in place: ``theta := theta - alpha * gradient``.
    examples : array, shape (m, n_0)
        One example a *row*, so that gathering a batch reads whole rows of memory.
    labels : array, shape (m, 2)
        Each example's label and class weight.
    order : array of int, shape (m,)
        The order in which to meet the examples.
    batch_size : int
        The last batch holds what remains.
    alpha : float
        Learning rate.
    decay : array, shape (n_parameters,), or None
        Added to the gradient as ``decay * theta``: l2 for weights, 0 for biases.
    logits : array, shape (m,)
        Receives each example's logit, as it was when its batch came.
    """
    m, L = len(order), network.L
    for start in range(0, m, batch_size):
        batch = order[start : start + batch_size]
        Y, weight = labels[batch].T[:, None]  # each (1, batch)
        passed = forward(network, examples[batch].T)  # (n_0, batch)
        logits[batch] = passed.Z[L]
        gradient = backward(network, passed, d_logits(Y, passed.A[L], weight))
        if decay is not None:
            gradient += decay * network.theta
        network.theta -= alpha * gradient


def train(
    network: Network,
    X: Array,
    Y: Array,
    weight: Array,
    rng: np.random.Generator,
    *,
    epochs: int = 400,
    batch_size: int = 200,
    initial_learning_rate: float = 0.01,
    final_learning_rate: float = 1e-5,
    l2: float = 0.0,
    on_epoch: Callable[[int, History], None] | None = None,
    run_epoch: Callable[..., None] = run_epoch,
) -> History:
    """Train a network by plain mini-batch gradient descent.

    Parameters
    ----------
    network : Network
        Trained in place.
    X : array, shape (n_0, m)
    Y, weight : array, shape (1, m)
        Labels, and each example's weight from `loss.class_weights`.
    rng : numpy.random.Generator
        Shuffles the examples anew for each epoch.
    epochs, batch_size : int
    initial_learning_rate, final_learning_rate : float
        Of the first and the last epoch.
    l2 : float
        Adds (l2 / 2) x the sum of squared weights, biases excluded, to the objective.
    on_epoch : callable, optional
        Called with the epoch's number and the history after each epoch.
    run_epoch : callable
        The engine: `run_epoch` of this module, or a twin of it.

    Returns
    -------
    History

    Raises
    ------
    DivergenceError
        As soon as an epoch's loss is not finite.
    """
    dtype = network.theta.dtype
    examples = np.ascontiguousarray(X.T, dtype)
    labels = np.vstack([Y, weight]).T.astype(dtype, order="C")
    logits = np.empty(len(examples), dtype)
    decay = Network(network.layer_dims, np.full_like(network.theta, l2), dtype)
    for b in decay.b.values():
        b[:] = 0
    history = History()
    for epoch in range(epochs):
        alpha = learning_rate(epoch, epochs, initial_learning_rate, final_learning_rate)
        order = rng.permutation(len(examples))
        with np.errstate(over="ignore", invalid="ignore"):  # told below, in words
            penalty = 0.5 * np.sum(decay.theta * network.theta**2)
            run_epoch(
                network,
                examples,
                labels,
                order,
                batch_size,
                alpha,
                decay.theta if l2 else None,
                logits,
            )
            losses = logistic_loss(logits, labels[:, 0])
            weighted = float(np.mean(labels[:, 1] * losses) + penalty)
        if not np.isfinite(weighted) or not np.isfinite(network.theta).all():
            raise DivergenceError(
                f"training diverged in epoch {epoch + 1}: the loss is {weighted:.3g}; "
                f"lower initial_learning_rate (it is {initial_learning_rate:g}) or the "
                "weight"
            )
        history.objective.append(weighted)
        history.cross_entropy.append(float(np.mean(losses)))
        history.learning_rate.append(alpha)
        if on_epoch:
            on_epoch(epoch, history)
    return history
