# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Read a sweep
#
# Many runs in one table: what depends on which parameter, and what is luck.

# %% [markdown] tags=["only-notebook"]
# **You will** read a table of many runs: what depends on which parameter, and how much
# of it is the luck of a seed.
#
# **You will learn** to compare settings by their spread over seeds, and why the best
# number of a table promises too much.
#
# **You need** [Choose a threshold](04_threshold_analysis.ipynb). About 10 minutes.
#
# By itself this notebook reads the committed example, which `notebooks/sweep.yaml`
# declares. `lopsided sweep FILE` runs another and ends with this notebook on it.

# %% tags=["hide-input", "parameters"]
run_dir = None  # a folder of runs/sweeps; None: the committed example

# %% tags=["hide-input"]
from lopsided.parameters import from_notebook

P = from_notebook(globals(), "run_dir")

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lopsided.lesson.metrics import roc_auc
from lopsided.lesson.threshold import equivalent_threshold
from lopsided.parameters import Parameters
from lopsided.prose import Typed, listed
from lopsided.report import experiment, results, sweep_figures, sweep_table
from lopsided.report.comparison import paired
from lopsided.report.display import say, show
from lopsided.table.dataset import load

# %%
sweep = sweep_table.read(P.run_dir)
done = sweep.done

# %% [markdown]
# ## What was run
#
# A *point* is one run. Parameters that vary are either *choices*, which the sweep is
# about, or *seeds*, which are luck. A *setting* is a point without its seed.

# %% tags=["hide-input", "nbval-check-output"]
say(
    "Sweep {name}: {points:,} points, of which {failed:,} failed.",
    name=sweep.name,
    points=len(sweep.table),
    failed=len(sweep.table) - len(done),
)
for name in sweep.choices:
    say("- {name}: {values}", name=name, values=listed([*done[name].cat.categories]))
for name in sweep.seeds:
    say(
        "- {name}: {values}", name=name, values=listed([*map(str, done[name].unique())])
    )

# %% [markdown]
# Points that differ only in what happens after training, such as the threshold, share
# one network. The first of them trains it, and the others read it.

# %% tags=["hide-input", "nbval-check-output"]
networks = done["network"].nunique()
say(
    "{points:,} points needed {networks:,} networks: {saved:,} trainings were saved.",
    points=len(done),
    networks=networks,
    saved=len(done) - networks,
)

# %% tags=["hide-input", "nbval-check-output"]
failed = sweep.table[sweep.table["error"].notna()]
for _, point in failed.iterrows():
    say("- {point}: {error}", point=point["point"], error=point["error"])
if failed.empty:
    say("No point failed.")

# %% [markdown]
# ## Each metric against each choice
#
# A line is a mean over seeds; the band goes from the lowest to the highest seed.
# Without a band, it is of one seed. Bands that overlap do not prove that a choice
# does nothing: the same seeds stand on both sides, and pairs may differ all the same.
# A band over few seeds is narrow because they are few. Parameters that a picture does
# not name are averaged over. Only points that have a partner at each value, alike in
# all else, are drawn.

# %%
for name in sweep.choices:
    picture = sweep_figures.dependence(sweep, name)
    results.save_picture(P.run_dir, picture)
    show(picture, f"Test metrics against {name}")

# %% [markdown]
# How much does each choice move the metric? Compare its values within *blocks*: points
# that agree in all else, seeds too. Plain means over all points would mix choices: where
# long trainings exist for one seed only, that seed's luck would count as theirs. Blocks
# of the same networks under two names count once: a weight of 1 is none in either
# weighting.
#
# Blocks of one seed share its luck, so they are averaged first. What is left is one
# difference a seed; their standard error and $95\%$ interval follow. Half of that is the
# error times [Student's factor](glossary.md#students-factor): larger than two, the more so
# the fewer the seeds.
#
# A weight moves the predictions. A threshold that is chosen follows them, and one that is
# given stays. So the effects of `weighting` and `w` stand apart for each threshold: a mean
# over both would be of two different things. So do those of `w` and of the threshold for
# each weighting.

# %% tags=["nbval-check-output"]
metric, effects = sweep.metric, sweep_table.effects(sweep)
known = effects[effects["seeds"] > 1]
columns = ["difference", "error", "low", "high", "blocks", "seeds"]
names = effects["choice"] + " " + effects["value"] + " - " + effects["against"]
moves = effects[columns].round(4).set_axis(names.rename("choice"))
show(moves.loc[names[known.index]], f"Effects on {metric}, within blocks", "moves")

# %% [markdown]
# How many rows does each call positive? On average over the points:

# %% tags=["nbval-check-output"]
called = (done["test.tp"] + done["test.fp"]) / done["data.n_test"]
by = [done[name] for name in ("weighting", "w", "threshold")]
shares = called.groupby(by, observed=True).mean().unstack("threshold")
show(shares.round(4), "Share of the test rows called positive", "called")

# %% [markdown] tags=["only-notebook"]
# Most networks of the example train for a tenth of the report's epochs, and what it tells
# holds for such. Compare a weight with none, in the lines `w 2 - 1` and `w 4 - 1`. On
# positives it seems to cost F1 at $0.18$. Where the threshold is chosen, no such cost is
# told from zero. (The lines of `weighting` compare it with the same $w$ on both classes,
# which gains by longer steps: see the next section.) The law of
# [Choose a threshold](04_threshold_analysis.ipynb) says why: the weight multiplies the odds
# of a prediction by $w$. The odds of $0.18$ are $0.18 / 0.82 \approx 0.22$. With $w = 4$,
# a row gets there from odds of $0.22 / 4 = 0.055$. Which probability has such odds?

# %% tags=["only-notebook", "nbval-check-output"]
for weight in (1, 2, 4):
    same = equivalent_threshold(weight, 0.18)
    print(f"with w = {weight}, 0.18 decides as {same:.4f} does without a weight")

# %% [markdown] tags=["only-notebook"]
# Hardly a prediction lies below the last two. So the threshold that was left where it was
# calls nearly everyone, and F1 is that of "always positive". The weight is not to blame:
# nobody moved the threshold.

# %% [markdown]
# ## Does a weight teach a network to rank?
#
# No threshold moves the ROC AUC, so compare weights by it. Yet the table below cannot
# answer. Each weighting also lengthens the steps of training.
#
# Under `uniform` that is all it does: without a penalty, $w$ multiplies the learning rate
# ([Send the error back](02_weighted_backprop.ipynb)). Under `positive` it does so by the
# mean weight. With $w = 4$ and one positive in five rows, the weights are $4, 1, 1, 1, 1$,
# and their mean is $8 / 5 = 1.6$. In letters, with a share $\pi$ of positives, it is
# $1 + (w - 1) \pi$.
#
# Longer steps bring a network further when its epochs are few. So read each line as the
# effect of a weight and of longer steps together.

# %% tags=["hide-input", "nbval-check-output"]
ranking = sweep_table.ranking(sweep)
if len(ranking):
    what = ranking["choice"] + " " + ranking["value"] + " - " + ranking["against"]
    table = ranking[columns].round(4).set_axis(what.rename("choice"))
    show(table, "Effects of the weight on test.roc_auc, within blocks", "ranking")
    told = (ranking["low"] > 0) | (ranking["high"] < 0)
    listed_as = {True: "Told from zero", False: "Not told from zero"}
    for is_told, those in what.groupby(told):
        say("{how}: {which}.", how=listed_as[is_told], which=listed(those))

# %% [markdown] tags=["only-notebook"]
# Take the two apart on a network that needs few epochs: the healthy one of
# [Choose a threshold](04_threshold_analysis.ipynb), from ten seeds. Weigh both classes,
# then positives alone. Then do the latter at rates divided by the mean weight, so that
# steps are on average as long as without it. Student's factor for ten seeds is $2.26$.

# %% tags=["only-notebook"]
healthy = {"hidden_units": [8], "epochs": 25}
speed = {"initial_learning_rate": 0.1, "final_learning_rate": 0.001}
example = load(Parameters(**healthy, **speed))
mean_weight = 1 + (4 - 1) * example.Y_train.mean()
on_positives = {"weighting": "positive", "w": 4.0}
shorter = on_positives | {name: rate / mean_weight for name, rate in speed.items()}


# %% tags=["only-notebook"]
def areas(change):
    asked = [example.parameters.with_(seed=s, **change) for s in range(10)]
    trained = [experiment.fit(parameters, example) for parameters in asked]
    return np.array([roc_auc(example.Y_test, fitted.p_test) for fitted in trained])


# %% tags=["only-notebook", "nbval-check-output"]
ways = {"w = 4 on both classes": {"w": 4.0}, "w = 4 on positives": on_positives}
ways[f"the same, rates / {mean_weight:.2f}"] = shorter
as_it_is = areas({})
for name, change in ways.items():
    found = paired(areas(change) - as_it_is)
    print(f"{name:23} test ROC AUC {found.mean:+.4f} ± {found.half:.4f}")

# %% [markdown] tags=["only-notebook"]
# The first gain is a rate's. The second looks like a weight's, until its steps are made
# shorter: then the interval holds zero. Most networks of the example have few epochs. With
# them steps count for more, and seeds differ more.
#
# Whether a weight teaches a network to rank is answered on networks that were trained to
# their end: [Choose a threshold](04_threshold_analysis.ipynb) asks the report's.
# [Do better](09_better.ipynb) has the case where a weight may change the order, a model
# that cannot fit the truth.

# %% [markdown]
# An interval on one side of zero tells an effect from the luck of the seeds that were
# varied, for the settings that were run. The luck of what stayed the same, such as the
# test rows of one split, is not in it. The effect is a mean over blocks: a choice that
# helps in one setting and hurts in another has a small one. Look at its lines above
# before you call it harmless.

# %% tags=["hide-input", "nbval-check-output"]
faster = sweep_table.faster(sweep, effects)
if len(faster):
    say(
        "A weight on both classes favours neither: it multiplies the learning rate. So "
        "the gain of {which} is that of a higher rate, as is usual where the epochs are "
        "too few, and no remedy for the imbalance. The same holds for such a weight at the head "
        "of the settings and in the command below.",
        which=listed([*names[faster.index]]),
    )

# %% [markdown]
# What cannot be compared, or with no more than one seed, stands here:

# %% tags=["hide-input", "nbval-check-output"]
short = effects[effects["seeds"] < 2]
for index, row in short.iterrows():
    what = f"{row['difference']:+.4f} in" if row["blocks"] else "no difference known:"
    seeds = "one seed" if row["seeds"] == 1 else "no seed varied"
    text = "- {name}: {what} {blocks} matched blocks, {seeds}. No error can be given."
    where = {"name": names[index], "what": what, "blocks": row["blocks"]}
    say(text, **where, seeds=seeds if row["blocks"] else "nothing to compare")
if short.empty:
    say("Every comparison has two seeds or more.")

# %% tags=["hide-input", "nbval-check-output"]
settings = sweep_table.settings(sweep)
deviation = (settings["deviation"] ** 2).mean() ** 0.5
one = len(done) - len(sweep_table.distinct(sweep))
say("{one:,} points are another one under a second name: left out.", one=one)
if deviation == deviation:
    say(
        "One point moves by {deviation:.4f} from seed to seed (standard deviation). A "
        "difference within blocks can be known better: its two sides share the seed.",
        deviation=deviation,
    )

# %% [markdown]
# ## The plane of errors
#
# False positives to the right, recall upwards: each point is one confusion matrix. A
# parameter that moves points *along* a curve trades one error for the other, as a
# threshold does. One that moves them *towards the upper left* makes a better network.

# %%
picture = sweep_figures.plane(sweep)
results.save_picture(P.run_dir, picture)
show(picture, "Every point by its two error rates")

# %% [markdown]
# ## The settings, the best first
#
# Sorted by the mean over seeds, each with the $95\%$ interval of its mean. Settings
# with too few seeds have no place in the order: their interval says nothing yet. Nor
# does the order hold where intervals overlap, unless the table of effects says so.

# %% tags=["hide-input", "nbval-check-output"]
enough = settings["seeds"] >= sweep_table.ENOUGH
say(
    "By {metric}, the first of {n:,} settings with {k} seeds or more; {rest:,} others "
    "have fewer.",
    metric=metric,
    n=enough.sum(),
    k=sweep_table.ENOUGH,
    rest=(~enough).sum(),
)
first = (settings[enough] if enough.any() else settings).head(10).round(4).reset_index()
first.index += 1
show(first.rename_axis("rank"), f"Settings by {metric}, over seeds", "settings")

# %% [markdown]
# ## The best point, and what it promises
#
# The best test value of many is partly luck: it was chosen because the test rows
# happened to suit it. [Choose a threshold](04_threshold_analysis.ipynb) shows this for
# thresholds. So choose on training rows, and read the test value of that choice. The
# two may happen to be one point.

# %% tags=["nbval-check-output"]
chosen = {}
for side in ("train", "test"):
    point = sweep_table.best(sweep, sweep.twin(side))
    values = {s: float(point[sweep.twin(s)]) for s in ("train", "test")}
    chosen[f"by {sweep.twin(side)}"] = values
show(pd.DataFrame(chosen).T.round(4), "The best points", "best")

# %% [markdown]
# Training rows flatter too: the network has seen them. Each line is one run of one
# seed. The table of settings above is the better guide where seeds differ much.
#
# The command for a whole run of the point chosen on training rows:

# %% tags=["hide-input", "nbval-check-output"]
point = sweep_table.best(sweep, sweep.twin("train"))
say("{command}", command=Typed(sweep_table.command(sweep, point)))

# %% [markdown]
# ## What we saw
#
# - A sweep without several seeds cannot tell a choice from luck, and a choice is
#   compared where all else is equal.
# - Points that move along one curve in the plane differ in the threshold's work, not in
#   what the network knows.
# - A weight brings longer steps, and asks for another threshold. Who forgets the first
#   credits it with a rate's gain; who forgets the second blames it for a threshold's loss.
# - The best of many test values is too high, the more so the more there are.

# %% [markdown] tags=["only-notebook"]
# ## On your own
#
# 1. Add `cost:5:1` to the thresholds of the example. How many networks does the sweep
#    train now?
#
#    <details><summary>Answer</summary>
#
#    As many as before. A threshold acts on the predictions of a trained network, so all
#    thresholds share it. Those of the example have the same networks already:
#    `done.groupby("threshold", observed=True)["network"].nunique()`.
#
#    </details>
#
# 2. Sort the example by `test.roc_auc`. Which parameters cannot matter, and why?
#
#    <details><summary>Answer</summary>
#
#    The threshold cannot: ROC AUC depends on the order of the predictions alone. Nor can
#    `weighting` where `w` is 1, since both of its values then train the same network.
#    Such points stand side by side, the lowest first:
#
#    ```python
#    order = done.sort_values("test.roc_auc")
#    show(order.set_index(["seed", *sweep.choices])[["test.roc_auc"]].head(10))
#    print("values a network:", done.groupby("network")["test.roc_auc"].nunique().max())
#    ```
#
#    </details>
#
# 3. Had the example one seed only, which setting would have come first? Try each seed.
#
#    <details><summary>Answer</summary>
#
#    Among the short trainings, this counts how many seeds put each setting first:
#
#    ```python
#    of_all = done[done["epochs"] == "40"]
#    by_seed = of_all.pivot_table("test.f1", sweep.choices, "seed", observed=True)
#    print(by_seed.idxmax().value_counts())
#    ```
#
#    Each line is a setting that somebody with one seed would have called the best. More
#    than one line: the seed had a say in it.
#
#    </details>
