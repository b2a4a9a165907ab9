"""What each column is, which ones are learned from, and what was done with each."""

import difflib

import pandas as pd

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.prose import count, few, quoted
from lopsided.table import appointments
from lopsided.table import recipe as recipes
from lopsided.table.recipe import KINDS, Feature, Recipe


def find(name: str, names: list[str], what: str) -> str:
    """Return a column's name if it is there.

    Raises
    ------
    InputError
        With the nearest name that is.
    """
    if name in names:
        return name
    short = [n for n in names if len(n) <= 100]  # comparing takes the square of that
    near = difflib.get_close_matches(name[:100], short, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"the table has {few(names)}"
    raise InputError(f"{what}: there is no column {quoted(name)}; {hint}")


def recognise(
    frame: pd.DataFrame, p: Parameters
) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    """Find the kind of every column, and choose those to learn from.

    Returns
    -------
    frame : DataFrame
        Columns that ``features`` gives a kind to, as in ``"age:category"``, are read
        as that kind.
    kinds, used : dict
        The kind of every column, and of those to learn from.

    Raises
    ------
    InputError
        When ``features`` names what is not there.
    """
    kinds = {str(name): recipes.kind_of(frame[name]) for name in frame}
    asked = _asked(p, [*kinds])
    read = {n: recipes.as_kind(frame[n], kind) for n, kind in asked.items() if kind}
    for name, kind in asked.items():
        if not kind and kinds[name] == "identifier":  # named, so used all the same
            numeric = pd.api.types.is_numeric_dtype(frame[name])
            kind = "number" if numeric else "category"
        kinds[name] = kind or kinds[name]
    able = [name for name in kinds if kinds[name] in KINDS and name != p.target]
    return frame.assign(**read), kinds, {n: kinds[n] for n in [*asked] or able}


def _asked(p: Parameters, names: list[str]) -> dict[str, str | None]:
    """List the columns that ``features`` names, each with its kind if that is given."""
    if p.features == "all" or p.features is None:
        return {}
    entries = (
        appointments.FEATURE_SETS[p.features]
        if isinstance(p.features, str)
        else p.features
    )
    asked: dict[str, str | None] = {}
    for entry in entries:
        name, _, kind = entry.rpartition(":")
        if entry in names or name not in names:
            name, kind = find(entry, names, "features"), ""
        elif kind not in KINDS:
            raise InputError(
                f"features: {quoted(entry)} asks for the kind {quoted(kind)}; give one "
                f"of {', '.join(KINDS)}"
            )
        if name == p.target:
            raise InputError(f"features: {quoted(name)} is the target; leave it out")
        if name in asked:
            raise InputError(f"features names {quoted(name)} twice; leave one out")
        asked[name] = kind or None
    return asked


def treatments(
    frame: pd.DataFrame,
    kinds: dict[str, str],
    used: dict[str, str],
    recipe: Recipe,
    p: Parameters,
) -> pd.DataFrame:
    """Tabulate every column, its kind, and what was done with it."""
    features: dict[str, list[Feature]] = {name: [] for name in kinds}
    for feature in recipe.features:
        features[feature.column].append(feature)
    asked = _asked(p, [*kinds])
    rows = []
    for name, kind in kinds.items():
        parts = [f.part for f in features[name]]
        if name == p.target:
            done = f"the target: positive is {quoted(p.positive_label)}"
        elif parts:
            done = {
                "number": "standardised",
                "steps": f"in {count(parts.count('from'), 'step', 'steps')}, each 0 or "
                "1, standardised",
                "boolean": "0 or 1, standardised",
                "category": f"encoded: {_categories(features[name])}, standardised",
                "date": f"parts: {', '.join(x for x in parts if x != 'missing')}; "
                "standardised",
            }[kind]
            if kind != "category" and frame[name].isna().any():
                done += "; gaps filled by the median"
                done += " and marked by an indicator" * ("missing" in parts)
        elif name in used and kind in KINDS:
            done = "dropped: constant in the training rows"
        elif kind in KINDS:
            done = "not used"
        else:
            done = f"dropped: {'identifier-like' if kind == 'identifier' else kind}"
        if asked.get(name):
            done = f"read as {kind}, as asked; {done}"
        if name in (p.group_column, p.time_column):
            done = f"{'groups' if name == p.group_column else 'orders'} rows; {done}"
        rows.append([name, kind, done])
    return pd.DataFrame(rows, columns=["column", "kind", "treatment"])


def _categories(features: list[Feature]) -> str:
    if len(features) == 1:
        return f"1 where {quoted(features[0].category)}"
    return f"a feature for each of {len(features)} categories"
