"""Pictures of the law: a class weight, and the threshold that replaces it.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import AbstractPathEffect, withStroke

from lopsided.lesson.network import Array
from lopsided.lesson.threshold import equivalent_threshold, weighted_probability
from lopsided.report.display import BLUE, GREEN, GREY, PURPLE, Picture, axes, styled
from lopsided.report.plane_figures import level_lines, over_plane, scatter, shade

#: A level line of the network without a weight: light in dark, seen on any shade.
_CASED: list[AbstractPathEffect] = [withStroke(linewidth=4.4, foreground="black")]


def unweighted_line(ax: Axes, plain: Callable[[Array], Array], t: float) -> None:
    """Draw where the network without a weight, or a remedy, says t."""
    low = {"colors": "white", "linewidths": 2.2, "linestyles": "--"}
    if lines := level_lines(ax, plain, [t], **low):
        lines.set_path_effects(_CASED)


def unweighted_entry() -> Line2D:
    """Give that line's mark for a legend."""
    return Line2D([], [], color="white", lw=2.2, ls="--", path_effects=_CASED)


@styled
def weight_and_threshold(
    plain: Callable[[Array], Array],
    weighted: Callable[[Array], Array],
    w: float,
    X: Array,
    Y: Array,
) -> Picture:
    """Draw how a class weight moves the line of one half onto another level line.

    Parameters
    ----------
    plain, weighted : callable
        Take points (2, m) and give probabilities (1, m); learned without and with w.
    w : float
        The weight on positives.
    X, Y : array, shapes (2, m) and (1, m)
    """
    t = equivalent_threshold(w)
    figure = Figure(figsize=(5.6, 3.7))
    left, right = figure.subplots(1, 2)
    half = {"colors": "black", "linewidths": 2.2, "linestyles": "-"}
    titles = ("no weight", f"weight {w:g} on positives")
    for ax, predict, title in ((left, plain, titles[0]), (right, weighted, titles[1])):
        shade(ax, predict)
        scatter(ax, X, Y)
        level_lines(ax, predict, [0.5], **half)
        unweighted_line(ax, plain, t)
        ax.set_title(title, fontsize=11)
        ax.set_aspect("equal")
    right.set_ylabel("")
    handles = [Line2D([], [], color="black", lw=2.2), unweighted_entry()]
    labels = [
        "this network says 1/2",
        f"the network without weight says 1/(1 + w) = {t:g}",
    ]
    about = "bluer: a higher prediction; ▲ positive, ○ negative"
    figure.legend(
        handles,
        labels,
        title=about,
        loc="outside lower center",
        fontsize=10,
        title_fontsize=10,
    )
    inside = [over_plane(plain) >= 0.5, over_plane(plain) >= t]
    inside.append(over_plane(weighted) >= 0.5)
    areas = [part.mean() for part in inside]
    alike = (inside[1] == inside[2]).mean()
    side, moved = ("inside", "grown") if w > 1 else ("outside", "shrunk")
    alt = (
        "The toy world twice, bluer where a network says more. Left, with no weight, "
        f"one half is an unbroken ring around {areas[0]:.0%} of the plane, {side} a "
        f"dashed one at {t:g} around {areas[1]:.0%}. Right, with weight {w:g}, the "
        f"unbroken ring has {moved} to {areas[2]:.0%} and lies on the dashed one: "
        f"both decide alike on {alike:.0%} of the plane."
    )
    return Picture("weight_and_threshold", figure, alt)


@styled
def asked_for(p: float, weights: Sequence[float]) -> Picture:
    """Draw what rows that look alike lose, by the one answer that all of them get.

    Parameters
    ----------
    p : float
        Their share of positives.
    weights : sequence of float
        On positives: up to three, each with its curve.
    """
    title = f"Rows that look alike, {p:.0%} of them positive"
    figure, ax = axes("answer q", "mean loss", title, (5.6, 3.4))
    q, said = np.linspace(0.01, 0.99, 197), []
    looks = zip(weights, (BLUE, PURPLE, GREEN), ("-", "--", ":"), strict=False)
    for w, colour, style in looks:
        loss = -w * p * np.log(q) - (1 - p) * np.log(1 - q)
        ax.plot(q, loss, color=colour, ls=style)
        lowest = int(loss.argmin())
        ax.plot(q[lowest], loss[lowest], "o", color="black", ms=7)
        words = f"w = {w:g}: lowest at {q[lowest]:.3g}"
        below = w == min(weights)
        ax.annotate(
            words,
            (q[lowest], loss[lowest]),
            (0, -8 if below else 8),
            textcoords="offset points",
            color=colour,
            ha="center",
            va="top" if below else "bottom",
        )
        said.append(f"{words}, where it is {loss[lowest]:.3f}")
    ax.set(xlim=(0, 1), ylim=(0, 3))
    alt = (
        f"The mean loss of rows of which {p:.0%} are positive, over the answer that "
        f"all get: a bowl for each weight w on positives. {'; '.join(said)}."
    )
    return Picture("asked_for", figure, alt)


@styled
def exact_law(p: Array, q: Array, w: float, names: list[str]) -> Picture:
    """Draw what groups are told with a weight, against their shares of positives.

    Parameters
    ----------
    p, q : array, shape (k,)
        Without weight, and with it.
    w : float
    names : list of str
        Of the groups.
    """
    figure, ax = axes(
        "p, learned without weight",
        f"q, learned with weight {w:.3g}",
        "A weight multiplies the odds",
    )
    x = np.linspace(0, 1, 201)
    ax.plot(x, weighted_probability(x, w), color=GREY)
    ax.plot([0, 1], [0, 1], color=GREY, ls=":", lw=1.5)
    ax.plot(p, q, "s", color=PURPLE, ms=8)
    least, most = int(np.argmin(p)), int(np.argmax(p))
    ax.annotate(
        names[least],
        (p[least], q[least]),
        (0.01, 0.58),  # left of the curve is room
        arrowprops={"arrowstyle": "-", "lw": 0.8, "shrinkB": 5},
    )
    ax.annotate(
        names[most], (p[most], q[most]), (9, 0), textcoords="offset points", va="top"
    )
    t = equivalent_threshold(w)
    ax.plot([0, t, t], [0.5, 0.5, 0], color="black", ls="--", lw=1)
    ax.annotate(
        f"1/2 on q is {t:.3f} on p",
        (t, 0.06),
        (10, 0),
        textcoords="offset points",
    )
    ax.annotate(
        "w p / (w p + 1 − p)",
        (0.4, float(weighted_probability(0.4, w))),
        (-8, 6),
        textcoords="offset points",
        color=GREY,
        ha="right",
    )
    ax.annotate(
        "no change",
        (0.75, 0.75),
        (10, -8),
        textcoords="offset points",
        color=GREY,
        va="top",
    )
    ax.set(xlim=(0, 1), ylim=(0, 1))
    pairs = zip(names, p, q, strict=True)
    said = "; ".join(f"{name}: {a:.3f} becomes {b:.3f}" for name, a, b in pairs)
    away = np.abs(q - weighted_probability(p, w)).max()
    alt = (
        "What is learned with a weight against what is learned without: squares for "
        f"{len(p)} groups on the curve of the formula, at most {away:.1g} away. {said}."
    )
    return Picture("exact_law", figure, alt)


@styled
def one_line(shares: Mapping[str, float], told: Mapping[str, Array]) -> Picture:
    """Draw the shares of groups in a row, and the lines that networks lay through them.

    Parameters
    ----------
    shares : mapping of float
        By the name of a group.
    told : mapping of array
        By the name of a network: what it says of each group, shape (k,). Up to two.
    """
    figure, ax = axes("days ahead", "share of no-shows", "", (5.6, 3.4))
    x, share = np.arange(len(shares)), np.array([*shares.values()])
    ax.plot(x, share, "D", color="black", ms=7, label="the group's share")
    looks = zip(told.items(), ((BLUE, "-"), (GREEN, "-.")), strict=False)
    for (name, p), (colour, style) in looks:
        ax.plot(x, p, ls=style, color=colour, label=name)
    ax.set_xticks(x, [*shares], fontsize=10)
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper left")
    said = "; ".join(
        f"{name}: up to {np.abs(p - share).max():.3f} from a group's share"
        for name, p in told.items()
    )
    first, *others = told.values()
    away = max(float(np.abs(other - first).max()) for other in others)
    alt = (
        f"Diamonds: the shares of {len(shares)} groups, {share.min():.3f} to "
        f"{share.max():.3f}. Lines that rise from left to right and miss most of them. "
        f"{said}. Between the lines lie up to {away:.3f}."
    )
    return Picture("one_line", figure, alt)


@styled
def law(
    panels: Mapping[str, tuple[Array, Array]], t: float, most: int = 1500
) -> Picture:
    """Draw one network's probabilities against another's, row by row.

    Parameters
    ----------
    panels : mapping of (array, array)
        Two, by title, which begins with what stands on the vertical axis: the
        probabilities of the first network and of the other, shape (1, m). The first
        other is one whose weight was undone.
    t : float
        The threshold of both, which divides each panel.
    most : int
        How many rows to draw, evenly spaced in the table.
    """
    figure = Figure(figsize=(5.6, 3.1))
    columns = np.ravel(figure.subplots(1, len(panels), sharex=True, sharey=True))
    top = 1.05 * max(float(np.max(pair)) for pair in panels.values())
    said, drawn = [], 0
    for ax, (title, (p, other)), colour in zip(
        columns, panels.items(), (GREEN, BLUE), strict=False
    ):
        p, other = np.ravel(p), np.ravel(other)
        some = np.unique(np.linspace(0, p.size - 1, most).astype(int))
        ax.plot([0, top], [0, top], color=GREY, ls=":", lw=1.5, zorder=1)
        drawn = some.size
        dots = {"color": colour, "ms": 3, "alpha": 0.4, "mew": 0, "rasterized": True}
        ax.plot(p[some], other[some], ".", **dots, zorder=2)
        ax.axvline(t, color="black", ls="--", lw=1)
        ax.axhline(t, color="black", ls="--", lw=1)
        ax.set(aspect="equal", xlim=(0, top), ylim=(0, top), xlabel="p, no weight")
        ax.set_title(title, fontsize=11)
        alike = np.mean((p >= t) == (other >= t))
        away = np.abs(p - other).mean()
        said.append(
            f"{title}: {away:.4f} apart on average, {alike:.1%} decided alike at "
            f"{t:.3f}"
        )
    columns[0].set_ylabel("probability of the other network")
    alt = (
        f"A dot for each of {drawn} test rows: what a network without weight says, and "
        f"what another one says. Dots on the diagonal are equal. Of all rows: "
        f"{'; '.join(said)}."
    )
    return Picture("law", figure, alt)
