# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 Carry an input forward
#
# **You will** compute a network's prediction by hand, then with matrices, see what a
# hidden layer can do that one neuron cannot, and say what an untrained network must
# lose before you run it.
#
# **You will learn** what $W$, $b$, $Z$ and $A$ are and which shapes they have, why
# there is a bend between layers, why the sigmoid overflows when it is written the
# obvious way, and what the first loss tells.
#
# **You need** the product of two matrices, logarithms, and a little Python. Two parts,
# of about 14 and 18 minutes: from a question to a network; then shapes, numbers and the
# loss.
#
# These lessons follow a short report on lopsided classes that trains a network by hand.
# We call it *the report*; [the audit](06_audit.ipynb) quotes it and tests its claims. Here
# are its sections 2 to 4. Linked words lead to the [glossary](glossary.md).

# %% tags=["hide-input"]
import warnings

import numpy as np
import pandas as pd

from lopsided.lesson import toy
from lopsided.lesson.loss import binary_cross_entropy, logistic_loss
from lopsided.lesson.network import (
    Network,
    forward,
    initialise,
    n_parameters,
    predict_proba,
    sigmoid,
)
from lopsided.lesson.training import train
from lopsided.report.display import show
from lopsided.report.lesson_drawings import network_graph, neuron_graph
from lopsided.report.matrix_figures import layer_product
from lopsided.report.plane_figures import (
    activations,
    certainty,
    signal_sizes,
    surfaces,
)
from lopsided.report.sampling_figures import bell
from lopsided.table.simulate import clinic

# %% [markdown]
# ## Whom do you call?
#
# A clinic has appointments tomorrow. Some patients will not come, and nobody else can
# use their hour. There is time for a few telephone calls. Here are six of twenty thousand
# past appointments, from a simulated clinic: no row is a person.

# %% tags=["hide-input", "nbval-check-output"]
table, _ = clinic(20_000)
booked = table["ScheduledDay"].dt.normalize()
ahead = (table["AppointmentDay"] - booked).dt.days
missed = table["No-show"] == "Yes"
six = pd.DataFrame({"age": table["Age"], "days ahead": ahead})
six["reminded"] = np.where(table["SMS_received"], "yes", "no")
six["came"] = np.where(missed, "NO", "yes")
six = six[78:84].set_axis(pd.Index([*"ABCDEF"], name="patient"))
show(six)

# %% tags=["nbval-check-output"]
print(f"{missed.mean():.0%} of all appointments were missed")
print(f'"They will all come" is right for {1 - missed.mean():.0%}, and finds nobody')

# %% [markdown]
# That rule is right most of the time and helps no one. We want a probability for each
# patient, so that we can call those who are most likely to be missing.
#
# An *example* is one row of a table. Its [label](glossary.md#label) is 1 if it is
# *positive*, a case of the kind we look for, else 0. Here the positives are those who
# did not come. What else is known of a row, as numbers, are its
# [features](glossary.md#feature). Classes are *lopsided* when one is much rarer than the
# other.
#
# ## A world that can be seen
#
# A real table has many columns, and cannot be drawn. So we learn in a toy world with
# two: each point is an example, and one in five is positive.
# [`points`](../src/lopsided/lesson/toy.py) draws them at random. The 0 in
# `default_rng(0)` is the [seed](glossary.md#seed): with the same one, the same points come
# again. Give the same *prediction* $\hat y$ to all, the share of positives, and this is
# how it looks.

# %% tags=["nbval-check-output"]
X_toy, Y_toy = toy.points(np.random.default_rng(0))  # (2, 400): a column a point
rate = Y_toy.mean()
print(f"{Y_toy.size} points, {rate:.1%} positive")

# %% tags=["hide-input"]
same = {"the same answer to everyone": lambda P: np.full((1, P.shape[1]), rate)}
show(surfaces(same, X_toy, Y_toy, "toy_world"))

# %% [markdown]
# You see at once where a point is likely to be positive. Can a formula?
#
# ## One neuron, by hand
#
# A [neuron](glossary.md#neuron) multiplies each input by a
# [weight](glossary.md#weight), adds a [bias](glossary.md#bias), and squashes the sum
# with the [sigmoid](glossary.md#sigmoid). First with numbers.

# %% tags=["nbval-check-output"]
x1, x2 = 2.0, -1.0
w1, w2, bias = 0.5, 1.5, 0.25
z = w1 * x1 + w2 * x2 + bias
a = 1 / (1 + np.exp(-z))
print(f"z = {z:.4f}   a = {a:.4f}")

# %% tags=["hide-input"]
values = {"w1": w1, "x1": x1, "w2": w2, "x2": x2, "b": bias}
values |= {"w1*x1": w1 * x1, "w2*x2": w2 * x2, "z": z, "a": a}
show(neuron_graph(values))

# %% [markdown]
# Now in letters:
#
# $$\begin{aligned}
# z &= w_1 x_1 + w_2 x_2 + b \\
# a &= \sigma(z) = \frac{1}{1 + e^{-z}}
# \end{aligned}$$
#
# The squashed value lies between 0 and 1, so it can serve as a probability. The $z$ of a
# neuron whose $a$ does so is called the [logit](glossary.md#logit). It can be had back
# from $a$: divide what speaks for "yes" by what speaks against, and take the logarithm,
# here always the natural one.

# %% tags=["nbval-check-output"]
odds = a / (1 - a)
print(f"{a:.4f} / {1 - a:.4f} = {odds:.4f}   its logarithm: {np.log(odds):.3f}")

# %% [markdown]
# The logarithm is the neuron's $z$ again. In letters: take $a$ from 1, and divide $a$ by
# what is left. Both have the denominator $1 + e^{-z}$, so it cancels.
#
# $$\begin{aligned}
# 1 - a &= \frac{e^{-z}}{1 + e^{-z}} \\
# \frac{a}{1 - a} &= \frac{1}{e^{-z}} = e^z
# \end{aligned}$$
#
# So $z = \log(a / (1 - a))$. The quotient $a / (1 - a)$ is called the
# [odds](glossary.md#odds), so $z$ is the [log-odds](glossary.md#log-odds) of the
# prediction. A negative $z$ gives less than one half: this neuron leans towards "no". An
# `assert` stops with an error if what it says is not true. Where it is silent, as here, it
# is true.

# %%
assert z < 0
assert a < 0.5

# %% [markdown]
# ## What one neuron cannot do
#
# A neuron says one half where its $z$ is 0: $e^0 = 1$, and $1 / (1 + 1) = \tfrac12$. Where
# is that? Take the neuron from above, and walk: $1.5$ to the right and $0.5$ down with each
# step.

# %% tags=["nbval-check-output"]
for right, up in ((-0.5, 0.0), (1.0, -0.5), (2.5, -1.0)):
    terms = w1 * right, w2 * up, bias
    print(f"({right:4}, {up:4}): z = {terms[0]:5} {terms[1]:+} {terms[2]:+}", end="")
    print(f" = {sum(terms)}, a = {1 / (1 + np.exp(-sum(terms)))}")

# %% [markdown]
# What the step adds to the first product it takes from the second. So $z$ stays 0 along the
# whole walk. In letters, a neuron says one half where $w_1 x_1 + w_2 x_2 + b = 0$: on a
# straight line. (A single neuron that learns is known as
# [logistic regression](glossary.md#logistic-regression).)
#
# <details><summary>Predict: where in the toy world would the best line run?</summary>
#
# Nowhere of use. Whichever way a line is laid, both of its sides hold many more
# negatives than positives. The best that the neuron can do is almost to ignore its
# inputs, and to say about one in five to everyone.
#
# </details>
#
# Let us see what the best weights do. [`initialise`](../src/lopsided/lesson/network.py)
# takes the sizes of the layers: `[2, 1]` is two inputs and one neuron. It draws random
# weights, and the seed settles which. [`train`](../src/lopsided/lesson/training.py)
# improves them; how, and what its settings mean, is the subject of the next two
# lessons. Here we only look at the result, with
# [`predict_proba`](../src/lopsided/lesson/network.py).


# %%
def learned(layer_dims, seed=1):
    network = initialise(layer_dims, np.random.default_rng(seed))
    plan = {"epochs": 500, "batch_size": 400, "initial_learning_rate": 1.5}
    ones = np.ones_like(Y_toy)  # every example counts alike
    train(network, X_toy, Y_toy, ones, np.random.default_rng(0), **plan)
    return network


# %% tags=["nbval-check-output"]
line = learned([2, 1])
p = predict_proba(line, X_toy)
print(f"predictions from {p.min():.2f} to {p.max():.2f}")
print(f"{np.sum(p >= 0.5)} points at or above one half")

# %% tags=["hide-input"]
one = {"one neuron": lambda P: predict_proba(line, P)}
show(surfaces(one, X_toy, Y_toy, "one_neuron"))

# %% [markdown]
# No point gets one half, so there is no line to draw. The shades change at every tenth;
# the edge that you see is where the neuron says two tenths.
#
# ## A layer is several neurons at once
#
# One line is not enough, but several may be. Neurons that share their inputs form a
# [layer](glossary.md#layer). Put one neuron's weights in each row of $W$, and one
# example in each column of $X$. One product then does the work of all neurons on all
# examples. The bias $b$ is a column. NumPy adds it to every column of the product.

# %% tags=["nbval-check-output"]
W = np.array([[0.5, 1.5], [-1.0, 0.25], [2.0, 0.0]])  # (3, 2): 3 neurons, 2 inputs
b = np.array([[0.25], [0.0], [-1.0]])  # (3, 1): one bias per neuron
X = np.array([[2.0, 0.0, -1.0, 1.0], [-1.0, 1.0, 0.5, 3.0]])  # (2, 4): 4 examples
Z = W @ X + b  # (3, 2) @ (2, 4) -> (3, 4)
print(Z)

# %% tags=["hide-input"]
show(layer_product(W, X, b))

# %% [markdown]
# In letters, $Z = W X + b$. The marked entry is the neuron from above, for the same
# example. Go one row down in $W$, $b$ and $Z$ for the next neuron; go one column to the
# right in $X$ and $Z$ for the next example.

# %%
assert Z[0, 0] == z

# %% [markdown]
# Layers between the input and the last one are called
# [hidden](glossary.md#hidden-layer), and a neuron in one is a hidden *unit*. Ours do not
# squash; they cut off what is negative. This is the *rectified linear unit*,
# [ReLU](glossary.md#relu).

# %% tags=["nbval-check-output"]
A = np.maximum(Z, 0)  # (3, 4)
print(A)

# %% [markdown]
# In letters, $A = \max(Z, 0)$, entry by entry. Here are both bends, the sigmoid's and
# ReLU's.

# %% tags=["hide-input"]
show(activations())

# %% [markdown]
# How steep are they? Nudge $z$ up by a millionth, and divide what the bend moves by that.
# The package's [`sigmoid`](../src/lopsided/lesson/network.py) is the one from above, in a
# form that part two writes.

# %% tags=["nbval-check-output"]
places, nudge = np.array([-4.0, 0.0, 4.0]), 1e-6
of_relu = (np.maximum(places + nudge, 0) - np.maximum(places, 0)) / nudge
of_sigmoid = (sigmoid(places + nudge) - sigmoid(places)) / nudge
print("at z =         ", places)
print("ReLU's slope   ", of_relu.round(4))
print("sigmoid's slope", of_sigmoid.round(4))

# %% [markdown]
# Why not a sigmoid here too? A network learns from slopes, and the slopes of its layers
# are multiplied; the next lesson shows how. ReLU's is one wherever the unit is on, and
# nothing where it is off. (At 0 it has a kink: nudged down, it would not move.) The
# sigmoid's is a quarter at most, and next to nothing at both ends. Multiply ten quarters,
# one for each of ten layers. The weights between the layers are factors, too: try three of
# them, each with an input of 1, so that $z$ is the weight.

# %% tags=["nbval-check-output"]
print(f"ten quarters multiplied: {0.25**10:.2e}")
large = np.array([1.0, 4.0, 40.0])
times_slope = large * (sigmoid(large + nudge) - sigmoid(large)) / nudge
print("weight", large, "times slope there", times_slope.round(4))

# %% [markdown]
# Less than a millionth is left of the ten. And a large weight does not help here: it also
# drives $z$ to an end, and there the slope dies faster than the weight grows. Where a
# bias or a small input holds $z$ in the middle, the product grows instead: a weight of 8
# times a quarter is 2, and ten of those make $2^{10} = 1024$. Nothing keeps such a
# product near one.
#
# ## Why a bend
#
# <details><summary>Predict: leave ReLU out, and put a second layer on the first. What
# can the two do that one cannot?</summary>
#
# Nothing. With single numbers, $2\,(3x + 1) + 5 = 6x + 7$: one straight line again. With
# matrices:
#
# $$\begin{aligned}
# &W_2 (W_1 X + b_1) + b_2 \\
# &\quad = (W_2 W_1) X + (W_2 b_1 + b_2)
# \end{aligned}$$
#
# This is one layer with the weights $W_2 W_1$. Its one half is still a straight line.
#
# </details>

# %%
W_out, b_out = np.array([[1.0, -2.0, 0.5]]), -0.5  # (1, 3)
two_layers = W_out @ (W @ X + b) + b_out
assert np.allclose(two_layers, (W_out @ W) @ X + (W_out @ b + b_out))


# %% [markdown]
# Here are the same weights without the bend, and with it.


# %% tags=["hide-input"]
def straight(P):
    return sigmoid(W_out @ (W @ P + b) + b_out)


def bent(P):
    return sigmoid(W_out @ np.maximum(W @ P + b, 0) + b_out)


both = {"two layers, no bend": straight, "with ReLU between": bent}
show(surfaces(both, X_toy, Y_toy, "bend", units={"with ReLU between": (W, b)}))

# %% [markdown]
# Each hidden unit adds a crease to the surface, along its own line. Those weights were
# arbitrary. Let networks find better ones, with three hidden units and with eight.

# %% tags=["nbval-check-output"]
three, eight = learned([2, 3, 1]), learned([2, 8, 1])
positives, negatives = np.sum(Y_toy == 1), np.sum(Y_toy == 0)
for name, trained in {"one neuron": line, "3 units": three, "8 units": eight}.items():
    above = predict_proba(trained, X_toy) >= 0.5
    sides = np.sum(above & (Y_toy == 1)), np.sum(above & (Y_toy == 0))
    print(f"{name:>10}: one half or more for ", end="")
    print(f"{sides[0]} of {positives} positives, {sides[1]} of {negatives} negatives")

# %% tags=["hide-input"]
hidden = {
    "3 hidden units": lambda P: predict_proba(three, P),
    "8 hidden units": lambda P: predict_proba(eight, P),
}
dashed = {"3 hidden units": (three.W[1], three.b[1])}
show(surfaces(hidden, X_toy, Y_toy, "hidden_layers", units=dashed))

# %% [markdown]
# That is what hidden layers are for. On the left the line of one half has six corners: it
# crosses each of the three dashed lines twice, and bends there. Some positives stay
# outside all the same, and some negatives inside: the classes overlap, and there no
# formula of $x_1$ and $x_2$ can tell new points apart.
#
# Both networks began from seed 1. Do others find the positives, too?

# %% tags=["nbval-check-output"]
for units in (3, 8):
    starts = [learned([2, units, 1], seed) for seed in range(6)]
    inside = [np.sum(predict_proba(n, X_toy)[Y_toy == 1] >= 0.5) for n in starts]
    print(f"{units} units: one half or more for", *inside, f"of {positives} positives")

# %% [markdown]
# Three units are enough, but not from every start: training can get stuck. With eight it
# did not, from any of these six.
#
# ## A network is layers in a row
#
# There are $L$ layers, and layer $l$ has $n_l$ units. A letter with $[l]$ belongs to layer
# $l$, one with $(i)$ to example $i$ of $m$. Layer $l$ takes the
# [activations](glossary.md#activation) of layer $l - 1$:
#
# $$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[0]} = X.$$
#
# The last layer has one neuron and the sigmoid. Its activation is the prediction
# $\hat y$. Such a network is also known as a *multilayer perceptron*. Let us build the
# one from above. The package's [`Network`](../src/lopsided/lesson/network.py) takes the
# sizes of the layers, and starts with zeros. `network.W[l]` and `network.b[l]` are views
# of one long vector of parameters, so `[:]` writes into them.

# %%
network = Network([2, 3, 1])
network.W[1][:], network.b[1][:] = W, b
network.W[2][:], network.b[2][:] = W_out, b_out

# %% [markdown]
# Follow the third example through it. A circle holds a unit's activation; above it stand
# its bias and its $z$. A unit whose $z$ is not positive is off, and grey.

# %% tags=["hide-input"]
show(network_graph(network, forward(network, X[:, 2:3])))


# %% [markdown]
# For all examples at once it is a loop over the layers.


# %%
def forward_by_hand(network, X):
    A = X
    for l in range(1, network.L + 1):
        Z = network.W[l] @ A + network.b[l]  # (n_l, n_{l-1}) @ (n_{l-1}, m)
        A = np.maximum(Z, 0) if l < network.L else sigmoid(Z)
    return A


# %% tags=["nbval-check-output"]
print(forward_by_hand(network, X).round(4))  # (1, 4): one probability per example

# %% [markdown]
# The package's [`forward`](../src/lopsided/lesson/network.py) does the same. It also
# keeps every `Z[l]` and `A[l]`: the way back, in the next lesson, needs them.

# %%
passed = forward(network, X)
assert np.array_equal(passed.A[2], forward_by_hand(network, X))
assert np.allclose(passed.A[2], bent(X))

# %% [markdown]
# One warning about `@`. Floating point numbers are rounded after each addition, so the
# order of a sum can change its last digit:

# %% tags=["nbval-check-output"]
print((0.1 + 0.2) + 0.3 == 0.1 + (0.2 + 0.3))

# %% [markdown]
# <details><summary>Further: why equal rows need not get equal predictions</summary>
#
# A matrix product adds in whatever order is fastest, and equal rows may then get
# predictions that differ in the last digit. That matters for ranks and thresholds, so
# `predict_proba` adds every sum from its first term to its last.
#
# </details>
#
# This is a good place for a pause.
#
# ## Every shape follows from the layer sizes
#
# **Part two: shapes, numbers and the loss.** The report contradicts itself here. Its
# formula says
#
# > layer_dims = [n_features, 3, 3, 1]
#
# and the line below it says
#
# > Two hidden layers with 40 and 3 units, respectively
#
# Those are two networks. Here are both, with nine features. Weights and biases together
# are the network's [parameters](glossary.md#parameter). A unit has one weight for each
# input, and one bias: three units with nine inputs have $3 \cdot (9 + 1) = 30$.


# %%
def shapes(layer_dims):
    rows = []
    for l in range(1, len(layer_dims)):
        n, before = layer_dims[l], layer_dims[l - 1]
        rows.append([l, (n, before), (n, 1), (n, "m"), n * (before + 1)])
    names = ["layer", "W", "b", "Z and A", "parameters"]
    return pd.DataFrame(rows, columns=names).set_index("layer")


# %% tags=["nbval-check-output"]
as_formula = [9, 3, 3, 1]
print(n_parameters(as_formula), "parameters")
show(shapes(as_formula))

# %% tags=["nbval-check-output"]
as_words = [9, 40, 3, 1]
print(n_parameters(as_words), "parameters")
show(shapes(as_words))

# %% [markdown]
# The number of examples, $m$, appears in $Z$ and $A$ only. $W$ and $b$ have the same
# shapes, however many examples pass through.

# %%
for m in (1, 7):
    assert forward(network, np.zeros((2, m))).A[2].shape == (1, m)

# %% [markdown]
# ## The obvious sigmoid overflows
#
# For a large negative $z$, $e^{-z}$ is too large for a floating point number: it
# [overflows](glossary.md#overflow). The quotient still comes out as 0, but only after a
# warning.

# %% tags=["nbval-check-output"]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print("quotient:", 1 / (1 + np.exp(-np.float64(-1000))))
print("warning:", caught[0].message)

# %% [markdown]
# Multiply the top and the bottom of the quotient by $e^z$, and it is another form of the
# same function. For $z = -2$:

# %% tags=["nbval-check-output"]
print(f"{1 / (1 + np.exp(2)):.5f}   {np.exp(-2) / (1 + np.exp(-2)):.5f}")

# %% [markdown]
# The first form is safe for $z \ge 0$, the second for $z < 0$: there, neither raises $e$
# to a positive power. In letters:
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}}.$$
#
# $e^{-|z|}$ serves both, and it cannot overflow.


# %%
def safe_sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


# %% [markdown]
# It is the package's `sigmoid`.

# %% tags=["nbval-check-output"]
with np.errstate(over="raise"):  # an overflow would stop here
    for value in (-1000.0, -1.0, 0.0, 1.0, 1000.0):
        print(f"{value:6.0f}  {safe_sigmoid(value):.5g}")
        assert safe_sigmoid(value) == sigmoid(np.array(value))

# %% [markdown]
# For a large positive $z$ the safe form, too, rounds to 1, and $1 - \hat y$ to 0. No
# form of $\hat y$ can help there. What is next computed from $1 - \hat y$, the loss,
# must start from $z$ itself. The end of this lesson does that.
#
# ## Why cross-entropy
#
# A [loss](glossary.md#loss) says how bad predictions are. What should it cost to say
# $\hat y$ of a patient who then does not come, $y = 1$? Nothing if $\hat y = 1$. More,
# the less we believed it. And the costs of two patients should add up. But the
# probability that both do not come is the *product* of their two $\hat y$, if we treat
# them as independent. So the cost has to turn products into sums. The logarithm does:

# %% tags=["nbval-check-output"]
one_log, other_log = np.log(0.9), np.log(0.5)
print(f"product: 0.9 * 0.5 = {0.9 * 0.5:.2f}, its logarithm {np.log(0.9 * 0.5):.4f}")
print(f"logarithms: ({one_log:.4f}) + ({other_log:.4f}) = {one_log + other_log:.4f}")

# %% [markdown]
# In letters, $\log(p \, q) = \log p + \log q$. The logarithm of a probability is negative,
# or zero if it is 1. A cost should not be negative, so it is $-\log \hat y$.

# %% tags=["nbval-check-output"]
for said in (0.9, 0.5, 0.1, 0.01):
    print(f"said {said:4}: costs {-np.log(said):.4f}")

# %% [markdown]
# Being sure and wrong is what costs. If $y = 0$, the probability of what happened was
# $1 - \hat y$, and the cost is $-\log(1 - \hat y)$. Let the first and the last of our
# network's four examples be positive.

# %% tags=["nbval-check-output"]
answered, happened = passed.A[2][0], np.array([1, 0, 0, 1])
costs = -np.log(np.where(happened == 1, answered, 1 - answered))
print("said ", answered.round(3))
print("costs", costs.round(3), f"  mean {costs.mean():.3f}")

# %% [markdown]
# Both cases in one line are the binary
# [cross-entropy](glossary.md#cross-entropy) $\ell^{(i)}$ of example $i$. The report puts a
# small $\varepsilon$ into each logarithm, to keep it away from zero:
#
# $$\begin{aligned}
# \ell^{(i)} = {} &-y^{(i)} \log(\hat y^{(i)} + \varepsilon) \\
# &- (1 - y^{(i)}) \log(1 - \hat y^{(i)} + \varepsilon)
# \end{aligned}$$
#
# For $y = 1$ the lower line is zero, and for $y = 0$ the upper one. The loss of all examples
# is their mean, $J = \frac1m \sum_i \ell^{(i)}$.

# %% tags=["nbval-check-output"]
epsilon = 1e-8  # the report's


def loss_by_hand(Y, said):
    of_each = -Y * np.log(said + epsilon) - (1 - Y) * np.log(1 - said + epsilon)
    return of_each.mean()


assert np.isclose(loss_by_hand(happened, answered), costs.mean())
print(f"a positive with prediction 0 costs {loss_by_hand(np.ones(1), 0.0):.2f}")

# %% tags=["hide-input"]
show(certainty(epsilon))

# %% [markdown]
# Both pictures are of a positive, $y = 1$. The right one shows what the $\varepsilon$
# does: where a prediction is very wrong, the loss is cut off. More of that below. Would
# the squared difference of $\hat y$ and $y$ not be simpler? It would teach worse: [the
# next lesson](02_weighted_backprop.ipynb) shows why.
#
# ## What should an untrained network lose?
#
# <details><summary>Predict: all weights and biases of a network are zero, and one row
# in five is positive. What does it lose?</summary>
#
# It says $\hat y = 1/2$ to everyone, so each row loses $-\log \tfrac12 = \log 2$.
# Whatever the labels are, so does the mean.
#
# </details>
#
# The package's [`binary_cross_entropy`](../src/lopsided/lesson/loss.py) is the mean from
# above.

# %% tags=["nbval-check-output"]
Y = np.zeros((1, 50))
Y[:, :10] = 1  # one positive in five
X_many = np.random.default_rng(0).standard_normal((9, 50))
silent = Network(as_words)  # all parameters are zero
said = forward(silent, X_many).A[3]  # (1, 50)
met = binary_cross_entropy(Y, said, epsilon)
assert np.isclose(met, loss_by_hand(Y, said), rtol=1e-12)
print(f"predicted {np.log(2):.5f}   met {met:.5f}")

# %% [markdown]
# On lopsided classes we can do better without learning anything: say one fifth to
# everyone. One row of five is positive, and four are not.

# %% tags=["nbval-check-output"]
of_five = [-np.log(1 / 5)] + 4 * [-np.log(4 / 5)]
print(f"costs {np.round(of_five, 3)}, mean {np.mean(of_five):.5f}")
one_to_four = np.log(1 / 4)  # of the odds, one to four: the z that says one fifth
print(f"z = {one_to_four:.4f}, and a = {1 / (1 + np.exp(-one_to_four)):.2f}")

# %% [markdown]
# In letters: let $\pi$ be the share of positives. Set the last bias to the log-odds
# $\log(\pi / (1 - \pi))$, and the network says $\hat y = \pi$ to everyone. A share $\pi$
# of the rows then loses $-\log \pi$ each, the others $-\log(1 - \pi)$. Their mean is the
# [entropy](glossary.md#entropy)
#
# $$-\pi \log \pi - (1 - \pi) \log(1 - \pi).$$

# %% tags=["nbval-check-output"]
share = Y.mean()
silent.b[3][:] = np.log(share / (1 - share))
entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
met = binary_cross_entropy(Y, forward(silent, X_many).A[3])
print(f"predicted {entropy:.5f}   met {met:.5f}")

# %% [markdown]
# ## How large should the first weights be?
#
# Training changes the weights little by little. All-zero weights are a bad start: no
# signal passes the hidden layers, so only the last bias would be changed. And units that
# start equal are changed in the same way, and stay equal. (The next lesson shows both.)
# So a network starts from random weights. They are drawn from a bell around zero, the
# [normal law](glossary.md#normal-law): a number near zero is drawn often, one far from it
# seldom, and a positive one as often as a negative one.

# %% tags=["nbval-check-output"]
drawn = np.random.default_rng(0).standard_normal(10_000)
for numbers in (drawn, drawn / 2):
    print(f"mean {numbers.mean():.2f}, mean of the squares {np.mean(numbers**2):.2f}")

# %% tags=["hide-input"]
show(bell(drawn))

# %% [markdown]
# The mean of the squares, where the mean is zero, is the *variance*: for this bell one.
# Halve all numbers and the bell is half as wide, its variance a quarter. So one number,
# the variance, says how large the weights are.
#
# How large should they be? Send a signal through ten layers of $n$ ReLU units, a hundred,
# with one of three variances. To draw with variance $2/n$, multiply numbers of variance one
# by $\sqrt{2/n}$. The *size* of a signal is the root of the mean of its squares. For 3 and 4
# it is $\sqrt{(9 + 16) / 2} \approx 3.5$; in letters $\sqrt{\overline{a^2}}$, where the bar
# stands for the mean.


# %%
def sizes(variance, n=100):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((n, 200))
    found = [np.sqrt(np.mean(A**2))]
    for _ in range(10):
        A = np.maximum(np.sqrt(variance / n) * rng.standard_normal((n, n)) @ A, 0)
        found.append(np.sqrt(np.mean(A**2)))
    return found


# %% tags=["nbval-check-output"]
signal = {f"{v}/n": sizes(v) for v in (4, 2, 1)}
for variance, found in signal.items():
    print(f"variance {variance}: from {found[0]:.2f} to {found[-1]:.3g}")

# %% tags=["hide-input"]
show(signal_sizes(signal))

# %% [markdown]
# Why does $2/n$ keep the size? Take small numbers: the inputs 3 and 4, and two weights,
# each 1 or $-1$. That makes four units.

# %% tags=["nbval-check-output"]
given = np.array([3, 4])
signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])  # (4, 2): 4 units, 2 weights
z_four = signs @ given
a_four = np.maximum(z_four, 0)
for name, numbers in {"inputs": given, "z": z_four, "after ReLU": a_four}.items():
    print(f"{name:10} {numbers}, squared {numbers**2}: mean {np.mean(numbers**2)}")

# %% [markdown]
# The squares of $z$ have the mean $3^2 + 4^2$. Each also holds twice the product of its
# two terms: $7^2 = 9 + 16 + 24$ and $1^2 = 9 + 16 - 24$. Two units add that and two take it
# away. ReLU leaves half of their sum, and the mean is the inputs' again. Here $n = 2$, and
# the variance is $1 = 2/n$.
#
# Those weights all have the square 1. The squares of random ones differ. Take two, 1 and 9,
# and let each meet both inputs.

# %% tags=["nbval-check-output"]
w_squared, a_squared = np.array([1, 9]), given**2
pairs = np.outer(w_squared, a_squared)  # each weight with each input
print(f"all pairs {pairs.tolist()}: mean {pairs.mean()}")
w_mean, a_mean = w_squared.mean(), a_squared.mean()
print(f"product of the means: {w_mean} * {a_mean} = {w_mean * a_mean}")
print(f"small with small, large with large: mean {np.mean(w_squared * a_squared)}")

# %% [markdown]
# The mean of all products is the product of the two means, because every weight meets every
# input alike. Were the large weight kept for the large input, the mean would be larger.
# Random weights are drawn without a look at the inputs, *independently* of them. So, on
# average over the draws, no weight meets one input rather than another.
#
# In letters, $z$ is a sum of $n$ products $w a$. In the mean of $z^2$ the products of two
# different weights cancel; $n$ times the mean of $w^2 a^2$ is left. That mean is a product
# of two: of the mean of $w^2$, which is the variance $v$, and of that of $a^2$. The $z$ lie
# evenly around zero, so ReLU leaves half of $n v \, \overline{a^2}$:
#
# $$\overline{a_{\text{next}}^2} = \tfrac12 \, n v \, \overline{a^2}.$$
#
# With $v = 2/n$ the signal keeps its size. Twice that doubles its square in each layer;
# half of it halves it. Over ten layers the size should grow by $\sqrt{2^{10}} = 32$, or
# shrink by as much. The random weights come near that. `initialise` draws with variance
# $2 / n_{l-1}$ ([He et al. 2015](glossary.md#sources)): from a hundred inputs, $2/100$.

# %% tags=["nbval-check-output"]
from_hundred = initialise([100, 100, 1], np.random.default_rng(0)).W[1]
print(f"variance of {from_hundred.size:,} first weights: {from_hundred.var():.4f}")

# %% [markdown]
# The logits then scatter around zero, so the first loss scatters around $\log 2$, more
# often above it: a random opinion costs.

# %% tags=["nbval-check-output"]
losses = []
for seed in range(200):
    started = initialise(as_words, np.random.default_rng(seed))
    losses.append(binary_cross_entropy(Y, forward(started, X_many).A[3]))
low, middle, high = np.quantile(losses, [0.05, 0.5, 0.95])
print(f"90% of {len(losses)} random starts: {low:.3f} to {high:.3f}")
print(f"median {middle:.3f}")

# %% [markdown]
# Now break the start, with the same seeds: draw weights of variance one, however many
# inputs there are; give the inputs in a unit that makes them a hundred times as large;
# leave one gap among them, which NumPy calls NaN, "not a number".


# %%
def first_loss(seed, inputs, variance_one=False):
    start = initialise(as_words, np.random.default_rng(seed))
    if variance_one:  # in place of 2 / n
        for l in (1, 2, 3):
            start.W[l][:] *= np.sqrt(as_words[l - 1] / 2)
    return binary_cross_entropy(Y, forward(start, inputs).A[3])


# %%
gappy = X_many.copy()
gappy[0, 0] = np.nan
broken = {
    "weights of variance one": (X_many, True),
    "inputs times 100": (100 * X_many,),
    "one gap": (gappy,),
}

# %% tags=["nbval-check-output"]
for name, how in broken.items():
    of_starts = np.array([first_loss(seed, *how) for seed in range(200)])
    far = np.sum(~(of_starts <= high))  # NaN is not at most anything
    print(f"{name:23} median {np.median(of_starts):.3f}, ", end="")
    print(f"{far} of 200 above {high:.3f} or NaN")

# %% [markdown]
# A first loss far above the usual ones, or NaN, means that something is wrong before
# training has begun. (A usual one does not show that all is right: with weights of variance
# one, some starts lose no more than others.) Check it first: it costs one forward pass.
#
# ## The ε is not needed
#
# The loss of a neuron that says yes too loudly, $z = 3$ where $y = 0$: by the sigmoid, from
# the logit alone, and once more, now without any large power of $e$.

# %% tags=["nbval-check-output"]
loud = 3.0
print(f"{-np.log(1 - sigmoid(loud)):.4f}", end="   ")
print(f"{np.log(1 + np.exp(loud)):.4f}   {loud + np.log(1 + np.exp(-loud)):.4f}")

# %% [markdown]
# In letters. For $y = 1$ the loss is
# $-\log \hat y = \log(1 + e^{-z})$; take $e^{-z}$ out of the logarithm, and it is
# $\log(1 + e^z) - z$. For $y = 0$ it is $-\log(1 - \hat y) = \log(1 + e^z)$, because
# $1 - \hat y = 1 / (1 + e^z)$: the $1 - a$ of the first neuron, its top and bottom
# multiplied by $e^z$. Where $z$ is positive, take $e^z$ out:
# $\log(1 + e^z) = z + \log(1 + e^{-z})$. Where it is not, $e^z$ is small as it stands. All
# in one:
#
# $$\begin{aligned}
# &\log(1 + e^{z}) - y z \\
# &\quad = \max(z, 0) - y z + \log(1 + e^{-|z|})
# \end{aligned}$$
#
# The lower line cannot overflow. Here it stands beside the sigmoid, for $y = 1$ and for a
# negative $z$.


# %%
def lower_line(z, y):
    return max(z, 0) - y * z + np.log(1 + np.exp(-abs(z)))


# %% tags=["nbval-check-output"]
print(f"z =  3, y = 1: {-np.log(sigmoid(3.0)):.4f}   {lower_line(3, 1):.4f}")
print(f"z = -2, y = 0: {-np.log(1 - sigmoid(-2.0)):.4f}   {lower_line(-2, 0):.4f}")

# %% [markdown]
# [`logistic_loss`](../src/lopsided/lesson/loss.py) uses the lower line. It needs no
# $\varepsilon$, and it keeps growing where the report's version goes flat: for a
# *wrong* prediction that is ever more certain, $\varepsilon$ caps the loss at
# $-\log \varepsilon$, as printed above. The picture there had $y = 1$. Here $y = 0$, so a
# large positive logit is wrong.

# %% tags=["nbval-check-output"]
rows = []
for value in (0.0, 10.0, 20.0, 40.0):
    logit, truth = np.array([[value]]), np.array([[0.0]])
    with_epsilon = binary_cross_entropy(truth, sigmoid(logit), epsilon)
    rows.append([value, with_epsilon, logistic_loss(logit, truth).item()])
names = ["logit", "with epsilon", "from the logit"]
show(pd.DataFrame(rows, columns=names).round(4).set_index("logit"))

# %% [markdown]
# So $\varepsilon$ also hid how bad a broken start was. Here is the one whose inputs were a
# hundred times too large, from the same seeds.

# %% tags=["nbval-check-output"]
from_logits = []
for seed in range(200):
    start = initialise(as_words, np.random.default_rng(seed))
    from_logits.append(logistic_loss(forward(start, 100 * X_many).Z[3], Y).mean())
print(f"inputs times 100, from the logits: median {np.median(from_logits):.3f}")

# %% [markdown]
# ## What we saw
#
# - Always saying "no" is often right, and helps nobody. We want probabilities.
# - One neuron draws one straight line. Hidden units bend it; without a bend of their own they
#   cannot.
# - A layer is one matrix product. Rows of $W$ are neurons; columns of $X$ are examples.
# - All shapes follow from the list of layer sizes, and the report gives two such lists.
# - The sigmoid and the loss both need a form that never raises $e$ to a positive power.
# - The first loss can be predicted. Check it before you train.
#
# ## On your own
#
# 1. What does the silent network lose on *your* classes? How much of a trained
#    network's loss would that leave to be explained?
#
#    <details><summary>Answer</summary>
#
#    With the bias at the log-odds it loses the entropy of the share $\pi$ of positives,
#    $-\pi \log \pi - (1 - \pi) \log(1 - \pi)$. A network is worth its features only by
#    what it loses less than that. For $\pi = \tfrac15$ it is about $0.50$, so a loss of
#    $0.48$ is a small gain, though it looks much smaller than $\log 2$.
#
#    </details>
#
# 2. At which logit does $1 - \sigma(z)$ become exactly zero in float64? In float32?
#
#    <details><summary>Answer</summary>
#
#    `sigmoid` divides by $1 + e^{-z}$. That sum rounds to 1 where $e^{-z}$ is at most
#    half the distance from 1 to the next number, which is $2^{-52}$ in float64 and
#    $2^{-23}$ in float32. So from $z \approx 53 \log 2 \approx 36.7$ on, and from
#    $z \approx 24 \log 2 \approx 16.6$.
#
#    </details>
#
# 3. Three hidden units enclosed the positives. Could two?
#
#    <details><summary>Answer</summary>
#
#    No. Two units crease the plane along two lines, which leave an open wedge or strip;
#    three are the fewest that close a region, though not from every start. Try
#    `learned([2, 2, 1], seed)` with a few seeds.
#
#    </details>
#
# Practise: [exercises](../exercises/01_forward_propagation.py), whose tests say what is
# wrong.
#
# Next: [Send the error back](02_weighted_backprop.ipynb).
