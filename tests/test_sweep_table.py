"""What a sweep shows: effects within blocks, and each network under one name."""

import pandas as pd
import pytest

from lopsided.parameters import validate
from lopsided.report import experiment, sweep_table
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
    assert found.loc["w", "difference"] == pytest.approx(-0.1)  # 0 and -0.2


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


def test_the_committed_example_finds_its_effects():
    """As an independent check computed them: pairs of points, averaged by seed."""
    sweep = sweep_table.read(None)
    found = sweep_table.effects(sweep).set_index("choice")
    assert found.loc["epochs", "difference"] == pytest.approx(0.0057, abs=5e-5)
    assert (found.loc["epochs", "blocks"], found.loc["epochs", "seeds"]) == (12, 1)
    weighting = found.loc["weighting"]
    diluted = weighting["difference"] * weighting["blocks"] / 126  # with the twins
    assert diluted == pytest.approx(-0.0068, abs=5e-5)
    threshold = found.loc["threshold"]
    assert threshold["difference"] / threshold["error"] == pytest.approx(14, abs=1)
