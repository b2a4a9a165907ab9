"""What the files of a run say, as validated models: they may be damaged, or foreign."""

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from lopsided.errors import InputError
from lopsided.prose import quoted
from lopsided.table.dates import DateForm
from lopsided.table.numbers import Form
from lopsided.table.recipe import PARTS, Feature


def damaged(path: Path, why: str = "") -> InputError:
    """Name a file of a run that cannot be used."""
    return InputError(f"{path} is damaged{why and f': {why}'}; make the run anew")


def read(path: Path, model: Any) -> Any:
    """Read a JSON file that may be damaged, and give it as it is.

    Parameters
    ----------
    path : Path
    model : type
        What pydantic checks it against: `Metrics`, `Manifest` or ``NamesAndValues``.

    Raises
    ------
    InputError
        Names the file, and what of it is not as the model says.
    """
    try:
        content = json.loads(path.read_bytes())
        TypeAdapter(model).validate_python(content)
    except FileNotFoundError:
        raise InputError(f"{path} is missing; make the run anew") from None
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise damaged(path, "it is not JSON") from None
    return content


def first_problem(error: ValidationError) -> str:
    """Say in words what a validated model found first."""
    first = error.errors(include_url=False)[0]
    words = first["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, first['loc']))} {words}".strip()


class Description(BaseModel):
    """What a model's file says beside its numbers, checked for sense.

    A file may come from anywhere, or be damaged. What does not fit together would
    decide every row alike, without a word.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    format: Literal["lopsided model"]
    version: Annotated[int, Field(ge=1)]
    layer_dims: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2)]
    recipe: Annotated[list[Feature], Field(min_length=1)]
    threshold: Annotated[float, Field(ge=0, le=2)]  # above 1: nobody is positive
    target: Annotated[str, Field(min_length=1)]
    labels: Annotated[list[str], Field(min_length=2, max_length=2)]
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    w: Annotated[float, Field(gt=0)]
    header: bool | None = None
    gaps: dict[str, list[str | bool | int | float]] = {}
    numbers: dict[str, Form] = {}
    dates: dict[str, DateForm] = {}
    identifiers: list[str] = []

    @field_validator("recipe")
    @classmethod
    def _usable(cls, recipe: list[Feature]) -> list[Feature]:
        for feature in recipe:
            if feature.part not in PARTS.get(feature.kind, ()):
                raise ValueError(f"no feature is a {feature.kind}'s {feature.part}")
            if bool(feature.until) != (feature.part == "until"):
                raise ValueError(f"days until nothing, of {quoted(feature.column)}")
            numbers = (feature.start, feature.fill, feature.mean, feature.scale)
            if not all(map(math.isfinite, numbers)) or feature.scale <= 0:
                raise ValueError(f"{quoted(feature.column)} cannot be standardised")
        return recipe

    @model_validator(mode="after")
    def _of_one_piece(self) -> "Description":
        if self.layer_dims[-1] != 1 or self.layer_dims[0] != len(self.recipe):
            raise ValueError("layer_dims and recipe do not fit")
        if self.labels[0] == self.labels[1]:
            raise ValueError("both labels are one")
        if self.target in {feature.column for feature in self.recipe}:
            raise ValueError("the target is a feature")
        return self


Share = Annotated[float, Field(ge=0, le=1)] | None


class _Data(BaseModel):
    source: str
    sha256: str


class _Measures(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, JsonValue]

    accuracy: Share
    f1: Share
    precision: Share
    recall: Share
    roc_auc: Share
    intervals_over: str | None = None


class Metrics(BaseModel):
    """Of ``metrics.json``, what other runs are compared by."""

    model_config = ConfigDict(allow_inf_nan=False)

    data: _Data
    threshold: float | None
    test: _Measures


class Manifest(BaseModel):
    """Of ``manifest.json``, what a list of runs shows."""

    finished: datetime


class _CardData(_Data):
    n_train: int
    n_test: int
    n_features: int
    n_columns: int
    prevalence_train: float
    prevalence_test: float
    split: str


class _Words(BaseModel):
    positive: str
    negative: str
    rows: str


class _Health(BaseModel):
    log_loss_saved: float
    log_loss_saved_interval: tuple[float | None, float | None]
    units: int
    units_off: int
    largest_tie: float
    tie_at_threshold: float


Pair = tuple[int, int]


class _CardMeasures(_Measures):
    confusion_matrix: tuple[Pair, Pair]
    average_precision: Share
    log_loss: float
    brier: float
    intervals: dict[str, tuple[float | None, float | None]] | None
    intervals_over: str | None


class _Difference(BaseModel):
    value: float | None
    low: float | None
    high: float | None


class _Beside(BaseModel):
    model: str
    accuracy: Share
    f1: Share
    difference: dict[str, _Difference]


class CardMetrics(BaseModel):
    """Of ``metrics.json``, what the first page and the model card say."""

    data: _CardData
    words: _Words
    mind: list[str]
    health: _Health
    threshold: float
    threshold_strategy: str
    beside: list[_Beside] = []
    test: _CardMeasures


class CardManifest(BaseModel):
    """Of ``manifest.json``, what a model card says."""

    lopsided: str
    python: str
    finished: str


# Of parameters.json.
NamesAndValues = dict[str, JsonValue]
