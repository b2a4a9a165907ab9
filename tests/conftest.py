"""What several tests share."""

import multiprocessing.process
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from lopsided.table.simulate import clinic

ROOT = Path(__file__).parents[1]

# Tests and their kernels share the cores: a second thread of each would only wait for
# the others'. What threads do to numbers, test_same_numbers asks.
for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# The same examples each time, so that a change is blamed for what it breaks; at night
# (HYPOTHESIS_PROFILE=nightly), many new ones.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=150)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

#: Names the folder of what tests and kernels of nbval share: see `trained_once.py`.
SHARED = "LOPSIDED_TESTS_SHARED"

# What a shell starts in its background is deaf to Ctrl-C, and so is all that this
# starts. But here tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: Seconds after which something hangs. No test needs as long, however slow the machine.
HANGS = 900


def until(condition, what="it"):
    """Wait for an event; give what the condition gave."""
    end = time.monotonic() + HANGS
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come in {HANGS} s"
        time.sleep(0.05)
    return found


def started_by(pid):
    """Map the processes below one, but for those that have ended, to their commands."""
    commands = {}
    with suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                commands[process] = " ".join(process.cmdline())
    return commands


def role(name, processes):
    """Give those of the processes that call themselves so: worker, kernel or server."""
    found = []
    for process in processes:
        with suppress(psutil.Error):
            if process.name() == f"lopsided {name}":
                found.append(process)
    return found


def in_ci(values, *here):
    """Give values for a test: `make test` tries those named `here`, CI the rest too."""
    assert {*here} <= {*values}
    rest = [pytest.param(value, marks=pytest.mark.ci) for value in values]
    return [v if v in here else p for v, p in zip(values, rest, strict=True)]


def nbval(path, environment=os.environ):
    """Compare a notebook's checked outputs with a fresh execution, in a process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest"]
    command += ["--nbval-lax", "--nbval-current-env", str(path)]
    return subprocess.run(
        command,
        env={**environment, "PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )


def pytest_configure(config):
    """Let nbval wait for a kernel until only a hang is left, and kernels share.

    Two kernels that start at once could draw the same port, and one would die. So they
    talk through files, as those of a run do.
    """
    if not hasattr(config.option, "nbval_kernel_startup_timeout"):
        return
    from nbval.kernel import KernelManager, RunningKernel

    config.option.nbval_kernel_startup_timeout = HANGS
    await_reply, start = RunningKernel.await_reply, RunningKernel.__init__

    def patient(kernel, msg_id, timeout=None):
        return await_reply(kernel, msg_id, timeout and max(timeout, HANGS))

    def sharing(kernel, *given, **named):
        shared = os.environ[SHARED]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("IPYTHONDIR", shared)
            if os.name == "posix":
                file = f"{tempfile.mkdtemp(dir=shared)}/k"
                through_files = {"transport": "ipc", "connection_file": file}
                manager = partial(KernelManager, **through_files)
                patch.setattr("nbval.kernel.KernelManager", manager)
            start(kernel, *given, **named)

    RunningKernel.await_reply, RunningKernel.__init__ = patient, sharing
    if not hasattr(config, "workerinput"):  # the one process that starts the others
        folder = tempfile.TemporaryDirectory(
            prefix="nbval-", ignore_cleanup_errors=True
        )
        config.add_cleanup(folder.cleanup)
        os.environ[SHARED] = folder.name
        first = Path(folder.name, "profile_default/startup")
        first.mkdir(parents=True)
        script = str(ROOT / "tests/trained_once.py")  # leaves no name in the notebook
        share = f"__import__('runpy').run_path({script!r})['share']()\n"
        (first / "share.py").write_text(share)


def pytest_ignore_collect(collection_path, config):
    """Do not even import a file that is slow as a whole, where only others are run."""
    if config.option.markexpr == "not slow" and collection_path.suffix == ".py":
        text = collection_path.read_text(encoding="utf-8")
        return "\npytestmark = pytest.mark.slow" in text or None
    return None


#: The files that take longest, in that order: what starts last is waited for alone.
LONGEST = (
    "site sweep faults lab report running_notebooks same_numbers exercises packed "
    "rerun golden fault_matrix"
).split()


@pytest.hookimpl(tryfirst=True)  # before those that are slow are left out
def pytest_collection_modifyitems(items):
    """Start the longest files first; give a cell's output the same patience."""
    slow = set()
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if item.get_closest_marker("slow") or _is_cell(item):
            slow.add(item.path)
        if _is_cell(item):
            item.output_timeout = HANGS
    places = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    last = len(places)
    items.sort(  # stable
        key=lambda item: places.get(item.path.stem, last + (item.path not in slow))
    )


def _is_cell(item):
    return item.path.suffix == ".ipynb"


@pytest.fixture(autouse=True)
def _no_process_in_a_quick_test(request, monkeypatch):
    """Refuse a process to a test that is not marked as slow."""
    if request.node.get_closest_marker("slow") or _is_cell(request.node):
        return

    popen = subprocess.Popen.__init__

    def refuse(self, command=None, *args, **kwargs):
        words = command.split() if isinstance(command, str) else command
        # jupytext asks pandoc for its version, when it is imported.
        if words and Path(words[0]).stem in ("git", "pandoc"):
            return popen(self, command, *args, **kwargs)
        pytest.fail("a test that starts a process is marked slow")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)


@pytest.fixture(scope="session")
def tiny_clinic(tmp_path_factory):
    """Path of a simulated clinic with 200 rows."""
    path = tmp_path_factory.mktemp("data") / "clinic.csv"
    clinic(200, seed=1)[0].to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def real_data():
    """Path of the published file; the test is skipped where it is absent."""
    default = ROOT / "../shared/data/KaggleV2-May-2016.csv.zip"
    path = Path(os.environ.get("LOPSIDED_REAL_DATA", default))
    if not path.exists():
        pytest.skip(f"the published file is not at {path}; set LOPSIDED_REAL_DATA")
    return path
