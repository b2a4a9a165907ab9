"""Notebooks as people run them: as scripts, by papermill, with unusual parameters."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from conftest import in_ci
from nbformat.v4 import new_code_cell, new_notebook

from lopsided.pipeline.kernels import ARGUMENTS
from lopsided.pipeline.notebooks import (
    NotebookError,
    execute,
    folder,
    refresh,
)
from lopsided.pipeline.processes import workers

pytestmark = pytest.mark.slow

NOTEBOOKS = folder()


@pytest.mark.ci
def test_papermill_runs_training_from_another_folder(tmp_path):
    command = [sys.executable, "-m", "papermill", NOTEBOOKS / "03_training.ipynb"]
    command += ["out.ipynb", "-p", "epochs", "40"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "each of 40 epochs" in (tmp_path / "out.ipynb").read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["out.ipynb"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"epochs": -1}, "epochs is -1; allowed: a whole number from 1 to 1000000"),
        ({"epoch": 3}, "there is no parameter 'epoch'; did you mean 'epochs'?"),
    ],
)
def test_a_bad_value_fails_in_the_first_cells_in_one_line(tmp_path, bad, message):
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            NOTEBOOKS / "03_training.ipynb",
            tmp_path / "out.ipynb",
            bad,
            progress_bar=False,
            extra_arguments=ARGUMENTS,
        )
    assert caught.value.ename == "InputError"
    assert caught.value.evalue == message
    assert caught.value.cell_index <= 4
    assert caught.value.traceback == [f"InputError: {message}"]


def outputs(path):
    cells = json.loads(Path(path).read_text())["cells"]
    return json.dumps([c.get("outputs") for c in cells])


UNUSUAL = {
    "one-unit": {"hidden_units": [1], "weighting": "positive", "w": "balanced"},
    "no-hidden-layer": {
        "hidden_units": [],
        "initialisation": "small",
        "threshold": "capacity:3",
        "n_bootstrap": 0,
        "l2": 0.1,
    },
    "two-seeds": {
        "hidden_units": [2, 2, 2],
        "threshold": 0,
        "n_seeds": 2,
        "dtype": "float32",
    },
    "one-batch": {
        "batch_size": 1000,
        "threshold": 1.0,
        "test_size": 0.5,
        "n_bootstrap": 20,
        "n_networks": 2,
    },
}
RUN_EACH = "import runpy, sys; [*map(runpy.run_path, sys.argv[1:])]"


@pytest.mark.ci
@pytest.mark.parametrize("name", ["03_training", "04_threshold_analysis", "05_report"])
def test_tiny_valid_parameters_break_nothing(tmp_path, tiny_clinic, name):
    """Also with 200 rows and one epoch, every assertion and sentence must hold."""
    script = (NOTEBOOKS / f"{name}.py").read_text()
    cell = r"^# %%.*\nfrom lopsided.parameters import .*$"
    (marker,) = re.findall(cell, script, re.M)
    edited = []
    for how, unusual in UNUSUAL.items():
        values = {"epochs": 1, "data": str(tiny_clinic), **unusual}
        given = "\n".join(f"{k} = {v!r}" for k, v in values.items())
        edited.append(tmp_path / f"{how}.py")
        edited[-1].write_text(script.replace(marker, f"# %%\n{given}\n\n{marker}"))
    (tmp_path / "here").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN_EACH, *edited],
        cwd=tmp_path / "here",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    assert not list((tmp_path / "here").iterdir())  # run_dir None: it writes nothing
    if name == "05_report":  # it tells what was used
        runs = len(UNUSUAL)
        assert len(re.findall("Small +of standard deviation", done.stdout)) == 1
        assert len(re.findall("He +keeps the signal", done.stdout)) == runs - 1
        assert done.stdout.count("ReLU (hidden), sigmoid (output)") == runs - 1


def test_what_a_kernel_says_by_itself_is_kept_from_the_terminal(tmp_path, capfd):
    """At shutdown a kernel may print a traceback of its own, of no use to anyone."""
    source, log = tmp_path / "noise.ipynb", tmp_path / "kernels.log"
    shout = "import os; os.system(f'echo shout > /proc/{os.getppid()}/fd/2')"
    nbformat.write(new_notebook(cells=[new_code_cell(shout)]), source)
    with workers(1, log) as pool:
        pool.submit(execute, source, tmp_path / "out.ipynb", {}).result()
    assert capfd.readouterr().err == ""
    if sys.platform == "linux":
        assert "shout" in log.read_text()


#: Longer than nbclient waits for what a cell printed, unless it is told otherwise.
LATE = """
import time
kernel = get_ipython().kernel
publish = kernel._publish_status
def late(status, *more, **options):
    if status == "idle":
        time.sleep(4.5)
        print("printed", flush=True)
    publish(status, *more, **options)
kernel._publish_status = late
"""


@pytest.mark.parametrize("how", in_ci(["in a run", "in place"], "in a run"))
def test_a_kernel_that_answers_late_is_only_slow(tmp_path, how):
    source, output = tmp_path / "source.ipynb", tmp_path / "output.ipynb"
    made = new_notebook(cells=[new_code_cell(LATE)])
    made.metadata.kernelspec = {"name": "python3", "language": "python"}
    nbformat.write(made, source)
    if how == "in a run":
        execute(source, output, {})
    else:
        refresh(source)
        output = source
    assert nbformat.read(output, as_version=4).cells[-1].outputs[0].text == "printed\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_the_notebook_of_a_kernel_that_died_is_there(tmp_path):
    death = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    cells = [new_code_cell("a = 0"), new_code_cell(death)]
    cells[0].metadata["tags"] = ["parameters"]
    source, output = tmp_path / "source.ipynb", tmp_path / "output.ipynb"
    made = new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "language": "python"}
    nbformat.write(made, source)
    with pytest.raises(NotebookError, match="source: its kernel died"):
        execute(source, output, {"a": 7})
    kept = [cell.source for cell in nbformat.read(output, as_version=4).cells]
    assert "# Parameters\na = 7\n" in kept
    assert death in kept
