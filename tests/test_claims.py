"""Procedures behind single sentences of the notebooks, where the truth is known.

Each meets the procedure that it replaced: that one must fail here.
"""

import ast
import re
import warnings
from itertools import combinations
from math import comb
from types import SimpleNamespace

import jupytext
import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from lopsided.lesson import threshold
from lopsided.lesson.loss import d_logits
from lopsided.lesson.metrics import count_metrics
from lopsided.lesson.network import backward, forward, initialise
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import read_rows
from lopsided.pipeline.studies import law, model_comparison, selection
from lopsided.report import audit_table
from lopsided.report.baselines import estimator
from lopsided.report.comparison import gains, paired
from lopsided.table.dataset import load

NOTEBOOKS = ROOT / "notebooks"


def defined(name, wanted, **known):
    """Give functions that a notebook defines, with what they look up."""
    cells = jupytext.read(NOTEBOOKS / f"{name}.py").cells
    for node in ast.parse(
        "\n".join(c.source for c in cells if c.cell_type == "code")
    ).body:
        if isinstance(node, ast.FunctionDef) and node.name in wanted:
            exec(ast.unparse(node), known)
    return SimpleNamespace(**known)


def printed(name, part):
    """Give what the first cell that contains ``part`` printed, when last executed."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    outputs = next(c for c in cells if part in c.source and c.get("outputs")).outputs
    return "".join(o.get("text") or o["data"]["text/plain"] for o in outputs)


@pytest.fixture(scope="module")
def lesson():
    """The third lesson's functions, on few rows and one network."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(3, 60)), (rng.random((1, 60)) < 0.3).astype(float)
    known = {"np": np, "pd": pd, "X": X, "Y": Y, "weight": 1 + 3 * Y}
    known |= {"forward": forward, "backward": backward, "d_logits": d_logits}
    known |= {"P": SimpleNamespace(seed=0), "network": initialise([3, 4, 1], rng)}
    wanted = {"gradient_on", "cosine", "along_whole", "drawn", "batch_row"}
    wanted |= {"standard_error", "with_error"}
    return defined("03_training", wanted, **known)


def test_the_mean_over_all_batches_is_the_whole_gradient(lesson):
    """In closed form: every pair of twelve rows once, a weight on positives and all."""
    rows = np.arange(12)
    whole = lesson.gradient_on(lesson.network, rows)
    pairs = [[*pair] for pair in combinations(rows, 2)]
    assert len(pairs) == comb(12, 2)
    gradients = [lesson.gradient_on(lesson.network, pair) for pair in pairs]
    np.testing.assert_allclose(np.mean(gradients, axis=0), whole, atol=1e-15)
    cosines = [lesson.cosine(gradient, whole) for gradient in gradients]
    assert np.mean(cosines) < 0.9  # which is no estimate of anything about the whole


def test_the_lessons_small_gradients_are_as_worked_out(lesson):
    whole, batch = np.array([3.0, 4.0]), np.array([1.0, 2.0])
    assert lesson.along_whole(batch, whole) == pytest.approx(11 / 25)
    assert lesson.cosine(batch, whole) == pytest.approx(11 / (5 * 5**0.5))
    assert lesson.along_whole(whole, whole) == pytest.approx(1)
    assert np.isnan(lesson.along_whole(batch, 0 * whole))


def test_the_lessons_batches_go_as_far_as_the_whole_on_average(lesson):
    whole = lesson.gradient_on(lesson.network, np.arange(60))
    spreads = {}
    for size in (2, 10):
        gradients = lesson.drawn(lesson.network, size, 2000)
        ways = np.array([lesson.along_whole(g, whole) for g in gradients])
        assert abs(ways.mean() - 1) < 4 * lesson.standard_error(ways)
        *_, spread, unscaled = lesson.batch_row(gradients, whole)
        assert float(spread) == pytest.approx(ways.std(ddof=1), rel=0.01)
        along = np.array(gradients) @ whole / np.linalg.norm(whole)
        assert float(unscaled) == pytest.approx(along.std(ddof=1), rel=0.05)
        spreads[size] = float(spread)
    # With the root of the size, but for drawing without replacement from few rows.
    few = (58 / 50) ** 0.5
    assert spreads[2] / spreads[10] == pytest.approx(5**0.5 * few, rel=0.1)


def test_fifty_cosines_do_not_tell_on_which_side_of_zero_their_mean_lies(lesson):
    """Near a minimum. The old procedure: 50 batches of one seed, and the sign found."""
    rng = np.random.default_rng(1)
    whole = rng.normal(size=17)
    whole *= 0.01 / np.linalg.norm(whole)
    noise = rng.normal(size=(100, 50, 17)) / np.sqrt(17)
    cosines = [[lesson.cosine(whole + e, whole) for e in of] for of in noise]
    below = np.mean(np.mean(cosines, axis=1) < 0)
    assert 0.2 < below < 0.8  # the verdict of one seed is that of a coin
    gradients = [*(whole + noise.reshape(-1, 17))]
    told, *_ = lesson.batch_row(gradients, whole)
    mean, two_errors = map(float, told.split(" ± "))
    assert abs(mean - 0.01) < 2 * two_errors


def test_ten_differences_that_tell_nothing_do_not_show_that_there_is_none():
    """A true effect of -.01 with the spread of the law's study.

    "Not told" is said of most such samples, so it cannot mean "no difference". The
    interval says what can be said: it holds the effect in 95 of 100 samples.
    """
    rng, worlds = np.random.default_rng(0), 1000
    found = [paired(rng.normal(-0.01, 0.018, 10)) for _ in range(worlds)]
    assert np.mean([f.verdict == "not told" for f in found]) > 0.5
    held = np.mean([f.low <= -0.01 <= f.high for f in found])
    assert held == pytest.approx(0.95, abs=0.02)


def test_the_law_has_met_each_of_its_seeds():
    declared = [row.settings for row in law.rows("published.csv")]
    rows = read_rows(NOTEBOOKS / "results/law.csv")
    assert [{name: row[name] for name in declared[0]} for row in rows] == declared


def test_scikit_learns_network_learns_from_all_rows(tiny_clinic):
    """As its own class does, and not as the one that stops on a tenth set aside."""
    d = load(Parameters(data=str(tiny_clinic)))
    model = model_comparison.estimators()[selection.MLP]
    p = estimator(model)(d)
    for stops, same in ((False, True), (True, False)):
        usual = MLPClassifier((40, 3), random_state=0, early_stopping=stops)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            usual.fit(d.X_train.T, d.Y_train[0])
        assert np.array_equal(usual.predict_proba(d.X_test.T)[:, 1], p) == same


def worlds_of_a_cause(rng):
    """Four settings, five seeds. The cause costs .01 in three; the best gains .03."""
    rows = []
    for setting, (base, gain) in {
        "a": (0.60, -0.01),
        "b": (0.61, -0.01),
        "c": (0.62, -0.01),
        "d": (0.70, 0.03),
    }.items():
        for seed in range(5):
            luck = rng.normal(0, 0.02)  # of the seed, the same on both sides
            for value in ("without", "with"):
                score = base + luck + gain * (value == "with") + rng.normal(0, 0.002)
                rows.append([setting, seed, value, score])
    return pd.DataFrame(rows, columns=["setting", "seed", "cause", "score"])


def test_a_cause_is_weighed_over_every_setting_that_met_both_sides():
    table = worlds_of_a_cause(np.random.default_rng(0))
    how = ("cause", "without", "with"), "score", ["setting"], ["seed"]
    found = gains(table, *how)
    assert [*found.index] == ["a", "b", "c", "d"]
    assert found.to_numpy() == pytest.approx([-0.01, -0.01, -0.01, 0.03], abs=0.005)
    assert found.median() == pytest.approx(-0.01, abs=0.004)
    best = table.loc[
        table["score"].idxmax(), "setting"
    ]  # the old procedure: one setting
    assert found[best] > 0.02
    alone = table[(table["setting"] != "b") | (table["cause"] == "with")]
    assert [*gains(alone, *how).index] == ["a", "c", "d"]  # b has met one side only


def test_gains_pair_seeds_that_met_both_sides():
    """In closed form; the mean of all runs of each side would say something else."""
    rows = [("x", 0, 0, 1.0), ("x", 0, 1, 1.5), ("x", 1, 0, 9.0), ("x", 2, 1, -9.0)]
    table = pd.DataFrame(rows, columns=["setting", "seed", "cause", "score"])
    found = gains(table, ("cause", 0, 1), "score", ["setting"], ["seed"])
    assert found.to_dict() == {"x": 0.5}
    means = table.groupby("cause")["score"].mean()
    assert means[1] - means[0] < -5


def test_a_weight_on_positives_gains_no_more_than_its_longer_steps_give():
    """Alone it looks like a gain of order: with shorter steps, nothing is left."""
    text = printed("07_sweep", "rates / {mean_weight")
    found = re.findall(r"([+-]0\.\d+) ± (0\.\d+)", text)
    both, positives, shorter = (map(float, ends) for ends in found)
    for mean, half in (both, positives):
        assert mean > half
    mean, half = shorter
    assert abs(mean) < half
    share = load(Parameters()).Y_train.mean()
    assert f"rates / {1 + 3 * share:.2f} " in text


def test_the_chance_of_a_stratified_count_is_the_hypergeometric_law():
    text = printed("06_audit", "likelihood ratio")
    luck = stats.hypergeom.pmf(4464, 110_527, 22_319, 22_106)
    assert f"without stratification: {luck:.4f}" in text
    (ratio,) = re.findall(r"(\d+) to 1", text)
    assert int(ratio) == round(1 / luck)


def test_a_prediction_rounds_to_zero_or_one_where_floating_point_says():
    """Ours where a number is too small, the printed form where exp is too large."""
    text = printed("06_audit", "as_printed}")
    smallest, largest = np.finfo(float).smallest_subnormal, np.finfo(float).max
    one = np.ceil(-np.log(np.finfo(float).epsneg))  # 1 + x is 1 up to x = 2^-53
    zeros = np.floor([np.log(smallest) - np.log(2), -np.log(largest)])
    for name, zero in zip(("our sigmoid", "1/(1 + exp(-z))"), zeros, strict=True):
        expected = f"{name:16} ŷ is 1 from z = {one:.0f} up, 0 from z = {zero:.0f} down"
        assert expected in text


def test_what_is_reproduced_is_judged_by_seeds_that_had_no_part_in_the_choice():
    """Of the base, which was chosen because its other seeds came near."""
    base = {"features": "report", "hidden_units": "40 3", "scheme": "he"}
    base |= {"reading": "uniform 1", "threshold": 0.18}
    evidence = audit_table.evidence()
    text = printed("06_audit", "among the base?")
    for points, is_shown in ((evidence.fresh, True), (evidence.random, False)):
        cloud = evidence.setting(base, points)
        for name in ("accuracy", "f1", "fpr", "tpr"):
            span = f"({cloud[name].min():.4f}–{cloud[name].max():.4f})"
            assert (span in text) == is_shown


def test_the_best_f1_of_calibrated_predictions_is_at_half_of_it_and_flat():
    """Of p uniform from 0 to 1: at t = (3 - sqrt 5) / 2, with F1 = 2 t."""
    t, n = (3 - np.sqrt(5)) / 2, 500
    grid = (np.arange(n) + 0.5) / n
    p = np.repeat(grid, 2 * n)  # of 2 n rows at p, so many are positive
    Y = (np.tile(np.arange(2 * n), n) < np.repeat(2 * n * grid, 2 * n)).astype(int)
    assert threshold.choose("f1", Y, p, p).t == pytest.approx(t, abs=2 / n)

    def f1(cut):
        flagged = p >= cut
        counts = [np.sum(flagged == f) for f in (0, 1)]
        fp, tp = (np.sum(flagged & (Y == y)) for y in (0, 1))
        fn = Y.sum() - tp
        return count_metrics(counts[0] - fn, fp, fn, tp)["f1"]

    assert f1(t) == pytest.approx(2 * t, abs=1e-3)
    assert f1(t) - f1(t + 0.05) < 0.005  # almost as good, far away
