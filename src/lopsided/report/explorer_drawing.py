"""How the explorer looks: two histograms, the ROC curve, a hundred rows, and a table.

All is SVG and HTML, drawn for one threshold. ``explorer.js`` moves it to another: it
sets the width of what is to the left of the line, the place of a point, and the kinds
of a hundred marks.

Longer than most: the parts of one picture, which move together.
"""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from lopsided.lesson.network import Array
from lopsided.prose import clean, short
from lopsided.report.people import people

COUNTS = ["tn", "fp", "fn", "tp"]
MEASURES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "false_positive_rate": "false positive rate",
}
ORDER = ("tp", "fn", "fp", "tn")  # of a hundred marks
#: Their outlines, by the actual class.
POSITIVE, NEGATIVE = "M0-7L7 6H-7Z", "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0Z"
#: Thresholds that are marked on the axis, by a full and by an open triangle.
MARKS = {"best": "lowest cost here", "cut": "cost rule"}
#: The open one hangs lower, so both are seen where they are at one place.
TRIANGLES = {"best": "M0 2l-6 9h12Z", "cut": "M0 0V14l-6 9h12l-6-9"}
LEFT, TOP, WIDTH, HEIGHT = 60, 20, 360, 210  # of the histograms, in drawn units
SIDE = 190  # of the ROC curve's square
BINS = 40
MOST_TICKS = 11  # of shares, where letters still stand apart


def histograms(Y: Array, p: Array, top: float) -> tuple[Array, Array]:
    """Count the rows of each class in bins of predictions.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    top : float
        Where the bins end; what is higher falls into the last.

    Returns
    -------
    negative, positive : array of float, shape (BINS,)
        As shares of all rows.
    """
    inside = np.minimum(np.ravel(p), top)
    negative, positive = (
        np.histogram(inside[np.ravel(Y) == y], BINS, (0, top))[0] for y in (0, 1)
    )
    return negative / np.size(Y), positive / np.size(Y)


def outline(shares: Array, scale: float) -> str:
    """Write a histogram's outline as an SVG path; a negative scale hangs it down."""
    step = WIDTH / len(shares)
    tops = "".join(
        f"V{-share * scale:.1f}H{step * (k + 1):.1f}" for k, share in enumerate(shares)
    )
    return f"M0 0{tops}V0Z"


def scale(bars: Sequence[tuple[Array, Array]]) -> tuple[float, float]:
    """Give the height of the upper part, and how high a share of 1 would be.

    Both classes have one scale, so equal areas are equally many rows.
    """
    below, above = (max(b[k].max() for b in bars) for k in (0, 1))
    whole = HEIGHT / (below + above)
    return above * whole, whole


def distributions(
    outlines: tuple[str, str],
    t: float,
    top: float,
    upper: float,
    whole: float,
    names: tuple[str, str],
    v: Mapping[str, str],
) -> str:
    """Draw positives upwards and negatives downwards, with a line at the threshold.

    Parameters
    ----------
    outlines : tuple of str
        Of negatives and positives, from `outline`.
    t, top : float
        The threshold, and where the axis ends; what is higher is drawn there.
    upper, whole : float
        From `scale`.
    names : tuple of str
        Of the classes, negative first, as HTML.
    v : mapping of str
        From `explorer.values`: where to put the `MARKS`.
    """
    at = WIDTH * min(t / top, 1)
    base, bottom = TOP + upper, TOP + HEIGHT
    negative, positive = outlines

    def half(side: str, x: float, width: float, kinds: tuple[str, str]) -> str:
        """One side of the line. A nested drawing shows what lies within it alone."""
        shown = "visible" if width else "hidden"
        return (
            f'<svg class="{side}" x="{LEFT + x:.3f}" y="{TOP}" width="{width:.3f}" '
            f'height="{HEIGHT}" viewBox="{x:.3f} {-upper:.3f} {width:.3f} {HEIGHT}" '
            f'preserveAspectRatio="none" visibility="{shown}">'
            f'<path class="negative {kinds[0]}" d="{negative}"/>'
            f'<path class="positive {kinds[1]}" d="{positive}"/></svg>'
        )

    parts = [
        half("below", 0, at, ("tn", "fn")),
        half("above", at, WIDTH - at, ("fp", "tp")),
    ]
    step = _step(HEIGHT / whole, min(upper, HEIGHT - upper) / whole)
    for k in range(-MOST_TICKS, MOST_TICKS + 1):
        y = base - k * step * whole
        if TOP - 1 <= y <= bottom + 1:
            parts.append(
                f'<text x="{LEFT - 6}" y="{y + 5:.0f}" text-anchor="end">'
                f"{100 * abs(k) * step:g}</text>"
            )
    for tick in MaxNLocator(5).tick_values(0, top):
        if tick <= top:
            x = LEFT + WIDTH * tick / top
            parts.append(
                f'<text x="{x:.1f}" y="{bottom + 39}" text-anchor="middle">{tick:g}'
                "</text>"
            )
    right = LEFT + WIDTH
    where = 'text-anchor="end" class="name"'
    parts += [
        f'<path class="axes" d="M{LEFT} {TOP}V{bottom}M{LEFT} {base:.1f}H{right}"/>',
        f'<path class="axes" d="M{LEFT} {bottom}H{right}"/>',
        f'<text x="{right}" y="{TOP + 4}" {where}>▲ {names[1]}</text>',
        f'<text x="{right}" y="{bottom - 8}" {where}>▼ {names[0]}</text>',
        f'<text x="{LEFT + WIDTH / 2}" y="{bottom + 59}" text-anchor="middle">'
        "predicted probability</text>",
        f'<text transform="translate(15 {TOP + HEIGHT / 2}) rotate(-90)" '
        'text-anchor="middle">% of all rows</text>',
    ]
    for row, (name, label) in enumerate(MARKS.items()):
        share = min(float(v[name]) / top, 1) if v[name] != "undefined" else 1
        x, y = LEFT + WIDTH * share, bottom + 84 + 28 * row
        parts.append(
            f'<path class="{name}" d="{TRIANGLES[name]}" data-mark="{name}" '
            f'transform="translate({x:.3f} {bottom})"/>'
            f'<path class="{name}" d="{TRIANGLES[name]}" '
            f'transform="translate({LEFT + 7} {y - (12, 23)[row]})"/>'
            f'<text x="{LEFT + 22}" y="{y}">{label} '
            f'<tspan data-show="{name}">{v[name]}</tspan></text>'
        )
    parts.append(
        f'<path class="threshold" data-width="{WIDTH}" data-left="{LEFT}" '
        f'd="M{LEFT} {TOP - 14}V{bottom}" transform="translate({at:.4f} 0)"/>'
    )
    return (
        f'<svg class="distributions" viewBox="0 0 {right + 12} {bottom + 120}" '
        'role="img" aria-label="Two histograms of the predictions: positives stand '
        "upwards, negatives hang downwards. A line marks the threshold; full colour to "
        f'its right is what is called positive.">{"".join(parts)}</svg>'
    )


def _step(whole: float, smaller: float) -> float:
    """Choose the step of the shares' ticks: so that the smaller part has one, too."""
    steps = [MaxNLocator(n).tick_values(0, whole)[1] for n in range(5, MOST_TICKS)]
    return float(next((step for step in steps if step <= smaller), steps[0]))


def roc_points(counts: pd.DataFrame) -> str:
    """Write the ROC curve's points, as an SVG polyline takes them."""
    fpr = counts["fp"] / (counts["fp"] + counts["tn"]).clip(lower=1)
    recall = counts["tp"] / (counts["tp"] + counts["fn"]).clip(lower=1)
    return " ".join(
        f"{SIDE * a:.1f},{SIDE * (1 - b):.1f}" for a, b in zip(fpr, recall, strict=True)
    )


def roc(points: str, fpr: float, recall: float) -> str:
    """Draw the ROC curve and the threshold's point on it.

    Parameters
    ----------
    points : str
        From `roc_points`.
    fpr, recall : float
        Of the threshold; 0 where undefined.
    """
    ticks = "".join(
        f'<text x="{SIDE * at}" y="{SIDE + 17}" text-anchor="middle">{at:g}</text>'
        f'<text x="-6" y="{SIDE * (1 - at) + 4}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.5, 1)
    )
    return (
        f'<svg class="roc" viewBox="-46 -10 {SIDE + 60} {SIDE + 52}" role="img" '
        'aria-label="The ROC curve: recall over the false positive rate, from nobody '
        "called at the lower left to everybody at the upper right. A dot marks the "
        f'threshold."><path class="axes" d="M0 0V{SIDE}H{SIDE}"/>'
        f'<path class="chance" d="M0 {SIDE}L{SIDE} 0"/>'
        f'<polyline class="curve" points="{points}"/>'
        f'<circle class="now" r="7" data-side="{SIDE}" cx="{SIDE * fpr:.3f}" '
        f'cy="{SIDE * (1 - recall):.3f}"/>{ticks}'
        f'<text x="{SIDE / 2}" y="{SIDE + 36}" text-anchor="middle">'
        "false positive rate</text>"
        f'<text transform="translate(-32 {SIDE / 2}) rotate(-90)" '
        'text-anchor="middle">recall</text></svg>'
    )


def hundred(four: Mapping[str, int]) -> dict[str, int]:
    """Scale the four counts to a hundred, as `people.people` does.

    Parameters
    ----------
    four : mapping of int
        At least one is positive.

    Returns
    -------
    dict of int
        They add up to 100.
    """
    return dict(zip(COUNTS, people([four[name] for name in COUNTS]), strict=True))


def crowd(of_hundred: Mapping[str, int]) -> str:
    """Draw a hundred rows: the positives first, the found before the missed."""
    kinds = [name for name in ORDER for _ in range(of_hundred[name])]
    marks = "".join(
        f'<path class="{kind}" d="{POSITIVE if kind in ("tp", "fn") else NEGATIVE}" '
        f'transform="translate({10 + k // 10 * 20} {10 + k % 10 * 20})"/>'
        for k, kind in enumerate(kinds)
    )
    return (
        f'<svg class="people" viewBox="0 0 200 200" data-positive="{POSITIVE}" '
        f'data-negative="{NEGATIVE}" role="img" aria-label="A hundred marks, each for '
        "one row of a hundred, positives first. Triangles are positive, circles "
        f'negative; full are those called positive.">{marks}</svg>'
    )


def sign(kind: str) -> str:
    """Draw one of a hundred marks, to stand before a count; before all else nothing."""
    if kind not in COUNTS:
        return ""
    outline = POSITIVE if kind in ("tp", "fn") else NEGATIVE
    return (
        '<svg class="sign" viewBox="-10 -10 20 20" aria-hidden="true">'
        f'<path class="{kind}" d="{outline}"/></svg>'
    )


def view(
    drawn: tuple[str, str, str], v: Mapping[str, str], positive: str, negative: str
) -> str:
    """Lay out the drawings, the confusion matrix and the measures, as HTML.

    Parameters
    ----------
    drawn : tuple of str
        From `distributions`, `roc` and `people.people`.
    v : mapping of str
        From `explorer.values`.
    positive, negative : str
        The classes' names, as HTML.
    """
    yes, no = positive, negative
    histogram, curve, marks = drawn

    def cell(name: str) -> str:
        return f'<td>{sign(name)}<b data-show="{name}">{v[name]}</b></td>'

    def bold(name: str) -> str:
        return f'<strong data-show="{name}">{v[name]}</strong>'

    costs = {"cost": "cost per row", "best_cost": "lowest cost per row"}
    measures = "".join(
        f'<tr><th scope="row">{label}</th>{cell(name)}</tr>'
        for name, label in (MEASURES | costs).items()
    )
    return f"""<p><output>Threshold {bold("t")}: {bold("tp")} {yes} found, {bold("fn")}
missed, {bold("fp")} false alarms.</output></p>
<div class="drawings">
{histogram}
{curve}
</div><div class="side"><div>
{marks}
<p class="note">Of a hundred rows. ▲&nbsp;{yes}, ●&nbsp;{no}; full: called {yes}.</p>
</div><div>
<table><thead><tr><td></td><th scope="col">predicted<br>{no}</th>
<th scope="col">predicted<br>{yes}</th></tr></thead><tbody>
<tr><th scope="row">actual<br>{no}</th>{cell("tn")}{cell("fp")}</tr>
<tr><th scope="row">actual<br>{yes}</th>{cell("fn")}{cell("tp")}</tr></tbody></table>
</div><div>
<table><tbody>{measures}</tbody></table>
</div></div>"""


def named(positive: str, negative: str) -> tuple[str, str]:
    """Make names, which may hold anything, fit for HTML, and short."""
    yes, no = (escape(short(clean(name), 30)) for name in (positive, negative))
    return yes, no
