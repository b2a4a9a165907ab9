"""The README: numbers from committed runs, commands that are run, links that lead."""

import re

from readme import ROOT, results_block, split_readme

README = (ROOT / "README.md").read_text(encoding="utf-8")

CI, MAKE, SCRIPTS = ".ci/run", "Makefile", "tests/test_running_notebooks.py"
#: Each command of the README, the file that runs it, and how it is written there.
RUN_BY = {
    "make report": (CI, "\nmake report\n"),
    "make test": (CI, "\nmake test\n"),
    "python -m venv .venv": (MAKE, "-m venv --clear $(VENV)"),
    ".venv/bin/python -m pip install --require-hashes -r requirements.lock": (
        MAKE,
        "--require-hashes -r requirements.lock",
    ),
    ".venv/bin/python -m pip install --no-deps -e .": (MAKE, "--no-deps -e ."),
    ".venv/bin/lopsided report": (MAKE, "$(BIN)/lopsided report"),
    ".venv/bin/python -m pytest": (MAKE, "$(BIN)/python -m pytest\n"),
    "python notebooks/03_training.py": (
        SCRIPTS,
        '[sys.executable, NOTEBOOKS / "03_training.py"]',
    ),
    "papermill notebooks/03_training.ipynb out.ipynb -p epochs 40": (
        SCRIPTS,
        '["out.ipynb", "-p", "epochs", "40"]',
    ),
    "make report DATA=KaggleV2-May-2016.csv.zip RUN=real": (
        "tests/test_golden.py",
        '"--run", "real"]',
    ),
    'make report RUN=balanced PARAMS="-p weighting positive -p w balanced '
    '-p epochs 40"': (CI, "\nmake report RUN=balanced PARAMS="),
    "lopsided report clinic.csv --run mine --threshold recall:0.8": (
        CI,
        "\nlopsided report clinic.csv --run mine --threshold recall:0.8\n",
    ),
    "lopsided parameters": ("tests/test_cli.py", 'command("parameters")'),
}


def commands(text):
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.S)
    return [line for block in blocks for line in block.splitlines() if line]


def test_the_results_are_those_of_the_committed_runs():
    assert split_readme()[1] == results_block()


def test_no_other_result_is_typed_by_hand():
    before, _, after = split_readme()
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", before + after, flags=re.S)
    prose = re.sub(r"Python 3\.\d+|CC BY(-NC-SA)? 4\.0|SHA-256|May-2016", "", prose)
    assert not re.findall(r"\d+\.\d+|\d+ ?%|\d{3,}", prose)


def test_every_command_is_run_somewhere():
    assert commands(README) == list(RUN_BY)
    for command, (place, written) in RUN_BY.items():
        assert written in (ROOT / place).read_text(encoding="utf-8"), command


def test_links_and_figures_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("https://"):
            assert (ROOT / target).exists(), target


def test_the_two_commands_come_before_any_other():
    assert commands(README)[:2] == ["make report", "make test"]
