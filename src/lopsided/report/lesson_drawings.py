"""Drawings of the lessons: a neuron and networks with their numbers.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.

Longer than most: three drawings share how a number stands on a line.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from lopsided.lesson.network import Array, Network, Pass
from lopsided.report.display import BLUE, GREEN, GREY, Picture, axes, styled

LIGHT = "#BBBBBB"
DERIVATIVE = "the derivative of the loss by it"
#: Where each step of a neuron stands, and what is written there.
NEURON = {
    "w1": (0, 5.8, "w₁"),
    "x1": (0, 4.2, "x₁"),
    "w2": (0, 3.0, "w₂"),
    "x2": (0, 1.4, "x₂"),
    "b": (1.25, 3.6, "b"),
    "w1*x1": (1.25, 5.0, "×"),
    "w2*x2": (1.25, 2.2, "×"),
    "z": (2.3, 3.6, "+"),
    "a": (3.4, 3.6, "σ"),
    "loss": (4.6, 3.6, "loss"),
}
NEXT = {
    "w1": "w1*x1",
    "x1": "w1*x1",
    "w2": "w2*x2",
    "x2": "w2*x2",
    "b": "z",
    "w1*x1": "z",
    "w2*x2": "z",
    "z": "a",
    "a": "loss",
}


def number(value: float, digits: int = 3) -> str:
    """Write a number with a true minus sign, and zero without one."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"


def _canvas(size: tuple[float, float], title: str) -> tuple[Figure, Axes]:
    figure, ax = axes("", "", title, size)
    ax.set_axis_off()
    return figure, ax


def _pair(
    ax: Axes,
    x: float,
    y: float,
    value: str,
    derivative: str,
    off: bool = False,
    away: float = 2.5,
    slope: float = 0,
) -> None:
    """Write a value above a point, and a derivative below it, so many points away.

    On a line they follow its ``slope``, and leave it to be seen.
    """
    figure = ax.get_figure(root=True)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.9}
    for text, colour, va, dy in (
        (value, BLUE, "bottom", away),
        (derivative, GREEN, "top", -away),
    ):
        up = dy * np.hypot(1, slope)  # so that it is as far from a steep line
        ax.text(
            x,
            y,
            text,
            transform=offset_copy(ax.transData, figure, 0, up, "points"),
            rotation=np.degrees(np.arctan(slope)),
            rotation_mode="anchor",
            transform_rotates_text=True,
            ha="center",
            va=va,
            color=GREY if off else colour,
            fontsize=10,
            fontstyle="italic" if colour == GREEN else "normal",
            bbox=box,
        )


def _node(ax: Axes, x: float, y: float, text: str, off: bool = False) -> None:
    ax.annotate(
        text,
        (x, y),
        ha="center",
        va="center",
        color=GREY if off else "black",
        zorder=4,
        bbox={
            "boxstyle": "circle,pad=0.35",
            "facecolor": "#DDDDDD" if off else "white",
            "edgecolor": GREY if off else "black",
            "linestyle": "--" if off else "-",
        },
    )


def _key(ax: Axes, words: str, below: str) -> None:
    """Say what the colours mean, below the drawing."""
    for text, y, colour, style in (
        (words, -0.03, BLUE, "normal"),
        (below and f"below, slanted: {below}", -0.09, GREEN, "italic"),
    ):
        ax.text(
            0,
            y,
            text,
            transform=ax.transAxes,
            color=colour,
            fontsize=10,
            fontstyle=style,
            va="top",
        )


@styled
def neuron_graph(
    values: Mapping[str, float], derivatives: Mapping[str, float] | None = None
) -> Picture:
    """Draw one neuron and its loss as a computation graph.

    Parameters
    ----------
    values : mapping
        What each step gives: ``x1, w1, x2, w2, b, w1*x1, w2*x2, z, a`` and, if
        it is known, ``loss``.
    derivatives : mapping, optional
        Of the loss, by each of these. The loss's own is 1.
    """
    slopes = {**dict.fromkeys(NEURON, np.nan), **(derivatives or {})}
    figure, ax = _canvas((5.6, 4.2), "One neuron, one example")
    for name, (x, y, text) in NEURON.items():
        if name not in values:
            continue
        end = NEURON[NEXT[name]][:2] if NEXT.get(name) in values else (x + 1, y)
        ax.annotate(
            "",
            end,
            (x, y),
            arrowprops={
                "arrowstyle": "-|>",
                "color": GREY,
                "shrinkA": 13,
                "shrinkB": (19 if name == "a" else 13) * (NEXT.get(name) in values),
            },
        )
        middle = {"loss": 0.68, "a": 0.46, "w1*x1": 0.4, "w2*x2": 0.4}.get(name, 0.5)
        below = number(slopes[name]) if derivatives else ""
        _pair(
            ax,
            x + middle * (end[0] - x),
            y + middle * (end[1] - y),
            number(values[name]),
            below,
            slope=(end[1] - y) / (end[0] - x),
        )
        _node(ax, x, y, text)
    ax.set(xlim=(-0.3, 5.65), ylim=(0.9, 6.3))
    _key(ax, "above each line: the value", DERIVATIVE * bool(derivatives))
    said = [
        f"{name} is {number(values[name])}"
        + (f", derivative {number(slopes[name])}" if derivatives else "")
        for name in NEURON
        if name in values
    ]
    alt = (
        "A graph from the inputs on the left over two products, and their sum with the "
        f"bias, to the sigmoid{' and the loss' * ('loss' in values)} on the right. "
        f"{'; '.join(said)}."
    )
    return Picture("neuron_back" if derivatives else "neuron", figure, alt)


@styled
def network_graph(
    network: Network,
    passed: Pass,
    dZ: Mapping[int, Array] | None = None,
    dW: Mapping[int, Array] | None = None,
    dA: Mapping[int, Array] | None = None,
) -> Picture:
    """Draw a small network with one example passing through it.

    A hidden unit whose z is not positive is off: grey, with its edges dashed.

    Parameters
    ----------
    network : Network
    passed : Pass
        Of one example.
    dZ, dW, dA : mapping of array, optional
        By layer: derivatives of this example's loss.
    """
    figure, ax = _canvas((5.6, 5.2), f"{'-'.join(map(str, network.layer_dims))} units")
    widest = max(network.layer_dims)
    height = [
        (widest - 1) / 2 + np.arange(n - 1, -1, -1.0) - (n - 1) / 2
        for n in network.layer_dims
    ]
    off = {l: passed.Z[l][:, 0] <= 0 for l in range(1, network.L)}
    off |= {0: np.zeros(network.layer_dims[0], bool), network.L: np.zeros(1, bool)}
    for l in range(1, network.L + 1):
        for j, k in np.ndindex(network.W[l].shape):
            silent = bool(off[l][j] or off[l - 1][k])
            here, there = float(height[l - 1][k]), float(height[l][j])
            ax.plot(
                [l - 1, l],
                [here, there],
                color=LIGHT if silent else GREY,
                ls="--" if silent else "-",
                lw=1.2,
                zorder=1,
            )
            # Not where the lines of the first layer cross, nor on another number.
            at = 0.45 if l > 1 else 0.2 if abs(there - here) > 1 else 0.62
            weight = number(network.W[l][j, k].item(), 2)
            below = number(dW[l][j, k].item(), 2) if dW else ""
            y = here + at * (there - here)
            _pair(ax, l - 1 + at, y, weight, below, silent, slope=there - here)
    said = []
    for l, column in enumerate(height):
        for j, y in enumerate(column):
            a, silent = number(passed.A[l][j, 0], 2), bool(off[l][j])
            _node(ax, l, y, a, silent)
            if l in (0, network.L):
                name, away = ("ŷ", (23, 0)) if l else (f"x{chr(0x2081 + j)}", (0, 27))
                ax.annotate(
                    name,
                    (l, y),
                    away,
                    textcoords="offset points",
                    ha="center",
                    va="center",
                )
            if l == 0:
                said.append(f"input {j + 1}: {a}")
                continue
            b = f"b {number(network.b[l][j, 0], 2)}"
            z = f"z {number(passed.Z[l][j, 0], 2)}"
            da = f"da {number(dA[l][j, 0], 2)}" if dA and l in dA else ""
            dz = f"dz {number(dZ[l][j, 0], 2)}" if dZ else ""
            back = "\n".join(filter(None, (da, dz)))
            _pair(ax, l, y, f"{b}\n{z}", back, silent, away=20)
            name = "ŷ" if l == network.L else f"unit {j + 1}"
            words = [
                name + (" (off)" if silent else "") + f": {b}",
                z,
                f"a {a}",
                da,
                dz,
            ]
            said.append(", ".join(filter(None, words)))
    ax.set(xlim=(-0.25, network.L + 0.25), ylim=(-0.5 if dW else -0.3, widest - 0.5))
    key = "on a line: the weight; in a circle: the activation"
    _key(ax, key, DERIVATIVE * (dW is not None))
    alt = (
        f"A network of {', '.join(map(str, network.layer_dims))} units, one example "
        f"passing through. {'; '.join(said)}."
    )
    return Picture("network_back" if dW else "network", figure, alt)


@styled
def two_ways(W: Array, dz: Array) -> Picture:
    """Draw how derivatives come back from two units to the two before them, and add up.

    Parameters
    ----------
    W : array, shape (2, 2)
        To unit j of the right, from unit k of the left.
    dz : array, shape (2,)
        Of the loss, by what the right units compute.
    """
    figure, ax = _canvas((5.6, 3.9), "What comes by two ways adds up")
    back, said = W * dz[:, None], []  # over each edge
    for k, (one, two) in enumerate(back.T):
        for j in (0, 1):
            at = 0.5 if j == k else 0.3  # not in the middle, where two lines cross
            ax.plot([0, 1], [-k, -j], color=GREY, lw=1.2, zorder=1)
            weight, comes = number(W[j, k], 1), number(back[j, k], 1)
            _pair(ax, at, -k + at * (k - j), weight, f"← {comes}", slope=k - j)
            said.append(f"from z{j + 1} to a{k + 1} by the weight {weight}: {comes}")
        sign, below = "−" if two < 0 else "+", chr(0x2081 + k)
        terms = f"{number(one, 1)} {sign} {number(abs(two), 1)}"
        total = number(one + two, 1)
        _node(ax, 0, -k, f"a{below}")
        _pair(ax, -0.06, -k, "", f"da = {terms}\n= {total}", away=18)
        _node(ax, 1, -k, f"z{below}")
        _pair(ax, 1, -k, "", f"dz = {number(dz[k], 1)}", away=18)
        said.append(f"da{k + 1} is {terms} = {total}")
    ax.set(xlim=(-0.25, 1.15), ylim=(-1.4, 0.2))
    _key(ax, "on a line: the weight", "what comes back, the weight times dz")
    alt = (
        "Units a1 and a2 on the left, each joined to z1 and z2 on the right. "
        f"dz1 is {number(dz[0], 1)}, dz2 {number(dz[1], 1)}. Backward come, "
        f"{'; '.join(said)}."
    )
    return Picture("two_ways", figure, alt)
