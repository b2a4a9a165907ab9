"""A training that fits the table: its settings are chosen by cross-validation.

Longer than most: what is tried, how it is compared and how that is told stand together.

The report's settings are for its own table. Here a short list of others is tried with
the same optimiser. Each network learns from some folds of the training rows and is
judged by its loss on the fold held out. The test rows have no part in it. Notebook 03
explains the optimiser; this module only decides what it is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations, product
from typing import Any

import joblib
import numpy as np
import pandas as pd

from lopsided.lesson.loss import class_weights, logistic_loss
from lopsided.lesson.network import Array, Network, forward
from lopsided.lesson.training import DivergenceError
from lopsided.parameters import Resolved, Settled, validate
from lopsided.prose import count
from lopsided.report.experiment import (
    WORTH_A_PROCESS,
    class_weight,
    train_network,
    without_nan,
)
from lopsided.report.folds import divided, folds, n_folds
from lopsided.table.dataset import Dataset
from lopsided.table.memory import give_back

#: What training "fitted" may choose.
CHOSEN = ("hidden_units", "epochs", "initial_learning_rate", "l2")
BATCH_SIZE, NETWORKS = 50, 5


@dataclass(frozen=True)
class Width:
    """Hidden layers, with what is tried for them.

    Attributes
    ----------
    hidden_units : tuple of int
    rate : float
        The first; where training diverges, a lower one is taken.
    updates : tuple of int
        How many, in about as many epochs as they take.
    penalties : tuple of int
        As multiples of 1 / (training rows).
    """

    hidden_units: tuple[int, ...]
    rate: float
    updates: tuple[int, ...]
    penalties: tuple[int, ...]


#: Without a hidden layer the loss has a single lowest point, and long training at a
#: high rate finds it; with the penalty 1 it is that of scikit-learn's logistic
#: regression. Hidden units need a larger penalty, and may learn too long.
WIDTHS = (
    Width((), 0.3, (3000,), (1, 4, 16)),
    Width((24,), 0.1, (1500, 6000), (16, 4)),
)
#: A rate at which training diverges is lowered so many times, to a quarter.
LOWERED = 5
#: Standard errors by which a setting has to be better than a simpler one.
SURE = 2
#: Bytes of training rows; the folds of more are judged by one process alone.
WORTH_SHARING = 2**25
#: Of a tall fold that is held out: each unit takes a number a row.
ROWS_AT_ONCE = 20_000
#: Epochs after which the validation loss is looked at.
LOOKS = 40


@dataclass(frozen=True)
class Tried:
    """One setting, and how it did on the rows held out.

    Attributes
    ----------
    hidden_units, epochs, initial_learning_rate, l2
        The setting.
    loss : float
        Mean loss of the rows held out, weighted as training weighs it.
    gap, error : float
        How far that is above the lowest, and the standard error of this difference,
        from the rows' own differences.
    """

    hidden_units: list[int]
    epochs: int
    initial_learning_rate: float
    l2: float
    loss: float
    gap: float
    error: float


@dataclass(frozen=True)
class Choice:
    """Settled parameters, and how they were found.

    Attributes
    ----------
    parameters : Settled
    open : tuple of str
        The parameters that were chosen; none where all were given.
    folds : int
        0 where nothing was compared.
    tried : tuple of Tried
        In the order of their list, the simplest first.
    curve : dict of list
        Of the chosen setting, means over the folds: ``epoch``, and the losses
        ``training`` and ``validation`` there.
    """

    parameters: Settled
    open: tuple[str, ...] = ()
    folds: int = 0
    tried: tuple[Tried, ...] = ()
    curve: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, told: dict[str, Any], parameters: Settled) -> "Choice":
        """Read what `told` gave, for parameters that were settled by it."""
        missing: dict[str, Any] = {"loss": np.inf, "gap": np.inf, "error": 0.0}
        tried = tuple(
            Tried(**(missing | {n: v for n, v in t.items() if v is not None}))
            for t in told["tried"]
        )
        return cls(
            parameters, tuple(told["chosen"]), told["folds"], tried, told["curve"]
        )

    @property
    def told(self) -> dict[str, Any]:
        """What ``metrics.json`` holds of it, under ``training``."""
        more = {"batch_size", "initialisation"}
        chosen = self.parameters.model_dump(include={*CHOSEN, *more})
        told = {
            "training": self.parameters.training,
            "chosen": [*self.open],
            "settings": chosen | {"n_networks": self.parameters.n_networks},
            "folds": self.folds,
            "tried": [asdict(t) for t in self.tried],
            "curve": self.curve,
        }
        found: dict[str, Any] = without_nan(told)
        return found


def choose(parameters: Resolved, d: Dataset) -> Choice:
    """Settle the parameters of a training: what is open is chosen for the table.

    The list begins with plain logistic regression, and that is taken where nothing is
    told better: first the best setting without a hidden layer, then the best with one,
    takes the place of what is held if its loss on rows held out is lower by more than
    `SURE` standard errors, as `compared` has them.

    Parameters
    ----------
    parameters : Resolved
    d : Dataset

    Returns
    -------
    Choice

    Raises
    ------
    DivergenceError
        Where every setting diverges.
    """
    if parameters.training == "report":
        return Choice(settled(parameters, parameters.trained_as_the_report()))
    open_ = tuple(name for name in CHOSEN if getattr(parameters, name) is None)
    settings = [
        settled(parameters, setting)
        for setting in candidates(parameters, d.Y_train.size)
    ]
    n = n_folds(d)
    if not open_ or not n:
        return Choice(settings[0], open_)
    work = sum(s.epochs for s in settings) * (n - 1) * d.Y_train.size
    short = d.X_train.nbytes <= WORTH_SHARING  # more than one may hold a part of it
    many = short and work >= WORTH_A_PROCESS
    may_lower = "initial_learning_rate" in open_

    def tasks() -> Iterator[Any]:  # one fold at a time: each is nearly a table more
        numbers = iter(range(n))  # enumerate would hold the last fold
        for _, part in folds(d, n, True, in_time=True):
            fold = next(numbers)
            for setting in settings:
                yield joblib.delayed(_judge)(setting, part, fold, may_lower)
            del part

    def one_by_one() -> Iterator[Any]:
        for judge, given, _ in tasks():
            found = judge(*given)
            del given  # the part in it
            yield found

    pool = joblib.Parallel(joblib.cpu_count(), max_nbytes=None)
    losses, of_fold = Losses(len(settings)), []
    used = [*settings]
    curves: list[list[list[tuple[float, float]]]] = [[] for _ in settings]
    for k, (loss, setting, curve) in enumerate(pool(tasks()) if many else one_by_one()):
        i = k % len(settings)
        of_fold.append(loss)
        if len(of_fold) == len(settings):
            losses.add(of_fold)
            of_fold = []
        used[i] = min(used[i], setting, key=_rate)
        curves[i].append(curve)
    give_back()
    if not losses.m:  # too few times
        return Choice(settings[0], open_)
    n_used = len(curves[0])
    best, gaps, errors = compared(losses, n_used)
    if not np.isfinite(losses.means[best]):
        raise DivergenceError(
            "training diverged with every setting tried; lower initial_learning_rate"
        )
    chosen = taken([len(s.hidden_units) for s in settings], losses, n_used)
    tried = tuple(
        Tried(
            s.hidden_units,
            s.epochs,
            s.initial_learning_rate,
            s.l2,
            *map(float, (losses.means[i], gaps[i], errors[i])),
        )
        for i, s in enumerate(used)
    )
    curve = _curve(used[chosen], curves[chosen])
    return Choice(used[chosen], open_, n_used, tried, curve)


class Losses:
    """What comparing settings needs of the losses of the same m rows: sums over them.

    Each row's own, for each setting, would be as much as a tall table.

    Parameters
    ----------
    n_settings : int
    """

    def __init__(self, n_settings: int) -> None:
        self.m = 0
        self.sums = np.zeros(n_settings)
        self.squares = np.zeros((n_settings, n_settings))  # of rows' differences

    def add(self, losses: Sequence[Array]) -> None:
        """Add those of more rows: for each setting an array."""
        self.m += len(losses[0])
        self.sums += [its.sum() for its in losses]
        with np.errstate(invalid="ignore"):  # infinite where training diverged
            for (i, its), (j, others) in combinations(enumerate(losses), 2):
                self.squares[[i, j], [j, i]] += np.square(its - others).sum()

    @property
    def means(self) -> Array:
        """Mean losses, shape (settings,)."""
        return self.sums / self.m

    def above(self, i: int) -> tuple[Array, Array]:
        """Say how far the means are above the i-th, and how rows' differences vary.

        Returns
        -------
        gaps, variances : array, shape (settings,)
        """
        with np.errstate(invalid="ignore"):  # infinite where training diverged
            gaps = self.means - self.means[i]
            spread = self.squares[i] - self.m * gaps**2
        return gaps, np.maximum(spread, 0) / (self.m - 1)  # below 0 is rounding


def compared(losses: Losses, n: int) -> tuple[int, Array, Array]:
    """Compare settings by the losses of the same rows.

    Parameters
    ----------
    losses : Losses
    n : int
        Folds that they come from.

    Returns
    -------
    best : int
        The setting with the lowest mean.
    gaps, errors : array, shape (settings,)
        Mean differences to it, and their standard errors.

    Notes
    -----
    Folds learn from mostly the same rows, so what they find varies together, and rows
    alone tell too small an error. Its square is taken 1 + n/(n - 1) times (Nadeau and
    Bengio 2003, section 5.2, where one part in n is held out): 1.5 times the error for
    five folds.
    """
    best = int(np.argmin(losses.means))
    return best, *differences(losses, best, n)


def differences(losses: Losses, i: int, n: int) -> tuple[Array, Array]:
    """Give ``gaps`` and ``errors`` of `compared`, to the i-th setting."""
    gaps, variances = losses.above(i)
    together = (1 + n / max(n - 1, 1)) / losses.m
    return gaps, np.nan_to_num(np.sqrt(together * variances))


def taken(depths: Sequence[int], losses: Losses, n: int) -> int:
    """Find the setting to take, as `choose` says.

    Parameters
    ----------
    depths : sequence of int
        Hidden layers of each setting.
    losses : Losses
        Of the same rows, held out. The first setting is held to begin with.
    n : int
        Folds.
    """
    means, held = losses.means, 0
    for depth in sorted(set(depths)):
        of_depth = [i for i, its in enumerate(depths) if its == depth]
        best = min(of_depth, key=means.__getitem__)
        gaps, errors = differences(losses, best, n)
        if gaps[held] > SURE * errors[held]:
            held = best
    return held


def candidates(parameters: Resolved, m: int) -> Iterator[dict[str, Any]]:
    """List the settings to try, the simplest first. What is given stays as given.

    Parameters
    ----------
    parameters : Resolved
    m : int
        Training rows.
    """
    batch_size = parameters.batch_size or BATCH_SIZE
    batches = -(-m // batch_size)
    for width in (
        WIDTHS
        if parameters.hidden_units is None
        else [width_of(parameters.hidden_units)]
    ):
        lengths = [max(1, round(n / batches)) for n in width.updates]
        epochs = (
            dict.fromkeys(lengths) if parameters.epochs is None else [parameters.epochs]
        )
        penalties = [float(f"{k / m:.2g}") for k in width.penalties]
        for length, l2 in product(
            epochs, penalties if parameters.l2 is None else [parameters.l2]
        ):
            yield {
                "hidden_units": [*width.hidden_units],
                "initialisation": first_weights(parameters, width),
                "epochs": length,
                "batch_size": batch_size,
                "initial_learning_rate": parameters.initial_learning_rate or width.rate,
                "l2": l2,
                "n_networks": parameters.n_networks
                or (NETWORKS if width.hidden_units else 1),
            }


def first_weights(parameters: Resolved, width: Width) -> str:
    """Say how the first weights are drawn: small where no ReLU asks for more.

    What a large one was drawn as would stay in a weight that few rows move, such as
    that of a rare gap.
    """
    is_usual = parameters.initialisation == "he"
    return "small" if is_usual and not width.hidden_units else parameters.initialisation


def width_of(hidden_units: Sequence[int]) -> Width:
    """Say what to try for given hidden layers."""
    return replace(WIDTHS[bool(hidden_units)], hidden_units=tuple(hidden_units))


def planned(parameters: Resolved, d: Dataset) -> str:
    """Say what training would do, before it does it."""
    n, weight = (
        len(d.X_train),
        f"weighting {parameters.weighting!r}, w = {parameters.w}",
    )
    if parameters.training == "report":
        s = settled(parameters, parameters.trained_as_the_report())
        networks = s.n_seeds * s.n_networks
        updates = s.epochs * -(-d.Y_train.size // s.batch_size) * networks
        layers = [n, *s.hidden_units, 1]
        return f"network {layers}, {weight}\n{s.epochs} epochs, {updates:,} updates"
    open_ = [name for name in CHOSEN if getattr(parameters, name) is None]
    settings = [*candidates(parameters, d.Y_train.size)]
    if not open_:
        return f"network {[n, *settings[0]['hidden_units'], 1]}, {weight}"
    used = sum(1 for _ in divided(d, n_folds(d), True, in_time=True))
    how = (
        f"chooses {', '.join(open_)} among "
        f"{count(len(settings), 'setting', 'settings')}, in {used} folds of the "
        "training rows"
        if used
        else "takes the first of its settings, the simplest: the training rows are too "
        "few to choose by cross-validation"
    )
    return f"{count(n, 'feature', 'features')}, {weight}\ntraining {how}"


def sentence(choice: Choice) -> str:
    """Say what was tried, and what won."""
    parameters = choice.parameters
    if parameters.training == "report":
        return "The training is the source report's: nothing was chosen."
    names = ", ".join(choice.open)
    if not choice.open:
        return "All settings of the training were given: nothing was chosen."
    if not choice.folds:
        return (
            f"The training rows are too few to choose {names} by cross-validation; the "
            "first, the simplest, was taken."
        )
    won = next(t for t in choice.tried if is_same(t, parameters))
    in_time = ", in each of rows later than those learned from,"
    layers = (
        f"hidden layers {parameters.hidden_units}"
        if parameters.hidden_units
        else "no hidden layer"
    )
    how = (
        "the lowest of all"
        if won.gap == 0
        else f"where the lowest, {won.loss - won.gap:.4f}, is not told to be better"
    )
    return (
        f"Of {len(choice.tried)} settings, cross-validation in {choice.folds} folds of "
        f"the training rows{in_time * bool(parameters.time_column)} took {layers}, "
        f"{parameters.epochs:,} epochs, the rate "
        f"{won.initial_learning_rate:.3g} and l2 {won.l2:.2g}: on the rows held out "
        f"its mean loss is {won.loss:.4f}, {how}."
    )


def listed(choice: Choice) -> pd.DataFrame:
    """Lay out what was tried: a row a setting, the one taken first.

    ``above`` is how far its loss is above the lowest, with the standard error of this
    difference.
    """
    rows = [
        {
            "hidden layers": str(t.hidden_units or "none"),
            "epochs": f"{t.epochs:,}",
            "rate": f"{t.initial_learning_rate:.3g}",
            "l2": f"{t.l2:.2g}",
            "loss": f"{t.loss:.4f}" if np.isfinite(t.loss) else "diverged",
            "above": f"{t.gap:.4f} ± {t.error:.4f}" if 0 < t.gap < np.inf else "",
            "taken": "yes" if is_same(t, choice.parameters) else "",
        }
        for t in sorted(
            choice.tried, key=lambda t: (not is_same(t, choice.parameters), t.loss)
        )
    ]
    return pd.DataFrame(rows).set_index("hidden layers")


def is_same(t: Tried, parameters: Settled) -> bool:
    """Tell whether this setting was taken."""
    return all(getattr(t, name) == getattr(parameters, name) for name in CHOSEN)


def settled(parameters: Resolved, values: dict[str, Any]) -> Settled:
    """Fill in what is open."""
    return validate(parameters.model_dump() | values, Settled)


def _rate(parameters: Settled) -> float:
    return parameters.initial_learning_rate


def _judge(
    parameters: Settled, part: Dataset, fold: int, may_lower: bool
) -> tuple[Array, Settled, list[tuple[float, float]]]:
    """Train on a part, and compute the losses of the rows that it holds out.

    Returns
    -------
    losses : array, shape (n_held,)
        Infinite where training diverged.
    Settled
        With the rate that was used.
    list of (float, float)
        Training and validation loss, at the epochs of `looks`.
    """
    X, Y = part.X_test, part.Y_test
    weight = class_weights(Y, parameters.weighting, class_weight(parameters, part))

    def held_out(network: Network) -> Array:
        losses = np.empty(Y.size)
        for start in range(0, Y.size, ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            x = X[:, some].astype(parameters.dtype, copy=False)
            with np.errstate(over="ignore", invalid="ignore"):  # infinite, below
                Z = forward(network, x).Z[network.L].astype(float)
                losses[some] = (weight[:, some] * logistic_loss(Z, Y[:, some]))[0]
        return np.where(np.isfinite(losses), losses, np.inf)

    at = sorted(looks(parameters.epochs))
    for _ in range(LOWERED + 1 if may_lower else 1):
        seen: dict[int, float] = {}

        def watch(network: Network, epoch: int, seen: dict[int, float] = seen) -> None:
            if epoch in at:
                seen[epoch] = float(held_out(network).mean())

        rng = np.random.default_rng([parameters.seed, fold])
        try:
            network, history = train_network(parameters, part, rng, watch=watch)
        except DivergenceError:
            parameters = parameters.with_(
                initial_learning_rate=parameters.initial_learning_rate / 4
            )
            continue
        return (
            held_out(network),
            parameters,
            [(history.objective[e], seen[e]) for e in at],
        )
    return np.full(Y.size, np.inf), parameters, []


def looks(epochs: int) -> set[int]:
    """Say after which epochs, counted from 0, the validation loss is computed."""
    return {*np.unique(np.geomspace(1, epochs, LOOKS).round().astype(int) - 1).tolist()}


def _curve(
    parameters: Settled, curves: list[list[tuple[float, float]]]
) -> dict[str, list[float]]:
    """Average the folds' curves."""
    if not all(curves):
        return {}
    training, validation = np.mean(curves, axis=0).T
    return {
        "epoch": [e + 1 for e in sorted(looks(parameters.epochs))],
        "training": training.tolist(),
        "validation": validation.tolist(),
    }
