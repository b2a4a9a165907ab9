"""The checks in the browser find what they are meant to find."""

import pytest
from browser import check_page, chromium

pytestmark = pytest.mark.slow

GOOD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>A page</h1>
<p>It costs $2. <math><mfrac><mi>a</mi><mi>b</mi></mfrac></math></p>{}</main></body>
</html>"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def check(browser, folder, more):
    page = folder / "page.html"
    page.write_text(GOOD.replace("{}", more))
    check_page(browser, page, formulas=1)


def test_a_good_page_passes(browser, tmp_path):
    check(browser, tmp_path, '<h2>Part</h2><img src="data:," alt="A curve">')


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('<img src="https://example.org/a.png" alt="A curve">', "asks the network"),
        ("<script>nonsense()</script>", "script fails"),
        ("<p>where $x$ is small</p>", "not rendered"),
        (r"<p>where \hat y is small</p>", "not rendered"),
        ('<img src="data:," alt="roc.png">', "no words"),
        ('<svg viewBox="0 0 1 1"></svg>', "no alternative text"),
        ("<h3>Part</h3>", "headings jump"),
        ("<h1>Another</h1>", "headings of level 1"),
        ('<p style="color: #ccc">pale</p>', "contrast"),
        ('<div style="width: 50em">wide</div>', "wider than the window"),
        (
            '<details><summary>More</summary><div style="width: 2em; overflow: auto" '
            'tabindex="0"><math display="block"><mi>abcdefghijkl</mi></math></div>'
            "</details>",
            "formulas wider than their column",
        ),
        (
            "<p>so <math><mtext>" + "a_formula_in_a_line_" * 20 + "</mtext></math></p>",
            "formulas wider than their column",
        ),
        (
            '<figure><img src="data:," width="99" alt="A curve"></figure>',
            "figures narrower than their column",
        ),
        (
            '<div style="overflow: auto; width: 9em" tabindex="0">'
            '<div style="width: 50em">wide</div></div>',
            "cut on paper",
        ),
    ],
)
def test_a_mistake_is_found(browser, tmp_path, more, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check(browser, tmp_path, more)
