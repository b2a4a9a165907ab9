"""Whom a network flags: errors by age, scholarship and neighbourhood.

A row is one group of test rows on one split, described by counts alone. Each network is
read in two ways: at a threshold, as a clinic would that overbooks whom it expects not
to come; and for a tenth of the appointments, as one would that phones so many. The
report's network has the report's threshold, the chosen one that of the highest F1 on
out-of-fold predictions of the training rows.
"""

import json
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from lopsided.lesson import threshold
from lopsided.lesson.network import Array
from lopsided.parameters import Parameters
from lopsided.pipeline.predictors import network
from lopsided.pipeline.rows import Cells, Row, tables
from lopsided.pipeline.studies import selection
from lopsided.pipeline.studies.model_comparison import CHOSEN, REPORTED, judged
from lopsided.pipeline.studies.selection import dataset_of
from lopsided.report import experiment
from lopsided.table import appointments, reader

AGES = {"0 to 17": 0, "18 to 39": 18, "40 to 59": 40, "60 and over": 60}
#: Of the rows, by how common a scholarship is in their neighbourhood.
FIFTHS = ("fewest", "second", "third", "fourth", "most")
GROUPS = {"all": ["all"], "age": [*AGES], "scholarship": ["no", "yes"]}
GROUPS |= {"neighbourhoods by scholarship": [*FIFTHS]}
PHONED = 0.1  # of the test rows


def rows(data: str, chosen: Path | None = None) -> list[Row]:
    """List all groups for both of our networks on all splits.

    Raises
    ------
    InputError
        When the table of `selection` is not complete.
    """
    declared = selection.read()
    best = selection.chosen(chosen or tables(data) / "selection.csv", declared)
    sha256 = dataset_of(data, 0, "report", declared).provenance.sha256[:12]
    table = []
    for seed in declared["split_seeds"]:
        models = {REPORTED: {"features": "report"}}
        models[CHOSEN] = best[seed, selection.NETWORK]
        for name, settings in models.items():
            text = json.dumps(settings)
            for attribute, groups in GROUPS.items():
                for group in groups:
                    row = {"data": sha256, "split_seed": str(seed), "model": name}
                    row |= {"settings": text, "attribute": attribute, "group": group}
                    how = (data, seed, name, text, attribute, group)
                    table.append(Row(row, partial(measure, *how)))
    return table


def measure(
    data: str, split_seed: int, model: str, settings: str, attribute: str, group: str
) -> Cells:
    """Count a group's test rows: who came, who did not, and what was said of them."""
    Y, p, t = _judged(data, split_seed, model, settings)
    phone = threshold.choose(f"capacity:{int(PHONED * Y.size)}", Y, p, p).t
    here = memberships(data, split_seed)[attribute] == group
    counts = {"n": here.sum(), "missed": Y[here].sum(), "expected": p[here].sum()}
    for use, cut in (("flagged", t), ("phoned", phone)):
        chosen = threshold.predict(p, cut)
        for outcome, y in (("came", 0), ("missed", 1)):
            counts[f"{use}_{outcome}"] = np.sum(here & chosen & (Y == y))
    return {name: f"{value:.0f}" for name, value in counts.items()}


@lru_cache(maxsize=2)
def _judged(
    data: str, split_seed: int, model: str, settings: str
) -> tuple[Array, Array, float]:
    """Train, and give test labels, predictions and the threshold."""
    if model != REPORTED:
        return judged(data, split_seed, model, settings)
    features, options = selection.split_off_features(json.loads(settings))
    dataset = dataset_of(data, split_seed, features, selection.read())
    p = network(options)(dataset)
    return (
        dataset.Y_test[0],
        p,
        experiment.choose_threshold(dataset.parameters, dataset, p, p).t,
    )


@lru_cache(maxsize=2)
def memberships(data: str, split_seed: int) -> dict[str, Array]:
    """Say of each test row which group it belongs to, for each of ``GROUPS``."""
    dataset = dataset_of(data, split_seed, "report", selection.read())
    frame = _frame(data)
    train, test = frame.iloc[dataset.train.rows], frame.iloc[dataset.test.rows]
    age = np.searchsorted([*AGES.values()][1:], test["Age"], side="right")
    share = train.groupby("Neighbourhood")["Scholarship"].mean()
    rank = test["Neighbourhood"].map(share).rank(method="average", pct=True)
    fifth = np.minimum((rank.fillna(0.5) * len(FIFTHS)).astype(int), len(FIFTHS) - 1)
    return {
        "all": np.full(len(test), "all"),
        "age": np.array([*AGES])[age],
        "scholarship": np.where(test["Scholarship"] == 1, "yes", "no"),
        "neighbourhoods by scholarship": np.array(FIFTHS)[fifth],
    }


@lru_cache(maxsize=1)
def _frame(data: str) -> pd.DataFrame:
    is_simulated = data == "simulated"
    table = (
        appointments.simulated(Parameters().data_seed)[0]
        if is_simulated
        else reader.read(data)
    )
    return appointments.prepared(table.frame)
