"""Do the intervals hold what they promise? A check where the truth is known.

A nominal 95 % interval should hold the truth on 95 of 100 test sets. One network, the
report's, is trained once on the simulated clinic. Ten million simulated appointments
that it never met are the population: what a metric is on them is its truth. Test sets
are drawn from it row by row, as large as the run's own and with its class counts, and
each gets its intervals from the bootstrap of every run. A row of the table is a batch
of test sets.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from sklearn import metrics as reference

from lopsided.lesson.network import Array, predict_proba
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Cells, Row
from lopsided.report import experiment
from lopsided.report.intervals import bootstrap, interval
from lopsided.table import appointments, simulate
from lopsided.table.dataset import load

BATCHES = range(40)
SIZES = {"test_sets": "50", "resamples": "2000", "population": "10000000"}
CHUNK = 500_000  # rows simulated at once; bounds the memory

# The truth is scikit-learn's, so that a mistake in our own metrics shows here too.
SCORES = {
    "roc_auc": reference.roc_auc_score,
    "average_precision": reference.average_precision_score,
    "log_loss": reference.log_loss,
    "brier": reference.brier_score_loss,
}
RATES = {  # these need a threshold
    "accuracy": reference.accuracy_score,
    "f1": reference.f1_score,
    "precision": reference.precision_score,
    "recall": reference.recall_score,
    "false_positive_rate": lambda Y, flagged, **weight: (
        1 - reference.recall_score(Y, flagged, pos_label=0, **weight)
    ),
}


@dataclass(frozen=True)
class Population:
    """All that test sets can be drawn from.

    Attributes
    ----------
    classes : tuple of array
        The predictions of the negatives, and of the positives.
    sizes : tuple of int
        How many of each a test set has.
    thresholds : dict of float
        By the names that columns call them.
    """

    classes: tuple[Array, Array]
    sizes: tuple[int, int]
    thresholds: dict[str, float]

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw the labels and predictions of a test set."""
        parts = zip(self.classes, self.sizes, strict=True)
        p = [c[rng.integers(0, len(c), size)] for c, size in parts]
        return np.repeat([0, 1], self.sizes), np.concatenate(p)

    def truth(self) -> dict[str, float]:
        """Compute every metric on the whole, its classes mixed as in a test set.

        Returns
        -------
        dict
            By names such as ``"roc_auc"`` and ``"precision_at_0.18"``.
        """
        counted = [np.unique(p, return_counts=True) for p in self.classes]
        p = np.concatenate([values for values, _ in counted])
        Y = np.repeat([0, 1], [len(values) for values, _ in counted])
        weights = [
            size * count / count.sum()
            for size, (_, count) in zip(self.sizes, counted, strict=True)
        ]
        weight = {"sample_weight": np.concatenate(weights)}
        found = {name: float(score(Y, p, **weight)) for name, score in SCORES.items()}
        for at, t in self.thresholds.items():
            for name, rate in RATES.items():
                found[f"{name}_at_{at}"] = float(rate(Y, p >= t, **weight))
        return found


def rows(data: str) -> list[Row]:
    """List the batches of test sets, each with random numbers of its own.

    ``data`` has no part in it: nobody knows the truth of a real table.
    """
    named = [{"batch": str(batch)} | SIZES for batch in BATCHES]
    return [Row(settings, partial(measure, settings)) for settings in named]


def measure(settings: Cells) -> Cells:
    """Draw a batch of test sets, and count which of their intervals miss the truth.

    Returns
    -------
    dict
        ``negatives`` and ``positives`` of each test set. For each metric its
        ``_truth``, and how many intervals lie ``_below`` and ``_above`` it.
    """
    names = ("batch", "test_sets", "resamples", "population")
    batch, test_sets, resamples, rows = (int(settings[name]) for name in names)
    population, truth = clinic(rows)
    seeds = [[batch, k] for k in range(test_sets)]
    below, above = misses(population, truth, seeds, resamples)
    found: dict[str, Any] = dict(
        zip(("negatives", "positives"), population.sizes, strict=True)
    )
    for name, true in truth.items():
        found[f"{name}_truth"] = f"{true:.6f}"
        found |= {f"{name}_below": below[name], f"{name}_above": above[name]}
    return {name: str(value) for name, value in found.items()}


def misses(
    population: Population,
    truth: dict[str, float],
    seeds: list[list[int]],
    resamples: int,
) -> tuple[dict[str, int], dict[str, int]]:
    """Count the intervals that miss the truth, over one test set for each seed.

    Returns
    -------
    below, above : dict of int
        How many lie wholly on that side of it, for each name in ``truth``.
    """
    below, above = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    at = [*population.thresholds]
    for seed in seeds:
        rng = np.random.default_rng(seed)
        Y, p = population.draw(rng)
        models = [(p, t) for t in population.thresholds.values()]
        draws = bootstrap(Y, models, resamples, rng)
        for name, true in truth.items():
            metric, _, threshold = name.partition("_at_")
            model = at.index(threshold) if threshold else 0
            low, high = interval(draws[model][metric])
            below[name] += high < true
            above[name] += low > true
    return below, above


@lru_cache(maxsize=1)
def clinic(rows: int) -> tuple[Population, dict[str, float]]:
    """Train the report's network, and let it predict appointments that it never met.

    Returns
    -------
    population : Population
        With the report's two thresholds, the prevalence, and one that few rows reach.
    truth : dict of float
    """
    dataset = load(Parameters())
    network = experiment.fit(dataset.parameters, dataset).network
    predicted, missed = [], []
    for seed, start in enumerate(range(0, rows, CHUNK), start=1):  # 0 is the run's own
        table, _ = simulate.clinic(min(CHUNK, rows - start), seed)
        X = dataset.recipe.apply(appointments.prepared(table))
        predicted.append(predict_proba(network, X)[0])
        missed.append((table["No-show"] == "Yes").to_numpy())
    p, no_show = np.concatenate(predicted), np.concatenate(missed)
    prevalence = float(dataset.Y_train.mean())
    population = Population(
        (p[~no_show], p[no_show]),
        (int(np.sum(dataset.Y_test == 0)), int(np.sum(dataset.Y_test == 1))),
        {"0.18": 0.18, "prevalence": prevalence, "0.205": 0.205, "0.35": 0.35},
    )
    return population, population.truth()
