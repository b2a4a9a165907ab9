# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A neural network written from scratch, for lopsided classes
#
# The ten sections of the source report, for the table that this run was given: each
# with the formula as it should be, the values used, and the result. Every number is
# computed here. About ten minutes to read.

# %% [markdown] tags=["only-notebook"]
# The lessons explain each step: [forward](01_forward_propagation.ipynb),
# [backward](02_weighted_backprop.ipynb), [training](03_training.ipynb),
# [threshold](04_threshold_analysis.ipynb).

# %% tags=["parameters"]
# The report gives these.
epochs = 400
batch_size = 200
initial_learning_rate = 0.01
final_learning_rate = 1e-5

# It leaves these open, or contradicts itself.
data = "simulated"  # or the path of a table
target = None  # None: known for the appointments
positive_label = None  # None: the rarer value
features = None  # None: "report" for the appointments, "all" for other tables
hidden_units = [40, 3]
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
l2 = 0.0
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

from lopsided.lesson.network import n_parameters
from lopsided.lesson.threshold import equivalent_threshold, ks_distance
from lopsided.prose import quoted
from lopsided.report import beside, experiment, explorer, figures, results
from lopsided.report.display import say, show
from lopsided.table.dataset import load

# %%
table = load(P)
P = table.parameters
fitted = results.fitted(P, table)
measured = experiment.measure(P, table, fitted)
measured["beside"] = beside.measure(P, table, fitted, measured["threshold"])
results.save_metrics(P.run_dir, measured)

# %%
facts, train, test = measured["data"], measured["train"], measured["test"]
layer_dims, t = list(fitted.network.layer_dims), measured["threshold"]
prevalence = facts["prevalence_test"]
always_positive = 2 * prevalence / (1 + prevalence)  # F1 of saying yes to everyone


# %%
def written(value):
    return "undefined" if value is None else f"{value:.4f}"


def with_interval(name):
    between = (test["intervals"] or {}).get(name)
    known = between and between[0] is not None
    low_high = f" ({between[0]:.4f} to {between[1]:.4f})" if known else ""
    return written(test[name]) + low_high


# %% [markdown]
# ## Summary

# %% tags=["nbval-check-output"]
say(
    "A network with layers {layers} was trained on {n_train:,} {rows} ({source}) "
    "to tell {positive} from {negative}, and tested on {n_test:,} others.",
    layers=str(layer_dims),
    rows=table.words.rows,
    source="the simulated clinic" if P.data == "simulated" else facts["source"],
    positive=table.words.positive,
    negative=table.words.negative,
    n_train=facts["n_train"],
    n_test=facts["n_test"],
)

# %% tags=["nbval-check-output"]
say("- Test accuracy: {value}", value=with_interval("accuracy"))
say("- Test F1: {value}", value=with_interval("f1"))
say("- Test ROC AUC: {value}", value=with_interval("roc_auc"))
if test["intervals"]:
    say(
        "In brackets: 95 % bootstrap intervals. They say how far other {rows} of the same "
        "world would move the numbers of this network; {why}.",
        rows=table.words.rows,
        why=f"{table.words.rows} that share their {quoted(table.provenance.grouped_by)} are drawn together"
        if table.provenance.grouped_by
        else f"the {table.words.rows} are drawn one by one, as if none went with another",
    )

# %% [markdown]
# How was the imbalance handled, and does the network do better than rules that need
# none?

# %% tags=["nbval-check-output"]
used_w = fitted.w
if P.weighting == "uniform":
    say(
        "The weight w = {w:.4g} multiplies both classes alike, so it favours neither. "
        "Only the threshold, {t:.4g}, can take the imbalance into account.",
        w=used_w,
        t=t,
    )
else:
    say(
        "Positives weigh {w:.4g} times as much as negatives. For a perfect model, the "
        "threshold {t:.4g} then decides as {same:.4g} would without a weight.",
        w=used_w,
        t=t,
        same=equivalent_threshold(used_w, t) if t < 1 else 1.0,
    )

# %% tags=["nbval-check-output"]
say(
    "Beside it, the rules that need no network: always {negative} has accuracy "
    "{accuracy:.4f}; always {positive} has F1 {f1:.4f}.",
    negative=table.words.negative,
    positive=table.words.positive,
    accuracy=1 - prevalence,
    f1=always_positive,
)
say(
    "Against these, the network's accuracy differs by {accuracy:+.4f} and its F1 by "
    "{f1:+.4f}.",
    accuracy=test["accuracy"] - (1 - prevalence),
    f1=(test["f1"] or 0) - always_positive,
)

# %% [markdown]
# ## 1 Introduction
#
# The source report trains a neural network, written from scratch in NumPy, on an
# imbalanced problem that it does not name. This report does what that one describes,
# states what it left open, and mends what it got wrong.

# %% tags=["nbval-check-output"]
for note in table.provenance.notes:
    say("- {note}", note=note)
say(
    "- {p_train:.4f} of the training {rows} and {p_test:.4f} of the test {rows} are "
    "{positive}.",
    rows=table.words.rows,
    positive=table.words.positive,
    p_train=facts["prevalence_train"],
    p_test=prevalence,
)

# %% [markdown]
# Each column of the table, and what became of it<!-- see columns -->:

# %%
treated = table.provenance.columns.set_index("column")
show(treated, "The columns of the table, and what became of each.", "columns")

# %% [markdown]
# ## 2 Model architecture
#
# $$\text{layer\_dims} = [n_0, n_1, \dots, n_L], \qquad n_L = 1$$
#
# The source gives two hidden layers twice, with different sizes: 3 and 3 in its
# formula, 40 and 3 in its words. The size is a parameter here.

# %% tags=["nbval-check-output"]
say(
    "layer_dims = {dims}: {n} features, {count:,} weights and biases.",
    dims=str(layer_dims),
    n=facts["n_features"],
    count=n_parameters(layer_dims),
)

# %% [markdown]
# ## 3 Forward propagation
#
# $$\begin{aligned}
# Z^{[l]} &= W^{[l]} A^{[l-1]} + b^{[l]} \\
# A^{[l]} &= \begin{cases} \max(Z^{[l]}, 0) & \text{ if } l < L \\
# \sigma(Z^{[L]}) & \text{ if } l = L
# \end{cases}
# \end{aligned}$$
#
# The sigmoid is computed in the form that cannot overflow.

# %% tags=["nbval-check-output"]
p = fitted.p_test
say(
    "Predicted probabilities on the test run from {low:.4f} to {high:.4f}, with mean "
    "{mean:.4f}.",
    low=p.min(),
    high=p.max(),
    mean=p.mean(),
)

# %% [markdown]
# ## 4 Loss function
#
# $$\begin{aligned}
# J = {} & \frac1m \sum_{i=1}^m c^{(i)}
# \left[ \log\left(1 + e^{z^{(i)}}\right) - y^{(i)} z^{(i)} \right] \\
# & {} + \frac{\lambda}{2} \sum_l \lVert W^{[l]} \rVert^2
# \end{aligned}$$
#
# This is the binary cross-entropy, written with the logit $z$. It needs no
# $\varepsilon$, and is computed in the form that cannot overflow. The class weight $c$
# belongs in it: the source shows the loss without the weight and descends a gradient
# with it. $\lambda$ is the parameter `l2`, which the source does not have.
#
# Two losses are drawn, epoch by epoch<!-- see loss -->.

# %%
loss = figures.loss(fitted.history)
results.save_picture(P.run_dir, loss)
show(
    loss, "The objective that training descended, and the cross-entropy without weight."
)

# %% tags=["nbval-check-output"]
history = fitted.history
say(
    "The objective went from {first:.4f} to {last:.4f}; the plain cross-entropy of the "
    "test {rows} is {test:.4f}.",
    first=history.objective[0],
    last=history.objective[-1],
    rows=table.words.rows,
    test=test["log_loss"],
)

# %% [markdown]
# ## 5 Class imbalance handling
#
# $$\begin{aligned}
# dA &= -c \left( \frac{y}{\hat y} - \frac{1-y}{1-\hat y} \right) \\
# c_\text{uniform} &= w \\
# c_\text{positive} &= \begin{cases} w & \text{ if } y = 1 \\
# 1 & \text{ if } y = 0 \end{cases}
# \end{aligned}$$
#
# The source's formula is the uniform reading; its words ask for the positive one.

# %% tags=["nbval-check-output"]
say("weighting = {weighting}, w = {w:.4g}", weighting=P.weighting, w=used_w)

# %% [markdown]
# ## 6 Backpropagation and weight updates
#
# $$\begin{aligned}
# dZ^{[L]} &= c \, (\hat y - y) \\
# dW^{[l]} &= \tfrac1m \, dZ^{[l]} (A^{[l-1]})^T \\
# db^{[l]} &= \tfrac1m \textstyle\sum_i dZ^{[l](i)} \\
# dZ^{[l-1]} &= (W^{[l]})^T dZ^{[l]} \cdot \text{ReLU}'(Z^{[l-1]}) \\
# W^{[l]} &:= W^{[l]} - \alpha \, (dW^{[l]} + \lambda W^{[l]}) \\
# b^{[l]} &:= b^{[l]} - \alpha \, db^{[l]}
# \end{aligned}$$
#
# The source prints $dW$ transposed. The first line never divides by zero.

# %% tags=["nbval-check-output"]
updates = P.epochs * -(-facts["n_train"] // P.batch_size)
size = min(P.batch_size, facts["n_train"])
say(
    "{updates:,} updates, each from at most {size:,} examples.",
    updates=updates,
    size=size,
)

# %% [markdown]
# ## 7 Training setup
#
# What the source gives, with the values of this run<!-- see setup -->:

# %% tags=["nbval-check-output"]
setup = {
    "epochs": P.epochs,
    "initial learning rate": P.initial_learning_rate,
    "final learning rate (linear decay)": P.final_learning_rate,
    "batch size": P.batch_size,
    "activation": "ReLU (hidden), sigmoid (output)",
}
setup = pd.DataFrame({"value": setup}).rename_axis("setting")
show(setup, "The training setup.", "setup")

# %% [markdown]
# What the source leaves open, and what was chosen here<!-- see choices -->:

# %%
if P.group_column:
    how = f"whole groups of {P.group_column}; test_size is a share of groups"
elif P.time_column:
    how = f"the latest by {P.time_column}; the split seed is not used"
else:
    how = "drawn at random, class by class"
share = facts["n_test"] / (facts["n_train"] + facts["n_test"])
ENGINES = {
    "numpy": "trained by the code that the lessons explain",
    "numba": "trained by the lessons' code, once more as machine code",
}
about_w = "every example alike" if P.weighting == "uniform" else "positives only"

# %% tags=["nbval-check-output"]
chosen = P.features if isinstance(P.features, str) else ", ".join(P.features)
choices = [
    ["features", chosen, "named by the parameters; see the table in section 1"],
    ["first weights", "He", "keeps the signal's variance through ReLU layers"],
    ["w", f"{used_w:.4g}", f"multiplies {about_w}"],
    ["l2 penalty", f"{P.l2:g}", "none in the source's formulas"],
    ["precision", P.dtype, "of all arithmetic; float64 unless asked"],
    ["engine", P.engine, ENGINES[P.engine]],
    ["seeds", f"{P.seed}, {P.split_seed}", "of network and split; fixed, to rerun"],
    ["test share", f"{share:.4f}", how],
]
choices = pd.DataFrame(choices, columns=["choice", "value", "reason"])
show(choices.set_index("choice"), "What the source leaves open.", "choices")

# %% [markdown]
# ## 8 Evaluation metrics
#
# $$\begin{aligned}
# \text{accuracy} &= \frac{tn + tp}{m} \\
# F_1 &= \frac{2\,tp}{2\,tp + fp + fn}
# \end{aligned}$$
#
# These and other measures, on the training and the test rows<!-- see metrics -->:

# %% tags=["nbval-check-output"]
intervals = test["intervals"] or {}
rows = {}
for name in (n for n in train if n != "confusion_matrix"):
    low, high = intervals.get(name, (None, None))
    rows[name] = [written(v) for v in (train[name], test[name], low, high)]
metrics = pd.DataFrame(rows, index=["train", "test", "low", "high"]).T
show(
    metrics.rename_axis("metric"),
    "Measures. Low and high bound the 95 % interval of the test's; training rows have "
    "none, since the network was fitted to them.",
    "metrics",
)

# %% tags=["nbval-check-output"]
if test["seed_spread"]:
    spread = pd.DataFrame(test["seed_spread"]).T.astype(float).round(4)
    show(
        spread.rename_axis("metric"), "Networks that differ only in the seed.", "spread"
    )
else:
    say("One network was trained. The parameter n_seeds trains more, for the spread.")

# %% [markdown]
# The confusion matrix of the test rows is drawn<!-- see confusion_matrix --> and
# counted<!-- see counts -->.

# %%
counts = test["confusion_matrix"]
show(
    figures.confusion(counts, table.words.positive, table.words.negative),
    "The confusion matrix of the test rows, with each cell's share of its row.",
)

# %% tags=["nbval-check-output"]
names = [table.words.negative, table.words.positive]
matrix = pd.DataFrame(
    counts,
    index=[f"actual {n}" for n in names],
    columns=[f"predicted {n}" for n in names],
)
show(matrix.rename_axis("count"), "The counts of the confusion matrix.", "counts")

# %% [markdown]
# For the appointments, the source's values stand beside this run's.

# %% tags=["nbval-check-output"]
reported = {
    "train accuracy": (0.5265378134153651, train["accuracy"]),
    "test accuracy": (0.5295394915407582, test["accuracy"]),
    "test F1": (0.36616284739151633, test["f1"]),
}
(tn, fp), (fn, tp) = counts
reported |= {"tn": (8702, tn), "fp": (8940, fp), "fn": (1460, fn), "tp": (3004, tp)}
if table.provenance.is_appointments and table.words.labels == ("No", "Yes"):
    for name, values in reported.items():
        form = ",d" if isinstance(values[1], int) else ".4f"
        reported[name] = [format(value, form) for value in values]
    compared = pd.DataFrame(reported, index=["source", "this run"]).T
    show(
        compared.rename_axis("measure"),
        "The source's values, and this run's.",
        "source",
    )
else:
    say("These are not the source's table and classes: nothing to set beside them.")
if P.data == "simulated":
    say(
        "The simulated clinic is a stand-in for the source's table: expect no equality."
    )

# %% [markdown]
# ## 9 Threshold analysis
#
# Predicted positive means $\hat y \ge t$. A threshold is fixed beforehand, or chosen
# without test labels. The rule `capacity` reads the test rows' predictions. The source
# does not say on which rows it chose its own.

# %% tags=["nbval-check-output"]
say(
    "t = {t:.4g}, by the rule {rule}; {ties} test {rows} lie exactly on it.",
    t=t,
    rule=measured["threshold_strategy"],
    ties=measured["threshold_ties_test"],
    rows=table.words.rows,
)
gap, at = ks_distance(table.Y_test, fitted.p_test)
say(
    "The two curves are furthest apart just above {at:.4f}: by {gap:.4f}.",
    at=at,
    gap=gap,
)
if measured["threshold_note"]:
    say("{note}.", note=measured["threshold_note"])

# %% tags=["nbval-check-output"]
values, sizes = np.unique(fitted.p_test, return_counts=True)
largest = sizes.argmax()
say(
    "The largest tie: {n:,} test {rows} at {at:.4f}.",
    n=int(sizes[largest]),
    rows=table.words.rows,
    at=values[largest],
)
if sizes[largest] > 0.01 * p.size:
    flagged = p >= values[largest], p > values[largest]
    a, b = (np.mean(said == table.Y_test) for said in flagged)
    say(
        "A threshold at this tie or just below it gives accuracy {a:.4f}, one just above "
        "it {b:.4f}.",
        a=a,
        b=b,
    )

# %% [markdown]
# For each class, the share of its test rows at or below a probability is
# drawn<!-- see cdf -->.

# %%
show(
    figures.cdf(
        table.Y_test, fitted.p_test, t, table.words.positive, table.words.negative
    ),
    "Cumulative distributions of the predicted probability, class by class.",
)

# %% [markdown]
# What would another threshold give<!-- see thresholds -->? Looking is free; a threshold
# chosen here would have seen the test labels.

# %%
own_w = 1.0 if P.weighting == "uniform" else used_w
explorer.show(
    table.Y_test,
    {own_w: fitted.p_test},
    t,
    table.words.positive,
    table.words.negative,
    {own_w: explorer.rules(table.Y_train, fitted.p_train, fitted.p_test)},
    caption="What some thresholds give on the test rows.",
    label="thresholds",
)

# %% [markdown]
# ## 10 Conclusion

# %% tags=["nbval-check-output"]
recall, precision = test["recall"], test["precision"]
found = f"{recall:.1%} of the {table.words.positive} {table.words.rows} are found"
right = (
    "no one was called so"
    if precision is None
    else f"{precision:.1%} of the calls are right"
)
say("At this threshold {found}; {right}.", found=found, right=right)
say(
    "The ranking behind it has ROC AUC {value}. No threshold can change that number; "
    "other features or another training can.",
    value=with_interval("roc_auc"),
)
