"""What a reader should know about a table before believing a result from it."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from lopsided.lesson.network import Array
from lopsided.parameters import Parameters
from lopsided.prose import count, few, listed, option, quoted
from lopsided.table.columns import times
from lopsided.table.kinds import ColumnValues, as_dates
from lopsided.table.recipe import Recipe

SUSPICIOUS_AUC = 0.99  # of one feature alone
FAR = 2.6  # standard errors that chance exceeds once in a hundred tables
FEW = 30  # positives in the test; below, intervals say little
FEW_CODES = 5  # rows with a number that may stand for a gap; fewer may be measured
NUMBER = ("number", "value")  # kind and part of a feature that is the number itself
SAMPLE = 10_000  # training rows that are enough to suspect a leak


def gap_notes(frame: pd.DataFrame, recipe: Recipe) -> list[str]:
    """Say which columns have missing values, and what became of them."""
    shares = pd.Series({name: frame[name].isna().mean() for name in recipe.columns})
    gaps = shares[shares > 0].sort_values(ascending=False, kind="stable")
    if gaps.empty:
        return []
    shown = [f"{quoted(name)} ({share:.2%})" for name, share in gaps.items()]
    return [
        f"Values are missing in {listed(shown)}. Numbers and dates take the training "
        "median, with an indicator beside it; in categories a gap is one more category."
    ]


def code_notes(
    frame: pd.DataFrame, recipe: Recipe, parameters: Parameters
) -> list[str]:
    """Say which numbers look like words for a gap: 999, -99, far from all others."""
    told, codes = [], dict(parameters.gaps)
    numbers = {f.column for f in recipe.features if (f.kind, f.part) == NUMBER}
    for name in [n for n in recipe.columns if n in numbers]:
        values = ColumnValues(frame[name]).numbers
        known = values[~np.isnan(values)]
        for value in (known.min(), known.max()):
            rest = known[known != value]
            n = known.size - rest.size
            if n < FEW_CODES or len(np.unique(rest)) < 3 or not _is_code(value):
                continue
            low, high = rest.min(), rest.max()
            if max(value - high, low - value) > high - low:
                told.append(
                    f"{quoted(name)} is {value:.0f} in {n:,} rows, and {low:g} to "
                    f"{high:g} in all others: as a number it makes the standard "
                    f"deviation {_rounded(known.std())} instead of "
                    f"{_rounded(rest.std())}."
                )
                codes[name] = [*codes.get(name, []), int(value)]
    if told:
        told.append(f"If that means that nothing is known: {option('gaps', codes)}.")
    return [" ".join(told)] * bool(told)


def _rounded(number: float) -> str:
    """Write three digits, and never as a power of ten."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _is_code(value: float) -> bool:
    """Tell a number that is written with nines alone, or eights: 99, -999, 8888."""
    digits = f"{abs(value):.10g}"
    return len(digits) > 1 and digits in ("9" * len(digits), "8" * len(digits))


def leak_notes(X: Array, y: Array, recipe: Recipe) -> list[str]:
    """Warn of each feature that by itself nearly tells the training labels."""
    rng = np.random.default_rng(0)
    sides = [rng.permutation(np.flatnonzero(y == k))[: SAMPLE // 2] for k in (1, 0)]
    n1, n0 = map(len, sides)
    if min(n1, n0) < 10:  # chance could do it
        return []
    ranks = pd.DataFrame(X[:, np.concatenate(sides)].T).rank().to_numpy()
    auc = (ranks[:n1].sum(axis=0) - n1 * (n1 + 1) / 2) / (n1 * n0)
    suspects = {
        name: f"{quoted(name)} (ROC AUC {max(value, 1 - value):.3f}, "
        f"{'high' if value > 0.5 else 'low'} values are positive)"
        for name, value in zip(recipe.names, auc, strict=True)
        if max(value, 1 - value) > SUSPICIOUS_AUC
    }
    if suspects:
        alone = (
            f"{listed([*suspects.values()])} alone nearly tells the target in training"
        )
    else:
        flags = _telling_flags(X, y, recipe)
        if not flags:
            return []
        suspects = {name: name for name in flags}
        alone = f"together, {few(flags)} nearly tell the target in training"
    columns = {feature.name: feature.column for feature in recipe.features}
    named = [*dict.fromkeys(columns[name] for name in suspects)]
    return [
        f"Possible leakage: {alone} rows. Known before the outcome? If not: "
        f"{option('drop', named)}."
    ]


def _telling_flags(X: Array, y: Array, recipe: Recipe) -> list[str]:
    """Name the flags of which the target seems to be a function, such as their OR.

    A tree of these flags alone, cross-validated, must rank nearly without fault: that
    is no chance, and real flags rarely do it.
    """
    places = [
        i
        for i, f in enumerate(recipe.features)
        if (f.part, f.kind) == ("value", "boolean") or f.other
    ]
    if len(places) < 2:
        return []
    rng = np.random.default_rng(0)
    rows = rng.permutation(y.size)[:SAMPLE]
    flags, answers = X[:, rows][places].T, y[rows]
    if min(np.bincount(answers, minlength=2)) < 10:
        return []
    from sklearn.tree import DecisionTreeClassifier  # few tables need it: it is slow

    tree = DecisionTreeClassifier(min_samples_leaf=2, random_state=0)
    ranked = cross_val_predict(tree, flags, answers, cv=5, method="predict_proba")
    if roc_auc_score(answers, ranked[:, 1]) <= SUSPICIOUS_AUC:
        return []
    shares = tree.fit(flags, answers).feature_importances_
    return [recipe.names[places[i]] for i in np.argsort(-shares) if shares[i] > 0.01]


def split_notes(
    frame: pd.DataFrame,
    train: Array,
    test: Array,
    n_positives: int,
    kinds: dict[str, str],
    recipe: Recipe,
    parameters: Parameters,
) -> list[str]:
    """Warn of what the split cannot keep apart, and of a test too small to tell."""
    notes = []
    if n_positives < FEW:
        notes.append(
            f"The test has {count(n_positives, 'positive', 'positives')}: the "
            "intervals of its metrics are wide."
        )
    hashes = _hashed(frame, recipe.columns)
    same = np.isin(hashes[test], hashes[train]).mean()
    if same > 0.5:
        notes.append(
            f"{same:.1%} of the test rows equal a training row in all features."
        )
    name, share = astride(frame, train, test, kinds, parameters)
    if name:
        copied = pd.Series(_hashed(frame, [*frame])).duplicated().sum()
        rows = count(int(copied), "row is a copy", "rows are copies")
        told = f" Mind: {rows} of another in every column." * bool(copied)
        notes.append(
            f"{share:.1%} of the test rows share their {quoted(name)} with a training "
            f"row; to keep such rows together: {option('group_column', name)}.{told}"
        )
    return notes


def _hashed(frame: pd.DataFrame, columns: list[str]) -> Array:
    """Hash each row of these columns, a column at a time: together they are copied."""
    hashes = np.zeros(len(frame), np.uint64)
    for name in columns:
        its = pd.util.hash_pandas_object(frame[name], index=False).to_numpy()
        hashes = hashes * np.uint64(1_000_003) + its  # and what is beyond 64 bits goes
    return hashes


def drift_notes(
    frame: pd.DataFrame, y: Array, kinds: dict[str, str], parameters: Parameters
) -> list[str]:
    """Warn where the first and the last rows in time are not equally often positive.

    The difference must be beyond what chance does in one table of a hundred.
    """
    names = [parameters.time_column] if parameters.time_column else times(kinds)
    notes = []
    for name in names:
        column = frame[name]
        dates = as_dates(column)
        order = (column if dates is None else dates).dropna().sort_values(kind="stable")
        fifth = len(order) // 5
        if fifth < FEW or order.iloc[fifth - 1] == order.iloc[-fifth]:
            continue
        first, last = (y[part.index] for part in (order[:fifth], order[-fifth:]))
        both = (first.mean() + last.mean()) / 2
        error = np.sqrt(2 * both * (1 - both) / fifth)
        if abs(last.mean() - first.mean()) > FAR * error > 0:
            notes.append(
                f"In time, the share of positives drifts: {first.mean():.1%} in the "
                f"earliest fifth by {quoted(name)}, {last.mean():.1%} in the latest. "
                "The next rows may differ again."
            )
    return notes


def astride(
    frame: pd.DataFrame,
    train: Array,
    test: Array,
    kinds: dict[str, str],
    parameters: Parameters,
) -> tuple[str | None, float]:
    """Find the identifier that ties the most test rows to training rows.

    Returns
    -------
    name : str or None
        None where the split holds groups together, or none ties a row in a hundred.
    share : float
        Of the test rows.
    """
    shares = {}
    for name in kinds if not parameters.group_column else ():
        if kinds[name] == "identifier":
            group, _ = pd.factorize(frame[name])  # missing is -1
            tied = np.isin(group[test], group[train]) & (group[test] >= 0)
            shares[name] = float(tied.mean())
    column, share = max(shares.items(), key=lambda item: item[1], default=("", 0.0))
    return (column, share) if share >= 0.01 else (None, share)


def members(column: pd.Series) -> Array:
    """Give each row the number of its group; without a value, a group of its own."""
    codes, values = pd.factorize(column)
    alone = codes < 0
    codes[alone] = len(values) + np.arange(alone.sum())
    return codes
