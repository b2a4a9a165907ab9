"""The documents of a run: ``report.html`` and ``report.pdf``, both from notebook 05.

Pandoc reads what the executed notebook says and shows into one tree. It writes the tree
as HTML, with formulas as MathML, and as Typst, which becomes a tagged PDF. A name or a
value from a table is a leaf of that tree: nothing in it can act as markup. What stands
around the table of `lopsided.explorer` is HTML already, and goes to HTML as it is; its
script is the only one that the page lets run.

Longer than most: two documents come from one tree.
"""

import base64
import json
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
import pandas as pd

from lopsided.errors import DocumentError
from lopsided.parameters import Parameters
from lopsided.pipeline.folders import overwrite
from lopsided.pipeline.scratch import scratch
from lopsided.prose import clean, one_line
from lopsided.report import explorer

HTML, PDF = "report.html", "report.pdf"
TEMPLATES = Path(__file__).parent / "templates"
#: CommonMark: what `lopsided.prose.escape` escapes is all that it takes for markup.
MARKDOWN = "commonmark+tex_math_dollars+raw_attribute+gfm_auto_identifiers"
#: A comment in a notebook's text that becomes the number of a figure or table.
REFERENCE = re.compile(r"<!-- see (\S+) -->")
NUMBER = re.compile(r"[+−-]?[\d.,]+(e[+-]?\d+)?%?|undefined|")
ROWS_KEPT_TOGETHER = 4  # of a table, on one page

Node = Any  # of pandoc's tree: a dict with its type "t" and its content "c"


@dataclass
class Shown:
    """A figure or a table.

    Attributes
    ----------
    kind : str
        ``"Figure"`` or ``"Table"``.
    content : str
        SVG or HTML.
    about : dict
        From `report.display.show`: ``caption`` and ``label`` if there is a caption,
        and a figure's ``alt``.
    number : int, optional
        Among the figures, or tables, with a caption.
    node : optional
        A table, in pandoc's tree.
    around : tuple of str
        HTML before and after a table, from `lopsided.explorer`; for HTML only.
    """

    kind: str
    content: str
    about: dict[str, str]
    number: int | None = None
    node: Any = None
    around: tuple[str, str] = ("", "")

    @property
    def name(self) -> str:
        """How the text refers to it: ``"Table 1"``."""
        return f"{self.kind} {self.number}" if self.number else self.kind


def publish(
    p: Parameters,
    made: dict[str, Any],
    run: Path,
    notebook: str = "05_report",
    varied: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, float]:
    """Write both documents into a run folder, or a sweep's.

    Parameters
    ----------
    p : Parameters
    made : dict
        The run's manifest.
    run : Path
        With the notebook, executed.
    notebook : str
    varied : mapping of str
        What to say of parameters that have no one value.

    Returns
    -------
    dict of float
        Seconds that each took.

    Raises
    ------
    ImportError
        When pandoc or Typst is not installed.
    DocumentError
        When one cannot be written; the other is, if it can.
    """
    import pypandoc  # noqa: F401
    import typst  # noqa: F401

    executed = run / "notebooks" / f"{notebook}.ipynb"
    start = time.perf_counter()
    seconds: dict[str, float] = {}
    failed: dict[str, str] = {}
    report = None
    for name in (HTML, PDF):
        try:
            if report is None:
                read = nbformat.read(executed, as_version=4)
                report = Report(p, made, read, varied)
            content = report.html() if name == HTML else report.pdf()
            overwrite(run / name, content)
        except Exception as error:
            failed[name] = one_line(str(error)) or type(error).__name__
        else:
            seconds[name] = time.perf_counter() - start
        start = time.perf_counter()
    if failed:
        raise DocumentError(seconds, failed)
    return seconds


class Report:
    """What both documents say: a notebook's text, figures and tables, not its code.

    Parameters
    ----------
    p : Parameters
    made : dict
        The run's manifest, for the last page.
    notebook
        Executed.
    varied : mapping of str
        What to say of parameters that have no one value.
    """

    def __init__(
        self,
        p: Parameters,
        made: dict[str, Any],
        notebook: Any,
        varied: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        text, self.shown = collect(notebook)
        text.append("## How this report was made")
        for table in colophon(p, made, varied):
            text.append(_placeholder(len(self.shown)))
            self.shown.append(table)
        self.tree = json.loads(_pandoc("\n\n".join(text), MARKDOWN, "json"))
        self._read_tables()
        self._number()
        heading = next(b for b in self.tree["blocks"] if b["t"] == "Header")
        self.tree["blocks"].remove(heading)
        self.title = one_line(p.title or "") or _plain(heading)
        self.author = one_line(p.author or "")

    def html(self) -> bytes:
        """Write one HTML file that needs no other, nor a network."""
        meta = {"title": self.title} | ({"author": self.author} if self.author else {})
        tree = _walk(self._filled(_data_address), _for_html) | {
            "meta": {k: {"t": "MetaInlines", "c": _words(v)} for k, v in meta.items()}
        }
        options = ["--mathml", "--toc", "--toc-depth=2", "--section-divs"]
        options.append(f"--variable=script:{explorer.script_hash()}")
        written = _write(tree, "html", *options)
        # As it is, browsers stretch a hat, or set it beside its letter.
        hat = '<mo accent="true">\u0302</mo>'
        return written.replace(hat, '<mo stretchy="false">^</mo>').encode()

    def pdf(self) -> bytes:
        """Write a tagged PDF that keeps to PDF/UA-1."""
        import matplotlib as mpl
        import typst

        with scratch() as folder:

            def saved(svg: str) -> str:
                path = folder / f"{len(list(folder.glob('*.svg')))}.svg"
                path.write_text(svg, encoding="utf-8")
                return path.name

            tree = _walk(self._filled(saved), _for_typst)
            tree["blocks"] = _announced(tree["blocks"])
            source = _write(tree, "typst", "--shift-heading-level-by=-1")
            given = {"title": self.title, "author": self.author}
            main = folder / "report.typ"
            # Beside Typst's own, one that has many characters, and is always there.
            for font in Path(mpl.get_data_path(), "fonts/ttf").glob("DejaVuSans*"):
                shutil.copy(font, folder)

            def compiled(source: str, given: dict[str, str], system: bool) -> bytes:
                main.write_text(source, encoding="utf-8")
                return typst.compile(
                    main,
                    root=folder,
                    sys_inputs=given,
                    font_paths=[folder],
                    ignore_system_fonts=not system,
                    pdf_standards=["ua-1"],
                )

            # The same fonts everywhere, if they have every character; else this
            # machine's; else its code stands for a character that no font has.
            for system in (False, True):
                try:
                    return compiled(source, given, system)
                except typst.TypstError as error:
                    if "could not be displayed" not in error.message:
                        raise
            coded = {k: _code_points(v) for k, v in given.items()}
            return compiled(_code_points(source), coded | {"coded": "yes"}, True)

    def _read_tables(self) -> None:
        """Let pandoc read the tables, all at once."""
        tables = [s for s in self.shown if s.kind == "Table"]
        html = "\n".join(s.content for s in tables)
        nodes = json.loads(_pandoc(html, "html", "json"))["blocks"]
        for table, node in zip(tables, nodes, strict=True):
            table.node = node

    def _number(self) -> None:
        """Give figures, and tables, their numbers: those that have a caption."""
        last = {"Figure": 0, "Table": 0}
        for shown in self.shown:
            if "caption" in shown.about:
                last[shown.kind] += 1
                shown.number = last[shown.kind]

    def _filled(self, address: Callable[[str], str]) -> Node:
        """Put figures, tables and references in their places.

        Parameters
        ----------
        address : callable
            Gives an SVG a name under which the document finds it.
        """
        labelled = {s.about["label"]: s for s in self.shown if s.number}

        def fill(node: Node) -> list[Node] | None:
            kind, content = node["t"], node.get("c")
            if kind == "RawBlock" and content[0] == "shown":
                shown = self.shown[int(content[1])]
                drawn = shown.kind == "Figure"
                if drawn:
                    return [_figure(shown, address)]
                before, after = (_node("RawBlock", "html", h) for h in shown.around)
                return [before, _table(shown), after]
            if kind == "RawInline" and (m := REFERENCE.fullmatch(content[1])):
                words = _words(labelled[m[1]].name)
                link = _node("Link", NOTHING, words, [f"#{m[1]}", ""])
                return [{"t": "Space"}, _node("Str", "("), link, _node("Str", ")")]
            if kind in ("RawInline", "RawBlock"):  # no other markup passes
                text = _words(content[1])
                return text if kind == "RawInline" else [_node("Plain", text)]
            if kind == "Link":  # to a file that the reader may not have
                return list(content[1])
            return None

        tree = _walk(self.tree, fill)
        return tree | {"blocks": _side_by_side(tree["blocks"])}


def collect(notebook: Any) -> tuple[list[str], list[Shown]]:
    """Take the text of a notebook, and what its cells show.

    Returns
    -------
    list of str
        Markdown, with a placeholder for each thing shown.
    list of Shown
    """
    text: list[str] = []
    shown: list[Shown] = []
    kinds = {"image/svg+xml": "Figure", "text/html": "Table"}
    for cell in notebook.cells:
        if "only-notebook" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            text.append(cell.source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if said := data.get("text/markdown"):
                if said.startswith("- ") and text[-1].startswith("- "):
                    text[-1] += f"\n{said}"  # one list
                else:
                    text.append(said)
            for mime in kinds.keys() & data.keys():
                text.append(_placeholder(len(shown)))
                about = output.metadata.get(mime, {})
                shown.append(Shown(kinds[mime], data[mime], about))
    for table in shown:
        if table.kind == "Table":  # without the style that pandas puts before it
            before, start, rest = table.content.rpartition("<table")
            rest, end, after = rest.partition("</table>")
            table.content = start + rest + end
            if table.about.get("live"):
                table.around = before, after
    return text, shown


def colophon(
    p: Parameters, made: dict[str, Any], varied: Mapping[str, str]
) -> list[Shown]:
    """Tabulate how a run was made: its parameters, its data, its versions."""
    parameters = p.model_dump() | {"data": made["data"]["source"], **varied}
    del parameters["run_dir"]
    written = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in parameters.items()
    }
    software = {
        "SHA-256 of the data": made["data"]["sha256"],
        "lopsided": made["lopsided"],
        "revision": made["git_revision"] or "not of a checkout",
        "Python": made["python"],
        **made["libraries"],
        "platform": made["platform"],
    }
    tables = [
        ("parameter", written, "The parameters of this run, defaults included."),
        ("part", software, "The data and the software of this run."),
    ]
    shown = []
    for name, rows, caption in tables:
        frame = pd.DataFrame({"value": rows}).rename_axis(columns=name)
        with pd.option_context("display.max_colwidth", None):
            html = clean(frame.to_html(border=0))
        shown.append(Shown("Table", html, {"caption": caption, "label": f"run-{name}"}))
    return shown


# Pandoc, and its tree.

NOTHING: list[Any] = ["", [], []]  # no id, no classes, no attributes


def _pandoc(text: str, source: str, to: str, *options: str) -> str:
    import pypandoc

    written: str = pypandoc.convert_text(
        text, to, source, extra_args=options, verify_format=False
    )
    return written


def _write(tree: Node, to: str, *options: str) -> str:
    template = TEMPLATES / f"report.{to}"
    options = (*options, "--wrap=none", f"--template={template}")
    return _pandoc(json.dumps(tree), "json", to, *options)


def _placeholder(number: int) -> str:
    return f"``` {{=shown}}\n{number}\n```"


def _node(kind: str, *content: Any) -> Node:
    return {"t": kind, "c": content[0] if len(content) == 1 else list(content)}


def _words(text: str) -> list[Node]:
    """Write plain text as pandoc does: words and spaces."""
    nodes: list[Node] = []
    for word in text.split():
        nodes += [_node("Str", word), {"t": "Space"}]
    return nodes[:-1]


def _plain(node: Any) -> str:
    """Read the text of a node, or of several."""
    if isinstance(node, list):
        return "".join(map(_plain, node))
    if not isinstance(node, dict):
        return ""
    if node["t"] == "Str":
        return str(node["c"])
    return " " if node["t"] in ("Space", "SoftBreak") else _plain(node.get("c"))


def _walk(tree: Any, change: Callable[[Node], list[Node] | None]) -> Any:
    """Copy a tree, with some nodes of its lists replaced; the inner ones come first."""
    if isinstance(tree, dict):
        return {key: _walk(value, change) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    copy: list[Any] = []
    for item in (_walk(item, change) for item in tree):
        new = change(item) if isinstance(item, dict) and "t" in item else None
        copy += [item] if new is None else new
    return copy


def _caption(shown: Shown) -> list[Any]:
    if not shown.number:
        return [None, []]
    number = _node("Strong", _words(f"{shown.name}."))
    words = [number, {"t": "Space"}, *_words(shown.about["caption"])]
    return [None, [_node("Plain", words)]]


def _figure(shown: Shown, address: Callable[[str], str]) -> Node:
    alt = ["", [], [["alt", shown.about["alt"]]]]
    image = _node("Image", alt, [], [address(shown.content), ""])
    label = [shown.about.get("label", ""), [], []]
    return _node("Figure", label, _caption(shown), [_node("Plain", [image])])


def _table(shown: Shown) -> Node:
    """Give a table its caption, its headers' scopes, and numbers to the right."""
    _, _, columns, (_, head), bodies, foot = shown.node["c"]
    scope = ["", [], [["scope", "col"]]]
    # Pandas writes the name of the rows below those of the columns: one line will do.
    tops = [
        max(cells, key=lambda cell: bool(_plain(cell[4])))
        for cells in zip(*(cells for _, cells in head), strict=True)
    ]
    head = [[NOTHING, [[scope, *cell[1:]] for cell in tops]]]
    # A body: its attributes, how many columns are headers, no heads between, the rows.
    rows = [cells for *_, rows in bodies for _, cells in rows]
    scope = ["", [], [["scope", "row"]]]
    rows = [[[scope, *cells[0][1:]], *cells[1:]] for cells in rows]
    for k in range(len(columns)):
        numbers = all(NUMBER.fullmatch(_plain(row[k][4])) for row in rows)
        align = {"t": "AlignRight" if numbers else "AlignLeft"}
        columns[k] = [align, {"t": "ColWidthDefault"}]
    body = [[NOTHING, 1, [], [[NOTHING, row] for row in rows]]]
    label = [shown.about.get("label", ""), [], []]
    head = [NOTHING, head]
    return _node("Table", label, _caption(shown), columns, head, body, foot)


def _side_by_side(blocks: list[Node]) -> list[Node]:
    """Put figures that follow one another into one row."""
    placed: list[Node] = []
    for is_figure, run in groupby(blocks, key=lambda block: block["t"] == "Figure"):
        together = [*run]
        if is_figure and len(together) > 1:
            together = [_node("Div", ["", ["figures"], []], together)]
        placed += together
    return placed


def _for_html(node: Node) -> list[Node] | None:
    """Let a wide table scroll by itself, with the keyboard too."""
    if node["t"] != "Table":
        return None
    name = _plain(node["c"][1]).partition(".")[0]
    region = [["role", "region"], ["tabindex", "0"], ["aria-label", name or "Table"]]
    return [_node("Div", ["", ["table"], region], [node])]


def _for_typst(node: Node) -> list[Node] | None:
    """Write what pandoc's Typst gets wrong or leaves out.

    A text is a string there, or a dash would start a list. Figures and formulas have
    the alternative texts of PDF/UA; a formula's is its LaTeX. Short tables stay whole.
    """
    kind = node["t"]
    if kind == "Div" and "figures" in node["c"][0][1]:
        row = [_typst("#figures(")]
        for figure in node["c"][1]:
            row += [_typst("["), figure, _typst("],")]
        return [*row, _typst(")")]
    if kind == "RawBlock" and node["c"][0] == "html":
        return []
    if kind == "Str":
        return [_node("RawInline", "typst", f'#"{_quoted(node["c"])}";')]
    if kind == "Image":
        (*_, ((_, alt),)), _, (path, _) = node["c"]
        return [_node("RawInline", "typst", f'#image("{path}", alt: "{_quoted(alt)}")')]
    if kind == "Math":
        words = f'#[#set math.equation(alt: "{_quoted(node["c"][1])}");'
        end = _node("RawInline", "typst", "]")
        return [_node("RawInline", "typst", words), node, end]
    if kind == "Table":
        rows = sum(len(body[3]) for body in node["c"][4])
        whole = "true" if rows > ROWS_KEPT_TOGETHER else "false"
        block = [["typst:width", "100%"], ["typst:breakable", whole]]
        return [_node("Div", ["", [], block], [node])]
    return None


def _typst(source: str) -> Node:
    return _node("RawBlock", "typst", source)


def _announced(blocks: list[Node]) -> list[Node]:
    """Keep what announces a table on the table's page."""
    return [
        _node("Div", ["", [], [["typst:sticky", "true"]]], [block])
        if block["t"] in ("Para", "Plain") and _breaks(after)
        else block
        for block, after in zip(blocks, [*blocks[1:], None], strict=True)
    ]


def _breaks(block: Node | None) -> bool:
    """Say whether a block is a table, which `_for_typst` put into one of its own."""
    if block is None or block["t"] != "Div":
        return False
    return any(name == "typst:breakable" for name, _ in block["c"][0][2])


def _quoted(text: str) -> str:
    """Write a text inside a string of Typst."""
    return " ".join(text.split()).replace("\\", r"\\").replace('"', r"\"")


def _data_address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _code_points(text: str) -> str:
    """Write characters that may have no glyph as their code: ``[U+4E2D]``."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    known = FT2Font(findfont("DejaVu Sans")).get_charmap()
    return "".join(
        c if ord(c) in known or c.isspace() else f"[U+{ord(c):04X}]" for c in text
    )
