"""The explorer: what it shows in a browser is what Python computes."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from browser import check_page, chromium, opened

from lopsided.lesson import threshold
from lopsided.lesson.metrics import confusion_matrix, count_metrics
from lopsided.parameters import Parameters
from lopsided.pipeline import document, notebooks, report
from lopsided.report import explorer

HOSTILE = "<script>alert(1)</script>"
rng = np.random.default_rng(0)
Y = (rng.random((1, 900)) < 0.2).astype(float)
P = np.clip(rng.normal(0.2 + 0.1 * Y, 0.1), 0.01, 0.99)
T = 0.2178654321  # more digits than are written
CASES = {
    "distinct": (Y, P),
    "tied": (Y, P.round(2)),
    "float32": (Y, P.astype("float32").round(2)),
    "tiny": (Y, P * 1e-7),
    "certain": (Y, (P > 0.3).astype(float)),
    "one value": (Y, np.full_like(P, 0.2)),
    "no positives": (np.zeros_like(Y), P),
    "one row": (Y[:, :1], P[:, :1]),
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def page_of(
    folder, counts, t=T, positive=HOSTILE, negative="no </script> & '\"", w=1.0
):
    element = explorer.element(counts, t, positive, negative, w)
    path = folder / "page.html"
    path.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>A page</title>"
        "<meta name=viewport content='width=device-width'>"
        "<style>:root { color-scheme: light dark } * { box-sizing: border-box }</style>"
        f"<main><h1>A page</h1>{element}</main></html>",
        encoding="utf-8",
    )
    return path


def shown(page, name):
    """Read a value, which may stand in several places, in which it must be the same."""
    (text,) = set(page.locator(f"[data-show={name}]").all_inner_texts())
    return text


def four(page):
    return [int(shown(page, n).replace(",", "")) for n in ("tn", "fp", "fn", "tp")]


@pytest.mark.parametrize("name", CASES)
def test_counts_are_those_of_the_thresholds_as_written(name):
    Y, p = CASES[name]
    counts = explorer.counts_at(Y, p, T)
    assert T in counts.index
    assert 2 <= len(counts) <= 201
    assert counts.index.is_monotonic_increasing
    names = [*map(explorer.written, counts.index)]
    assert len(set(names)) == len(names)
    for t, row in counts.iterrows():
        assert t == T or float(explorer.written(t)) == t
        expected = confusion_matrix(Y, threshold.predict(p, t)).ravel()
        np.testing.assert_array_equal(row[explorer.COUNTS], expected)
        for measure, value in count_metrics(*expected).items():
            np.testing.assert_equal(row[measure], value)
    first, last = counts.iloc[0], counts.iloc[-1]
    assert first.tn == first.fn == 0
    assert last.fp == last.tp == 0 or p.max() == 1


def test_the_cheapest_is_what_the_cost_rule_chooses():
    p = P.round(2)  # few values: no threshold is left out
    counts = explorer.counts_at(Y, p, 0.5)
    for miss, alarm in ((4, 1), (1, 1), (20, 1), (1, 1e-9)):
        t, cost = explorer.cheapest(counts, (miss, alarm))
        expected = threshold.choose(f"cost:{miss}:{alarm}", Y, p, p).t
        decided = threshold.predict(p, expected)
        (_, fp), (fn, _) = confusion_matrix(Y, decided)
        assert cost == pytest.approx((miss * fn + alarm * fp) / Y.size)
        np.testing.assert_array_equal(threshold.predict(p, t), decided)
    t, cost = explorer.cheapest(counts, (1, 0))  # false alarms for nothing
    assert cost == 0
    assert t <= p[Y == 1].min()


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words += data


def test_names_are_text_and_no_row_is_carried():
    found = Tags(explorer.element(explorer.counts_at(Y, P, T), T, HOSTILE, "'\"><b>"))
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert HOSTILE in found.words
    carried = json.loads(found.tags[0][1]["data-counts"])
    assert set(carried) == {"t", "tn", "fp", "fn", "tp"}
    assert {len(values) for values in carried.values()} == {201}


@pytest.mark.parametrize("name", CASES)
def test_no_number_of_the_drawing_is_lost(name):
    Y, p = CASES[name]
    counts = explorer.counts_at(Y, p, T)
    assert not re.search("nan|inf", explorer.element(counts, T, "yes", "no"))


def test_moving_the_slider_shows_what_python_counts(browser, tmp_path):
    counts = explorer.counts_at(Y, P, T)
    with opened(browser, page_of(tmp_path, counts)) as page:
        slider = page.get_by_role("slider", name="Threshold")
        start = counts.index.get_loc(T)
        assert slider.input_value() == str(start)
        places = set()

        def check(at):
            t = counts.index[at]
            expected = confusion_matrix(Y, P >= t).ravel()
            assert four(page) == expected.tolist()
            assert shown(page, "t") == slider.get_attribute("aria-valuetext")
            assert shown(page, "t") == explorer.written(t)
            for name, value in count_metrics(*expected).items():
                text = shown(page, name)
                if np.isnan(value):
                    assert text == "undefined"
                else:
                    assert float(text) == pytest.approx(value, abs=0.5001e-4)
            places.add(page.locator(".threshold").bounding_box()["x"])

        check(start)
        slider.focus()
        for key, at in (("ArrowRight", start + 1), ("Home", 0), ("ArrowUp", 1)):
            page.keyboard.press(key)
            check(at)
        page.keyboard.press("End")
        check(len(counts) - 1)
        for at in range(0, len(counts), 8):
            slider.fill(str(at))
            check(at)
        assert len(places) > 25


def test_costs_move_the_best_threshold_and_the_rule(browser, tmp_path):
    counts = explorer.counts_at(Y, P, T)
    with opened(browser, page_of(tmp_path, counts, w=3.0)) as page:
        for costs in ((4, 1), (1, 1), (12, 0.5), (0, 0)):
            for label, cost in zip(("A miss", "A false alarm"), costs, strict=True):
                page.get_by_label(f"{label} costs").fill(str(cost))
            expected = explorer.values(counts, counts.loc[T], T, costs, 3.0)
            for name in ("cost", "best", "best_cost", "cut"):
                assert shown(page, name) == expected[name], (costs, name)


def test_a_page_with_hostile_names_is_well_made(browser, tmp_path):
    path = page_of(tmp_path, explorer.counts_at(Y, P, T))
    check_page(browser, path)
    with opened(browser, path) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        assert HOSTILE in page.inner_text("output")


def without_script(browser, path):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    return page


def check_fallback(page):
    assert not page.get_by_role("slider").count()
    assert page.locator("details tbody tr").count() >= 20
    assert page.locator("details tbody tr").last.is_visible()
    assert page.locator(
        "details tbody tr", has_text=page.inner_text("output strong")
    ).count()


def test_without_its_script_it_is_a_table(browser, tmp_path):
    counts = explorer.counts_at(Y, P, T)
    page = without_script(browser, page_of(tmp_path, counts))
    check_fallback(page)
    assert four(page) == confusion_matrix(Y, P >= T).ravel().tolist()
    page.context.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    run = tmp_path_factory.mktemp("run")
    (run / "notebooks").symlink_to(notebooks.folder())
    document.publish(Parameters(), report.manifest(Parameters(), "0" * 64), run)
    return run / document.HTML


def test_it_moves_in_the_report_and_its_counts_are_the_reports(browser, published):
    with opened(browser, published) as page:
        cells = page.locator("#counts td").all_inner_texts()
        assert four(page) == [int(cell) for cell in cells]
        slider = page.get_by_role("slider", name="Threshold")
        carried = json.loads(
            page.locator(".lopsided-explorer").get_attribute("data-counts")
        )
        for at in range(0, len(carried["t"]), 10):
            slider.fill(str(at))
            assert four(page) == [carried[name][at] for name in explorer.COUNTS]
            assert shown(page, "t") == carried["t"][at]
        assert not page.locator("details").get_attribute("open")
        page.emulate_media(media="print")
        page.pdf()
        assert not slider.is_visible()


def test_the_report_lets_only_that_script_run(browser, published, tmp_path):
    check_fallback(without_script(browser, published))
    changed = tmp_path / "changed.html"
    text = published.read_text(encoding="utf-8")
    assert text.count("const top") == 1
    changed.write_text(text.replace("const top", "const  top"), encoding="utf-8")
    with opened(browser, changed) as page:
        check_fallback(page)


def test_widgets_show_what_python_counts(capsys):
    models = {1.0: P, 3.0: threshold.weighted_probability(P, 3.0)}
    panel = explorer.play(Y, models, T, HOSTILE, "no")
    slider, weight, miss, alarm, view = panel.children
    capsys.readouterr()
    for w, p in models.items():
        weight.value = w
        for t in np.linspace(0, 1, 21):
            slider.value = t
            found = dict(re.findall(r'<td data-show="(\w+)">([\d,]+)</td>', view.value))
            expected = confusion_matrix(Y, p >= t).ravel()
            assert [int(found[name]) for name in explorer.COUNTS] == expected.tolist()
    miss.value, alarm.value = 3, 1
    assert '"cut">0.5000<' in view.value  # odds of 1 to 3, times the weight 3
    assert HOSTILE not in view.value


def test_as_a_script_its_table_is_printed(capsys):
    explorer.show(Y, P, T, "yes", "no")
    said = capsys.readouterr().out
    assert len(said.splitlines()) in (22, 23)
    assert explorer.written(T) in said


def test_a_committed_notebook_holds_no_widget():
    text = (notebooks.folder() / "08_explore.ipynb").read_text(encoding="utf-8")
    assert "lopsided-explorer" in text
    assert "jupyter.widget" not in text


def test_the_table_reads_as_written():
    counts = explorer.counts_at(Y, P, T)
    table = explorer.table(counts)
    assert isinstance(table, pd.DataFrame)
    assert table.loc[explorer.written(T), "recall"] == f"{counts.loc[T, 'recall']:.4f}"
