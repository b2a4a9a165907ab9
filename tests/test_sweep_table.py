"""What a sweep shows: effects within blocks, and each network under one name."""

import json
import shlex
from dataclasses import replace

import pandas as pd
import pytest

from lopsided.parameters import from_text, validate
from lopsided.report import experiment, sweep_table
from lopsided.report.comparison import matched_effects
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic


def named_twice():
    """Two weightings, which are one network where w is 1."""
    rows = [
        [
            weighting,
            w,
            seed,
            0.5 + seed / 10 - 0.2 * (weighting == "positive" and w > 1),
        ]
        for weighting in ("uniform", "positive")
        for w in (1, 4)
        for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["weighting", "w", "seed", "test.f1"])
    table["error"] = None
    table["network"] = [
        f"{row.w} {row.seed} {row.weighting if row.w > 1 else 'uniform'}"
        for row in table.itertuples()
    ]
    for name in ("weighting", "w"):
        table[name] = pd.Categorical(
            table[name].astype(str), [*map(str, dict.fromkeys(table[name]))]
        )
    return sweep_table.Sweep("s", "test.f1", ["weighting", "w", "seed"], {}, table)


def test_a_network_under_two_names_counts_once():
    sweep = named_twice()
    assert len(sweep_table.distinct(sweep)) == 6
    assert len(sweep_table.settings(sweep)) == 3
    found = sweep_table.effects(sweep).set_index("choice")
    weighting = found.loc["weighting"]
    assert weighting["difference"] == pytest.approx(-0.2)
    assert (weighting["blocks"], weighting["seeds"], weighting["one"]) == (2, 2, 2)


def test_a_weight_has_an_effect_under_each_weighting():
    """And not one for both, which was -0.1: the mean of 0 and -0.2."""
    found = sweep_table.effects(named_twice()).set_index("choice")
    assert [*found.index] == ["weighting", "uniform: w", "positive: w"]
    expected = [-0.2, 0, -0.2]
    assert found["difference"].to_list() == pytest.approx(expected, abs=1e-12)
    assert (found["blocks"] == 2).all()


@pytest.mark.parametrize(
    ("metric", "l2", "faster"),
    [("f1", 0.0, ["4"]), ("f1", 0.1, []), ("brier", 0.0, [])],
)
def test_a_uniform_weight_that_helps_is_a_higher_rate(metric, l2, faster):
    """Without a penalty, of which the rate would change the share."""
    sweep = named_twice()
    higher = (sweep.table["weighting"] == "uniform") & (sweep.table["w"] == "4")
    luck = sweep.table["seed"] / 1000
    better = sweep.table["test.f1"] + higher * (0.1 + luck)
    table = sweep.table.assign(**{f"test.{metric}": better, "l2": l2})
    sweep = replace(sweep, table=table, metric=f"test.{metric}")
    found = sweep_table.faster(sweep, sweep_table.effects(sweep))
    assert found["value"].to_list() == faster


def test_fingerprints_know_a_weight_of_one(tmp_path):
    path = tmp_path / "t.csv"
    clinic(300, seed=0)[0].to_csv(path, index=False)
    table = load(validate({"data": str(path)}))
    prints = [
        experiment.fingerprint(validate({"w": w, "weighting": weighting}), table)
        for w in (1, 1.5)
        for weighting in ("uniform", "positive")
    ]
    assert prints[0] == prints[1]
    assert len({*prints}) == 3


def test_pictures_compare_points_that_have_a_partner():
    table = pd.DataFrame(
        {
            "epochs": pd.Categorical(["40", "40", "400"], ["40", "400"]),
            "seed": [0, 1, 0],
            "error": [None] * 3,
            "test.f1": [0.2, 0.9, 0.3],
        }
    )
    sweep = sweep_table.Sweep("s", "test.f1", ["epochs", "seed"], {}, table)
    assert sweep_table.partners(sweep, "epochs")["seed"].tolist() == [0, 0]
    found = sweep_table.over_seeds(sweep, "epochs", [], "test.f1")
    assert found["mean"].tolist() == pytest.approx([0.2, 0.3])


def test_weights_are_compared_by_what_no_threshold_moves_and_by_several_seeds():
    sweep = sweep_table.read(None)
    found = sweep_table.ranking(sweep)
    assert {*found["choice"]} == {"uniform: w", "positive: w"}
    blocks = ["weighting", "hidden_units", "epochs", "seed"]
    pairs = sweep.done.pivot_table("test.roc_auc", blocks, "w", observed=True)
    by_seed = (pairs["4"] - pairs["1"]).groupby(["weighting", "seed"], observed=True)
    gain = by_seed.mean().unstack("weighting")
    (row,) = found[(found["choice"] == "uniform: w") & (found["value"] == "4")].index
    assert found.loc[row, "difference"] == pytest.approx(gain["uniform"].mean())
    alone = replace(sweep, table=sweep.table[sweep.table["seed"] == 0])
    assert sweep_table.ranking(alone).empty


def test_a_sweep_over_seeds_alone_has_an_empty_table_of_effects():
    """With the columns that the notebook reads: it stopped there."""
    sweep = named_twice()
    one = sweep.table[
        (sweep.table["w"] == "4") & (sweep.table["weighting"] == "uniform")
    ]
    found = sweep_table.effects(replace(sweep, table=one, varied=["seed"]))
    assert found.empty
    assert [*found] == [*sweep_table.effects(sweep)]
    assert sweep_table.faster(sweep, found).empty


def test_the_committed_example_finds_its_effects():
    """As an independent check computed them: pairs of points, averaged by seed.

    It counted twelve pairs of epochs, of which two are others under a second name.
    """
    sweep = sweep_table.read(None)
    found = sweep_table.effects(sweep).set_index("choice")
    others = [name for name in sweep.choices if name != "epochs"]
    how = sweep.done, "epochs", sweep.metric, others, sweep.seeds
    (named,) = matched_effects(*how).itertuples()
    assert (named.blocks, named.difference) == (12, pytest.approx(0.0057, abs=5e-5))
    epochs = found.loc["epochs"]
    assert (epochs["blocks"], epochs["one"], epochs["seeds"]) == (10, 2, 1)
    assert epochs["difference"] == pytest.approx(0.0056, abs=5e-5)
    diluted = 0  # with the twins, over both thresholds
    for weighting in (found.loc[f"at {t}: weighting"] for t in ("0.18", "f1")):
        diluted += weighting["difference"] * weighting["blocks"] / 126
    assert diluted == pytest.approx(-0.0068, abs=5e-5)
    by_w = found[found.index.str.endswith(": w")]
    told = {
        choice: ((of["low"] > 0).all(), (of["high"] < 0).all())
        for choice, of in by_w.groupby(level=0)
    }
    assert told == {
        "uniform at 0.18: w": (True, False),
        "uniform at f1: w": (True, False),
        "positive at 0.18: w": (False, True),  # the threshold stayed where it was
        "positive at f1: w": (False, False),
    }


def test_a_weight_has_an_effect_at_each_threshold_and_each_under_each_weighting():
    """And not the mean of both, as if a class weight cost F1."""
    sweep = sweep_table.read(None)
    done, found = sweep.done, sweep_table.effects(sweep).set_index("choice")
    keys = ["hidden_units", "epochs", "seed"]
    of = done[done["weighting"] == "positive"]
    for t in ("0.18", "f1"):
        here = of[of["threshold"] == t].set_index(["w", *keys])["test.f1"]
        by_seed = (here["4"] - here["1"]).groupby("seed").mean()
        (row,) = found.loc[[f"positive at {t}: w"]].query("value == '4'").itertuples()
        assert row.difference == pytest.approx(by_seed.mean())
    for weighting in ("uniform", "positive"):
        of = done[done["weighting"] == weighting].set_index(["threshold", "w", *keys])
        by_seed = (of["test.f1"]["f1"] - of["test.f1"]["0.18"]).groupby("seed").mean()
        row = found.loc[f"{weighting}: threshold"]
        assert row["difference"] == pytest.approx(by_seed.mean())


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "average_precision"])
def test_thresholds_do_not_part_what_they_do_not_move(metric):
    sweep = replace(sweep_table.read(None), metric=f"test.{metric}")
    choices = set(sweep_table.effects(sweep)["choice"])
    assert {"weighting", "uniform: w", "positive: w"} < choices


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_units", [40, 3]),
        ("hidden_units", []),
        ("w", 1.5),
        ("seed", 3),
        ("drop", ["an id", "it's", "\x1b[2J"]),
        ("labels", ["no", "yes"]),
        ("kinds", {"zip code": "category"}),
        ("threshold", "recall:0.8"),
        ("group_column", None),
        ("group_column", "1"),
        ("target", "[odd]"),
    ],
)
def test_the_command_gives_what_the_point_had(tmp_path, name, value):
    cell = value if isinstance(value, str | None) else json.dumps(value)
    row = {"epochs": 1, name: cell, "test.f1": 0.5, "error": None}
    table = pd.DataFrame([row])
    table.to_csv(tmp_path / "results.csv", index=False)
    about = {"name": "s", "metric": "test.f1", "varied": [name], "base": {"epochs": 1}}
    (tmp_path / "sweep.json").write_text(json.dumps(about))
    sweep = sweep_table.read(tmp_path)
    typed = shlex.split(sweep_table.command(sweep, sweep.table.iloc[0]))
    options = typed[typed.index("-p") :]
    assert options[:4:3] == ["-p", "-p"]
    given = dict(zip(options[1::3], options[2::3], strict=True))
    assert {n: from_text(n, text) for n, text in given.items()} == {
        "epochs": 1,
        name: value,
    }
