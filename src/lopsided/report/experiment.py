"""One experiment, from parameters and data to a trained network and its metrics.

These are the few lines that notebook 03 explains, in the form that every notebook, the
command and the tests share.

Longer than most: training, its measures and their intervals belong to one experiment.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd

from lopsided.engines import epoch_of, in_parts, predict_proba
from lopsided.lesson import metrics, threshold
from lopsided.lesson.loss import balanced_weight, class_weights
from lopsided.lesson.network import Array, Network, initialise
from lopsided.lesson.training import History, train
from lopsided.parameters import Resolved, Settled, validate
from lopsided.report import health
from lopsided.report.averages import side_by_side
from lopsided.report.intervals import METRICS, bootstrap, interval
from lopsided.table.coded import Coded
from lopsided.table.dataset import Dataset
from lopsided.table.split import split_words

#: Parameters that change nothing about a trained network.
AFTER_TRAINING = {
    *("threshold", "n_bootstrap", "author", "title", "run_dir", "data"),
    "training",  # which says what is filled in, where something is open
}
#: Rows to train on, over all epochs, that take as long as a process takes to start.
WORTH_A_PROCESS = 16_000_000


@dataclass(frozen=True)
class Fitted:
    """A trained network and what it predicts.

    Attributes
    ----------
    network : Network
        From ``seed``; the one that is reported.
    history : History
    w : float
        The class weight used, as a number.
    P_train, P_test : array, shapes (n_seeds, n_train) and (n_seeds, n_test)
        Probabilities; one row for each seed, ``seed`` first.
    """

    network: Network
    history: History
    w: float
    P_train: Array
    P_test: Array

    @property
    def p_train(self) -> Array:
        """Probabilities of the training rows, shape (1, n_train)."""
        return self.P_train[:1]

    @property
    def p_test(self) -> Array:
        """Probabilities of the test rows, shape (1, n_test)."""
        return self.P_test[:1]


def fingerprint(parameters: Resolved, dataset: Dataset) -> str:
    """Hash all that decides a trained network: parameters and data.

    Two equal fingerprints mean that one network can stand for both. So what changes no
    step of training does not count: which class a weight of 1 multiplies, whether the
    weight is a number or a word for it, where the rate would end after one epoch, how
    far a batch would go beyond the last row, and the seeds of what is not drawn.
    """
    relevant = parameters.model_dump(exclude=AFTER_TRAINING)
    relevant["w"] = class_weight(parameters, dataset)
    if relevant["w"] == 1:
        relevant["weighting"] = "uniform"
    if parameters.epochs == 1:
        relevant["final_learning_rate"] = parameters.initial_learning_rate
    if parameters.batch_size:
        relevant["batch_size"] = min(parameters.batch_size, dataset.Y_train.size)
    if parameters.data != "simulated":
        relevant["data_seed"] = 0
    if parameters.time_column:
        relevant["split_seed"] = 0
    content = json.dumps([relevant, dataset.provenance.sha256], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def class_weight(parameters: Resolved, dataset: Dataset) -> float:
    """Give ``w`` as a number; ``"balanced"`` is the training rows' own."""
    return (
        balanced_weight(dataset.Y_train)
        if parameters.w == "balanced"
        else float(parameters.w)
    )


def fit(
    parameters: Resolved,
    dataset: Dataset,
    on_epoch: Callable[[int, History], None] | None = None,
) -> Fitted:
    """Train the network that the parameters describe; ``n_seeds`` of them if more.

    Each may be made of several, whose mean logit it gives: `averages.side_by_side`.
    Where it pays, seeds train on all cores, to the same numbers in the same order: each
    draws from its own.

    Parameters
    ----------
    parameters : Resolved
        Nothing of training is open in them: see `choosing.choose`.
    dataset : Dataset
    on_epoch : callable, optional
        Called with the number of the epoch that was done, counted over all networks,
        and the history; in other processes where those train side by side.

    Raises
    ------
    InputError
        Where something is open.
    DivergenceError
        When a loss stops being finite.
    """
    p = validate(parameters.model_dump(), Settled)
    rows = p.n_seeds * p.n_networks * p.epochs * dataset.Y_train.size
    processes = joblib.cpu_count() if rows >= WORTH_A_PROCESS else 1
    pool = joblib.Parallel(min(processes, p.n_seeds), max_nbytes=None)
    one = joblib.delayed(_fit_one)
    fits = pool(one(p, dataset, k, on_epoch) for k in range(p.n_seeds))
    reported, histories, P_train, P_test = zip(*fits, strict=True)
    w = class_weight(p, dataset)
    return Fitted(reported[0], histories[0], w, np.vstack(P_train), np.vstack(P_test))


def _fit_one(
    parameters: Settled,
    dataset: Dataset,
    k: int,
    on_epoch: Callable[[int, History], None] | None,
) -> tuple[Network, History, Array, Array]:
    """Train the k-th network, from a seed of its own, and let it predict."""
    trained = []
    for i in range(parameters.n_networks):
        done = (k * parameters.n_networks + i) * parameters.epochs + 1

        def report_epoch(epoch: int, history: History, done: int = done) -> None:
            if on_epoch:
                on_epoch(done + epoch, history)

        seed = [parameters.seed + k, i] if i else parameters.seed + k
        rng = np.random.default_rng(seed)
        trained.append(train_network(parameters, dataset, rng, report_epoch))
    networks, histories = zip(*trained, strict=True)
    network, history = networks[0], histories[0]
    if len(networks) > 1:
        network, history = side_by_side(networks), _mean(histories)
    X, X_test = dataset.X_train, dataset.X_test
    return network, history, predict_proba(network, X), predict_proba(network, X_test)


def train_network(
    parameters: Settled,
    dataset: Dataset,
    rng: np.random.Generator,
    on_epoch: Callable[[int, History], None] | None = None,
    watch: Callable[[Network, int], None] | None = None,
) -> tuple[Network, History]:
    """Train one network on a dataset's training rows.

    Parameters
    ----------
    parameters : Settled
    dataset : Dataset
    rng : numpy.random.Generator
        Of the first weights and the batches.
    on_epoch : callable, optional
        As in `lesson.training.train`.
    watch : callable, optional
        Called with the network and the epoch, counted from 0, after each epoch.

    Raises
    ------
    DivergenceError
        When the loss stops being finite.
    """
    X: Any = dataset.X_train
    Y = dataset.Y_train
    run_epoch = epoch_of(parameters.engine)
    layer_dims = [len(X), *parameters.hidden_units, 1]
    if isinstance(X, Coded):  # the engine makes the examples
        run_epoch, X = in_parts(run_epoch, X), np.empty((0, Y.size))
    network = initialise(
        layer_dims,
        rng,
        parameters.initialisation,
        parameters.dtype,
    )

    def after(epoch: int, history: History) -> None:
        if on_epoch:
            on_epoch(epoch, history)
        if watch:
            watch(network, epoch)

    history = train(
        network,
        X,
        Y,
        class_weights(Y, parameters.weighting, class_weight(parameters, dataset)),
        rng,
        epochs=parameters.epochs,
        batch_size=parameters.batch_size,
        initial_learning_rate=parameters.initial_learning_rate,
        final_learning_rate=parameters.final_learning_rate,
        l2=parameters.l2,
        on_epoch=after,
        run_epoch=run_epoch,
    )
    return network, history


def _mean(histories: Sequence[History]) -> History:
    """Average what several trainings met, epoch by epoch."""
    curves = zip(*(asdict(history).items() for history in histories), strict=True)
    return History(
        **{
            same[0][0]: np.mean([values for _, values in same], axis=0).tolist()
            for same in curves
        }
    )


def choose_threshold(
    parameters: Resolved, dataset: Dataset, p_train: Array, p_test: Array
) -> threshold.Choice:
    """Apply the parameters' threshold rule to one network's predictions."""
    return threshold.choose(parameters.threshold, dataset.Y_train, p_train, p_test)


def strategy_name(parameters: Resolved) -> str:
    """Name the threshold's rule: ``"fixed"`` for a number."""
    return parameters.threshold if isinstance(parameters.threshold, str) else "fixed"


def intervals(
    parameters: Resolved, dataset: Dataset, fitted: Fitted, t: float
) -> dict[str, tuple[float, float]] | None:
    """Bootstrap 95% intervals of the test metrics; None when ``n_bootstrap`` is 0.

    They say how far the metrics of this network would move on other rows of the same
    world. Where rows go together, whole groups are drawn.
    """
    if not parameters.n_bootstrap:
        return None
    rng = np.random.default_rng([parameters.seed, 1])
    models, groups = [(fitted.p_test, t)], dataset.test.groups
    (draws,) = bootstrap(dataset.Y_test, models, parameters.n_bootstrap, rng, groups)
    return {name: interval(draws[name]) for name in METRICS}


def seed_spread(
    parameters: Resolved, dataset: Dataset, fitted: Fitted
) -> dict[str, dict[str, float]] | None:
    """Spread of the test metrics from seed to seed; None with one seed only.

    Each seed's threshold is chosen on that seed's own training predictions.
    """
    if parameters.n_seeds == 1:
        return None
    rows = []
    for p_train, p_test in zip(fitted.P_train, fitted.P_test, strict=True):
        t = choose_threshold(parameters, dataset, p_train, p_test).t
        measured = metrics.summary(dataset.Y_test, p_test, t)
        del measured["confusion_matrix"]
        rows.append(measured)
    spread = pd.DataFrame(rows).agg(["median", "min", "max", "std"])
    return {name: spread[name].to_dict() for name in spread}


def measure(parameters: Resolved, dataset: Dataset, fitted: Fitted) -> dict[str, Any]:
    """Compute everything that ``metrics.json`` holds. Undefined values are None."""
    choice = choose_threshold(parameters, dataset, fitted.p_train, fitted.p_test)
    content: dict[str, Any] = {
        "schema_version": 1,
        "data": {
            "source": dataset.provenance.source,
            "sha256": dataset.provenance.sha256,
            "n_train": dataset.Y_train.size,
            "n_test": dataset.Y_test.size,
            "n_features": len(dataset.X_train),
            "prevalence_train": float(dataset.Y_train.mean()),
            "prevalence_test": float(dataset.Y_test.mean()),
            "n_columns": len(dataset.recipe.columns),
            "split": split_words(parameters),
        },
        "words": {
            "target": dataset.words.target,
            "positive": dataset.words.positive,
            "negative": dataset.words.negative,
            "rows": dataset.words.rows,
        },
        "mind": [*dataset.provenance.mind],
        "w": fitted.w,
        "threshold": choice.t,
        "threshold_strategy": strategy_name(parameters),
        "threshold_note": choice.note or None,
        "threshold_ties_test": threshold.ties(fitted.p_test, choice.t),
        "health": health.measure(
            fitted.network,
            dataset.X_train,
            dataset.Y_test,
            fitted.p_test,
            float(dataset.Y_train.mean()),
            choice.t,
            fitted.w if parameters.weighting == "positive" else 1.0,
            dataset.test.groups,
        ),
        "train": metrics.summary(dataset.Y_train, fitted.p_train, choice.t),
        "test": metrics.summary(dataset.Y_test, fitted.p_test, choice.t)
        | {
            "intervals": intervals(parameters, dataset, fitted, choice.t),
            "intervals_over": (dataset.provenance.grouped_by or "rows")
            if parameters.n_bootstrap
            else None,
            "seed_spread": seed_spread(parameters, dataset, fitted),
        },
    }
    return {name: without_nan(value) for name, value in content.items()}


def without_nan(value: Any) -> Any:
    """Replace every NaN or infinity by None, which JSON can write."""
    if isinstance(value, dict):
        return {k: without_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
