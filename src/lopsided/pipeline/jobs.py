"""Jobs: each a key, a function and the jobs that it needs; run in a pool.

A pool is a number of slots, and ``submit``, which gives a future of the standard
library. `processes.workers` starts one on this machine; a dask cluster is another.
Whoever runs the jobs, the results are the same: a job sees nothing but its arguments.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol


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
