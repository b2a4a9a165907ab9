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
    weighting = found.loc["weighting"]
    diluted = weighting["difference"] * weighting["blocks"] / 126  # with the twins
    assert diluted == pytest.approx(-0.0068, abs=5e-5)
    threshold = found.loc["threshold"]
    assert threshold["difference"] / threshold["error"] == pytest.approx(14, abs=1)
    by_w = found["difference"].filter(like=": w").groupby(level=0)
    signs = {choice: (ends.min() > 0, ends.max() < 0) for choice, ends in by_w}
    assert signs == {"uniform: w": (True, False), "positive: w": (False, True)}


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
