"""The server: what workers and kernels need is imported once, and they are its forks.

Importing takes a worker or a kernel two to four seconds of a core, and a run has a
dozen of them.
"""

import ctypes
import os
import signal
from contextlib import chdir, suppress
from importlib import import_module
from pathlib import Path

from lopsided.pipeline import processes

#: Modules that the training and the notebooks import, and those that run a notebook.
#: SciPy comes early: where its OpenBLAS finds no memory, it tries for ever.
MODULES = (
    "lopsided.pipeline.training",
    "lopsided.pipeline.kernels",
    "lopsided.pipeline.saved_once",
    "lopsided.compiled",
    "lopsided.compiled_prediction",
    "lopsided.report.choice_figures",
)


PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Let Linux kill this process when its parent ends, however busy both are."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        os._exit(1)


def warm() -> None:
    """Import; what fails here fails again where it is needed, and is told there."""
    processes.call("server")
    processes.has_imports = True
    end_with(int(os.environ["LOPSIDED_SERVER"]))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with chdir(Path(__file__).parent):  # not beside a reader's matplotlibrc
        for name in MODULES:
            with suppress(Exception):  # an extra that is absent; too little memory
                import_module(name)


if "LOPSIDED_SERVER" in os.environ:  # else someone only reads this
    warm()
