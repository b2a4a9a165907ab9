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
# the mistakes in three gradients that you cannot look into. In the end, you write the
# whole backward pass, and a network learns by it.
#
# **You need** lesson 2, *Send the error back*. About 70 minutes.
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
    predict_proba,
)
from lopsided.report.display import show
from lopsided.report.feedback import check, compare, defined, without
from lopsided.report.plane_figures import surfaces
from lopsided.report.words import OneOf

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
Y, Y_hat = np.array([[1.0, 0.0, 0.0]]), np.array([[0.75, 0.6, 0.1]])
plain, weighted = [[-0.25, 0.6, 0.1]], [[-1.0, 0.6, 0.1]]
check(d_loss, Y, Y_hat, 4, wanted=weighted, note="the weight is for positives")
check(d_loss, Y, Y_hat, 1, wanted=plain, note="without a weight it is ŷ - y")
### BEGIN HIDDEN TESTS
with np.errstate(all="raise"):
    check(d_loss, Y, Y, 9, wanted=[[0, 0, 0]], note="sure and right: nothing to learn")
rng = np.random.default_rng(0)
Y, Y_hat = rng.integers(0, 2, (1, 30)).astype(float), rng.random((1, 30))
expected = d_logits(Y, Y_hat, class_weights(Y, "positive", 2.5))
check(d_loss, Y, Y_hat, 2.5, wanted=expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Pass through ReLU
#
# Go from $dA$ to $dZ$ in a hidden layer: $dZ = dA \cdot \mathrm{ReLU}'(Z)$. Take the slope
# at zero to be zero.
#
# *Hint.* ReLU hands on what is above zero. How far does its result move, for a small move
# of a $Z$ below zero? Of one above?


# %% tags=["answer:relu"]
def through_relu(dA, Z):
    """Return dZ; all three have the same shape."""
    ### BEGIN SOLUTION
    return dA * (Z > 0)
    ### END SOLUTION


# %% tags=["test:relu:1"]
dA, Z = np.array([[5.0, 5.0, -3.0]]), np.array([[2.0, -2.0, 1.0]])
check(through_relu, dA, Z, wanted=[[5, 0, -3]])
### BEGIN HIDDEN TESTS
kink = "at the kink, Z = 0, the slope is taken to be zero"
dA, Z = np.array([[3.0, -2.0, 4.0]]), np.array([[0.0, 0.0, -1.0]])
check(through_relu, dA, Z, wanted=[[0, 0, 0]], note=kink)
dA, Z = np.random.default_rng(3).normal(size=(2, 4, 5))
check(through_relu, dA, Z, wanted=np.where(Z > 0, dA, 0))
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
dZ = np.array([[1.0, 3.0, 0.0, 4.0], [2.0, 0.0, -2.0, 4.0]])
A_before = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [2.0, 0.0, 0.0, 1.0]])
wanted = np.array([[0.25, 0.75, 1.5], [0.0, -0.5, 2.0]]), np.array([[2.0], [1.0]])
check(layer_gradient, dZ, A_before, wanted=wanted, note="dW has the shape of W")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
made, X = initialise([4, 3, 3, 1], rng), rng.normal(size=(4, 10))
done, dZ = forward(made, X), rng.normal(size=(1, 10))
dWs, dbs = layer_views(made.layer_dims, backward(made, done, dZ))
for l in (3, 2, 1):
    check(layer_gradient, dZ, done.A[l - 1], wanted=(dWs[l], dbs[l]))
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
three_words = "the answers are raises, broadcasts and trains wrongly"
check(transposed, 3, 4, wanted="raises", note=three_words)
check(transposed, 1, 3, wanted="broadcasts", note=three_words)
### BEGIN HIDDEN TESTS
check(transposed, 3, 3, wanted="trains wrongly")
check(transposed, 5, 1, wanted="broadcasts")
check(transposed, 2, 1, wanted="broadcasts")
check(transposed, 40, 9, wanted="raises")
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
# class"`. Collect the answers: `mistakes = {"red": ..., "green": ..., "blue": ...}`.
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
defined(globals(), mistakes="a dictionary")
compare(set(mistakes), {"red", "green", "blue"}, "the keys of mistakes")
three = OneOf(["none", "forgotten 1/m", "weight on the wrong class"])
for name, found in mistakes.items():
    compare(found, three, name)
### BEGIN HIDDEN TESTS
compare(
    mistakes["green"],
    "none",
    "green",
    {
        "its relative difference is tiny, so there is no factor": "forgotten 1/m",
        "its relative difference is tiny: it agrees": "weight on the wrong class",
    },
    note="ask relative_difference first",
)
compare(
    mistakes["red"],
    "forgotten 1/m",
    "red",
    {
        "its relative difference is not small": "none",
        "look at the quotient: it is the same for every entry, and equals m": (
            "weight on the wrong class"
        ),
    },
    note="a constant quotient is a factor",
)
compare(
    mistakes["blue"],
    "weight on the wrong class",
    "blue",
    {
        "its relative difference is not small": "none",
        "look at the quotient: it differs from entry to entry": "forgotten 1/m",
    },
    note="a factor would be the same for every entry",
)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Write the backward pass, and let a network learn by it
#
# Put the steps together: from the derivative at the logits back through all layers. Return
# a dictionary with the keys `"dW1"`, `"db1"`, `"dW2"` and so on. They are derivatives of
# the mean weighted loss. Do not call `backward`.
#
# Your gradient must pass the check by numbers. Then a network takes 400 steps by it, and
# a picture shows what it has learned of the toy world.
#
# *Hint.* Go from layer L down to 1. In each layer: first `dW` and `db`, then $dA$ of the
# layer before, then through its ReLU. `forward(network, X)` has all `Z` and `A`.


# %% tags=["answer:my_backward"]
def my_backward(network, X, Y, weight):
    """Return {"dW1": ..., "db1": ..., "dW2": ...}, each of its parameter's shape."""
    ### BEGIN SOLUTION
    done, found, m = forward(network, X), {}, X.shape[1]
    dZ = weight * (done.A[network.L] - Y)
    for l in range(network.L, 0, -1):
        found[f"dW{l}"] = dZ @ done.A[l - 1].T / m
        found[f"db{l}"] = dZ.sum(axis=1, keepdims=True) / m
        if l > 1:
            dZ = (network.W[l].T @ dZ) * (done.Z[l - 1] > 0)
    return found
    ### END SOLUTION


# %% tags=["test:my_backward:4"]
def by_numbers(network, X, Y, weight):
    """Ask the objective alone, and lay out the answer as yours."""
    asked = Network(network.layer_dims, network.theta)
    L, theta = asked.L, asked.theta
    ask = numerical_gradient(
        lambda: objective(forward(asked, X).Z[L], Y, weight), theta
    )
    dW, db = layer_views(asked.layer_dims, ask)
    return {f"dW{l}": dW[l] for l in dW} | {f"db{l}": db[l] for l in db}


X_toy, Y_toy = toy.points(np.random.default_rng(0))
without(my_backward, "backward")
some = slice(0, 30)
given = X_toy[:, some], Y_toy[:, some], class_weights(Y_toy[:, some], "positive", 4)
learner = initialise([2, 8, 1], np.random.default_rng(2))
expected = by_numbers(learner, *given)
check(my_backward, learner, *given, wanted=expected, rtol=1e-5, atol=1e-8)

alike = np.ones_like(Y_toy)
for _ in range(400):
    gradient = my_backward(learner, X_toy, Y_toy, alike)
    for l in (1, 2):
        learner.W[l] -= 0.5 * gradient[f"dW{l}"]
        learner.b[l] -= 0.5 * gradient[f"db{l}"]
reached = objective(forward(learner, X_toy).Z[2], Y_toy)
assert reached < 0.4, f"after 400 steps the loss must be below 0.4; it is {reached:.3f}"
show(surfaces({"Learned": lambda X: predict_proba(learner, X)}, X_toy, Y_toy))
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(8)
numbers = {"rtol": 1e-5, "atol": 1e-8}
for layer_dims in ([3, 1], [3, 4, 3, 1]):
    made, inputs = initialise(layer_dims, rng), rng.normal(size=(3, 15))
    labels = (rng.random((1, 15)) < 0.4).astype(float)
    given = inputs, labels, class_weights(labels, "positive", 3)
    check(my_backward, made, *given, wanted=by_numbers(made, *given), **numbers)
silent = Network([2, 3, 1])
silent.W[2][:] = 1
given = np.ones((2, 2)), np.zeros((1, 2)), np.ones((1, 2))
still = {"dW1": np.zeros((3, 2))}
kink = "where Z is zero, the slope of ReLU is taken to be zero"
first = {"look": lambda gradient, *_: {"dW1": gradient["dW1"]}}
check(my_backward, silent, *given, wanted=still, note=kink, **first)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Find what the check cannot see
#
# A colleague's gradient agrees with the numerical one up to $10^{-9}$. Still, the larger
# the weight that they put on the rare class, the fewer rare cases their network finds.
# How can both be true? Suggest a test that would have shown the mistake.
#
# *Hint.* What is the gradient compared with, and who wrote that?

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
