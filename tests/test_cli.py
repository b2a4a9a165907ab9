"""The command: what it prints, and how it ends."""

import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from conftest import ROOT

from lopsided import __main__, __version__
from lopsided.cli import main
from lopsided.parameters import Parameters
from lopsided.table import simulate


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder; give exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lopsided", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


def test_help_and_version(command):
    code, out, _ = command("--help")
    assert code == 0
    for name in ("report", "parameters", "notebooks", "simulate"):
        assert name in out
    assert __version__ in command("--version")[1]


def test_parameters_lists_every_one(command):
    code, out, _ = command("parameters")
    assert code == 0
    for name in Parameters.model_fields:
        assert f"{name} = " in out


def test_simulate_writes_a_table_once(command, tmp_path):
    assert command("simulate", "clinic.csv", "--rows", 50)[0] == 0
    assert len((tmp_path / "clinic.csv").read_text().splitlines()) == 51
    code, _, err = command("simulate", "clinic.csv")
    assert code == 2
    assert err == "lopsided: clinic.csv is there already; choose another name\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "-p", "epochs", "-1"], "epochs is -1; allowed: "),
        (["report", "-p", "epoch", "3"], "did you mean 'epochs'?"),
        (["report", "--run", "a/b"], "run name 'a/b' must be"),
        (["report", "--threshold", "1.5"], "threshold is 1.5; allowed: "),
        (["report", "-p", "run_dir", "x"], "choose the name with --run"),
        (["report", "-f", "none.yaml"], "cannot read none.yaml"),
        (["report", "none.csv"], "there is no file none.csv"),
        (["report", "--colour", "red"], "No such option"),
        (["report", "-p", "epochs"], "requires 2 arguments"),
        (["reprot"], "No such command 'reprot'"),
    ],
)
def test_bad_input_is_one_line_and_code_2(command, tmp_path, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("lopsided: ")
    assert err.count("\n") == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_later_sources_override_earlier_ones(command, tmp_path):
    (tmp_path / "p.yaml").write_text("epochs: 0\n")
    assert "epochs is 0;" in command("report", "-f", "p.yaml")[2]
    assert "epochs is -2;" in command("report", "-f", "p.yaml", "-p", "epochs", -2)[2]


def test_sweep_without_a_file_runs_the_worked_example(command, monkeypatch):
    sweep = pytest.importorskip("lopsided.pipeline.sweep")
    given = []

    def run_sweep(path, *_):
        given.append(path)
        return Path("runs/sweeps/clinic"), []

    monkeypatch.setattr(sweep, "run_sweep", run_sweep)
    code, out, _ = command("sweep")
    assert (code, out) == (0, "sweep folder: runs/sweeps/clinic\n")
    assert given == [ROOT / "notebooks" / "sweep.yaml"]
    assert sweep.read(given[0]).name == "clinic"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            BrokenProcessPool("A process in the process pool was terminated abruptly"),
            "one of its processes died; was memory short?",
        ),
        (MemoryError(), "memory is short; give fewer rows, columns or units"),
        (RuntimeError(), "RuntimeError"),
        (FloatingPointError("overflow"), "overflow"),
    ],
)
def test_what_goes_wrong_in_the_work_is_one_line(command, monkeypatch, error, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(simulate, "clinic", fail)
    assert command("simulate", "new.csv") == (1, "", f"lopsided: {said}\n")


def test_an_interruption_while_the_command_is_imported_is_one_line(monkeypatch, capsys):
    class Interrupting:
        def find_spec(self, name, path=None, target=None):
            if name == "lopsided.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "lopsided.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "lopsided: interrupted\n"
