"""Sweeps: strict files, points that survive any stop, and one network for many points.

The runs here start real processes; some, a real dask scheduler on the loopback.
"""

import gc
import json
import signal
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import Future
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import role, started_by

from lopsided.errors import InputError
from lopsided.parameters import validate
from lopsided.pipeline import points, sweep, sweep_file
from lopsided.pipeline.notebooks import folder
from lopsided.pipeline.rows import Journal
from lopsided.report import experiment, sweep_table
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic

pytestmark = pytest.mark.slow

FILE = """
name: small
metric: test.f1
base: {data: clinic.csv, epochs: 1, batch_size: 50, n_bootstrap: 0}
grid:
  - {hidden_units: [[2], [3]], threshold: [0.2]}
  - {hidden_units: [[2]], threshold: [f1]}
  - {hidden_units: [[2]], threshold: [0.2], initial_learning_rate: [1.0e+300]}
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


def done(cwd):
    """Name the points whose line is whole."""
    return Journal(cwd / "runs/sweeps/small/points.jsonl").keys


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
    return sweep_file.read(path)


def test_every_combination_in_the_order_declared(tmp_path):
    file = read(
        tmp_path,
        """
        name: all
        base: {epochs: 1}
        grid:
          - {w: [4, 1], seed: [0, 1], weighting: [uniform, positive]}
          - {w: [2], hidden_units: [[3], [2]]}
        """,
    )
    found = sweep_file.declared(file)
    assert len(found) == 2 * 2 * 2 + 2
    assert found[0] == {"epochs": 1, "w": 4, "seed": 0, "weighting": "uniform"}
    assert [v["weighting"] for v in found[:3]] == ["uniform", "positive", "uniform"]
    assert [v["w"] for v in found] == [4] * 4 + [1] * 4 + [2] * 2
    assert [v["hidden_units"] for v in found[8:]] == [[3], [2]]
    assert sweep_file.varied(file) == ["w", "seed", "weighting", "hidden_units"]


def test_one_mapping_is_a_grid_and_none_is_one_point(tmp_path):
    one = read(tmp_path, "name: a\ngrid: {seed: [0, 1]}")
    assert sweep_file.declared(one) == [{"seed": 0}, {"seed": 1}]
    assert sweep_file.declared(read(tmp_path, "name: a\nbase: {w: 2}")) == [{"w": 2}]


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
    return sweep_file.plan(sweep_file.read(work / "small.yaml"))


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
    titled = text.replace("epochs: 1,", "epochs: 1, title: T,")
    assert [p.key for p in plan(work, titled)] == before
    monkeypatch.setattr(points, "code_version", lambda: "other")
    assert plan(work, text)[0].key not in before


#: What changes numbers, and what does not; with a line of each that can be edited.
DECIDES = ("lesson/loss.py", "lesson/training.py", "table/recipe.py", "prose.py")
DECIDES += (
    "table/kinds.py",
    "report/experiment.py",
    "report/intervals.py",
    "pipeline/points.py",
)
DECIDES += ("compiled.py", "table/simulate.py", "parameters.py")
DOES_NOT = ("report/figures.py", "report/display.py", "report/sweep_table.py", "cli.py")
DOES_NOT += (
    "report/sweep_figures.py",
    "pipeline/sweep.py",
    "pipeline/jobs.py",
    "pipeline/processes.py",
    "pipeline/document.py",
)


@pytest.fixture
def version_after(monkeypatch):
    """Give a function that edits modules as they are read, and hashes the code."""
    read_text, real = Path.read_text, points.without_words
    unedited = cache(real)  # most stay as they are

    def version(names, more):
        paths = [points.PACKAGE / name for name in names]

        def edited(path, *arguments, **options):
            text = read_text(path, *arguments, **options)
            return text + more if path in paths else text

        def without_words(path):
            return real(path) if path in paths else unedited(path)

        points.code_version.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_text", edited)
            patch.setattr(points, "without_words", without_words)
            return points.code_version()

    yield version
    points.code_version.cache_clear()


def test_the_key_hashes_the_code_that_decides_a_number(version_after):
    before = version_after([], "")
    assert version_after(DECIDES, "\n\n# a comment\n") == before
    assert version_after(DOES_NOT, "\n\nCOLOUR = 'red'\n") == before
    for name in DECIDES:
        assert version_after([name], "\n\nCOLOUR = 'red'\n") != before, name


def test_a_docstring_decides_no_number(tmp_path):
    one, other = tmp_path / "a.py", tmp_path / "b.py"
    one.write_text('"""A."""\n\ndef f():\n    """Say."""\n    return 1  # one\n')
    other.write_text("def f():\n    return 1\n")
    assert points.without_words(one) == points.without_words(other)


# Trainings


def resolved(dataset, **changes):
    return dataset.parameters.with_(**changes)


@pytest.fixture(scope="module")
def small_table(tmp_path_factory, table_of_200):
    path = tmp_path_factory.mktemp("table") / "clinic.csv"
    path.write_text(table_of_200)
    return load(validate({"data": str(path), "epochs": 2, "batch_size": 50}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"weighting": "uniform"}, {"weighting": "positive"}),
        ({"w": "balanced"}, {"w": 122 / 38}),
        ({"epochs": 1}, {"epochs": 1, "final_learning_rate": 1e-3}),
        ({"batch_size": 160}, {"batch_size": 1000}),
        ({"data_seed": 0}, {"data_seed": 7}),
        ({"threshold": 0.18}, {"threshold": "f1", "n_bootstrap": 9, "author": "A"}),
    ],
)
def test_identical_trainings_are_recognised(small_table, one, other):
    both = [resolved(small_table, **changes) for changes in (one, other)]
    prints = {experiment.fingerprint(p, small_table) for p in both}
    assert len(prints) == 1
    a, b = (experiment.fit(p, small_table) for p in both)
    assert np.array_equal(a.network.theta, b.network.theta)
    assert np.array_equal(a.P_test, b.P_test)


@pytest.mark.parametrize(
    "changes",
    [
        {"w": 2},
        {"w": 2, "weighting": "positive"},
        {"epochs": 3},
        {"final_learning_rate": 1e-3},
        {"batch_size": 159},
        {"seed": 1},
        {"l2": 0.1},
        {"n_seeds": 2},
        {"hidden_units": [3]},
        {"initialisation": "xavier"},
        {"dtype": "float32"},
    ],
)
def test_other_trainings_are_told_apart(small_table, changes):
    p, other = small_table.parameters, resolved(small_table, **changes)
    assert experiment.fingerprint(p, small_table) != experiment.fingerprint(
        other, small_table
    )


def test_a_network_is_read_back_to_the_last_bit(small_table):
    fitted = experiment.fit(resolved(small_table, n_seeds=2), small_table)
    again = points.unpacked(points.packed(fitted))
    assert np.array_equal(again.P_train, fitted.P_train)
    assert np.array_equal(again.network.theta, fitted.network.theta)
    assert (again.w, again.history) == (fitted.w, fitted.history)


@pytest.mark.parametrize("hints", range(4))
def test_a_table_may_give_any_number_of_hints(small_table, hints):
    mind = tuple(f"hint {i}" for i in range(hints))
    table = replace(small_table, provenance=replace(small_table.provenance, mind=mind))
    p = resolved(table)
    cells = points.flat(experiment.measure(p, table, experiment.fit(p, table)))
    assert not [name for name in cells if "mind" in name]
    assert cells["test.tn"] + cells["test.fp"] > 0
    texts = {name for name, value in cells.items() if isinstance(value, str)}
    assert texts <= {
        *("data.sha256", "data.split"),
        *("used.threshold_strategy", "used.threshold_note"),
        *("words.target", "words.positive", "words.negative", "words.rows"),
    }


def test_a_table_that_changed_meanwhile_is_no_point(work, monkeypatch):
    monkeypatch.chdir(work)
    first = plan(work)[0]
    (work / "clinic.csv").write_text(clinic(200, seed=2)[0].to_csv(index=False))
    points._load.cache_clear()
    with pytest.raises(InputError, match=r"clinic\.csv changed while the sweep ran"):
        points.train(first)


# A run


def test_a_failing_point_is_kept_with_its_reason_and_the_others_go_on(undisturbed):
    assert undisturbed.code == 1
    table = pd.read_parquet(undisturbed.run / "results.parquet")
    assert [*table["error"].notna()] == [False, False, False, True]
    key, error = table[["point", "error"]].iloc[3]
    assert "diverged" in error
    why = (undisturbed.run / f"failed/{key}.txt").read_text()
    assert '"initial_learning_rate": 1e+300' in why
    assert "DivergenceError" in why
    assert f"{key}: DivergenceError: training diverged" in undisturbed.out
    assert undisturbed.err.splitlines()[-1].startswith("lopsided: 1 point failed")
    assert "4 points, 0 of them done; to train: 3 networks" in undisturbed.err


def test_the_numbers_are_those_of_a_plain_loop(undisturbed, monkeypatch):
    monkeypatch.chdir(undisturbed.cwd)
    table = pd.read_parquet(undisturbed.run / "results.parquet")
    for i, values in enumerate(sweep_file.declared(sweep_file.read("small.yaml"))[:3]):
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
    same = pd.read_csv(csv, dtype=str)  # Python's float() reads every digit
    for name, column in pd.read_parquet(parquet).items():
        if column.dtype.kind in "fi":
            np.testing.assert_array_equal(column, same[name].astype(float), name)


def test_points_that_share_a_network_train_it_once(undisturbed):
    training = pd.read_parquet(undisturbed.run / "results.parquet")["network"]
    assert training[0] == training[2]
    kept = {path.stem for path in (undisturbed.run / "networks").iterdir()}
    assert kept == {training[0], training[1]}


def test_the_report_is_made(undisturbed):
    text = (undisturbed.run / "notebooks/07_sweep.ipynb").read_text()
    assert "4 points, of which 1 failed" in text
    assert (undisturbed.run / "figures/sweep_hidden_units.svg").exists()
    assert not list(undisturbed.run.rglob(".*"))


SLOW = FILE.replace("epochs: 1,", "epochs: 300,")


@pytest.fixture(scope="module")
def slow(tmp_path_factory, table_of_200):
    """The table of a sweep that takes long enough to be stopped."""
    cwd = prepared(tmp_path_factory.mktemp("slow"), table_of_200)
    (cwd / "small.yaml").write_text(SLOW)
    start(cwd).communicate()
    return parquet(cwd)


@pytest.mark.ci
def test_a_killed_worker_costs_nothing_but_its_time(work, slow):
    (work / "small.yaml").write_text(SLOW)
    process = start(work)
    until(lambda: (work / "runs/sweeps/small/networks").exists())

    def workers():
        return role("worker", started_by(process.pid))

    until(workers)[0].kill()
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("lopsided: 1 point failed"), err
    assert parquet(work) == slow


@pytest.mark.ci
def test_a_sweep_stopped_at_any_moment_ends_the_same(work, slow):
    (work / "small.yaml").write_text(SLOW)
    process = start(work)
    until(lambda: done(work))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    if process.returncode != 1:  # it was not done before the signal came
        assert process.returncode == 130, err
        *_, last = err.splitlines()
        # Where the command was just leaving, its report is made.
        made = (work / "runs/sweeps/small/report.pdf").exists()
        assert made or last.endswith(
            " points are done; the same command goes on from there"
        )
        assert last.startswith("lopsided: interrupted")
    kept = {*(work / "runs/sweeps/small/points.jsonl").read_text().splitlines()}

    process = start(work)
    running = until(lambda: started_by(process.pid) or process.poll() is not None)
    process.kill()
    process.communicate()
    if running is not True:
        until(lambda: not any(worker.is_running() for worker in running))
    with (work / "runs/sweeps/small/points.jsonl").open("a") as file:
        file.write('["0123456789abcdef", {"test.f1": 0.')  # cut off, as by a kill

    process = start(work)
    process.communicate()
    assert process.returncode == 1
    assert parquet(work) == slow
    lines = (work / "runs/sweeps/small/points.jsonl").read_text().splitlines()
    assert kept <= {*lines}
    assert len(lines) == 3 + 1  # no point was measured twice


@pytest.mark.ci
def test_a_wider_sweep_adds_what_is_new_and_reads_the_old_networks(undisturbed, work):
    before = work / "runs/sweeps/small"
    copytree(undisturbed.run, before, ignore=lambda *_: ["figures"])
    wider = "  - {hidden_units: [[3]], threshold: [youden]}\n"
    (work / "small.yaml").write_text(FILE.rsplit("\n", 2)[0] + "\n" + wider)
    process = start(work)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert "4 points, 3 of them done; to train: 0 networks" in err
    table = pd.read_parquet(work / "runs/sweeps/small/results.parquet")
    assert table["error"].isna().all()
    assert table["network"].nunique() == 2
    assert {*table["training"]} == {"report"}


class Here:
    """A pool without processes."""

    slots = 2

    def submit(self, function, /, *arguments):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def only_ours():
    """Hide from the collector what other tests left: it puts collections off."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.ci
@pytest.mark.usefixtures("only_ours")
def test_memory_does_not_grow_with_the_number_of_points(work, monkeypatch):
    """Measured in what one start holds while it runs, not in what it writes."""
    monkeypatch.chdir(work)
    held = []
    for n in (2, 50, 400):  # the first compiles
        text = FILE.split("grid:")[0] + f"grid: {{seed: {[*range(n)]}}}\n"
        (work / "small.yaml").write_text(text)
        run = work / f"run-{n}"
        (run / "networks").mkdir(parents=True)
        state = sweep.Sweep(sweep_file.plan(sweep_file.read("small.yaml")), run)
        tracemalloc.start()
        state.run(Here())
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(state.journal.keys) == n
    assert held[2] < held[1] + 350 * 4000  # a network and its row are 8 kB


# A cluster


@pytest.fixture
def other_cluster(tmp_path):
    """Give the address of a scheduler with one worker, started by dask's command."""
    started = []

    pytest.importorskip("distributed")

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


@pytest.mark.ci
def test_a_running_scheduler_gives_the_same(work, undisturbed, other_cluster):
    process = start(work, "--scheduler", other_cluster)
    _, err = process.communicate()
    assert process.returncode == 1, err
    assert "workers: 1" in err
    assert parquet(work) == parquet(undisturbed.cwd)


def test_no_scheduler_is_said_in_one_line():
    cluster = pytest.importorskip("lopsided.pipeline.cluster")
    expected = r"^no dask scheduler answers at tcp://127.0.0.1:1; start one [^\n]+$"
    with (
        pytest.raises(InputError, match=expected),
        cluster.connect("tcp://127.0.0.1:1", [], print),
    ):
        pass


def fake_client(**changes):
    """Stand in for a client of workers that differ."""
    here = {"python": "3.12.1.final.0", "lopsided": "0.1.0", "numpy": "2.4.0"}
    there = here | changes.pop("packages", {})
    threads = changes.get("threads", 1)
    code = changes.get("code", points.code_version())
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
        ({"threads": 4}, "has 4 threads, and training needs a process of its own"),
        ({"code": "other"}, "has other sources of lopsided"),
    ],
)
def test_a_worker_that_differs_is_refused(changes, message):
    cluster = pytest.importorskip("lopsided.pipeline.cluster")
    with pytest.raises(InputError) as caught:
        cluster.check_workers(fake_client(**changes))
    assert message in str(caught.value)
    cluster.check_workers(fake_client(packages={"python": "3.12.9.final.0"}))


def test_a_table_that_a_worker_does_not_see_is_shipped(tmp_path, monkeypatch):
    cluster = pytest.importorskip("lopsided.pipeline.cluster")
    # It would be this process whose cores are set.
    monkeypatch.setattr(cluster.processes, "use_cores", lambda n: None)
    content = b"a,b\n1,2\n"
    (tmp_path / "t.csv").write_bytes(content)
    digest = cluster.digest_of(str(tmp_path / "t.csv"))
    worker = SimpleNamespace(local_directory=str(tmp_path), address="tcp://w")

    def setup(path, shipped):
        cluster.Workplace({path: (digest, shipped)}).setup(worker)
        return points.TABLES.pop(path)

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
    declared = sweep_file.declared(sweep_file.read(folder() / "sweep.yaml"))
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
            "network": ["a", "b", "c", "d"],
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
