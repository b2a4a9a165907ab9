"""Processes that are forks of a warm one, and their kernels, are as any others."""

import json
import os
import subprocess
import sys
import time
from multiprocessing import forkserver

import nbformat
import pytest
from conftest import HANGS, role, started_by, until
from nbformat.v4 import new_code_cell, new_notebook

from lopsided.pipeline import processes
from lopsided.pipeline.notebooks import execute

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none is a fork"),
]


@pytest.fixture(autouse=True, scope="module")
def no_other_server():
    """Other tests here start a server of their own, and there is one a process."""
    forkserver._forkserver._stop()
    yield
    forkserver._forkserver._stop()


#: What a kernel can tell of itself; what differs from one to the next is left out.
CELLS = """
import json, logging, os, signal, sys, tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np

words = {
    "flags": [sys.flags.optimize, sys.flags.utf8_mode, sys.flags.dev_mode],
    "variables": sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(("PYTHON", "MPL", "OPENBLAS", "OMP", "LOKY", "LOPSIDED"))
    ),
    "own folder": Path(os.environ["IPYTHONDIR"]).name[:6],
    "signals": [str(signal.getsignal(s)) for s in (signal.SIGTERM, signal.SIGINT)],
    "logging": logging.root.manager.disable,
    "group": os.getpgid(0) == os.getpid(),
    "folder": os.getcwd(),
    "temporary": tempfile.gettempdir(),
    "backend": mpl.get_backend(),
    "settings": dict(mpl.rcParams)["figure.dpi"],
    "errors": str(np.geterr()),
    "modules here": [str(p) for p in sys.path if p == os.getcwd()],
    "debug": __debug__,
    "name": Path("/proc/self/comm").read_text().strip(),
}
print(json.dumps(words))
"""


def told(tmp_path, name, code, fresh=True):
    """Execute a cell as a run does, in a worker; give what it prints."""
    source, output = tmp_path / "source.ipynb", tmp_path / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(code)]), source)
    with processes.workers(1, tmp_path / "log", fresh=fresh) as pool:
        pool.submit(execute, source, output, {}).result()
    return nbformat.read(output, 4).cells[-1].outputs[0].text


@pytest.mark.parametrize("beside", ["nothing", "its own modules and settings"])
def test_a_kernel_that_is_a_fork_is_as_any_other(beside, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    if beside != "nothing":
        (here / "calendar.py").write_text("raise RuntimeError")
        (here / "matplotlibrc").write_text("figure.dpi: 7")
        monkeypatch.setenv("LOPSIDED_WORD", "said after the server had started")
        monkeypatch.setenv("PYTHONBREAKPOINT", "0")
    forked = json.loads(told(tmp_path, "forked", CELLS))
    monkeypatch.setattr(processes, "can_fork", lambda: False)
    assert forked == json.loads(told(tmp_path, "started", CELLS))
    assert forked["name"] == "lopsided kernel"
    assert forked["variables"]


FAMILY = """
import psutil
print([p.name() for p in psutil.Process().parents()])
"""


def test_a_worker_for_one_job_has_a_fork_for_its_kernel(tmp_path):
    family = told(tmp_path, "fresh", FAMILY)
    assert family.startswith("['lopsided worker', 'lopsided server'"), family
    # Who has done other jobs would hand on what they left.
    code = "import psutil\nprint(psutil.Process().cmdline())"
    assert "lopsided.pipeline.kernels" in told(tmp_path, "used", code, fresh=False)
    assert "lopsided.pipeline.kernels" not in told(tmp_path, "again", code)


def number(_=None):
    return os.getpid()


def test_each_job_has_a_process_of_its_own_where_that_is_asked():
    for fresh, different in ((True, 3), (False, 1)):
        with processes.workers(1, fresh=fresh) as pool:
            pids = {pool.submit(number, k).result() for k in range(3)}
        assert len(pids) == different


@pytest.mark.parametrize(
    ("options", "forks"),
    [
        ([], True),
        (["-P"], True),
        (["-O"], False),
        (["-W", "error"], False),
        (["-X", "dev"], False),
    ],
)
def test_options_of_python_do_not_reach_kernels(options, forks):
    code = "from lopsided.pipeline import processes; print(processes.can_fork())"
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    assert done.stdout.strip() == str(forks)


def busy(path):
    """Run a notebook that does not end by itself."""
    cell = "import signal\nsignal.pause()"
    nbformat.write(new_notebook(cells=[new_code_cell(cell)]), path)
    execute(path, path.with_name("out.ipynb"), {})


@pytest.mark.parametrize("whom", ["worker", "kernel"])
def test_a_kernel_ends_with_its_worker(whom, tmp_path):
    with (
        pytest.raises(Exception, match=r"died|terminated"),
        processes.workers(1, fresh=True) as pool,
    ):
        future = pool.submit(busy, tmp_path / "busy.ipynb")
        kernels = until(lambda: role("kernel", started_by(os.getpid())))
        time.sleep(1)  # it is about to run the cell, or runs it
        for process in role(whom, started_by(os.getpid())):
            process.kill()
        future.result()
    until(lambda: not any(kernel.is_running() for kernel in kernels))
