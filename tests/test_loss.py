import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lopsided.lesson.loss import (
    balanced_weight,
    binary_cross_entropy,
    class_weights,
    d_logits,
    d_output,
    logistic_loss,
    numerical_gradient,
    objective,
    relative_difference,
)
from lopsided.lesson.network import Network, initialise, sigmoid
from lopsided.lesson.training import train

repeatable = settings(deadline=None, derandomize=True)
Y = np.array([[1.0, 0.0, 0.0, 1.0]])
Y_HAT = np.array([[0.9, 0.2, 0.5, 0.25]])
Z = np.log(Y_HAT / (1 - Y_HAT))
LOSSES = -np.log([[0.9, 0.8, 0.5, 0.25]])  # of the class that is there


def test_uniform_weight_multiplies_both_classes():
    np.testing.assert_array_equal(
        class_weights(Y, "uniform", 3.952), [[3.952, 3.952, 3.952, 3.952]]
    )


def test_positive_weight_multiplies_positives_only():
    np.testing.assert_array_equal(
        class_weights(Y, "positive", 3.952), [[3.952, 1, 1, 3.952]]
    )


@pytest.mark.parametrize("weighting", ["uniform", "positive"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_class_weights_keep_shape_and_precision(weighting, dtype):
    weight = class_weights(Y.astype(dtype), weighting, 2.5)
    assert weight.shape == Y.shape
    assert weight.dtype == dtype
    assert weight[0, 0] == 2.5


@pytest.mark.parametrize("weighting", ["uniform", "positive"])
@pytest.mark.parametrize("dtype", [int, bool])
def test_class_weights_of_whole_number_labels_are_not_cut(weighting, dtype):
    weight = class_weights(Y.astype(dtype), weighting, 3.952)
    assert weight[0, 0] == 3.952


@pytest.mark.parametrize("weighting", ["", "negative", "Uniform", None])
def test_unknown_weighting_is_refused(weighting):
    with pytest.raises(ValueError, match="'uniform' or 'positive'"):
        class_weights(Y, weighting, 2.0)


def test_balanced_weight_is_negatives_over_positives():
    assert balanced_weight(np.array([[1, 0, 0, 0, 0]])) == 4
    assert balanced_weight(np.array([[1.0, 1.0, 1.0, 0.0]])) == 1 / 3


@repeatable
@given(st.lists(st.booleans(), min_size=1).filter(any))
def test_balanced_weight_gives_both_classes_the_same_total(labels):
    Y = np.array([labels], float)
    weight = class_weights(Y, "positive", balanced_weight(Y))
    assert weight[Y == 1].sum() == pytest.approx(weight[Y == 0].sum())


def test_binary_cross_entropy_is_the_formula_of_section_4():
    terms = [-np.log(q + 1e-8) for q in (0.9, 0.8, 0.5, 0.25)]
    expected = sum(terms) / 4
    assert binary_cross_entropy(Y, Y_HAT) == pytest.approx(expected, rel=1e-15)
    assert isinstance(binary_cross_entropy(Y, Y_HAT), float)
    with_more = -np.mean(np.log(np.array([0.9, 0.8, 0.5, 0.25]) + 0.1))
    assert binary_cross_entropy(Y, Y_HAT, 0.1) == pytest.approx(with_more, rel=1e-15)


def test_epsilon_caps_the_loss_of_a_certain_mistake():
    for y in (0.0, 1.0):
        loss = binary_cross_entropy(np.array([[y]]), np.array([[1 - y]]))
        assert loss == pytest.approx(-np.log(1e-8))


def test_logistic_loss_is_each_examples_cross_entropy():
    np.testing.assert_allclose(logistic_loss(Z, Y), LOSSES, rtol=1e-14)
    assert logistic_loss(np.zeros((1, 2)), np.array([[0.0, 1.0]])) == pytest.approx(
        np.log(2)
    )


@repeatable
@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 1.0]))
def test_logistic_loss_is_finite_and_exact_for_any_logit(z, y):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss = float(logistic_loss(np.array([[z]]), np.array([[y]]))[0, 0])
    assert np.isfinite(loss)
    wrong_by = z if y == 0 else -z  # the logit of the class that is not there
    assert loss >= max(wrong_by, 0)
    expected = np.logaddexp(0, wrong_by)
    assert loss == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_loss_with_epsilon_approaches_the_one_without():
    rng = np.random.default_rng(0)
    Z = 2 * rng.standard_normal((1, 200))
    Y = (rng.random((1, 200)) < sigmoid(Z)).astype(float)
    exact = float(np.mean(logistic_loss(Z, Y)))
    epsilons = [1e-2, 1e-4, 1e-6, 1e-8]
    gaps = [exact - binary_cross_entropy(Y, sigmoid(Z), e) for e in epsilons]
    assert all(gap > 0 for gap in gaps)
    # In proportion to epsilon: d/dε of -log(q + ε) is -1/q.
    slope = np.mean(1 / np.where(Y == 1, sigmoid(Z), 1 - sigmoid(Z)))
    np.testing.assert_allclose(gaps[1:], slope * np.array(epsilons[1:]), rtol=0.01)


def test_objective_is_the_weighted_sum_over_m():
    weight = class_weights(Y, "positive", 3.0)
    expected = (3 * LOSSES[0, 0] + LOSSES[0, 1] + LOSSES[0, 2] + 3 * LOSSES[0, 3]) / 4
    assert objective(Z, Y, weight) == pytest.approx(expected, rel=1e-14)
    assert objective(Z, Y) == pytest.approx(LOSSES.mean(), rel=1e-14)
    assert objective(Z, Y, 2.0) == pytest.approx(2 * LOSSES.mean(), rel=1e-14)
    assert isinstance(objective(Z, Y, weight), float)


@repeatable
@given(
    st.floats(-20, 20), st.sampled_from([0.0, 1.0]), st.sampled_from([0.5, 1.0, 3.952])
)
def test_logits_derivative_is_the_outputs_times_the_sigmoids_slope(z, y, weight):
    Y, Y_hat = np.array([[y]]), sigmoid(np.array([[z]]))
    chain = d_output(Y, Y_hat, weight) * Y_hat * (1 - Y_hat)
    direct = d_logits(Y, Y_hat, weight)
    np.testing.assert_allclose(chain, direct, rtol=1e-12, atol=1e-15)


def test_derivatives_by_hand():
    weight = class_weights(Y, "positive", 4.0)
    np.testing.assert_allclose(
        d_output(Y, Y_HAT, weight), [[-4 / 0.9, 1 / 0.8, 1 / 0.5, -4 / 0.25]]
    )
    np.testing.assert_allclose(d_logits(Y, Y_HAT, weight), [[-0.4, 0.2, 0.5, -3.0]])
    np.testing.assert_allclose(d_logits(Y, Y_HAT), [[-0.1, 0.2, 0.5, -0.75]])


@pytest.mark.parametrize("weighting", ["uniform", "positive"])
def test_derivatives_equal_central_differences(weighting):
    weight = class_weights(Y, weighting, 3.952)
    z, p = Z.ravel().copy(), Y_HAT.ravel().copy()
    by_logit = numerical_gradient(
        lambda: float(np.sum(weight * logistic_loss(z[None], Y))), z
    )
    assert relative_difference(d_logits(Y, Y_HAT, weight).ravel(), by_logit) < 1e-9
    by_output = numerical_gradient(
        lambda: -float(np.sum(weight * (Y * np.log(p) + (1 - Y) * np.log(1 - p)))), p
    )
    assert relative_difference(d_output(Y, Y_HAT, weight).ravel(), by_output) < 1e-9


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_outputs_derivative_fails_on_a_saturated_correct_prediction(y):
    Y, Y_hat = np.array([[y]]), sigmoid(np.array([[800.0 if y else -800.0]]))
    assert Y_hat == y
    with np.errstate(divide="ignore", invalid="ignore"):
        assert not np.isfinite(d_output(Y, Y_hat))
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(d_logits(Y, Y_hat), [[0.0]])
        np.testing.assert_array_equal(d_logits(1 - Y, Y_hat, 3.0), [[6 * y - 3]])


def trained(w, initial, final):
    rng = np.random.default_rng(7)
    X = rng.standard_normal((3, 60))
    Y = (rng.random((1, 60)) < sigmoid(X[:1] - 1)).astype(float)
    network = initialise([3, 5, 1], rng)
    first = network.theta.copy()
    train(
        network,
        X,
        Y,
        class_weights(Y, "uniform", w),
        np.random.default_rng(8),
        epochs=8,
        batch_size=25,
        initial_learning_rate=initial,
        final_learning_rate=final,
    )
    return network.theta - first


@pytest.mark.parametrize("w", [0.3, 3.952, 10.0])
def test_uniform_weight_is_only_a_learning_rate_multiplier(w):
    a0, aT = 0.05, 0.01
    weighted = trained(w, a0, aT)
    assert np.linalg.norm(weighted) > 0.1
    assert relative_difference(weighted, trained(1, w * a0, w * aT)) < 1e-12
    # The final rate must be multiplied too, not the initial one alone.
    assert relative_difference(weighted, trained(1, w * a0, aT)) > 1e-3
    assert relative_difference(weighted, trained(1, a0, aT)) > 1e-3


def test_numerical_gradient_of_a_cubic_and_puts_theta_back():
    theta = np.array([1.0, -2.0, 0.5])
    before = theta.copy()
    estimate = numerical_gradient(lambda: float(np.sum(theta**3)), theta)
    np.testing.assert_allclose(estimate, 3 * before**2, rtol=1e-9)
    np.testing.assert_array_equal(theta, before)
    # Central, not one-sided: exact for a parabola at any step.
    wide = numerical_gradient(lambda: float(np.sum(theta**2)), theta, step=1.0)
    np.testing.assert_allclose(wide, 2 * before, rtol=1e-12)


def test_relative_difference():
    g = np.array([3.0, 4.0])
    assert relative_difference(g, g) == 0
    assert relative_difference(np.zeros(2), np.zeros(2)) == 0
    assert relative_difference(g, np.zeros(2)) == 1
    assert relative_difference(np.zeros(2), g) == 1
    assert relative_difference(g, -g) == 1
    assert relative_difference(g, 2 * g) == pytest.approx(1 / 3)
    assert relative_difference(g, [4.0, 3.0]) == pytest.approx(np.sqrt(2) / 10)
    assert relative_difference(1e-3 * g, 2e-3 * g) == pytest.approx(1 / 3)
    assert np.isnan(relative_difference(g, np.array([np.nan, 0.0])))
    assert isinstance(relative_difference(g, g), float)


def test_relative_difference_takes_matrices():
    g = np.arange(6.0).reshape(2, 3)
    assert relative_difference(g, g.copy()) == 0
    assert relative_difference(g, 3 * g) == pytest.approx(0.5)


def test_zero_network_starts_at_log_two():
    Z = np.zeros((1, 4)) + Network([2, 1]).b[1]
    assert objective(Z, Y) == pytest.approx(np.log(2), rel=1e-15)


def test_without_a_weight_each_example_counts_once():
    Y, Y_hat = np.array([[1.0, 0.0]]), np.array([[0.25, 0.5]])
    np.testing.assert_array_equal(d_output(Y, Y_hat), [[-4.0, 2.0]])
    np.testing.assert_array_equal(d_output(Y, Y_hat), d_output(Y, Y_hat, 1.0))
