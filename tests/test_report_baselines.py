"""The network beside other models: their numbers, differences, and what follows."""

import copy
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import (
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)

from lopsided.lesson.threshold import choose
from lopsided.parameters import Parameters
from lopsided.report import baselines, experiment
from lopsided.report.intervals import METRICS
from lopsided.table.dataset import load

pytestmark = pytest.mark.slow  # trees train for each model


@pytest.fixture(scope="module")
def judged(tiny_clinic):
    """A table, its network, and the models beside it."""
    d = load(Parameters(data=str(tiny_clinic), epochs=2, n_bootstrap=50))
    fitted = experiment.fit(d.parameters, d)
    measured = experiment.measure(d.parameters, d, fitted)
    found = baselines.measure(d.parameters, d, fitted, measured["threshold"])
    return d, fitted, measured, found


def test_each_model_is_measured_on_the_test_rows(judged):
    d, _, measured, found = judged
    assert [e["model"] for e in found] == [
        *("always negative", "always positive", "logistic regression", "boosted trees")
    ]
    prevalence = float(d.Y_test.mean())
    assert found[0]["accuracy"] == pytest.approx(1 - prevalence)
    assert found[1]["f1"] == pytest.approx(2 * prevalence / (1 + prevalence))
    assert found[0]["roc_auc"] == found[1]["roc_auc"] == 0.5
    for e, model in (
        (found[2], LogisticRegression(tol=1e-9, max_iter=10_000)),
        (found[3], HistGradientBoostingClassifier(random_state=0)),
    ):
        model.fit(d.X_train.T, d.Y_train[0])
        p = model.predict_proba(d.X_test.T)[:, 1]
        auc, ap = roc_auc_score(d.Y_test[0], p), average_precision_score(d.Y_test[0], p)
        assert (e["roc_auc"], e["average_precision"]) == pytest.approx((auc, ap))
        assert e["threshold"] == 0.18
        np.testing.assert_array_equal(
            np.ravel(e["confusion_matrix"])[[1, 3]],
            [np.sum((p >= 0.18) & (d.Y_test[0] == y)) for y in (0, 1)],
        )
    assert set(measured["test"]) > {"roc_auc"}
    assert json.dumps(found, allow_nan=False)


def test_differences_are_the_networks_minus_theirs_in_pairs(judged):
    _, _, measured, found = judged
    for e in found:
        assert list(e["difference"]) == list(METRICS)
        for name in ("roc_auc", "average_precision", "log_loss", "brier", "accuracy"):
            gap = e["difference"][name]
            assert gap["value"] == pytest.approx(measured["test"][name] - e[name])
            assert gap["low"] <= gap["high"]


def test_a_model_beside_itself_differs_by_nothing(judged):
    d, fitted, _measured, _ = judged
    again = experiment.Fitted(
        fitted.network,
        fitted.history,
        1.0,
        fitted.P_train,
        baselines.estimator(baselines.logistic())(d)[None],
    )
    found = baselines.measure(d.parameters, d, again, 0.18)
    gap = baselines.entry(found, "logistic regression")["difference"]
    assert all(gap[name]["low"] == gap[name]["high"] == 0 for name in METRICS)


def test_without_draws_nobody_knows_how_sure_it_is(judged):
    d, fitted, measured, _ = judged
    found = baselines.measure(
        d.parameters.with_(n_bootstrap=0), d, fitted, measured["threshold"]
    )
    gap = found[2]["difference"]["roc_auc"]
    assert gap["low"] is None
    assert gap["value"] is not None
    assert "is not known" in baselines.sentence(found)


def test_a_rule_that_looks_at_predictions_sees_held_out_ones(judged):
    d, fitted, *_ = judged
    p = d.parameters.with_(threshold="f1", n_bootstrap=0)
    found = baselines.measure(p, d, fitted, 0.3)[3]
    X, y = d.X_train.T, d.Y_train[0]
    model = HistGradientBoostingClassifier(random_state=0)
    parts = StratifiedKFold(3, shuffle=True, random_state=0)
    held = cross_val_predict(model, X, y, cv=parts, method="predict_proba")[:, 1]
    assert found["threshold"] == choose("f1", y, held, held).t


def test_a_rule_looks_at_rows_held_out_as_the_test_rows_are(tmp_path):
    """With a time column, at later ones than those that the model learned from."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=240), "day": rng.permutation(240) // 2})
    # What x tells turns in the middle.
    turned = np.where(frame["day"] < 50, -frame["x"], frame["x"])
    frame["y"] = (rng.random(240) < 1 / (1 + np.exp(-2 * turned))).astype(int)
    frame.to_csv(tmp_path / "t.csv", index=False)
    asked = {"data": str(tmp_path / "t.csv"), "target": "y", "threshold": "f1"}
    asked |= {"training": "report", "epochs": 1, "n_bootstrap": 0, "positive_label": 1}
    d = load(Parameters(**asked, time_column="day"))
    fitted = experiment.fit(d.parameters, d)
    found = baselines.measure(d.parameters, d, fitted, 0.5)[2]
    y, times = d.Y_train[0], d.train.times
    p, order = np.full(y.size, np.nan), np.argsort(times, kind="stable")
    for earlier, span in TimeSeriesSplit(3).split(order):
        kept = order[earlier][times[order[earlier]] < times[order[span]].min()]
        model = baselines.logistic().fit(d.X_train.T[kept], y[kept])
        p[order[span]] = model.predict_proba(d.X_train.T[order[span]])[:, 1]
    seen = ~np.isnan(p)
    t = choose("f1", y[seen], p[seen], p).t
    assert found["threshold"] == pytest.approx(t, rel=1e-6)


def test_all_are_given_the_same_weights(judged):
    d, fitted, *_ = judged
    p = d.parameters.with_(weighting="positive", w=3.0, n_bootstrap=0)
    heavy = experiment.Fitted(
        fitted.network, fitted.history, 3.0, fitted.P_train, fitted.P_test
    )
    found = baselines.measure(p, d, heavy, 0.5)[2]
    model = LogisticRegression(tol=1e-9, max_iter=10_000, class_weight={1: 3})
    proba = model.fit(d.X_train.T, d.Y_train[0]).predict_proba(d.X_test.T)[:, 1]
    assert found["log_loss"] == pytest.approx(
        -np.mean(np.log(np.where(d.Y_test[0] == 1, proba, 1 - proba)))
    )


def told(judged, logistic, trees):
    """Say what follows from two differences, each (value, low, high)."""
    found = copy.deepcopy(judged[-1])
    for name, gap in (("logistic regression", logistic), ("boosted trees", trees)):
        told = dict(zip(("value", "low", "high"), gap, strict=True))
        baselines.entry(found, name)["difference"]["roc_auc"] = told
    return baselines.sentence(found), baselines.sentence(found, fitted=True)


def test_the_sentence_follows_from_the_differences(judged):
    open_, fitted = told(judged, (0.01, -0.01, 0.03), (-0.02, -0.03, -0.01))
    assert "boosted trees rank better than the network, by 0.0200 (0.0100 to" in open_
    assert "use them, or let the network's training fit" in open_
    assert "training" not in fitted
    open_, _ = told(judged, (-0.05, -0.09, -0.01), (-0.02, -0.03, -0.01))
    assert "logistic regression ranks better" in open_
    assert "use it" in open_
    open_, _ = told(judged, (-0.001, -0.002, -0.0001), (0.02, 0.01, 0.03))
    assert "too little to matter" in open_
    open_, _ = told(judged, (0.01, -0.01, 0.03), (0.01, -0.01, 0.03))
    assert "do not tell" in open_
    assert "the simplest, will do" in open_
    open_, _ = told(judged, (0.02, 0.01, 0.03), (0.01, -0.01, 0.03))
    assert "better than logistic regression, by 0.0200" in open_
    assert "beside boosted trees (0.0100 (-0.0100 to" in open_
    open_, _ = told(judged, (0.02, 0.01, 0.03), (0.03, 0.01, 0.05))
    assert "and than boosted trees" in open_
    assert open_.endswith("use it.")


def test_models_beside_a_tall_table_learn_from_a_part_and_it_is_told(
    judged, monkeypatch
):
    d, fitted, measured, found = judged
    monkeypatch.setattr(baselines, "MOST_ROWS", 100)
    monkeypatch.setattr(baselines, "ROWS_AT_ONCE", 17)
    few = baselines.measure(d.parameters, d, fitted, measured["threshold"])
    rows = baselines.sample(d.Y_train[0], 100)
    assert [e.get("learned_from") for e in few] == [None, None, len(rows), len(rows)]
    model = LogisticRegression(tol=1e-9, max_iter=10_000)
    model.fit(d.X_train.T[rows], d.Y_train[0, rows])
    p = model.predict_proba(d.X_test.T)[:, 1]
    assert few[2]["roc_auc"] == pytest.approx(roc_auc_score(d.Y_test[0], p))
    assert few[2]["roc_auc"] != found[2]["roc_auc"]
    told = f"{len(rows)} of the training rows, drawn class by class; the network from"
    assert told in baselines.sentence(few)
    assert told not in baselines.sentence(found)


def test_a_sample_has_both_classes_in_their_shares():
    y = np.zeros(10_000)
    y[:3] = 1
    rows = baselines.sample(y, 1000)
    assert (len(rows), y[rows].sum()) == (1001, 1)
    assert len(np.unique(rows)) == len(rows)
    y[:2000] = 1
    assert y[baselines.sample(y, 1000)].mean() == 0.2
