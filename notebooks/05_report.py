# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A neural network written from scratch, for lopsided classes

# %% [markdown] tags=["only-notebook"]
# The decision first, then the ten sections of the source report, for the table that
# this run was given. Every number is computed here. About ten minutes to read.
#
# The lessons explain each step: [forward](01_forward_propagation.ipynb),
# [backward](02_weighted_backprop.ipynb), [training](03_training.ipynb),
# [threshold](04_threshold_analysis.ipynb). The [glossary](glossary.md) has the terms.

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
gaps = {}  # values that mean that nothing is known, as in {"age": [999]}
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
engine = "auto"
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
from lopsided.prose import item
from lopsided.report import (
    baselines,
    choosing,
    decision,
    experiment,
    explorer,
    figures,
    results,
)
from lopsided.report.display import say, show
from lopsided.table.columns import together
from lopsided.table.dataset import load
from lopsided.table.split import split_words

# %%
table = load(P)
choice = results.choice(table.parameters, table)
P = choice.parameters
fitted = results.fitted(P, table)
measured = experiment.measure(P, table, fitted)
measured["training"] = choice.told
measured["beside"] = baselines.measure(P, table, fitted, measured["threshold"])
results.save_metrics(P.run_dir, measured)

# %%
facts, train, test = measured["data"], measured["train"], measured["test"]
layer_dims, t = list(fitted.network.layer_dims), measured["threshold"]
counts = test["confusion_matrix"]
of_the_source = table.provenance.is_appointments


# %%
def written(value):
    return "undefined" if value is None else f"{value:.4f}"


def beside_the_source(text, **values):
    if of_the_source:
        say(text, **values)


# %% [markdown]
# ## Summary

# %% tags=["nbval-check-output"]
say(decision.asked(measured))
say(decision.table(measured))

# %% tags=["nbval-check-output"]
say(decision.threshold(measured))
say(decision.certainty(measured))

# %% tags=["nbval-check-output"]
say(decision.learned(measured))
say(decision.compared(measured))

# %% [markdown]
# **To mind** before it is used:

# %% tags=["nbval-check-output"]
for sentence in decision.mind(measured):
    say(sentence)

# %%
both = table.words.positive, table.words.negative
show(
    figures.cdf(table.Y_test, fitted.p_test, t, *both),
    "Cumulative distributions of the predicted probability, class by class.",
)
show(
    figures.confusion(counts, *both),
    "The confusion matrix of the test rows, with each cell's share of its actual class.",
)

# %% [markdown]
# ## 1 Introduction
#
# A neural network, written from scratch in NumPy, learns to tell two classes apart of
# which one is rarer, and a threshold turns its probability into a decision.

# %% tags=["nbval-check-output"]
if of_the_source:
    say(
        "The source report does so on an imbalanced problem that it does not name. This "
        "report does what that one describes, states what it left open, and mends what "
        "it got wrong."
    )
else:
    say(
        "The method, and the ten sections, are those of a report on missed "
        "appointments, with its mistakes mended."
    )

# %% tags=["nbval-check-output"]
for note in table.provenance.notes:
    if note not in table.provenance.mind[: decision.MOST_TO_MIND]:
        say(item(note))
say(
    "- {p_train:.4f} of the training {rows} and {p_test:.4f} of the test {rows} are "
    "{positive}.",
    rows=table.words.rows,
    positive=table.words.positive,
    p_train=facts["prevalence_train"],
    p_test=facts["prevalence_test"],
)

# %% [markdown]
# The columns of the table, and what became of them<!-- see columns -->:

# %%
treated = together(table.provenance.columns)
show(treated, "The columns of the table, and what became of them.", "columns")

# %% [markdown]
# ## 2 Model architecture
#
# $$\text{layer\_dims} = [n_0, n_1, \dots, n_L], \qquad n_L = 1$$

# %% tags=["nbval-check-output"]
beside_the_source(
    "The source gives two hidden layers twice, with different sizes: 3 and 3 in its "
    "formula, 40 and 3 in its words. The size is a parameter here."
)
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
# $\varepsilon$, and is computed in the form that cannot overflow. $c$ is the weight of
# the class, and $\lambda$ the parameter `l2`.

# %% tags=["nbval-check-output"]
beside_the_source(
    "The source shows the loss without the class weight and descends a gradient with "
    "it. It has no penalty."
)

# %% [markdown]
# Epoch by epoch<!-- see loss -->: the objective that training descended, and the
# cross-entropy without weight. Where they agree, they are one line.

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

# %% tags=["nbval-check-output"]
beside_the_source(
    "The source's formula is the uniform reading; its words ask for the positive one."
)
used_w = fitted.w
say("weighting = {weighting}, w = {w:.4g}.", weighting=P.weighting, w=used_w)
if P.weighting == "uniform":
    say(
        "It multiplies both classes alike, so it favours neither. Only the threshold, "
        "{t:.4g}, can take the imbalance into account.",
        t=t,
    )
else:
    say(
        "Positives weigh so many times as much as negatives. For a perfect model, the "
        "threshold {t:.4g} then decides as {same:.4g} would without a weight.",
        t=t,
        same=equivalent_threshold(used_w, t) if t < 1 else 1.0,
    )

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
# The first line never divides by zero.

# %% tags=["nbval-check-output"]
beside_the_source("The source prints dW transposed.")
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
# How the network was trained<!-- see setup -->:

# %% tags=["nbval-check-output"]
setup = {
    "epochs": P.epochs,
    "initial learning rate": P.initial_learning_rate,
    "final learning rate (linear decay)": P.final_learning_rate,
    "batch size": P.batch_size,
    "activation": f"{'ReLU (hidden), ' * bool(P.hidden_units)}sigmoid (output)",
}
setup = pd.DataFrame({"value": setup}).rename_axis("setting")
show(setup, "The training setup.", "setup")

# %% [markdown]
# How were the settings found? They can follow from the training rows: each of a short
# list is tried by cross-validation, and the test rows have no part in it.

# %% tags=["nbval-check-output"]
say("{told}", told=choosing.sentence(choice))

# %%
if choice.tried:
    show(
        choosing.listed(choice),
        "What was tried: mean loss on the rows held out, and how far it is above the "
        "lowest, with the standard error of this difference.",
        "tried",
    )
    curve = figures.validation(choice.curve)
    results.save_picture(P.run_dir, curve)
    show(
        curve,
        "The chosen setting's loss, epoch by epoch: rows learned from, and rows held "
        "out.",
    )

# %% [markdown]
# What else was chosen<!-- see choices -->:

# %%
how = split_words(P)
share = facts["n_test"] / (facts["n_train"] + facts["n_test"])
FIRST = {
    "he": "keeps the signal's variance through ReLU layers",
    "xavier": "of variance 2 / (inputs + outputs)",
    "small": "of standard deviation 0.01",
}
about_w = "every example alike" if P.weighting == "uniform" else "positives only"

# %% tags=["nbval-check-output"]
chosen = P.features if isinstance(P.features, str) else ", ".join(P.features)
choices = [
    ["features", chosen, "named by the parameters; see the table in section 1"],
    ["first weights", P.initialisation.capitalize(), FIRST[P.initialisation]],
    ["w", f"{used_w:.4g}", f"multiplies {about_w}"],
    ["l2 penalty", f"{P.l2:g}", "on the weights, not the biases"],
    ["networks", f"{P.n_networks}", "their mean logit is the prediction"],
    ["precision", P.dtype, "of all arithmetic; float64 unless asked"],
    ["seeds", f"{P.seed}, {P.split_seed}", "of network and split; fixed, to rerun"],
    ["test share", f"{share:.4f}", how],
]
choices = pd.DataFrame(choices, columns=["choice", "value", "reason"])
show(choices.set_index("choice"), "Further choices of this run.", "choices")
beside_the_source("Of these the source says nothing.")

# %%
ENGINES = {
    "numpy": "the code that the lessons explain",
    "numba": "the lessons' code, once more as machine code",
}
say("The engine is `{name}`: {what}.", name=P.engine, what=ENGINES[P.engine])

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
    "Measures. Low and high bound the 95% interval of the test's; training rows have "
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
# Beside the network stand models that anyone would try first<!-- see beside -->. They
# meet the same rows, features, weights and threshold rule. Two need no learning: they
# say the prevalence of the training rows to all. The others are scikit-learn's, as they
# are; boosted trees are many small decision trees, each fitted to what the ones before
# got wrong. The difference is the network's ROC AUC minus theirs; its interval is from
# paired bootstrap draws of the test rows.

# %% tags=["nbval-check-output"]
show(
    baselines.table(measured, (table.words.negative, table.words.positive)),
    "The network beside other models, on the test rows.",
    "beside",
)
say("{so}", so=baselines.sentence(measured["beside"], P.training == "fitted"))

# %% [markdown]
# Which rows are ranked above which is drawn as a ROC curve<!-- see roc --> and as
# precision against recall<!-- see precision_recall -->. Whether a probability means
# what it says is drawn in bins<!-- see reliability -->.

# %%
for picture, caption in (
    (figures.roc(table.Y_test, fitted.p_test, t), "The ROC curve of the test rows."),
    (
        figures.precision_recall(table.Y_test, fitted.p_test, t),
        "Precision against recall, on the test rows.",
    ),
    (
        figures.reliability(table.Y_test, {"network": fitted.p_test}),
        "Predicted probability and observed share of positives, in bins: rows that tie "
        "share one, so sizes differ. Bars are 95% intervals.",
    ),
):
    show(picture, caption)

# %% tags=["nbval-check-output"]
prior = baselines.entry(measured["beside"], baselines.NEVER)
say(
    "On average the network says {said:.4f}, and {were:.4f} of the test {rows} are "
    "{positive}. Its log loss is {ours:.4f}; who says the training prevalence to all "
    "has {theirs:.4f}.",
    said=float(fitted.p_test.mean()),
    were=facts["prevalence_test"],
    rows=table.words.rows,
    positive=table.words.positive,
    ours=test["log_loss"],
    theirs=prior["log_loss"],
)

# %% [markdown]
# The confusion matrix of the test rows is drawn in the
# [summary](#summary)<!-- see confusion_matrix -->. Its counts<!-- see counts -->:

# %% tags=["nbval-check-output"]
names = [table.words.negative, table.words.positive]
matrix = pd.DataFrame(
    counts,
    index=[f"actual {n}" for n in names],
    columns=[f"predicted {n}" for n in names],
)
matrix = matrix.map("{:,}".format).rename_axis("count")
show(matrix, "The counts of the confusion matrix.", "counts")

# %% tags=["nbval-check-output"]
reported = {
    "train accuracy": (0.5265378134153651, train["accuracy"]),
    "test accuracy": (0.5295394915407582, test["accuracy"]),
    "test F1": (0.36616284739151633, test["f1"]),
}
(tn, fp), (fn, tp) = counts
reported |= {"tn": (8702, tn), "fp": (8940, fp), "fn": (1460, fn), "tp": (3004, tp)}
if of_the_source and table.words.labels == ("No", "Yes"):
    say("The source's values, beside those of this run:")
    for name, values in reported.items():
        form = ",d" if isinstance(values[1], int) else ".4f"
        reported[name] = [format(value, form) for value in values]
    compared = pd.DataFrame(reported, index=["source", "this run"]).T
    show(
        compared.rename_axis("measure"),
        "The source's values, and this run's.",
        "source",
    )
if P.data == "simulated":
    say(
        "The simulated clinic is a stand-in for the source's table: expect no equality."
    )

# %% [markdown]
# ## 9 Threshold analysis
#
# Predicted positive means $\hat y \ge t$. A threshold is fixed beforehand, or chosen
# without test labels. The rule `capacity` reads the test rows' predictions.

# %% tags=["nbval-check-output"]
beside_the_source("The source does not say on which rows it chose its own.")
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
    "The largest tie: {n:,} test {rows} at {at:.4f}."
    if sizes[largest] > 1
    else "No two test {rows} tie.",
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
# For each class, the share of its test rows at or below a probability is drawn in the
# [summary](#summary)<!-- see cdf -->. What would another threshold
# give<!-- see thresholds -->? Looking is free; a threshold chosen here would have seen
# the test labels.

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
    value=written(test["roc_auc"]),
)
