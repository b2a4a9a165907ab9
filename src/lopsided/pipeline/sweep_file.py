"""What a sweep's file declares: its points, each checked before any runs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lopsided import parameters
from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline.folders import check_name
from lopsided.pipeline.points import OF_DATA, Point, identified
from lopsided.pipeline.rows import combinations
from lopsided.report.intervals import METRICS
from lopsided.table.dataset import load

NAMES = [name for name in METRICS if name != "false_positive_rate"]

Values = dict[str, Any]  # of some parameters
List = Annotated[list[Any], Field(min_length=1)]
Grid = Annotated[
    list[dict[str, List]],
    BeforeValidator(lambda grid: [grid] if isinstance(grid, dict) else grid),
]


class SweepFile(BaseModel):
    """What a sweep's file may hold; the grid is one of scikit-learn's."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    metric: str = "test.f1"
    base: Values = {}
    grid: Grid = [{}]


def read(path: str | Path) -> SweepFile:
    """Read a sweep's file.

    Raises
    ------
    InputError
        Names the entry that is missing, unknown or of another form.
    """
    content = parameters.from_file(path)
    try:
        file = SweepFile(**content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
        entries = ", ".join(SweepFile.model_fields)
        raise InputError(
            {
                "missing": f"{path} has no {where}; a sweep needs one",
                "extra_forbidden": f"{path}: there is no entry {where!r}; there are "
                f"{entries}",
            }.get(first["type"], f"{path}: {where}: {first['msg'].lower()}")
        ) from None
    check_name(file.name, f"{path}: name")
    side, _, metric = file.metric.partition(".")
    if side not in ("train", "test") or metric not in NAMES:
        raise InputError(
            f"{path}: metric is {file.metric!r}; it must be train. or test. with one "
            f"of {', '.join(NAMES)}, such as test.f1"
        )
    return file


def varied(file: SweepFile) -> list[str]:
    """Name the parameters that differ from point to point, as declared."""
    return [*dict.fromkeys(name for part in file.grid for name in part)]


def declared(file: SweepFile) -> list[Values]:
    """Give each point's parameters.

    Raises
    ------
    InputError
        When one is in ``base`` and in ``grid``.
    """
    for name in varied(file):
        if name in file.base:
            raise InputError(f"{name} is in base and in grid; name it in one")
    return [file.base | values for values in combinations(file.grid)]


def plan(file: SweepFile) -> list[Point]:
    """Check every point as a single run is checked, and give them as declared.

    Each table is read once for all the points that prepare it alike.

    Raises
    ------
    InputError
        Names the first point that cannot run, or that is there twice.
    """
    names, values = varied(file), declared(file)
    given: list[Parameters] = []

    def named(number: int) -> str:
        differs = {n: values[number][n] for n in names if n in values[number]}
        settings = ", ".join(f"{name} = {value!r}" for name, value in differs.items())
        return f"point {number + 1} ({settings})" if settings else f"point {number + 1}"

    @contextmanager
    def naming(number: int) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise InputError(f"{named(number)}: {error}") from None

    for number, point in enumerate(values):
        with naming(number):
            if "run_dir" in point:
                raise InputError("run_dir is set by the command; leave it out")
            # A choice at each point would change more than what the file varies.
            given.append(parameters.validate({"training": "report"} | point))
    alike: dict[str, list[int]] = {}
    for number, p in enumerate(given):
        content = json.dumps(p.model_dump(include=OF_DATA), sort_keys=True)
        alike.setdefault(content, []).append(number)
    points: dict[int, Point] = {}
    for members in alike.values():
        p = given[members[0]]
        with naming(members[0]):
            table = load(p.with_(threshold=None))
        path = p.data if p.data == "simulated" else os.path.abspath(p.data)
        for number in members:
            p, known = given[number], table.parameters
            filled = {"threshold": known.threshold} if p.threshold is None else {}
            if p.training == "report":
                filled |= p.trained_as_the_report()
            for name in ("target", "positive_label", "features"):
                filled[name] = getattr(known, name)
            points[number] = identified(p.resolved(**filled), path, table)
    seen: dict[str, int] = {}
    for number in range(len(given)):
        first = seen.setdefault(points[number].key, number)
        if first != number:
            raise InputError(f"{named(first)} and {named(number)} are the same run")
    return [points[number] for number in range(len(given))]
