"""Resampling beside a class weight: what is made and measured, what the table says."""

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from lopsided.lesson.loss import balanced_weight
from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import balancing
from lopsided.pipeline.studies.balancing import METHODS, SEED, resampled
from lopsided.table.dataset import Rows

COMMITTED = ROOT / "notebooks/results/balancing.csv"


@pytest.fixture(scope="module")
def train():
    rng = np.random.default_rng(0)
    Y = (rng.random((1, 300)) < 0.2).astype(float)
    return Rows(rng.normal(size=(3, 300)) + Y, Y, np.arange(300))


@pytest.mark.parametrize("method", METHODS[2:])
def test_resampling_makes_both_classes_equally_many(train, method):
    pytest.importorskip("imblearn")
    made = resampled(train, method, 0)
    positives, m = int(train.Y.sum()), train.Y.size
    size = positives if method == "undersampling" else m - positives
    assert [int((made.Y == y).sum()) for y in (0, 1)] == [size, size]
    assert made.X.shape == (3, 2 * size)
    known = {tuple(x) for x in train.X.T}
    new = sum(tuple(x) not in known for x in made.X.T)
    assert new == (m - 2 * positives if method == "SMOTE" else 0)
    again, other = (resampled(train, method, seed).X for seed in (0, 1))
    assert np.array_equal(again, made.X)
    assert not np.array_equal(other, made.X)


def test_a_row_measures_what_it_names(tiny_clinic):
    pytest.importorskip("imblearn")
    found = {m: balancing.measure(str(tiny_clinic), 0, m, 2) for m in METHODS}
    numbers = pd.DataFrame(found).T.astype(float)
    assert (numbers["roc_auc_plain"] == numbers.loc[SEED, "roc_auc_plain"]).all()
    unmoved = numbers.loc[SEED]
    assert unmoved["mean"] == unmoved["mean_corrected"]
    assert (numbers["mean"].iloc[1:] > numbers["mean_corrected"].iloc[1:]).all()
    half = numbers["training_rows"]["undersampling"] / 2
    over = numbers["training_rows"]["oversampling"] / 2
    rows = numbers["training_rows"][SEED]
    assert half + over == rows
    Y = np.repeat([[1.0, 0.0]], [half, over], axis=1)
    assert balanced_weight(Y) == over / half


def test_the_committed_table_is_as_declared():
    declared = balancing.rows("published.csv")
    names = [*declared[0].settings]
    rows = read_rows(COMMITTED)
    assert [{n: r[n] for n in names} for r in rows] == [r.settings for r in declared]


def test_what_the_lesson_says_holds_in_the_table():
    study = pd.read_csv(COMMITTED)
    assert set(study["table"]) == {"published", "simulated"}
    mean = study.groupby(["table", "method"]).mean(numeric_only=True)
    for table in ("published", "simulated"):
        of = mean.loc[table]
        balanced = of.drop(index=SEED)
        assert (balanced["agreement"] > of.loc[SEED, "agreement"]).all()
        assert (balanced["mean"] > 0.45).all()
        assert (abs(balanced["mean_corrected"] - balanced["prevalence"]) < 0.01).all()
        assert (balanced["brier"] > 1.4 * balanced["brier_plain"]).all()
        mended = balanced["brier_corrected"] / balanced["brier_plain"]
        assert (abs(mended - 1) < 0.01).all()
        assert (abs(balanced["roc_auc"] - balanced["roc_auc_plain"]) < 0.003).all()
