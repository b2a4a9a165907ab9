"""Imports go one way: machinery, toolbox, lesson; notebooks know no machinery."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lopsided

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/lopsided"
LESSON = ["network", "loss", "training", "metrics", "threshold"]
MACHINERY = ["pipeline", "cli", "__main__"]


def imported(path):
    """List the modules that a file imports: 'numpy', 'lopsided.data', ..."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def rooms(path):
    """List the modules of this package that a file imports: 'data', 'pipeline', ..."""
    own = [n.split(".") for n in imported(path) if n.startswith("lopsided")]
    return {parts[1] for parts in own if len(parts) > 1 and parts[1] != "__version__"}


@pytest.mark.parametrize("name", LESSON)
def test_the_lesson_knows_numpy_and_itself(name):
    path = SOURCE / f"{name}.py"
    assert rooms(path) <= set(LESSON)
    standard = {"collections", "dataclasses", "itertools", "typing"}
    others = {n.split(".")[0] for n in imported(path)}
    assert others <= {"numpy", "lopsided"} | standard


def test_the_toolbox_does_not_know_the_machinery():
    toolbox = [p for p in SOURCE.glob("*.py") if p.stem not in [*LESSON, *MACHINERY]]
    assert len(toolbox) > 5
    for path in toolbox:
        assert not rooms(path) & set(MACHINERY), path.name


def test_notebooks_do_not_know_the_machinery():
    scripts = sorted((ROOT / "notebooks").glob("*.py"))
    assert len(scripts) >= 5
    for path in scripts:
        assert not rooms(path) & set(MACHINERY), path.name


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
