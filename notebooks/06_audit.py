# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Audit the report
#
# **You will** find out from a few printed digits which data a report used, try each of
# its mistakes, and ask hundreds of trained networks which reading of it can be true.
#
# **You will learn** how much the arithmetic of a report gives away, how to measure the
# distance from a published table, and where the evidence ends.
#
# **You need** the four lessons, to [Choose a threshold](04_threshold_analysis.ipynb).
# Five minutes for the first section, forty for the whole; the cells take a few seconds.
#
# The subject is the source report itself. Others can be audited the same way.

# %% tags=["hide-input", "parameters"]
run_dir = None

# %% tags=["hide-input"]
from math import comb

import numpy as np
import pandas as pd

from lopsided.lesson import metrics
from lopsided.lesson import threshold as thresholds
from lopsided.lesson.loss import balanced_weight, class_weights, d_output, objective
from lopsided.lesson.network import (
    backward,
    forward,
    initialise,
    layer_views,
    n_parameters,
    predict_proba,
    sigmoid,
)
from lopsided.lesson.training import train
from lopsided.parameters import from_notebook
from lopsided.report import audit_table, experiment, results
from lopsided.report.comparison import resampled
from lopsided.report.display import say, show
from lopsided.report.figures import look_of, plane
from lopsided.table import appointments
from lopsided.table.dataset import load

P = from_notebook(globals(), "run_dir")
evidence = audit_table.evidence()
runs, printed, points = evidence.runs, evidence.printed, evidence.points
distances = evidence.distances
real = results.read_json(results.committed("real.json"))
assert set(runs["data"]) == {appointments.PUBLISHED_SHA256[:12]}

# %% [markdown]
# ## What we found
#
# A weight is called `uniform` if it multiplies both classes, `positive` if one. Of those
# tried, `positive 1.175` makes $0.205$ decide as $0.18$ does without a weight
# ([finding j](#twelve-findings)). A *setting* is a choice of features, layers, first
# weights, class weight and threshold, and *reaches* the report's table if its networks come
# near it. The choices of features have names, told under [two witnesses](#two-witnesses).

# %% tags=["hide-input", "nbval-check-output"]
n_train = int(audit_table.row_counts(printed.train_accuracy, 150_000)[0])
always_no = 1 - printed.positives / printed.n_test
always_yes = 2 * printed.positives / (printed.n_test + printed.positives)
near = distances[distances["verdict"] == "reached"]
reached = set(zip(near["reading"], near["threshold"], strict=True))
heavy = distances[distances["reading"].isin(["positive 1.5", "positive 2", "balanced"])]


def weights_at(t):
    names = dict.fromkeys(r for r in evidence.readings if (r, t) in reached)
    return ", ".join(names) or "none"


say(
    "1. **The data.** {n_train:,} training and {n_test:,} test rows: the "
    "*Medical Appointment No Shows* file, whole.",
    n_train=n_train,
    n_test=printed.n_test,
)
say(
    "2. **Worse than no network, by accuracy.** {ours:.4f}, where always saying "
    "“attended” has {no:.4f}. By F1 {f1:.4f}, where always saying “no-show” has "
    "{yes:.4f}.",
    ours=printed.test_accuracy,
    no=always_no,
    f1=printed.f1,
    yes=always_yes,
)
say(
    "3. **The weight favours no class.** As printed, it multiplies both: a learning rate "
    "under another name."
)
say(
    "4. **Two thresholds, one table.** Networks reach the table at 0.18 with the weights "
    "{low}, at 0.205 with {high}.",
    low=weights_at(0.18),
    high=weights_at(0.205),
)
say(
    "5. **No substantial weight was at work, at either printed threshold, for what was "
    "tried.** With a weight of 1.5 or more on positives, {n} of {all} settings reach the "
    "table; the nearest of their networks lies {d:.0f} standard errors away.",
    n=(heavy["verdict"] == "reached").sum(),
    all=len(heavy),
    d=heavy["nearest"].min(),
)
say(
    "6. **What stays open**: {n} of {all} settings reach the table. It cannot choose "
    "between them. Trained again from seeds that had no part in the search, {still} of "
    "{tried} still reach it.",
    n=len(near),
    all=len(distances),
    still=(evidence.checked["verdict_fresh"] == "reached").sum(),
    tried=len(evidence.checked),
)

# %% tags=["hide-input"]
recalls = [name for name in runs if name.startswith("recall_at_")]
x = np.array([0, *(float(name.split("_")[-1]) for name in recalls), 1])
unweighted = evidence.random.query("reading == 'uniform 1' and threshold == 0.18")
curves = {
    features: (x, np.array([0, *cloud[recalls].median(), 1]))
    for features, cloud in unweighted.groupby("features", sort=False)
}
table = tuple(printed.rates), tuple(printed.errors)


def plane_at(t):
    at_t = evidence.random[evidence.random["threshold"] == t].set_index("reading")
    clouds = {r: (at_t.loc[r, "fpr"], at_t.loc[r, "tpr"]) for r in evidence.readings}
    return plane(clouds, curves, *table, f"plane_{t}", f"Every run, read at {t}")


show(plane_at(0.18))

# %% [markdown]
# Each mark is one network, trained on the real file as the report trains its own, and
# read at the threshold $0.18$. The arrow leads to the printed table: a small ellipse, as
# large as what sampling alone allows. Lines are ROC curves, the median of each set of
# features. The colours are readings of the class weight. The circles of `uniform 1`, no
# weight, are drawn on top.
#
# The rest of this notebook shows how we know. How such predictions can be made better,
# and what they must not be used for, is in [Do better](09_better.ipynb).

# %% [markdown]
# ## What the report prints
#
# > Train Accuracy: 0.5265378134153651 – Test Accuracy: 0.5295394915407582 –
# > F1 Score (Test): 0.36616284739151633
#
# and a confusion matrix of the test. That is all the evidence, and it is enough for a
# start: sixteen digits of a quotient nearly tell the two numbers that were divided. The
# cells are consistent with the test accuracy and F1 to the last digit.

# %% tags=["nbval-check-output"]
tn, fp, fn, tp = printed.tn, printed.fp, printed.fn, printed.tp
print(f"{printed.n_test} test rows, {printed.positives} positive")
print("accuracy agrees:", (tn + tp) / printed.n_test == printed.test_accuracy)
print("F1 agrees:      ", 2 * tp / (2 * tp + fp + fn) == printed.f1)

# %% [markdown]
# Checking printed scores against counts is a field of its own. Its tool is
# [mlscorecheck](https://pypi.org/project/mlscorecheck/)
# ([Fazekas and Kovács 2024](glossary.md#sources)): told the rows of a test, it says
# whether rounded scores can come from them at all:
#
# ```python
# from mlscorecheck.check.binary import check_1_testset_no_kfold
#
# testset, scores = {"p": 4464, "n": 17642}, {"acc": 0.5295, "f1": 0.3662}
# check_1_testset_no_kfold(testset, scores, eps=1e-4)["inconsistency"]  # False
# ```
#
# Our few lines go the other way. They are told full digits and no rows, and find the
# rows: that is how the data set was found.
#
# ## Which data?
#
# The training rows are not printed, but the training accuracy is a fraction of them.
# Try every number of rows, and keep those for which some whole number of right answers
# gives exactly the printed digits.

# %% tags=["nbval-check-output"]
fits = audit_table.row_counts(printed.train_accuracy, 600_000)
share = pd.Series(printed.n_test / (fits + printed.n_test), fits, name="test share")
show(share.rename_axis("training rows").round(4).to_frame())

# %% [markdown]
# Could a wrong number of rows fit by chance? Begin with two digits, so that numbers lie
# $0.01$ apart. Four rows make four fractions, $0$, $0.25$, $0.5$ and $0.75$, among a
# hundred such numbers: a chance of $4 \cdot 0.01$ to hit the printed one. Try one to four
# rows, and the chances add up.
#
# So $n$ rows hit with the chance $n$ times the step. Sixteen digits name one
# floating-point number, and its step to the next is tiny. Add up to the row before the
# first that fits.

# %% tags=["nbval-check-output"]
smaller, step = np.arange(1, fits[0]), np.spacing(printed.train_accuracy)
print(f"1 to 4 rows, steps of 0.01: {(1 + 2 + 3 + 4) * 0.01:.2f} hits to expect")
print(f"1 to {smaller[-1]:,} rows, steps of {step:.1e}: {smaller.sum() * step:.0e}")

# %% [markdown]
# Who multiplies both numbers of a fraction alike keeps its value, so every multiple of
# the first number fits too. Only the first makes the test a usual share: a fifth. Add
# the test rows.

# %% tags=["nbval-check-output"]
n_rows = n_train + printed.n_test
print(f"{n_train} + {printed.n_test} = {n_rows} rows")
print("rows of Medical Appointment No Shows:", appointments.PUBLISHED_ROWS)

# %% [markdown]
# So the report almost certainly used that file, whole. Not one row was cleaned away,
# not even the one with a negative age.
#
# Was the split [stratified](glossary.md#stratified): drawn class by class, so that both
# sides have the same share of positives? Our run on the real file knows how many there
# are. A stratified fifth must hold one certain number of them. An unstratified fifth
# could hold the same number by luck. How often?
#
# Begin with five rows, two of them positive, and draw two for the test. There are ten
# pairs. Of these, $2 \cdot 3 = 6$ take one of the two positives and one of the three
# negatives. So one positive has the chance $6 / 10$.
#
# The large case is the same: the ways to choose the positives, times the ways to choose
# the negatives, over all ways to choose the test. `comb` counts them.

# %% tags=["nbval-check-output"]
print(f"{comb(2, 1)} * {comb(3, 1)} / {comb(5, 2)} = ", end="")
print(comb(2, 1) * comb(3, 1) / comb(5, 2))

# %% [markdown]
# A stratified split gives its number always, with the chance $1$. How many times as
# likely is that? The quotient of the two chances is called the *likelihood ratio*.

# %% tags=["nbval-check-output"]
sides = [np.sum(real[side]["confusion_matrix"], axis=1) for side in ("train", "test")]
no, yes = map(int, np.sum(sides, axis=0))
ways = comb(yes, printed.positives) * comb(no, printed.n_test - printed.positives)
luck = ways / comb(n_rows, printed.n_test)
print(f"the report's test: {printed.positives}; a stratified one: {sides[1][1]}")
print(f"chance of it without stratification: {luck:.4f}")
print(f"likelihood ratio: {1 / luck:.0f} to 1 for a stratified split")

# %% [markdown]
# That is strong evidence: the split was stratified.
#
# ## Two witnesses
#
# The findings below are tried on two things that anyone can have.
#
# **A simulated clinic**, for experiments that run here and now: the small healthy network
# of the [threshold lesson](04_threshold_analysis.ipynb), eight hidden units trained at a
# tenfold rate. From seed 0, the report's own network gives a quarter of the clinic's test
# rows one prediction just above $0.18$, and a threshold there would move them all at once.
# Other seeds give fewer, or hardly any ([Do better](09_better.ipynb), appendix).

# %%
clinic = load(P)
X, Y, Y_test = clinic.X_train, clinic.Y_train, clinic.Y_test
quick = {"epochs": 25, "initial_learning_rate": 0.1, "final_learning_rate": 1e-3}
quick["hidden_units"] = [8]
plain_clinic = experiment.fit(clinic.parameters.with_(**quick), clinic)

# %% [markdown]
# **A table of trainings on the real file**, as long as the report's. `make audit`
# makes it: `notebooks/reproduction.yaml` declares the grid, and each row of
# `notebooks/results/reproduction.csv` is one trained network, described by counts and
# rates alone. In every row the seed sets the split, the first weights and the batches.
# The grid is not every combination; its file says what was left out, and why.

# %% tags=["nbval-check-output"]
n_fresh = np.sum(runs["seed"] >= audit_table.FIRST_FRESH_SEED)
lengths = ", ".join(map(str, runs["epochs"].unique()))
print(f"{len(runs)} networks, {lengths} epochs each;")
print(f"{n_fresh} of them from fresh seeds, for a check of what the others find")
for name in ("features", "hidden_units", "scheme", "group_column"):
    print(f"{name:13}", ", ".join(runs[name].unique()))
print("reading      ", ", ".join(evidence.readings))

# %% [markdown]
# The features are called `eight` (the columns on the patient, and whether a reminder
# was sent), `report` (these and the hour of booking), `neighbourhood` (the eight and
# the neighbourhood) and `extended` (with lead time and weekdays).
#
# The `scheme` says how far from zero the first weights are drawn. From $8$ inputs to $8$
# units, He's have the variance $2 / 8 = 0.25$, and Xavier's $2 / (8 + 8) = 0.125$. In
# letters, He's is $2 / n_\text{in}$. [Xavier initialisation](glossary.md#xavier-initialisation)
# has $2 / (n_\text{in} + n_\text{out})$, which is always smaller.
#
# The *base* of the findings: the features `report`, $40$ and $3$ units, He's first
# weights, no weight.

# %%
usual = {"features": "report", "hidden_units": "40 3", "scheme": "he"}
usual |= {"reading": "uniform 1", "group_column": "none", "threshold": 0.18}
searched = points[points["seed"] < audit_table.FIRST_FRESH_SEED]
plain = evidence.setting(usual, searched)


# %%
def over_splits(a, b, name):
    found = resampled(a.set_index("seed")[name] - b.set_index("seed")[name], 0.2)
    words = {"above": "above zero", "below": "below zero"}
    told = words.get(found.verdict, "not told from zero")
    return f"{found.mean:+.4f} ± {found.half:.4f} ({found.n} pairs): {told}"


# %% [markdown]
# Where two kinds of network are compared below, it is seed by seed, with the $95\%$
# interval of the mean difference. Half of it is a standard error times
# [Student's factor](glossary.md#students-factor), $2.36$ for eight pairs. The seeds'
# splits share most of their rows, and the error allows for that
# ([Nadeau and Bengio 2003](glossary.md#sources)).
#
# ## Twelve findings
#
# The most consequential first. The letters are those of the report's faults in the
# order of its sections.
#
# ### i. No trivial rule beside the result
#
# > Test Accuracy: 0.5295394915407582 … F1 Score (Test): 0.36616284739151633

# %% tags=["nbval-check-output"]
print(
    f"always negative: accuracy {always_no:.4f}; the report {printed.test_accuracy:.4f}"
)
print(f"always positive: F1       {always_yes:.4f}; the report {printed.f1:.4f}")

# %% [markdown]
# *Verdict:* by accuracy, the network loses to a rule that needs none. By F1, it wins by
# little.
#
# ### b. A weight on both classes is a learning rate
#
# > dA = -w · (y/ŷ − (1−y)/(1−ŷ)) … Here, w is a class weight assigned to the positive
# > class
#
# As written, $w$ multiplies every gradient. An update subtracts $\alpha \cdot w \cdot
# \text{gradient}$, so only the product $\alpha w$ matters. Then $(w,
# \alpha_\text{start}, \alpha_\text{end})$ and $(1, w \alpha_\text{start}, w
# \alpha_\text{end})$ must train the same network, up to rounding. Here $w = 3$.


# %%
def trained(w, first_rate, last_rate):
    rng, X_part, Y_part = np.random.default_rng(0), X[:, :10_000], Y[:, :10_000]
    network = initialise([len(X), 40, 3, 1], rng)
    weight = class_weights(Y_part, "uniform", w)
    rates = {"initial_learning_rate": first_rate, "final_learning_rate": last_rate}
    train(network, X_part, Y_part, weight, rng, epochs=10, **rates)
    return predict_proba(network, X_part)


# %% tags=["nbval-check-output"]
as_written = trained(3, 0.01, 1e-5)
both_rates = np.abs(as_written - trained(1, 3 * 0.01, 3 * 1e-5)).max()
first_only = np.abs(as_written - trained(1, 3 * 0.01, 1e-5)).max()
print("both rates times w, equal to 1e-12:   ", both_rates < 1e-12)
print("first rate only, equal to 1e-12:      ", first_only < 1e-12)
print(f"first rate only, largest difference:   {first_only:.1e}")

# %% [markdown]
# *Verdict:* the weight handles no imbalance. It trains faster.
#
# ### f. Two thresholds
#
# > predictions are thresholded at 0.205 … The threshold of 0.18 was chosen
#
# Two operating points. The table can belong to one of them only.

# %% tags=["nbval-check-output"]
p_test = plain_clinic.p_test
for t in audit_table.THRESHOLDS:
    print(t, metrics.confusion_matrix(Y_test, thresholds.predict(p_test, t)).tolist())
moved = np.mean((p_test >= 0.18) & (p_test < 0.205))
largest = np.unique(p_test, return_counts=True)[1].max()  # rows of one prediction
print(f"the choice moves {moved:.1%} of the simulated test; ", end="")
print(f"its largest tie holds {largest / p_test.size:.1%}")

# %% [markdown]
# *Verdict:* the report's result cannot be repeated from its text: the threshold decides
# it, and there are two.
#
# ### j. Two remedies that are one
#
# > By amplifying the minority class using class weights and tuning thresholds
#
# The weight on positives multiplies the odds (see the threshold lesson). Which weight
# turns the threshold $0.18$ into $0.205$?

# %% tags=["nbval-check-output"]
w = (0.205 / (1 - 0.205)) / (0.18 / (1 - 0.18))  # the quotient of the odds
back = thresholds.equivalent_threshold(w, 0.205)
print(f"w = {w:.4f}: q >= 0.205 decides as p >= {back:.4f}")
w_balanced = balanced_weight(Y)
same = thresholds.equivalent_threshold(w_balanced)
print(f"balanced w = {w_balanced:.4f}: q >= 0.5 decides as p >= {same:.4f}")
print(f"share of positives: {Y.mean():.4f}")

# %% [markdown]
# That is the law for perfect models. Do trained networks obey it? Pair the runs on the
# real file by seed: $w = 1.175$ at $0.205$, minus no weight at $0.18$.

# %% tags=["nbval-check-output"]
changed = usual | {"reading": "positive 1.175", "threshold": 0.205}
light = evidence.setting(changed, searched)
for rate in ("fpr", "tpr"):
    print(f"{rate}: {over_splits(light, plain, rate)}")
    print(f"     one run's range over seeds: {np.ptp(plain[rate]):.4f}")

# %% [markdown]
# *Verdict:* where such an interval holds zero, and its farthest end is nearer to it than
# seeds move one run, one printed table cannot tell the two accounts apart: $0.18$ with a
# weight that favours no class, or $0.205$ with a light one.
#
# ### g. Tuned on what?
#
# > The threshold of 0.18 was chosen after analyzing the cumulative distribution of
# > predicted probabilities
#
# The report does not say on which rows. On test rows it would be leakage. How much? Draw
# small and large tests, with replacement: so each is a new sample, as if our test rows
# were the world. Choose the threshold with the largest recall minus FPR on the sample
# itself, and compare with the one from training rows.


# %%
def height(Y, p, t):
    positive = thresholds.predict(p, t)
    return positive[Y == 1].mean() - positive[Y == 0].mean()


honest = thresholds.choose("youden", Y, plain_clinic.p_train, p_test).t


# %%
def flattered(size, rng):
    rows = rng.choice(Y_test.size, size)
    Y_few, p_few = Y_test[:, rows], p_test[:, rows]
    leaky = thresholds.choose("youden", Y_few, p_few, p_few).t
    return height(Y_few, p_few, leaky) - height(Y_few, p_few, honest)


# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
for size in (200, 2000, 20_000):
    gains = [flattered(size, rng) for _ in range(200)]
    low, high = np.quantile(gains, [0.05, 0.95])
    print(
        f"{size:7,} test rows: recall - FPR flattered by {np.mean(gains):.4f}", end=""
    )
    print(f" on average, 90% of tests by {low:.4f} to {high:.4f}")

# %% [markdown]
# *Verdict:* with a test as large as this one, leakage would flatter little; with a small
# one, much. A threshold from training rows is flattered by nothing.
#
# ### k. One split, one seed, sixteen digits
#
# > Test Accuracy: 0.5295394915407582
#
# An accuracy is a mean of ones and zeros, so it has a
# [standard error](glossary.md#standard-error): $s / \sqrt{n}$. Begin with five decisions,
# three right, two wrong. Their standard deviation needs no more than their mean
# $r = 0.6$: it is $s = \sqrt{0.6 \cdot 0.4}$, in letters $\sqrt{r (1 - r)}$.

# %% tags=["nbval-check-output"]
decisions = np.array([1, 1, 0, 1, 0])
print(f"s = {decisions.std():.2f}, and √(0.6 · 0.4) = {np.sqrt(0.6 * 0.4):.2f}")
print(f"standard error of their mean: s / √5 = {decisions.std() / np.sqrt(5):.2f}")

# %% [markdown]
# (The squares are divided by $n$ here, not by $n - 1$ as in lesson 3. With the report's
# many rows that is all the same.)
#
# A mean of many such decisions follows nearly a [normal law](glossary.md#normal-law). Three
# numbers of it will be used. See them on drawn values, whose standard deviation is one.

# %% tags=["nbval-check-output"]
normal = np.random.default_rng(0).normal(size=(2, 100_000))
from_median = np.median(np.abs(normal[0] - np.median(normal[0])))
print(f"within 1.96 of zero: {np.mean(np.abs(normal[0]) < 1.96):.1%}")
print(f"1.4826 × the median distance from the median: {1.4826 * from_median:.3f}")
print(f"pairs of them shorter than 2.45: {np.mean(np.hypot(*normal) < 2.45):.1%}")

# %% [markdown]
# So $95\%$ lie within $1.96$ standard errors. Lesson 3 rounds that to two. Now all
# decisions of the report's test.

# %% tags=["nbval-check-output"]
rate, size = printed.test_accuracy, printed.n_test
error = np.sqrt(rate * (1 - rate) / size)
print(f"standard error: √({rate:.4f} · {1 - rate:.4f} / {size:,}) = {error:.4f}")
print(f"95% interval of the accuracy, from sampling alone: ± {1.96 * error:.4f}")

# %% tags=["nbval-check-output"]
for name in ("accuracy", "train_accuracy", "f1", "fpr", "tpr"):
    low, high = plain[name].min(), plain[name].max()
    print(f"{name:14} over seeds: {low:.4f} to {high:.4f}")

# %% [markdown]
# *Verdict:* two digits are information. The others identify the data set, and nothing
# else.
#
# ### h. What is not given
#
# > layer_dims = [n_features, …]
#
# Weight, features, first weights and seed are missing. Change one of them at a time
# from the base, and see how far the median over the seeds moves.

# %% tags=["hide-input", "nbval-check-output"]
rows = []
for name, value in usual.items():
    others = {k: v for k, v in usual.items() if k != name}
    for choice, cloud in evidence.setting(others, searched).groupby(name, sort=False):
        if choice != value or name == "features":
            ends = [
                *cloud[["fpr", "tpr"]].median(),
                cloud["fpr"].min(),
                cloud["fpr"].max(),
            ]
            rows.append([name, choice, *ends])
columns = ["changed", "to", "FPR", "TPR", "lowest FPR", "highest FPR"]
show(pd.DataFrame(rows, columns=columns).round(4))

# %% [markdown]
# The first row is the base; its last columns show what a seed alone does.
#
# *Verdict:* what moves the median by more than a seed does should have been printed.
#
# ### l. Patients on both sides of the split
#
# > Train Accuracy … Test Accuracy
#
# Nothing is said about the split. A patient may have several appointments. Random splits
# put some into training and some into the test. Keep each patient on one side, and
# compare.

# %% tags=["nbval-check-output"]
shared = [note for note in clinic.provenance.notes if "PatientId" in note]
print("the simulated clinic:", shared[0].split(";")[0])
kept = evidence.setting(usual | {"group_column": "PatientId"}, searched)
for name in ("accuracy", "f1", "roc_auc"):
    print(f"{name:8} apart - astride: {over_splits(kept, plain, name)}")

# %% [markdown]
# *Verdict:* these pairs bound what the network gained from patients that it knew. So
# small a network can hardly remember them. A larger one could, and the check costs
# nothing.
#
# ### c. A transposed gradient
#
# > dW = (1/m) A_prev dZᵀ
#
# With $Z = W A + b$ this is the transpose of the gradient. Subtract it from each layer
# of both networks, with and without `-=`.


# %%
def outcome(W, update, in_place):
    try:
        new = np.subtract(W, update, out=W.copy() if in_place else None)
    except ValueError:
        return "raises"
    return "trains wrongly" if new.shape == W.shape else f"becomes {new.shape}"


# %%
def gradients(network):
    done = forward(network, X[:, :200])
    gradient = backward(network, done, done.A[network.L] - Y[:, :200])
    return layer_views(network.layer_dims, gradient)[0]


# %% tags=["nbval-check-output"]
rows = []
for hidden in ([40, 3], [3, 3]):
    network = initialise([len(X), *hidden, 1], np.random.default_rng(0))
    dW = gradients(network)
    for l, W in network.W.items():
        said = [outcome(W, dW[l].T, in_place) for in_place in (False, True)]
        rows.append([network.layer_dims, l, W.shape, *said])
show(pd.DataFrame(rows, columns=["network", "layer", "W", "W = W - u", "W -= u"]))

# %% [markdown]
# *Verdict:* the first layer raises in both networks, as it must where features and units
# differ in number. The report's own program did not compute what its text says.
#
# ### e. The loss shown is not the loss descended
#
# > a weighted loss gradient is computed
#
# The loss of its section 4 has no weight. The report weights the gradient and prints an
# unweighted loss. Look at both curves with the balanced weight on positives. Start from
# a network that says the prevalence to everyone: its output weights are zero, and its
# last bias is the log-odds.

# %%
X_part, Y_part = X[:, :10_000], Y[:, :10_000]
emphasis, rng = class_weights(Y_part, "positive", w_balanced), np.random.default_rng(0)
network = initialise([len(X), 40, 3, 1], rng)
network.W[3][:] = 0
network.b[3][:] = np.log(Y_part.mean() / (1 - Y_part.mean()))
start = forward(network, X_part).Z[3]
descent = train(network, X_part, Y_part, emphasis, rng, epochs=30)

# %% tags=["nbval-check-output"]
before = objective(start, Y_part, emphasis), objective(start, Y_part)
after = descent.objective[-1], descent.cross_entropy[-1]
for name, a, b in zip(("objective", "cross_entropy"), before, after, strict=True):
    print(f"{name:13} {a:.4f} -> {b:.4f}")
assert after[0] < before[0]
assert after[1] > before[1]

# %% [markdown]
# *Verdict:* training did what the weight asks for, and the plain cross-entropy rose. Who
# plots that one watches the wrong curve.
#
# ### d. An ε in the loss, none in the gradient
#
# > where ε = 10⁻⁸ ensures numerical stability
#
# The formula for $dA$ divides by $\hat y$ and by $1 - \hat y$. Near which logits do
# they round to zero, so that a correct prediction gives zero by zero? It depends on how
# the sigmoid is computed.


# %%
def as_printed(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


# %% tags=["nbval-check-output"]
z = np.arange(-800.0, 100.0)
for name, form in {"our sigmoid": sigmoid, "1/(1 + exp(-z))": as_printed}.items():
    ones, zeros = z[form(z) == 1].min(), z[form(z) == 0].max()
    print(f"{name:16} ŷ is 1 from z = {ones:.0f} up, 0 from z = {zeros:.0f} down")

# %% tags=["nbval-check-output"]
one = np.ones(1)
with np.errstate(divide="ignore", invalid="ignore"):
    for y in (0, 1):
        dA = d_output(y * one, one)
        print(f"ŷ = 1, y = {y}: dA = {dA.item()}, times the slope: {(dA * 0).item()}")

# %% [markdown]
# The two sides differ, since numbers near zero are finer than numbers near one. And the
# loss with its ε has another derivative than the printed one.

# %% tags=["nbval-check-output"]
epsilon = 1e-8
for y_hat in (0.5, 1e-6, 1e-8, 1e-10):
    ratio = (1 / (y_hat + epsilon)) / (1 / y_hat)
    print(f"ŷ = {y_hat:g}: derivative of the printed loss / printed dA = {ratio:.4f}")
print(f"the printed loss never exceeds {-np.log(epsilon):.2f}")

# %% [markdown]
# *Verdict:* a row that is rightly and firmly called positive is enough to turn every
# weight into NaN.
#
# ### a. Two networks
#
# > layer_dims = [n_features, 3, 3, 1] … Two hidden layers with 40 and 3 units,
# > respectively

# %% tags=["nbval-check-output"]
for layer_dims in ([len(X), 3, 3, 1], [len(X), 40, 3, 1]):
    print(f"{layer_dims}: {n_parameters(layer_dims)} weights and biases")

# %% [markdown]
# *Verdict:* these are different networks. Both are in the grid.
#
# This is a good place for a pause.
#
# ## How far is each reading from the table?
#
# The table is one point: its FPR and its TPR. Measure the distance $d$ of a network
# from it in the table's own standard errors. If one network met two tests, these would
# lie within `NEAR` of each other in nineteen cases of twenty: two tests err, so it is
# $\sqrt2$ times what one test stays within ([appendix](#appendix-the-distances)).
#
# The errors are roots as in finding k. The FPR is a mean over the negatives, and the TPR
# over the positives.

# %% tags=["nbval-check-output"]
sizes = printed.n_test - printed.positives, printed.positives
for name, rate, size in zip(("FPR", "TPR"), printed.rates, sizes, strict=True):
    error = np.sqrt(rate * (1 - rate) / size)
    worked_out = f"√({rate:.4f} · {1 - rate:.4f} / {size:,}) = {error:.4f}"
    print(f"{name} {rate:.4f}, standard error {worked_out}")
of_one = np.sqrt(-2 * np.log(0.05))
print(f"NEAR: d = √2 · {of_one:.2f} = {np.sqrt(2) * of_one:.2f}")
assert np.isclose(np.sqrt(2) * of_one, audit_table.NEAR)

# %% [markdown]
# Take one network of the base, that of seed 0. How many standard errors is each of its
# rates off? They are the two sides of a right angle, and $d$ is the third side.

# %% tags=["nbval-check-output"]
run_0 = plain.set_index("seed").loc[0]
off = (run_0[["fpr", "tpr"]].to_numpy(float) - printed.rates) / printed.errors
for name, errors_off in zip(("fpr", "tpr"), off, strict=True):
    print(f"{name} {run_0[name]:.4f}: {errors_off:+.2f} standard errors off")
d = np.sqrt(off[0] ** 2 + off[1] ** 2)
print(f"d = √({off[0] ** 2:.2f} + {off[1] ** 2:.2f}) = {d:.2f}")
assert np.isclose(d, run_0["d"])

# %% [markdown]
# A seed can move a network by more than `NEAR`, most of all *along* its ROC curve. So a
# setting is judged by all its seeds, in two questions: is the FPR right, and at that
# FPR, is the recall right? That recall is the *height* of a network. $D$ puts both into
# one number, as $d$ does, but its unit is the spread over the seeds, where that is larger
# than the error of the test alone. Here it is for the base. The spread is the median
# distance from the median, times $1.4826$: of a normal law, its standard deviation
# ([finding k](#twelve-findings)).

# %% tags=["nbval-check-output"]
asked = plain[["fpr", "height"]]
middle = asked.median()
spread = 1.4826 * (asked - middle).abs().median()
units_off = (middle - printed.rates) / np.maximum(spread, printed.errors)
worked = {"median": middle, "printed": printed.rates, "spread": spread}
worked |= {"test alone": printed.errors, "units off": units_off}
show(pd.DataFrame(worked).round(4))

# %% tags=["nbval-check-output"]
D = np.hypot(*units_off)
of_fpr, of_height = units_off**2
print(f"D = √({of_fpr:.2f} + {of_height:.2f}) = {D:.2f}")
base = {name: usual[name] for name in audit_table.SETTING}
assert np.isclose(D, evidence.setting(base, distances)["D"]).all()

# %% [markdown]
# A setting whose $D$ is too large is *excluded*: one more of its runs would hardly give
# the table. One that is not excluded is *reached* if a seed came near. If none did, its
# seeds spread so wide that nothing can be said against it, and nothing for it. The
# appendix has the formulas.

# %%
setting = audit_table.SETTING
shown = distances.assign(
    seeds_d=distances[["d", "nearest", "farthest"]].apply(
        lambda row: "{:.1f} ({:.1f}–{:.1f})".format(*row), axis=1
    )
)
shown = shown.rename(columns={"seeds_d": "d (range)"})
ten = [*setting, "d (range)", "D", "verdict"]

# %% tags=["nbval-check-output"]
print(f"the ten nearest of {len(distances)} settings")
show(shown[ten].head(10).round({"D": 1}))

# %% [markdown]
# `evidence.distances` holds them all, and the table file their networks.
#
# Who searches among so many finds something near: its luck chose it. So the settings that
# were reached are judged again by seeds that had no part in the search. Each such seed is
# another split of the same file, with other first weights and batches.

# %%
checked = evidence.checked
fresh = {
    "D_fresh": "D, fresh",
    "d_fresh": "d, fresh",
    "verdict_fresh": "fresh seeds say",
}
again = checked[[*setting, "D", *fresh]].rename(columns=fresh)

# %% tags=["nbval-check-output"]
print(f"{len(checked)} settings, {checked['seeds_fresh'].max()} fresh seeds each")
show(again.round({"D": 1, "D, fresh": 1, "d, fresh": 1}))

# %% tags=["hide-input", "nbval-check-output"]
verdicts, first = checked["verdict_fresh"], checked.iloc[0]
say(
    "Of {n} settings within reach, {tried} met fresh seeds. Reached again: {still}; "
    "merely not excluded: {open}; excluded: {out}.",
    n=len(near),
    tried=len(checked),
    still=(verdicts == "reached").sum(),
    open=(verdicts == "not excluded").sum(),
    out=(verdicts == "excluded").sum(),
)
say(
    "The nearest had D = {a:.1f} from the seeds that chose it and has D = {b:.1f} from "
    "fresh ones, with d = {d:.1f} in the median. Over all that met fresh seeds, the "
    "median of D went from {before:.1f} to {after:.1f}; the limit is {limit:.1f}.",
    a=first["D"],
    b=first["D_fresh"],
    d=first["d_fresh"],
    before=checked["D"].median(),
    after=checked["D_fresh"].median(),
    limit=audit_table.reach(first["seeds_fresh"]),
)

# %% [markdown]
# ## The plane
#
# At the other threshold, the runs with a light weight on positives lie at the table. A
# weight on positives moves a cloud up along its curve, and a threshold moves it down
# again. The substantial weights lie far up at both.

# %%
show(plane_at(0.205))

# %% [markdown]
# The nearest settings, from close by, each with the colour and shape of its reading; He
# is filled, Xavier open.


# %%
def near_look(where):
    look = look_of(evidence.readings.index(where["reading"]))
    return look | {"mfc": "none"} if where["scheme"] == "xavier" else look


# %%
clouds, looks = {}, {}
for key in distances[setting].head(6).itertuples(index=False, name=None):
    where = dict(zip(setting, key, strict=True))
    cloud = evidence.setting(where, evidence.random)
    label = f"{', '.join(key[:-1])}, at {key[-1]}"
    clouds[label] = cloud["fpr"], cloud["tpr"]
    looks[label] = near_look(where)

# %%
near_it = {"window": 0.04, "looks": looks}
show(plane(clouds, curves, *table, "plane_near", "The nearest settings", **near_it))

# %% [markdown]
# ## The verdict
#
# **Which weight, at which threshold?** Settings that reach the table, of those tried;
# behind them, settings that are merely not excluded.

# %% tags=["nbval-check-output"]
by = distances.groupby(["reading", "threshold"])["verdict"]
cells = by.agg(
    lambda v: (
        f"{(v == 'reached').sum()} of {len(v)}, {(v == 'not excluded').sum()} open"
    )
)
show(cells.unstack("threshold").loc[evidence.readings])

# %% tags=["nbval-check-output"]
for reading in evidence.readings:
    at = [str(t) for t in audit_table.THRESHOLDS if (reading, t) in reached]
    verdict = f"reached at {' and '.join(at)}" if at else "reached at neither"
    print(f"{reading:15} {verdict}")

# %% [markdown]
# This holds for the features, networks and first weights that were tried, at these two
# thresholds.
#
# **Which features?** The height of the curve, in spreads from the report: below zero the
# features tell too little, above zero too much.

# %% tags=["nbval-check-output"]
one = distances[distances["threshold"] == 0.18].groupby("features")["height"]
heights = one.agg(["median", "min", "max"]).round(2)
of = distances.groupby("features")["verdict"]
heights["reached"] = of.agg(lambda v: (v == "reached").sum())
heights["open"] = of.agg(lambda v: (v == "not excluded").sum())
show(heights.sort_values("median"))

# %% [markdown]
# **Which network, which first weights?** Count only settings where both were tried and
# all else is equal.

# %% tags=["nbval-check-output"]
for name in ("hidden_units", "scheme"):
    rest = [n for n in setting if n != name]
    sides = distances.pivot(index=rest, columns=name, values="verdict").dropna()
    for value, n in (sides == "reached").sum().items():
        print(f"{name:12} {value:6} {n} of {len(sides)} settings reach the table")

# %% [markdown]
# Such counts decide nothing: the table does not tell which network it was.
#
# **Reproduced** is a printed number that lies among the seeds of a setting. If the setting
# is right, the report is one more run of it. Of nine runs each is as likely to be the
# lowest, and as likely the highest: so it falls outside the range of eight others with the
# chance $2/9$, and even a right setting may miss a number. Accuracy and F1 follow from FPR
# and TPR: the last four lines are two pieces of evidence. Here is the base. It was chosen
# among those whose networks came near, so only its fresh seeds may speak.


# %%
def among(cloud, name, value):
    low, high = cloud[name].min(), cloud[name].max()
    verdict = "yes" if low <= value <= high else "no"
    return f"{verdict} ({low:.4f}–{high:.4f})"


# %% tags=["nbval-check-output"]
names = {"train_accuracy": printed.train_accuracy, "accuracy": printed.test_accuracy}
names |= {"f1": printed.f1, "fpr": printed.rates[0], "tpr": printed.rates[1]}
fresh_base = evidence.setting(usual, evidence.fresh)
rows = [[name, f"{v:.4f}", among(fresh_base, name, v)] for name, v in names.items()]
print(f"{len(fresh_base)} fresh seeds")
show(pd.DataFrame(rows, columns=["", "printed", "among the base?"]).set_index(""))

# %% [markdown]
# **Cannot be known** from these numbers: a $w$ on both classes, which only rescales the
# rate; which of the pairs of weight and threshold that make the same decisions was
# used; the seed; what else was among the features without moving the curve; and how
# the threshold was chosen.
#
# **The defaults** of this project follow: the formula as written with $w = 1$, the
# threshold of section 9, the network of section 2's words, and the hour of booking
# among the features. It is the plainest reading of those that came near. The first
# weights are He's, the usual rule for ReLU, whether or not another rule's came nearer.

# %% tags=["nbval-check-output"]
for scheme in ("he", "xavier"):
    key = {name: usual[name] for name in setting} | {"scheme": scheme}
    (found,) = evidence.setting(key, distances).itertuples()
    print(*key.values(), sep=", ", end=": ")
    print(f"D = {found.D:.2f}, {found.verdict}")

# %% [markdown]
# ## Reported and regenerated
#
# One run with the defaults, on the simulated clinic and on the real file. In brackets:
# bootstrap $95\%$ intervals for other appointments of the same clinic, by drawing
# patients. The commands are
#
# ```
# make report
# make report DATA=KaggleV2-May-2016.csv.zip RUN=real
# ```
#
# and a test repeats both, the second one where the real file is present.

# %%
simulated = results.read_json(results.committed("simulated.json"))
both = simulated, real


def cell(run, side, name):
    interval = (run[side].get("intervals") or {}).get(name)
    text = f"{run[side][name]:.4f}"
    return text + (f" ({interval[0]:.4f}–{interval[1]:.4f})" if interval else "")


# %% tags=["hide-input", "nbval-check-output"]
lines = {"train accuracy": f"{printed.train_accuracy:.4f}", "train F1": "not given"}
lines |= {
    "test accuracy": f"{printed.test_accuracy:.4f}",
    "test F1": f"{printed.f1:.4f}",
}
rows = {
    name: [said, *(cell(run, *name.lower().split()) for run in both)]
    for name, said in lines.items()
}
for i, name in enumerate(("tn", "fp", "fn", "tp")):
    counts = [np.ravel(run["test"]["confusion_matrix"])[i] for run in both]
    rows[f"test {name}"] = [str(getattr(printed, name)), *map(str, counts)]
columns = ["reported", "simulated clinic", "real file"]
show(pd.DataFrame(rows, index=columns).T.rename_axis(""))

# %% [markdown]
# Beside it, the network when no patient stands on both sides of the split: median and
# range over the seeds. Training rows get no interval: the network was fitted to them.

# %% tags=["hide-input", "nbval-check-output"]
columns = ["train_accuracy", "accuracy", "f1", "fpr", "tpr"]
spans = {
    name: [
        "{:.4f} ({:.4f}–{:.4f})".format(*cloud[c].agg(["median", "min", "max"]))
        for c in columns
    ]
    for name, cloud in {"random split": plain, "patients apart": kept}.items()
}
show(pd.DataFrame(spans, index=columns))

# %% [markdown]
# ## What we saw
#
# - A few printed digits gave away the data, its size and the split.
# - The formula for the weight is a learning rate. Where the threshold stands decides
#   what the report credits to the weight.
# - Ask of a result how far it is from the printed one in units of its own luck, and
#   over many seeds. A single near hit proves nothing, and "not excluded" is no proof.
# - Some questions stay open, because different settings make the same decisions.
#
# ## On your own
#
# 1. How many digits of the training accuracy does it take until only multiples of one
#    number of rows fit? Guess, then round it and try.
#
#    <details><summary>Answer</summary>
#
#    If you try up to $N$ rows, at most about twice as many digits as $N$ has. Different
#    fractions with denominators up to $N$ lie at least $1 / N^2$ apart, so with more
#    than $2 \log_{10} N$ digits only one of them can fit. With luck, fewer digits do:
#
#    ```python
#    counts = np.arange(1, 150_001)
#    for digits in range(4, 13):
#        q = round(printed.train_accuracy, digits)
#        fit = counts[np.round(np.rint(q * counts) / counts, digits) == q]
#        print(digits, "digits:", len(fit), "fit, all multiples of", np.gcd.reduce(fit))
#    ```
#
#    </details>
#
# 2. Which weight on positives makes one half decide as $0.18$ does without a weight?
#    Compute it, then train with it on the clinic. Do the two networks agree?
#
#    <details><summary>Answer</summary>
#
#    The odds of one half are 1. So the weight is 1 over the odds of $0.18$.
#
#    ```python
#    w_half = (1 - 0.18) / 0.18
#    weighted = quick | {"weighting": "positive", "w": w_half}
#    q_test = experiment.fit(clinic.parameters.with_(**weighted), clinic).p_test
#    alike = (q_test >= 0.5) == (p_test >= 0.18)
#    print(f"w = {w_half:.2f}: {alike.mean():.1%} of the decisions agree")
#    ```
#
#    Perfect models would agree on every row. These obey the law only roughly: where a
#    prediction lies near $0.18$ (finding f), a small difference decides.
#
#    </details>
#
# 3. Would a single seed have misled you? Count how often one network alone comes near
#    the table, by the verdict on its setting.
#
#    <details><summary>Answer</summary>
#
#    ```python
#    judged = distances.set_index(setting)["verdict"]
#    each = evidence.random.join(judged, on=setting)
#    print((each["d"] <= audit_table.NEAR).groupby(each["verdict"]).mean())
#    ```
#
#    What the share of `reached` lacks of 1 are networks that miss the table although
#    others of their setting come near: with one of them alone, you would have given up
#    a reading that can be true. The share of `excluded` would be lucky hits. That of
#    `not excluded` is zero by definition.
#
#    </details>
#
# Next: [Do better](09_better.ipynb).
#
# ## Appendix: the distances
#
# The distance of one run from the table, in the table's own standard errors, as it was
# computed for seed 0 of the base:
#
# $$\begin{aligned}
# d &= \sqrt{\left(\frac{\Delta\text{FPR}}{s_\text{FPR}}\right)^2 +
# \left(\frac{\Delta\text{TPR}}{s_\text{TPR}}\right)^2} \\
# s &= \sqrt{\frac{r (1 - r)}{n}}
# \end{aligned}$$
#
# with $n$ the negatives for the FPR and the positives for the TPR. Two tests of one
# network differ by $\sqrt2$ times a normal law in two dimensions, which stays below
# $\sqrt{-2 \ln 0.05}$ in $95\%$ of cases.
#
# Over the seeds of a setting, the unit is their spread $v$, which holds the luck of
# split, first weights, batches and test together. It is taken around the median, by the
# median absolute deviation, so that one stray network does not decide; it counts as no
# less than the luck of the test alone. *Height* is the recall at the table's FPR.
#
# $$\begin{aligned}
# D^2 = {} &\left(\frac{\Delta\text{FPR}}{\max(s_\text{FPR}, v_\text{FPR})}\right)^2 \\
# &+ \left(\frac{\Delta\text{height}}{\max(s_\text{TPR}, v_\text{height})}\right)^2
# \end{aligned}$$
#
# If a reading is right, the report is one more run of it. How large may its $D$ be by
# luck? Centre and spread come from few seeds, so the limit is wider than the $2.45$ of a
# normal law in two dimensions. See it on drawn pairs: eight, and then a ninth, as far from
# their mean as their own spread says.

# %% tags=["nbval-check-output"]
drawn = np.random.default_rng(0).normal(size=(9, 100_000, 2))
off = (drawn[8] - drawn[:8].mean(axis=0)) / drawn[:8].std(axis=0, ddof=1)
print(f"95% of the ninth: D up to {np.quantile(np.hypot(*off.T), 0.95):.2f}")

# %% [markdown]
# Hotelling's limit is wider still, since it allows for what the two have in common, which
# eight pairs tell no better ([Hotelling 1931](glossary.md#sources)):

# %% tags=["nbval-check-output"]
of_F = (8 - 2) / 2 * (0.05 ** (-2 / (8 - 2)) - 1)
square = (8 + 1) / 8 * 2 * (8 - 1) / (8 - 2) * of_F
print(f"a normal law: D up to {np.sqrt(-2 * np.log(0.05)):.2f}")
print(f"eight seeds:  D up to √{square:.2f} = {np.sqrt(square):.2f}; F = {of_F:.2f}")

# %% [markdown]
# For $k$ seeds, with $F_{0.95}$ for the part that $0.05$ makes:
#
# $$\begin{aligned}
# D^2 &\le \frac{k + 1}{k} \cdot \frac{2 (k - 1)}{k - 2} \, F_{0.95} \\
# F_{0.95} &= \frac{k - 2}{2} \left( 0.05^{-2 / (k - 2)} - 1 \right)
# \end{aligned}$$
#
# It is approximate: medians are used, and the two questions are not independent over
# the seeds. It is a yardstick, not a test.

# %% tags=["nbval-check-output"]
for k in (4, 8, 16):
    print(f"{k:2} seeds: not excluded up to D = {audit_table.reach(k):.2f}")
