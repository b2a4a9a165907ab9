"""How Sphinx makes the site. build.py calls it, and says where the pages are."""

import importlib.util
import json
import os
import re
import tomllib
from html import unescape
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from docutils import nodes
from sphinx import addnodes

import lopsided

HERE = Path(__file__).parent
URLS = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"].get(
    "urls", {}
)
REPOSITORY_URL = os.environ.get("REPOSITORY_URL") or URLS.get("Repository", "")

LAST_LESSON, REPORT, EXPLORER = "04_threshold_analysis", "05_report", "08_explore"

project = "lopsided"
copyright = "lopsided developers"  # no year: the same bytes whenever it is built
version = release = lopsided.__version__
extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
templates_path = [str(HERE / "templates")]  # autosummary looks from the sources
nitpicky = True

exclude_patterns = ["exercises/download"]  # notebooks to take away are no pages

# The committed outputs are what is shown; a test compares them with a fresh execution.
nb_execution_mode = "off"
nb_merge_streams = False  # a line stays above the table that it announces
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 2  # the glossary's terms

# A word in single backticks is a name of the package, or the build fails.
default_role = "py:obj"
# Made by pydantic and scikit-learn, not by us.
MADE = "model_config, set_fit_request, set_partial_fit_request, set_score_request"
autodoc_default_options = {"exclude-members": MADE}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
autodoc_typehints = "none"  # the docstrings give types, shapes and units
numpydoc_show_class_members = False

# One file, which needs no other: with SVG output MathJax loads no fonts, and a browser
# may refuse fonts to a page that was opened from disk.
MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
mathjax_path = "tex-svg-full.js"
mathjax3_config = {
    "svg": {"scale": 0.9},
    "tex": {"packages": {"[+]": ["textmacros"]}},  # an underscore in a name
}
html_static_path = ["style.css", str(MATHJAX / "static/mathjax/tex-svg-full.js")]
html_css_files = ["style.css"]

html_theme = "pydata_sphinx_theme"
html_title = "lopsided"
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which file:// forbids
html_use_index = html_domain_indices = False  # search finds names, api.md lists them
html_copy_source = html_show_sourcelink = False
html_sidebars = {"**": ["contents.html"]}
html_theme_options = {
    "navbar_center": [],
    "search_bar_text": "Search this site",
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def links(name: str) -> str:
    """Write the line of links that stands under a notebook's title."""
    parts = [f"[Download this notebook](path:{name})"]
    if REPOSITORY_URL:
        path = f"notebooks/{name}"
        binder = f"git/{quote(REPOSITORY_URL, safe='')}/HEAD?labpath={quote(path, '')}"
        parts.append(f"[Open in Binder](https://mybinder.org/v2/{binder})")
    if REPOSITORY_URL.startswith("https://github.com/"):  # all that Colab can open
        place = REPOSITORY_URL.removeprefix("https://github.com/").removesuffix(".git")
        colab = f"https://colab.research.google.com/github/{place}/blob/main/{path}"
        setup = f"%pip install --no-deps git+{REPOSITORY_URL}"
        parts.append(f"[Open in Colab]({colab}) and first run `{setup}`")
    return " · ".join(parts)


def prepare_notebook(app, docname: str, source: list[str]) -> None:
    """Make a page of a notebook, as it is read; the file to download stays as it is."""
    if app.env.doc2path(docname).suffix != ".ipynb":
        return
    name = Path(docname).name
    notebook = json.loads(source[0])
    first = notebook["cells"][0]
    title, _, rest = "".join(first["source"]).partition("\n\n")
    if name == REPORT:  # menus have no room for what it is called
        title, rest = "# The report", f"**{title.removeprefix('# ')}**\n\n{rest}"
    first["source"] = f"{title}\n\n{links(name + '.ipynb')}\n\n{rest}"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = link_names("".join(cell["source"]))
    if name == LAST_LESSON:
        put_explorer(notebook["cells"])
    if name == REPORT:  # is read for its results, the others for their code too
        for cell in notebook["cells"]:
            cell["metadata"].setdefault("tags", []).append("remove-input")
    # The corners of a table head nothing, so they are no headers.
    source[0] = json.dumps(notebook).replace("<th></th>", "<td></td>")


def put_explorer(cells: list[dict]) -> None:
    """Set the explorer below the cell that sends readers to it."""
    path = HERE.parent / f"notebooks/{EXPLORER}.ipynb"
    (explorer,) = (
        cell | {"metadata": {"tags": ["remove-input"]}}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if "".join(cell["source"]).startswith("explorer.show(")
    )
    (place,) = (
        k
        for k, cell in enumerate(cells, 1)
        if f"]({EXPLORER}.ipynb#move-it)" in "".join(cell["source"])
    )
    cells.insert(place, explorer)


#: A notebook's link to the exercises of a lesson.
EXERCISES = re.compile(r"\]\((\.\./exercises/\w+)\.py\)")
#: A name in a notebook, linked to the file that defines it.
DEFINED = re.compile(r"\[`(\w+)`\]\(\.\./src/([\w/]+)\.py\)")


def link_names(text: str) -> str:
    """Let links to a source lead to its page here: of names, and of exercises."""
    text = EXERCISES.sub(r"](\1.md)", text)

    def page(found: re.Match[str]) -> str:
        name, module = found[1], found[2].replace("/", ".")
        return f"{{py:obj}}`{name} <{module}.{name}>`"

    return DEFINED.sub(page, text)


def describe_figures(app, doctree: nodes.document) -> None:
    """Give each figure the alternative text that its SVG carries."""
    for image in doctree.findall(nodes.image):
        if image["uri"].endswith(".svg") and not image.get("alt"):
            drawn = ElementTree.parse(Path(app.srcdir, image["uri"].lstrip("/")))
            image["alt"] = drawn.getroot().attrib["aria-label"]


def keep_punctuation(app, doctree: nodes.document) -> None:
    """Keep the marks that touch a formula on its line: ``($da$),`` stays whole."""
    for formula in list(doctree.findall(nodes.math)):
        line = formula.parent
        (k,) = (i for i, node in enumerate(line) if node is formula)
        before, after = "", ""
        if k and isinstance(line[k - 1], nodes.Text):
            before = re.search(r"[(\[“‘]*$", line[k - 1])[0]
        if k + 1 < len(line) and isinstance(line[k + 1], nodes.Text):
            after = re.match(r"[.,:;?!)\]”’]*", line[k + 1])[0]
        if not before + after:
            continue
        together = nodes.inline(classes=["nowrap"])
        line[k] = together
        together += [nodes.Text(before), formula, nodes.Text(after)]
        if before:
            line[k - 1] = nodes.Text(line[k - 1].removesuffix(before))
        if after:
            line[k + 1] = nodes.Text(line[k + 1].removeprefix(after))


#: Code within a text, and a word of it, as Sphinx writes them.
CODE = re.compile(r'<code class="([^"]*)">(.*?)</code>', re.S)
WORD = re.compile(r'<span class="pre">([^<]*)</span>')
SHORT = 28  # letters, which are three quarters of a phone's line


def break_code(app, page: str, template: str, context: dict, doctree) -> None:
    """Keep short code on one line, and let a long word break after a mark within it."""

    def of_code(found: re.Match) -> str:
        classes, words = found.groups()
        if len(unescape(re.sub("<[^>]*>", "", words))) <= SHORT:
            return f'<code class="{classes} nowrap">{words}</code>'
        return f'<code class="{classes}">{WORD.sub(of_word, words)}</code>'

    def of_word(found: re.Match) -> str:
        word = found[1]
        if len(unescape(word)) <= SHORT:
            return found[0]
        word = re.sub(r"(?<=[./_=,:(])(?=\w)", "<wbr>", word)
        return f'<span class="pre long">{word}</span>'

    if "body" in context:
        context["body"] = CODE.sub(of_code, context["body"])


def hide_values(app, domain: str, kind: str, content: addnodes.desc_content) -> None:
    """Leave out what constants are: it is long, and one click away in the source."""
    if kind == "data":
        for value in list(content.parent.findall(addnodes.desc_annotation)):
            value.parent.remove(value)


def find_in_package(app, env, node, shown) -> nodes.Node | None:
    """Find `loss.d_logits` where docstrings name it so, without package and room.

    A name that stands for two things is left for Sphinx to complain of.
    """
    python = env.domains["py"]
    ending = f".{node['reftarget']}"
    found = [name for name in python.objects if name.endswith(ending)]
    here = [name for name in found if name == f"{node.get('py:module')}{ending}"]
    if len(here or found) != 1:
        return None
    (name,) = here or found
    return python.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], name, node, shown
    )


def setup(app) -> None:
    """Connect these to Sphinx."""
    app.connect("source-read", prepare_notebook)
    app.connect("doctree-read", describe_figures, priority=400)  # before images move
    app.connect("doctree-read", keep_punctuation)
    app.connect("html-page-context", break_code)
    app.connect("object-description-transform", hide_values)
    app.connect("missing-reference", find_in_package)
