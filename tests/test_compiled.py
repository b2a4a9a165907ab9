"""The compiled engine equals the one that the notebooks explain.

All but the refusal need Numba, the extra ``fast``; without it they are skipped.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lopsided import engines
from lopsided.errors import InputError
from lopsided.lesson import network as lesson
from lopsided.lesson import training
from lopsided.lesson.loss import class_weights
from lopsided.lesson.network import Network, sigmoid
from lopsided.lesson.training import DivergenceError, train
from lopsided.parameters import Parameters, validate
from lopsided.table.dataset import load

try:
    from lopsided import compiled, compiled_prediction
except ModuleNotFoundError:
    compiled = None
numba_needed = pytest.mark.skipif(
    compiled is None, reason="Numba is not installed: pip install 'lopsided[fast]'"
)


def problem(layer_dims, m, seed, dtype=np.float64):
    """Draw examples and a network without zeros, where mistakes could hide."""
    rng = np.random.default_rng(seed)
    network = Network(layer_dims, dtype=dtype)
    for l in network.W:
        n = layer_dims[l - 1]
        network.W[l][:] = rng.standard_normal(network.W[l].shape) * np.sqrt(2 / n)
        network.b[l][:] = 0.3 * rng.standard_normal(network.b[l].shape)
    X = rng.standard_normal((layer_dims[0], m))
    Y = (rng.random((1, m)) < sigmoid(2 * X[:1] - 1)).astype(float)
    return network, X, Y


def both(layer_dims, m, seed, dtype=np.float64, weighting="positive", w=4.0, **changes):
    """Train with each engine from the same start: two networks, two histories."""
    chosen = {"epochs": 1, "batch_size": 200, "initial_learning_rate": 0.1} | changes
    networks, histories = [], []
    for engine in (training.run_epoch, compiled.run_epoch):
        network, X, Y = problem(layer_dims, m, seed, dtype)
        weight, rng = class_weights(Y, weighting, w), np.random.default_rng(seed)
        history = train(network, X, Y, weight, rng, run_epoch=engine, **chosen)
        networks.append(network)
        histories.append(history)
    return networks, histories


def furthest(networks):
    """Measure the largest difference, relative to parameters above 1."""
    ours, theirs = (network.theta for network in networks)
    return np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(ours)))


@numba_needed
@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    hidden=st.lists(st.integers(1, 50), max_size=4),
    n_0=st.integers(1, 20),
    m=st.integers(1, 700),
    batch_size=st.integers(1, 800),
    weighting=st.sampled_from(["uniform", "positive"]),
    w=st.floats(0.1, 10),
    l2=st.sampled_from([0, 0.01]),
    seed=st.integers(0, 2**32 - 1),
)
def test_both_engines_agree_after_an_epoch(
    hidden, n_0, m, batch_size, weighting, w, l2, seed
):
    networks, (ours, theirs) = both(
        [n_0, *hidden, 1],
        m,
        seed,
        weighting=weighting,
        w=w,
        batch_size=batch_size,
        l2=l2,
        initial_learning_rate=0.02,
    )
    assert furthest(networks) < 1e-12
    assert theirs.objective == pytest.approx(ours.objective, rel=1e-12, abs=1e-12)


@numba_needed
@pytest.mark.parametrize("m", [600, 601, 799, 200, 199, 1])
@pytest.mark.parametrize("layer_dims", [[8, 40, 3, 1], [8, 3, 3, 1], [8, 1]])
def test_both_engines_agree_on_the_reports_networks(layer_dims, m):
    networks, histories = both(layer_dims, m, 0)
    assert furthest(networks) < 1e-12
    assert histories[1].objective == pytest.approx(histories[0].objective, rel=1e-12)


@numba_needed
@pytest.mark.parametrize("batch_size", [255, 256, 257, 512, 513, 1000, 5000])
def test_a_batch_that_goes_through_in_parts_is_still_one_batch(batch_size):
    networks, _ = both([5, 7, 1], 1000, 1, batch_size=batch_size, l2=0.1)
    assert furthest(networks) < 1e-12


@numba_needed
@pytest.mark.parametrize("hidden", [[300], [3] * 8, [130, 2, 130]])
def test_wide_and_deep_networks(hidden):
    networks, _ = both([9, *hidden, 1], 500, 2, batch_size=64)
    assert furthest(networks) < 1e-12


@numba_needed
def test_every_examples_logit_is_from_before_its_update():
    seen = []
    for engine in (training.run_epoch, compiled.run_epoch):
        network, X, Y = problem([3, 5, 1], 23, 0)
        labels = np.vstack([Y, np.ones_like(Y)]).T.copy()
        order = np.random.default_rng(0).permutation(23)
        logits = np.full(23, np.nan)
        engine(network, X.T.copy(), labels, order, 10, 0.3, None, logits)
        seen.append(logits)
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-12)


@numba_needed
def test_single_precision_stays_single_and_close_to_double():
    dims, changes = [8, 40, 3, 1], {"epochs": 5, "l2": 0.01}
    (numpys, single), histories = both(dims, 601, 3, np.float32, **changes)
    (double, _), _ = both(dims, 601, 3, **changes)
    assert single.theta.dtype == np.float32
    assert np.shares_memory(single.W[1], single.theta)
    np.testing.assert_allclose(single.theta, numpys.theta, atol=2e-5)
    np.testing.assert_allclose(single.theta, double.theta, atol=2e-4)
    assert histories[1].objective == pytest.approx(histories[0].objective, rel=1e-5)


@numba_needed
@pytest.mark.parametrize(("dtype", "within"), [(np.float64, 3e-16), (np.float32, 2e-7)])
def test_the_twins_sigmoid_is_as_exact_as_the_lessons(dtype, within):
    import numba

    z = np.concatenate([np.linspace(-90, 90, 10_001), [0.0, -0.0, 1e30, -1e30]])
    ours, z = numba.vectorize(compiled.sigmoid.py_func), z.astype(dtype)
    found = ours(z)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, sigmoid(z.astype(float)), rtol=0, atol=within)
    with np.errstate(invalid="ignore"):
        assert np.isnan(ours(dtype(np.nan)))


@numba_needed
def test_the_same_seed_gives_the_same_bits():
    first, second = (both([8, 40, 3, 1], 999, 4, epochs=3)[0][1] for _ in range(2))
    np.testing.assert_array_equal(first.theta, second.theta)


@numba_needed
def test_training_leaves_the_data_alone():
    network, X, Y = problem([4, 5, 1], 60, 5)
    weight = class_weights(Y, "positive", 2.0)
    before = X.copy(), Y.copy(), weight.copy()
    rng = np.random.default_rng(0)
    train(network, X, Y, weight, rng, epochs=2, run_epoch=compiled.run_epoch)
    for array, copy in zip((X, Y, weight), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@numba_needed
@pytest.mark.parametrize(("dtype", "rate"), [("float64", 1e200), ("float32", 1e30)])
@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_divergence_is_told_in_words(dtype, rate, l2):
    network, X, Y = problem([3, 5, 4, 1], 60, 6, dtype)
    with pytest.raises(DivergenceError, match="initial_learning_rate"):
        train(
            network,
            X,
            Y,
            np.ones_like(Y),
            np.random.default_rng(0),
            epochs=100,
            batch_size=10,
            initial_learning_rate=rate,
            final_learning_rate=rate,
            l2=l2,
            run_epoch=compiled.run_epoch,
        )


EPOCH = """
import numpy as np
from lopsided import compiled
from lopsided.lesson.network import Network
labels, logits = np.ones((5, 2)), np.empty(5)
order = np.arange(5)
compiled.run_epoch(Network([4, 1]), np.eye(5, 4), labels, order, 2, 0.1, None, logits)
print(sum(compiled.descend.stats.cache_hits.values()))
"""


def in_a_new_process(code, cache):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.slow
@numba_needed
def test_machine_code_is_kept_on_disk(tmp_path):
    assert in_a_new_process(EPOCH, tmp_path) == "0"
    assert list(tmp_path.rglob("*.nbc"))
    assert in_a_new_process(EPOCH, tmp_path) == "1"


NOWHERE = """
import numba
njit = numba.njit

def refusing(function, cache=False, **options):
    if cache:
        raise RuntimeError("cannot cache function: no locator available")
    return njit(function, **options)

numba.njit = refusing
"""


@pytest.mark.ci
@pytest.mark.slow
@numba_needed
def test_where_nothing_can_be_written_the_engine_still_runs(tmp_path):
    assert in_a_new_process(NOWHERE + EPOCH, tmp_path) == "0"
    assert not list(tmp_path.iterdir())


# Prediction


def equal_bits(a, b):
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


@numba_needed
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("layer_dims", "m"),
    [([8, 40, 3, 1], 300), ([5, 1], 1), ([3, 130, 67, 1], 4225), ([9, 257, 1], 129)],
)
def test_predictions_are_equal_to_the_last_bit(layer_dims, m, dtype):
    network, X, _ = problem(layer_dims, m, 0, dtype)
    found = compiled_prediction.predict_logits(network, X)
    assert equal_bits(found, lesson.predict_logits(network, X))
    across = compiled_prediction.predict_logits(network, np.asfortranarray(X))
    assert equal_bits(across, found)
    turned = compiled_prediction.predict_logits(network, X[:, ::-1])
    assert equal_bits(turned[:, ::-1].copy(), found)
    some = compiled_prediction.predict_logits(network, X[:, :77], rows_at_once=10)
    assert equal_bits(some, found[:, :77].copy())


@numba_needed
def test_many_predictions_are_made_by_the_twin(monkeypatch):
    network, X, _ = problem([4, 6, 1], 50, 0)
    expected = engines.predict_logits(network, X)
    monkeypatch.setattr(engines, "WORTH_LOADING", 0)
    monkeypatch.setattr(lesson, "predict_logits", None)
    assert equal_bits(engines.predict_logits(network, X), expected)
    with pytest.raises(ValueError, match="expected"):
        engines.predict_logits(network, X[1:])


@numba_needed
def test_large_layers_are_left_to_blas(monkeypatch):
    expected, found = both([3, 8, 5, 1], 50, 0)[0]
    assert not equal_bits(found.theta, expected.theta)  # else this test says nothing
    monkeypatch.setattr(compiled, "LARGE", 40)
    expected, found = both([3, 8, 5, 1], 50, 0, l2=0.1)[0]
    assert equal_bits(found.theta, expected.theta)


# Without the extra


def test_without_numba_the_engine_is_refused_with_the_command(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install .*lopsided\[fast\]") as caught:
        validate({"engine": "numba"})
    assert "\n" not in str(caught.value)
    validate({"engine": "numpy"})
    assert engines.chosen("auto") == "numpy"
    assert engines.epoch_of("auto") is training.run_epoch


@numba_needed
def test_the_compiled_engine_is_taken_where_it_is_installed(tiny_clinic):
    assert load(Parameters(data=str(tiny_clinic))).parameters.engine == "numba"
    assert engines.epoch_of("auto") is compiled.run_epoch
    assert engines.epoch_of("numpy") is training.run_epoch


@numba_needed
def test_with_numba_the_engine_is_accepted():
    assert validate({"engine": "numba"}).engine == "numba"
