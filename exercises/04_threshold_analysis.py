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
# find thresholds for a cost, for a recall and for a class weight.
#
# **You need** lesson 04, *Choose a threshold*. About 50 minutes.
#
# **How it works.** Where a cell says `YOUR CODE HERE`, delete the line that raises
# `NotImplementedError` and write your answer. The cell below it tests the answer. If it
# prints nothing, the answer passes so far; there are more tests when it is graded. The
# last task is a question. Write a few sentences; a person reads them.
#
# Before you hand in: restart the kernel and run all cells.

# %%
import numpy as np

from lopsided.lesson.metrics import confusion_matrix, count_metrics
from lopsided.lesson.threshold import choose, class_cdfs, equivalent_threshold, predict

# %% [markdown]
# ## 1. Count by hand
#
# | row | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | actual | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 0 |
# | predicted $p$ | 0.8 | 0.3 | 0.4 | 0.6 | 0.1 | 0.2 | 0.4 | 0.3 |
#
# The threshold is 0.4. Count on paper, and write the four numbers down.
#
# *Hint.* A row is predicted positive when $p \ge t$. Two rows have exactly 0.4.

# %% tags=["answer:by_hand"]
### BEGIN SOLUTION
tn, fp, fn, tp = 3, 2, 1, 2
### END SOLUTION

# %% tags=["test:by_hand:2"]
assert tn + fp + fn + tp == 8, "every row is counted once"
assert fn + tp == 3, "three rows are positive"
### BEGIN HIDDEN TESTS
Y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
p = np.array([0.8, 0.3, 0.4, 0.6, 0.1, 0.2, 0.4, 0.3])
assert [[tn, fp], [fn, tp]] == confusion_matrix(Y, predict(p, 0.4)).tolist()
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
recall, fpr, precision = read_cdfs(0.9, 0.5, 0.5)
assert np.isclose(recall, 0.5)
assert np.isclose(fpr, 0.1)
### BEGIN HIDDEN TESTS
assert np.isclose(precision, 5 / 6)
rng = np.random.default_rng(0)
Y = (rng.random(500) < 0.2).astype(int)
p = np.round(rng.beta(2 + Y, 4), 2)
values, F_0, F_1 = class_cdfs(Y, p)
for i in (20, 50):  # p >= values[i + 1] is p > values[i]
    counted = count_metrics(*confusion_matrix(Y, p >= values[i + 1]).flat)
    names = ["recall", "false_positive_rate", "precision"]
    read = read_cdfs(F_0[i], F_1[i], Y.mean())
    assert np.allclose(read, [counted[name] for name in names])
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
assert cost_threshold(1, 1) == 0.5, "equal costs: whatever is likelier"
assert cost_threshold(9, 1) < 0.5, "misses are dear: say positive sooner"
### BEGIN HIDDEN TESTS
p = np.linspace(0.0005, 0.9995, 1000)
for miss, alarm in ((5, 1), (1, 3), (20, 7)):
    t = cost_threshold(miss, alarm)
    least = np.minimum(p * miss, (1 - p) * alarm)
    assert np.allclose(np.where(p >= t, (1 - p) * alarm, p * miss), least)
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
Y, p = np.array([1, 1, 1, 1, 0]), np.array([0.9, 0.7, 0.5, 0.3, 0.6])
assert (p >= recall_threshold(Y, p, 0.5)).tolist() == [True, True, False, False, False]
assert (p >= recall_threshold(Y, p, 1)).all(), "all positives are found"
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
Y = (rng.random(303) < 0.3).astype(int)
p = np.round(rng.beta(2 + Y, 4), 2)  # with ties
for r in (0.8, 0.33, 0.01, 1):
    ours, theirs = recall_threshold(Y, p, r), choose(f"recall:{r}", Y, p, p).t
    assert np.array_equal(p >= ours, p >= theirs)
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
assert np.isclose(without_weight(1, 0.3), 0.3), "no weight, no change"
assert np.isclose(without_weight(4, 0.5), 0.2), "1 / (1 + w)"
### BEGIN HIDDEN TESTS
for w, t in ((4, 0.3), (0.5, 0.5), (49, 0.9)):
    assert np.isclose(without_weight(w, t), equivalent_threshold(w, t))
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Judge a result
#
# A paper tries every threshold on its 200 test rows, takes the one with the highest F1, and
# reports that F1. Which way is the number likely to be off, and why? Does it matter as much
# with 20,000 rows? What should they have done?

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
