"""The processes of this machine that do jobs: how they start, and how they end.

On Linux they are forks of one process, the server, which has imported what they need
and does nothing else; elsewhere each starts Python anew and imports for itself. What
they compute is the same.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from multiprocessing import forkserver, get_context, set_forkserver_preload
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from lopsided.pipeline.scratch import scratch

#: Beginnings of the names of variables that change what Python or a kernel does.
CHANGING = ("PYTHON", "IPYTHON", "JUPYTER", "MPLBACKEND", "MATPLOTLIBRC")
#: Of those, what decides which modules are found.
NEEDED = {
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONUSERBASE",
}

#: Whether this is the server, or a fork of it.
has_imports = False
#: Whether this is a fork of it for a single job: it has what a kernel needs and nothing
#: else, and its kernel is a fork of it.
is_fresh_fork = False


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
    fresh : bool
        Whether each job gets a process of its own.
    """

    def __init__(
        self, slots: int, start: Callable[[], ProcessPoolExecutor], fresh: bool = False
    ) -> None:
        self.slots = slots
        self.start = start
        self.fresh = fresh
        self.executors = [start() for _ in range(slots)]
        self.last: list[Future[Any] | None] = [None] * slots

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Start a job in a free slot."""
        free = [k for k, last in enumerate(self.last) if last is None or last.done()]
        slot = free[0] if free else 0
        if self.fresh and self.last[slot]:
            self.executors[slot].shutdown()
            self.executors[slot] = self.start()
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
    slots: int | None = None,
    log: str | Path = os.devnull,
    cores_each: int = 1,
    fresh: bool = False,
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
    fresh : bool
        Whether each job gets a process of its own: where they run notebooks, whose
        kernels may then be forks of it.
    """
    context = get_context("forkserver" if can_fork() else "spawn")
    # The leash: nothing is ever sent. When this end closes, workers read its end.
    leash, end = context.Pipe(duplex=False)
    with scratch() as runtime, closing(end):
        own = dict(os.environ)
        given = (leash, str(runtime), log, cores_each, own, fresh)

        def start() -> ProcessPoolExecutor:
            try:
                warm_up()
                with ctrl_c_held():  # born with it held: it is not for them
                    executor = ProcessPoolExecutor(1, context, _start_worker, given)
                    executor.submit(int)
            except OSError as error:  # a pipe breaks where its other end never ran
                why = error.strerror or error
                raise RuntimeError(
                    f"no worker process can start: {sys.executable}: {why}"
                ) from error
            return executor

        pool = Processes(slots or cores(), start, fresh)
        try:
            yield pool
            wait([last for last in pool.last if last])  # what runs may end
        finally:
            end.close()  # at once: a process that unloads its libraries takes seconds
            pool.shutdown()


def can_fork() -> bool:
    """Tell whether processes can be forks: on Linux, from a Python without options.

    Options such as ``-O`` and ``-W error`` would reach the kernels.
    """
    options = sys.flags.optimize or sys.flags.dev_mode or sys.warnoptions
    return sys.platform == "linux" and not options


def warm_up() -> None:
    """Start the server, which imports while this process does something else.

    It ends with this process. Whoever calls this later finds it there.
    """
    if not can_fork():
        return
    set_forkserver_preload(["lopsided.pipeline.warm"])
    # No module of the current folder stands before one of Python's.
    own = {"PYTHONSAFEPATH": "1", "LOPSIDED_SERVER": str(os.getpid())}
    plain = environment(tempfile.gettempdir()) | own
    with environment_of(plain), ctrl_c_held():
        use_cores(1)
        forkserver.ensure_running()


def environment(own: str) -> dict[str, str]:
    """Give variables that change nothing; what Jupyter writes goes into a folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in NEEDED or not name.startswith(CHANGING)
    }
    folders = "IPYTHONDIR JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR"
    return kept | {
        **dict.fromkeys(folders.split(), own),
        "MPLBACKEND": "agg",
        "PYTHONUTF8": "1",
    }


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Have other environment variables in a block."""
    before = dict(os.environ)
    take(variables)
    try:
        yield
    finally:
        take(before)


def take(variables: Mapping[str, str]) -> None:
    """Have these environment variables and no other."""
    os.environ.clear()
    os.environ.update(variables)


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


def call(role: str) -> None:
    """Name this process, for whoever lists those of the machine; on Linux."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(f"lopsided {role}", encoding="ascii")


def use_cores(n: int) -> None:
    """Let arithmetic use one thread, and joblib ``n`` processes; in kernels, too."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ["LOKY_MAX_CPU_COUNT"] = str(n)


def _start_worker(
    leash: Connection,
    runtime: str,
    log: str | Path,
    cores_each: int,
    variables: Mapping[str, str],
    fresh: bool,
) -> None:
    global is_fresh_fork
    call("worker")
    take(variables)  # a fork has the server's
    use_cores(cores_each)
    is_fresh_fork = fresh and has_imports
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
