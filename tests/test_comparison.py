"""Comparisons against closed forms, and against worlds where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lopsided.report.comparison import Estimate, matched_effects, paired, resampled


def test_paired_is_scipys_t_interval():
    d = np.random.default_rng(0).normal(1, 2, 12)
    found = paired(d)
    test = stats.ttest_1samp(d, 0)
    assert (found.mean, found.n) == (pytest.approx(d.mean()), 12)
    assert found.error == pytest.approx(stats.sem(d))
    assert (found.low, found.high) == pytest.approx(test.confidence_interval(0.95))
    assert found.half == pytest.approx(found.high - found.mean)


def test_one_value_has_no_error():
    found = paired([0.5])
    assert (found.mean, found.n) == (0.5, 1)
    assert np.isnan([found.error, found.low, found.high]).all()
    assert found.verdict == "not told"
    assert np.isnan(paired([]).mean)


@pytest.mark.parametrize(
    ("ends", "verdict"), [((1, 2), "above"), ((-2, -1), "below"), ((-1, 1), "not told")]
)
def test_the_verdict_looks_at_the_whole_interval(ends, verdict):
    assert Estimate(0, 1, 5, *ends).verdict == verdict


def test_resampled_is_the_formula_of_nadeau_and_bengio():
    d = [0.01, 0.02, -0.01, 0.03, 0.0]
    found = resampled(d, test_share=0.2)
    assert found.error == pytest.approx(np.sqrt(1 / 5 + 1 / 4) * np.std(d, ddof=1))
    half = stats.t.ppf(0.975, 4) * found.error
    assert (found.low, found.high) == pytest.approx(
        (found.mean - half, found.mean + half)
    )
    assert resampled(d, test_share=0).error == paired(d).error


def test_overlapping_splits_need_the_correction():
    """Two learners of one worth, compared over and over on splits of one table.

    Each predicts the mean of its own noisy view of the training rows. Their expected
    difference is zero: an honest 95 % interval excludes it in 5 of 100 tables.
    """
    rng = np.random.default_rng(1)
    n, n_test, splits, tables = 60, 12, 10, 400
    outside = {"naive": 0, "corrected": 0}
    for _ in range(tables):
        y, a, b = rng.normal(size=(3, n))
        d = []
        for _ in range(splits):
            mixed = rng.permutation(n)
            test, train = mixed[:n_test], mixed[n_test:]
            losses = [
                (y[test] - (y + noise)[train].mean()) ** 2 + noise[test]
                for noise in (a, b)
            ]
            d.append(np.mean(losses[0] - losses[1]))
        outside["naive"] += paired(d).verdict != "not told"
        outside["corrected"] += resampled(d, n_test / n).verdict != "not told"
    assert outside["naive"] / tables > 0.2
    assert outside["corrected"] / tables < 0.1


def world(n_seeds, effect, rng, spread=1.0):
    """Two choices and a seed; long runs exist for the first seed only."""
    rows = []
    for seed in range(n_seeds):
        luck = rng.normal(0, spread)
        for rate in ("slow", "fast"):
            for epochs in (40, 400) if seed == 0 else (40,):
                value = luck + effect * (rate == "fast") + 5 * (epochs == 400)
                noise = rng.normal(0, 0.1)
                rows.append(
                    [rate, epochs, seed, value + noise, f"{rate}{epochs}{seed}"]
                )
    return pd.DataFrame(rows, columns=["rate", "epochs", "seed", "score", "network"])


def test_an_effect_is_found_within_blocks_where_marginal_means_mislead():
    table = world(12, 0.3, np.random.default_rng(3), spread=4)
    (rate,) = matched_effects(table, "rate", "score", ["epochs"], ["seed"]).itertuples()
    assert (rate.value, rate.against, rate.blocks, rate.seeds) == (
        "fast",
        "slow",
        13,
        12,
    )
    assert rate.difference == pytest.approx(0.3, abs=0.1)
    assert rate.low < 0.3 < rate.high
    (epochs,) = matched_effects(
        table, "epochs", "score", ["rate"], ["seed"]
    ).itertuples()
    assert epochs.difference == pytest.approx(5, abs=0.3)
    means = table.groupby("epochs")["score"].mean()
    assert (
        abs(means[400] - means[40] - 5) > 1
    )  # the first seed's luck, counted as effect
    assert (epochs.blocks, epochs.seeds) == (2, 1)
    assert np.isnan(epochs.error)  # one seed


@pytest.mark.slow
def test_the_interval_of_an_effect_covers_it():
    rng, held, worlds = np.random.default_rng(4), 0, 300
    for _ in range(worlds):
        table = world(6, 0.3, rng, spread=2)
        (found,) = matched_effects(
            table, "rate", "score", ["epochs"], ["seed"]
        ).itertuples()
        held += found.low <= 0.3 <= found.high
    assert held / worlds == pytest.approx(0.95, abs=0.04)


def test_one_network_under_two_names_says_nothing():
    table = world(4, 0.3, np.random.default_rng(5))
    table.loc[table["seed"] == 2, "network"] = "the same"
    (found,) = matched_effects(
        table, "rate", "score", ["epochs"], ["seed"], same="network"
    ).itertuples()
    assert (found.blocks, found.seeds, found.one) == (4, 3, 1)


def test_a_block_under_two_names_counts_once():
    """By hand: gains of 1 and 4, the first of them under two names."""
    rows = [
        ("a", "x", 0, "p", 0.0),
        ("b", "x", 0, "q", 1.0),
        ("a", "y", 0, "p", 0.0),
        ("b", "y", 0, "q", 1.0),
        ("a", "z", 0, "r", 0.0),
        ("b", "z", 0, "s", 4.0),
    ]
    table = pd.DataFrame(rows, columns=["choice", "w", "seed", "network", "score"])
    how = table, "choice", "score", ["w"], ["seed"]
    (once,) = matched_effects(*how, same="network").itertuples()
    assert (once.difference, once.blocks, once.one) == (2.5, 2, 1)
    (twice,) = matched_effects(*how).itertuples()
    assert (twice.difference, twice.blocks) == (2.0, 3)


def test_what_never_meets_cannot_be_compared():
    table = pd.DataFrame(
        {"a": ["x", "y"], "b": [1, 2], "seed": [0, 0], "score": [0.1, 0.2]}
    )
    (found,) = matched_effects(table, "a", "score", ["b"], ["seed"]).itertuples()
    assert found.blocks == found.seeds == 0
    assert np.isnan(found.difference)


def test_without_seeds_there_is_no_error():
    table = pd.DataFrame({"a": ["x", "y"], "score": [0.1, 0.4]})
    (found,) = matched_effects(table, "a", "score", []).itertuples()
    assert (found.difference, found.blocks, found.seeds) == (pytest.approx(0.3), 1, 0)
    assert np.isnan(found.error)
