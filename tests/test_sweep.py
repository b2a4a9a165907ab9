"""Sweeps: strict files, points that survive any stop, and one network for many points.

The runs here start a real dask scheduler and real worker processes on the loopback.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest

from lopsided.errors import InputError
from lopsided.parameters import Parameters, validate
from lopsided.report import experiment, sweep_table
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic

pytest.importorskip("distributed")

from lopsided.pipeline import cluster, sweep
from lopsided.pipeline.notebooks import folder

pytestmark = pytest.mark.slow

FILE = """
name: small
metric: test.f1
base: {data: clinic.csv, epochs: 1, batch_size: 50, n_bootstrap: 0}
points:
  - {hidden_units: [2], threshold: 0.2}
  - {hidden_units: [3], threshold: 0.2}
  - {hidden_units: [2], threshold: f1}
  - {hidden_units: [2], threshold: 0.2, initial_learning_rate: 1.0e+300}
"""


def start(cwd, *more):
    command = [sys.executable, "-m", "lopsided", "sweep", "small.yaml", "--workers"]
    return subprocess.Popen(
        [*command, "2", *more],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition):
    """Wait for something that takes seconds; a machine may be slow."""
    for _ in range(3000):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"it did not come: {condition}")


def kernels(process):
    """List the kernels under a process."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if any("ipykernel_launcher" in word for word in child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


def points(cwd):
    return sorted((cwd / "runs/sweeps/small/points").glob("[!.]*"))


@pytest.fixture(scope="module")
def table_of_200():
    return clinic(200, seed=1)[0].to_csv(index=False)


@pytest.fixture
def work(tmp_path, table_of_200):
    return prepared(tmp_path, table_of_200)


def prepared(path, text):
    (path / "clinic.csv").write_text(text)
    (path / "small.yaml").write_text(FILE)
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, table_of_200):
    cwd = prepared(tmp_path_factory.mktemp("undisturbed"), table_of_200)
    process = start(cwd)
    out, err = process.communicate()
    return SimpleNamespace(
        cwd=cwd,
        code=process.returncode,
        out=out,
        err=err,
        run=cwd / "runs/sweeps/small",
    )


def parquet(cwd):
    return (cwd / "runs/sweeps/small/results.parquet").read_bytes()


# The file


def read(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return sweep.read(path)


def test_every_combination_in_the_order_declared(tmp_path):
    file = read(
        tmp_path,
        """
        name: all
        base: {epochs: 1}
        points: [{l2: 0}, {l2: 0.1}]
        zip: {w: [1, 4], threshold: [0.2, 0.5]}
        grid: {seed: [0, 1], weighting: [uniform, positive]}
        """,
    )
    found = sweep.combinations(file)
    assert len(found) == 2 * 2 * 2 * 2
    first = {"epochs": 1, "l2": 0, "w": 1, "threshold": 0.2, "seed": 0}
    assert found[0] == first | {"weighting": "uniform"}
    assert [v["weighting"] for v in found[:3]] == ["uniform", "positive", "uniform"]
    assert {(v["w"], v["threshold"]) for v in found} == {(1, 0.2), (4, 0.5)}
    assert sweep.varied(file) == ["l2", "w", "threshold", "seed", "weighting"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metric: test.f1", "has no name; a sweep needs one"),
        ("name: a/b", "name 'a/b' must be letters"),
        ("name: a\ngird: {w: [1]}", "there is no entry 'gird'; there are name, metric"),
        ("name: a\ngrid: {w: 4}", "grid.w: input should be a valid list"),
        ("name: a\ngrid: {w: []}", "grid.w: list should have at least 1 item"),
        ("name: a\nmetric: test.f2", "metric is 'test.f2'; it must be train. or test."),
        ("name: a\nmetric: f1", "metric is 'f1'; it must be"),
        ("name: a\nname: b", "is not a YAML file"),
        ("- 1", "must hold lines of the form"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("grid: {w: [1, -1]}", "point 2 (w = -1): w is -1; allowed: a number above 0"),
        ("grid: {ww: [1]}", "point 1 (ww = 1): there is no parameter 'ww'; did you"),
        ("grid: {run_dir: [x]}", "run_dir is set by the command"),
        ("grid: {features: [[Agee]]}", "did you mean 'Age'?"),
        ("base: {w: 1}\ngrid: {w: [1]}", "w is in base and in grid; name it in one"),
        ("zip: {w: [1, 2], seed: [1]}", "of one length; they have w 2, seed 1"),
        (
            "grid: {w: [1, 1.0]}",
            "point 1 (w = 1) and point 2 (w = 1.0) are the same run",
        ),
        ("grid: {threshold: [null, 0.18]}", "are the same run"),
        ("base: {data: none.csv}", "point 1: there is no file none.csv"),
    ],
)
def test_every_point_is_checked_before_any_runs(work, monkeypatch, entries, message):
    monkeypatch.chdir(work)
    text = f"name: a\n{entries}"
    if "data" not in entries and "base" not in entries:
        text += "\nbase: {data: clinic.csv}"
    (work / "s.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        sweep.run_sweep("s.yaml")
    assert message in str(caught.value)
    assert not (work / "runs").exists()


def plan(work, text=FILE):
    (work / "small.yaml").write_text(text)
    return sweep.plan(sweep.read(work / "small.yaml"))


def test_the_key_is_of_parameters_table_and_code(work, monkeypatch):
    monkeypatch.chdir(work)
    before = [p.key for p in plan(work)]
    assert len(set(before)) == 4
    (work / "clinic.csv").rename(work / "moved.csv")
    text = FILE.replace("clinic.csv", "moved.csv")
    assert [p.key for p in plan(work, text)] == before
    assert plan(work, text.replace("epochs: 1", "epochs: 2"))[0].key not in before
    (work / "moved.csv").write_text(clinic(200, seed=2)[0].to_csv(index=False))
    assert plan(work, text)[0].key not in before
    (work / "moved.csv").write_text(clinic(200, seed=1)[0].to_csv(index=False))
    assert [p.key for p in plan(work, text)] == before
    monkeypatch.setattr(sweep, "code_version", lambda: "other")
    assert plan(work, text)[0].key not in before


def test_the_code_version_sees_notebook_and_toolbox_not_the_machinery(monkeypatch):
    read_text = Path.read_text
    edited = []

    def one_more_line(path, *arguments, **options):
        text = read_text(path, *arguments, **options)
        return text + "# edited" if path.name in edited else text

    before = cluster.code_version()
    monkeypatch.setattr(Path, "read_text", one_more_line)
    for name in ("cli.py", "sweep.py", "04_threshold_analysis.py"):
        edited[:] = [name]
        assert cluster.code_version() == before
    for name in ("loss.py", "experiment.py", "05_report.py"):
        edited[:] = [name]
        assert cluster.code_version() != before


def test_the_estimate_counts_each_training_once(work, monkeypatch):
    monkeypatch.chdir(work)
    monkeypatch.setattr(sweep, "seconds_of_an_epoch", lambda p, table: 1000.0)
    state = sweep.Sweep(plan(work), work / "points")
    assert state.describe(2) == (
        "4 points, 0 of them done; to train: 3 networks; about 25 min on 2 workers"
    )


# A run


def test_a_failing_point_is_kept_with_its_reason_and_the_others_go_on(undisturbed):
    assert undisturbed.code == 1
    table = pd.read_parquet(undisturbed.run / "results.parquet")
    assert [*table["error"].notna()] == [False, False, False, True]
    assert "diverged" in table["error"].iloc[3]
    failed = undisturbed.run / "points" / f"{table['point'].iloc[3]}.failed"
    assert "diverged" in (failed / "error.txt").read_text()
    assert "DivergenceError" in (failed / "notebooks/05_report.ipynb").read_text()
    assert f"{table['point'].iloc[3]}: 05_report" in undisturbed.out
    assert undisturbed.err.splitlines()[-1].startswith("lopsided: 1 point failed")
    assert "4 points, 0 of them done; to train: 3 networks" in undisturbed.err


def test_the_numbers_are_those_of_a_plain_loop(undisturbed, monkeypatch):
    monkeypatch.chdir(undisturbed.cwd)
    table = pd.read_parquet(undisturbed.run / "results.parquet")
    for i, values in enumerate(sweep.combinations(sweep.read("small.yaml"))[:3]):
        dataset = load(validate(values))
        p = dataset.parameters
        measured = experiment.measure(p, dataset, experiment.fit(p, dataset))
        row = table.iloc[i]
        assert list(json.loads(row["hidden_units"])) == p.hidden_units
        assert row["test.f1"] == measured["test"]["f1"]
        assert row["train.log_loss"] == measured["train"]["log_loss"]
        assert row["used.threshold"] == measured["threshold"]
        cells = [[row["test.tn"], row["test.fp"]], [row["test.fn"], row["test.tp"]]]
        assert cells == measured["test"]["confusion_matrix"]


def test_both_tables_are_one(undisturbed):
    parquet, csv = (undisturbed.run / f"results.{kind}" for kind in ("parquet", "csv"))
    same = pd.read_csv(csv)
    for name, column in pd.read_parquet(parquet).items():
        if column.dtype.kind in "fi":
            np.testing.assert_allclose(column, same[name], 1e-14, err_msg=name)


def test_points_that_share_a_network_train_it_once(undisturbed):
    first, _, third, _ = pd.read_parquet(undisturbed.run / "results.parquet")["point"]
    trained, read = (undisturbed.run / "points" / key for key in (first, third))
    assert json.loads((read / "manifest.json").read_text())["trained_by"] == first
    assert (trained / "model.npz").exists()
    assert not (read / "model.npz").exists()


def test_a_point_is_a_run_that_names_its_own_folder(undisturbed):
    first = pd.read_parquet(undisturbed.run / "results.parquet")["point"].iloc[0]
    point = undisturbed.run / "points" / first
    written = json.loads((point / "parameters.json").read_text())
    assert written["run_dir"] == str(point.resolve())
    assert written["data"] == "clinic.csv"
    assert str(point.resolve()) in (point / "notebooks/05_report.ipynb").read_text()
    assert validate(written) == Parameters(**written)


def test_the_report_is_made(undisturbed):
    text = (undisturbed.run / "notebooks/07_sweep.ipynb").read_text()
    assert "4 points, of which 1 failed" in text
    assert (undisturbed.run / "figures/sweep_hidden_units.svg").exists()
    assert not list(undisturbed.run.rglob(".*"))


def test_a_killed_worker_costs_nothing_but_its_time(work, undisturbed):
    process = start(work)
    kernel = until(lambda: kernels(process))[0]
    kernel.parent().kill()
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("lopsided: 1 point failed"), err
    assert parquet(work) == parquet(undisturbed.cwd)
    until(lambda: not kernel.is_running())  # it noticed that it is alone


def test_a_sweep_stopped_at_any_moment_ends_the_same(work, undisturbed):
    process = start(work)
    until(lambda: points(work))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130, err
    assert err.splitlines()[-1].startswith("lopsided: interrupted; ")
    assert "go on" in err or "goes on" in err
    kept = {p.name: p.stat().st_mtime for p in points(work) if p.suffix != ".failed"}

    process = start(work)
    running = until(lambda: kernels(process))
    process.kill()
    process.communicate()
    until(lambda: not any(k.is_running() for k in running))

    process = start(work)
    process.communicate()
    assert process.returncode == 1
    assert parquet(work) == parquet(undisturbed.cwd)
    assert {n: t for n, t in kept.items() if n}.items() <= {
        p.name: p.stat().st_mtime for p in points(work)
    }.items()


def test_a_wider_sweep_adds_what_is_new_and_reads_the_old_networks(undisturbed, work):
    before = work / "runs/sweeps/small/points"
    copytree(undisturbed.run / "points", before, ignore=lambda *_: ["figures"])
    text = FILE.rsplit("\n", 2)[0] + "\n  - {hidden_units: [3], threshold: youden}\n"
    (work / "small.yaml").write_text(text)
    process = start(work)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert "4 points, 3 of them done; to train: 0 networks" in err
    table = pd.read_parquet(work / "runs/sweeps/small/results.parquet")
    assert table["error"].isna().all()
    assert table["training"].nunique() == 2


# Another cluster


@pytest.fixture
def other_cluster(tmp_path):
    """Give the address of a scheduler with one worker, started by dask's command."""
    started = []

    def dask(*words):
        command = [sys.executable, "-m", "dask", *words]
        started.append(
            subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    scheduler = dask(
        "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"
    )
    for line in scheduler.stderr:
        if "Scheduler at:" in line:
            address = line.split()[-1]
            break
    dask("worker", address, "--nthreads", "1", "--no-dashboard")
    yield address
    for process in started[::-1]:
        process.terminate()
        process.communicate()


def test_a_running_scheduler_gives_the_same(work, undisturbed, other_cluster):
    process = start(work, "--scheduler", other_cluster)
    _, err = process.communicate()
    assert process.returncode == 1, err
    assert "about" in err
    assert parquet(work) == parquet(undisturbed.cwd)


def test_no_scheduler_is_said_in_one_line(work):
    process = start(work, "--scheduler", "tcp://127.0.0.1:1")
    _, err = process.communicate()
    assert process.returncode == 2
    assert err.splitlines()[-1].startswith(
        "lopsided: no dask scheduler answers at tcp:"
    )


def fake_client(**changes):
    """Stand in for a client of workers that differ."""
    here = {"python": "3.12.1.final.0", "lopsided": "0.1.0", "numpy": "2.4.0"}
    there = here | changes.pop("packages", {})
    threads, code = (
        changes.get("threads", 1),
        changes.get("code", cluster.code_version()),
    )
    return SimpleNamespace(
        get_versions=lambda packages: {
            "client": {"packages": here},
            "workers": {"tcp://w": {"packages": there}},
        },
        nthreads=lambda: {"tcp://w": threads},
        run=lambda function: {"tcp://w": code},
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"packages": {"lopsided": None}}, "has lopsided None, this machine 0.1.0"),
        ({"packages": {"numpy": "1.26"}}, "has numpy 1.26, this machine 2.4.0"),
        ({"packages": {"python": "3.11.7.final.0"}}, "has Python 3.11, this machine"),
        ({"threads": 4}, "has 4 threads, and a notebook needs a process of its own"),
        ({"code": "other"}, "has other sources or notebooks of lopsided"),
    ],
)
def test_a_worker_that_differs_is_refused(changes, message):
    with pytest.raises(InputError) as caught:
        cluster.check_workers(fake_client(**changes))
    assert message in str(caught.value)
    cluster.check_workers(fake_client(packages={"python": "3.12.9.final.0"}))


def test_a_table_that_a_worker_does_not_see_is_shipped(tmp_path):
    content = b"a,b\n1,2\n"
    (tmp_path / "t.csv").write_bytes(content)
    digest = cluster.digest_of(str(tmp_path / "t.csv"))
    worker = SimpleNamespace(local_directory=str(tmp_path), address="tcp://w")

    def setup(path, shipped):
        workplace = cluster.Workplace({path: (digest, shipped)}, own=False)
        workplace.setup(worker)
        return workplace.paths[path]

    assert setup(str(tmp_path / "t.csv"), None) == str(tmp_path / "t.csv")
    written = setup("/elsewhere/t.csv", content)
    assert Path(written).read_bytes() == content
    assert Path(written).name == "t.csv"
    for shipped in (None, b"cut"):
        with pytest.raises(RuntimeError, match="has no /elsewhere"):
            setup("/elsewhere/t.csv", shipped)


# Reading it


def test_the_committed_example_is_the_file_beside_it():
    example = sweep_table.read(None)
    declared = sweep.combinations(sweep.read(folder() / "sweep.yaml"))
    assert len(example.table) == len(declared) >= 120
    assert example.table["error"].isna().all()
    for name in example.varied:
        if name not in sweep_table.SEEDS:
            written = [
                sweep_table.written(json.dumps(v) if isinstance(v, list) else v)
                for v in (values[name] for values in declared)
            ]
            assert [*example.table[name]] == written, name


def test_a_folder_without_a_sweep_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no sweep"):
        sweep_table.read(tmp_path)


@pytest.fixture
def small():
    table = pd.DataFrame(
        {
            "w": [1.0, 1.0, 4.0, 4.0],
            "hidden_units": ["[3]"] * 4,
            "seed": ["0", "1", "0", "1"],
            "error": [None, None, None, None],
            "test.f1": [0.3, 0.5, 0.7, 0.2],
            "test.brier": [0.3, 0.5, 0.7, 0.2],
            "training": ["a", "b", "c", "d"],
        }
    )
    table["w"] = pd.Categorical(["1", "1", "4", "4"])
    base = {"data": "a b.csv", "epochs": 1, "threshold": "recall:0.8"}
    return sweep_table.Sweep("s", "test.f1", ["w", "seed"], base, table)


def test_settings_are_sorted_by_their_mean_over_seeds(small):
    assert small.choices == ["w"]
    found = sweep_table.settings(small)
    assert [*found.index] == ["4", "1"]
    assert found.loc["4", "mean"] == pytest.approx(0.45)
    assert found.loc["1", "deviation"] == pytest.approx(0.2 / 2**0.5)
    assert (found["seeds"] == 2).all()
    assert found.loc["1", "low"] < 0.4 < found.loc["1", "high"]


def test_lower_is_better_for_losses(small):
    assert sweep_table.best(small, "test.f1").name == 2
    losses = sweep_table.Sweep("s", "test.brier", small.varied, small.base, small.table)
    assert sweep_table.best(losses, "test.brier").name == 3
    assert [*sweep_table.settings(losses).index] == ["1", "4"]


def test_the_command_of_a_point_is_one_that_runs(small):
    said = sweep_table.command(small, sweep_table.best(small, "test.f1"))
    assert said == (
        "lopsided report 'a b.csv' --run best -p epochs 1 -p threshold recall:0.8 "
        "-p w 4 -p seed 0"
    )


def test_lines_average_settings_before_they_spread_over_seeds():
    table = pd.DataFrame(
        {
            "w": pd.Categorical(["1"] * 4),
            "l2": pd.Categorical(["0", "0", "1", "1"]),
            "seed": [0, 1, 0, 1],
            "error": [None] * 4,
            "test.f1": [0.0, 0.2, 1.0, 1.2],
        }
    )
    sweep = sweep_table.Sweep("s", "test.f1", ["w", "l2", "seed"], {}, table)
    found = sweep_table.over_seeds(sweep, "w", [], "test.f1")
    assert found.loc["1"].tolist() == pytest.approx([0.6, 0.5, 0.7])
