# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Practise training
#
# **You will** count batches, let a learning rate fall, take a step, learn twelve rows by
# heart and look for dead units. In the end, you write the whole of training, and watch a
# surface rise.
#
# **You need** lesson 3, *Train the network*. About 60 minutes.
#
# **How it works.** Where a cell says `YOUR CODE HERE`, delete the line that raises
# `NotImplementedError` and write your answer. The cell below it tests the answer. If it
# shows no error, the answer passes so far; there are more tests when it is graded. If it
# fails, the last lines of the error show what you gave, what was wanted, and a likely
# cause. The last task is a question. Write a few sentences; a person reads them.
#
# Before you hand in: restart the kernel and run all cells.

# %%
import numpy as np

from lopsided.lesson import toy
from lopsided.lesson.loss import class_weights, d_logits, objective
from lopsided.lesson.network import (
    Network,
    backward,
    forward,
    initialise,
    predict_proba,
)
from lopsided.lesson.training import learning_rate, train
from lopsided.report.display import show
from lopsided.report.feedback import check, compare, defined, without
from lopsided.report.plane_figures import surfaces
from lopsided.report.words import OneOf

# %% [markdown]
# ## 1. Count the batches
#
# One epoch goes through `m` rows in batches of `batch_size`. The last batch takes what
# remains. How many batches are there, and how large is the last?
#
# *Hint.* What if nothing remains? What if there are fewer rows than fit in a batch?


# %% tags=["answer:batches"]
def batches(m, batch_size):
    """Return (number of batches, size of the last one)."""
    ### BEGIN SOLUTION
    number = -(-m // batch_size)
    return number, m - (number - 1) * batch_size
    ### END SOLUTION


# %% tags=["test:batches:2"]
check(batches, 11, 4, wanted=(3, 3))
check(batches, 88_421, 200, wanted=(443, 21), note="the report's training rows")
### BEGIN HIDDEN TESTS
for m, size in ((12, 4), (3, 200), (200, 200), (201, 200), (7, 1)):
    cut = [range(m)[start : start + size] for start in range(0, m, size)]
    check(batches, m, size, wanted=(len(cut), len(cut[-1])))
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Let the learning rate fall
#
# Give the rate of epoch $e = 0, \dots, E - 1$ on the straight line from `first` to `last`.
# With a single epoch, it is `first`.
#
# *Hint.* Between $E$ epochs lie $E - 1$ steps, all of one length.


# %% tags=["answer:rate"]
def rate(epoch, epochs, first, last):
    """Return the learning rate of one epoch."""
    ### BEGIN SOLUTION
    if epochs == 1:
        return first
    return first + (last - first) * epoch / (epochs - 1)
    ### END SOLUTION


# %% tags=["test:rate:2"]
check(rate, 2, 9, 0.9, 0.1, wanted=0.7, note="after two of eight steps")
check(rate, 0, 400, 0.01, 1e-5, wanted=0.01, note="the first epoch")
check(rate, 399, 400, 0.01, 1e-5, wanted=1e-5, note="the last epoch")
### BEGIN HIDDEN TESTS
check(rate, 0, 1, 0.5, 0.1, wanted=0.5, note="a single epoch has the first rate")
for epochs in (2, 3, 50):
    for epoch in range(epochs):
        expected = learning_rate(epoch, epochs, 0.3, 0.02)
        check(rate, epoch, epochs, 0.3, 0.02, wanted=expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Take a step
#
# Update a network once: forward, derivative at the logits, backward, and a step of size
# `alpha` against the gradient. Change `network.theta` in place.
#
# *Hint.* `network.theta = ...` would put another array in its place, and the network's
# `W` and `b` would not follow. `network.theta -= ...` changes the array itself.


# %% tags=["answer:step"]
def step(network, X, Y, weight, alpha):
    """Update the network in place, on one batch."""
    ### BEGIN SOLUTION
    done = forward(network, X)
    dZ = d_logits(Y, done.A[network.L], weight)
    network.theta -= alpha * backward(network, done, dZ)
    ### END SOLUTION


# %% tags=["test:step:3"]
def some_rows(seed):
    """Make a network and rows, and let `train` take one step on them."""
    rng = np.random.default_rng(seed)
    Y = (rng.random((1, 30)) < 0.3).astype(float)
    network, X = initialise([4, 5, 1], rng), rng.normal(size=(4, 30))
    weight, then = class_weights(Y, "positive", 3), Network([4, 5, 1], network.theta)
    plan = {"epochs": 1, "batch_size": 30, "initial_learning_rate": 0.07}
    train(then, X, Y, weight, rng, **plan)
    return (network, X, Y, weight, 0.07), then


def parameters(returned, network, *_):
    return {"network.theta": network.theta, "network.W[1]": network.W[1]}


rows, then = some_rows(0)
check(step, *rows, wanted=parameters(None, then), look=parameters)
### BEGIN HIDDEN TESTS
for seed in (1, 2):
    rows, then = some_rows(seed)
    check(step, *rows, wanted=parameters(None, then), look=parameters)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Learn twelve rows by heart
#
# Here are twelve rows. No straight line tells their classes apart. Make a network called
# `memory` and train it until its loss on these rows is below 0.05. Choose layers,
# learning rates and epochs yourself. It should take seconds.
#
# *Hint.* If the loss stays high, is the network wide enough, and the rate high enough? If
# training stops with an error, or the loss ends above where it began, is the rate too high?

# %%
rng = np.random.default_rng(7)
X_few = rng.uniform(-1, 1, (2, 12))
Y_few = (X_few[:1] * X_few[1:] > 0).astype(float)
alike = np.ones_like(Y_few)  # every row has weight one

# %% tags=["answer:overfit"]
### BEGIN SOLUTION
memory = initialise([2, 30, 30, 1], rng)
rates = {"initial_learning_rate": 0.1, "final_learning_rate": 0.02}
train(memory, X_few, Y_few, alike, rng, epochs=3000, **rates)
### END SOLUTION

# %% tags=["test:overfit:2"]
in_place = "train changes a network in place, and gives back its history"
defined(globals(), in_place, memory="a Network")
inputs = memory.layer_dims[0]
compare(inputs, 2, "the inputs of memory", note="each row of X_few is an input")


def loss_on(X, Y):
    return objective(forward(memory, X).Z[memory.L], Y)


reached = loss_on(X_few, Y_few)
done = forward(memory, X_few)
alive = [np.mean(np.any(done.A[l] > 0, axis=1)) for l in range(1, memory.L)]
advice = (
    "most units of a layer are dead: a rate was too high"
    if min(alive, default=1) < 0.5
    else "it has learned little: is there a hidden layer, is the network wide enough, are "
    "the rates high enough, and the epochs many?"
    if reached > 0.5
    else "it is on the way: more epochs, or a higher rate at the end"
)
assert reached < 0.05, f"the loss is {reached:.3f}; get below 0.05. Likely: {advice}"
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(7)
X_again = rng.uniform(-1, 1, (2, 12))
Y_again = (X_again[:1] * X_again[1:] > 0).astype(float)
reached = loss_on(X_again, Y_again)
advice = "train on X_few and Y_few as they were given"
assert reached < 0.05, f"the loss on them is {reached:.3f}. Likely: {advice}"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Count the dead units
#
# A hidden unit is dead on some rows when its $Z$ is not positive for any of them. Return a
# list with the number of dead units in each hidden layer.
#
# *Hint.* `forward(network, X).Z[l]` has a row for each unit. The last layer is not hidden.


# %% tags=["answer:dead"]
def dead_units(network, X):
    """Return [dead in layer 1, dead in layer 2, ...], hidden layers only."""
    ### BEGIN SOLUTION
    done = forward(network, X)
    return [int(np.sum(~(done.Z[l] > 0).any(axis=1))) for l in range(1, network.L)]
    ### END SOLUTION


# %% tags=["test:dead:3"]
X = np.random.default_rng(0).normal(size=(3, 50))
network = initialise([3, 5, 4, 1], np.random.default_rng(3))
network.b[1][:2], network.b[2][:] = -99, -999
network.W[1][2], network.b[1][2] = 0, 1  # it has no weights, and is always on
biased = "two biases of layer 1 are -99, and all of layer 2 are -999"
check(dead_units, network, X, wanted=[2, 4], note=biased)
network.b[1][:2], network.b[2][:] = 0, 99
check(dead_units, network, X, wanted=[0, 0], note="each unit is on for some row")
### BEGIN HIDDEN TESTS
silent = Network([3, 4, 1])
check(dead_units, silent, X, wanted=[4], note="exactly zero is not positive")
check(dead_units, Network([3, 1]), X, wanted=[], note="no layer is hidden")
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Write the training, and watch it
#
# Put it together. In each epoch, draw a new order of the rows by `rng.permutation(m)`, and
# go through them in batches: the order is a list of columns, and a batch is the next
# `batch_size` of it. For each batch, take one step of size `alpha`. You may call your own
# `step`. Do not call `train`.
#
# When your answer passes, a picture shows the toy world after 5, 50 and 300 epochs of your
# training.
#
# *Hint.* `X[:, batch]` picks columns by a list of numbers. What else must be picked along?


# %% tags=["answer:my_train"]
def my_train(network, X, Y, weight, rng, epochs, batch_size, alpha):
    """Train the network in place."""
    ### BEGIN SOLUTION
    m = X.shape[1]
    for _ in range(epochs):
        order = rng.permutation(m)
        for start in range(0, m, batch_size):
            batch = order[start : start + batch_size]
            done = forward(network, X[:, batch])
            dZ = d_logits(Y[:, batch], done.A[network.L], weight[:, batch])
            network.theta -= alpha * backward(network, done, dZ)
    ### END SOLUTION


# %% tags=["test:my_train:4"]
def toy_rows(m):
    """Give what `my_train` takes: a network, rows of the toy world, and a generator."""
    rng = np.random.default_rng(m)
    X, Y = toy.points(rng, m)
    return initialise([2, 4, 1], rng), X, Y, class_weights(Y, "positive", 3), rng


class Onwards:
    """Shuffle what the last epoch left, which is as good as shuffling what was given."""

    def __init__(self, rng):
        self.rng, self.order = rng, None

    def permutation(self, m):
        new = self.rng.permutation(m)
        self.order = new if self.order is None else self.order[new]
        return self.order


def trained(m, epochs, batch_size, order):
    """Give the parameters after training by `train`."""
    *rows, rng = toy_rows(m)
    rates = dict.fromkeys(("initial_learning_rate", "final_learning_rate"), 0.2)
    train(*rows, order(rng), epochs=epochs, batch_size=batch_size, **rates)
    return parameters(None, rows[0])


turns = "each row once an epoch; X, Y and weight by the same list of columns"


def compare_training(m, epochs, size):
    either = OneOf(trained(m, epochs, size, by) for by in (lambda rng: rng, Onwards))
    given = *toy_rows(m), epochs, size, 0.2
    check(my_train, *given, wanted=either, look=parameters, note=turns)


without(my_train, "train")
compare_training(50, 3, 20)
X_toy, Y_toy = toy.points(np.random.default_rng(0))
stages = {}
for epochs in (5, 50, 300):
    now, rng = initialise([2, 8, 1], np.random.default_rng(2)), np.random.default_rng(0)
    my_train(now, X_toy, Y_toy, np.ones_like(Y_toy), rng, epochs, 100, 0.2)
    stages[f"{epochs} epochs"] = lambda X, now=now: predict_proba(now, X)
show(surfaces(stages, X_toy, Y_toy))
### BEGIN HIDDEN TESTS
for plan in ((40, 2, 20), (30, 1, 200), (7, 4, 2)):
    compare_training(*plan)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Read two curves
#
# A network is trained with weight 4 on the positives. The objective falls in every epoch.
# The plain cross-entropy falls for a while, and then rises. A classmate says: "Overfitting.
# Stop where the second curve is lowest." Are they right?
#
# *Hint.* On which rows were the two curves measured? And which of them does a step make
# smaller?

# %% [markdown] tags=["open:curves:3"]
# Not for that reason. Both curves are measured on the *training* rows, so neither can show
# overfitting, which is a gap between training rows and new rows.
#
# Training descends the objective, where a positive counts four times. The plain
# cross-entropy counts all rows alike; its lowest point belongs to other predictions. With
# the weight, predictions move up, towards $wp / (wp + 1 - p)$, and away from $p$, where the
# plain loss is lowest. So it may rise while training does what it was asked to do.
#
# Whoever wants the lowest plain cross-entropy should train without a weight. Whoever
# suspects overfitting should look at the objective on rows kept aside. Full marks for
# "both on training rows" or "another quantity than what is descended", with a reason.
