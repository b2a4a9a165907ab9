"""The run folder: built aside, swapped in whole, never lost."""

import os
import shutil
from pathlib import Path

import pytest

from lopsided.errors import InputError
from lopsided.pipeline.folders import RESERVED, RunFolder, overwrite


def make(run, text):
    with run.building() as stage:
        (stage / "metrics.json").write_text(text)


def hidden(run):
    return sorted(p.name for p in run.root.iterdir() if p.name.startswith("."))


@pytest.fixture
def run(tmp_path):
    return RunFolder("r", tmp_path / "runs")


def test_a_run_is_swapped_in_and_the_one_before_kept(run):
    make(run, "1")
    assert not run.previous.exists()
    make(run, "2")
    make(run, "3")
    assert (run.path / "metrics.json").read_text() == "3"
    assert (run.previous / "metrics.json").read_text() == "2"
    assert hidden(run) == [".r.lock"]


def test_nothing_is_seen_before_it_is_whole(run):
    with run.building() as stage:
        (stage / "metrics.json").write_text("1")
        assert not run.path.exists()
    assert run.path.exists()


def test_a_failure_is_set_aside_and_the_good_run_stays(run):
    make(run, "good")
    for text in ("first", "second"):
        with pytest.raises(RuntimeError), run.building() as stage:
            (stage / "broken.ipynb").write_text(text)
            raise RuntimeError
    assert (run.path / "metrics.json").read_text() == "good"
    assert (run.failed / "broken.ipynb").read_text() == "second"
    assert hidden(run) == [".r.lock"]


def test_an_interruption_leaves_nothing(run):
    with pytest.raises(KeyboardInterrupt), run.building() as stage:
        (stage / "half.ipynb").write_text("")
        raise KeyboardInterrupt
    assert not run.path.exists()
    assert not run.failed.exists()
    assert hidden(run) == [".r.lock"]


def test_a_second_maker_of_the_same_run_is_refused(run):
    same = RunFolder("r", run.root)
    other = RunFolder("other", run.root)
    with run.building():
        with pytest.raises(InputError, match="being made by another process"):
            make(same, "2")
        make(other, "fine")
    assert (other.path / "metrics.json").read_text() == "fine"


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_start_finishes_an_interrupted_swap(run, steps):
    """Stop after each rename of the swap; the next start completes it."""
    make(run, "old")
    ready = run.root / ".r.ready"
    ready.mkdir()
    (ready / "metrics.json").write_text("new")
    if steps >= 1:
        run.path.rename(run.previous)
    if steps == 2:
        ready.rename(run.path)
    with run.locked():
        assert (run.path / "metrics.json").read_text() == "new"
        assert (run.previous / "metrics.json").read_text() == "old"
        assert hidden(run) == [".r.lock"]


def test_leftovers_of_a_killed_build_are_removed(run):
    make(run, "good")
    (run.root / ".r.new-12345678").mkdir()
    (run.root / ".other.new-12345678").mkdir()
    make(run, "better")
    assert hidden(run) == [".other.new-12345678", ".r.lock"]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".x", "a b", "sweeps", "r.failed"])
def test_names_that_are_no_folder_names_are_refused(name):
    with pytest.raises(InputError, match="run name"):
        RunFolder(name)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "runs").write_text("a file, not a folder")
    with pytest.raises(InputError, match="cannot write in"):
        make(RunFolder("r", tmp_path / "runs"), "1")


@pytest.mark.parametrize("place", ["r", "r.previous", "r.failed"])
@pytest.mark.parametrize("kind", ["file", "link", "broken link"])
def test_what_is_not_a_folder_is_never_replaced(run, place, kind):
    run.root.mkdir()
    there = run.root / place
    if kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(run.root if kind == "link" else "nowhere")
    with pytest.raises(InputError, match=f"{place} is not a folder; move it away"):
        make(run, "1")
    assert there.is_symlink() or there.read_text() == "mine"


def test_runs_may_be_a_link_to_another_disk(run, tmp_path):
    (tmp_path / "disk").mkdir()
    run.root.symlink_to("disk")
    make(run, "1")
    make(run, "2")
    assert (tmp_path / "disk/r/metrics.json").read_text() == "2"


def test_a_run_deleted_meanwhile_is_made_all_the_same(run):
    make(run, "1")
    with run.building() as stage:
        (stage / "metrics.json").write_text("2")
        shutil.rmtree(run.path)
    assert (run.path / "metrics.json").read_text() == "2"
    assert not run.previous.exists()


def test_a_stage_deleted_meanwhile_is_an_error_and_no_more(run):
    make(run, "1")
    with pytest.raises(FileNotFoundError), run.building() as stage:
        shutil.rmtree(stage)
    assert (run.path / "metrics.json").read_text() == "1"
    assert hidden(run) == [".r.lock"]


def refuse_rename_of(run, monkeypatch):
    """Behave as Windows does while someone has a file of the run open."""
    real = os.rename

    def rename(source, target):
        if source == run.path:
            raise PermissionError(13, "in use", str(source))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)


def test_a_run_that_is_in_use_is_replaced_later(run, monkeypatch):
    make(run, "0")
    make(run, "1")
    with monkeypatch.context() as patch:
        refuse_rename_of(run, patch)
        with pytest.raises(OSError, match="in use"):
            make(run, "2")
        with pytest.raises(InputError, match=r"cannot write in .*: in use"):
            make(run, "3")
        assert (run.path / "metrics.json").read_text() == "1"
    with run.locked():
        assert (run.path / "metrics.json").read_text() == "2"
        assert (run.previous / "metrics.json").read_text() == "1"
        assert hidden(run) == [".r.lock"]


@pytest.mark.parametrize(
    ("change", "what"), [("open", ".r.lock"), ("mkdir", ".r.new-")]
)
def test_no_permission_is_refused(run, monkeypatch, change, what):
    run.root.mkdir()
    real = getattr(os, change)

    def refuse(path, *arguments, **options):
        if what in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, change, refuse)
    with pytest.raises(InputError, match=r"cannot write in .*runs: Permission denied"):
        make(run, "1")


def test_a_name_is_refused_by_name(tmp_path):
    words = r"^run name '../x' must be letters, digits, '_' or '-', at most 100$"
    with pytest.raises(InputError, match=words):
        RunFolder("../x", tmp_path)
    places = " or ".join(map(repr, RESERVED))
    for name in RESERVED:
        with pytest.raises(InputError, match=f"run name '{name}' .* not {places}$"):
            RunFolder(name, tmp_path)


def test_a_leftover_that_cannot_be_deleted_stops_nothing(run, monkeypatch):
    (run.root / ".r.old-1").mkdir(parents=True)

    def refused(path, *arguments, **options):
        raise PermissionError("not yours")

    monkeypatch.setattr(os, "rmdir", refused)
    make(run, "1")
    assert (run.path / "metrics.json").read_text() == "1"
    assert hidden(run) == [".r.lock", ".r.old-1"]
    monkeypatch.undo()
    make(run, "2")
    assert hidden(run) == [".r.lock"]


def test_a_file_is_put_in_place_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    overwrite(path, b"1")
    overwrite(path, b"2")
    assert path.read_bytes() == b"2"

    def full(partial, target):
        assert (partial, target) == (tmp_path / "rows.csv.partial", path)
        assert partial.read_bytes() == b"3"
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        overwrite(path, b"3")
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == b"2"

    def nowhere(partial, content):
        raise OSError("read-only")

    monkeypatch.setattr(Path, "write_bytes", nowhere)  # before there is anything
    with pytest.raises(OSError, match="read-only"):
        overwrite(path, b"3")
