"""A pool of workers that a running dask scheduler has, on this machine or others.

A worker needs no storage in common with the machine that asks: results come back over
the network, and a table that it does not see is sent to it once.
"""

import hashlib
import importlib.util
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, WorkerPlugin

from lopsided.errors import InputError
from lopsided.pipeline import processes
from lopsided.pipeline.folders import overwrite
from lopsided.pipeline.points import TABLES, code_version

SAME = ("lopsided", "numpy")  # of one version, here and on every worker
#: Seconds to wait for what is there and slow; what is not there is known at once.
PATIENCE = 900
SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1 GiB",  # a network
    "distributed.comm.timeouts.connect": f"{PATIENCE} s",
    "distributed.comm.timeouts.tcp": f"{PATIENCE} s",
    "distributed.scheduler.worker-ttl": f"{PATIENCE} s",
}


class Cluster:
    """The workers as a pool: two jobs each, so that none waits for the network."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.executor = client.get_executor(pure=False)

    @property
    def slots(self) -> int:
        """Give the jobs to hand out; workers may join and leave."""
        return max(1, 2 * len(self.client.nthreads()))

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Start a job; dask runs it again if its worker is lost."""
        future: Future[Any] = self.executor.submit(function, *arguments)
        return future


class Workplace(WorkerPlugin):
    """What each worker has before its first job, also one that joins later.

    Parameters
    ----------
    tables : dict of (str, bytes or None)
        For each path: the SHA-256 of the file, and its content for workers that do not
        see it.
    """

    def __init__(self, tables: dict[str, tuple[str, bytes | None]]) -> None:
        self.name = f"sweep-{uuid.uuid4().hex[:6]}"  # a cluster may work for several
        self.tables = tables

    def setup(self, worker: Any) -> None:
        """Find or write the tables; let no job use a second core."""
        processes.use_cores(1)
        self.folder = Path(worker.local_directory, self.name)
        for path, (digest, content) in self.tables.items():
            here = Path(path)
            if content is not None and not sees({path: digest}):
                here = self.folder / digest[:16] / here.name
                here.parent.mkdir(parents=True, exist_ok=True)
                overwrite(here, content)
            if not sees({str(here): digest}):
                raise RuntimeError(f"{worker.address} has no {path} of that SHA-256")
            TABLES[path] = str(here)
        self.tables = {}

    def teardown(self, worker: Any) -> None:
        """Leave no table behind."""
        shutil.rmtree(self.folder, ignore_errors=True)


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
    scheduler: str, tables: Sequence[str], say: Callable[[str], None]
) -> Iterator[Cluster]:
    """Give the workers of a scheduler, once they are fit for the work.

    Parameters
    ----------
    scheduler : str
        Its address, such as ``tcp://host:8786``.
    tables : sequence of str
        Files that the jobs read, by whole paths.
    say : callable
        Prints a line.

    Raises
    ------
    InputError
        When nothing answers there, no worker joins, or one has other versions.
    """
    with dask.config.set(SETTINGS), _client(scheduler, say) as client:
        check_workers(client)
        digests = {path: digest_of(path) for path in tables}
        shared = all(client.run(sees, digests).values())
        shipped = {
            path: (digest, None if shared else Path(path).read_bytes())
            for path, digest in digests.items()
        }
        place = Workplace(shipped)
        client.register_plugin(place)
        pool = Cluster(client)
        say(f"workers: {len(client.nthreads())}")
        if importlib.util.find_spec("bokeh"):
            say(f"dashboard: {client.dashboard_link}")
        try:
            yield pool
        finally:
            with processes.ctrl_c_held():
                pool.executor.shutdown(wait=False)
                with suppress(OSError, TimeoutError):
                    client.unregister_worker_plugin(place.name)


@contextmanager
def _client(scheduler: str, say: Callable[[str], None]) -> Iterator[Client]:
    try:
        where = urlsplit(scheduler)
        if where.hostname and where.port:  # dask would try for as long as it may
            socket.create_connection((where.hostname, where.port), PATIENCE).close()
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError):
        raise InputError(
            f"no dask scheduler answers at {scheduler}; start one with 'dask "
            "scheduler', or leave --scheduler out to use this machine"
        ) from None
    with client:
        start = f"dask worker {scheduler} --nthreads 1 --nworkers 2"
        if not client.nthreads():
            say(f"the scheduler has no worker yet; waiting for one, as from: {start}")
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise InputError(
                f"the scheduler {scheduler} has no worker; start some with: {start}"
            ) from None
        yield client


def check_workers(client: Client) -> None:
    """Refuse workers that would not do what this machine would.

    Raises
    ------
    InputError
        Names the worker, what differs, and what to do.
    """
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
                f"the worker {address} has {threads} threads, and training needs a "
                "process of its own; start workers with --nthreads 1"
            )
    for address, version in client.run(code_version).items():
        if version != code_version():
            raise InputError(
                f"the worker {address} has other sources of lopsided than this "
                "machine; install the same on both"
            )


def _versions(information: dict[str, Any]) -> dict[str, str]:
    packages = information["packages"]
    python = ".".join(packages["python"].split(".")[:2])
    return {"Python": python, **{name: packages[name] for name in SAME}}
