"""Make the exercises: an nbgrader course, from the notebooks beside this file.

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

All other cells are given, and read-only.
"""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).parent
SOURCES = sorted(HERE.glob("0*.py"))
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "lopsided"
"""


def read(source: Path) -> nbformat.NotebookNode:
    """Read one source, its tags turned into nbgrader's metadata."""
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


def generate(course: Path) -> None:
    """Write ``course/source``, and let nbgrader make ``course/release`` of it.

    Raises
    ------
    RuntimeError
        With nbgrader's log, when it refuses a notebook.
    """
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
        if not done["success"]:
            raise RuntimeError(done["log"] or done["error"])


def main() -> int:
    """Make the course beside its place, then put it there whole."""
    course = Path(*sys.argv[1:] or ["course"])
    problem = ""
    if course.exists():
        problem = (
            f"{course} is there already, and may hold grades: move it away, or name "
            "another folder, as in: make exercises COURSE=spring"
        )
    elif find_spec("nbgrader") is None:
        problem = "nbgrader is missing: make exercises installs it, as the extra teach"
    if problem:
        print(problem, file=sys.stderr)
        return 2
    partial = course.with_name(course.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    generate(partial)
    partial.rename(course)
    print(f"for students: {course / 'release'}; with solutions: {course / 'source'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
