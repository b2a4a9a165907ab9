"""Pictures of the audit's studies, in the notebook that does better."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lopsided.report.coverage_table import PROMISED, Coverage
from lopsided.report.display import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    axes,
    styled,
)


@styled
def coverage(found: Coverage) -> Picture:
    """Draw the share of intervals that hold the truth, and the promise.

    The band is the luck of the count, for the way that met the fewest test sets.
    """
    figure, ax = axes("intervals that hold the truth (%)", "", size=(5.6, 5.6))
    held, promised, luck = found.held, 100 * PROMISED, 100 * found.luck.max()
    ax.axvspan(promised - luck, promised + luck, color=GREY, alpha=0.15, lw=0)
    ax.axvline(promised, color=GREY, lw=1)
    y = np.arange(len(held))
    looks = zip("s^o", COLOURS[3:], strict=True)
    for name, (marker, colour) in zip(held, looks, strict=True):
        ax.plot(100 * held[name], y, marker, color=colour, label=name)
    labels = [m if t == "none" else f"{m} at {t}" for m, t in held.index]
    ax.set_yticks(y, [label.replace("_", " ") for label in labels], fontsize=9)
    ax.set(ylim=(len(y) - 0.5, -0.5))
    figure.legend(loc="outside lower center", ncols=3, fontsize=10, frameon=False)
    ends = [f"{k} {held[k].min():.0%} to {held[k].max():.0%}" for k in held]
    alt = "Share of intervals that hold the truth, for each metric and threshold, by "
    alt += (
        f"what is drawn: {'; '.join(ends)}. A line marks {promised:.0f}%, a band the "
    )
    return Picture("coverage", figure, alt + "count's own luck.")


@styled
def fairness(table: pd.DataFrame, title: str) -> Picture:
    """Draw, group by group, who was flagged, who was missed and who would be phoned.

    Parameters
    ----------
    table : DataFrame
        A row an attribute and group; shares ``missed, share``, ``came, flagged`` and
        ``missed, phoned``.
    title : str
    """
    figure, ax = axes("share (%)", "", title, (5.6, 5.2))
    y = np.arange(len(table))
    looks = {"missed, share": (ORANGE, "o"), "came, flagged": (BLUE, "D")}
    looks |= {"missed, phoned": (GREEN, "v")}
    for name, (colour, marker) in looks.items():
        (marks,) = ax.plot(
            100 * table[name], y, marker, ls="", color=colour, label=name
        )
        marks.set_clip_on(False)  # whole at 0% too
    by = "neighbourhoods by scholarship"
    names = [f"{a}: {g}".replace(by, "neighbourhoods") for a, g in table.index]
    ax.set_yticks(y, names)
    ax.set(xlim=(0, None), ylim=(len(y) - 0.5, -0.5))
    figure.legend(loc="outside lower center", ncols=3, fontsize=10, frameon=False)
    said = [f"{a} {g}: {r['came, flagged']:.0%}" for (a, g), r in table.iterrows()]
    alt = f"Flagged although they came, by group. {'; '.join(said)}. Beside it, the "
    alt += "share that was missed, and the share of those that would be phoned."
    return Picture("fairness", figure, alt)


@styled
def over_epochs(
    curves: Mapping[str, Sequence[float]],
    epochs: Sequence[int],
    name: str,
    ylabel: str,
    title: str,
    kinds: Sequence[str] = (),
) -> Picture:
    """Draw how something comes and goes while networks learn: a curve a kind.

    Parameters
    ----------
    curves : mapping of sequence
        Each with a name for the legend: a value an epoch.
    epochs : sequence of int
        When it was looked; drawn evenly spaced.
    name, ylabel, title : str
    kinds : sequence of str, optional
        All kinds that some picture shows, at most six: one looks alike in all of them.
    """
    figure, ax = axes("epochs done", ylabel, title)
    styles = ("-", "--", "-.", ":", "-", "--")
    looks = zip(COLOURS, styles, "os^DvP", (10, 8, 7, 5, 8, 6), strict=True)
    of_kind = dict(zip(kinds or curves, looks, strict=False))
    said = []
    for label, curve in curves.items():
        colour, style, marker, size = of_kind[label]
        (line,) = ax.plot(
            curve, style, color=colour, marker=marker, ms=size, label=label
        )
        line.set_clip_on(False)  # its marks are whole at zero too
        said.append(f"{label}: {curve[0]:.2f}, in the end {curve[-1]:.2f}")
    ax.set_xticks(range(len(epochs)), [str(epoch) for epoch in epochs])
    ax.set_ylim(bottom=0)
    figure.legend(loc="outside lower center", ncols=2, fontsize=10, frameon=False)
    alt = f"{title}: mean over the seeds, from before training on. {'; '.join(said)}."
    return Picture(name, figure, alt)
