# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The report
#
# What a network of this kind does on this table: its metrics, the distributions that
# its threshold cuts, and its confusion matrix. Every number is computed below.
#
# The lessons before this one explain each step:
# [forward](01_forward_propagation.ipynb), [backward](02_weighted_backprop.ipynb),
# [training](03_training.ipynb), [threshold](04_threshold_analysis.ipynb). Five minutes
# to read.

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
import pandas as pd

from lopsided import data as tables
from lopsided import experiment, figures, results
from lopsided.figures import show

# %%
table = tables.load(P)
P = table.parameters
fitted = results.fitted(P, table)
measured = experiment.measure(P, table, fitted)
results.save_metrics(P.run_dir, measured)

# %% [markdown]
# ## What was done

# %% tags=["nbval-check-output"]
facts = measured["data"]
print(f"table      {facts['source']}: {facts['n_train']} train, {facts['n_test']} test")
print(f"positive   {table.positive}, {facts['prevalence_test']:.4f} of the test")
print(f"network    layer_dims {list(fitted.network.layer_dims)}")
print(f"weight     {P.weighting}, w = {fitted.w:.4g}")
print(f"training   {P.epochs} epochs, batches of {P.batch_size}")
print(f"threshold  {measured['threshold']:.4g} ({measured['threshold_strategy']})")

# %% tags=["nbval-check-output"]
for note in table.notes:
    print("-", note)

# %% [markdown]
# ## Metrics
#
# Intervals are bootstrap $95\,\%$ intervals of the test metrics, given this network and
# the numbers of positives and negatives in the test.

# %% tags=["nbval-check-output"]
train, test = measured["train"], measured["test"]
intervals = test["intervals"] or {}
names = [n for n in train if n != "confusion_matrix"]
rows = [[n, train[n], test[n], *intervals.get(n, (None, None))] for n in names]
columns = ["metric", "train", "test", "low", "high"]
show(pd.DataFrame(rows, columns=columns).set_index("metric").astype(float).round(4))

# %% [markdown]
# Accuracy by itself misleads on lopsided classes. Beside it belong the rules that need
# no network.

# %% tags=["nbval-check-output"]
prevalence = facts["prevalence_test"]
print(f"always negative: accuracy {1 - prevalence:.4f}, F1 0")
always = 2 * prevalence / (1 + prevalence)
print(f"always positive: accuracy {prevalence:.4f}, F1 {always:.4f}")
print(f"this network:    accuracy {test['accuracy']:.4f}, F1 {test['f1']:.4f}")

# %% [markdown]
# ## Training

# %%
loss = figures.loss(fitted.history)
results.save_picture(P.run_dir, loss)
show(loss)

# %% [markdown]
# ## Class-wise distributions of the predictions

# %%
t = measured["threshold"]
show(figures.cdf(table.Y_test, fitted.p_test, t, table.positive, table.negative))

# %% [markdown]
# ## Confusion matrix

# %%
counts = test["confusion_matrix"]
show(figures.confusion(counts, table.positive, table.negative))

# %% tags=["nbval-check-output"]
names = [table.negative, table.positive]
matrix = pd.DataFrame(
    counts,
    index=[f"actual {n}" for n in names],
    columns=[f"predicted {n}" for n in names],
)
show(matrix)

# %% tags=["nbval-check-output"]
ties = measured["threshold_ties_test"]
print(f"test {table.rows} exactly at the threshold: {ties}")
