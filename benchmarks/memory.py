"""How much memory a tall table takes, step by step, as multiples of its file.

``python memory.py [ROWS]`` invents two tables, a million rows each if not told
otherwise: one of numbers alone, and one with text. For each step of a report it prints
the most that it held, and what stays; then the most that the kernel of each notebook
held which reads the table. What Python and the libraries take by themselves is not
counted: all has been done once before, on a few rows. Linux only: the system is asked
for the peak, and told to forget it.
"""

import os
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell

from lopsided import engines
from lopsided.parameters import Parameters
from lopsided.report import baselines, choosing, experiment, health
from lopsided.table import coded
from lopsided.table.dataset import load
from lopsided.table.memory import give_back

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
READERS = ("03_training", "04_threshold_analysis", "05_report")


def invented(n):
    """Make six numbers, three columns of text with 18 categories, and a target."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=n).round(3) for i in range(6)})
    for name, k in (("a", 4), ("b", 6), ("c", 8)):
        frame[name] = rng.choice([f"{name}{j}" for j in range(k)], n)
    z = frame["x0"] - frame["x1"] * frame["x2"] - 2 + (frame["a"] == "a1")
    return frame.assign(y=np.where(rng.random(n) < 1 / (1 + np.exp(-z)), "yes", "no"))


def resident(what):
    """Ask the system for ``VmRSS``, what is held now, or ``VmHWM``, the most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))


def steps(path, step):
    """Go through the steps of a report, each by way of ``step``."""
    given = Parameters(data=str(path), target="y", n_bootstrap=100)
    d = step("load", lambda: load(given))
    step("promise", lambda: health.promise(d))
    p = step("choose", lambda: choosing.choose(d.parameters, d)).parameters
    fitted = step("fit", lambda: experiment.fit(p, d))
    step("measure", lambda: experiment.measure(p, d, fitted))
    step("baselines", lambda: baselines.measure(p, d, fitted, 0.2))


def run_cells(name, path):
    """Run a notebook's code as a kernel would, and give the most that it held."""
    Path("/proc/self/clear_refs").write_text("5")
    shell = InteractiveShell()
    for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells:
        if cell.cell_type == "code":
            given = "parameters" in cell.metadata.get("tags", [])
            own = (
                f"\ndata, target, training = {str(path)!r}, 'y', 'report'"
                "\nepochs, n_bootstrap = 2, 100"
            )
            with redirect_stdout(StringIO()):
                shell.run_cell(cell.source + own * given).raise_error()
    return resident("VmHWM")


def kernel(name, few, tall):
    """Print what a notebook held of a tall table; in a process of its own."""
    os.environ["MPLBACKEND"] = "agg"
    size, usual = Path(tall).stat().st_size, (engines.WORTH_LOADING, coded.TALL)
    engines.WORTH_LOADING = coded.TALL = 0  # so that the same libraries are loaded
    run_cells(name, few)
    engines.WORTH_LOADING, coded.TALL = usual
    give_back()
    before = resident("VmRSS")
    most = (run_cells(name, tall) - before) / size
    print(f"{name:22} at most {most:5.2f} times", flush=True)


def measure(frame):
    """Measure the steps on a table, and print them."""
    with TemporaryDirectory() as folder:
        few, tall = Path(folder, "few.csv"), Path(folder, "tall.csv")
        frame[:2500].to_csv(few, index=False)
        frame.to_csv(tall, index=False)
        del frame
        steps(few, lambda _, do: do())
        give_back()
        size, before = tall.stat().st_size, resident("VmRSS")
        print(f"a table of {size / 1e6:.1f} MB")

        def step(name, do):
            Path("/proc/self/clear_refs").write_text("5")
            done = do()
            if name == "load":
                as_array = done.X_train.nbytes + done.X_test.nbytes
                print(f"its input as an array: {as_array / size:.2f} times")
            most, stays = ((resident(w) - before) / size for w in ("VmHWM", "VmRSS"))
            print(f"{name:10} at most {most:5.2f} times, then {stays:5.2f}", flush=True)
            return done

        steps(tall, step)
        for name in READERS:
            again = [sys.executable, __file__, "kernel", name, str(few), str(tall)]
            subprocess.run(again, check=True)


def main(*arguments):
    """Measure two tables; or one notebook, where ``kernel`` is the first argument."""
    if arguments[:1] == ("kernel",):
        kernel(*arguments[1:])
        return
    numbers = ["y", *(f"x{i}" for i in range(6))]
    for columns in (numbers, slice(None)):
        measure(invented(int(*arguments or [10**6])).loc[:, columns])


if __name__ == "__main__":
    main(*sys.argv[1:])
