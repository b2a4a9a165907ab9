"""A sweep: the report's notebook for many points, and one table of what they gave.

``runs/sweeps/<name>`` holds:

=======================  =======================================================
``points/<key>``         a point that is done: a run, of notebook 05 alone
``points/<key>.failed``  the last attempt that failed, with the notebook that broke
``results.parquet``      one row a point, in the order declared; also as ``.csv``
``sweep.json``           what was varied
``notebooks``            07_sweep, executed; its pictures are in ``figures``
``report.html``          what it says, for a reader; also as ``.pdf``
=======================  =======================================================

A point's folder is its only state. The key is a hash of all that decides its numbers,
so a start runs what is missing and nothing else, and the table does not tell how often
the sweep was stopped.
"""

import hashlib
import io
import itertools
import json
import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import psutil  # type: ignore[import-untyped]
from distributed import Client
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tqdm import tqdm

from lopsided import parameters
from lopsided.errors import InputError
from lopsided.parameters import Parameters, Resolved
from lopsided.pipeline import cluster, notebooks
from lopsided.pipeline.cluster import NOTEBOOK, Job, Outcome, code_version
from lopsided.pipeline.folders import check_name, held, overwrite, writing
from lopsided.pipeline.jobs import cores, workers
from lopsided.pipeline.report import documents, manifest
from lopsided.prose import count, listed
from lopsided.report import experiment, results
from lopsided.report.intervals import METRICS
from lopsided.table.dataset import Dataset, load

REPORT = "07_sweep"
CELLS = ("tn", "fp", "fn", "tp")  # as metrics.json has them, row by row
ERROR = "error.txt"  # in the folder of a point that failed
ROOT = Path("runs", "sweeps")
NAMES = [name for name in METRICS if name != "false_positive_rate"]
#: Parameters that decide which rows are learned from, and how they are prepared.
OF_DATA = {
    *("data", "target", "positive_label", "features", "test_size"),
    *("group_column", "time_column", "split_seed", "data_seed"),
}
NOT_IN_KEY = {"data", "run_dir"}  # the table counts, by its SHA-256; not where it is
NOTEBOOK_SECONDS = 3.0  # a kernel, its imports and figures; the estimate's only guess

Values = dict[str, Any]  # of some parameters
List = Annotated[list[Any], Field(min_length=1)]


class SweepFile(BaseModel):
    """What a sweep's file may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    metric: str = "test.f1"
    base: Values = {}
    grid: dict[str, List] = {}
    zip: dict[str, List] = {}
    points: list[Values] = []


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes
    ----------
    p : Resolved
        With the defaults that depend on the table.
    sha256 : str
        Of the table.
    key : str
        Of its folder.
    training : str
        Of its network: points that share it train once.
    seconds : float
        What it takes, about, beside the training.
    seconds_of_training : float
        The same of that.
    """

    p: Resolved
    sha256: str
    key: str
    training: str
    seconds: float
    seconds_of_training: float


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
        where = ".".join(map(str, first["loc"][:2]))
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
    listed = [name for point in file.points for name in point]
    return [*dict.fromkeys([*listed, *file.zip, *file.grid])]


def combinations(file: SweepFile) -> list[Values]:
    """Give each point's parameters.

    Every entry of ``points`` goes with every row of ``zip`` and every combination of
    ``grid``.

    Raises
    ------
    InputError
        When an entry names another's parameter, or lists of ``zip`` differ in length.
    """
    names = {
        "base": set(file.base),
        "points": set(itertools.chain(*file.points)),
        "zip": set(file.zip),
        "grid": set(file.grid),
    }
    for (one, a), (other, b) in itertools.combinations(names.items(), 2):
        if both := sorted(a & b):
            raise InputError(f"{both[0]} is in {one} and in {other}; name it in one")
    lengths = {name: len(values) for name, values in file.zip.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            "the lists of zip are taken together, so they must be of one length; they "
            f"have {', '.join(f'{n} {length}' for n, length in lengths.items())}"
        )
    rows = [
        dict(zip(file.zip, v, strict=True))
        for v in zip(*file.zip.values(), strict=True)
    ]
    grid = [
        dict(zip(file.grid, values, strict=True))
        for values in itertools.product(*file.grid.values())
    ]
    return [
        file.base | point | row | combination
        for point in file.points or [{}]
        for row in rows or [{}]
        for combination in grid
    ]


def plan(file: SweepFile) -> list[Point]:
    """Check every point as a single run is checked, and give them as declared.

    Each table is read once for all the points that prepare it alike.

    Raises
    ------
    InputError
        Names the first point that cannot run, or that is there twice.
    """
    names, values = varied(file), combinations(file)
    given: list[Parameters] = []

    def named(number: int) -> str:
        differs = {n: values[number][n] for n in names if n in values[number]}
        said = ", ".join(f"{name} = {value!r}" for name, value in differs.items())
        return f"point {number + 1} ({said})" if said else f"point {number + 1}"

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
            given.append(parameters.validate(point))
    alike: dict[str, list[int]] = {}
    for number, p in enumerate(given):
        content = json.dumps(p.model_dump(include=OF_DATA), sort_keys=True)
        alike.setdefault(content, []).append(number)
    points: dict[int, Point] = {}
    for members in alike.values():
        start = time.perf_counter()
        with naming(members[0]):
            table = load(given[members[0]].with_(threshold=None))
        loading = time.perf_counter() - start
        timed: dict[Any, float] = {}
        for number in members:
            points[number] = resolve(given[number], table, loading, timed)
    seen: dict[str, int] = {}
    for number in range(len(given)):
        first = seen.setdefault(points[number].key, number)
        if first != number:
            raise InputError(f"{named(first)} and {named(number)} are the same run")
    return [points[number] for number in range(len(given))]


def resolve(
    p: Parameters, table: Dataset, loading: float, timed: dict[Any, float]
) -> Point:
    """Fill in what depends on the table; hash and estimate what comes of it."""
    known = table.parameters
    filled = {n: getattr(known, n) for n in ("target", "positive_label", "features")}
    if p.threshold is None:
        filled["threshold"] = known.threshold
    resolved = p.resolved(**filled)
    content = [
        resolved.model_dump(exclude=NOT_IN_KEY),
        table.provenance.sha256,
        code_version(),
    ]
    text = json.dumps(content, sort_keys=True)
    shape = (*p.hidden_units, p.batch_size, p.dtype, p.engine)
    if shape not in timed:
        timed[shape] = seconds_of_an_epoch(resolved, table)
    return Point(
        resolved,
        table.provenance.sha256,
        hashlib.sha256(text.encode()).hexdigest()[:16],
        experiment.fingerprint(resolved, table)[:16],
        NOTEBOOK_SECONDS + loading,
        p.epochs * p.n_seeds * timed[shape],
    )


def seconds_of_an_epoch(p: Resolved, table: Dataset) -> float:
    """Time one, the second of two: the first may be slow for other reasons."""
    once = {"epochs": 1, "n_seeds": 1, "w": 1.0, "l2": 0.0}
    still = {"initial_learning_rate": 1e-9, "final_learning_rate": 0.0}
    for _ in range(2):
        start = time.perf_counter()
        experiment.fit(p.with_(**once | still), table)
    return time.perf_counter() - start


def run_sweep(
    path: str | Path, scheduler: str | None = None, workers: int | None = None
) -> tuple[Path, list[str]]:
    """Run the points of a sweep that are not done, and report on all.

    Parameters
    ----------
    path : str or Path
        The sweep's file.
    scheduler : str, optional
        Address of a running dask scheduler; by default a cluster of this machine's.
    workers : int, optional
        Processes of that cluster.

    Returns
    -------
    folder : Path
    failed : list of str
        A line for each point that failed.

    Raises
    ------
    InputError
        Before any point ran.
    KeyboardInterrupt
        Says how many points are done. They stay.
    """
    file = read(path)
    for name in (NOTEBOOK, REPORT):
        notebooks.check_pair(notebooks.folder() / f"{name}.ipynb")
    say("checking every point")
    points = plan(file)
    folder = (ROOT / file.name).resolve()
    taken = (
        f"sweep {file.name!r} is being run by another process; wait for it, or give "
        "the sweep another name"
    )
    with held(folder, taken):
        with writing(folder):
            (folder / "points").mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("points/.*"):
            shutil.rmtree(leftover)
        sweep = Sweep(points, folder / "points")
        if sweep.missing:
            given = {p.p.data for p in points} - {"simulated"}
            tables = sorted(map(os.path.abspath, given))
            with cluster.connect(scheduler, workers or slots(), tables) as connected:
                client, place = connected
                say(sweep.describe(len(client.nthreads())))
                if address := cluster.dashboard(client):
                    say(f"dashboard: {address}")
                sweep.run(client, place)
        else:
            say(sweep.describe(1))
        publish(file, sweep, folder)
    named = [(point, sweep.error(point)) for point in points]
    return ROOT / file.name, [f"{p.key}: {error}" for p, error in named if error]


def say(line: str) -> None:
    """Print a line above the bar."""
    tqdm.write(line, file=sys.stderr)
    sys.stderr.flush()


def slots() -> int:
    """Give the points that this machine can run at a time: a core and a GiB each."""
    return max(1, min(os.cpu_count() or 1, psutil.virtual_memory().available // 2**30))


class Sweep:
    """Which points are done, which can run now, and which wait for a network.

    Of the points that share a network, the first one trains it. The others read it.

    Parameters
    ----------
    points : sequence of Point
    folder : Path
        Of the points.

    Attributes
    ----------
    missing : list of Point
    networks : dict of str
        For each training that is done, the key of the point that did it.
    """

    def __init__(self, points: Sequence[Point], folder: Path) -> None:
        self.points, self.folder = points, folder
        self.missing = [p for p in points if not self.is_done(p)]
        self.networks = {
            p.training: p.key
            for p in points
            if (folder / p.key / results.MODEL).exists()
        }
        self.ready: deque[Point] = deque()
        self.waiting: dict[str, deque[Point]] = {}
        for point in self.missing:
            if point.training in self.waiting:
                self.waiting[point.training].append(point)
            else:
                self.ready.append(point)
                if point.training not in self.networks:
                    self.waiting[point.training] = deque()

    def is_done(self, point: Point) -> bool:
        """Tell whether a point's folder is there: it is renamed in whole."""
        return (self.folder / point.key / results.METRICS).exists()

    def describe(self, slots: int) -> str:
        """Count what there is to do, and estimate how long it takes."""
        done = len(self.points) - len(self.missing)
        seconds = sum(p.seconds for p in self.missing)
        trained = {p.training: p for p in self.missing if p.training in self.waiting}
        seconds += sum(p.seconds_of_training for p in trained.values())
        return (
            f"{count(len(self.points), 'point', 'points')}, {done:,} of them done; to "
            f"train: {count(len(trained), 'network', 'networks')}; about "
            f"{duration(seconds / slots)} on {count(slots, 'worker', 'workers')}"
        )

    def run(self, client: Client, place: str) -> None:
        """Run what is missing.

        Parameters
        ----------
        client : Client
        place : str
            Both from `cluster.connect`.

        Raises
        ------
        KeyboardInterrupt
            Says how many points are done.
        """
        by_key = {point.key: point for point in self.missing}
        total = len(self.points)
        done = total - len(self.missing)
        failed = 0
        terminal = sys.stderr.isatty()
        with tqdm(
            total=total,
            initial=done,
            desc="points",
            unit="point",
            mininterval=0.1 if terminal else 30,
        ) as bar:
            tick: Callable[[], object] = bar.refresh if terminal else int
            try:
                for job, outcome in cluster.completed(client, place, self.take, tick):
                    point = by_key[Path(job.final).name]
                    self.keep(point, outcome)
                    failed += outcome.error is not None
                    bar.set_postfix(failed=failed, refresh=False)
                    bar.update()
            except KeyboardInterrupt:
                kept = f"{bar.n - failed} of {total} points are done"
                raise KeyboardInterrupt(
                    f"interrupted; {kept}; the same command goes on from there"
                ) from None

    def take(self) -> Job | None:
        """Give the next point that can run, with the network that it reads if any."""
        if not self.ready:
            return None
        point = self.ready.popleft()
        final = self.folder / point.key
        files, made = {}, {}
        if key := self.networks.get(point.training):
            names = (results.MODEL, results.PREDICTIONS)
            files = {n: (self.folder / key / n).read_bytes() for n in names}
            made = {"trained_by": key}
        return Job(point.p, point.sha256, str(final), made, files)

    def keep(self, point: Point, outcome: Outcome) -> None:
        """Write a point's folder aside and rename it in; let others use its network."""
        final = self.folder / point.key
        failed = final.with_name(f"{point.key}.failed")
        stage = final.with_name(f".{point.key}")
        for name, content in outcome.files.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_bytes(content)
        if outcome.error is not None:
            stage.mkdir(exist_ok=True)
            (stage / ERROR).write_text(outcome.error + "\n", encoding="utf-8")
        for earlier in (final, failed):
            if earlier.exists():
                shutil.rmtree(earlier)
        stage.rename(final if outcome.error is None else failed)
        others = self.waiting.get(point.training, deque())
        if point.training in self.networks or not others:
            return
        if outcome.error is None:
            self.networks[point.training] = point.key
            self.ready.extendleft(reversed(others))
            others.clear()
        else:
            self.ready.appendleft(others.popleft())

    def error(self, point: Point) -> str | None:
        """Say why a point failed; None if it did not."""
        path = self.folder / f"{point.key}.failed" / ERROR
        return path.read_text(encoding="utf-8").strip() if path.exists() else None


def duration(seconds: float) -> str:
    """Say roughly how long: ``"40 s"``, ``"6 min"``, ``"3 h"``."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def tabulate(sweep: Sweep) -> pd.DataFrame:
    """Lay out one row a point, in the order declared: parameters, then metrics.

    A list, and every value of a parameter that is not always a number, becomes text.
    What a metric's rule made of ``w`` and ``threshold`` is in ``used.w`` and
    ``used.threshold``.
    """
    rows = []
    for point in sweep.points:
        path = sweep.folder / point.key / results.METRICS
        metrics = results.read_json(path) if path.exists() else {}
        about = {
            "point": point.key,
            "training": point.training,
            "error": sweep.error(point),
        }
        rows.append(about | point.p.model_dump(exclude={"run_dir"}) | flat(metrics))
    table = pd.DataFrame(rows)
    for name in set(Parameters.model_fields) & set(table):
        values = [row[name] for row in rows]
        if any(isinstance(value, list | str) for value in values):
            table[name] = [
                v if isinstance(v, str | None) else json.dumps(v) for v in values
            ]
    return table


#: Of ``metrics.json``; what is no number, or None where there is none.
NO_NUMBERS = {"intervals", "intervals_over", "seed_spread", "schema_version", "source"}


def flat(metrics: dict[str, Any]) -> dict[str, Any]:
    """Name each number of ``metrics.json`` by its path, as ``test.f1``."""
    cells: dict[str, Any] = {}

    def collect(value: Any, *path: str) -> None:
        name = path[-1] if path else ""
        if isinstance(value, dict):
            for key, inner in value.items():
                collect(inner, *path, key)
        elif name == "confusion_matrix":
            for cell, n in zip(CELLS, itertools.chain(*value), strict=True):
                cells[".".join([*path[:-1], cell])] = n
        elif isinstance(value, list):
            for end, number in zip(("low", "high"), value, strict=True):
                cells[".".join([*path, end])] = number
        elif name not in NO_NUMBERS:
            cells[".".join(path if len(path) > 1 else ("used", name))] = value

    collect(metrics)
    return cells


def publish(file: SweepFile, sweep: Sweep, folder: Path) -> None:
    """Write the table, then the report on it: each beside the old one, then renamed."""
    table = tabulate(sweep)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    overwrite(folder / results.SWEEP_PARQUET, buffer.getvalue())
    text = table.to_csv(index=False, lineterminator="\n")
    overwrite(folder / results.SWEEP_CSV, text.encode())
    about = {
        "name": file.name,
        "metric": file.metric,
        "varied": varied(file),
        "base": file.base,
    }
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    overwrite(folder / results.SWEEP, text.encode())
    if table["error"].notna().all():
        return
    source = notebooks.folder() / f"{REPORT}.ipynb"
    output = folder / "notebooks" / source.name
    output.parent.mkdir(exist_ok=True)
    stage = output.with_name(f".{output.name}")
    with workers(1, cores_each=cores()) as pool:
        job = pool.submit(notebooks.execute, source, stage, {"run_dir": str(folder)})
        job.result()
    stage.replace(output)
    values = {n: listed([*map(str, dict.fromkeys(table[n]))]) for n in varied(file)}
    first = sweep.points[0]
    made = manifest(first.p, first.sha256)
    documents(first.p, made, folder, REPORT, values)
