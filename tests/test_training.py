import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lopsided.lesson import training
from lopsided.lesson.loss import (
    class_weights,
    d_logits,
    logistic_loss,
    numerical_gradient,
    objective,
    relative_difference,
)
from lopsided.lesson.network import Network, backward, forward, initialise, sigmoid
from lopsided.lesson.training import (
    DivergenceError,
    History,
    learning_rate,
    run_epoch,
    train,
)


def examples(m=60, n=3, seed=0):
    """Rows whose first feature tells much about the label."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, m))
    Y = (rng.random((1, m)) < sigmoid(3 * X[:1] - 1)).astype(float)
    assert 0 < Y.sum() < m
    return X, Y


def start(layer_dims=(3, 5, 1), dtype=np.float64):
    network = initialise(list(layer_dims), np.random.default_rng(1), dtype=dtype)
    for l, b in network.b.items():
        b[:] = 0.1 * l
    return network


def rng():
    return np.random.default_rng(2)


def ones(Y):
    return np.ones_like(Y)


# The learning rate


def test_learning_rate_falls_from_the_first_epoch_to_the_last():
    assert learning_rate(0, 400, 0.01, 1e-5) == 0.01
    assert learning_rate(399, 400, 0.01, 1e-5) == pytest.approx(1e-5, rel=1e-12)
    assert learning_rate(1, 3, 0.5, 0.1) == pytest.approx(0.3, rel=1e-15)
    assert [learning_rate(e, 5, 4.0, 0.0) for e in range(5)] == [4, 3, 2, 1, 0]


def test_learning_rate_of_a_single_epoch_is_the_initial_one():
    assert learning_rate(0, 1, 0.01, 1e-5) == 0.01


@settings(deadline=None, derandomize=True)
@given(st.integers(2, 500), st.floats(1e-6, 10), st.floats(0, 10))
def test_learning_rate_is_a_straight_line(epochs, initial, final):
    rates = [learning_rate(e, epochs, initial, final) for e in range(epochs)]
    line = np.linspace(initial, final, epochs)
    np.testing.assert_allclose(rates, line, rtol=1e-12, atol=1e-14)


# An epoch


def test_run_epoch_meets_the_examples_in_order_in_ragged_batches(monkeypatch):
    met = []

    def spy(network, X):
        met.append(X[0].copy())
        return forward(network, X)

    monkeypatch.setattr(training, "forward", spy)
    X = np.arange(10.0)[:, None]  # one example a row, its number is its feature
    order = np.array([3, 1, 4, 0, 5, 9, 2, 6, 8, 7])
    labels = np.ones((10, 2))
    run_epoch(Network([1, 1]), X, labels, order, 4, 0.1, None, np.empty(10))
    assert [len(batch) for batch in met] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(met), order)


@pytest.mark.parametrize(
    ("batch_size", "sizes"),
    [(1, [1] * 6), (2, [2, 2, 2]), (5, [5, 1]), (6, [6]), (7, [6]), (1000, [6])],
)
def test_batch_sizes(monkeypatch, batch_size, sizes):
    met = []

    def spy(network, X):
        met.append(X.shape[1])
        return forward(network, X)

    monkeypatch.setattr(training, "forward", spy)
    X, Y = examples(6)
    train(start(), X, Y, ones(Y), rng(), epochs=3, batch_size=batch_size)
    assert met == sizes * 3


@pytest.mark.parametrize("batch_size", [1, 7, 20, 23, 1000])
def test_run_epoch_gives_every_examples_logit(batch_size):
    X, Y = examples(23)
    network = start()
    expected = forward(network, X).Z[2][0]
    logits = np.full(23, np.nan)
    labels = np.vstack([Y, ones(Y)]).T.copy()
    order = rng().permutation(23)
    run_epoch(network, X.T.copy(), labels, order, batch_size, 0.0, None, logits)
    np.testing.assert_allclose(logits, expected, rtol=1e-13)


def test_run_epoch_equals_steps_written_out():
    X, Y = examples(23)
    weight = class_weights(Y, "positive", 3.952)
    network, expected = start(), start()
    order = rng().permutation(23)
    logits = np.empty(23)
    labels = np.vstack([Y, weight]).T.copy()
    run_epoch(network, X.T.copy(), labels, order, 10, 0.3, None, logits)
    met = []
    for batch in (order[:10], order[10:20], order[20:]):
        done = forward(expected, X[:, batch])
        met.extend(done.Z[2][0])
        dZ = d_logits(Y[:, batch], done.A[2], weight[:, batch])
        expected.theta -= 0.3 * backward(expected, done, dZ)
    np.testing.assert_allclose(network.theta, expected.theta, rtol=1e-12)
    # Each logit is the one from before its own batch's update.
    np.testing.assert_allclose(logits[order], met, rtol=1e-12)


# What train hands to its engine


def spied(**settings):
    """Train with an engine that notes its arguments before it does the work."""
    calls = []

    def engine(network, examples, labels, order, batch_size, alpha, decay, logits):
        calls.append(
            {
                "examples": examples,
                "labels": labels,
                "order": order.copy(),
                "batch_size": batch_size,
                "alpha": alpha,
                "decay": None if decay is None else decay.copy(),
            }
        )
        run_epoch(network, examples, labels, order, batch_size, alpha, decay, logits)

    X, Y = examples()
    weight = class_weights(Y, "positive", 3.952)
    network = start()
    history = train(network, X, Y, weight, rng(), run_epoch=engine, **settings)
    return X, Y, weight, network, history, calls


def test_every_example_is_met_once_an_epoch_in_a_new_order():
    *_, calls = spied(epochs=5)
    assert len(calls) == 5
    for call in calls:
        np.testing.assert_array_equal(np.sort(call["order"]), np.arange(60))
    orders = {tuple(call["order"]) for call in calls} | {tuple(range(60))}
    assert len(orders) == 6


def test_engine_gets_rows_labels_weights_and_rates():
    X, Y, weight, _, history, calls = spied(
        epochs=3, batch_size=7, initial_learning_rate=0.3, final_learning_rate=0.1
    )
    for call in calls:
        np.testing.assert_array_equal(call["examples"], X.T)
        assert call["examples"].flags.c_contiguous
        np.testing.assert_array_equal(call["labels"], np.vstack([Y, weight]).T)
        assert call["batch_size"] == 7
        assert call["decay"] is None
    rates = [call["alpha"] for call in calls]
    np.testing.assert_allclose(rates, [0.3, 0.2, 0.1], rtol=1e-14)
    assert history.learning_rate == rates


def test_defaults_are_section_7s():
    *_, calls = spied()
    assert len(calls) == 400
    assert calls[0]["batch_size"] == 200
    assert calls[0]["alpha"] == 0.01
    assert calls[-1]["alpha"] == pytest.approx(1e-5, rel=1e-12)


def test_decay_spares_biases():
    *_, network, _, calls = spied(epochs=1, l2=0.25)
    decay = Network(network.layer_dims, calls[0]["decay"])
    for l in (1, 2):
        np.testing.assert_array_equal(decay.W[l], 0.25)
        np.testing.assert_array_equal(decay.b[l], 0)


# What training does


@pytest.mark.parametrize("weighting", ["uniform", "positive"])
def test_training_descends(weighting):
    X, Y = examples(200)
    weight = class_weights(Y, weighting, 2.0)
    network = start()
    before = objective(forward(network, X).Z[2], Y, weight)
    settings = {"epochs": 60, "batch_size": 20, "initial_learning_rate": 0.1}
    history = train(network, X, Y, weight, rng(), **settings)
    after = objective(forward(network, X).Z[2], Y, weight)
    assert after < 0.8 * before
    assert history.objective[-1] == pytest.approx(after, rel=0.05)
    assert np.mean(history.objective[-10:]) < np.mean(history.objective[:10])


def test_small_full_batch_steps_descend_every_time():
    X, Y = examples()
    settings = {"epochs": 50, "batch_size": 60, "initial_learning_rate": 0.05}
    history = train(start(), X, Y, ones(Y), rng(), **settings)
    assert (np.diff(history.objective) < 0).all()


def test_training_overfits_twenty_rows():
    # Labels that have nothing to do with the features: they can only be memorised.
    draws = np.random.default_rng(3)
    X = draws.standard_normal((5, 20))
    Y = (draws.random((1, 20)) < 0.5).astype(float)
    # Wide enough that no seed loses a whole layer: with three units many do.
    network = initialise([5, 20, 10, 1], np.random.default_rng(4))
    history = train(
        network,
        X,
        Y,
        ones(Y),
        rng(),
        epochs=1000,
        batch_size=5,
        initial_learning_rate=0.1,
        final_learning_rate=0.01,
    )
    assert history.cross_entropy[0] > 0.5
    assert objective(forward(network, X).Z[3], Y) < 0.01
    assert history.cross_entropy[-1] < 0.01


def test_a_step_is_minus_alpha_times_the_objectives_gradient():
    X, Y = examples()
    weight = class_weights(Y, "positive", 3.952)
    network = start()
    first = network.theta.copy()
    estimate = numerical_gradient(
        lambda: objective(forward(network, X).Z[2], Y, weight), network.theta
    )
    step = {"epochs": 1, "batch_size": 60, "initial_learning_rate": 0.2}
    train(network, X, Y, weight, rng(), **step)
    assert relative_difference((first - network.theta) / 0.2, estimate) < 1e-7


def test_l2_adds_the_gradient_of_its_penalty_and_none_on_biases():
    X, Y = examples()
    step = {"epochs": 1, "batch_size": 60, "initial_learning_rate": 0.2}

    def gradient(l2):
        network = start()
        first = network.theta.copy()
        train(network, X, Y, ones(Y), rng(), l2=l2, **step)
        return Network([3, 5, 1], (first - network.theta) / 0.2)

    network = start()

    def penalised():
        squares = sum(float(np.sum(W**2)) for W in network.W.values())
        return objective(forward(network, X).Z[2], Y) + 0.7 / 2 * squares

    estimate = numerical_gradient(penalised, network.theta)
    with_l2, without = gradient(0.7), gradient(0.0)
    assert relative_difference(with_l2.theta, estimate) < 1e-7
    for l in (1, 2):
        np.testing.assert_allclose(with_l2.b[l], without.b[l], rtol=1e-12)
        extra = with_l2.W[l] - without.W[l]
        np.testing.assert_allclose(extra, 0.7 * network.W[l], rtol=1e-10, atol=1e-13)


def test_l2_keeps_weights_small():
    X, Y = examples()
    settings = {"epochs": 200, "batch_size": 20, "initial_learning_rate": 0.2}
    free, held = start(), start()
    train(free, X, Y, ones(Y), rng(), **settings)
    train(held, X, Y, ones(Y), rng(), l2=0.1, **settings)
    for l in (1, 2):
        assert np.linalg.norm(held.W[l]) < 0.7 * np.linalg.norm(free.W[l])


# The history


@pytest.mark.parametrize("weighting", ["uniform", "positive"])
def test_history_of_one_batch_epochs_equals_a_direct_recomputation(weighting):
    X, Y = examples()
    weight = class_weights(Y, weighting, 3.952)
    network, other = start(), start()
    settings = {"batch_size": 60, "initial_learning_rate": 0.2}
    history = train(
        network, X, Y, weight, rng(), epochs=3, final_learning_rate=0.2, **settings
    )
    for epoch in range(3):
        Z = forward(other, X).Z[2]  # before the epoch's only update
        assert history.objective[epoch] == pytest.approx(
            objective(Z, Y, weight), rel=1e-12
        )
        assert history.cross_entropy[epoch] == pytest.approx(
            float(np.mean(logistic_loss(Z, Y))), rel=1e-12
        )
        train(other, X, Y, weight, rng(), epochs=1, **settings)


def test_history_averages_over_examples_as_each_batch_came():
    X, Y = examples(23)
    weight = class_weights(Y, "positive", 3.952)
    history = train(
        start(),
        X,
        Y,
        weight,
        rng(),
        epochs=1,
        batch_size=10,
        initial_learning_rate=0.3,
    )
    network, order, losses = start(), rng().permutation(23), []
    for batch in (order[:10], order[10:20], order[20:]):
        done = forward(network, X[:, batch])
        losses.extend((weight[:, batch] * logistic_loss(done.Z[2], Y[:, batch]))[0])
        dZ = d_logits(Y[:, batch], done.A[2], weight[:, batch])
        network.theta -= 0.3 * backward(network, done, dZ)
    assert history.objective == [pytest.approx(np.mean(losses), rel=1e-12)]


def test_history_with_l2_counts_the_penalty_of_weights_only():
    X, Y = examples()
    network = start()
    plain = objective(forward(network, X).Z[2], Y)
    # A rate of nearly nothing, so that it does not matter when the penalty is taken.
    step = {"epochs": 1, "batch_size": 60, "initial_learning_rate": 1e-14}
    squares = sum(float(np.sum(W**2)) for W in network.W.values())
    history = train(network, X, Y, ones(Y), rng(), l2=0.7, **step)
    assert history.objective == [pytest.approx(plain + 0.35 * squares, rel=1e-10)]
    assert history.cross_entropy == [pytest.approx(plain, rel=1e-10)]


def test_history_with_l2_is_measured_just_before_the_update():
    X, Y = examples()
    network = start()
    squares = sum(float(np.sum(W**2)) for W in network.W.values())
    expected = objective(forward(network, X).Z[2], Y) + 0.35 * squares
    step = {"epochs": 1, "batch_size": 60, "initial_learning_rate": 0.2}
    history = train(network, X, Y, ones(Y), rng(), l2=0.7, **step)
    assert history.objective == [pytest.approx(expected, rel=1e-12)]


def test_on_epoch_sees_the_history_grow():
    X, Y = examples()
    seen = []

    def on_epoch(epoch, history):
        assert isinstance(history, History)
        seen.append((epoch, len(history.objective), len(history.learning_rate)))

    history = train(start(), X, Y, ones(Y), rng(), epochs=4, on_epoch=on_epoch)
    assert seen == [(0, 1, 1), (1, 2, 2), (2, 3, 3), (3, 4, 4)]
    assert len(history.objective) == len(history.cross_entropy) == 4
    assert all(isinstance(x, float) for x in history.objective + history.cross_entropy)


# Reproducibility


def test_the_same_seed_gives_the_same_network_and_another_does_not():
    X, Y = examples()

    def trained(seed):
        network = start()
        history = train(
            network, X, Y, ones(Y), np.random.default_rng(seed), epochs=5, batch_size=16
        )
        return network.theta, history

    theta, history = trained(0)
    again, same_history = trained(0)
    other, other_history = trained(1)
    np.testing.assert_array_equal(theta, again)
    assert history == same_history
    assert not np.array_equal(theta, other)
    assert history != other_history


def test_training_leaves_the_data_alone():
    X, Y = examples()
    weight = class_weights(Y, "positive", 2.0)
    before = X.copy(), Y.copy(), weight.copy()
    train(start(), X, Y, weight, rng(), epochs=2, initial_learning_rate=1.0)
    for array, copy in zip((X, Y, weight), before, strict=True):
        np.testing.assert_array_equal(array, copy)


# Divergence


@pytest.mark.parametrize("l2", [0.0, 1.0])
@pytest.mark.parametrize("rate", [1e20, 1e100, 1e200, 1e300])
@pytest.mark.parametrize("layer_dims", [(3, 5, 1), (3, 5, 4, 3, 1)])
def test_divergence_is_told_in_words(rate, layer_dims, l2):
    # NumPy's own warnings would fail this test: warnings are errors here.
    X, Y = examples()
    with pytest.raises(DivergenceError, match="initial_learning_rate") as caught:
        train(
            start(layer_dims),
            X,
            Y,
            ones(Y),
            rng(),
            epochs=100,
            batch_size=10,
            initial_learning_rate=rate,
            final_learning_rate=rate,
            l2=l2,
        )
    assert f"{rate:g}" in str(caught.value)
    assert "diverged in epoch" in str(caught.value)
    assert isinstance(caught.value, ArithmeticError)


def test_divergence_in_single_precision_is_told_in_words():
    X, Y = examples()
    with pytest.raises(DivergenceError, match="initial_learning_rate"):
        train(
            start(dtype=np.float32),
            X,
            Y,
            ones(Y),
            rng(),
            batch_size=10,
            initial_learning_rate=1e30,
        )


def test_divergence_in_the_only_step_is_noticed():
    # The logits were still finite when they were met; the parameters are not.
    X, Y = examples()
    step = {"epochs": 1, "batch_size": 60, "initial_learning_rate": 1e308}
    told = (
        r"^training diverged in epoch 1: the loss is [^;]+; lower "
        r"initial_learning_rate \(it is 1e\+308\) or the weight$"
    )
    with pytest.raises(DivergenceError, match=told):
        train(start(), 100 * X, Y, 100 * ones(Y), rng(), **step)


# Single precision


def test_single_precision_stays_single_and_close_to_double():
    X, Y = examples(200)
    weight = class_weights(Y, "positive", 3.952)
    single, double = start(dtype=np.float32), start()
    settings = {
        "epochs": 20,
        "batch_size": 32,
        "initial_learning_rate": 0.1,
        "l2": 0.01,
    }
    dtypes = []

    def engine(network, examples, labels, order, batch_size, alpha, decay, logits):
        dtypes.extend([examples.dtype, labels.dtype, logits.dtype])
        run_epoch(network, examples, labels, order, batch_size, alpha, decay, logits)
        dtypes.append(network.theta.dtype)

    theirs = train(single, X, Y, weight, rng(), run_epoch=engine, **settings)
    ours = train(double, X, Y, weight, rng(), **settings)
    assert set(dtypes) == {np.dtype(np.float32)}
    assert single.theta.dtype == np.float32
    assert all(W.dtype == np.float32 for W in single.W.values())
    assert np.shares_memory(single.W[1], single.theta)
    np.testing.assert_allclose(single.theta, double.theta, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(theirs.objective, ours.objective, rtol=1e-4)
    assert not np.array_equal(single.theta, double.theta)
