"""Pictures on a map of the loss: the path of gradient descent, and steps of batches.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from scipy.optimize import minimize

from lopsided.lesson.network import Array
from lopsided.report.display import BLUE, GREY, Picture, styled

#: Of a weight and a bias.
_Loss = Callable[[float, float], float]


def _lowest(loss: _Loss, begin: Array) -> Array:
    found: Array = minimize(lambda point: loss(*point), begin).x
    return found


def _map(ax: Axes, loss: _Loss, held: Array, title: str) -> None:
    """Draw a loss, with its level lines, where all these points lie."""
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
    ax.set(xlabel="w", ylabel="b")
    ax.set_title(title, fontsize=11)
    ax.grid(visible=False)


def _to_scale(ax: Axes, loss: _Loss, path: Array, lowest: Array) -> None:
    """Draw the map of a panel again in its corner, small and with equal scales."""
    inset = (0.62, 0.4, 0.36, 0.57)  # of the panel, on its lightest corner
    small = ax.inset_axes(inset, facecolor="white")
    middle = np.mean(ax.get_xlim())
    b = np.linspace(*ax.get_ylim(), 121)
    reach = np.ptp(ax.get_ylim()) / 2 * inset[2] / inset[3]
    w = np.linspace(middle - reach, middle + reach, 121)
    L = np.array([[loss(u, v) for u in w] for v in b])
    levels = [loss(*lowest), loss(*path[0]), *np.quantile(L, [0.25, 0.5, 0.75, 1])]
    shades = small.contourf(w, b, L, np.unique(levels), cmap="Greys_r", alpha=0.5)
    small.contour(w, b, L, [loss(*path[0])], colors="black", linewidths=0.6)
    shades.set_rasterized(True)
    small.plot(*path[0], "o", color="black", ms=4)
    small.plot(*lowest, "*", color="white", mec="black", ms=10)
    small.set(xticks=[], yticks=[])
    small.grid(visible=False)
    small.spines[:].set_visible(True)
    small.set_xlabel("equal scales", fontsize=9, labelpad=2)


@styled
def valleys(
    panels: Mapping[str, tuple[_Loss, Array]], name: str = "valleys"
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
        lowest = _lowest(loss, path[0])
        held = np.vstack([lowest, *(p for at, p in panels.values() if at is loss)])
        _map(ax, loss, held, title)
        cased = [Stroke(linewidth=2.2, foreground="white"), Normal()]  # for grey prints
        ax.plot(*path.T, "-", color=BLUE, lw=1.2, path_effects=cased)
        ax.plot(*path.T, "o", color=BLUE, ms=4, mew=0)
        ax.plot(*path[0], "o", color="black", ms=7)
        ax.plot(*lowest, "*", color="white", mec="black", ms=18)
        ax.plot(*path[-1], "s", color="black", ms=6)
        ends = (f"{loss(*at):.3f}" for at in (path[0], path[-1], lowest))
        words = "{}: from {} to {}, lowest {}".format(title, *ends)
        times = np.ptp(ax.get_ylim()) / np.ptp(ax.get_xlim())
        if times >= 4:  # such a panel hides how narrow its valley is
            _to_scale(ax, loss, path, lowest)
            words += (
                f", with w drawn {times:.0f} times as large as b; a small map with "
                "equal scales shows a narrow slit"
            )
        said.append(words)
    key = "stronger grey is lower; ● start, ■ after the last step, ☆ lowest"
    figure.supxlabel(key, fontsize=10, color="black")
    about = "The loss over weight and bias, stronger grey where lower; a path on it:"
    return Picture(name, figure, f"{about} {'; '.join(said)}.")


@styled
def batch_steps(
    loss: _Loss, panels: Mapping[str, Mapping[tuple[float, float], Array]]
) -> Picture:
    """Draw which step each of many batches would take, from a few points of a map.

    Parameters
    ----------
    loss : callable
        Of a weight and a bias.
    panels : mapping of mapping of array
        By title, then by the point where they begin: the steps of the batches, shape
        (n, 2). They are drawn as long as they are.
    """
    figure, said = Figure(figsize=(5.6, 3.3)), []
    starts = np.array([at for steps in panels.values() for at in steps])
    ends = [at + d for steps in panels.values() for at, d in steps.items()]
    lowest = _lowest(loss, starts[0])
    held = np.vstack([lowest, starts, *ends])
    for i, (title, steps) in enumerate(panels.items()):
        ax = figure.add_subplot(1, len(panels), i + 1)
        _map(ax, loss, held, title)
        ax.plot(*lowest, "*", color="white", mec="black", ms=14)
        for at, moved in steps.items():
            begin = np.broadcast_to(at, moved.shape).T
            look: dict[str, Any] = {
                "angles": "xy",
                "scale_units": "xy",
                "scale": 1,
                "color": BLUE,
            }
            ax.quiver(*begin, *moved.T, **look, width=0.007, zorder=3)
            ax.plot(*at, "o", color="black", ms=4)
            mean = moved.mean(axis=0)
            agree = np.mean(moved @ mean > 0)
            said.append(
                f"{title}, from w = {at[0]:.1f} and b = {at[1]:.1f}: {len(moved)} "
                f"arrows, on average {np.linalg.norm(moved, axis=1).mean():.2f} long, "
                f"{agree:.0%} of them within a right angle of their mean"
            )
    key = "an arrow: the step of one batch; stronger grey is lower, ☆ lowest"
    figure.supxlabel(key, fontsize=10, color="black")
    about = (
        "The loss over weight and bias, stronger grey where lower, and arrows on it."
    )
    return Picture("batch_steps", figure, f"{about} {'. '.join(said)}.")
