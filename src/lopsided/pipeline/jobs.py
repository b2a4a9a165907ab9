"""Jobs: each a key, a function and the jobs that it needs; run by processes here.

A pool is a number of slots, and ``submit``, which gives a future of the standard
library. `workers` starts one of processes on this machine; a dask cluster is another.
Whoever runs the jobs, the results are the same: a job sees nothing but its arguments.

Longer than most: what starts a process is also what ends it.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import psutil  # type: ignore[import-untyped]

from lopsided.pipeline.scratch import scratch


@dataclass(frozen=True)
class Job:
    """What to do, and after what.

    Attributes
    ----------
    key : hashable
        Names it among the jobs that are run together.
    function : callable
        Called in another process, with the results of the jobs that it needs: a
        module's function, or a partial of one.
    needs : tuple
        Their keys.
    """

    key: Hashable
    function: Callable[..., Any]
    needs: tuple[Hashable, ...] = ()


class Pool(Protocol):
    """What runs jobs."""

    @property
    def slots(self) -> int:
        """Give the number of jobs that can run at a time; it may change."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Start a job, for which a slot is free."""


def run(
    jobs: Sequence[Job],
    pool: Pool,
    attempts: int = 1,
    stored: Mapping[Hashable, Any] = MappingProxyType({}),
    tick: Callable[[], object] = int,
    seconds: float = 1.0,
) -> Iterator[tuple[Job, Future[Any]]]:
    """Run jobs, each after those that it needs, and give each as it ends.

    No more are handed out than there are slots, and a result is kept as long as a job
    needs it: what this takes of memory does not grow with the number of jobs.

    Parameters
    ----------
    jobs : sequence of Job
        First come, first run; but what has waited for another job comes next.
    pool : Pool
    attempts : int
        How often a job is tried whose process dies.
    stored : mapping
        Results that are there already, read when a job that needs them starts.
    tick : callable
        Called at least every ``seconds``.

    Yields
    ------
    Job
    Future
        Done. Where a job failed, those that need it fail alike, without running.

    Raises
    ------
    ValueError
        At the end, when a job needs what no other gives.
    """
    after = {job.key: {n for n in job.needs if n not in stored} for job in jobs}
    users = Counter(need for needs in after.values() for need in needs)
    waiting: dict[Hashable, list[Job]] = defaultdict(list)
    for job in jobs:
        for need in after[job.key]:
            waiting[need].append(job)
    unmet = {key: len(needs) for key, needs in after.items()}
    ready = deque(job for job in jobs if not unmet[job.key])
    kept: dict[Hashable, Future[Any]] = {}  # what jobs still need
    running: dict[Future[Any], Job] = {}
    deaths: Counter[Hashable] = Counter()

    def ended(job: Job, future: Future[Any]) -> None:
        for need in after[job.key]:
            users[need] -= 1
            if not users[need]:
                del kept[need]
        if users[job.key]:
            kept[job.key] = future
        for other in reversed(waiting.pop(job.key, [])):
            unmet[other.key] -= 1
            if not unmet[other.key]:
                ready.appendleft(other)

    while ready or running:
        while ready and len(running) < pool.slots:
            job = ready.popleft()
            needed = (kept[need] for need in after[job.key])
            if failed := next((need for need in needed if need.exception()), None):
                ended(job, failed)
                yield job, failed
                continue
            arguments = (
                kept[need].result() if need in kept else stored[need]
                for need in job.needs
            )
            running[pool.submit(job.function, *arguments)] = job
        done = wait(running, seconds, FIRST_COMPLETED).done
        tick()
        for future in done:
            job = running.pop(future)
            if isinstance(future.exception(), BrokenExecutor):
                deaths[job.key] += 1
                if deaths[job.key] < attempts:
                    ready.appendleft(job)
                    continue
            ended(job, future)
            yield job, future
    if waiting:
        raise ValueError(
            f"no job has the key {next(iter(waiting))!r}, or a circle does"
        )


def cores(more: int = 0) -> int:
    """Give the jobs that this machine can run at a time: a core and a GiB each.

    That many ``more`` share the cores, where there is memory for them.
    """
    import joblib

    free = psutil.virtual_memory().available // 2**30
    return int(max(1, min(joblib.cpu_count() + more, free)))


class Processes:
    """Processes of this machine, a slot each; one that dies breaks its own job alone.

    Parameters
    ----------
    slots : int
    start : callable
        Gives an executor of one process.
    """

    def __init__(self, slots: int, start: Callable[[], ProcessPoolExecutor]) -> None:
        self.slots = slots
        self.start = start
        self.executors = [start() for _ in range(slots)]
        self.last: list[Future[Any] | None] = [None] * slots

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Start a job in a free slot."""
        free = [k for k, last in enumerate(self.last) if last is None or last.done()]
        slot = free[0] if free else 0
        try:
            future = self.executors[slot].submit(function, *arguments)
        except BrokenExecutor:
            self.executors[slot] = self.start()
            future = self.executors[slot].submit(function, *arguments)
        self.last[slot] = future
        return future

    def shutdown(self) -> None:
        """End the processes, and wait until they have ended."""
        for executor in self.executors:
            executor.shutdown(cancel_futures=True)


@contextmanager
def workers(
    slots: int | None = None, log: str | Path = os.devnull, cores_each: int = 1
) -> Iterator[Processes]:
    """Start processes that each run one job at a time.

    None outlives the block, nor does a kernel of theirs: all end at once if the block
    raises, or if this process is killed. Each uses one thread for arithmetic: the
    network's matrices are too small to share. What they and their kernels write to the
    standard error goes to ``log``: what matters is raised, and the rest would alarm the
    user.

    Parameters
    ----------
    slots : int, optional
        By default `cores`.
    log : path
    cores_each : int
        How many processes of its own a job may start for its work.
    """
    context = get_context("spawn")
    # The leash: nothing is ever sent. When this end closes, workers read its end.
    leash, end = context.Pipe(duplex=False)
    with scratch() as runtime, closing(end):
        given = (leash, str(runtime), log, cores_each)

        def start() -> ProcessPoolExecutor:
            try:
                with ctrl_c_held():  # born with it held: it is not for them
                    executor = ProcessPoolExecutor(1, context, _start_worker, given)
                    executor.submit(int)
            except OSError as error:  # a pipe breaks where its other end never ran
                why = error.strerror or error
                raise RuntimeError(
                    f"no worker process can start: {sys.executable}: {why}"
                ) from error
            return executor

        pool = Processes(slots or cores(), start)
        try:
            yield pool
            wait([last for last in pool.last if last])  # what runs may end
        finally:
            end.close()  # at once: a process that unloads its libraries takes seconds
            pool.shutdown()


@contextmanager
def ctrl_c_held() -> Iterator[None]:
    """Let a Ctrl-C wait until the block ends; processes born in it hold it too."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def use_cores(n: int) -> None:
    """Let arithmetic use one thread, and joblib ``n`` processes; in kernels, too."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ["LOKY_MAX_CPU_COUNT"] = str(n)


def _start_worker(
    leash: Connection, runtime: str, log: str | Path, cores_each: int
) -> None:
    use_cores(cores_each)
    own = os.path.join(runtime, str(os.getpid()))  # a socket's name must be short
    try:
        os.mkdir(own)
        _leave_the_terminal(log)
    except FileNotFoundError:  # the command was interrupted, and has cleaned up already
        os._exit(1)
    tempfile.tempdir = own  # what is put there goes when we go
    logging.disable()  # what matters is raised

    def leave(*_: object) -> None:
        shutil.rmtree(own, ignore_errors=True)
        with suppress(OSError):  # the last one turns off the light
            os.rmdir(runtime)
        kernels = psutil.Process().children(recursive=True)
        for kernel in kernels:
            with suppress(psutil.NoSuchProcess):
                kernel.kill()
        psutil.wait_procs(kernels, timeout=5)
        os._exit(1)

    def follow() -> None:
        try:
            leash.poll(None)
        finally:
            leave()

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=follow, daemon=True).start()


def _leave_the_terminal(log: str | Path) -> None:
    """Keep a Ctrl-C from this process; send what its kernels complain of to a log."""
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 2)  # kernels inherit it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):  # out of the reach of a kill of the whole group, too
        with suppress(PermissionError):
            os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
