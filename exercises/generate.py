"""Make the exercises: an nbgrader course, and the site's pages, from the files here.

Each ``.py`` holds tasks, solutions and tests. A tag says what nbgrader should take a
cell for:

``answer:NAME``
    The student's cell. nbgrader cuts what stands between ``### BEGIN SOLUTION`` and
    ``### END SOLUTION``.
``test:NAME:POINTS``
    Tests of that answer. nbgrader cuts the hidden ones from the student's version, and
    puts them back to grade.
``open:NAME:POINTS``
    A question marked by hand. nbgrader cuts the whole model answer.

All other cells are given, and read-only. A paragraph that begins with ``*Hint.*`` is
closed on the site's pages until it is asked for, and so are tests and solutions.
"""

import os
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nbformat

HERE = Path(__file__).parent
SOURCES = sorted(HERE.glob("0*.py"))
#: What is cut from an answer: the indentation, and the code.
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION", re.M | re.S
)
#: How a source names the lesson that it belongs to.
LESSON = re.compile(r"lesson \d, \*[^*]+\*")
STOP = "raise NotImplementedError()"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "lopsided"
# Only what hangs takes as many seconds: a slow machine grades slowly, and not wrongly.
c.Execute.timeout = 300
c.Execute.startup_timeout = c.Execute.iopub_timeout = 900
"""


def read(source: Path) -> "nbformat.NotebookNode":
    """Read one source, its tags turned into nbgrader's metadata."""
    import jupytext

    notebook = jupytext.read(source)
    for position, cell in enumerate(notebook.cells, 1):
        (tag,) = cell.metadata.pop("tags", [f"given:{position}"])
        kind, name, *points = tag.split(":")
        cell.id = f"{kind}-{name}"
        cell.metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": cell.id,
            "grade": kind in ("test", "open"),
            "solution": kind in ("answer", "open"),
            "locked": kind in ("test", "given"),
            "task": False,
            **({"points": int(points[0])} if points else {}),
        }
    return notebook


def student(source: Path) -> "nbformat.NotebookNode":
    """Make the student's version, with the same words as nbgrader's."""
    notebook = read(source)
    for cell in notebook.cells:
        kind = cell.id.partition("-")[0]
        if kind == "answer":
            cell.source = SOLUTION.sub(r"\1# YOUR CODE HERE\n\1" + STOP, cell.source)
        if kind == "test":
            cell.source = cell.source.partition("### BEGIN HIDDEN TESTS")[0].rstrip()
        if kind == "open":
            cell.source = "YOUR ANSWER HERE"
        del cell.metadata["nbgrader"]
    return notebook


def page(source: Path, download: str) -> str:
    """Write the page of one source for the site, in MyST's Markdown.

    Parameters
    ----------
    source : Path
    download : str
        Where the student's notebook lies.
    """
    title, *parts = [*zip(read(source).cells, student(source).cells, strict=True)]
    heading, _, words = title[0].source.partition("\n\n")
    text = [
        heading,
        f"[Download these exercises as a notebook](path:{download})",
        LESSON.sub(rf"[\g<0>](../notebooks/{source.stem}.ipynb)", words),
    ]
    solution: list[str] = []
    for whole, given in parts:
        kind = whole.id.partition("-")[0]
        if kind == "open":
            text += folded("A model answer", whole.source)
        elif whole.cell_type == "markdown":
            task, _, hint = whole.source.partition("*Hint.* ")
            text += [task.rstrip(), *(folded("Hint", hint) if hint else [])]
        elif kind == "test":
            text += folded("The test", python(given.source)) + solution
        else:
            text.append(python(given.source))
        if kind == "answer":
            (found,) = SOLUTION.finditer(whole.source)
            solution = folded("A solution", python(dedent(found.group(2))))
    return "\n\n".join(text) + "\n"


def python(code: str) -> str:
    """Write a block of code."""
    return f"```python\n{code.strip()}\n```"


def folded(summary: str, text: str) -> list[str]:
    """Write what opens when it is asked for."""
    return [f"<details><summary>{summary}</summary>", text, "</details>"]


def generate(course: Path) -> None:
    """Write ``course/source``, and let nbgrader make ``course/release`` of it.

    Raises
    ------
    RuntimeError
        With nbgrader's log, when it refuses a notebook.
    """
    import nbformat
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    # nbgrader calls its database's tool, alembic, by name.
    os.environ["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    )
    course.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIG)
    config = Config(CourseDirectory={"root": str(course.resolve())})
    nbgrader = NbGraderAPI(config=config)
    for source in SOURCES:
        folder = course / "source" / source.stem
        folder.mkdir(parents=True)
        nbformat.write(read(source), folder / f"{source.stem}.ipynb")
        done = nbgrader.generate_assignment(source.stem)
        said = f"{done.get('error')}\n{done.get('log')}"
        if "KeyboardInterrupt" in said or "Canceled" in said:  # nbgrader catches it
            raise KeyboardInterrupt
        if not done["success"]:
            raise RuntimeError(said)


def main() -> int:
    """Make the course beside its place, then put it there whole."""
    course = Path(*sys.argv[1:] or ["course"])
    problem = ""
    if os.path.lexists(course):
        problem = (
            f"{course} is there already, and may hold grades: move it away, or name "
            "another folder, as in: make exercises COURSE=spring"
        )
    elif find_spec("nbgrader") is None:
        problem = "nbgrader is missing: make exercises installs it, as the extra teach"
    if problem:
        return stop(problem, 2)
    partial = course.with_name(course.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        generate(partial)
        partial.rename(course)
    except KeyboardInterrupt:
        return stop(f"interrupted; there is no {course} yet", 130)
    except OSError as error:
        return stop(f"cannot make {course}: {error.strerror or error}", 2)
    except RuntimeError as error:  # nbgrader's log
        return stop(f"nbgrader refuses a notebook: {error}", 1)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"for students: {course / 'release'}; with solutions: {course / 'source'}")
    return 0


def stop(why: str, code: int) -> int:
    """Say in one line why it ends, and give the exit code."""
    print(" ".join(why.split()), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
