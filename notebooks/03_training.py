# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 Train the network
#
# **You will** write the training loop, watch a network learn in the toy world, see what
# a rate that is too high does, and when to stop. Then you train the report's network on
# a whole table.
#
# **You will learn** what a mini-batch, an epoch and a falling learning rate are, how
# to notice that a network learns rows by heart, how settings are chosen, which curve
# training really descends, and how a unit dies.
#
# **You need** [Send the error back](02_weighted_backprop.ipynb). Four parts, of about 11,
# 17, 13 and 8 minutes: steps; when to stop, and what to choose; a whole table; then what
# training did, and what it missed.
#
# This is section 7 of [the report](06_audit.ipynb). The next cell holds what you can
# change, the most useful first. `lopsided parameters` explains each name.

# %% tags=["parameters", "hide-input"]
# To play with. None: the report's, or chosen for the table, by `training`.
epochs = None  # the report's 400
batch_size = None  # 200
initial_learning_rate = None  # 0.01
final_learning_rate = 1e-5
hidden_units = None  # [40, 3]; the report also says [3, 3]
weighting = "uniform"
w = 1.0
l2 = None  # 0
seed = 0
data = "simulated"  # or the path of a table
target = None  # the column to predict; None: known for the appointments

# How the table is read, where that is not found out rightly.
positive_label = None  # None: the rarer value
features = None  # None: "report" for the appointments, "all" for other tables
drop = []  # columns not to learn from
kinds = {}  # of columns: number, category, date, text or identifier
gaps = {}  # values that mean that nothing is known, as in {"age": [999]}
labels = None  # None: the target's two values, as they are
header = None  # False: there is no row of names
sheet = None  # of a workbook
member = None  # of an archive
encoding = None
decimal = None  # "." or ","
dayfirst = None  # True: 1/2/2024 is in February

# The split, the randomness, and the rest.
training = None  # None: "report" for the appointments, "fitted" for other tables
n_networks = None  # None: 1, or 5 whose mean logit is taken
threshold = None  # None: 0.18 for the appointments, "prevalence" for other tables
initialisation = "he"
test_size = 0.2
group_column = None
time_column = None
split_seed = 0
data_seed = 0
dtype = "float64"
engine = "auto"
n_bootstrap = 2000
n_seeds = 1
author = None
title = None
run_dir = None  # None: write nothing

# %% tags=["hide-input"]
from lopsided.parameters import from_notebook

P = from_notebook(globals())

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from scipy.stats import t as student

from lopsided.engines import epoch_of
from lopsided.lesson import toy
from lopsided.lesson.loss import (
    balanced_weight,
    class_weights,
    d_logits,
    logistic_loss,
    objective,
)
from lopsided.lesson.network import (
    Network,
    backward,
    forward,
    initialise,
    predict_proba,
)
from lopsided.lesson.training import learning_rate, train
from lopsided.prose import item
from lopsided.report import experiment, figures, results
from lopsided.report.display import say, show
from lopsided.report.fold_figures import (
    kept_aside,
    learning_curve,
    turns,
    validation_curve,
)
from lopsided.report.map_figures import batch_steps, valleys
from lopsided.report.plane_figures import surfaces
from lopsided.report.sampling_figures import means
from lopsided.report.slope_figures import chord
from lopsided.report.training_figures import (
    creases,
    dying,
    parts,
    question,
    reversal,
    weights_map,
)
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic

# %% [markdown]
# ## A table with a question
#
# The table is split once. The network learns from the [training
# rows](glossary.md#training-rows). The [test rows](glossary.md#test-rows) are kept aside:
# they show how it does on rows that it has not learned from. Below, `P` holds the
# parameters of the cell above; `X` and `Y` are the features and labels of the training
# rows.

# %% tags=["hide-input"]
full = load(P)
P = results.choice(full.parameters, full).parameters  # with what the table decides
table = full.at_most(100_000)  # of a tall one a part; the run's network learns from all
X, Y = table.X_train, table.Y_train

# %% tags=["hide-input", "nbval-check-output"]
rows, positive = table.words.rows, table.words.positive
n_train, n_test = full.Y_train.size, full.Y_test.size
print(f"{table.provenance.source}: {n_train:,} training {rows}, {n_test:,} test")
print(f"positive: {positive}, {Y.mean():.4f} of the training {rows}")
for note in table.provenance.notes:
    if "share their" in note:
        say(item(note))

# %% [markdown]
# In the clinic, a test row may be of a patient who has training rows too. Where a table
# can tell, the last line says how many test rows that concerns. `group_column` in the
# cell above keeps such rows on one side, as `-p group_column` does in a terminal; finding
# l of [the audit](06_audit.ipynb) measures what that changes.
#
# Here are six training rows, one a column: only the features, and as numbers. (The network
# meets them shifted and scaled. This part tells you why.) The last line is what it shall
# learn to say. Names are spelled as in the table: in the clinic's, `Hipertension` and
# `Handcap`. There, `Scholarship` is a family allowance for the poor, `SMS_received` a
# reminder, and `scheduled_hour` the hour of booking.

# %% tags=["hide-input", "nbval-check-output"]
scale = np.array([[f.scale, f.mean] for f in table.recipe.features])
six = pd.DataFrame(X[:12, :6] * scale[:12, :1] + scale[:12, 1:])
six.index = pd.Index(table.recipe.names[:12], name="feature")
six.columns = [*"ABCDEF"][: six.shape[1]]
six.loc[positive] = Y[0, :6]
show((six.round(2) + 0.0).map("{:g}".format))  # + 0 makes a zero of minus zero

# %% [markdown]
# How rare is the positive class, and does any single feature tell who belongs to it? We
# take the feature that goes along with the label most. A bar leaves room for chance: of
# twenty such bars, about nineteen hold the truth. Part two tells where such a $95\%$
# [interval](glossary.md#interval) comes from.

# %% tags=["hide-input"]
along = X @ (Y[0] - Y.mean())  # X is standardised: as the correlation
strongest = int(np.abs(along).argmax())
values = X[strongest] * scale[strongest, 0] + scale[strongest, 1]
name = table.recipe.names[strongest]
show(question(Y, parts(values), name, positive, rows))

# %% [markdown]
# A network can weigh all features at once.
#
# <details><summary>Predict: what would a network lose that has learned nothing but how
# rare positives are?</summary>
#
# The entropy of their share, as in the first lesson. It is printed below. Whatever the
# network learns from the features must show as a loss below this line.
#
# </details>

# %% tags=["nbval-check-output"]
share = Y.mean()
same_for_all = -share * np.log(share) - (1 - share) * np.log(1 - share)
print(f"saying {share:.4f} to everyone loses {same_for_all:.4f}")

# %% [markdown]
# ## The loop, in eight lines
#
# First in the toy world, where learning can be seen. In the last lesson each step used
# all rows. Here each step uses a few of them, a [mini-batch](glossary.md#mini-batch).
# When all rows have had their turn, one [epoch](glossary.md#epoch) is over; then they are
# shuffled. This is *stochastic gradient descent*, SGD: stochastic, because luck decides
# which rows come together.


# %%
def train_by_hand(network, X, Y, rng, epochs, batch_size, rate):
    for _ in range(epochs):
        order = rng.permutation(Y.size)
        for first in range(0, Y.size, batch_size):
            batch = order[first : first + batch_size]
            done = forward(network, X[:, batch])
            dZ = done.A[network.L] - Y[:, batch]
            network.theta -= rate * backward(network, done, dZ)


# %% [markdown]
# The package's [`train`](../src/lopsided/lesson/training.py) is this loop. It also knows
# class weights, a rate that falls and a penalty, and it keeps the losses.

# %%
X_toy, Y_toy = toy.points(np.random.default_rng(0))  # (2, 400) and (1, 400)


def start(layer_dims=(2, 8, 1), seed=2):
    return initialise(layer_dims, np.random.default_rng(seed))


def constant(rate):
    return {"initial_learning_rate": rate, "final_learning_rate": rate}


# %%
ours, theirs, ones = start(), start(), np.ones_like(Y_toy)
both = {"epochs": 3, "batch_size": 20}
train_by_hand(ours, X_toy, Y_toy, np.random.default_rng(0), **both, rate=0.3)
train(theirs, X_toy, Y_toy, ones, np.random.default_rng(0), **both, **constant(0.3))
assert np.allclose(ours.theta, theirs.theta, rtol=1e-9)

# %% [markdown]
# Many networks are trained below, so we want it quick. Where Numba is installed, `train`
# can let a compiled twin of the loop do the same arithmetic:
# [`epoch_of`](../src/lopsided/engines.py) finds it.

# %%
quick, twin = {"run_epoch": epoch_of(P.engine)}, start()
also = both | constant(0.3) | quick
train(twin, X_toy, Y_toy, ones, np.random.default_rng(0), **also)
assert np.allclose(ours.theta, twin.theta, rtol=1e-9)

# %% [markdown]
# ## Small batches take more steps
#
# <details><summary>Predict: fifty epochs with all points in one batch, or fifty
# epochs with batches of twenty. Which network is better at the end?</summary>
#
# The second, at the same rate. An epoch costs about the same arithmetic, but it makes
# twenty steps instead of one. Each of them goes only roughly in the right direction. That
# is good enough.
#
# </details>

# %% tags=["nbval-check-output"]
learned = {}
for size in (400, 20):
    network = learned[size] = start()
    rng = np.random.default_rng(0)
    train_by_hand(network, X_toy, Y_toy, rng, epochs=50, batch_size=size, rate=0.3)
    loss = objective(forward(network, X_toy).Z[2], Y_toy)
    print(f"batches of {size}: {50 * 400 // size} steps, loss {loss:.3f}")

# %% [markdown]
# At the same rate, that is. What if the few steps are longer?

# %% tags=["nbval-check-output"]
longer, rng = start(), np.random.default_rng(0)
train_by_hand(longer, X_toy, Y_toy, rng, epochs=50, batch_size=400, rate=3)
loss = objective(forward(longer, X_toy).Z[2], Y_toy)
print(f"batches of 400, rate 3: 50 steps, loss {loss:.3f}")

# %% [markdown]
# On so few points, a rate ten times as high makes up for most of it.
#
# ## Watch it learn
#
# Here is the network with batches of twenty once more, at three stages. The last panel
# shows where the one with a single batch ended, at the same rate.

# %%
stages, learner, before = {}, start(), 0
rng = np.random.default_rng(0)
for epoch in (1, 5, 50):
    train_by_hand(learner, X_toy, Y_toy, rng, epoch - before, batch_size=20, rate=0.3)
    stages[f"batches of 20, epoch {epoch}"] = Network([2, 8, 1], learner.theta)
    before = epoch
stages["batches of 400, epoch 50"] = learned[400]


# %% tags=["hide-input"]
def seen(networks):
    return {
        name: lambda points, network=network: predict_proba(network, points)
        for name, network in networks.items()
    }


some_toy = X_toy[:, ::4], Y_toy[:, ::4]  # all would hide the surface
show(surfaces(seen(stages), *some_toy, "stages"))

# %% [markdown]
# First it learns where the middle is, then how sure to be of it. To turn the epochs back
# and forth yourself, [watch a network learn](08_explore.ipynb#watch-a-network-learn).
#
# ## What do hidden units find?
#
# Let a network have three of them. Each is off on one side of a line, and grows on the
# other: along the line the surface has a crease.

# %% tags=["hide-input"]
few_units = start([2, 3, 1])
train_by_hand(few_units, X_toy, Y_toy, np.random.default_rng(0), 50, 20, 0.3)
show(creases(few_units, X_toy, Y_toy))

# %% [markdown]
# An arrow points to the side on which a unit is on. Its sign is that of the weight that
# leads from it to the output: does the unit raise or lower the prediction there? Nobody
# placed these lines. Together they hold the positives in the middle.
#
# ## The rate, on a map of the loss
#
# How long should a step be? A loss of two parameters can be drawn as a map. So give one
# neuron the one feature that settles the toy world: how far a point is from the middle.
# It has one weight and one bias.

# %%
squared = np.sum(X_toy**2, axis=0, keepdims=True)  # (1, 400)
far = (squared - squared.mean()) / squared.std()
distant = squared + 10

# %% [markdown]
# The second line [standardised](glossary.md#standardise) the feature: it took off the
# mean and divided by the standard deviation: the root of the mean squared distance from
# it. (Around their mean, $4$, lie $1$, $3$, $5$ and $7$ at the squared distances $9$, $1$,
# $1$ and $9$. The root of the mean of these is $2.24$.) The third counts it from a distant
# zero, as we count years.


# %%
def path(x, rate, steps=40, begin=(0, 0)):
    neuron, points = Network([1, 1], np.array(begin, float)), [np.array(begin, float)]
    one = {"epochs": 1, "batch_size": Y_toy.size, "rate": rate}
    for _ in range(steps):
        train_by_hand(neuron, x, Y_toy, np.random.default_rng(0), **one)
        points.append(neuron.theta.copy())
    return np.array(points)  # (steps + 1, 2)


# %% [markdown]
# <details><summary>Predict: forty steps each, with a low, a middle and a high rate. How
# does each go? And with the distant zero?</summary>
#
# One creeps, one arrives, one jumps to and fro. With the distant zero the feature is large
# and never negative, and the weight moves the loss far more than the bias does: the map is
# a narrow valley. A rate that is safe across the valley is slow along it.
#
# </details>


# %% tags=["nbval-check-output"]
def loss_of(x):
    return lambda w, b: objective(w * x + b, Y_toy)


near = loss_of(far)
panels = {f"rate {rate:g}": (near, path(far, rate)) for rate in (0.1, 10, 30)}
panels["distant zero, rate 0.03"] = loss_of(distant), path(distant, 0.03)
for name, (loss_at, points) in panels.items():
    print(f"{name:23} ends at a loss of {loss_at(*points[-1]):.3f}")

# %% tags=["hide-input"]
show(valleys(panels))

# %% [markdown]
# The last panel draws $w$ much larger than $b$. On the small map in it both have the same
# scale, and the valley is a slit. Across it the path has settled; along it, to the star, it
# has hardly begun.

# %% tags=["nbval-check-output"]
w_there, b_there = panels["distant zero, rate 0.03"][1][-1]
print(f"after forty steps w is {w_there:.2f} and b is {b_there:.2f}")

# %% [markdown]
# Perhaps the distant zero only needs another rate? Give each feature the best of five.

# %% tags=["nbval-check-output"]
for name, x in {"standardised": far, "distant zero": distant}.items():
    ends = {r: loss_of(x)(*path(x, r)[-1]) for r in (0.01, 0.03, 0.1, 1, 10)}
    best = min(ends, key=ends.get)
    print(f"{name}: lowest with rate {best:g}, a loss of {ends[best]:.3f}")

# %% [markdown]
# It needs another shape of the loss. So features are standardised, with means and scales
# of the training rows. And the rate is the first thing to try: ten times more, ten times
# less. Which rate is right depends on the network and on the data; one with hidden units, as
# a rule, needs smaller ones than this neuron: *Dead units*, below, tries $10$ on such a
# network, in small batches, and not one of its units survives.
#
# This is a good place for a pause.
#
# ## When to stop
#
# **Part two: when to stop, and what to choose.** A loss on the training rows can only
# tell how well those rows are known. To [overfit](glossary.md#overfitting) is to learn
# their luck along with what is true of all rows. It shows on rows that are kept aside
# while training goes on, the [validation rows](glossary.md#validation-rows). Take a
# hundred points only, a network with much room, and a thousand points aside as
# validation rows.

# %%
few_points = toy.points(np.random.default_rng(1), 100)
aside = toy.points(np.random.default_rng(2), 1000)
roomy = [2, 30, 30, 1]
looks = np.unique(np.geomspace(1, 3000, 200).astype(int))  # after these epochs


def loss_on(network, points):
    return objective(forward(network, points[0]).Z[network.L], points[1])


# %%
def watched(l2=0.0, epochs=3000):
    network, rng, seen_by = start(roomy, seed=1), np.random.default_rng(0), {}

    def watch(epoch, history):  # `train` calls it after each epoch, from 0
        if epoch + 1 in looks:
            seen_by[epoch + 1] = [loss_on(network, of) for of in (few_points, aside)]

    plan = constant(0.1) | quick | {"epochs": epochs, "batch_size": 100, "l2": l2}
    train(network, *few_points, np.ones((1, 100)), rng, on_epoch=watch, **plan)
    return network, pd.DataFrame(seen_by, index=["train", "aside"]).T


# %% [markdown]
# `l2` is a [penalty](glossary.md#penalty): it adds `l2`/2 times the sum of the squared
# weights to the objective, so that each step also pulls every weight towards zero. Say
# `l2` is $1/100$, and a weight is 2. It adds $\tfrac12 \cdot 4/100 = 1/50$ to the
# objective and $2/100$ to the derivative, and a step at rate $1/10$ takes $1/500$ off the
# weight. In letters, with $\lambda$ for `l2`, the objective becomes
# $J + \tfrac{\lambda}{2} \sum w^2$. Its derivative by a weight has $\lambda w$ more, and a
# step at rate $\alpha$ takes $\alpha \lambda w$ more off. With steps as ours this is also
# called *weight decay*.
#
# <details><summary>Predict: both losses fall at first. Which of them rises again, and
# what does a penalty do to it?</summary>
#
# The loss on the points aside turns where the network begins to learn single points by
# heart. The training loss keeps falling, but for spikes where a step is too long. A
# penalty makes sharp creases costly, and single points are not worth them.
#
# </details>

# %% tags=["nbval-check-output"]
by_heart, losses = watched()
held_back, losses_l2 = watched(l2=0.01)
best = losses["aside"].idxmin()  # an epoch
for name, of in {"no penalty": losses, "l2 = 0.01": losses_l2}.items():
    turned, lowest_loss = of["aside"].idxmin(), of["aside"].min()
    print(f"{name}: lowest after {turned:4} epochs, {lowest_loss:.3f}; ", end="")
    print(f"in the end {of['aside'].iloc[-1]:.3f}")

# %% [markdown]
# In the toy world each label is drawn with a known probability, `toy.probability`. So we
# can also ask what the truth itself would lose.


# %% tags=["nbval-check-output"]
def truth_loses(points):
    p = toy.probability(points[0])
    return objective(np.log(p / (1 - p)), points[1])


floor = {}
for name, points in {"training rows": few_points, "points aside": aside}.items():
    floor[name] = truth_loses(points)
    print(f"{name:13}: {points[1].mean():.1%} positive, ", end="")
    print(f"the true probabilities lose {floor[name]:.3f}")

# %% tags=["hide-input"]
curves = {"no penalty": losses, "l2 = 0.01": losses_l2}
show(kept_aside(curves, floor["points aside"]))

# %% [markdown]
# Losses use natural logarithms; their unit is the [nat](glossary.md#nat). The dotted line
# is what the true probabilities lose on the points aside. Chance made the training points
# the harder ones: even the truth loses more on them. So look at where a curve turns, not
# at the distance between the two.
#
# There are two cures, both known as *regularisation*. Stop where the loss on validation
# rows is lowest (*early stopping*), or train with a penalty. (A third, *dropout*, turns
# random units off at each step. The report uses none.) Here is what each of the two
# believes, beside the truth.

# %%
stopped, _ = watched(epochs=best)

# %% tags=["hide-input"]
believed = {"by heart": by_heart, "stopped": stopped, "l2 = 0.01": held_back}
beside = seen(believed) | {"the truth": toy.probability}
show(surfaces(beside, *few_points, "believed"))

# %% [markdown]
# The first network is sure of itself on fingers that reach out for single points.
# Settings such as epochs, rate and `l2` are called *hyperparameters*. Choose them on
# validation rows, never on test rows: the best of many tries is partly luck. The next
# lesson measures such luck.
#
# ## Choose inside the training rows
#
# A thousand points aside are a luxury. Who has a hundred in all can let each of them serve
# twice, by [cross-validation](glossary.md#cross-validation). Cut the training rows into
# five parts, the *folds*. Learn from four of them, and ask the fifth. Do so five times:
# then each row has been asked once, by a network that had not seen it.

# %%
fold = np.arange(100) % 5  # points come in no order, so every fifth will do

# %% tags=["hide-input"]
show(turns(fold))


# %%
def fit(X, Y, l2, seed=1, **more):
    network, rng = start(roomy, seed), np.random.default_rng(0)
    # A higher rate and fewer epochs than above: many networks are trained.
    plan = constant(0.3) | {"epochs": 300, "batch_size": 100, "l2": l2} | more
    train(network, X, Y, np.ones_like(Y), rng, **plan, **quick)
    return network


# %%
def held_out(l2):
    (points, labels), asked = few_points, np.empty(100)
    for out in (fold == k for k in range(5)):
        network = fit(points[:, ~out], labels[:, ~out], l2)
        Z = forward(network, points[:, out]).Z[3]
        asked[out] = logistic_loss(Z, labels[:, out])[0]
    return asked  # each point's loss


# %% [markdown]
# Try four penalties, and take the one with the lowest mean loss on the rows held out.
# Compare each with it point by point: how much more does this point lose? The mean of a
# hundred such differences decides, and it needs a measure of its own luck.
#
# ## How far off is a mean?
#
# Chance drew the points. Others would have another mean: how far off may this one be?
#
# Say that there are only four: $1$, $3$, $5$ and $7$. Their mean is $4$. Their distances
# from it, squared, are $9$, $1$, $1$ and $9$; the mean of these is $5$, and its root $2.24$.
# But these four stand for all that could have been drawn. So let these numbers be all that
# there is, and draw four from them, each time anew, ten thousand times.

# %% tags=["nbval-check-output"]
all_there_is = np.array([1, 3, 5, 7])  # their mean squared distance is 5
fours = np.random.default_rng(0).choice(all_there_is, size=(10_000, 4))
around = np.sum((fours - fours.mean(axis=1, keepdims=True)) ** 2, axis=1)
print("squares around their own mean: ", end="")
print(f"{around.mean() / 4:.2f} divided by four, {around.mean() / 3:.2f} by three")

# %% [markdown]
# Divided by four, the squares come out too small: values lie nearer to their own mean than
# to the true one. Divided by $4 - 1$ they are right. So of four drawn values $1$, $3$, $5$
# and $7$, the [variance](glossary.md#variance) is $20/3$. Its root, $2.58$, is the standard
# deviation: a single value is typically so far off.
#
# And a sum of four?

# %% tags=["nbval-check-output"]
print(f"one value scatters by {fours[:, 0].std():.2f}, ", end="")
print(f"sums of four by {fours.sum(axis=1).std():.2f}")
lucks = fours - 4  # how far each is off
crossed = np.mean(lucks[:, 0] * lucks[:, 1])
print(f"the product of two lucks is {crossed:z.2f} on average")

# %% [markdown]
# A sum of four is not off by four times as much as one value, but by twice as much. Each of
# the four is off by a luck of its own, some upwards and some downwards. Where two are off
# by $3$ and $-1$, their sum is off by $2$, and $2^2 = 3^2 + (-1)^2 + 2 \cdot 3 \cdot (-1)$.
# On average such products of two different lucks cancel, and four squares are left:
# $\sqrt{4 \cdot 5} = 4.47$. The mean is a quarter of the sum, so it is off by half as much
# as one value.

# %% tags=["hide-input"]
show(means(fours[:, 0], fours))

# %% [markdown]
# Of $1$, $3$, $5$ and $7$, then, the mean is typically off by $2.58 / \sqrt 4 = 1.29$. This
# is its [standard error](glossary.md#standard-error): how far a mean typically lies from
# what it estimates. In letters it is $s / \sqrt n$, for $n$ values of standard deviation
# $s$. Of many values, the mean lies within two standard errors of the truth about nineteen
# times in twenty. So far does a $95\%$ interval reach.


# %%
def standard_error(values):
    return values.std(ddof=1) / np.sqrt(values.size)  # ddof=1: divide by n - 1


# %% tags=["nbval-check-output"]
print(f"of 1, 3, 5 and 7: {standard_error(np.array([1, 3, 5, 7])):.2f}")

# %% [markdown]
# Of many values, that is. The spread of few is itself unsure: five may lie close together
# by luck, and then two errors do not reach far enough. Draw $n$ values of a normal law
# around zero, again and again: how often does zero lie within so many errors of their mean?


# %%
def within(n, factor, draws=10_000):
    samples = np.random.default_rng(0).normal(size=(draws, n))
    errors = samples.std(axis=1, ddof=1) / np.sqrt(n)  # of each row
    return np.mean(np.abs(samples.mean(axis=1)) < factor * errors)


# %% tags=["nbval-check-output"]
for n in (5, 10, 100):
    factor = student.ppf(0.975, n - 1)  # 2.5% lie beyond, on either side
    print(f"{n:3} values: within 2 errors {within(n, 2):.1%}, ", end="")
    print(f"within {factor:.2f} errors {within(n, factor):.1%}")

# %% [markdown]
# What takes the place of the two is [Student's factor](glossary.md#students-factor)
# ([Student 1908](glossary.md#sources)): larger for fewer values, and two for many. Here we
# have a hundred. Later lessons have five splits or ten seeds, and need it.
#
# A share is a mean, too: of zeros and ones. Where one in five is a one, four fifths of the
# values are $1/5$ off, and one fifth is $4/5$ off. The mean square is
# $\tfrac45 \cdot \tfrac1{25} + \tfrac15 \cdot \tfrac{16}{25} = \tfrac4{25}$, and its root
# $2/5$. In letters, a share $r$ has $s = \sqrt{r (1 - r)}$.

# %% tags=["nbval-check-output"]
r_toy = Y_toy.mean()
print(f"root of r (1 - r): {np.sqrt(r_toy * (1 - r_toy)):.3f}, s: {Y_toy[0].std():.3f}")
print(f"positives: {r_toy:.1%}, two errors {2 * standard_error(Y_toy[0]):.1%}")

# %% [markdown]
# So the bars of part one are made; the drawing takes a slightly better rule, which holds
# for few rows, too ([Wilson 1927](glossary.md#sources)).
#
# ## Which of four penalties?
#
# Back to cross-validation: each penalty has a mean loss on the rows held out, and now the
# difference of two has a standard error. Since this is the toy world, ask the thousand
# points aside too, by a network that has learned from all hundred. What does it lose on
# those hundred themselves?
#
# <details><summary>Predict: where will the lowest be? And what goes wrong on either side
# of it?</summary>
#
# In between. Without a penalty, single points are learned by heart. With a large one the
# weights stay so small that the network says nearly the same to everyone.
#
# </details>

# %%
tried = {penalty: held_out(penalty) for penalty in (0.0, 0.001, 0.01, 0.1)}
lowest = min(tried, key=lambda penalty: tried[penalty].mean())


# %%
def judge(penalty):
    asked, network = tried[penalty], fit(*few_points, penalty)
    more = asked - tried[lowest]  # point by point
    others = loss_on(network, few_points), loss_on(network, aside)
    return [asked.mean(), more.mean(), standard_error(more), *others]


# %% tags=["nbval-check-output"]
columns = ["held out", "above the lowest", "its standard error"]
columns += ["training rows", "points aside"]  # the hundred, and the thousand
judged = pd.DataFrame({penalty: judge(penalty) for penalty in tried}, index=columns)
judged = judged.T.rename_axis("l2")
show(judged.round(3))

# %% tags=["hide-input"]
three = judged[["training rows", "held out", "points aside"]]
show(validation_curve(three, judged["its standard error"]))

# %% tags=["hide-input", "nbval-check-output"]
rivals, largest, pi = judged.drop(lowest), max(tried), aside[1].mean()
errors_above = rivals["above the lowest"] / rivals["its standard error"]
beyond = {k: sum(errors_above > k) for k in (1, 2)}
say(
    "Of {n} rivals, {two} lie more than two standard errors above the lowest, and {one} "
    "more than one. On the points aside `l2 = {lowest}` loses {ours:.3f}. The largest "
    "penalty makes the simplest network: its surface is nearly flat. `l2 = {largest}` "
    "loses {theirs:.3f}; saying their share of positives to everyone loses {same:.3f}.",
    **{"n": len(rivals), "two": beyond[2] or "none", "one": beyond[1] or "none"},
    **{"lowest": lowest, "ours": judged["points aside"][lowest]},
    **{"largest": largest, "theirs": judged["points aside"][largest]},
    same=-pi * np.log(pi) - (1 - pi) * np.log(1 - pi),
)

# %% [markdown]
# The rows that a network learned from would choose hardly any penalty: they cannot show
# what is known by heart. The rows held out can, and so can the points aside: on either side
# of the lowest they lose more. Within two standard errors, though, a hundred points do not
# prove which setting is best. That does not make the simplest network as good: the
# thousand points show what it may cost. The losses held out are the higher ones: those
# hundred are the harder points, and each network learned from eighty.
#
# Should the training rows not choose no penalty at all? After so few epochs neither is
# near its bottom, and at so high a rate the last few steps decide which of two near values
# is the lower. Let the rate fall:

# %% tags=["nbval-check-output"]
for penalty in (0, 0.001):
    settled = fit(*few_points, penalty, final_learning_rate=0.003)
    loss = loss_on(settled, few_points)
    print(f"l2 = {penalty:5}: training rows lose {loss:.3f}")

# %% [markdown]
# Both lose more than above, since shorter steps get less far in as many epochs. But now
# they lose least without a penalty.
#
# ## More rows
#
# The more rows there are for each parameter, the less there is to cure. Train the roomy
# network on more and more points of the same world, without a penalty. Let all take the
# same number of steps, so the more points, the fewer epochs: else the network of most
# points would also be the one that trained longest. Do so three times, on other points
# each: one draw could be lucky. Some draws are also harder than others, so count each loss
# from what the truth loses on the same points.


# %%
def above_truth(network, points):
    return loss_on(network, points) - truth_loses(points)


# %%
def by_rows(m):
    of_draws = []
    for draw in range(3):
        more_points = toy.points(np.random.default_rng([4, draw]), m)
        network = fit(*more_points, 0.0, epochs=64_000 // m)  # 640 steps
        of_draws.append([above_truth(network, of) for of in (more_points, aside)])
    return np.mean(of_draws, axis=0)


# %% tags=["nbval-check-output"]
of_losses = ["training rows", "points aside"]
by_size = {m: by_rows(m) for m in (100, 400, 1600)}
learning = pd.DataFrame(by_size, index=of_losses).T
show(learning.rename_axis("points").round(3))

# %% tags=["hide-input"]
show(learning_curve(learning))

# %% [markdown]
# The curves come nearer to each other. Of more points, the network knows less by heart, and
# more of what others have in common with them. How far the upper curve lies above the
# truth is the most that still more rows could bring. Where the lower one lies
# below the truth, at least so much is known by heart.
#
# ## Average what luck has made
#
# Something is left that no setting settles: the first weights. Train five networks that
# differ in the seed alone, and take the mean of their logits.

# %% tags=["nbval-check-output"]
for penalty in (0.0, lowest):
    five = [fit(*few_points, penalty, seed) for seed in range(5)]
    Z = np.mean([forward(network, aside[0]).Z[3] for network in five], axis=0)
    alone, together = [loss_on(n, aside) for n in five], objective(Z, aside[1])
    print(f"l2 = {penalty:<4}: each alone {np.mean(alone):.3f} on average, ", end="")
    print(f"together {together:.3f}")
    assert together <= np.mean(alone)

# %% [markdown]
# Together they lose less than each of them on average. That is no luck. Say that two
# networks give a positive the logits $-2$ and $2$. They lose $2.13$ and $0.13$, on average
# $1.13$; their mean logit, $0$, loses $0.69$.

# %% tags=["hide-input"]
show(chord(-2, 2))

# %% [markdown]
# The loss bends upwards everywhere: its slope is $a - y$, and $a$ rises with $z$. So the
# line between two points of the curve lies above it, whichever two they are, and the loss
# at a mean logit is never above the mean of the losses. What is gained is what the networks
# disagreed about. With the penalty they hardly disagree. For five logits it is the same:
# draw the tangent at their mean. The curve lies above it everywhere, and the mean height of
# five points on the tangent is its height at the mean.
#
# The report's network is alone, and its settings are given. For any other table this
# project does what you have just seen: five folds of the training rows choose from a short
# list, and five networks are averaged. Parameter `training` is then `"fitted"`, and [the
# report](05_report.ipynb) lists what was tried.
#
# What five folds praise may be luck, and there is no thousand to ask. So the list begins
# with the simplest setting, no hidden layer, and a hidden layer must beat it by two
# standard errors. They come from the rows' differences, as above: rows are many, so two
# will do. They are taken half as large again, since folds share most of what they learn
# from.
#
# <details><summary>Further: why half as large again</summary>
#
# Five folds that shared nothing would err by $s / \sqrt 5$, or $\sqrt{0.2} = 0.447$ of one
# fold's spread $s$. For what they share, [Nadeau and Bengio 2003](glossary.md#sources) add
# under the root the rows judged on over the rows learned from, here $20/80 = 0.25$. And
# $\sqrt{0.2 + 0.25} = 0.671$ is half as much again. It is a rule of thumb. Here the error
# comes from rows, and is lengthened by the same quotient.
#
# </details>
#
# This is a good place for a pause.
#
# ## First, overfit twenty rows
#
# **Part three: a whole table.** Overfitting is usually a fault; here we do it on purpose. A
# network with room to spare should learn twenty rows by heart. If it does not, look for
# a bug, a rate that does not fit, or rows that no feature tells apart. So take up to
# ten rows of each class, a wide network, and a high learning rate.

# %%
chosen = [np.flatnonzero(Y[0] == y)[:10] for y in (0, 1)]
few = np.concatenate(chosen)
X_few, Y_few = X[:, few], Y[:, few]
memory, rng = start([len(X), 30, 30, 1], seed=0), np.random.default_rng(0)
rates = {"initial_learning_rate": 0.1, "final_learning_rate": 0.01}
overfit = train(memory, X_few, Y_few, np.ones_like(Y_few), rng, epochs=3000, **rates)

# %% tags=["nbval-check-output"]
right = np.mean((predict_proba(memory, X_few) >= 0.5) == Y_few)
print(f"loss {overfit.objective[0]:.3f} -> {overfit.objective[-1]:.4f}")
print(f"{right:.0%} of {few.size:,} rows right")

# %% [markdown]
# A loss near zero says that forward pass, gradient and update can work together. It
# says nothing about new rows. Does it replace the gradient check? Let twenty points of the
# toy world be learned with two of lesson 2's mistakes: a forgotten $1/m$, which makes each
# step twenty times as long, and a weight of four on the wrong class.

# %%
twenty = np.concatenate([np.flatnonzero(Y_toy[0] == y)[:10] for y in (0, 1)])
X_twenty, Y_twenty = X_toy[:, twenty], Y_toy[:, twenty]
alike = np.ones_like(Y_twenty)
taught = {"no mistake": (alike, 0.05), "forgotten 1/m": (alike, 0.05 * 20)}
taught["wrong class"] = class_weights(1 - Y_twenty, "positive", 4.0), 0.05


# %%
def by_heart_with(emphasis, rate):
    learner, rng = start([2, 30, 30, 1], seed=0), np.random.default_rng(0)
    plan = {"epochs": 3000, "batch_size": 20} | constant(rate)
    train(learner, X_twenty, Y_twenty, emphasis, rng, **plan, **quick)
    return predict_proba(learner, X_twenty)


# %% tags=["nbval-check-output"]
for mistake, lesson in taught.items():
    p = by_heart_with(*lesson)
    lost = -np.log(np.where(Y_twenty == 1, p, 1 - p)).mean()
    print(f"{mistake:13} loss {lost:.4f}, right {np.mean((p >= 0.5) == Y_twenty):.0%}")

# %% [markdown]
# All of them know the twenty by heart. So keep the gradient check.
#
# ## Mini-batches
#
# How well does a batch stand for all rows? See it first on the map of the one neuron.
# Thirty batches each take one step at rate $5$, from a point on the slope and from the
# bottom.


# %%
def batch_step(at, batch):
    neuron = Network([1, 1], np.array(at))
    done = forward(neuron, far[:, batch])
    return -5 * backward(neuron, done, done.A[1] - Y_toy[:, batch])


# %%
places, bunches = [(-2.5, -1.5), tuple(path(far, 10, 200)[-1])], {}
for size in (20, 200):
    rng = np.random.default_rng(0)
    batches = [rng.choice(400, size, replace=False) for _ in range(30)]
    steps_from = {at: np.array([batch_step(at, b) for b in batches]) for at in places}
    bunches[f"batches of {size}"] = steps_from

# %% tags=["hide-input"]
show(batch_steps(near, bunches))

# %% [markdown]
# On the slope, even small batches agree roughly. At the bottom the gradient of all rows is
# zero, and noise is left: each batch has a downhill of its own. The larger the batches, the
# less noise.
#
# A table's network has too many parameters for a map. So compare two gradients by numbers.
# Say that the whole gradient is $(3, 4)$, of length $5$, and a batch's is $(1, 2)$, of
# length $\sqrt 5$. Multiply entry by entry, and add up: $3 \cdot 1 + 4 \cdot 2 = 11$.
#
# - Divided by both lengths, $11 / (5 \sqrt 5) \approx 0.98$ is the cosine, as in [lesson
#   2](02_weighted_backprop.ipynb): $1$ where the directions are the same, below zero where
#   one points away from the other.
# - Divided by the whole's length twice, $11 / 25$ says how far the batch goes *along* the
#   whole: not quite half as far.


# %%
def cosine(a, b):
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return a @ b / lengths if lengths else np.nan


def along_whole(a, whole):
    return a @ whole / (whole @ whole) if whole.any() else np.nan


# %% [markdown]
# The run's class weight counts here too: `w` may be a number, or the [balanced
# weight](glossary.md#balanced-weight), negatives over positives. The network has eight
# hidden units, and is untrained.

# %%
used = balanced_weight(Y) if P.w == "balanced" else P.w
weight = class_weights(Y, P.weighting, used)  # (1, m)
fresh = np.random.default_rng(P.seed)
untrained = initialise([len(X), 8, 1], fresh, P.initialisation, P.dtype)


# %%
def gradient_on(network, batch):
    done = forward(network, X[:, batch])
    dZ = d_logits(Y[:, batch], done.A[network.L], weight[:, batch])
    return backward(network, done, dZ)


# %% [markdown]
# `batch_table` draws a thousand batches of each of three sizes, and compares the gradient
# of each with that of all rows. After the ± stand two standard errors; "below zero" is the
# share of batches that point away from the whole. Then come single batches' ways along the
# whole, in lengths of the whole: where the middle $98\%$ of them lie, and their spread, the
# standard deviation. The last column is that spread as it is.


# %% tags=["hide-input"]
def drawn(network, size, draws=1000):
    rng, size = np.random.default_rng(P.seed), min(size, Y.size)
    batches = (rng.choice(Y.size, size, replace=False) for _ in range(draws))
    return [gradient_on(network, batch) for batch in batches]


def with_error(values):
    mean, error = values.mean(), standard_error(values)
    return f"{mean:z.3f} ± {2 * error:.3f}"  # z: no minus zero


def batch_row(gradients, whole):
    cosines = pd.Series([cosine(g, whole) for g in gradients])
    ways = pd.Series([along_whole(g, whole) for g in gradients])
    spread = round(ways.std(), 9)  # all batches may be the whole table
    least, most = ways.quantile([0.01, 0.99])
    row = [with_error(cosines), f"{(cosines < 0).mean():.1%}"]
    row += [f"{least:.3g} to {most:.3g}", f"{spread:.3g}"]
    return [*row, f"{spread * np.linalg.norm(whole):.2g}"]


def batch_table(network):
    parts = np.array_split(np.arange(Y.size), 8)  # all layers of all rows are large
    each, sizes = [gradient_on(network, part) for part in parts], [*map(len, parts)]
    whole = np.average(each, axis=0, weights=sizes)
    print(f"the whole gradient has length {np.linalg.norm(whole):.2g}")
    found = {k: batch_row(drawn(network, k), whole) for k in (20, 200, 2000)}
    columns = ["mean cosine", "below zero", "along, 1% to 99%"]
    columns += ["spread along", "the same, as it is"]
    return pd.DataFrame(found, index=columns).T.rename_axis("batch")


# %% tags=["nbval-check-output"]
show(batch_table(untrained))

# %% [markdown]
# Ten times the rows, about a third of the spread: like a standard error, it falls with the
# root, and $\sqrt{10} \approx 3.2$.
#
# Each row is in one batch of an epoch. So at the same weights the mean of an epoch's
# batches, each counted by its rows, is the whole gradient, however far from it one batch
# may be. The last batch of an epoch takes what remains. The second cell below tries it on
# the first rows, cut into batches.

# %% tags=["nbval-check-output"]
size = min(P.batch_size, Y.size)
updates, rest = divmod(Y.size, size)
tail = f" and one of {rest}" if rest else ""
print(f"each of {P.epochs} epochs: {updates} batches of {size}{tail}")

# %%
first_rows = np.arange(min(Y.size, 2100))  # as if they were all
cut_up = [first_rows[at : at + 200] for at in range(0, first_rows.size, 200)]
by_batch = [gradient_on(untrained, batch) for batch in cut_up]
counted_by_rows = np.average(by_batch, axis=0, weights=[*map(len, cut_up)])
assert np.allclose(counted_by_rows, gradient_on(untrained, first_rows), atol=1e-5)

# %% [markdown]
# ## A learning rate that falls
#
# Large steps get close; small steps settle. See it on the map of the one neuron, which now
# learns from batches of twenty: a point for each epoch. Each batch has its own downhill.


# %%
def wander(last, epochs=60):
    neuron, points = Network([1, 1], np.array([-2.0, -5.0])), [np.array([-2.0, -5.0])]
    rng = np.random.default_rng(0)
    for rate in np.linspace(3, last, epochs):
        train_by_hand(neuron, far, Y_toy, rng, epochs=1, batch_size=20, rate=rate)
        points.append(neuron.theta.copy())
    return np.array(points)


# %% tags=["nbval-check-output"]
wanders = {f"rate 3 to {last:g}": (near, wander(last)) for last in (3, 0.03)}
for name, (_, points) in wanders.items():
    across, up = points[-20:].std(axis=0)
    print(f"{name:14}: the last twenty points vary by {across:.3f} and {up:.3f}")

# %% tags=["hide-input"]
show(valleys(wanders, "wander"))

# %% [markdown]
# At a rate that stays, the network wanders about the bottom for ever. And does that cost
# anything? A network of the toy world, from six starts: a rate that stays, and one that
# falls to a hundredth.


# %%
def ended_at(seed, first, last):
    network, rng = start(seed=seed), np.random.default_rng(0)
    plan = {"initial_learning_rate": first, "final_learning_rate": last}
    plan |= {"epochs": 50, "batch_size": 20}
    train(network, X_toy, Y_toy, np.ones_like(Y_toy), rng, **plan, **quick)
    return objective(forward(network, X_toy).Z[2], Y_toy)


# %% tags=["nbval-check-output"]
for first, last in ((1, 1), (1, 0.01), (0.3, 0.3), (0.3, 0.003)):
    reached = [f"{ended_at(seed, first, last):.3f}" for seed in range(6)]
    print(f"rate {first} to {last}: loss", *reached)

# %% [markdown]
# From the high rate, every start ends lower when it falls. From the lower one it gains
# nothing: a start may end a little lower or a little higher. Those steps are short already.
#
# The report lets the rate fall on a straight line from the first epoch to the last. In the
# package this is [`learning_rate`](../src/lopsided/lesson/training.py).

# %% tags=["nbval-check-output"]
ends = P.initial_learning_rate, P.final_learning_rate
for epoch in sorted({0, P.epochs // 2, P.epochs - 1}):
    print(f"epoch {epoch + 1:4}: {learning_rate(epoch, P.epochs, *ends):.3g}")

# %% [markdown]
# In letters, the rate $\alpha_k$ is
#
# $$\alpha_k = \alpha_\text{start}
# + (\alpha_\text{end} - \alpha_\text{start}) \, \frac{k}{E - 1}$$
#
# in epoch $k = 0, \dots, E - 1$ of $E$. With one epoch, it is $\alpha_\text{start}$.
#
# <details><summary>Further: momentum</summary>
#
# Many programs step along a running sum of gradients, in which old ones fade. Let each
# step keep $9/10$ of the one before. At a rate of $1/10$ and a slope that stays 1, the
# steps are $-0.1$, $-0.19$, $-0.271$ and so on, towards $-1$; where the slope changes its
# sign each time, none is longer than $0.1$. In letters,
# $v := \beta v - \alpha \, \partial J / \partial \theta$, then $\theta := \theta + v$, with
# $\beta$ a little below one. What the batches have in common adds up; what changes its
# sign, as across a narrow valley, cancels. This is [momentum](glossary.md#momentum), and
# the much-used Adam builds on it. The report uses neither, so we do not.
#
# </details>
#
# ## The training job
#
# The package's [`fit`](../src/lopsided/report/experiment.py) calls `train`, your eight
# lines, with the parameters above. A run trains once: the network and its predictions are
# saved, and whoever needs them reads them.

# %%
fitted = results.fitted(P, full)  # experiment.fit, unless the run did

# %% [markdown]
# Each loss below is a mean over one epoch, measured while the network changes. The
# first is therefore not the loss of the untrained network.

# %% tags=["nbval-check-output"]
history = fitted.history
print(f"layer_dims {list(fitted.network.layer_dims)}, w = {fitted.w:.4g}")
print(f"objective {history.objective[0]:.4f} -> {history.objective[-1]:.4f}")
print(f"predictions from {fitted.p_test.min():.4f} to {fitted.p_test.max():.4f}")
print(f"cross-entropy at the end {history.cross_entropy[-1]:.4f}; ", end="")
print(f"of saying the share of positives to everyone {same_for_all:.4f}")

# %% tags=["hide-input"]
show(figures.loss(history))

# %% [markdown]
# A flat stretch need not be the end: a curve can fall again after it. Compare the last
# cross-entropy with the loss of saying the share of positives, the
# [prevalence](glossary.md#prevalence), to everyone. Without a weight on one class, the
# difference is what the features have told about the training rows. With one, it may
# even be negative.
#
# What has a first layer learned? The report's network has a fault, of which the end of
# this lesson tells. So train the one of eight hidden units, for fewer epochs at a higher
# rate. It began with the random weights of `untrained`, above: the same seed draws the
# same. So look at what training moved. A square for each weight, the larger, the further
# it went: filled where it moved up, open where it moved down. The map shows that units do
# not share the work evenly: on the clinic, the one that moved least hardly did at all.
# How far a weight moved does not say how much its feature matters, and another seed may
# move others.

# %% tags=["hide-input"]
eight = {"hidden_units": [8], "epochs": min(P.epochs, 20), "l2": 0, "n_networks": 1}
eight |= {"initial_learning_rate": 0.1, "final_learning_rate": 0.001, "n_seeds": 1}
healthy = experiment.fit(P.with_(**eight), table).network
moved = healthy.W[1] - untrained.W[1]
show(weights_map(moved, table.recipe.names, "What training moved in the first layer"))

# %% [markdown]
# A feature may stand for another that is not there. In the simulated clinic, reminded
# patients miss more appointments. But only those are reminded who booked some days ahead.
# Compare those who waited equally long, among twenty thousand other appointments.

# %% tags=["hide-input"]
booked, _ = clinic(20_000)  # the simulated one, whatever the table above is
ahead = booked["AppointmentDay"].dt.normalize() - booked["ScheduledDay"].dt.normalize()
waits = {"any": (-9, 999), "0 to 2": (0, 2), "3 to 7": (3, 7), "8 to 14": (8, 14)}
waits |= {"15 to 30": (15, 30), "over 30": (31, 999)}

missed, told = booked["No-show"] == "Yes", booked["SMS_received"] == 1
compared = {}
for wait, ends in waits.items():
    inside = ahead.dt.days.between(*ends)
    compared[wait] = missed[inside & ~told], missed[inside & told]
show(reversal(compared, ("not reminded", "reminded")))

# %% [markdown]
# Of all, the reminded miss more; of those who waited equally long, they miss less. In this
# simulation a reminder helps, by construction. A real table alone could not tell: those who
# were reminded may differ in more than their wait.
#
# Look at the batches again, with the same network after its training.

# %% tags=["nbval-check-output"]
show(batch_table(healthy))

# %% [markdown]
# Compare its length, and the last column, with those before training. Near a minimum the
# whole gradient shrinks towards zero; the noise of a batch shrinks far less.
#
# So a single batch tells next to nothing about the direction of the whole, and the
# cosines lie far nearer to zero than before. They need not rise with the size any more:
# on the clinic, those of twenty rows are no lower than the others. Small batches lie
# lopsided: more than half go along the whole, and those that go against it go further, as
# the ends of the middle $98\%$ show. A cosine does not ask how far. The spread does, and
# tells the sizes apart. It still falls with the root of the size.
#
# Training can go on all the same: what the batches of an epoch have in common adds up, and
# their noise mostly cancels. Small steps average more of it. This is why the rate falls.
#
# This is a good place for a pause.
#
# ## Which curve does training descend?
#
# **Part four: what training did, and what it missed.** The report shows the plain
# cross-entropy and descends a weighted gradient. With a weight, these are two curves. Train
# both readings briefly on part of the table and look at both curves of each. Start from a
# network that says the prevalence to everyone: its output weights are zero, and its last
# bias is the log-odds.
#
# <details><summary>Predict: with weight four on the positives, which of the two curves
# should fall over the run?</summary>
#
# Only the objective. The weight asks the network to say more than is true, and the plain
# cross-entropy pays for it. It may fall, stay or rise: it does not tell whether training
# works.
#
# </details>

# %%
X_part, Y_part, curves_of = X[:, :5000], Y[:, :5000], {}
for reading in ("uniform", "positive"):
    rng = np.random.default_rng(P.seed)
    small = initialise([len(X), *P.hidden_units, 1], rng)
    small.W[small.L][:] = 0
    small.b[small.L][:] = np.log(share / (1 - share))
    emphasis = class_weights(Y_part, reading, 4.0)
    curves_of[reading] = train(small, X_part, Y_part, emphasis, rng, epochs=30)

# %% tags=["nbval-check-output"]
part = Y_part.mean()  # not quite the share of all rows
at_first = -part * np.log(share) - (1 - part) * np.log(1 - share)
print(f"of these {Y_part.size:,} rows {part:.4f} are positive; ", end="")
print(f"saying {share:.4f} to them loses {at_first:.4f}")

# %% tags=["nbval-check-output"]
lines = []
for reading, curve in curves_of.items():
    for name in ("objective", "cross_entropy"):
        values = getattr(curve, name)
        lines.append([reading, name, values[0], min(values), values[-1]])
names = ["weighting", "curve", "first", "lowest", "last"]
show(pd.DataFrame(lines, columns=names).round(4).set_index(["weighting", "curve"]))

# %% tags=["hide-input"]
readings = figures.loss_of_readings({f"{k}, w = 4": c for k, c in curves_of.items()})
results.save_picture(P.run_dir, readings)
show(readings)

# %% tags=["nbval-check-output"]
quotient = np.divide(curves_of["uniform"].objective, curves_of["uniform"].cross_entropy)
print("uniform: in each epoch, the objective over the cross-entropy is ", end="")
print(f"{quotient.min():.4f} to {quotient.max():.4f}")

# %% [markdown]
# With a uniform weight the two curves are the same up to the factor $w$: divided by their
# first values, as drawn here, they are one line. With a weight on positives they are two
# quantities. Where the plain cross-entropy rises while the objective falls, training
# works: it does what the weight asks for.
#
# ## Dead units
#
# A ReLU unit whose $Z$ is not positive for any row has slope zero for every row. No
# gradient reaches its weights: it is [dead](glossary.md#dead-unit). In the first layer
# it stays so, unless a penalty moves its weights; in a later one, changes in the layers
# before it can wake it. A narrow layer has few units to lose.
#
# How does a unit die? A step that is too long can throw it there. Watch it in the toy
# world, at a rate that is too high, until the first unit is dead.


# %%
def dead(network, X):
    Z = forward(network, X).Z  # in each hidden layer, count what no row turns on
    return [int(np.sum(~(Z[l] > 0).any(axis=1))) for l in range(1, network.L)]


# %%
doomed, rng = start(), np.random.default_rng(11)
while dead(doomed, X_toy) == [0]:
    just_before = Network([2, 8, 1], doomed.theta)
    some = rng.choice(400, 20, replace=False)  # one batch
    train_by_hand(doomed, X_toy[:, some], Y_toy[:, some], rng, 1, 20, rate=10)

# %% tags=["hide-input"]
show(dying(just_before, doomed, X_toy, Y_toy))

# %% [markdown]
# One step has moved the unit's line beyond all points. And a whole training, with the rate
# from above and with the one that is too high?

# %% tags=["nbval-check-output"]
for rate in (0.3, 10):
    network, rng = start(), np.random.default_rng(0)
    before = dead(network, X_toy)
    train_by_hand(network, X_toy, Y_toy, rng, epochs=50, batch_size=20, rate=rate)
    after = dead(network, X_toy)
    print(f"rate {rate:<3}: of 8 units, dead before {before[0]}, after {after[0]}")

# %% [markdown]
# Where all are dead, only the last bias still learns: the network says the same to
# everyone. And the network of the whole table? We ask its first training rows only.

# %% tags=["nbval-check-output"]
counts = {"units": fitted.network.layer_dims[1:-1]}
counts["dead"] = dead(fitted.network, X[:, :20_000])
layers = pd.RangeIndex(1, fitted.network.L, name="hidden layer")
show(pd.DataFrame(counts, index=layers))

# %% [markdown]
# Rows [tie](glossary.md#tie) at one prediction for two reasons. They may be equal in
# every feature. Or all units of some layer are off *for these rows*, and nothing of
# their features passes through, even if no unit is dead. A threshold that crosses a tie
# moves all of it at once.

# %% tags=["nbval-check-output"]
values, counts = np.unique(fitted.p_test, return_counts=True)
print(f"{values.size:,} different predictions for {n_test:,} test {rows}")
print(f"largest tie: {counts.max():,} {rows} at {values[counts.argmax()]:.4f}")

# %% tags=["nbval-check-output"]
taken = np.asarray(table.X_test)
done = forward(fitted.network, taken)
off = np.zeros(taken.shape[1], bool)
for l in range(1, fitted.network.L):
    off |= ~(done.Z[l] > 0).any(axis=0)
print(f"{np.unique(taken, axis=1).shape[1]:,} different rows of features")
print(f"{off.sum():,} {rows} for which some hidden layer is off")

# %% [markdown]
# Is that one seed's luck, or a rule? [Do better](09_better.ipynb) looked inside many
# networks while they learned, and says what helps.
#
# ## Last, the test rows
#
# Epochs, rate and network are settled, so now we may look. Does it overfit? Ask rows that
# it has not learned from.
#
# Two means are compared, and each has a standard error. Where the rows are separate, the
# squares of the errors add up, as in a sum: with $3$ and $4$, the difference is off by
# $\sqrt{9 + 16} = 5$. In letters it is off by $\sqrt{e_1^2 + e_2^2}$. Rows of one patient
# are not quite separate. Where rows share patients, as in the clinic, the error is only
# about right.


# %%
def losses_of(labels, p):
    said = np.where(labels == 1, p, 1 - p)  # the probability of what happened
    return -np.log(np.clip(said, 1e-15, 1))[0]


# %% tags=["nbval-check-output"]
known = losses_of(full.Y_train, fitted.p_train)
new = losses_of(full.Y_test, fitted.p_test)
error = 2 * np.sqrt(standard_error(known) ** 2 + standard_error(new) ** 2)
print(f"training rows: cross-entropy {known.mean():.4f}")
print(f"test rows:     cross-entropy {new.mean():.4f}")
print(f"gap {new.mean() - known.mean():z.4f} ± {error:.4f}, two standard errors")

# %% [markdown]
# Where the gap lies inside its error, nothing shows that more rows would help *this*
# network. A larger one could still learn more from more rows.
#
# ## What we saw
#
# - The whole algorithm is eight lines: shuffle, cut into batches, forward, backward,
#   step.
# - A batch is a cheap, noisy estimate of the gradient. At the same rate, many rough steps
#   get further than few exact ones. The nearer to a minimum, the more of it is noise.
# - A rate is too low, right or too high for one shape of the loss. Standardised features
#   give it a better shape.
# - Only rows that are kept aside show when a network learns by heart. Stopping and a
#   penalty both help.
# - Settings are chosen inside the training rows, by cross-validation. The mean logit of
#   several networks never loses more than they do on average.
# - The curve to watch is the objective. The plain cross-entropy is another quantity.
# - Units can die, and whole layers can be off for some rows. Where a layer is off, rows
#   tie.
#
# ## On your own
#
# 1. Let the path on the map of the standardised feature start elsewhere, and try the
#    rates $3$ and $20$. Where does jumping begin?
#
#    <details><summary>Answer</summary>
#
#    Near the bottom, the loss is almost a parabola: for each unit of distance, its slope
#    changes by the same $s$. Along the steepest direction that is about $0.14$. So at a
#    distance of $1$ the slope is $0.14$, and a step at rate $10$ goes
#    $10 \cdot 0.14 = 1.4$ back: $1$ becomes $-0.4$, that becomes $0.16$, and so on. At rate
#    $13$ the $1$ becomes $1 - 1.82 = -0.82$: the path swings to the other side, and
#    comes in slowly. At $15$ it becomes $1 - 2.1 = -1.1$: each step lands further away on
#    the other side.
#
#    In letters, a step multiplies the distance by $1 - \alpha s$. Beyond $\alpha = 2 / s$
#    that is below $-1$, and here $2 / s \approx 14$. The first lines below measure $s$, and
#    start near the bottom at these three rates.
#
#    So with $20$ the path jumps: further and further, until the slopes flatten, and then
#    to and fro for ever. With $3$ it creeps in along the valley, and forty steps do not
#    bring it there. Where it starts changes how long that takes, and not where jumping
#    begins.
#
#    ```python
#    bottom = path(far, 10, 300)[-1]
#    beside = bottom + [-0.1, 0.1]  # across the valley
#    moved_by = np.diff(path(far, 1, 1, beside), axis=0)[0]  # at rate 1: the slope
#    print(f"s: {np.linalg.norm(moved_by) / np.linalg.norm(beside - bottom):.3f}")
#    for rate in (10, 13, 15):
#        apart = np.linalg.norm(path(far, rate, 40, beside) - bottom, axis=1)
#        print(f"rate {rate}, how far after 0, 1, 10, 20, 40 steps:", end=" ")
#        print(*apart[[0, 1, 10, 20, 40]].round(4))
#
#    for begin in ((0, 0), (-8, -8)):
#        for rate, steps in ((3, 40), (3, 400), (20, 400)):
#            end = path(far, rate, steps, begin)[-1]
#            print(f"from {begin}, rate {rate:2}, {steps} steps: {end.round(2)}")
#    ```
#
#    </details>
#
# 2. Overfit twenty rows with a single hidden unit, `[len(X), 1, 1]`. How low does the loss
#    get, and why?
#
#    <details><summary>Answer</summary>
#
#    Not near zero, as a rule. One unit cuts the space once: all rows on its far side get
#    one and the same answer, and on the near side the answer can only rise, or only fall.
#    Twenty rows of a table are seldom so tidy.
#
#    </details>
#
# 3. Set `initial_learning_rate` to 1. What happens to the units, to ties, and to
#    [ROC AUC](glossary.md#roc-curve)? (The next lesson draws it: how well the rows are
#    ordered.)
#
#    <details><summary>Answer</summary>
#
#    The first steps are so long that some throw a unit to where no row turns it on: it is
#    dead from then on, or until the layer before it moves. Yet on the
#    clinic ROC AUC is no lower in the end, because the rate falls all the same: the
#    report's first rate is on the low side. Ties come and go with the seed. With seed 0
#    the largest tie shrinks, and with most others it grows. The appendix of
#    [Do better](09_better.ipynb) has a table of both rates, with several seeds of each.
#
#    </details>
#
# 4. Try `w = 4` with `weighting = "uniform"`, and `w = 1` with a rate four times as
#    high, at both ends of the line (with `l2 = 0`). Compare the predictions.
#
#    <details><summary>Answer</summary>
#
#    They are equal, up to rounding. A uniform weight multiplies the gradient, and a step
#    is rate times gradient.
#
#    </details>
#
# Practise: [exercises](../exercises/03_training.py), whose tests say what is wrong.
#
# Next: [Choose a threshold](04_threshold_analysis.ipynb).
