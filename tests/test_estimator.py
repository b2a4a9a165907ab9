"""The scikit-learn estimator: its rules, its weights, the same network as a report."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, make_scorer, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from lopsided import NeuralNetClassifier
from lopsided.errors import InputError
from lopsided.lesson import network, threshold
from lopsided.lesson.loss import class_weights
from lopsided.lesson.training import DivergenceError
from lopsided.parameters import Parameters
from lopsided.report import experiment
from lopsided.table.dataset import load

try:
    import numba
except ModuleNotFoundError:
    numba = None
needs_numba = pytest.mark.skipif(numba is None, reason="Numba is not installed")

FEW = {"hidden_units": (5, 3), "epochs": 8, "batch_size": 32, "random_state": 0}


def examples(m=300, seed=0):
    """Rows of two classes, one in five positive."""
    return make_classification(m, 6, weights=[0.8], flip_y=0.1, random_state=seed)


def theta(classifier):
    return classifier.network_.theta


# scikit-learn's own checks. It expects no failure of its MLPClassifier (in
# PER_ESTIMATOR_XFAIL_CHECKS of 1.9, and in the tags of 1.5), so none is expected here.
# "Sample weights are repeated rows" can only hold where the batch is all rows: there,
# scikit-learn checks its own network with a full-batch solver, and this one passes
# because the check has fewer rows than the default batch.

CHECKS = parametrize_with_checks([NeuralNetClassifier()])


# As a list: 1.5 gives a generator, which pytest no longer likes.
@pytest.mark.parametrize(CHECKS.args[0], list(CHECKS.args[1]), **CHECKS.kwargs)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# The same code as a report


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"hidden_units": [], "seed": 3},
        {"l2": 0.01, "batch_size": 7, "initial_learning_rate": 0.1},
        {"dtype": "float32"},
        pytest.param({"engine": "numba"}, marks=needs_numba),
    ],
)
@pytest.mark.parametrize("w", [None, 3.0, "balanced"])
def test_the_same_network_as_the_experiment(tiny_clinic, chosen, w):
    """And its Notes: a report's w also multiplies the steps, by the mean weight."""
    chosen = {"epochs": 5, "final_learning_rate": 0.001} | chosen
    p = Parameters(data=str(tiny_clinic), **chosen)
    if w:
        p = p.with_(weighting="positive", w=w)
    table = load(p)
    fitted = experiment.fit(table.parameters, table)
    mean = class_weights(table.Y_train, p.weighting, fitted.w).mean()

    def classifier(scale=1.0, **weighting):
        used = table.parameters
        same = used.model_dump(include=set(NeuralNetClassifier().get_params()))
        same["initial_learning_rate"] *= scale
        same["final_learning_rate"] *= scale
        same["l2"] /= scale
        found = NeuralNetClassifier(**same, **weighting, random_state=p.seed)
        return found.fit(table.X_train.T, table.Y_train[0])

    weighting = {0: 1, 1: w} if w == 3 else w
    found = classifier(mean, class_weight=weighting)
    tolerance = 1e-12 if p.dtype == "float64" else 1e-5
    np.testing.assert_allclose(theta(found), fitted.network.theta, atol=tolerance)
    if not w:
        np.testing.assert_array_equal(theta(found), fitted.network.theta)
        p_test = found.predict_proba(table.X_test.T)[:, 1]
        np.testing.assert_array_equal(p_test, fitted.p_test[0])
        assert found.history_ == fitted.history


def test_the_defaults_are_those_of_a_report():
    ours, theirs = NeuralNetClassifier().get_params(), Parameters().model_dump()
    theirs |= Parameters().trained_as_the_report()
    assert ours.pop("class_weight") is None
    assert ours.pop("random_state") is None
    assert ours.pop("hidden_units") == tuple(theirs["hidden_units"])
    assert ours == {name: theirs[name] for name in ours}


# Weights


BY_CLASS = {
    "none": (None, lambda totals: [1, 1]),
    "dict": ({0: 1, 1: 5}, lambda totals: [1, 5]),
    "one label": ({1: 0.5}, lambda totals: [1, 0.5]),
    "balanced": ("balanced", lambda totals: 1 / totals),
}


@pytest.mark.parametrize("case", BY_CLASS)
@pytest.mark.parametrize("own", [False, True])
def test_without_hidden_units_it_finds_what_logistic_regression_finds(case, own):
    class_weight, by_class = BY_CLASS[case]
    X, y = examples()
    sample_weight = np.random.default_rng(0).integers(0, 4, y.size) if own else None
    found = NeuralNetClassifier(
        (),
        epochs=3000,
        batch_size=y.size,
        initial_learning_rate=1,
        final_learning_rate=1,
        l2=0.01,
        class_weight=class_weight,
        random_state=0,
    ).fit(X, y, sample_weight)
    weight = np.ones(y.size) if sample_weight is None else sample_weight
    weight = weight * np.array(by_class(np.bincount(y, weight)))[y]
    # it minimises C x the sum of weighted losses + 1/2 x the sum of squares
    expected = LogisticRegression(C=1 / (0.01 * weight.sum()), tol=1e-10)
    expected.fit(X, y, weight)
    np.testing.assert_allclose(found.network_.W[1], expected.coef_, atol=1e-6)
    np.testing.assert_allclose(found.network_.b[1][0], expected.intercept_, atol=1e-6)


def test_only_ratios_of_weights_count():
    X, y = examples()
    weight = np.random.default_rng(0).random(y.size)
    one = NeuralNetClassifier(**FEW, class_weight={0: 1, 1: 4}).fit(X, y, weight)
    other = NeuralNetClassifier(**FEW, class_weight={0: 3, 1: 12}).fit(X, y, 7 * weight)
    np.testing.assert_allclose(theta(one), theta(other), rtol=1e-9)
    plain = NeuralNetClassifier(**FEW).fit(X, y)
    assert np.abs(theta(one) - theta(plain)).max() > 0.01


def test_an_example_of_weight_zero_is_left_out_in_batches_too():
    X, y = examples()
    weight = np.random.default_rng(0).integers(0, 2, y.size)
    without = NeuralNetClassifier(**FEW).fit(X[weight == 1], y[weight == 1])
    with_zeros = NeuralNetClassifier(**FEW).fit(X, y, weight)
    np.testing.assert_array_equal(theta(without), theta(with_zeros))
    only = NeuralNetClassifier(**FEW, class_weight={0: 0}).fit(X, y)
    assert (only.predict_proba(X)[:, 1] > 0.4).all()  # as if all were positive


def test_weighing_moves_the_odds_and_balancing_moves_them_to_even():
    X, y = examples(2000)
    chosen = FEW | {"epochs": 100, "initial_learning_rate": 0.1}
    plain = NeuralNetClassifier(**chosen).fit(X, y)
    balanced = NeuralNetClassifier(**chosen, class_weight="balanced").fit(X, y)
    assert plain.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.02)
    by_class = [balanced.predict_proba(X)[y == k, 1].mean() for k in (0, 1)]
    assert sum(by_class) == pytest.approx(1, abs=0.04)


# Learning bit by bit


def test_calls_of_partial_fit_are_epochs_of_a_steady_rate():
    X, y = examples()
    steady = FEW | {"final_learning_rate": 0.01}
    whole = NeuralNetClassifier(**steady).fit(X, y)
    parts = NeuralNetClassifier(**FEW)
    for k in range(FEW["epochs"]):
        if k == 3:  # a copy goes on as the original would
            parts = pickle.loads(pickle.dumps(parts))
        if k == 5:
            parts = copy.deepcopy(parts)
        parts.partial_fit(X, y, classes=[0, 1] if k == 0 else None)
        assert parts.history_.objective == whole.history_.objective[k : k + 1]
    np.testing.assert_array_equal(theta(parts), theta(whole))


def test_partial_fit_goes_on_from_fit_and_fit_begins_anew():
    X, y = examples()
    classifier = NeuralNetClassifier(**FEW).fit(X, y)
    fitted = theta(classifier).copy()
    classifier.partial_fit(X[:50], y[:50])
    assert 0 < np.abs(theta(classifier) - fitted).max() < 0.2
    np.testing.assert_array_equal(theta(classifier.fit(X, y)), fitted)


def test_partial_fit_takes_one_label_at_a_time_and_weights_as_they_are():
    X, _ = examples()
    one = {"epochs": 1, "batch_size": 1000, "random_state": 0}
    found = NeuralNetClassifier((), class_weight={0: 1, 1: 3}, **one)
    found.partial_fit(X[:1], [1], classes=[1, 0], sample_weight=[2.0])
    plain = NeuralNetClassifier((), **one | {"initial_learning_rate": 0.06})
    plain.partial_fit(X[:1], [1], classes=[0, 1])
    np.testing.assert_allclose(theta(found), theta(plain), rtol=1e-13)
    found.partial_fit(X[:1], [0])
    assert list(found.classes_) == [0, 1]


@pytest.mark.parametrize(
    ("chosen", "arguments", "message"),
    [
        ({}, {}, "classes must be passed on the first call"),
        ({}, {"classes": [0, 1, 2]}, r"classes is \[0, 1, 2\]; give two"),
        ({}, {"classes": [1, 2]}, r"labels other than \[1, 2\]"),
        ({"class_weight": "balanced"}, {"classes": [0, 1]}, "'balanced', which takes"),
    ],
)
def test_partial_fit_refuses(chosen, arguments, message):
    classifier = NeuralNetClassifier(**FEW, **chosen)
    with pytest.raises(ValueError, match=message):
        classifier.partial_fit(*examples(), **arguments)
    assert not hasattr(classifier, "network_")


def test_partial_fit_refuses_other_classes_than_before():
    classifier = NeuralNetClassifier(**FEW).fit(*examples())
    with pytest.raises(ValueError, match="in every call the same"):
        classifier.partial_fit(*examples(), classes=["a", "b"])


# What is refused


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"hidden_units": 3}, "hidden_units is 3; allowed: a list of"),
        ({"hidden_units": (3, 0)}, r"hidden_units is \[3, 0\]; allowed"),
        ({"epochs": 2.5}, "epochs is 2.5; allowed: a whole number"),
        ({"initial_learning_rate": 0}, "initial_learning_rate is 0; allowed"),
        ({"l2": -1}, "l2 is -1; allowed"),
        ({"dtype": "float16"}, "dtype is 'float16'; allowed"),
        ({"engine": "torch"}, "engine is 'torch'; allowed"),
    ],
)
def test_arguments_are_refused_in_the_words_of_a_report(chosen, message):
    with pytest.raises(InputError, match=message):
        NeuralNetClassifier(**chosen).fit(*examples())


def test_targets_and_weights_that_cannot_be_used():
    X, y = examples()
    classifier = NeuralNetClassifier(**FEW)
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        classifier.fit(X, np.arange(len(X)) % 3)
    with pytest.raises(ValueError, match="Unknown label type"):
        classifier.fit(X, X[:, 0])
    with pytest.raises(ValueError, match="all of one class"):
        classifier.fit(X, np.ones(len(X)))
    with pytest.raises(ValueError, match="all of one class"):
        classifier.fit(X, y, sample_weight=y)
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        classifier.fit(X, y, sample_weight=y - 0.5)
    for weights in ({0: -1}, {0: 0, 1: 0}):
        with pytest.raises(ValueError, match="class_weight must not"):
            classifier.set_params(class_weight=weights).fit(X, y)


def test_divergence_is_told():
    with pytest.raises(DivergenceError, match="lower initial_learning_rate"):
        NeuralNetClassifier((), initial_learning_rate=100, l2=1).fit(*examples())


# Randomness


def test_random_state():
    X, y = examples(60)
    few = {"epochs": 1}

    def draw(random_state):
        return theta(NeuralNetClassifier(random_state=random_state, **few).fit(X, y))

    assert np.array_equal(draw(5), draw(np.int64(5)))
    assert not np.array_equal(draw(5), draw(6))
    state = np.random.RandomState(5)
    first = draw(state)
    assert not np.array_equal(first, draw(state))
    assert np.array_equal(first, draw(np.random.RandomState(5)))
    assert not np.array_equal(draw(None), draw(None))


# Predictions


def test_predictions_agree_with_each_other_and_with_the_lesson():
    X, y = examples()
    labels = np.array(["no", "yes"])[y]
    classifier = NeuralNetClassifier(**FEW).fit(X, labels)
    p = classifier.predict_proba(X)
    assert list(classifier.classes_) == ["no", "yes"]
    np.testing.assert_array_equal(
        p[:, 1], network.predict_proba(classifier.network_, X.T)[0]
    )
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    logits = classifier.decision_function(X)
    np.testing.assert_allclose(logits, np.log(p[:, 1] / p[:, 0]), atol=1e-12)
    said = np.where(threshold.predict(p[:, 1], 0.5), "yes", "no")
    np.testing.assert_array_equal(classifier.predict(X), said)
    assert classifier.score(X, labels) == accuracy_score(labels, said)


def test_at_exactly_one_half_it_says_the_first_class():
    silent = NeuralNetClassifier.from_network(network.Network([2, 1]))
    X = np.ones((3, 2))
    assert np.array_equal(silent.predict_proba(X), np.full((3, 2), 0.5))
    assert np.array_equal(silent.predict(X), silent.classes_[[0, 0, 0]])


def test_a_trained_network_becomes_an_estimator(tiny_clinic):
    p = Parameters(data=str(tiny_clinic), epochs=3, hidden_units=[4], dtype="float32")
    table = load(p)
    fitted = experiment.fit(table.parameters, table)
    found = NeuralNetClassifier.from_network(fitted.network, ["attended", "no-show"])
    np.testing.assert_array_equal(
        found.predict_proba(table.X_test.T)[:, 1], fitted.p_test[0]
    )
    assert set(found.predict(table.X_test.T)) <= {"attended", "no-show"}
    assert found.get_params()["hidden_units"] == (4,)
    before = fitted.network.theta.copy()
    found.partial_fit(table.X_train.T[:9], np.repeat("no-show", 9))
    assert not np.array_equal(theta(found), before)


# Among scikit-learn's tools, on tables


def frame(m=300):
    X, y = examples(m)
    table = pd.DataFrame(X, columns=list("abcdef"))
    return table, pd.Series(np.where(y, "bad", "good")).astype("category")


def test_column_names_are_kept_and_held():
    X, y = frame()
    classifier = NeuralNetClassifier(**FEW).fit(X, y)
    assert list(classifier.feature_names_in_) == list("abcdef")
    assert classifier.n_features_in_ == 6
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(X[list("fedcba")])


def test_in_a_pipeline():
    X, y = frame()
    pipeline = make_pipeline(StandardScaler(), NeuralNetClassifier(**FEW))
    pipeline.set_params(neuralnetclassifier__class_weight={"bad": 4})
    pipeline.fit(X, y, neuralnetclassifier__sample_weight=np.ones(len(y)))
    alone = NeuralNetClassifier(**FEW, class_weight={"bad": 4})
    alone.fit(StandardScaler().fit_transform(X), y)
    np.testing.assert_array_equal(theta(pipeline[-1]), theta(alone))
    assert pipeline.predict_proba(X).shape == (300, 2)


def test_in_a_grid_search():
    X, y = frame()
    pipeline = make_pipeline(StandardScaler(), NeuralNetClassifier(**FEW))
    grid = {
        "neuralnetclassifier__hidden_units": [(), [4], np.array([4, 2])],
        "neuralnetclassifier__initial_learning_rate": np.logspace(-1, 0, 2),
        "neuralnetclassifier__epochs": np.arange(5, 25, 19),
    }
    search = GridSearchCV(pipeline, grid, scoring="roc_auc", cv=3, error_score="raise")
    search.fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(scores) == 12
    assert len(set(scores)) > 6
    assert search.best_score_ > 0.8
    assert set(search.predict(X)) == {"bad", "good"}


def test_in_a_tuner_of_the_threshold():
    X, y = frame()
    pipeline = make_pipeline(StandardScaler(), NeuralNetClassifier(**FEW))
    f1 = make_scorer(f1_score, pos_label="bad")
    tuned = TunedThresholdClassifierCV(pipeline, scoring=f1, cv=3).fit(X, y)
    pipeline.fit(X, y)
    p_bad = pipeline.predict_proba(X)[:, 0]
    said = np.where(p_bad >= tuned.best_threshold_, "bad", "good")
    np.testing.assert_array_equal(tuned.predict(X), said)
    assert f1_score(y, said, pos_label="bad") > 0.5
    assert 0 < tuned.best_threshold_ < 1


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_in_a_calibrator(method):
    X, y = frame(2000)
    weighted = NeuralNetClassifier(
        **FEW | {"initial_learning_rate": 0.1, "epochs": 30}, class_weight="balanced"
    )
    pipeline = make_pipeline(StandardScaler(), weighted)
    share = (y == "bad").mean()
    assert pipeline.fit(X, y).predict_proba(X)[:, 0].mean() > 1.25 * share
    calibrated = CalibratedClassifierCV(pipeline, method=method, cv=3).fit(X, y)
    p_bad = calibrated.predict_proba(X)[:, 0]
    assert p_bad.mean() == pytest.approx(share, abs=0.02)
    assert roc_auc_score(y == "bad", p_bad) > 0.85


# scikit-learn's tuner of the threshold, next to ours


def cost(Y, said):
    """Minus five for each positive that is missed, minus one for each false alarm."""
    return -5 * np.sum((Y == 1) & (said == 0)) - np.sum((Y == 0) & (said == 1))


@pytest.mark.parametrize(
    ("rule", "scorer"), [("f1", "f1"), ("cost:5:1", make_scorer(cost))]
)
@pytest.mark.parametrize("decimals", [1, 2, 17])  # few make many ties
def test_both_tuners_choose_alike(rule, scorer, decimals):
    """Offered the same thresholds on the same predictions.

    Of equally good thresholds ours takes the highest, scikit-learn's the lowest. The
    predictions are a network's on rows that it was not trained on.
    """
    X, y = examples(400, seed=decimals)
    classifier = NeuralNetClassifier(**FEW).fit(X, y)
    p = cross_val_predict(classifier, X, y, cv=4, method="predict_proba")[:, 1]
    p = np.round(p, decimals)

    # A network that hands its input on, so that scikit-learn meets these predictions.
    through = network.Network([1, 1], theta=np.array([1.0, 0.0]))
    classifier = NeuralNetClassifier.from_network(through)
    with np.errstate(divide="ignore"):
        logits = np.clip(np.log(p / (1 - p)), -40, 40)[:, None]
    p = classifier.predict_proba(logits)[:, 1]

    t = threshold.choose(rule, y, p, p).t
    offered = np.sort(threshold.candidates(y, p).t)
    tuner = TunedThresholdClassifierCV(
        classifier, scoring=scorer, thresholds=offered, cv="prefit", refit=False
    ).fit(logits, y)
    score = {"f1": f1_score, "cost:5:1": cost}[rule]
    ours = score(y, threshold.predict(p, t))
    assert tuner.best_score_ == pytest.approx(ours, rel=1e-12)
    assert tuner.best_threshold_ <= t
    scores = [score(y, threshold.predict(p, s)) for s in offered]
    best = offered[np.isclose(scores, max(scores), rtol=1e-12, atol=0)]
    assert (tuner.best_threshold_, t) == (best[0], best[-1])
