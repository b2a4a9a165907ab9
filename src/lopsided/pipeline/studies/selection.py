"""The settings to choose from: for our networks, boosted trees, scikit-learn's network.

``notebooks/selection.yaml`` declares them. A row is one setting on the training rows of
one split: its ROC AUC in cross-validation. No test row is looked at.
"""

import json
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neural_network import MLPClassifier

from lopsided.errors import InputError
from lopsided.lesson import metrics
from lopsided.parameters import from_file
from lopsided.pipeline import notebooks
from lopsided.pipeline.predictors import dataset, network
from lopsided.pipeline.rows import Cells, Row, expand, read_rows
from lopsided.report.baselines import TREES, estimator
from lopsided.report.folds import Predictor, folds
from lopsided.table.dataset import Dataset

NETWORK, AVERAGE = "network", "average of networks"
MLP = "MLPClassifier"
MODELS = (NETWORK, AVERAGE, TREES, MLP)
Settings = dict[str, Any]


def rows(data: str) -> list[Row]:
    """List all settings on all splits."""
    declared = read()
    sha256 = dataset_of(data, 0, "extended", declared).provenance.sha256[:12]
    return [
        Row(
            {
                "data": sha256,
                "split_seed": str(split_seed),
                "model": model,
                "settings": json.dumps(settings),
            },
            partial(measure, data, split_seed, model, settings, declared),
        )
        for split_seed in declared["split_seeds"]
        for model in MODELS
        for settings in expand(declared[model])
    ]


def read() -> Settings:
    """Read ``selection.yaml`` beside the notebooks."""
    return from_file(notebooks.folder() / "selection.yaml")


def measure(
    data: str, split_seed: int, model: str, settings: Settings, declared: Settings
) -> Cells:
    """Cross-validate one setting: the mean and the spread of the folds' ROC AUC."""
    features, settings = split_off_features(settings)
    dataset = dataset_of(data, split_seed, features, declared)
    predict = predictor(model, settings)
    parts = folds(dataset, declared["folds"])
    scores = [metrics.roc_auc(part.Y_test, predict(part)) for _, part in parts]
    return {
        "roc_auc": f"{np.mean(scores):.6f}",
        "roc_auc_std": f"{np.std(scores, ddof=1):.6f}",
    }


def split_off_features(settings: Settings) -> tuple[str, Settings]:
    """Divide settings into the name of the features and what the model is told."""
    others = {name: value for name, value in settings.items() if name != "features"}
    return settings["features"], others


def dataset_of(
    data: str, split_seed: int, features: str, declared: Settings
) -> Dataset:
    """Load the data in the features of that name."""
    named = declared["features"].get(features, features)
    return dataset(data, named if isinstance(named, str) else tuple(named), split_seed)


def predictor(model: str, settings: Settings) -> Predictor:
    """Build our network, the average of some, or a model of scikit-learn."""
    if model == TREES:
        return estimator(HistGradientBoostingClassifier(**settings, random_state=0))
    if model == MLP:
        return estimator(MLPClassifier(**settings, random_state=0))
    return network(settings)


def chosen(table: Path, declared: Settings) -> dict[tuple[int, str], Settings]:
    """Find each split's best setting of each model, by split seed and model.

    Raises
    ------
    InputError
        When the table does not hold all of them.
    """
    scores = {
        (row["split_seed"], row["model"], row["settings"]): float(row["roc_auc"])
        for row in read_rows(table)
    }
    best = {}
    for seed, model in product(declared["split_seeds"], MODELS):
        wanted = [
            (str(seed), model, json.dumps(settings))
            for settings in expand(declared[model])
        ]
        if not scores.keys() >= {*wanted}:
            raise InputError(f"{table} is not complete; measure 'selection' first")
        best[seed, model] = json.loads(max(wanted, key=scores.__getitem__)[-1])
    return best
