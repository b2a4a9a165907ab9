"""A sweep: an experiment for many points, and one table of what they gave.

``runs/sweeps/<name>`` holds:

===================  ===========================================================
``points.jsonl``     a line a point that is done: its key and its row
``networks``         what points share: trained networks and their predictions
``failed/<key>.txt`` why a point failed, of the last start
``results.parquet``  one row a point, in the order declared; also as ``.csv``
``sweep.json``       what was varied
``notebooks``        07_sweep, executed; its pictures are in ``figures``
``report.html``      what it says, for a reader; also as ``.pdf``
===================  ===========================================================

A point's line is its only state. The key is a hash of all that decides its numbers, so
a start runs what is missing and nothing else, and the table does not tell how often the
sweep was stopped.
"""

import io
import json
import shutil
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from lopsided.parameters import Parameters
from lopsided.pipeline import jobs, notebooks, processes
from lopsided.pipeline.folders import held, overwrite, writing
from lopsided.pipeline.points import OF_DATA, Point, measure, train
from lopsided.pipeline.report import documents, manifest
from lopsided.pipeline.rows import Journal
from lopsided.pipeline.sweep_file import SweepFile, plan, read, varied
from lopsided.prose import count, listed
from lopsided.report import results

REPORT = "07_sweep"
POINTS, FAILED, NETWORKS = "points.jsonl", "failed", "networks"
ROOT = Path("runs", "sweeps")


def run_sweep(
    path: str | Path, scheduler: str | None = None, workers: int | None = None
) -> tuple[Path, list[str]]:
    """Run the points of a sweep that are not done, and report on all.

    Parameters
    ----------
    path : str or Path
        The sweep's file.
    scheduler : str, optional
        Address of a running dask scheduler; by default processes of this machine.
    workers : int, optional
        How many processes; by default a core and a GiB each.

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
    notebooks.check_pair(notebooks.folder() / f"{REPORT}.ipynb")
    say("checking every point")
    points = plan(file)
    folder = (ROOT / file.name).resolve()
    taken = (
        f"sweep {file.name!r} is being run by another process; wait for it, or give "
        "the sweep another name"
    )
    with held(folder, taken):
        with writing(folder):
            (folder / NETWORKS).mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder / FAILED, ignore_errors=True)
        sweep = Sweep(points, folder)
        say(sweep.describe())
        try:
            if sweep.missing:
                with pool(scheduler, workers, points) as workplace:
                    sweep.run(workplace)
            publish(file, sweep, folder)
        except KeyboardInterrupt:
            kept = f"{sweep.done} of {len(points)} points are done"
            raise KeyboardInterrupt(
                f"interrupted; {kept}; the same command goes on from there"
            ) from None
    return ROOT / file.name, [f"{key}: {why}" for key, why in sweep.errors.items()]


@contextmanager
def pool(
    scheduler: str | None, slots: int | None, points: Sequence[Point]
) -> Iterator[jobs.Pool]:
    """Give what runs the points: processes of this machine, or dask's workers."""
    if scheduler is None:
        with processes.workers(slots) as here:
            yield here
    else:
        from lopsided.pipeline import cluster

        tables = sorted({point.path for point in points} - {"simulated"})
        with cluster.connect(scheduler, tables, say) as workers:
            yield workers


def say(line: str) -> None:
    """Print a line above the bar."""
    tqdm.write(line, file=sys.stderr)
    sys.stderr.flush()


class Networks(Mapping[Any, bytes]):
    """What is trained, by the hash of its training: a file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, training: object) -> Path:
        """Say where one is, or would be."""
        return self.folder / f"{training}.npz"

    def __contains__(self, training: object) -> bool:
        return self.path(training).exists()

    def __getitem__(self, training: object) -> bytes:
        return self.path(training).read_bytes()

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in self.folder.glob("*.npz"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Sweep:
    """Which points are done, and what there is to do for the others.

    Parameters
    ----------
    points : sequence of Point
    folder : Path

    Attributes
    ----------
    missing : list of Point
        Those of one table after one another: a worker keeps it.
    errors : dict of str
        Why a point failed, by its key.
    """

    def __init__(self, points: Sequence[Point], folder: Path) -> None:
        self.points, self.folder = points, folder
        self.journal = Journal(folder / POINTS)
        self.networks = Networks(folder / NETWORKS)
        self.missing = [p for p in points if p.key not in self.journal.keys]
        tables = {
            point.key: point.parameters.model_dump_json(include=OF_DATA)
            for point in self.missing
        }
        order = {table: k for k, table in enumerate(dict.fromkeys(tables.values()))}
        self.missing.sort(key=lambda p: order[tables[p.key]])
        new = {p.training: p for p in self.missing if p.training not in self.networks}
        self.to_train = [*new.values()]
        self.errors: dict[str, str] = {}

    @property
    def done(self) -> int:
        """Count the points that are measured."""
        return sum(point.key in self.journal.keys for point in self.points)

    def describe(self) -> str:
        """Count what there is to do."""
        points = count(len(self.points), "point", "points")
        networks = count(len(self.to_train), "network", "networks")
        return f"{points}, {self.done:,} of them done; to train: {networks}"

    def run(self, pool: jobs.Pool) -> None:
        """Run what is missing."""
        todo = [jobs.Job(p.training, partial(train, p)) for p in self.to_train]
        todo += [
            jobs.Job(p.key, partial(measure, p), (p.training,)) for p in self.missing
        ]
        by_key = {point.key: point for point in self.missing}
        total = len(self.points)
        terminal = sys.stderr.isatty()
        with tqdm(
            total=total,
            initial=total - len(self.missing),
            desc="points",
            unit="point",
            mininterval=0.1 if terminal else 30,
        ) as bar:
            tick = bar.refresh if terminal else int
            for job, future in jobs.run(todo, pool, 2, self.networks, tick):
                key, error = str(job.key), future.exception()
                if key not in by_key:  # a network; what failed, its points say
                    if error is None:
                        overwrite(self.networks.path(key), future.result())
                    continue
                if error is None:
                    self.journal.add(key, future.result())
                else:
                    self.keep(by_key[key], error)
                    bar.set_postfix(failed=len(self.errors), refresh=False)
                bar.update()

    def keep(self, point: Point, error: BaseException) -> None:
        """Write down why a point failed."""
        died = (
            isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"
        )
        why = f"{type(error).__name__}: {error}"
        self.errors[point.key] = (
            "its worker died more than once; was memory short?" if died else why
        )
        folder = self.folder / FAILED
        folder.mkdir(exist_ok=True)
        values = json.dumps(point.parameters.model_dump(), indent=2, ensure_ascii=False)
        text = "".join(traceback.format_exception(error))
        (folder / f"{point.key}.txt").write_text(
            f"{values}\n\n{text}", encoding="utf-8"
        )


def tabulate(sweep: Sweep) -> pd.DataFrame:
    """Lay out one row a point, in the order declared: parameters, then metrics.

    A list, and every value of a parameter that is not always a number, becomes text.
    What a metric's rule made of ``w`` and ``threshold`` is in ``used.w`` and
    ``used.threshold``.
    """
    wanted = {point.key for point in sweep.points}
    measured = {key: row for key, row in sweep.journal if key in wanted}
    rows = []
    for point in sweep.points:
        about = {
            "point": point.key,
            "network": point.training,
            "error": sweep.errors.get(point.key),
        }
        given = point.parameters.model_dump(exclude={"run_dir"})
        rows.append(about | given | measured.get(point.key, {}))
    table = pd.DataFrame(rows)
    for name in set(Parameters.model_fields) & set(table):
        values = [row[name] for row in rows]
        if any(isinstance(value, list | dict | str) for value in values):
            table[name] = [
                v if isinstance(v, str | None) else json.dumps(v) for v in values
            ]
    return table


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
    with processes.workers(1) as pool:
        pool.submit(notebooks.execute, source, stage, {"run_dir": str(folder)}).result()
    stage.replace(output)
    values = {n: listed([*map(str, dict.fromkeys(table[n]))]) for n in varied(file)}
    first = sweep.points[0]
    made = manifest(first.parameters, first.sha256)
    documents(first.parameters, made, folder, REPORT, values)
