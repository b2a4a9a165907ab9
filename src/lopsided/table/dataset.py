"""From parameters to data that a network can learn from, split and standardised."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.parameters import Parameters, Resolved
from lopsided.prose import few, quoted, short
from lopsided.table import appointments, limits, reader, textual
from lopsided.table import target as targets
from lopsided.table.checks import astride, gap_notes, leak_notes, members, split_notes
from lopsided.table.columns import (
    find,
    recognise,
    time_notes,
    treatments,
    unlearned_notes,
)
from lopsided.table.reader import Reading
from lopsided.table.recipe import Recipe, fit_recipe
from lopsided.table.split import split


@dataclass(frozen=True)
class Rows:
    """One side of the split: m rows of the table, as arrays.

    Attributes
    ----------
    X : array, shape (n_0, m)
    Y : array, shape (1, m)
        1 is the positive class.
    rows : array of int, shape (m,)
        Which rows of the table they are, counted from 0.
    groups : array of int or None, shape (m,)
        Equal where rows go together, by ``Provenance.grouped_by``.
    p_true : array or None, shape (1, m)
        True probabilities. Only a simulation knows them.
    """

    X: Array
    Y: Array
    rows: Array
    groups: Array | None = None
    p_true: Array | None = None


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

    def __repr__(self) -> str:
        words = self.words
        return (
            f"<Dataset {self.provenance.source}: {self.Y_train.size:,} training and "
            f"{self.Y_test.size:,} test {words.rows}, {len(self.X_train)} features, "
            f"{self.Y_train.mean():.1%} {words.positive}>"
        )


def load(parameters: Parameters) -> Dataset:
    """Read or simulate the table that the parameters name, and prepare it.

    Raises
    ------
    InputError
        When the table cannot be read, or does not fit the parameters.
    """
    p_true = None
    if parameters.data == "simulated":
        table, p_true = appointments.simulated(parameters.data_seed)
    else:
        table = reader.read(parameters.data, reading(parameters))
    notes, frame = [*table.notes], table.frame
    known = appointments.recognised(frame) and parameters.target in (None, "No-show")
    if known:
        frame = appointments.prepared(frame)
        notes += appointments.notes(frame, table.sha256)
    parameters = with_defaults(parameters, frame, table.source, known)
    target = str(parameters.target)

    answer = targets.read(frame[target], parameters.positive_label, parameters.labels)
    notes += answer.notes
    rows, frame = np.flatnonzero(answer.known), frame[answer.known]
    frame = frame.reset_index(drop=True)
    labels, y = answer.labels, answer.y
    resolved = parameters.resolved(positive_label=labels[1])
    if not known:
        notes.append(
            f"Positive is {quoted(target)} = {quoted(labels[1])}: {y.sum():,} of "
            f"{len(y):,} rows; set positive_label to choose the other value."
        )

    frame, kinds, used = recognise(frame, resolved)
    if not known:
        notes += unlearned_notes(kinds, used) + time_notes(kinds, parameters)
    train, test = split(frame, y, resolved)
    recipe = fit_recipe(frame.iloc[train], used)
    if not recipe.features:
        raise InputError(
            "there is no usable feature: every column is constant, empty or an "
            "identifier; name columns in features, or give another table"
        )
    limits.network([len(recipe.features), *resolved.hidden_units, 1])
    X_train, X_test = (recipe.apply(frame.iloc[side]) for side in (train, test))
    notes += gap_notes(frame, recipe)
    notes += leak_notes(X_train, y[train], recipe)
    notes += split_notes(
        frame, train, test, int(y[test].sum()), kinds, recipe, resolved
    )
    grouped_by = (
        resolved.group_column or astride(frame, train, test, kinds, resolved)[0]
    )

    def side(X: Array, chosen: Array) -> Rows:
        groups = members(frame[grouped_by].iloc[chosen]) if grouped_by else None
        truth = None if p_true is None else p_true[None, chosen]
        return Rows(X, y[None, chosen].astype(float), rows[chosen], groups, truth)

    return Dataset(
        resolved,
        recipe,
        side(X_train, train),
        side(X_test, test),
        Provenance(
            table.source,
            table.sha256,
            known,
            treatments(frame, kinds, used, recipe, resolved, table.examples),
            tuple(notes),
            grouped_by,
            Reading(resolved.header, forms=table.forms),
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


def reading(parameters: Parameters) -> Reading:
    """Say how a table is to be read, as the parameters ask."""
    asked = {"header", "sheet", "member", "encoding", "decimal", "dayfirst"}
    target = {parameters.target: textual.TARGET} if parameters.target else {}
    return Reading(
        **parameters.model_dump(include=asked), kinds=parameters.kinds | target
    )


def with_defaults(
    parameters: Parameters, frame: pd.DataFrame, source: str, known: bool
) -> Parameters:
    """Fill in the parameters that depend on the table, and look up its columns.

    Raises
    ------
    InputError
        When a column is not there, or none is named to predict.
    """
    if known:
        defaults = {"target": "No-show", "features": "report", "threshold": 0.18}
        defaults["positive_label"] = "Yes"
    else:
        defaults = {"features": "all", "threshold": "prevalence"}
    given = {name: getattr(parameters, name) for name in defaults}
    filled = {n: defaults[n] if value is None else value for n, value in given.items()}
    parameters = parameters.with_(**filled)
    if parameters.target is None:
        raise InputError(
            f"{source} is not the appointments file; say which column to predict with "
            f"--target NAME; it has {few([*frame.columns])}"
        )
    for what in ("target", "group_column", "time_column"):
        if name := getattr(parameters, what):
            find(name, [*frame.columns], what)
            if what != "target" and name == parameters.target:
                raise InputError(f"{what} is the target; name another column")
    if parameters.group_column and parameters.time_column:
        raise InputError("give group_column or time_column, not both")
    if (
        not known
        and isinstance(parameters.features, str)
        and parameters.features != "all"
    ):
        raise InputError(
            f"features is {parameters.features!r}, which goes with the appointments "
            "file and its target; for this table give 'all' or a list of its columns"
        )
    return parameters
