"""An experiment: what makes it another, what must not, and how often it trains."""

import hashlib
import importlib.util

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from lopsided.lesson import metrics
from lopsided.lesson.loss import class_weights
from lopsided.lesson.network import initialise, predict_proba
from lopsided.lesson.threshold import choose, predict
from lopsided.lesson.training import train
from lopsided.parameters import Parameters
from lopsided.report import experiment
from lopsided.table.dataset import load

#: For each parameter another value than that of `plain`.
OTHER = {
    "data": "elsewhere.csv",
    "target": "SMS_received",
    "positive_label": "No",
    "features": "extended",
    "drop": ["Age"],
    "kinds": {"Age": "category"},
    "gaps": {"Age": [0]},
    "labels": ["Yes", "No"],
    "header": True,
    "sheet": "another",
    "member": "another.csv",
    "encoding": "cp1252",
    "decimal": ",",
    "dayfirst": True,
    "training": "fitted",
    "hidden_units": [3, 4],
    "weighting": "positive",
    "w": 3.0,
    "initialisation": "xavier",
    "epochs": 4,
    "batch_size": 11,
    "initial_learning_rate": 0.02,
    "final_learning_rate": 0.0,
    "threshold": "f1",
    "test_size": 0.3,
    "group_column": "PatientId",
    "time_column": "ScheduledDay",
    "seed": 1,
    "split_seed": 1,
    "data_seed": 1,
    "l2": 0.1,
    "n_networks": 2,
    "dtype": "float32",
    "engine": "numpy",
    "n_bootstrap": 10,
    "n_seeds": 2,
    "author": "A. Author",
    "title": "A title",
    "run_dir": "elsewhere",
}


@pytest.fixture(scope="module")
def plain(tiny_clinic):
    """A small table and its parameters, every training parameter at work."""
    return load(
        Parameters(
            data=str(tiny_clinic),
            hidden_units=[4, 3],
            epochs=3,
            batch_size=30,
            w=2.0,
            n_bootstrap=0,
        )
    )


@pytest.mark.parametrize("name", Parameters.model_fields)
def test_what_trains_another_network_has_another_fingerprint(plain, name):
    if name == "engine" and importlib.util.find_spec("numba") is None:
        pytest.skip("needs the extra 'fast'")
    changed = plain.parameters.with_(**{name: OTHER[name]})
    assert getattr(changed, name) != getattr(plain.parameters, name)
    same = experiment.fingerprint(changed, plain) == experiment.fingerprint(
        plain.parameters, plain
    )
    of_the_clinic = {"data_seed"}  # and this is a file
    assert same == (name in experiment.AFTER_TRAINING | of_the_clinic)


OF_TRAINING = [
    *("hidden_units", "weighting", "w", "initialisation", "epochs", "batch_size"),
    *("initial_learning_rate", "final_learning_rate", "seed", "l2", "dtype"),
    "n_networks",
]


@pytest.mark.parametrize("name", OF_TRAINING)
def test_each_parameter_of_training_reaches_it(plain, name):
    before = experiment.fit(plain.parameters, plain)
    after = experiment.fit(plain.parameters.with_(**{name: OTHER[name]}), plain)
    assert not np.array_equal(before.p_test, after.p_test)
    assert before.p_test.shape == after.p_test.shape


@pytest.mark.parametrize("name", sorted(experiment.AFTER_TRAINING - {"data"}))
def test_what_comes_after_training_does_not_reach_it(plain, name):
    before = experiment.fit(plain.parameters, plain)
    after = experiment.fit(plain.parameters.with_(**{name: OTHER[name]}), plain)
    np.testing.assert_array_equal(before.P_train, after.P_train)
    np.testing.assert_array_equal(before.P_test, after.P_test)


def test_the_first_weights_are_drawn_as_asked(plain):
    """Without a step, the network that comes back is the one that was drawn."""
    still = {"initial_learning_rate": 1e-300, "final_learning_rate": 0.0, "seed": 5}
    layer_dims = [len(plain.X_train), 4, 3, 1]
    for how in ("he", "xavier", "small"):
        p = plain.parameters.with_(**still, initialisation=how)
        drawn = initialise(layer_dims, np.random.default_rng(5), how)
        found = experiment.fit(p, plain).network
        np.testing.assert_allclose(found.theta, drawn.theta, rtol=0, atol=1e-290)


def test_seed_k_alone_is_seed_k_among_others(plain):
    together = experiment.fit(plain.parameters.with_(seed=7, n_seeds=3), plain)
    assert together.P_test.shape == (3, plain.Y_test.size)
    for k in range(3):
        alone = experiment.fit(plain.parameters.with_(seed=7 + k), plain)
        np.testing.assert_array_equal(together.P_train[k], alone.p_train[0])
        np.testing.assert_array_equal(together.P_test[k], alone.p_test[0])


@pytest.mark.slow
def test_networks_side_by_side_are_those_one_after_another(plain, monkeypatch):
    """On all cores, in other processes: the same numbers in the same order."""
    p = plain.parameters.with_(n_seeds=3)
    alone = experiment.fit(p, plain)
    monkeypatch.setattr(experiment, "WORTH_A_PROCESS", 0)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    here = []
    together = experiment.fit(p, plain, lambda *_: here.append(1))
    if joblib.cpu_count() > 1:
        assert not here  # it was elsewhere
    np.testing.assert_array_equal(together.P_train, alone.P_train)
    np.testing.assert_array_equal(together.P_test, alone.P_test)
    np.testing.assert_array_equal(together.network.theta, alone.network.theta)
    assert together.history == alone.history


NOTEBOOKS = ("03_training", "04_threshold_analysis", "05_report")


@pytest.mark.ci
@pytest.mark.slow
def test_nothing_trains_twice(tiny_clinic, tmp_path, monkeypatch, capsys):
    """The three notebooks of a run, as scripts: no training has the start of another.

    A training is known by all that it is given: the network as drawn, the rows, the
    weights and the settings.
    """
    trainings = []

    def counted(network, X, Y, weight, rng, **settings):
        given = [network.theta, X, Y, weight]
        content = b"".join(np.ascontiguousarray(a).tobytes() for a in given)
        numbers = {n: v for n, v in settings.items() if isinstance(v, int | float)}
        content += repr([network.layer_dims, sorted(numbers.items())]).encode()
        trainings.append(hashlib.sha256(content).hexdigest())
        return train(network, X, Y, weight, rng, **settings)

    monkeypatch.setattr(experiment, "train", counted)
    # Longer than the brief trainings that notebook 04 compares.
    given = {"data": str(tiny_clinic), "epochs": 26, "hidden_units": [3], "n_seeds": 2}
    given |= {"n_bootstrap": 10, "run_dir": str(tmp_path)}
    after = {}
    for name in NOTEBOOKS:
        source = (ROOT / f"notebooks/{name}.py").read_text(encoding="utf-8")
        before, tag, rest = source.partition('# %% tags=["parameters"')
        cell, start, rest = rest.partition("\n# %%")
        assert tag
        assert start
        chosen = "\n".join(f"{key} = {value!r}" for key, value in given.items())
        code = compile(f"{before}{tag}{cell}\n{chosen}\n{start}{rest}", name, "exec")
        exec(code, {"__name__": "__main__"})
        after[name] = len(trainings)
    assert after["03_training"] >= 2  # the report's network, from each of two seeds
    assert after["05_report"] == after["04_threshold_analysis"]  # 05 only reads
    assert len(set(trainings)) == len(trainings)
    capsys.readouterr()


# Metamorphic: what is done to the rows, and what must follow for the answer.

rng = np.random.default_rng(0)
Y = (rng.random((1, 300)) < 0.3).astype(float)
P = np.clip(rng.normal(0.3 + 0.1 * Y, 0.15), 0.01, 0.99).round(2)
X = rng.normal(size=(4, 300)) + 0.5 * Y
RULES = ("prevalence", "f1", "youden", "recall:0.8", "precision:0.4", "cost:3:1")
FULL = {"epochs": 30, "initial_learning_rate": 0.1, "final_learning_rate": 0.05}


def trained(X, Y, w=1.0, swap=False, rate=1.0):
    """Train by whole batches, so that the order of the rows can only round."""
    network = initialise([len(X), 5, 1], np.random.default_rng(1))
    if swap:  # the mirror image: the same hidden layer, the opposite answer
        network.W[2][:] *= -1
    weight = class_weights(Y, "positive", w)
    rates = {n: v * rate if n != "epochs" else v for n, v in FULL.items()}
    run = np.random.default_rng(2)
    history = train(network, X, Y, weight, run, batch_size=Y.size, **rates)
    return network, history


CHANGES = {
    "permuted": (lambda a: a[..., np.random.default_rng(3).permutation(300)], 1),
    "duplicated": (lambda a: np.concatenate([a, a], axis=-1), 2),
    "tripled row by row": (lambda a: np.repeat(a, 3, axis=-1), 3),
}


@pytest.mark.parametrize("change", CHANGES)
def test_measures_and_choices_do_not_depend_on_the_rows_places(change):
    do, times = CHANGES[change]
    for rule in RULES:
        assert choose(rule, do(Y), do(P), P) == choose(rule, Y, P, P)
    assert (
        choose(f"capacity:{40 * times}", Y, P, do(P)).t
        == choose("capacity:40", Y, P, P).t
    )
    before, after = metrics.summary(Y, P, 0.3), metrics.summary(do(Y), do(P), 0.3)
    table = np.array(before.pop("confusion_matrix"))
    np.testing.assert_array_equal(after.pop("confusion_matrix"), times * table)
    assert after == pytest.approx(before, rel=1e-13)


@pytest.mark.parametrize("change", CHANGES)
def test_training_by_whole_batches_does_not_depend_on_the_rows_places(change):
    do, _ = CHANGES[change]
    network, history = trained(X, Y, w=2.0)
    changed, other = trained(do(X), do(Y), w=2.0)
    np.testing.assert_allclose(changed.theta, network.theta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other.objective, history.objective, rtol=1e-12)


def test_swapped_classes_with_the_inverse_weight_train_the_mirror_image():
    """w on positives is 1/w on the others of the swapped table, at w times the rate."""
    w = 2.5
    network, history = trained(X, Y, w=w)
    mirror, other = trained(X, 1 - Y, w=1 / w, swap=True, rate=w)
    p, q = predict_proba(network, X), predict_proba(mirror, X)
    np.testing.assert_allclose(q, 1 - p, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.multiply(w, other.objective), history.objective)


def test_swapped_classes_swap_the_confusion_matrix_and_keep_the_ranking():
    predicted = predict(P, 0.3)
    (tn, fp), (fn, tp) = metrics.confusion_matrix(Y, predicted)
    swapped = metrics.confusion_matrix(1 - Y, 1 - predicted)
    np.testing.assert_array_equal(swapped, [[tp, fn], [fp, tn]])
    for measure in (metrics.roc_auc, metrics.brier, metrics.log_loss):
        assert measure(1 - Y, 1 - P) == pytest.approx(measure(Y, P), rel=1e-12)


@pytest.mark.parametrize("size", [1, 7, 128, 299])
def test_a_table_in_pieces_has_the_predictions_of_the_whole(size):
    network, _ = trained(X, Y)
    whole = predict_proba(network, X)
    pieces = [
        predict_proba(network, X[:, start : start + size])
        for start in range(0, X.shape[1], size)
    ]
    np.testing.assert_allclose(np.hstack(pieces), whole, rtol=0, atol=1e-15)


def test_units_of_measurement_do_not_matter(tiny_clinic, tmp_path):
    """A number in other units, from another zero, is the same feature."""
    frame = pd.read_csv(tiny_clinic, dtype={"PatientId": str, "AppointmentID": str})
    frame["Age"] = 365.25 * frame["Age"] - 17
    path = tmp_path / "days.csv"
    frame.to_csv(path, index=False)
    same = {"target": "SMS_received", "features": ["Age", "Gender", "Hipertension"]}
    same |= {"epochs": 5, "hidden_units": [3], "training": "report"}
    years = load(Parameters(data=str(tiny_clinic), **same))
    days = load(Parameters(data=str(path), **same))
    assert years.provenance.sha256 != days.provenance.sha256
    np.testing.assert_allclose(days.X_test, years.X_test, rtol=0, atol=1e-9)
    found = [experiment.fit(d.parameters, d).p_test for d in (years, days)]
    np.testing.assert_allclose(*found, rtol=0, atol=1e-9)
