"""Pictures of the sums behind a threshold: what a call costs, and who wins a pair.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from lopsided.lesson.metrics import counts_above
from lopsided.lesson.network import Array
from lopsided.report.display import BLUE, GREY, Picture, axes, styled


@styled
def cost_lines(miss: float, p: float) -> Picture:
    """Draw what to call a row costs, and what not to call it, by its probability.

    Parameters
    ----------
    miss : float
        What a miss costs, in false alarms; above 1.
    p : float
        Of an example: both its costs are marked.
    """
    t = 1 / (1 + miss)
    end = min(1.0, 3 * t)
    figure, ax = axes("p", "cost, in false alarms", "", (5.6, 3.2))
    ax.grid(visible=False)
    top = miss * end
    ax.axvspan(t, end, color=BLUE, alpha=0.12, lw=0)
    ax.plot([0, end], [1, 1 - end], color=BLUE)
    ax.plot([0, end], [0, top], color=GREY, ls="--")
    ax.plot([t, t], [0, 1 - t], color="black", ls=":", lw=1.5)
    ax.plot(t, 1 - t, "o", color="black", ms=8)
    ax.plot([p, p], [1 - p, miss * p], "s", color="black", ms=5)
    beside: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    ax.annotate(f"both {_fraction(1 - t)}", (t, 1 - t), (7, -22), **beside)
    for cost in (1 - p, miss * p):
        ax.annotate(_fraction(cost), (p, cost), (9, -11), **beside)
    ax.annotate("to call: 1 − p", (0, 1), (8, 12), **beside, color=BLUE)
    high, words = (0.88 * end, 0.88 * top), f"not to call: {miss:g} p"
    ax.annotate(words, high, (-10, 0), **beside, color=GREY, ha="right")
    for x, side in ((t / 2, "do not call"), ((t + end) / 2, "call")):
        ax.text(x, 1.1 * top, side, ha="center", va="center")
    at = [0, t, p, end]
    ax.set_xticks(at, [*map(_fraction, at)])
    ax.set_yticks([0, 1, 2])
    ax.set(xlim=(0, end), ylim=(0, 1.2 * top))
    alt = (
        "Two straight lines over p. To call costs 1 − p: it falls from 1. Not to call "
        f"costs {miss:g} p: it rises from 0. They cross at {t:.3f}, where both are "
        f"{1 - t:.3f}. Right of it is shaded: call. At {p:g} to call costs "
        f"{1 - p:.3g}, not to call {miss * p:.3g}."
    )
    return Picture("cost_lines", figure, alt)


def _fraction(value: float) -> str:
    return str(Fraction(value).limit_denominator(100))


@styled
def pairs(Y: Array, p: Array) -> Picture:
    """Draw the ROC curve of a few rows on a grid with a cell for each pair.

    A pair is a positive and a negative. The cell lies below the curve where the
    positive has the higher prediction, above it where it has the lower one. A tie is
    cut in half by a slanted piece; the cells of several equal rows are so together.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
        Few: each cell has its two predictions written in.
    """
    Y, p = np.ravel(Y), np.ravel(p)
    high, low = (-np.sort(-p[Y == y]) for y in (1, 0))
    _, fp, tp = counts_above(Y, p)
    x, y = np.append(0, fp) / low.size, np.append(0, tp) / high.size
    figure, ax = axes("false positive rate", "recall", "", (5.6, 3.4))
    ax.grid(visible=False)
    below = [*zip(x, y, strict=True), (1, 0)]
    ax.add_patch(Polygon(below, facecolor=BLUE, alpha=0.2, lw=0, zorder=1))
    won = 0.0
    width, height = 1 / low.size, 1 / high.size
    for i, a in enumerate(high):
        for j, b in enumerate(low):
            count = float(a > b) + float(a == b) / 2
            won += count
            corner = j * width, i * height
            cell = Rectangle(corner, width, height, fill=False, ec=GREY, lw=0.8)
            ax.add_patch(cell)
            sign = ">" if a > b else "=" if a == b else "<"
            right, up = (0.71, 0.24) if a == b else (0.5, 0.5)  # beside the slant
            ax.text(
                corner[0] + right * width,
                corner[1] + up * height,
                f"{a:g} {sign} {b:g}\n{_fraction(count)}",
                ha="center",
                va="center",
                fontsize=11,
            )
    ax.plot(x, y, color=BLUE, lw=2.5, clip_on=False, zorder=3)
    columns, lines = (np.linspace(0, 1, n + 1) for n in (low.size, high.size))
    ax.set_xticks(columns, [*map(_fraction, columns)])
    ax.set_yticks(lines, [*map(_fraction, lines)])
    ax.set(xlim=(0, 1), ylim=(0, 1))
    n, ties = high.size * low.size, int(np.sum(high[:, None] == low))
    halves = f" A slanted piece cuts in half: {ties}." if ties else ""
    alt = (
        f"The ROC curve of {high.size} positives and {low.size} negatives on a grid of "
        f"{n} cells, one a pair. Below the curve lie the pairs that the positive wins, "
        f"above it those that it loses.{halves} The shaded area is {won:g} of {n} "
        "cells."
    )
    return Picture("pairs", figure, alt)
