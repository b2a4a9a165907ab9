"""How nearly trained networks obey the weight-threshold law.

A row compares a network with balanced positive weight, cut at one half, with the same
network without weight, cut at the threshold that the law calls equivalent. As a
measure of what counts as near, a network without weight from another seed is compared
too. The simulated clinic comes beside the table given, since it knows the truth.
"""

from functools import partial

import numpy as np

from lopsided.lesson.loss import balanced_weight
from lopsided.lesson.metrics import brier, roc_auc
from lopsided.lesson.threshold import (
    equivalent_threshold,
    predict,
    unweighted_probability,
)
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Cells, Row
from lopsided.report import experiment
from lopsided.table.dataset import load

SEEDS, EPOCHS = range(15), (40, 400)


def rows(data: str) -> list[Row]:
    """List the comparisons: tables, lengths of training, seeds."""
    rows = []
    for table in dict.fromkeys((data, "simulated")):
        name = "simulated" if table == "simulated" else "published"
        for epochs in EPOCHS:
            for seed in SEEDS:
                settings = {"table": name, "epochs": str(epochs), "seed": str(seed)}
                rows.append(Row(settings, partial(measure, table, epochs, seed)))
    return rows


def measure(data: str, epochs: int, seed: int) -> Cells:
    """Train three networks on one split and compare what they say of the test rows."""
    parameters = Parameters(data=data, epochs=epochs, seed=seed, split_seed=seed)
    dataset = load(parameters)
    Y, truth = dataset.Y_test, dataset.test.p_true
    twin = {"weighting": "positive", "w": "balanced"}
    plain, weighted, other = (
        experiment.fit(dataset.parameters.with_(**changes), dataset).p_test
        for changes in ({}, twin, {"seed": seed + 1000})
    )
    w = balanced_weight(dataset.Y_train)
    t = equivalent_threshold(w)
    corrected = unweighted_probability(weighted, w)
    measured = {
        "agree_weight": np.mean(predict(weighted, 0.5) == predict(plain, t)),
        "agree_seed": np.mean(predict(other, t) == predict(plain, t)),
        "distance_weight": np.abs(corrected - plain).mean(),
        "distance_seed": np.abs(other - plain).mean(),
        "roc_auc_plain": roc_auc(Y, plain),
        "roc_auc_weighted": roc_auc(Y, weighted),
        "brier_plain": brier(Y, plain),
        "brier_weighted": brier(Y, weighted),
        "brier_corrected": brier(Y, corrected),
    }
    row = {name: f"{value:.6f}" for name, value in measured.items()}
    for name, p_test in (("truth_plain", plain), ("truth_corrected", corrected)):
        row[name] = "" if truth is None else f"{np.abs(p_test - truth).mean():.6f}"
    return row
