"""What reaches the terminal, and the files that commands write: whatever names hold."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import in_ci
from test_overview import make_run

from lopsided.cli import main
from lopsided.pipeline.predict import as_text
from lopsided.prose import HIDDEN

#: One of each kind that a terminal, or the text around it, would obey.
ACTS = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\r",
    "\x08" * 9,
    "\x0b",
    "\u202e",
    "\x7f",
]
ODD = "".join(ACTS)
YES, NO = f'=HYPERLINK("x"){ODD}', f"-{ODD}no"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Give a folder with a table whose every name acts, and two runs on it."""
    folder = tmp_path_factory.mktemp("odd")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            f"price{ODD}": rng.normal(size=80),
            f"town{ODD}\nlopsided: done": np.resize([f"Ulm{ODD}", "Bonn"], 80),
            f"bought{ODD}": np.resize([NO, NO, NO, YES], 80),
        }
    )
    frame.loc[:5, f"price{ODD}"] = np.nan
    frame.to_parquet(folder / "odd.parquet")
    table = folder / f"odd{ODD}.parquet"
    shutil.move(folder / "odd.parquet", table)
    for name, title in [("a", "x"), (f"b{ODD}", ODD)]:
        given = {"target": f"bought{ODD}", "epochs": 1, "title": title}
        make_run(folder / "runs", name, table, **given)
    return folder, table


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lopsided", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def commands(table, tmp_path):
    target = ["--target", f"bought{ODD}"]
    return {
        "check": (["check", table, *target], 0),
        "check, a feature that is not there": (
            ["check", table, *target, "--features", '["\\u001b[2J"]'],
            2,
        ),
        "predict": (["predict", table, "--run", "a", "-o", tmp_path / f"{ODD}.csv"], 0),
        "predict, no such run": (["predict", table, "--run", ODD], 2),
        "predict, no such table": (["predict", f"none{ODD}", "--run", "a"], 2),
        "runs": (["runs"], 0),
        "compare": (["compare", "a", f"b{ODD}"], 0),
        "card": (["card", f"b{ODD}"], 0),
        "simulate": (["simulate", tmp_path / f"new{ODD}.csv", "--rows", "20"], 0),
        "an unknown command": ([ODD], 2),
        "an unknown option": (["check", f"--{ODD}"], 2),
        "an unknown parameter": (["check", "-p", ODD, "1"], 2),
        "a value": (["check", "-p", "w", ODD], 2),
        "a file of parameters": (["check", "-f", ODD], 2),
        "a study": (["audit", "--only", ODD], 2),
    }


@pytest.mark.parametrize("name", commands(Path(), Path()))
def test_nothing_acts_on_the_terminal(name, work, tmp_path, monkeypatch, capsys):
    folder, table = work
    monkeypatch.chdir(folder)
    arguments, expected = commands(table, tmp_path)[name]
    code, out, err = run(arguments, monkeypatch, capsys)
    assert code == expected, err
    assert not HIDDEN.search(out + err), ascii(out + err)
    assert "lopsided: done" not in [line.strip() for line in out.splitlines()]
    assert err.count("\n") == (1 if code else 0)
    if name in ("check", "predict", "runs"):
        assert "\ufffd" in out


def test_labels_are_no_formulas_in_csv_and_as_they_are_in_parquet(
    work, tmp_path, monkeypatch, capsys
):
    folder, table = work
    monkeypatch.chdir(folder)
    for name in ("p.csv", "p.parquet"):
        arguments = ["predict", table, "--run", "a", "-o", tmp_path / name]
        code, out, _ = run(arguments, monkeypatch, capsys)
        assert code == 0
        assert ("an apostrophe" in out) == (name == "p.csv")
    written = pd.read_csv(tmp_path / "p.csv", lineterminator="\n")
    kept = pd.read_parquet(tmp_path / "p.parquet")
    assert set(kept["decision"]) <= {YES, NO}
    assert (written["decision"] == "'" + kept["decision"]).all()
    assert np.allclose(written["probability"], kept["probability"], rtol=0)


@pytest.mark.parametrize(
    ("label", "formula"),
    [
        ("=1+1", True),
        ("+1-800", True),
        ("-x", True),
        ("@SUM(A1)", True),
        ("\t=1", True),
        ("\r=1", True),
        ("＝1", True),
        ("-1", False),
        ("+1.5e3", False),
        ("yes", False),
        ("", False),
        ("a=b", False),
        ("'=1", False),
    ],
)
def test_what_a_spreadsheet_takes_for_a_formula(label, formula):
    assert as_text(label) == ("'" * formula + label)


ENCODINGS = ["ascii", "latin-1", "cp437", "cp932", "utf-8"]
READERS = ["report", "check", "predict", "simulate"]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", in_ci(ENCODINGS, "ascii"))
def test_a_terminal_of_another_encoding(encoding, work):
    folder, _ = work
    done = subprocess.run(
        [sys.executable, "-m", "lopsided", "compare", "a", f"b{ODD}"],
        cwd=folder,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"accuracy" in done.stdout
    done.stdout.decode(encoding)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="names of bytes")
@pytest.mark.parametrize("command", in_ci(READERS, "check"))
def test_a_file_name_that_is_not_utf_8(command, tmp_path, tiny_clinic, work):
    name = os.fsdecode(b"caf\xe9.csv")
    shutil.copy(tiny_clinic, tmp_path / name)
    (tmp_path / "runs").symlink_to(work[0] / "runs")
    more = ["--run", "a"] if command == "predict" else []
    done = subprocess.run(
        [sys.executable, "-m", "lopsided", command, name, *more],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"lopsided: ")
    assert done.stderr.count(b"\n") == 1
    assert "caf" in done.stderr.decode()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX devices")
def test_an_output_that_cannot_be_written(work):
    folder, _ = work
    command = [sys.executable, "-m", "lopsided", "parameters"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"lopsided: cannot write: No space left on device\n"
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        command, cwd=folder, stdout=writes, stderr=subprocess.PIPE, check=False
    )
    os.close(writes)
    assert done.returncode == 1
    assert done.stderr == b""  # nobody reads on: there is nothing to say


@pytest.mark.parametrize("name", ["none/new.csv", "x" * 300 + ".csv", "."])
@pytest.mark.parametrize("command", ["simulate", "predict"])
def test_a_file_that_cannot_be_made_is_named(
    command, name, work, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").symlink_to(work[0] / "runs")
    given = {"simulate": [name, "--rows", "9"]}
    given["predict"] = [work[1], "--run", "a", "-o", name]
    code, _, err = run([command, *given[command]], monkeypatch, capsys)
    assert code == 2
    assert err.count("\n") == 1
    assert name[:10] in err
    assert "None" not in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runs"]
