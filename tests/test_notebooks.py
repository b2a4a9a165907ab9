"""The committed notebooks: paired, complete, checked, and free of typed results."""

import ast
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from conftest import nbval
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline.notebooks import check_pair, declared_parameters, tidy

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
DATA_NOTEBOOKS = [p for p in NOTEBOOKS if "03" <= p.name < "06"]
WITHOUT = ["01", "02", "09"]  # small fixed arrays, or tables: no parameter changes them
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def tagged(path, tag):
    return [c for c in read(path).cells if tag in c.metadata.get("tags", [])]


def test_the_lessons_and_the_report_are_there():
    names = [p.stem for p in NOTEBOOKS]
    assert names[:5] == [
        "01_forward_propagation",
        "02_weighted_backprop",
        "03_training",
        "04_threshold_analysis",
        "05_report",
    ]


@each_notebook
def test_the_pair_agrees(path):
    check_pair(path)


def test_a_pair_that_differs_is_named_with_both_commands(tmp_path):
    for ending in (".py", ".ipynb"):
        shutil.copy(NOTEBOOKS[0].with_suffix(ending), tmp_path)
    script = tmp_path / f"{NOTEBOOKS[0].stem}.py"
    script.write_text(script.read_text().replace("x1, x2 = 2.0", "x1, x2 = 3.0"))
    with pytest.raises(
        InputError, match=r"differ from cell 10 on.*--update.*py:percent"
    ):
        check_pair(script.with_suffix(".ipynb"))


@each_notebook
def test_tables_have_one_line_of_headings_and_no_column_that_only_counts(path):
    outputs = (o for c in read(path).cells for o in c.get("outputs", []))
    shown = (o.get("data", {}).get("text/html", "") for o in outputs)
    for table in (text for text in shown if "<thead>" in text):
        head, _, body = table.partition("<thead>")[2].partition("</thead>")
        assert head.count("<tr") == 1 or 'colspan="' in head, head
        counted = re.findall(r"<tr>\s*<th>(.*?)</th>", body)
        assert counted != [str(i) for i in range(len(counted))] or not counted, body


def test_notebooks_without_parameters_have_no_cell_for_them():
    without = [p.name[:2] for p in NOTEBOOKS if not tagged(p, "parameters")]
    assert without == WITHOUT


@each_notebook
def test_what_the_site_folds_is_folded_in_jupyter_but_for_parameters(path):
    for cell in read(path).cells:
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        tags = cell.metadata.get("tags", [])
        expected = "hide-input" in tags and "parameters" not in tags
        assert folded == expected, cell.source


@each_notebook
def test_parameters_cell(path):
    if path.name[:2] in WITHOUT:
        return
    (cell,) = tagged(path, "parameters")
    statements = ast.parse(cell.source).body
    values = {s.targets[0].id: ast.literal_eval(s.value) for s in statements}
    assert values["run_dir"] is None
    for name, value in values.items():
        assert value == Parameters.model_fields[name].default, name


@pytest.mark.parametrize("path", DATA_NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_with_data_declare_every_parameter(path):
    assert set(declared_parameters(path)) == set(Parameters.model_fields)


@each_notebook
def test_at_least_five_outputs_are_checked(path):
    checked = [c for c in tagged(path, "nbval-check-output") if c.outputs]
    assert len(checked) >= 5
    assert len(checked) == len(tagged(path, "nbval-check-output"))


@each_notebook
def test_checked_outputs_are_text_without_full_digits(path):
    for cell in tagged(path, "nbval-check-output"):
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data"), cell.source
            assert output.get("name", "stdout") == "stdout", cell.source
            text = output.get("text") or output["data"]["text/plain"]
            assert "image/svg+xml" not in output.get("data", {}), cell.source
            assert not re.search(r"\d\.\d{7,}(?!\d*e-\d)", text), text


@each_notebook
def test_executed_without_error_warning_or_stderr(path):
    cells = [c for c in read(path).cells if c.cell_type == "code"]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    for output in (o for c in cells for o in c.outputs):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"


@each_notebook
def test_figures_have_words(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            drawn = output.get("data", {}).get("image/svg+xml")
            if drawn:
                alt = output["metadata"]["image/svg+xml"]["alt"]
                assert len(alt) > 60
                assert output["data"]["text/plain"] == f"Figure. {alt}"
                assert "<title>" in drawn
                assert 'role="img"' in drawn


@each_notebook
def test_no_result_is_typed_by_hand(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            found = typed_numbers(cell.source)
            assert not found, f"{found} in: {cell.source[:80]}"


def typed_numbers(text):
    """Find decimals, percentages and integers >= 100 in prose."""
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text, flags=re.S)  # mathematics
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|^>.*$", "", text, flags=re.M)  # code, links
    text = re.sub(r"[A-Z]\w+ (et al\. )?(19|20)\d\d\b", "", text)  # citations
    return re.findall(r"\d+\.\d+|\d+ ?%|\d{3,}|\d+ percent", text)


def test_typed_numbers_are_found():
    assert typed_numbers("It was 0.53, or 53 %, of 22,106 or 1000.") == [
        "0.53",
        "53 %",
        "106",
        "1000",
    ]
    assert not typed_numbers("See $0.53$, `1000`, [x](a100.html).\n> 0.18 he wrote")
    assert not typed_numbers("It is at half of that (Lipton et al. 2014; Elkan 2001).")


@pytest.mark.ci
@pytest.mark.slow
def test_nbval_sees_one_changed_number(tmp_path):
    """As it is committed, it passes: `make test` compares it too."""
    text = json.dumps(json.loads(NOTEBOOKS[0].read_text()))
    changed = tmp_path / "changed.ipynb"
    assert text.count("met 0.69315") == 1
    changed.write_text(text.replace("met 0.69315", "met 0.69316"))
    done = nbval(changed)
    assert done.returncode == 1
    assert re.search(r"\b1 failed, \d+ passed", done.stdout), done.stdout


def test_what_a_cell_printed_is_one_output_however_it_arrived():
    pieces = [new_output("stream", name="stdout", text=t) for t in ("one\n", "two\n")]
    other = new_output("stream", name="stderr", text="apart\n")
    cell = new_code_cell("print()", outputs=[*pieces, other])
    notebook = new_notebook(cells=[new_markdown_cell("text"), cell])
    tidy(notebook)
    nbformat.validate(notebook)
    assert [o.text for o in notebook.cells[1].outputs] == ["one\ntwo\n", "apart\n"]
