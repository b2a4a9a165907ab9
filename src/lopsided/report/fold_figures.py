"""Pictures of rows kept aside or held out: while training, in turns, and by setting.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from lopsided.lesson.network import Array
from lopsided.report.display import BLUE, GREEN, GREY, Picture, axes, styled

#: The looks of rows that were learned from, of rows held out, and of rows kept aside.
LEARNED, HELD_OUT, ASIDE = ("-", "o", BLUE), ("-.", "s", GREY), ("--", "^", GREEN)


@styled
def kept_aside(curves: Mapping[str, pd.DataFrame], floor: float) -> Picture:
    """Draw the loss on training rows and on rows kept aside while a network learns.

    Parameters
    ----------
    curves : mapping of DataFrame
        By title: the losses ``train`` and ``aside`` after epochs, which index it.
    floor : float
        What the true probabilities lose on the rows kept aside.
    """
    figure = Figure(figsize=(5.6, 3.5))
    panels, said = np.ravel(figure.subplots(1, len(curves), sharey=True)), []
    for ax, (title, losses) in zip(panels, curves.items(), strict=True):
        train, aside = losses["train"], losses["aside"]
        ax.plot(train, color=BLUE)
        ax.plot(aside, color=GREEN, ls="--")
        ax.axhline(floor, color="black", ls=":", lw=1.5)
        best = aside.idxmin()
        ax.plot(best, aside[best], "v", color="black", ms=8)
        ax.set(xscale="log", xlabel="epochs")
        ax.xaxis.set_major_formatter("{x:g}")  # the house style parses no mathematics
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(title, fontsize=11)
        said.append(
            f"{title}: the loss on training rows ends at {train.iloc[-1]:.2f}; "
            f"on points aside it is lowest, {aside[best]:.2f}, after {best} epochs "
            f"and ends at {aside.iloc[-1]:.2f}"
        )
    panels[0].set(ylabel="loss (nats)", ylim=(0, None))
    figure.legend(
        panels[0].lines[:4],
        ["training rows", "points aside", "the truth", "lowest"],
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
def turns(fold: Array) -> Picture:
    """Draw which fold is asked of which network: a bar for each network.

    Parameters
    ----------
    fold : array of int, shape (m,)
        In which fold each point is: 0, 1, and so on.
    """
    sizes = np.bincount(fold)
    n, ends = len(sizes), np.cumsum(sizes)
    figure, ax = axes("points, fold by fold", "", size=(5.6, 2.8))
    kept: dict[str, Any] = {"color": BLUE, "edgecolor": "white", "lw": 2}
    kept["label"] = "learned from"
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    for out, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        others = np.arange(n) != out
        left = (ends - sizes)[others]
        ax.barh([out] * (n - 1), sizes[others], left=left, **kept)
        ax.barh(out, size, left=end - size, color="white", edgecolor=GREY, hatch="\\\\")
        ax.text(end - size / 2, out, "asked", ha="center", va="center", bbox=box)
    ax.set_yticks(range(n), [f"network {k + 1}" for k in range(n)])
    ax.set(xlim=(0, fold.size), xticks=[0, *ends], ylim=(n - 0.5, -0.5))
    ax.grid(visible=False)
    one = ax.containers[:1]  # every bar's others look alike
    figure.legend(handles=one, loc="outside lower center", fontsize=10)
    alt = (
        f"A bar for each of {n} networks: the same {fold.size} points, cut into {n} "
        "folds. In each bar one fold is marked as asked, and the others were learned "
        "from. It lies one fold further right from bar to bar, like stairs: each fold "
        "is asked once."
    )
    return Picture("turns", figure, alt)


@styled
def validation_curve(losses: pd.DataFrame, errors: pd.Series) -> Picture:
    """Draw losses against a setting, and how sure the one on rows held out is.

    Parameters
    ----------
    losses : DataFrame
        A row for each value of the setting, rising from zero; the index has its name.
        Three columns: the loss on rows learned from, held out, and kept aside.
    errors : Series
        Standard errors of how far each loss on rows held out lies above their lowest.
    """
    tried, setting = np.array(losses.index, float), losses.index.name
    scale = f"linear up to {tried[1]:g}, then logarithmic"
    figure, ax = axes(f"{setting} ({scale})", "loss (nats)", size=(5.6, 4.2))
    below = losses.iloc[:2].mean().idxmin()  # it has room there
    looks, said = (LEARNED, HELD_OUT, ASIDE), []
    for (name, values), (line, marker, colour) in zip(
        losses.items(), looks, strict=True
    ):
        ax.plot(tried, values, line, marker=marker, color=colour, ms=8)
        best = int(np.argmin(values))
        edged: dict[str, Any] = {"color": colour, "mec": "black", "mew": 2, "ms": 11}
        ax.plot(tried[best], values.iloc[best], marker, **edged)
        ax.annotate(
            str(name),
            (tried[1] / 2, values.iloc[:2].mean()),  # it is linear there, without bars
            (0, -7 if name == below else 5),
            textcoords="offset points",
            color=colour,
            ha="center",
            va="top" if name == below else "bottom",
            fontsize=10,
        )
        numbers = ", ".join(f"{value:.2f}" for value in values)
        said.append(f"{name}: {numbers}, lowest at {tried[best]:g}")
    held = losses.iloc[:, 1].to_numpy()
    lowest = int(held.argmin())
    others = np.arange(len(held)) != lowest
    bars: dict[str, Any] = {"color": GREY, "lw": 1.5, "capsize": 6, "zorder": 1}
    reach = 2 * errors.to_numpy()[others]
    ax.errorbar(tried[others], held[others], reach, fmt="none", **bars)
    ax.axhline(held[lowest], color="black", ls=":", lw=1.5)
    ax.set_xscale("symlog", linthresh=tried[1])  # zero has no logarithm
    ax.set_xlim(-0.4 * tried[1], 2 * tried[-1])
    ax.set_xticks(tried, [f"{value:g}" for value in tried])
    ax.minorticks_off()
    key = "outlined: the lowest of its curve; bars: two standard errors\n"
    figure.supxlabel(key + "of how far a point lies above the dotted line", fontsize=10)
    ax.margins(y=0.1)  # room for a name below the lowest curve
    touching = np.sum(held[others] - reach <= held[lowest])
    alt = (
        f"Losses in nats against {setting} = {', '.join(f'{v:g}' for v in tried)}. "
        f"{'; '.join(said)}. A dotted line marks the lowest loss on rows held out. The "
        f"{others.sum()} other ones have bars of two standard errors; {touching} of "
        "the bars reach down to the line."
    )
    return Picture("validation_curve", figure, alt)


@styled
def learning_curve(losses: pd.DataFrame) -> Picture:
    """Draw losses against the number of rows that a network learned from.

    Parameters
    ----------
    losses : DataFrame
        A row for each number of rows. Two columns: the loss on those rows, and on rows
        kept aside, each above what the true probabilities lose on them.
    """
    what = "loss above the truth's (nats)"
    figure, ax = axes("rows learned from", what, size=(5.6, 3.6))
    said = []
    for (name, values), look in zip(losses.items(), (LEARNED, ASIDE), strict=True):
        line, marker, colour = look
        ax.plot(losses.index, values, line, marker=marker, color=colour, ms=8)
        ax.annotate(
            str(name),
            (losses.index[1], values.iloc[1]),
            (10, 8 if values.iloc[1] > 0 else -16),  # beside the line, not on it
            textcoords="offset points",
            color=colour,
        )
        said.append(f"{name}: {', '.join(f'{value:.3f}' for value in values)}")
    ax.axhline(0, color="black", ls=":", lw=1.5)
    ax.annotate("the truth", (losses.index[0], 0), (0, 6), textcoords="offset points")
    ax.set_xscale("log")
    ax.set_xticks([*losses.index], [f"{m:,}" for m in losses.index])
    ax.minorticks_off()
    alt = (
        f"Losses in nats against {', '.join(f'{m:,}' for m in losses.index)} rows that "
        f"were learned from, counted from what the true probabilities lose on the same "
        f"rows, a dotted line at zero. {'; '.join(said)}."
    )
    return Picture("learning_curve", figure, alt)
