# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Practise choosing a threshold
#
# **You will** fill in a confusion matrix by hand, read rates off two distributions, and
# find thresholds for a cost, for a recall and for a class weight. In the end, you draw the
# curve of all thresholds.
#
# **You need** lesson 4, *Choose a threshold*. About 60 minutes.
#
# **How it works.** Where a cell says `YOUR CODE HERE`, delete the line that raises
# `NotImplementedError` and write your answer. The cell below it tests the answer. If it
# shows no error, the answer passes so far; there are more tests when it is graded. If it
# fails, the last lines of the error show what you gave, what was wanted, and a likely
# cause. The last task is a question. Write a few sentences; a person reads them.
#
# Before you hand in: restart the kernel and run all cells.

# %%
import numpy as np

from lopsided.lesson import toy
from lopsided.lesson.metrics import confusion_matrix, count_metrics, counts_above
from lopsided.lesson.threshold import choose, class_cdfs, equivalent_threshold, predict
from lopsided.report import figures
from lopsided.report.display import show
from lopsided.report.feedback import check, compare, defined

# %% [markdown]
# ## 1. Count by hand
#
# | row | actual | predicted $p$ |
# | --- | --- | --- |
# | 1 | 1 | 0.8 |
# | 2 | 0 | 0.3 |
# | 3 | 1 | 0.4 |
# | 4 | 0 | 0.6 |
# | 5 | 0 | 0.1 |
# | 6 | 1 | 0.2 |
# | 7 | 0 | 0.4 |
# | 8 | 0 | 0.3 |
#
# The threshold is 0.4. Count on paper, and write the four numbers down.
#
# *Hint.* A row is predicted positive when $p \ge t$. Two rows have exactly 0.4.

# %% tags=["answer:by_hand"]
### BEGIN SOLUTION
tn, fp, fn, tp = 3, 2, 1, 2
### END SOLUTION

# %% tags=["test:by_hand:2"]
defined(globals(), tn="a number", fp="a number", fn="a number", tp="a number")
counted = {"tn": tn, "fp": fp, "fn": fn, "tp": tp}
all_of_them = "tn + fp + fn + tp, the rows"
compare(sum(counted.values()), 8, all_of_them, note="every row is counted once")
who = "rows 1, 3 and 6 are positive: fn and tp count them, tn and fp the others"
compare(fn + tp, 3, "fn + tp, the positives", note=who)
### BEGIN HIDDEN TESTS
Y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
p = np.array([0.8, 0.3, 0.4, 0.6, 0.1, 0.2, 0.4, 0.3])


def count(called):
    four = confusion_matrix(Y, called).ravel().tolist()
    return dict(zip(("tn", "fp", "fn", "tp"), four, strict=True))


right = count(predict(p, 0.4))
slips = {
    "rows 3 and 7 have exactly 0.4, and p >= t calls them": count(p > 0.4),
    "one of the two rows at 0.4 is missing: the positive one": count(
        (p >= 0.4) & (np.arange(8) != 2)
    ),
    "one of the two rows at 0.4 is missing: the negative one": count(
        (p >= 0.4) & (np.arange(8) != 6)
    ),
    "fp and fn are swapped: a false positive is called, and is none": right
    | {"fp": right["fn"], "fn": right["fp"]},
    "tn and tp are swapped": right | {"tn": right["tp"], "tp": right["tn"]},
    "the classes are swapped: positive is 1": count(p >= 0.4)
    | {"tn": right["tp"], "tp": right["tn"], "fp": right["fn"], "fn": right["fp"]},
    "called and not called are swapped": count(p < 0.4),
    "everybody is called": count(p >= 0),
    "nobody is called": count(p > 1),
    "the threshold is 0.4, not 0.3": count(p >= 0.3),
}
compare(counted, right, "the four counts", slips)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Read the distributions
#
# Just below a threshold, the CDF of the negatives is at $F_0$ and that of the positives at
# $F_1$. The share of positives is $\pi$. Give recall, false positive rate and precision.
#
# *Hint.* $F_1$ is the share of positives that *lie below*. For the precision, imagine
# 1000 rows, and count.


# %% tags=["answer:cdf"]
def read_cdfs(F_0, F_1, share):
    """Return (recall, false positive rate, precision)."""
    ### BEGIN SOLUTION
    recall, fpr = 1 - F_1, 1 - F_0
    return recall, fpr, share * recall / (share * recall + (1 - share) * fpr)
    ### END SOLUTION


# %% tags=["test:cdf:3"]
wanted = 0.7, 0.1
check(read_cdfs, 0.9, 0.3, 0.2, wanted=wanted, look=lambda three, *_: tuple(three[:2]))
### BEGIN HIDDEN TESTS
check(read_cdfs, 0.9, 0.3, 0.2, wanted=(0.7, 0.1, 7 / 11))
rng = np.random.default_rng(0)
Y = (rng.random(500) < 0.2).astype(int)
p = np.round(rng.beta(2 + Y, 4), 2)
values, F_0, F_1 = class_cdfs(Y, p)
for i in (20, 50):  # p >= values[i + 1] is p > values[i]
    counted = count_metrics(*confusion_matrix(Y, p >= values[i + 1]).flat)
    names = ["recall", "false_positive_rate", "precision"]
    expected = tuple(float(counted[name]) for name in names)
    given = float(F_0[i]), float(F_1[i]), float(Y.mean())
    check(read_cdfs, *given, wanted=expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Find a threshold for costs
#
# A miss costs `miss`, a false alarm costs `alarm`; whoever is right pays nothing. The
# probabilities can be trusted. From which $p$ on should you say "positive"?
#
# *Hint.* For one row, write down the expected cost of saying "positive", and of saying
# "negative". Where are they equal?


# %% tags=["answer:cost"]
def cost_threshold(miss, alarm):
    """Return the threshold on p with the lowest expected cost."""
    ### BEGIN SOLUTION
    return alarm / (alarm + miss)
    ### END SOLUTION


# %% tags=["test:cost:2"]
sooner = "misses are dear: say positive sooner"
check(cost_threshold, 7, 2, wanted=2 / 9, note=sooner)
check(cost_threshold, 1, 1, wanted=0.5, note="equal costs: whatever is likelier")
### BEGIN HIDDEN TESTS
p = np.linspace(0.0005, 0.9995, 1000)


def paid(t, miss, alarm):
    return np.mean(np.where(p >= t, (1 - p) * alarm, p * miss))


for miss, alarm in ((5, 1), (1, 3), (20, 7)):
    best = p[np.argmin([paid(t, miss, alarm) for t in p])]
    note = f"of a thousand thresholds, the cheapest was {best:.4f}"
    check(cost_threshold, miss, alarm, wanted=best, atol=0.0011, note=note)
    least = np.mean(np.minimum(p * miss, (1 - p) * alarm))
    check(cost_threshold, miss, alarm, wanted=least, look=paid, note=note)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Find a threshold for a recall
#
# Return the highest threshold that still finds a share `r` of the positives. This is the
# rule `recall:r` of the lesson; any threshold that decides alike will do.
#
# *Hint.* Sort the predictions of the positives. How many of them must be found? Do not
# round down.


# %% tags=["answer:recall"]
def recall_threshold(Y, p, r):
    """Return a threshold: Y and p have shape (m,), r lies in (0, 1]."""
    ### BEGIN SOLUTION
    of_positives = np.sort(p[Y == 1])[::-1]
    return of_positives[int(np.ceil(r * of_positives.size)) - 1]
    ### END SOLUTION


# %% tags=["test:recall:3"]
def called(t, Y, p, r):
    """Say what your threshold does; two numbers that decide alike are equally good."""
    return {"rows called": int(np.sum(p >= t)), "recall": np.mean(p[Y == 1] >= t)}


positives = [0.15, 0.96, 0.1, 0.35, 0.07, 0.21, 0.29]
negatives = [0.87, 0.86, 0.45, 0.38, 0.3, 0.28, 0.27, 0.2, 0.05]
Y, p = np.array([1] * 7 + [0] * 9), np.array(positives + negatives)
three = {"rows called": 8, "recall": 3 / 7}
why = "0.4 of seven positives are 2.8, so three must be found"
check(recall_threshold, Y, p, 0.4, wanted=three, look=called, note=why)
everybody = {"rows called": 15, "recall": 1.0}
check(recall_threshold, Y, p, 1, wanted=everybody, look=called, note="all are found")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
Y = (rng.random(303) < 0.3).astype(int)
p = np.round(rng.beta(2 + Y, 4), 2)  # with ties
for r in (0.79, 0.33, 0.01, 1):
    theirs = choose(f"recall:{r}", Y, p, p).t
    check(recall_threshold, Y, p, r, wanted=called(theirs, Y, p, r), look=called)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Replace a weight by a threshold
#
# A perfect model that was trained with weight $w$ on positives says
# $q = wp / (wp + 1 - p)$. Someone decides by $q \ge t$. You have the model without the
# weight. Which threshold on $p$ decides alike?
#
# *Hint.* The weight multiplies the odds $p / (1 - p)$ by $w$. Divide the odds of $t$.


# %% tags=["answer:law"]
def without_weight(w, t):
    """Return the threshold on p that decides as t does on q."""
    ### BEGIN SOLUTION
    odds = t / (1 - t) / w
    return odds / (1 + odds)
    ### END SOLUTION


# %% tags=["test:law:2"]
check(without_weight, 5, 0.6, wanted=3 / 13, note="odds of 3 to 2, by 5: 3 to 10")
check(without_weight, 1, 0.3, wanted=0.3, note="no weight, no change")
### BEGIN HIDDEN TESTS
for w, t in ((4, 0.3), (0.5, 0.5), (49, 0.9)):
    check(without_weight, w, t, wanted=equivalent_threshold(w, t))
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Draw all thresholds at once
#
# A ROC curve has a point for each threshold: the false positive rate to the right, the
# recall upwards. Return both, from $(0, 0)$, where nobody is called, up to $(1, 1)$, where
# everybody is. Between them there is one point for each distinct prediction, the highest
# first. Rows with equal predictions are called together.
#
# When your answer passes, your curve comes as a picture, with that of the package.
#
# *Hint.* `np.unique(p)` gives each value once, rising. A loop over thresholds will do.


# %% tags=["answer:roc"]
def roc(Y, p):
    """Return (false positive rates, recalls): Y and p have shape (m,)."""
    ### BEGIN SOLUTION
    called = [np.zeros(p.shape, bool)] + [p >= t for t in np.unique(p)[::-1]]
    fpr = [np.mean(c[Y == 0]) for c in called]
    return np.array(fpr), np.array([np.mean(c[Y == 1]) for c in called])
    ### END SOLUTION


# %% tags=["test:roc:3"]
Y, p = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.6, 0.6, 0.4, 0.1])
at_ties = "a point for each distinct prediction: rows 2 and 3 share one"
wanted = np.array([0, 0, 1, 2, 3]) / 3, np.array([0, 1, 2, 2, 2]) / 2
check(roc, Y, p, wanted=wanted, note=at_ties)
X_toy, Y_toy = toy.points(np.random.default_rng(0))
truth = toy.probability(X_toy)[0]
fpr, recall = roc(Y_toy[0], truth)
drawn = figures.roc(Y_toy, truth, 0.2)
drawn.figure.axes[0].plot(fpr, recall, "k:", lw=4)  # yours, over the package's
show(drawn)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
for digits in (1, 2, 9):
    Y = (rng.random(200) < 0.25).astype(int)
    p = np.round(rng.beta(2 + Y, 4), digits)
    _, fp, tp = counts_above(Y, p)
    expected = np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1])
    check(roc, Y, p, wanted=expected)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Judge a result
#
# A paper tries every threshold on its 200 test rows, takes the one with the highest F1, and
# reports that F1. Which way is the number likely to be off, and why? Does it matter as much
# with 20,000 rows? What should they have done?
#
# *Hint.* Think of a measured F1 as its true value plus luck. Which of many does one take
# who takes the highest?

# %% [markdown] tags=["open:flatter:3"]
# It is likely to be too high. Each threshold's F1 on these rows is its true value plus
# luck. The highest of many such numbers was partly chosen for its luck, and on new rows
# that luck is gone.
#
# With 20,000 rows the luck of each threshold is smaller, so less is gained by picking; the
# flattery shrinks, though it stays on the same side.
#
# They should choose the threshold on other rows: the training rows, a validation set, or by
# cross-validation. Then measure once on the test rows, and give an interval.
