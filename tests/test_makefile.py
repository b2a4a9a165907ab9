"""`make` sets up what it needs; again if that was interrupted, or moved.

Python is a stand-in here, which writes down how it was called.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not shutil.which("make"), reason="there is no make"
)

PYTHON = """#!/bin/sh
echo "$* PIP_USER=$PIP_USER PIP_TARGET=$PIP_TARGET" >> calls
case "$*" in
  "-m venv "*) mkdir -p .venv/bin; cp python .venv/bin/python ;;
  *"$FAIL"*) [ -z "$FAIL" ] || exit 1 ;;
esac
case "$*" in *"-e ."*) echo "#!$PWD/.venv/bin/python" > .venv/bin/lopsided ;; esac
"""


@pytest.fixture
def checkout(tmp_path):
    """A folder whose name is not simple, with the Makefile in it."""
    folder = tmp_path / "été 1"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "requirements-all.lock", folder)
    (folder / "python").write_text(PYTHON)
    (folder / "python").chmod(0o755)
    return folder


def make(folder, *words, uv="", **environment):
    """Run make; give the calls of Python that set up, and how make ended."""
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    done = subprocess.run(
        ["make", "PYTHON=./python", f"UV={uv}", *words],
        cwd=folder,
        env=os.environ | {"FAIL": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = calls.read_text().splitlines() if calls.exists() else []
    return [line for line in lines if line.startswith("-m")], done


READY, ALL = ".venv/.ready", ".venv/.all"


@pytest.mark.slow
def test_it_is_set_up_once(checkout):
    calls, done = make(checkout, "-j2", READY, ALL)
    assert done.returncode == 0, done.stderr
    steps = ["venv", "requirements.lock", "-e .", "requirements-all.lock"]
    assert len(calls) == len(steps)
    assert all(step in call for step, call in zip(steps, calls, strict=True))
    assert make(checkout, READY, ALL)[0] == []


@pytest.mark.slow
def test_settings_for_other_environments_do_not_reach_it(checkout):
    calls, _ = make(checkout, READY, PIP_USER="1", PIP_TARGET="/elsewhere")
    assert len(calls) == 3
    assert all(call.endswith(" PIP_USER=0 PIP_TARGET=") for call in calls)


@pytest.mark.slow
@pytest.mark.parametrize("works", [True, False])
def test_uv_installs_where_it_is_and_pip_where_that_fails(checkout, works):
    uv = checkout / "uv"
    end = "grep -q -- '-e .' uv-calls && cp made .venv/bin/lopsided; true"
    (checkout / "made").write_text(f"#!{checkout}/.venv/bin/python\n")
    uv.write_text(f'#!/bin/sh\necho "$*" >> uv-calls\n{end if works else "exit 2"}\n')
    uv.chmod(0o755)
    calls, done = make(checkout, READY, ALL, uv="./uv")
    assert done.returncode == 0, done.stderr
    assert [call.split()[1] for call in calls] == ["venv"] + 3 * ["pip"] * (not works)
    asked = (checkout / "uv-calls").read_text().splitlines()
    assert len(asked) == 3
    into = "pip install --quiet --python .venv/bin/python "
    assert all(line.startswith(into) for line in asked)
    assert "--require-hashes -r requirements.lock" in asked[0]


@pytest.mark.slow
@pytest.mark.parametrize("where", ["requirements.lock", "-e ."])
def test_what_was_interrupted_is_done_again(checkout, where):
    assert make(checkout, READY, FAIL=where)[1].returncode == 2
    calls, done = make(checkout, READY)
    assert done.returncode == 0, done.stderr
    assert len(calls) == 3


@pytest.mark.slow
def test_a_checkout_that_was_moved_is_set_up_anew(checkout):
    make(checkout, READY)
    moved = Path(shutil.move(checkout, checkout.with_name("ailleurs")))
    calls, done = make(moved, READY)
    assert done.returncode == 0, done.stderr
    assert len(calls) == 3
    assert make(moved, READY)[0] == []


@pytest.mark.slow
def test_an_old_python_is_told_in_a_line(checkout):
    (checkout / "python").write_text("#!/bin/sh\nexit 1\n")
    _, done = make(checkout, READY)
    assert "lopsided needs Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()
