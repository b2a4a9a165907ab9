"""One run of the report: the notebooks, in order, into a run folder."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lopsided import __version__
from lopsided.errors import DocumentError, in_words
from lopsided.parameters import Parameters
from lopsided.pipeline import jobs, notebooks, processes
from lopsided.pipeline.folders import RunFolder
from lopsided.pipeline.reading_progress import Told
from lopsided.pipeline.run_progress import Progress
from lopsided.pipeline.training import train
from lopsided.prose import one_line
from lopsided.report import card, decision, results
from lopsided.table.dataset import load

DOCUMENTS = "documents"  # the job
KERNEL_LOG = "kernels.log"  # kept with a run that failed
LIBRARIES = "numpy pandas matplotlib scikit-learn pyarrow papermill pydantic".split()


def run_report(parameters: Parameters, name: str = "default") -> Path:
    """Make a run: check, execute, swap in.

    Parameters
    ----------
    p : Parameters
    name : str
        Of the folder under ``runs``.

    Returns
    -------
    Path
        The run folder.

    Raises
    ------
    InputError
        Before anything ran.
    NotebookError
        When a notebook failed; what there is stays in ``<run>.failed``.
    """
    run = RunFolder(name)
    dataset = load(parameters, Told())  # refuses bad input, and fills in defaults
    for notebook in notebooks.REPORT:
        notebooks.check_pair(notebooks.folder() / f"{notebook}.ipynb")
    parameters = dataset.parameters
    before = _identity(run.path)
    try:
        _build(parameters, dataset.provenance.sha256, run)
    except KeyboardInterrupt:
        known = _identity(run.path)
        is_now = "is the new run" if known != before else "is as it was"
        raise KeyboardInterrupt(
            f"interrupted; {run.path} {is_now}" if known else "interrupted; no run made"
        ) from None
    return run.path


def _identity(folder: Path) -> tuple[int, int] | None:
    """Tell a folder from one that was put in its place."""
    with suppress(OSError):
        status = folder.stat()
        return status.st_dev, status.st_ino
    return None


def _build(parameters: Parameters, sha256: str, run: RunFolder) -> None:
    """Execute the notebooks and write the documents, all or nothing."""
    with run.building() as stage:
        stage = stage.resolve()
        try:
            written = parameters.with_(run_dir=str(run.path)).model_dump()
            results.write_json(stage / results.PARAMETERS, written)
            made = manifest(parameters, sha256)
            seconds, published = execute_all(parameters, made, stage)
            if (stage / results.CHOICE).exists():
                chosen = results.read_json(stage / results.CHOICE)["settings"]
                results.write_json(stage / results.PARAMETERS, written | chosen)
            seconds |= announce(made, published.result)
            made["finished"] = now()
            made["seconds"] = {name: round(s, 2) for name, s in seconds.items()}
            results.write_json(stage / results.MANIFEST, made)
            (stage / card.CARD).write_text(card.of_run(stage), encoding="utf-8")
            settle(stage, run.path)
            (stage / KERNEL_LOG).unlink()
        except Exception as error:
            with suppress(OSError, ValueError):  # half a notebook stays as it is
                settle(stage, run.failed)
            what = str(error)
            if isinstance(error, OSError):
                what = in_words(error, f"write {stage}")
            what = what.replace(str(stage), str(run.failed))
            raise notebooks.NotebookError(f"{what} (see {run.failed})") from error


def documents(
    parameters: Parameters, made: dict[str, Any], stage: Path, *more: Any
) -> dict[str, float]:
    """Write the documents, and announce them; arguments as `document.publish`."""
    return announce(made, partial(notebooks.publish, parameters, made, stage, *more))


def announce(
    made: dict[str, Any], publish: Callable[[], dict[str, float]]
) -> dict[str, float]:
    """Announce the documents, or say what they lack; give the seconds of each.

    What was measured stands without them.

    Parameters
    ----------
    made : dict
        The manifest, which is told what could not be written.
    publish : callable
        Gives what `document.publish` does, or raises as it does.
    """
    try:
        seconds = publish()
    except ImportError as error:  # no wheel of pandoc or Typst for this machine
        print(
            f"documents: {error.name} is missing; for report.html and report.pdf, "
            "pip install pypandoc_binary typst",
            file=sys.stderr,
        )
        return {}
    except DocumentError as error:
        print(f"documents: {error}; all else is there", file=sys.stderr)
        made["without"] = error.failed
        return error.seconds
    print(f"documents: done in {sum(seconds.values()):.1f} s", file=sys.stderr)
    return seconds


def settle(stage: Path, final: Path) -> None:
    """Tidy a stage, and let its notebooks name the folder where it will stand."""
    (stage / results.PROGRESS).unlink(missing_ok=True)
    for executed in (stage / "notebooks").glob("*.ipynb"):
        notebooks.rename_folder(executed, stage, final.resolve())


def execute_all(
    parameters: Parameters, made: dict[str, Any], stage: Path
) -> tuple[dict[str, float], Future[dict[str, float]]]:
    """Train, execute the notebooks, and write the documents, each as soon as it can.

    Returns
    -------
    dict of float
        Seconds of the training and of each notebook.
    Future
        Done; as `document.publish`.
    """
    (stage / "notebooks").mkdir()
    values = parameters.model_dump() | {"run_dir": str(stage)}

    todo = [jobs.Job("training", partial(train, values))]
    for name, needs_it in notebooks.REPORT.items():
        source = notebooks.folder() / f"{name}.ipynb"
        execute = partial(
            notebooks.of_run, source, stage, values, steps_back=not needs_it
        )
        todo.append(jobs.Job(name, execute, ("training",) if needs_it else ()))
    publish = partial(notebooks.publish_run, parameters, made, stage)
    todo.append(jobs.Job(DOCUMENTS, publish, ([*notebooks.REPORT][-1],)))
    seconds: dict[str, float] = {}
    log = stage / KERNEL_LOG
    # One more than cores, so that none is idle while the last one or two jobs run.
    slots = processes.cores(more=1)
    with (
        processes.workers(slots, log, processes.cores(), fresh=True) as pool,
        Progress(parameters, stage) as progress,
    ):
        for done, future in jobs.run(todo, pool, tick=progress.look, seconds=0.2):
            name = str(done.key)
            if isinstance(future.exception(), BrokenExecutor):
                raise notebooks.NotebookError(
                    f"{name}: its process died; was memory short?"
                )
            if name == DOCUMENTS:
                published = future
                continue
            took = future.result()
            if took is not None:
                seconds[name] = took
                progress.step_done(name, took)
    return dict(sorted(seconds.items())), published


def manifest(parameters: Parameters, sha256: str) -> dict[str, Any]:
    """Describe how a run was made: versions, platform, seeds."""
    return {
        "lopsided": __version__,
        "libraries": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "git_revision": git_revision(),
        "finished": now(),
        "data": {"source": Path(parameters.data).name, "sha256": sha256},
        "seeds": {
            k: getattr(parameters, k) for k in ("seed", "split_seed", "data_seed")
        },
    }


def now() -> str:
    """Give the time, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def git_revision() -> str | None:
    """Name the checkout's own commit, with ``+`` where files differ from it.

    Neither the repository around a checkout that has none counts, nor one that a
    variable names.
    """
    top = notebooks.checkout()
    if top is None or not shutil.which("git"):
        return None
    own = {n: value for n, value in os.environ.items() if not n.startswith("GIT_")}

    def git(*command: str) -> str:
        process = subprocess.run(
            ["git", "-c", f"safe.directory={top}", "-C", str(top), *command],
            env=own | {"GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if process.returncode else process.stdout.strip()

    if git("rev-parse", "--show-prefix", "--is-inside-work-tree") != "true":
        return None
    return (
        git("describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+") or None
    )


def headline(metrics: dict[str, Any]) -> str:
    """Lay out a run's headline metrics as a small table."""
    intervals = metrics["test"]["intervals"] or {}
    rows = [f"{'':18}{'train':>8}{'test':>8}   95% interval (test)"]
    for name in ("accuracy", "f1", "precision", "recall", "roc_auc"):
        train, test = (_number(metrics[side][name]) for side in ("train", "test"))
        low, high = intervals.get(name, (None, None))
        between = f"   {_number(low)} – {_number(high)}" if low is not None else ""
        rows.append(f"{name:18}{train:>8}{test:>8}{between}")
    (tn, fp), (fn, tp) = metrics["test"]["confusion_matrix"]
    rows.append(f"test rows: tn {tn:,}  fp {fp:,}  fn {fn:,}  tp {tp:,}")
    for sentence in (decision.threshold(metrics), decision.learned(metrics)):
        rows.append(one_line(sentence.plain().replace("**", "")))
    return "\n".join(rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
