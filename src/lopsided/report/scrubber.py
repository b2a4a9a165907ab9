"""Training to play with: the toy world, epoch by epoch, at any threshold.

`show` puts it into a notebook's output, as `explorer` does: one element of HTML that
needs no kernel and no network. It carries the toy world's points, and the parameters
of a few small networks at some of their epochs. ``scrubber.js`` passes the points and
the plane forward through them: it is the twin of `lesson.network.forward` and
`lesson.loss.objective`, held equal by a test. Without its script it is a table.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lopsided.lesson import toy
from lopsided.lesson.loss import class_weights, objective
from lopsided.lesson.metrics import confusion_matrix
from lopsided.lesson.network import (
    Array,
    Network,
    initialise,
    predict_logits,
    sigmoid,
)
from lopsided.lesson.training import train
from lopsided.report.display import send
from lopsided.report.explorer import asset
from lopsided.report.explorer_drawing import sign

#: Of the networks.
LAYERS = (2, 8, 1)
WEIGHTS = (1.0, 2.0, 4.0, 8.0)
EPOCHS = 400
PLAN = {"batch_size": 40, "initial_learning_rate": 0.1, "final_learning_rate": 0.01}
STOPS = 40  # how many epochs are kept, closer together in the beginning
#: Of the numbers that are carried.
DIGITS = 4


@dataclass(frozen=True)
class Film:
    """Networks while they learn.

    Attributes
    ----------
    X : array, shape (2, m)
    Y : array, shape (1, m)
    epochs : list of int
        After how many epochs each picture is taken; the first is 0.
    thetas : dict of list of array
        For each class weight, the parameters at these epochs.
    """

    X: Array
    Y: Array
    epochs: list[int]
    thetas: Mapping[float, list[Array]]

    def logits(self, w: float, stop: int) -> Array:
        """Compute the logits of all points, shape (1, m)."""
        return predict_logits(Network(LAYERS, self.thetas[w][stop]), self.X)

    def loss(self, w: float, stop: int) -> float:
        """Compute what training with weight ``w`` descends."""
        weight = class_weights(self.Y, "positive", w)
        return objective(self.logits(w, stop), self.Y, weight)

    def counts(self, w: float, stop: int, t: float) -> Array:
        """Count the four outcomes at a threshold: ``[[tn, fp], [fn, tp]]``."""
        return confusion_matrix(self.Y, sigmoid(self.logits(w, stop)) >= t)


def film(weights: Sequence[float] = WEIGHTS, epochs: int = EPOCHS) -> Film:
    """Train a network of `LAYERS` on the toy world for each class weight.

    All start alike and meet the points in the same order. Points and parameters are
    rounded to `DIGITS`, as they are carried, so that whoever computes with them gets
    the same numbers.

    Parameters
    ----------
    weights : sequence of float
    epochs : int

    Returns
    -------
    Film
    """
    X, Y = toy.points(np.random.default_rng(0))
    X = X.round(DIGITS)
    stops = [0, *np.unique(np.geomspace(1, epochs, STOPS).round().astype(int)).tolist()]
    thetas = {}
    for w in weights:
        network = initialise(LAYERS, np.random.default_rng(2))
        kept = [network.theta.round(DIGITS)]

        def keep(
            epoch: int,
            _: object,
            network: Network = network,
            kept: list[Array] = kept,
        ) -> None:
            if epoch + 1 in stops:
                kept.append(network.theta.round(DIGITS))

        weight = class_weights(Y, "positive", w)
        rng = np.random.default_rng(0)
        train(network, X, Y, weight, rng, epochs=epochs, on_epoch=keep, **PLAN)  # type: ignore[arg-type]
        thetas[w] = kept
    return Film(X, Y, stops, thetas)


def table(shown: Film, t: float = 0.5) -> pd.DataFrame:
    """Tabulate loss and counts at some epochs, for each class weight."""
    some = np.unique(np.linspace(0, len(shown.epochs) - 1, 6).astype(int))
    rows = []
    for w in shown.thetas:
        for stop in map(int, some):
            (_, fp), (fn, tp) = shown.counts(w, stop, t)
            rows.append(
                {
                    "class weight": f"{w:g}",
                    "epoch": shown.epochs[stop],
                    "loss, weighted": f"{shown.loss(w, stop):.4f}",
                    "found": tp,
                    "missed": fn,
                    "false alarms": fp,
                }
            )
    return pd.DataFrame(rows).set_index("class weight")


def element(shown: Film) -> str:
    """Write the element that needs no kernel: controls, plane, curve, and a table."""
    carried = {
        "layers": LAYERS,
        "x": shown.X.tolist(),
        "y": shown.Y[0].astype(int).tolist(),
        "epochs": shown.epochs,
        "films": [
            {"w": w, "thetas": [theta.tolist() for theta in kept]}
            for w, kept in shown.thetas.items()
        ],
    }
    data = json.dumps(carried, separators=(",", ":"))  # numbers: no quote, no markup
    last = len(shown.epochs) - 1
    choices = "".join(
        f'<label><input type="radio" name="w" value="{k}"'
        f"{' checked' if not k else ''}>{w:g}</label>"
        for k, w in enumerate(shown.thetas)
    )
    places = "".join(
        f'<tr><th scope="row">{sign(kind)}{label}</th>'
        f'<td><b data-show="{kind}"></b></td></tr>'
        for kind, label in {
            "tp": "positives found",
            "fn": "positives missed",
            "fp": "false alarms",
            "tn": "left alone",
        }.items()
    )
    return f"""<div class="lopsided-live lopsided-scrubber" role="group"
aria-label="Watch a network learn" data-lm-suppress-shortcuts="true"
data-film='{data}'>
<style>
{asset("live.css")}</style>
<form hidden>
<p><button type="button" data-play>Play</button>
<label class="wide">Epoch <strong data-show="epoch"></strong>
<input type="range" name="stop" min="0" max="{last}" value="{last}"></label></p>
<p role="radiogroup" aria-label="Class weight">Class weight {choices}</p>
<label class="wide">Threshold <strong data-show="t"></strong>
<input type="range" name="t" min="0.05" max="0.95" step="0.01" value="0.5"></label>
</form>
<div class="side" hidden><div class="wide">
<canvas width="720" height="720" role="img" aria-label="Points of two classes in a
plane, shaded by what the network predicts there. Triangles are positive, circles
negative. A line surrounds what is called positive, and there they are full."></canvas>
<p class="note"><output>Line: the network says <b data-show="t"></b>.
<span data-twin>Dots: trained without the weight, at the same epoch, it says
<b data-show="same"></b>.</span></output></p>
<p class="note">▲ positive, ● negative; full: called positive. The stronger the blue,
the higher the prediction.
x₁ runs to the right and x₂ upwards, from −3 to 3.</p>
</div><div>
<svg class="loss" viewBox="-46 -12 300 212" role="img" aria-label="The loss over the
epochs. A dot marks the epoch of now."><path class="axes" d="M0 0V150H240"/>
<polyline class="curve" points=""/><circle class="now" r="6"/>
<g class="ticks"></g><text x="120" y="186" text-anchor="middle">epoch (stops evenly
spaced)</text>
<text transform="translate(-34 75) rotate(-90)" text-anchor="middle">loss</text></svg>
<table><tbody><tr><th scope="row">loss, weighted</th>
<td><b data-show="loss"></b></td></tr>{places}</tbody></table>
</div></div>
<details open><summary>As a table</summary>
{table(shown).reset_index().to_html(border=0, index=False)}
</details>
</div>
<script>{asset("scrubber.js")}</script>"""


def show(shown: Film) -> None:
    """Show the element in a notebook; as a script, print its table."""
    send({"text/html": element(shown), "text/plain": table(shown).to_string()})
