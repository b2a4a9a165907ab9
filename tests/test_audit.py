"""The audit's tables: resumed without a trace, written whole, never another file's."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from lopsided.cli import lopsided
from lopsided.errors import InputError
from lopsided.pipeline.audit import STUDIES, run_audit
from lopsided.pipeline.folders import held
from lopsided.pipeline.rows import Row, complete, read_rows

pytestmark = pytest.mark.slow


def square(number):
    return {"square": str(number**2)}


def broken():
    raise ValueError("one of them breaks")


def declared(*numbers):
    return [Row({"number": str(n)}, partial(square, n)) for n in numbers]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "squares.csv"
    assert complete(path, declared(3, 1, 2)) == 3
    return path


@pytest.fixture
def table(measured, tmp_path):
    return Path(shutil.copy(measured, tmp_path))


def test_the_rows_stand_as_declared(table):
    assert table.read_text() == "number,square\n3,9\n1,1\n2,4\n"


def test_only_what_is_missing_is_measured(table):
    before = table.read_bytes()
    table.write_text("number,square\n2,4\n3,9\n")
    assert complete(table, declared(3, 1, 2)) == 1
    assert table.read_bytes() == before
    assert complete(table, declared(3, 1, 2)) == 0


def test_rows_that_nobody_declares_go(table):
    complete(table, declared(1, 5))
    assert table.read_text() == "number,square\n1,1\n5,25\n"


def test_what_was_measured_stays_when_a_row_breaks(table):
    rows = [*declared(3, 1, 2, 7), Row({"number": "0"}, broken)]
    with pytest.raises(ValueError, match="one of them"):
        complete(table, rows, slots=1)
    assert {"number": "7", "square": "49"} in read_rows(table)


def test_a_row_declared_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="declared twice"):
        complete(tmp_path / "t.csv", declared(1, 1))


def test_a_table_of_other_columns_is_kept_and_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("seed,square\n1,1\n")
    with pytest.raises(InputError, match="made it; move it away"):
        complete(path, declared(1))
    assert path.read_text() == "seed,square\n1,1\n"


def test_two_processes_do_not_make_one_table(table):
    with held(table, "it is mine"), pytest.raises(InputError, match="another process"):
        complete(table, declared(1))


def test_another_file_is_refused_before_anything_runs(
    tmp_path, tiny_clinic, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="not the published file"):
        run_audit(str(tiny_clinic))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_study_is_refused_by_name():
    done = CliRunner().invoke(lopsided, ["audit", "--only", "coverag"])
    assert isinstance(done.exception, InputError)
    assert "no study 'coverag'" in str(done.exception)


def test_each_study_has_its_committed_table():
    found = {path.stem for path in (ROOT / "notebooks/results").glob("*.csv")}
    assert found == set(STUDIES)
