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
# say what an untrained network loses before you run it. In the end, you write the whole
# forward pass and look at what it computes.
#
# **You need** lesson 1, *Carry an input forward*. About 50 minutes.
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
from lopsided.lesson.loss import binary_cross_entropy
from lopsided.lesson.network import Network, forward, initialise, sigmoid
from lopsided.report.display import show
from lopsided.report.feedback import check, compare, without
from lopsided.report.plane_figures import surfaces

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
check(neuron, x, w, 0.1, wanted=0.4013, atol=1e-4)
check(neuron, x, 0 * w, 0.0, wanted=0.5, note="with nothing to go by, it says one half")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
for n in (1, 3, 8):
    single = Network([n, 1], rng.normal(size=n + 1))
    x = rng.normal(size=n)
    expected = forward(single, x[:, None]).A[1].item()
    check(neuron, x, single.W[1][0], single.b[1].item(), wanted=expected)
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
keys = {f"{array}{l}" for array in "WbZ" for l in (1, 2, 3)}
check(shapes, [9, 40, 3, 1], 200, wanted=keys, look=lambda found, *_: set(found.keys()))
check(shapes, [2, 1], 5, wanted={"W1": (1, 2), "b1": (1, 1), "Z1": (1, 5)})
### BEGIN HIDDEN TESTS
for layer_dims, m in (([9, 3, 3, 1], 7), ([9, 40, 3, 1], 200), ([4, 2, 1], 1)):
    made = Network(layer_dims)
    done = forward(made, np.zeros((layer_dims[0], m)))
    expected = {}
    for l in range(1, made.L + 1):
        arrays = {"W": made.W[l], "b": made.b[l], "Z": done.Z[l]}
        expected |= {f"{name}{l}": array.shape for name, array in arrays.items()}
    check(shapes, layer_dims, m, wanted=expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Repair the sigmoid
#
# Write a sigmoid that never overflows, for an array of any shape. Where $z$ is very
# negative, it is tiny and not zero: $e^{-50}$ for $z = -50$. Do not call `sigmoid`, and do
# not silence warnings.
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
without(safe_sigmoid, "sigmoid", "errstate", "seterr")
ends = np.array([-1000.0, 0.0, 1000.0])
with np.errstate(over="raise", invalid="raise", divide="raise"):
    check(safe_sigmoid, ends, wanted=[0, 0.5, 1])
### BEGIN HIDDEN TESTS
z = np.linspace(-800, 800, 1602).reshape(2, 801)
with np.errstate(over="raise", invalid="raise", divide="raise"):
    check(safe_sigmoid, z, wanted=sigmoid(z), rtol=1e-12, atol=0)
    tiny = np.array([-50.0])
    check(safe_sigmoid, tiny, wanted=sigmoid(tiny), atol=0, note="tiny, and not zero")
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
check(first_loss, one_in_five, wanted=met(one_in_five), atol=1e-6)
### BEGIN HIDDEN TESTS
for positives in (1, 20, 39):
    Y = np.zeros((1, 40))
    Y[:, :positives] = 1
    check(first_loss, Y, wanted=met(Y), atol=1e-6)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Draw the first weights
#
# Draw a layer's weights by He's rule: from the bell of the normal law, with mean zero and
# variance $2 / n_{l-1}$, where $n_{l-1}$ counts the layer's *inputs*.
#
# *Hint.* `rng.standard_normal(shape)` has variance one. By what must you multiply it?


# %% tags=["answer:he"]
def he(n_in, n_out, rng):
    """Return the weights W of a layer with n_in inputs and n_out neurons."""
    ### BEGIN SOLUTION
    return rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)
    ### END SOLUTION


# %% tags=["test:he:2"]
def variance(W, *_):
    return W.var()


rng = np.random.default_rng(0)
check(he, 50, 200, rng, wanted=(200, 50), look=lambda W, *_: W.shape)
check(he, 50, 200, rng, wanted=2 / 50, look=variance, rtol=0.1)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
check(he, 400, 25, rng, wanted=(25, 400), look=lambda W, *_: W.shape)
check(he, 400, 25, rng, wanted=2 / 400, look=variance, rtol=0.1)
check(he, 400, 25, rng, wanted=0, look=lambda W, *_: W.mean(), atol=0.01)


def beyond_two(W, n_in, *_):
    return np.mean(np.abs(W) > 2 * np.sqrt(2 / n_in))


far = "beyond two standard deviations lies one normal number in 22"
check(he, 400, 25, rng, wanted=0.0455, look=beyond_two, atol=0.01, note=far)
W = he(400, 25, rng)
signal = np.maximum(W @ np.random.default_rng(2).standard_normal((400, 500)), 0)
kept = "the signal's size behind ReLU, mean of its squares"
compare(np.mean(signal**2), 1.0, kept, rtol=0.2)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Write the forward pass, and look at it
#
# Now the whole piece: carry a batch through all layers, ReLU in the hidden ones, the
# sigmoid in the last. `W` and `b` are dictionaries by layer, 1 to L, as in a `Network`.
# Do not call `forward`.
#
# When your answer passes, a picture comes: the toy world, as four neurons and one see it
# through your function. The weights were chosen by hand. Why has the line four corners?
#
# *Hint.* Begin with `A = X`. In a loop over the layers, replace it. How do you know that a
# layer is the last?


# %% tags=["answer:my_forward"]
def my_forward(W, b, X):
    """Return the predictions, shape (1, m); X has shape (n_0, m)."""
    ### BEGIN SOLUTION
    # The four corners: a hidden neuron bends the surface where its Z is 0. Here that is
    # on the two axes, and the line crosses each of them twice.
    A = X
    for l in range(1, len(W) + 1):
        Z = W[l] @ A + b[l]
        A = np.maximum(Z, 0) if l < len(W) else sigmoid(Z)
    return A
    ### END SOLUTION


# %% tags=["test:my_forward:3"]
tent = Network([2, 4, 1])
tent.W[1][:] = [[1, 0], [-1, 0], [0, 1], [0, -1]]
tent.W[2][:], tent.b[2][:] = -1.5, 2.6
X_toy, Y_toy = toy.points(np.random.default_rng(0))
without(my_forward, "forward")
few = np.array([[0.0, 2.0, 1.0], [0.5, -1.0, 0.0]])
deep = initialise([2, 4, 3, 1], np.random.default_rng(3))
deep.b[1][:], deep.b[3][:] = 0.5, -0.4
check(my_forward, deep.W, deep.b, few, wanted=forward(deep, few).A[3])
check(my_forward, tent.W, tent.b, few, wanted=forward(tent, few).A[2])
show(surfaces({"Four bends": lambda X: my_forward(tent.W, tent.b, X)}, X_toy, Y_toy))
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
for layer_dims in ([3, 1], [3, 4, 1], [3, 5, 4, 2, 1]):
    made = initialise(layer_dims, rng)
    for b in made.b.values():
        b[:] = rng.normal(size=b.shape)
    X = rng.normal(size=(3, 20))
    check(my_forward, made.W, made.b, X, wanted=forward(made, X).A[made.L])
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Judge a first loss
#
# One row in five is positive. Before any training, a network loses 7.0 on average. Is
# that bad luck? Name two causes that are worth checking, and say for each how you would
# tell.
#
# *Hint.* Which prediction of a positive costs 7? And what makes a logit so large: the
# weights, or what they are multiplied by?

# %% [markdown] tags=["open:judge:3"]
# No. On standardised inputs, an untrained network should lose about
# $\log 2 \approx 0.69$; random starts move that by tenths, now and then by one or two, not
# tenfold. A mean of 7 means that the network is very sure and often wrong.
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
