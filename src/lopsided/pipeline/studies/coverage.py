"""Do the intervals hold what they promise? A check where the truth is known.

A nominal 95% interval should hold the truth on 95 of 100 test sets. One network, the
report's, is trained once on the simulated clinic. Two million simulated appointments
that it never met are the population: what a metric is on them is its truth. Test sets
are new patients with all their visits, so that class counts vary and rows go together.
Each gets its intervals in all the ways of `resampling`. A row of the table is a batch
of test sets, with one way to draw.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics as reference

from lopsided.engines import predict_proba
from lopsided.lesson.network import Array
from lopsided.parameters import Parameters
from lopsided.pipeline.rows import Cells, Row
from lopsided.pipeline.studies.resampling import DRAWN
from lopsided.report import experiment
from lopsided.report.intervals import bootstrap, interval
from lopsided.table import appointments, simulate
from lopsided.table.dataset import load

BATCHES = range(16)
SIZES = {"test_sets": "25", "patients": "3000"}
SIZES |= {"resamples": "500", "population": "2000000"}
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
    Y, p : array, shape (m,)
        Labels and predictions, patient by patient.
    starts : array of int, shape (n + 1,)
        Where each patient's rows begin; m at the end.
    patients : int
        How many of them a test set has.
    thresholds : dict of float
        By the names that columns call them.
    """

    Y: Array
    p: Array
    starts: Array
    patients: int
    thresholds: dict[str, float]

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """Draw a test set: labels, predictions, and whose each row is."""
        drawn = rng.integers(0, len(self.starts) - 1, self.patients)
        sizes = self.starts[drawn + 1] - self.starts[drawn]
        whose = np.repeat(np.arange(self.patients), sizes)
        first = np.repeat(self.starts[drawn], sizes)
        place = np.arange(len(whose)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = first + place
        return self.Y[rows], self.p[rows], whose

    def truth(self) -> dict[str, float]:
        """Compute every metric on the whole.

        Returns
        -------
        dict
            By names such as ``"roc_auc"`` and ``"precision_at_0.18"``.
        """
        counted = [np.unique(self.p[self.Y == y], return_counts=True) for y in (0, 1)]
        p = np.concatenate([values for values, _ in counted])
        Y = np.repeat([0, 1], [len(values) for values, _ in counted])
        weight = {"sample_weight": np.concatenate([counts for _, counts in counted])}
        truth = {name: float(score(Y, p, **weight)) for name, score in SCORES.items()}
        for at, t in self.thresholds.items():
            for name, rate in RATES.items():
                truth[f"{name}_at_{at}"] = float(rate(Y, p >= t, **weight))
        return truth


def rows(data: str) -> list[Row]:
    """List the batches of test sets, each with random numbers of its own.

    ``data`` has no part in it: nobody knows the truth of a real table.
    """
    named = [
        {"batch": str(batch), "drawn": drawn} | SIZES
        for batch in BATCHES
        for drawn in DRAWN
    ]
    return [Row(settings, partial(measure, settings)) for settings in named]


def measure(settings: Cells) -> Cells:
    """Draw a batch of test sets, and count which of their intervals miss the truth.

    Returns
    -------
    dict
        For each metric its ``_truth``, and how many intervals lie ``_below`` and
        ``_above`` it.
    """
    names = ("batch", "test_sets", "resamples", "population", "patients")
    batch, test_sets, resamples, rows, patients = (int(settings[n]) for n in names)
    population, truth = clinic(rows, patients)
    seeds = [[batch, k] for k in range(1, test_sets + 1)]  # [s, 0] is s, a clinic's own
    below, above = misses(population, truth, seeds, resamples, settings["drawn"])
    row: dict[str, Any] = {}
    for name, true in truth.items():
        row[f"{name}_truth"] = f"{true:.6f}"
        row |= {f"{name}_below": below[name], f"{name}_above": above[name]}
    return {name: str(value) for name, value in row.items()}


def misses(
    population: Population,
    truth: dict[str, float],
    seeds: list[list[int]],
    resamples: int,
    drawn: str,
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
        Y, p, whose = population.draw(rng)
        models = [(p, t) for t in population.thresholds.values()]
        groups, by_class = (whose if drawn == "groups" else None), drawn == DRAWN[0]
        draws = bootstrap(Y, models, resamples, rng, groups, by_class)
        for name, true in truth.items():
            metric, _, threshold = name.partition("_at_")
            model = at.index(threshold) if threshold else 0
            low, high = interval(draws[model][metric])
            below[name] += high < true
            above[name] += low > true
    return below, above


@lru_cache(maxsize=1)
def clinic(rows: int, patients: int) -> tuple[Population, dict[str, float]]:
    """Train the report's network, and let it predict appointments that it never met.

    Returns
    -------
    population : Population
        With the report's two thresholds, the prevalence, and one that few rows reach.
    truth : dict of float
    """
    dataset = load(Parameters())
    network = experiment.fit(dataset.parameters, dataset).network
    parts = []
    for seed, start in enumerate(range(0, rows, CHUNK), start=1):  # 0 is the run's own
        table, _ = simulate.clinic(min(CHUNK, rows - start), seed)
        X = dataset.recipe.apply(appointments.prepared(table))
        part = {"patient": table["PatientId"], "missed": table["No-show"] == "Yes"}
        parts.append(pd.DataFrame(part | {"p": predict_proba(network, X)[0]}))
    keys = ["part", "patient"]
    world = pd.concat(parts, keys=range(len(parts)), names=["part"])
    world = world.reset_index("part").sort_values(keys, kind="stable")
    sizes = world.groupby(keys, sort=True).size()
    prevalence = float(dataset.Y_train.mean())
    population = Population(
        world["missed"].to_numpy(dtype=int),
        world["p"].to_numpy(),
        np.append(0, np.cumsum(sizes)),
        patients,
        {"0.18": 0.18, "prevalence": prevalence, "0.205": 0.205, "0.35": 0.35},
    )
    return population, population.truth()
