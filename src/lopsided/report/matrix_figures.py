"""Pictures of matrix products: which row and which column make an entry.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lopsided.lesson.network import Array
from lopsided.report.display import BLUE, GREY, Picture, axes, styled

TINT = "#CCE3F0"
#: An array: its name, its numbers, how many rows and columns of them are marked, from
#: the top left on, and the sign that follows it.
_Part = tuple[str, Array, tuple[int, int], str]


def written(value: float) -> str:
    """Write a number with no more digits than it has, and a true minus sign."""
    return f"{value:g}".replace("-", "−")


def _term(value: float) -> str:
    return f"({written(value)})" if value < 0 else written(value)


def _sum(left: Array, right: Array, more: Sequence[float] = ()) -> str:
    """Write a row times a column, number by number, and what is added to it."""
    terms = [" × ".join(map(_term, pair)) for pair in zip(left, right, strict=True)]
    terms += map(_term, more)
    return f"{' + '.join(terms)} = {written(float(left @ right) + sum(more))}"


def _grid(
    ax: Axes, x: float, y: float, values: Array, marked: tuple[int, int]
) -> float:
    """Draw numbers in cells, right and down from a corner; give a cell's width."""
    texts = [written(value) for value in values.flat]
    width = 0.16 + 0.075 * max(3, *map(len, texts))
    for (j, k), text in zip(np.ndindex(values.shape), texts, strict=True):
        at = x + k * width, y + j
        ax.add_patch(Rectangle(at, width, 1, fill=False, edgecolor=GREY, lw=0.8))
        ax.text(
            at[0] + width / 2,
            at[1] + 0.5,
            text,
            ha="center",
            va="center_baseline",
            fontsize=10,
        )
    tall, wide = marked[0], marked[1] * width
    ax.add_patch(Rectangle((x, y), wide, tall, color=TINT, lw=0, zorder=0.5))
    frame = Rectangle((x, y), wide, tall, fill=False, edgecolor=BLUE, lw=2.5, zorder=2)
    ax.add_patch(frame)
    return width


def _product(parts: Sequence[_Part], title: str, below: str) -> Figure:
    """Draw arrays in a row, their names and shapes under them, and a line below."""
    tallest, x = max(values.shape[0] for _, values, _, _ in parts), 0.0
    figure, ax = axes("", "", title, (5.6, 1.3 + 0.34 * tallest))
    for name, values, marked, sign in parts:
        rows, columns = values.shape
        across = columns * _grid(ax, x, (tallest - rows) / 2, values, marked)
        under = (tallest + rows) / 2 + 0.2
        said = f"{name}\n({rows}, {columns})"
        ax.text(x + across / 2, under, said, ha="center", va="top")
        x += across
        ax.text(x + 0.16, tallest / 2, sign, ha="center", va="center", fontsize=12)
        x += 0.32 * bool(sign)
    ax.text(x / 2, tallest + 1.7, below, ha="center", va="top", color=BLUE)
    side = max(0.05, (5.5 - x) / 2)  # few columns do not fill the width
    ax.set(xlim=(-side, x + side), ylim=(tallest + 2.4, -0.1))
    ax.set_axis_off()
    return figure


@styled
def layer_product(W: Array, X: Array, b: Array) -> Picture:
    """Draw a layer's product and its bias, and mark what makes the first entry.

    Parameters
    ----------
    W : array, shape (n, n_before)
        A neuron a row.
    X : array, shape (n_before, m)
        An example a column.
    b : array, shape (n, 1)
    """
    Z = W @ X + b
    worked = _sum(W[0], X[:, 0], b[0].tolist())
    parts = [
        ("W", W, (1, W.shape[1]), "@"),
        ("X", X, (X.shape[0], 1), "+"),
        ("b", b, (1, 1), "="),
        ("Z", Z, (1, 1), ""),
    ]
    title = "A row, a column and a bias make one entry"
    alt = (
        f"Four grids of numbers, W @ X + b = Z, of the shapes {W.shape}, {X.shape}, "
        f"{b.shape} and {Z.shape}. Marked are row 1 of W, column 1 of X, entry 1 of b "
        f"and the entry of Z at the top left, which they make: {worked}."
    )
    return Picture("layer_product", _product(parts, title, worked), alt)


@styled
def gradient_product(dZ: Array, A: Array) -> Picture:
    """Draw the product of dZ and the transpose of A, and mark what makes an entry.

    Parameters
    ----------
    dZ : array, shape (n, m)
        A unit a row, an example a column.
    A : array, shape (n_before, m)
        What the layer before gave for these examples.
    """
    total = dZ @ A.T
    worked = _sum(dZ[0], A[0])
    parts = [
        ("dZ", dZ, (1, dZ.shape[1]), "@"),
        ("Aᵀ", A.T, (A.shape[1], 1), "="),
        ("dZ @ Aᵀ", total, (1, 1), ""),
    ]
    title = "A unit's row and an input's column: a sum over examples"
    alt = (
        f"Three grids of numbers: dZ, of the shape {dZ.shape}, times A transposed, "
        f"{A.T.shape}, is {total.shape}. Marked are row 1 of dZ, one unit on all "
        "examples; column 1 of A transposed, one input on all examples; and the entry "
        f"at the top left, which they make: {worked}."
    )
    return Picture("gradient_product", _product(parts, title, worked), alt)
