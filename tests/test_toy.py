"""The toy world: points lie evenly, and their labels follow the law that it states."""

import numpy as np
from scipy.special import expit

from lopsided.lesson import toy


def test_the_law_is_a_circle():
    X = np.array([[0.0, 2.0, 0.0, -1.2], [0.0, 0.0, 2.0, 1.6]])
    p = toy.probability(X)
    assert p.shape == (1, 4)
    np.testing.assert_allclose(p, expit([[2.0, -1.6, -1.6, -1.6]]))


def test_points_lie_evenly_and_labels_follow_the_law():
    X, Y = toy.points(np.random.default_rng(0), 40_000)
    assert X.shape == (2, 40_000)
    assert Y.shape == (1, 40_000)
    assert {*Y.ravel()} == {0.0, 1.0}
    assert np.abs(X).max() <= 3
    counts = np.histogram2d(*X, bins=4, range=[[-3, 3]] * 2)[0]
    np.testing.assert_allclose(counts, 2500, atol=250)  # five standard errors
    p = toy.probability(X)
    for low in np.arange(0, 0.9, 0.1):
        there = (low <= p) & (p < low + 0.1)
        error = np.sqrt(0.25 / there.sum())
        assert abs(Y[there].mean() - p[there].mean()) < 4 * error
    assert 0.15 < Y.mean() < 0.25


def test_a_few_hundred_points_are_usual_and_a_seed_repeats_them():
    one, two = (toy.points(np.random.default_rng(3)) for _ in range(2))
    assert one[0].shape == (2, 400)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
