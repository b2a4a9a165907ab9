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

# %% tags=["parameters"]
run_dir = None  # a folder of runs/sweeps; None: the committed example

# %%
from lopsided.parameters import from_notebook

P = from_notebook(globals(), "run_dir")

# %%
import pandas as pd

from lopsided.prose import listed
from lopsided.report import results, sweep_table
from lopsided.report.display import say, show

# %%
sweep = sweep_table.read(P.run_dir)
done = sweep.done

# %% [markdown]
# ## What was run
#
# A *point* is one run. Parameters that vary are either *choices*, which the sweep is
# about, or *seeds*, which are luck. A *setting* is a point without its seed.

# %% tags=["nbval-check-output"]
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

# %% tags=["nbval-check-output"]
networks = done["training"].nunique()
say(
    "{points:,} points needed {networks:,} networks: {saved:,} trainings were saved.",
    points=len(done),
    networks=networks,
    saved=len(done) - networks,
)

# %% tags=["nbval-check-output"]
failed = sweep.table[sweep.table["error"].notna()]
for _, point in failed.iterrows():
    say("- {point}: {error}", point=point["point"], error=point["error"])
if failed.empty:
    say("No point failed.")

# %% [markdown]
# ## Each metric against each choice
#
# A line is a mean over seeds; the band goes from the lowest to the highest seed. Bands
# that overlap do not prove that a choice does nothing: the same seeds stand on both
# sides, and pairs may differ all the same. A band over few seeds is narrow because they
# are few. Parameters that a picture does not name are averaged over.

# %%
for name in sweep.choices:
    picture = sweep_table.dependence(sweep, name)
    results.save_picture(P.run_dir, picture)
    show(picture, f"Test metrics against {name}")

# %% [markdown]
# How much does each choice move the metric, beside the seed? The first column is the
# range of its values' means. The second is the standard deviation from seed to seed,
# within a setting.

# %% tags=["nbval-check-output"]
metric = sweep.metric
settings = sweep_table.settings(sweep)
deviation = (settings["deviation"] ** 2).mean() ** 0.5
moved = {}
for name in sweep.choices:
    means = done.groupby(name, observed=True)[metric].mean()
    moved[name] = {"range": means.max() - means.min(), "seed to seed": deviation}
moves = pd.DataFrame(moved, index=["range", "seed to seed"]).T.round(4)
show(moves, f"How much each choice moves {metric}", "moves")

# %% [markdown]
# These are averages over the other parameters. A choice that helps in one setting and
# hurts in another has a small range: look at its lines above before you call it
# harmless.

# %% [markdown]
# ## The plane of errors
#
# False positives to the right, recall upwards: each point is one confusion matrix. A
# parameter that moves points *along* a curve trades one error for the other, as a
# threshold does. One that moves them *towards the upper left* makes a better network.

# %%
picture = sweep_table.plane(sweep)
results.save_picture(P.run_dir, picture)
show(picture, "Every point by its two error rates")

# %% [markdown]
# ## The settings, the best first
#
# Sorted by the mean over seeds. The standard error of a mean is its deviation divided
# by the root of the number of seeds. With two seeds, even the deviation is a guess.

# %% tags=["nbval-check-output"]
say("By {metric}, the first of {n:,} settings:", metric=metric, n=len(settings))
first = settings.head(10).round(4).reset_index()
first.index += 1
show(first, f"Settings by {metric}, over seeds", "settings")

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

# %% tags=["nbval-check-output"]
point = sweep_table.best(sweep, sweep.twin("train"))
say("{command}", command=sweep_table.command(sweep, point))

# %% [markdown]
# ## What we saw
#
# - A sweep without several seeds cannot tell a choice from luck.
# - Points that move along one curve in the plane differ in the threshold's work, not in
#   what the network knows.
# - The best of many test values is too high, the more so the more there are.

# %% [markdown] tags=["only-notebook"]
# ## On your own
#
# 1. Add `cost:5:1` to the thresholds of the example. How many networks does the sweep
#    train now?
# 2. Sort the example by `test.roc_auc`. Which parameters cannot matter, and why?
# 3. Split the rows anew with `split_seed`. Is the spread larger than that of `seed`?
