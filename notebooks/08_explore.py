# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Play with the threshold
#
# **You will** move the threshold, the class weight and two costs, and watch the curves,
# the confusion matrix and the measures follow. Then you turn training back and forth.
#
# **You will learn** that a threshold only trades one mistake for the other, that a
# class weight moves the predictions, so that the threshold must move too, and that
# costs say where to cut.
#
# **You need** two sliders and no code. Best come here on the way through
# [Choose a threshold](04_threshold_analysis.ipynb), before its rules. About 20 minutes.
#
# The networks are trained as in that lesson: with eight hidden units, for fewer epochs
# than the report's and at a higher rate.

# %% tags=["parameters", "hide-input"]
data = "simulated"
data_seed = 0
seed = 0
run_dir = None

# %% tags=["hide-input"]
from lopsided.parameters import from_notebook

P = from_notebook(globals(), "data", "data_seed", "seed", "run_dir")

# %% tags=["hide-input"]
from lopsided.lesson import metrics, threshold
from lopsided.lesson.loss import balanced_weight
from lopsided.report import experiment, explorer, scrubber
from lopsided.table.dataset import load

# %% [markdown]
# ## Three networks, three weights
#
# One ignores the imbalance, one weighs positives so that both classes count alike, and
# one lies between them.

# %% tags=["nbval-check-output"]
healthy = {"hidden_units": [8], "epochs": 25, "weighting": "positive"}
healthy |= {"initial_learning_rate": 0.1, "final_learning_rate": 0.001}
table = load(P.with_(training="report", **healthy))
P, Y = table.parameters, table.Y_test
weights = [1.0, 2.0, round(balanced_weight(table.Y_train), 1)]
print(
    f"{Y.size:,} test {table.words.rows}, {int(Y.sum()):,} positive; weights {weights}"
)

# %% tags=["nbval-check-output"]
models, rules = {}, {}
for w in weights:
    fitted = experiment.fit(P.with_(w=w), table)
    models[w] = fitted.p_test
    rules[w] = explorer.rules(table.Y_train, fitted.p_train, fitted.p_test)
    print(f"w = {w:.1f}: mean prediction {models[w].mean():.4f}")

# %% [markdown]
# The weight lifts the predictions: a missed positive costs more in training, so higher
# predictions pay.
#
# ## Move it
#
# Drag the slider or the line itself, or use the arrow keys. Each bar is a share of all
# rows: positives stand upwards, negatives hang downwards. What has its full colour is
# called positive. The table below counts in the words of the
# [confusion matrix](glossary.md#confusion-matrix); [precision](glossary.md#precision) and
# [recall](glossary.md#recall) come from it. The buttons with a number, and `cost rule`, cut
# by rules of the lesson, which says what each asks. None of them sees a test label. *lowest
# cost here* does see the labels of these rows: it is for looking, not for use.

# %%
explorer.show(Y, models, 0.2, table.words.positive, table.words.negative, rules)

# %% [markdown]
# To the right of the line, the upper part is found, and the lower part are false alarms.
# Look for a place where both mistakes are rare. Where the two hills lie over each other
# there is none: each step of the line pays for fewer mistakes of one kind with more of
# the other.
#
# <details><summary>Predict: take another class weight, and leave the threshold. What
# happens to the four counts? And what if the threshold moves along?</summary>
#
# A larger weight pushes all predictions up, so more lie above the same threshold: more
# are found, with more false alarms. If the threshold moves along, its odds multiplied
# by the same factor, hardly a count changes. The weight did what a lower threshold
# would have done.
#
# </details>
#
# ## The same in code
#
# A slider is a loop that you turn by hand. Turn it here: set a value, and read.

# %% tags=["nbval-check-output"]
for t in (0.1, 0.2, 0.3):
    tn, fp, fn, tp = metrics.confusion_matrix(Y, models[1.0] >= t).ravel()
    print(f"t = {t}: tn {tn:,}  fp {fp:,}  fn {fn:,}  tp {tp:,}")

# %% [markdown]
# Each step up loses some who would have been found, and spares some false alarms.
#
# ## What the weight does
#
# Weighting positives by $w$ multiplies the [odds](glossary.md#odds) of a perfect model by
# $w$. So one half with the weight decides as $1 / (1 + w)$ would without it. The last
# number of each line, [ROC AUC](glossary.md#roc-curve), says how well the rows are ordered:
# it is the chance that a positive has a higher prediction than a negative.

# %% tags=["nbval-check-output"]
for w, p in models.items():
    same = threshold.equivalent_threshold(w, 0.5)
    flagged, as_many = (models[w] >= 0.5).mean(), (models[1.0] >= same).mean()
    area = metrics.roc_auc(Y, p)
    print(
        f"w = {w:.1f}: 0.5 flags {flagged:.4f}; without it, {same:.4f} flags", end=" "
    )
    print(f"{as_many:.4f}; ROC AUC {area:.4f}")

# %% [markdown]
# Were the networks perfect, both shares in a line would be equal, and so would all
# areas: a weight would not change the order of the rows. No trained network is
# perfect. And where many rows share one prediction, a threshold takes all or none.
#
# ## What costs do
#
# Say a miss costs five false alarms, and a row's probability is $1/6$. To call it costs
# $5/6$ of an alarm on average; not to call it costs $1/6$ of five. Both are equal, so that
# is where to cut. In letters, the cost rule cuts at
#
# $$t = \frac{c_\text{alarm}}{c_\text{alarm} + c_\text{miss}}$$
#
# where the probabilities can be trusted. Compare it with the best cut on these rows. A
# cut with no prediction below it flags everyone.

# %% tags=["nbval-check-output"]
counts = explorer.counts_at(Y, models[1.0], 0.2)
for c_miss in (2, 5, 10):
    t, cost = explorer.cheapest(counts, (c_miss, 1))
    rule, flagged = 1 / (1 + c_miss), (models[1.0] >= t).mean()
    print(f"a miss costs {c_miss}: rule {rule:.4f}, best {t:.4f}", end="")
    print(f" at {cost:.4f} a row, flagging {flagged:.1%}")

# %% [markdown]
# The best cut was found with the test labels in hand, so its cost is too good to be
# true. It is here to be looked at, not to be used.
#
# ## Watch a network learn
#
# The toy world of the first lesson: points in a plane, one in five positive, most of
# them in the middle. A network with eight hidden units learns it. Turn the epochs back
# and forth, or let them play. The line surrounds what is called positive at the threshold.
# The curve shows the loss at each stop of the slider, evenly spaced, though in the
# beginning fewer epochs lie between two stops.

# %%
film = scrubber.film()
scrubber.show(film)

# %% [markdown]
# Try the threshold first: it moves the line over the same hill, up or down. Then the
# class weight: it lifts the hill, and the line of one half runs where a lower threshold
# ran before. The dots show that threshold on the network without the weight. With
# weights 2 and 4, both lines have nearly one shape from the middle of training on; with 8
# they are further apart, and come near each other only towards the end.
#
# <details><summary>Predict: with a weight of 8, which threshold gives nearly the line
# that one half gives without a weight?</summary>
#
# The weight multiplies the odds by 8. One half has odds of 1, so the threshold must have
# odds of 8: $8/9$, about $0.89$. Set it, and look at the number of the dots.
#
# </details>

# %%
same = round(threshold.weighted_probability(0.5, 8.0), 2)  # as on the slider
for w, t in ((1.0, 0.5), (8.0, 0.5), (8.0, same)):
    (tn, fp), (fn, tp) = film.counts(w, -1, t)
    print(f"weight {w:.0f}, threshold {t:.2f}: {tp} found, {fp} false alarms")

# %% [markdown]
# ## On your own
#
# 1. Take the smallest class weight, and note the threshold and the four counts. Now
#    take the largest weight. Which threshold comes nearest to these counts?
#
#    <details><summary>Answer</summary>
#
#    The one whose odds are as many times larger as the weight is. From weight 1 to weight
#    $w$, the threshold $t$ becomes $w t / (w t + 1 - t)$: with the balanced weight, the
#    prevalence becomes one half. The counts agree nearly, since these networks are not
#    perfect.
#
#    </details>
#
# 2. Find a threshold with the same accuracy as calling no one. What is its recall?
#
#    <details><summary>Answer</summary>
#
#    One above every prediction will do: it calls no one, and its recall is 0. A lower one
#    has the same accuracy only if it gains by hits what it loses by false alarms, so half
#    of its calls must be right. Where hardly a prediction reaches one half, such calls
#    are few, and so the recall stays near zero.
#
#    </details>
#
# 3. Make both costs equal. Where does the cost rule cut now, how many rows does it flag,
#    and why?
#
#    <details><summary>Answer</summary>
#
#    At $1 / (1 + 1)$, one half: it flags the rows that are likelier positive than not, if
#    there are any. When both mistakes cost the same, the cost counts wrong decisions, as
#    accuracy does, and calling no one is hard to beat.
#
#    </details>
