"""What is chosen from, and how the choice compares with other models."""

import json
import statistics

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.neural_network import MLPClassifier

from lopsided.errors import InputError
from lopsided.lesson.threshold import choose
from lopsided.parameters import REPORT
from lopsided.pipeline.predictors import dataset, network
from lopsided.pipeline.rows import complete, expand, read_rows
from lopsided.pipeline.studies import model_comparison, selection
from lopsided.report.baselines import estimator
from lopsided.report.figures import side_by_side
from lopsided.report.folds import folds, out_of_fold
from lopsided.table.appointments import FEATURE_SETS, PUBLISHED_SHA256
from lopsided.table.simulate import clinic

SELECTION, BASELINES = (
    ROOT / f"notebooks/results/{name}.csv" for name in ("selection", "baselines")
)


@pytest.fixture(scope="module")
def small_clinic(tmp_path_factory):
    """Path of a simulated clinic with 2,000 rows."""
    path = tmp_path_factory.mktemp("baselines") / "clinic.csv"
    clinic(2000, seed=1)[0].to_csv(path, index=False)
    return str(path)


@pytest.fixture
def tiny(monkeypatch):
    """What is declared, cut to one split and four settings of little work."""
    declared = selection.read()
    declared |= {"split_seeds": [0], "folds": 2}
    parts = [{"epochs": [1], "features": ["steps", "extended"]}]
    declared["network"] = declared["network"] | {"parts": parts}
    parts = [{"epochs": [1], "n_seeds": [2]}]
    declared[selection.AVERAGE] = declared[selection.AVERAGE] | {"parts": parts}
    parts = [{"max_iter": [2], "max_leaf_nodes": [3, 5]}]
    declared[selection.TREES] = declared[selection.TREES] | {"parts": parts}
    parts = [{"features": ["extended"], "max_iter": [200], "tol": [1]}]
    declared[selection.MLP] = declared[selection.MLP] | {"parts": parts}
    monkeypatch.setattr(selection, "read", lambda: declared)
    return declared


def test_cross_validation_is_scikit_learns(small_clinic):
    d = dataset(small_clinic, "extended", 3)
    X, y = d.X_train.T, d.Y_train[0]
    model = LogisticRegression(max_iter=1000)
    parts = StratifiedKFold(4, shuffle=True, random_state=3)
    p = cross_val_predict(model, X, y, cv=parts, method="predict_proba")[:, 1]
    np.testing.assert_allclose(out_of_fold(estimator(model), d, 4), p, rtol=1e-12)
    scores = cross_val_score(model, X, y, cv=parts, scoring="roc_auc")
    ours = [
        roc_auc_score(part.Y_test[0], estimator(model)(part)) for _, part in folds(d, 4)
    ]
    np.testing.assert_allclose(ours, scores, rtol=1e-12)


def test_no_test_row_is_in_cross_validation(small_clinic):
    d = dataset(small_clinic, "extended", 0)
    held = np.concatenate([rows for rows, _ in folds(d, 3)])
    assert sorted(held) == [*range(d.Y_train.size)]
    for rows, part in folds(d, 3):
        np.testing.assert_array_equal(part.X_test, d.X_train[:, rows])
        assert part.X_train.shape[1] + len(rows) == d.Y_train.size


def test_what_is_declared_holds_the_same_information():
    declared = selection.read()
    stepped = [name.partition(":")[0] for name in declared["features"]["steps"]]
    assert stepped == FEATURE_SETS["extended"]
    assert declared["split_seeds"] == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_the_best_setting_of_each_split_is_chosen(tmp_path, small_clinic, tiny):
    path = tmp_path / "selection.csv"
    with pytest.raises(InputError, match="measure 'selection' first"):
        selection.chosen(path, tiny)
    assert complete(path, selection.rows(small_clinic), slots=1) == 6
    best = selection.chosen(path, tiny)
    for model in selection.MODELS:
        rows = [row for row in read_rows(path) if row["model"] == model]
        scores = [row["roc_auc"] for row in rows]
        assert best[0, model] == json.loads(rows[scores.index(max(scores))]["settings"])
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match="not complete"):
        selection.chosen(path, tiny)


def test_an_average_is_the_mean_of_single_networks(small_clinic):
    d = dataset(small_clinic, "extended", 0)
    told = {"hidden_units": [3], "epochs": 1}
    single = [network(told | {"seed": seed})(d) for seed in (0, 1, 2)]
    average = network(told | {"n_seeds": 3})(d)
    np.testing.assert_allclose(average, np.mean(single, axis=0), rtol=1e-12)


NETWORK = {"features": "steps", "hidden_units": [3], "epochs": 1, "l2": 0.001}
TOLD = (
    NETWORK,
    NETWORK | {"n_seeds": 2},
    {"features": "extended", "max_iter": 2},
    {"features": "steps", "max_iter": 200, "tol": 1},
)


def test_a_row_is_what_scikit_learn_measures(small_clinic, tiny):
    models = model_comparison.compared(*TOLD)
    assert [next(iter(m)) for m in models.values()] == [
        model_comparison.REPORTED,
        model_comparison.CHOSEN,
    ]
    d = dataset(small_clinic, "extended", 0)
    X, y = d.X_train.T, d.Y_train[0]
    model = LogisticRegression(max_iter=1000).fit(X, y)
    p = model.predict_proba(d.X_test.T)[:, 1]
    held_out = out_of_fold(estimator(LogisticRegression(max_iter=1000)), d, 2)
    t = choose("f1", y, held_out, p).t
    plain = "logistic regression", '{"features": "extended"}'
    row = model_comparison.measure(small_clinic, 0, *plain)
    row = {name: float(value) for name, value in row.items()}
    assert set(row) == {"threshold", *model_comparison.COLUMNS}
    assert row["threshold"] == pytest.approx(t, abs=1e-6)
    assert row["roc_auc"] == pytest.approx(roc_auc_score(d.Y_test[0], p), abs=1e-6)
    assert row["f1"] == pytest.approx(f1_score(d.Y_test[0], p >= t), abs=1e-6)


def test_scikit_learns_network_is_not_held_back():
    """It learns from all training rows until its loss stands still, as ours does."""
    known = model_comparison.estimators()[selection.MLP].get_params()
    assert not known["early_stopping"]
    assert known["hidden_layer_sizes"] == REPORT["hidden_units"]
    usual = MLPClassifier().get_params()
    told = {"hidden_layer_sizes", "random_state"}
    assert {k: v for k, v in known.items() if k not in told} == {
        k: v for k, v in usual.items() if k not in told
    }
    tried = [*expand(selection.read()[selection.MLP])]  # told numbers both ways
    assert {settings["features"] for settings in tried} == {"extended", "steps"}


@pytest.mark.slow
@pytest.mark.parametrize("features", ["report", "extended"])
def test_every_model_trains_and_decides(small_clinic, tiny, features):
    for model, settings in model_comparison.compared(*TOLD)[features].items():
        Y, p, t = model_comparison.judged(small_clinic, 0, model, json.dumps(settings))
        assert Y.shape == p.shape == (400,), model
        flagged = float(np.mean(p >= t))
        expected = {"always negative": 0, "always positive": 1}
        assert flagged == expected.get(model, flagged)


def test_the_committed_tables_hold_what_is_declared():
    data = {"data": PUBLISHED_SHA256[:12]}
    declared = selection.read()
    rows = read_rows(SELECTION)
    expected = [
        {"split_seed": str(seed), "model": model, "settings": json.dumps(settings)}
        for seed in declared["split_seeds"]
        for model in selection.MODELS
        for settings in expand(declared[model])
    ]
    assert [{k: row[k] for k in expected[0]} for row in rows] == expected
    best = selection.chosen(SELECTION, declared)
    expected = [
        (str(seed), features, model, json.dumps(settings))
        for seed in declared["split_seeds"]
        for features, models in model_comparison.compared(
            *(best[seed, model] for model in selection.MODELS)
        ).items()
        for model, settings in models.items()
    ]
    found = read_rows(BASELINES)
    names = "split_seed", "features", "model", "settings"
    assert [tuple(row[name] for name in names) for row in found] == expected
    assert all(data.items() <= row.items() for row in rows + found)


def test_the_figure_places_every_model_at_its_mean():
    frame = pd.DataFrame(
        [
            ["a", "x", 0.525, 0.4, 0.6],
            ["a", "$y_1$", 0.7, 0.6, 0.8],
            ["b", "x", 0.8, 0.7, 0.9],
        ],
        columns=["group", "model", "f1", "f1_low", "f1_high"],
    )
    frame["roc_auc"] = frame["roc_auc_low"] = frame["roc_auc_high"] = frame["f1"]
    panels = {"f1": "F1", "roc_auc": "ROC AUC"}
    picture = side_by_side(frame, panels, ["x"], "models", "Two groups")
    left, right = picture.figure.axes
    dots = [line for line in left.lines if len(line.get_xdata()) == 1]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([0.525, 0.7, 0.8])
    assert len({dot.get_ydata()[0] for dot in dots}) == 3
    assert dots[0].get_marker() == dots[2].get_marker() != dots[1].get_marker()
    assert (left.get_xlabel(), right.get_xlabel()) == ("F1", "ROC AUC")
    assert "x (a) 0.525, 0.525; $y_1$ (a) 0.700" in picture.alt
    assert picture.svg() == picture.svg()


def over_splits(model, name):
    found = [
        float(row[name])
        for row in read_rows(BASELINES)
        if (row["features"], row["model"]) == ("extended", model)
    ]
    assert len(found) == 5
    return statistics.mean(found)


def test_plain_gradient_descent_comes_within_reach_of_the_trees():
    """The bounds that were set beforehand, as means over five splits."""
    trees, average = (
        {name: over_splits(model, name) for name in ("roc_auc", "f1")}
        for model in (model_comparison.TREES, model_comparison.AVERAGE)
    )
    assert abs(trees["roc_auc"] - average["roc_auc"]) <= 0.005
    assert trees["f1"] - average["f1"] <= 0.005


def test_a_committed_score_comes_out_again(real_data):
    declared = selection.read()
    row = read_rows(SELECTION)[0]
    job = selection.rows(str(real_data))[0]
    assert job.settings.items() <= row.items()
    settings = json.loads(row["settings"])
    assert settings["epochs"] <= 10  # a quick one
    found = selection.measure(str(real_data), 0, row["model"], settings, declared)
    assert found.items() <= row.items()
