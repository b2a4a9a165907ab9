"""From parameters to data that a network can learn from, split and standardised.

Longer than most: what a table is, and the one way that leads to it, in order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.parameters import Parameters, Resolved
from lopsided.prose import option, quoted, short
from lopsided.table import appointments, gaps, limits, reader
from lopsided.table import target as targets
from lopsided.table.checks import (
    astride,
    code_notes,
    drift_notes,
    gap_notes,
    leak_notes,
    members,
    split_notes,
)
from lopsided.table.coded import columns_of
from lopsided.table.columns import (
    recognise,
    time_notes,
    treatments,
    unlearned_notes,
)
from lopsided.table.defaults import reading, with_defaults
from lopsided.table.memory import give_back
from lopsided.table.reader import Reading
from lopsided.table.recipe import Recipe, fit_recipe
from lopsided.table.split import in_order, split


@dataclass(frozen=True)
class Rows:
    """One side of the split: m rows of the table, as arrays.

    Attributes
    ----------
    X : array, shape (n_0, m)
        A tall table's is a `Coded`, which stands for one.
    Y : array, shape (1, m)
        1 is the positive class.
    rows : array of int, shape (m,)
        Which rows of the table they are, counted from 0.
    groups : array of int or None, shape (m,)
        Equal where rows go together, by ``Provenance.grouped_by``.
    p_true : array or None, shape (1, m)
        True probabilities. Only a simulation knows them.
    times : array of int or None, shape (m,)
        Their order by ``time_column``, equal at the same time; None without one.
    """

    X: Array
    Y: Array
    rows: Array
    groups: Array | None = None
    p_true: Array | None = None
    times: Array | None = None

    def every(self, step: int) -> "Rows":
        """Give each ``step``-th of them, beginning with the first.

        Parameters
        ----------
        step : int
        """
        groups = None if self.groups is None else self.groups[::step]
        if groups is not None:
            groups = np.unique(groups, return_inverse=True)[1]  # side by side again
        truth = None if self.p_true is None else self.p_true[:, ::step]
        times = None if self.times is None else self.times[::step]
        X, Y, rows = self.X[:, ::step], self.Y[:, ::step], self.rows[::step]
        return Rows(X, Y, rows, groups, truth, times)


@dataclass(frozen=True)
class Provenance:
    """Where a table comes from, and what was done with it.

    Attributes
    ----------
    source, sha256 : str
        The file's name, and the hash of its content.
    is_appointments : bool
        The report's table, real or simulated.
    columns : DataFrame
        Each column, its kind, and what was done with it.
    notes : tuple of str
        What the reader should know about this table, in sentences.
    mind : tuple of str
        Those of them that speak against believing a result: leaks, groups astride
        the split, a small test, a drift.
    grouped_by : str or None
        The column whose equal values go together: ``group_column``, or an identifier
        that stands on both sides of the split. None where each row stands alone.
    reading : Reading
        How a later table is to be read alike.
    identifiers : tuple of str
        Columns that tell rows apart.
    """

    source: str
    sha256: str
    is_appointments: bool
    columns: pd.DataFrame
    notes: tuple[str, ...]
    mind: tuple[str, ...] = ()
    grouped_by: str | None = None
    reading: Reading = field(default_factory=Reading)
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What texts call things.

    Attributes
    ----------
    target : str
    labels : tuple of str
        The target's two values, negative first, as the table has them.
    positive, negative, rows : str
        The two classes and the rows.
    """

    target: str
    labels: tuple[str, str]
    positive: str
    negative: str
    rows: str


@dataclass(frozen=True, repr=False)
class Dataset:
    """A table, split, encoded and standardised.

    Attributes
    ----------
    parameters : Resolved
        As given, with the defaults that depend on the table filled in.
    recipe : Recipe
        How a table becomes ``X``.
    train, test : Rows
        Also ``X_train``, ``Y_train``, ``X_test`` and ``Y_test``.
    provenance : Provenance
    words : Words
    """

    parameters: Resolved
    recipe: Recipe
    train: Rows
    test: Rows
    provenance: Provenance
    words: Words

    @property
    def X_train(self) -> Array:
        """Shape (n_0, n_train)."""
        return self.train.X

    @property
    def Y_train(self) -> Array:
        """Shape (1, n_train)."""
        return self.train.Y

    @property
    def X_test(self) -> Array:
        """Shape (n_0, n_test)."""
        return self.test.X

    @property
    def Y_test(self) -> Array:
        """Shape (1, n_test)."""
        return self.test.Y

    def at_most(self, n: int) -> "Dataset":
        """Give a table of at most ``n`` training rows: this, or an even part of it.

        Parameters
        ----------
        n : int

        Returns
        -------
        Dataset
            Of every k-th row on each side, with the same recipe. Its hash says so: no
            network of all rows is taken for one of these.
        """
        step = -(-self.Y_train.size // n)
        if step <= 1:
            return self
        sha256 = f"{self.provenance.sha256}, one row in {step}"
        return replace(
            self,
            train=self.train.every(step),
            test=self.test.every(step),
            provenance=replace(self.provenance, sha256=sha256),
        )

    def __repr__(self) -> str:
        words = self.words
        return (
            f"<Dataset {self.provenance.source}: {self.Y_train.size:,} training and "
            f"{self.Y_test.size:,} test {words.rows}, {len(self.X_train)} features, "
            f"{self.Y_train.mean():.1%} {words.positive}>"
        )


def load(
    parameters: Parameters, on_part: Callable[[float], None] | None = None
) -> Dataset:
    """Read or simulate the table that the parameters name, and prepare it.

    Parameters
    ----------
    parameters : Parameters
    on_part : callable, optional
        Called with the share of a CSV file that is read.

    Raises
    ------
    InputError
        When the table cannot be read, or does not fit the parameters.
    """
    loaded = _loaded(parameters, on_part)
    give_back()  # what only the loading held
    return loaded


def _loaded(parameters: Parameters, on_part: Callable[[float], None] | None) -> Dataset:
    p_true, how = None, reading(parameters)
    if parameters.data == "simulated":
        table, p_true = appointments.simulated(parameters.data_seed)
        frame, notes = gaps.emptied(table.frame, how.gaps)
        table = replace(table, frame=frame, notes=(*notes,))
    else:
        table = reader.read(parameters.data, how, on_part)
    notes, frame = [*table.notes], table.frame
    table = replace(table, frame=pd.DataFrame())  # a tall one is let go by columns
    own = (None, appointments.DEFAULTS["target"])
    known = appointments.recognised(frame) and parameters.target in own
    if known:
        frame = appointments.prepared(frame)
        notes += appointments.notes(frame, table.sha256)
    parameters = with_defaults(parameters, frame, table.source, known)
    target = str(parameters.target)

    answer = targets.read(frame[target], parameters.positive_label, parameters.labels)
    notes += answer.notes
    rows = np.flatnonzero(answer.known)
    if len(rows) < len(frame):
        frame = frame[answer.known]
    frame = frame.reset_index(drop=True)
    labels, y = answer.labels, answer.y
    give_back()
    resolved = parameters.resolved(positive_label=labels[1])
    if not known:
        notes.append(
            f"Positive is {quoted(target)} = {quoted(labels[1])}: {y.sum():,} of "
            f"{len(y):,} rows; for the other value: "
            f"{option('positive_label', labels[0])}."
        )

    frame, kinds, used = recognise(frame, resolved)
    if not known:
        notes += unlearned_notes(kinds, used) + time_notes(kinds, parameters)
    frame = columns_of(frame)
    give_back()
    train, test = split(frame, y, resolved)
    recipe = fit_recipe(frame, used, train)
    if not recipe.features:
        raise InputError(
            "there is no usable feature: every column is constant, empty or an "
            "identifier; name columns in features, or give another table"
        )
    limits.network([len(recipe.features), *(resolved.hidden_units or []), 1])
    notes += gap_notes(frame, recipe) + code_notes(frame, recipe, resolved)
    mind = split_notes(frame, train, test, int(y[test].sum()), kinds, recipe, resolved)
    if not known or resolved.time_column:
        mind += drift_notes(frame, y, kinds, resolved)
    grouped_by = (
        resolved.group_column or astride(frame, train, test, kinds, resolved)[0]
    )
    groups_of = frame[grouped_by] if grouped_by else None
    times = in_order(frame[resolved.time_column]) if resolved.time_column else None
    treated = treatments(frame, kinds, used, recipe, resolved, table.examples)
    X = recipe.coded(frame, np.concatenate([train, test]))
    del frame
    X_train, X_test = X[:, : len(train)], X[:, len(train) :]
    mind = leak_notes(X_train, y[train], recipe) + mind
    notes += mind

    def side(X: Array, chosen: Array) -> Rows:
        # Numbered side by side: a bootstrap draws by these numbers.
        groups = None if groups_of is None else members(groups_of.iloc[chosen])
        truth = None if p_true is None else p_true[None, chosen]
        when = None if times is None else times[chosen]
        labels = y[None, chosen].astype(float)
        return Rows(X, labels, rows[chosen], groups, truth, when)

    return Dataset(
        resolved,
        recipe,
        side(X_train, train),
        side(X_test, test),
        Provenance(
            table.source,
            table.sha256,
            known,
            treated,
            tuple(notes),
            tuple(mind),
            grouped_by,
            Reading(
                resolved.header is not False, gaps=resolved.gaps, forms=table.forms
            ),
            tuple(n for n, kind in kinds.items() if kind == "identifier"),
        ),
        _words(target, labels, known),
    )


def _words(target: str, labels: tuple[str, str], known: bool) -> Words:
    """Name the classes and the rows: by everyday words where they are known."""
    negative, positive = (short(f"{target} = {label}", 40) for label in labels)
    if known and labels == ("No", "Yes"):
        negative, positive = "attended", "no-show"
    return Words(
        target, labels, positive, negative, "appointments" if known else "rows"
    )
