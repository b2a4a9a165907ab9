import copy
import pickle
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from lopsided.lesson import network as network_module
from lopsided.lesson.loss import (
    class_weights,
    d_logits,
    numerical_gradient,
    objective,
    relative_difference,
)
from lopsided.lesson.network import (
    Network,
    backward,
    forward,
    initialise,
    layer_views,
    n_parameters,
    predict_logits,
    predict_proba,
    product_in_order,
    sigmoid,
)

LOG3 = np.log(3)


def worked_example():
    """A network whose every number can be checked on paper: σ(0) = 1/2, σ(log 3) = 3/4.

    W[1] is square and not symmetric, so that a transposed dW[1] would fit but differ.
    """
    network = Network([2, 2, 1])
    network.W[1][:] = [[1, -1], [1, 1]]
    network.b[1][:] = [[0], [-1]]
    network.W[2][:] = [[LOG3, 1]]
    network.b[2][:] = [[-2]]
    X = np.array([[1.0, 2.0], [2.0, 1.0]])
    Y = np.array([[1.0, 0.0]])
    return network, X, Y


def test_forward_by_hand():
    network, X, _ = worked_example()
    done = forward(network, X)
    np.testing.assert_array_equal(done.A[0], X)
    np.testing.assert_array_equal(done.Z[1], [[-1, 1], [2, 2]])
    np.testing.assert_array_equal(done.A[1], [[0, 1], [2, 2]])
    np.testing.assert_allclose(done.Z[2], [[0, LOG3]], rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(done.A[2], [[1 / 2, 3 / 4]], rtol=1e-15)


@pytest.mark.parametrize(
    ("w", "dZ2", "dW2", "db2", "dW1", "db1"),
    [
        (
            1,
            [[-1 / 2, 3 / 4]],
            [[3 / 8, 1 / 4]],
            [[1 / 8]],
            [[3 / 4 * LOG3, 3 / 8 * LOG3], [1 / 2, -1 / 8]],
            [[3 / 8 * LOG3], [1 / 8]],
        ),
        (
            4,  # on the positive, which is the first example
            [[-2, 3 / 4]],
            [[3 / 8, -5 / 4]],
            [[-5 / 8]],
            [[3 / 4 * LOG3, 3 / 8 * LOG3], [-1 / 4, -13 / 8]],
            [[3 / 8 * LOG3], [-5 / 8]],
        ),
    ],
)
def test_backward_by_hand(w, dZ2, dW2, db2, dW1, db1):
    network, X, Y = worked_example()
    done = forward(network, X)
    weight = class_weights(Y, "positive", w)
    gradient = backward(network, done, d_logits(Y, done.A[2], weight))
    close = {"rtol": 1e-14, "atol": 1e-15}
    dW, db = layer_views(network.layer_dims, gradient)
    np.testing.assert_allclose(dW[2], dW2, **close)
    np.testing.assert_allclose(db[2], db2, **close)
    # The first unit is off for the first example, so nothing flows back there.
    np.testing.assert_allclose(dW[1], dW1, **close)
    np.testing.assert_allclose(db[1], db1, **close)
    flat = [np.ravel(array) for array in (dW1, db1, dW2, db2)]
    np.testing.assert_allclose(gradient, np.concatenate(flat), **close)


ARCHITECTURES = [
    [1, 1],  # one weight, one bias
    [5, 1],  # logistic regression
    [1, 1, 1],
    [3, 1, 1],
    [8, 40, 3, 1],
    [8, 3, 3, 1],  # square: a transposed dW would fit
    [4, 4, 4, 4, 1],
    [3, 7, 5, 2, 1],
    [2, 5, 4, 3, 3, 2, 1],  # deep
    [2, 60, 1],  # wide
]


@pytest.mark.parametrize("layer_dims", ARCHITECTURES)
def test_shapes(layer_dims):
    m = 6
    network = initialise(layer_dims, np.random.default_rng(0))
    done = forward(network, np.ones((layer_dims[0], m)))
    gradient = backward(network, done, np.ones((1, m)))
    assert network.L == len(layer_dims) - 1
    assert network.layer_dims == tuple(layer_dims)
    dW, db = layer_views(layer_dims, gradient)
    layers = list(range(1, network.L + 1))
    for of_layer in (network.W, network.b, done.Z, dW, db):
        assert list(of_layer) == layers
    assert list(done.A) == [0, *layers]
    assert done.A[0].shape == (layer_dims[0], m)
    for l, (n_in, n_out) in enumerate(pairwise(layer_dims), start=1):
        assert network.W[l].shape == dW[l].shape == (n_out, n_in)
        assert network.b[l].shape == db[l].shape == (n_out, 1)
        assert done.Z[l].shape == done.A[l].shape == (n_out, m)
    size = sum(W.size + network.b[l].size for l, W in network.W.items())
    assert n_parameters(layer_dims) == size
    assert network.theta.shape == gradient.shape == (size,)
    assert repr(network) == f"<Network {layer_dims}, {size:,} parameters, float64>"


def test_weights_and_biases_are_views_into_theta():
    network = Network([3, 4, 2, 1])
    network.theta[:] = np.arange(network.theta.size)
    # Layer by layer, the weights row by row, then the biases.
    np.testing.assert_array_equal(network.W[1], np.arange(12).reshape(4, 3))
    np.testing.assert_array_equal(network.b[1], [[12], [13], [14], [15]])
    np.testing.assert_array_equal(network.W[3], [[26, 27]])
    np.testing.assert_array_equal(network.b[3], [[28]])
    for l in (1, 2, 3):
        network.W[l][:] = -l
        network.b[l][:] = -10 * l
    by_layer = [
        [-l] * n_in * n_out + [-10 * l] * n_out
        for l, n_in, n_out in [(1, 3, 4), (2, 4, 2), (3, 2, 1)]
    ]
    np.testing.assert_array_equal(network.theta, np.concatenate(by_layer))


def test_layer_views_cover_the_vector_once():
    theta = np.zeros(n_parameters([3, 4, 2, 1]))
    W, b = layer_views([3, 4, 2, 1], theta)
    for view in (*W.values(), *b.values()):
        view += 1
    np.testing.assert_array_equal(theta, np.ones(16 + 10 + 3))


def test_two_passes_and_two_gradients_are_two():
    rng = np.random.default_rng(6)
    network = initialise([3, 4, 2, 1], rng)
    X = rng.standard_normal((3, 5))
    done = forward(network, X)
    before = [array.copy() for array in (*done.Z.values(), *done.A.values())]
    one = backward(network, done, np.ones((1, 5)))
    kept = one.copy()
    two = backward(network, done, np.full((1, 5), 2.0))
    forward(network, -X)
    np.testing.assert_array_equal(one, kept)
    np.testing.assert_allclose(two, 2 * one)
    for array, old in zip((*done.Z.values(), *done.A.values()), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_the_slope_is_an_argument():
    network, X, Y = worked_example()
    done = forward(network, X)
    dZ = d_logits(Y, done.A[2])
    blind = backward(network, done, dZ, slope=np.ones_like)
    right = backward(network, done, dZ)
    dW, _ = layer_views(network.layer_dims, blind - right)
    assert np.any(dW[1])  # the unit that is off gets a gradient
    assert not np.any(dW[2])


def test_network_copies_the_vector_it_is_given():
    theta = np.arange(4.0)
    network = Network([3, 1], theta)
    np.testing.assert_array_equal(network.W[1], [[0, 1, 2]])
    network.theta += 1
    np.testing.assert_array_equal(theta, np.arange(4.0))


def test_network_refuses_a_vector_of_another_size():
    with pytest.raises(ValueError, match="theta has shape"):
        Network([3, 1], np.zeros(5))


def check_gradient_at_a_draw(layer_dims, weighting, seed, w=3.952, m=6):
    """Compare every parameter array's gradient with central differences.

    ReLU has a kink at Z = 0. Where a hidden Z lies within the step of it, the two sides
    of a central difference see two different slopes, and the estimate, not the
    gradient, is wrong. So a draw with a hidden |Z| below 1e-3, a hundred times the
    step, is drawn again. Drawn again too is a network with a dead layer or an array of
    hardly any gradient: the estimate's rounding error is about 1e-11 however small the
    gradient is, and 0 = 0 tests nothing.
    """
    rng = np.random.default_rng(seed)
    for _ in range(10_000):
        network = initialise(layer_dims, rng)
        for b in network.b.values():
            b[:] = 0.5 * rng.standard_normal(b.shape)
        X = rng.standard_normal((layer_dims[0], m))
        Y = (np.arange(m) < rng.integers(1, m)).astype(float)[None]
        weight = class_weights(Y, weighting, w)
        done = forward(network, X)
        gradient = backward(network, done, d_logits(Y, done.A[network.L], weight))
        dW, db = layer_views(layer_dims, gradient)
        hidden = [done.Z[l] for l in range(1, network.L)]
        arrays = [*dW.values(), *db.values()]
        if all(abs(Z).min() > 1e-3 for Z in hidden) and all(
            np.linalg.norm(array) > 1e-2 for array in arrays
        ):
            break
    else:
        raise AssertionError("no usable draw")
    assert all(np.all(b) for b in network.b.values())

    def f():
        return objective(forward(network, X).Z[network.L], Y, weight)

    estimate = numerical_gradient(f, network.theta)
    W, b = layer_views(layer_dims, estimate)
    for l in W:
        assert relative_difference(dW[l], W[l]) <= 1e-7, f"dW[{l}]"
        assert relative_difference(db[l], b[l]) <= 1e-7, f"db[{l}]"
    assert relative_difference(gradient, estimate) <= 1e-7


@pytest.mark.parametrize("weighting", ["uniform", "positive"])
@pytest.mark.parametrize("layer_dims", ARCHITECTURES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_gradient_equals_central_differences(layer_dims, weighting, seed):
    check_gradient_at_a_draw(layer_dims, weighting, seed)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    n_0=st.integers(1, 6),
    hidden=st.lists(st.integers(1, 6), max_size=4),
    weighting=st.sampled_from(["uniform", "positive"]),
    w=st.floats(0.5, 10),
    m=st.integers(2, 8),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradient_of_any_architecture(n_0, hidden, weighting, w, m, seed):
    check_gradient_at_a_draw([n_0, *hidden, 1], weighting, seed, w, m)


def test_no_gradient_flows_through_a_unit_at_exactly_zero():
    network = Network([1, 1, 1], [1.0, 0.0, 1.0, 0.0])
    done = forward(network, np.zeros((1, 1)))
    dW, db = layer_views([1, 1, 1], backward(network, done, np.ones((1, 1))))
    assert db[1].item() == dW[1].item() == 0


def test_sigmoid_is_stable_and_right():
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise"):
        warnings.simplefilter("error")
        assert sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0, 0.5, 1]
        assert sigmoid(np.array([-np.inf, np.inf])).tolist() == [0, 1]
        Z = np.linspace(-700, 700, 4001)
        np.testing.assert_allclose(sigmoid(Z), expit(Z), rtol=1e-14)
    moderate = np.linspace(-20, 20, 401)
    np.testing.assert_allclose(
        sigmoid(moderate), 1 / (1 + np.exp(-moderate)), rtol=1e-14
    )


@settings(deadline=None, derandomize=True)
@given(st.floats(-700, 700))
def test_sigmoid_is_symmetric_and_within_bounds(z):
    low, high = sigmoid(np.array([-abs(z), abs(z)]))
    assert 0 < low <= 0.5 <= high <= 1
    assert low + high == pytest.approx(1, rel=1e-15)
    assert sigmoid(np.array(z)) == pytest.approx(expit(z), rel=1e-14)


def test_sigmoid_keeps_single_precision_and_shape():
    Z = np.array([[-200.0, 0.0, 200.0]], np.float32)
    assert sigmoid(Z).dtype == np.float32
    assert sigmoid(Z).shape == (1, 3)
    assert np.isfinite(sigmoid(Z)).all()


@pytest.mark.parametrize("rows_at_once", [1, 7, 50, 99, 100, 101])
def test_predictions_in_parts_equal_the_whole(rows_at_once, monkeypatch):
    # A forgotten row must not find an earlier result in the memory it gets.
    monkeypatch.setattr(np, "empty", lambda *a: np.full(a[0], np.nan, *a[1:]))
    rng = np.random.default_rng(1)
    network = initialise([4, 6, 3, 1], rng)
    network.b[1][:] = 0.1
    X = rng.standard_normal((4, 100))
    whole = forward(network, X).A[3]
    parts = predict_proba(network, X, rows_at_once)
    assert parts.shape == (1, 100)
    assert np.ptp(whole) > 0.1
    np.testing.assert_allclose(parts, whole, rtol=1e-13)
    np.testing.assert_array_equal(parts, predict_proba(network, X))


def test_no_more_rows_are_passed_forward_at_once_than_asked(monkeypatch):
    asked, product = [], network_module.product_in_order

    def recorded(W, A):
        asked.append(A.shape[1])
        return product(W, A)

    monkeypatch.setattr(network_module, "product_in_order", recorded)
    network = initialise([2, 1], np.random.default_rng(0))
    predict_proba(network, np.ones((2, 10)), 4)
    predict_proba(network, np.ones((2, 5000)))
    assert asked == [4, 4, 2, 4096, 904]


def test_rows_take_the_precision_of_the_network():
    X = np.random.default_rng(0).standard_normal((3, 9))
    network = initialise([3, 4, 1], np.random.default_rng(0), dtype="float32")
    logits = predict_logits(network, X)
    assert logits.dtype == np.float64
    np.testing.assert_array_equal(logits, predict_logits(network, X.astype("float32")))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("dims", [[9, 40, 3, 1], [9, 3, 3, 1], [9, 1], [9, 70, 65, 1]])
def test_equal_rows_have_one_prediction(dims, dtype):
    rng = np.random.default_rng(2)
    network = initialise(dims, rng, dtype=dtype)
    for b in network.b.values():
        b[:] = rng.standard_normal(b.shape)
    different = rng.standard_normal((9, 50))
    row = rng.integers(0, 50, 3001)
    logits = predict_logits(network, different[:, row])[0]
    alone = [predict_logits(network, different[:, i : i + 1]).item() for i in range(50)]
    np.testing.assert_array_equal(logits, np.array(alone)[row])
    p = predict_proba(network, different[:, row])[0]
    np.testing.assert_array_equal(p, predict_proba(network, different)[0][row])
    other = np.asfortranarray(different[:, row])  # another layout of the same rows
    np.testing.assert_array_equal(logits, predict_logits(network, other)[0])


def test_rows_that_pass_nothing_through_a_layer_have_one_prediction():
    rng = np.random.default_rng(3)
    network = initialise([5, 8, 4, 1], rng)
    network.b[2][:] = -1e3  # all of the second layer is off
    assert np.unique(predict_logits(network, rng.standard_normal((5, 999)))).size == 1


@pytest.mark.parametrize(
    ("n", "k", "m"), [(1, 1, 1), (3, 40, 7), (40, 9, 1), (2, 3, 0)]
)
def test_product_in_order_adds_from_the_first_term_to_the_last(n, k, m):
    rng = np.random.default_rng(4)
    W, A = rng.standard_normal((n, k)), rng.standard_normal((k, m))
    expected = np.zeros((n, m))
    for j in range(n):
        for i in range(m):
            terms = [float(w) * float(a) for w, a in zip(W[j], A[:, i], strict=True)]
            total = terms[0]
            for term in terms[1:]:
                total += term
            expected[j, i] = total
    np.testing.assert_array_equal(product_in_order(W, A), expected)
    np.testing.assert_allclose(product_in_order(W, A), W @ A, atol=1e-13)


@pytest.mark.parametrize("how", ["copy", "deepcopy", "pickle"])
def test_a_copy_is_whole_and_its_own(how):
    network = initialise([3, 4, 1], np.random.default_rng(0), dtype=np.float32)
    before = network.theta.copy()
    other = {
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda network: pickle.loads(pickle.dumps(network)),
    }[how](network)
    assert other.layer_dims == network.layer_dims
    assert np.array_equal(other.theta, before)
    assert other.theta.dtype == np.float32
    other.theta += 1  # every layer must follow, as in training
    for l in other.W:
        assert np.array_equal(other.W[l], network.W[l] + 1)
        assert np.array_equal(other.b[l], network.b[l] + 1)
    assert np.array_equal(network.theta, before)


def test_predict_proba_is_double_whatever_the_network_is():
    network = initialise([2, 3, 1], np.random.default_rng(0), dtype=np.float32)
    p = predict_proba(network, np.ones((2, 5)))
    assert p.dtype == np.float64
    assert predict_proba(network, np.ones((2, 0))).shape == (1, 0)


@pytest.mark.parametrize(
    ("scheme", "sd"),
    [("he", np.sqrt(2 / 200)), ("xavier", np.sqrt(2 / 312)), ("small", 0.01)],
)
def test_initial_weights_have_the_schemes_standard_deviation(scheme, sd):
    network = initialise([200, 112, 1], np.random.default_rng(3), scheme)
    # The estimate's own standard error is sd / sqrt(2 x 22400), 0.5 % of sd.
    assert network.W[1].std() == pytest.approx(sd, rel=0.02)
    assert abs(network.W[1].mean()) < 4 * sd / np.sqrt(network.W[1].size)
    for b in network.b.values():
        np.testing.assert_array_equal(b, 0)


def test_an_unknown_scheme_is_refused_by_name():
    with pytest.raises(ValueError, match=r"scheme is 'hee'; choose from .*'he'"):
        initialise([2, 1], np.random.default_rng(0), "hee")


@pytest.mark.parametrize("scheme", ["he", "xavier", "small"])
def test_each_layers_scale_follows_its_own_sizes(scheme):
    rng = np.random.default_rng(4)
    network = initialise([3, 5, 2, 1], rng, scheme)
    again = np.random.default_rng(4)
    for l, (n_in, n_out) in enumerate([(3, 5), (5, 2), (2, 1)], start=1):
        variance = {"he": 2 / n_in, "xavier": 2 / (n_in + n_out), "small": 1e-4}
        draws = again.standard_normal((n_out, n_in))
        expected = draws * np.sqrt(variance[scheme])
        np.testing.assert_allclose(network.W[l], expected, rtol=1e-15)


def test_initialise_is_seeded_and_he_by_default():
    def theta(seed, *scheme):
        return initialise([4, 3, 1], np.random.default_rng(seed), *scheme).theta

    np.testing.assert_array_equal(theta(0), theta(0, "he"))
    assert not np.array_equal(theta(0), theta(1))
    assert not np.array_equal(theta(0), theta(0, "xavier"))


def test_both_precisions_start_from_the_same_draws():
    rng64, rng32 = np.random.default_rng(5), np.random.default_rng(5)
    double = initialise([4, 3, 1], rng64)
    single = initialise([4, 3, 1], rng32, dtype=np.float32)
    assert double.theta.dtype == np.float64
    assert single.theta.dtype == np.float32
    np.testing.assert_array_equal(single.theta, double.theta.astype(np.float32))
    assert rng64.random() == rng32.random()


@pytest.mark.parametrize(
    "layer_dims", [[], [1], [3, 2], [3, 0, 1], [0, 1], [-3, 1], [3, -1, 1], [3, 2, 0]]
)
def test_impossible_layer_dims_are_refused(layer_dims):
    with pytest.raises(ValueError, match="layer_dims"):
        Network(layer_dims)
    with pytest.raises(ValueError, match="layer_dims"):
        initialise(layer_dims, np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(2, 5), (4, 5), (5, 3), (1, 5), (3, 5, 1)])
def test_X_with_a_wrong_number_of_rows_is_refused(shape):
    network = Network([3, 2, 1])
    with pytest.raises(ValueError, match="expected"):
        forward(network, np.ones(shape))
    with pytest.raises(ValueError, match="expected"):
        predict_proba(network, np.ones(shape))


def test_X_with_one_dimension_is_refused():
    with pytest.raises(ValueError, match="expected"):
        forward(Network([3, 2, 1]), np.ones(3))


def test_forward_leaves_X_alone():
    X = np.ones((2, 3))
    forward(initialise([2, 4, 1], np.random.default_rng(0)), X)
    np.testing.assert_array_equal(X, np.ones((2, 3)))
