# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Practise the forward pass
#
# **You will** write a neuron, predict shapes, repair the sigmoid, draw first weights, and
# say what an untrained network loses before you run it.
#
# **You need** lesson 01, *Carry an input forward*. About 40 minutes.
#
# **How it works.** Where a cell says `YOUR CODE HERE`, delete the line that raises
# `NotImplementedError` and write your answer. The cell below it tests the answer. If it
# prints nothing, the answer passes so far; there are more tests when it is graded. The
# last task is a question. Write a few sentences; a person reads them.
#
# Before you hand in: restart the kernel and run all cells.

# %%
import numpy as np

from lopsided.lesson.loss import binary_cross_entropy
from lopsided.lesson.network import Network, forward, sigmoid

# %% [markdown]
# ## 1. Compute one neuron
#
# Fill in the formula: a neuron takes the inputs $x$, multiplies each by its weight, adds
# the bias and applies the sigmoid.
#
# *Hint.* `w @ x` multiplies two vectors entry by entry and adds up.


# %% tags=["answer:neuron"]
def neuron(x, w, b):
    """Return the activation: x and w have shape (n,), b is a number."""
    ### BEGIN SOLUTION
    return 1 / (1 + np.exp(-(w @ x + b)))
    ### END SOLUTION


# %% tags=["test:neuron:2"]
x, w = np.array([2.0, -1.0]), np.array([0.5, 1.5])
assert np.isclose(neuron(x, w, 0.25), 0.4378, atol=1e-4)
assert neuron(x, 0 * w, 0.0) == 0.5, "with nothing to go by, a neuron says one half"
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
for n in (1, 3, 8):
    single = Network([n, 1], rng.normal(size=n + 1))
    x = rng.normal(size=n)
    expected = forward(single, x[:, None]).A[1].item()
    assert np.isclose(neuron(x, single.W[1][0], single.b[1].item()), expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Predict every shape
#
# Say which shapes a network's arrays have, without computing any of them. `layer_dims`
# lists the units of each layer, input first; `m` is the number of examples. Return a
# dictionary with the keys `"W1"`, `"b1"`, `"Z1"`, `"W2"` and so on, up to the last layer.
#
# *Hint.* Rows of $W$ are neurons. Which of the three depends on $m$?


# %% tags=["answer:shapes"]
def shapes(layer_dims, m):
    """Return {"W1": (rows, columns), "b1": ..., "Z1": ..., "W2": ...}."""
    ### BEGIN SOLUTION
    found = {}
    for l in range(1, len(layer_dims)):
        found[f"W{l}"] = (layer_dims[l], layer_dims[l - 1])
        found[f"b{l}"] = (layer_dims[l], 1)
        found[f"Z{l}"] = (layer_dims[l], m)
    return found
    ### END SOLUTION


# %% tags=["test:shapes:2"]
assert shapes([2, 1], 5) == {"W1": (1, 2), "b1": (1, 1), "Z1": (1, 5)}
assert len(shapes([9, 40, 3, 1], 200)) == 9, "three arrays in each of three layers"
### BEGIN HIDDEN TESTS
for layer_dims, m in (([9, 3, 3, 1], 7), ([9, 40, 3, 1], 200), ([4, 2, 1], 1)):
    made = Network(layer_dims)
    done = forward(made, np.zeros((layer_dims[0], m)))
    expected = {}
    for l in range(1, made.L + 1):
        arrays = {"W": made.W[l], "b": made.b[l], "Z": done.Z[l]}
        expected |= {f"{name}{l}": array.shape for name, array in arrays.items()}
    assert shapes(layer_dims, m) == expected
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Repair the sigmoid
#
# Write a sigmoid that never overflows, for an array of any shape, without calling
# `sigmoid`.
#
# *Hint.* `np.where` computes *both* of its branches, so choosing between two formulas
# is too late. What does $e^{-|z|}$ do for large $z$ of either sign?


# %% tags=["answer:safe"]
def safe_sigmoid(z):
    """Return 1 / (1 + exp(-z)) for every entry of z, without overflow."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
    ### END SOLUTION


# %% tags=["test:safe:3"]
with np.errstate(over="raise", invalid="raise", divide="raise"):
    ends = safe_sigmoid(np.array([-1000.0, 0.0, 1000.0]))
assert ends.tolist() == [0, 0.5, 1]
### BEGIN HIDDEN TESTS
z = np.linspace(-800, 800, 1602).reshape(2, 801)
with np.errstate(over="raise", invalid="raise", divide="raise"):
    assert np.allclose(safe_sigmoid(z), sigmoid(z), rtol=1e-12, atol=0)
    assert 0 < safe_sigmoid(np.array([-50.0])).item() < 1e-21, "tiny, and not zero"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Predict the first loss
#
# What must a network lose that has learned nothing? Return two numbers for the labels
# `Y`: the loss when all parameters are zero, and the loss when the last bias is then set
# to the log-odds of the positives.
#
# *Hint.* In the first case $\hat y = 1/2$ for everyone, in the second $\hat y = \pi$, the
# share of positives.


# %% tags=["answer:first_loss"]
def first_loss(Y):
    """Return (loss with all zeros, loss with the bias at the log-odds)."""
    ### BEGIN SOLUTION
    share = Y.mean()
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    return np.log(2), entropy
    ### END SOLUTION


# %% tags=["test:first_loss:3"]
def met(Y):
    """Pass some rows through such networks, and see."""
    X, silent = np.ones((4, Y.size)), Network([4, 3, 1])
    first = binary_cross_entropy(Y, forward(silent, X).A[2])
    silent.b[2][:] = np.log(Y.mean() / (1 - Y.mean()))
    return first, binary_cross_entropy(Y, forward(silent, X).A[2])


one_in_five = np.array([[1.0, 0, 0, 0, 0]])
assert np.allclose(first_loss(one_in_five), met(one_in_five), atol=1e-6)
### BEGIN HIDDEN TESTS
for positives in (1, 20, 39):
    Y = np.zeros((1, 40))
    Y[:, :positives] = 1
    assert np.allclose(first_loss(Y), met(Y), atol=1e-6)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Draw the first weights
#
# Draw a layer's weights by He's rule: normal, mean zero, variance $2 / n_{l-1}$, where
# $n_{l-1}$ counts the layer's *inputs*.
#
# *Hint.* `rng.standard_normal(shape)` has variance one. By what must you multiply it?


# %% tags=["answer:he"]
def he(n_in, n_out, rng):
    """Return the weights W of a layer with n_in inputs and n_out neurons."""
    ### BEGIN SOLUTION
    return rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)
    ### END SOLUTION


# %% tags=["test:he:2"]
W = he(50, 200, np.random.default_rng(0))
assert W.shape == (200, 50)
assert abs(W.var() / (2 / 50) - 1) < 0.1
### BEGIN HIDDEN TESTS
W = he(400, 25, np.random.default_rng(1))
assert W.shape == (25, 400)
assert abs(W.mean()) < 0.01
assert abs(W.var() / (2 / 400) - 1) < 0.1
signal = np.maximum(W @ np.random.default_rng(2).standard_normal((400, 500)), 0)
assert 0.8 < np.mean(signal**2) < 1.2, "the signal keeps its size through ReLU"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Judge a first loss
#
# One row in five is positive. Before any training, a network loses 7.0 on average. Is
# that bad luck? Name two causes that are worth checking, and say for each how you would
# tell.

# %% [markdown] tags=["open:judge:3"]
# No. An untrained network should lose about $\log 2 \approx 0.69$; random starts move
# that by tenths, not tenfold. A mean of 7 means that the network is very sure and often
# wrong.
#
# - *Inputs on a large scale*, such as a column in seconds: the logits are then large.
#   Look at the largest $|z|$ of the last layer, and at the means and variances of the
#   rows of $X$. Standardise, and the loss should fall to about $\log 2$.
# - *First weights that are too large*, for example a variance of 1 in place of
#   $2 / n_{l-1}$: the signal grows from layer to layer. Print the size of the
#   activations layer by layer.
#
# Also good: a loss that is summed and not averaged (it grows with $m$), or labels that
# are not 0 and 1. Full marks for two causes, each with a check that could refute it.
