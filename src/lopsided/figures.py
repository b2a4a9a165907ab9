"""The figures, each with the words that replace it for those who cannot see it.

Colours are Okabe and Ito's, told apart by colour-blind readers; line styles and markers
differ too, so that grey prints stay readable.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from xml.sax.saxutils import escape, quoteattr

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve

from lopsided import threshold
from lopsided.metrics import confusion_matrix, count_metrics, roc_auc
from lopsided.network import Array
from lopsided.training import History

BLUE, ORANGE, GREEN, PURPLE, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#555555",
)
STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "svg.fonttype": "path",
    "text.parse_math": False,  # a column may be called $x$
}
PHONE = (5.6, 3.9)  # inches; text keeps its size when a phone shrinks the page


@dataclass(frozen=True)
class Picture:
    """A figure, its file name without ending, and its alternative text."""

    name: str
    figure: Figure
    alt: str

    def svg(self) -> bytes:
        """Draw as SVG: the same bytes each time, with the alternative text inside."""
        buffer = io.BytesIO()
        with mpl.rc_context({**STYLE, "svg.hashsalt": self.name}):
            self.figure.savefig(buffer, format="svg", metadata={"Date": None})
        drawn = buffer.getvalue().decode()
        start = drawn.index("<svg ")
        label = f'<svg role="img" aria-label={quoteattr(self.alt)} '
        drawn = label + drawn[start + len("<svg ") :]
        end = drawn.index(">") + 1
        return (
            drawn[:end] + f"<title>{escape(self.alt)}</title>" + drawn[end:]
        ).encode()

    def png(self, dpi: int = 160) -> bytes:
        """Draw as PNG, with the alternative text as its description."""
        buffer = io.BytesIO()
        with mpl.rc_context(STYLE):
            self.figure.savefig(
                buffer, format="png", dpi=dpi, metadata={"Description": self.alt}
            )
        return buffer.getvalue()


def show(thing: Any) -> None:
    """Show a picture or a table in a notebook; as a script, print it or its words."""
    from IPython import get_ipython
    from IPython.display import display

    in_notebook = get_ipython() is not None
    if isinstance(thing, Picture):
        if in_notebook:
            display(
                {
                    "image/svg+xml": thing.svg().decode(),
                    "text/plain": f"Figure. {thing.alt}",
                },
                raw=True,
                metadata={"image/svg+xml": {"alt": thing.alt}},
            )
        else:
            print(f"Figure. {thing.alt}")
        return
    # Tables are shown whole: a reason cut in the middle is none.
    whole = ("display.max_colwidth", None, "display.max_rows", None)
    with pd.option_context(*whole, "display.width", 100):
        if in_notebook:
            display(thing)
        else:
            print(thing)


Args = ParamSpec("Args")
Result = TypeVar("Result")


def styled(draw: Callable[Args, Result]) -> Callable[Args, Result]:
    """Let a function draw in the house style, whatever the session's own style is."""

    @wraps(draw)
    def wrapper(*args: Args.args, **kwargs: Args.kwargs) -> Result:
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapper


@styled
def axes(
    xlabel: str, ylabel: str, title: str = "", size: tuple[float, float] = PHONE
) -> tuple[Figure, Axes]:
    """Start a figure with one labelled pair of axes in the house style."""
    figure = Figure(figsize=size)
    ax = figure.add_subplot()
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return figure, ax


def _thin(*curves: Array, most: int = 600) -> list[Array]:
    """Keep at most that many points of long curves, the ends included."""
    keep = np.unique(np.linspace(0, len(curves[0]) - 1, most).astype(int))
    return [curve[keep] for curve in curves]


@styled
def cdf(
    Y: Array, p: Array, t: float, positive: str, negative: str, name: str = "cdf"
) -> Picture:
    """Draw each class's cumulative distribution of predictions (section 9).

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    t : float
        Marked.
    positive, negative : str
        The classes' names.
    """
    values, below_neg, below_pos = threshold.class_cdfs(Y, p)
    gap, at = threshold.ks_distance(Y, p)
    recall, fpr = (1 - np.mean(np.ravel(p)[np.ravel(Y) == y] < t) for y in (1, 0))
    figure, ax = axes(
        "predicted probability", "share of the class at or below", "Class-wise CDFs"
    )
    x, neg, pos = _thin(values, below_neg, below_pos)
    ax.step(x, neg, where="post", color=BLUE, label=negative)
    ax.step(x, pos, where="post", color=ORANGE, ls="--", label=positive)
    ax.axvline(t, color=GREY, ls=":", label=f"threshold {t:.3g}")
    ax.set_ylim(0, 1)
    ax.legend(loc="lower right")
    alt = (
        f"Cumulative distributions of the predicted probability. The widest gap of "
        f"{positive} and {negative} is {gap:.3f}, at {at:.3f}. At or above the "
        f"threshold {t:.3g} lie {recall:.1%} of {positive} and {fpr:.1%} of {negative}."
    )
    return Picture(name, figure, alt)


@styled
def confusion(table: Array, positive: str, negative: str) -> Picture:
    """Draw a confusion matrix: counts, and each cell's share of its row.

    Parameters
    ----------
    table : array of int, shape (2, 2)
        ``[[tn, fp], [fn, tp]]``.
    """
    table = np.asarray(table)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, ax = axes("predicted", "actual", "Confusion matrix (test)", (5.2, 3.9))
    ax.grid(False)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1.25)  # pale enough for black text
    for (i, j), count in np.ndenumerate(table):
        text = f"{count:,}\n{share[i, j]:.1%} of row"
        ax.text(j, i, text, ha="center", va="center", color="black")
    ax.set_xticks([0, 1], [negative, positive])
    ax.set_yticks([0, 1], [negative, positive], rotation=90, va="center")
    ax.tick_params(length=0)
    (tn, fp), (fn, tp) = table
    alt = (
        f"Confusion matrix of the test rows. Of the actual {negative}, {tn:,} were "
        f"predicted {negative} and {fp:,} {positive}; of the actual {positive}, {fn:,} "
        f"were predicted {negative} and {tp:,} {positive}."
    )
    return Picture("confusion_matrix", figure, alt)


@styled
def loss(history: History) -> Picture:
    """Draw what training descended, and the plain cross-entropy beside it."""
    figure, ax = axes("epoch", "mean loss (nats)", "Training loss")
    looks: dict[str, Any]
    epochs = np.arange(1, len(history.objective) + 1)
    marker = "o" if len(epochs) == 1 else None  # one point makes no line
    looks = {"color": BLUE, "ls": "-", "marker": marker}
    ax.plot(epochs, history.objective, label="objective", **looks)
    looks |= {"color": ORANGE, "ls": "--"}
    ax.plot(epochs, history.cross_entropy, label="cross-entropy", **looks)
    if len(epochs) > 10:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
    ax.legend()
    alt = (
        f"Training loss over {len(epochs)} epochs. The objective goes from "
        f"{history.objective[0]:.4f} to {history.objective[-1]:.4f}; the unweighted "
        f"cross-entropy from {history.cross_entropy[0]:.4f} to "
        f"{history.cross_entropy[-1]:.4f}."
    )
    return Picture("loss", figure, alt)


@styled
def roc(Y: Array, p: Array, t: float) -> Picture:
    """Draw the ROC curve, with the threshold's point on it."""
    c = threshold.candidates(Y, p)
    rates = count_metrics(c.tn, c.fp, c.fn, c.tp)
    table = confusion_matrix(Y, np.ravel(p) >= t)
    point = count_metrics(*table.ravel())
    figure, ax = axes("false positive rate", "recall (true positive rate)", "ROC curve")
    ax.plot(*_thin(rates["false_positive_rate"], rates["recall"]), color=BLUE)
    ax.plot([0, 1], [0, 1], color=GREY, ls=":", lw=1)
    ax.plot(
        point["false_positive_rate"],
        point["recall"],
        "o",
        color=ORANGE,
        label=f"threshold {t:.3g}",
    )
    ax.legend(loc="lower right")
    alt = (
        f"ROC curve with area {roc_auc(Y, p):.4f}. The threshold {t:.3g} gives a false "
        f"positive rate of {point['false_positive_rate']:.3f} and a recall of "
        f"{point['recall']:.3f}."
    )
    return Picture("roc", figure, alt)


@styled
def measures_by_threshold(Y: Array, p: Array, marks: dict[str, float]) -> Picture:
    """Draw precision, recall and F1 against the threshold, with thresholds marked."""
    c = threshold.candidates(Y, p)
    rates = count_metrics(c.tn, c.fp, c.fn, c.tp)
    figure, ax = axes(
        "threshold", "precision, recall, F1", "What each threshold would give"
    )
    looks = (("recall", BLUE, "-"), ("precision", ORANGE, "--"), ("f1", GREEN, "-."))
    for name, colour, style in looks:
        label = "F1" if name == "f1" else name
        ax.plot(*_thin(c.t, rates[name]), color=colour, ls=style, label=label)
    for i, (label, t) in enumerate(sorted(marks.items(), key=lambda mark: -mark[1])):
        ax.axvline(t, color=GREY, ls=":", lw=1)
        ax.annotate(
            f"{label}: {t:.3f}",
            (t, 0.95 - 0.08 * i),
            xytext=(0.62, 0.95 - 0.08 * i),
            xycoords=("data", "axes fraction"),
            textcoords="axes fraction",
            va="center",
            fontsize=10,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.8},
        )
    ax.set(xlim=(0, 1.05 * c.t[1]), ylim=(0, 1))
    ax.legend(loc="center right")
    placed = ", ".join(f"{label} at {t:.3g}" for label, t in marks.items())
    alt = (
        "Precision, recall and F1 against the threshold. Recall falls from 1 as the "
        f"threshold rises; precision starts at the prevalence. Marked: {placed}."
    )
    return Picture("measures_by_threshold", figure, alt)


@styled
def reliability(Y: Array, predictions: dict[str, Array], bins: int = 10) -> Picture:
    """Draw observed frequency against predicted probability, in bins of equal size.

    Parameters
    ----------
    Y : array, m labels
    predictions : dict of array
        Each with a name for the legend.
    """
    figure, ax = axes(
        "mean predicted probability",
        "observed share of positives",
        "Reliability",
    )
    top = 0.0
    said = []
    looks = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (GREEN, "^", "-."))
    for (name, p), (colour, marker, style) in zip(
        predictions.items(), looks, strict=False
    ):
        observed, predicted = calibration_curve(
            np.ravel(Y), np.ravel(p), n_bins=bins, strategy="quantile"
        )
        ax.plot(predicted, observed, marker, ls=style, color=colour, label=name)
        top = max(top, predicted.max(), observed.max())
        worst = np.abs(observed - predicted).max()
        said.append(f"{name} is off by at most {worst:.3f} in any bin")
    top = min(1.0, 1.1 * top)
    ax.plot([0, top], [0, top], color=GREY, ls=":", lw=1, label="perfect")
    ax.set(xlim=(0, top), ylim=(0, top))
    ax.legend()
    alt = "Reliability diagram against the diagonal. " + "; ".join(said) + "."
    return Picture("reliability", figure, alt)


@styled
def plane(
    clouds: dict[str, tuple[Array, Array]],
    curves: dict[str, tuple[Array, Array]],
    point: tuple[float, float],
    error: tuple[float, float],
    name: str,
    title: str,
    window: float | None = None,
) -> Picture:
    """Draw false positive rates against recalls: clouds of runs around one point.

    Parameters
    ----------
    clouds : dict of (false positive rates, recalls)
        Up to six, one entry of the arrays a run.
    curves : dict of (false positive rates, recalls)
        Up to four ROC curves.
    point, error : tuple of float
        What a report's table gives, false positive rate first, and its errors.
    window : float, optional
        Show only so much to each side of the point.
    """
    figure, ax = axes(
        "false positive rate", "recall (true positive rate)", title, (5.6, 6.2)
    )
    styles = ("-", "--", "-.", ":")
    for (label, (x, y)), style in zip(curves.items(), styles, strict=False):
        ax.plot(x, y, color=GREY, ls=style, lw=1, label=f"ROC curve, {label}")
    colours = (BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9")
    for (label, (x, y)), colour, marker in zip(
        clouds.items(), colours, "os^DvP", strict=False
    ):
        ax.plot(x, y, marker, ls="", color=colour, ms=5, alpha=0.7, label=label)
    angle = np.linspace(0, 2 * np.pi, 100)
    reach = np.sqrt(-2 * np.log(0.05))  # holds 95 % of a normal law in the plane
    x, y = point[0] + reach * error[0] * np.cos(angle), np.sin(angle)
    ax.plot(x, point[1] + reach * error[1] * y, color="black", lw=1)
    ax.plot(*point, "*", color="black", ms=12, label="the printed table")
    if window:
        ax.set(xlim=(point[0] - window, point[0] + window))
        ax.set(ylim=(point[1] - window, point[1] + window))
    columns = 2 if max(map(len, clouds)) < 30 else 1
    figure.legend(loc="outside lower center", ncols=columns, fontsize=9)
    middle = [
        f"{label} at ({np.median(x):.3f}, {np.median(y):.3f})"
        for label, (x, y) in clouds.items()
    ]
    alt = (
        f"False positive rate against recall. The printed table is at ({point[0]:.3f}, "
        f"{point[1]:.3f}). Medians of the clouds: " + "; ".join(middle) + "."
    )
    return Picture(name, figure, alt)
