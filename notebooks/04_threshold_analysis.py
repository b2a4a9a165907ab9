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
# **You will** turn probabilities into decisions, count what goes wrong, and compare
# eight ways to choose a [threshold](glossary.md#threshold): where "yes" begins.
#
# **You will learn** to read class-wise distributions, what tuning on test rows would
# hide, why a class weight and a threshold are nearly the same remedy, and how to see
# whether probabilities can be trusted.
#
# **You need** [Train the network](03_training.ipynb). About 40 minutes.
#
# This is sections 8 and 9 of the report. No rule sees a label of the test rows. Each is
# applied to training rows, except `capacity`, which reads the predictions of the rows
# to be decided on.

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
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV

from lopsided import NeuralNetClassifier
from lopsided.lesson import metrics
from lopsided.lesson import threshold as thresholds
from lopsided.lesson.loss import balanced_weight
from lopsided.report import experiment, figures, results
from lopsided.report.comparison import resampled
from lopsided.report.display import show
from lopsided.report.intervals import curve_bands
from lopsided.table.dataset import load

# %% [markdown]
# ## The predictions
#
# In a run they are read from the run's folder. Alone, this notebook trains first.

# %%
table = load(P)
P = results.choice(table.parameters, table).parameters
fitted = results.fitted(P, table)
p_train, p_test = fitted.p_train, fitted.p_test
Y_train, Y_test = table.Y_train, table.Y_test

# %% tags=["nbval-check-output"]
choice = experiment.choose_threshold(P, table, p_train, p_test)
t = choice.t
print(f"{Y_test.size} test {table.words.rows}, {int(Y_test.sum())} positive")
print(f"threshold {t:.4g} ({experiment.strategy_name(P)}) {choice.note}")

# %% [markdown]
# ## Two distributions, one axis
#
# For each class, draw the share of its rows whose prediction is at most $p$: its
# [class-wise distribution](glossary.md#class-wise-distribution), or CDF, for cumulative
# distribution function. If the network knew nothing, the two curves would lie on each
# other, but for chance. The further apart they are, the better a threshold between them
# can do. An upright step is a tie.

# %%
cdf = figures.cdf(Y_test, p_test, t, table.words.positive, table.words.negative)
results.save_picture(P.run_dir, cdf)
show(cdf)

# %% [markdown]
# Cut at a threshold. What the positives' curve leaves above the cut is the share of
# positives that are called positive: the [recall](glossary.md#recall). What the
# negatives' curve leaves above it is the share of negatives that are called positive:
# the [false positive rate](glossary.md#false-positive-rate), FPR. The widest vertical
# gap is the [Kolmogorov-Smirnov distance](glossary.md#kolmogorov-smirnov-distance).
# Where positives have the higher predictions, it is the largest recall minus false
# positive rate that any threshold can reach. That threshold lies just above the printed
# $p$: the curves count rows up to and including $p$.
#
# *ROC AUC* is the chance that a random positive has a higher prediction than a random
# negative, ties counting one half. One half is what guessing reaches.

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
# [accuracy](glossary.md#accuracy), [precision](glossary.md#precision), recall, false
# positive rate, and [F1](glossary.md#f1).
#
# $$\begin{aligned}
# \text{accuracy} &= \frac{tn + tp}{m} \\
# \text{precision} &= \frac{tp}{tp + fp} \\
# \text{recall} &= \frac{tp}{tp + fn} \\
# \text{FPR} &= \frac{fp}{fp + tn} \\
# F_1 &= \frac{2\,tp}{2\,tp + fp + fn}
# \end{aligned}$$

# %% tags=["nbval-check-output"]
measured = metrics.count_metrics(tn, fp, fn, tp)
for name, value in measured.items():
    print(f"{name:20} {value:.4f}")

# %% [markdown]
# ## The confusion matrix
#
# Each line of the [confusion matrix](glossary.md#confusion-matrix) is an actual class,
# each column a predicted one; negative comes first. The percentages divide each line by
# its total, so that a rare class can be compared with a common one.

# %%
confusion = metrics.confusion_matrix(Y_test, positive)
assert confusion.tolist() == [[tn, fp], [fn, tp]]
matrix = figures.confusion(confusion, table.words.positive, table.words.negative)
results.save_picture(P.run_dir, matrix)
show(matrix)

# %% [markdown]
# In the upper line, the percentage on the right is the false positive rate. In the
# lower one, it is the recall.
#
# Set two rules beside it that need no network. Whoever always says "negative" is right
# as often as negatives occur. Whoever always says "positive" misses nothing, and is
# right as often as positives occur: this share is the
# [prevalence](glossary.md#prevalence).

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
# NaN under precision means that nothing was called positive: the quotient does not
# exist. Compare the network with both rules. With a low threshold it may well be right
# less often than "always negative", which finds no one: accuracy counts a miss and a
# false alarm alike. F1 has a floor too, the line "always positive".
#
# ## Move it yourself
#
# Before any rule, [move the threshold](08_explore.ipynb#move-it) by hand, on networks
# that were trained for a few epochs only. Where would you cut, and what for?

# %% [markdown]
# ## Eight ways to choose
#
# Each rule answers a different question. One half needs no rows. The others ask
# training rows, except `capacity`: it looks at the rows to be decided on, and needs no
# labels. It flags as many as there is room for.

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

# %%
for rule, question in questions.items():
    print(f"{rule:14} {question}")

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

# %% [markdown]
# Read the table by threshold: the higher it is, the lower the recall. A rule wins in
# the column that it asks for, and pays in another.
#
# Each rule looks at a curve of its own. Below, the curve on training rows decides, and
# the curve on test rows tells how well that carries over. Where the two part, one of
# them shows luck: often few rows are left there.

# %%
by_rule = {"accuracy" if r == "0.5" else r: t_ for r, t_ in marks.items()}
rules = figures.rules((Y_train, p_train), (Y_test, p_test), by_rule)
results.save_picture(P.run_dir, rules)
show(rules)

# %% [markdown]
# `prevalence` is drawn on the curve of `youden`, and one half on accuracy: where
# probabilities can be trusted, these belong together, as the next section shows. Now
# the same thresholds on the two distributions.

# %%
on_cdf = figures.cdf_rules(
    Y_test, p_test, marks, table.words.positive, table.words.negative
)
results.save_picture(P.run_dir, on_cdf)
show(on_cdf)

# %%
few = {rule: marks[rule] for rule in ("prevalence", "f1", "recall:0.8", "cost:5:1")}
by_threshold = figures.measures_by_threshold(Y_test, p_test, few)
results.save_picture(P.run_dir, by_threshold)
show(by_threshold)

# %% [markdown]
# Each line in the first figure leaves to its right what its rule calls positive. The
# second figure says what that is worth. Recall can only fall as the threshold rises.
# Precision may jump about at the right end, where few rows are left to decide it.
#
# ## Theory, as a check
#
# Probabilities are [calibrated](glossary.md#calibrated) when they come true as often as
# they say: of all rows with prediction $p$, a share $p$ is positive. For these,
# theory says where some rules must cut.
#
# - *Cost.* To call a row positive costs $(1 - p) \, c_\text{alarm}$ on average, to call
#   it negative $p \, c_\text{miss}$. The first is less where
#   $p > c_\text{alarm} / (c_\text{alarm} + c_\text{miss})$ (Elkan 2001). With equal costs
#   this is one half, and the cost is the share of wrong decisions.
# - *Youden.* To call one row more positive adds $p / \pi$ to recall and
#   $(1 - p) / (1 - \pi)$ to FPR, as shares of their classes, where $\pi$ is the
#   prevalence. The first is more where $p > \pi$.
# - *F1.* At half of the best F1; for a proof see (Lipton et al. 2014).
#
# This is where the optimum lies for calibrated predictions of all rows of the world. On
# a sample it lies elsewhere, and it is flat: thresholds that differ much can be almost
# equally good. The nearer a network is to calibrated, the nearer it comes.

# %% tags=["nbval-check-output"]
c = thresholds.candidates(Y_train, p_train)
best_f1 = np.max(metrics.count_metrics(c.tn, c.fp, c.fn, c.tp)["f1"])
theory = {"youden": Y_train.mean(), "f1": best_f1 / 2, "cost:5:1": 1 / 6}
for rule, expected in theory.items():
    print(f"{rule:10} theory {expected:.4f}   chosen {marks[rule]:.4f}")

# %% [markdown]
# ## Do not choose on the rows that you report
#
# A threshold chosen on some rows looks better on them than it is: it has fitted their
# luck. Try it. Choose on some of the test rows, measure on the same rows, and then on
# all the others. The difference is what tuning on test rows would flatter.


# %%
def score(rule, Y, p, t):
    counts = metrics.confusion_matrix(Y, p >= t).ravel()
    value = float(thresholds.aim(rule, thresholds.Candidates(t, *counts))[1])
    return -value if rule.startswith("cost") else value


def flattered(rule, n, rng):
    mixed = rng.permutation(Y_test.size)
    ours, rest = ((Y_test[:, r], p_test[:, r]) for r in (mixed[:n], mixed[n:]))
    t = thresholds.choose(rule, *ours, ours[1]).t
    return score(rule, *ours, t) - score(rule, *rest, t)


# %% tags=["nbval-check-output"]
rng, rows = np.random.default_rng(0), {}
for n in (50, 500, 5000):
    n = min(n, Y_test.size // 2)
    for rule in ("f1", "youden", "cost:5:1"):
        draws = pd.Series([flattered(rule, n, rng) for _ in range(100)])
        rows.setdefault(n, {})[rule] = draws.mean()
show(pd.DataFrame(rows).T.rename_axis("rows").round(4))

# %% [markdown]
# The fewer the rows that chose a threshold, the more its merit on them overstates what
# new rows will give.
#
# ## A second opinion
#
# scikit-learn has a tuner of its own. It scores a list of thresholds and takes the best
# one. Hand it our network as an estimator, the same training rows, and a few dozen of
# the thresholds that can make a difference, ours among them.


# %%
def minus_cost(Y, said):
    return -(5 * np.sum(Y > said) + np.sum(Y < said)) / Y.size  # per row


as_estimator = NeuralNetClassifier.from_network(fitted.network)
some = [*c.t[:: max(1, c.t.size // 40)], c.t[-1]]  # from end to end


# %%
def tuned(rule, measure):
    tuner = TunedThresholdClassifierCV(as_estimator, scoring=make_scorer(measure))
    tuner.set_params(cv="prefit", refit=False)
    tuner.set_params(thresholds=np.unique([*some, marks[rule]]))
    return tuner.fit(table.X_train.T, Y_train[0])


# %% tags=["nbval-check-output"]
for rule, measure in {"f1": f1_score, "cost:5:1": minus_cost}.items():
    theirs, ours = tuned(rule, measure), marks[rule]
    best = score(rule, Y_train, p_train, ours)
    print(f"{rule:9} ours   {ours:.4f}, which scores {best:.6g}")
    print(f"          theirs {theirs.best_threshold_:.4f}, {theirs.best_score_:.6g}")

# %% [markdown]
# Both find the same best score: no threshold on the list beats ours. Where several are
# equally good, ours is the highest and scikit-learn's the lowest on its list. Left to
# itself, its tuner tries a hundred evenly spaced thresholds, by cross-validation: the
# right thing for a small table, whose training rows flatter.
#
# ## All thresholds at once
#
# The [ROC curve](glossary.md#roc-curve) shows recall against false positive rate, one
# point a threshold. Guessing would follow the diagonal. The band says how far other rows
# of the same world could have moved it. With the parameter `n_seeds` above one, thin
# lines say how far another seed would have.

# %%
n = min(P.n_bootstrap, 500)
rng = np.random.default_rng([P.seed, 2])
bands = curve_bands(Y_test, p_test, n, rng, groups=table.test.groups) if n else None
curve = figures.roc(Y_test, p_test, t, bands, fitted.P_test[1:])
results.save_picture(P.run_dir, curve)
show(curve)

# %% [markdown]
# The ROC curve does not know how rare the positives are. Precision does. Where
# positives are rare, most calls can be wrong although the ROC curve looks fine.

# %%
curve = figures.precision_recall(Y_test, p_test, t, bands, fitted.P_test[1:])
results.save_picture(P.run_dir, curve)
show(curve)

# %% [markdown]
# Costs change from place to place and year to year. The cost curve shows all of them
# (Drummond and Holte 2006). Let $\pi$ be the prevalence. The horizontal axis is the
# positives' share of what is at stake,
#
# $$x = \frac{\pi \, c_\text{miss}}
# {\pi \, c_\text{miss} + (1 - \pi) \, c_\text{alarm}},$$
#
# the vertical axis the cost as a share of the worst,
# $x (1 - \text{recall}) + (1 - x) \, \text{FPR}$. For one threshold that is a straight
# line. Always saying "negative" costs $x$, always "positive" $1 - x$: the lower of both
# is the dotted roof. Where the thick curve meets it, one answer for everyone is as good
# as the network. The thick curve takes the best threshold on these test rows for each
# $x$, so it is a bound and not a rule.

# %%
lines = {rule: marks[rule] for rule in ("prevalence", "f1", "cost:5:1")}
curve = figures.cost_curve(Y_test, p_test, lines)
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
# $p \ge 1/(1 + w)$. With the [balanced weight](glossary.md#balanced-weight), negatives
# over positives, $1/(1 + w)$ is the prevalence itself.

# %% tags=["nbval-check-output"]
w_balanced = balanced_weight(Y_train)
same = thresholds.equivalent_threshold(w_balanced)
print(f"balanced w = {w_balanced:.4f}")
print(f"1 / (1 + w) = {same:.4f}, prevalence = {Y_train.mean():.4f}")

# %% [markdown]
# This is a law of perfect models: no limit of size, all rows of the world, training to
# the end. Does a network obey it? Train two alike but for the weight, from the same
# first weights and with the same batches. The second decides at one half, the first at
# $1/(1 + w)$.
#
# Something must say what counts as near. So train a third like the first, from another
# seed. The training is short and at the report's rates; the weighted network's first
# rate is divided by the mean weight, so that its steps are no larger to begin with.

# %%
mean_weight = np.mean(np.where(Y_train == 1, w_balanced, 1.0))
brief = {"epochs": min(P.epochs, 25), "n_seeds": 1, "final_learning_rate": 1e-5}


def trained(weighting, w, seed, rate):
    changes = {"weighting": weighting, "w": w, "seed": seed}
    changes |= {"initial_learning_rate": rate} | brief
    return experiment.fit(P.with_(**changes), table).p_test


# %%
plain = trained("uniform", 1.0, P.seed, 0.01)
other = trained("uniform", 1.0, P.seed + 1, 0.01)
weighted = trained("positive", "balanced", P.seed, 0.01 / mean_weight)
corrected = thresholds.unweighted_probability(weighted, w_balanced)

# %% tags=["nbval-check-output"]
decisions = {
    "no weight, at 1/(1+w)": (plain, same),
    "balanced weight, at 1/2": (weighted, 0.5),
    "no weight, other seed": (other, same),
}
rows = []
for name, (p, cut) in decisions.items():
    counts = metrics.count_metrics(*metrics.confusion_matrix(Y_test, p >= cut).flat)
    alike = np.mean((p >= cut) == (plain >= same))
    rows.append([name, counts["recall"], counts["false_positive_rate"], alike])
columns = ["network", "recall", "FPR", "decides as the first"]
show(pd.DataFrame(rows, columns=columns).set_index("network").astype(float).round(4))

# %% [markdown]
# Read the last column. If the second line is as high as the third, the weight changed
# no more decisions than another seed did.
#
# The weight has moved the odds, and the formula moves them back. In a perfect model,
# the corrected curves would lie on those without weight. Look how near they come here.
# The correction moves a curve sideways and keeps its steps; each network has its own.

# %%
models = {"no weight": plain, "balanced weight": weighted}
models["balanced weight, corrected"] = corrected
cuts = {"1/(1+w)": same, "1/2": 0.5}
classes = f"{table.words.negative} above {table.words.positive}, if the model tells them apart"
law = figures.law(Y_test, models, cuts, classes)
results.save_picture(P.run_dir, law)
show(law)

# %% [markdown]
# How near is near? One pair of networks cannot tell. `make audit` makes a like
# comparison on the published table and on the simulated clinic, over seeds, splits and
# two lengths of training. There the weighted network keeps the rate, so its steps are
# longer. Below are its medians: the share of equal decisions, and the mean distance of
# the probabilities after correction. Next to each stands what another seed does without
# any weight.

# %% tags=["nbval-check-output"]
many = pd.read_csv(results.committed("law.csv"))
measured = ["agree_weight", "agree_seed", "distance_weight", "distance_seed"]
measured += ["roc_auc_plain", "roc_auc_weighted"]
medians = many.groupby(["table", "epochs"])[measured].median()
show(medians.round(4).T)

# %% [markdown]
# Compare them pair by pair: the agreement with a weight minus the agreement of two
# seeds, and the ROC AUC with the weight minus without. The splits share rows, so the
# $95\,\%$ intervals allow for that (Nadeau and Bengio 2003).


# %%
def mean_gap(of, a, b):
    found = resampled(of[a] - of[b], test_share=0.2)
    sure = {"above": "above zero", "below": "below zero"}
    said = f"{found.mean:+.4f} ± {found.half:.4f}"
    return f"{said}, {sure.get(found.verdict, 'not told apart')}"


# %% tags=["nbval-check-output"]
for (where, length), of in many.groupby(["table", "epochs"]):
    print(f"{where}, {length} epochs, {len(of)} pairs:")
    print("  agreement, weight - seed:", mean_gap(of, "agree_weight", "agree_seed"))
    print(
        "  ROC AUC, weight - none:  ", mean_gap(of, "roc_auc_weighted", "roc_auc_plain")
    )

# %% [markdown]
# An interval that holds zero does not say that there is no difference. It says that
# differences as large as its ends are not ruled out. Longer training brings both pairs
# closer.
#
# A network departs from the law because it is not a perfect model: training stops
# early, units are few, and the training rows are a sample. These numbers do not tell
# the three causes apart.
#
# ## Can the probabilities be trusted?
#
# Sort rows by their prediction and cut them into up to ten parts. Rows that tie stay
# together, so the parts differ in size, and each has an interval of its own. In each,
# compare the mean prediction with the share that was really positive. On the
# diagonal, probabilities are calibrated. A weight on one class moves them off it: they
# no longer say how often the positive class occurs.

# %%
reliability = figures.reliability(Y_test, models)
results.save_picture(P.run_dir, reliability)
show(reliability)

# %% tags=["nbval-check-output"]
for name, p in {"this run's network": p_test, **models}.items():
    print(f"{name:26} mean {p.mean():.4f}   Brier {metrics.brier(Y_test, p):.4f}")
print(f"{'share of positives':26}      {Y_test.mean():.4f}")

# %% [markdown]
# The *Brier score* is the mean squared difference of probability and label: lower is
# better. The correction puts the mean back, without a second training and without
# labels. It keeps the order of the rows, and so the ROC curve.

# %% tags=["nbval-check-output"]
aucs = [metrics.roc_auc(Y_test, p) for p in (weighted, corrected)]
print(f"ROC AUC {aucs[0]:.4f} before the correction, {aucs[1]:.4f} after")

# %% [markdown]
# ## Against the truth
#
# Only a simulation knows each row's true probability. Where we have one, we can ask
# how far a network is from the truth, and how good the truth itself would be.

# %% tags=["nbval-check-output"]
truth = table.test.p_true
if truth is None:
    print("A real table: the true probabilities are unknown.")
else:
    for name, p in {"this run's network": p_test, **models, "truth": truth}.items():
        away, auc = np.abs(p - truth).mean(), metrics.roc_auc(Y_test, p)
        print(f"{name:26} {away:.4f} from the truth   ROC AUC {auc:.4f}")

# %% [markdown]
# Where the truth is known, no model can expect a higher ROC AUC. Other features or
# another model could close a part of the gap. In the simulated clinic they cannot close
# all of it: how reliable a patient is counts too. Of that no feature tells; earlier
# visits under the same PatientId would tell a part. A threshold or
# the correction closes none of it, since both keep the order of the rows. A weight
# trains another network, which may order them better or worse; in a perfect model it
# would change nothing.
#
# ## What we saw
#
# - The CDFs show every threshold at once. Their widest gap bounds recall minus false
#   positive rate, not F1 or cost.
# - A threshold answers a question. Say which, and choose without test labels: on them,
#   any choice looks better than it is.
# - A class weight moves the odds by a factor. A threshold undoes or replaces it, as
#   nearly as the network is near a perfect model.
# - Probabilities are worth keeping honest. Decide with a threshold, not with a weight.
#
# ## On your own
#
# 1. You can call back one row in ten. Which rule do you use, and what precision do you
#    get?
# 2. A miss costs you five false alarms. The theory says $t = 1/6$. Why does the rule
#    find another value on these rows?
# 3. A weight of two instead of the balanced one: which threshold on its probabilities
#    decides as the prevalence does without weight? Train it and see.
#
# Practise: [exercises](../exercises/04_threshold_analysis.py), whose tests say what is wrong.
#
# Next: [The report](05_report.ipynb).
