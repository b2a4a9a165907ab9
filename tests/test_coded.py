"""A tall table's input is held as codes, and is the same input to the last bit."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from lopsided import engines
from lopsided.lesson.loss import class_weights
from lopsided.lesson.network import initialise
from lopsided.lesson.training import train
from lopsided.parameters import Parameters, validate
from lopsided.report import baselines, choosing, experiment, health
from lopsided.table import coded, recipe
from lopsided.table.coded import Coded, Columns, first_of_each
from lopsided.table.dataset import load

ROWS = 600


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), "D")
    frame = pd.DataFrame(
        {
            "few": rng.integers(0, 9, ROWS).astype(float),
            "many": rng.normal(size=ROWS),
            "town": rng.choice(["Ulm", "Kiel", "Bonn", "(missing)"], ROWS),
            "flag": rng.choice([True, False], ROWS),
            "begun": day,
            "ended": day + pd.to_timedelta(rng.integers(0, 9, ROWS), "D"),
        }
    )
    frame.loc[rng.random(ROWS) < 0.1, ["few", "ended"]] = None
    frame.loc[rng.random(ROWS) < 0.1, "town"] = None
    z = frame["many"] + (frame["town"] == "Ulm") - 0.5
    return frame.assign(ill=np.where(z + rng.logistic(size=ROWS) > 0, "yes", "no"))


def loaded(frame, folder, **given):
    path = folder / "t.csv"
    frame.to_csv(path, index=False)
    usual = {"data": str(path), "target": "ill", "epochs": 3, "n_bootstrap": 20}
    return load(validate(usual | given))


def test_each_value_has_a_number_and_a_first_row():
    for column, codes, first in (
        (pd.Series([3.0, np.nan, 3.0, 1.0, np.nan]), [0, 2, 0, 1, 2], [0, 3, 1]),
        (pd.Series(["b", "a", "b"]), [0, 1, 0], [0, 1]),
        (pd.Series([None, None]), [0, 0], [0]),
    ):
        found = first_of_each(column)
        np.testing.assert_array_equal(found[0], codes)
        np.testing.assert_array_equal(found[1], first)
    assert first_of_each(pd.Series(np.arange(300)))[0].dtype == np.uint16


def test_a_column_is_made_as_it_was(frame):
    frame["nothing"] = None
    made = Columns(frame.copy())
    assert ([*made], len(made)) == ([*frame], ROWS)
    for name in frame:
        pd.testing.assert_series_equal(made[name], frame[name])
    assert made.columns["town"][0] is not None
    assert made.columns["many"][0] is None  # codes would spare nothing


def test_it_indexes_as_the_array_that_it_stands_for():
    codes = np.array([0, 1, 1, 0, 2], np.uint8)
    values, each = np.array([[1.0, 0], [0, 1], [7, 8]]), np.arange(5.0)[:, None]
    X, whole = Coded([(codes, values), (None, each)]), None
    whole = np.hstack([values[codes], each]).T
    assert (X.shape, X.ndim, X.size, X.nbytes) == ((3, 5), 2, 15, whole.nbytes)
    assert (len(X), X.dtype) == (3, whole.dtype)
    for key in (
        (slice(None), [3, 3, 0]),
        (slice(None), slice(1, 4)),
        (slice(None), np.arange(5) > 2),
        (slice(None), 4),
        (slice(None), [[0], [1]]),
        (slice(1, 3), 2),
        1,
        [0, 2],
    ):
        np.testing.assert_array_equal(np.asarray(X[key]), whole[key])
    assert isinstance(X[:, [1, 2]], Coded)
    np.testing.assert_array_equal(X.T, whole.T)
    assert X.T.flags.c_contiguous  # each example lies together
    np.testing.assert_array_equal(np.ones((2, 3)) @ X, np.ones((2, 3)) @ whole)
    np.testing.assert_array_equal(2 * X - X, whole)
    np.testing.assert_array_equal(X.mean(axis=1), whole.mean(axis=1))
    assert X.astype("float32").dtype == np.float32
    again = pickle.loads(pickle.dumps(X))
    np.testing.assert_array_equal(copy.copy(again), whole)


def test_a_feature_is_what_its_column_says_row_by_row(frame):
    """Computed once a value, it is what it would be computed for each row."""
    kinds = {"few": "number", "many": "number", "town": "category", "flag": "boolean"}
    kinds |= {"begun": "date", "ended": "date"}
    made = recipe.fit_recipe(frame, kinds)
    X = made.apply(frame)
    assert {f.part for f in made.features} >= {"value", "missing", "is", "until"}
    for i, feature in enumerate(made.features):
        values = recipe.ColumnValues(frame[feature.column])
        until = recipe.ColumnValues(frame[feature.until]) if feature.until else None
        np.testing.assert_array_equal(X[i], feature.standardised(values, until))


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_examples_made_in_parts_train_the_same_network(engine, dtype, monkeypatch):
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, 530).astype(np.uint8)
    X = Coded([(codes, rng.normal(size=(5, 3))), (None, rng.normal(size=(530, 2)))])
    Y = (rng.random((1, 530)) < 0.4).astype(float)
    monkeypatch.setattr(engines, "EXAMPLES_AT_ONCE", 130)
    run, found = engines.epoch_of(engine), []
    parts = engines.in_parts(run, X)
    for given, its in ((X, run), (np.empty((0, 530)), parts)):
        network = initialise([5, 4, 1], np.random.default_rng(2), dtype=dtype)
        weight, order = class_weights(Y, "positive", 2.0), np.random.default_rng(3)
        history = train(
            network, given, Y, weight, order, epochs=3, batch_size=40, run_epoch=its
        )
        found.append((network.theta, history))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("group", [None, "few"])
def test_a_coded_table_gives_the_same_report(frame, group, tmp_path, monkeypatch):
    found = []
    for tall in (coded.TALL, 0):
        monkeypatch.setattr(coded, "TALL", tall)
        d = loaded(frame, tmp_path, group_column=group, threshold="f1")
        assert isinstance(d.X_train, np.ndarray) == (tall > 0)
        choice = choosing.choose(d.parameters, d)
        p = choice.parameters
        fitted = experiment.fit(p, d)
        measured = experiment.measure(p, d, fitted)
        beside = baselines.measure(p, d, fitted, measured["threshold"])
        promised = health.promise(d).plain()
        found.append((choice, d.provenance.notes, promised, measured, beside))
    assert found[0] == found[1]


@pytest.mark.parametrize("tall", [True, False])
def test_a_part_of_a_table_is_every_kth_row_of_each_side(tall, tmp_path, monkeypatch):
    if tall:
        monkeypatch.setattr(coded, "TALL", 0)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.integers(0, 9, 300), "y": rng.integers(0, 2, 300)})
    frame["patient"] = rng.integers(0, 90, 300)
    frame.to_csv(tmp_path / "visits.csv", index=False)
    of_visits = {"data": str(tmp_path / "visits.csv"), "target": "y"}
    table = load(Parameters(**of_visits, features=["x"], group_column="patient"))
    m = table.Y_train.size

    part = table.at_most(-(-m // 3))

    assert part.Y_train.size == -(-m // 3)
    for some, all_ in ((part.train, table.train), (part.test, table.test)):
        assert np.array_equal(np.asarray(some.X), np.asarray(all_.X)[:, ::3])
        assert np.array_equal(some.Y, all_.Y[:, ::3])
        assert np.array_equal(some.rows, all_.rows[::3])
        # Bootstraps draw by these numbers: no number is left out, and the groups stay.
        assert set(some.groups) == set(range(some.groups.max() + 1))
        pairs = set(zip(some.groups, all_.groups[::3], strict=True))
        assert len(pairs) == len(set(some.groups)) == len(set(all_.groups[::3]))
    one = table.parameters.with_(training="report", epochs=1)
    assert experiment.fingerprint(one, part) != experiment.fingerprint(one, table)
    assert table.at_most(m) is table
    assert table.at_most(m - 1) is not table
