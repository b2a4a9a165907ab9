"""The explorer: what it shows in a browser is what Python computes."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import nbformat
import numpy as np
import pandas as pd
import pytest
from browser import check_page, chromium, opened
from matplotlib.image import imread
from scipy.ndimage import maximum_filter, minimum_filter

from lopsided.lesson import threshold
from lopsided.lesson.metrics import confusion_matrix, count_metrics
from lopsided.lesson.network import Network, predict_proba, sigmoid
from lopsided.parameters import Parameters
from lopsided.pipeline import document, notebooks, report
from lopsided.report import explorer, scrubber
from lopsided.report import explorer_drawing as drawing

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


WEIGHTS = (1.0, 3.0)
MODELS = {w: threshold.weighted_probability(P, w) for w in WEIGHTS}
RULES = {w: explorer.rules(Y, p, p) for w, p in MODELS.items()}


def page_of(folder, element):
    path = folder / "page.html"
    path.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>A page</title>"
        "<meta name=viewport content='width=device-width'>"
        "<style>:root { color-scheme: light dark } * { box-sizing: border-box }</style>"
        f"<main><h1>A page</h1>{element}</main></html>",
        encoding="utf-8",
    )
    return path


def explore(folder, positive=HOSTILE, negative="no </script> & '\"", models=MODELS):
    return page_of(folder, explorer.element(Y, models, T, positive, negative, RULES))


def shown(page, name):
    """Read a value, which may stand in several places, in which it must be the same."""
    (text,) = set(page.locator(f"[data-show={name}]").all_text_contents())
    return text


def four(page):
    return [int(shown(page, n).replace(",", "")) for n in explorer.COUNTS]


def attributes(page, selector, *names):
    return [float(page.locator(selector).get_attribute(name)) for name in names]


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


def test_the_one_button_that_looks_at_labels_says_so():
    tags = Tags(explorer.element(Y, MODELS, T, "yes", "no", RULES)).tags
    buttons = [about for tag, about in tags if tag == "button"]
    told = {b.get("data-to") or b["data-rule"]: b.get("title") for b in buttons}
    assert len(told) == len(explorer.RULES) + 2
    assert {name: t for name, t in told.items() if t} == {"best": explorer.SEES_LABELS}
    seen = [explorer.counts_at(labels, P, T) for labels in (Y, Y[:, ::-1])]
    moved, stayed = (
        {explorer.values(c, c.iloc[0], T)[name] for c in seen}
        for name in ("best", "cut")
    )
    assert (len(moved), len(stayed)) == (2, 1)


def test_names_are_text_and_no_row_is_carried():
    found = Tags(explorer.element(Y, {1.0: P}, T, HOSTILE, "'\"><b>"))
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert HOSTILE in found.words
    (carried,) = json.loads(found.tags[0][1]["data-models"])
    drawn = {"negative", "positive", "roc"}
    assert set(carried) == {"w", "t", "tn", "fp", "fn", "tp", "rules"} | drawn
    assert {len(carried[name]) for name in ("t", *explorer.COUNTS)} == {201}


@pytest.mark.parametrize("name", CASES)
def test_no_number_of_the_drawing_is_lost(name):
    Y, p = CASES[name]
    chosen = {1.0: explorer.rules(*CASES["tied"], p)}
    element = explorer.element(Y, {1.0: p}, T, "yes", "no", chosen)
    assert not re.search("nan|inf", element.partition("<script>")[0])


@pytest.mark.parametrize("name", CASES)
def test_histograms_hold_every_row_and_rise_to_the_top(name):
    Y, p = CASES[name]
    bars = drawing.histograms(Y, p, float(p.max()) * 0.9)
    assert sum(map(np.sum, bars)) == pytest.approx(1)
    upper, whole = drawing.scale([bars])
    assert bars[1].max() * whole == pytest.approx(upper)
    assert (bars[0].max() + bars[1].max()) * whole == pytest.approx(drawing.HEIGHT)


def test_both_parts_of_the_histograms_have_a_tick():
    for whole, smaller in ((0.205, 0.033), (0.2, 0.1), (0.7, 0.1)):
        step = drawing._step(whole, smaller)
        assert step <= smaller
        assert whole / step <= drawing.MOST_TICKS
    assert drawing._step(1, 0.0) > 0  # of a class that is not there


def test_a_hundred_rows_are_the_counts_in_whole_numbers():
    for counts in rng.integers(0, 400, (300, 4)):
        four = dict(zip(explorer.COUNTS, map(int, counts), strict=True))
        found = drawing.hundred(four)
        assert sum(found.values()) == 100
        for name in explorer.COUNTS:
            assert abs(found[name] - 100 * four[name] / counts.sum()) <= 1


@pytest.mark.parametrize("name", CASES)
def test_no_threshold_changes_how_many_of_a_hundred_are_positive(name):
    Y, p = CASES[name]
    positives = set()
    for t in np.linspace(p.min(), p.max() + 0.01, 60):
        counts = map(int, confusion_matrix(Y, p >= t).ravel())
        found = drawing.hundred(dict(zip(explorer.COUNTS, counts, strict=True)))
        positives.add(found["fn"] + found["tp"])
    assert len(positives) == 1


def check_place(page, Y, p, t):
    """Check all that is shown at a threshold against Python."""
    expected = confusion_matrix(Y, p >= t).ravel()
    tn, fp, fn, tp = map(int, expected)
    assert four(page) == [tn, fp, fn, tp]
    measures = count_metrics(*expected)
    for name, value in measures.items():
        text = shown(page, name)
        if np.isnan(value):
            assert text == "undefined"
        else:
            assert float(text) == pytest.approx(value, abs=0.5001e-4)
    rates = measures["false_positive_rate"], 1 - measures["recall"]
    now = attributes(page, ".now", "cx", "cy")
    assert now == pytest.approx([drawing.SIDE * rate for rate in rates])
    kinds, outlines = (
        page.locator(".people path").evaluate_all(
            f"all => all.map(mark => mark.getAttribute('{name}'))"
        )
        for name in ("class", "d")
    )
    of_positives = [kind in ("tp", "fn") for kind in kinds]
    assert [d == drawing.POSITIVE for d in outlines] == of_positives
    assert {*outlines} <= {drawing.POSITIVE, drawing.NEGATIVE}
    by_name = dict(zip(explorer.COUNTS, (tn, fp, fn, tp), strict=True))
    whole = drawing.hundred(by_name)
    assert {name: kinds.count(name) for name in whole} == whole
    left, width = attributes(page, "svg.below", "x", "width")
    right, rest = attributes(page, "svg.above", "x", "width")
    assert left + width == pytest.approx(right)
    assert width + rest == pytest.approx(drawing.WIDTH)


def test_moving_the_slider_shows_what_python_counts(browser, tmp_path):
    counts = explorer.counts_at(Y, P, T, also=RULES[1.0].values())
    with opened(browser, explore(tmp_path)) as page:
        slider = page.get_by_role("slider", name="Threshold")
        start = counts.index.get_loc(T)
        assert slider.input_value() == str(start)
        places = set()

        def check(at):
            check_place(page, Y, P, counts.index[at])
            assert shown(page, "t") == slider.get_attribute("aria-valuetext")
            assert shown(page, "t") == explorer.written(counts.index[at])
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


def test_buttons_weights_and_the_line_itself_move_the_threshold(browser, tmp_path):
    with opened(browser, explore(tmp_path)) as page:
        for w in WEIGHTS:
            page.get_by_role("radio", name=f"{w:g}", exact=True).check()
            for name, t in RULES[w].items():
                button = page.get_by_role("button", name=name)
                button.click()
                assert button.get_attribute("aria-pressed") == "true"
                check_place(page, Y, MODELS[w], t)

        one, three = (page.get_by_role("radio", name=n, exact=True) for n in "13")
        one.check()
        page.get_by_role("button", name="prevalence").click()
        before = four(page)
        three.check()  # the same threshold on other predictions
        assert sum(map(abs, np.subtract(four(page), before))) > 100
        one.check()
        page.get_by_label("The threshold moves along").check()
        three.check()  # the same decision, as near as there are thresholds
        assert sum(map(abs, np.subtract(four(page), before))) < 30

        picture = page.locator(".distributions")
        box = picture.bounding_box()
        for share in (0.3, 0.6):
            page.mouse.move(box["x"] + share * box["width"], box["y"] + 40)
            page.mouse.down()
            page.mouse.up()
            line = page.locator(".threshold").bounding_box()["x"]
            assert abs(line - box["x"] - share * box["width"]) < 12


def test_costs_move_the_best_threshold_and_the_rule(browser, tmp_path):
    counts = explorer.counts_at(Y, MODELS[3.0], T, also=RULES[3.0].values())
    with opened(browser, explore(tmp_path)) as page:
        page.get_by_role("radio", name="3", exact=True).check()
        at = float(shown(page, "t"))
        for costs in ((4, 1), (1, 1), (12, 0.5), (0, 0)):
            for label, cost in zip(("A miss", "A false alarm"), costs, strict=True):
                page.get_by_label(f"{label} costs").fill(str(cost))
            row = counts.loc[[at if at in counts.index else T]].iloc[0]
            expected = explorer.values(counts, row, at, costs, 3.0)
            for name in ("cost", "best", "best_cost", "cut"):
                assert shown(page, name) == expected[name], (costs, name)
        for label, cost in (("A miss", 4), ("A false alarm", 1)):
            page.get_by_label(f"{label} costs").fill(str(cost))
        page.get_by_role("button", name="lowest cost here").click()
        assert shown(page, "t") == shown(page, "best")
        mark, line = (
            page.locator(selector).get_attribute("transform")
            for selector in ("[data-mark=best]", ".threshold")
        )
        at_mark, at_line = (
            float(re.match(r"translate\(([\d.]+)", text)[1]) for text in (mark, line)
        )
        assert at_mark - drawing.LEFT == pytest.approx(at_line)
        marks = [page.locator(f"[data-mark={name}]") for name in ("best", "cut")]
        best, cut = (mark.bounding_box() for mark in marks)
        hangs = cut["y"] + cut["height"] - best["y"] - best["height"]
        assert hangs > 0.8 * best["height"]  # so that both are seen
        below = ".distributions text[text-anchor=middle]:not([transform])"
        labels = page.locator(below).all()
        tops = [label.bounding_box()["y"] for label in labels]
        assert min(tops) > max(box["y"] + box["height"] for box in (best, cut)) - 1


def test_a_page_with_hostile_names_is_well_made(browser, tmp_path):
    path = explore(tmp_path)
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
    page = without_script(browser, explore(tmp_path))
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
        assert four(page) == [int(cell.replace(",", "")) for cell in cells]
        slider = page.get_by_role("slider", name="Threshold")
        (carried,) = json.loads(
            page.locator(".lopsided-explorer").get_attribute("data-models")
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


def test_as_a_script_its_table_is_printed(capsys):
    explorer.show(Y, {1.0: P}, T, "yes", "no")
    said = capsys.readouterr().out
    assert len(said.splitlines()) in (22, 23)
    assert explorer.written(T) in said


def test_the_committed_notebooks_hold_these_scripts_and_no_widget():
    """So a change of a script needs a fresh execution: 05's would not run."""
    for name, scripts in {"05_report": 1, "08_explore": 2}.items():
        notebook = nbformat.read(notebooks.folder() / f"{name}.ipynb", as_version=4)
        shown = "".join(
            output.data.get("text/html", "")
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if "data" in output
        )
        found = [explorer.asset(f"{n}.js") in shown for n in ("explorer", "scrubber")]
        assert found.count(True) == scripts, name
        assert found[0]
        assert "jupyter.widget" not in str(notebook)


def shown_by(name, begins):
    """Give what the cell of a committed notebook shows that begins so, of each kind."""
    notebook = nbformat.read(notebooks.folder() / f"{name}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.source.startswith(begins))
    return cell.outputs[-1]["data"]


def test_the_committed_explorer_has_no_rule_that_ties_defeat():
    """Its first network is that of lesson 04, and its buttons say what 04's table says.

    Networks like the report's would not do: too many rows share one prediction.
    """
    live = shown_by("08_explore", "explorer.show(")["text/html"]
    tag = next(a for _, a in Tags(live).tags if "data-models" in a)
    carried = json.loads(tag["data-models"])
    assert len(carried) == 3
    for model in carried:
        at = model["rules"][[*explorer.RULES].index("room for 1 in 20")]
        rows = sum(model[name][at] for name in explorer.COUNTS)
        flagged = model["tp"][at] + model["fp"][at]
        assert 0.9 * rows / 20 < flagged <= rows / 20
    buttons = re.findall(r'data-rule="\d">[^<]*<b>([^<]*)', live)
    told = shown_by("04_threshold_analysis", "at_test = {")["text/plain"]
    lines = {line.split()[0].partition(":")[0]: line for line in told.splitlines()}
    for rule, t in zip(explorer.RULES.values(), buttons, strict=True):
        line = lines[str(rule).partition(":")[0]]
        assert float(t) == pytest.approx(float(line.split()[1]), abs=0.51e-4)


def test_the_table_reads_as_written():
    counts = explorer.counts_at(Y, P, T)
    table = explorer.table(counts)
    assert isinstance(table, pd.DataFrame)
    assert table.loc[explorer.written(T), "recall"] == f"{counts.loc[T, 'recall']:.4f}"


@pytest.fixture(scope="module")
def film():
    """A shorter one, of two weights."""
    return scrubber.film((1.0, 4.0), 60)


def test_a_film_begins_alike_learns_and_flags_more_with_a_weight(film):
    first, other = film.thetas.values()
    np.testing.assert_array_equal(first[0], other[0])
    assert film.epochs[0] == 0
    assert film.epochs[-1] == 60
    for w, thetas in film.thetas.items():
        assert len(thetas) == len(film.epochs)
        assert film.loss(w, -1) < 0.7 * film.loss(w, 0)
    flagged = [film.counts(w, -1, 0.5)[:, 1].sum() for w in film.thetas]
    assert flagged[1] > 1.5 * flagged[0]


def test_scrubbing_shows_what_python_computes(browser, film, tmp_path):
    """At epochs, weights and thresholds: the loss, the counts, and the line."""
    with opened(browser, page_of(tmp_path, scrubber.element(film))) as page:
        epoch = page.get_by_role("slider", name="Epoch")
        threshold_ = page.get_by_role("slider", name="Threshold")
        for w in film.thetas:
            page.get_by_role("radio", name=f"{w:g}", exact=True).check()
            for stop in (0, 3, len(film.epochs) // 2, len(film.epochs) - 1):
                epoch.fill(str(stop))
                for t in (0.2, 0.5, 0.77):
                    threshold_.fill(str(t))
                    assert four(page) == film.counts(w, stop, t).ravel().tolist()
                    assert shown(page, "epoch") == str(film.epochs[stop])
                    assert shown(page, "t") == f"{t:.2f}"
                assert shown(page, "loss") == f"{film.loss(w, stop):.4f}"
                highest = 1.05 * max(film.loss(w, k) for k in range(len(film.epochs)))
                (height,) = attributes(page, ".loss .now", "cy")  # has all its digits
                part = film.loss(w, stop) / highest
                assert height == pytest.approx(150 * (1 - part), abs=1e-6)
        same = threshold.equivalent_threshold(4.0, 0.77)
        assert shown(page, "same") == f"{same:.4f}"
        assert page.locator("[data-twin]").is_visible()


@pytest.mark.ci
def test_the_film_plays_to_its_end_and_can_be_stopped(browser, film, tmp_path):
    with opened(browser, page_of(tmp_path, scrubber.element(film))) as page:
        epoch = page.get_by_role("slider", name="Epoch")
        page.get_by_role("button", name="Play").click()  # at the end: from the start
        page.wait_for_function("document.querySelector('[name=stop]').value > 2")
        epoch.focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("button", name="Play").is_visible()
        at = int(epoch.input_value())
        assert 2 < at < len(film.epochs)
        page.get_by_role("button", name="Play").click()
        page.get_by_role("button", name="Pause").wait_for()
        page.get_by_role("button", name="Play").wait_for()
        assert epoch.input_value() == str(len(film.epochs) - 1)


def drawn(page):
    """Give the colours of the canvas: shade and ink; shape (720, 720, 4)."""
    url = page.locator("canvas").evaluate("c => c.toDataURL('image/png')")
    pixels = imread(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    return (pixels * 255).round().astype(int)


def places(film):
    """Find the points on the canvas: columns and rows of pixels."""
    return ((3.1 + np.array([[1], [-1]]) * film.X) / 6.2 * 720).astype(int)


def test_the_line_on_the_plane_is_where_the_network_says_so(browser, film, tmp_path):
    with opened(browser, page_of(tmp_path, scrubber.element(film))) as page:
        pixels = drawn(page)
        place = (np.arange(720) + 0.5) / 720 * 6.2 - 3.1
        points = np.stack([a.ravel() for a in np.meshgrid(place, -place)])
        last = Network(scrubber.LAYERS, film.thetas[1.0][-1])
        p = predict_proba(last, points).reshape(720, 720)
        ink = (pixels[..., :3] < 8).all(axis=-1) & (pixels[..., 3] > 250)
        clear = np.ones(ink.shape)
        column, row = places(film)[:, film.Y[0] == 0]
        clear[row, column] = 0  # the circles there are of ink, too
        ink &= (clear := minimum_filter(clear, 23) > 0)
        assert ink.sum() > 500
        crossed = (minimum_filter(p, 11) <= 0.5) & (maximum_filter(p, 11) >= 0.5)
        assert crossed[ink].all()  # the line is five pixels wide
        near = clear & (np.abs(p - 0.5) < 0.002)
        assert ink[near].mean() > 0.8  # all but its soft edges


def test_points_are_full_where_they_are_called(browser, film, tmp_path):
    """In their class's colour, as in the key; a few lie under others, or the line."""
    colours = np.where(film.Y[0, :, None] == 1, [0xD5, 0x5E, 0], 0)
    column, row = places(film)
    with opened(browser, page_of(tmp_path, scrubber.element(film))) as page:
        for t in (0.15, 0.5):
            page.get_by_role("slider", name="Threshold").fill(str(t))
            pixels = drawn(page)
            full = (pixels[row, column, :3] == colours).all(axis=1)
            called = sigmoid(film.logits(1.0, -1))[0] >= t
            assert full[called].mean() > 0.9
            assert full[~called].mean() < 0.1


def test_a_page_with_a_film_is_well_made_and_has_a_table(browser, film, tmp_path):
    path = page_of(tmp_path, scrubber.element(film))
    check_page(browser, path)
    page = without_script(browser, path)
    assert not page.locator("canvas").is_visible()
    assert page.locator("details tbody tr").count() == 12
    page.context.close()


def test_as_a_script_the_films_table_is_printed(film, capsys):
    scrubber.show(film)
    assert len(capsys.readouterr().out.splitlines()) == 14
