"""The pictures that the table of a sweep makes."""

import itertools
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lopsided.prose import short
from lopsided.report.display import COLOURS, GREY, Picture, styled
from lopsided.report.sweep_table import AT_ANY_THRESHOLD, Sweep, over_seeds

#: Drawn against each choice: three rows of two panels.
DRAWN = ("accuracy", "f1", "precision", "recall", "roc_auc", "log_loss")
MARKERS, LINES = "os^DvP", ("-", "--", ":", "-.")


def looks(sweep: Sweep) -> dict[tuple[str, str], tuple[str, str]]:
    """Give each value of a choice its colour and marker, alike in all pictures.

    Those of the choices that move the metric the most are given first: the colours
    come again after them, with other markers. A choice of too many values has none.
    """
    ranked = _by_effect(sweep)
    pairs = [(name, v) for name in ranked for v in sweep.done[name].cat.categories]
    n = len(COLOURS)
    return {
        pair: (COLOURS[k % n], MARKERS[(k + k // n) % len(MARKERS)])
        for k, pair in enumerate(pairs)
    }


def _by_effect(sweep: Sweep) -> list[str]:
    """Sort the choices of not too many values, that which moves the mean most first."""
    moved = {}
    for name in sweep.choices:
        means = sweep.done.groupby(name, observed=True)[sweep.metric].mean()
        if len(means) <= len(COLOURS):
            moved[name] = means.max() - means.min()
    return sorted(moved, key=lambda name: -moved[name])


def splitting(sweep: Sweep, name: str) -> list[str]:
    """Choose up to two other parameters to tell lines apart.

    Those whose values move the metric's mean the most, of not too many values.
    """
    others = [other for other in _by_effect(sweep) if other != name]
    few = [n for n in others[1:] if sweep.done[n].nunique() <= len(LINES)]
    return others[:1] + few[:1]


@styled
def dependence(sweep: Sweep, name: str) -> Picture:
    """Draw each test metric against one parameter, with seed-to-seed bands.

    Parameters
    ----------
    sweep : Sweep
    name : str
        One of its choices.
    """
    by = splitting(sweep, name)
    figure = Figure(figsize=(5.6, 7.6))
    panels = figure.subplots(3, 2, sharex=True).ravel()
    drawn = {}
    for ax, metric in zip(panels, DRAWN, strict=True):
        drawn[metric] = _lines(ax, sweep, name, by, f"test.{metric}")
        ax.set_ylabel(_metric_name(metric))
    for ax in panels[-2:]:
        ax.set_xlabel(name)
    if by:
        figure.legend(
            *panels[0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=2,
            handlelength=3,
            title=", ".join(by),
            fontsize=9,
        )
    sorted_by = sweep.metric.partition(".")[2]
    shown = sorted_by if sorted_by in DRAWN else "f1"
    values = sweep.done[name].cat.categories
    ends = []
    for words, line in drawn[shown].items():
        x, y = np.array(line.get_data())[:, [0, -1]]
        first, last = values[x.astype(int)]
        ends.append(f"{words}: {y[0]:.3f} at {first}, {y[1]:.3f} at {last}")
    several = any(len(ax.collections) for ax in panels)
    what = "means over seeds, with bands from the lowest to the highest seed"
    alt = (
        f"Six small panels, one a test metric, against {name}: "
        f"{what if several else 'of one seed'}. {_metric_name(shown)} on test "
        f"rows, {'; '.join(ends[:8])}."
    )
    return Picture(f"sweep_{name}", figure, alt)


def _lines(
    ax: Axes, sweep: Sweep, name: str, by: list[str], metric: str
) -> dict[str, Line2D]:
    """Draw a panel, and give each line with its settings in words.

    Colours are of the first of ``by``, styles of the second. Earlier lines are wider,
    and show behind later ones.
    """
    drawn = {}
    values = [*sweep.done[name].cat.categories]
    apart = by
    if metric.partition(".")[2] in AT_ANY_THRESHOLD and "threshold" in by:
        apart = [other for other in by if other != "threshold"]
        ax.set_title("at any threshold", fontsize=9)
    table = over_seeds(sweep, name, apart, metric)
    levels = {n: [*sweep.done[n].cat.categories] for n in apart}
    for where in itertools.product(*levels.values()):
        try:
            line = table.loc[where] if apart else table
        except KeyError:
            continue  # not of this sweep
        of = dict(zip(apart, where, strict=True))
        colour, marker, style, width = GREY if by else COLOURS[0], "o", "-", 1.5
        if by and by[0] in of:
            colour, marker = looks(sweep)[by[0], of[by[0]]]
            width = max(1.5, 4 - 2 * levels[by[0]].index(of[by[0]]))
        if len(by) > 1 and by[1] in of:
            style = LINES[levels[by[1]].index(of[by[1]])]
        x = [values.index(value) for value in line.index]
        band = line["lowest"], line["highest"]
        if (band[0] < band[1]).any():  # not of one seed
            # Its edge is in the line's style: two bands of a colour lie on each other.
            tint: dict[str, Any] = {"fc": (colour, 0.12), "ec": (colour, 0.8)}
            ax.fill_between(x, *band, ls=style, lw=0.8, **tint)
        (drawn[", ".join(f"{n} {v}" for n, v in of.items()) or "all points"],) = (
            ax.plot(
                x,
                line["mean"],
                color=colour,
                ls=style,
                lw=width,
                marker=marker,
                ms=3 + width,
                label=", ".join(short(v, 24) for v in where),
            )
        )
    step = -(-len(values) // 10)  # more names would touch
    ax.set_xticks(range(0, len(values), step), [short(v, 24) for v in values[::step]])
    ax.set_xlim(-0.15, len(values) - 0.85)
    if max(map(len, values)) * len(values) > 18:
        ax.tick_params(axis="x", rotation=30)
    return drawn


def _metric_name(metric: str) -> str:
    name = metric.partition(".")[2] or metric
    return {"f1": "F1", "roc_auc": "ROC AUC", "log_loss": "log loss (nats)"}.get(
        name, name.replace("_", " ")
    )


@styled
def plane(sweep: Sweep) -> Picture:
    """Draw every point by its false positive rate and recall, coloured by each choice.

    Parameters
    ----------
    sweep : Sweep
        Its first six choices are drawn.
    """
    done, names = sweep.done, sweep.choices[:6] or ["seed"]
    known = looks(sweep)
    x = done["test.fp"] / (done["test.fp"] + done["test.tn"])
    y = done["test.recall"]
    rows = -(-len(names) // 2)
    figure = Figure(figsize=(5.6, 0.4 + 2.9 * rows))
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    medians = []
    for number, (ax, name) in enumerate(zip(panels, names, strict=False)):
        levels = [*pd.unique(done[name])]
        ax.plot([0, 1], [0, 1], color=GREY, ls=":", lw=1)
        for i, value in enumerate(levels):
            here = done[name] == value
            few = len(levels) <= len(COLOURS)
            colour, marker = known.get(
                (name, value),
                (
                    COLOURS[i] if few else mpl.colormaps["viridis"](i / len(levels)),
                    MARKERS[i % len(MARKERS)],
                ),
            )
            shown = few or i in (0, len(levels) - 1)
            (marks,) = ax.plot(
                x[here],
                y[here],
                marker,
                ls="",
                color=colour,
                # Later ones are smaller, only the last are full: they hide no other.
                ms=6.5 - 2.5 * i / max(1, len(levels) - 1),
                mfc="none" if i + 1 < len(levels) else colour,
                mew=0.7,
                label=short(value, 24) if shown else None,
            )
            if shown:
                middle = [pd.Series(along).median() for along in marks.get_data()]
                medians.append(f"{name} {value} at ({middle[0]:.3f}, {middle[1]:.3f})")
        ax.set(xlim=_around(x), ylim=_around(y))
        ax.legend(loc="lower right", fontsize=8, title=name, title_fontsize=8)
        if number + 2 >= len(names):  # nothing is drawn below it
            ax.set_xlabel("false positive rate")
            ax.tick_params(labelbottom=True)
        if number % 2 == 0:
            ax.set_ylabel("recall")
    for ax in panels[len(names) :]:
        ax.set_axis_off()
    alt = (
        "False positive rate against recall on test rows: one mark a point, one panel "
        f"a parameter. Medians: {'; '.join(medians)}."
    )
    return Picture("sweep_plane", figure, alt)


def _around(values: pd.Series) -> tuple[float, float]:
    """Give limits that hold all values, whole marks and all."""
    margin = 0.03 + 0.03 * (values.max() - values.min())
    return float(values.min() - margin), float(values.max() + margin)
