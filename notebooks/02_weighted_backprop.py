# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Send the error back
#
# **You will** derive the gradient of a weighted loss, write
# [backpropagation](glossary.md#backpropagation) in ten lines, check it by numbers, and
# then break it on purpose.
#
# **You will learn** why training should start from the logits, what the report's class
# weight really does, and which mistakes a gradient check catches.
#
# **You need** the chain rule, and [Carry an input
# forward](01_forward_propagation.ipynb). About 30 minutes.
#
# This is sections 5 and 6 of the report, with two corrections: to its $dW$, and to its
# class weight.

# %% tags=["parameters"]
run_dir = None

# %%
from lopsided.parameters import from_notebook

P = from_notebook(globals(), "run_dir")

# %%
import numpy as np
import pandas as pd

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
    layer_views,
    relu,
    relu_slope,
    sigmoid,
)
from lopsided.lesson.threshold import weighted_probability
from lopsided.report.display import show

# %% [markdown]
# ## What we look for
#
# Collect all weights and biases in one vector $\theta$. Training should make the mean
# loss small:
#
# $$J(\theta) = \frac1m \sum_i c^{(i)} \ell^{(i)},$$
#
# where $\ell^{(i)}$ is the cross-entropy of one example and $c^{(i)}$ its [class
# weight](glossary.md#class-weight). $J$ is the [objective](glossary.md#objective). The
# [gradient](glossary.md#gradient) holds the derivative of $J$ by each entry of
# $\theta$. It points uphill, so an [update](glossary.md#update) goes the other way:
#
# $$\theta := \theta - \alpha \, \frac{\partial J}{\partial \theta}.$$
#
# The step size $\alpha$ is the [learning rate](glossary.md#learning-rate).
#
# Short names: $dA$ and $dZ$ are derivatives of *one example's* weighted loss; $dW$ and
# $db$ are derivatives of the *mean*, $J$. The factor $\tfrac1m$ enters there, once.
#
# ## The report's starting point
#
# The report differentiates the loss of one example by its prediction, and multiplies
# by a weight:
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
# Both are the same expression, and no division is left. With this example's $c^{(i)}$
# as $w$:
#
# $$dZ = w \, (\hat y - y).$$

# %% tags=["nbval-check-output"]
z = np.array([[-3.0, -0.5, 0.5, 3.0]])
y = np.array([[0.0, 1.0, 0.0, 1.0]])
y_hat = sigmoid(z)
slope = y_hat * (1 - y_hat)
print("dA times slope:", (d_output(y, y_hat) * slope).round(5))
print("straight to dZ:", d_logits(y, y_hat).round(5))

# %% [markdown]
# ## Why the paper version matters
#
# On paper they are equal. In floating point, $\hat y$ rounds to exactly 1 once the
# logit is large, and the report's form divides zero by zero: on a prediction that is
# *right*. One such row turns every weight of the network into NaN.

# %% tags=["nbval-check-output"]
sure, right = sigmoid(np.array([[40.0]])), np.array([[1.0]])
with np.errstate(divide="ignore", invalid="ignore"):
    dA = d_output(right, sure)
    print("dA times slope:", (dA * sure * (1 - sure)).item())
print("straight to dZ:", d_logits(right, sure).item())

# %% [markdown]
# ## Two readings of the class weight
#
# The report's formula multiplies *both* classes by $w$. Its next line says
#
# > w is a class weight assigned to the positive class
#
# We keep both readings, by name. `"uniform"` is the formula as written. `"positive"`
# is the intent as stated.

# %% tags=["nbval-check-output"]
for weighting in ("uniform", "positive"):
    print(f"{weighting:9}", class_weights(y, weighting, w=4))

# %% [markdown]
# Now a small network to try them on. Its biases are not zero: a zero could hide a
# mistake. Twelve examples, three of them positive.

# %%
rng = np.random.default_rng(46)
network = Network([4, 3, 3, 1])
network.theta[:] = rng.normal(0, 0.7, network.theta.size)
X = rng.standard_normal((4, 12))  # (n_0, m)
Y = np.zeros((1, 12))
Y[:, :3] = 1

# %% [markdown]
# ## The chain rule, layer by layer
#
# Take one example and one layer. Unit $j$ computes $z_j = \sum_k W_{jk} a_k + b_j$.
# Write $dz_j$ for the derivative of the loss $\ell$ by $z_j$. Then the chain rule says
#
# $$\frac{\partial \ell}{\partial W_{jk}} = dz_j \, a_k, \qquad
# \frac{\partial \ell}{\partial b_j} = dz_j, \qquad
# \frac{\partial \ell}{\partial a_k} = \sum_j W_{jk} \, dz_j.$$
#
# The last one is a sum because $a_k$ reaches every unit $j$. Now for all examples at
# once, from $dZ^{[L]}$ back: the product $dZ \, A^T$ adds up the first line over the
# examples, and $W^T dZ$ is the third. These are the report's formulas, with its line
# for $dW$ corrected:
#
# $$\begin{aligned}
# dW^{[l]} &= \tfrac1m \, dZ^{[l]} (A^{[l-1]})^T \\
# db^{[l]} &= \tfrac1m \sum_i dZ^{[l](i)} \\
# dA^{[l-1]} &= (W^{[l]})^T dZ^{[l]} \\
# dZ^{[l-1]} &= dA^{[l-1]} \cdot \mathrm{ReLU}'(Z^{[l-1]})
# \end{aligned}$$
#
# The dot in the last line multiplies entry by entry. ReLU's slope is 1 where $Z > 0$,
# else 0. Check the first line by its shapes: $dW$ must be as large as $W$.


# %%
def backward_by_hand(network, done, dZ):
    m, d = dZ.shape[1], {}
    for l in range(network.L, 0, -1):
        d[f"dZ{l}"] = dZ
        d[f"dW{l}"] = dZ @ done.A[l - 1].T / m  # (n_l, m) @ (m, n_{l-1})
        d[f"db{l}"] = dZ.sum(axis=1, keepdims=True) / m  # (n_l, 1)
        if l > 1:
            d[f"dA{l - 1}"] = dA = network.W[l].T @ dZ  # (n_{l-1}, n_l) @ (n_l, m)
            dZ = dA * (done.Z[l - 1] > 0)  # (n_{l-1}, m)
    return d


# %% [markdown]
# The package does the same, and returns $dW$ and $db$ of all layers as one flat vector,
# laid out like $\theta$. `layer_views` cuts it into layers.

# %%
weight = class_weights(Y, "positive", w=4)
done = forward(network, X)
dZ = d_logits(Y, done.A[3], weight)
by_hand = backward_by_hand(network, done, dZ)
dW, db = layer_views(network.layer_dims, backward(network, done, dZ))
for l in (3, 2, 1):
    assert np.allclose(by_hand[f"dW{l}"], dW[l], rtol=0, atol=1e-14)
    assert np.allclose(by_hand[f"db{l}"], db[l], rtol=0, atol=1e-14)

# %% [markdown]
# ## Check the gradient by numbers
#
# Two programs that share a misunderstanding agree. A gradient has an independent
# witness: nudge one parameter, and see how much the objective moves. This is the
# [gradient check](glossary.md#gradient-check).
#
# $$\hat g_i = \frac{J(\theta_i + h) - J(\theta_i - h)}{2h}$$
#
# We compare $g$ and $\hat g$ by $\|g - \hat g\| / (\|g\| + \|\hat g\|)$. Near
# $10^{-9}$ they agree up to rounding. We call it wrong from $10^{-7}$ on. A false alarm
# is possible: where a nudge carries some $Z$ across zero, ReLU has a kink and $\hat g$
# is off.


# %%
def witness(weight):
    """Estimate the gradient from the objective alone."""

    def J():
        return objective(forward(network, X).Z[3], Y, weight)

    return numerical_gradient(J, network.theta)


def verdict(difference):
    return "agrees" if difference < 1e-7 else "WRONG"


def in_words(difference):
    return "below 1e-7" if difference < 1e-7 else f"{difference:.3f}"


# %% tags=["nbval-check-output"]
rows = []
for weighting in ("uniform", "positive"):
    weight = class_weights(Y, weighting, w=4)
    done = forward(network, X)
    ours = backward(network, done, d_logits(Y, done.A[3], weight))
    difference = relative_difference(ours, witness(weight))
    rows.append([weighting, ours.size, verdict(difference)])
    assert difference < 1e-7
show(pd.DataFrame(rows, columns=["weighting", "parameters", "verdict"]))

# %% [markdown]
# One number for all parameters says *that* something is wrong, not *where*. So nudge
# the arrays on the way too: change one entry of $Z^{[l]}$ or $A^{[l]}$, and finish the
# forward pass from there. $dZ$ and $dA$ belong to single examples, so here the losses
# are added up, not averaged. Both functions use `done`, `weight` and `Y` from above.


# %%
def loss_from(name, l, values):
    """Go on from Z[l] or A[l], and add up the weighted losses."""
    Z = values  # of no use if these are of A: the loop begins with the next Z
    A = np.maximum(values, 0) if name == "Z" else values
    for k in range(l + 1, 4):
        Z = network.W[k] @ A + network.b[k]
        A = np.maximum(Z, 0)
    return np.sum(weight * logistic_loss(Z, Y))


# %%
def nudge(name, l):
    """Estimate dZ[l] or dA[l], with no formula for it."""
    values = getattr(done, name)[l].copy()
    flat = values.reshape(-1)  # the same memory, as a vector: nudged together
    estimate = numerical_gradient(lambda: loss_from(name, l, values), flat)
    return estimate.reshape(values.shape)


# %% [markdown]
# Compare every array of the backward pass, in the order in which it is computed.

# %%
weight = class_weights(Y, "positive", w=4)
dW, db = layer_views(network.layer_dims, witness(weight))
witnesses = {}
for l in (3, 2, 1):
    witnesses |= {f"dZ{l}": nudge("Z", l)}
    witnesses |= {f"dW{l}": dW[l], f"db{l}": db[l]}
    if l > 1:
        witnesses |= {f"dA{l - 1}": nudge("A", l - 1)}

# %% tags=["nbval-check-output"]
rows = []
for name, estimate in witnesses.items():
    largest = np.abs(by_hand[name] - estimate).max()
    rows.append([name, estimate.shape, in_words(largest), verdict(largest)])
    assert verdict(largest) == "agrees", name
names = ["array", "shape", "largest difference", "verdict"]
show(pd.DataFrame(rows, columns=names).set_index("array"))

# %% [markdown]
# Read such a table from the top. A wrong $dZ$ or $dA$ spoils what is computed from it;
# a wrong $dW$ or $db$ stays alone. The first wrong array is where to look.
#
# ## What a uniform weight does
#
# If $w$ multiplies every example, it multiplies the whole gradient. An update is
# $\alpha$ times the gradient, so a uniform $w$ is a factor on the learning rate under
# another name. (With a penalty, or an optimiser such as Adam, the two are not the
# same.) It cannot favour a class.

# %%
done = forward(network, X)
once = backward(network, done, d_logits(Y, done.A[3], 1.0))
four = backward(network, done, d_logits(Y, done.A[3], 4.0))
assert np.allclose(four, 4 * once, rtol=1e-14)

# %% [markdown]
# A weight on positives alone turns the gradient to another direction. The cosine of
# the angle between two vectors is 1 when they point the same way.


# %% tags=["nbval-check-output"]
def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


weight = class_weights(Y, "positive", w=4)
positive = backward(network, done, d_logits(Y, done.A[3], weight))
print(f"uniform  w = 4 against no weight: {cosine(four, once):.4f}")
print(f"positive w = 4 against no weight: {cosine(positive, once):.4f}")

# %% [markdown]
# ## What a weight on positives asks for
#
# Think of many rows that look alike, a share $p$ of them positive. A network can only
# give all of them one answer $q$. Their mean loss with weight $w$ on positives is
#
# $$-w p \log q - (1 - p) \log(1 - q).$$
#
# Its derivative by $q$ is $-w p / q + (1 - p) / (1 - q)$. It is zero where
# $w p (1 - q) = (1 - p) q$, and so
#
# $$q = \frac{w p}{w p + 1 - p}.$$
#
# The weight makes the network say more than $p$: it multiplies the odds by $w$, since
# $q / (1 - q) = w \cdot p / (1 - p)$. Let numbers confirm it, by the lowest point of
# the loss on a fine grid.

# %% tags=["nbval-check-output"]
q = np.linspace(0.0005, 0.9995, 1000)
rows = []
for p, w in ((0.2, 1), (0.2, 4), (0.02, 4), (0.02, 49)):
    loss = -w * p * np.log(q) - (1 - p) * np.log(1 - q)
    rows.append([p, w, q[loss.argmin()], weighted_probability(p, w)])
    assert abs(rows[-1][2] - rows[-1][3]) < 0.001
show(pd.DataFrame(rows, columns=["p", "w", "lowest at", "formula"]).round(3))

# %% [markdown]
# So $q \ge 1/2$ means $w p \ge 1 - p$, that is $p \ge 1/(1 + w)$: a weight is a
# [threshold](glossary.md#threshold) in disguise.
# [Choose a threshold](04_threshold_analysis.ipynb) trains both, and compares.
#
# ## Plant a mistake, and see it caught
#
# Each of these runs without an error. The check finds all four.
#
# - **`>=` on activations.** After ReLU, an inactive unit is exactly 0. Asking whether
#   the activation is `>= 0` says yes to every unit.
# - **Transposed dW.** In the second layer it has the right shape; more below.
# - **Forgotten 1/m.** The sum of the gradients instead of their mean.
# - **Weight on the wrong class.** The negatives are amplified.


# %%
def mistaken(kind):
    done = forward(network, X)
    label = 1 - Y if kind == "weight on the wrong class" else Y
    dZ = d_logits(Y, done.A[3], class_weights(label, "positive", w=4))
    slope = relu_slope
    if kind == "'>=' on activations":
        slope = lambda Z: relu(Z) >= 0  # noqa: E731
    gradient = backward(network, done, dZ, slope)
    if kind == "transposed dW":
        dW, _ = layer_views(network.layer_dims, gradient)
        dW[2][:] = dW[2].T.copy()
    return gradient * (Y.size if kind == "forgotten 1/m" else 1)


# %% tags=["nbval-check-output"]
truth = witness(class_weights(Y, "positive", w=4))
kinds = ["none", "'>=' on activations", "transposed dW", "forgotten 1/m"]
rows = []
for kind in [*kinds, "weight on the wrong class"]:
    difference = relative_difference(mistaken(kind), truth)
    rows.append([kind, in_words(difference), verdict(difference)])
    assert (kind == "none") == (verdict(difference) == "agrees")
show(pd.DataFrame(rows, columns=["mistake", "difference", "verdict"]))

# %% [markdown]
# ## Plant one that the check cannot see
#
# Now put the weight on the wrong class *everywhere*: in the gradient, and in the
# objective too. Both take it from one array, which someone has made for label 0.

# %% tags=["nbval-check-output"]
wrong = class_weights(1 - Y, "positive", w=4)
difference = relative_difference(mistaken("weight on the wrong class"), witness(wrong))
print(f"difference {in_words(difference)}: {verdict(difference)}")
assert verdict(difference) == "agrees"

# %% [markdown]
# The check compares a derivative with its function, not with your intent. Intent needs
# a case whose answer is known from elsewhere. We have one: rows that look alike must
# settle at the $q$ of the formula above. Let a single neuron learn our labels from
# inputs that are all zero, so that only its bias can move.


# %%
def settles_at(weight):
    alone, nothing = Network([1, 1]), np.zeros((1, 12))
    for _ in range(500):
        done = forward(alone, nothing)
        alone.theta -= backward(alone, done, d_logits(Y, done.A[1], weight))
    return done.A[1][0, 0]


# %% tags=["nbval-check-output"]
expected = weighted_probability(Y.mean(), 4)
right = class_weights(Y, "positive", w=4)
print(f"expected                  {expected:.4f}")
print(f"weight on the positives   {settles_at(right):.4f}")
print(f"weight on the wrong class {settles_at(wrong):.4f}")
assert np.isclose(settles_at(right), expected)

# %% [markdown]
# A gradient check and a known case do different work. Use both.
#
# ## The transposed dW fails in three different ways
#
# The report writes
#
# $$dW^{[l]} = \tfrac1m A^{[l-1]} (dZ^{[l]})^T,$$
#
# which is the transpose of the gradient. What happens then depends on the shapes.
#
# **Between layers of different width it raises.** This is the kind failure.

# %% tags=["nbval-check-output"]
m = Y.size
done = forward(network, X)
d = backward_by_hand(network, done, d_logits(Y, done.A[3]))
transposed = done.A[0] @ d["dZ1"].T / m  # (4, 3), but W[1] is (3, 4)
try:
    network.W[1] - 0.01 * transposed
except ValueError as error:
    print(error)

# %% [markdown]
# **At the output it broadcasts.** $W^{[3]}$ is $(1, 3)$ and the transpose is $(3, 1)$.
# NumPy stretches both, and the new "weights" are a $3 \times 3$ matrix: `W = W - ...`
# goes on without an error. Written in place, `W -= ...` raises, because a result cannot
# grow into a smaller array. This package updates in place.

# %% tags=["nbval-check-output"]
transposed = done.A[2] @ d["dZ3"].T / m  # (3, 1)
updated = network.W[3] - 0.01 * transposed
print(network.W[3].shape, "->", updated.shape)

# %% [markdown]
# **In a square layer it trains, wrongly.** In the report's first network both hidden
# layers have three units. The transpose has the right shape and the wrong entries.

# %% tags=["nbval-check-output"]
transposed = done.A[1] @ d["dZ2"].T / m  # (3, 3), as W[2]
difference = relative_difference(transposed, d["dW2"])
print(f"shapes agree: {transposed.shape == d['dW2'].shape}")
print(f"difference from the gradient: {difference:.3f}")

# %% [markdown]
# ## What we saw
#
# - Cancel on paper before you compute: $dZ = w(\hat y - y)$ never divides by zero.
# - $dW^{[l]} = \tfrac1m dZ^{[l]} (A^{[l-1]})^T$. Shapes are a first check, and not enough.
# - A weight on both classes is a learning rate. A weight on one class changes what is
#   learned.
# - A gradient check takes five lines. It finds wrong derivatives, not wrong intentions.
#   Those show in a case whose answer you know.
#
# ## On your own
#
# 1. Set all biases of the small network to zero and all inputs positive. Which planted
#    mistakes does the check still catch?
# 2. Let the step $h$ go from $10^{-1}$ to $10^{-12}$ and draw the difference. Why does
#    it first fall and then rise?
# 3. Plant a mistake of your own that trains, looks plausible, and passes the check.
#
# Next: [Train the network](03_training.ipynb).
