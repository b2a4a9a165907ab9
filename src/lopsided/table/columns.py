"""What each column is, which ones are learned from, and what was done with each."""

from collections.abc import Mapping

import pandas as pd

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.prose import count, few, option, quoted
from lopsided.table import appointments
from lopsided.table.kinds import as_kind, kind_of
from lopsided.table.names import BIRTH, find
from lopsided.table.recipe import KINDS, Feature, Recipe

MANY = 24  # columns; more than fit on a page with what became of each


def recognise(
    frame: pd.DataFrame, parameters: Parameters
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
        When ``features``, ``kinds`` or ``drop`` names what is not there.
    """
    kinds = {str(name): kind_of(frame[name]) for name in frame}
    given = {
        find(name, [*kinds], "kinds"): kind for name, kind in parameters.kinds.items()
    }
    asked = _asked(parameters, [*kinds])
    dropped = {find(name, [*kinds], "drop") for name in parameters.drop}
    for what, named in (("kinds", given), ("drop", dropped)):
        if parameters.target in named:
            raise InputError(
                f"{what}: {quoted(parameters.target)} is the target; leave it out"
            )
    if both := dropped & {*asked}:
        raise InputError(f"drop and features both name {quoted(min(both))}")
    kinds |= given
    asked |= {n: asked[n] or k for n, k in given.items() if n in asked and k in KINDS}
    read = {
        n: as_kind(frame[n], kind)
        for n, kind in (given | asked).items()
        if kind in KINDS
    }
    for name, kind in asked.items():
        if not kind and kinds[name] in (
            "identifier",
            "text",
        ):  # named, so used all the same
            numeric = pd.api.types.is_numeric_dtype(frame[name])
            kind = "number" if numeric else "category"
        kinds[name] = kind or kinds[name]
    idle = {parameters.target, *dropped}
    able = [name for name in kinds if kinds[name] in KINDS and name not in idle]
    return frame.assign(**read), kinds, {n: kinds[n] for n in [*asked] or able}


def _asked(parameters: Parameters, names: list[str]) -> dict[str, str | None]:
    """List the columns that ``features`` names, each with its kind if that is given."""
    if parameters.features == "all" or parameters.features is None:
        return {}
    entries = (
        appointments.FEATURE_SETS[parameters.features]
        if isinstance(parameters.features, str)
        else parameters.features
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
        if name == parameters.target:
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
    parameters: Parameters,
    examples: Mapping[str, str],
) -> pd.DataFrame:
    """Tabulate every column, its kind, and what was done with it.

    ``examples`` says how a column's text was read, by one of its values.
    """
    features: dict[str, list[Feature]] = {name: [] for name in kinds}
    for feature in recipe.features:
        features[feature.column].append(feature)
    asked = _asked(parameters, [*kinds])
    rows = []
    for name, kind in kinds.items():
        parts = [f.part for f in features[name]]
        if name == parameters.target:
            treatment = f"the target: positive is {quoted(parameters.positive_label)}"
        elif parts:
            treatment = {
                "number": "standardised",
                "steps": f"in {count(parts.count('from'), 'step', 'steps')}, each 0 or "
                "1, standardised",
                "boolean": "0 or 1, standardised",
                "category": f"encoded: {_categories(features[name])}, standardised",
                "date": f"parts: {_date_parts(features[name])}; standardised",
            }[kind]
            if kind != "category" and frame[name].isna().any():
                treatment += "; gaps filled by the median"
                treatment += " and marked by an indicator" * ("missing" in parts)
        elif name in used and kind in KINDS:
            treatment = "dropped: constant in the training rows"
        elif kind in KINDS:
            treatment = "not used"
        else:
            treatment = (
                f"dropped: {'identifier-like' if kind == 'identifier' else kind}"
            )
        if name in parameters.drop:
            treatment = "dropped, as asked"
        if name in examples and name != parameters.target:
            treatment = f"{examples[name]}; {treatment}"
        if asked.get(name) or name in parameters.kinds:
            treatment = f"read as {kind}, as asked; {treatment}"
        if name in (parameters.group_column, parameters.time_column):
            role = "groups" if name == parameters.group_column else "orders"
            treatment = f"{role} rows; {treatment}"
        rows.append([name, kind, treatment])
    return pd.DataFrame(rows, columns=["column", "kind", "treatment"])


def together(treated: pd.DataFrame) -> pd.DataFrame:
    """Set columns of which the same became in one row, where there are many."""
    if len(treated) <= MANY:
        return treated.set_index("column")
    alike = treated.groupby(["kind", "treatment"], sort=False)["column"]
    rows = pd.DataFrame({"number": alike.size(), "columns": alike.agg(", ".join)})
    return rows.reset_index("treatment")


def unlearned_notes(kinds: dict[str, str], used: dict[str, str]) -> list[str]:
    """Say which columns are names or identifiers, and how to learn from them."""
    names_of = {
        kind: [n for n, k in kinds.items() if k == kind and n not in used]
        for kind in ("identifier", "text")
    }
    parts = [
        f"{few(names_of['identifier'])} as identifiers",
        f"{few(names_of['text'])} as text with many different values",
    ]
    parts = [
        part for part, names in zip(parts, names_of.values(), strict=True) if names
    ]
    if not parts:
        return []
    first = (names_of["text"] or names_of["identifier"])[0]
    return [
        f"Not learned from: {' and '.join(parts)}; to learn from one: "
        f"{option('kinds', {first: 'category'})}."
    ]


def times(kinds: Mapping[str, str]) -> list[str]:
    """List the columns that may tell when a row was made."""
    return [n for n, kind in kinds.items() if kind == "date" and not BIRTH.search(n)]


def time_notes(kinds: dict[str, str], parameters: Parameters) -> list[str]:
    """Propose to split in time, where a column tells when a row was made."""
    found = times(kinds)
    if not found or parameters.time_column or parameters.group_column:
        return []
    return [
        f"{few(found)} {'holds' if len(found) == 1 else 'hold'} dates; to test on the "
        f"latest rows instead of random ones: {option('time_column', found[0])}."
    ]


def _date_parts(features: list[Feature]) -> str:
    return ", ".join(
        f"days to {quoted(f.until)}" if f.until else f.part
        for f in features
        if f.part != "missing"
    )


def _categories(features: list[Feature]) -> str:
    if len(features) == 1:
        return f"1 where {quoted(features[0].category)}"
    return f"a feature for each of {len(features)} categories"
