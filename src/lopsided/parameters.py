"""The one model of all parameters, shared by notebooks, papermill, make and command.

A parameter is a field of `Parameters`: its name, its default, what it means and what is
allowed stand there once. Everything that comes from outside passes through `validate`,
which refuses unknown names, wrong types and impossible values, by name; every change
passes through `Parameters.with_`, which does the same. What a table decides is None as
given: its columns decide what `Resolved` fills in, and its training rows the rest, in
`Settled`.

Longer than most: a parameter's name, default, meaning and checks stand in one place.
"""

import ast
import difflib
import json
import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lopsided import engines, yaml_file
from lopsided.errors import InputError
from lopsided.lesson import threshold as thresholds
from lopsided.prose import bounded

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Epochs = Annotated[int, Field(ge=1, le=1_000_000)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Rate = Annotated[float, Field(gt=0)]
Penalty = Annotated[float, Field(ge=0)]
Networks = Annotated[int, Field(ge=1, le=100)]
Units = Annotated[list[Annotated[int, Field(ge=1, le=100_000)]], Field(max_length=100)]
#: What training as the report did means.
REPORT: dict[str, Any] = {
    "hidden_units": [40, 3],
    "epochs": 400,
    "batch_size": 200,
    "initial_learning_rate": 0.01,
    "l2": 0.0,
    "n_networks": 1,
}

NOT_UNICODE = "no Unicode text"

SEED = "a whole number from 0 to 4294967295"
EPOCHS = "a whole number from 1 to 1000000"
COUNT = "a whole number from 1 to 1000000000"


def _field(default: Any, meaning: str, allowed: str) -> Any:
    return Field(default, description=meaning, json_schema_extra={"allowed": allowed})


def _example(rule: thresholds.Rule) -> str:
    """Say how a rule is given: ``'cost:5:1' (missed:false alarm)``."""
    named = f" ({':'.join(rule.arguments)})" if len(rule.arguments) > 1 else ""
    return f"{rule.example!r}{named}"


class Parameters(BaseModel):
    """Every parameter of a run, as given. Instances are valid and do not change.

    Notes
    -----
    Where ``seed`` equals ``data_seed``, as by default, the simulated clinic and the
    training on it draw from one stream of random bits: both are
    ``numpy.random.default_rng`` of that number. One makes patients of them, the other
    first weights and batches. ``split_seed`` starts another generator, scikit-learn's.
    No effect of that was found; CONTRIBUTING says how it was looked for.

    ``[seed, k]``, with k from 0, starts the fold k in which settings are chosen and the
    network k of an average, ``[seed, 1]`` the bootstrap, ``[seed, 2]`` the bands of
    notebook 04; and ``[seed, 0]`` is ``seed``. So what shares a k shares its bits, and
    the first fold those of the run. None of these sees the others' numbers, but draws
    rows or weights of its own.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )

    data: str = _field(
        "simulated",
        "the table",
        "'simulated', or the path of a CSV (zipped or gzipped too), Parquet or Excel "
        "file",
    )
    target: str | None = _field(
        None, "the column to predict; known for the appointments", "a column name"
    )
    positive_label: str | bool | int | float | None = _field(
        None,
        "the target's value that counts as positive; by default the rarer one",
        "one of the target's two values",
    )
    features: str | list[str] | None = _field(
        None,
        "the columns to learn from; by default 'report' for the appointments and "
        "'all' for any other table",
        "'report', 'extended', 'all', or a list of column names; 'name:kind' reads a "
        "column as number, boolean, category or date, or as a number in steps",
    )
    drop: list[str] = _field(
        [], "columns to leave out of the features", "column names, as in [age, income]"
    )
    kinds: dict[str, Literal["number", "category", "date", "text", "identifier"]] = (
        _field(
            {},
            "what columns are, where that was not found out; text and identifiers "
            "are not learned from",
            "column names, each with number, category, date, text or identifier, as in "
            '{"age": "number"}',
        )
    )
    gaps: dict[str, Annotated[list[str | bool | int | float], Field(min_length=1)]] = (
        _field(
            {},
            "values that mean that nothing is known: taken for missing, in later "
            "tables too",
            'column names, each with a list of values, as in {"age": [999, -1]}',
        )
    )
    labels: list[str | bool | int | float] | None = _field(
        None,
        "the target's two values, negative first; rows with another one are left out",
        "a list of two values, such as [no, yes]",
    )
    header: bool | None = _field(
        None,
        "whether the table's first row holds names; found out by default",
        "true, or false: the columns are called 'column 1' and so on",
    )
    sheet: str | None = _field(
        None, "of a workbook; by default the only one with a table", "a sheet's name"
    )
    member: str | None = _field(
        None, "of an archive; by default the only table in it", "a file's name"
    )
    encoding: str | None = _field(
        None, "of a CSV file; found out by default", "a name, such as 'cp1252'"
    )
    decimal: Literal[".", ","] | None = _field(
        None, "the table's decimal mark; found out by default", "'.' or ','"
    )
    dayfirst: bool | None = _field(
        None,
        "whether dates such as 1/2/2024 begin with the day; used where a column does "
        "not tell",
        "true or false",
    )
    training: Literal["report", "fitted"] | None = _field(
        None,
        "'report' trains as the report did; 'fitted' chooses hidden_units, epochs, "
        "initial_learning_rate and l2 inside the training rows, those that are given "
        "aside; by default 'report' for the appointments and 'fitted' for any other "
        "table",
        "'report' or 'fitted'",
    )
    hidden_units: Units | None = _field(
        None,
        "units of each hidden layer; with training 'report' [40, 3]: of the report's "
        "two networks, the one that the audit finds nearer to its table",
        "a list of at most 100 whole numbers from 1 to 100000, such as [40, 3]; [] is "
        "logistic regression",
    )
    weighting: Literal["uniform", "positive"] = _field(
        "uniform",
        "whether w multiplies both classes, as the report's formula does and as the "
        "audit finds possible, or the positive one only, as its words say",
        "'uniform' or 'positive'",
    )
    w: Rate | Literal["balanced"] = _field(
        1.0,
        "the class weight; 'balanced' is negatives / positives in training data",
        "a number above 0, or 'balanced'",
    )
    initialisation: Literal["he", "xavier", "small"] = _field(
        "he",
        "how the first weights are drawn: their variance is 2 / inputs, or "
        "2 / (inputs + outputs), or their standard deviation 0.01; training 'fitted' "
        "takes 'small' for 'he' without a hidden layer",
        "'he', 'xavier' or 'small'",
    )
    epochs: Epochs | None = _field(
        None, "passes over the training data; with training 'report' 400", EPOCHS
    )
    batch_size: Count | None = _field(
        None, "examples an update; with training 'report' 200, else 50", COUNT
    )
    initial_learning_rate: Rate | None = _field(
        None,
        "learning rate of the first epoch; with training 'report' 0.01",
        "a number above 0",
    )
    final_learning_rate: Annotated[float, Field(ge=0)] = _field(
        1e-5, "learning rate of the last epoch; linear between", "a number, at least 0"
    )
    threshold: float | str | None = _field(
        None,
        "predicted positive means p >= threshold; by default 0.18 for the "
        "appointments and 'prevalence' for any other table",
        "a number from 0 to 1, or a rule: "
        + ", ".join(map(_example, thresholds.RULES.values())),
    )
    test_size: Annotated[float, Field(gt=0, lt=1)] = _field(
        0.2,
        "share of rows (with group_column: of groups) kept for the test",
        "a number between 0 and 1",
    )
    group_column: str | None = _field(
        None, "rows that share its value stay on one side of the split", "a column name"
    )
    time_column: str | None = _field(
        None, "split in time: the latest rows are the test", "a column name"
    )
    seed: Seed = _field(0, "of the first weights and the batches", SEED)
    split_seed: Seed = _field(0, "of the split", SEED)
    data_seed: Seed = _field(0, "of the simulated clinic", SEED)
    l2: Penalty | None = _field(
        None,
        "penalty (l2 / 2) x sum of squared weights; with training 'report' 0",
        "a number, at least 0",
    )
    n_networks: Networks | None = _field(
        None,
        "networks whose mean logit is the reported one; with training 'report' 1, "
        "else 5, or 1 without hidden layer",
        "a whole number from 1 to 100",
    )
    dtype: Literal["float64", "float32"] = _field(
        "float64", "precision of training", "'float64' or 'float32'"
    )
    engine: Literal["auto", "numpy", "numba"] = _field(
        "auto",
        "what trains: 'numpy' as the lessons explain it, or 'numba', the same in "
        "machine code; 'auto' is 'numba' where the extra 'fast' is installed",
        "'auto', 'numpy', or 'numba' if the extra 'fast' is installed",
    )
    n_bootstrap: Annotated[int, Field(ge=0, le=100_000)] = _field(
        2000,
        "resamples of the test set for intervals; 0 for none",
        "a whole number from 0 to 100000",
    )
    n_seeds: Annotated[int, Field(ge=1, le=1000)] = _field(
        1,
        "networks to train, from seed upwards, for the spread; the first is reported",
        "a whole number from 1 to 1000",
    )
    author: str | None = _field(None, "named on the report", "text")
    title: str | None = _field(None, "of the report", "text")
    run_dir: str | None = _field(
        None, "where notebooks write; nowhere by default", "a folder"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _writable(cls, value: Any) -> Any:
        """Refuse what no file could hold: parameters are written with each run."""
        for part in _parts(value):
            if isinstance(part, str) and not _is_unicode(part):
                raise ValueError(NOT_UNICODE)
            if isinstance(part, int) and part.bit_length() > 10_000:
                raise ValueError("too many digits")
        return value

    @field_validator("threshold")
    @classmethod
    def _known_rule(cls, value: float | str | None) -> float | str | None:
        return value if value is None else thresholds.check(value)

    @field_validator("labels")
    @classmethod
    def _two_labels(cls, value: list[Any] | None) -> list[Any] | None:
        if value is not None and (len(value) != 2 or str(value[0]) == str(value[1])):
            raise ValueError("not two values")
        return value

    @field_validator("features")
    @classmethod
    def _known_features(cls, value: str | list[str] | None) -> str | list[str] | None:
        if isinstance(value, str) and value not in ("report", "extended", "all"):
            raise ValueError("no such set")
        if isinstance(value, list) and (not value or len(set(value)) < len(value)):
            raise ValueError("empty, or a name twice")
        return value

    def with_(self, **changes: Any) -> Self:
        """Give the same parameters but for some changes.

        Raises
        ------
        InputError
            As `validate`.
        """
        return validate(self.model_dump() | changes, type(self))

    def trained_as_the_report(self) -> dict[str, Any]:
        """Give what is open of training the report's value."""
        given = self.model_dump(include=set(REPORT))
        return {n: REPORT[n] if value is None else value for n, value in given.items()}

    def resolved(self, **by_table: Any) -> "Resolved":
        """Fill in what the table decides, and which engine is here.

        Raises
        ------
        InputError
            As `validate`; and where something is still open.
        """
        values = self.model_dump() | {"engine": engines.chosen(self.engine)}
        return validate(values | by_table, Resolved)


class Resolved(Parameters):
    """Every parameter of a run, with what its table's columns decide filled in.

    With training ``"fitted"``, what is None is still to be chosen.
    """

    target: str
    positive_label: str
    features: str | list[str]
    threshold: float | str
    engine: Literal["numpy", "numba"]
    training: Literal["report", "fitted"]


class Settled(Resolved):
    """Every parameter of a run, with nothing of its training left open."""

    hidden_units: Units
    epochs: Epochs
    batch_size: Count
    initial_learning_rate: Rate
    l2: Penalty
    n_networks: Networks


Model = TypeVar("Model", bound=Parameters)


def allowed(name: str) -> str:
    """Say in words what a parameter may be."""
    extra = Parameters.model_fields[name].json_schema_extra
    return str(extra["allowed"]) if isinstance(extra, dict) else ""


def check_name(name: str) -> None:
    """Refuse a name that is no parameter.

    Raises
    ------
    InputError
        With the nearest name that is one.
    """
    if name in Parameters.model_fields:
        return
    near = difflib.get_close_matches(name, Parameters.model_fields, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "see 'lopsided parameters'"
    raise InputError(f"there is no parameter {name!r}; {hint}")


@overload
def validate(values: Mapping[str, Any]) -> Parameters: ...
@overload
def validate(values: Mapping[str, Any], model: type[Model]) -> Model: ...
def validate(
    values: Mapping[str, Any], model: type[Parameters] = Parameters
) -> Parameters:
    """Build `Parameters` from names and values.

    Parameters
    ----------
    values : mapping of str to object
    model : type
        `Parameters`, or `Resolved`.

    Raises
    ------
    InputError
        Names the first parameter that is unknown or not allowed, and what is allowed.
    """
    for name in values:
        check_name(name)
    try:
        p = model(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        shown = bounded(values.get(name))
        if first["msg"].endswith(NOT_UNICODE):
            raise InputError(
                f"{name} is {shown}, which is not UTF-8; give it in UTF-8 (a file: "
                "rename it)"
            ) from None
        raise InputError(f"{name} is {shown}; allowed: {allowed(name)}") from None
    if p.engine == "numba" and engines.chosen("auto") != "numba":
        raise InputError(
            "engine is 'numba', which is not installed; run: pip install "
            "'lopsided[fast]' (in a checkout: pip install -e '.[fast]')"
        )
    return p


def _parts(value: Any) -> Iterator[Any]:
    """Give what lists and mappings are made of, however deep; else the value itself."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if not isinstance(value, list):
        yield value
        return
    for part in value:
        yield from _parts(part)


def _is_unicode(text: str) -> bool:
    """Tell whether a text can be written as UTF-8: it has no half of a character."""
    return not re.search("[\ud800-\udfff]", text)


def from_text(name: str, text: str) -> Any:
    """Read a value given as text, as ``-p name value`` does.

    JSON if it parses as JSON, or a list or mapping as YAML has it (``[no, yes]``), else
    the text itself. A parameter that is text anyway keeps what was typed: a column may
    be called 1.

    Raises
    ------
    InputError
        When the name is no parameter.
    """
    check_name(name)
    annotation = Parameters.model_fields[name].annotation
    said = {list} if annotation == list[str] else set(get_args(annotation))
    is_text = (said or {annotation}) <= {str, types.NoneType}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if not text.lstrip().startswith(("[", "{")):
            return text
        try:
            value = yaml_file.parse(f"{name}: {text}", "-p")[name]
        except InputError:
            return text
    return (
        text if is_text and value is not None and not isinstance(value, str) else value
    )


def from_file(path: str | Path) -> dict[str, Any]:
    """Read parameters from a YAML 1.2 file of names and values.

    YAML 1.2: ``1e-3`` is a number, ``no`` is a word.

    Raises
    ------
    InputError
        When the file cannot be read or does not hold names and values.
    """
    return yaml_file.read(path)


def from_notebook(namespace: Mapping[str, Any], *names: str) -> Parameters:
    """Collect and validate the parameters of a notebook.

    Whatever else the notebook, its host or a start-up file defined is left alone. A
    name that papermill was given, and that is no parameter, is refused.

    Parameters
    ----------
    namespace : mapping
        The notebook's ``globals()``.
    *names : str
        The parameters that its cell tagged ``parameters`` assigns; by default all.

    Raises
    ------
    InputError
        As `validate`.
    """
    given = _given_by_papermill(namespace.get("In"))
    for name in given:
        check_name(name)
    wanted = {*(names or Parameters.model_fields), *given}
    assigned = [n for n in Parameters.model_fields if n in wanted and n in namespace]
    return validate({name: namespace[name] for name in assigned})


def _given_by_papermill(cells: Any) -> list[str]:
    """List the names that papermill's cell assigns, of the cells that a kernel ran.

    It follows the notebook's own parameters, which name ``run_dir`` in every notebook.
    One from before these were last run no longer counts.
    """
    for source in reversed(cells if isinstance(cells, list) else []):
        names = _assigned(source)
        if source.startswith("# Parameters\n"):
            return names
        if "run_dir" in names:
            break
    return []


def _assigned(source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    stored = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
    return [n.id for n in stored if isinstance(n.ctx, ast.Store)]
