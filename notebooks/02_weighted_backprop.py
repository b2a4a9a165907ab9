# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2 Send the error back
#
# **You will** take one neuron's error back by hand, then a small network's, then write
# [backpropagation](glossary.md#backpropagation) yourself, check it by numbers, and break
# it on purpose.
#
# **You will learn** what a derivative on an edge says, why training should start from
# the logits, what the report's class weight really does, and which mistakes a gradient
# check catches.
#
# **You need** the chain rule, and [Carry an input forward](01_forward_propagation.ipynb).
# Three parts, of about 12, 16 and 18 minutes: by hand; many weights and many rows,
# checked; then class weights, and mistakes.
#
# This is sections 5 and 6 of [the report](06_audit.ipynb), with two corrections: to its
# $dW$, and to its class weight.

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lopsided.lesson import toy
from lopsided.lesson.loss import (
    class_weights,
    d_logits,
    d_output,
    logistic_loss,
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
    sigmoid,
)
from lopsided.lesson.threshold import weighted_probability
from lopsided.report.display import show
from lopsided.report.lesson_drawings import network_graph, neuron_graph, two_ways
from lopsided.report.matrix_figures import gradient_product
from lopsided.report.plane_figures import surfaces
from lopsided.report.slope_figures import directions, tangent, two_losses
from lopsided.report.threshold_figures import asked_for

# %% [markdown]
# ## One neuron, backward by hand
#
# Here is the neuron of the first lesson again, with the same numbers. This time we also
# know the [label](glossary.md#label): $y = 1$. The loss of one positive is
# $\ell = -\log a$.

# %% tags=["nbval-check-output"]
x1, x2, y = 2.0, -1.0, 1.0
w1, w2, b = 0.5, 1.5, 0.25
z = w1 * x1 + w2 * x2 + b
a = 1 / (1 + np.exp(-z))
loss = -np.log(a)
print(f"z = {z:.3f}   a = {a:.3f}   loss = {loss:.3f}")

# %% [markdown]
# The neuron should have said 1, and said less than one half. Which way must $w_1$,
# $w_2$ and $b$ move so that the loss falls, and how much does each matter? A derivative
# answers both. We find all of them from the end: first by how much the loss moves if
# $a$ does. Try it: move $a$ by a millionth, then $z$, and look how many times as far the
# next number moves.

# %% tags=["nbval-check-output"]
little = 1e-6
print(f"the loss, by a: {(-np.log(a + little) - loss) / little:.3f}")
print(f"a, by z: {(1 / (1 + np.exp(-(z + little))) - a) / little:.3f}")

# %% [markdown]
# In letters:
#
# $$\frac{d\ell}{da} = \frac{d}{da}(-\log a) = -\frac1a$$
#
# One step back, $a = \sigma(z)$. The sigmoid's slope is $a(1 - a)$, so a quarter at most,
# where $a = \tfrac12$. A small move of $z$ moves $a$ by that factor, and $a$ moves the loss
# by the factor before. So the two are multiplied: this is the chain rule.
#
# <details><summary>Where does that slope come from?</summary>
#
# From $a = 1 / (1 + e^{-z})$, by the rule for $1/u$:
#
# $$\begin{aligned} \frac{da}{dz} &= \frac{e^{-z}}{(1 + e^{-z})^2} \\
# &= \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}} \\
# &= a (1 - a). \end{aligned}$$
#
# The last factor is $1 - a$, as [the first lesson](01_forward_propagation.ipynb) found on
# its way to the odds.
#
# </details>

# %% tags=["nbval-check-output"]
da = -1 / a  # of the loss, by a
slope_there = a * (1 - a)  # of the sigmoid
dz = da * slope_there  # of the loss, by z: the chain rule
print(f"da = {da:.3f}   slope = {slope_there:.3f}   dz = {dz:.3f}")
a_moved = 1 / (1 + np.exp(-(z + little)))
print(f"z nudged, all the way to the loss: {(-np.log(a_moved) - loss) / little:.3f}")

# %% [markdown]
# The nudge meets the product. In letters:
#
# $$\frac{d\ell}{dz} = \frac{d\ell}{da} \cdot \frac{da}{dz}$$
#
# From now on $dz$ is short for $d\ell/dz$, and so for every letter. The two ugly factors
# make a simple product:
#
# $$dz = -\frac1a \cdot a(1 - a) = a - 1 = a - y.$$
#
# It is the error itself: what the neuron said, minus what was true.

# %%
assert np.isclose(dz, a - y)

# %% [markdown]
# And had the label been 0? A negative loses $-\log(1 - a)$. The more it says, the more that
# costs: move $a$ by a millionth once more.

# %% tags=["nbval-check-output"]
if_negative = -np.log(1 - a)
da_negative = (-np.log(1 - (a + little)) - if_negative) / little
print(
    f"loss {if_negative:.3f}, by a: {da_negative:.3f}; 1 / (1 - a) = {1 / (1 - a):.3f}"
)
print(f"times the slope: dz = {slope_there / (1 - a):.3f}, and a = {a:.3f}")

# %% [markdown]
# In letters, $1 - a$ falls as fast as $a$ rises, so the two minus signs cancel:
#
# $$dz = \frac{1}{1 - a} \cdot a(1 - a) = a = a - y.$$

# %% [markdown]
# Why not the squared error, half of the error's square? Its derivative by $a$ is the error
# itself, and nothing cancels the sigmoid's slope.
#
# <details><summary>Predict: a neuron says one in a hundred of a positive. It is sure, and
# wrong. Which loss tells it to move, and which hardly does?</summary>
#
# The cross-entropy tells it: $dz = a - y$ is nearly $-1$, as far as it can go. The squared
# error multiplies that by $a (1 - a)$, which is nearly zero wherever the neuron is sure,
# right or wrong.
#
# </details>

# %% tags=["nbval-check-output"]
for said in (0.5, 0.01):
    error = said - y
    of_square = error * said * (1 - said)
    print(f"said {said:<4}: cross-entropy dz = {error:.4f}, ", end="")
    print(f"squared error dz = {of_square:.4f}")

# %% tags=["hide-input"]
show(two_losses(0.01))

# %% [markdown]
# In letters: the derivative of $\frac12 (a - y)^2$ by $z$ is
# $(a - y) \cdot a (1 - a)$.
#
# With the squared error, a neuron that is sure and wrong hardly moves. With the
# cross-entropy it moves most: the more wrong, the harder it is told. (After
# [Nielsen 2015](glossary.md#sources), chapter 3.)

# %% [markdown]
# Two kinds of step are left. A sum passes its derivative on to every term unchanged: if
# $b$ grows by a little, so does $z$. A product passes it on times *the other factor*:
# $z$ has $w_1 x_1$ in it, so a move of $w_1$ counts $x_1$ times.
#
# <details><summary>Predict: which of the three derivatives, dw1, dw2 and db, will be
# positive?</summary>
#
# $dz$ is negative. $x_1$ is positive, so $dw_1 = dz \, x_1$ is negative; $db = dz$ too.
# Only $dw_2 = dz \, x_2$ is positive, because $x_2$ is negative. To lower the loss,
# $w_1$ and $b$ must grow and $w_2$ must shrink.
#
# </details>

# %% tags=["nbval-check-output"]
dw1, dw2, db = dz * x1, dz * x2, dz
dx1, dx2 = dz * w1, dz * w2
print(f"dw1 = {dw1:.3f}   dw2 = {dw2:.3f}   db = {db:.3f}")
print(f"dx1 = {dx1:.3f}   dx2 = {dx2:.3f}")

# %% [markdown]
# In letters, $dw_1 = dz \, x_1$ and $dx_1 = dz \, w_1$, likewise for the second input, and
# $db = dz$.
#
# We cannot move the inputs: they are what they are. In a network, though, an input is what
# another neuron gave out. Then $dx$ is handed back to that neuron.
#
# The whole calculation is a [computation graph](glossary.md#computation-graph). Read it
# twice: left to right, above the lines, values are computed. Right to left, below the
# lines, derivatives are. They start with 1: the loss moves as much as it does itself.

# %% tags=["hide-input"]
values = {"w1": w1, "x1": x1, "w2": w2, "x2": x2, "b": b}
values |= {"w1*x1": w1 * x1, "w2*x2": w2 * x2, "z": z, "a": a, "loss": loss}
slopes = {"w1": dw1, "x1": dx1, "w2": dw2, "x2": dx2, "b": db}
slopes |= {"w1*x1": dz, "w2*x2": dz, "z": dz, "a": da, "loss": 1}
show(neuron_graph(values, slopes))

# %% [markdown]
# ## Do not believe it: nudge
#
# A derivative is a promise: move $w_2$ by a small $h$, and the loss moves by about
# $dw_2 \cdot h$. Keep all else, nudge, and compare.


# %%
def loss_at(w1, w2, b):
    a = 1 / (1 + np.exp(-(w1 * x1 + w2 * x2 + b)))
    return -np.log(a)


# %% tags=["nbval-check-output"]
rows = []
for h in (1, 0.1, 0.01):
    above, below = loss_at(w1, w2 + h, b), loss_at(w1, w2 - h, b)
    rows.append([h, dw2 * h, above - loss, (above - below) / 2])
names = ["nudge of w2", "promised", "met", "met, half of up and down"]
show(pd.DataFrame(rows, columns=names).round(5).set_index("nudge of w2"))

# %% [markdown]
# The smaller the nudge, the better the promise is kept. It is made by the tangent, and
# the loss is a curve. Nudge once up and once down, and halve the difference: most of what
# the curve's bend does to the two cancels.
#
# ## One step, and the loss falls
#
# The derivatives point uphill. So change each number a little *against* its own. How
# little is the [learning rate](glossary.md#learning-rate), $\alpha$; one such change is
# an [update](glossary.md#update).

# %% tags=["nbval-check-output"]
alpha = 0.1
after = loss_at(w1 - alpha * dw1, w2 - alpha * dw2, b - alpha * db)
print(f"loss before {loss:.3f}   after {after:.3f}")
assert after < loss

# %% [markdown]
# Here is what happens along $w_2$ alone. This step is fifteen times as long, so that you
# can see it.

# %% tags=["hide-input"]
show(tangent(lambda v: loss_at(w1, v, b), w2, dw2, -15 * alpha * dw2, "w₂"))

# %% [markdown]
# That is all there is to learning: derivatives of the loss, and a small step against
# them, many times. What remains is to do it for many weights and many rows.
#
# ## A small network, backward by hand
#
# Now the 2-3-1 network of the first lesson, its third example, and the label 1. Forward
# first; it is the same arithmetic as before.

# %% tags=["nbval-check-output"]
W1 = np.array([[0.5, 1.5], [-1.0, 0.25], [2.0, 0.0]])
b1, W2, b2 = np.array([0.25, 0.0, -1.0]), np.array([1.0, -2.0, 0.5]), -0.5
x = np.array([-1.0, 0.5])
z1 = W1 @ x + b1  # three hidden units
a1 = np.maximum(z1, 0)
a2 = sigmoid(W2 @ a1 + b2)
print("z1", z1, "  a1", a1, f"  prediction {a2:.3f}")

# %% [markdown]
# The third unit has a negative $z$, so ReLU turned it *off*: it gives 0 to the output.
#
# <details><summary>Predict: three weights touch that unit, two going in and one coming
# out. What are their derivatives?</summary>
#
# All are zero. Nudge the weight that comes out: it multiplies 0. Nudge a weight that
# goes in: $z$ stays negative, and the unit stays off. For this row, nothing that is
# done to them changes the loss.
#
# </details>
#
# Backward, from the right. The output is a neuron as above, whose inputs are the $a_1$.
# A hidden unit is asked two things: how does the loss move with your activation ($da$),
# and did the ReLU let your $z$ through? Its slope is 1 where $z > 0$, else 0.

# %% tags=["nbval-check-output"]
dz2 = a2 - y  # the error, as before
dW2 = dz2 * a1  # a product: times the other factor
da1 = dz2 * W2  # the same, the other way
dz1 = da1 * (z1 > 0)  # ReLU's slope: 1 or 0
dW1 = np.outer(dz1, x)  # entry (j, k): dz of unit j, times input k
for name, found in {"dW2": dW2, "da1": da1, "dz1": dz1, "dW1": dW1}.items():
    print(name, (found.round(2) + 0).tolist())  # + 0 makes a zero of minus zero

# %% tags=["hide-input"]
small = Network([2, 3, 1])
small.W[1][:], small.b[1][:, 0], small.W[2][:], small.b[2][:] = W1, b1, W2, b2
by_layer = {1: dz1[:, None], 2: np.array([[dz2]])}
one_example = forward(small, x[:, None])
derivatives = by_layer, {1: dW1, 2: dW2[None]}, {1: da1[:, None]}
show(network_graph(small, one_example, *derivatives))

# %% [markdown]
# The derivative of each bias is its unit's $dz$. The grey unit is off for this row: its
# $da$ is not zero, but ReLU lets none of it through to $dz$. A unit that is off for
# *every* row is [dead](glossary.md#dead-unit): no row moves its weights. In a later layer,
# changes in the layers before it may wake it again: with $z = a/2 - 1$ it is off where
# $a = 1$, and on where the layer before has moved $a$ to $3$. The next lesson shows how
# units die.
#
# Again, do not believe it. Nudge one weight of the first layer.

# %% tags=["nbval-check-output"]
h, nudged = 1e-4, W1.copy()
nudged[1, 0] += h
a2_nudged = sigmoid(W2 @ np.maximum(nudged @ x + b1, 0) + b2)
met = -np.log(a2_nudged) - -np.log(a2)  # the loss, minus what it was
print(f"promised {dW1[1, 0] * h:.3e}   met {met:.3e}")

# %% [markdown]
# Each layer back multiplies once more: by a weight, and by the slope of a bend. The first
# lesson said what ten sigmoids do to that product. Put ten units in a row, each fed by the
# one before, and without biases; the first is given a 1. In one chain biases hold each
# sigmoid in the middle: weights of 8, biases of $-4$, and a first input of one half make
# every $z$ zero. With $da = 1$ at the end, what reaches the beginning?


# %%
def handed_back(bend, weight, bias=0.0, a=1.0):
    factors = []
    for _ in range(10):
        z = weight * a + bias
        factors.append(weight * (bend(z + little) - bend(z)) / little)
        a = bend(z)
    return np.cumprod(factors[::-1])  # from the last unit to the first


# %% tags=["nbval-check-output"]
chains = {
    "sigmoid, weights 1": handed_back(sigmoid, 1.0),
    "sigmoid, weights 4": handed_back(sigmoid, 4.0),
    "sigmoid, in the middle": handed_back(sigmoid, 8.0, -4.0, 0.5),
    "ReLU, weights 1": handed_back(lambda z: np.maximum(z, 0), 1.0),
}
for chain, left in chains.items():
    print(f"{chain:22} one back {left[0]:.2g}, five {left[4]:.2g}, ten {left[9]:.4g}")

# %% [markdown]
# Less than a millionth passes ten sigmoids without biases, and with larger weights still
# less: their units are nearer to an end. In the middle it is the other way round: eight
# quarters are 2, and what comes back doubles ten times. It *vanishes* or it *explodes*.
# ReLUs that are on, with weights of 1, hand back all.
#
# This is a good place for a pause.
#
# ## In letters
#
# **Part two: many weights, and many rows.** Collect all weights and biases in one vector
# $\theta$. For $m$ rows, training makes the mean loss small:
#
# $$J(\theta) = \frac1m \sum_i \ell^{(i)},$$
#
# where $\ell^{(i)}$ is the cross-entropy of one example. $J$ is the
# [objective](glossary.md#objective). Its [gradient](glossary.md#gradient) holds the
# derivative by each entry of $\theta$; the sign $\partial$ in place of $d$ says that all
# other entries are kept. An update is
#
# $$\theta := \theta - \alpha \, \frac{\partial J}{\partial \theta}.$$
#
# Short names: $dA$ and $dZ$ are derivatives of *one example's* loss, a column each;
# $dW$ and $db$ are derivatives of the *mean*, $J$. The factor $\tfrac1m$ enters there,
# once.
#
# One thing is new. The 2-3-1 network had one output; in a wider one, a unit reaches several
# units of the next layer. Let there be two of each, for one example.

# %% tags=["nbval-check-output"]
W_wide = np.array([[1.0, -2.0], [3.0, 0.5]])  # to two units, from two units
dz_wide = np.array([0.1, -0.2])  # what the two units' z do to the loss
to_first, to_second = W_wide[0, 0] * dz_wide[0], W_wide[1, 0] * dz_wide[1]
print(f"by way of the first {to_first:.1f}, of the second {to_second:.1f}", end="")
print(f": together {to_first + to_second:.1f}")

# %% tags=["hide-input"]
show(two_ways(W_wide, dz_wide))

# %% [markdown]
# A nudge of the first unit's $a$ moves both $z$, and through each of them the loss. What
# comes by two ways adds up.
#
# Now in letters. Take one example and one layer. Unit $j$ computes
# $z_j = \sum_k W_{jk} a_k + b_j$. The chain rule says what we just did by hand:
#
# $$\begin{aligned}
# \frac{\partial \ell}{\partial W_{jk}} &= dz_j \, a_k \\
# \frac{\partial \ell}{\partial b_j} &= dz_j \\
# \frac{\partial \ell}{\partial a_k} &= \sum_j W_{jk} \, dz_j
# \end{aligned}$$
#
# The last one is a sum because $a_k$ reaches every unit $j$.
#
# ## In matrices
#
# With $m$ examples side by side, the product $dZ \, A^T$ adds up the first formula over the
# examples. See it with two examples and four numbers each:

# %% tags=["nbval-check-output"]
dZ_two = np.array([[1.0, 10.0], [2.0, 20.0]])  # two units, two examples
A_two = np.array([[3.0, 5.0], [4.0, 6.0]])  # two inputs, two examples
first = np.outer(dZ_two[:, 0], A_two[:, 0])
second = np.outer(dZ_two[:, 1], A_two[:, 1])
print((first + second).tolist(), "is", (dZ_two @ A_two.T).tolist())

# %% tags=["hide-input"]
show(gradient_product(dZ_two, A_two))

# %% [markdown]
# The marked entry belongs to one unit and one input. In each example their two numbers
# are multiplied; the product adds this up over the examples. The mean is that sum divided
# by $m$, here two. For the biases, each row of $dZ$ is added up, and divided too.

# %% tags=["nbval-check-output"]
print("dW:", (dZ_two @ A_two.T / 2).tolist())
summed = dZ_two.sum(axis=1, keepdims=True)
print("rows of dZ, summed:", summed.tolist(), "  db:", (summed / 2).tolist())

# %% [markdown]
# In the same way $W^T dZ$ is the third formula for all examples at once. For the one
# example in the drawing:

# %% tags=["nbval-check-output"]
print((W_wide.T @ dz_wide).round(1).tolist())

# %% [markdown]
# These are the two sums on its left. And these are the report's formulas, with its line
# for $dW$ corrected:
#
# $$\begin{aligned}
# dW^{[l]} &= \tfrac1m \, dZ^{[l]} (A^{[l-1]})^T \\
# db^{[l]} &= \tfrac1m \sum_i dZ^{[l](i)} \\
# dA^{[l-1]} &= (W^{[l]})^T dZ^{[l]} \\
# dZ^{[l-1]} &= dA^{[l-1]} \cdot \mathrm{ReLU}'(Z^{[l-1]})
# \end{aligned}$$
#
# $dZ^{[l](i)}$ is column $i$ of $dZ^{[l]}$, and $\mathrm{ReLU}'$ the slope of ReLU, 1 or 0.
# The dot in the last line multiplies entry by entry. Check the first line by its
# shapes: $dW$ must be as large as $W$.


# %%
def slope(Z):
    return Z > 0  # ReLU's: True counts as 1, False as 0


def through_layer(dZ, A_before, W):
    m = dZ.shape[1]
    dW = dZ @ A_before.T / m  # (n_l, m) @ (m, n_{l-1})
    db = dZ.sum(axis=1, keepdims=True) / m  # (n_l, 1)
    return dW, db, W.T @ dZ  # dA: (n_{l-1}, n_l) @ (n_l, m)


# %% [markdown]
# Now go from the last layer to the first.


# %%
def backward_by_hand(network, passed, dZ, slope=slope):
    d = {f"dZ{network.L}": dZ}
    for l in range(network.L, 0, -1):
        dW, db, dA = through_layer(d[f"dZ{l}"], passed.A[l - 1], network.W[l])
        d |= {f"dW{l}": dW, f"db{l}": db}
        if l > 1:  # on to the layer before
            d |= {f"dA{l - 1}": dA, f"dZ{l - 1}": dA * slope(passed.Z[l - 1])}
    return d


# %% [markdown]
# With one example it gives the numbers of the drawing.

# %%
drawn = backward_by_hand(small, one_example, np.array([[dz2]]))
assert np.allclose(drawn["dW1"], dW1, rtol=0, atol=1e-15)
assert np.allclose(drawn["dW2"], dW2, rtol=0, atol=1e-15)

# %% [markdown]
# Now a network with two hidden layers. Its biases are not zero: a zero could hide a
# mistake. Twelve examples, three of them positive.

# %%
rng = np.random.default_rng(46)
network = Network([4, 3, 3, 1])
network.theta[:] = rng.normal(0, 0.7, network.theta.size)
X = rng.standard_normal((4, 12))  # (n_0, m)
Y = np.zeros((1, 12))
Y[:, :3] = 1

# %% [markdown]
# The package's [`backward`](../src/lopsided/lesson/network.py) does the same. It starts
# from [`d_logits`](../src/lopsided/lesson/loss.py), which is $\hat y - y$, and returns
# $dW$ and $db$ of all layers as one flat vector, laid out like $\theta$. `layer_views`
# cuts it into layers.

# %%
passed = forward(network, X)
by_hand = backward_by_hand(network, passed, passed.A[3] - Y)
flat = backward(network, passed, d_logits(Y, passed.A[3]))
dWs, dbs = layer_views(network.layer_dims, flat)
for l in (3, 2, 1):
    assert np.allclose(by_hand[f"dW{l}"], dWs[l], rtol=0, atol=1e-14)
    assert np.allclose(by_hand[f"db{l}"], dbs[l], rtol=0, atol=1e-14)

# %% [markdown]
# The first lesson claimed that a network of zeros would only change its last bias. Which
# of its derivatives are not zero? And it said that equal units stay equal.

# %% tags=["nbval-check-output"]
zeros = Network([4, 3, 3, 1])
at_zeros = forward(zeros, X)
d = backward_by_hand(zeros, at_zeros, at_zeros.A[3] - Y)
print([name for name in d if name[:2] in ("dW", "db") and d[name].any()])

# %% tags=["nbval-check-output"]
equal = Network([4, 3, 1], np.full(19, 0.1))
at_equal = forward(equal, X)
d_equal = backward_by_hand(equal, at_equal, at_equal.A[2] - Y)
for array in ("dW1", "db1", "dW2"):
    print(f"{array}\n{d_equal[array].round(4)}")

# %% [markdown]
# The three units get the same derivatives: of the weights that go in, each unit's in a row
# of $dW^{[1]}$, of the bias, and of the weight that comes out. So a step leaves them equal:
# three units do what one could do.

# %% [markdown]
# ## Check the gradient by numbers
#
# Two programs that share a misunderstanding agree. A gradient has an independent
# witness: the nudge from above, for every parameter in turn. This is the [gradient
# check](glossary.md#gradient-check). A nudge to both sides is more exact than one, as the
# first table of nudges showed:
#
# $$\hat g_i = \frac{J(\theta_i + h) - J(\theta_i - h)}{2h}$$


# %%
def with_entry(J, theta, i, value):
    kept, theta[i] = theta[i], value
    found = J()
    theta[i] = kept  # as it was
    return found


# %%
def by_nudges(J, theta, h=1e-5):
    g = np.empty_like(theta)
    for i, value in enumerate(theta):
        above = with_entry(J, theta, i, value + h)
        below = with_entry(J, theta, i, value - h)
        g[i] = (above - below) / (2 * h)
    return g


# %% [markdown]
# [`numerical_gradient`](../src/lopsided/lesson/loss.py) in the package is this function.
# We ask ours for the gradient of $J$, and the package's for that of its
# [`objective`](../src/lopsided/lesson/loss.py). That is $J$ again: it takes the logits, the
# labels, and a weight for each row, which is 1 until part three.


# %%
def witness(weight):
    """Estimate the gradient from the objective alone."""
    return numerical_gradient(
        lambda: objective(forward(network, X).Z[3], Y, weight), network.theta
    )


def J():
    return np.mean(logistic_loss(forward(network, X).Z[3], Y))


assert np.array_equal(by_nudges(J, network.theta), witness(1.0))

# %% [markdown]
# How far are two gradients from each other? The *length* of a vector is the root of the sum
# of its squares: that of $(3, 4)$ is $\sqrt{9 + 16} = 5$. Say two gradients have length 5,
# and their difference has length $1/1000$: a ten-thousandth of both lengths together. In
# letters, $\|g\|$ is the length of $g$. Let the backward pass give $g$. We compare
# $g$ and $\hat g$ by $\|g - \hat g\| / (\|g\| + \|\hat g\|)$, the package's
# [`relative_difference`](../src/lopsided/lesson/loss.py). Rounding alone leaves far less
# than $10^{-7}$, and how much depends on the computer. So we print "below 1e-7", and call
# it wrong from there on. A false alarm is possible: where a nudge carries some $Z$ across
# zero, ReLU has a kink and $\hat g$ is off.


# %%
def verdict(difference):
    return "agrees" if difference < 1e-7 else "WRONG"


def in_words(difference):
    return "below 1e-7" if difference < 1e-7 else f"{difference:.3f}"


# %% tags=["nbval-check-output"]
gap = relative_difference(flat, witness(1.0))
print(f"{flat.size} parameters, difference {in_words(gap)}: {verdict(gap)}")
print(f"the nudges took {2 * flat.size} forward passes")
assert verdict(gap) == "agrees"

# %% [markdown]
# If nudges are so simple, why is there backpropagation? Because they take two forward
# passes *for each parameter*. Backpropagation takes one forward and one backward pass
# for all parameters together. Programs such as PyTorch and JAX find the backward pass by
# themselves, by the same chain rule: this is *automatic differentiation*.
#
# One number for all parameters says *that* something is wrong, not *where*. So nudge
# the arrays on the way too: change one entry of $Z^{[l]}$ or $A^{[l]}$, and finish the
# forward pass from there. $dZ$ and $dA$ belong to single examples, so here the losses
# are added up, not averaged.


# %%
def loss_from_A(l, A):
    for k in range(l + 1, 4):
        Z = network.W[k] @ A + network.b[k]
        A = np.maximum(Z, 0)
    return np.sum(logistic_loss(Z, Y))


def loss_from_Z(l, Z):
    return loss_from_A(l, np.maximum(Z, 0)) if l < 3 else np.sum(logistic_loss(Z, Y))


# %%
def nudged_array(loss_from, l, values):
    values = values.copy()
    vector = values.reshape(-1)  # the same memory: nudged together
    return by_nudges(lambda: loss_from(l, values), vector).reshape(values.shape)


# %% [markdown]
# Compare every array of the backward pass, in the order in which it is computed.

# %%
dW_seen, db_seen = layer_views(network.layer_dims, witness(1.0))
witnesses = {}
for l in (3, 2, 1):
    witnesses[f"dZ{l}"] = nudged_array(loss_from_Z, l, passed.Z[l])
    witnesses |= {f"dW{l}": dW_seen[l], f"db{l}": db_seen[l]}
    if l > 1:
        witnesses[f"dA{l - 1}"] = nudged_array(loss_from_A, l - 1, passed.A[l - 1])


# %%
def compared(found):
    rows = []
    for name, estimate in witnesses.items():
        gap = relative_difference(found[name], estimate)
        rows.append([name, estimate.shape, in_words(gap), verdict(gap)])
    names = ["array", "shape", "difference", "verdict"]
    return pd.DataFrame(rows, columns=names).set_index("array")


# %% tags=["nbval-check-output"]
show(compared(by_hand))
for name, said in compared(by_hand)["verdict"].items():
    assert said == "agrees", name

# %% [markdown]
# Now plant a mistake: let the slope ask whether the *activation* is `>= 0`. After ReLU, a
# unit that is off gives exactly 0, so the answer is yes for every unit.


# %% tags=["nbval-check-output"]
def always_on(Z):
    return np.maximum(Z, 0) >= 0


planted = backward_by_hand(network, passed, passed.A[3] - Y, always_on)
show(compared(planted))

# %% [markdown]
# Read such a table from the top. A wrong $dZ$ or $dA$ spoils what is computed from it;
# a wrong $dW$ or $db$ stays alone. The first wrong array is where to look: here it is made
# by the slope.
#
# ## Let it learn
#
# The gradient is right, so let it work. The toy world of the first lesson: points in a
# plane, one in five of them positive, gathered in the middle. One step is the update
# from above, with all rows at once.

# %%
X_toy, Y_toy = toy.points(np.random.default_rng(0))


def descend(learner, steps, alpha=0.5):
    for _ in range(steps):
        done = forward(learner, X_toy)
        dZ = done.A[learner.L] - Y_toy
        learner.theta -= alpha * backward(learner, done, dZ)


# %% [markdown]
# <details><summary>Predict: what loss must it have before the first step, about? And
# what would a network lose that says “one in five” to everyone?</summary>
#
# $\log 2 \approx 0.69$ if it had no opinion. But random weights have opinions, the louder
# the further a point is out, and most of them cost. Saying $\pi = \tfrac15$ to everyone
# loses $-\pi\log\pi - (1-\pi)\log(1-\pi) \approx 0.50$. That is the line to beat.
#
# </details>

# %% tags=["nbval-check-output"]
rate = Y_toy.mean()
same_for_all = -rate * np.log(rate) - (1 - rate) * np.log(1 - rate)
print(f"saying {rate:.4f} to everyone loses {same_for_all:.3f}")

# %% tags=["nbval-check-output"]
snapshots = {}
learner = initialise([2, 8, 1], np.random.default_rng(2))
for steps, more in ((0, 0), (1, 1), (10, 9), (100, 90)):
    descend(learner, more)
    snapshots[f"step {steps}"] = Network([2, 8, 1], learner.theta)
    reached = objective(forward(learner, X_toy).Z[2], Y_toy)
    print(f"step {steps:3}: the loss is {reached:.3f}")


# %%
def losses_around_a_step(start):
    newcomer = initialise([2, 8, 1], np.random.default_rng(start))
    before = objective(forward(newcomer, X_toy).Z[2], Y_toy)
    descend(newcomer, 1)
    return before, objective(forward(newcomer, X_toy).Z[2], Y_toy)


# %% tags=["nbval-check-output"]
before, after = np.array([losses_around_a_step(start) for start in range(1000)]).T
print(f"of a thousand starts, half lose more than {np.median(before):.3f}")
beaten = np.mean(after < same_for_all)
print(f"after one step, {beaten:.0%} lose less than {same_for_all:.3f}")

# %% tags=["hide-input"]
panels = {
    name: lambda points, seen=seen: predict_proba(seen, points)  # this `seen`
    for name, seen in snapshots.items()
}
show(surfaces(panels, X_toy, Y_toy, "first_steps"))

# %% [markdown]
# After a single step this network loses less than one answer for everyone; so do most of
# the thousand. How rare the positives are, and where they are, is learned together.
# Nobody told it that they sit in the middle. It followed the derivatives of the
# cross-entropy, and bent its surface until it fell away from the middle on all sides.
# (The small line after ten steps has no point in it yet.) You can
# [watch a network learn](08_explore.ipynb#watch-a-network-learn), epoch by epoch. The
# [next lesson](03_training.ipynb) makes this faster, and asks when to stop.
#
# This is a good place for a pause.
#
# ## Two readings of the class weight
#
# **Part three: class weights, and mistakes.** Only one row in five is positive. Should
# those few not count more? Let the neuron of part one count four times. Its $da$ is
# multiplied by four, and all that follows from it.

# %% tags=["nbval-check-output"]
da_four = 4 * da
dz_four = da_four * slope_there
print(f"da = {da_four:.3f}   dz = {dz_four:.3f}   4 (a - y) = {4 * (a - y):.3f}")

# %% [markdown]
# The report multiplies each example's derivative by such a weight, $w$:
#
# $$dA = -w \left( \frac{y}{\hat y} - \frac{1 - y}{1 - \hat y} \right).$$
#
# To go on, it multiplies by the slope of the sigmoid,
# $\sigma'(z) = \hat y (1 - \hat y)$. Do that on paper. For $y = 1$:
#
# $$dZ = -\frac{w}{\hat y} \cdot \hat y (1 - \hat y) = w (\hat y - 1),$$
#
# and for $y = 0$:
#
# $$dZ = \frac{w}{1 - \hat y} \cdot \hat y (1 - \hat y) = w \hat y.$$
#
# Both are the same expression, $dZ = w \, (\hat y - y)$: the error, times the weight.
# The package's [`d_output`](../src/lopsided/lesson/loss.py) is this $dA$, here for
# $w = 1$.

# %% tags=["nbval-check-output"]
labels = np.array([[0.0, 1.0, 0.0, 1.0]])
answers = sigmoid(np.array([[-3.0, -0.5, 0.5, 3.0]]))
print("dA times slope:", (d_output(labels, answers) * answers * (1 - answers)).round(5))
print("straight to dZ:", d_logits(labels, answers).round(5))

# %% [markdown]
# The report's formula multiplies *both* classes by $w$. Its next line says
#
# > w is a class weight assigned to the positive class
#
# What, then, does the gradient descend? Take those four examples, and let the two positives
# count four times.

# %% tags=["nbval-check-output"]
of_four = -np.log(np.where(labels == 1, answers, 1 - answers))[0]
counted = np.array([1, 4, 1, 4]) * of_four
print("losses", of_four.round(3), "  counted", counted.round(3))
print(f"over four: {counted.sum() / 4:.3f}   over the ten: {counted.sum() / 10:.3f}")

# %% [markdown]
# The report divides by the number of examples. Let $c^{(i)}$ be the [class
# weight](glossary.md#class-weight) of example $i$. The
# objective is then $J = \frac1m \sum_i c^{(i)} \ell^{(i)}$. We keep both readings, by
# name, in [`class_weights`](../src/lopsided/lesson/loss.py). `"uniform"` is the formula as
# written: $c^{(i)} = w$ for every example. `"positive"` is the intent as stated:
# $c^{(i)} = w$ where $y^{(i)} = 1$, else 1. For either, $dZ = c \, (\hat y - y)$.
#
# Since $J$ is divided by $m$, not by the sum of the weights, weights above one also
# lengthen the steps. Other packages may divide by the sum.

# %% tags=["nbval-check-output"]
for weighting in ("uniform", "positive"):
    print(f"{weighting:9}", class_weights(labels, weighting, w=4))

# %% [markdown]
# Neither reading may escape the gradient check.

# %% tags=["nbval-check-output"]
for weighting in ("uniform", "positive"):
    weight = class_weights(Y, weighting, w=4)
    ours = backward(network, passed, d_logits(Y, passed.A[3], weight))
    said = verdict(relative_difference(ours, witness(weight)))
    print(f"{weighting:9} {ours.size} parameters: {said}")
    assert said == "agrees"

# %% [markdown]
# ## What a uniform weight does
#
# If $w$ multiplies every example, it multiplies the whole gradient. An update is
# $\alpha$ times the gradient, so with plain steps, and without the
# [penalty](glossary.md#penalty) of the next lesson, a uniform $w$ is a factor on the
# learning rate under another name. It cannot favour a class.

# %%
once = backward(network, passed, d_logits(Y, passed.A[3], 1.0))
four = backward(network, passed, d_logits(Y, passed.A[3], 4.0))
assert np.allclose(four, 4 * once, rtol=1e-14)

# %% [markdown]
# A weight on positives alone turns the gradient to another direction. How far, the
# cosine of the angle says: how far one of two vectors reaches along the other, if both
# have length 1. It is 1 when they point the same way, 0 at a right angle, and negative
# beyond. For $(3, 4)$, of length $5$, and $(1, 2)$, of length $\sqrt 5$: multiply entry by
# entry, add up, and divide by both lengths, $(3 \cdot 1 + 4 \cdot 2) / (5 \sqrt 5) \approx
# 0.98$. In letters, with $u$ for the other vector:
#
# $$\cos = \frac{\sum_i g_i u_i}{\|g\| \, \|u\|}$$


# %% tags=["nbval-check-output"]
def cosine(g, other):
    return g @ other / np.linalg.norm(g) / np.linalg.norm(other)


on_positives = class_weights(Y, "positive", w=4)
positive = backward(network, passed, d_logits(Y, passed.A[3], on_positives))
print(f"uniform  w = 4 against no weight: {cosine(four, once):.4f}")
print(f"positive w = 4 against no weight: {cosine(positive, once):.4f}")

# %% [markdown]
# The second cosine is below zero. (With another seed it may be above.) What does that mean
# for a step? A nudge of one entry moves the loss by about the derivative times the nudge.
# Nudge all, one after the other. As long as the nudges are small, each hardly changes the
# derivatives of the rest, so the products add up. Let the derivatives of a loss be
# $(3, 4)$, and step against some other gradient: against $(1, 2)$, and against $(-2, 1)$.

# %% tags=["nbval-check-output"]
for against in ([1, 2], [-2, 1]):
    nudges = -0.01 * np.array(against)
    moves = np.array([3, 4]) * nudges
    print(f"against {against}: {moves[0]:+.2f} {moves[1]:+.2f} = {moves.sum():+.2f}")

# %% [markdown]
# The sum $3 \cdot 1 + 4 \cdot 2$ is positive, and the loss falls. The sum
# $3 \cdot (-2) + 4 \cdot 1$ is negative, and the step *raises* it. In letters, let the loss
# have the gradient $g$, and step by $-\alpha u$. It moves by about
#
# $$\sum_i g_i \, (-\alpha u_i) = -\alpha \sum_i g_i u_i.$$
#
# $\alpha$ and both lengths are positive. So the sign of that sum, which is the sign of the
# cosine, settles whether a small step against $u$ lowers the loss or raises it. In the
# drawing $g$ is the plain gradient. A step into the shaded half has a positive sum with it.

# %% tags=["hide-input"]
show(directions(once, positive))

# %% [markdown]
# Here a small step against the weighted gradient lowers the weighted loss and raises the
# plain one. Take the step, and compare what the sum promises with what comes.

# %% tags=["nbval-check-output"]
stepped = Network(network.layer_dims, network.theta - 0.01 * positive)
both_losses = {"weighted": (on_positives, positive), "plain": (1.0, once)}
for name, (weight, g) in both_losses.items():
    losses = [objective(forward(n, X).Z[3], Y, weight) for n in (network, stepped)]
    print(f"{name:8} loss: {losses[0]:.4f} before, {losses[1]:.4f} after; ", end="")
    print(f"promised {-0.01 * g @ positive:+.6f}, met {losses[1] - losses[0]:+.6f}")

# %% [markdown]
# ## What a weight on positives asks for
#
# <details><summary>Predict: one row in five is positive, and positives count four times.
# What would a network say that knows nothing else?</summary>
#
# One half. Per five rows there is one positive with weight 4, and four negatives with
# weight 1: as much on one side as on the other.
#
# </details>
#
# Think of many rows that look alike. A network can only give all of them one answer. Let
# one in five be positive, and compare three answers by their mean loss.

# %% tags=["nbval-check-output"]
for said in (0.2, 0.5, 0.8):
    weighted = (4 * 1 * -np.log(said) + 4 * -np.log(1 - said)) / 5
    print(f"say {said}: with weight 4 on the positive one, {weighted:.3f}")

# %% [markdown]
# In letters, let a share $p$ be positive. If all are told $q$, their mean loss with weight
# $w$ on positives is
#
# $$-w p \log q - (1 - p) \log(1 - q).$$
#
# Its derivative by $q$ is $-w p / q + (1 - p) / (1 - q)$. It is zero where
# $w p (1 - q) = (1 - p) q$, and so
#
# $$q = \frac{w p}{w p + 1 - p}.$$
#
# The weight makes the network say more than $p$: it multiplies the odds by $w$, since
# $q / (1 - q) = w \cdot p / (1 - p)$. One row in five has the odds 1 to 4; with $w = 4$ they
# become 4 to 4, one half. Here is that mean loss for one row in five.

# %% tags=["hide-input"]
show(asked_for(0.2, (1, 4)))

# %% [markdown]
# Let numbers confirm it, by the lowest point of
# the loss on a fine grid. The package has the formula as
# [`weighted_probability`](../src/lopsided/lesson/threshold.py).

# %% tags=["nbval-check-output"]
q = np.linspace(0, 1, 100_001)[1:-1]  # neither 0 nor 1: log 0 is infinite
rows = []
for p, w in ((0.2, 1), (0.2, 4), (0.02, 4), (0.02, 49)):
    mean_loss = -w * p * np.log(q) - (1 - p) * np.log(1 - q)
    rows.append([p, w, q[mean_loss.argmin()], weighted_probability(p, w)])
    assert abs(rows[-1][2] - rows[-1][3]) < 0.00001
names = ["p", "w", "lowest at", "formula"]
show(pd.DataFrame(rows, columns=names).round(3).set_index(["p", "w"]))

# %% [markdown]
# Twice the answer is one half: where one in five is positive and $w = 4$, and where one in
# fifty is and $w = 49$. In letters, $q \ge 1/2$ means $w p \ge 1 - p$, that is
# $p \ge 1/(1 + w)$: a weight is a
# [threshold](glossary.md#threshold) in disguise.
# [Choose a threshold](04_threshold_analysis.ipynb) trains both, and compares.
#
# ## Why the paper version matters
#
# **Now the mistakes.** The first is to compute what should be cancelled on paper. In
# floating point, $\hat y$ rounds to exactly 1 once the logit is large, and the report's
# $dA$ times the slope divides zero by zero: on a prediction that is *right*.

# %% tags=["nbval-check-output"]
sure, right_label = sigmoid(np.array([[40.0]])), np.array([[1.0]])
with np.errstate(divide="ignore", invalid="ignore"):
    lost = (d_output(right_label, sure) * sure * (1 - sure)).item()
print("dA times slope:", lost)
print("straight to dZ:", d_logits(right_label, sure).item())

# %% [markdown]
# One such row among our twelve spoils the whole gradient, and the next update turns every
# parameter into NaN.

# %% tags=["nbval-check-output"]
spoilt = d_logits(Y, passed.A[3])
spoilt[0, 0] = lost
found = backward(network, passed, spoilt)
print(f"{np.isnan(found).sum()} of {found.size} derivatives are NaN")

# %% [markdown]
# ## The transposed dW fails in three different ways
#
# Here is the report's own. It writes
#
# $$dW^{[l]} = \tfrac1m A^{[l-1]} (dZ^{[l]})^T,$$
#
# with the factors in the other order. Take the two units and two examples from part two.

# %% tags=["nbval-check-output"]
print("dW:          ", (dZ_two @ A_two.T / 2).tolist())
print("the report's:", (A_two @ dZ_two.T / 2).tolist())

# %% [markdown]
# Rows have become columns: it is the transpose of the gradient. What happens then depends on
# the shapes.
#
# **Between layers of different width it raises.** This is the kind failure.

# %% tags=["nbval-check-output"]
m = Y.size
transposed = passed.A[0] @ by_hand["dZ1"].T / m  # (4, 3), but W[1] is (3, 4)
try:
    network.W[1] - 0.01 * transposed
except ValueError as error:
    print(error)

# %% [markdown]
# **At the output it broadcasts.** $W^{[3]}$ is $(1, 3)$ and the transpose is $(3, 1)$.
# NumPy stretches both, and the new "weights" are a $3 \times 3$ matrix: `W = W - ...`
# goes on without an error. Written in place, `W -= ...` raises, because a result cannot
# grow into a smaller array ([the audit](06_audit.ipynb#twelve-findings) tries both).
# This package updates in place.

# %% tags=["nbval-check-output"]
transposed = passed.A[2] @ by_hand["dZ3"].T / m  # (3, 1)
updated = network.W[3] - 0.01 * transposed
print(network.W[3].shape, "->", updated.shape)

# %% [markdown]
# **In a square layer it trains, wrongly.** In the report's first network both hidden
# layers have three units. The transpose has the right shape and the wrong entries.

# %% tags=["nbval-check-output"]
transposed = passed.A[1] @ by_hand["dZ2"].T / m  # (3, 3), as W[2]
apart = relative_difference(transposed, by_hand["dW2"])
print(f"shapes agree: {transposed.shape == by_hand['dW2'].shape}")
print(f"difference from the gradient: {apart:.3f}")

# %% [markdown]
# Let such networks learn in the toy world, from eight starts, with the right gradient and
# with its $dW^{[2]}$ transposed.


# %%
def with_square_transposed(layer_dims, gradient):
    turned = gradient.copy()
    square = layer_views(layer_dims, turned)[0][2]  # dW2, a view into turned
    square[:] = square.T.copy()
    return turned


# %%
def take_step(trainee, transposing):
    done = forward(trainee, X_toy)
    of_step = backward(trainee, done, done.A[3] - Y_toy)
    if transposing:
        of_step = with_square_transposed(trainee.layer_dims, of_step)
    trainee.theta -= 0.5 * of_step


# %%
def loss_after(start, transposing, steps=300):
    trainee = initialise([2, 3, 3, 1], np.random.default_rng(start))
    for _ in range(steps):
        take_step(trainee, transposing)
    return objective(forward(trainee, X_toy).Z[3], Y_toy)


# %% tags=["nbval-check-output"]
for start in range(8):
    rightly, wrongly = loss_after(start, False), loss_after(start, True)
    print(f"start {start}: right {rightly:.3f}, transposed {wrongly:.3f}")
print(f"one answer for everyone: {same_for_all:.3f}")

# %% [markdown]
# The wrong gradient learns something from every start: all its other derivatives are
# right. From some starts it stays far behind the right one; from some the two differ
# little. Where the right one, too, is slow, the wrong one may even end a little lower. So
# a loss that falls does not show that the gradient is right.
#
# ## Plant a mistake, and see it caught
#
# Each of these runs without an error. Vote before you look: which will the check find?
#
# - **`>=` on activations.** The slope that we planted above.
# - **Transposed dW.** In the second layer it has the right shape, as we saw.
# - **Forgotten 1/m.** The sum of the gradients instead of their mean.
# - **Weight on the wrong class.** The negatives are amplified.


# %%
right, wrong = (class_weights(label, "positive", w=4) for label in (Y, 1 - Y))
dZ = d_logits(Y, passed.A[3], right)
honest = backward(network, passed, dZ)
twisted = with_square_transposed(network.layer_dims, honest)

# %%
gradients = {"none": honest}
gradients["'>=' on activations"] = backward(network, passed, dZ, always_on)
gradients["transposed dW"] = twisted
gradients["forgotten 1/m"] = honest * Y.size
on_negatives = backward(network, passed, d_logits(Y, passed.A[3], wrong))
gradients["weight on the wrong class"] = on_negatives

# %% tags=["nbval-check-output"]
truth, rows = witness(right), []
for kind, gradient in gradients.items():
    difference = relative_difference(gradient, truth)
    rows.append([kind, in_words(difference), verdict(difference)])
    assert (kind == "none") == (verdict(difference) == "agrees")
names = ["mistake", "difference", "verdict"]
show(pd.DataFrame(rows, columns=names).set_index("mistake"))

# %% [markdown]
# It finds all four. (The transposed $dW$ is off by less than above: here all derivatives
# count. Most of them are right, and beside it the weight of four makes them larger.)
#
# ## Plant one that the check cannot see
#
# Now put the weight on the wrong class *everywhere*: in the gradient, and in the
# objective too. Both take it from one array, which someone has made for label 0.

# %% tags=["nbval-check-output"]
difference = relative_difference(on_negatives, witness(wrong))
print(f"difference {in_words(difference)}: {verdict(difference)}")
assert verdict(difference) == "agrees"

# %% [markdown]
# The check compares a derivative with its function, not with your intent. Intent needs a
# case whose answer is known from elsewhere. We have one: rows that look alike must settle
# at the $q$ of the formula above. It counts each positive $w$ times. Let a single
# neuron learn our labels from inputs that are all zero, so that only its bias can move.


# %%
def settles_at(weight):
    alone, nothing = Network([1, 1]), np.zeros((1, 12))
    for _ in range(500):
        done = forward(alone, nothing)
        gradient = backward(alone, done, d_logits(Y, done.A[1], weight))
        alone.theta -= gradient  # a learning rate of 1
    return done.A[1][0, 0]


# %% tags=["nbval-check-output"]
positives, negatives = int(np.sum(Y == 1)), int(np.sum(Y == 0))
print(f"p = {positives}/{Y.size} are positive; ", end="")
print(f"with weight 4, q = {4 * positives}/{4 * positives + negatives}")

# %% tags=["nbval-check-output"]
expected = weighted_probability(Y.mean(), 4)
print(f"expected                  {expected:.4f}")
print(f"weight on the positives   {settles_at(right):.4f}")
print(f"weight on the wrong class {settles_at(wrong):.4f}")
assert np.isclose(settles_at(right), expected)

# %% [markdown]
# A gradient check and a known case do different work. Use both.
#
# ## What we saw
#
# - A derivative on an edge says how the loss moves if that value does. Products pass it
#   on times the other factor, sums unchanged, ReLU all or nothing.
# - $dz = \hat y - y$, the error itself, with its weight if it has one. Cancelled on
#   paper, it never divides by zero.
# - $dW^{[l]} = \tfrac1m dZ^{[l]} (A^{[l-1]})^T$. Shapes are a first check, and not
#   enough.
# - A weight on both classes is a learning rate. A weight on one class changes what is
#   learned.
# - A gradient check takes a few lines. It finds wrong derivatives, not wrong intentions.
#   Those show in a case whose answer you know.
#
# ## On your own
#
# 1. Give the single neuron the label 0. Redraw its graph. Which derivatives change
#    their sign, and which their size?
#
#    <details><summary>Answer</summary>
#
#    Now $dz = a - 0 = a$, which is positive, so every derivative but the loss's own 1
#    changes its sign: the neuron should say less. All from $dz$ back are scaled by the same
#    factor, $a / (1 - a)$, because all are $dz$ times a factor that has no label in it.
#    Only $da$ is new: $1 / (1 - a)$.
#
#    </details>
#
# 2. Set all biases of the four-input network to zero and all inputs positive. Which
#    planted mistakes does the check still catch?
#
#    <details><summary>Answer</summary>
#
#    Try it with a few seeds. The forgotten $\tfrac1m$ and the wrong class are always
#    caught: the last bias alone shows them. So is the transposed $dW$, unless $dW$ happens
#    to be symmetric, as when the same single unit is on in both layers. The `>=` shows
#    only if some unit is off for some row: with all inputs positive and a lucky draw of
#    weights, each unit of the first layer may be always on.
#
#    With some seeds even the *right* gradient is called wrong. For a row that turns all of
#    the first layer off, and with biases of zero, $Z^{[2]}$ is exactly 0: on ReLU's kink,
#    and a nudge of its bias crosses it. That is one more
#    reason why our biases are not zero.
#
#    </details>
#
# 3. Let the step $h$ go from $10^{-1}$ to $10^{-12}$ and draw the difference. Why does
#    it first fall and then rise?
#
#    <details><summary>Answer</summary>
#
#    A large $h$ cuts the curve by a chord: the error falls like $h^2$. At $h = 1/10$ it is
#    larger still: some nudges carry a $Z$ across ReLU's kink. A small $h$ subtracts two
#    nearly equal numbers, each rounded at about $10^{-16}$: that error grows like
#    $10^{-16} / h$. The best step balances both, near $10^{-5}$.
#
#    </details>
#
# 4. Plant a mistake of your own that trains, looks plausible, and passes the check.
#
#    <details><summary>Answer</summary>
#
#    Anything that is wrong in the objective *and* in its gradient passes: labels
#    shuffled against their rows, a feature that holds the label, test rows among the
#    training rows.
#
#    </details>
#
# Practise: [exercises](../exercises/02_weighted_backprop.py), whose tests say what is
# wrong.
#
# Next: [Train the network](03_training.ipynb).
