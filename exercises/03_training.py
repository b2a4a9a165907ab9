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
# heart and look for dead units.
#
# **You need** lesson 03, *Train the network*. About 40 minutes.
#
# **How it works.** Where a cell says `YOUR CODE HERE`, delete the line that raises
# `NotImplementedError` and write your answer. The cell below it tests the answer. If it
# prints nothing, the answer passes so far; there are more tests when it is graded. The
# last task is a question. Write a few sentences; a person reads them.
#
# Before you hand in: restart the kernel and run all cells.

# %%
import numpy as np

from lopsided.lesson.loss import class_weights, d_logits, objective
from lopsided.lesson.network import Network, backward, forward, initialise
from lopsided.lesson.training import learning_rate, train

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
assert batches(10, 4) == (3, 2)
assert batches(88_421, 200) == (443, 21), "the report's training rows"
### BEGIN HIDDEN TESTS
for m, size in ((12, 4), (3, 200), (200, 200), (201, 200), (7, 1)):
    cut = [range(m)[start : start + size] for start in range(0, m, size)]
    assert batches(m, size) == (len(cut), len(cut[-1]))
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Let the learning rate fall
#
# Give the rate of epoch $e = 0, \dots, E - 1$ on the straight line from `first` to `last`.
# With a single epoch, it is `first`.


# %% tags=["answer:rate"]
def rate(epoch, epochs, first, last):
    """Return the learning rate of one epoch."""
    ### BEGIN SOLUTION
    if epochs == 1:
        return first
    return first + (last - first) * epoch / (epochs - 1)
    ### END SOLUTION


# %% tags=["test:rate:2"]
assert rate(0, 400, 0.01, 1e-5) == 0.01, "the first epoch"
assert np.isclose(rate(399, 400, 0.01, 1e-5), 1e-5), "the last epoch"
### BEGIN HIDDEN TESTS
assert rate(0, 1, 0.5, 0.1) == 0.5
for epochs in (2, 3, 50):
    for epoch in range(epochs):
        expected = learning_rate(epoch, epochs, 0.3, 0.02)
        assert np.isclose(rate(epoch, epochs, 0.3, 0.02), expected)
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
    rng = np.random.default_rng(seed)
    Y = (rng.random((1, 30)) < 0.3).astype(float)
    return initialise([4, 5, 1], rng), rng.normal(size=(4, 30)), Y


started, X, Y = some_rows(0)
weight = class_weights(Y, "positive", 2)
losses = []
for _ in range(20):
    losses.append(objective(forward(started, X).Z[2], Y, weight))
    step(started, X, Y, weight, 0.1)
assert np.all(np.diff(losses) < 0), "small steps on the same rows go down"
### BEGIN HIDDEN TESTS
for seed in (1, 2):
    ours, X, Y = some_rows(seed)
    theirs = Network(ours.layer_dims, ours.theta)
    weight = class_weights(Y, "positive", 3)
    step(ours, X, Y, weight, 0.07)
    rates = {"initial_learning_rate": 0.07, "batch_size": 30}
    train(theirs, X, Y, weight, np.random.default_rng(0), epochs=1, **rates)
    assert np.allclose(ours.theta, theirs.theta)
    assert np.shares_memory(ours.theta, ours.W[1])
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Learn twelve rows by heart
#
# Here are twelve rows. No straight line tells their classes apart. Make a network called
# `memory` and train it until its loss on these rows is below 0.05. Choose layers,
# learning rates and epochs yourself. It should take seconds.
#
# *Hint.* If the loss stays high, is the network wide enough, and the rate high enough? If
# training stops with an error, is the rate too high?

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
assert memory.layer_dims[0] == 2
reached = objective(forward(memory, X_few).Z[memory.L], Y_few)
assert reached < 0.2, f"a good start; now get below 0.05 (it is {reached:.3f})"
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(7)
X_again = rng.uniform(-1, 1, (2, 12))
Y_again = (X_again[:1] * X_again[1:] > 0).astype(float)
assert objective(forward(memory, X_again).Z[memory.L], Y_again) < 0.05
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
alive = initialise([3, 4, 2, 1], np.random.default_rng(3))
alive.b[1][:], alive.b[2][:] = 9, 99
assert dead_units(alive, X) == [0, 0]
alive.b[1][1] = -99
assert dead_units(alive, X) == [1, 0]
### BEGIN HIDDEN TESTS
alive.b[2][:] = -999
assert dead_units(alive, X) == [1, 2]
assert dead_units(Network([3, 4, 1]), X) == [4], "exactly zero is not positive"
assert dead_units(Network([3, 1]), X) == []
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Read two curves
#
# A network is trained with weight 4 on the positives. The objective falls in every epoch.
# The plain cross-entropy falls for a while, and then rises. A classmate says: "Overfitting.
# Stop where the second curve is lowest." Are they right?

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
