# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Carry an input forward
#
# **You will** compute a network's prediction by hand, then with matrices, and say what
# an untrained network must lose before you run it.
#
# **You will learn** what $W$, $b$, $Z$ and $A$ are and which shapes they have, why the
# sigmoid overflows when it is written the obvious way, and what the first loss tells.
#
# **You need** the product of two matrices, and logarithms. About 15 minutes.
#
# These lessons follow a short report that trains a network by hand; here are its
# sections 2 to 4. An *example* is one row of a table. Its [label](glossary.md#label) is
# 1 if it is *positive*, a case of the kind we look for, else 0. The network is to
# predict the label. Classes are *lopsided* when one is much rarer than the other.
#
# No data yet: the arrays are small enough to check on paper. Linked words lead to the
# [glossary](glossary.md).

# %% tags=["parameters"]
run_dir = None

# %%
from lopsided.parameters import from_notebook

P = from_notebook(globals(), "run_dir")

# %%
import numpy as np
import pandas as pd

from lopsided.lesson.loss import binary_cross_entropy, logistic_loss
from lopsided.lesson.network import Network, forward, initialise, n_parameters, sigmoid
from lopsided.report.display import BLUE, ORANGE, Picture, axes, show

# %% [markdown]
# ## One neuron, by hand
#
# A [neuron](glossary.md#neuron) multiplies each input by a
# [weight](glossary.md#weight), adds a [bias](glossary.md#bias), and squashes the sum
# with the [sigmoid](glossary.md#sigmoid):
#
# $$z = w_1 x_1 + w_2 x_2 + b, \qquad a = \sigma(z) = \frac{1}{1 + e^{-z}}.$$
#
# The squashed value lies between 0 and 1, so it can serve as a probability. The $z$ of
# the last neuron is called the [logit](glossary.md#logit). Solve for it:
# $z = \log(a / (1 - a))$. The quotient $a / (1 - a)$ is called the odds, so $z$ is the
# [log-odds](glossary.md#log-odds) of the prediction.

# %% tags=["nbval-check-output"]
x1, x2 = 2.0, -1.0
w1, w2, b = 0.5, 1.5, 0.25
z = w1 * x1 + w2 * x2 + b
a = 1 / (1 + np.exp(-z))
print(f"z = {z:.4f}   a = {a:.4f}")

# %% [markdown]
# A negative $z$ gives less than one half: this neuron leans towards "no".

# %%
assert z < 0
assert a < 0.5

# %% [markdown]
# ## A layer is several neurons at once
#
# Neurons that share their inputs form a [layer](glossary.md#layer). Put one neuron's
# weights in each row of $W$, and one example in each column of $X$. One product then
# does the work of all neurons on all examples:
#
# $$Z = W X + b.$$
#
# The bias $b$ is a column. NumPy adds it to every column of the product.

# %% tags=["nbval-check-output"]
W = np.array([[0.5, 1.5], [-1.0, 0.25], [2.0, 0.0]])  # (3, 2): 3 neurons, 2 inputs
b = np.array([[0.25], [0.0], [-1.0]])  # (3, 1): one bias a neuron
X = np.array([[2.0, 0.0, -1.0, 1.0], [-1.0, 1.0, 0.5, 3.0]])  # (2, 4): 4 examples
Z = W @ X + b  # (3, 2) @ (2, 4) -> (3, 4)
print(Z)

# %% [markdown]
# The top left entry is the neuron from above, for the same example.

# %%
assert Z[0, 0] == z

# %% [markdown]
# Layers between the input and the last one are called
# [hidden](glossary.md#hidden-layer). Ours do not squash; they cut off what is negative.
# This is the *rectified linear unit*, [ReLU](glossary.md#relu):
#
# $$A = \max(Z, 0).$$
#
# Without some bend between them, two layers would be no more than one.

# %% tags=["nbval-check-output"]
A = np.maximum(Z, 0)  # (3, 4)
print(A)

# %%
grid = np.linspace(-6, 6, 241)
figure, ax = axes("z", "activation", "Two activations", (5.6, 3.2))
ax.plot(grid, sigmoid(grid), color=BLUE, label="sigmoid σ(z)")
ax.plot(grid, np.maximum(grid, 0), color=ORANGE, ls="--", label="ReLU max(z, 0)")
ax.set_ylim(-0.1, 2)
ax.legend()
alt = (
    "The sigmoid rises smoothly from 0 to 1 and passes one half at z = 0. ReLU is flat "
    "at 0 for negative z and rises along the diagonal for positive z."
)
show(Picture("activations", figure, alt))

# %% [markdown]
# ## The bias is one more column
#
# Write $b$ as a last column of $W$, and a row of ones under $X$. The product is the
# same, and there is nothing left to add:
#
# $$\begin{bmatrix} W & b \end{bmatrix} \begin{bmatrix} X \\ 1 \end{bmatrix} = W X + b.$$
#
# The package stores its layers in this form. It is shorter, and it is faster.

# %%
Wb = np.hstack([W, b])  # (3, 3)
X1 = np.vstack([X, np.ones((1, 4))])  # (3, 4)
assert np.array_equal(Wb @ X1, W @ X + b)

# %% [markdown]
# ## A network is layers in a row
#
# Layer $l$ takes the [activations](glossary.md#activation) of layer $l - 1$:
#
# $$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[0]} = X.$$
#
# The last layer has one neuron and the sigmoid. Its activation is the prediction
# $\hat y$. Let us put a second layer on the three neurons. `network.W[l]` and
# `network.b[l]` are views of one long vector of parameters, so `[:]` writes into them.

# %%
network = Network([2, 3, 1])
network.W[1][:], network.b[1][:] = W, b
network.W[2][:] = [[1.0, -2.0, 0.5]]  # (1, 3)
network.b[2][:] = -0.5

# %% tags=["nbval-check-output"]
done = forward(network, X)
print(done.A[2].round(4))  # (1, 4): one probability an example

# %% [markdown]
# `forward` is what we did by hand, in a loop over the layers. It keeps every `Z[l]` and
# `A[l]`: the way back, in the next lesson, needs them.

# %%
A1 = np.maximum(W @ X + b, 0)
Z2 = np.array([[1.0, -2.0, 0.5]]) @ A1 - 0.5
assert np.allclose(done.A[2], 1 / (1 + np.exp(-Z2)))

# %% [markdown]
# ## Every shape follows from the layer sizes
#
# The report contradicts itself here. Its formula says
#
# > layer_dims = [n_features, 3, 3, 1]
#
# and the line below it says
#
# > Two hidden layers with 40 and 3 units, respectively
#
# Those are two networks. Here are both, with nine features. Weights and biases together
# are the network's [parameters](glossary.md#parameter).


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
with np.errstate(over="raise"):
    try:
        1 / (1 + np.exp(-np.float64(-1000)))
    except FloatingPointError as error:
        print(error)

# %% [markdown]
# Both forms below are the same function. The left one is safe for $z \ge 0$, the
# right one for $z < 0$, because neither raises $e$ to a positive power:
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}}.$$
#
# `sigmoid` picks the safe one for each entry.

# %% tags=["nbval-check-output"]
with np.errstate(all="raise"):
    for value in (-700.0, -1.0, 0.0, 1.0, 700.0):
        print(f"{value:6.0f}  {sigmoid(np.array(value)):.5g}")

# %% [markdown]
# For a large positive $z$ the safe form, too, rounds to 1, and $1 - \hat y$ to 0. No
# form of $\hat y$ can help there. The loss must start from $z$ itself; the section
# "The ε is not needed" does that.
#
# ## What should an untrained network lose?
#
# A [loss](glossary.md#loss) says how bad predictions are. The report's is the binary
# [cross-entropy](glossary.md#cross-entropy), with a small $\varepsilon$ that keeps the
# logarithm away from zero:
#
# $$\mathcal L = -\frac1m \sum_i \left[ y^{(i)} \log(\hat y^{(i)} + \varepsilon)
# + (1 - y^{(i)}) \log(1 - \hat y^{(i)} + \varepsilon) \right].$$
#
# Predict before you run. A network whose weights and biases are all zero says
# $\hat y = 1/2$ to everyone. Whatever the labels are, it must lose $\log 2$.

# %% tags=["nbval-check-output"]
Y = np.zeros((1, 50))
Y[:, :10] = 1  # one positive in five
X_many = np.random.default_rng(0).standard_normal((9, 50))
silent = Network(as_words)
met = binary_cross_entropy(Y, forward(silent, X_many).A[3])
print(f"predicted {np.log(2):.5f}   met {met:.5f}")

# %% [markdown]
# On lopsided classes we can do better without learning anything. Let $\pi$ be the
# share of positives. Set the last bias to the log-odds $\log(\pi / (1 - \pi))$, and
# the network says $\hat y = \pi$ to everyone. A share $\pi$ of the rows then loses
# $-\log \pi$ each, the others $-\log(1 - \pi)$. Their mean is the entropy
#
# $$-\pi \log \pi - (1 - \pi) \log(1 - \pi).$$

# %% tags=["nbval-check-output"]
share = Y.mean()
silent.b[3][:] = np.log(share / (1 - share))
entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
met = binary_cross_entropy(Y, forward(silent, X_many).A[3])
print(f"predicted {entropy:.5f}   met {met:.5f}")

# %% [markdown]
# From all-zero weights only the last bias can learn: no signal passes the hidden
# layers, and equal units would get equal gradients and stay equal. So a network starts
# from random weights. `initialise` draws them with variance $2 / n_{l-1}$
# (He et al. 2015), which keeps the size of the signals about the same from layer to
# layer.
#
# The logits then scatter around zero, so the first loss scatters around $\log 2$, more
# often above it: a random opinion costs. A first loss ten times as large, or NaN, means
# that something is wrong before training has begun. Check it first: it costs one
# forward pass.

# %% tags=["nbval-check-output"]
losses = []
for seed in range(200):
    started = initialise(as_words, np.random.default_rng(seed))
    losses.append(binary_cross_entropy(Y, forward(started, X_many).A[3]))
low, middle, high = np.quantile(losses, [0.05, 0.5, 0.95])
print(f"90 % of {len(losses)} random starts: {low:.3f} to {high:.3f}")
print(f"median {middle:.3f}")

# %% [markdown]
# ## The ε is not needed
#
# For $y = 1$ the loss is $-\log \hat y = \log(1 + e^{-z}) = \log(1 + e^z) - z$. For
# $y = 0$ it is $-\log(1 - \hat y) = \log(1 + e^z)$. Both in one, and with $e^z$ taken
# out of the logarithm where $z$ is positive:
#
# $$\log(1 + e^{z}) - y z = \max(z, 0) - y z + \log(1 + e^{-|z|}).$$
#
# The right-hand form cannot overflow; `logistic_loss` uses it. It needs no
# $\varepsilon$, and it keeps growing where the report's version goes flat: for a
# *wrong* prediction that is ever more certain, $\varepsilon$ caps the loss at
# $-\log \varepsilon$.

# %% tags=["nbval-check-output"]
rows = []
for value in (0.0, 10.0, 20.0, 40.0):
    logit, truth = np.array([[value]]), np.array([[0.0]])
    with_epsilon = binary_cross_entropy(truth, sigmoid(logit))
    rows.append([value, with_epsilon, logistic_loss(logit, truth).item()])
names = ["logit", "with epsilon", "from the logit"]
show(pd.DataFrame(rows, columns=names).round(4).set_index("logit"))

# %% [markdown]
# ## What we saw
#
# - A layer is one matrix product. Rows of $W$ are neurons; columns of $X$ are examples.
# - All shapes follow from the list of layer sizes, and the report gives two such lists.
# - The sigmoid and the loss both need a form that never raises $e$ to a positive power.
# - The first loss can be predicted. Check it before you train.
#
# ## On your own
#
# 1. Leave out ReLU between the two layers. Find one matrix that does the same as both.
# 2. What does the silent network lose on *your* classes? How much of a trained
#    network's loss would that leave to be explained?
# 3. At which logit does $1 - \sigma(z)$ become exactly zero in float64? In float32?
#
# Next: [Send the error back](02_weighted_backprop.ipynb).
