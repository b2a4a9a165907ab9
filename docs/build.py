"""Build the site: docs/_build/html, static pages that open from disk.

Sphinx reads one folder, so the pages of docs, the notebooks and pages of the exercises
are laid side by side first. Warnings are errors.
"""

import json
import runpy
import shutil
import sys
from pathlib import Path

import readme
from sphinx.cmd.build import main

DOCS = Path(__file__).parent
NOTEBOOKS = DOCS.parent / "notebooks"
EXERCISES = DOCS.parent / "exercises"


def explorer() -> str:
    """Take the threshold to play with out of its notebook, as it is there.

    Its networks are healthy: of the report's, a single bar holds a quarter of the rows.
    """
    notebook = json.loads((NOTEBOOKS / "08_explore.ipynb").read_text(encoding="utf-8"))
    outputs = (out for cell in notebook["cells"] for out in cell.get("outputs", []))
    (live,) = (
        "".join(out["data"]["text/html"])
        for out in outputs
        if out.get("metadata", {}).get("text/html", {}).get("live")
    )
    return f'```{{raw}} html\n<div class="cell_output">{live}</div>\n```\n'


def build(folder: Path) -> int:
    """Build into ``folder / "html"``, and return Sphinx's exit code."""
    source = folder / "source"
    shutil.rmtree(folder, ignore_errors=True)
    (source / "notebooks").mkdir(parents=True)
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for place, made in (
            ("findings", readme.findings_block),
            ("explorer", explorer),
        ):
            text = text.replace(f"<!-- {place}: put here by build.py -->\n", made())
        (source / page.name).write_text(text, encoding="utf-8")
    shutil.copy(readme.ROOT / "figures/hundred.svg", source)
    for page in (*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("*.md")):
        shutil.copy(page, source / "notebooks")
    lay_exercises(source / "exercises")
    options = ["--quiet", "--fail-on-warning", "--keep-going"]
    places = ["-c", DOCS, "-d", folder / "doctrees", source, folder / "html"]
    return main([*options, *map(str, places)])


def lay_exercises(folder: Path) -> None:
    """Write a page for each file of exercises, and the notebook to download."""
    import nbformat

    make = runpy.run_path(str(EXERCISES / "generate.py"))
    (folder / "download").mkdir(parents=True)
    for exercises in make["SOURCES"]:
        name = f"{exercises.stem}.ipynb"
        nbformat.write(make["student"](exercises), folder / "download" / name)
        page = make["page"](exercises, f"download/{name}")
        (folder / f"{exercises.stem}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    failed = build(DOCS / "_build")
    if not failed:
        print(f"Open {DOCS / '_build/html/index.html'} in a browser.")
    sys.exit(failed)
