"""Pictures of what is drawn at random: numbers from a bell, and rows drawn anew.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Callable, Mapping
from statistics import NormalDist

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lopsided.lesson.network import Array
from lopsided.report.display import BLUE, ORANGE, Picture, axes, styled
from lopsided.report.plane_figures import POSITIVE, level_lines, over_plane, scatter
from lopsided.report.threshold_figures import unweighted_entry, unweighted_line


@styled
def bell(values: Array) -> Picture:
    """Draw where numbers fell that were drawn from the standard normal law.

    Parameters
    ----------
    values : array, shape (n,)
    """
    figure, ax = axes("number drawn", "how many, in steps of 0.1", "", (5.6, 3.4))
    ax.hist(values, bins=80, range=(-4, 4), color=BLUE, edgecolor="white", lw=0.5)
    x = np.linspace(-4, 4, 201)
    # Not scipy.stats: it takes longer to import than all that this lesson draws.
    height = values.size * 0.1 * np.array([NormalDist().pdf(at) for at in x])
    ax.plot(x, height, color="black", lw=1.5)
    top, said = float(height.max()), []
    for k, at in ((1, 0.5), (2, 1.13)):
        share = np.mean(np.abs(values) <= k)
        for side in (-k, k):
            ax.plot([side, side], [0, at * top], color="black", ls="--", lw=1)
        reach = {"arrowstyle": "<->", "color": "black", "lw": 1, "shrinkA": 0}
        ax.annotate(
            "", (-k, at * top), (k, at * top), arrowprops=reach | {"shrinkB": 0}
        )
        words = f"{share:.0%} within ±{k}"
        said.append(words)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.annotate(
            words,
            (0, at * top),
            (0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            bbox=box,
        )
    ax.set(xlim=(-4, 4), ylim=(0, 1.28 * top))
    alt = (
        f"A histogram of {values.size:,} numbers, highest at zero and as high on the "
        "left as on the right: it follows a curve like the outline of a bell. "
        f"{'; '.join(said)}."
    )
    return Picture("bell", figure, alt)


@styled
def means(single: Array, of: Array) -> Picture:
    """Draw how far single values scatter, and how far means of several of them.

    Parameters
    ----------
    single : array, shape (n,)
    of : array, shape (m, k)
        A row holds the k values of one mean.
    """
    figure = Figure(figsize=(5.6, 3.8))
    panels = figure.subplots(2, 1, sharex=True)
    k, said = of.shape[1], []
    titles = "one value", f"the mean of {k} values"
    for ax, values, title in zip(
        panels, (single, of.mean(axis=1)), titles, strict=True
    ):
        at, count = np.unique(values, return_counts=True)
        share = count / count.sum()
        ax.vlines(at, 0, share, color=BLUE, lw=8)
        middle, spread, top = values.mean(), values.std(), share.max()
        reach = {"arrowstyle": "<->", "color": "black", "lw": 1.5}
        reach |= {"shrinkA": 0, "shrinkB": 0}
        ends = [(middle + side * spread, 1.2 * top) for side in (-1, 1)]
        ax.annotate("", *ends, arrowprops=reach)
        words = f"± {spread:.2f}"
        beside = {"textcoords": "offset points", "va": "center"}
        ax.annotate(words, ends[1], (6, 0), **beside)
        ax.set(ylim=(0, 1.4 * top), ylabel="share")
        ax.set_title(title, fontsize=11)
        said.append(f"{title}: around {middle:.2f}, {words}")
    panels[1].set(xlabel="value", xticks=np.unique(single))
    alt = (
        "Two rows of bars over the same axis, each with an arrow as far as a standard "
        f"deviation to both sides. {'; '.join(said)}. The means lie closer together."
    )
    return Picture("means", figure, alt)


@styled
def bootstrap_draws(
    values: Array, measured: float, ends: tuple[float, float]
) -> Picture:
    """Draw a histogram of bootstrap draws, with the interval that they make.

    Parameters
    ----------
    values : array, shape (n,)
        ROC AUC of each draw.
    measured : float
        On the rows as they are.
    ends : (float, float)
        Of the interval.
    """
    figure, ax = axes("ROC AUC", "draws", "The test rows, drawn again and again")
    tall, *_ = ax.hist(values, bins=25, color=BLUE, edgecolor="white")
    top = float(np.max(tall))
    ax.axvline(measured, color="black", lw=2)
    ax.annotate(
        "as measured",
        (measured, 1.24 * top),
        (6, 0),
        textcoords="offset points",
        va="center",
    )
    middle = {"arrowstyle": "|-|, widthA=0.3, widthB=0.3", "color": "black", "lw": 2}
    ax.annotate("", (ends[0], 1.06 * top), (ends[1], 1.06 * top), arrowprops=middle)
    ax.annotate(
        "middle 95%",
        (measured, 1.06 * top),
        (-8, 6),
        textcoords="offset points",
        ha="right",
        va="bottom",
    )
    ax.set_ylim(0, 1.34 * top)
    alt = (
        f"A histogram of {len(values)} draws, a hill from {values.min():.3f} to "
        f"{values.max():.3f}. An upright at {measured:.3f}, as measured. A bar over "
        f"the middle 95% of the draws goes from {ends[0]:.3f} to {ends[1]:.3f}."
    )
    return Picture("bootstrap_draws", figure, alt)


@styled
def resampling(
    tables: Mapping[str, tuple[Array, Array]],
    learned: Mapping[str, Callable[[Array], Array]],
    plain: Callable[[Array], Array],
    t: float,
) -> Picture:
    """Draw what remedies make of points, and where networks then say one half.

    Parameters
    ----------
    tables : mapping of (array, array)
        Points (2, m) and labels (1, m), by title. The first is the table as it was. A
        point that comes several times is drawn larger; one that is not in the first
        table, open.
    learned : mapping of callable
        By the same titles, what each network says of points, (1, m).
    plain : callable
        What the network without any remedy says.
    t : float
        Its level that is drawn dashed in each panel.
    """
    figure = Figure(figsize=(5.6, 6.7))
    panels = np.ravel(figure.subplots(2, 2))
    (original, _), *_ = tables.values()
    known = {tuple(point) for point in original.T}
    said = []
    for ax, (title, (X, Y)) in zip(panels, tables.items(), strict=True):
        points, times = np.unique(np.vstack([X, Y]), axis=1, return_counts=True)
        new = np.array([tuple(point) not in known for point in points[:2].T])
        again = (times > 1) & ~new
        once = ~(new | again)
        scatter(ax, points[:2, once], points[2:, once])
        sizes = 16 * times[again] + 12
        ax.scatter(*points[:2, again], **POSITIVE | {"s": sizes}, lw=0.7)
        ax.scatter(
            *points[:2, new], s=16, marker="^", facecolors="none", edgecolors=ORANGE
        )
        level_lines(ax, learned[title], [0.5], colors="black", linewidths=2.2)
        unweighted_line(ax, plain, t)
        ax.set_title(title, fontsize=11)
        ax.set_aspect("equal")
        alike = np.mean((over_plane(learned[title]) >= 0.5) == (over_plane(plain) >= t))
        n = int(Y.sum())
        made = f", {new.sum()} of them new" if new.any() else ""
        said.append(
            f"{title}: {n} positives{made}, {Y.size - n} negatives; its line and the "
            f"dashed one decide alike on {alike:.0%} of the plane"
        )
    panels[0].set_xlabel("")
    panels[1].set(xlabel="", ylabel="")
    panels[3].set_ylabel("")
    figure.legend(
        [Line2D([], [], color="black", lw=2.2), unweighted_entry()],
        ["this network says 1/2", f"the one without a remedy says {t:.3f}"],
        title="▲ positive (larger: many times), △ new, ○ negative",
        loc="outside lower center",
        fontsize=10,
        title_fontsize=10,
    )
    alt = (
        "The toy world's points four times, each with an unbroken ring where the "
        f"network says one half and a dashed one at {t:.3f}. {'. '.join(said)}."
    )
    return Picture("resampling", figure, alt)
