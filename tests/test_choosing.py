"""Training that fits the table: what is tried, what wins, and what stays as given."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lopsided.lesson import metrics
from lopsided.lesson.network import Network, initialise, predict_logits
from lopsided.lesson.training import DivergenceError
from lopsided.parameters import REPORT, Parameters, Settled
from lopsided.pipeline import points, predict
from lopsided.report import baselines, choosing, experiment, results
from lopsided.report.averages import side_by_side
from lopsided.report.folds import folds
from lopsided.table.dataset import load

BRIEF = (
    choosing.Width((), 0.3, (400,), (1, 4)),
    choosing.Width((8,), 0.1, (400, 800), (4,)),
)


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    """Try the same list with fewer updates, and networks of fewer."""
    monkeypatch.setattr(choosing, "WIDTHS", BRIEF)
    monkeypatch.setattr(choosing, "NETWORKS", 2)


def table(tmp_path, m, make, months=30, **more):
    """Write an invented table, whose columns a to e are noise, and load it."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(m, 5)), columns=[*"abcde"])
    z = make(frame)
    frame["y"] = (rng.random(m) < 1 / (1 + np.exp(-z))).astype(int)
    if "group_column" in more:
        frame[more["group_column"]] = np.arange(m) // 4
    if "time_column" in more:
        when = np.random.default_rng(5).integers(0, months, m)
        frame[more["time_column"]] = when
    path = tmp_path / "invented.csv"
    frame.to_csv(path, index=False)
    given = {"target": "y", "positive_label": 1, "n_bootstrap": 0} | more
    return load(Parameters(data=str(path), **given))


def linear(frame):
    return 1.5 * frame["a"] - frame["b"]


def crossed(frame):
    return 4 * frame["a"] * frame["b"]


def ranked(d, p):
    return metrics.roc_auc(d.Y_test, p)


def test_a_linear_table_needs_no_hidden_layer_and_loses_nothing(tmp_path):
    d = table(tmp_path, 600, linear)
    choice = choosing.choose(d.parameters, d)
    assert choice.parameters.hidden_units == []
    assert choice.open == choosing.CHOSEN
    p_test = experiment.fit(choice.parameters, d).p_test
    logistic = baselines.estimator(baselines.logistic())(d)
    assert ranked(d, p_test) > ranked(d, logistic) - 0.01


def test_without_hidden_layer_it_is_logistic_regression(tmp_path):
    """On a gap in one row too, whose weight is hardly moved."""
    d = table(tmp_path, 400, linear)
    X = np.vstack([d.X_train, np.eye(1, 320, 7) * 17.9])
    X_test = np.vstack([d.X_test, np.eye(1, 80, 3) * 17.9])
    rare = replace(d, train=replace(d.train, X=X), test=replace(d.test, X=X_test))
    given = d.parameters.with_(hidden_units=[], l2=1 / 320, epochs=430)
    p = choosing.choose(given, rare).parameters
    assert p.initialisation == "small"
    network = experiment.fit(p, rare).network
    model = baselines.logistic().fit(X.T, d.Y_train[0])
    np.testing.assert_allclose(network.W[1], model.coef_, atol=0.03)


def test_an_interaction_is_found_that_logistic_regression_misses(tmp_path):
    d = table(tmp_path, 600, crossed)
    choice = choosing.choose(d.parameters, d)
    assert choice.parameters.hidden_units == [8]
    fitted = experiment.fit(choice.parameters, d)
    assert fitted.network.layer_dims == (5, 16, 1)  # two of them side by side
    logistic = baselines.estimator(baselines.logistic())(d)
    assert ranked(d, fitted.p_test) > ranked(d, logistic) + 0.15
    assert "hidden layers [8]" in choosing.sentence(choice)


def test_the_choice_looks_at_no_test_row(tmp_path):
    d = table(tmp_path, 200, linear)
    spoilt = replace(d, test=replace(d.test, Y=1 - d.Y_test))
    a, b = (choosing.choose(d.parameters, each) for each in (d, spoilt))
    assert a == b


GIVEN = {
    "hidden_units": [3],
    "epochs": 2,
    "initial_learning_rate": 0.05,
    "l2": 0.5,
    "batch_size": 20,
    "n_networks": 3,
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_given_stays_as_given(tmp_path, name):
    d = table(tmp_path, 80, linear, **{name: GIVEN[name]})
    choice = choosing.choose(d.parameters, d)
    assert getattr(choice.parameters, name) == GIVEN[name]
    assert choice.open == tuple(n for n in choosing.CHOSEN if n != name)
    if name in choosing.CHOSEN:
        assert {str(getattr(t, name)) for t in choice.tried} == {str(GIVEN[name])}


def test_with_everything_given_nothing_is_chosen(tmp_path):
    d = table(tmp_path, 80, linear, **GIVEN)
    choice = choosing.choose(d.parameters, d)
    assert (choice.open, choice.tried, choice.folds) == ((), (), 0)
    assert choice.parameters.model_dump() == d.parameters.model_dump()
    assert "nothing was chosen" in choosing.sentence(choice)


def test_an_open_rate_alone_is_tried_too(tmp_path):
    given = {n: v for n, v in GIVEN.items() if n != "initial_learning_rate"}
    d = table(tmp_path, 80, linear, **given)
    choice = choosing.choose(d.parameters, d)
    assert choice.open == ("initial_learning_rate",)
    assert (len(choice.tried), choice.folds) == (1, 5)


def test_a_given_rate_is_not_lowered_where_it_diverges(tmp_path):
    given = {"initial_learning_rate": 1e9, "final_learning_rate": 1e9, "l2": 1.0}
    d = table(tmp_path, 80, linear, epochs=40, **given)
    with pytest.raises(DivergenceError, match="every setting"):
        choosing.choose(d.parameters, d)


def test_an_open_rate_is_lowered_where_training_diverges(tmp_path, monkeypatch):
    monkeypatch.setattr(
        choosing, "WIDTHS", (choosing.Width((), 1000.0, (400,), (1,)), BRIEF[1])
    )
    d = table(tmp_path, 80, linear, l2=0.1)
    choice = choosing.choose(d.parameters, d)
    assert choice.tried[0].initial_learning_rate < 1000
    assert np.isfinite(choice.tried[0].loss)


def test_the_report_trains_as_before(tiny_clinic, tmp_path):
    d = load(Parameters(data=str(tiny_clinic)))
    choice = choosing.choose(d.parameters, d)
    assert choice.parameters.training == "report"
    assert choice.parameters.model_dump(include=set(REPORT)) == REPORT
    own = table(tmp_path, 80, linear, training="report")
    settled = choosing.choose(own.parameters, own).parameters
    assert settled.model_dump(include=set(REPORT)) == REPORT
    asked = load(Parameters(data=str(tiny_clinic), training="fitted")).parameters
    assert asked.epochs is None


@pytest.mark.parametrize("rows", [60, 400])
def test_few_rows_and_a_rare_class_lead_to_a_network(tmp_path, rows):
    rare = {60: 0.0, 400: -5.5}[rows]
    d = table(tmp_path, rows, lambda frame: 3 * frame["a"] + rare)
    choice = choosing.choose(d.parameters, d)
    assert choice.folds == choosing.n_folds(d)
    assert experiment.fit(choice.parameters, d).p_test.shape == d.Y_test.shape


def test_too_few_positives_for_folds_take_the_simplest(tmp_path):
    d = table(tmp_path, 200, linear)
    one = d.Y_train * 0
    one[0, 3] = 1
    few = replace(d, train=replace(d.train, Y=one))
    choice = choosing.choose(few.parameters, few)
    assert (choice.folds, choice.tried) == (0, ())
    assert choice.parameters.hidden_units == []
    assert "too few" in choosing.sentence(choice)


def test_rows_that_go_together_are_in_one_fold(tmp_path):
    d = table(tmp_path, 240, linear, group_column="who")
    groups = d.train.groups
    for held, part in choosing.folds(d, 5, by_group=True):
        assert not set(groups[held]) & set(part.train.groups)
    assert choosing.choose(d.parameters, d).folds == 5


def test_with_a_time_column_later_rows_are_held_out(tmp_path):
    """Rows of one time stay together, and the earliest are never held out."""
    d = table(tmp_path, 240, linear, time_column="month")
    times, spans = d.train.times, []
    for held, part in folds(d, 5, in_time=True):
        kept = np.isin(d.train.rows, part.train.rows)
        assert times[kept].max() < times[held].min()
        spans.append((times[held].min(), times[held].max()))
    assert spans == sorted(spans)
    assert len(spans) == 5
    choice = choosing.choose(d.parameters, d)
    assert choice.folds == 5
    assert "later than those learned from" in choosing.sentence(choice)


def test_too_few_times_take_the_simplest(tmp_path):
    d = table(tmp_path, 240, linear, months=2, time_column="month")
    choice = choosing.choose(d.parameters, d)
    assert (choice.folds, choice.parameters.hidden_units) == (0, [])
    assert "too few" in choosing.sentence(choice)
    assert "too few" in choosing.planned(d.parameters, d)


def test_as_many_folds_are_announced_as_are_used(tmp_path):
    """In time, there are fewer where the first rows are all of one class."""
    d = table(tmp_path, 240, linear, time_column="month")
    late = np.where(d.train.times < np.quantile(d.train.times, 0.4), 0, d.Y_train)
    d = replace(d, train=replace(d.train, Y=late))
    choice = choosing.choose(d.parameters, d)
    assert choice.folds == 3 < choosing.n_folds(d)
    assert "in 3 folds" in choosing.planned(d.parameters, d)


def test_a_tall_table_is_held_once_more_and_no_oftener(tmp_path, monkeypatch):
    """One fold at a time: its rows, kept and held out, are the table again."""
    d = table(tmp_path, 100, linear, hidden_units=[], epochs=1, batch_size=5000)
    m = 60_000
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, 40)).T
    Y = (X[:1] + rng.logistic(size=(1, m)) > 0).astype(float)
    tall = replace(d, train=replace(d.train, X=X, Y=Y, rows=np.arange(m)))
    monkeypatch.setattr(choosing, "WORTH_SHARING", 0)
    choosing.choose(d.parameters, d)  # imports and compiles
    tracemalloc.start()
    choice = choosing.choose(tall.parameters, tall)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert choice.folds == 5
    assert peak < 1.5 * X.nbytes


def test_workers_change_nothing(tmp_path, monkeypatch):
    d = table(tmp_path, 120, linear, hidden_units=[3], epochs=3)
    alone = choosing.choose(d.parameters, d)
    monkeypatch.setattr(choosing, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(choosing.joblib, "cpu_count", lambda: 2)
    with choosing.joblib.parallel_config("threading"):
        assert choosing.choose(d.parameters, d) == alone


def added(losses):
    """Add up settings' losses, some rows at a time."""
    found = choosing.Losses(len(losses))
    for part in np.array_split(losses, 3, axis=1):
        found.add(part)
    return found


def test_settings_are_compared_row_by_row():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=50)
    losses = np.array([noise + 0.1, noise + rng.normal(0, 0.01, 50), noise + np.inf])
    best, gaps, errors = choosing.compared(added(losses), 5)
    assert best == 1
    assert gaps[0] == pytest.approx(np.mean(losses[0] - losses[1]))
    by_rows = np.std(losses[0] - losses[1], ddof=1) / 50**0.5
    assert errors[0] == pytest.approx(1.5 * by_rows, rel=1e-12)  # folds share rows
    assert (gaps[2], errors[2]) == (np.inf, 0)
    gaps, errors = choosing.differences(added(losses[[0, 0]]), 0, 5)
    np.testing.assert_array_equal([gaps, errors], 0)


def test_another_setting_must_be_better_by_two_standard_errors():
    rng = np.random.default_rng(0)
    plain = rng.exponential(size=400)

    def better(gain):
        noise = rng.normal(0, 0.3, 400)
        return plain - gain + noise - noise.mean()

    for gains, expected in (
        ((0.2, 0.0), 1),  # another penalty
        ((0.2, 0.4), 2),  # a hidden layer, better still
        ((0.2, 0.203), 1),
        ((0.03, 0.03), 0),  # by two, as rows alone tell them
        ((0.06, 0.0), 1),
        ((0.001, 0.2), 2),
        ((0.001, 0.001), 0),
        ((-0.2, -0.2), 0),
        ((-np.inf, 0.2), 2),  # diverged
    ):
        losses = np.array([plain, *map(better, gains)])
        assert choosing.taken([0, 0, 1], added(losses), 5) == expected, gains


def test_the_curve_is_the_chosen_settings(tmp_path):
    d = table(tmp_path, 120, linear)
    choice = choosing.choose(d.parameters, d)
    curve = choice.curve
    assert curve["epoch"][0] == 1
    assert curve["epoch"][-1] == choice.parameters.epochs
    won = next(t for t in choice.tried if choosing.is_same(t, choice.parameters))
    assert curve["validation"][-1] == pytest.approx(won.loss, rel=0.02)
    assert len(curve["training"]) == len(curve["validation"])


def test_a_run_keeps_its_choice(tmp_path, monkeypatch):
    d = table(tmp_path, 80, linear, run_dir=str(tmp_path))
    choice = results.choice(d.parameters, d)
    told = results.read_json(tmp_path / results.CHOICE)
    assert told["settings"]["hidden_units"] == choice.parameters.hidden_units
    monkeypatch.setattr(results, "choose", None)  # is not called again
    assert results.choice(d.parameters, d) == choice
    assert json.dumps(choice.told, allow_nan=False)


def test_its_model_predicts_as_its_networks_did(tmp_path):
    d = table(tmp_path, 80, crossed, run_dir=str(tmp_path), hidden_units=[4], epochs=3)
    p = results.choice(d.parameters, d).parameters
    assert type(p) is Settled
    fitted = results.fitted(p, d)
    model = results.load_model(tmp_path / results.MODEL)
    assert model.network.layer_dims == (5, 8, 1)
    found, _ = predict.predict(model, p.data)
    np.testing.assert_array_equal(
        found["probability"].to_numpy()[d.test.rows], fitted.p_test[0]
    )


def test_a_sweeps_point_is_trained_by_its_own_settings(tmp_path):
    d = table(tmp_path, 80, linear, l2=0.25, epochs=3)
    point = points.identified(d.parameters, d.parameters.data, d)
    network = points.unpacked(points.train(point)).network
    p = choosing.choose(d.parameters, d).parameters
    assert p.l2 == 0.25
    np.testing.assert_array_equal(network.theta, experiment.fit(p, d).network.theta)


@pytest.mark.parametrize("hidden", [[], [3], [4, 2]])
def test_networks_side_by_side_give_their_mean_logit(hidden):
    rng = np.random.default_rng(0)
    networks = [initialise([5, *hidden, 1], rng) for _ in range(3)]
    for network in networks:
        network.theta += rng.normal(size=network.theta.size)
    X = rng.normal(size=(5, 40))
    merged = side_by_side(networks)
    assert isinstance(merged, Network)
    assert merged.layer_dims == (5, *(3 * n for n in hidden), 1)
    expected = np.mean([predict_logits(n, X) for n in networks], axis=0)
    np.testing.assert_allclose(predict_logits(merged, X), expected, rtol=1e-12)
