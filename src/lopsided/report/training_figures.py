"""Pictures of learning: paths on a loss, rows that are kept aside, weights as a map.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import NullFormatter
from scipy.optimize import minimize

from lopsided.lesson.network import Array, Network, predict_proba
from lopsided.report.display import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    Picture,
    axes,
    styled,
)
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
        f"parts of {feature}, each with a 95 % interval. {said}."
    )
    return Picture("question", figure, alt)


@styled
def valleys(
    panels: Mapping[str, tuple[Callable[[float, float], float], Array]],
    name: str = "valleys",
) -> Picture:
    """Draw paths of gradient descent on losses of two parameters.

    Parameters
    ----------
    panels : mapping of (callable, array)
        By title: the loss of a weight and a bias, and the path, shape (steps + 1, 2).
        The window holds every path on that loss, and its minimum.
    name : str
        The picture's.
    """
    rows, said = -(-len(panels) // 2), []
    figure = Figure(figsize=(5.6, 0.4 + 2.7 * rows))
    for i, (title, (loss, path)) in enumerate(panels.items()):
        ax = figure.add_subplot(rows, 2, i + 1)
        lowest = minimize(lambda point, at=loss: at(*point), path[0]).x
        held = np.vstack([lowest, *(p for at, p in panels.values() if at is loss)])
        room = 0.1 * np.ptp(held, axis=0)
        w, b = np.linspace(held.min(axis=0) - room, held.max(axis=0) + room, 61).T
        L = np.array([[loss(u, v) for u in w] for v in b])
        levels = np.quantile(L, np.linspace(0, 1, 12))
        shades = ax.contourf(w, b, L, levels, cmap="Greys_r", alpha=0.5)
        shades.set_rasterized(True)  # they take less room as a picture
        lines = ax.contour(w, b, L, levels, colors=GREY, linewidths=0.5)
        for text in ax.clabel(lines, levels[[4, 7]], fmt="%.2f", fontsize=9):
            u, v = text.get_position()  # one near the frame would cross it
            text.set(color="black", visible=w[5] < u < w[-6] and b[5] < v < b[-6])
        cased = [Stroke(linewidth=2.2, foreground="white"), Normal()]  # for grey prints
        ax.plot(*path.T, "-", color=PURPLE, lw=1.2, path_effects=cased)
        ax.plot(*path.T, "o", color=PURPLE, ms=4, mew=0)
        ax.plot(*path[0], "o", color="black", ms=7)
        ax.plot(*lowest, "*", color="white", mec="black", ms=18)
        ax.plot(*path[-1], "s", color="black", ms=6)
        ax.set(xlabel="w", ylabel="b")
        ax.set_title(title, fontsize=11)
        ax.grid(visible=False)
        ends = (f"{loss(*at):.3f}" for at in (path[0], path[-1], lowest))
        said.append("{}: from {} to {}, lowest {}".format(title, *ends))
    key = "stronger grey is lower; ● start, ■ after the last step, ☆ lowest"
    figure.supxlabel(key, fontsize=10, color="black")
    about = "The loss over weight and bias, stronger grey where lower; a path on it:"
    return Picture(name, figure, f"{about} {'; '.join(said)}.")


@styled
def kept_aside(curves: Mapping[str, tuple[Array, Array]], floor: float) -> Picture:
    """Draw the loss on training and on validation rows, epoch by epoch.

    Parameters
    ----------
    curves : mapping of (array, array)
        By title: the loss on training rows and on validation rows after each epoch.
    floor : float
        What the true probabilities lose on the validation rows.
    """
    figure = Figure(figsize=(5.6, 3.5))
    panels, said = np.ravel(figure.subplots(1, len(curves), sharey=True)), []
    for ax, (title, (train, aside)) in zip(panels, curves.items(), strict=True):
        epochs = np.arange(1, len(train) + 1)
        ax.plot(epochs, train, color=BLUE)
        ax.plot(epochs, aside, color=GREEN, ls="--")
        ax.axhline(floor, color="black", ls=":", lw=1.5)
        best = int(np.argmin(aside))
        ax.plot(best + 1, aside[best], "v", color="black", ms=8)
        ax.set(xscale="log", xlabel="epochs")
        ax.xaxis.set_major_formatter("{x:g}")  # the house style parses no mathematics
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(title, fontsize=11)
        said.append(
            f"{title}: the training loss ends at {train[-1]:.2f}; the validation loss "
            f"is lowest, {aside[best]:.2f}, after {best + 1} epochs and ends at "
            f"{aside[-1]:.2f}"
        )
    panels[0].set(ylabel="loss (nats)", ylim=(0, None))
    figure.legend(
        panels[0].lines[:4],
        ["training rows", "validation rows", "the truth", "lowest"],
        loc="outside lower center",
        ncols=4,
        fontsize=10,
        handlelength=1.6,
        columnspacing=1.0,
    )
    alt = (
        "Losses against epochs, on a logarithmic axis. "
        f"{'. '.join(said)}. The true probabilities lose {floor:.2f}."
    )
    return Picture("kept_aside", figure, alt)


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
