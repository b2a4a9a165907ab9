"""Points of a sweep on dask's workers: a cluster of this machine's, or another.

A worker runs one point at a time, in a folder of its own, and sends the files back; so
it needs no storage in common with the machine that asked. At most one point a worker is
in the scheduler's hands, however long the sweep is.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import psutil  # type: ignore[import-untyped]
from distributed import Client, KilledWorker, LocalCluster, WorkerPlugin, wait
from distributed.worker import get_worker

import lopsided
from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline import jobs, notebooks
from lopsided.pipeline.folders import overwrite
from lopsided.pipeline.report import manifest
from lopsided.report import results

NOTEBOOK = "05_report"  # what a point runs; without a trained network it trains one
SAME = ("lopsided", "numpy")  # of one version, here and on every worker
SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,  # a lost worker's point runs once more
    "distributed.admin.large-graph-warning-threshold": "1 GiB",  # a network to be read
}


@dataclass(frozen=True)
class Job:
    """What a worker needs to run a point.

    Attributes
    ----------
    p : Parameters
        ``data`` as it was given.
    sha256 : str
        Of the table.
    final : str
        Where the point's folder will stand.
    made : dict
        More for its manifest.
    files : dict of bytes
        Put into the folder first: a trained network that the notebook can read.
    """

    p: Parameters
    sha256: str
    final: str
    made: dict[str, Any]
    files: dict[str, bytes]


@dataclass(frozen=True)
class Outcome:
    """What became of a point: its files by name, and why it failed if it did."""

    files: dict[str, bytes]
    error: str | None = None


class Workplace(WorkerPlugin):
    """What each worker has before its first point, also one that joins later.

    Parameters
    ----------
    tables : dict of (str, bytes or None)
        For each path: the SHA-256 of the file, and its content for workers that do not
        see it.
    own : bool
        Whether the worker is a child of this process.
    """

    def __init__(self, tables: dict[str, tuple[str, bytes | None]], own: bool) -> None:
        self.name = f"sweep-{uuid.uuid4().hex[:6]}"  # a cluster may work for several
        self.tables = tables
        self.own = own

    def setup(self, worker: Any) -> None:
        """Find or write the tables; let no kernel use a second core."""
        if self.own:
            jobs._leave_the_terminal(os.devnull)
        jobs.use_cores(1)
        self.folder = Path(worker.local_directory, self.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.paths = {}
        for path, (digest, content) in self.tables.items():
            here = Path(path)
            if content is not None and not sees({path: digest}):
                here = self.folder / digest[:16] / here.name
                here.parent.mkdir(exist_ok=True)
                overwrite(here, content)
            if not sees({str(here): digest}):
                raise RuntimeError(f"{worker.address} has no {path} of that SHA-256")
            self.paths[path] = str(here)
        self.tables = {}

    def teardown(self, worker: Any) -> None:
        """End the kernels that were started from here."""
        kernels = [
            child
            for child in psutil.Process().children(recursive=True)
            if any(str(self.folder) in word for word in _command(child))
        ]
        for kernel in kernels:
            with suppress(psutil.NoSuchProcess):
                kernel.kill()
        psutil.wait_procs(kernels, timeout=5)
        shutil.rmtree(self.folder, ignore_errors=True)


def _command(process: Any) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def digest_of(path: str) -> str:
    """Hash a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sees(tables: dict[str, str]) -> bool:
    """Tell whether each path is here a file of that SHA-256."""
    with suppress(OSError):
        return all(digest_of(path) == digest for path, digest in tables.items())
    return False


@contextmanager
def connect(
    scheduler: str | None, count: int, tables: Sequence[str]
) -> Iterator[tuple[Client, str]]:
    """Give a client whose workers can run points, and the name of their `Workplace`.

    Parameters
    ----------
    scheduler : str, optional
        Address of a running one, such as ``tcp://host:8786``; by default a cluster on
        this machine, which ends with the block.
    count : int
        Worker processes of that cluster.
    tables : sequence of str
        Files that the notebooks read.

    Raises
    ------
    InputError
        When nothing answers there, no worker joins, or one has other versions.
    """
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        if scheduler:
            client = stack.enter_context(_client(scheduler))
        else:
            with jobs.ctrl_c_held():  # workers are born with it held
                runtime = stack.enter_context(
                    tempfile.TemporaryDirectory(
                        prefix="lopsided-", ignore_cleanup_errors=True
                    )
                )
                client = stack.enter_context(_own_cluster(count, runtime))
        check_workers(client, own=not scheduler)
        digests = {path: digest_of(path) for path in tables}
        shared = not scheduler or all(client.run(sees, digests).values())
        shipped = {
            path: (digest, None if shared else Path(path).read_bytes())
            for path, digest in digests.items()
        }
        place = Workplace(shipped, own=not scheduler)
        client.register_plugin(place)
        try:
            yield client, place.name
        finally:
            with jobs.ctrl_c_held():  # workers and kernels first
                with suppress(OSError, TimeoutError):
                    client.unregister_worker_plugin(place.name)
                stack.close()


@contextmanager
def _client(scheduler: str) -> Iterator[Client]:
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, TimeoutError, ValueError):
        raise InputError(
            f"no dask scheduler answers at {scheduler}; start one with 'dask "
            "scheduler', or leave --scheduler out to use this machine"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=60)
        except TimeoutError:
            raise InputError(
                f"the scheduler {scheduler} has no worker; start some with: dask "
                f"worker {scheduler} --nthreads 1 --nworkers 2"
            ) from None
        yield client


@contextmanager
def _own_cluster(count: int, runtime: str) -> Iterator[Client]:
    cluster = LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="CRITICAL",
        local_directory=runtime,
    )
    with cluster, Client(cluster) as client:
        yield client


def check_workers(client: Client, own: bool = False) -> None:
    """Refuse workers that would not do what this machine would.

    Raises
    ------
    InputError
        Names the worker, what differs, and what to do.
    """
    if own:
        return
    there: Any = client.get_versions(packages=SAME)
    here = _versions(there["client"])
    for address, information in there["workers"].items():
        for name, version in _versions(information).items():
            if version != here[name]:
                raise InputError(
                    f"the worker {address} has {name} {version}, this machine "
                    f"{here[name]}; install the same on both"
                )
    for address, threads in client.nthreads().items():
        if threads != 1:
            raise InputError(
                f"the worker {address} has {threads} threads, and a notebook needs a "
                "process of its own; start workers with --nthreads 1"
            )
    for address, version in client.run(code_version).items():
        if version != code_version():
            raise InputError(
                f"the worker {address} has other sources or notebooks of lopsided than "
                "this machine; install the same on both"
            )


def _versions(information: dict[str, Any]) -> dict[str, str]:
    packages = information["packages"]
    python = ".".join(packages["python"].split(".")[:2])
    return {"Python": python, **{name: packages[name] for name in SAME}}


def code_version() -> str:
    """Hash what decides a point's numbers: the notebook, and all that it can import.

    The machinery is left out: notebooks import the lesson and the toolbox only.
    """
    package = Path(lopsided.__file__).parent
    machinery = {package / "cli.py", package / "__main__.py"}
    machinery |= {*(package / "pipeline").rglob("*.py")}
    sources = [p for p in package.rglob("*.py") if p not in machinery]
    sources.append(notebooks.folder() / f"{NOTEBOOK}.py")
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(f"\n# {path.name}\n{path.read_text(encoding='utf-8')}".encode())
    return digest.hexdigest()


def dashboard(client: Client) -> str | None:
    """Give the address of dask's page, which needs bokeh."""
    if importlib.util.find_spec("bokeh") is None:
        return None
    return client.dashboard_link


def completed(
    client: Client,
    place: str,
    take: Callable[[], Job | None],
    tick: Callable[[], object],
) -> Iterator[tuple[Job, Outcome]]:
    """Run jobs, one a worker at a time, and give each with its outcome as it ends.

    Parameters
    ----------
    client : Client
    place : str
        From `connect`, as the client.
    take : callable
        Gives the next job; None when there is none at this time.
    tick : callable
        Called about once a second.
    """
    running: dict[Any, Job] = {}
    while True:
        slots = max(1, len(client.nthreads()))
        while len(running) < slots and (job := take()):
            running[client.submit(run_point, job, place, pure=False)] = job
        if not running:
            return
        done = set()
        with suppress(TimeoutError):
            done = wait([*running], timeout=1, return_when="FIRST_COMPLETED").done
        tick()
        for future in done:
            try:
                outcome = future.result()
            except KilledWorker:
                outcome = Outcome({}, "its worker died, twice; was memory short?")
            except Exception as error:  # of the cluster: what a notebook raises is told
                outcome = Outcome({}, f"{type(error).__name__}: {error}")
            yield running.pop(future), outcome


def run_point(job: Job, place: str) -> Outcome:
    """Run a point on this worker, and give its files."""
    workplace: Any = get_worker().plugins[place]
    data = workplace.paths.get(os.path.abspath(job.p.data), job.p.data)
    before, tempfile.tempdir = tempfile.tempdir, str(workplace.folder)
    try:
        with tempfile.TemporaryDirectory() as name:
            return _run_point(job, data, Path(name).resolve())
    finally:
        tempfile.tempdir = before


def _run_point(job: Job, data: str, stage: Path) -> Outcome:
    (stage / "notebooks").mkdir()
    for file, content in job.files.items():
        (stage / file).write_bytes(content)
    source = notebooks.folder() / f"{NOTEBOOK}.ipynb"
    values = job.p.model_dump() | {"data": data, "run_dir": str(stage)}
    made = manifest(job.p, job.sha256) | job.made | {"host": platform.node()}
    error = None
    try:
        output = stage / "notebooks" / source.name
        seconds = notebooks.execute(source, output, values, save_each_cell=False)
        made["seconds"] = {NOTEBOOK: round(seconds, 2)}
    except notebooks.NotebookError as failure:
        error = str(failure).replace(str(stage), job.final)
    written = job.p.with_(run_dir=job.final).model_dump()
    results.write_json(stage / results.PARAMETERS, written)
    results.write_json(stage / results.MANIFEST, made)
    files = {
        path.relative_to(stage).as_posix(): path.read_bytes()
        for path in sorted(stage.rglob("*"))
        if path.is_file() and path.name not in {results.PROGRESS, *job.files}
    }
    for file in files:
        if file.endswith(".ipynb"):
            text = files[file].decode().replace(str(stage), job.final)
            files[file] = text.replace(data, job.p.data).encode()
    return Outcome(files, error)
