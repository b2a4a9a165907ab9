"""Faults: kills, Ctrl-C, full disks, dead kernels. What was whole stays whole.

The command runs here as it is, mostly on two small notebooks that misbehave as asked.
With ``LOPSIDED_NIGHTLY=1`` there are many more kills.
"""

import hashlib
import inspect
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress

import psutil
import pytest
from conftest import HANGS, ROOT, in_ci, until

from lopsided.pipeline.folders import RunFolder

if os.name == "nt":
    pytest.skip("POSIX signals", allow_module_level=True)

import re
import resource

pytestmark = pytest.mark.slow

NIGHTLY = bool(os.environ.get("LOPSIDED_NIGHTLY"))
LOCK_ONLY = [".r.lock"]


def hidden(root):
    return sorted(p.name for p in root.iterdir() if p.name.startswith("."))


# --- The swap: killed at random moments, and after every single step ---


def write(folder, number, files=3):
    """Fill a folder that can tell which one it is, and whether it is whole."""
    digest = hashlib.sha256()
    for k in range(files):
        content = f"{number} {k}\n".encode() * 400
        (folder / f"{k}.txt").write_bytes(content)
        digest.update(content)
    (folder / "whole").write_text(f"{number} {files} {digest.hexdigest()}")


def number_of(folder):
    """Give the number of a whole folder, None if it is not there; else fail."""
    if not folder.exists():
        return None
    number, files, expected = (folder / "whole").read_text().split()
    contents = [(folder / f"{k}.txt").read_bytes() for k in range(int(files))]
    assert hashlib.sha256(b"".join(contents)).hexdigest() == expected
    assert len(list(folder.iterdir())) == int(files) + 1
    return int(number)


CHURN = f"""
import hashlib, os, sys, time
from pathlib import Path
from lopsided.pipeline.folders import RunFolder

{inspect.getsource(write)}
{inspect.getsource(number_of)}
def slow(name):
    real = getattr(os, name)
    def slowed(*arguments, **options):
        real(*arguments, **options)
        time.sleep(0.0005)
    setattr(os, name, slowed)

for name in ("mkdir", "rename", "unlink", "rmdir"):
    slow(name)
run = RunFolder("r", Path(sys.argv[1]))
with run.locked():
    number = number_of(run.path) or 0
print(number, flush=True)
while True:
    number += 1
    try:
        with run.building() as stage:
            write(stage, number)
            raise RuntimeError
    except RuntimeError:
        pass
    with run.building() as stage:
        write(stage, number)
    print(number, flush=True)
"""


def churn_for(seconds, root):
    """Build and swap in a loop, kill that; give the last number that was done."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHURN, root],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    first = process.stdout.readline()
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    rest = process.communicate()[0].splitlines(keepends=True)
    return int([line for line in [first, *rest] if line.endswith(b"\n")][-1])


def phase(root):
    """Tell what a kill met, from what it left."""
    marks = [name.split(".")[2].split("-")[0] for name in hidden(root)]
    return next((m for m in ("ready", "broken", "old", "new") if m in marks), "between")


@pytest.mark.ci
def test_a_kill_at_any_moment_leaves_whole_runs(tmp_path):
    draw = random.Random(0)
    run = RunFolder("r", tmp_path)
    met = []
    for k in range(1000 if NIGHTLY else 100):
        done = churn_for(draw.uniform(0, 0.08), tmp_path)
        met.append(phase(tmp_path))
        standing = number_of(run.path)
        if done and not (standing is None and met[-1] == "ready"):
            assert standing in (done, done + 1)
        assert number_of(run.previous) in (None, done - 1, done)
        assert number_of(run.failed) in (None, done, done + 1)
        if k % 3:  # else the next one puts it right
            with run.locked():
                standing = number_of(run.path)
                assert (standing or 0) in (done, done + 1)
                assert number_of(run.previous) in (None, standing - 1)
                assert hidden(tmp_path) == LOCK_ONLY
    with run.building() as stage:
        write(stage, -1)
    assert number_of(run.path) == -1
    assert hidden(tmp_path) == LOCK_ONLY
    # Each takes more than a tenth of the time, so that none is missed by 100 kills.
    assert {"ready", "old", "new"} <= set(met)


class Killed(BaseException):
    """Nothing is done after it, as after a kill."""


@contextmanager
def stopped_after(steps, monkeypatch, error=Killed):
    """Raise after so many changes of the disk; Killed, at each later one as well."""
    count = 0

    def counted(real):
        def change(*arguments, **options):
            nonlocal count
            if count >= steps and error is Killed:
                raise error
            result = real(*arguments, **options)
            count += 1
            if count == steps:
                raise error
            return result

        return change

    with monkeypatch.context() as patch:
        for name in ("mkdir", "rename", "unlink", "rmdir"):
            patch.setattr(os, name, counted(getattr(os, name)))
        yield lambda: count


@pytest.fixture
def three(tmp_path):
    """Give a function that makes a folder with an earlier, a good and a failed run."""
    template = tmp_path / "template"
    run = RunFolder("r", template)
    for number in (1, 2):
        with run.building() as stage:
            write(stage, number)
    with suppress(RuntimeError), run.building() as stage:
        write(stage, 9)
        raise RuntimeError

    def fresh():
        root = tmp_path / "runs"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(template, root)
        return RunFolder("r", root)

    return fresh


def build(run, end):
    with run.building() as stage:
        write(stage, 3)
        if end:
            raise end


def places(run):
    return [number_of(p) for p in (run.path, run.previous, run.failed)]


BEFORE = [2, 1, 9]


@pytest.mark.parametrize(
    ("end", "after"),
    [
        (None, [3, 2, 9]),
        (RuntimeError, [2, 1, 3]),
        (KeyboardInterrupt, [2, 1, 9]),
    ],
)
def test_killed_after_any_step_and_again_while_putting_right(
    three, monkeypatch, end, after
):
    step, completed = 0, False
    while not completed:
        step += 1
        again, put_right = 0, False
        while not put_right:
            again += 1
            run = three()
            stopped = stopped_after(step, monkeypatch)
            with suppress(Killed, end or Killed), stopped as count:
                build(run, end)
            completed = count() < step
            assert places(run)[0] in (2, 3, None)  # None: between two renames
            stopped = stopped_after(again, monkeypatch)
            with suppress(Killed), stopped as count, run.locked():
                pass
            put_right = count() < again
            places(run)
            with run.locked():
                assert places(run) in (BEFORE, after)
                assert hidden(run.root) == LOCK_ONLY
        if completed:
            assert places(run) == after
    assert step > 5


@pytest.mark.parametrize("end", [None, RuntimeError])
def test_ctrl_c_after_any_step_leaves_nothing_to_put_right(three, monkeypatch, end):
    step, completed = 0, False
    while not completed:
        step += 1
        run = three()
        stopped = stopped_after(step, monkeypatch, KeyboardInterrupt)
        with suppress(KeyboardInterrupt, RuntimeError), stopped as count:
            build(run, end)
        completed = count() < step
        assert places(run) in (BEFORE, [3, 2, 9], [2, 1, 3])
        assert hidden(run.root) == LOCK_ONLY
    assert step > 5


# --- The command, on small notebooks that misbehave as asked ---

SMALL = {"one": False, "two": False}
CELLS = {
    "one": """
import os, signal, time
from pathlib import Path

fault = os.environ.get("FAULT")
Path(run_dir, "one.started").touch()
while fault and not Path(run_dir, "two.started").exists():
    time.sleep(0.02)
if fault == "kernel":
    os.kill(os.getpid(), signal.SIGKILL)
if fault == "process":
    os.kill(os.getppid(), signal.SIGKILL)
if fault == "cell":
    raise ValueError("as\\nasked")
if fault == "disk":
    Path(run_dir, "big").write_bytes(bytes(64_000_000))
Path(run_dir, "metrics.json").write_text(Path("metrics.json").read_text())
""",
    "two": """
import os, time
from pathlib import Path

Path(run_dir, "two.started").touch()
while os.environ.get("FAULT") and not Path("go").exists():
    time.sleep(0.02)
""",
}
METRICS = (ROOT / "notebooks/results/simulated.json").read_text(encoding="utf-8")


def become_lopsided(cwd, small, arguments, environment, largest_file, memory=0):
    """Be ``lopsided report``; called in a fork of a process that has it imported."""
    os.setsid()
    os.chdir(cwd)
    os.environ.update(environment)
    for number, name in [(1, "stdout"), (2, "stderr")]:
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    tempfile.tempdir = None  # the server may have asked for it
    from lopsided import cli
    from lopsided.pipeline import notebooks, report

    notebooks.folder = lambda: small
    notebooks.REPORT = SMALL
    report.train = bool  # the small notebooks need no network; a worker has this name
    report.announce = lambda *_: {}  # the documents are made of notebook 05,
    report.card.of_run = lambda _: ""  # and the card of what 03 leaves
    sys.argv = ["lopsided", "report", *arguments]
    cli.main()


class Lopsided:
    """A running ``lopsided report``."""

    def __init__(
        self, server, cwd, small, table, run="r", fault="", largest_file=0, memory=0
    ):
        self.cwd = cwd / f"cwd-{run}"
        self.cwd.mkdir(exist_ok=True)
        (self.cwd / "metrics.json").write_text(METRICS)
        if not (self.cwd / "runs").exists():
            (self.cwd / "runs").symlink_to("../runs")
        self.runs = cwd / "runs"
        self.run = run
        self.mark = str(uuid.uuid4())
        arguments = [str(table), "--run", run]
        self.scratch = cwd / "tmp"
        self.scratch.mkdir(exist_ok=True)
        environment = {"FAULT": fault, "MARK": self.mark, "IPYTHONDIR": str(cwd)}
        environment["TMPDIR"] = str(self.scratch)
        self.process = server.Process(
            target=become_lopsided,
            args=(self.cwd, small, arguments, environment, largest_file, memory),
        )
        self.process.start()

    def wait_for_both(self):
        """Wait until both notebooks run."""
        until(lambda: list(self.runs.glob(f".{self.run}.new-*/two.started")))
        until(lambda: list(self.runs.glob(f".{self.run}.new-*/one.started")))

    def ended(self):
        """Wait for the end; give the exit code and the lines on stderr."""
        self.process.join(HANGS)
        assert self.process.exitcode is not None
        until(lambda: not marked(self.mark))
        said = self.cwd / "stderr"  # not there yet where it was killed at birth
        lines = said.read_text().splitlines() if said.exists() else []
        return self.process.exitcode, [line for line in lines if line]


def marked(mark):
    """List the processes that were started with a mark in their environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("MARK") == mark:
                found.append(process)
    return found


def write_small(folder):
    """Write the small notebooks as pairs."""
    import jupytext
    from nbformat.v4 import new_code_cell, new_notebook

    for name, cell in CELLS.items():
        parameters = new_code_cell("run_dir = None", metadata={"tags": ["parameters"]})
        notebook = new_notebook(cells=[parameters, new_code_cell(cell.strip())])
        notebook.metadata["kernelspec"] = {"name": "python3", "language": "python"}
        notebook.metadata["kernelspec"]["display_name"] = "Python 3"
        jupytext.write(notebook, folder / f"{name}.ipynb")
        jupytext.write(notebook, folder / f"{name}.py", fmt="py:percent")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("small"))


def start_server():
    """Give a process that has the command imported and is forked for each run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["jupytext", "lopsided.pipeline.report", "pytest"])
    return context


@pytest.fixture(scope="module")
def server():
    return start_server()


@pytest.fixture
def runs(tmp_path):
    """Make ``runs`` with a good run ``r``."""
    with RunFolder("r", tmp_path / "runs").building() as stage:
        write(stage, 1)
    return tmp_path / "runs"


@pytest.fixture
def start(server, small, tmp_path, tiny_clinic):
    """Give a function that starts the command, and leave none behind."""
    started = []

    def start(**how):
        started.append(Lopsided(server, tmp_path, small, tiny_clinic, **how))
        return started[-1]

    yield start
    for command in started:
        command.process.kill()
        command.process.join()


def only_line(lines):
    """Give the line that tells of an error; progress may come before, no more."""
    *progress, line = lines
    assert all(" done in " in before for before in progress), lines
    assert line.startswith("lopsided: ")
    return line.removeprefix("lopsided: ")


DIES = {
    "kernel": "one: its kernel died; was memory short? (see runs/r.failed)",
    "process": "one: its process died; was memory short? (see runs/r.failed)",
    "cell": "one, cell 3: ValueError: as asked (see runs/r.failed)",
}


@pytest.mark.parametrize("fault", in_ci(DIES, "kernel"))
def test_a_notebook_that_dies_is_named_and_kept(runs, start, fault):
    """The other notebook is stopped, although it would go on for ever."""
    code, lines = start(fault=fault).ended()
    assert code == 1
    assert only_line(lines).startswith(DIES[fault])
    assert number_of(runs / "r") == 1
    assert hidden(runs) == LOCK_ONLY
    failed = runs / "r.failed"
    assert '"epochs": 400' in (failed / "parameters.json").read_text()
    broken = (failed / "notebooks/one.ipynb").read_text()
    assert str(failed) in broken  # not the folder where it was made
    assert ".r.new-" not in broken


ENDED = {
    "ctrl-c": (signal.SIGINT, True),
    "SIGINT": (signal.SIGINT, False),
    "SIGTERM": (signal.SIGTERM, False),
}


@pytest.mark.parametrize("how", in_ci(ENDED, "ctrl-c"))
def test_an_interruption_leaves_nothing(runs, start, how):
    number, group = ENDED[how]
    command = start(fault="wait")
    command.wait_for_both()
    (os.killpg if group else os.kill)(command.process.pid, number)
    code, lines = command.ended()
    assert only_line(lines).startswith("interrupted")
    assert code == 130
    assert sorted(p.name for p in runs.iterdir()) == [".r.lock", "r"]
    assert number_of(runs / "r") == 1


@pytest.mark.parametrize("whom", in_ci(["group", "alone"], "group"))
def test_a_kill_leaves_the_good_run_and_no_process(runs, start, whom):
    command = start(fault="wait")
    command.wait_for_both()
    (os.killpg if whom == "group" else os.kill)(command.process.pid, signal.SIGKILL)
    code, lines = command.ended()
    assert code == -signal.SIGKILL
    assert all(" done in " in line for line in lines)
    assert number_of(runs / "r") == 1


@pytest.mark.ci
def test_of_two_at_once_one_is_refused_and_another_name_runs(runs, start):
    first = start(fault="wait")
    first.wait_for_both()
    before = hidden(runs)
    code, lines = start().ended()
    assert code == 2
    assert "'r' is being made by another process" in only_line(lines)
    assert hidden(runs) == before
    code, lines = start(run="other").ended()
    assert code == 0, lines
    assert (runs / "other/metrics.json").exists()
    (first.cwd / "go").touch()
    code, lines = first.ended()
    assert code == 0, lines
    assert number_of(runs / "r.previous") == 1
    assert (runs / "r/metrics.json").exists()


def test_of_two_at_the_same_instant_one_builds(runs, start):
    pair = [start(fault="wait"), start(fault="wait")]
    until(lambda: any(c.process.exitcode is not None for c in pair))
    refused, builds = sorted(pair, key=lambda c: c.process.exitcode is None)
    assert builds.process.exitcode is None
    code, _ = refused.ended()
    assert code == 2
    assert len(list(runs.glob(".r.new-*"))) == 1
    builds.process.terminate()


@pytest.mark.ci
def test_a_stage_that_someone_deletes_fails_in_one_line(runs, start):
    command = start(fault="wait")
    command.wait_for_both()
    for stage in runs.glob(".r.new-*"):
        stage.rename(runs.parent / "deleted")  # in one go, while notebooks write there
    (command.cwd / "go").touch()
    code, lines = command.ended()
    assert code == 1
    assert only_line(lines)
    assert number_of(runs / "r") == 1
    assert hidden(runs) == LOCK_ONLY


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (1_000_000, "one, cell 3: OSError: [Errno 27] File too large"),
        (100, "cannot write runs/r.failed: File too large (see"),
    ],
    ids=["in a notebook", "at once"],
)
def test_a_file_that_cannot_be_written(runs, start, largest, expected):
    code, lines = start(fault="disk", largest_file=largest).ended()
    line = only_line(lines)
    assert code == 1
    assert line.startswith(expected)
    assert "File too large" in line
    assert "runs/r.failed" in line
    assert number_of(runs / "r") == 1
    assert hidden(runs) == LOCK_ONLY


@contextmanager
def mounted(folder, *options):
    """Mount a small disk, or skip where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", folder]
    if not shutil.which("mount") or subprocess.run(command, check=False).returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.ci
def test_a_full_disk_loses_nothing_and_the_next_run_works(tmp_path, start):
    runs = tmp_path / "runs"
    with mounted(runs, "-o", "size=4m"):
        with RunFolder("r", runs).building() as stage:
            write(stage, 1)
        code, lines = start(fault="disk").ended()
        assert code == 1
        assert "No space left on device" in only_line(lines)
        assert number_of(runs / "r") == 1
        assert hidden(runs) == LOCK_ONLY
        shutil.rmtree(runs / "r.failed")
        code, lines = start().ended()
        assert code == 0, lines
        assert number_of(runs / "r.previous") == 1


def test_a_read_only_disk_is_refused(tmp_path, start):
    with mounted(tmp_path / "runs", "-o", "ro"):
        code, lines = start().ended()
    assert code == 2
    line = only_line(lines)
    assert re.fullmatch(rf"cannot write in {tmp_path}/.*runs: Read-only .*", line)


# --- The command on its own notebooks ---


@pytest.mark.ci
def test_kills_of_the_real_command(runs, start, tiny_clinic):
    """Each at another moment, from its first imports to its last notebook."""
    draw = random.Random(0)
    cwd = runs.parent
    command = [sys.executable, "-m", "lopsided", "report", str(tiny_clinic)]
    command += ["--run", "r", "-p", "epochs", "3"]
    for _ in range(100 if NIGHTLY else 3):
        mark = str(uuid.uuid4())
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | {"MARK": mark},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(draw.uniform(0.5, 20 if NIGHTLY else 6))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda mark=mark: not marked(mark))
        newest = runs / "r"
        if not (newest / "whole").exists():  # one was faster than the kill
            newest = runs / "r.previous"
            assert (runs / "r/metrics.json").exists()
        assert number_of(newest) == 1
    if NIGHTLY:
        assert subprocess.run(command, cwd=cwd, check=False).returncode == 0
    code, lines = start().ended()
    assert code == 0, lines
    assert hidden(runs) == LOCK_ONLY
