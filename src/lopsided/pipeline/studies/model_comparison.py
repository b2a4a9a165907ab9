"""Our networks beside other models: same split, information and threshold rule.

A row is one model on one split: the metrics of its test. Any two models can be
compared split by split; `report.comparison.resampled` says what that shows. Each model
decides at the threshold of the highest F1 on out-of-fold predictions of the training
rows; the two trivial rules need none.
"""

import json
from functools import lru_cache, partial
from pathlib import Path

from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from lopsided.lesson import metrics, threshold
from lopsided.lesson.network import Array
from lopsided.parameters import REPORT
from lopsided.pipeline.predictors import network
from lopsided.pipeline.rows import Cells, Row, tables
from lopsided.pipeline.studies import selection
from lopsided.pipeline.studies.selection import (
    AVERAGE,
    MLP,
    Settings,
    dataset_of,
)
from lopsided.report.baselines import ALWAYS, LOGISTIC, NEVER, TREES, estimator, trees
from lopsided.report.folds import out_of_fold

COLUMNS = ("roc_auc", "average_precision", "f1", "accuracy", "brier")
REPORTED, CHOSEN = "report's network", "chosen network"
ON_STEPS = "logistic regression on steps"


def rows(data: str, chosen: Path | None = None) -> list[Row]:
    """List all models on all splits.

    Parameters
    ----------
    data : str
    chosen : Path, optional
        The table of `selection`; by default the audit's.

    Raises
    ------
    InputError
        When that table is not complete.
    """
    declared = selection.read()
    best = selection.chosen(chosen or tables(data) / "selection.csv", declared)
    sha256 = dataset_of(data, 0, "report", declared).provenance.sha256[:12]
    table = []
    for seed in declared["split_seeds"]:
        trained = (best[seed, model] for model in selection.MODELS)
        for features, models in compared(*trained).items():
            for name, settings in models.items():
                text = json.dumps(settings)
                row = {"data": sha256, "split_seed": str(seed), "features": features}
                row |= {"model": name, "settings": text}
                table.append(Row(row, partial(measure, data, seed, name, text)))
    return table


def compared(
    network: Settings, average: Settings, trees: Settings, mlp: Settings
) -> dict[str, dict[str, Settings]]:
    """Name the models to compare on each set of features, with their settings.

    The first is ours. On the report's features it is the report's network, as it is,
    and the others keep scikit-learn's own settings. On the extended features it is the
    ``network`` chosen; it meets the ``trees`` and the ``mlp`` chosen in the same way,
    and a logistic regression that is given the same steps. The ``average`` says what
    one network lacks.
    """
    names = [REPORTED, *estimators()]
    report, extended = (
        {name: {"features": features} for name in names}
        for features in ("report", "extended")
    )
    extended |= {TREES: trees, MLP: mlp, ON_STEPS: {"features": "steps"}}
    ours = {CHOSEN: network, AVERAGE: average}
    return {"report": report, "extended": ours | extended}


def estimators() -> dict[str, ClassifierMixin]:
    """List scikit-learn's models, with its own settings but for what is said here."""
    logistic = {"max_iter": 1000}
    units = REPORT["hidden_units"]
    return {
        NEVER: DummyClassifier(strategy="constant", constant=0),
        ALWAYS: DummyClassifier(strategy="constant", constant=1),
        LOGISTIC: LogisticRegression(**logistic),
        "weighted logistic regression": LogisticRegression(
            class_weight="balanced", **logistic
        ),
        MLP: MLPClassifier(units, random_state=0),
        TREES: trees(),
    }


def measure(data: str, split_seed: int, model: str, settings: str) -> Cells:
    """Measure one model on the test rows of one split."""
    Y, p, t = judged(data, split_seed, model, settings)
    measured = metrics.summary(Y, p, t)
    row = {"threshold": t} | {name: measured[name] for name in COLUMNS}
    return {name: f"{value:.6f}" for name, value in row.items()}


@lru_cache(maxsize=4)
def judged(
    data: str, split_seed: int, model: str, settings: str
) -> tuple[Array, Array, float]:
    """Train a model and choose its threshold; once for all that meet it in a worker.

    Returns
    -------
    Y, p : array, shape (n_test,)
    t : float
    """
    declared = selection.read()
    features, options = selection.split_off_features(json.loads(settings))
    dataset = dataset_of(data, split_seed, features, declared)
    if model in (REPORTED, CHOSEN, AVERAGE):
        predict = network(options)
    else:
        known = estimators() | {ON_STEPS: estimators()[LOGISTIC]}
        predict = estimator(known[model].set_params(**options))
    p, t = predict(dataset), 0.5
    if not model.startswith("always"):  # which would turn the one into the other
        held_out = out_of_fold(predict, dataset, declared["folds"])
        t = threshold.choose("f1", dataset.Y_train, held_out, p).t
    return dataset.Y_test[0], p, t
