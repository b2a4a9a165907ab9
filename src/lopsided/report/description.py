"""What a model's file says of itself, as one validated model."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lopsided.prose import quoted
from lopsided.table.recipe import PARTS, Feature


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

    @field_validator("recipe")
    @classmethod
    def _usable(cls, recipe: list[Feature]) -> list[Feature]:
        for feature in recipe:
            if feature.part not in PARTS.get(feature.kind, ()):
                raise ValueError(f"no feature is a {feature.kind}'s {feature.part}")
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
