"""The exercises: one source, solutions that pass, gaps that fail, nbgrader's marks."""

import csv
import importlib.util
import io
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import nbformat
import pytest
from conftest import HANGS

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "exercises/generate.py"
spec = importlib.util.spec_from_file_location("generate", SCRIPT)
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)

SOURCES = {path.stem: generate.read(path) for path in generate.SOURCES}
each_lesson = pytest.mark.parametrize("lesson", SOURCES)


def named(notebook, kind):
    """Map the names of one kind of cell to the cells."""
    split = (
        (c, *c.metadata["nbgrader"]["grade_id"].split("-")) for c in notebook.cells
    )
    return {name: c for c, k, name in split if k == kind}


TASKS = [
    (l, name) for l, notebook in SOURCES.items() for name in named(notebook, "test")
]
each_task = pytest.mark.parametrize(("lesson", "name"), TASKS)


def failed(notebook, **answers):
    """Run all cells as nbgrader does, on through errors; name the tests that fail.

    ``answers`` are put in place of the cells ``answer-NAME``.
    """
    namespace, names = {}, set()
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        kind, name = cell.metadata["nbgrader"]["grade_id"].split("-")
        source = answers.get(name, cell.source) if kind == "answer" else cell.source
        try:
            exec(source, namespace)
        except Exception:
            assert kind in ("answer", "test"), cell.source
            if kind == "test":
                names.add(name)
    return names


def test_each_lesson_has_exercises_of_five_tasks_and_a_question():
    lessons = sorted(p.stem for p in (ROOT / "notebooks").glob("0[1-4]_*.py"))
    assert list(SOURCES) == lessons
    for notebook in SOURCES.values():
        assert len(named(notebook, "test")) == 5
        assert list(named(notebook, "test")) == list(named(notebook, "answer"))
        assert len(named(notebook, "open")) == 1


@each_lesson
def test_every_solution_passes_and_prints_nothing(lesson):
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        assert failed(SOURCES[lesson]) == set()
    assert said.getvalue() == ""


@each_task
def test_every_task_has_hidden_tests_and_a_solution_to_cut(lesson, name):
    answer = named(SOURCES[lesson], "answer")[name].source
    test = named(SOURCES[lesson], "test")[name].source
    for source, what in ((answer, "SOLUTION"), (test, "HIDDEN TESTS")):
        assert source.count(f"### BEGIN {what}") == 1
        assert source.count(f"### END {what}") == 1


#: What students write: in the solution of a task, put the right for the left.
WRONG = {
    "neuron": [("w @ x + b", "w @ x"), ("-(w @ x + b)", "w @ x + b")],
    "shapes": [
        ("(layer_dims[l], layer_dims[l - 1])", "(layer_dims[l - 1], layer_dims[l])"),
        ("(layer_dims[l], m)", "(m, layer_dims[l])"),
    ],
    "safe": [("-np.abs(z)", "-z"), ("np.where(z >= 0, 1, e)", "1")],
    "first_loss": [
        ("np.log(2), entropy", "np.log(2), np.log(2)"),
        ("- (1 - share) * np.log(1 - share)", ""),
    ],
    "he": [
        ("np.sqrt(2 / n_in)", "2 / n_in"),
        ("2 / n_in", "2 / n_out"),
        ("2 / n_in", "1 / n_in"),
        ("(n_out, n_in)", "(n_in, n_out)"),
    ],
    "dZ": [
        ("np.where(Y == 1, w, 1)", "w"),
        ("np.where(Y == 1, w, 1)", "np.where(Y == 0, w, 1)"),
        ("(Y_hat - Y)", "(Y_hat - Y) / (Y_hat * (1 - Y_hat)) * Y_hat * (1 - Y_hat)"),
    ],
    "relu": [("Z > 0", "Z >= 0"), ("Z > 0", "dA > 0")],
    "layer": [
        ("A_before.T / m", "A_before.T"),
        ("dZ @ A_before.T", "A_before @ dZ.T"),
        (", keepdims=True", ""),
    ],
    "transposed": [("n == n_before", "False"), ("1 in (n, n_before)", "n == 1")],
    "suspects": [("12 * witness", "3 * witness"), ('"red": red', '"red": blue')],
    "batches": [
        ("-(-m // batch_size)", "m // batch_size + 1"),
        ("m - (number - 1) * batch_size", "m % batch_size"),
    ],
    "rate": [("(epochs - 1)", "epochs"), ("epochs == 1", "epochs == 0")],
    "step": [
        ("network.theta -= ", "network.theta = network.theta - "),
        ("network.theta -= ", "network.theta += "),
        ("weight)", "1.0)"),
    ],
    "overfit": [("30, 30", "1"), ("epochs=3000", "epochs=30")],
    "dead": [("> 0", ">= 0"), ("axis=1", "axis=0"), ("network.L)", "network.L + 1)")],
    "by_hand": [("3, 2, 1, 2", "4, 1, 2, 1"), ("3, 2, 1, 2", "3, 1, 2, 2")],
    "cdf": [
        ("1 - F_1, 1 - F_0", "F_1, F_0"),
        ("share * recall / (share * recall + (1 - share) * fpr)", "share"),
        ("(share * recall + (1 - share) * fpr)", "(recall + fpr)"),
    ],
    "cost": [
        ("alarm / (alarm + miss)", "miss / (alarm + miss)"),
        ("(alarm + miss)", "miss / 2"),
    ],
    "recall": [("np.ceil", "np.floor"), ("[::-1]", ""), ("p[Y == 1]", "p")],
    "law": [(" / w", " * w"), ("t / (1 - t) / w", "1 / w")],
}


@pytest.mark.parametrize(
    ("lesson", "name", "old", "new"),
    [(l, name, *pair) for l, name in TASKS for pair in WRONG[name]],
)
def test_a_wrong_answer_fails_its_own_test_only(lesson, name, old, new):
    solution = named(SOURCES[lesson], "answer")[name].source
    assert old in solution
    assert failed(SOURCES[lesson], **{name: solution.replace(old, new)}) == {name}


def run(*command, folder=ROOT):
    """Run Python as in an active environment: nbgrader calls programs by name."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, *map(str, command)]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Generate a course; without nbgrader, skip."""
    if importlib.util.find_spec("nbgrader") is None:
        pytest.skip(
            "nbgrader is absent: make exercises installs it, as the extra teach"
        )
    folder = tmp_path_factory.mktemp("class") / "course"
    done = run(SCRIPT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def student_version(course, lesson):
    return nbformat.read(course / f"release/{lesson}/{lesson}.ipynb", as_version=4)


@pytest.mark.slow
@each_task
def test_the_student_version_fails_each_test_and_has_no_solution(course, lesson, name):
    gap = named(student_version(course, lesson), "answer")[name].source
    assert "YOUR CODE HERE" in gap
    assert failed(SOURCES[lesson], **{name: gap}) == {name}
    solution = named(SOURCES[lesson], "answer")[name].source
    cut = solution.partition("### BEGIN SOLUTION")[2].partition("### END SOLUTION")[0]
    for line in cut.split("\n"):
        assert not line.strip() or line not in gap


@pytest.mark.slow
@each_lesson
def test_both_versions_come_from_the_same_source(course, lesson):
    ours, theirs = SOURCES[lesson], student_version(course, lesson)
    assert [c.id for c in theirs.cells] == [c.id for c in ours.cells]
    for mine, yours in zip(ours.cells, theirs.cells, strict=True):
        kind, hidden = mine.id.split("-")[0], "### BEGIN HIDDEN TESTS"
        assert "###" not in yours.source
        if kind in ("given", "test"):
            assert yours.source == mine.source.partition(hidden)[0].rstrip()
            assert yours.metadata["nbgrader"]["locked"]
        if kind == "open":
            assert yours.source == "YOUR ANSWER HERE"


def handed_in(lesson):
    """Map students to what they fill in: answers by the names of tasks."""
    right = {k: c.source for k, c in named(SOURCES[lesson], "answer").items()}
    answers = {"blank": {}, "whole": right}
    if "by_hand" in right:  # this wrong answer passes the tests that students see
        wrong = right["by_hand"].replace(*WRONG["by_hand"][0])
        answers["one-wrong"] = right | {"by_hand": wrong}
    return answers


@pytest.fixture(scope="module")
def marks(course):
    """Hand in and grade all lessons; give the marks by lesson and student."""
    for lesson in SOURCES:
        for student, filled in handed_in(lesson).items():
            notebook = student_version(course, lesson)
            for name, cell in named(notebook, "answer").items():
                cell.source = filled.get(name, cell.source)
            folder = course / "submitted" / student / lesson
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{lesson}.ipynb")
        done = run("-m", "nbgrader", "autograde", lesson, folder=course)
        assert done.returncode == 0, done.stderr
    done = run("-m", "nbgrader", "export", folder=course)
    assert done.returncode == 0, done.stderr
    with open(course / "grades.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["assignment"], row["student_id"]): float(row["score"]) for row in rows}


@pytest.mark.slow
@each_lesson
def test_nbgrader_gives_full_marks_none_and_finds_what_is_hidden(marks, lesson):
    tests = named(SOURCES[lesson], "test")
    points = {name: c.metadata["nbgrader"]["points"] for name, c in tests.items()}
    expected = {"blank": 0, "whole": sum(points.values())}
    if "by_hand" in points:
        expected["one-wrong"] = expected["whole"] - points["by_hand"]
    for student in handed_in(lesson):
        assert marks[lesson, student] == expected[student]


def test_a_course_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "gradebook.db").write_text("marks")
    done = run(SCRIPT, tmp_path)
    assert done.returncode == 2
    assert "may hold grades" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["gradebook.db"]


@pytest.mark.slow
@pytest.mark.parametrize("made", ["", "release"])
def test_an_interruption_is_one_line_and_leaves_nothing(made, tmp_path):
    """Before nbgrader begins, and while it works."""
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "spring"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not (tmp_path / "spring.partial" / made).exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANGS)
    assert process.returncode == 130, said
    assert said.splitlines()[-1] == "interrupted; there is no spring yet"
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/course", "x" * 300])
def test_a_place_that_cannot_be_written_is_one_line(place, tmp_path):
    pytest.importorskip("nbgrader")
    (tmp_path / "file").touch()
    done = run(SCRIPT, place, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"cannot make {place}: ")
    assert done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
