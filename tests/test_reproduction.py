"""Which reading reproduces the report: the grid and its committed table."""

from dataclasses import replace

import pytest
from conftest import ROOT

from lopsided.errors import InputError
from lopsided.pipeline.rows import complete, read_rows
from lopsided.pipeline.studies import reproduction
from lopsided.pipeline.studies.reproduction import measure, read_grid
from lopsided.report.audit_table import FIRST_FRESH_SEED
from lopsided.table.appointments import PUBLISHED_SHA256
from lopsided.table.simulate import clinic

COMMITTED = ROOT / "notebooks/results/reproduction.csv"


@pytest.fixture(scope="module")
def small_clinic(tmp_path_factory):
    """Path of a simulated clinic with 2,000 rows."""
    path = tmp_path_factory.mktemp("audit") / "clinic.csv"
    clinic(2000, seed=1)[0].to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def tiny():
    """Four runs of the declared grid, cut to two epochs."""
    grid = read_grid()
    runs = [
        replace(
            run,
            settings=run.settings | {"epochs": "2"},
            parameters=run.parameters | {"epochs": 2},
        )
        for run in grid.runs[:3] + grid.runs[-1:]
    ]
    return replace(grid, runs=tuple(runs))


def test_the_grid_holds_what_the_audit_asks_for():
    runs = [run.settings for run in read_grid().runs]
    readings = {(run["weighting"], run["w"]) for run in runs}
    assert readings >= {
        ("uniform", "1"),
        ("uniform", "4"),
        ("positive", "1.175"),
        ("positive", "2"),
        ("positive", "balanced"),
    }
    assert {run["hidden_units"] for run in runs} == {"40 3", "3 3"}
    assert {run["features"] for run in runs} >= {"eight", "report", "extended"}
    assert {run["group_column"] for run in runs} == {"", "PatientId"}
    assert all(run["seed"] == run["split_seed"] for run in runs)
    fresh = [run for run in runs if int(run["seed"]) >= FIRST_FRESH_SEED]
    for searched in (True, False):
        part = [run for run in runs if (run not in fresh) == searched]
        alike = [{k: v for k, v in run.items() if "seed" not in k} for run in part]
        assert all(alike.count(setting) == 8 for setting in alike)
    assert read_grid().thresholds == (0.18, 0.205)


def test_the_grid_names_each_run_once(tmp_path):
    runs = [tuple(run.settings.values()) for run in read_grid().runs]
    assert len(set(runs)) == len(runs)
    path = tmp_path / "twice.yaml"
    text = (
        (ROOT / "notebooks/reproduction.yaml")
        .read_text()
        .replace("- {}", "- {}\n  - {}")
    )
    path.write_text(text)
    with pytest.raises(InputError, match="declared twice"):
        read_grid(path)


def test_a_value_that_is_not_allowed_is_refused(tmp_path):
    path = tmp_path / "bad.yaml"
    text = (ROOT / "notebooks/reproduction.yaml").read_text()
    path.write_text(text.replace("[uniform, 4]", "[uniform, -4]"))
    with pytest.raises(InputError, match="w is -4"):
        read_grid(path)


@pytest.mark.ci
@pytest.mark.slow
def test_a_resumed_table_is_the_undisturbed_one(tmp_path, small_clinic, tiny):
    whole, resumed = tmp_path / "whole.csv", tmp_path / "resumed.csv"
    four = reproduction.rows(small_clinic, tiny)
    assert complete(whole, four) == 4
    lines = whole.read_text().splitlines(keepends=True)
    assert len(lines) == 5
    resumed.write_text(lines[0] + lines[4] + lines[2])  # two runs, in another order
    assert complete(resumed, four) == 2
    assert resumed.read_bytes() == whole.read_bytes()
    assert complete(resumed, four) == 0
    assert resumed.read_bytes() == whole.read_bytes()


def test_the_committed_table_covers_the_declared_grid():
    data = {"data": PUBLISHED_SHA256[:12]}
    declared = [data | run.settings for run in read_grid().runs]
    assert [
        {k: row[k] for k in declared[0]} for row in read_rows(COMMITTED)
    ] == declared


def test_the_committed_table_holds_aggregates_only():
    rows = read_rows(COMMITTED)
    grid = read_grid()
    expected = ["data", *grid.runs[0].settings, "n_train", "n_test", "roc_auc"]
    expected += [f"recall_at_{rate}" for rate in grid.false_positive_rates]
    expected += ["largest_tie", "dead_units"]
    for t in grid.thresholds:
        expected += [f"{cell}_{t}" for cell in ("tn", "fp", "fn", "tp")]
        expected += [f"train_accuracy_{t}"]
    assert set(rows[0]) == set(expected)
    for row in rows:
        assert int(row["n_train"]) + int(row["n_test"]) == 110_527
        for t in grid.thresholds:
            cells = [int(row[f"{cell}_{t}"]) for cell in ("tn", "fp", "fn", "tp")]
            assert sum(cells) == int(row["n_test"])


def test_one_run_of_the_committed_table_comes_out_again(real_data):
    grid = read_grid()
    run = grid.runs[0]
    expected = read_rows(COMMITTED)[0]
    assert run.settings.items() <= expected.items()
    assert measure(run, str(real_data), grid).items() <= expected.items()
