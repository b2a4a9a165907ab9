"""Temporary folders go with whoever made them, and those of the killed soon after."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from lopsided.pipeline import scratch

HOLD = """
import sys, time
from lopsided.pipeline.scratch import scratch
with scratch() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(scratch, "NEW", 0)


def hold():
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    return process, process.stdout.readline().strip()


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_it_goes_with_the_block_also_by_an_error(tmp_path):
    with pytest.raises(RuntimeError), scratch.scratch() as folder:
        (folder / "file").touch()
        assert names(tmp_path) == [folder.name]
        raise RuntimeError
    assert names(tmp_path) == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX locks")
def test_the_folder_of_the_killed_goes_and_that_of_the_living_stays(tmp_path):
    living, kept = hold()
    killed, _ = hold()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(names(tmp_path)) == 2
    old = time.time() - 1000
    for folder in tmp_path.iterdir():
        os.utime(folder, (old, old))
    with scratch.scratch() as folder:
        assert names(tmp_path) == sorted([folder.name, os.path.basename(kept.decode())])
    assert living.communicate(b"")[0] == b""
    assert names(tmp_path) == []


def test_what_is_young_or_a_link_or_of_another_name_stays(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").touch()
    (tmp_path / "lopsided-link").symlink_to("elsewhere")
    (tmp_path / "lopsided-file").touch()
    scratch.delete_abandoned(age=-1)
    assert names(tmp_path) == ["elsewhere", "lopsided-file", "lopsided-link"]
    (tmp_path / "lopsided-young").mkdir()
    scratch.delete_abandoned(age=10)
    assert "lopsided-young" in names(tmp_path)
    scratch.delete_abandoned(age=-1)
    assert "lopsided-young" not in names(tmp_path)
    assert names(tmp_path / "elsewhere") == ["file"]
