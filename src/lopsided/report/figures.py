"""The figures, each with the words that replace it for those who cannot see it.

Longer than most: each figure stands beside the words that replace it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve

from lopsided.lesson import threshold
from lopsided.lesson.metrics import (
    average_precision,
    confusion_matrix,
    count_metrics,
    roc_auc,
)
from lopsided.lesson.network import Array
from lopsided.lesson.training import History
from lopsided.prose import short
from lopsided.report.display import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PHONE,
    PURPLE,
    Picture,
    axes,
    name_lines,
    styled,
)

#: The point of a threshold on a curve: black, as is its line on other pictures.
THRESHOLD: dict[str, Any] = {"marker": "D", "ls": "", "ms": 7, "color": "black"}


def _thin(*curves: Array, most: int = 600) -> list[Array]:
    """Keep at most that many points of long curves, the ends included."""
    keep = np.unique(np.linspace(0, len(curves[0]) - 1, most).astype(int))
    return [curve[keep] for curve in curves]


def _mark(figure: Figure, ax: Axes, marks: dict[str, float], title: str) -> str:
    """Mark thresholds by dotted uprights, named above the frame; give them in words.

    Names stand apart where uprights do not. The x-range must have been set.
    """
    low, high = ax.get_xlim()
    apart = 1 / 20  # of the frame's width: a line of text
    rising = sorted(marks.items(), key=lambda mark: mark[1])
    places = [(t - low) / (high - low) for _, t in rising]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + apart)
    last = 1.0
    for i in reversed(range(len(places))):
        places[i] = last = min(places[i], last)
        last -= apart
    leader: dict[str, Any] = {"arrowstyle": "-", "lw": 0.6, "relpos": (0.5, 0)}
    leader |= {"shrinkA": 0, "shrinkB": 0}
    for (label, t), place in zip(rising, places, strict=True):
        ax.axvline(t, color="black", ls=":", lw=1)
        ax.annotate(
            f"{label}: {t:.3f}",
            (t, 1),
            xytext=(place, 1.08),
            xycoords=("data", "axes fraction"),
            textcoords="axes fraction",
            ha="center",
            va="bottom",
            rotation=90,
            fontsize=10,
            arrowprops=leader,
        )
    figure.suptitle(title, fontsize=12)
    return ", ".join(f"{label} at {t:.3g}" for label, t in marks.items())


@styled
def cdf(Y: Array, p: Array, t: float, positive: str, negative: str) -> Picture:
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
    positive_name, negative_name = short(positive, 36), short(negative, 36)
    _widest_gap(ax, Y, p)  # first: it has the fewest places for its name
    x, neg, pos = _thin(values, below_neg, below_pos)
    ax.step(x, neg, where="post", color=GREY, label=negative_name)
    ax.step(x, pos, where="post", color=ORANGE, ls="--", label=positive_name)
    ax.axvline(t, color="black", ls="--", lw=1.2, label=f"threshold {t:.3g}")
    ax.set_ylim(0, 1.02)  # a line along the top keeps its width
    name_lines(ax)
    alt = (
        f"Cumulative distributions of the predicted probability. The widest gap of "
        f"{positive} and {negative} is {gap:.3f}, at {at:.3f}. At or above the "
        f"threshold {t:.3g} lie {recall:.1%} of {positive} and {fpr:.1%} of {negative}."
    )
    return Picture("cdf", figure, alt)


def _widest_gap(ax: Axes, Y: Array, p: Array) -> None:
    """Draw the Kolmogorov–Smirnov distance between two CDFs as a line."""
    values, *below = threshold.class_cdfs(Y, p)
    gap, at = threshold.ks_distance(Y, p)
    ends = [b[values == at][0] for b in below]
    ax.plot(
        [at, at],
        ends,
        "|-",
        color="black",
        lw=1.5,
        label=f"widest gap {gap:.3f}",
        zorder=3,
    )


@styled
def cdf_rules(
    Y: Array, p: Array, marks: dict[str, float], positive: str, negative: str
) -> Picture:
    """Draw the class-wise CDFs with the thresholds of several rules.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    marks : dict of float
        Each rule's threshold.
    """
    values, below_neg, below_pos = threshold.class_cdfs(Y, p)
    figure, ax = axes(
        "predicted probability", "share of the class at or below", size=(5.6, 4.8)
    )
    x, neg, pos = _thin(values, below_neg, below_pos)
    ax.step(x, neg, where="post", color=GREY, label=negative)
    ax.step(x, pos, where="post", color=ORANGE, ls="--", label=positive)
    _widest_gap(ax, Y, p)
    places = [*marks.values(), threshold.ks_distance(Y, p)[1]]
    low, high = min(float(np.min(p)), *places), max(places)
    beside = 0.06 * max(high - low, 0.1)
    ax.set(xlim=(low - beside, high + beside), ylim=(0, 1.02))
    placed = _mark(figure, ax, marks, "Where rules cut")
    name_lines(ax)
    alt = (
        "Class-wise cumulative distributions with the threshold of each rule. "
        f"Marked: {placed}."
    )
    return Picture("cdf_rules", figure, alt)


@styled
def confusion(table: Array, positive: str, negative: str) -> Picture:
    """Draw a confusion matrix: counts, and each cell's share of its actual class.

    Parameters
    ----------
    table : array of int, shape (2, 2)
        ``[[tn, fp], [fn, tp]]``.
    """
    table = np.asarray(table)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, ax = axes("predicted", "actual", "Confusion matrix (test)")
    ax.grid(False)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1.6)  # pale enough for black text
    for (i, j), count in np.ndenumerate(table):
        of = short((negative, positive)[i], 18)
        text = f"{count:,}\n{share[i, j]:.1%}\nof {of}"
        ax.text(j, i, text, ha="center", va="center", color="black", fontsize=10)
    names = [short(name, 18) for name in (negative, positive)]
    ax.set_xticks([0, 1], names)
    ax.set_yticks([0, 1], names, rotation=90, va="center")
    ax.tick_params(length=0)
    (tn, fp), (fn, tp) = table
    alt = (
        f"Confusion matrix of the test rows. Of the actual {negative}, {tn:,} were "
        f"predicted {negative} and {fp:,} {positive}; of the actual {positive}, {fn:,} "
        f"were predicted {negative} and {tp:,} {positive}."
    )
    return Picture("confusion_matrix", figure, alt)


#: Of four kinds of rows, tn, fp, fn and tp: the marker, the class's colour, and the
#: colour inside: full where a row is called positive, as in the explorer.
KINDS = (
    ("o", GREY, "white"),
    ("o", GREY, GREY),
    ("^", ORANGE, "white"),
    ("^", ORANGE, ORANGE),
)


@styled
def hundred(tables: Mapping[str, Array], positive: str, negative: str) -> Picture:
    """Draw confusion matrices as a hundred rows each, a mark a row.

    Parameters
    ----------
    tables : mapping of array of int, shape (2, 2)
        Two, ``[[tn, fp], [fn, tp]]`` each, by what to call them.
    positive, negative : str
        What the rows of each class did: ``"missed"``, ``"came"``.
    """
    figure = Figure(figsize=(PHONE[0], 4.1))
    in_words = []
    for ax, (name, table) in zip(figure.subplots(1, 2), tables.items(), strict=True):
        counts = _of_hundred(np.ravel(table))
        ends = np.cumsum(counts)
        starts = ends - counts
        for (marker, edge, face), start, end in zip(KINDS, starts, ends, strict=True):
            place = np.arange(start, end)
            ax.plot(place % 10, place // 10, marker, ms=10, mec=edge, mfc=face, mew=1.6)
        tn, fp, fn, tp = counts
        ax.set_title(f"{name}:\n{tn + tp} of 100 right")
        ax.set(xlim=(-0.7, 9.7), ylim=(9.7, -0.7), aspect="equal")
        ax.set_axis_off()
        in_words.append(
            f"{name}: {tn} {negative} and {tp} {positive}, as predicted; {fp} "
            f"{negative} and {fn} {positive}, against the prediction"
        )
    entries = [
        Line2D([], [], ls="", marker=marker, mec=edge, mfc=face, mew=1.6)
        for marker, edge, face in KINDS
    ]
    right, wrong = "predicted right", "predicted wrong"
    kinds = ((negative, right), (negative, wrong), (positive, wrong), (positive, right))
    names = [", ".join(kind) for kind in kinds]
    figure.legend(entries, names, loc="outside lower center", ncols=2, handletextpad=0)
    return Picture("hundred", figure, f"Of a hundred. {'. '.join(in_words)}.")


def _of_hundred(counts: Array) -> Array:
    """Round shares to whole per cents: first the classes', then that of right ones.

    So tables of the same rows show the same hundred. Within these totals, the four are
    the nearest to their shares.
    """
    tn, _, fn, tp = 100 * counts / counts.sum()
    positive, right = round(fn + tp), round(tn + tp)
    hits = round(tp + (positive - (fn + tp) + right - (tn + tp)) / 2)
    hits = min(max(hits, right + positive - 100, 0), positive, right)
    wrong = 100 - positive - (right - hits)
    return np.array([right - hits, wrong, positive - hits, hits])


@styled
def loss(history: History) -> Picture:
    """Draw what training descended, and the plain cross-entropy beside it."""
    figure, ax = axes("epoch", "mean loss (nats)", "Training loss")
    epochs = _losses(ax, history, "objective")
    if len(epochs) > 10:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
    name_lines(ax)
    alt = (
        f"Training loss over {len(epochs)} epochs. The objective goes from "
        f"{history.objective[0]:.4f} to {history.objective[-1]:.4f}; the unweighted "
        f"cross-entropy from {history.cross_entropy[0]:.4f} to "
        f"{history.cross_entropy[-1]:.4f}."
    )
    return Picture("loss", figure, alt)


def _losses(ax: Axes, history: History, descended: str) -> Array:
    """Draw the objective and the plain cross-entropy, as one line where they agree."""
    epochs = np.arange(1, len(history.objective) + 1)
    marker = "o" if len(epochs) == 1 else None  # one point makes no line
    looks = {descended: (BLUE, "-"), "cross-entropy": (PURPLE, "--")}
    if np.allclose(history.objective, history.cross_entropy, rtol=1e-3):
        looks = {f"{descended}, and cross-entropy": (BLUE, "-")}
    for (name, (colour, style)), values in zip(
        looks.items(), (history.objective, history.cross_entropy), strict=False
    ):
        ax.plot(epochs, values, color=colour, ls=style, marker=marker, label=name)
    return epochs


@styled
def validation(curve: dict[str, list[float]]) -> Picture:
    """Draw the loss on rows held out beside that of the rows learned from.

    Parameters
    ----------
    curve : dict of list
        From `choosing.Choice`: ``epoch``, ``training`` and ``validation``.
    """
    figure, ax = axes("epoch", "mean loss (nats)", "Loss on rows held out")
    epochs, held = curve["epoch"], curve["validation"]
    marker = "o" if len(epochs) == 1 else None
    looks: dict[str, Any] = {"color": BLUE, "ls": "-", "marker": marker}
    ax.plot(epochs, curve["training"], label="training, with penalty", **looks)
    looks |= {"color": GREEN, "ls": "--"}
    ax.plot(epochs, held, label="rows held out", **looks)
    if epochs[-1] > 10:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
    ax.legend()
    lowest = int(np.argmin(held))
    alt = (
        f"Loss by epoch, means over the folds. On the rows held out it ends at "
        f"{held[-1]:.4f}; its lowest value is {held[lowest]:.4f}, after "
        f"{epochs[lowest]:g} of {epochs[-1]:g} epochs. The training loss ends at "
        f"{curve['training'][-1]:.4f}."
    )
    return Picture("validation", figure, alt)


@styled
def loss_of_readings(curves: dict[str, History]) -> Picture:
    """Draw objective and cross-entropy, a panel for each reading of the class weight.

    Each curve is divided by its first value: what differs by a factor lies on one line.

    Parameters
    ----------
    curves : dict of History
        Two, each with its name.
    """
    figure = Figure(figsize=(5.6, 5.6))
    in_words = []
    for ax, (name, history) in zip(
        figure.subplots(2, sharex=True), curves.items(), strict=True
    ):
        curves_here = history.objective, history.cross_entropy
        scaled = [[value / curve[0] for value in curve] for curve in curves_here]
        _losses(ax, History(*scaled), "objective: descended")
        ax.set(title=name, ylabel="loss / its first", xlabel="epoch")
        ax.label_outer()
        (a, b), (c, d) = ((curve[0], curve[-1]) for curve in curves_here)
        in_words.append(
            f"{name}: objective {a:.3f} to {b:.3f}, cross-entropy {c:.3f} to {d:.3f}, "
            f"so in parts of the first {scaled[0][-1]:.3f} and {scaled[1][-1]:.3f}"
        )
    for ax in figure.axes:  # only now do all panels have their place
        name_lines(ax)
    alt = f"Training loss of two readings of the class weight. {'; '.join(in_words)}."
    return Picture("loss_of_readings", figure, alt)


@styled
def roc(
    Y: Array,
    p: Array,
    t: float,
    bands: pd.DataFrame | None = None,
    seeds: Sequence[Array] = (),
) -> Picture:
    """Draw the ROC curve, with the threshold's point on it.

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    t : float
    bands : DataFrame, optional
        From `intervals.curve_bands`.
    seeds : sequence of array, each of m probabilities
        Of networks from other seeds, drawn thinly behind.
    """
    figure, ax = axes("false positive rate", "recall (true positive rate)", "ROC curve")
    rates = _rates(Y, p)
    point = count_metrics(*confusion_matrix(Y, threshold.predict(p, t)).ravel())
    _behind(ax, bands, "roc", Y, seeds, ("false_positive_rate", "recall"))
    area = f"ROC AUC {roc_auc(Y, p):.4f}"
    curve = _thin(rates["false_positive_rate"], rates["recall"])
    ax.plot(*curve, color=BLUE, label=area)
    ax.plot([0, 1], [0, 1], color=GREY, ls=":", lw=1, label="knows nothing")
    x, y = point["false_positive_rate"], point["recall"]
    ax.plot(x, y, **THRESHOLD, label=f"threshold {t:.3g}")
    _name_all(ax, "lower right")
    alt = (
        f"ROC curve with area {roc_auc(Y, p):.4f}. The threshold {t:.3g} gives a false "
        f"positive rate of {x:.3f} and a recall of {y:.3f}."
        + _behind_in_words(bands, [roc_auc(Y, other) for other in seeds])
    )
    return Picture("roc", figure, alt)


@styled
def precision_recall(
    Y: Array,
    p: Array,
    t: float,
    bands: pd.DataFrame | None = None,
    seeds: Sequence[Array] = (),
) -> Picture:
    """Draw precision against recall, with the threshold's point; arguments as `roc`."""
    figure, ax = axes("recall", "precision", "Precision-recall curve")
    rates = _rates(Y, p)
    point = count_metrics(*confusion_matrix(Y, threshold.predict(p, t)).ravel())
    share = float(np.mean(np.ravel(Y) == 1))
    _behind(ax, bands, "pr", Y, seeds, ("recall", "precision"))
    ax.step(  # between two thresholds there is none: no line may promise it
        *_thin(rates["recall"][1:], rates["precision"][1:]),
        where="pre",
        color=BLUE,
        label=f"average precision {average_precision(Y, p):.4f}",
    )
    ax.axhline(share, color=GREY, ls=":", lw=1, label="knows nothing")
    x, y = point["recall"], point["precision"]
    ax.plot(x, y, **THRESHOLD, label=f"threshold {t:.3g}")
    ax.set(xlim=(-0.02, 1.02), ylim=(0, 1.02))
    _name_all(ax, "upper right")
    here = f"recall {x:.3f}" + (f" and precision {y:.3f}" if np.isfinite(y) else "")
    alt = (
        f"Precision against recall; average precision {average_precision(Y, p):.4f}, "
        f"where a ranking that knows nothing has {share:.4f}. The threshold {t:.3g} "
        f"gives {here}."
        + _behind_in_words(bands, [average_precision(Y, other) for other in seeds])
    )
    return Picture("precision_recall", figure, alt)


def _rates(Y: Array, p: Array) -> dict[str, Array]:
    c = threshold.candidates(Y, p)
    return count_metrics(c.tn, c.fp, c.fn, c.tp)


def _behind(
    ax: Axes,
    bands: pd.DataFrame | None,
    curve: str,
    Y: Array,
    seeds: Sequence[Array],
    names: tuple[str, str],
) -> None:
    """Draw what a curve could have been: on another test set, from another seed."""
    if bands is not None:
        low, high = bands[f"{curve}_low"], bands[f"{curve}_high"]
        name = "95% band, pointwise"
        ax.fill_between(bands["x"], low, high, color=BLUE, alpha=0.25, lw=0, label=name)
    for i, p in enumerate(seeds):
        rates = _rates(Y, p)
        label = None if i else "other seeds"
        x, y = _thin(*(rates[name][1:] for name in names))
        ax.plot(x, y, color=GREEN, lw=0.8, alpha=0.7, label=label)


def _name_all(ax: Axes, corner: Literal["lower right", "upper right"]) -> None:
    """Name lines beside themselves, and a band, which has no one place, in a corner."""
    if ax.collections:
        bands = list(ax.collections)
        ax.legend(bands, [str(band.get_label()) for band in bands], loc=corner)
    name_lines(ax)


def _behind_in_words(bands: pd.DataFrame | None, areas: list[float]) -> str:
    in_words = "" if bands is None else " A band shows 95% intervals point by point."
    if areas:
        in_words += f" Other seeds: areas {min(areas):.4f} to {max(areas):.4f}."
    return in_words


@styled
def cost_curve(Y: Array, p: Array, marks: dict[str, float]) -> Picture:
    """Draw the cost of thresholds against the positives' share of what is at stake.

    A point of the horizontal axis stands for a prevalence and a pair of costs; each
    threshold is a straight line, and the best of all thresholds their lower envelope
    (Drummond and Holte 2006).

    Parameters
    ----------
    Y, p : array, m labels and m probabilities
    marks : dict of float
        Up to three thresholds whose lines are drawn.
    """
    c = threshold.candidates(Y, p)
    x = np.linspace(0, 1, 201)

    def cost(fp: Array, fn: Array) -> Array:  # normalised: 1 is the worst
        return np.outer(fn / c.tp[-1], x) + np.outer(fp / c.fp[-1], 1 - x)

    figure, ax = axes(
        "positives' share of what is at stake",
        "cost, as a share of the worst",
        "Cost curve",
    )
    ax.plot(x, np.minimum(x, 1 - x), color=GREY, ls=":", label="constant answers")
    styles = ("--", "-.", (0, (6, 1, 1, 1, 1, 1)))
    highest = 0.58
    for (label, t), style in zip(marks.items(), styles, strict=False):
        (_, fp), (fn, _) = confusion_matrix(Y, threshold.predict(p, t))
        line = cost(np.atleast_1d(fp), np.atleast_1d(fn))[0]
        ax.plot(x, line, color=GREY, ls=style, lw=1.5, label=f"{label}: {t:.3f}")
        highest = max(highest, line.max())
    thin = _thin(c.fp, c.fn, most=5000)
    best = cost(*thin).min(axis=0)
    ax.plot(x, best, color=BLUE, lw=2.5, label="best threshold")
    ax.set(xlim=(0, 1), ylim=(0, 1.03 * highest))
    name_lines(ax)
    gain = np.minimum(x, 1 - x) - best
    alt = (
        "Cost, as a share of the worst, against the positives' share of what is at "
        f"stake. The best threshold saves at most {gain.max():.3f} against a constant "
        f"answer, at a share of {x[gain.argmax()]:.2f}; straight lines are single "
        "thresholds."
    )
    return Picture("cost_curve", figure, alt)


@styled
def rules(
    train: tuple[Array, Array], test: tuple[Array, Array], marks: dict[str, float]
) -> Picture:
    """Draw what each rule looks at against the threshold, on training and test rows.

    Parameters
    ----------
    train, test : tuple of array (Y, p)
        Labels and probabilities.
    marks : dict of float
        Up to eight rules of `threshold.aim`, and the threshold that each chose.
    """
    figure = Figure(figsize=(5.6, 7.6))
    panels = figure.subplots(4, 2, sharex=True).ravel()
    wide: dict[str, Any] = {"color": GREY, "alpha": 0.35, "lw": 5}
    thin: dict[str, Any] = {"color": "black", "ls": "--", "lw": 1.2}
    sides = [
        (label, threshold.candidates(*rows), look)
        for label, rows, look in (("training", train, wide), ("test", test, thin))
    ]
    right = 1.05 * max(*marks.values(), np.quantile(train[1], 0.999))
    for ax, (rule, t) in zip(panels, marks.items(), strict=False):
        for label, c, look in sides:
            name, values = threshold.aim(rule, c)
            ax.plot(*_thin(c.t, values), label=label, **look)
        ax.axvline(t, color="black", ls=":", lw=1.5, label="chosen")
        ax.set(xlim=(0, right), ylabel=name)
        ax.set_title(f"{rule}: {t:.3f}", fontsize=10)
    for ax in panels[len(marks) :]:
        ax.set_axis_off()
    for ax in panels[-2:]:
        ax.set_xlabel("threshold")
    names = panels[0].get_legend_handles_labels()
    figure.legend(*names, loc="outside lower center", ncols=3)
    chosen = ", ".join(f"{rule} at {t:.3f}" for rule, t in marks.items())
    alt = (
        "Small panels, one a rule: what the rule looks at against the threshold, on "
        f"training and test rows, with the threshold chosen: {chosen}."
    )
    return Picture("rules", figure, alt)


@styled
def measures_by_threshold(Y: Array, p: Array, marks: dict[str, float]) -> Picture:
    """Draw precision, recall and F1 against the threshold, with thresholds marked."""
    c = threshold.candidates(Y, p)
    rates = count_metrics(c.tn, c.fp, c.fn, c.tp)
    figure, ax = axes("threshold", "precision, recall, F1", size=(5.6, 4.8))
    looks = (("recall", BLUE, "-"), ("precision", PURPLE, "--"), ("f1", GREEN, "-."))
    for name, colour, style in looks:
        label = "F1" if name == "f1" else name
        ax.plot(*_thin(c.t, rates[name]), color=colour, ls=style, label=label)
    ax.set(xlim=(0, 1.05 * max(c.t[1], *marks.values())), ylim=(0, 1.02))
    placed = _mark(figure, ax, marks, "What each threshold would give")
    name_lines(ax)
    alt = (
        "Precision, recall and F1 against the threshold. Recall falls from 1 as the "
        f"threshold rises; precision starts at the prevalence. Marked: {placed}."
    )
    return Picture("measures_by_threshold", figure, alt)


def bin_sizes(p: Array, bins: int) -> Array:
    """Count the rows of each bin that ``calibration_curve`` cuts at quantiles."""
    edges = np.quantile(p, np.linspace(0, 1, bins + 1))
    sizes = np.bincount(np.searchsorted(edges[1:-1], np.ravel(p)))
    return sizes[sizes > 0]


def share_interval(share: float, n: int) -> tuple[float, float]:
    """Bound a share of n rows, at 95% (Wilson 1927)."""
    found = binomtest(round(share * n), int(n)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


@styled
def reliability(Y: Array, predictions: dict[str, Array]) -> Picture:
    """Draw observed frequency against predicted probability, in bins.

    Bins are cut at quantiles of the predictions: ten, or fewer where they would hold
    less than twenty rows. Equal predictions stay together, so bins need not be of equal
    size; each has its own 95% interval (Wilson 1927).

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
    bins = int(np.clip(np.size(Y) // 20, 2, 10))
    top = 0.0
    in_words = []
    # The third may lie on the first: it is open, larger and beneath, to be seen around.
    large = {"mfc": "none", "ms": 12, "mew": 1.5, "zorder": 1.8}
    looks: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        (BLUE, "o", "-", {}),
        (PURPLE, "s", "--", {}),
        (GREEN, "^", "-.", large),
    )
    for (name, p), (colour, marker, style, size) in zip(
        predictions.items(), looks, strict=False
    ):
        observed, predicted = calibration_curve(
            np.ravel(Y), np.ravel(p), n_bins=bins, strategy="quantile"
        )
        sizes = bin_sizes(p, bins)
        ends = np.array([*map(share_interval, observed, sizes)]).T
        lengths = np.abs(ends - observed)
        ax.plot(predicted, observed, marker, ls=style, color=colour, label=name, **size)
        bars: dict[str, Any] = {"ecolor": colour, "lw": 1, "zorder": size.get("zorder")}
        ax.errorbar(predicted, observed, lengths, fmt="none", **bars)
        top = max(top, predicted.max(), observed.max())
        worst = np.abs(observed - predicted).max()
        off = np.sum((predicted < ends[0]) | (predicted > ends[1]))
        in_words.append(
            f"{name} is off by at most {worst:.3f} in any bin; the diagonal misses the "
            f"intervals of {off} of {len(sizes)} bins"
        )
    top = min(1.0, 1.1 * top)
    ax.plot([0, top], [0, top], color=GREY, ls=":", lw=1, label="perfect")
    ax.set(xlim=(0, top), ylim=(0, top))
    name_lines(ax)
    alt = "Reliability diagram against the diagonal. " + "; ".join(in_words) + "."
    return Picture("reliability", figure, alt)


def look_of(i: int) -> dict[str, Any]:
    """Give colour and marker of the cloud with this number, of up to six."""
    return {"color": COLOURS[i], "marker": "os^DvP"[i]}


@styled
def plane(
    clouds: dict[str, tuple[Array, Array]],
    curves: dict[str, tuple[Array, Array]],
    point: tuple[float, float],
    error: tuple[float, float],
    name: str,
    title: str,
    window: float | None = None,
    looks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Picture:
    """Draw false positive rates against recalls: clouds of runs around one point.

    Where clouds lie on each other, the first is on top, what is open hides little, and
    each further one has larger marks, to be seen around those before it.

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
    looks : mapping, optional
        Of clouds, where another picture has given them theirs; else `look_of` each,
        small and open.
    """
    figure, ax = axes(
        "false positive rate", "recall (true positive rate)", title, (5.6, 6.2)
    )
    styles = ("-", "--", "-.", ":")
    for (label, (x, y)), style in zip(curves.items(), styles, strict=False):
        ax.plot(x, y, color=GREY, ls=style, lw=1, label=f"ROC curve, {label}")
    for i, (label, (x, y)) in enumerate(clouds.items()):
        size = (4 + 1.2 * i) * (0.75 if look_of(i)["marker"] == "D" else 1)
        own = look_of(i) | {"ms": size, "mfc": "none"}
        look = (looks or {}).get(label) or own
        order = 3 - i / 10  # the first on top, all over the ellipse from close by
        ax.plot(x, y, label=label, zorder=order, **{"ls": "", "ms": 5, **look})
    reach = np.sqrt(-2 * np.log(0.05))  # holds 95% of a normal law in the plane
    radii = reach * error[0], reach * error[1]
    _ellipse(ax, point, radii, "the printed table", is_small=window is None)
    if window:
        ax.set(xlim=(point[0] - window, point[0] + window))
        ax.set(ylim=(point[1] - window, point[1] + window))
    columns = 2 if max(map(len, clouds)) < 30 else 1
    in_view = [line for line in ax.lines if _is_in_view(ax, line)]
    figure.legend(
        handles=[line for line in in_view if not str(line.get_label()).startswith("_")],
        loc="outside lower center",
        ncols=columns,
        fontsize=9,
    )
    middle = [
        f"{label} at ({np.median(x):.3f}, {np.median(y):.3f})"
        for label, (x, y) in clouds.items()
    ]
    alt = (
        f"False positive rate against recall. The printed table is at ({point[0]:.3f}, "
        f"{point[1]:.3f}). Medians of the clouds: " + "; ".join(middle) + "."
    )
    return Picture(name, figure, alt)


def _is_in_view(ax: Axes, line: Line2D) -> bool:
    """Say whether any part of a line, or of its marks, lies within the axes' limits."""
    path = line.get_path()
    if line.get_linestyle() != "None":
        return path.intersects_bbox(ax.viewLim, filled=False)
    return any(ax.viewLim.contains(x, y) for x, y in np.asarray(path.vertices))


def _ellipse(
    ax: Axes,
    middle: tuple[float, float],
    radii: tuple[float, float],
    name: str,
    is_small: bool,
) -> None:
    """Draw an ellipse, with an arrow to its lower right that does not cover it.

    A small one lies over all else, with a halo, so that no mark hides it. From close by
    it lies behind the marks: it matters on which side of it each of them is.
    """
    angle = np.linspace(0, 2 * np.pi, 100)
    x, y = middle[0] + radii[0] * np.cos(angle), middle[1] + radii[1] * np.sin(angle)
    halo = [withStroke(linewidth=4, foreground="white")] if is_small else []
    order = 5 if is_small else 1.9  # marks have 2
    ax.plot(x, y, color="black", lw=1.5, zorder=order, path_effects=halo)
    ax.annotate(
        name,
        (middle[0] + radii[0] * np.sqrt(0.5), middle[1] - radii[1] * np.sqrt(0.5)),
        xytext=(0.97, 0.05),
        textcoords="axes fraction",
        ha="right",
        arrowprops={"arrowstyle": "->", "shrinkB": 3},
        zorder=5,
    )


@styled
def side_by_side(
    table: pd.DataFrame,
    panels: dict[str, str],
    ours: Collection[str],
    name: str,
    title: str,
) -> Picture:
    """Draw models below each other, a panel for each of some metrics.

    Parameters
    ----------
    table : DataFrame
        A row for each ``model`` of a ``group``, in the order to draw. Each metric has a
        column of its name, and the ends of its interval in ``_low`` and ``_high``: of
        the mean over splits, not the mean of each split's ends.
    panels : dict of str
        The metrics' columns, and what to call them.
    ours : collection of str
        The models to stand out.
    """
    means = table.set_index(["group", "model"])
    heading = ~means.index.get_level_values("group").duplicated()
    y = -np.cumsum(1 + heading).astype(float)  # room for each group's name
    figure = Figure(figsize=(PHONE[0], 1.1 - 0.27 * y[-1]))
    figure.suptitle(title, fontsize=12)
    pair = figure.subplots(1, len(panels), sharey=True)
    for ax, (metric, label) in zip(pair, panels.items(), strict=True):
        for place, (key, row) in zip(y, means.iterrows(), strict=True):
            (colour, marker) = (BLUE, "D") if key[1] in ours else (GREY, "o")
            ends = row[f"{metric}_low"], row[f"{metric}_high"]
            # An interval may be shorter than its mark: it is seen through it.
            ax.plot(ends, [place, place], color=colour, zorder=3)
            ax.plot(row[metric], place, marker, color=colour, mfc="white", ms=6)
        ax.set(xlabel=label)
        ax.grid(axis="y", visible=False)
    pair[0].set_yticks(y, means.index.get_level_values("model"), fontsize=10)
    where = pair[0].get_yaxis_transform()
    for place, group in zip(y[heading] + 1, means.index[heading], strict=True):
        pair[0].text(-0.05, place, group[0], transform=where, ha="right", va="center")
        pair[0].texts[-1].set_weight("bold")
    in_words = [
        f"{model} ({group}) " + ", ".join(f"{row[m]:.3f}" for m in panels)
        for (group, model), row in means.iterrows()
    ]
    alt = f"{title}: {', '.join(panels.values())}. From the top: {'; '.join(in_words)}."
    return Picture(name, figure, alt)
