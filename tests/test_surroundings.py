"""What lies around a run changes nothing in it."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_notebook

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline import notebooks, processes, report
from lopsided.report.display import Picture, axes
from lopsided.table import reader

SEEN = """
import os, sys
import matplotlib as mpl
import zipfile
changed = [n for n, v in mpl.rcParamsDefault.items() if mpl.rcParams[n] != v]
print(sys.executable, sys.flags.optimize, sys.flags.dev_mode, DATA_DIR, *globals())
print("changed", [n for n in changed if n != "backend"])
"""
EXECUTE = """
import sys
from pathlib import Path
from lopsided.pipeline.notebooks import execute

execute(Path(sys.argv[1]), Path(sys.argv[2]), {"run_dir": sys.argv[3]})
"""


def write(path, *sources):
    """Write a notebook with a cell of parameters, and more."""
    cells = [new_code_cell(source) for source in ("run_dir = None", *sources)]
    cells[0].metadata["tags"] = ["parameters"]
    made = new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "language": "python"}
    nbformat.write(made, path)


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


@pytest.fixture
def hostile(tmp_path):
    """Give a folder, and variables, that would change or break a kernel."""
    cwd = tmp_path / "work"
    put(cwd / "matplotlibrc", "text.usetex: True\nfont.size: 31\nlines.marker: o\n")
    put(cwd / "zipfile.py", "raise RuntimeError('the wrong zipfile')")
    put(cwd / "ipykernel.py", "raise RuntimeError('the wrong ipykernel')")
    put(cwd / "ipython_config.py", "raise SystemExit(3)")
    profile = tmp_path / "ipython" / "profile_default"
    put(profile / "startup" / "mine.py", "DATA_DIR = '/data'; print('hello')")
    put(profile / "ipython_kernel_config.py", "c.IPKernelApp.matplotlib = 'nonsense'")
    spec = {"argv": ["false"], "display_name": "Python 3", "language": "python"}
    put(tmp_path / "jupyter/kernels/python3/kernel.json", json.dumps(spec))
    put(tmp_path / "config/jupyter_config.py", "raise SystemExit(4)")
    return cwd, {
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_PATH": str(tmp_path / "jupyter"),
        "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "MATPLOTLIBRC": str(cwd / "matplotlibrc"),
        "MPLBACKEND": "svg",
        "PYTHONSTARTUP": put(tmp_path / "start.py", "STARTED = 1; print('hello')"),
        "PYTHONOPTIMIZE": "1",
        "PYTHONDEVMODE": "1",
        "PYTHONIOENCODING": "latin-1",
        "PYTHONUTF8": "0",
    }


def execute_beside(hostile, tmp_path, *sources):
    cwd, variables = hostile
    source, output = tmp_path / "source.ipynb", tmp_path / "output.ipynb"
    write(source, *sources)
    done = subprocess.run(
        [sys.executable, "-P", "-c", EXECUTE, source, output, cwd],
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return nbformat.read(output, as_version=4)


@pytest.mark.slow
def test_the_kernel_of_a_run_is_this_interpreter_s_and_nothing_else(hostile, tmp_path):
    seen = SEEN.replace("DATA_DIR", "'DATA_DIR' in globals()")
    executed = execute_beside(hostile, tmp_path, seen, "print('é–名')")
    first, second = (cell.outputs for cell in executed.cells[-2:])
    about, changed = first[0].text.splitlines()
    assert about.startswith(f"{sys.executable} 0 False False ")
    assert "STARTED" not in about.split()
    assert changed == "changed []"
    assert [output.text for output in second] == ["é–名\n"]


@pytest.mark.slow
def test_the_folder_of_a_run_s_kernel_is_gone_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    write(tmp_path / "source.ipynb", "print(get_ipython().ipython_dir)")
    notebooks.execute(tmp_path / "source.ipynb", tmp_path / "output.ipynb", {})
    (shown,) = nbformat.read(tmp_path / "output.ipynb", as_version=4).cells[-1].outputs
    assert Path(shown.text.strip()).parent == tmp_path / "temporary"
    assert not [*(tmp_path / "temporary").iterdir()]


def drawn():
    """Draw as a notebook does: some of it after the figure was begun."""
    figure, ax = axes("x", "y", "Title")
    ax.plot([0, 1], [0, 1], label="a line")
    ax.legend()
    return Picture("drawn", figure, "A line from one corner to the other.").svg()


@pytest.mark.parametrize(
    "style",
    [
        {"text.usetex": True},
        {"font.size": 31, "lines.linewidth": 9, "legend.frameon": True},
        "dark_background",
        "Solarize_Light2",
        {"axes.grid": False, "savefig.facecolor": "red", "savefig.bbox": "tight"},
    ],
    ids=str,
)
def test_figures_are_the_same_whatever_the_session_s_style_is(style):
    with mpl.rc_context():
        expected = drawn()
    with mpl.style.context(style):
        assert drawn() == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "ö – 名", 'back\\slash "quoted"', "it's"])
def test_executed_notebooks_name_the_folder_where_they_stand(tmp_path, name):
    stage, final = tmp_path / name / ".r.new-1", tmp_path / name / "r"
    (stage / "notebooks").mkdir(parents=True)
    shows = ("print(run_dir)", "run_dir", "import pathlib; pathlib.Path(run_dir, 'a')")
    write(tmp_path / "source.ipynb", *shows)
    output = stage / "notebooks" / "one.ipynb"
    notebooks.execute(tmp_path / "source.ipynb", output, {"run_dir": str(stage)})
    report.settle(stage, final)
    settled = nbformat.read(output, as_version=4)
    assert ".new-1" not in output.read_text(encoding="utf-8")
    given = {}
    exec(settled.cells[1].source, given)
    assert given["run_dir"] == str(final)
    assert settled.metadata.papermill.parameters.run_dir == str(final)
    printed, shown, path = (cell.outputs[0] for cell in settled.cells[-3:])
    assert printed.text == f"{final}\n"
    assert shown.data["text/plain"] == repr(str(final))
    assert path.data["text/plain"] == repr(final / "a")


def test_a_reader_s_run_leaves_the_project_s_figures_alone(tmp_path, monkeypatch):
    """`make results` alone renews them; a checkout may be read-only, too."""
    monkeypatch.chdir(tmp_path)
    committed = Path(put(tmp_path / "project/figures/cdf.svg", "committed"))

    def build(p, sha256, run):
        put(run.path / "figures/cdf.svg", "new")

    monkeypatch.setattr(report, "_build", build)
    monkeypatch.setattr(notebooks, "checkout", lambda: tmp_path / "project")
    report.run_report(Parameters())
    assert (tmp_path / "runs/default/figures/cdf.svg").read_text() == "new"
    assert committed.read_text() == "committed"
    recipe = (ROOT / "Makefile").read_text().partition("\nresults:")[2]
    assert "cp runs/default/figures/* figures\n" in recipe.partition("\n\n")[0]


def test_a_name_that_is_too_long_is_told_as_that_on_every_python(monkeypatch):
    """From Python 3.14 on, `Path.exists` is False for it."""
    for name, tell in (("exists", os.path.exists), ("is_file", os.path.isfile)):
        monkeypatch.setattr(Path, name, lambda path, tell=tell, **_: tell(path))
    with pytest.raises(InputError, match=r"cannot read x+\.csv: File name too long"):
        reader.read("x" * 300 + ".csv")
    with pytest.raises(InputError, match="there is no file x/y"):
        reader.read("x/y")


# --- The commit that a manifest names ---


def git(folder, *command):
    person = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.org",
        "-c",
        "tag.gpgsign=false",
    ]
    done = subprocess.run(
        ["git", *person, "-c", "commit.gpgsign=false", "-C", folder, *command],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def repository(folder):
    """Make one with a commit, and give the commit's name."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    (folder / "file").write_text("1")
    git(folder, "add", "file")
    git(folder, "commit", "-qm", "one")
    return git(folder, "rev-parse", "HEAD")


@pytest.mark.slow
def test_the_manifest_names_the_checkout_s_own_commit(tmp_path, monkeypatch):
    outer = repository(tmp_path / "outer")
    top = tmp_path / "outer" / "a folder – ö"
    (top / "notebooks").mkdir(parents=True)
    monkeypatch.setattr(notebooks, "checkout", lambda: top)
    assert report.git_revision() is None
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "outer" / ".git"))
    assert report.git_revision() is None
    monkeypatch.delenv("GIT_DIR")
    own = repository(top)
    assert own != outer or report.git_revision() == own
    git(top, "tag", "-am", "a version", "v1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "outer" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "outer"))
    assert report.git_revision() == own
    (top / "file").write_text("2")
    assert report.git_revision() == f"{own}+"
    monkeypatch.setattr(notebooks, "checkout", lambda: None)
    assert report.git_revision() is None


def test_workers_that_cannot_start_are_told_as_that(monkeypatch):
    def refuse(*_, **__):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    words = f"no worker process can start: {re.escape(sys.executable)}: Broken pipe"
    for step in ("submit", "__init__"):
        with monkeypatch.context() as patch:
            patch.setattr(processes.ProcessPoolExecutor, step, refuse)
            with pytest.raises(RuntimeError, match=words), processes.workers(1):
                pass
