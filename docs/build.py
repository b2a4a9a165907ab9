"""Build the site: docs/_build/html, static pages that open from disk.

Sphinx reads one folder, so the pages of docs and the notebooks are laid side by side
first. Warnings are errors.
"""

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main

DOCS = Path(__file__).parent
NOTEBOOKS = DOCS.parent / "notebooks"


def build(folder: Path) -> int:
    """Build into ``folder / "html"``, and return Sphinx's exit code."""
    source = folder / "source"
    shutil.rmtree(folder, ignore_errors=True)
    (source / "notebooks").mkdir(parents=True)
    for page in DOCS.glob("*.md"):
        shutil.copy(page, source)
    for page in (*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("*.md")):
        shutil.copy(page, source / "notebooks")
    options = ["--quiet", "--fail-on-warning", "--keep-going"]
    places = ["-c", DOCS, "-d", folder / "doctrees", source, folder / "html"]
    return main([*options, *map(str, places)])


if __name__ == "__main__":
    failed = build(DOCS / "_build")
    if not failed:
        print(f"Open {DOCS / '_build/html/index.html'} in a browser.")
    sys.exit(failed)
