"""A whole run, small: the folder that the design describes, the same each time."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import HANGS, started_by, until

from lopsided.lesson import metrics
from lopsided.pipeline import processes, report
from lopsided.report import experiment, results

pytestmark = pytest.mark.slow

FILES = [
    "manifest.json",
    "metrics.json",
    "model_card.md",
    "model.npz",
    "parameters.json",
    "predictions.parquet",
    "report.html",
    "report.pdf",
]
FIGURES = """
cdf cdf_rules confusion_matrix cost_curve law loss loss_of_readings
measures_by_threshold precision_recall reliability roc rules
""".split()


def lopsided(*arguments, cwd):
    command = [sys.executable, "-m", "lopsided", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def make(cwd, table):
    done = lopsided("report", table, "--run", "r", "-p", "epochs", 3, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_clinic):
    cwd = tmp_path_factory.mktemp("work")
    return cwd, make(cwd, tiny_clinic)


@pytest.fixture(scope="module")
def run(made):
    return made[0] / "runs" / "r"


def test_the_folder_is_the_one_of_the_design(run):
    found = sorted(p.name for p in run.iterdir())
    assert found == sorted([*FILES, "figures", "notebooks"])
    figures = sorted(p.name for p in (run / "figures").iterdir())
    assert figures == sorted(f"{f}.{kind}" for f in FIGURES for kind in ("svg", "png"))
    assert len(list((run / "notebooks").glob("*.ipynb"))) == 5


@pytest.mark.ci
def test_the_same_command_gives_the_same_bytes(made, run, tiny_clinic):
    make(made[0], tiny_clinic)
    before = run.with_name("r.previous")
    for name in set(FILES) - {"manifest.json"}:  # that one holds the time
        assert (run / name).read_bytes() == (before / name).read_bytes(), name
    for figure in (run / "figures").iterdir():
        twin = before / "figures" / figure.name
        assert figure.read_bytes() == twin.read_bytes(), figure.name


def test_the_last_lines_name_the_folder_and_the_headline(made):
    lines = made[1].stdout.splitlines()
    assert lines[-1] == f"run folder: {Path('runs', 'r')}"
    assert any(line.startswith("accuracy") for line in lines)
    assert "03_training: done" in made[1].stderr
    assert "3 of 3 epochs" in made[1].stderr


def test_metrics_follow_from_the_predictions(run):
    written = results.read_json(run / "metrics.json")
    frame = pd.read_parquet(run / "predictions.parquet")
    for side in ("train", "test"):
        part = frame[frame["split"] == side]
        assert len(part) == written["data"][f"n_{side}"]
        again = metrics.summary(part["label"], part["p"], written["threshold"])
        for name, value in again.items():
            expected = written[side][name]
            if isinstance(value, float) and np.isnan(value):
                assert expected is None
            else:
                assert expected == value
    assert written["threshold"] == 0.18
    assert written["threshold_strategy"] == "fixed"
    assert written["schema_version"] == 1
    assert set(written["test"]["intervals"]) >= {"accuracy", "f1", "roc_auc"}
    assert written["test"]["seed_spread"] is None
    assert written["data"]["source"] == "clinic.csv"  # a name, not a path


def test_json_has_no_nan(run):
    def refuse(name):
        raise AssertionError(name)

    for name in ("metrics.json", "manifest.json", "parameters.json"):
        json.loads((run / name).read_text(), parse_constant=refuse)


def test_parameters_are_resolved(run):
    written = results.read_json(run / "parameters.json")
    assert written["epochs"] == 3
    assert written["features"] == "report"
    assert written["target"] == "No-show"
    assert written["threshold"] == 0.18


def test_the_model_predicts_what_was_written(run, tiny_clinic):
    from lopsided.lesson.network import predict_proba
    from lopsided.parameters import validate
    from lopsided.table.dataset import load

    model = results.load_model(run / "model.npz")
    dataset = load(validate({"data": str(tiny_clinic), "epochs": 3}))
    frame = pd.read_parquet(run / "predictions.parquet")
    test = frame[frame["split"] == "test"]
    assert np.array_equal(predict_proba(model.network, dataset.X_test)[0], test["p"])
    assert model.threshold == 0.18
    assert model.recipe == dataset.recipe


def test_executed_notebooks_are_whole_and_name_the_final_folder(run):
    for path in (run / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        code = [c for c in notebook.cells if c.cell_type == "code"]
        assert all(c.execution_count for c in code), path.name
        assert ".new-" not in path.read_text()
        assert not [o for c in code for o in c.outputs if o.get("name") == "stderr"], (
            path.name
        )


def test_the_progress_of_training_does_not_stay(run):
    assert not (run / "progress.jsonl").exists()


@pytest.mark.ci
def test_a_failing_notebook_is_kept_and_named(made, tiny_clinic):
    cwd = made[0]
    before = (cwd / "runs/r/metrics.json").read_bytes()
    arguments = ["report", tiny_clinic, "--run", "r", "-p", "epochs", 3]
    arguments += ["-p", "initial_learning_rate", "1e300"]
    done = lopsided(*arguments, cwd=cwd)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("lopsided: 03_training, cell ")
    assert "initial_learning_rate" in last
    assert "Traceback" not in done.stderr
    assert (cwd / "runs/r/metrics.json").read_bytes() == before
    assert (cwd / "runs/r.failed/kernels.log").exists()
    broken = cwd / "runs/r.failed/notebooks/03_training.ipynb"
    assert "DivergenceError" in broken.read_text()


@pytest.mark.ci
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_leaves_the_earlier_run(made, tiny_clinic):
    cwd = made[0]
    before = (cwd / "runs/r/metrics.json").read_bytes()
    command = [sys.executable, "-m", "lopsided", "report", str(tiny_clinic)]
    command += ["--run", "r", "-p", "epochs", "1000000"]
    process = subprocess.Popen(
        command, cwd=cwd, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until(lambda: list(cwd.glob("runs/.r.new-*/progress.jsonl")), "the training")
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=HANGS)
    assert process.returncode == 130
    assert stderr.splitlines()[-1].startswith("lopsided: interrupted")
    assert "Traceback" not in stderr
    assert (cwd / "runs/r/metrics.json").read_bytes() == before
    assert not list(cwd.glob("runs/.r.new-*"))


def processes_after(values):
    """Train as a run does, side by side; name the processes that are left."""
    experiment.WORTH_A_PROCESS = 0
    report.train(values)
    return [*started_by(os.getpid()).values()]


def test_no_process_outlives_the_training(tiny_clinic, tmp_path):
    """The worker, and with it the run, would wait for each until it is tired: 300 s."""
    values = {"data": str(tiny_clinic), "epochs": 1, "n_seeds": 2}
    with processes.workers(1, cores_each=2) as pool:
        values["run_dir"] = str(tmp_path)
        left = pool.submit(processes_after, values).result()
    assert not [command for command in left if "resource_tracker" not in command]
    assert (tmp_path / "model.npz").exists()
