"""Our networks as one thing with all models: what learns and predicts the test rows.

So that ours and scikit-learn's meet the same rows, features and threshold rule.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lopsided.lesson.network import Array
from lopsided.parameters import validate
from lopsided.report import experiment
from lopsided.report.choosing import choose
from lopsided.report.folds import Predictor
from lopsided.table.dataset import Dataset, load


@lru_cache(maxsize=4)
def dataset(path: str, features: str | tuple[str, ...], split_seed: int) -> Dataset:
    """Load and split once for all jobs of a worker that share it."""
    named = features if isinstance(features, str) else list(features)
    values = {
        "data": path,
        "features": named,
        "split_seed": split_seed,
        "test_size": 0.2,
    }
    return load(validate(values))


def network(settings: Mapping[str, Any]) -> Predictor:
    """Give our network, trained with these parameters and else the defaults.

    With ``n_seeds`` among them, it predicts the mean of that many networks.

    Raises
    ------
    InputError
        When a parameter is not allowed.
    """
    validate(settings)

    def predict(dataset: Dataset) -> Array:
        parameters = dataset.parameters.with_(**settings)
        chosen = choose(parameters, dataset).parameters
        p: Array = experiment.fit(chosen, dataset).P_test.mean(axis=0)
        return p

    return predict
