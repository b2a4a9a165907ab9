"""Inject faults: *what* x *when* x *whom*, and count what came of them.

    python tests/faults.py --kills 300 --tables 3000 --seed 0

A fault is survived when the run that stood stands, or a whole new one in its place;
when the command says one line and ends with a code of its own; when no process and,
after the next start, no file is left behind. `tests/test_fault_matrix.py` tries a small
sample of both.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import test_faults as base
from conftest import role, started_by
from test_faults import LOCK_ONLY, Lopsided, hidden, marked, number_of, until, write

from lopsided import cli
from lopsided.pipeline import predict, scratch
from lopsided.pipeline.folders import RunFolder
from lopsided.table.simulate import clinic

assert predict  # what a fork needs is imported before

WHEN = ("starting", "running", "ending")
#: What is done, to whom, and the exit codes that may follow.
REPORT = {
    ("kill", "command"): {-9, 0},
    ("kill", "its group"): {-9, 0},
    ("kill", "a worker"): {0, 1},
    ("kill", "a kernel"): {0, 1},
    ("kill", "a server"): {0, 1},
    ("SIGTERM", "command"): {130, 0, -15},
    ("Ctrl-C", "its group"): {130, 0, -2},
    ("full disk", "command"): {0, 1, 2},
    ("short memory", "command"): {0, 1, 2},
    ("slow machine", "command"): {0},
    ("slow machine", "a worker"): {0},
    ("slow machine", "a kernel"): {0},
}
#: Short commands, each with the file that it makes and the file's lines.
SHORT = {
    "simulate": (["simulate", "new.csv", "--rows", "3000"], "new.csv", 3001),
    "predict": (["predict", "clinic.csv", "-o", "p.csv"], "p.csv", 201),
}
KILLS = ("kill", "SIGTERM", "Ctrl-C")
SWEEP = """
name: s
metric: test.f1
base: {data: clinic.csv, epochs: 200, n_bootstrap: 0}
grid: {hidden_units: [[1], [2], [3]], threshold: [0.2, youden]}
"""


class Place:
    """A folder with a table, a whole run ``r``, and what the command needs."""

    def __init__(self, root):
        self.root = root
        self.small = root / "small"
        self.small.mkdir(parents=True)
        base.write_small(self.small)
        self.table = root / "clinic.csv"
        clinic(200, seed=1)[0].to_csv(self.table, index=False)
        self.server = base.start_server()
        self.swept = b""  # the table of the small sweep

    def fresh(self):
        """Give an empty folder with the run in it."""
        cwd = self.root / "work"
        shutil.rmtree(cwd, ignore_errors=True)
        cwd.mkdir()
        with RunFolder("r", cwd / "runs").building() as stage:
            write(stage, 1)
        return cwd

    def model(self):
        """Train a model, once, and put it where ``predict`` looks."""
        from test_overview import make_run

        runs = self.root / "runs"
        if not runs.exists():
            make_run(runs, "default", self.table, epochs=1)
        return runs


def check_places(cwd):
    """Fail unless the run stands whole, or a whole new one with it as the previous."""
    runs = cwd / "runs"
    if (runs / "r/metrics.json").exists():
        assert number_of(runs / "r.previous") == 1
    elif (runs / "r").exists():
        assert number_of(runs / "r") == 1
    else:  # between two renames; the next start finishes it
        assert hidden(runs) != LOCK_ONLY


def check_nothing_left(cwd, command):
    """Fail if the next start would leave something behind."""
    with RunFolder("r", cwd / "runs").locked():
        check_places(cwd)
        assert hidden(cwd / "runs") == LOCK_ONLY
    before, tempfile.tempdir = tempfile.tempdir, str(command.scratch)
    try:
        scratch.delete_abandoned(age=0)
    finally:
        tempfile.tempdir = before
    left = [p.name for p in command.scratch.iterdir()]
    assert not [n for n in left if n.startswith(("lopsided-", "dask"))], left


def whom(command, name):
    """Find the processes that a fault is done to; at times there is none."""
    main = command.process.pid
    if name == "command":
        return [main]
    if name == "its group":
        return [-main]
    found = role(name.removeprefix("a "), marked(command.mark))
    return [process.pid for process in found][:1]


def fault_report(place, draw, what, when, name):
    """Run a report, do that to it, and check what became of it; give how it ended."""
    cwd = place.fresh()
    limits = {}
    if what == "full disk":
        limits["largest_file"] = int(10 ** draw.uniform(1, 5))
    if what == "short memory":
        limits["memory"] = int(10 ** draw.uniform(8.3, 9.5))
    command = Lopsided(
        place.server, cwd, place.small, place.table, fault="wait", **limits
    )
    ended = lambda: command.process.exitcode is not None  # noqa: E731
    if when != "starting":
        both = [".r.new-*/one.started", ".r.new-*/two.started"]
        until(lambda: ended() or all(map(list, map(command.runs.glob, both))))
    if when == "ending" or what in ("full disk", "short memory", "slow machine"):
        (command.cwd / "go").touch()
    time.sleep(draw.uniform(0, 1.5 if when == "starting" else 0.8))
    targets = [] if limits else whom(command, name)
    met = bool(limits) or (bool(targets) and not ended())
    signals = {"kill": signal.SIGKILL, "SIGTERM": signal.SIGTERM}
    signals |= {"Ctrl-C": signal.SIGINT, "slow machine": signal.SIGSTOP}
    for target in targets:
        with suppress(ProcessLookupError):
            os.kill(target, signals[what])
    if what == "slow machine":
        time.sleep(draw.uniform(1, 4))
        for target in targets:
            with suppress(ProcessLookupError):
                os.kill(target, signal.SIGCONT)
    (command.cwd / "go").touch()
    code, lines = command.ended()
    said = [line for line in lines if " done in " not in line]
    assert code in REPORT[what, name], (code, lines)
    assert len(said) <= 1, lines
    assert (code in (1, 2, 130)) <= bool(said), lines
    assert all(line.startswith("lopsided: ") for line in said), lines
    check_places(cwd)
    check_nothing_left(cwd, command)
    return f"code {code}" if met else "too late"


def forked(work, be):
    """Run a function in a fork of this process, which has all imported; give its id."""
    later = {signal.SIGINT, signal.SIGTERM}  # until the fork is what it is to be
    signal.pthread_sigmask(signal.SIG_BLOCK, later)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, later)
        return pid
    try:
        os.setsid()
        os.chdir(work)
        said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, later)
        be()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    except KeyboardInterrupt:  # before the command began
        os._exit(130)
    except BaseException:
        traceback.print_exc()
    os._exit(99)


def stopped(pid, number, seconds):
    """Send a signal after a while; give the exit code, and whether it was in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and psutil.Process(pid).status() != "zombie":
        time.sleep(0.002)
    met = psutil.Process(pid).status() != "zombie"
    os.kill(pid, number)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), met


def fault_short(place, draw, what, _, name):
    """Stop a command that writes one file: the file is whole, or not there."""
    arguments, file, lines = SHORT[name]
    runs = place.model()
    work = place.root / "short"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "runs").symlink_to(runs)
    shutil.copy(place.table, work)

    def be():
        sys.argv = ["lopsided", *arguments]
        cli.main()

    number = {"kill": 9, "SIGTERM": 15, "Ctrl-C": 2}[what]
    code, met = stopped(forked(work, be), number, 10 ** draw.uniform(-2, 0))
    said = (work / "said").read_text() if (work / "said").exists() else ""
    assert code in (0, 130, -number), (code, said)
    assert "Traceback" not in said, said
    if (work / file).exists():
        assert len((work / file).read_text().splitlines()) == lines
    else:
        assert code != 0
    return f"code {code}" if met else "too late"


def start_sweep(work):
    """Start a small sweep in a folder that has its table."""
    (work / "s.yaml").write_text(SWEEP)
    return subprocess.Popen(
        [sys.executable, "-m", "lopsided", "sweep", "s.yaml"],
        cwd=work,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def swept(work):
    """Let a sweep end; give its table."""
    sweep = start_sweep(work)
    said = sweep.communicate()[1]
    assert sweep.returncode == 0, said
    return (work / "runs/sweeps/s/results.parquet").read_bytes()


def fault_sweep(place, draw, what, when, name):
    """Stop a sweep; the next start ends with the table of one that ran through."""
    work = place.root / "sweep"
    if not place.swept:
        place.swept = swept(place.root)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(place.table, work)
    sweep = start_sweep(work)
    points = work / "runs/sweeps/s/points.jsonl"
    wanted = {"starting": 0, "running": 1, "ending": 6}[when]
    lines = lambda: points.read_text().splitlines() if points.exists() else []  # noqa: E731
    until(lambda: sweep.poll() is not None or len(lines()) >= wanted)
    time.sleep(draw.uniform(0, 1))
    workers = [process.pid for process in role("worker", started_by(sweep.pid))]
    targets = {"command": [sweep.pid], "its group": [-sweep.pid]}
    targets["a worker"] = workers[:1]
    met = sweep.poll() is None and bool(targets[name])
    number = {"kill": 9, "SIGTERM": 15, "Ctrl-C": 2}[what]
    for target in targets[name] if met else []:
        with suppress(ProcessLookupError):
            os.kill(target, number)
    said = [line for line in sweep.communicate()[1].splitlines() if line]
    code, kept = sweep.returncode, {*lines()}
    assert code in ({0, 1} if name == "a worker" else {0, 130, -number}), (code, said)
    assert not any("Traceback" in line for line in said), said
    if code == 130:
        assert said[-1].startswith("lopsided: interrupted"), said
    assert swept(work) == place.swept
    whole = {line for line in kept if line.endswith("]")}  # a kill may cut one off
    assert whole <= {*lines()}
    return f"code {code}" if met else "too late"


def slowed(real):
    """Let a step of the disk take longer than what lies between two."""

    def step(*arguments, **options):
        real(*arguments, **options)
        time.sleep(0.002)

    return step


def fault_swap(place, draw, *_):
    """Kill a process that builds and swaps in a loop, at a random moment."""
    root = place.root / "swap"
    root.mkdir(exist_ok=True)
    run = RunFolder("r", root)
    before = number_of(run.path) or 0

    def be():
        for name in ("mkdir", "rename", "unlink", "rmdir"):
            setattr(os, name, slowed(getattr(os, name)))
        number = before
        while True:
            number += 1
            with suppress(RuntimeError), run.building() as stage:
                write(stage, number)
                raise RuntimeError
            with run.building() as stage:
                write(stage, number)

    stopped(forked(place.root, be), signal.SIGKILL, draw.uniform(0, 0.2))
    met = base.phase(root)
    standing, previous = number_of(run.path), number_of(run.previous)
    assert (standing is None and met == "ready") or (standing or 0) >= before
    assert number_of(run.failed) is None or (standing or 0) <= number_of(run.failed)
    with run.locked():
        standing, previous = number_of(run.path) or 0, number_of(run.previous)
        assert standing >= before
        assert previous in (None, standing - 1)
        assert hidden(root) == LOCK_ONLY
    return f"while {met}"


def faults(draw, n):
    """List n faults, from every corner of the matrix in turn."""
    corners = [
        (fault_report, what, when, name) for what, name in REPORT for when in WHEN
    ]
    sweeps = [(what, name) for what in KILLS for name in ("command", "its group")]
    sweeps.append(("kill", "a worker"))
    corners += [(fault_sweep, what, w, name) for what, name in sweeps for w in WHEN]
    short = [(fault_short, what, "at random", name) for what in KILLS for name in SHORT]
    corners += short * 20 + [(fault_swap, "kill", "at random", "a swap")] * 170
    draw.shuffle(corners)
    return [corners[k % len(corners)] for k in range(n)]


def say(line):
    """Print at once, so that a run that is stopped has told what it did."""
    print(line, flush=True)


def inject(root, n, seed, tell=say):
    """Try n faults; give how often each ended how, and what was not survived."""
    draw, place = random.Random(seed), Place(root)
    counts, broken = Counter(), []
    for do, what, when, name in faults(draw, n):
        try:
            end = do(place, draw, what, when, name)
            tell(f"{what}, {when}, {name}: {end}")
        except AssertionError as error:
            end = "NOT SURVIVED"
            broken.append((what, when, name, str(error)[:500]))
            tell(f"NOT SURVIVED: {broken[-1]}")
        name = f"a sweep: {name}" if do is fault_sweep else name
        counts[what, when, name, end] += 1
    return counts, broken


def fuzz(root, n, seed, tell=say):
    """Read n odd tables, half of them CSV and half Parquet; count what came of them."""
    import hypothesis
    import test_reader_fuzz as fuzzed
    from hypothesis import given, settings

    counts, broken = Counter(), []
    kinds = {"CSV": fuzzed.csv_files(), "Parquet": fuzzed.parquet_files()}

    def checked(kind, files):
        @hypothesis.seed(seed)
        @settings(
            max_examples=n // 2,
            suppress_health_check=fuzzed.SLOW,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[hypothesis.Phase.generate],
        )
        @given(files, fuzzed.parameters())
        def check(content, values):
            try:
                counts[kind, fuzzed.outcome(content, values, root / "t")] += 1
            except Exception as error:
                counts[kind, "NOT SURVIVED"] += 1
                broken.append((kind, values, repr(error)[:500]))
                tell(f"NOT SURVIVED: {broken[-1]}")

        return check

    for kind, files in kinds.items():
        checked(kind, files)()
    return counts, broken


def main():
    """Print the counts as tables; end with 1 if anything was not survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--tables", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        counts, broken = inject(root / "faults", asked.kills, asked.seed)
        tables, odd = Counter(), []
        if asked.tables:
            tables, odd = fuzz(root, asked.tables, asked.seed)
    print(f"\n{'what':14}{'when':12}{'whom':22}{'ended':18}{'times':>6}")
    for (what, when, whom, end), n in sorted(counts.items()):
        print(f"{what:14}{when:12}{whom:22}{end:18}{n:6}")
    live = sum(n for (*_, end), n in counts.items() if end != "too late")
    print(
        f"{counts.total()} faults, {live} of them met what they were for; "
        f"{len(broken)} not survived"
    )
    for (kind, end), n in sorted(tables.items()):
        print(f"{kind:14}{end:18}{n:6}")
    print(f"{tables.total()} tables, {len(odd)} not survived")
    return int(bool(broken or odd))


if __name__ == "__main__":
    sys.exit(main())
