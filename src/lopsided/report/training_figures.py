"""Pictures of learning: what a table asks, what units find, how one dies, weights.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lopsided.lesson.network import Array, Network, forward, predict_proba
from lopsided.report.display import BLUE, GREY, ORANGE, Picture, axes, styled
from lopsided.report.figures import share_interval
from lopsided.report.plane_figures import scatter, shade, unit_line


@styled
def question(
    Y: Array, parts: Sequence[tuple[str, Array]], feature: str, positive: str, rows: str
) -> Picture:
    """Draw how rare positives are, and how often they occur along one feature.

    Parameters
    ----------
    Y : array, shape (1, m)
    parts : sequence of (name, array of bool)
        Of the feature, rising, each with the rows in it, shape (m,).
    feature, positive, rows : str
        What they are called.
    """
    figure = Figure(figsize=(5.6, 3.8))
    top, below = figure.subplots(2, 1, height_ratios=(1, 3.2))
    share = float(Y.mean())
    top.barh([0], [1 - share], color="white", edgecolor=GREY, hatch="//", lw=1)
    top.barh([0], [share], left=[1 - share], color=ORANGE)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    top.text((1 - share) / 2, 0, f"{1 - share:.0%}", ha="center", va="center", bbox=box)
    top.text(1 - share / 2, 0, f"{share:.0%}", ha="center", va="center", bbox=box)
    top.set_axis_off()
    where = top.transAxes
    top.text(0, 1.02, "all others", transform=where, color=GREY, va="bottom")
    words = {"ha": "right", "va": "bottom", "color": ORANGE}
    top.text(1, 1.02, positive, transform=where, **words)
    top.set_xlim(0, 1)
    shares = [float(Y[0, inside].mean()) for _, inside in parts]
    sizes = [int(inside.sum()) for _, inside in parts]
    ends = np.array([share_interval(*pair) for pair in zip(shares, sizes, strict=True)])
    x = np.arange(len(parts))
    reach = np.abs(ends.T - shares)
    below.errorbar(x, shares, reach, fmt="^", ms=5, color=ORANGE, lw=1.5, capsize=6)
    below.axhline(share, color="black", ls=":", lw=1.5)
    below.annotate(
        "all " + rows,
        (1, share),
        (0, 3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=10,
    )
    below.set_xticks(x, [name for name, _ in parts], fontsize=10)
    below.set(
        xlabel=feature,
        ylabel=f"share that is {positive}",
        xlim=(-0.5, len(parts) - 0.5),
    )
    below.set_ylim(bottom=0)
    said = "; ".join(
        f"{name}: {s:.1%}" for (name, _), s in zip(parts, shares, strict=True)
    )
    alt = (
        f"A bar: {share:.1%} of all {rows} are {positive}. Below it, their share in "
        f"parts of {feature}, each with a 95% interval. {said}."
    )
    return Picture("question", figure, alt)


@styled
def reversal(groups: Mapping[str, Sequence[Array]], ways: Sequence[str]) -> Picture:
    """Draw a share among two ways to be treated: over all, and in each of some parts.

    Parameters
    ----------
    groups : mapping of pairs of array of bool, shapes (n,)
        By the name of a part, all rows first: for the rows of each way, whether they
        missed it.
    ways : sequence of str
        What the two are called.
    """
    figure, ax = axes("days between booking and appointment", "share that missed it")
    both: dict[str, Any] = {"color": ORANGE, "ls": "none", "ms": 8}
    looks = both | {"marker": "o", "mfc": "white"}, both | {"marker": "s"}
    said = []
    for x, (name, pair) in enumerate(groups.items()):
        places: list[float] = []
        shares: list[float] = []
        for side, rows, look, way in zip((-0.16, 0.16), pair, looks, ways, strict=True):
            if not rows.size:
                said.append(f"{name}: nobody {way}")
                ax.annotate(
                    f"nobody\n{way}",
                    (x, shares[0]),
                    (0, 14),
                    textcoords="offset points",
                    ha="center",
                    fontsize=10,
                )
                continue
            share = float(rows.mean())
            reach = np.abs(np.array([share_interval(share, rows.size)]).T - share)
            ax.errorbar(x + side, share, reach, capsize=4, lw=1.5, **look, zorder=3)
            said.append(f"{name}: {share:.1%} of {rows.size:,} {way} missed it")
            places.append(x + side)
            shares.append(share)
        ax.plot(places, shares, color="black", lw=1.2, zorder=2)
    ax.axvline(0.5, color=GREY, lw=0.8)
    ax.set_xticks(range(len(groups)), [*groups])
    ax.set(xlim=(-0.5, len(groups) - 0.5), ylim=(0, None))
    ax.grid(visible=False, axis="x")
    keys = [Line2D([], [], **look) for look in looks]
    figure.legend(keys, ways, loc="outside lower center", ncols=2, fontsize=10)
    alt = (
        f"Shares that missed an appointment, {ways[0]} and {ways[1]}, side by side and "
        "joined by a line, over all waits and for each wait, with 95% intervals. "
        f"{'; '.join(said)}."
    )
    return Picture("reversal", figure, alt)


@styled
def creases(network: Network, X: Array, Y: Array) -> Picture:
    """Draw where each unit of the only hidden layer is on: its line, and its side.

    Parameters
    ----------
    network : Network
        Of two inputs and one hidden layer.
    X, Y : array, shapes (2, m) and (1, m)
    """
    figure, ax = axes("x₁", "x₂", "Where each hidden unit is on", (5.6, 5.4))
    shade(ax, lambda P: predict_proba(network, P))
    scatter(ax, X, Y)
    said = []
    units = zip(network.W[1], network.b[1][:, 0], network.W[2][0], strict=True)
    for w, b, out in units:
        foot, normal = unit_line(ax, w, b)
        if np.abs(foot).max() > 2.5:
            continue
        tip, sign = foot + 0.9 * normal, "+" if out > 0 else "−"
        ax.annotate("", tip, foot, arrowprops={"arrowstyle": "-|>", "lw": 1.5})
        ax.annotate(
            sign,
            tip + 0.2 * normal,
            ha="center",
            va="center",
            weight="bold",
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "lw": 0.8},
        )
        said.append(f"{'raises' if out > 0 else 'lowers'} it at x₁ = {tip[0]:.1f}")
    ax.set_aspect("equal")
    key = "bluer: a higher prediction; ▲ positive, ○ negative\n"
    key += "dashed: where a unit switches on"
    figure.supxlabel(key, fontsize=10, color="black")
    alt = (
        f"The plane with a dashed line for each of {network.layer_dims[1]} hidden "
        "units. An arrow points to the side where the unit is on; its sign says "
        "whether the unit raises or lowers the prediction there. Of the units whose "
        f"line crosses the picture, {sum('lowers' in s for s in said)} lower it and "
        f"{sum('raises' in s for s in said)} raise it."
    )
    return Picture("creases", figure, alt)


@styled
def dying(before: Network, after: Network, X: Array, Y: Array) -> Picture:
    """Draw the side on which a unit is on, before and after the step that kills it.

    All points are counted; every second is drawn.

    Parameters
    ----------
    before, after : Network
        Of two inputs and one hidden layer. The unit is the first that turns on for some
        points before, and for none after.
    X, Y : array, shapes (2, m) and (1, m)
    """
    networks = {"before": before, "after": after}
    on = [(forward(n, X).Z[1] > 0).sum(axis=1) for n in networks.values()]
    unit = int(np.flatnonzero((on[0] > 0) & (on[1] == 0))[0])
    figure, said = Figure(figsize=(5.6, 3.5)), []
    for i, (when, network) in enumerate(networks.items()):
        ax = figure.add_subplot(1, 2, i + 1, aspect="equal")
        scatter(ax, X[:, ::2], Y[:, ::2])
        for j, (w, b) in enumerate(zip(network.W[1], network.b[1][:, 0], strict=True)):
            normal = w / np.linalg.norm(w)
            foot = -b / np.linalg.norm(w) * normal
            edge = foot + np.outer((-20, 20), [-normal[1], normal[0]])
            if j != unit:
                ax.plot(*edge.T, color=GREY, lw=0.6, ls="--", zorder=0)
                continue
            ax.plot(*edge.T, color="black", lw=1.8, ls="--")
            side = np.vstack([edge, edge[::-1] + 20 * normal])
            ax.fill(*side.T, color=GREY, alpha=0.25, lw=0, zorder=0)
            arrow = {"arrowstyle": "-|>", "lw": 1.5}
            ax.annotate("", foot + 1.4 * normal, foot, arrowprops=arrow)
            said.append(f"{np.linalg.norm(foot):.1f} from the middle {when}")
        ax.set(xlim=(-6, 6), ylim=(-6, 6), xticks=[-6, 0, 6], yticks=[-6, 0, 6])
        count = f"on for {on[i][unit]} of {X.shape[1]} points"
        ax.set_title(f"{when} the step:\n{count}", fontsize=11)
    key = "thick: where the unit switches on; shaded: where it is on\n"
    key += "thin: where other units switch on; ▲ positive, ○ negative"
    figure.supxlabel(key, fontsize=10, color="black")
    alt = (
        "The plane of the points twice, with the side shaded on which one unit is on. "
        f"Before the step it is on for {on[0][unit]} of {X.shape[1]} points, after the "
        f"step for none: its line lies {' and '.join(said)}, beyond all points."
    )
    return Picture("dying", figure, alt)


@styled
def weights_map(W: Array, names: Sequence[str], title: str, most: int = 12) -> Picture:
    """Draw a first layer's weights, or their changes, as squares.

    Filled where positive, open where negative, and the larger, the larger they are.

    Parameters
    ----------
    W : array, shape (n_1, n_0)
    names : sequence of str
        The features, n_0 of them.
    title : str
    most : int
        How many to draw: those with the largest weights.
    """
    sizes = np.sqrt(np.mean(W**2, axis=0))
    rows = np.argsort(-sizes, kind="stable")[:most]
    units = np.argsort(-np.abs(W).sum(axis=1), kind="stable")[:40]
    figure, ax = axes("hidden unit, strongest first", "", title)
    figure.set_size_inches(5.6, 1.4 + 0.28 * len(rows))
    scale = np.abs(W).max() or 1.0
    reach = 5.6 * 72 * 0.62 / max(len(units), 9)
    for y, feature in enumerate(rows):
        for x, unit in enumerate(units):
            size = np.sqrt(abs(W[unit, feature]) / scale) * min(reach, 17)
            face = BLUE if W[unit, feature] > 0 else "white"
            ax.plot(x, y, "s", ms=size, mfc=face, mec=BLUE, mew=0.9)
    _names(ax, [names[i] for i in rows])
    ax.set(xlim=(-1, max(len(units), 9)), xticks=[])
    ax.grid(visible=False)
    said = ", ".join(f"{names[i]} {sizes[i]:.2f}" for i in rows)
    alt = (
        f"{title}. A square for each weight, larger for a larger number, filled where "
        "it is positive; a row for each feature, a column for each unit. "
        f"Root mean squares: {said}."
    )
    return Picture("weights_map", figure, alt)


def _names(ax: Axes, names: Sequence[str]) -> None:
    short = [name if len(name) < 22 else name[:20] + "…" for name in names]
    ax.set_yticks(range(len(names)), short, fontsize=10)
    ax.set_ylim(len(names) - 0.4, -0.6)


def parts(values: Array, most: int = 5) -> list[tuple[str, Array]]:
    """Cut a feature into parts of about equal size: each with its name and its rows.

    Equal values stay together. Up to ``most`` different values are a part each.

    Parameters
    ----------
    values : array, shape (m,)
    most : int

    Returns
    -------
    list of (str, array of bool of shape (m,))
    """
    values = np.round(values, 6)  # what was standardised and put back
    found = np.unique(values)
    if found.size <= most:
        return [(f"{v:g}", values == v) for v in found]
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)))
    which = np.clip(np.searchsorted(cuts, values, side="right"), 1, len(cuts) - 1)
    rows = [which == i for i in range(1, len(cuts))]
    return [(f"{values[r].min():g} to {values[r].max():g}", r) for r in rows if r.any()]
