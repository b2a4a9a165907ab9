"""A threshold to play with: histograms, ROC curve, counts and measures move with it.

`show` puts it into a notebook's output, whence it comes into ``report.html`` and the
site: one element of HTML that needs no kernel and no network. For each class weight it
carries the four counts at some hundred thresholds, never rows. Without its script it is
a table. `explorer_drawing` draws it, ``explorer.js`` moves it.

Longer than most: what the page, the notebook and the table show is one thing.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lopsided.lesson import threshold
from lopsided.lesson.metrics import count_metrics, ratio
from lopsided.lesson.network import Array
from lopsided.report import explorer_drawing as drawing
from lopsided.report.display import send
from lopsided.report.explorer_drawing import COUNTS, MEASURES

COSTS = (5.0, 1.0)  # of a miss, and of a false alarm, to begin with; as in lesson 04
ROWS = 20  # of the table that stands for the slider
#: Of the one button that no rule stands behind. It goes wherever the element goes.
SEES_LABELS = "by the labels of these rows: to look at, not to use"
#: The rules with a button, by what stands on it. The cost rule has costs of its own.
RULES: dict[str, float | str] = {
    "one half": 0.5,
    "prevalence": "prevalence",
    "F1": "f1",
    "Youden": "youden",
    "recall 0.8": "recall:0.8",
    "precision 0.3": "precision:0.3",
    "room for 1 in 20": "capacity",
}


def written(t: float) -> str:
    """Write a threshold: the one rule, four significant digits, zeros included."""
    return f"{t:#.4g}"


def counts_at(
    Y: Array, p: Array, t: float, most: int = 200, also: Iterable[float] = ()
) -> pd.DataFrame:
    """Count the four outcomes at thresholds spread over the distinct predictions.

    Thresholds are rounded first and counted then, so that the counts are those of the
    thresholds as they are written. Only ``t`` and ``also`` stay as they are.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    t : float
        A threshold that must be among them.
    most : int, optional
        How many others there may be.
    also : iterable of float
        More that must be among them.

    Returns
    -------
    DataFrame
        Thresholds rise in the index. Columns: ``tn``, ``fp``, ``fn``, ``tp``, and those
        of `metrics.count_metrics`.
    """
    every = threshold.candidates(Y, p).t
    spread = every[np.unique(np.linspace(0, every.size - 1, most).astype(int))]
    by_name = {written(x): float(written(x)) for x in spread}
    by_name |= {written(x): float(x) for x in (*also, t)}
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


def rules(Y: Array, p: Array, p_new: Array) -> dict[str, float]:
    """Choose a threshold by each of `RULES`; none sees a label of the new rows.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
        Training rows.
    p_new : array
        Of the rows to be decided on; without labels.

    Returns
    -------
    dict of float
    """
    room = f"capacity:{max(1, np.size(p_new) // 20)}"
    return {
        name: threshold.choose(room if rule == "capacity" else rule, Y, p, p_new).t
        for name, rule in RULES.items()
    }


def element(
    Y: Array,
    models: Mapping[float, Array],
    t: float,
    positive: str,
    negative: str,
    chosen: Mapping[float, Mapping[str, float]] | None = None,
) -> str:
    """Write the element that needs no kernel: controls, drawings, and a table.

    The table is its last one, for those who take only that.

    Parameters
    ----------
    Y : array, m labels
    models : mapping
        For each weight of positives in training, m probabilities.
    t : float
        Where the slider begins.
    positive, negative : str
        The classes' names, which may hold anything.
    chosen : mapping, optional
        For each weight, what `rules` gave.
    """
    by_weight = chosen or {w: {} for w in models}
    counted = _counted(Y, models, t, by_weight)
    top = max(map(_top, counted.values()))
    bars = {w: drawing.histograms(Y, p, top) for w, p in models.items()}
    upper, whole = drawing.scale([*bars.values()])
    carried = []
    for w, counts in counted.items():
        below, above = bars[w]
        carried.append(
            {
                "w": w,
                "t": [*map(written, counts.index)],
                **{name: counts[name].tolist() for name in COUNTS},
                "negative": drawing.outline(below, -whole),
                "positive": drawing.outline(above, whole),
                "roc": drawing.roc_points(counts),
                "rules": [
                    int(counts.index.get_loc(_kept(counts, t)))
                    for t in by_weight[w].values()
                ],
            }
        )
    first, counts = next(iter(counted.items()))
    four = counts.loc[t, COUNTS].astype(int)
    yes, no = drawing.named(positive, negative)
    fpr, recall = (
        float(np.nan_to_num(counts.loc[t, name]))
        for name in ("false_positive_rate", "recall")
    )
    now = carried[0]
    outlines = now["negative"], now["positive"]
    v = values(counts, four, t, w=first)
    drawn = (
        drawing.distributions(outlines, t, top, upper, whole, (no, yes), v),
        drawing.roc(now["roc"], fpr, recall),
        drawing.crowd(drawing.hundred(four)),
    )
    laid_out = drawing.view(drawn, v, yes, no)
    # Numbers and paths: no quote, no markup.
    data = json.dumps(carried, separators=(",", ":"))
    start = int(counts.index.get_loc(t))
    miss, alarm = COSTS
    return f"""<div class="lopsided-live lopsided-explorer" role="group"
aria-label="Move the threshold" data-lm-suppress-shortcuts="true"
data-models='{data}' data-top="{top!r}">
<style>
{asset("live.css")}</style>
<form hidden><label class="wide">Threshold <strong data-show="t"></strong>
<input type="range" name="t" min="0" max="{len(counts) - 1}" value="{start}"></label>
{_weights(models)}{_buttons(by_weight[first])}
<p><label>A miss costs
<input type="number" name="miss" min="0" step="any" value="{miss:g}"></label>
<label>A false alarm costs
<input type="number" name="alarm" min="0" step="any" value="{alarm:g}"></label>
<button type="button" data-to="best" title="{SEES_LABELS}">lowest cost here</button>
<button type="button" data-to="cut">cost rule</button></p>
</form>
{laid_out}
<details open><summary>As a table</summary>
{_short(counted, t).to_html(border=0)}
</details>
</div>
<script>{asset("explorer.js")}</script>"""


def _counted(
    Y: Array,
    models: Mapping[float, Array],
    t: float,
    chosen: Mapping[float, Mapping[str, float]],
) -> dict[float, pd.DataFrame]:
    """Count for each weight, at its rules' thresholds among others."""
    return {
        w: counts_at(Y, p, t, also=chosen.get(w, {}).values())
        for w, p in models.items()
    }


def _kept(counts: pd.DataFrame, t: float) -> float:
    """Find a threshold again that `counts_at` kept, or one that is written alike."""
    return float(next(x for x in counts.index if written(x) == written(t)))


def _weights(models: Mapping[float, Array]) -> str:
    """Write the choice of a class weight, if there is one."""
    if len(models) < 2:
        return ""
    choices = "".join(
        f'<label><input type="radio" name="w" value="{k}"'
        f"{' checked' if not k else ''}>{w:g}</label>"
        for k, w in enumerate(models)
    )
    return f"""<p role="radiogroup" aria-label="Class weight">Class weight {choices}
<label><input type="checkbox" name="follow">The threshold moves along</label></p>
"""


def _buttons(chosen: Mapping[str, float]) -> str:
    """Write a button for each rule."""
    if not chosen:
        return ""
    buttons = "".join(
        f'<button type="button" data-rule="{k}">{name} <b>{written(t)}</b></button>'
        for k, (name, t) in enumerate(chosen.items())
    )
    return f"""<p role="group" aria-label="Rules; none sees a test label">{buttons}</p>
"""


def table(counts: pd.DataFrame) -> pd.DataFrame:
    """Write counts and measures as texts, a row for each threshold."""
    texts = {name: counts[name].map("{:,}".format) for name in COUNTS}
    texts |= {name: counts[name].map(_ratio) for name in MEASURES}
    names = MEASURES | {"false_positive_rate": "FPR"}
    named = pd.DataFrame(texts).rename(index=written, columns=names)
    return named.rename_axis(index=None, columns=counts.index.name)  # one heading


def script_hash() -> str:
    """Give what a Content-Security-Policy needs to let the script run, and no other."""
    digest = hashlib.sha256(asset("explorer.js").encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def show(
    Y: Array,
    models: Mapping[float, Array],
    t: float,
    positive: str,
    negative: str,
    chosen: Mapping[float, Mapping[str, float]] | None = None,
    caption: str = "",
    label: str = "",
) -> None:
    """Show the element in a notebook; as a script, print its table.

    Parameters
    ----------
    Y, models, t, positive, negative, chosen
        As for `element`.
    caption, label : str, optional
        Of the table, as in `display.show`.
    """
    counted = _counted(Y, models, t, chosen or {})
    about = {"caption": caption, "label": label} if caption else {}
    send(
        {
            "text/html": element(Y, models, t, positive, negative, chosen),
            "text/plain": _short(counted, t).to_string(),
        },
        {"text/html": about | {"live": "yes"}},
    )


def _short(counted: Mapping[float, pd.DataFrame], t: float) -> pd.DataFrame:
    """Tabulate the ends, ``t`` and some between, for each weight."""
    tables = {}
    for w, counts in counted.items():
        last = len(counts) - 1
        spread = np.linspace(0, last, min(ROWS, last + 1))
        some = {round(k) for k in spread} | {int(counts.index.get_loc(t))}
        tables[w] = table(counts.iloc[sorted(some)])
    if len(tables) == 1:
        return tables.popitem()[1]
    for w, of_weight in tables.items():
        of_weight.insert(0, "class weight", f"{w:g}")
    return pd.concat(tables.values())


def _top(counts: pd.DataFrame) -> float:
    """End the horizontal axis a little after the last prediction."""
    flagged = counts.index[counts["tp"] + counts["fp"] > 0]
    return float(written(min(1.0, 1.05 * max(flagged, default=1.0)) or 1.0))


def asset(name: str) -> str:
    """Read a style or a script that lies beside this file."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
