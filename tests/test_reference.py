"""One step and one epoch, equal to PyTorch's and scikit-learn's.

Their numbers are in reference/reference.json; reference/make_reference.py made them.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from lopsided.lesson.loss import class_weights
from lopsided.lesson.network import Network
from lopsided.lesson.training import run_epoch, train

REFERENCE = json.loads(
    Path(__file__).with_name("reference").joinpath("reference.json").read_text("utf-8")
)
CASES = [
    pytest.param(
        network,
        result,
        id=f"{result['library']}-{network['layer_dims']}-{result['weighting']}-{result['w']}",
    )
    for network in REFERENCE["networks"]
    for result in network["results"]
]


def flat(parameters):
    """Lay out W and b as theta: layer by layer, each W before its b."""
    pairs = zip(parameters["W"], parameters["b"], strict=True)
    return np.concatenate([np.ravel(array) for pair in pairs for array in pair])


def start(reference):
    network = Network(reference["layer_dims"], flat(reference["first"]))
    return network, np.array(reference["X"]), np.array(reference["Y"])


def one_epoch(reference, weighting, w, batch_size):
    network, X, Y = start(reference)
    weight = class_weights(Y, weighting, w)
    m = Y.size
    run_epoch(
        network,
        np.ascontiguousarray(X.T),
        np.vstack([Y, weight]).T.copy(),
        np.arange(m),
        batch_size,
        REFERENCE["alpha"],
        None,
        np.empty(m),
    )
    return network.theta


def assert_same_change(theta, expected, first):
    """Compare what was learnt, not the parameters, most of which is the start."""
    change, expected_change = theta - first, expected - first
    assert np.linalg.norm(expected_change) > 0.1
    difference = np.linalg.norm(change - expected_change)
    assert difference <= 1e-12 * np.linalg.norm(expected_change)
    np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("reference", "result"), CASES)
def test_one_step_equals_the_library(reference, result):
    theta = one_epoch(
        reference, result["weighting"], result["w"], len(reference["Y"][0])
    )
    assert_same_change(theta, flat(result["step"]), flat(reference["first"]))


@pytest.mark.parametrize(("reference", "result"), CASES)
def test_one_epoch_in_ragged_batches_equals_the_library(reference, result):
    theta = one_epoch(
        reference, result["weighting"], result["w"], REFERENCE["batch_size"]
    )
    assert len(reference["Y"][0]) % REFERENCE["batch_size"]
    assert_same_change(theta, flat(result["epoch"]), flat(reference["first"]))


@pytest.mark.parametrize(("reference", "result"), CASES)
def test_train_with_one_batch_equals_the_librarys_step(reference, result):
    network, X, Y = start(reference)
    train(
        network,
        X,
        Y,
        class_weights(Y, result["weighting"], result["w"]),
        np.random.default_rng(0),  # another order of rows: a sum does not mind
        epochs=1,
        batch_size=Y.size,
        initial_learning_rate=REFERENCE["alpha"],
        final_learning_rate=0.0,
    )
    assert_same_change(network.theta, flat(result["step"]), flat(reference["first"]))


@pytest.mark.parametrize("batch_size", [20, REFERENCE["batch_size"]])
def test_both_weightings_are_the_unweighted_one_at_w_1(batch_size):
    for reference in REFERENCE["networks"]:
        uniform = one_epoch(reference, "uniform", 1.0, batch_size)
        positive = one_epoch(reference, "positive", 1.0, batch_size)
        np.testing.assert_array_equal(uniform, positive)


def test_reference_says_what_made_it_and_covers_what_it_should():
    assert {"torch", "scikit-learn", "numpy", "python"} <= set(REFERENCE["versions"])
    dims = [tuple(network["layer_dims"]) for network in REFERENCE["networks"]]
    assert dims == [(8, 40, 3, 1), (4, 3, 3, 1), (5, 1), (3, 7, 5, 2, 1)]
    for network in REFERENCE["networks"]:
        cases = {(r["library"], r["weighting"], r["w"]) for r in network["results"]}
        assert len(cases) == len(network["results"]) == 6
        assert set(np.ravel(network["Y"])) == {0, 1}
        assert all(np.any(b) for b in network["first"]["b"])
