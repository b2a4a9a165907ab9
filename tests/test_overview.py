"""Looking back at runs: the list, and two side by side with paired intervals."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from lopsided.cli import main
from lopsided.errors import InputError
from lopsided.parameters import validate
from lopsided.pipeline.overview import compare, differing_parameters, find_run
from lopsided.pipeline.overview import list_runs as listed
from lopsided.report import experiment, results
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic


def make_run(root, name, data, **values):
    """Write what a run writes, without its notebooks."""
    folder = root / name
    folder.mkdir(parents=True)
    given = {"data": str(data), "training": "report", "n_bootstrap": 0}
    dataset = load(validate(given | values))
    p = dataset.parameters
    fitted = experiment.fit(p, dataset)
    results.save_fitted(folder, p, dataset, fitted)
    results.save_metrics(folder, experiment.measure(p, dataset, fitted))
    results.write_json(folder / results.PARAMETERS, p.model_dump())
    made = {
        "finished": "2026-01-01T00:00:00+00:00",
        "lopsided": "0.1",
        "python": "3.12",
    }
    results.write_json(folder / results.MANIFEST, made)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    data = folder / "clinic.csv"
    clinic(3000, seed=0)[0].to_csv(data, index=False)
    runs = folder / "runs"
    make_run(runs, "a", data, epochs=3)
    make_run(runs, "same", data, epochs=3)
    make_run(runs, "b", data, epochs=30, threshold="prevalence")
    make_run(runs, "other-split", data, epochs=3, split_seed=1)
    return runs


def test_runs_are_listed_with_their_metrics(root):
    table = listed(root)
    assert list(table.index) == ["a", "b", "other-split", "same"]
    metrics = json.loads((root / "b/metrics.json").read_text())
    assert table.loc["b", "f1"] == metrics["test"]["f1"]
    assert table.loc["b", "threshold"] == metrics["threshold"]
    assert listed(root / "none").empty


def test_what_differs_is_shown_and_nothing_else(root):
    changed = differing_parameters(root / "a", root / "b")
    assert changed.to_dict("index") == {
        "epochs": {"A": 3, "B": 30},
        "threshold": {"A": 0.18, "B": "prevalence"},
    }


def test_a_run_and_its_twin_do_not_differ(root):
    table, drawn = compare(root / "a", root / "same", n=50)
    assert drawn
    assert (table["B - A"].dropna() == 0).all()
    assert (table[["low", "high"]].dropna() == 0).all().all()


def test_the_difference_lies_in_its_paired_interval(root):
    table, drawn = compare(root / "a", root / "b", n=300)
    assert drawn
    metrics = [json.loads((root / n / "metrics.json").read_text()) for n in "ab"]
    for name in ("accuracy", "roc_auc", "brier"):
        row = table.loc[name]
        expected = metrics[1]["test"][name] - metrics[0]["test"][name]
        assert row["B - A"] == pytest.approx(expected)
        assert row["low"] <= row["B - A"] <= row["high"]
        assert row["low"] < row["high"]


def test_pairing_narrows_the_interval(root):
    """Two nearly equal models: their difference moves less than either."""
    rows = pd.read_parquet(root / "a/predictions.parquet")
    test = rows[rows["split"] == "test"]
    from lopsided.report.intervals import bootstrap

    p, Y = test["p"].to_numpy(), test["label"].to_numpy()
    models = [(p, 0.2), (np.clip(p * 1.01, 0, 1), 0.2)]
    one, two = bootstrap(Y, models, 200, np.random.default_rng(0))
    assert (two["brier"] - one["brier"]).std() < 0.5 * one["brier"].std()


def test_what_is_drawn_is_what_the_runs_own_intervals_draw(root):
    frame = results.read_predictions(root / "a")
    dataset = load(validate({"data": str(root.parent / "clinic.csv")}))
    for side, rows in (("train", dataset.train), ("test", dataset.test)):
        assert np.array_equal(frame.loc[frame["split"] == side, "group"], rows.groups)
    assert compare(root / "a", root / "b", n=2)[1] == "groups of rows"  # no intervals


def test_groups_give_the_width_that_they_must(tmp_path):
    """400 patients with four equal rows each: they are worth 400 rows, not 1,600."""
    rng = np.random.default_rng(0)
    label, whose = rng.integers(0, 2, 400), np.repeat(np.arange(400), 4)
    p = rng.random((2, 400))
    test = dict.fromkeys(["accuracy", "f1", "precision", "recall", "roc_auc"])
    test |= {"brier": None, "intervals_over": "PatientId"}
    frame = pd.DataFrame({"row": np.arange(1600), "split": "test"})
    for over in ("PatientId", "rows"):
        for name, each in zip("ab", p, strict=True):
            folder = tmp_path / over / name
            folder.mkdir(parents=True)
            data = {"source": "t.csv", "sha256": "0" * 64}
            content = {"data": data, "threshold": 0.5, "test": test}
            results.write_json(folder / "metrics.json", content)
            columns = {"label": label[whose], "p": each[whose]}
            columns |= {"group": whose} if over == "PatientId" else {}
            frame.assign(**columns).to_parquet(folder / "predictions.parquet")
    difference = np.diff((p - label) ** 2, axis=0)
    for over, n in (("PatientId", 400), ("rows", 1600)):
        table, drawn = compare(tmp_path / over / "a", tmp_path / over / "b")
        assert drawn == over
        width = table.loc["brier", "high"] - table.loc["brier", "low"]
        assert width == pytest.approx(2 * 1.96 * difference.std() / n**0.5, rel=0.06)


def test_other_test_rows_are_not_paired(root):
    table, drawn = compare(root / "a", root / "other-split")
    assert drawn is None
    assert "low" not in table


def test_an_unknown_run_is_refused_with_those_there(root):
    with pytest.raises(InputError, match=r"no run 'c' .*a, b, other-split, same"):
        find_run("c", root)


def test_the_commands_print_both(root, monkeypatch, capsys):
    monkeypatch.chdir(root.parent)
    for arguments in (["runs"], ["compare", "a", "b"]):
        monkeypatch.setattr(sys, "argv", ["lopsided", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    out = capsys.readouterr().out
    assert "other-split" in out
    assert "epochs" in out
    assert "paired bootstrap 95% interval" in out
