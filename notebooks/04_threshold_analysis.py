# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 Choose a threshold
#
# **You will** count what goes wrong at a [threshold](glossary.md#threshold), and compare
# eight ways to choose one. Then you see two remedies for lopsided classes, a class weight
# and a threshold, turn out to be nearly one.
#
# **You will learn** to read class-wise distributions, what tuning on test rows would
# hide, what a weight does to probabilities, whether resampling does anything else, and
# how to see whether probabilities can be trusted.
#
# **You need** [Train the network](03_training.ipynb). Four parts, of about 16, 14, 11 and
# 12 minutes: choose a threshold; what it can promise; a weight and a threshold; then
# other remedies, and whether probabilities can be trusted.
#
# This is sections 8 and 9 of the report. The next cell holds what you can change, as in
# the last lesson.

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
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV

from lopsided import NeuralNetClassifier
from lopsided.engines import epoch_of
from lopsided.lesson import metrics, toy
from lopsided.lesson import threshold as thresholds
from lopsided.lesson.loss import balanced_weight, class_weights
from lopsided.lesson.network import Network, initialise, predict_proba
from lopsided.lesson.training import train
from lopsided.report import experiment, figures, results
from lopsided.report.choice_figures import cost_lines, pairs
from lopsided.report.comparison import resampled
from lopsided.report.display import say, show
from lopsided.report.intervals import bootstrap, curve_bands, interval
from lopsided.report.plane_figures import surfaces
from lopsided.report.sampling_figures import bootstrap_draws, resampling
from lopsided.report.threshold_figures import (
    exact_law,
    law,
    one_line,
    weight_and_threshold,
)
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic

quick = {"run_epoch": epoch_of(P.engine)}  # compiled, where Numba is; see lesson 3

# %% [markdown]
# ## From a probability to a call
#
# Whom do you call? A network gives probabilities; a call is a yes or a no. So there must
# be a line: call where $p \ge t$. In the toy world you can see what that means. Each
# threshold is a *level line* of the surface that the network has learned.

# %%
X_many, Y_many = toy.points(np.random.default_rng(0), 4000)


def learned(w, seed=1, X=X_many, Y=Y_many):
    network = initialise([2, 16, 1], np.random.default_rng(seed))
    weight = class_weights(Y, "positive", w)
    rates = {"initial_learning_rate": 0.3, "final_learning_rate": 0.003}
    sizes = {"epochs": 40, "batch_size": 50} | quick
    train(network, X, Y, weight, np.random.default_rng(0), **sizes, **rates)
    return lambda points: predict_proba(network, points)


# %%
no_weight = learned(1)
X_toy, Y_toy = toy.points(np.random.default_rng(1))  # (2, 400): new ones

# %% tags=["hide-input"]
levels = (0.1, 0.2, 0.35, 0.5, 0.75)
lines = {"thresholds are level lines": no_weight}
show(surfaces(lines, X_toy, Y_toy, "level_lines", levels))

# %% [markdown]
# Four things can happen to a point. It is positive and inside the line (a true positive,
# tp) or outside (a false negative, fn: missed). Or it is negative and inside (a false
# positive, fp: a false alarm) or outside (a true negative, tn).
#
# <details><summary>Predict: the line moves outwards, from one half to one fifth. Which
# of the four counts can only grow?</summary>
#
# Both counts of points inside the line, tp and fp: whoever was inside stays inside. So
# fewer are missed, and there are more false alarms. A threshold trades one mistake for
# the other.
#
# </details>

# %% tags=["nbval-check-output"]
p_toy = no_weight(X_toy)
for level in (0.5, 0.35, 0.2):
    counts = metrics.confusion_matrix(Y_toy, p_toy >= level)  # of two lines: see below
    tn, fp, fn, tp = counts.ravel()
    print(f"t = {level:<4}  tn {tn}  fp {fp}  fn {fn:2}  tp {tp}")

# %% [markdown]
# ## Two distributions, one axis
#
# Now this run's table. We take a network that learns well in seconds: a single layer of
# eight units, and a rate ten times the report's. The report's own network comes in part
# two. (`P` holds the parameters of the first cell.)

# %% tags=["hide-input"]
full = load(P)
P = results.choice(full.parameters, full).parameters
table = full.at_most(100_000)  # of a tall one a part; the run's network learns from all
Y_train, Y_test = table.Y_train, table.Y_test
rows = table.words.rows

# %%
healthy = {"hidden_units": [8], "epochs": min(P.epochs, 25), "l2": 0}
healthy |= {"initial_learning_rate": 0.1, "final_learning_rate": 0.001}
healthy |= {"weighting": "uniform", "w": 1.0, "n_networks": 1}


def trained(**changes):
    return experiment.fit(P.with_(**healthy | {"n_seeds": 1} | changes), table)


plain = trained(n_seeds=max(2, P.n_seeds))  # others show what luck does, further below
p_train, p_test = plain.p_train, plain.p_test

# %% [markdown]
# For each class, draw the share of its rows whose prediction is at most $p$: its
# [class-wise distribution](glossary.md#class-wise-distribution), or CDF, for cumulative
# distribution function. If the network knew nothing, the two curves would lie on each
# other, but for chance. The further apart they are, the better a threshold between them
# can do. For a start, cut at the [prevalence](glossary.md#prevalence), the share of
# positives among the training rows: call whoever is likelier than average.

# %%
t = thresholds.choose("prevalence", Y_train, p_train, p_test).t
print(f"t = {t:.4f}")

# %% tags=["hide-input"]
words = table.words.positive, table.words.negative
show(figures.cdf(Y_test, p_test, t, *words))

# %% [markdown]
# Cut at a threshold. What the positives' curve leaves above the cut is the share of
# positives that are called positive: the [recall](glossary.md#recall). What the
# negatives' curve leaves above it is the share of negatives that are called positive:
# the [false positive rate](glossary.md#false-positive-rate), FPR.
#
# Count both on five rows. Two positives get $0.7$ and $0.3$; three negatives get $0.5$,
# $0.3$ and $0.1$. Up to $0.5$ lie all three negatives and one of the two positives: the
# curves are at $1$ and $1/2$, a gap of one half. Now call whoever has more than $0.5$.
# One positive of two is called, and no negative: recall minus FPR is $1/2 - 0$, one half
# as well. It must be. What is not below is above, so recall is one minus the positives'
# share, FPR is one minus the negatives' share, and the ones cancel.

# %% tags=["nbval-check-output"]
high, low = [0.7, 0.3], [0.5, 0.3, 0.1]  # what positives get, and negatives
Y_five, p_five = np.array([1, 1, 0, 0, 0]), np.array(high + low)
for level in np.unique(p_five):
    of_low, of_high = (np.mean(p_five[Y_five == y] <= level) for y in (0, 1))
    shares_below = f"{of_low:.3f} of negatives, {of_high:.3f} of positives"
    print(f"up to {level}: {shares_below}, gap {of_low - of_high:.3f}")
assert thresholds.ks_distance(Y_five, p_five) == (0.5, 0.5)

# %% [markdown]
# The widest vertical gap is the
# [Kolmogorov-Smirnov distance](glossary.md#kolmogorov-smirnov-distance). Where positives
# have the higher predictions, it is the largest recall minus false positive rate that any
# threshold can reach. That threshold lies just above the printed $p$: the curves count
# rows up to and including $p$. The last line tries every threshold that makes a
# difference on the test rows.

# %% tags=["nbval-check-output"]
gap, at = thresholds.ks_distance(Y_test, p_test)
print(f"widest gap {gap:.4f} at p = {at:.4f}")
every = thresholds.candidates(Y_test, p_test)  # each with its four counts
recall_minus_fpr = every.tp / np.sum(Y_test == 1) - every.fp / np.sum(Y_test == 0)
assert np.isclose(np.abs(recall_minus_fpr).max(), gap)  # of either sign, as the gap

# %% [markdown]
# ## The confusion matrix
#
# The four counts again, now for the test rows.

# %% tags=["nbval-check-output"]
called = p_test >= t
tn = int(np.sum(~called & (Y_test == 0)))
fp = int(np.sum(called & (Y_test == 0)))
fn = int(np.sum(~called & (Y_test == 1)))
tp = int(np.sum(called & (Y_test == 1)))
print(f"tn {tn}   fp {fp}   fn {fn}   tp {tp}")

# %% [markdown]
# Set out in a square, they are the [confusion matrix](glossary.md#confusion-matrix). Each
# line is an actual class, each column a predicted one; negative comes first. The
# percentages divide each line by its total. The package's
# [`confusion_matrix`](../src/lopsided/lesson/metrics.py) counts as we did.

# %% tags=["hide-input"]
confusion = metrics.confusion_matrix(Y_test, called)
assert confusion.tolist() == [[tn, fp], [fn, tp]]
show(figures.confusion(confusion, *words))

# %% [markdown]
# Five questions to these counts. Of those called positive, how many are? Of the positives,
# how many were called, and of the negatives? How many were decided right? And the hits,
# counted twice, beside all mistakes?


# %%
def share(part, whole):
    return part / whole if whole else np.nan


# %% tags=["nbval-check-output"]
print(f"{tp} of {tp + fp} called are positive: {share(tp, tp + fp):.4f}")
print(f"{tp} of {tp + fn} positives are called: {share(tp, tp + fn):.4f}")
print(f"{fp} of {fp + tn} negatives are called: {share(fp, fp + tn):.4f}")

# %% tags=["nbval-check-output"]
right, mistakes = tn + tp, fp + fn
print(
    f"{right:,} of {Y_test.size:,} are decided right: {share(right, Y_test.size):.4f}"
)
of_hits = share(2 * tp, 2 * tp + mistakes)
print(f"2 x {tp} of 2 x {tp} + {mistakes} mistakes: {of_hits:.4f}")
harmonic = share(2, share(tp + fp, tp) + share(tp + fn, tp))
print(f"2 / (1 / the first + 1 / the second): {harmonic:.4f}")

# %% [markdown]
# The first is the [precision](glossary.md#precision), the second the recall, the third the
# false positive rate, FPR, the fourth the [accuracy](glossary.md#accuracy). The last is
# [F1](glossary.md#f1). It is the harmonic mean of precision and recall: two, divided by the
# sum of one over each. It is low when either of them is: a recall of $1$ and a precision
# of $1/100$ make $2/101$, where the plain mean would be about one half. The report prints
# accuracy and F1; the others follow from its table of counts.
#
# $$\begin{aligned}
# \text{accuracy} &= \frac{tn + tp}{m} \\
# \text{precision} &= \frac{tp}{tp + fp} \\
# \text{recall} &= \frac{tp}{tp + fn} \\
# \text{FPR} &= \frac{fp}{fp + tn} \\
# F_1 &= \frac{2\,tp}{2\,tp + fp + fn}
# \end{aligned}$$
#
# One over precision is $(tp + fp) / tp$, one over recall $(tp + fn) / tp$, and their sum
# $(2\,tp + fp + fn) / tp$. Two divided by that is the last line.

# The package's [`count_metrics`](../src/lopsided/lesson/metrics.py) has all five.

# %%
measured = {"accuracy": share(tn + tp, Y_test.size)}
measured["f1"] = share(2 * tp, 2 * tp + fp + fn)
measured["precision"] = share(tp, tp + fp)
measured["recall"] = share(tp, tp + fn)
measured["false_positive_rate"] = share(fp, fp + tn)

# %% tags=["nbval-check-output"]
theirs = metrics.count_metrics(tn, fp, fn, tp)
for name, value in measured.items():
    print(f"{name:20} {value:.4f}")
    assert np.isclose(value, theirs[name], equal_nan=True)

# %% [markdown]
# Set two rules beside it that need no network. Whoever always says "negative" is right
# as often as negatives occur. Whoever always says "positive" misses nothing, and is
# right as often as positives occur.
#
# <details><summary>Predict: which of the three has the highest accuracy, if positives
# are rare?</summary>
#
# Very often the first rule, which finds no one: accuracy counts a miss and a false
# alarm alike, and there are so many negatives. F1 has a mark to pass, too: what "always
# positive" has.
#
# </details>

# %%
rules = {"the network": called}
rules["always negative"] = np.zeros_like(called)
rules["always positive"] = np.ones_like(called)
counted = {
    rule: metrics.count_metrics(*metrics.confusion_matrix(Y_test, said).flat)
    for rule, said in rules.items()
}

# %% tags=["nbval-check-output"]
shown = ["accuracy", "f1", "precision", "recall"]
show(pd.DataFrame(counted).T[shown].astype(float).round(4))

# %% [markdown]
# NaN under precision means that nothing was called positive: the quotient does not
# exist.

# %% [markdown]
# ## Move it yourself
#
# Before any rule, [move the threshold](08_explore.ipynb#move-it) by hand, on three
# networks with three weights. Where would you cut, and what for? (The buttons with a number
# cut by rules; what each of them asks comes next. *lowest cost here* looks at the labels of
# these test rows: for looking, not for use.)

# %% [markdown]
# ## Eight ways to choose
#
# Each rule answers a different question. One half needs no rows. The others ask
# training rows, except `capacity`: it looks at the rows to be decided on, and needs no
# labels. It flags as many as there is room for. No rule sees a label of the test rows. The
# package's [`choose`](../src/lopsided/lesson/threshold.py) has them all. Below, the cost is
# that of a row, on average, in false alarms. A miss counts as five.

# %% tags=["hide-input"]
room = max(1, Y_test.size // 20)
questions = {
    "0.5": "is it more likely than not?",
    "prevalence": "is it likelier than average?",
    "f1": "where is F1 highest?",
    "youden": "where is recall - FPR highest?",
    "recall:0.8": "how strict can I be and find 80%?",
    "precision:0.3": "how wide can I go and be right 30%?",
    "cost:5:1": "what if a miss costs five false alarms?",
    f"capacity:{room}": f"which {room} are the likeliest?",
}
for rule, asked in questions.items():
    print(f"{rule:14} {asked}")

# %% [markdown]
# Below, `cut_by(rule)` is the threshold that a rule chooses. `reached(rule, Y, p, t)` is
# what the rule looks at, such as F1, recall or cost, where the rows are cut at `t`.


# %% tags=["hide-input"]
def cut_by(rule, Y=Y_train, p=p_train, p_new=p_test):
    rule_or_number = 0.5 if rule == "0.5" else rule
    return thresholds.choose(rule_or_number, Y, p, p_new).t


def reached(rule, Y, p, t):
    counts = metrics.confusion_matrix(Y, p >= t).ravel()
    only_this = thresholds.Candidates(t, *counts)  # a threshold with its four counts
    _, value = thresholds.aim(rule, only_this)  # what the rule looks at, and its value
    return float(value)


# %%
marks = {rule: cut_by(rule) for rule in questions}
asked_for = {"accuracy": "accuracy", "f1": "F1", "precision:0.3": "precision"}
asked_for |= {"recall:0.8": "recall", "youden": "recall - FPR", "cost:5:1": "cost"}

# %% tags=["nbval-check-output"]
at_test = {
    rule: [cut, *(reached(aim, Y_test, p_test, cut) for aim in asked_for)]
    for rule, cut in marks.items()
}
found = pd.DataFrame(at_test, index=["threshold", *asked_for.values()]).T
show(found.rename_axis("rule").sort_values("threshold").round(4))

# %% [markdown]
# No rule saw a test label, and what each reaches is measured on test rows. Read the table
# by threshold: the higher it is, the lower the recall. On the training rows no other rule
# beats `f1` in F1, `youden` in recall minus FPR, or `cost:5:1` in cost. On test
# rows another may pass it: near its best, such a measure is flat. So `youden` stands here
# with no more than the widest gap above, which is the most that test rows allow: it chose
# where the gap of the training rows is widest. `recall:0.8` and
# `precision:0.3` are no contests. They keep a floor on the training rows where they can,
# and may miss it on others.

# %% tags=["hide-input", "nbval-check-output"]
say(
    "On test rows, F1 is highest at the threshold of `{first}`, {best:.4f}. That of "
    "`f1` has {own:.4f}; on the training rows it had the best of all, {train:.4f}.",
    first=found["F1"].fillna(0).idxmax(),
    best=found["F1"].max(),
    own=found.loc["f1", "F1"],
    train=reached("f1", Y_train, p_train, marks["f1"]),
)

# %% [markdown]
# Whom do you call, then? Here are the first three test rows of each class, the likeliest
# on top. The network gives each a probability; a rule makes it a call; and only afterwards
# one learns what each was.

# %% tags=["nbval-check-output"]
picked = np.concatenate([np.flatnonzero(Y_test[0] == y)[:3] for y in (0, 1)])
picked = picked[np.argsort(-p_test[0, picked])]
six_rows = pd.DataFrame({"probability": p_test[0, picked].round(3)})
for rule in ("0.5", "prevalence", f"capacity:{room}"):
    six_rows[rule] = np.where(p_test[0, picked] >= marks[rule], "call", "-")
six_rows["was"] = np.where(Y_test[0, picked] == 1, *words)
show(six_rows.set_axis(pd.Index([*"ABCDEF"][: len(six_rows)], name="row")))

# %% [markdown]
# A rule needs little. Sort the rows by their prediction, the highest first, and count
# from there on: that is every decision that a threshold can make. Here is `f1`, written
# out.


# %%
def called_down_to_each(Y, p):
    order = np.argsort(-p[0])
    falling, tp = p[0, order], np.cumsum(Y[0, order] == 1)
    last = np.append(np.diff(falling) < 0, True)  # of rows that tie
    return falling[last], 1 + np.flatnonzero(last), tp[last]


# %%
cuts, n_called, n_found = called_down_to_each(Y_train, p_train)
f1_of_each = 2 * n_found / (n_called + np.sum(Y_train == 1))  # 2 tp + fp + fn
highest = cuts[f1_of_each.argmax()]
assert np.array_equal(p_train >= highest, p_train >= marks["f1"])

# %% [markdown]
# Here are the same thresholds on the two distributions. Each dotted upright leaves to its
# right what its rule calls positive.

# %% tags=["hide-input"]
show(figures.cdf_rules(Y_test, p_test, marks, *words))

# %% [markdown]
# Below is a curve for each rule. For `f1`, `youden`, `recall`, `precision` and `cost`
# the one on training rows decides, and that on test rows tells how well the choice
# carries over. `capacity` reads the rows to be decided on, and needs no labels;
# `prevalence` and one half read no curve. Where the two part, one of them shows luck:
# often few rows are left there.

# %% tags=["hide-input"]
by_rule = {"accuracy" if rule == "0.5" else rule: cut for rule, cut in marks.items()}
show(figures.rules((Y_train, p_train), (Y_test, p_test), by_rule))

# %% [markdown]
# `prevalence` is drawn on the curve of `youden`, and one half on accuracy: where
# probabilities can be trusted, these belong together. For then theory says where some
# rules must cut. Probabilities are [calibrated](glossary.md#calibrated) when they come
# true as often as they say: of all rows with prediction $p$, a share $p$ is positive.
#
# *Cost.* Say a miss costs five false alarms, and a row has $p = 1/4$. To call it costs
# three quarters of an alarm on average, not to call it five quarters: so call. At
# $p = 1/6$ both cost five sixths.

# %% tags=["hide-input"]
show(cost_lines(5, 0.25))

# %% [markdown]
# In letters: let a miss cost $c_\text{miss}$ and a false alarm $c_\text{alarm}$. To call a
# row positive costs $(1 - p) \, c_\text{alarm}$ on average, to call it negative
# $p \, c_\text{miss}$. The first is less where
# $p > c_\text{alarm} / (c_\text{alarm} + c_\text{miss})$
# ([Elkan 2001](glossary.md#sources)). With equal costs this is one half, and the cost is
# the share of wrong decisions.

# %% tags=["nbval-check-output"]
print(f"cost:5:1   theory {1 / 6:.4f}   chosen {marks['cost:5:1']:.4f}")

# %% [markdown]
# *Youden* ([Youden 1950](glossary.md#sources)). Of a hundred rows, twenty are positive. To
# call one more row, of $p = 1/4$, adds a quarter of $1/20$ to recall on average, and three
# quarters of $1/80$ to FPR. The first is more: so call. At $p = 1/5$ both are $1/100$. In
# letters, let a share $\pi$ of $m$ rows be positive. The call adds $p / (m \pi)$ and
# $(1 - p) / (m (1 - \pi))$. The first is more where $p (1 - \pi) > (1 - p) \pi$, which is
# $p > \pi$.

# %% tags=["nbval-check-output"]
print(f"youden     theory {Y_train.mean():.4f}   chosen {marks['youden']:.4f}")

# %% [markdown]
# *F1.* Of 20 positives, let 10 be found by 30 calls: F1 is $20/50 = 2/5$. One more call,
# of $p = 1/5$, is a hit one time in five: on average it adds $2/5$ above and 1 below, so
# F1 stays. With $p = 1/4$ it would rise: $20.5/51$ is more than $2/5$. In letters, a call
# adds $2p$ above and $1$ below, and F1 rises where $2p > F_1$.
#
# At the best cut neither one call more nor one fewer helps: just below it $2p$ is no more
# than $F_1$, and just above no less. So the cut is at half of the best F1
# ([Lipton et al. 2014](glossary.md#sources)).

# %% tags=["nbval-check-output"]
c = thresholds.candidates(Y_train, p_train)
best_f1 = np.max(metrics.count_metrics(c.tn, c.fp, c.fn, c.tp)["f1"])
print(f"f1         theory {best_f1 / 2:.4f}   chosen {marks['f1']:.4f}")

# %% [markdown]
# This is where the optimum lies for calibrated predictions of all rows of the world. On
# a sample it lies elsewhere, and it is flat: thresholds that differ much can be almost
# equally good.
#
# This is a good place for a pause.
#
# ## Do not choose on the rows that you report
#
# **Part two: what a threshold can promise.** A threshold chosen on some rows looks
# better on them than it is: it has fitted their luck. Try it. Choose on some of the test
# rows, measure on the same rows, and then on all the others. The difference says by
# how much tuning on test rows would flatter.


# %%
def flattered(rule, n, rng):
    mixed = rng.permutation(Y_test.size)
    ours, rest = ((Y_test[:, r], p_test[:, r]) for r in (mixed[:n], mixed[n:]))
    t = thresholds.choose(rule, *ours, ours[1]).t
    more = reached(rule, *ours, t) - reached(rule, *rest, t)
    return -more if rule.startswith("cost") else more  # a lower cost is better


# %% tags=["nbval-check-output"]
rng, flattery = np.random.default_rng(0), {}
for n in (50, 500, 5000):
    n = min(n, Y_test.size // 2)
    for rule in ("f1", "youden", "cost:5:1"):
        draws = pd.Series([flattered(rule, n, rng) for _ in range(100)])
        flattery.setdefault(n, {})[rule] = draws.mean()
show(pd.DataFrame(flattery).T.rename_axis("rows").round(4))

# %% [markdown]
# The fewer the rows that chose a threshold, the more its merit on them overstates what
# new rows will give.
#
# scikit-learn has a tuner of its own. It scores a list of thresholds and takes the best
# one. Hand it our network as a [`NeuralNetClassifier`](../src/lopsided/estimator.py), the
# same training rows, and a few dozen of the thresholds that can make a difference.

# %%
as_estimator = NeuralNetClassifier.from_network(plain.network)
some = [*c.t[:: max(1, c.t.size // 40)], c.t[-1]]
tuner = TunedThresholdClassifierCV(as_estimator, scoring=make_scorer(f1_score))
tuner.set_params(cv="prefit", refit=False, thresholds=np.unique(some))
tuner = tuner.fit(table.X_train.T, Y_train[0])

# %% tags=["nbval-check-output"]
ours = reached("f1", Y_train, p_train, marks["f1"])
print(f"ours   {marks['f1']:.4f}, F1 {ours:.6g}")
print(f"theirs {tuner.best_threshold_:.4f}, F1 {tuner.best_score_:.6g}")

# %% [markdown]
# Its score cannot exceed ours, since `f1` tries every threshold that makes a difference.
# That it comes near says again how flat F1 is. Left to itself, the tuner tries a hundred
# evenly spaced thresholds by cross-validation: each is judged on rows that its network has
# not learned from.
#
# That matters where a network knows its training rows by heart, as on a small table. Six of
# the eight rules ask those rows. Take lesson 3's network of a hundred points, and ask
# `recall:0.8` for a threshold: once with these, once with a thousand others.


# %%
def knows_by_heart(X, Y):
    network = initialise([2, 30, 30, 1], np.random.default_rng(1))
    rates = {"initial_learning_rate": 0.1, "final_learning_rate": 0.1}
    sizes = {"epochs": 3000, "batch_size": 100} | quick
    train(network, X, Y, np.ones_like(Y), np.random.default_rng(0), **sizes, **rates)
    return lambda points: predict_proba(network, points)


# %%
sets = {100: toy.points(np.random.default_rng(1), 100)}
sets[1000] = toy.points(np.random.default_rng(2), 1000)
by_heart, wanted = knows_by_heart(*sets[100]), "recall:0.8"
said_of = {m: (Y_m, by_heart(X_m)) for m, (X_m, Y_m) in sets.items()}

# %% tags=["nbval-check-output"]
for m, (Y_m, p_m) in said_of.items():
    cut = thresholds.choose(wanted, Y_m, p_m, p_m).t
    finds = {n: reached(wanted, *of, cut) for n, of in said_of.items()}
    print(f"chosen on {m:4}: t = {cut:.3f}, recall of the 100 {finds[100]:.3f}", end="")
    print(f", of the 1000 {finds[1000]:.3f}")

# %% [markdown]
# Chosen on the rows that it knows by heart, the threshold finds far fewer of the others than
# was asked. On a small table, choose on rows that trained nothing. The large table of this
# lesson bears it: its network knows hardly a row by heart.
#
# ## The report's network, and its tie
#
# Now the network of this run's parameters. In a run it is read from the run's folder.
# Alone, this notebook trains it here.

# %%
fitted = results.fitted(P, full)
choice = experiment.choose_threshold(P, full, fitted.p_train, fitted.p_test)
Y_run, p_run, t_run = full.Y_test, fitted.p_test, choice.t

# %% tags=["hide-input"]
cdf = figures.cdf(Y_run, p_run, t_run, *words)
results.save_picture(P.run_dir, cdf)
show(cdf)

# %% [markdown]
# An upright step in a curve is a tie: that many rows share one prediction. A threshold
# takes all of them or none.

# %% tags=["nbval-check-output"]
values, sizes = np.unique(p_run, return_counts=True)
largest = values[sizes.argmax()]
print(f"threshold {t_run:.4g} ({experiment.strategy_name(P)}) {choice.note}")
print(f"{sizes.max():,} of {Y_run.size:,} test {rows} say {largest:.4f}")
_, others = np.unique(p_test, return_counts=True)
print(f"largest tie of the network above: {others.max()}")

# %% tags=["nbval-check-output"]
for side, decided in {"with": p_run >= largest, "without": p_run > largest}.items():
    counts = metrics.confusion_matrix(Y_run, decided)
    at_tie = metrics.count_metrics(*counts.flat)
    recall, fpr = at_tie["recall"], at_tie["false_positive_rate"]
    print(f"{side:8} them: recall {recall:.4f}, false positive rate {fpr:.4f}")

# %% [markdown]
# No threshold gives anything between these two lines. Where the tie is large, everything
# that a threshold near it promises hangs on which side of it the threshold falls. Lesson 3
# says how such ties come about: a narrow layer is off as a whole for many rows. So look for
# ties before you trust a threshold, and before you blame a weight.

# %% tags=["hide-input"]
given = full.Y_train, fitted.p_train, p_run
of_run = {rule: cut_by(rule, *given) for rule in questions}
if P.run_dir:
    by_rule_run = {"accuracy" if r == "0.5" else r: cut for r, cut in of_run.items()}
    four = {r: of_run[r] for r in ("prevalence", "f1", "recall:0.8", "cost:5:1")}
    counts = metrics.confusion_matrix(Y_run, p_run >= t_run)
    for picture in (
        figures.confusion(counts, *words),
        figures.cdf_rules(Y_run, p_run, of_run, *words),
        figures.rules((full.Y_train, fitted.p_train), (Y_run, p_run), by_rule_run),
        figures.measures_by_threshold(Y_run, p_run, four),
    ):
        results.save_picture(P.run_dir, picture)

# %% [markdown]
# ## All thresholds at once
#
# The [ROC curve](glossary.md#roc-curve) shows recall against false positive rate, one
# point a threshold. Guessing would follow the diagonal.
#
# Draw it for the five rows of part one. Go down their predictions, the highest first. At a
# positive the curve goes up by one half, at a negative to the right by one third. Where
# the two tie, it does both at once. So in the grid below each positive is a line, each
# negative a column, and each cell a pair. Where the positive comes first, the curve has
# gone up before it goes right: the cell lies below it, and the positive wins the pair. Each
# cell says what its pair counts.

# %% tags=["hide-input"]
show(pairs(Y_five, p_five))

# %% [markdown]
# All cells are equally large. So the area below the curve, the *ROC AUC*, is the share of
# pairs that are won: the chance that a random positive has a higher prediction than a
# random negative, ties counting one half. Count the six pairs: `high` and `low` are those
# of part one. The package's [`roc_auc`](../src/lopsided/lesson/metrics.py) finds the same.

# %% tags=["nbval-check-output"]
won = [(a > b) + (a == b) / 2 for a in high for b in low]
print(f"{won}: {sum(won)} of {len(won)} is {np.mean(won)}")
assert np.mean(won) == metrics.roc_auc(Y_five, p_five)

# %% [markdown]
# It measures the order of the rows, and no threshold enters.
#
# How sure is it? Other test rows would have given another number, and we have no others.
# But we can draw from those that we have: as many as there are, with replacement, so that
# some come twice and some not at all. Measure again, on each draw. This is the
# [bootstrap](glossary.md#bootstrap)
# ([Davison and Hinkley 1997](glossary.md#sources)). First with five rows, of which three
# were decided right:

# %% tags=["nbval-check-output"]
hit = np.array([1, 1, 0, 1, 0])  # 1: decided right
for drawn in np.random.default_rng(0).integers(5, size=(4, 5)):
    print(f"rows {drawn}: {hit[drawn]}, accuracy {hit[drawn].mean()}")

# %% [markdown]
# How far such draws scatter shall stand for how far other tests from the same world would.
# Does it? In the toy world new test sets cost nothing. Draw one test set again and again,
# and beside each draw make a new set of the same size.

# %% tags=["nbval-check-output"]
rng_toy, redrawn, anew = np.random.default_rng(0), [], []
for _ in range(300):
    again = rng_toy.integers(Y_toy.size, size=Y_toy.size)
    redrawn.append(metrics.roc_auc(Y_toy[:, again], p_toy[:, again]))
    X_new, Y_new = toy.points(rng_toy, Y_toy.size)
    anew.append(metrics.roc_auc(Y_new, no_weight(X_new)))
print(f"ROC AUC, standard deviation: one test set drawn again {np.std(redrawn):.4f}")
print(f"                             new test sets            {np.std(anew):.4f}")

# %% [markdown]
# They are nearly the same, and the first needed one test set only. What the draws cannot
# tell is the middle: they lie around what was measured, not around the truth.
#
# Now five hundred draws of the test rows. The middle $95\%$ of them, without the lowest and
# the highest $2.5\%$, is the [interval](glossary.md#interval).


# %%
def drawn_auc(rng):
    drawn = rng.integers(Y_test.size, size=Y_test.size)
    return metrics.roc_auc(Y_test[:, drawn], p_test[:, drawn])


rng_draws = np.random.default_rng(0)
aucs = pd.Series([drawn_auc(rng_draws) for _ in range(500)]).dropna()
auc_ends = np.quantile(aucs, [0.025, 0.975])
assert np.allclose(auc_ends, interval(aucs))

# %% tags=["nbval-check-output"]
print("ten draws:", *[f"{auc:.4f}" for auc in aucs[:10]])
auc_of_all = metrics.roc_auc(Y_test, p_test)
print(f"all rows: {auc_of_all:.4f}, interval {auc_ends[0]:.4f} to {auc_ends[1]:.4f}")

# %% tags=["hide-input"]
show(bootstrap_draws(aucs, auc_of_all, auc_ends))

# %% [markdown]
# In the clinic, rows of one patient go together. They are no independent witnesses, so
# there the package draws whole patients, each with all rows or none. Where most patients
# have a single test row, that changes little. Where a table has no such groups, rows are
# drawn.

# %% tags=["nbval-check-output"]
of_one = np.arange(Y_test.size) if table.test.groups is None else table.test.groups
_, rows_of_one = np.unique(of_one, return_counts=True)
print(f"{rows_of_one.size:,} groups, {np.mean(rows_of_one == 1):.1%} of a single row")

# %% tags=["nbval-check-output"]
rng_groups, tied = np.random.default_rng(0), {"groups": table.test.groups}
(measured_each,) = bootstrap(Y_test, [(p_test, t)], 500, rng_groups, **tied)
group_ends = interval(measured_each["roc_auc"])
print(f"interval, rows drawn         {auc_ends[0]:.4f} to {auc_ends[1]:.4f}")
print(f"interval, whole groups drawn {group_ends[0]:.4f} to {group_ends[1]:.4f}")

# %% [markdown]
# The band around the curve below is made of such draws: so far could other rows of the same
# world have moved it. It is *pointwise*: at each place a $95\%$ interval. A whole curve
# leaves it somewhere in more than one case of twenty.
#
# The network is that of part one, and its threshold the prevalence.


# %% tags=["hide-input"]
def band(test, p):
    n, rng = min(P.n_bootstrap, 500), np.random.default_rng([P.seed, 2])
    return curve_bands(test.Y, p, n, rng, groups=test.groups) if n else None


bands = band(table.test, p_test)
seeds = plain.P_test[1 : P.n_seeds]
show(figures.roc(Y_test, p_test, t, bands, seeds))

# %% [markdown]
# The sums that chose `f1` draw this curve, too: after each prediction, the share of the
# positives found, and the share of the negatives called.

# %%
_, n_above, tp_above = called_down_to_each(Y_test, p_test)
recalls = np.append(0, tp_above) / np.sum(Y_test == 1)
fprs = np.append(0, n_above - tp_above) / np.sum(Y_test == 0)
area = np.trapezoid(recalls, fprs)
assert np.isclose(area, metrics.roc_auc(Y_test, p_test))

# %% [markdown]
# The ROC curve does not know how rare the positives are. Precision does. Take a point that
# looks fine on it: nine in ten positives are called, and one in ten negatives. Let one row
# in a hundred be positive: ten of a thousand.

# %% tags=["nbval-check-output"]
hits, calls = 0.9 * 10, 0.9 * 10 + 0.1 * 990
print(f"{hits:.0f} of {calls:.0f} calls are right: {hits / calls:.3f}")

# %% [markdown]
# So most calls can be wrong although the ROC curve looks fine. Precision against recall
# shows it. Go down the rows, the highest prediction first. Each positive is a step, as high
# as the precision that is reached there. With two positives each takes recall on by one
# half, so all steps are equally wide. The area under them is the
# [average precision](glossary.md#average-precision): the mean of the precisions at the
# positives. At the far left few rows are called: where the very first is negative, the
# curve starts at 0.

# %% tags=["nbval-check-output"]
falling = np.array([1, 0, 1, 0, 0])  # labels of five rows, the highest prediction first
precise = np.cumsum(falling) / np.arange(1, 6)
area_of_five = np.sum(precise[falling == 1] * 1 / 2)  # height times width
print(f"precision after each row {precise.round(3)}, area {area_of_five:.4f}")
five_falling = np.linspace(0.9, 0.1, 5)
assert np.isclose(area_of_five, metrics.average_precision(falling, five_falling))

# %% tags=["hide-input"]
show(figures.precision_recall(Y_test, p_test, t, bands, seeds))

# %% [markdown]
# Costs change from place to place and year to year. The cost curve shows all of them
# ([Drummond and Holte 2006](glossary.md#sources)). Say one row in five is positive, and a
# miss costs two false alarms. Of five rows, the positive one puts two at stake and the
# others four: the positives' share of what is at stake is one third. That is the
# horizontal axis. A threshold that misses half of the positives and calls an eighth of the
# negatives loses half of that third, and an eighth of the other two: a quarter of what is
# at stake. That is the vertical axis. With $\pi$ for the prevalence,
#
# $$x = \frac{\pi \, c_\text{miss}}
# {\pi \, c_\text{miss} + (1 - \pi) \, c_\text{alarm}},$$
#
# and the vertical axis is the cost as a share of the worst,
# $x (1 - \text{recall}) + (1 - x) \, \text{FPR}$. For one threshold that is a straight
# line. Always saying "negative" costs $x$, always "positive" $1 - x$: the lower of both
# is the dotted roof. Where the thick curve meets it, one answer for everyone is as good
# as the network. The thick curve takes the best threshold on these test rows for each
# $x$, so it is a bound and not a rule.

# %% tags=["hide-input"]
three = ("prevalence", "f1", "cost:5:1")
show(figures.cost_curve(Y_test, p_test, {rule: marks[rule] for rule in three}))
if P.run_dir:  # the curves of the run's own network are kept
    shown = Y_run, p_run, t_run, band(full.test, p_run), fitted.P_test[1:]
    for picture in (
        figures.roc(*shown),
        figures.precision_recall(*shown),
        figures.cost_curve(Y_run, p_run, {rule: of_run[rule] for rule in three}),
    ):
        results.save_picture(P.run_dir, picture)

# %% [markdown]
# Read one point of it. A miss costs five false alarms, and the line is that of `cost:5:1`.

# %% tags=["nbval-check-output"]
pi, cut = Y_test.mean(), marks["cost:5:1"]
x = 5 * pi / (5 * pi + 1 - pi)
counts = metrics.confusion_matrix(Y_test, p_test >= cut)
at_cut = metrics.count_metrics(*counts.flat)
cost = x * (1 - at_cut["recall"]) + (1 - x) * at_cut["false_positive_rate"]
print(f"x = {x:.3f}: cost {cost:.3f}, of one answer for everyone {min(x, 1 - x):.3f}")

# %% [markdown]
# This is a good place for a pause.
#
# ## The law, where it is exact
#
# **Part three: a weight and a threshold.** In the toy world, a threshold of one half
# missed many positives. Most people feel that this is a fault of the *training*: the rare
# class was not heard. So they give it a class weight. Another school leaves the training
# alone, and moves the line. Who is right?
#
# The smallest case: a few groups of rows, and a network that knows of a row only to which
# group it belongs. Here are appointments of the simulated clinic, in six groups by how
# many days ahead they were booked.

# %%
booked, _ = clinic(5000)
ahead = booked["AppointmentDay"] - booked["ScheduledDay"].dt.normalize()
names = ["same day", "1 or 2", "3 to 7", "8 to 14", "15 to 30", "over 30"]
group = pd.cut(ahead.dt.days, [-np.inf, 0, 2, 7, 14, 30, np.inf], labels=names)
X_group = pd.get_dummies(group).to_numpy(float).T  # (6, 5000), a single 1 in a column
Y_group = (booked["No-show"] == "Yes").to_numpy(float)[None]  # (1, 5000)

# %% [markdown]
# A column of `X_group` holds a one in the line of its group, and else zeros: it is
# [one-hot](glossary.md#one-hot). A network without hidden layer then has one weight for
# each group, and a bias. Train it to the end, without a weight and with the
# [balanced weight](glossary.md#balanced-weight): negatives over positives.


# %%
one_hot = np.eye(6)  # what is told of each group, a column each


# %%
def settled(w, told=one_hot, X=X_group, Y=Y_group, rate=4):
    network = Network([len(told), 1])
    weight = class_weights(Y, "positive", w)
    rates = {"initial_learning_rate": rate, "final_learning_rate": rate}
    sizes = {"epochs": 500, "batch_size": Y.size} | quick
    train(network, told @ X, Y, weight, np.random.default_rng(0), **sizes, **rates)
    return predict_proba(network, told)[0]  # one prediction a group


# %% [markdown]
# <details><summary>Predict: what does the first network say of a group in which one in
# five did not come? And the second, if a positive counts four times?</summary>
#
# The first says the share of its group, one fifth. The second meets, for each positive
# that now counts as four, four negatives that count as one: it says one half. It is the
# formula of lesson 2, $q = wp / (wp + 1 - p)$.
#
# </details>

# %% tags=["nbval-check-output"]
w_group = balanced_weight(Y_group)
p_group, q_group = settled(1), settled(w_group)
exact = {"share of no-shows": [Y_group[0, group == name].mean() for name in names]}
exact |= {"no weight: p": p_group, "weight: q": q_group}
exact["w p / (w p + 1 - p)"] = w_group * p_group / (w_group * p_group + 1 - p_group)
print(f"w = {w_group:.4f}")
show(pd.DataFrame(exact, index=pd.Index(names, name="days ahead")).round(4))

# %%
q_expected = thresholds.weighted_probability(p_group, w_group)
assert np.allclose(p_group, exact["share of no-shows"], rtol=0, atol=5e-5)
assert np.allclose(q_group, q_expected, rtol=0, atol=5e-5)

# %% tags=["hide-input"]
show(exact_law(p_group, q_group, w_group, names))

# %% [markdown]
# To four decimals, the weight has multiplied the [odds](glossary.md#odds) of every group,
# $p / (1 - p)$, by $w$, and has done nothing else. One in five has odds of $1/4$; four times
# that is $1$, the odds of one half. In letters:
#
# $$\frac{q}{1 - q} = w \, \frac{p}{1 - p}.$$
#
# So the groups keep their order. And $q \ge 1/2$ means $w p \ge 1 - p$, that is
# $p \ge 1 / (1 + w)$. Whoever trains with a weight and decides at one half, decides as
# the threshold $1 / (1 + w)$ does without a weight. With four negatives for each positive,
# the balanced weight is $4$, and $1 / (1 + 4)$ is one in five: the share of positives
# itself, the prevalence.

# %% tags=["nbval-check-output"]
same = thresholds.equivalent_threshold(w_group)
print(f"1 / (1 + w) = {same:.4f}, prevalence = {Y_group.mean():.4f}")
for name, p, q in zip(names, p_group, q_group, strict=True):
    print(f"{name:9} p >= {same:.4f}: {p >= same!s:5}   q >= 1/2: {q >= 0.5!s:5}")

# %% [markdown]
# ## A weight moves the line
#
# Now the network with a hidden layer, in the toy world. It is no table of groups: it has
# to draw a surface from points. Train it again, with weight four on the positives.
#
# <details><summary>Predict: on which level line of the first network will the second
# one say one half?</summary>
#
# On the line $1 / (1 + 4) = 1/5$.
#
# </details>

# %% tags=["nbval-check-output"]
with_weight = learned(4)
inside = with_weight(X_toy) >= 0.5
for level in (0.5, 0.35, 0.2, 0.1):
    alike = np.mean(inside == (p_toy >= level))
    print(f"weight 4 at one half, no weight at {level:<4}: {alike:.1%} decided alike")

# %% tags=["hide-input"]
some_toy = X_toy[:, :80], Y_toy[:, :80]
show(weight_and_threshold(no_weight, with_weight, 4, *some_toy))

# %% [markdown]
# One half has come to lie nearly where one fifth was. Has the weight also taught the
# network to see the rare class better? Compare the order of the points, and the numbers
# themselves after the odds of the second network were divided by $w$. A network
# from another seed says how far luck alone goes.

# %%
q_toy = with_weight(X_toy)
toy_networks = {"no weight": p_toy, "weight 4": q_toy}
toy_networks["weight 4, corrected"] = thresholds.unweighted_probability(q_toy, 4)
toy_networks["no weight, other seed"] = learned(1, seed=2)(X_toy)

# %% tags=["nbval-check-output"]
for name, p in toy_networks.items():
    auc, away = metrics.roc_auc(Y_toy, p), np.abs(p - p_toy).mean()
    print(f"{name:22} ROC AUC {auc:.4f}, {away:.4f} from the first on average")

# %% tags=["hide-input", "nbval-check-output"]
six = {seed: learned(1, seed)(X_toy) for seed in range(1, 7)}
undone = {s: thresholds.unweighted_probability(learned(4, s)(X_toy), 4) for s in six}
off = [np.abs(undone[seed] - six[seed]).mean() for seed in six]
luck = [np.abs(six[a] - six[b]).mean() for a in six for b in six if a < b]
say(
    "Do that with six seeds. Corrected, a weighted network lies {off_mean:.4f} from the "
    "one of its own seed on average, {off_min:.4f} to {off_max:.4f}. Without weight, two "
    "of different seeds lie {luck_mean:.4f} apart, {luck_min:.4f} to {luck_max:.4f}. "
    "{verdict}",
    off_mean=np.mean(off),
    off_min=min(off),
    off_max=max(off),
    luck_mean=np.mean(luck),
    luck_min=min(luck),
    luck_max=max(luck),
    verdict="On average the weight adds something to luck: a network that draws a surface "
    "from points obeys the law only nearly."
    if np.mean(off) > np.mean(luck)
    else "That is no more than luck does.",
)

# %% [markdown]
# This is what the whole report is about. The weight has hardly changed how well the
# points are ordered. It has moved the numbers on the level lines, all of them, to
# nearly where the formula says. You could have cut at one fifth at once.
#
# What the weight has cost is the meaning of the numbers: $q$ no longer says how many of
# such points are positive. The formula puts it back, and needs no label for that. With
# weight four, $q = 1/2$ has odds of one. A fourth of them is a quarter, one positive for
# four negatives, so $p = 1/5$. In letters, the odds are $q$ for $w (1 - q)$, and $p$ is the
# first over the sum of both:
#
# $$p = \frac{q}{q + w (1 - q)}.$$

# %% [markdown]
# ## On a whole table
#
# Groups are exact; the toy network comes near. What about the network of part one?
# Train it with the balanced weight. To say what counts as near, train it from another
# seed as well, without weight and with it. A network without weight decides at
# $1/(1 + w)$, one with the weight at one half. How many of the rows does each decide as the
# first one does?

# %%
w_balanced = balanced_weight(Y_train)
t_same = thresholds.equivalent_threshold(w_balanced)
p_other = plain.P_test[1:2]
balanced = {"weighting": "positive", "w": "balanced"}
q_test = trained(**balanced).p_test
q_other = trained(**balanced, seed=P.seed + 1).p_test
corrected = thresholds.unweighted_probability(q_test, w_balanced)

# %%
decisions = {"no weight": (p_test, t_same), "balanced weight": (q_test, 0.5)}
decisions["no weight, other seed"] = (p_other, t_same)
decisions["balanced weight, other seed"] = (q_other, 0.5)


def beside_the_first(p, cut):
    alike = np.mean((p >= cut) == (p_test >= t_same))
    return np.mean(p >= cut), alike, metrics.roc_auc(Y_test, p)


# %% tags=["nbval-check-output"]
print(f"w = {w_balanced:.4f}, 1 / (1 + w) = {t_same:.4f}")
columns = ["called positive", "decides as the first", "ROC AUC"]
seen = {name: beside_the_first(*of) for name, of in decisions.items()}
show(pd.DataFrame(seen, index=columns).T.round(4))

# %% [markdown]
# Read the middle column. The second network shares the first one's seed, so its number says
# what the weight alone changes. The third says what another seed changes, and the fourth
# what both do.
#
# Row by row, for up to fifteen hundred test rows: what the first network says, against
# what the others say, the weighted one after its odds were divided by $w$.

# %% tags=["hide-input"]
panels = {"balanced weight, corrected": (p_test, corrected)}
panels["no weight, other seed"] = (p_test, p_other)
by_row = law(panels, t_same)
results.save_picture(P.run_dir, by_row)
show(by_row)

# %% tags=["nbval-check-output"]
for name, (p, other_p) in panels.items():
    print(f"{name:27} {np.abs(p - other_p).mean():.4f} from the first on average")

# %% tags=["hide-input", "nbval-check-output"]
by_weight, by_seed_2 = (np.abs(p - other_p).mean() for p, other_p in panels.values())
in_toy, in_table = np.mean(luck) / p_toy.std(), by_seed_2 / p_test.std()
study = pd.read_csv(results.committed("balancing.csv"))  # of the audit: see part four
far_moved = study.pivot(index=["table", "seed"], columns="method", values="distance")
times_seed = (far_moved["class weight"] / far_moved["another seed"])["simulated"]
say(
    "In the toy world, over six seeds, the weight moves the numbers {toy:.2f} times as far "
    "as another seed does; here, with one pair of seeds, {here:.2f} times. One pair says "
    "little: in {n} such pairs on the simulated clinic, each with a split of its own, it "
    "was {least:.2f} to {most:.2f} times. Predictions spread there by {wide:.3f}, "
    "here by {narrow:.3f} (standard deviation). Of that, another seed moves them by "
    "{in_toy:.1%} there and by {in_table:.1%} here. {verdict}",
    toy=np.mean(off) / np.mean(luck),
    here=by_weight / by_seed_2,
    n=len(times_seed),
    least=times_seed.min(),
    most=times_seed.max(),
    wide=p_toy.std(),
    narrow=p_test.std(),
    in_toy=in_toy,
    in_table=in_table,
    verdict="So luck is larger here: in the toy world, networks of different seeds end "
    "close together; on this table they do not."
    if in_table > in_toy
    else "So luck is no larger here.",
)

# %% [markdown]
# The clouds lie along the diagonal, and have a width. Dots in the two corners off it are
# rows that the networks decide differently.
#
# Why does the law fray here? That the rows are a sample cannot be all: so were the six
# groups. But each of them had a weight of its own. Take that away: tell that network of a
# group only its place, from early to late, as one number.

# %% tags=["nbval-check-output"]
as_number = np.linspace(-1.25, 1.25, 6)[None]  # half apart, around zero
p_number, q_number = settled(1, as_number), settled(w_group, as_number)
in_line = thresholds.weighted_probability(p_number, w_group)
print(f"a weight each:  {np.abs(q_group - q_expected).max():.4f} from the law")
print(f"one for all six: {np.abs(q_number - in_line).max():.4f} from the law")

# %% tags=["nbval-check-output"]
back = thresholds.unweighted_probability(q_number, w_group)
sixfold = {"share": exact["share of no-shows"], "no weight": p_number}
sixfold |= {"weight, corrected": back}
show(pd.DataFrame(sixfold, pd.Index(names, name="days")).round(3))

# %% tags=["hide-input"]
shares = dict(zip(names, exact["share of no-shows"], strict=True))
show(one_line(shares, {"no weight": p_number, "weight, corrected": back}))

# %% [markdown]
# One weight and a bias cannot give six groups each its share. They err in most, and the
# class weight moves these errors a little. The order stays: both lines rise.
#
# With two weights it need not. Take four groups, by the answers to two questions: a yes to
# neither, to the first, to the second, to both. A network has a weight for each question,
# and a bias. To both, both weights are added.
#
# <details><summary>Predict: each network has three numbers for four groups. Can a class
# weight swap two of these?</summary>
#
# It can. No three numbers give all four groups their shares. So the network has to err, and
# the class weight says which mistakes are dear.
#
# </details>

# %%
answers = np.array([[0, 1, 0, 1], [0, 0, 1, 1]])  # a column for each group
n_four, n_positive = [10, 10, 100, 100], [1, 8, 40, 10]
X_four = np.repeat(np.eye(4), n_four, axis=1)  # (4, 220)
each_four = zip(n_four, n_positive, strict=True)
Y_four = np.hstack([np.arange(n) < k for n, k in each_four])[None]
p_four = settled(1, answers, X_four, Y_four)
q_four = settled(4, answers, X_four, Y_four, rate=2)  # at 4, steps overshoot

# %% tags=["nbval-check-output"]
p_back = thresholds.unweighted_probability(q_four, 4)
four = {"rows": n_four, "positive": n_positive}
four["share"] = np.divide(n_positive, n_four)
four |= {"no weight": p_four, "weight 4, corrected": p_back}
yes_to = pd.Index(["neither", "the first", "the second", "both"], name="yes to")
show(pd.DataFrame(four, yes_to).round(3))

# %%
assert p_four[1] < p_four[2]
assert p_back[1] > p_back[2]

# %% [markdown]
# Without a weight the network says more of a yes to the second question than of a yes to
# the first; with the weight, less. Dividing the odds by $w$ cannot undo that. So the law is
# exact where a model can give each group its share. Where it cannot, the weight moves its
# errors, and may change the order of rows.
#
# Nor can eight units give each kind of row a share of its own. They draw one surface for
# all; and training ends on one of many that fit about as well, as the right cloud shows.

# %% [markdown]
# This is a good place for a pause.
#
# ## Undersampling, oversampling, SMOTE
#
# **Part four: other remedies, and trust.** They change the table:
# [resampling](glossary.md#resampling). *Undersampling* leaves out negatives until both
# classes are equally many. *Oversampling* draws positives again and again. *SMOTE* makes
# new positives, on lines between neighbours ([Chawla et al. 2002](glossary.md#sources)):
# of positives at $(1, 1)$ and $(3, 2)$, say, one a quarter of the way, at $(1.5, 1.25)$.


# %%
def undersample(X, Y, rng):
    positive, negative = np.flatnonzero(Y[0] == 1), np.flatnonzero(Y[0] == 0)
    kept = np.append(positive, rng.choice(negative, positive.size, replace=False))
    return X[:, kept], Y[:, kept]


def oversample(X, Y, rng):
    positive, negative = np.flatnonzero(Y[0] == 1), np.flatnonzero(Y[0] == 0)
    kept = np.append(negative, rng.choice(positive, negative.size))
    return X[:, kept], Y[:, kept]


# %%
def smote(X, Y, rng):
    rare = X[:, Y[0] == 1]
    apart = np.sum((rare[:, :, None] - rare[:, None]) ** 2, axis=0)
    nearest = apart.argsort(axis=0)[1:6]  # each one's five; before them, itself
    n = np.sum(Y == 0) - rare.shape[1]  # so many are missing
    one, which = rng.integers(rare.shape[1], size=n), rng.integers(5, size=n)
    new = rare[:, one] + rng.random(n) * (rare[:, nearest[which, one]] - rare[:, one])
    return np.hstack([X, new]), np.hstack([Y, np.ones((1, n))])


# %% [markdown]
# Do each of them to the points that the network without weight learned from, and train a
# network on what comes out, without any weight. So many points could not be told apart in
# a picture: it shows the first of them, with the same done to these.
#
# <details><summary>Predict: undersampling keeps a share <em>s</em> of the negatives. What
# happens to the odds in any group of rows?</summary>
#
# Two positives and eight negatives have odds of $1/4$. Keep one half of the negatives,
# and the odds are $1/2$: twice as high. In letters, the group has $p$ positives for
# $1 - p$ negatives, and keeps $s (1 - p)$ of these. Its odds are multiplied by $1/s$. To
# make both classes equally many, $1/s$ must be negatives over positives: it is the balanced
# weight. Oversampling multiplies the positives by the same number. On average over their
# draws, both are the weight under other names. The first throws rows away; the second
# trains on each positive several times.
#
# </details>

# %%
ways = {"undersampled": undersample, "oversampled": oversample, "SMOTE": smote}


def remedied(way, seed):
    X_made, Y_made = ways[way](X_many, Y_many, np.random.default_rng(seed))
    return learned(1, seed, X_made, Y_made)


# %%
few = X_many[:, :50], Y_many[:, :50]  # to draw
made, by_way = {"as it is": few}, {"as it is": no_weight}
for way, remake in ways.items():
    by_way[way] = remedied(way, seed=1)  # that of the network without weight
    made[way] = remake(*few, np.random.default_rng(0))

# %% tags=["hide-input"]
t_many = thresholds.equivalent_threshold(balanced_weight(Y_many))
show(resampling(made, by_way, no_weight, t_many))

# %% tags=["nbval-check-output"]
print(f"no remedy: cut at {t_many:.4f}, ROC AUC {metrics.roc_auc(Y_toy, p_toy):.4f}")
for way in ways:
    q_way = by_way[way](X_toy)
    alike = np.mean((q_way >= 0.5) == (p_toy >= t_many))
    auc = metrics.roc_auc(Y_toy, q_way)
    print(f"{way:12} cut at one half: decides {alike:.1%} alike, ROC AUC {auc:.4f}")

# %% [markdown]
# The first panel shows the table as it is. In each of the others, the line of one half has
# come to lie nearly where a threshold of $1/(1 + w)$ was, with the balanced weight for
# $w$. So all three do what the weight did: they move the odds. Two positives for eight
# negatives are odds of $1/4$. Leave out half of the negatives, and two for four are
# odds of $1/2$. In letters: leave a share $s$ of the negatives, and in every group
#
# $$\frac{p}{s (1 - p)} = \frac{1}{s} \cdot \frac{p}{1 - p}:$$
#
# the odds are multiplied by $1/s$. Draw positives until there are $w$ times as many, and
# the odds are multiplied by $w$. For SMOTE no such line holds: what it does is measured.
#
# Like the weight, remedies obey the law only nearly. Is that their doing? Another seed
# changes decisions, too. Take six seeds. With each, compare the network with a remedy, drawn
# anew, and the network without. Beside it, compare each two seeds without a remedy.


# %%
def same_decisions(q, cut, p):
    return np.mean((q >= cut) == (p >= t_many))


of_two = [(six[a], six[b]) for a in six for b in six if a < b]
agree = {"another seed": [same_decisions(p, t_many, q) for p, q in of_two]}
for way in ways:
    agree[way] = [same_decisions(remedied(way, s)(X_toy), 0.5, six[s]) for s in six]

# %% tags=["nbval-check-output"]
for what, agreed in agree.items():
    ends = f"from {min(agreed):.1%} to {max(agreed):.1%}"
    print(f"{what:12} decides {np.mean(agreed):.1%} alike, {ends}")

# %% [markdown]
# So on average the remedies move the decisions no further than another seed does.
#
# And on whole tables? `make audit`, which trains all that lies in `notebooks/results`,
# trained the network of part one in all these ways, on the published file and on the
# simulated clinic, with five splits and seeds each (imbalanced-learn made the rows). Each
# remedy decides at one half and is compared with the network without any of this, at
# $1/(1 + w)$. It has the seed of that network, and about as many steps. The first row of
# a table shows what luck does: no remedy, but another seed, at $1/(1 + w)$ as well. The
# [Brier score](glossary.md#brier-score) is the mean squared difference of probability and
# label: lower is better. Where $0.9$ was said of a positive and $0.2$ of a negative, it
# is $(0.1^2 + 0.2^2) / 2 = 0.025$. Means over the splits:

# %% tags=["hide-input", "nbval-check-output"]
by_method = study.groupby(["table", "method"], sort=False)
shown_as = {"agreement": "decides alike", "mean": "mean prediction", "brier": "Brier"}
shown_as["mean_corrected"] = "mean, corrected"
shown_as["brier_corrected"] = "Brier, corrected"
show(by_method[[*shown_as]].mean().rename(columns=shown_as).round(4))

# %% [markdown]
# All remedies spoil the probabilities in the same way: the mean prediction should be the
# share of positives, one in five. And one formula mends all of them: divide the odds by
# $w$.
#
# Do they decide more rows alike than another seed does? And does any of them order the
# rows better? Compare split by split. After each ± stands half of a $95\%$ interval:
# [Student's factor](glossary.md#students-factor), $2.78$ for five splits, times a standard
# error. Splits share most of their rows, so it is lengthened by lesson 3's rule of thumb
# ([Nadeau and Bengio 2003](glossary.md#sources)).


# %% tags=["hide-input"]
def in_words(values, digits=4):
    if not values.any():
        return ""  # compared with itself
    found = resampled(values, test_share=0.2)
    told = f"{found.mean:+.{digits}f} ± {found.half:.{digits}f}"
    return told.replace(" ", "\N{NO-BREAK SPACE}")


# In each split, the first row is that of another seed.
by_seed = study.groupby(["table", "seed"])["agreement"].transform("first")
study["more alike"] = study["agreement"] - by_seed
study["ROC AUC, more"] = study["roc_auc"] - study["roc_auc_plain"]

# %% tags=["nbval-check-output"]
differences = by_method[["more alike", "ROC AUC, more"]].agg(in_words)
differences.columns = "decides alike, minus another seed", "ROC AUC, minus no remedy"
show(differences)

# %% tags=["hide-input", "nbval-check-output"]
remedies = [of for (_, method), of in by_method if method != "another seed"]
leads = [resampled(of["more alike"], test_share=0.2) for of in remedies]
orders = [resampled(of["ROC AUC, more"], test_share=0.2) for of in remedies]
say(
    "In the mean over the splits, {above} of {n} remedies decide more rows alike than "
    "another seed does. For {clear} of the {n} the interval lies above zero. In ROC AUC "
    "it does for {better}; there, no interval reaches beyond ± {end:.4f}.",
    above=sum(lead.mean > 0 for lead in leads),
    n=len(leads),
    clear=sum(lead.verdict == "above" for lead in leads) or "none",
    better=sum(order.verdict == "above" for order in orders) or "none",
    end=max(max(abs(order.low), abs(order.high)) for order in orders),
)

# %% [markdown]
# An interval that holds zero does not say that there is no difference. Differences
# beyond its ends are implausible at this level, one interval at a time; smaller ones are
# not.
#
# SMOTE makes rows that never were. How new are they? Count how many positives have a twin
# among the positives, equal in all features. SMOTE draws lines to the five nearest
# neighbours, and a line between twins is a point: a copy.

# %% tags=["nbval-check-output"]
positives = table.X_train.T[Y_train[0] == 1]
_, kind, size = np.unique(positives, axis=0, return_inverse=True, return_counts=True)
twins = size[kind.ravel()] - 1
print(f"positives with a twin: {np.mean(twins > 0):.0%}")
print(f"of five nearest neighbours, twins: {np.minimum(twins, 5).mean() / 5:.0%}")

# %% [markdown]
# Where many neighbours are copies, SMOTE is nearly oversampling. So what we saw of it on
# so coarse a table says little about tables of continuous features.
#
# There is a limit to all this. A model that cannot fit the truth may change the order of
# the rows, as in the four groups; [Do better](09_better.ipynb) has such a case on a whole
# table, a logistic regression. But to order rows better, look for better features or
# another model first.
#
# So keep the probabilities honest: train without any of it, and choose a threshold.

# %% [markdown]
# ## And the report's network?
#
# Does the law hold for it, too? `make audit` trained it with and without the balanced
# weight, and from another seed, over seeds and splits: for a tenth of its epochs, and to
# its end. After ± stands half an interval as above; for fifteen pairs the factor is $2.14$.

# %% tags=["hide-input", "nbval-check-output"]
many = pd.read_csv(results.committed("law.csv"))
many["weight - seed"] = many["agree_weight"] - many["agree_seed"]
many["ROC AUC, more"] = many["roc_auc_weighted"] - many["roc_auc_plain"]
for (where, length), of in many.groupby(["table", "epochs"]):
    print(f"{where}, {length} epochs, {len(of)} pairs: decided alike")
    for name in ("weight", "seed"):
        alike = of[f"agree_{name}"]
        ends = f"from {alike.min():.1%} to {alike.max():.1%}"
        print(f"  another {name:7} {alike.mean():.1%}, {ends}")
    print(f"  weight - seed   {in_words(100 * of['weight - seed'], 1)} points of 100")
    print(f"  ROC AUC, weight - none {in_words(of['ROC AUC, more'])}")

# %% tags=["hide-input", "nbval-check-output"]
ended = many[many["epochs"] == many["epochs"].max()].groupby("table")
alike = ended[["agree_weight", "agree_seed"]].mean()
bounds = ended["weight - seed"].apply(lambda of: resampled(of, test_share=0.2))
say(
    "Nearly. Trained to its end, it decides about {weight:.1f} of 100 rows alike with the "
    "weight and without; from another seed, {seed:.1f}. Whether a weight changes more "
    "decisions than a seed, these pairs bound only to within {points:.1f} points of a "
    "hundred.",
    weight=100 * alike["agree_weight"].mean(),
    seed=100 * alike["agree_seed"].mean(),
    points=100 * max(max(abs(b.low), abs(b.high)) for b in bounds),
)

# %% [markdown]
# ## Can the probabilities be trusted?
#
# Sort rows by their prediction and cut them into up to ten parts. Rows that tie stay
# together, so the parts differ in size. In each, compare the mean prediction with the
# share that was really positive. On the diagonal, probabilities are calibrated. Bars are
# $95\%$ intervals of the share: about one in twenty misses the truth by luck. The balanced
# weight moves the points off the diagonal, and the formula moves them back, without a second
# training and without labels: open triangles around the dots of the network without weight.

# %% tags=["hide-input"]
models = {"no weight": p_test, "weight": q_test, "corrected": corrected}
reliability = figures.reliability(Y_test, models)
results.save_picture(P.run_dir, reliability)
show(reliability)

# %% tags=["nbval-check-output"]
for name, p in models.items():
    print(f"{name:18} mean {p.mean():.4f}   Brier {metrics.brier(Y_test, p):.4f}")
print(f"{'share of positives':18}      {Y_test.mean():.4f}")

# %% [markdown]
# Bars that reach the diagonal bound how far a part can be off. They prove nothing: a part
# may be off by less than its bar.
#
# <details><summary>Further: probabilities that are off in another way</summary>
#
# The formula undoes a weight, because a weight's work is known. Where probabilities are
# off for other reasons, one can learn a map from what is said to what comes true, on
# rows that have trained nothing: a sigmoid ([Platt 2000](glossary.md#sources)), or any
# rising steps (*isotonic regression*). scikit-learn's `CalibratedClassifierCV` has
# both. A map that rises keeps the order of the rows, but for new ties.
#
# </details>
#
# And calibrated is not close. Whoever says the prevalence to everyone is calibrated, and
# tells no one apart. So it is no contradiction if calibrated predictions are far from
# each row's own probability. Only a simulation knows each row's true probability. Where
# we have one, we can ask how far a network is from the truth, and how good the truth
# itself would be.

# %% tags=["nbval-check-output"]
truth = table.test.p_true
if truth is None:
    print("A real table: the true probabilities are unknown.")
else:
    for name, p in {**models, "truth": truth}.items():
        away, auc = np.abs(p - truth).mean(), metrics.roc_auc(Y_test, p)
        print(f"{name:10} {away:.4f} from the truth   ROC AUC {auc:.4f}")

# %% [markdown]
# Where the truth is known, no model can expect a higher ROC AUC than it has: of two rows
# it puts the likelier one first, which wins the pair more often. Other features or another
# model could close a part of that gap. In the simulated clinic they cannot close all of it:
# how reliable a patient is counts too, as
# [`clinic`](../src/lopsided/table/simulate.py) says. Of that no feature tells, but another
# row of the same patient does. Take test rows whose patient has another one, and ask how
# that one ended:

# %% tags=["nbval-check-output"]
by_patient = pd.DataFrame({"g": of_one, "share": Y_test[0], "predicted": p_test[0]})
by_patient["the other"] = by_patient.groupby("g")["share"].shift()  # the one before
by_other = by_patient.groupby("the other")[["share", "predicted"]]
said_of_both = by_other.mean().assign(rows=by_other.size())
show(said_of_both.rename({1: words[0], 0: words[1]}).round(3))

# %% [markdown]
# `share` is how many were positive. Where the other row was, this one is so more often, and
# the network cannot know: it predicts nearly the same of both.
#
# A threshold or the correction closes none of the gap, since both keep the order of the
# rows. The correction takes back the distance that the weight had made, no more.

# %% [markdown]
# ## What we saw
#
# - A threshold is a level line. Moving it trades one mistake for the other.
# - A threshold answers a question. Say which, and choose without test labels: on them,
#   any choice looks better than it is.
# - Look for ties. A network whose layer is off gives many rows one answer.
# - A class weight multiplies the odds by $w$, and one half comes to lie where
#   $1/(1 + w)$ was. Exactly so where the model can give each group of rows its share;
#   nearly for the trained networks here. Where a model cannot fit, the weight moves its
#   errors, and may change the order of rows.
# - Undersampling and oversampling are, on average, that weight under other names.
# - Probabilities are worth keeping honest. Decide with a threshold, not with a weight.
#
# ## On your own
#
# 1. You can call one row in twenty. Which rule do you use, and what precision do you get?
#
#    <details><summary>Answer</summary>
#
#    `capacity`, with a twentieth of the test rows. The table of the eight ways has its
#    precision. For another share:
#    `reached("precision:0.3", Y_test, p_test, cut_by("capacity:2210"))`, where the number
#    after `precision` has no part. No rule that flags as many of these rows can have a
#    higher precision without another order of the rows, unless it breaks a tie by luck.
#
#    </details>
#
# 2. Theory says where `f1`, `youden` and `cost:5:1` cut. Why do the rules find other
#    values on these rows? Is the one that came nearest the best rule?
#
#    <details><summary>Answer</summary>
#
#    For three reasons. The theory is about calibrated predictions, and the network is only
#    nearly so. The rows are a sample: the best value on them is partly luck. And each
#    measure is flat near its optimum, so a little luck moves the threshold far. To come
#    near is partly luck, too: other rows would move it.
#
#    </details>
#
# 3. A weight of two instead of the balanced one: which threshold on its probabilities
#    decides as the prevalence does without weight? Train it and see.
#
#    <details><summary>Answer</summary>
#
#    The odds of the prevalence $\pi$, times two: $q = 2\pi / (2\pi + 1 - \pi)$. For one
#    in five that is $1/3$. Call `trained(weighting="positive", w=2.0)`, and compare its
#    decisions at that threshold with those of the first network at $\pi$.
#
#    </details>
#
# 4. In the toy world, draw the picture of the moved line with $w = 1/4$ for the positives.
#    What does a weight below one do, and which level line will one half lie on?
#
#    <details><summary>Answer</summary>
#
#    `weight_and_threshold(no_weight, learned(0.25), 0.25, X_toy, Y_toy)`. It makes
#    positives count less, so the ring of one half shrinks: to the line
#    $1 / (1 + 1/4) = 0.8$ of the first network.
#
#    </details>
#
# Practise: [exercises](../exercises/04_threshold_analysis.py), whose tests say what is
# wrong.
#
# Next: [The report](05_report.ipynb).
