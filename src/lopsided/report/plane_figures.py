"""Pictures of the lessons that have a plane or a curve in them.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from lopsided.lesson.network import Array, relu, sigmoid
from lopsided.report.display import BLUE, GREEN, GREY, ORANGE, Picture, axes, styled

NEGATIVE: dict[str, Any] = {"facecolors": "white", "edgecolors": GREY, "s": 14}
POSITIVE: dict[str, Any] = {
    "marker": "^",
    "color": ORANGE,
    "edgecolors": "white",
    "s": 28,
}


GRID = np.linspace(-3, 3, 61)  # of the toy world, in both directions


def over_plane(predict: Callable[[Array], Array]) -> Array:
    """Give the predictions on the grid, shape (61, 61)."""
    plane = np.stack([a.ravel() for a in np.meshgrid(GRID, GRID)])
    return predict(plane).reshape(GRID.size, -1)


def shade(ax: Axes, predict: Callable[[Array], Array]) -> ContourSet:
    """Shade the toy world by what is predicted there: bluer is more."""
    levels = np.linspace(0, 1, 11)
    filled = ax.contourf(
        GRID, GRID, over_plane(predict), levels, cmap="Blues", alpha=0.75
    )
    filled.set_rasterized(True)  # shades take less room as a picture
    return filled


def level_lines(
    ax: Axes, predict: Callable[[Array], Array], levels: Sequence[float], **look: Any
) -> ContourSet | None:
    """Draw lines of equal prediction; None where no level is crossed."""
    P = over_plane(predict)
    inside = [t for t in levels if P.min() < t < P.max()]
    looks: dict[str, Any] = {"colors": "black", "linewidths": 1.8} | look
    return ax.contour(GRID, GRID, P, inside, **looks) if inside else None


def scatter(ax: Axes, X: Array, Y: Array) -> None:
    """Draw the points of both classes, and name the axes."""
    positive = Y[0] == 1
    for mask, look in ((~positive, NEGATIVE), (positive, POSITIVE)):
        # Clipping each point apart would take half of the file; all lie inside.
        ax.scatter(X[0, mask], X[1, mask], lw=0.7, clip_on=False, **look)
    ax.set(xticks=[-3, 0, 3], yticks=[-3, 0, 3], xlabel="x₁", ylabel="x₂")
    ax.set(xlim=(-3, 3), ylim=(-3, 3))
    ax.grid(visible=False)


def unit_line(ax: Axes, w: Array, b: float) -> Array:
    """Draw the line where a unit switches on.

    Parameters
    ----------
    w, b : array, shape (2,), and float
        The unit is on where w · x + b > 0.

    Returns
    -------
    array, shape (2, 2)
        The line's point nearest to 0, and its normal of length 1, to the side where
        the unit is on.
    """
    normal = w / np.linalg.norm(w)
    foot = -b / np.linalg.norm(w) * normal
    along = np.array([-normal[1], normal[0]])
    edge = foot + np.outer((-9, 9), along)
    ax.plot(*edge.T, color="black", lw=1.2, ls="--")
    return np.stack([foot, normal])


@styled
def surfaces(
    panels: Mapping[str, Callable[[Array], Array]],
    X: Array,
    Y: Array,
    name: str = "surfaces",
    levels: Sequence[float] = (0.5,),
    units: Mapping[str, tuple[Array, Array]] | None = None,
) -> Picture:
    """Draw predictions over the plane, with the points and level lines.

    Parameters
    ----------
    panels : mapping of callable
        By title: takes points (2, m) and gives probabilities (1, m).
    X : array, shape (2, m)
    Y : array, shape (1, m)
    name : str
        The picture's.
    levels : sequence of float
        Probabilities whose lines are drawn.
    units : mapping of (array, array), optional
        By title: W and b of a hidden layer, whose units get their lines.
    """
    units = units or {}
    rows = -(-len(panels) // 2)
    wide = min(len(panels), 2)
    high = (0.5 + 3.08 * rows if wide == 2 else 5.1) + 0.2 * bool(units)
    figure = Figure(figsize=(5.6, high))
    positive = Y[0] == 1
    said, crossed = [], False
    for i, (title, predict) in enumerate(panels.items()):
        ax = figure.add_subplot(rows, wide, i + 1, aspect="equal")
        drawn = shade(ax, predict)
        lines = level_lines(ax, predict, levels)
        crossed |= lines is not None
        if lines is not None and len(levels) > 1:
            ax.clabel(lines, fmt="%.2g", fontsize=10)
        scatter(ax, X, Y)
        for w, b in zip(*units.get(title, ((), ())), strict=True):
            unit_line(ax, w, b.item())
        ax.set_title(title, fontsize=11)
        p = predict(X)[0]
        called = p >= 0.5
        said.append(
            f"{title}: predictions from {p.min():.2f} to {p.max():.2f}; at or above "
            f"one half lie {called[positive].sum()} of {positive.sum()} positives and "
            f"{called[~positive].sum()} of {(~positive).sum()} negatives"
            + ", though the surface reaches it between points"
            * bool(not called.any() and over_plane(predict).max() >= 0.5)
            + "; dashed lines where its hidden units switch on" * (title in units)
        )
    lines_at = "; line: one half" if len(levels) == 1 else "; lines: as labelled"
    dashed = "\ndashed: where a hidden unit switches on" * bool(units)
    figure.colorbar(
        drawn,
        ax=figure.axes,
        location="bottom",
        shrink=0.7,
        aspect=30,
        label=f"prediction ŷ; ▲ positive, ○ negative{lines_at * crossed}{dashed}",
        ticks=[0, 0.5, 1],
    )
    nested = f" Lines at {', '.join(f'{t:g}' for t in levels)}, each around the next."
    alt = (
        "Points of two classes in the plane, shaded by what is predicted there. "
        f"{'. '.join(said)}.{nested * (len(levels) > 1)}"
    )
    return Picture(name, figure, alt)


@styled
def activations() -> Picture:
    """Draw the sigmoid and ReLU."""
    z = np.linspace(-6, 6, 241)
    figure, ax = axes("z", "activation a", "Two bends", (5.6, 3.2))
    ax.plot(z, sigmoid(z), color=BLUE)
    ax.plot(z, relu(z), color=GREEN, ls="--")
    ax.annotate(
        "sigmoid σ(z)",
        (4, 0.98),
        (0, -16),
        textcoords="offset points",
        color=BLUE,
        ha="center",
    )
    ax.annotate(
        "ReLU max(z, 0)",
        (1.7, 1.7),
        (-8, 0),
        textcoords="offset points",
        color=GREEN,
        ha="right",
    )
    ax.set_ylim(-0.1, 2)
    alt = (
        "The sigmoid rises smoothly from 0 to 1 and passes one half at z = 0. ReLU is "
        "flat at 0 for negative z and rises along the diagonal for positive z."
    )
    return Picture("activations", figure, alt)


@styled
def certainty(epsilon: float) -> Picture:
    """Draw what one positive example costs, by its prediction and by its logit.

    Parameters
    ----------
    epsilon : float
        Inside the logarithm; it caps the loss.
    """
    figure = Figure(figsize=(5.6, 3.3))
    left, right = figure.subplots(1, 2)
    p = np.linspace(0.001, 1, 500)
    left.plot(p, -np.log(p), color=BLUE)
    left.set(xlabel="prediction ŷ", ylabel="loss −log ŷ of a positive", ylim=(-0.2, 7))
    for at, text in ((0.05, "wrong and sure"), (1, "right and sure")):
        left.plot([at], [-np.log(at)], "o", color="black")
        left.annotate(
            text,
            (at, -np.log(at)),
            (8 if at < 0.5 else 0, 8 if at < 0.5 else 26),
            textcoords="offset points",
            ha="left" if at < 0.5 else "right",
        )
    z = np.linspace(-40, 8, 400)
    cap = -np.log(epsilon)
    right.plot(z, np.logaddexp(0, -z), color=BLUE)
    right.plot(z, -np.log(sigmoid(z) + epsilon), color=GREEN, ls="--")
    right.annotate(
        "from the logit", (-32, 32), (6, 4), textcoords="offset points", color=BLUE
    )
    right.annotate(
        "with ε", (-39, cap), (0, -14), textcoords="offset points", color=GREEN
    )
    right.set(xlabel="logit z", ylabel="loss", ylim=(-1, 42))
    alt = (
        "What a positive example loses. Left, by the prediction: nothing at 1, 3.0 at "
        "0.05, and without bound towards 0. Right, by the logit: a straight line for "
        f"very negative logits, which epsilon cuts off at {cap:.1f}."
    )
    return Picture("certainty", figure, alt)


@styled
def signal_sizes(sizes: Mapping[str, Sequence[float]]) -> Picture:
    """Draw how large the activations of each layer are.

    Parameters
    ----------
    sizes : mapping of sequence
        By the variance of the weights: the root mean square of A[l], from layer 0 on.
    """
    figure, ax = axes(
        "layer l",
        "size of A[l] (root mean square)",
        "How the signal travels",
        (5.6, 3.6),
    )
    styles = zip(("black", BLUE, GREEN), ("o--", "s-", "^:"), strict=True)
    last = 0
    for (name, values), (colour, style) in zip(sizes.items(), styles, strict=False):
        ax.semilogy(values, style, color=colour, ms=5)
        ax.annotate(
            name,
            (len(values) - 1, values[-1]),
            (8, 0),
            va="center",
            textcoords="offset points",
            color=colour,
        )
        last = len(values) - 1
    ax.yaxis.set_major_formatter("{x:g}")  # the house style parses no mathematics
    ax.set(xticks=range(last + 1), xlim=(-0.3, last * 1.28))
    ends = "; ".join(f"{n}: {v[0]:.2g} to {v[-1]:.2g}" for n, v in sizes.items())
    alt = (
        "Size of the activations, their root mean square, from the input to layer "
        f"{last}, on a logarithmic axis. A line for each variance of weights. {ends}."
    )
    return Picture("signal_sizes", figure, alt)
