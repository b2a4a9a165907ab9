"""Dead units and silent layers are counted; the table holds what it declares."""

import json

import numpy as np
import pytest
from conftest import ROOT

from lopsided.lesson import metrics
from lopsided.lesson.network import Network
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import dead_units
from lopsided.pipeline.studies.dead_units import (
    EPOCHS,
    SEEDS,
    USUAL,
    dead,
    measure,
    silent,
)
from lopsided.report import experiment
from lopsided.table.dataset import load

COMMITTED = ROOT / "notebooks/results/dead_units.csv"


@pytest.fixture
def network():
    """One feature x; units x - 1, -x and -1, then one that adds up the three."""
    network = Network([1, 3, 1, 1])
    network.W[1][:] = [[1], [-1], [0]]
    network.b[1][:] = [[-1], [0], [-1]]
    network.W[2][:] = [[1, 1, 1]]
    return network


def test_a_unit_is_dead_if_no_row_wakes_it(network):
    assert dead(network, np.array([[-1.0, 3.0]])) == 1
    assert dead(network, np.array([[0.0, 0.5, 1.0]])) == 4  # Z = 0 is off
    assert dead(network, np.array([[1.5, 2.0]])) == 2


def test_a_row_is_silent_if_a_whole_layer_is_off(network):
    assert silent(network, np.array([[-1.0, 0.0, 0.5, 1.0, 3.0]])) == 3
    network.W[2][:] *= -1  # the first layer lives, the second never
    assert silent(network, np.array([[-1.0, 0.5, 3.0]])) == 3


@pytest.mark.slow
def test_the_usual_row_is_the_reports_training_job():
    row = measure(USUAL | {"seed": "0"}, epochs=2)
    dataset = load(Parameters(epochs=2))
    fitted = experiment.fit(dataset.parameters, dataset)
    p = fitted.p_test
    assert row["roc_auc"] == f"{metrics.roc_auc(dataset.Y_test, p):.6f}"
    assert row["predictions"] == str(np.unique(p).size)
    assert row["dead_2"] == str(dead(fitted.network, dataset.X_train))
    assert row["silent_2"] == str(silent(fitted.network, dataset.X_test))
    assert "dead_5" not in row


def test_the_first_weights_are_as_declared():
    narrow = USUAL | {"hidden_units": "3 3", "seed": "0"}
    assert measure(narrow, epochs=1)["dead_0"] == "1"
    assert measure(narrow | {"bias": "0.1"}, epochs=1)["dead_0"] == "0"


def test_the_committed_table_is_as_declared():
    rows, declared = read_rows(COMMITTED), dead_units.rows("simulated")
    names = [*declared[0].settings]
    assert [{n: row[n] for n in names} for row in rows] == [
        job.settings for job in declared
    ]
    assert len(SEEDS) >= 10
    for row in rows:
        assert {f"{what}_{e}" for what in ("dead", "silent") for e in EPOCHS} < {*row}
        assert int(row["silent_400"]) <= int(row["n_test"])


def test_the_committed_table_agrees_with_the_committed_run():
    run = json.loads((ROOT / "notebooks/results/simulated.json").read_text())
    (row,) = (
        row
        for row in read_rows(COMMITTED)
        if USUAL.items() <= row.items() and row["seed"] == "0"
    )
    assert row["roc_auc"] == f"{run['test']['roc_auc']:.6f}"


def test_what_the_lesson_says_holds_in_the_table():
    def seen(column, **changes):
        kind = USUAL | changes
        rows = [r for r in read_rows(COMMITTED) if kind.items() <= r.items()]
        return np.array([float(row[column]) for row in rows])

    small, large = 0.005 * 22_106, 0.02 * 22_106
    # born dead, where few units feed the layer; a first bias wakes them
    assert seen("dead_0", hidden_units="3 3").sum() > 0
    assert seen("dead_0", hidden_units="3 3", bias="0.1").sum() == 0
    # killed by long steps, at once
    assert seen("dead_0", learning_rate="1").sum() == 0
    assert seen("dead_1", learning_rate="1").mean() > 0.5
    # most ties need no dead unit; width cures, other changes leave some seed with one
    rows = [r for r in read_rows(COMMITTED) if int(r["largest_tie"]) > small]
    assert sum(r["dead_400"] == "0" for r in rows) > 0.6 * len(rows)
    assert seen("largest_tie").max() > large
    assert seen("largest_tie", hidden_units="40 10").max() < small
    for change in (
        *({"scheme": scheme} for scheme in ("xavier", "small")),
        *({"learning_rate": rate} for rate in ("0.003", "0.03", "0.1", "1")),
        {"bias": "0.1"},
    ):
        assert seen("largest_tie", **change).max() > large
    # small first weights learn less
    small_weights, usual = seen("roc_auc", scheme="small"), seen("roc_auc")
    assert np.median(small_weights) < np.median(usual)
    assert small_weights.min() < usual.min()
