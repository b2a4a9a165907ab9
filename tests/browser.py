"""Open pages in headless Chromium with the network refused, and check what is seen.

`chromium` starts the browser, `opened` opens one page in it, and each ``check_…`` says
what is wrong with an open page. `check_page` makes them all, at desktop and at phone
width, in light and in dark, and on paper.
"""

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import HANGS

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: What keeps the browser on this machine: no name that it looks up is found.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
DESKTOP, PHONE, A4 = 1200, 375, 680  # pixels; the last: between the margins of a page


@contextmanager
def chromium() -> Iterator:
    """Start Chromium; skip the test where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not program:
        pytest.skip("Chromium is not installed; on Debian: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=ARGUMENTS, timeout=HANGS * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser, path: Path, width: int = DESKTOP, dark: bool = False) -> Iterator:
    """Open a file as a page; when done, check that it asked no other host for anything.

    A page that asks for something over the network, or whose script fails, does not
    pass, whatever else was checked.
    """
    context = browser.new_context(
        offline=True,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
    )
    try:
        context.set_default_timeout(HANGS * 1000)
        page = context.new_page()
        asked, failed = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(path.resolve().as_uri())
        yield page
        left = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
        assert not left, f"{path.name} asks the network for {left}"
        assert not failed, f"{path.name}: a script fails: {failed}"
    finally:
        context.close()


def check_page(browser, path: Path, formulas: int = 0, dollars: bool = False) -> None:
    """Check all that holds for every page.

    Parameters
    ----------
    browser
        From `chromium`.
    path : Path
        An HTML file.
    formulas : int
        How many there must be, at least.
    dollars : bool
        Whether the text may look like LaTeX, because data does.
    """
    for dark in (False, True):
        with opened(browser, path, dark=dark) as page:
            check_formulas(page, formulas, dollars)
            check_images(page)
            check_headings(page)
            check_axe(page, colours=True if dark else None)
            if not dark:
                check_columns(page)
            resize(page, PHONE)
            check_width(page)
            if not dark:
                check_columns(page)
                check_axe(page, colours=False)  # they are those of the wide page
                resize(page, A4)
                check_print(page)


def resize(page, width: int) -> None:
    """Give the window another width, and let the page be laid out anew."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    # The site's theme waits a moment before it says which boxes the keyboard reaches.
    page.wait_for_function(
        """() => [...document.querySelectorAll('.bd-main [tabindex="-1"]')]
          .every(box => box.scrollWidth <= box.clientWidth)"""
    )


def check_formulas(page, at_least: int = 0, dollars: bool = False) -> None:
    """Formulas are elements with a size, and no LaTeX is left in the text."""
    sizes = page.eval_on_selector_all(
        "math, mjx-container, .katex",
        "all => all.map(f => f.getBoundingClientRect()).map(b => b.width * b.height)",
    )
    assert len(sizes) >= at_least, f"{len(sizes)} formulas instead of {at_least}"
    assert all(sizes), "a formula takes no place"
    text = page.evaluate(
        """() => {
          const outside = "pre, code, script, style, math, mjx-container, annotation";
          const copy = document.body.cloneNode(true);
          copy.querySelectorAll(outside).forEach(e => e.remove());
          return copy.textContent;
        }"""
    )
    left = re.findall(r"\$[^$\n]+\$|\$\$", text)
    left += re.findall(r"\\[(\[]|\\(?:frac|begin|text|hat|sum|mathcal)\b", text)
    assert dollars or not left, f"not rendered: {left}"


def check_columns(page) -> None:
    """No formula is wider than its column, in answers too, and no figure narrower."""
    wide, narrow = page.evaluate(
        """() => {
          const closed = [...document.querySelectorAll("details:not([open])")];
          closed.forEach(d => d.open = true);
          const columnOf = element => {
            let box = element.parentElement;
            const inline = () => /^(inline|contents|math)/
              .test(getComputedStyle(box).display);
            while (inline() || box.matches("mjx-container")) box = box.parentElement;
            const style = getComputedStyle(box), edge = box.getBoundingClientRect();
            return {
              right: edge.right - parseFloat(style.paddingRight),
              width: box.clientWidth - parseFloat(style.paddingLeft)
                - parseFloat(style.paddingRight),
            };
          };
          const formulas = [...document.querySelectorAll("math, mjx-container > svg")]
            .filter(f => !f.closest("mjx-assistive-mml"));
          const wide = formulas.filter(f =>
              f.getBoundingClientRect().right > columnOf(f).right + 1
              || f.matches("math[display=block]") && f.scrollWidth > f.clientWidth + 1)
            .map(f => (f.closest("mjx-container") ?? f).textContent.slice(0, 60));
          const narrow = [...document.querySelectorAll("figure img, .cell_output img")]
            .filter(f => f.getBoundingClientRect().width < columnOf(f).width - 1)
            .map(f => f.alt.slice(0, 60));
          closed.forEach(d => d.open = false);
          return [wide, narrow];
        }"""
    )
    assert not wide, f"formulas wider than their column: {wide}"
    assert not narrow, f"figures narrower than their column: {narrow}"


def check_images(page) -> None:
    """Every image has words, and they are more than the name of a file."""
    words = page.evaluate(
        """() => [...document.querySelectorAll("img, svg, [role=img]")]
          .filter(e => !e.closest("[aria-hidden=true], svg svg, defs"))
          .filter(e => !(e.closest("a, button, label") && e.matches("svg")))
          .map(e => e.getAttribute("alt") || e.getAttribute("aria-label")
            || e.querySelector(":scope > title")?.textContent || "")"""
    )
    for alt in words:
        assert alt.strip(), "an image has no alternative text"
        assert not re.fullmatch(r"\S+\.\w{2,4}|\w+", alt.strip()), f"no words: {alt!r}"


def check_headings(page) -> None:
    """One first heading, and never a level left out on the way down."""
    levels = page.eval_on_selector_all(
        "h1, h2, h3, h4, h5, h6",
        "all => all.filter(h => h.checkVisibility()).map(h => +h.tagName[1])",
    )
    assert levels, "no headings"
    assert levels.count(1) == 1, f"{levels.count(1)} headings of level 1"
    steps = list(zip([0, *levels], levels, strict=False))
    assert all(b <= a + 1 for a, b in steps), f"headings jump: {levels}"


#: What axe-core says of colours, for which it takes most of its time.
COLOURS = ("color-contrast", "link-in-text-block")


def check_axe(page, colours: bool | None = None) -> None:
    """The rules of axe-core, contrast among them, find nothing.

    Parameters
    ----------
    page
    colours : bool, optional
        Only the rules of colours, or all but those.
    """
    from axe_playwright_python.sync_playwright import Axe

    # A lesson has thousands of words of code: each colour is looked at once.
    page.evaluate(
        """() => {
          const seen = new Set();
          for (const code of document.querySelectorAll(".highlight")) {
            const kinds = [...code.querySelectorAll("span")].map(e => e.className);
            if (kinds.every(kind => seen.has(kind))) code.dataset.seen = "";
            kinds.forEach(kind => seen.add(kind));
          }
        }"""
    )
    options: dict = {"resultTypes": ["violations"]}
    if colours:
        options["runOnly"] = {"type": "rule", "values": [*COLOURS]}
    elif colours is False:
        options["rules"] = {rule: {"enabled": False} for rule in COLOURS}
    results = Axe().run(page, {"exclude": [["[data-seen]"]]}, options)
    assert not results.violations_count, results.generate_report()


def check_width(page) -> None:
    """The page is not wider than its window; what is wide scrolls in a box of its own.

    Such a box can be reached with the keyboard too; axe-core checks that.
    """
    wide = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.scrollingElement.scrollWidth <= width) return [];
          return [...document.body.querySelectorAll("*")]
            .filter(e => e.getBoundingClientRect().right > width + 1)
            .map(e => e.outerHTML.slice(0, 120)).slice(0, 5);
        }"""
    )
    assert not wide, f"wider than the window: {wide}"


def check_print(page) -> None:
    """Printing gives pages with the page's words, none of them cut at the margin."""
    from pypdf import PdfReader

    page.emulate_media(media="print")
    check_width(page)
    cut = page.evaluate(
        """() => [...document.body.querySelectorAll("*")]
          .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1
            && !["visible", "clip"].includes(getComputedStyle(e).overflowX))
          .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
    )
    assert not cut, f"cut on paper: {cut}"
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=False)))
    text = printed.pages[0].extract_text()
    heading = page.inner_text("h1")
    letters = re.compile(r"[^A-Za-z]")  # of which every machine has a font
    assert letters.sub("", heading) in letters.sub("", text), f"no {heading!r} on paper"
    page.emulate_media(media="screen")
