# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Practise backpropagation
#
# **You will** write the steps of the backward pass, say what a wrong shape does, and find
# the mistakes in three gradients that you cannot look into.
#
# **You need** lesson 02, *Send the error back*. About 50 minutes.
#
# **How it works.** Where a cell says `YOUR CODE HERE`, delete the line that raises
# `NotImplementedError` and write your answer. The cell below it tests the answer. If it
# prints nothing, the answer passes so far; there are more tests when it is graded. The
# last task is a question. Write a few sentences; a person reads them.
#
# Before you hand in: restart the kernel and run all cells.

# %%
import numpy as np

from lopsided.lesson.loss import (
    class_weights,
    d_logits,
    numerical_gradient,
    objective,
    relative_difference,
)
from lopsided.lesson.network import (
    Network,
    backward,
    forward,
    initialise,
    layer_views,
)

# %% [markdown]
# ## 1. Start at the logits
#
# Give the derivative of each example's weighted loss by its logit, $dZ = c\,(\hat y - y)$.
# The weight $c$ is $w$ for positives and 1 for negatives.
#
# *Hint.* Do not compute $dA$ first: it divides by $\hat y$.


# %% tags=["answer:dZ"]
def d_loss(Y, Y_hat, w):
    """Return dZ, shape (1, m), with weight w on the positives."""
    ### BEGIN SOLUTION
    return np.where(Y == 1, w, 1) * (Y_hat - Y)
    ### END SOLUTION


# %% tags=["test:dZ:2"]
Y, Y_hat = np.array([[1.0, 0.0]]), np.array([[0.75, 0.75]])
assert d_loss(Y, Y_hat, 1).tolist() == [[-0.25, 0.75]], "without a weight: ŷ - y"
assert d_loss(Y, Y_hat, 4).tolist() == [[-1.0, 0.75]], "the weight is for positives"
### BEGIN HIDDEN TESTS
with np.errstate(all="raise"):
    assert d_loss(Y, Y, 9).tolist() == [[0, 0]], "sure and right: nothing to learn"
rng = np.random.default_rng(0)
Y, Y_hat = rng.integers(0, 2, (1, 30)).astype(float), rng.random((1, 30))
expected = d_logits(Y, Y_hat, class_weights(Y, "positive", 2.5))
assert np.allclose(d_loss(Y, Y_hat, 2.5), expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Pass through ReLU
#
# Go from $dA$ to $dZ$ in a hidden layer: $dZ = dA \cdot \mathrm{ReLU}'(Z)$. Take the slope
# at zero to be zero.


# %% tags=["answer:relu"]
def through_relu(dA, Z):
    """Return dZ; all three have the same shape."""
    ### BEGIN SOLUTION
    return dA * (Z > 0)
    ### END SOLUTION


# %% tags=["test:relu:1"]
assert through_relu(np.array([[5.0, 5.0]]), np.array([[2.0, -2.0]])).tolist() == [
    [5, 0]
]
### BEGIN HIDDEN TESTS
assert through_relu(np.array([[3.0]]), np.array([[0.0]])).item() == 0
dA, Z = np.random.default_rng(3).normal(size=(2, 4, 5))
assert np.array_equal(through_relu(dA, Z), np.where(Z > 0, dA, 0))
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Collect a layer's gradient
#
# Give $dW$ and $db$ of one layer, from its $dZ$ and from the activations of the layer
# before.
#
# *Hint.* $dW$ has the shape of $W$: a row for each neuron, a column for each input. Both
# are derivatives of the *mean* loss.


# %% tags=["answer:layer"]
def layer_gradient(dZ, A_before):
    """Return dW (n, n_before) and db (n, 1), from (n, m) and (n_before, m)."""
    ### BEGIN SOLUTION
    m = dZ.shape[1]
    return dZ @ A_before.T / m, dZ.sum(axis=1, keepdims=True) / m
    ### END SOLUTION


# %% tags=["test:layer:3"]
dW, db = layer_gradient(np.array([[1.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
assert dW.tolist() == [[0.5, 1.5]]
assert db.tolist() == [[2.0]]
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
made, X = initialise([4, 3, 3, 1], rng), rng.normal(size=(4, 10))
done, dZ = forward(made, X), rng.normal(size=(1, 10))
dWs, dbs = layer_views(made.layer_dims, backward(made, done, dZ))
for l in (3, 2, 1):
    dW, db = layer_gradient(dZ, done.A[l - 1])
    assert np.allclose(dW, dWs[l])
    assert db.shape == dbs[l].shape
    assert np.allclose(db, dbs[l])
    dZ = (made.W[l].T @ dZ) * (done.A[l - 1] > 0)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Say what a transposed gradient does
#
# The report writes $dW$ transposed. A layer has `n` neurons and `n_before` inputs, not
# both 1. What happens in `W = W - 0.01 * dW`, when `dW` has the shape
# `(n_before, n)`? Return one of `"raises"`, `"broadcasts"` (the result has another shape
# than $W$) and `"trains wrongly"` (the right shape, with the wrong entries).
#
# *Hint.* NumPy stretches a length of 1, and no other.


# %% tags=["answer:transposed"]
def transposed(n, n_before):
    """Return "raises", "broadcasts" or "trains wrongly"."""
    ### BEGIN SOLUTION
    if n == n_before:
        return "trains wrongly"
    return "broadcasts" if 1 in (n, n_before) else "raises"
    ### END SOLUTION


# %% tags=["test:transposed:2"]
assert transposed(3, 4) == "raises"
assert transposed(1, 3) == "broadcasts"
### BEGIN HIDDEN TESTS
assert transposed(3, 3) == "trains wrongly"
assert transposed(5, 1) == "broadcasts"
assert transposed(2, 1) == transposed(1, 2)
assert transposed(40, 9) == "raises"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Find the planted mistakes
#
# `red`, `green` and `blue` each compute the gradient of the objective `J`, which has
# weight 4 on the positives. Each makes one mistake at most. Do not try to read it out of
# the code below: *ask* the three.

# %%
rng = np.random.default_rng(46)
network = Network([4, 3, 3, 1], rng.normal(0, 0.7, 31))
X = rng.standard_normal((4, 12))
Y = np.zeros((1, 12))
Y[:, :3] = 1
weight = class_weights(Y, "positive", 4)


def J():
    return objective(forward(network, X).Z[3], Y, weight)


def suspect(recipe):
    """Make a function that computes the gradient, perhaps with a mistake."""
    swapped, scale = divmod(recipe, 13)

    def gradient():
        done = forward(network, X)
        c = class_weights(1 - Y if swapped else Y, "positive", 4)
        return scale * backward(network, done, d_logits(Y, done.A[3], c))

    return gradient


red, green, blue = (suspect(recipe) for recipe in (0x0C, 0x01, 0x0E))

# %% [markdown]
# Say for each what is wrong: `"none"`, `"forgotten 1/m"` or `"weight on the wrong
# class"`.
#
# *Hint.* `numerical_gradient(J, network.theta)` asks `J` alone, and
# `relative_difference` compares. If a gradient is wrong, look at the quotient of both,
# entry by entry. (A unit that is off has gradient zero; leave such entries out.)

# %% tags=["answer:suspects"]
### BEGIN SOLUTION
witness = numerical_gradient(J, network.theta)
mistakes = {}
for name, gradient in {"red": red, "green": green, "blue": blue}.items():
    ours = gradient()
    if relative_difference(ours, witness) < 1e-7:
        mistakes[name] = "none"
    elif np.allclose(ours, 12 * witness, atol=1e-8):
        mistakes[name] = "forgotten 1/m"
    else:
        mistakes[name] = "weight on the wrong class"
### END SOLUTION

# %% tags=["test:suspects:3"]
assert sorted(mistakes) == ["blue", "green", "red"]
assert set(mistakes.values()) <= {"none", "forgotten 1/m", "weight on the wrong class"}
### BEGIN HIDDEN TESTS
assert mistakes["green"] == "none"
assert mistakes["red"] == "forgotten 1/m"
assert mistakes["blue"] == "weight on the wrong class"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Find what the check cannot see
#
# A colleague's gradient agrees with the numerical one up to $10^{-9}$. Still, the larger
# the weight that they put on the rare class, the fewer rare cases their network finds.
# How can both be true? Suggest a test that would have shown the mistake.

# %% [markdown] tags=["open:unseen:3"]
# The check compares a gradient with *its own* objective. If the objective itself puts the
# weight on the wrong class, for example because someone took 0 for the rare label when the
# weights were made, then gradient and objective agree, and both serve the wrong aim.
#
# A test needs an answer that is known from elsewhere. Take rows that are all alike, a
# share $p$ of them positive: with weight $w$ on the positives the network must settle at
# $wp / (wp + 1 - p)$, which is more than $p$. With the weight on the wrong class it
# settles below $p$. Or look at a single step from a silent network: a larger weight on
# positives must push predictions up.
#
# Full marks for the reason, and for a test whose expected result does not come from the
# same code.
