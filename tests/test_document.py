"""The documents: what a run found, as text, whatever its table holds."""

import pickle
import re
import sys
from html.parser import HTMLParser
from itertools import groupby

import nbformat
import numpy as np
import pandas as pd
import pytest
from browser import check_page, chromium
from markdown_it import MarkdownIt
from pypdf import PdfReader

from lopsided.errors import DocumentError
from lopsided.parameters import Parameters, validate
from lopsided.pipeline import document, notebooks, report
from lopsided.prose import Sentence, Typed, clean, item, one_line, option
from lopsided.report import display
from lopsided.table.dataset import load

pytestmark = pytest.mark.slow

SCRIPT = "<script>alert(1)</script>"
NAMES = [
    SCRIPT,
    "$x_1$ and $y$",
    "a" * 150,
    "имя_пациента",
    "名前",
    "😀 grin",
    "back`tick` ```",
    "*star* _under_ **b**",
    r"@mention #hash \back",
    "--- | a | b",
    "![i](http://example.org/x.png)",
    "<!-- see metrics -->",
    "&lt;b&gt; &amp;",
    "#set page(width: 1pt)",
    ']#panic("x")[',
    "- dash",
    "1. one",
    "<img src=x onerror=alert(1)>",
    "</table></div>",
    "bell\x07",
    "turned\u202e",
    "half\u2067",
    "no\ufdd0character",
    "m\ufeffark",
    "separ\x1cator",
    "ol\x85d",
]
YES, NO = "yes $#\\@<*_` </script>\x0b\uffff", "no & <none> #[x]\x1a\x1b\ufffe"
TITLE, AUTHOR = "A $title$ \x1c#x <b> 名\ufeff", 'O\'Neil\x1f "B" <b> \\ #let'


SECTIONS = [
    "Introduction",
    "Model architecture",
    "Forward propagation",
    "Loss function",
    "Class imbalance handling",
    "Backpropagation and weight updates",
    "Training setup",
    "Evaluation metrics",
    "Threshold analysis",
    "Conclusion",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Run notebook 05 on a table that tries everything; give the folder."""
    run = tmp_path_factory.mktemp("run")
    rng = np.random.default_rng(0)
    names = [*NAMES, *(f"column_{k}" for k in range(180))]
    columns = dict(zip(names, rng.normal(size=(len(names), 100)), strict=True))
    for name in names[len(NAMES) :]:  # each is told with a value: no two are alike
        columns[name] = [f"{value:.9f}%" for value in columns[name]]
    table = pd.DataFrame(columns | {"#target $": np.where(np.arange(100) % 5, NO, YES)})
    table.to_csv(run / "hostile.csv", index=False)
    given = {"target": "#target $", "positive_label": YES, "epochs": 1}
    given |= {"threshold": 1.0, "n_bootstrap": 100, "hidden_units": [1]}
    given |= {"title": TITLE, "author": AUTHOR}
    dataset = load(validate({"data": str(run / "hostile.csv")} | given))
    (run / "notebooks").mkdir()
    source = notebooks.folder() / "05_report.ipynb"
    output = run / "notebooks" / source.name
    p = dataset.parameters.with_(run_dir=str(run))
    notebooks.execute(source, output, p.model_dump())
    made = report.manifest(p, dataset.provenance.sha256)
    document.publish(p, made, run)
    return run, p, made


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Publish the committed notebook 05; give the folder."""
    run = tmp_path_factory.mktemp("plain")
    (run / "notebooks").symlink_to(notebooks.folder())
    document.publish(Parameters(), report.manifest(Parameters(), "0" * 64), run)
    return run


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, words):
        self.words.append(words)

    def all(self, name, attribute):
        return [a[attribute] for tag, a in self.tags if tag == name and attribute in a]


def pdf_text(path):
    """All text without spaces, which a PDF does not have where a line breaks."""
    pages = [page.extract_text() for page in PdfReader(path).pages]
    return [re.sub(r"[\s\u200b]", "", text) for text in pages]


def test_names_and_labels_are_text_in_html(hostile):
    page = Page(hostile[0] / "report.html")
    for name in [*NAMES, YES, NO, TITLE, AUTHOR]:
        assert clean(name) in page.text, name
    assert clean(page.text) == page.text
    assert page.all("meta", "content")[-1] == clean(AUTHOR)
    assert not [a for _, a in page.tags if a.get("http-equiv", "")[:7] == "refresh"]
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1  # the explorer's
    assert "iframe" not in tags
    html = (hostile[0] / "report.html").read_text(encoding="utf-8")
    bold = re.findall(r"<b\b[^>]*>(.*?)</b>", html)  # the explorer's numbers
    assert [
        words for words in bold if not re.fullmatch(r"[\d.,]+|undefined", words)
    ] == []
    assert len(bold) == tags.count("b")
    assert not [a for _, attributes in page.tags for a in attributes if a[:2] == "on"]
    drawn = (hostile[0] / "notebooks/05_report.ipynb").read_text(encoding="utf-8")
    assert len(page.all("img", "src")) == drawn.count('"image/svg+xml": [')


def test_names_and_labels_are_text_in_pdf(hostile):
    text = "".join(pdf_text(hostile[0] / "report.pdf"))
    coded = {"名前": "[U+540D][U+524D]"}
    for name in [*NAMES, YES, NO]:
        squeezed = "".join(clean(name).split())
        assert squeezed in text or coded.get(squeezed, squeezed) in text, name


def test_title_and_author_are_the_parameters(hostile, plain):
    run, p, _ = hostile
    known = PdfReader(run / "report.pdf").metadata
    assert known.title.startswith("A $title$ \ufffd#x <b> ")
    assert known.author == clean(p.author)
    assert clean(p.author) in Page(run / "report.html").text
    heading = "A neural network written from scratch, for lopsided classes"
    assert PdfReader(plain / "report.pdf").metadata.title == heading
    assert PdfReader(plain / "report.pdf").metadata.author is None
    assert "Your Name" not in (plain / "report.html").read_text(encoding="utf-8")


def test_undefined_measures_say_so(hostile):
    assert "undefined" in Page(hostile[0] / "report.html").text
    assert "undefined" in "".join(pdf_text(hostile[0] / "report.pdf"))


def test_a_long_table_goes_on_over_pages_with_its_head(hostile):
    pages = pdf_text(hostile[0] / "report.pdf")
    assert sum("kindtreatmentnumbercolumns" in text for text in pages) >= 4
    assert "column_0" in "".join(pages)
    assert "column_179" in "".join(pages)


def test_the_last_page_tells_how_the_run_was_made(hostile):
    run, _, made = hostile
    page = Page(run / "report.html").text
    last = "".join(pdf_text(run / "report.pdf")[-2:])  # the tables may take two
    end = page[page.rindex("How this report was made") :]
    wanted = [made["data"]["sha256"], "hidden_units", "[1]", "hostile.csv"]
    for needed in [*wanted, *made["libraries"].values(), made["python"]]:
        assert needed in end
        assert needed in last
    assert str(run) not in page  # whose machine it was is nobody's business


@pytest.mark.parametrize("which", ["hostile", "plain"])
def test_html_refers_to_nothing_outside(which, request):
    run = request.getfixturevalue(which)
    page = Page((run[0] if which == "hostile" else run) / "report.html")
    ids = {a["id"] for _, a in page.tags if "id" in a}
    links = page.all("a", "href")
    assert len(links) > 15
    assert {link[1:] for link in links} <= ids
    assert all(link[0] == "#" for link in links)
    assert all(s.startswith("data:image/svg+xml") for s in page.all("img", "src"))
    assert not page.all("link", "href")
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_figures_and_tables_are_numbered_and_referred_to(plain):
    page = Page(plain / "report.html")
    notebook = nbformat.read(notebooks.folder() / "05_report.ipynb", as_version=4)
    kinds = [shown.kind for shown in document.collect(notebook)[1]]
    counts = {"Figure": kinds.count("Figure"), "Table": kinds.count("Table") + 2}
    assert min(counts.values()) > 5
    for kind, count in counts.items():
        found = re.findall(rf"{kind} (\d+)\. ", page.text)
        assert found == [str(n + 1) for n in range(count)]
    text = "".join(pdf_text(plain / "report.pdf"))
    for number in range(1, 6):
        assert f"(Table{number})" in text
    scopes = page.all("th", "scope")
    assert len(scopes) == sum(tag == "th" for tag, _ in page.tags)


def lowest(page):
    """Give the height at which a page of the PDF ends, as a share of its text block."""
    top, bottom = (842 / 297 * mm for mm in (297 - 25, 27))  # the template's margins
    heights = []

    def text(words, cm, tm, *_):
        if words.strip():
            heights.append(tm[4] * cm[1] + tm[5] * cm[3] + cm[5])

    def drawn(operator, _, cm, tm):
        if operator == b"Do":
            heights.append(cm[5])

    page.extract_text(visitor_text=text, visitor_operand_before=drawn)
    return (top - min(h for h in heights if h > bottom - 1)) / (top - bottom)


def test_pages_of_the_pdf_are_full_and_nothing_announces_the_next_page(plain):
    pages = PdfReader(plain / "report.pdf").pages
    assert len(pages) > 5
    for page in pages[1:-1]:  # the first is the decision, whatever it takes
        assert lowest(page) > 0.9
        last = page.extract_text().strip().splitlines()[-2].strip()  # before its number
        assert not re.search(r"\(Table \d+\):?$|^Table \d+\.|^\d+ [A-Z]\w+$", last), (
            last
        )


@pytest.mark.parametrize("which", ["hostile", "plain"])
def test_the_first_page_is_the_decision_and_its_two_figures(which, request):
    run = request.getfixturevalue(which)
    first, second, *_ = pdf_text((run[0] if which == "hostile" else run) / "report.pdf")
    wanted = ["Asked.", "Thetable.", "Thedecision.", "Howsure.", "Health."]
    wanted += ["Besideothers.", "Tomind", "Figure1.", "Figure2."]
    assert [words for words in wanted if words not in first] == []
    assert second.startswith("1Introduction")
    html = ((run[0] if which == "hostile" else run) / "report.html").read_text("utf-8")
    row = html[html.index('<div class="figures">') :]
    assert row[: row.index("</div>")].count("<figure") == 2
    assert html.index("Health.") < html.index('<div class="figures">')


def test_the_words_fit_the_table(hostile):
    """Of another table, the source of the ten sections is named once."""
    text = Page(hostile[0] / "report.html").text
    body = text[: text.rindex("How this report was made")]
    assert len(re.findall(r"(?i)\bsource\b", body)) == 0
    assert body.count("those of a report on missed appointments") == 1


def test_the_ten_sections_of_the_source_are_there(hostile):
    text = Page(hostile[0] / "report.html").text
    places = [text.rindex(f"{n} {name}") for n, name in enumerate(SECTIONS, 1)]
    assert places == sorted(places)


def tree(node):
    """Walk the structure tree of a PDF."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from tree(child)
    elif isinstance(node, dict):
        yield node
        if "/K" in node:
            yield from tree(node["/K"])


@pytest.mark.parametrize("which", ["hostile", "plain"])
def test_pdf_is_tagged_as_pdf_ua_asks(which, request):
    run = request.getfixturevalue(which)
    reader = PdfReader((run[0] if which == "hostile" else run) / "report.pdf")
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    nodes = list(tree(root["/StructTreeRoot"]["/K"]))
    kinds = [str(node.get("/S")) for node in nodes]
    assert {"/H1", "/P", "/LI", "/TH", "/TD", "/Caption"} <= set(kinds)
    spoken = [n for n in nodes if n.get("/S") in ("/Formula", "/Figure")]
    assert len(spoken) > 12
    assert all(len(str(n["/Alt"])) > 0 for n in spoken)
    assert "\\frac" in " ".join(str(n["/Alt"]) for n in spoken)
    fonts = {f for page in reader.pages for f in page["/Resources"]["/Font"].values()}
    for font in fonts:
        (inner,) = font.get_object()["/DescendantFonts"]
        descriptor = inner.get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor), "not embedded"
    assert "/CreationDate" not in reader.metadata


def test_publishing_again_gives_the_same_bytes(hostile):
    run, p, made = hostile
    before = [(run / name).read_bytes() for name in (document.HTML, document.PDF)]
    document.publish(p, made, run)
    assert before == [(run / n).read_bytes() for n in (document.HTML, document.PDF)]


def test_all_that_notebook_05_shows_is_in_the_documents():
    notebook = nbformat.read(notebooks.folder() / "05_report.ipynb", as_version=4)
    text, shown = document.collect(notebook)
    outputs = [o for c in notebook.cells for o in c.get("outputs", [])]
    taken = {"text/markdown", "text/html", "image/svg+xml"}
    assert all(o.output_type == "display_data" for o in outputs)
    assert all(len(taken & o.data.keys()) == 1 for o in outputs)
    assert all("caption" in s.about for s in shown)
    assert "01_forward" not in "".join(text)


def test_a_character_without_a_font_gives_its_code():
    assert document._code_points("имя 名 x") == "имя [U+540D] x"


@pytest.mark.parametrize("name", [*NAMES, "lopsided report --run best -p x '[3]'"])
def test_what_is_to_be_typed_stands_letter_by_letter(name):
    """No dash is made of two hyphens, and no quotation mark is turned."""
    written = Sentence("{command}.", {"command": Typed(name)}).markdown()
    reader = MarkdownIt("commonmark", {"typographer": True})
    reader.enable(["smartquotes", "replacements"])
    code, end = reader.parseInline(written)[0].children
    assert (code.type, code.content) == ("code_inline", one_line(name))
    assert end.content == "."


@pytest.mark.parametrize("name", [*NAMES, "PatientId", "it's", "3.5"])
def test_options_in_a_note_are_to_be_typed_and_the_rest_is_text(name):
    for value in (name, [name], {name: "category"}):
        typed = option("drop", value)
        note = f"{name!r} stays: {typed}. Or {option('seed', 3)}, and so on."
        assert clean(item(note).plain()) == clean(f"- {note}")
        (_, before), code, (_, between), other, (_, after) = tokens(note)
        assert code == ("code_inline", one_line(typed))
        assert before.endswith("stays: ")
        assert (between, other) == (". Or ", ("code_inline", "-p seed 3"))
        assert after == ", and so on."


def tokens(note):
    """Read a note's Markdown back: text in one piece, and code."""
    (text,) = (t for t in MarkdownIt().parse(item(note).markdown()) if t.children)
    kinds = groupby(text.children, lambda t: t.type.replace("text_special", "text"))
    return [(kind, "".join(t.content for t in found)) for kind, found in kinds]


TWO = pd.DataFrame({"p": [0.2, 0.2, 0.5], "w": [1, 4, 4], "lowest at": [0.2, 0.5, 1]})


@pytest.mark.parametrize(
    ("table", "headings"),
    [
        (TWO, ["p", "w", "lowest at"]),
        (TWO.set_index("p"), ["p", "w", "lowest at"]),
        (TWO.set_index(["p", "w"]), ["p", "w", "lowest at"]),
        (
            TWO.set_index(["p", "w"])["lowest at"].unstack(),
            ["p", "w: 1", "w: 4"],
        ),
        (
            TWO.set_index("p").rename_axis(index=None, columns="a"),
            ["a", "w", "lowest at"],
        ),
    ],
)
def test_a_table_has_one_line_of_headings(table, headings, monkeypatch):
    shown = {}
    monkeypatch.setattr(display, "send", lambda bundle, about: shown.update(bundle))
    display.show(table)
    head, _, body = shown["text/html"].partition("</thead>")
    assert re.findall(r"<th>(.*?)</th>", head) == headings
    assert body.count("<tr>") == len(table)
    first, *rest = shown["text/plain"].splitlines()
    assert re.split(r"\s{2,}|(?<=p) (?=w)", first.strip()) == headings
    assert len(rest) == len(table)


@pytest.mark.parametrize("missing", ["pypandoc", "typst"])
def test_a_missing_package_is_named(missing, plain, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, missing, None)
    seconds = report.documents(Parameters(), report.manifest(Parameters(), ""), plain)
    assert seconds == {}
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{missing} is missing" in said


@pytest.mark.parametrize(
    "author",
    [
        '0;url=https://example.org/x" http-equiv="refresh',
        'Ann "Bo" Lee',
        "</title><script>alert(1)</script>",
        "O'Neil & <Söhne>",
        "\"><meta http-equiv='refresh' content='0;url=https://example.org'>",
    ],
)
@pytest.mark.parametrize("what", ["author", "title"])
def test_the_head_holds_what_it_should_and_the_name_as_text(
    author, what, tmp_path, monkeypatch
):
    p = validate(
        {"author": author, "title": author} if what == "title" else {what: author}
    )
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A\n\nb")]
    )
    made = report.manifest(p, "0" * 64)
    (tmp_path / "r.html").write_bytes(document.Report(p, made, notebook).html())
    page = Page(tmp_path / "r.html")
    names = [tag for tag, _ in page.tags[: page.tags.index(("body", {}))]]
    assert names == ["html", "head", *["meta"] * 6, "title", "style"]
    metas = [attributes for tag, attributes in page.tags if tag == "meta"]
    assert metas[-1] == {"name": "author", "content": author}
    assert [m for m in metas if "http-equiv" in m] == [metas[3]]
    assert metas[3]["http-equiv"] == "Content-Security-Policy"
    assert "script" not in [tag for tag, _ in page.tags]
    assert author in page.text


@pytest.mark.parametrize("broken", ["html", "pdf"])
def test_a_document_that_cannot_be_written_is_told_and_the_other_is_there(
    broken, tmp_path, monkeypatch, capsys
):
    def fail(self):
        raise ValueError("failed to\nparse SVG")

    (tmp_path / "notebooks").symlink_to(notebooks.folder())
    monkeypatch.setattr(document.Report, broken, fail)
    made = report.manifest(Parameters(), "")
    seconds = report.documents(Parameters(), made, tmp_path)
    (written,) = seconds
    assert {p.name for p in tmp_path.glob("report.*")} == {written}
    assert made["without"] == {f"report.{broken}": "failed to parse SVG"}
    said = capsys.readouterr().err
    assert said.startswith(f"documents: report.{broken} could not be written: failed")
    assert said.count("\n") == 1


def test_report_in_a_browser(plain):
    with chromium() as browser:
        check_page(browser, plain / "report.html", formulas=10)


@pytest.mark.ci
def test_hostile_report_in_a_browser(hostile):
    with chromium() as browser:
        check_page(browser, hostile[0] / "report.html", formulas=10, dollars=True)


def test_what_could_not_be_written_is_told_by_another_process():
    error = DocumentError({"report.html": 1.5}, {"report.pdf": "no font"})
    told = pickle.loads(pickle.dumps(error))
    assert (told.seconds, told.failed) == (error.seconds, error.failed)
    assert str(told) == "report.pdf could not be written: no font"
