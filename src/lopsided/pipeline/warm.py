"""The server: what workers and kernels need is imported once, and they are its forks.

Importing takes a worker or a kernel two to four seconds of a core, and a run has a
dozen of them.
"""

import os
from contextlib import chdir, suppress
from importlib import import_module
from pathlib import Path

from lopsided.pipeline import processes

#: Modules that the notebooks and the training import, and those that run a notebook.
MODULES = (
    "lopsided.pipeline.kernels",
    "lopsided.pipeline.saved_once",
    "lopsided.pipeline.training",
    "lopsided.compiled",
    "lopsided.compiled_prediction",
    "lopsided.report.choice_figures",
)


def warm() -> None:
    """Import; what fails here fails again where it is needed, and is told there."""
    processes.call("server")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with chdir(Path(__file__).parent):  # not beside a reader's matplotlibrc
        for name in MODULES:
            with suppress(Exception):  # an extra that is absent; too little memory
                import_module(name)


if "LOPSIDED_SERVER" in os.environ:  # else someone only reads this
    warm()
