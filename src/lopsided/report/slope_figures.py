"""Pictures of slopes: of two losses, of a step downhill, of two gradients.

A lesson computes, and hands over what it computed; nothing here is needed to follow it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from lopsided.lesson.network import Array, sigmoid
from lopsided.report.display import BLUE, GREEN, GREY, PURPLE, Picture, axes, styled
from lopsided.report.lesson_drawings import number


@styled
def two_losses(said: float) -> Picture:
    """Draw what a positive loses, by its logit, under two losses, each with a tangent.

    Parameters
    ----------
    said : float
        The prediction at which the tangents touch.
    """
    z, at = np.linspace(-6, 3, 181), float(np.log(said / (1 - said)))
    title = "What a positive loses, and how steeply"
    figure, ax = axes("logit z", "loss", title, (5.6, 3.6))
    losses = {
        "cross-entropy": (np.logaddexp(0, -z), -np.log(said), said - 1, BLUE, "-"),
        "squared error": (
            (sigmoid(z) - 1) ** 2 / 2,
            (said - 1) ** 2 / 2,
            (said - 1) * said * (1 - said),
            GREEN,
            "--",
        ),
    }
    near = np.array([at - 1.2, at + 1.2])
    told = []
    for name, (loss, here, slope, colour, dashes) in losses.items():
        ax.plot(z, loss, color=colour, ls=dashes)
        ax.plot(near, here + slope * (near - at), color="black", lw=1.2)
        ax.plot([at], [here], "o", color="black", ms=7)
        text = f"{name}: slope {number(slope, 4)}"
        beside = (10, 8) if here > 1 else (-60, 8)
        ax.annotate(text, (at, here), beside, textcoords="offset points", color=colour)
        told.append(f"{name} has the slope {number(slope, 4)}")
    ax.set(ylim=(-0.3, 6.5))
    alt = (
        "Two losses of a positive over its logit. Far to the left, the cross-entropy "
        "is a steady slope and the squared error a flat line. Where the prediction is "
        f"{said:g}, the {' and the '.join(told)}."
    )
    return Picture("two_losses", figure, alt)


@styled
def tangent(
    loss: Callable[[float], float], at: float, derivative: float, step: float, name: str
) -> Picture:
    """Draw the loss over one parameter, its tangent, and one step down.

    Parameters
    ----------
    loss : callable
        Of the parameter, all others kept.
    at, derivative : float
        Where the tangent touches, and its slope.
    step : float
        Where the parameter goes: to ``at + step``.
    name : str
        The parameter's.
    """
    x = np.linspace(at - 2.5, at + 1.5, 121)
    figure, ax = axes(name, "loss", f"The loss over {name}, all else kept", (5.6, 3.4))
    ax.plot(x, [loss(v) for v in x], color=BLUE)
    near = np.array([at - 1.3, at + 1.2])
    ax.plot(near, loss(at) + derivative * (near - at), color=GREEN, ls="--")
    ax.annotate(
        "loss",
        (x[-1], loss(x[-1])),
        (-10, 0),
        textcoords="offset points",
        color=BLUE,
        ha="right",
        va="top",
    )
    ax.annotate(
        f"tangent, slope {derivative:.3f}",
        (near[0], loss(at) + derivative * (near[0] - at)),
        (12, 0),
        textcoords="offset points",
        color=GREEN,
        va="center",
    )
    ax.plot([at], [loss(at)], "o", color="black", ms=8)
    ax.plot([at + step], [loss(at + step)], "s", color="black", ms=7)
    ax.annotate("before", (at, loss(at)), (8, -12), textcoords="offset points")
    ax.annotate(
        "after",
        (at + step, loss(at + step)),
        (-10, 8),
        ha="right",
        textcoords="offset points",
    )
    alt = (
        f"The loss bends gently upwards over {name}. At {at:.3g} it is {loss(at):.3f} "
        f"and its tangent has slope {derivative:.3f}; a step to {at + step:.3g} lowers "
        f"it to {loss(at + step):.3f}."
    )
    return Picture("tangent", figure, alt)


@styled
def chord(below: float, above: float) -> Picture:
    """Draw the loss of a positive over the logit, and a chord of that curve.

    Parameters
    ----------
    below, above : float
        Two logits, rising.
    """
    z = np.linspace(1.6 * below, 1.6 * above, 161)
    figure, ax = axes("logit z", "loss of a positive", "", (5.6, 3.5))
    ax.plot(z, np.logaddexp(0, -z), color=BLUE)
    ends = np.array([below, above])
    lost = np.logaddexp(0, -ends)
    ax.plot(ends, lost, "o-", color="black", ms=6, lw=1.5)
    middle, mean = float(ends.mean()), float(lost.mean())
    curve = float(np.logaddexp(0, -middle))
    ax.plot([middle, middle], [curve, mean], color="black", ls=":", lw=1.2)
    ax.plot(middle, mean, "s", color="black", ms=7)
    ax.plot(middle, curve, "D", color=BLUE, ms=7)
    beside: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    ax.annotate(f"mean of the losses {mean:.2f}", (middle, mean), (12, 8), **beside)
    words = f"loss of the mean logit {curve:.2f}"
    beside |= {"color": BLUE, "ha": "right"}
    ax.annotate(words, (middle, curve), (-10, -12), **beside)
    for at, loss in zip(ends, lost, strict=True):
        ax.annotate(
            f"{loss:.2f}", (at, loss), (6, 8), textcoords="offset points", ha="left"
        )
    ax.set_ylim(bottom=0)
    alt = (
        "The loss of a positive falls over the logit and bends upwards. A straight "
        f"line joins two of its points, {lost[0]:.2f} at {below:g} and {lost[1]:.2f} "
        f"at {above:g}. At its middle it stands at {mean:.2f}, and the curve below it "
        f"at {curve:.2f}."
    )
    return Picture("chord", figure, alt)


@styled
def directions(plain: Array, weighted: Array) -> Picture:
    """Draw the directions of two gradients, in the plane in which both lie.

    Parameters
    ----------
    plain, weighted : array, shape (n,)
        Without a weight, which lies along the first axis, and with one.
    """
    along = float(plain @ weighted / np.linalg.norm(plain) / np.linalg.norm(weighted))
    across = float(np.sqrt(max(0, 1 - along**2)))
    figure, ax = axes(
        "along the gradient without a weight",
        "across it",
        "Two gradients, each drawn with length 1",
        (5.6, 4.3),
    )
    ax.axvspan(0, 1.3, color=GREY, alpha=0.12, lw=0)
    half = "small steps this way\nraise the plain loss"
    ax.text(1.27, 1.2, half, ha="right", va="top")
    for name, end, colour, style, beside, ha in (
        ("no weight", (1.0, 0.0), BLUE, "-", (0, 8), "right"),
        ("weight on positives", (along, across), PURPLE, "-", (0, 6), "center"),
        (
            "a step against it",
            (-along / 2, -across / 2),
            PURPLE,
            "--",
            (0, -5),
            "center",
        ),
    ):
        look = {"arrowstyle": "-|>", "color": colour, "lw": 2, "ls": style}
        look |= {"shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
        ax.annotate("", end, (0, 0), arrowprops=look)
        va = "bottom" if beside[1] > 0 else "top"
        ax.annotate(
            name,
            end,
            beside,
            textcoords="offset points",
            color=colour,
            ha=ha,
            va=va,
        )
    ax.plot([along, along], [across, 0], color="black", ls=":", lw=1.2)
    ax.plot([along], [0], "o", color="black", ms=6)
    ax.annotate(
        f"cosine {number(along)}",
        (along, 0),
        (9, -9),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    ax.set(xlim=(-1.3, 1.3), ylim=(-0.75, 1.25), aspect="equal")
    alt = (
        "Two arrows of length 1 from one point. The gradient without a weight points "
        "to the right. The one with a weight on positives ends "
        f"{number(along)} along it: their cosine. The right half is shaded: steps into "
        "it raise the plain loss. A dashed arrow, a step against the weighted one, "
        f"ends in the {'shaded' if along < 0 else 'other'} half."
    )
    return Picture("directions", figure, alt)
