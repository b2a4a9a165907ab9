"""Imports go one way, and no module imports itself by a detour.

The folders are the rooms. Each one's ``__init__`` says what it may import.
"""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import lopsided

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/lopsided"
#: Each room, with the rooms that it may import beside itself. "" is none: the modules
#: in lopsided's own folder.
MAY_IMPORT = {
    "lesson": set(),
    "table": {"lesson", ""},
    "report": {"lesson", "table", ""},
    "pipeline": {"lesson", "table", "report", ""},
}
#: Modules in no room, each with the rooms that it may import.
BESIDE = {
    "__init__": {""},
    "__main__": {""},
    "errors": set(),
    "prose": set(),
    "yaml_file": {""},
    "parameters": {"lesson", ""},
    "lanes": set(),
    "compiled": {"lesson", ""},
    "compiled_prediction": {"lesson", ""},
    "engines": {"lesson", ""},
    "estimator": {"lesson", ""},
    "cli": {"lesson", "table", "report", "pipeline", ""},
}
MODULES = sorted(SOURCE.rglob("*.py"))


def name_of(path):
    """Name a module as it is imported: 'lopsided.lesson.loss'."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def imported(path):
    """List all that a file imports: 'numpy.ndarray', 'lopsided.lesson.loss', ..."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by dots"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def own(path):
    """Name the modules of this package that a file imports."""
    found = set()
    for name in imported(path):
        while name and name not in NAMES:
            name = name.rpartition(".")[0]
        found |= {name} - {""}
    return found - {"lopsided"} if path.stem != "__init__" else found


def room(name):
    """Say in which room a module is: '' for one beside the rooms."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and (SOURCE / parts[1]).is_dir() else ""


def test_every_module_is_known():
    assert {path.stem for path in SOURCE.glob("*.py")} == set(BESIDE)
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms == set(MAY_IMPORT)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path):
    here = room(name_of(path))
    allowed = MAY_IMPORT[here] | {here} if here else BESIDE[path.stem]
    assert {room(name) for name in own(path)} <= allowed


def test_no_module_imports_itself_by_a_detour():
    TopologicalSorter({name: own(path) for name, path in NAMES.items()}).prepare()


@pytest.mark.parametrize("path", sorted((SOURCE / "lesson").glob("*.py")), ids=name_of)
def test_the_lesson_knows_numpy_and_itself(path):
    standard = {"collections", "dataclasses", "itertools", "math", "re", "typing"}
    others = {n.split(".")[0] for n in imported(path)}
    assert others <= {"numpy", "lopsided"} | standard


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_long_module_says_why(path):
    text = path.read_text("utf-8")
    if len(text.splitlines()) > 300:
        assert "Longer than most: " in ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_each_room_says_in_a_line_what_it_is_for(name):
    (line,) = (SOURCE / name / "__init__.py").read_text("utf-8").splitlines()
    assert "mport" in line


def test_where_new_things_go_is_there():
    """Of the table in CONTRIBUTING, each file, and each name in one of its line's."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.partition("| what is new |")[2].partition("\n\n")[0]
    places = [line.split("|")[2] for line in table.splitlines()[2:]]
    assert len(places) >= 5
    for place in places:
        codes = set(re.findall("`([^`]+)`", place))
        files = {code for code in codes if (SOURCE / code).exists()}
        read = [SOURCE / file for file in files if file.endswith(".py")]
        code = "\n".join(path.read_text("utf-8") for path in read)
        assert files, place
        for name in codes - files:
            assert re.search(rf"^(def|class)? ?{name}\b", code, re.MULTILINE), name


def test_notebooks_do_not_know_the_machinery():
    scripts = sorted((ROOT / "notebooks").glob("*.py"))
    assert len(scripts) >= 5
    for path in scripts:
        assert "pipeline" not in {room(name) for name in own(path)}, path.name


@pytest.mark.slow
def test_importing_the_package_imports_nothing_heavy():
    code = """if True:
        import sys, lopsided
        print({"numpy", "pandas", "sklearn", "lopsided.estimator"} & set(sys.modules))
        print(lopsided.NeuralNetClassifier.__module__)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"set()", b"lopsided.estimator"]


def test_every_public_name_is_there_and_no_other():
    names = {}
    exec("from lopsided import *", names)
    assert set(lopsided.__all__) <= set(names)
    with pytest.raises(AttributeError, match="has no attribute 'NeuralNet'"):
        lopsided.NeuralNet  # noqa: B018
