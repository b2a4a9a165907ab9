"""Notebooks are run again in the same kernel: whole, and from any cell on."""

import ast
import re
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import in_ci
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lopsided.parameters import Parameters
from lopsided.pipeline.notebooks import declared_parameters

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
SHORT = [path for path in NOTEBOOKS if path.stem.startswith("05")]
TINY = {"epochs": 2, "hidden_units": [3], "n_bootstrap": 20}


def code(path):
    """List a notebook's cells of code: whether each holds the parameters, its text."""
    cells = nbformat.read(path, as_version=4).cells
    return [
        ("parameters" in cell.metadata.get("tags", []), cell.source)
        for cell in cells
        if cell.cell_type == "code"
    ]


def with_parameters(path, values):
    """List the cells as papermill would run them with the values that are declared."""
    given = {n: v for n, v in values.items() if n in declared_parameters(path)}
    lines = [f"{name} = {value!r}" for name, value in given.items()]
    sources = []
    for parameters, source in code(path):
        sources.append(source)
        if parameters and lines:
            sources.append("\n".join(["# Parameters", *lines]))
    return sources


def answers(path):
    """List the code that answers what a notebook asks below "On your own"."""
    text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells)
    _, _, below = text.partition("On your own")
    blocks = re.findall(r"^( *)```python\n(.*?)^ *```", below, re.M | re.S)
    return [re.sub(f"^{space}", "", code, flags=re.M) for space, code in blocks]


@pytest.fixture
def run(monkeypatch):
    """Give a function that runs a cell as a kernel does, and returns what it shows."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # another one may be active
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False

    def run(source):
        with capture_output() as captured:
            done = shell.run_cell(source, store_history=True)
        done.raise_error()
        shown = [(o.data, o.metadata) for o in captured.outputs]
        return captured.stdout, captured.stderr, shown

    yield run
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("path", in_ci(NOTEBOOKS, *SHORT), ids=lambda p: p.stem)
def test_a_notebook_runs_again_whole_and_from_any_cell_on(path, run, tiny_clinic):
    """After a whole run, each cell shows the same again, the last one first.

    So whichever cell one starts from, it and all that follow find what they need.
    """
    sources = with_parameters(path, TINY | {"data": str(tiny_clinic)})
    first = [run(source) for source in sources]
    different = []
    for source, shown in reversed([*zip(sources, first, strict=True)]):
        try:
            if run(source) != shown:
                different.append(f"shows something else: {source}")
        except Exception as error:
            different.append(f"{error!r}: {source}")
    assert not different
    assert [run(source) for source in sources] == first
    for source in answers(path):
        run(source)


def assigned(source):
    """List the global names that a cell binds: those of a comprehension stay in it."""
    import symtable

    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    bound = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    nodes = [*ast.walk(ast.parse(source))]  # from Python 3.12 on, symbols are of both
    loops = [n.target for n in nodes if isinstance(n, ast.comprehension)]
    inside = {n for target in loops for n in ast.walk(target)}
    stored = [n for n in nodes if isinstance(getattr(n, "ctx", None), ast.Store)]
    names = [(n in inside, n.id) for n in stored if isinstance(n, ast.Name)]
    outside = {name for is_inside, name in names if not is_inside}
    return bound - {name for is_inside, name in names if is_inside} | bound & outside


def test_a_comprehension_assigns_nothing_to_its_cell():
    assert assigned("a = [b for b, c in d]; b2 = {e: f for e in g}") == {"a", "b2"}
    assert assigned("h = [h for h in d]\nfor i in d: j = [i for i in d]") == set("hij")


@each_notebook
def test_parameters_are_assigned_in_their_cell_alone(path):
    """Else the cell that reads them would find something else the second time."""
    declared = set(declared_parameters(path))
    for parameters, source in code(path):
        if not parameters:
            assert not assigned(source) & declared, source


@each_notebook
def test_the_parameters_that_are_read_are_those_declared(path):
    calls = [
        node
        for _, source in code(path)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "from_notebook"
    ]
    if not declared_parameters(path):
        assert not calls
        return
    (call,) = calls
    names = [argument.value for argument in call.args[1:]]
    assert sorted(names or Parameters.model_fields) == sorted(declared_parameters(path))
