"""Jobs: after what they need, as many as there are slots, whatever dies."""

import os
import signal
import time
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from multiprocessing import active_children, get_context

import pytest
from conftest import HANGS, until

from lopsided.pipeline.jobs import Job, run
from lopsided.pipeline.processes import _start_worker, workers


class Here:
    """A pool that runs each job at once, and counts."""

    def __init__(self, slots=2):
        self.slots = slots
        self.submitted = []

    def submit(self, function, /, *arguments):
        future = Future()
        self.submitted.append(function)
        try:
            future.set_result(function(*arguments))
        except ArithmeticError as error:
            future.set_exception(error)
        return future


def add(*numbers):
    return sum(numbers)


def fail(*_):
    raise ArithmeticError("as asked")


def test_a_job_gets_the_results_that_it_needs_in_their_order():
    jobs = [
        Job("join", lambda *words: "".join(words), ("b", "a", "b")),
        Job("a", lambda: "a"),
        Job("b", lambda: "b"),
    ]
    found = {job.key: future.result() for job, future in run(jobs, Here())}
    assert found == {"a": "a", "b": "b", "join": "bab"}


def test_what_waited_for_another_comes_next():
    """So a result that is shared is soon free again."""
    jobs = [Job(k, add) for k in "ab"]
    jobs += [Job(f"{k}{n}", add, (k,)) for n in "12" for k in "ab"]
    order = [job.key for job, _ in run(jobs, Here(slots=1))]
    assert order == ["a", "a1", "a2", "b", "b1", "b2"]


def test_what_needs_a_failed_job_fails_alike_without_running():
    jobs = [Job("a", fail), Job("b", add, ("a",)), Job("c", add, ("b",)), Job("d", add)]
    pool = Here()
    found = {job.key: future for job, future in run(jobs, pool)}
    assert {k for k, f in found.items() if f.exception()} == {"a", "b", "c"}
    assert str(found["c"].exception()) == "as asked"
    assert len(pool.submitted) == 2


@pytest.mark.parametrize("needs", [("x",), ("b",)], ids=["unknown", "circle"])
def test_a_job_that_could_never_run_is_an_error(needs):
    jobs = [Job("a", add, needs), Job("b", add, ("a",)), Job("c", add)]
    with pytest.raises(ValueError, match="no job has the key"):
        list(run(jobs, Here()))


def test_results_are_kept_no_longer_than_they_are_needed():
    alive = set()

    class Result:
        def __init__(self, name):
            self.name = name
            alive.add(name)

        def __del__(self):
            alive.discard(self.name)

    jobs = []
    for k in range(20):
        jobs.append(Job(k, partial(Result, k)))
        jobs += [Job((k, n), lambda _: None, (k,)) for n in range(2)]
    most = 0
    for _ in run(jobs, Here()):
        most = max(most, len(alive))
    assert most <= 5
    assert not alive


# Real processes


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(path):
    if not path.exists():
        path.touch()
        die()
    return os.getpid()


def nap(seconds, *_):
    time.sleep(seconds)
    return os.getpid()


needs_signals = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


@pytest.mark.slow
@needs_signals
def test_a_process_that_dies_takes_its_own_job_alone(tmp_path):
    jobs = [Job("nap", partial(nap, 1)), Job("dies", die)]
    jobs += [Job("once", partial(die_once, tmp_path / "died"))]
    jobs += [Job(k, partial(nap, 0)) for k in range(4)]
    with workers(2) as pool:
        found = {job.key: future for job, future in run(jobs, pool, attempts=2)}
    broken = {key for key, future in found.items() if future.exception()}
    assert broken == {"dies"}
    assert len(found) == len(jobs)


def told(name):
    return os.environ.get(name)


@pytest.mark.slow
def test_a_job_has_one_core_unless_it_is_given_more():
    import joblib

    for given in (1, 2):
        jobs = [
            Job(n, partial(told, n)) for n in ("OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
        ]
        jobs.append(Job("joblib", joblib.cpu_count))
        with workers(1, cores_each=given) as pool:
            found = {job.key: future.result() for job, future in run(jobs, pool)}
        assert found["OMP_NUM_THREADS"] == "1"
        assert found["LOKY_MAX_CPU_COUNT"] == str(given)
        assert found["joblib"] <= given


@pytest.mark.slow
def test_an_interruption_while_it_ends_leaves_no_process(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as kept, workers(1) as pool:
        pid = pool.submit(os.getpid).result()
        monkeypatch.setattr(pool, "shutdown", interrupted)
    until(lambda: pid not in {child.pid for child in active_children()})
    assert kept.tb  # with all that its frames hold


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["its folder", "the log's"])
def test_a_worker_that_comes_too_late_goes_without_a_word(gone, tmp_path, capfd):
    """The command was interrupted while it started, and has cleaned up."""
    runtime = tmp_path / ("gone" if gone == "its folder" else ".")
    log = tmp_path / ("gone/log" if gone == "the log's" else "log")
    context = get_context("spawn")
    leash, end = context.Pipe(duplex=False)
    given = (leash, str(runtime), str(log), 1, dict(os.environ), False)
    with closing(end):
        late = context.Process(target=_start_worker, args=given)
        late.start()
        late.join(HANGS)
    assert late.exitcode == 1
    assert capfd.readouterr().err == ""
