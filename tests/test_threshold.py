import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from lopsided.errors import InputError
from lopsided.lesson.loss import balanced_weight
from lopsided.lesson.threshold import (
    RULES,
    Choice,
    Rule,
    aim,
    candidates,
    choose,
    class_cdfs,
    equivalent_threshold,
    ks_distance,
    predict,
    ties,
    unweighted_probability,
    weighted_probability,
)
from lopsided.parameters import allowed, validate

repeatable = settings(deadline=None, derandomize=True, max_examples=200)

#: Predictions with many ties, with 0 and 1, with neighbouring floats, and any others.
PROBABILITIES = st.one_of(
    st.integers(0, 4).map(lambda k: k / 4),
    st.sampled_from(
        [
            0.3,
            np.nextafter(0.3, 1),
            np.nextafter(0.3, 0),
            np.nextafter(1, 0),
            1 - 2**-52,
            5e-324,
            1e-323,
            1e-20,
        ]
    ),
    st.floats(0, 1),
)


@st.composite
def predictions(draw, both_classes=False, dtype=float):
    rows = draw(
        st.lists(st.tuples(st.integers(0, 1), PROBABILITIES), min_size=1, max_size=20)
    )
    if both_classes:
        rows += [(0, draw(PROBABILITIES)), (1, draw(PROBABILITIES))]
    Y = np.array([[float(y) for y, _ in rows]])
    p = np.array([[p for _, p in rows]], dtype)
    return Y, p


# Decisions


def test_a_prediction_equal_to_the_threshold_is_positive():
    p = np.array([[0.1, 0.3, 0.3, np.nextafter(0.3, 0), np.nextafter(0.3, 1)]])
    decided = predict(p, 0.3)
    assert decided.tolist() == [[0, 1, 1, 0, 1]]
    assert decided.dtype.kind == "i"
    assert predict(np.array([0.0, 1.0]), 0.0).tolist() == [1, 1]
    assert predict(np.array([0.0, 1.0]), 1.0).tolist() == [0, 1]


def test_ties_counts_exact_equals_only():
    p = np.array([[0.1, 0.3, 0.3, np.nextafter(0.3, 0), np.nextafter(0.3, 1)]])
    assert ties(p, 0.3) == 2
    assert ties(p, 0.1) == 1
    assert ties(p, 0.2) == 0
    assert type(ties(p, 0.3)) is int


# The CDFs


@repeatable
@given(predictions(both_classes=True))
def test_class_cdfs_equal_an_explicit_loop(prediction):
    Y, p = prediction
    values, negatives, positives = class_cdfs(Y, p)
    assert values.tolist() == sorted(set(p.ravel().tolist()))
    for i, value in enumerate(values):
        for cdf, y in ((negatives, 0), (positives, 1)):
            of_class = p[Y == y].tolist()
            expected = sum(x <= value for x in of_class) / len(of_class)
            assert cdf[i] == expected
    assert negatives[-1] == positives[-1] == 1


def test_class_cdfs_of_an_absent_class_are_nan():
    values, negatives, positives = class_cdfs(np.zeros(3), np.array([0.1, 0.1, 0.2]))
    assert values.tolist() == [0.1, 0.2]
    assert negatives.tolist() == [2 / 3, 1]
    assert np.isnan(positives).all()
    assert np.isnan(ks_distance(np.ones(2), np.array([0.1, 0.2]))[0])


@repeatable
@given(predictions(both_classes=True))
def test_ks_distance_equals_scipys(prediction):
    Y, p = prediction
    distance, at = ks_distance(Y, p)
    expected = ks_2samp(p[Y == 0], p[Y == 1], method="asymp").statistic
    assert distance == pytest.approx(expected, rel=1e-12)
    gap = np.mean(p[Y == 0] <= at) - np.mean(p[Y == 1] <= at)
    assert abs(gap) == pytest.approx(distance, rel=1e-12)
    assert at in p


def test_ks_distance_by_hand():
    Y = np.array([0, 0, 0, 1, 1])
    p = np.array([0.1, 0.2, 0.6, 0.5, 0.9])
    assert ks_distance(Y, p) == (pytest.approx(2 / 3), 0.2)


# The weight-threshold law


@repeatable
@given(st.floats(0, 1), st.floats(0.01, 100))
def test_weighting_and_unweighting_undo_each_other(p, w):
    assert unweighted_probability(weighted_probability(p, w), w) == pytest.approx(p)
    assert weighted_probability(unweighted_probability(p, w), w) == pytest.approx(p)


@repeatable
@given(st.floats(0.01, 0.99), st.floats(0.01, 100))
def test_the_weight_multiplies_the_odds(p, w):
    q = float(weighted_probability(p, w))
    assert q / (1 - q) == pytest.approx(w * p / (1 - p), rel=1e-9)


@repeatable
@given(st.floats(0.01, 100))
def test_one_half_stands_for_1_over_1_plus_w(w):
    p = 1 / (1 + w)
    assert weighted_probability(p, w) == pytest.approx(0.5, rel=1e-12)
    assert weighted_probability(p * 1.001, w) > 0.5 > weighted_probability(p * 0.999, w)
    assert equivalent_threshold(w) == pytest.approx(p, rel=1e-12)


@repeatable
@given(st.floats(0.01, 100), st.floats(0.01, 0.99), st.floats(0, 1))
def test_the_equivalent_threshold_decides_the_same(w, t, p):
    on_p = equivalent_threshold(w, t)
    assume(abs(p - on_p) > 1e-9)  # else rounding decides
    assert (p >= on_p) == (weighted_probability(p, w) >= t)


@repeatable
@given(st.lists(st.floats(0, 1), min_size=2), st.floats(0.01, 100))
def test_the_order_stays(p, w):
    p = np.sort(p)
    q = weighted_probability(p, w)
    assert (np.diff(q) >= -1e-15).all()
    far = np.diff(p) > 1e-6
    assert (np.diff(q)[far] > 0).all()


def test_the_law_at_the_ends_and_by_hand():
    assert weighted_probability(np.array([0.0, 1.0]), 3.952).tolist() == [0, 1]
    assert weighted_probability(0.2, 4) == pytest.approx(0.5)
    assert weighted_probability(0.4, 3) == pytest.approx(2 / 3)
    assert unweighted_probability(0.5, 4) == pytest.approx(0.2)
    assert weighted_probability(0.3, 1) == pytest.approx(0.3, rel=1e-15)
    # The audit: an unweighted 0.18 decides as 0.205 does under this weight.
    w = (0.205 / 0.795) / (0.18 / 0.82)
    assert w == pytest.approx(1.1747, abs=5e-5)
    assert equivalent_threshold(w, 0.205) == pytest.approx(0.18, rel=1e-12)


@repeatable
@given(st.integers(1, 1000), st.integers(1, 1000))
def test_balanced_weight_at_one_half_is_the_prevalence(negatives, positives):
    Y = np.repeat([0.0, 1.0], [negatives, positives])[None]
    t = equivalent_threshold(balanced_weight(Y))
    assert t == pytest.approx(positives / (negatives + positives), rel=1e-12)


# All decisions that a threshold can make


def counts(Y, flagged):
    """Return tn, fp, fn, tp by brute force."""
    return tuple(
        int(np.count_nonzero((flagged == f) & (Y == y)))
        for y, f in ((0, False), (0, True), (1, False), (1, True))
    )


def decisions(p):
    """List every different decision, from none flagged to all, by brute force."""
    values = sorted(set(p.ravel().tolist()), reverse=True)
    return [p > values[0]] + [p >= value for value in values]


@repeatable
@given(predictions())
def test_candidates_are_every_decision_with_its_counts(prediction):
    Y, p = prediction
    c = candidates(Y, p)
    expected = decisions(p)
    assert len(c.t) == len(c.tn) == len(c.fp) == len(c.fn) == len(c.tp) == len(expected)
    assert (np.diff(c.t) < 0).all()
    for i, flagged in enumerate(expected):
        np.testing.assert_array_equal(p >= c.t[i], flagged)
        np.testing.assert_array_equal(predict(p, float(c.t[i])), flagged)
        assert (c.tn[i], c.fp[i], c.fn[i], c.tp[i]) == counts(Y, flagged)


@repeatable
@given(predictions())
def test_candidates_lie_between_predictions_unless_no_number_fits(prediction):
    Y, p = prediction
    c = candidates(Y, p)
    values = np.unique(p)[::-1]
    assert values[0] < c.t[0] <= max(1, np.nextafter(values[0], 2))
    for t, below, above in zip(c.t[1:-1], values[1:], values[:-1], strict=True):
        assert below < t <= above
        if np.nextafter(below, 1) < above:
            # Half-way, and on no prediction; two steps apart is rounded to the middle.
            assert t < above
            assert t == pytest.approx((below + above) / 2, rel=1e-15, abs=0)
    assert 0 <= c.t[-1] <= values[-1]
    assert c.t[-1] < values[-1] or values[-1] <= 5e-324


def test_candidates_by_hand():
    Y = np.array([0, 1, 0, 1, 1])
    p = np.array([0.25, 0.5, 0.5, 0.75, 0.25])
    c = candidates(Y, p)
    assert c.t.tolist() == [0.875, 0.625, 0.375, 0.125]
    assert c.tn.tolist() == [2, 2, 1, 0]
    assert c.fp.tolist() == [0, 0, 1, 2]
    assert c.fn.tolist() == [3, 2, 1, 0]
    assert c.tp.tolist() == [0, 1, 2, 3]


def test_candidates_reach_beyond_predictions_of_exactly_0_and_1():
    c = candidates(np.array([0, 1]), np.array([0.0, 1.0]))
    assert c.t.tolist() == [np.nextafter(1, 2), 0.5, 0]
    assert c.fp.tolist() == [0, 0, 1]
    assert c.tp.tolist() == [0, 1, 1]


@repeatable
@given(predictions(dtype=np.float32))
def test_candidates_of_single_precision(prediction):
    Y, p = prediction
    c = candidates(Y, p)
    assert c.t.dtype == np.float64
    for i, flagged in enumerate(decisions(p)):
        np.testing.assert_array_equal(p >= c.t[i], flagged)
        assert (c.tn[i], c.fp[i], c.fn[i], c.tp[i]) == counts(Y, flagged)


def test_predict_compares_single_precision_in_double():
    p = np.array([0.5, np.nextafter(np.float32(0.5), np.float32(1))], np.float32)
    t = choose("capacity:1", np.zeros(2), p, p).t
    assert p[0] < np.float64(t) < p[1]
    assert predict(p, t).tolist() == [0, 1]


# Rules


def share(part, whole):
    """A fraction, or None where it is undefined."""
    return Fraction(part, whole) if whole else None


def best(scores):
    """Index of the highest score; the first, which flags the fewest, of equal ones."""
    known = [-1 if score is None else score for score in scores]
    return known.index(max(known))


def expected_index(rule, Y, p):
    """Find the rule's decision among all of them, in exact arithmetic."""
    name, *arguments = rule.split(":")
    numbers = [Fraction(a) for a in arguments]
    tables = [counts(Y, flagged) for flagged in decisions(p)]
    if name == "f1":
        return best([share(2 * tp, 2 * tp + fp + fn) for tn, fp, fn, tp in tables])
    if name == "youden":
        return best(
            [
                share(tp, tp + fn) - share(fp, fp + tn) + 1  # not below -1 of best
                for tn, fp, fn, tp in tables
            ]
        )
    if name == "cost":
        missed, alarm = numbers
        return best([-(missed * fn + alarm * fp) + 10**9 for _, fp, fn, _ in tables])
    if name == "recall":
        met = [share(tp, tp + fn) >= numbers[0] for _, _, fn, tp in tables]
        return met.index(True)
    if name == "precision":
        precision = [share(tp, tp + fp) or 0 for _, fp, _, tp in tables]
        target = min(numbers[0], max(precision))
        return max(i for i, value in enumerate(precision) if value >= target)
    raise AssertionError(rule)


ASKED = st.one_of(
    st.just("f1"),
    st.sampled_from(["0.1", "0.25", "0.3", "0.5", "0.8", "0.9", "1"]).map(
        lambda r: f"recall:{r}"
    ),
    st.sampled_from(["0.1", "0.25", "0.3", "0.5", "0.8", "0.9", "1"]).map(
        lambda q: f"precision:{q}"
    ),
    st.tuples(st.integers(1, 6), st.integers(1, 6)).map(
        lambda c: f"cost:{c[0]}:{c[1]}"
    ),
)


def assert_off_every_prediction(t, p):
    """Check that no row stands on the threshold, unless no number fits between."""
    if ties(p, t):
        below = p[p < t]
        assert t <= 5e-324 or np.nextafter(below.max(), 1) == t


@settings(repeatable, max_examples=500)
@given(predictions(both_classes=True), ASKED)
def test_choose_equals_brute_force(prediction, rule):
    Y, p = prediction
    choice = choose(rule, Y, p, np.array([[0.5]]))
    expected = decisions(p)[expected_index(rule, Y, p)]
    np.testing.assert_array_equal(predict(p, choice.t), expected)
    assert_off_every_prediction(choice.t, p)
    assert type(choice.t) is float
    flat = choose(rule, Y.ravel(), p.ravel(), np.array([0.5]))
    assert flat == choice


@repeatable
@given(predictions(both_classes=True))
def test_youden_maximises_recall_minus_false_positive_rate(prediction):
    Y, p = prediction
    flagged = p >= choose("youden", Y, p, p).t
    _, fp, _, tp = counts(Y, flagged)
    reached = tp / np.sum(Y == 1) - fp / np.sum(Y == 0)
    # Up to rounding; the exact tie is tested below.
    _, fp, _, tp = counts(Y, decisions(p)[expected_index("youden", Y, p)])
    assert reached == pytest.approx(
        tp / np.sum(Y == 1) - fp / np.sum(Y == 0), abs=1e-15
    )
    assert_off_every_prediction(choose("youden", Y, p, p).t, p)


def test_youden_takes_the_highest_of_exactly_equal_thresholds():
    Y = np.array([1, 0, 0, 1, 1, 0])
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    # One row flagged: 1/3 - 0. Five rows flagged: 3/3 - 2/3.
    assert choose("youden", Y, p, p).t == pytest.approx(0.85)


@repeatable
@given(predictions(), predictions(), st.integers(1, 25))
def test_capacity_flags_as_many_new_rows_as_fit(old, new, k):
    Y, p = old
    p_new = new[1]
    choice = choose(f"capacity:{k}", Y, p, p_new)
    most = max(n for flagged in decisions(p_new) if (n := flagged.sum()) <= k)
    assert predict(p_new, choice.t).sum() == most
    assert_off_every_prediction(choice.t, p_new)
    # Neither the labels nor the training predictions matter.
    assert choose(f"capacity:{k}", 1 - Y, p**2, p_new) == choice


@pytest.mark.parametrize("number", [0.18, 0.205, 0, 1, np.float64(0.3)])
def test_a_number_is_itself(number):
    p = np.array([[0.18, 0.3]])
    choice = choose(number, np.array([[0.0, 1.0]]), p, p)
    assert choice == Choice(float(number))
    assert type(choice.t) is float
    assert choice.note == ""


@repeatable
@given(predictions())
def test_prevalence_is_the_share_of_positives(prediction):
    Y, p = prediction
    assert choose("prevalence", Y, p, p) == Choice(Y.sum() / Y.size)


def test_the_highest_of_equally_good_thresholds_wins():
    Y = np.array([[0, 1, 0, 1]])
    p = np.array([[0.2, 0.4, 0.6, 0.8]])
    # Flagging 0.8 alone and flagging 0.4 too are equally good for these rules.
    assert choose("youden", Y, p, p).t == pytest.approx(0.7)
    assert choose("cost:1:1", Y, p, p).t == pytest.approx(0.7)
    assert choose("recall:0.5", Y, p, p).t == pytest.approx(0.7)
    assert choose("cost:2:2", Y, p, p).t == pytest.approx(0.7)
    # One false alarm for one positive more: F1 2/3 and 4/5.
    assert choose("f1", Y, p, p).t == pytest.approx(0.3)
    # Nothing flagged and everything flagged cost the same, 2: flag nothing.
    assert choose("cost:1:1", 1 - Y, p, p).t > 0.8
    # F1 of 2/3 with 0.9 alone and with all four.
    Y, p = np.array([1, 0, 0, 1]), np.array([0.9, 0.5, 0.3, 0.1])
    assert choose("f1", Y, p, p).t == pytest.approx(0.7)


def test_precision_takes_the_lowest_threshold_that_keeps_it():
    Y = np.array([1, 0, 1, 1, 0, 0])
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    # Precision falls and rises again: 1, 1/2, 2/3, 3/4, 3/5, 1/2.
    assert choose("precision:0.7", Y, p, p).t == pytest.approx(0.55)
    assert choose("precision:0.6", Y, p, p).t == pytest.approx(0.45)
    assert choose("precision:0.76", Y, p, p).t == pytest.approx(0.85)
    assert choose("precision:0.5", Y, p, p).t == pytest.approx(0.2)
    assert choose("precision:0.5", Y, p, p).note == ""


def test_a_precision_out_of_reach_is_noted():
    Y = np.array([0, 1, 1, 0, 0])
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    choice = choose("precision:0.75", Y, p, p)
    assert "0.75" in choice.note
    assert "precision" in choice.note
    assert choice.t == pytest.approx(0.65)  # 2/3, the best there is
    assert choose("precision:0.6", Y, p, p).note == ""


def cost_of(p, t, missed, alarm, positives, rows):
    flagged = p >= t
    return (
        missed * positives[~flagged].sum() + alarm * (rows - positives)[flagged].sum()
    )


@pytest.mark.parametrize(
    ("missed", "alarm"), [(5, 1), (1, 1), (1, 3), (3, 1), (7, 2), (0.5, 0.2)]
)
def test_cost_of_a_calibrated_model_is_least_at_elkans_threshold(missed, alarm):
    # 200 rows at each of 101 probabilities, exactly that share of them positive.
    grid = np.arange(101) / 100
    p = np.repeat(grid, 200)
    Y = np.concatenate([np.arange(200) < 2 * k for k in range(101)]).astype(int)
    elkan = alarm / (alarm + missed)
    t = choose(f"cost:{missed}:{alarm}", Y, p, p).t
    # All thresholds between the grid's neighbours of Elkan's decide alike.
    assert abs(t - elkan) <= 0.0051 + 1e-12
    positives, rows = 2 * np.arange(101), np.full(101, 200)
    costs = [cost_of(grid, x, missed, alarm, positives, rows) for x in (t, elkan)]
    assert costs[0] == pytest.approx(costs[1])


def test_a_calibrated_random_sample_comes_near_elkans_threshold():
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    Y = (rng.random(p.size) < p).astype(int)
    assert choose("cost:5:1", Y, p, p).t == pytest.approx(1 / 6, abs=0.02)
    assert choose("cost:1:4", Y, p, p).t == pytest.approx(4 / 5, abs=0.02)


@pytest.mark.parametrize(
    "rule", ["accuracy", "F1", "recal:0.8", "best", "0.18", "costs:1:2"]
)
def test_an_unknown_rule_is_refused(rule):
    p = np.array([[0.2, 0.7]])
    with pytest.raises(ValueError, match="no known rule"):
        choose(rule, np.array([[0.0, 1.0]]), p, p)


IMPOSSIBLE = [
    *("f1:3", "youden:", "prevalence:0.5", "recall", "recall:", "recall:0"),
    *("recall:1.1", "recall:0.8:1", "recall:-0.8", "recall:+0.8", "recall:nan"),
    *("recall:1e-400", "recall: 0.8", "recall:0.8\n", "recall:٠.٨", "recall:0_8"),
    *("recall:0,8", "recall:.", "recall:1/2", "precision:0", "precision:1.5"),
    *("precision:inf", "cost", "cost:1", "cost:5:0", "cost:5:-1", "cost:1:2:3"),
    *("cost:inf:1", "cost:1e300:1", "cost:５:1", "cost:true:1", "capacity:0"),
    *("capacity:2.5", "capacity:inf", "capacity:1e400", "capacity:nan", "capacity:"),
    *("capacity:-5", " f1", "f1 ", "F1", "best", "", ":", "0.18", "nan", "Recall:0.8"),
    *(1.5, -0.1, math.nan, math.inf, -math.inf, True, np.float64(2)),
]


@pytest.mark.parametrize("wrong", IMPOSSIBLE, ids=range(len(IMPOSSIBLE)))
def test_what_is_impossible_is_refused_everywhere_alike(wrong):
    Y, p = np.array([[0.0, 1.0, 0.0]]), np.array([[0.2, 0.7, 0.4]])
    with pytest.raises(ValueError, match=r"^threshold is ") as caught:
        choose(wrong, Y, p, p)
    assert len(str(caught.value).splitlines()) == 1
    if isinstance(wrong, str):
        with pytest.raises(ValueError, match=r"^threshold is "):
            aim(wrong, candidates(Y, p))
    with pytest.raises(InputError, match=r"^threshold is "):
        validate({"threshold": wrong})


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_is_one_entry(rule):
    """Parameters allow it and name it, `choose` chooses by it, `aim` computes it."""
    Y = np.array([[0, 1, 0, 1, 0, 1, 1]])
    p = np.array([[0.1, 0.4, 0.5, 0.5, 0.6, 0.8, 0.9]])
    assert validate({"threshold": rule.example}).threshold == rule.example
    assert rule.example in allowed("threshold")
    assert rule.example.count(":") == len(rule.arguments)
    name, values = aim(rule.example, candidates(Y, p))
    assert name == rule.looks_at
    assert values.shape == candidates(Y, p).t.shape
    assert 0 < choose(rule.example, Y, p, p).t < 1
    with pytest.raises(ValueError, match=r"^threshold is "):
        choose(rule.example + ":1", Y, p, p)


def test_a_new_rule_needs_no_other_line(monkeypatch):
    twice = Rule(
        "odds",
        "odds:2",
        "where a positive is so many times as likely as not",
        "odds",
        aim=lambda c, odds: c.t / (1 - c.t),
        choice=lambda c, values, odds: Choice(odds / (1 + odds)),
        arguments=("odds",),
        check=lambda odds: odds > 0,
    )
    monkeypatch.setitem(RULES, "odds", twice)
    Y, p = np.array([0, 1]), np.array([0.2, 0.7])
    assert validate({"threshold": "odds:3"}).threshold == "odds:3"
    assert choose("odds:3", Y, p, p).t == 0.75
    assert aim("odds:3", candidates(Y, p))[0] == "odds"
    with pytest.raises(InputError):
        validate({"threshold": "odds:0"})


@pytest.mark.parametrize("rule", ["f1", "youden", "cost:5:1", "precision:0.3"])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_one_class_only_still_gives_a_threshold(rule, y):
    p = np.array([[0.0, 0.3, 1.0]])
    assert math.isfinite(choose(rule, np.full((1, 3), y), p, p).t)


@repeatable
@given(predictions(both_classes=True))
def test_rules_choose_the_best_of_what_they_look_at(prediction):
    Y, p = prediction
    c = candidates(Y, p)
    for rule, best in (("f1", np.nanmax), ("youden", np.nanmax), ("cost:5:1", np.min)):
        _, values = aim(rule, c)
        chosen = choose(rule, Y, p, p).t
        at = values[np.flatnonzero(c.t == chosen)[0]]
        assert at == pytest.approx(best(values), abs=1e-12)
    for rule in ("recall:0.8", "capacity:3"):
        name, values = aim(rule, c)
        chosen = choose(rule, Y, p, p).t
        at = values[np.flatnonzero(c.t == chosen)[0]]
        assert at >= 0.8 if name == "recall" else at * p.size <= 3 + 1e-9


@repeatable
@given(predictions(both_classes=True))
def test_what_a_rule_looks_at_is_a_count_over_rows(prediction):
    """Costs and flagged rows are per row: counted here threshold by threshold."""
    Y, p = prediction
    c = candidates(Y, p)
    y, n = Y.ravel() == 1, Y.size
    flagged = p.ravel() >= c.t[:, None]
    missed, alarms = (y & ~flagged).sum(axis=1), (~y & flagged).sum(axis=1)
    np.testing.assert_allclose(aim("cost:5:2", c)[1], (5 * missed + 2 * alarms) / n)
    np.testing.assert_allclose(aim("capacity:3", c)[1], flagged.sum(axis=1) / n)
    right = (y == flagged).sum(axis=1) / n
    assert aim("accuracy", c)[0] == "accuracy"
    np.testing.assert_allclose(aim("accuracy", c)[1], right)
