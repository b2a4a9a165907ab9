"""Resampling beside a class weight: does it move the odds alike, and do anything else.

A row is one way to balance the classes, on one split: positives count more, negatives
are left out, positives are drawn again, or new ones are made between neighbours (SMOTE,
Chawla et al. 2002). Each network decides at one half. It is compared with the same
network without any of this, at the threshold that the law calls equivalent, and after
its odds were divided by what the method multiplied them with. Another seed, without
balance, says what counts as near. The simulated clinic comes beside the table given,
since it knows the truth.

The network is one that learns well in seconds: a layer of eight units, and a rate ten
times the report's. All take about the same number of steps.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from lopsided.lesson.loss import balanced_weight
from lopsided.lesson.metrics import brier, roc_auc
from lopsided.lesson.network import Array
from lopsided.lesson.threshold import (
    equivalent_threshold,
    predict,
    unweighted_probability,
)
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Cells, Row
from lopsided.report import experiment
from lopsided.table.dataset import Dataset, Rows, load

SEEDS = range(5)
NETWORK: dict[str, Any] = {
    "hidden_units": [8],
    "epochs": 25,
    "initial_learning_rate": 0.1,
    "final_learning_rate": 0.001,
}
SEED, WEIGHT = "another seed", "class weight"
#: The ways to balance, in the order of the table; the first one does not.
METHODS = (SEED, WEIGHT, "undersampling", "oversampling", "SMOTE")


def rows(data: str) -> list[Row]:
    """List the networks: tables, seeds, methods."""
    rows = []
    for table in dict.fromkeys((data, "simulated")):
        name = "simulated" if table == "simulated" else "published"
        for seed in SEEDS:
            for method in METHODS:
                settings = {"table": name, "seed": str(seed), "method": method}
                rows.append(Row(settings, partial(measure, table, seed, method)))
    return rows


def measure(
    data: str, seed: int, method: str, epochs: int = NETWORK["epochs"]
) -> Cells:
    """Train one network on balanced classes, and compare it with the plain one."""
    d, plain = _plain(data, seed, epochs)
    w = balanced_weight(d.Y_train)
    moved = 1.0 if method == SEED else w
    train = d.train if method in (SEED, WEIGHT) else resampled(d.train, method, seed)
    changes: dict[str, Any] = {
        "epochs": max(1, round(epochs * d.Y_train.size / train.Y.size))
    }
    if method == SEED:
        changes["seed"] = seed + 1000
    if method == WEIGHT:
        changes |= {"weighting": "positive", "w": "balanced"}
    p = experiment.fit(d.parameters.with_(**changes), replace(d, train=train)).p_test
    corrected, Y = unweighted_probability(p, moved), d.Y_test
    t = equivalent_threshold(w)
    same = predict(p, equivalent_threshold(w / moved)) == predict(plain, t)
    found = {
        "agreement": same.mean(),
        "mean": p.mean(),
        "mean_corrected": corrected.mean(),
        "prevalence": Y.mean(),
        "distance": np.abs(corrected - plain).mean(),
        "roc_auc": roc_auc(Y, p),
        "roc_auc_plain": roc_auc(Y, plain),
        "brier": brier(Y, p),
        "brier_corrected": brier(Y, corrected),
        "brier_plain": brier(Y, plain),
    }
    cells = {name: f"{value:.6f}" for name, value in found.items()}
    return {"training_rows": str(train.Y.size)} | cells


def resampled(train: Rows, method: str, seed: int) -> Rows:
    """Make both classes equally many.

    Parameters
    ----------
    train : Rows
    method : {"undersampling", "oversampling", "SMOTE"}
    seed : int
    """
    from imblearn.over_sampling import SMOTE, RandomOverSampler
    from imblearn.under_sampling import RandomUnderSampler

    samplers: dict[str, Callable[..., Any]] = {
        "undersampling": RandomUnderSampler,
        "oversampling": RandomOverSampler,
        "SMOTE": SMOTE,
    }
    sampler = samplers[method](random_state=seed)
    X, y = sampler.fit_resample(train.X.T, train.Y[0])
    return Rows(np.ascontiguousarray(X.T), y[None].astype(float), np.arange(len(y)))


@lru_cache(maxsize=1)
def _plain(data: str, seed: int, epochs: int) -> tuple[Dataset, Array]:
    """Load and split, and train without balance: once for all methods of a worker."""
    p = Parameters(data=data, seed=seed, split_seed=seed)
    p = p.with_(**NETWORK | {"epochs": epochs})
    d = load(p)
    return d, experiment.fit(d.parameters, d).p_test
