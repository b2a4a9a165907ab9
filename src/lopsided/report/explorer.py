"""A threshold to play with: one slider moves the curves' line, counts and measures.

`show` puts it into a notebook's output, whence it comes into ``report.html`` and the
site: one element of HTML that needs no kernel and no network. It carries the four
counts at some hundred thresholds, never rows. Without its script it is a table. `play`
makes the same of widgets, where a kernel can compute anew.

Longer than most: what the page, the notebook and the table show is one thing.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from lopsided.lesson.metrics import confusion_matrix, count_metrics, ratio
from lopsided.lesson.network import Array
from lopsided.lesson.threshold import candidates, predict
from lopsided.prose import clean, short
from lopsided.report.display import send

COUNTS = ["tn", "fp", "fn", "tp"]
MEASURES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "false_positive_rate": "false positive rate",
}
COSTS = (4.0, 1.0)  # of a miss, and of a false alarm, to begin with
ROWS = 20  # of the table that stands for the slider
LEFT, TOP, WIDTH, HEIGHT = 60, 10, 325, 200  # of the axes, in units of the drawing


def written(t: float) -> str:
    """Write a threshold: the one rule, four significant digits."""
    return f"{t:.4g}"


def counts_at(Y: Array, p: Array, t: float, most: int = 200) -> pd.DataFrame:
    """Count the four outcomes at thresholds spread over the distinct predictions.

    Thresholds are rounded first and counted then, so that the counts are those of the
    thresholds as they are written. Only ``t`` stays as it is.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    t : float
        A threshold that must be among them.
    most : int, optional
        How many others there may be.

    Returns
    -------
    DataFrame
        Thresholds rise in the index. Columns: ``tn``, ``fp``, ``fn``, ``tp``, and those
        of `metrics.count_metrics`.
    """
    every = candidates(Y, p).t
    spread = every[np.unique(np.linspace(0, every.size - 1, most).astype(int))]
    by_name = {written(x): float(written(x)) for x in spread} | {written(t): float(t)}
    thresholds = np.sort([*by_name.values()])
    tn, fn = (
        np.searchsorted(np.sort(np.ravel(p)[np.ravel(Y) == y]), thresholds)
        for y in (0, 1)
    )
    positives = int(np.count_nonzero(Y == 1))
    counts = {"tn": tn, "fp": np.size(Y) - positives - tn}
    counts |= {"fn": fn, "tp": positives - fn}
    index = pd.Index(thresholds, name="threshold")
    return pd.DataFrame(counts | count_metrics(**counts), index=index)


def cheapest(counts: pd.DataFrame, costs: tuple[float, float]) -> tuple[float, float]:
    """Find the threshold with the lowest cost per row; of equal ones, the highest.

    Parameters
    ----------
    counts : DataFrame
        From `counts_at`.
    costs : tuple of float
        Of a miss, and of a false alarm.

    Returns
    -------
    t, cost : float
    """
    miss, alarm = costs
    cost = (miss * counts["fn"] + alarm * counts["fp"]) / counts[COUNTS].sum(axis=1)
    lowest = cost[cost <= cost.min() * (1 + 1e-12)]  # equal but for rounding
    return float(lowest.index[-1]), float(lowest.iloc[-1])


def values(
    counts: pd.DataFrame,
    four: Mapping[str, int],
    t: float,
    costs: tuple[float, float] = COSTS,
    w: float = 1.0,
) -> dict[str, str]:
    """Write what is known at one threshold.

    Parameters
    ----------
    counts : DataFrame
        From `counts_at`.
    four : mapping of int
        The counts at ``t``.
    t : float
    costs : tuple of float, optional
        Of a miss, and of a false alarm.
    w : float, optional
        The weight of positives in training.

    Returns
    -------
    dict of str
        ``t``, the counts and the measures; the ``cost`` per row; the ``best_cost`` of
        all thresholds and where it is, ``best``; and ``cut``: where the cost rule
        decides if probabilities can be trusted (Elkan 2001), weighted as in training.
    """
    tn, fp, fn, tp = (np.array(four[name]) for name in COUNTS)
    miss, alarm = costs
    best, best_cost = cheapest(counts, costs)
    ratios = count_metrics(tn, fp, fn, tp) | {
        "cost": (miss * fn + alarm * fp) / (tn + fp + fn + tp),
        "best_cost": best_cost,
        "cut": ratio(w * alarm, w * alarm + miss),
    }
    return {
        "t": written(t),
        "best": written(best),
        **{name: f"{four[name]:,}" for name in COUNTS},
        **{name: _ratio(value) for name, value in ratios.items()},
    }


def _ratio(value: Any) -> str:
    return "undefined" if np.isnan(value) else f"{value:.4f}"


def drawing(counts: pd.DataFrame, t: float, top: float) -> str:
    """Draw the class-wise CDFs from counts, with a line at the threshold, as SVG.

    Parameters
    ----------
    counts : DataFrame
        From `counts_at`.
    t : float
    top : float
        Where the horizontal axis ends; a higher threshold is drawn there.
    """
    x = LEFT + WIDTH * np.minimum(counts.index.to_numpy() / top, 1)
    parts = []
    for name, below, of in (("negative", "tn", "fp"), ("positive", "fn", "tp")):
        share = counts[below] / (counts[below] + counts[of]).clip(lower=1)
        y = TOP + HEIGHT * (1 - share.to_numpy())
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        parts.append(f'<polyline class="curve {name}" points="{points}"/>')
    bottom, right = TOP + HEIGHT, LEFT + WIDTH
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<text x="{LEFT - 6}" y="{bottom - HEIGHT * share + 4:.0f}" '
            f'text-anchor="end">{share:g}</text>'
        )
    for tick in MaxNLocator(5).tick_values(0, top):
        if tick <= top:
            parts.append(
                f'<text x="{LEFT + WIDTH * tick / top:.1f}" y="{bottom + 17}" '
                f'text-anchor="middle">{tick:g}</text>'
            )
    at = WIDTH * min(t / top, 1)
    return (
        f'<svg viewBox="0 0 {right + 15} {bottom + 42}" role="img" aria-label="For '
        "each class, the share of its rows below a probability. A line marks the "
        f'threshold.">{"".join(parts)}'
        f'<path class="axes" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
        f'<text x="{LEFT + WIDTH / 2}" y="{bottom + 36}" text-anchor="middle">'
        "predicted probability</text>"
        f'<text transform="translate(14 {TOP + HEIGHT / 2}) rotate(-90)" '
        'text-anchor="middle">share of the class below</text>'
        f'<path class="threshold" data-width="{WIDTH}" d="M{LEFT} {TOP}V{bottom}" '
        f'transform="translate({at:.4f} 0)"/></svg>'
    )


def view(drawn: str, v: Mapping[str, str], positive: str, negative: str) -> str:
    """Lay out curves, confusion matrix and measures, as HTML.

    Parameters
    ----------
    drawn : str
        From `drawing`.
    v : mapping of str
        From `values`.
    positive, negative : str
        The classes' names, which may hold anything.
    """
    yes, no = (escape(short(clean(name), 36)) for name in (positive, negative))

    def cell(name: str) -> str:
        return f'<td data-show="{name}">{v[name]}</td>'

    def bold(name: str) -> str:
        return f'<strong data-show="{name}">{v[name]}</strong>'

    measures = "".join(
        f'<tr><th scope="row">{label}</th>{cell(name)}</tr>'
        for name, label in (MEASURES | {"cost": "cost per row"}).items()
    )
    return f"""<div class="side"><div>
{drawn}
<p><i class="negative"></i>{no}<br>
<i class="positive"></i>{yes}</p>
</div><div>
<p><output>Threshold {bold("t")}: {bold("tp")} {yes} found, {bold("fn")} missed,
{bold("fp")} false alarms.</output></p>
<table><thead><tr><td></td><th scope="col">predicted<br>{no}</th>
<th scope="col">predicted<br>{yes}</th></tr></thead><tbody>
<tr><th scope="row">actual<br>{no}</th>{cell("tn")}{cell("fp")}</tr>
<tr><th scope="row">actual<br>{yes}</th>{cell("fn")}{cell("tp")}</tr></tbody></table>
<table><tbody>{measures}</tbody></table>
<p>The cost is lowest on these rows at {bold("best")}: {bold("best_cost")}. If the
probabilities can be trusted, the cost rule cuts at {bold("cut")}.</p>
</div></div>"""


def element(
    counts: pd.DataFrame, t: float, positive: str, negative: str, w: float = 1.0
) -> str:
    """Write the element that needs no kernel: controls, `view`, and a table.

    The table is its last one, for those who take only that.

    Parameters
    ----------
    counts : DataFrame
        From `counts_at`.
    t : float
        Where the slider begins; in the index.
    positive, negative : str
    w : float, optional
        The weight of positives in training.
    """
    start = int(counts.index.get_loc(t))
    lists = {"t": [*map(written, counts.index)]}
    lists |= {name: counts[name].tolist() for name in COUNTS}
    carried = json.dumps(lists, separators=(",", ":"))  # numbers: no quote, no markup
    top = _top(counts)
    here = view(
        drawing(counts, t, top),
        values(counts, counts.loc[t, COUNTS].astype(int), t, w=w),
        positive,
        negative,
    )
    miss, alarm = COSTS
    return f"""<div class="lopsided-explorer" role="group"
aria-label="Move the threshold" data-lm-suppress-shortcuts="true"
data-counts='{carried}' data-top="{top!r}" data-w="{w!r}">
<style>
{_file("css")}</style>
<fieldset hidden><label>Threshold <strong data-show="t"></strong>
<input type="range" min="0" max="{len(counts) - 1}" value="{start}"></label>
<label>A miss costs
<input type="number" min="0" step="any" value="{miss:g}"></label>
<label>A false alarm costs
<input type="number" min="0" step="any" value="{alarm:g}"></label>
</fieldset>
{here}
<details open><summary>As a table</summary>
{table(counts.iloc[_some(counts, t)]).to_html(border=0)}
</details>
</div>
<script>{_file("js")}</script>"""


def table(counts: pd.DataFrame) -> pd.DataFrame:
    """Write counts and measures as texts, a row for each threshold."""
    texts = {name: counts[name].map("{:,}".format) for name in COUNTS}
    texts |= {name: counts[name].map(_ratio) for name in MEASURES}
    names = MEASURES | {"false_positive_rate": "FPR"}
    return pd.DataFrame(texts).rename(index=written, columns=names)


def script_hash() -> str:
    """Give what a Content-Security-Policy needs to let the script run, and no other."""
    digest = hashlib.sha256(_file("js").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def show(
    Y: Array,
    p: Array,
    t: float,
    positive: str,
    negative: str,
    w: float = 1.0,
    caption: str = "",
    label: str = "",
) -> None:
    """Show the element in a notebook; as a script, print its table.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    t : float
        Where the slider begins.
    positive, negative : str
        The classes' names.
    w : float, optional
        The weight of positives in training.
    caption, label : str, optional
        Of the table, as in `display.show`.
    """
    counts = counts_at(Y, p, t)
    about = {"caption": caption, "label": label} if caption else {}
    send(
        {
            "text/html": element(counts, t, positive, negative, w),
            "text/plain": table(counts.iloc[_some(counts, t)]).to_string(),
        },
        {"text/html": about | {"live": "yes"}},
    )


def play(
    Y: Array, models: Mapping[float, Array], t: float, positive: str, negative: str
) -> Any:
    """Show widgets for threshold, class weight and costs; a kernel counts anew.

    What stays in a saved notebook is the element of the first model, which needs no
    kernel.

    Parameters
    ----------
    Y : array, m labels
    models : mapping
        For each weight of positives in training, m probabilities.
    t : float
        Where the slider begins.
    positive, negative : str
        The classes' names.

    Returns
    -------
    ipywidgets.VBox
        The controls, in this order: threshold, class weight, cost of a miss, cost of a
        false alarm. Then an ``ipywidgets.HTML``.
    """
    import ipywidgets as widgets  # type: ignore[import-untyped]
    from IPython.display import display

    curves = {w: counts_at(Y, p, t) for w, p in models.items()}
    top = max(map(_top, curves.values()))
    wide = {"style": {"description_width": "9em"}}
    controls = {
        "t": widgets.FloatSlider(
            t,
            min=0,
            max=1,
            step=0.005,
            readout_format=".3f",
            description="threshold",
            **wide,
        ),
        "w": widgets.SelectionSlider(
            options=[(f"{w:g}", w) for w in models], description="class weight", **wide
        ),
        "miss": widgets.BoundedFloatText(
            COSTS[0], min=0, max=1e6, description="a miss costs", **wide
        ),
        "alarm": widgets.BoundedFloatText(
            COSTS[1], min=0, max=1e6, description="a false alarm costs", **wide
        ),
    }
    seen, style = widgets.HTML(), f"<style>{_file('css')}</style>"

    def look(*_: Any) -> None:
        t, w, *costs = (control.value for control in controls.values())
        matrix = confusion_matrix(Y, predict(models[w], t))
        four = dict(zip(COUNTS, map(int, matrix.flat), strict=True))
        v = values(curves[w], four, t, (costs[0], costs[1]), w)
        laid_out = view(drawing(curves[w], t, top), v, positive, negative)
        seen.value = style + f'<div class="lopsided-explorer">{laid_out}</div>'

    for control in controls.values():
        control.observe(look, "value")
    look()
    panel = widgets.VBox([*controls.values(), seen])
    first, counts = next(iter(curves.items()))
    saved = {"text/html": element(counts, t, positive, negative, first)}
    plain = table(counts.iloc[_some(counts, t)]).to_string()
    display(panel._repr_mimebundle_() | saved | {"text/plain": plain}, raw=True)
    return panel


def _some(counts: pd.DataFrame, t: float) -> list[int]:
    """Pick the rows of the table that stands for the slider: the ends, and ``t``."""
    last = len(counts) - 1
    spread = np.linspace(0, last, min(ROWS, last + 1))
    return sorted({round(k) for k in spread} | {int(counts.index.get_loc(t))})


def _top(counts: pd.DataFrame) -> float:
    """End the horizontal axis a little after the last prediction."""
    flagged = counts.index[counts["tp"] + counts["fp"] > 0]
    return float(written(min(1.0, 1.05 * max(flagged, default=1.0)) or 1.0))


def _file(ending: str) -> str:
    path = Path(__file__).with_name(f"explorer.{ending}")
    return path.read_text(encoding="utf-8")
