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
# **You will** train the report's network on a whole table, after checking on twenty
# rows that it can learn at all.
#
# **You will learn** what a mini-batch, an epoch and a falling learning rate are, which
# curve training really descends, and how a unit dies.
#
# **You need** [Send the error back](02_weighted_backprop.ipynb). About 20 minutes,
# and the time that training takes.
#
# This is section 7 of the report. The training job follows from the next cell, where
# you can change it. `lopsided parameters` explains each name.

# %% tags=["parameters"]
# None: the report's 400, 200 and 0.01; or chosen for the table, by `training`.
training = None  # None: "report" for the appointments, "fitted" for other tables
epochs = None
batch_size = None
initial_learning_rate = None
final_learning_rate = 1e-5

# It leaves these open, or contradicts itself.
data = "simulated"  # or the path of a table
target = None  # None: known for the appointments
positive_label = None  # None: the rarer value
features = None  # None: "report" for the appointments, "all" for other tables
hidden_units = None  # None: [40, 3], or chosen
weighting = "uniform"
w = 1.0
initialisation = "he"
threshold = None  # None: 0.18 for the appointments, "prevalence" for other tables

# How the table is read, where that is not found out rightly.
drop = []  # columns not to learn from
kinds = {}  # of columns: number, category, date, text or identifier
labels = None  # None: the target's two values, as they are
header = None  # False: there is no row of names
sheet = None  # of a workbook
member = None  # of an archive
encoding = None
decimal = None  # "." or ","
dayfirst = None  # True: 1/2/2024 is in February

# The split, the randomness, and the rest.
test_size = 0.2
group_column = None
time_column = None
seed = 0
split_seed = 0
data_seed = 0
l2 = None  # None: 0, or chosen
n_networks = None  # None: 1, or 5 whose mean logit is taken
dtype = "float64"
engine = "numpy"
n_bootstrap = 2000
n_seeds = 1
author = None
title = None
run_dir = None  # None: write nothing

# %%
from lopsided.parameters import from_notebook

P = from_notebook(globals())

# %%
import numpy as np
import pandas as pd

from lopsided.lesson.loss import balanced_weight, class_weights, d_logits
from lopsided.lesson.network import backward, forward, initialise, predict_proba
from lopsided.lesson.training import learning_rate, train
from lopsided.report import experiment, figures, results
from lopsided.report.display import say, show
from lopsided.table.dataset import load

# %% [markdown]
# ## The data
#
# The table is split once. The network learns from the
# [training rows](glossary.md#training-rows). The [test rows](glossary.md#test-rows) are
# kept aside: they show how it does on rows that it has not learned from. A
# *standardised* column has lost its mean and is divided by its standard deviation, so
# that one learning rate suits all columns. Means and scales come from the training rows
# too.

# %%
table = load(P)
P = results.choice(table.parameters, table).parameters  # with what the table decides
X, Y = table.X_train, table.Y_train

# %% tags=["nbval-check-output"]
print(
    f"{table.provenance.source}: {Y.size} training {table.words.rows}, {table.Y_test.size} test"
)
print(
    f"positive: {table.words.positive}, {Y.mean():.4f} of the training {table.words.rows}"
)
for note in table.provenance.notes:
    print("-", note)

# %%
show(table.provenance.columns)

# %% tags=["nbval-check-output"]
print(f"X has shape {X.shape}: {len(X)} features, one example a column.")
print(", ".join(table.recipe.names[:12]), "..." if len(X) > 12 else "")

# %% [markdown]
# ## First, overfit twenty rows
#
# To [overfit](glossary.md#overfitting) is to learn the luck of the training rows along
# with what is true of all rows. Usually it is a fault; here we do it on purpose. A
# network with room to spare should learn twenty rows by heart. If it does not, look for
# a bug, a rate that does not fit, or rows that no feature tells apart. So take up to
# ten rows of each class, a wide network, and a high learning rate.

# %%
chosen = [np.flatnonzero(Y[0] == y)[:10] for y in (0, 1)]
few = np.concatenate(chosen)
X_few, Y_few = X[:, few], Y[:, few]
rng = np.random.default_rng(0)
memory = initialise([len(X), 30, 30, 1], rng)
rates = {"initial_learning_rate": 0.1, "final_learning_rate": 0.01}
overfit = train(memory, X_few, Y_few, np.ones_like(Y_few), rng, epochs=3000, **rates)

# %% tags=["nbval-check-output"]
learned = np.mean((predict_proba(memory, X_few) >= 0.5) == Y_few)
print(f"loss {overfit.objective[0]:.3f} -> {overfit.objective[-1]:.4f}")
print(f"{learned:.0%} of {few.size} rows right")

# %% [markdown]
# A loss near zero says that forward pass, gradient and update can work together. It
# says nothing about new rows, and it does not replace the gradient check: a forgotten
# $1/m$, or a weight on the wrong class, can pass it.
#
# ## Mini-batches
#
# The gradient over all rows is exact and slow. A [mini-batch](glossary.md#mini-batch)
# of rows estimates it for a small part of the work. How well depends on how far
# training has come. Compare batches with the whole by the cosine of the angle between
# the two gradients, first for an untrained network.

# %%
used = balanced_weight(Y) if P.w == "balanced" else P.w
weight = class_weights(Y, P.weighting, used)  # (1, m)


def gradient_on(network, batch):
    done = forward(network, X[:, batch])
    dZ = d_logits(Y[:, batch], done.A[network.L], weight[:, batch])
    return backward(network, done, dZ)


def cosine(a, b):
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return a @ b / lengths if lengths else np.nan


# %%
def batch_gradients(network, size, draws):
    rng, whole = np.random.default_rng(P.seed), gradient_on(network, np.arange(Y.size))
    batches = (
        rng.choice(Y.size, min(size, Y.size), replace=False) for _ in range(draws)
    )
    gradients = [gradient_on(network, batch) for batch in batches]
    cosines = pd.Series([cosine(g, whole) for g in gradients])
    along = np.mean(gradients, axis=0) @ whole / (whole @ whole)
    return [cosines.mean(), 2 * cosines.sem(), (cosines < 0).mean(), along]


# %%
def batch_table(network):
    draws = {20: 2000, 200: 2000, 2000: 500}
    rows = {size: batch_gradients(network, size, n) for size, n in draws.items()}
    columns = ["mean cosine", "± 2 errors", "below zero", "mean, along the whole"]
    return pd.DataFrame(rows, index=columns).T.rename_axis("batch")


# %% tags=["nbval-check-output"]
start = initialise([len(X), *P.hidden_units, 1], np.random.default_rng(P.seed))
show(batch_table(start).round(2))

# %% [markdown]
# A cosine of 1 is the whole gradient's direction. The last column is the mean of all
# those batches' gradients, measured along the whole gradient and in units of its
# length: about 1. A batch's gradient is the whole one *on average*, however far from it
# one batch may be.

# %% [markdown]
# One [epoch](glossary.md#epoch) goes through all rows once, in a new random order,
# batch by batch. The last batch takes what remains.

# %% tags=["nbval-check-output"]
size = min(P.batch_size, Y.size)
updates, rest = divmod(Y.size, size)
tail = f" and one of {rest}" if rest else ""
print(f"each of {P.epochs} epochs: {updates} batches of {size}{tail}")

# %% [markdown]
# Here is the whole algorithm, for one epoch. `train` does the same. If the parameter
# `l2` is above zero, it also adds a *penalty* to the objective: `l2`/2 times the sum of
# the squared weights, which pulls weights towards zero.

# %%
rng = np.random.default_rng(P.seed)
by_hand = initialise([len(X), *P.hidden_units, 1], rng)
order, rate = rng.permutation(Y.size), P.initial_learning_rate
for first in range(0, Y.size, P.batch_size):
    batch = order[first : first + P.batch_size]
    by_hand.theta -= rate * gradient_on(by_hand, batch)

# %%
rng = np.random.default_rng(P.seed)
network = initialise([len(X), *P.hidden_units, 1], rng)
settings = {"batch_size": P.batch_size, "initial_learning_rate": rate}
train(network, X, Y, weight, rng, epochs=1, **settings)
assert np.allclose(network.theta, by_hand.theta, rtol=1e-9)

# %% [markdown]
# ## A learning rate that falls
#
# Large steps get close; small steps settle. The report lets the rate $\alpha$ fall on
# a straight line from the first epoch to the last:
#
# $$\alpha_e = \alpha_0 + (\alpha_T - \alpha_0) \, \frac{e}{E - 1}$$
#
# for $e = 0, \dots, E - 1$.
#
# With one epoch, the rate is $\alpha_0$.

# %% tags=["nbval-check-output"]
ends = P.initial_learning_rate, P.final_learning_rate
for epoch in sorted({0, P.epochs // 2, P.epochs - 1}):
    print(f"epoch {epoch + 1:4}: {learning_rate(epoch, P.epochs, *ends):.3g}")

# %% [markdown]
# ## The training job
#
# `experiment.fit` puts the pieces together for the parameters above. In a run the
# network and its predictions are saved, and the next notebooks read them.

# %%
fitted = experiment.fit(P, table, results.progress(P.run_dir))
results.save_fitted(P.run_dir, P, table, fitted)

# %% [markdown]
# Each loss below is a mean over one epoch, measured while the network changes. The
# first is therefore not the loss of the untrained network.

# %% tags=["nbval-check-output"]
history = fitted.history
print(f"layer_dims {list(fitted.network.layer_dims)}, w = {fitted.w:.4g}")
print(f"objective {history.objective[0]:.4f} -> {history.objective[-1]:.4f}")
print(f"predictions from {fitted.p_test.min():.4f} to {fitted.p_test.max():.4f}")
share = Y.mean()
same_for_all = -share * np.log(share) - (1 - share) * np.log(1 - share)
print(f"cross-entropy at the end {history.cross_entropy[-1]:.4f}; ", end="")
print(f"of saying the prevalence to everyone {same_for_all:.4f}")

# %%
show(figures.loss(history))

# %% [markdown]
# Losses use natural logarithms; their unit is the *nat*. A flat stretch need not be the
# end: a curve can fall again after it. Compare the last cross-entropy with the loss of
# saying the prevalence to everyone. Without a weight on one class, the difference is
# what the features have told about the training rows. With one, it may even be
# negative.
#
# Look at the batches again, now that training is done. Near a minimum the whole
# gradient shrinks; the noise of a batch does not shrink with it. Small steps average
# that noise over many batches: this is why the rate falls.

# %%
show(batch_table(fitted.network).round(1))

# %% [markdown]
# Now a single batch tells next to nothing about the direction of the whole: the cosines
# lie around zero, on either side. Their mean direction is not the theory's promise; the
# mean *gradient* is. It holds here too, but the last column is itself unsure by now: the
# whole gradient is small, and the noise of the batches is not. Training can go on all
# the same: what the batches of an epoch have in common adds up, and their noise mostly
# cancels.
#
# ## Which curve does training descend?
#
# The report shows the plain cross-entropy and descends a weighted gradient. With a
# weight, these are two curves. Train both readings briefly on part of the table and
# look at both curves of each.

# %%
X_part, Y_part, curves = X[:, :5000], Y[:, :5000], {}
for reading in ("uniform", "positive"):
    rng = np.random.default_rng(P.seed)
    small = initialise([len(X), *P.hidden_units, 1], rng)
    emphasis = class_weights(Y_part, reading, 4.0)
    curves[reading] = train(small, X_part, Y_part, emphasis, rng, epochs=30)

# %% tags=["nbval-check-output"]
rows = []
for reading, curve in curves.items():
    for name in ("objective", "cross_entropy"):
        values = getattr(curve, name)
        rows.append([reading, name, values[0], min(values), values[-1]])
names = ["weighting", "curve", "first", "lowest", "last"]
show(pd.DataFrame(rows, columns=names).round(4))

# %%
both = figures.loss_of_readings({f"{k}, w = 4": c for k, c in curves.items()})
results.save_picture(P.run_dir, both)
show(both)

# %% [markdown]
# With a uniform weight the two curves are the same up to the factor $w$. With a weight
# on positives they are two quantities, and training descends only the objective.
# Compare the last cross-entropy of both readings in the table. The weight asks the
# network to say more than is true, and the plain cross-entropy pays for it. It may
# fall, stay or rise: it does not tell whether training works.
#
# ## Dead units
#
# A ReLU unit whose $Z$ is not positive for any row has slope zero for every row. No
# gradient reaches its weights: it is [dead](glossary.md#dead-unit). In the first layer
# it stays so, unless a penalty moves its weights; in a later one, changes in the layers
# before it can wake it. A narrow layer has few units to lose. We look at the first
# training rows only.

# %% tags=["nbval-check-output"]
sample = X[:, :20_000]
done = forward(fitted.network, sample)
rows = [
    [l, len(done.Z[l]), int(np.sum(~(done.Z[l] > 0).any(axis=1)))]
    for l in range(1, fitted.network.L)
]
show(pd.DataFrame(rows, columns=["hidden layer", "units", "dead"]))

# %% [markdown]
# Rows [tie](glossary.md#tie) at one prediction for two reasons. They may be equal in
# every feature. Or all units of some layer are off *for these rows*, and nothing of
# their features passes through, even if no unit is dead. A threshold that crosses a tie
# moves all of it at once.

# %% tags=["nbval-check-output"]
values, counts = np.unique(fitted.p_test, return_counts=True)
largest = counts.max()
print(
    f"{values.size} different predictions for {fitted.p_test.size} test {table.words.rows}"
)
print(f"largest tie: {largest} {table.words.rows} at {values[counts.argmax()]:.4f}")

# %% tags=["nbval-check-output"]
done = forward(fitted.network, table.X_test)
off = np.zeros(fitted.p_test.size, bool)
for l in range(1, fitted.network.L):
    off |= ~(done.Z[l] > 0).any(axis=0)
print(f"{np.unique(table.X_test, axis=1).shape[1]} different rows of features")
print(f"{off.sum()} {table.words.rows} for which some hidden layer is off")

# %% [markdown]
# ### Luck, or a rule?
#
# One network is one draw of the first weights. So `make audit` trained many: as the
# report trains its own, and then with one or two things changed. It did so once, on
# the simulated clinic, and looked inside while they learned. What follows comes from
# its table, whatever data you use here.
#
# First weights are drawn at random around zero. He's have the variance $2 / n_{l-1}$
# (He et al. 2015), Xavier's $2 / (n_{l-1} + n_l)$ (Glorot and Bengio 2010). The small
# ones have a standard deviation of a hundredth.

# %% tags=["nbval-check-output"]
study = pd.read_csv(results.committed("dead_units.csv"))
looked_at = [int(name[5:]) for name in study if name.startswith("dead_")]
print(f"{len(study)} networks, {study['seed'].nunique()} seeds of each kind")
print("looked at after epochs", *looked_at)

# %%
names = {
    ("40 3", "he", 0, 0.01): "as the report: units 40, 3",
    ("40 3", "he", 0.1, 0.01): "first biases 0.1",
    ("40 3", "xavier", 0, 0.01): "Xavier's first weights",
    ("40 3", "small", 0, 0.01): "small first weights",
    ("40 6", "he", 0, 0.01): "units 40, 6",
    ("40 10", "he", 0, 0.01): "units 40, 10",
    ("40 3", "he", 0, 0.003): "rate 0.003",
    ("40 3", "he", 0, 0.03): "rate 0.03",
    ("40 3", "he", 0, 0.1): "rate 0.1",
    ("40 3", "he", 0, 1): "rate 1",
    ("3 3", "he", 0, 0.01): "units 3, 3",
    ("3 3", "he", 0.1, 0.01): "units 3, 3; biases 0.1",
    ("3 3", "xavier", 0, 0.01): "units 3, 3; Xavier",
}
chosen_for = study[["hidden_units", "scheme", "bias", "learning_rate"]]
rows = chosen_for.itertuples(index=False, name=None)
study["network"] = [names[row] for row in rows]


# %%
def over_epochs(what, chosen, ylabel, title, share=1):
    figure, ax = figures.axes("epochs done", ylabel, title)
    colours = (figures.BLUE, figures.ORANGE, figures.GREEN, figures.PURPLE)
    looks = zip(colours, ("-", "--", "-.", ":"), "os^D", (10, 8, 7, 5), strict=True)
    said = []
    for name, (colour, style, marker, size) in zip(chosen, looks, strict=True):
        of = study[study["network"] == name]
        mean = (of[[f"{what}_{e}" for e in looked_at]].mean() * share).to_numpy()
        ax.plot(mean, style, color=colour, marker=marker, ms=size, label=name)
        said.append(f"{name}: {mean[0]:.2f}, in the end {mean[-1]:.2f}")
    ax.set_xticks(range(len(looked_at)), looked_at)
    ax.set_ylim(bottom=0)
    figure.legend(loc="outside lower center", ncols=2, fontsize=10, frameon=False)
    alt = f"{title}: mean over the seeds, from before training on. {'; '.join(said)}."
    return figures.Picture(what, figure, alt)


# %%
chosen = [
    "as the report: units 40, 3",
    "rate 1",
    "units 3, 3",
    "units 3, 3; biases 0.1",
]
show(over_epochs("dead", chosen, "dead units, mean of the seeds", "Dead units"))

# %% [markdown]
# A unit can be **born dead**. Into the second layer come outputs of ReLU units, none of
# them negative. With $n$ of those, a bias of zero and weights of either sign, all
# weights are negative with the chance $2^{-n}$: one in eight for three units, next to
# none for forty. A small positive bias at the start lets such a unit live.
#
# Or it is **killed**: a step so long that it lands where no row turns the unit on. Look
# at the highest rate, in the first epochs. (The axis shows a few epochs, evenly
# spaced.) Later, changes in the first layer wake some units of the second.

# %%
chosen = [
    "as the report: units 40, 3",
    "units 40, 6",
    "Xavier's first weights",
    "rate 1",
]
per_cent = 100 / study["n_test"].iloc[0]
label = "% of test rows, mean of the seeds"
heading = "Rows for which a hidden layer is off"
show(over_epochs("silent", chosen, label, heading, per_cent))

# %% [markdown]
# Dead units are not what makes most ties. For many rows a layer of three is off as a
# whole, though each of its units wakes for other rows. Such rows share one prediction.
# They send no gradient back through that layer either, so little moves them on.
#
# Here are all kinds of network after the last epoch, as the median over the seeds and
# the range: dead units, rows for which a hidden layer is off, the largest tie, and the
# test ROC AUC, which says how well a network ranks positives above negatives: one
# half is chance, 1 is perfect.


# %%
def spread(column, form):
    seen = study.groupby("network", sort=False)[column]
    three = zip(seen.median(), seen.min(), seen.max(), strict=True)
    return [f"{form} ({form}–{form})".format(*numbers) for numbers in three]


# %% tags=["nbval-check-output"]
end = looked_at[-1]
study["dead"], study["off %"] = study[f"dead_{end}"], study[f"silent_{end}"] * per_cent
study["tie %"] = study["largest_tie"] * per_cent
forms = {"dead": "{:.0f}", "off %": "{:.1f}", "tie %": "{:.1f}", "roc_auc": "{:.3f}"}
cures = pd.DataFrame({column: spread(column, form) for column, form in forms.items()})
show(cures.set_axis(study["network"].unique()))

# %%
of = dict([*study.groupby("network")])
usual, wider = of["as the report: units 40, 3"], of["units 40, 10"]
tied = study[study["tie %"] > 1]
say(
    "In {tied} of {n} networks more than one row in a hundred share a prediction; "
    "{alive} of those have no dead unit.",
    tied=len(tied),
    n=len(study),
    alive=(tied["dead"] == 0).sum(),
)
say(
    "Trained as the report's, a network has a hidden layer off for {low:.1f} to "
    "{high:.1f} % of the test rows, depending on the seed; with ten units in the second "
    "layer, for {wide:.1f} % at most.",
    low=usual["off %"].min(),
    high=usual["off %"].max(),
    wide=wider["off %"].max(),
)

# %% [markdown]
# **Width** helps most surely: each unit more makes it less likely that all are off at
# once. **Xavier's first weights** are smaller than He's. They help both networks; the
# narrow one keeps large ties with some seeds. **Another rate** changes the odds, and
# still leaves some seed with a large tie. **First biases** above zero wake units that
# would be born dead; they do little for a layer whose units are alive. **Small first
# weights** are no cure: such a network starts slowly, and its ROC AUC shows that it has
# not caught up.

# %% [markdown]
# ## What we saw
#
# - Twenty rows first: it is quick, and it shows whether the network can learn at all.
# - A batch is a cheap, noisy estimate of the gradient. The nearer to a minimum, the more
#   of it is noise.
# - The curve to watch is the objective. The plain cross-entropy is another quantity.
# - Units can die, and whole layers can be off for some rows. Both make rows tie; look
#   for ties before you trust a threshold. A wider layer has fewer of them.
#
# ## On your own
#
# 1. Overfit twenty rows with `hidden_units = [1]`. How low does the loss get, and why?
# 2. Set `initial_learning_rate` to 1. What happens to the loss, and to the units?
# 3. Try `w = 4` with `weighting = "uniform"`, and `w = 1` with a rate four times as
#    high, at both ends of the line (with `l2 = 0`). Compare the predictions.
#
# Practise: [exercises](../exercises/03_training.py), whose tests say what is wrong.
#
# Next: [Choose a threshold](04_threshold_analysis.ipynb).
