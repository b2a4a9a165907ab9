"""Dead units and silent layers: when they come, and what helps.

Always on the simulated clinic, so that anybody can repeat it: the report's training
job, with one thing changed at a time. A row of the table is one trained network. The
seed sets its first weights and its batches; the split is the same for all.
"""

from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np

from lopsided.lesson import metrics
from lopsided.lesson.network import Array, Network, forward, initialise, predict_proba
from lopsided.lesson.training import History, train
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Cells, Row
from lopsided.table.dataset import Dataset, load

SEEDS = range(10)
EPOCHS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 400)  # when to look; 0: before the first

#: The report's network and job, He's first weights; what is not named below is usual.
USUAL = {"hidden_units": "40 3", "scheme": "he", "bias": "0", "learning_rate": "0.01"}
CHANGES = (
    {},
    *({"scheme": scheme} for scheme in ("xavier", "small")),
    {"bias": "0.1"},  # of the hidden layers, at the start
    *({"hidden_units": f"40 {width}"} for width in (6, 10)),
    *({"learning_rate": rate} for rate in ("0.003", "0.03", "0.1", "1")),
    *({"hidden_units": "3 3"} | more for more in ({}, {"scheme": "xavier"})),
    {"hidden_units": "3 3", "bias": "0.1"},
)


def rows(data: str) -> list[Row]:
    """List the trainings, seed by seed: what is done first is a whole comparison.

    ``data`` has no part in it.
    """
    named = [
        USUAL | change | {"seed": str(seed)} for seed, change in product(SEEDS, CHANGES)
    ]
    return [Row(settings, partial(measure, settings)) for settings in named]


def measure(settings: Cells, epochs: int = EPOCHS[-1]) -> Cells:
    """Train one network and count, as it learns, what is dead and what is silent.

    Returns
    -------
    dict
        ``dead_E`` after E epochs: units that are off for every training row, in all
        hidden layers. ``silent_E``: test rows for which all units of some hidden layer
        are off. At the end the ties: ``largest_tie``, the most test rows that share a
        prediction, and ``predictions``, how many differ; and, as what cannot be helped,
        ``most_equal_rows`` and ``different_rows`` of the features.
    """
    dataset = _dataset()
    X, Y = dataset.X_train, dataset.Y_train
    hidden = [int(width) for width in settings["hidden_units"].split()]
    rng = np.random.default_rng(int(settings["seed"]))
    network = initialise([len(X), *hidden, 1], rng, settings["scheme"])
    for l in range(1, network.L):
        network.b[l][:] = float(settings["bias"])
    row: dict[str, Any] = {}

    def look(epoch: int, _: History) -> None:
        if epoch + 1 in EPOCHS:
            row[f"dead_{epoch + 1}"] = dead(network, X)
            row[f"silent_{epoch + 1}"] = silent(network, dataset.X_test)

    look(-1, History())
    rate = float(settings["learning_rate"])
    one = np.ones_like(Y)
    train(
        network,
        X,
        Y,
        one,
        rng,
        epochs=epochs,
        initial_learning_rate=rate,
        on_epoch=look,
    )
    p = predict_proba(network, dataset.X_test)
    ties = np.unique(p, return_counts=True)[1]
    row |= {"n_test": p.size, "largest_tie": ties.max(), "predictions": ties.size}
    row |= {
        "most_equal_rows": _equal_rows().max(),
        "different_rows": _equal_rows().size,
    }
    row["roc_auc"] = f"{metrics.roc_auc(dataset.Y_test, p):.6f}"
    return {name: str(value) for name, value in row.items()}


def dead(network: Network, X: Array) -> int:
    """Count the hidden units that are off for every row."""
    Z = forward(network, X).Z
    return sum(int(np.sum((Z[l] <= 0).all(axis=1))) for l in range(1, network.L))


def silent(network: Network, X: Array) -> int:
    """Count the rows for which every unit of some hidden layer is off."""
    Z = forward(network, X).Z
    layers = [(Z[l] <= 0).all(axis=0) for l in range(1, network.L)]
    return int(np.any(layers, axis=0).sum())


@lru_cache(maxsize=1)
def _dataset() -> Dataset:
    return load(Parameters())


@lru_cache(maxsize=1)
def _equal_rows() -> Array:
    """Count the test rows of each different line of features."""
    return np.unique(_dataset().X_test, axis=1, return_counts=True)[1]
