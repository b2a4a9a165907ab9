"""The exercises: one source, solutions that pass, gaps that fail, nbgrader's marks."""

import csv
import importlib.util
import io
import os
import re
import subprocess
import sys
import textwrap
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from pathlib import Path

import nbformat
import numpy as np
import pytest
from conftest import in_ci
from right_answers import RIGHT
from wrong_answers import WRONG

from lopsided.report.feedback import check, compare, known, without
from lopsided.report.mistakes import MISTAKES
from lopsided.report.words import OneOf

pytestmark = pytest.mark.slow  # solutions and wrong answers are run by the hundred

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


def test_each_lesson_has_exercises_of_six_tasks_and_a_question():
    lessons = sorted(p.stem for p in (ROOT / "notebooks").glob("0[1-4]_*.py"))
    assert list(SOURCES) == lessons
    for notebook in SOURCES.values():
        assert len(named(notebook, "test")) == 6
        assert list(named(notebook, "test")) == list(named(notebook, "answer"))
        assert len(named(notebook, "open")) == 1


@each_lesson
def test_every_solution_passes_and_shows_nothing_but_its_picture(lesson):
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        assert failed(SOURCES[lesson]) == set()
    (picture,) = said.getvalue().splitlines()
    assert picture.startswith("Figure. ")


@each_task
def test_every_task_has_hidden_tests_and_a_solution_to_cut(lesson, name):
    answer = named(SOURCES[lesson], "answer")[name].source
    test = named(SOURCES[lesson], "test")[name].source
    for source, what in ((answer, "SOLUTION"), (test, "HIDDEN TESTS")):
        assert source.count(f"### BEGIN {what}") == 1
        assert source.count(f"### END {what}") == 1


def attempt(lesson, name, wrong):
    """Put a wrong answer in the place of a solution, or of a part of it."""
    solution = named(SOURCES[lesson], "answer")[name].source
    if isinstance(wrong, str):
        before, _, rest = solution.partition("### BEGIN SOLUTION\n")
        indent = " " * (len(rest) - len(rest.lstrip()))
        return f"{before}\n{textwrap.indent(wrong, indent)}"
    old, new = wrong
    assert old in solution
    return solution.replace(old, new)


@pytest.fixture(scope="module")
def before_tasks():
    """Run all solutions once; give what each task finds when its turn comes."""
    found = {}
    for lesson, notebook in SOURCES.items():
        namespace = {}
        for cell in (c for c in notebook.cells if c.cell_type == "code"):
            kind, name = cell.metadata["nbgrader"]["grade_id"].split("-")
            if kind == "answer":
                found[lesson, name] = (
                    deepcopy(
                        {
                            k: v
                            for k, v in namespace.items()
                            if isinstance(v, (np.ndarray, np.random.Generator))
                        }
                    ),
                    dict(namespace),
                )
            with redirect_stdout(io.StringIO()):
                exec(cell.source, namespace)
    return found


ANSWERS = [
    pytest.param(lesson, name, wrong, cause, id=f"{name}-{i}")
    for lesson, name in TASKS
    for i, (wrong, cause) in enumerate(WRONG[name])
]


@pytest.mark.parametrize(("lesson", "name", "wrong", "cause"), ANSWERS)
def test_a_wrong_answer_is_told_its_cause(before_tasks, lesson, name, wrong, cause):
    arrays, rest = before_tasks[lesson, name]
    namespace = rest | deepcopy(arrays)
    with redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        exec(attempt(lesson, name, wrong), namespace)
        with pytest.raises(AssertionError) as failure:
            exec(named(SOURCES[lesson], "test")[name].source, namespace)
    said = str(failure.value)
    assert cause in said, said


def test_every_task_has_nine_wrong_answers_or_more():
    assert set(WRONG) == {name for _, name in TASKS}
    assert min(map(len, WRONG.values())) >= 9


FUNCTIONS = {
    found[1]: (lesson, name)
    for lesson, name in TASKS
    if (found := re.match(r"def (\w+)", named(SOURCES[lesson], "answer")[name].source))
}


@pytest.mark.parametrize("function", MISTAKES)
def test_every_known_mistake_is_told_and_no_other(before_tasks, function):
    """The examples and the words tell all mistakes of a task from each other."""
    lesson, name = FUNCTIONS[function]
    arrays, rest = before_tasks[lesson, name]
    test = named(SOURCES[lesson], "test")[name].source
    for cause, mistake in known(function):

        def answer(*given, mistake=mistake):
            return mistake(*given)

        answer.__name__ = function
        namespace = rest | deepcopy(arrays) | {function: answer}
        with (
            redirect_stdout(io.StringIO()),
            np.errstate(all="ignore"),
            pytest.raises(AssertionError) as failure,
        ):
            exec(test, namespace)
        told = re.findall("^Likely: (.*)", str(failure.value), re.MULTILINE)
        assert [t.rstrip(".") for t in told] == [cause], str(failure.value)


@pytest.mark.parametrize(
    ("lesson", "name", "right"),
    [
        pytest.param(lesson, name, right, id=f"{name}-{i}")
        for lesson, name in TASKS
        for i, right in enumerate(RIGHT.get(name, []))
    ],
)
def test_a_right_answer_of_another_form_passes(before_tasks, lesson, name, right):
    arrays, rest = before_tasks[lesson, name]
    namespace = rest | deepcopy(arrays)
    with redirect_stdout(io.StringIO()):
        exec(attempt(lesson, name, right), namespace)
        exec(named(SOURCES[lesson], "test")[name].source, namespace)


def test_equally_right_answers_pass_and_a_wrong_one_is_shown_all():
    either = OneOf([np.zeros(2), np.ones(2)])
    compare(np.ones(2), either, "it")
    with pytest.raises(AssertionError, match="All entries differ"):
        compare(np.full(2, 2.0), either, "it")


def test_the_right_answer_is_told_nothing_and_none_yet_is_no_failure():
    def neuron(x, w, b):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        check(neuron, 1, 2, 3, wanted=4)
    compare((1, np.ones((2, 3))), (1.0, np.ones((2, 3))), "a pair")
    check(np.add, 1, 2, wanted=3)
    without(np.add, "sum")


def test_a_name_that_was_used_again_is_one_clear_line():
    with pytest.raises(AssertionError, match="a number stands where") as failure:
        check(0.1, 1, 2, wanted=3)
    assert "\n" not in str(failure.value)


def test_a_mistake_that_was_right_before_is_not_told():
    """By the second input alone, both would be likely; by the first, one."""

    def cost_threshold(miss, alarm):
        return alarm / miss if miss > alarm else 0.5

    check(cost_threshold, 1, 1, wanted=0.5)
    with pytest.raises(AssertionError) as failure:
        check(cost_threshold, 4, 2, wanted=1 / 3)
    assert "Likely: costs do not matter here." in str(failure.value)
    assert "odds" not in str(failure.value)


@pytest.mark.parametrize(
    ("got", "wanted", "told"),
    [
        (np.arange(6).reshape(2, 3).T, np.arange(6).reshape(2, 3), "transposed"),
        ([1.0, 2.0], [-1.0, -2.0], "the sign is turned round"),
        ([1.0, 2.0], [2.0, 4.0], "every entry is 0.5 times"),
        ([1.0, 2.0], [2.0, 3.0], "off by -1"),
        ([1.0, 2.0], [2.0, 1.0], "in the wrong order"),
        ([0.25, 0.5], [0.75, 0.5], "the other class"),
        ([0.3, 0.3], [0.1, 0.7], "all entries are alike"),
        ([np.nan, 1.0], [1.0, 1.0], "0 / 0"),
        ([np.inf, 1.0], [1.0, 1.0], "an infinity"),
        (np.ones(3), np.ones((3, 1)), "keepdims=True"),
        (np.ones((3, 4)), np.ones((3, 1)), "is a sum missing"),
        (3.0, np.ones((2, 2)), "summed over everything"),
        (np.ones(3), 1.0, "one number is wanted, and 3 came"),
        (None, 3, "None came, and a number is wanted"),
        (print, 3, "are the brackets missing"),
        ("3", 3, "another kind of value"),
        ((1, 2), (2, 1), "transposed"),
        (5, (1, 2), "2 values are wanted"),
        ({"a": 1}, {"a": 1, "b": 2}, "Missing: b"),
        ({"a": 1, "c": 2}, {"a": 1}, "Not wanted: c"),
        ({"A": 1}, {"a": 1}, "the spelling: 'a', and not 'A'"),
        ({3: 1}, {"a": 1}, "a name is a text, in quotes: 'a'"),
        ({"W1": 1}, {"W1": 1, "W2": 2}, "layer 2 is missing"),
        ({"W0": 1, "W1": 1}, {"W1": 1}, "layers are counted from 1"),
        ({"W1": 1, "W2": 1}, {"W1": 1}, "there is no layer 2"),
        ({"red", "blue"}, {"red", "green"}, "Missing: green.\nNot wanted: blue."),
        (7, {"red"}, "another kind of value: a number came, and a set is wanted"),
        (len, "red", "a function came, and a text is wanted"),
        ("read", OneOf(["red", "green"]), "the spelling: 'red', and not 'read'"),
        ("blue", OneOf(["red", "green"]), "wanted  one of 'red', 'green'"),
        (2, OneOf([3, 4]), "wanted  one of 3, 4"),
        (np.ones((2, 1)), (np.ones((2, 3)), 1), "with commas between them"),
        ([np.ones(2), np.ones(3)], np.ones(2), "a list came, and an array or a list"),
        ([*range(99)], "red", "18, 19, ...]"),
    ],
)
def test_what_goes_wrong_everywhere_is_told(got, wanted, told):
    array = np.array if isinstance(wanted, list) else lambda value: value
    with pytest.raises(AssertionError) as failure:
        compare(array(got), array(wanted), "it")
    assert told in str(failure.value), str(failure.value)


@each_lesson
@pytest.mark.parametrize("odd", [0, 1])
def test_a_wrong_answer_fails_its_own_test_only(lesson, odd):
    tasks = [*named(SOURCES[lesson], "test")][odd::2]
    answers = {name: attempt(lesson, name, WRONG[name][0][0]) for name in tasks}
    with redirect_stdout(io.StringIO()):
        assert failed(SOURCES[lesson], **answers) == set(tasks)


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


@each_task
def test_the_student_version_fails_each_test_and_has_no_solution(course, lesson, name):
    gap = named(student_version(course, lesson), "answer")[name].source
    assert "YOUR CODE HERE" in gap
    assert failed(SOURCES[lesson], **{name: gap}) == {name}
    solution = named(SOURCES[lesson], "answer")[name].source
    cut = solution.partition("### BEGIN SOLUTION")[2].partition("### END SOLUTION")[0]
    for line in cut.split("\n"):
        assert not line.strip() or line not in gap


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


@each_lesson
def test_the_sites_notebook_is_nbgraders(course, lesson):
    source = ROOT / f"exercises/{lesson}.py"
    ours, theirs = generate.student(source), student_version(course, lesson)
    for mine, yours in zip(ours.cells, theirs.cells, strict=True):
        assert (mine.cell_type, mine.source) == (yours.cell_type, yours.source)


@each_lesson
def test_the_sites_page_has_each_task_with_what_opens(lesson):
    page = generate.page(ROOT / f"exercises/{lesson}.py", "download/x.ipynb")
    notebook = SOURCES[lesson]
    assert "###" not in page.replace("\n### ", "")
    assert page.count("<details>") == page.count("</details>")
    assert page.count("<summary>A solution") == page.count("<summary>The test") == 6
    assert page.count("<summary>A model answer") == 1
    hints = sum(c.source.count("*Hint.*") for c in notebook.cells)
    assert page.count("<summary>Hint") == hints >= 4
    for name, cell in named(notebook, "test").items():
        seen, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
        assert seen.strip() in page, name
        assert hidden.partition("### END")[0].strip() not in page
        answer = named(notebook, "answer")[name].source
        for line in answer.splitlines():
            assert "###" in line or line.strip() in page
        if answer.startswith("def "):
            gap = answer.partition("### BEGIN")[0] + "# YOUR CODE HERE"
            assert page.index(gap) < page.index(seen.strip())


def handed_in(lesson):
    """Map students to what they fill in: answers by the names of tasks."""
    right = {k: c.source for k, c in named(SOURCES[lesson], "answer").items()}
    answers = {"blank": {}, "whole": right}
    if "by_hand" in right:  # this wrong answer passes the tests that students see
        wrong = attempt(lesson, "by_hand", WRONG["by_hand"][0][0])
        answers["one-wrong"] = right | {"by_hand": wrong}
    return answers


@pytest.fixture
def marks(course, lesson):
    """Hand in and grade a lesson; give the marks by student."""
    for student, filled in handed_in(lesson).items():
        notebook = student_version(course, lesson)
        for name, cell in named(notebook, "answer").items():
            cell.source = filled.get(name, cell.source)
        folder = course / "submitted" / student / lesson
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{lesson}.ipynb")
    for command in (["autograde", lesson], ["export"]):
        done = run("-m", "nbgrader", *command, folder=course)
        assert done.returncode == 0, done.stderr
    with open(course / "grades.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == lesson]
    return {row["student_id"]: float(row["score"]) for row in rows}


@pytest.mark.parametrize("lesson", in_ci([*SOURCES], "02_weighted_backprop"))
def test_nbgrader_gives_full_marks_none_and_finds_what_is_hidden(marks, lesson):
    tests = named(SOURCES[lesson], "test")
    points = {name: c.metadata["nbgrader"]["points"] for name, c in tests.items()}
    expected = {"blank": 0, "whole": sum(points.values())}
    if "by_hand" in points:
        expected["one-wrong"] = expected["whole"] - points["by_hand"]
    for student in handed_in(lesson):
        assert marks[student] == expected[student]


def test_a_course_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "gradebook.db").write_text("marks")
    done = run(SCRIPT, tmp_path)
    assert done.returncode == 2
    assert "may hold grades" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["gradebook.db"]


#: Runs the script, which gets Ctrl-C as it makes a folder of a name, at any speed.
INTERRUPTED = """
import os, runpy, signal, sys

script, name, *words = sys.argv[1:]


def interrupt(event, arguments):
    if event == "os.mkdir" and os.path.basename(arguments[0]) == name:
        os.kill(os.getpid(), signal.SIGINT)


sys.argv = [script, *words]
sys.addaudithook(interrupt)
runpy.run_path(script, run_name="__main__")
"""


@pytest.mark.parametrize("made", in_ci(["spring.partial", "release"], "spring.partial"))
def test_an_interruption_is_one_line_and_leaves_nothing(made, tmp_path):
    """Before nbgrader begins, and while it works."""
    pytest.importorskip("nbgrader")
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, SCRIPT, made, "spring"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines()[-1] == "interrupted; there is no spring yet"
    assert "Traceback" not in done.stderr
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
