# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Choose a threshold
#
# **You will** turn probabilities into decisions, count what goes wrong, and compare
# eight ways to say where "yes" begins.
#
# **You will learn** to read class-wise distributions, why a class weight and a
# threshold are nearly the same remedy, and how to see whether probabilities can be
# trusted.
#
# **You need** [Train the network](03_training.ipynb). About 25 minutes.
#
# This is sections 8 and 9 of the report. No rule sees a test label. Each is applied to
# training rows, except `capacity`, which reads the predictions of the rows to be decided
# on.

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
threshold = None  # None: 0.18 for the appointments, "prevalence" for other tables

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

from lopsided import experiment, figures, metrics, results
from lopsided import threshold as thresholds
from lopsided.data import load
from lopsided.figures import show
from lopsided.loss import balanced_weight

# %% [markdown]
# ## The predictions
#
# In a run they are read from the run's folder. Alone, this notebook trains first.

# %%
table = load(P)
P = table.parameters
fitted = results.fitted(P, table)
p_train, p_test = fitted.p_train, fitted.p_test
Y_train, Y_test = table.Y_train, table.Y_test

# %% tags=["nbval-check-output"]
choice = experiment.choose_threshold(P, table, p_train, p_test)
t = choice.t
print(f"{Y_test.size} test {table.rows}, {int(Y_test.sum())} positive")
print(f"threshold {t:.4g} ({experiment.strategy_name(P)}) {choice.note}")

# %% [markdown]
# ## Two distributions, one axis
#
# For each class, draw the share of its rows whose prediction is at most $p$. If the
# network knew nothing, the two curves would lie on each other, but for chance. The
# further apart they are, the better a threshold between them can do.

# %%
cdf = figures.cdf(Y_test, p_test, t, table.positive, table.negative)
results.save_picture(P.run_dir, cdf)
show(cdf)

# %% [markdown]
# The widest vertical gap is the Kolmogorov–Smirnov distance. Where positives have the
# higher predictions, it is also the largest recall minus false positive rate that any
# threshold can reach. The threshold for it lies just above the printed $p$: the curves
# count rows up to and including $p$.

# %% tags=["nbval-check-output"]
gap, at = thresholds.ks_distance(Y_test, p_test)
print(f"widest gap {gap:.4f} at p = {at:.4f}")
print(f"ROC AUC {metrics.roc_auc(Y_test, p_test):.4f}")

# %% [markdown]
# ## One threshold, by hand
#
# A row is predicted positive when $p \ge t$. Four things can happen to it. Count them.

# %% tags=["nbval-check-output"]
positive = p_test >= t
tn = int(np.sum(~positive & (Y_test == 0)))
fp = int(np.sum(positive & (Y_test == 0)))
fn = int(np.sum(~positive & (Y_test == 1)))
tp = int(np.sum(positive & (Y_test == 1)))
print(f"tn {tn}   fp {fp}   fn {fn}   tp {tp}")

# %% [markdown]
# From the four counts follow the measures that the report uses:
#
# $$\text{accuracy} = \frac{tn + tp}{m}, \quad
# \text{precision} = \frac{tp}{tp + fp}, \quad
# \text{recall} = \frac{tp}{tp + fn}, \quad
# F_1 = \frac{2\,tp}{2\,tp + fp + fn}.$$

# %% tags=["nbval-check-output"]
measured = metrics.count_metrics(tn, fp, fn, tp)
for name, value in measured.items():
    print(f"{name:20} {value:.4f}")

# %% [markdown]
# ## The confusion matrix
#
# Each line of the matrix is an actual class, each column a predicted one; negative
# comes first. The percentages divide each line by its total, so that a rare class can be
# compared with a common one.

# %%
confusion = metrics.confusion_matrix(Y_test, positive)
assert confusion.tolist() == [[tn, fp], [fn, tp]]
matrix = figures.confusion(confusion, table.positive, table.negative)
results.save_picture(P.run_dir, matrix)
show(matrix)

# %% [markdown]
# Set two rules beside it that need no network. Whoever always says "negative" is right
# as often as negatives occur. Whoever always says "positive" misses nothing.

# %% tags=["nbval-check-output"]
rules = {
    "the network": positive,
    "always negative": np.zeros_like(positive),
    "always positive": np.ones_like(positive),
}
names = ["accuracy", "f1", "precision", "recall"]
rows = {
    rule: metrics.count_metrics(*metrics.confusion_matrix(Y_test, said).flat)
    for rule, said in rules.items()
}
show(pd.DataFrame(rows).T[names].astype(float).round(4))

# %% [markdown]
# NaN under precision means that nothing was called positive: the quotient
# does not exist.
#
# ## Eight ways to choose
#
# Each rule answers a different question. All are asked of training rows. Only
# `capacity` looks at the rows to be decided on, and it needs no labels: it flags as
# many as there is room for.

# %%
room = max(1, Y_test.size // 20)
questions = {
    "0.5": "is it more likely than not?",
    "prevalence": "is it likelier than average?",
    "f1": "where is F1 highest?",
    "youden": "where is recall - FPR highest?",
    "recall:0.8": "how strict can I be and find 80 %?",
    "precision:0.3": "how wide can I go and be right 30 %?",
    "cost:5:1": "what if a miss costs five false alarms?",
    f"capacity:{room}": f"which {room} are the likeliest?",
}

# %% tags=["nbval-check-output"]
rows, marks = [], {}
for rule in questions:
    rule_or_number = 0.5 if rule == "0.5" else rule
    chosen = thresholds.choose(rule_or_number, Y_train, p_train, p_test).t
    table_ = metrics.confusion_matrix(Y_test, p_test >= chosen)
    test = metrics.count_metrics(*table_.flat)
    rows.append([rule, chosen, *(float(test[n]) for n in names)])
    marks[rule] = chosen
show(pd.DataFrame(rows, columns=["rule", "threshold", *names]).round(4))

# %%
for rule, question in questions.items():
    print(f"{rule:14} {question}")

# %%
few = {rule: marks[rule] for rule in ("prevalence", "f1", "recall:0.8", "cost:5:1")}
by_threshold = figures.measures_by_threshold(Y_test, p_test, few)
results.save_picture(P.run_dir, by_threshold)
show(by_threshold)

# %% [markdown]
# For calibrated probabilities, theory says where some of these rules must land.
# Youden's rule: at the prevalence. F1: at half of the best F1 (Lipton et al. 2014).
# Costs: at the false alarm's share of both costs (Elkan 2001). The nearer a network is
# to calibrated, the nearer it comes.

# %% tags=["nbval-check-output"]
c = thresholds.candidates(Y_train, p_train)
best_f1 = np.max(metrics.count_metrics(c.tn, c.fp, c.fn, c.tp)["f1"])
theory = {"youden": Y_train.mean(), "f1": best_f1 / 2, "cost:5:1": 1 / 6}
for rule, expected in theory.items():
    print(f"{rule:10} theory {expected:.4f}   chosen {marks[rule]:.4f}")

# %%
curve = figures.roc(Y_test, p_test, t)
results.save_picture(P.run_dir, curve)
show(curve)

# %% [markdown]
# ## A weight is a threshold in disguise
#
# Suppose that a perfect model says $p$. Give the positives a weight $w$ and train
# again. A perfect model then says
#
# $$q = \frac{w p}{w p + 1 - p},$$
#
# since the weight multiplies the odds. So asking $q \ge 1/2$ is asking
# $p \ge 1/(1 + w)$. With the balanced weight, negatives over positives, $1/(1 + w)$ is
# the prevalence itself.

# %% tags=["nbval-check-output"]
w_balanced = balanced_weight(Y_train)
same = thresholds.equivalent_threshold(w_balanced)
print(f"balanced w = {w_balanced:.4f}")
print(f"1 / (1 + w) = {same:.4f}, prevalence = {Y_train.mean():.4f}")

# %% [markdown]
# Apply the formula to the network's predictions, after undoing any weight that it was
# trained with. The decisions agree row by row, and the ROC curve stays, because the
# formula keeps the order of the rows. This checks the algebra. It does not show what a
# second training would do.

# %% tags=["nbval-check-output"]
w_fit = fitted.w if P.weighting == "positive" else 1.0
p_plain = thresholds.unweighted_probability(p_test, w_fit)  # undo training's weight
q_test = thresholds.weighted_probability(p_plain, w_balanced)
clear = np.abs(q_test - 0.5) > 1e-9  # leave aside what rounding could move
agree = (q_test >= 0.5)[clear] == (p_plain >= same)[clear]
print(f"equal decisions: {agree.mean():.2%} of {agree.size}")
aucs = metrics.roc_auc(Y_test, p_plain), metrics.roc_auc(Y_test, q_test)
print(f"ROC AUC {aucs[0]:.4f} before, {aucs[1]:.4f} after")

# %% [markdown]
# This is a law of perfect models. A network of finite size, trained for finite time,
# obeys it only nearly.
#
# ## Can the probabilities be trusted?
#
# Sort rows by their prediction and cut them into up to ten parts of about equal size. In
# each, compare the mean prediction with the share that was really positive.
# Probabilities whose points lie on the diagonal are called *calibrated*. A weight on one
# class moves them off it: they no longer say how often the positive class occurs.

# %%
probabilities = {"network": p_test, "balanced, by the law": q_test}
if w_fit != 1:
    probabilities["without weight, by the law"] = p_plain
reliability = figures.reliability(Y_test, probabilities)
results.save_picture(P.run_dir, reliability)
show(reliability)

# %% tags=["nbval-check-output"]
for name, p in probabilities.items():
    print(f"{name:26} mean {p.mean():.4f}   Brier {metrics.brier(Y_test, p):.4f}")
print(f"{'share of positives':26}      {Y_test.mean():.4f}")

# %% [markdown]
# Only a simulation knows each row's true probability. Where we have one, we can ask
# how far the network is from the truth, and how good the truth itself would be.

# %% tags=["nbval-check-output"]
truth = table.p_true_test
if truth is None:
    print("A real table: the true probabilities are unknown.")
else:
    gap = np.abs(p_plain - truth)
    print(f"median distance from the truth: {np.median(gap):.4f}")
    print(f"ROC AUC of the truth:   {metrics.roc_auc(Y_test, truth):.4f}")
    print(f"ROC AUC of the network: {metrics.roc_auc(Y_test, p_test):.4f}")

# %% [markdown]
# ## What we saw
#
# - The CDFs show every threshold at once. Their widest gap bounds recall minus false
#   positive rate, not F1 or cost.
# - A threshold answers a question. Say which, and choose without test labels.
# - A class weight moves the odds by a factor. A threshold undoes or replaces it.
# - Probabilities are worth keeping honest. Decide with a threshold, not with a weight.
#
# ## On your own
#
# 1. You can call back one row in ten. Which rule do you use, and what precision do you
#    get?
# 2. A miss costs you five false alarms. The theory says $t = 1/6$. Why does the rule
#    find another value on these rows?
# 3. Choose the best F1 threshold on the *test* rows. How much better does it look, and
#    what would you tell someone who did that?
#
# Next: [The report](05_report.ipynb).
