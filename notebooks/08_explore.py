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
# the confusion matrix and the measures follow.
#
# **You will learn** that a threshold only trades one mistake for the other, that a
# class weight moves the predictions, so that the threshold must move too, and that
# costs say where to cut.
#
# **You need** [Choose a threshold](04_threshold_analysis.ipynb). About 15 minutes.
#
# The networks are trained for a few epochs only: enough to play with.

# %% tags=["parameters"]
data = "simulated"
data_seed = 0
seed = 0
run_dir = None

# %%
from lopsided.parameters import from_notebook

P = from_notebook(globals(), "data", "data_seed", "seed", "run_dir")

# %%
from lopsided.lesson import metrics, threshold
from lopsided.lesson.loss import balanced_weight
from lopsided.report import experiment, explorer
from lopsided.table.dataset import load

# %% [markdown]
# ## Three networks, three weights
#
# One ignores the imbalance, one weighs positives so that both classes count alike, and
# one lies between them.

# %% tags=["nbval-check-output"]
P = P.with_(training="report", weighting="positive", epochs=20)
table = load(P)
P, Y = table.parameters, table.Y_test
weights = [1.0, 2.0, round(balanced_weight(table.Y_train), 1)]
print(f"{Y.size} test {table.words.rows}, {int(Y.sum())} positive; weights {weights}")

# %% tags=["nbval-check-output"]
models = {}
for w in weights:
    weighted = P.with_(w=w)
    models[w] = experiment.fit(weighted, table).p_test
    print(f"w = {w:.1f}: mean prediction {models[w].mean():.4f}")

# %% [markdown]
# The weight lifts the predictions: a missed positive costs more in training, so higher
# predictions pay.
#
# ## Move it
#
# Run the notebook, then drag the sliders, or use the arrow keys. Read without a kernel,
# the first network stands here, with the same controls but for the weight.

# %%
panel = explorer.play(Y, models, 0.2, table.words.positive, table.words.negative)

# %% [markdown]
# The upright line cuts both curves. What the lower curve leaves above the cut is found;
# what the upper curve leaves above it is a false alarm. Look for a place where both
# mistakes are rare. Is there one?
#
# ## The same in code
#
# A slider is a loop that you turn by hand. Turn it here: set a value, and read.

# %% tags=["nbval-check-output"]
slider, weight, miss, alarm, view = panel.children
for t in (0.1, 0.2, 0.3):
    slider.value = t
    tn, fp, fn, tp = metrics.confusion_matrix(Y, models[1.0] >= t).ravel()
    print(f"t = {t}: tn {tn:,}  fp {fp:,}  fn {fn:,}  tp {tp:,}")
    assert f'"tp">{tp:,}<' in view.value

# %% [markdown]
# Each step up loses some who would have been found, and spares some false alarms.
#
# ## What the weight does
#
# Weighting positives by $w$ multiplies the odds of a perfect model by $w$. So one half
# with the weight decides as $1 / (1 + w)$ would without it.

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
# areas: a weight would not change the order of the rows. These were trained for a few
# epochs only. And where many rows share one prediction, a threshold takes all of them
# or none.
#
# ## What costs do
#
# If a miss costs as much as several false alarms, the cost rule cuts at
#
# $$t = \frac{c_\text{alarm}}{c_\text{alarm} + c_\text{miss}}$$
#
# where the probabilities can be trusted. Compare it with the best cut on these rows. A
# cut above every prediction flags no one.

# %% tags=["nbval-check-output"]
counts = explorer.counts_at(Y, models[1.0], 0.2)
for c_miss in (2, 4, 8):
    t, cost = explorer.cheapest(counts, (c_miss, 1))
    rule = 1 / (1 + c_miss)
    print(f"a miss costs {c_miss}: rule {rule:.4f}, best {t:.4f} at {cost:.4f} a row")

# %% [markdown]
# The best cut was found with the test labels in hand, so its cost is too good to be
# true. It is here to be looked at, not to be used.
#
# ## Questions
#
# 1. Take the smallest class weight, and note the threshold and the four counts. Now
#    take the largest weight. Which threshold comes nearest to these counts?
# 2. Find a threshold with the same accuracy as calling no one. What is its recall?
# 3. Make both costs equal. Where does the cost rule cut now, how many rows does it flag,
#    and why?
