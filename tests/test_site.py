"""The site: no dead link, and each page seen in a browser with the network refused."""

import os
import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import (
    PHONE,
    check_axe,
    check_formulas,
    check_headings,
    check_images,
    check_page,
    check_width,
    chromium,
    opened,
)
from conftest import in_ci

pytestmark = pytest.mark.slow

for package in ("sphinx", "myst_nb", "numpydoc", "pydata_sphinx_theme"):
    pytest.importorskip(package, reason="the extra `site` is missing: make site")

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOKS = sorted(p.stem for p in (DOCS.parent / "notebooks").glob("*.ipynb"))
#: What people read from top to bottom, in this order, and one page of each other kind.
READ = ["index", *(f"notebooks/{name}" for name in NOTEBOOKS), "api"]
OTHER = [
    "exercises/03_training",
    "clusters",
    "notebooks/teaching",
    "notebooks/glossary",
    "api/lopsided.lesson.threshold",
    "_modules/lopsided/lesson/threshold",
    "search",
]
#: Where "next" leads, page by page, as the notebooks themselves say at their ends.
LESSONS = READ[1:5]
EXERCISES = [page.replace("notebooks", "exercises") for page in LESSONS]
RESULTS = ["05_report", "06_audit", "09_better", "07_sweep", "08_explore"]
WAY = ["index", *LESSONS, *(f"notebooks/{name}" for name in RESULTS), *EXERCISES, "api"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build as `make site` does, but into a folder of the test; warnings are errors."""
    folder = tmp_path_factory.mktemp("site")
    code = (
        "import sys, pathlib, build; sys.exit(build.build(pathlib.Path(sys.argv[1])))"
    )
    environment = os.environ | {"PYTHONPATH": str(DOCS), "REPOSITORY_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", code, folder],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


class Links(HTMLParser):
    """The links, the files and the anchors of a page."""

    def __init__(self, page):
        super().__init__()
        self.links, self.files, self.anchors = [], [], {"", "top"}
        self.ways = {}  # by the class of the link
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.anchors |= {a[key] for key in ("id", "name") if a.get(key)}
        if tag == "a" and "href" in a:
            self.links.append(a["href"])
            self.ways[a.get("class")] = a["href"]
        else:
            self.files += [a[key] for key in ("src", "href") if a.get(key)]


@pytest.fixture(scope="module")
def pages(site):
    found = [p for p in site.rglob("*.html") if "_static" not in p.parts]
    return {page: Links(page) for page in found}


def name(site, page):
    return page.relative_to(site).with_suffix("").as_posix()


def test_every_link_leads_to_a_page_and_an_anchor(pages):
    for page, found in pages.items():
        for link in found.links + found.files:
            target = urlsplit(link)
            if target.scheme:
                continue
            there = (page.parent / unquote(target.path)).resolve()
            there = there if target.path else page
            assert there.is_file(), f"{page.name}: {link}"
            if there in pages:
                assert unquote(target.fragment) in pages[there].anchors, link


def test_every_module_has_a_page(site):
    source = DOCS.parent / "src"
    modules = {
        ".".join(path.relative_to(source).with_suffix("").parts)
        for path in source.rglob("[a-z]*.py")
        if "pipeline" not in path.parts
    }
    pages = {p.stem for p in site.glob("api/*.html")}
    # a command, and the twins of `training` and `network`, with what they stand on
    without = {"cli", "compiled", "compiled_prediction", "lanes"}
    assert pages == modules - {f"lopsided.{name}" for name in without}


def test_no_file_of_another_host_is_named(pages):
    for page, found in pages.items():
        outside = [f for f in found.files if urlsplit(f).scheme not in ("", "data")]
        assert not outside, page.name


def test_each_notebook_can_be_downloaded_as_it_is(site, pages):
    for notebook in NOTEBOOKS:
        page = site / f"notebooks/{notebook}.html"
        (link,) = {a for a in pages[page].links if a.endswith(f"/{notebook}.ipynb")}
        committed = DOCS.parent / f"notebooks/{notebook}.ipynb"
        assert (page.parent / link).read_bytes() == committed.read_bytes()
        assert not re.search("mybinder|colab", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("repository", "places"),
    [
        ("", []),
        ("https://example.org/me/lopsided", ["mybinder.org"]),
        ("https://github.com/me/lopsided", ["mybinder.org", "colab.research"]),
    ],
)
def test_buttons_to_launch_follow_the_repository(monkeypatch, repository, places):
    monkeypatch.setenv("REPOSITORY_URL", repository)
    line = runpy.run_path(str(DOCS / "conf.py"))["links"]("01_x.ipynb")
    launch = re.findall(r"\]\(https://([^)]*)\)", line)
    assert len(launch) == len(places)
    for url, place in zip(launch, places, strict=True):
        assert url.startswith(place)
        assert unquote(url).endswith("notebooks/01_x.ipynb")
        assert "me/lopsided" in unquote(url)


@pytest.mark.parametrize("page", in_ci(READ + OTHER, READ[0]))
def test_a_page_is_well_made(site, browser, page):
    notebook = DOCS.parent / f"{page}.ipynb"
    formulas = notebook.exists() and "$$" in notebook.read_text(encoding="utf-8")
    check_page(browser, site / f"{page}.html", formulas=3 if formulas else 0)


@pytest.mark.ci
def test_so_are_the_pages_of_the_same_kinds(site, browser, pages):
    rest = [page for page in pages if name(site, page) not in READ + OTHER]
    assert len(rest) > 10
    for page in rest:
        with opened(browser, page, PHONE) as seen:
            check_formulas(seen)
            check_images(seen)
            check_headings(seen)
            check_width(seen)
            check_axe(seen, colours=False)  # those of the pages above


def test_the_report_shows_no_code_and_the_lessons_do(site, browser):
    for notebook, shown in (("05_report", False), ("01_forward_propagation", True)):
        with opened(browser, site / f"notebooks/{notebook}.html") as page:
            assert bool(page.locator(".cell_input").count()) == shown


def test_figures_have_their_words_and_a_dark_ground_in_the_dark(site, browser):
    with opened(browser, site / "notebooks/05_report.html", dark=True) as page:
        assert page.locator("html").get_attribute("data-theme") == "dark"
        figures = page.locator(".cell_output img").all()
        assert len(figures) >= 3
        for figure in figures:
            assert len(figure.get_attribute("alt").split()) > 10
            drawn = figure.evaluate("img => getComputedStyle(img).filter")
            assert drawn.startswith("invert(1)")


def test_figures_take_a_phones_margins_and_are_not_cut(site, browser):
    for page, least in (("index", 1), ("notebooks/09_better", 3)):
        with opened(browser, site / f"{page}.html", PHONE) as seen:
            figures = [f.bounding_box() for f in seen.locator("img[alt]").all()]
            assert len(figures) >= least
            for box in figures:
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= PHONE
                assert box["width"] > 0.95 * PHONE


def test_search_finds_a_word_from_disk(site, browser):
    with opened(browser, site / "index.html") as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("threshold")
        page.keyboard.press("Enter")
        found = page.locator("#search-results li > a")  # they come one by one
        found.get_by_text("4 Choose a threshold", exact=True).click()
        page.wait_for_url("**/04_threshold_analysis.html*")
        assert page.locator("h1").inner_text().startswith("4 Choose a threshold")


def test_next_and_previous_lead_through_the_site(site, pages):
    for here, there in pairwise(site / f"{page}.html" for page in WAY):
        after, before = pages[here].ways["right-next"], pages[there].ways["left-prev"]
        assert (here.parent / after).resolve() == there
        assert (there.parent / before).resolve() == here
    for name in NOTEBOOKS:
        source = (DOCS.parent / f"notebooks/{name}.py").read_text(encoding="utf-8")
        for said in re.findall(r"^# Next: .*\((\w+)\.ipynb\)", source, re.M):
            here = f"notebooks/{name}"
            assert WAY[WAY.index(here) + 1] == f"notebooks/{said}"


def test_menus_number_the_lessons_and_have_short_titles(site, browser):
    with opened(browser, site / "api.html") as page:
        menu = page.locator(".bd-docs-nav a.reference.internal").all_inner_texts()
    lessons = [name for name in menu if name[0].isdigit()]
    assert [name[:2] for name in lessons] == ["1 ", "2 ", "3 ", "4 "]
    assert "The report" in menu
    assert max(map(len, menu)) < 30


def test_home_has_a_picture_three_ways_in_and_a_threshold_that_moves(site, browser):
    with opened(browser, site / "index.html") as page:
        picture = page.locator("img.figure")
        assert picture.bounding_box()["y"] < 600  # on the first screen
        assert "against the prediction" in picture.get_attribute("alt")
        cards = page.locator(".ways .way")
        assert cards.count() == 3
        assert all(card.locator("a").count() for card in cards.all())
        slider = page.locator(".lopsided-explorer input[type=range]").first
        before = page.locator(".lopsided-explorer").inner_text()
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert page.locator(".lopsided-explorer").inner_text() != before
        assert (
            page.get_by_role("radio").count() == 3
        )  # healthy networks: 08's, not 05's


def test_a_line_stands_above_the_table_that_it_announces(site, browser):
    """Though one cell prints several, each with a table of its own."""
    with opened(browser, site / "notebooks/09_better.html") as page:
        cell = page.locator(".cell_output", has=page.locator("table")).filter(
            has_text="report's network, means over"
        )
        kinds = cell.evaluate(
            "cell => [...cell.querySelectorAll('pre, table')].map(e => e.tagName)"
        )
    assert kinds == ["PRE", "TABLE"] * 2


def test_punctuation_after_formulas_is_neither_lost_nor_doubled(site, pages):
    """The text of a page is that of its notebook, also where equal texts repeat."""
    for name in NOTEBOOKS:
        source = (DOCS.parent / f"notebooks/{name}.py").read_text(encoding="utf-8")
        page = (site / f"notebooks/{name}.html").read_text(encoding="utf-8")
        page = re.sub(
            r'<span class="nowrap">([^<]*<span class="math [^<]*</span>[^<]*)</span>',
            r"\1",
            page,
        )
        shown = re.findall(
            r'math notranslate nohighlight">[^<]*</span>([.,:;?!)]*)', page
        )
        inline = re.sub(r"\$\$.*?\$\$|```.*?```", "", source, flags=re.S)
        inline = re.findall(r"(?<![\\$])\$[^$]+\$([.,:;?!)]*)", inline)
        assert "".join(shown) == "".join(inline), name


def test_a_formula_keeps_its_brackets_on_its_line(site, browser):
    """Also at the width at which they would part."""
    with opened(browser, site / "notebooks/02_weighted_backprop.html") as page:
        together = page.locator(".nowrap:has(mjx-container)")
        texts = together.all_inner_texts()
        assert any(text.startswith("(") for text in texts)
        for width in range(320, 420, 20):
            page.set_viewport_size({"width": width, "height": 900})
            lines = "all => all.map(e => e.getClientRects().length)"
            assert {*together.evaluate_all(lines)} == {1}


@pytest.mark.parametrize("page", in_ci([*READ, "clusters"], "api"))
def test_code_within_a_text_breaks_only_where_it_must(site, browser, page):
    lines_of = """short => [...document.querySelectorAll(".bd-article code")]
        .filter(code => code.checkVisibility() && code.textContent.length <= short)
        .filter(code => code.getClientRects().length > 1)
        .map(code => code.textContent)"""
    with opened(browser, site / f"{page}.html", PHONE) as seen:
        assert not seen.evaluate(lines_of, 28)
    if page == "api":
        with opened(browser, site / "api.html") as seen:
            assert not seen.evaluate(lines_of, 99)


def test_lessons_link_to_each_other(site, browser):
    with opened(browser, site / "notebooks/01_forward_propagation.html") as page:
        page.locator("p", has_text="Next:").get_by_role("link").click()
        assert page.url.endswith("/02_weighted_backprop.html")


def test_lessons_and_home_link_the_exercises_which_open_bit_by_bit(
    pages, site, browser
):
    for lesson, exercises in zip(LESSONS, EXERCISES, strict=True):
        links = pages[site / f"{lesson}.html"].links
        assert f"../{exercises}.html" in links
        assert f"../{lesson}.html" in pages[site / f"{exercises}.html"].links
    assert f"{EXERCISES[0]}.html" in pages[site / "index.html"].links
    with opened(browser, site / f"{EXERCISES[1]}.html") as page:
        download = page.get_by_role("link", name="Download these exercises")
        assert (site / "exercises" / download.get_attribute("href")).resolve().exists()
        solution = page.get_by_text("dA * (Z > 0)")
        assert not solution.is_visible()
        page.get_by_text("A solution").nth(1).click()
        assert solution.is_visible()
        assert page.locator("summary").count() >= 6 + 6 + 4 + 1


def test_the_explorer_moves_before_the_rules_of_lesson_04(site, browser):
    with opened(browser, site / "notebooks/04_threshold_analysis.html") as page:
        explorer = page.locator(".lopsided-explorer")
        rules = page.get_by_role("heading", name=re.compile("ways to choose"))
        assert explorer.bounding_box()["y"] < rules.bounding_box()["y"]
        found = explorer.locator("output [data-show=tp]")
        before = found.inner_text()
        explorer.get_by_role("radio").nth(2).check()
        assert found.inner_text() != before


def test_training_is_turned_back_on_the_page(site, browser):
    with opened(browser, site / "notebooks/08_explore.html", dark=True) as page:
        scrubber = page.locator(".lopsided-scrubber")
        loss = scrubber.locator("[data-show=loss]")
        learned = float(loss.inner_text())
        scrubber.get_by_role("slider", name="Epoch").fill("0")
        assert float(loss.inner_text()) > 2 * learned
