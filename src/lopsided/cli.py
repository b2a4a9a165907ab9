"""The command ``lopsided``.

Exit codes: 0 done; 1 something in the work failed; 2 bad input, refused before anything
ran; 130 interrupted. An error is one line.

Longer than most: each command is a few lines, and all of them stand here.
"""

import gc
import importlib.util
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

from lopsided import __version__
from lopsided.errors import InputError, in_words
from lopsided.prose import clean, one_line

#: Parameters that have an option of their own, for convenience: --target x is
#: -p target x.
SHORTCUTS = ("target", "positive_label", "features", "threshold", "seed")


def echo(text: str, err: bool = False) -> None:
    """Print text, whatever names and values it holds: none may act on the terminal.

    All that the command prints goes through here.
    """
    click.echo(clean(text), err=err)


@contextmanager
def no_garbage() -> Iterator[None]:
    """Keep what is imported from being searched for garbage, then and at the end.

    That search is a quarter of what a short command takes.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def lopsided() -> None:
    """Train, audit and explain a network for lopsided classes, as a literate report."""


def parameter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add -p, -f and the shortcuts to a command."""
    for name in reversed(SHORTCUTS):
        option = "--" + name.replace("_", "-")
        command = click.option(
            option, metavar="VALUE", help=f"Same as -p {name} VALUE."
        )(command)
    command = click.option(
        "-f",
        "--file",
        "files",
        multiple=True,
        metavar="FILE",
        help="Read parameters from a YAML file.",
    )(command)
    return click.option(
        "-p",
        "pairs",
        nargs=2,
        multiple=True,
        metavar="NAME VALUE",
        help="Set a parameter; see 'lopsided parameters'.",
    )(command)


def gather(
    data: str | None,
    pairs: tuple[tuple[str, str], ...],
    files: tuple[str, ...],
    **shortcuts: str | None,
) -> Any:
    """Merge the ways to give parameters: files, then -p, then options."""
    from lopsided import parameters

    values: dict[str, Any] = {}
    for path in files:
        values |= parameters.from_file(path)
    for name, text in [*pairs, *shortcuts.items()]:
        if text is not None:
            values[name] = parameters.from_text(name, text)
    if data is not None:
        values["data"] = data
    if "run_dir" in values:
        raise InputError("run_dir is set by the command; choose the name with --run")
    return parameters.validate(values)


@lopsided.command()
@click.argument("data", required=False)
@click.option("--run", default="default", metavar="NAME", help="Folder under runs/.")
@parameter_options
def report(data: str | None, run: str, **given: Any) -> None:
    """Run the notebooks on DATA (by default a simulated clinic) into runs/NAME."""
    from lopsided.pipeline import processes

    p = gather(data, **given)
    processes.warm_up()  # while this process imports, and reads the table
    with no_garbage():
        from lopsided.pipeline.report import headline, run_report
        from lopsided.report import results

    folder = run_report(p, run)
    echo(headline(results.read_json(folder / results.METRICS)))
    echo(f"run folder: {folder}")


@lopsided.command()
@click.argument("data", required=False)
@parameter_options
def check(data: str | None, **given: Any) -> None:
    """Say what a run on DATA would do, without running."""
    parameters = gather(data, **given)
    with no_garbage():
        from lopsided.pipeline.reading_progress import Told
        from lopsided.report import choosing, health
        from lopsided.table.dataset import load

    table = load(parameters, Told())
    parameters = table.parameters
    echo(
        f"{one_line(table.provenance.source)}: {table.Y_train.size:,} training and "
        f"{table.Y_test.size:,} test {table.words.rows}\n"
        f"positive: {one_line(table.words.positive)}, {table.Y_train.mean():.2%} of "
        f"the training {table.words.rows}"
    )
    echo("\n" + table.provenance.columns.to_string(index=False) + "\n")
    for note in table.provenance.notes:
        echo(f"- {note}")
    planned = choosing.planned(parameters, table)
    echo(
        f"\n{planned}; threshold {parameters.threshold}\n"
        + health.promise(table).plain()
    )


@lopsided.command()
@click.argument("table")
@click.option("--run", default="default", show_default=True, metavar="NAME")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "-p",
    "pairs",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="How to read TABLE: header, sheet, member or encoding.",
)
def predict(
    table: str, run: str, output: Path | None, pairs: tuple[tuple[str, str], ...]
) -> None:
    """Write probabilities and decisions for TABLE, by the model of a run.

    They go to FILE; by default beside TABLE's name, as NAME.predictions.csv.
    """
    from lopsided import parameters
    from lopsided.pipeline.overview import find_run
    from lopsided.pipeline.predict import predict, write_predictions
    from lopsided.report import results

    model = results.load_model(find_run(run) / results.MODEL)
    asked = {name: parameters.from_text(name, value) for name, value in pairs}
    parameters.validate(asked)
    predictions, notes = predict(model, table, asked)
    output = output or Path(f"{Path(table).stem}.predictions.csv")
    for note in [*notes, *write_predictions(predictions, output)]:
        echo(f"- {note}")
    flagged = (predictions["probability"] >= model.threshold).sum()
    label = one_line(f"{model.target} = {model.labels[1]}")
    echo(
        f"{one_line(str(output))}: {len(predictions):,} rows, {flagged:,} predicted "
        f"{label} (threshold {model.threshold:.4g})"
    )


@lopsided.command()
def runs() -> None:
    """List the runs in ./runs with their headline metrics on test rows."""
    from lopsided.pipeline.overview import list_runs

    damaged: list[str] = []
    table = list_runs(damaged=damaged)
    if not table.empty:
        echo(table.reset_index().to_string(index=False, float_format="%.4f"))
    elif not damaged:
        echo("no runs yet; 'lopsided report' makes one")
    for line in damaged:
        echo(line)


@lopsided.command()
@click.argument("run", default="default")
def card(run: str) -> None:
    """Print the model card of RUN: what to hand on with its model, in Markdown.

    Each run holds it as model_card.md.
    """
    from lopsided.pipeline.overview import find_run
    from lopsided.report import card

    echo(card.of_run(find_run(run)))


@lopsided.command()
@click.argument("a")
@click.argument("b")
def compare(a: str, b: str) -> None:
    """Show runs A and B side by side: parameters, test metrics, differences."""
    from lopsided.pipeline.overview import compare, differing_parameters, find_run

    folders = find_run(a), find_run(b)
    changed = differing_parameters(*folders)
    if changed.empty:
        echo("same parameters")
    else:
        echo(changed.to_string())
    table, drawn = compare(*folders)
    echo("\n" + table.to_string(float_format="%.4f", na_rep="–"))
    echo(
        "low, high: paired bootstrap 95% interval of B - A on the same test rows, "
        f"by drawing {one_line(drawn)}"
        if drawn
        else "not the same test rows: differences include the luck of the split"
    )


@lopsided.command()
def parameters() -> None:
    """Print every parameter: its default, what it means, what is allowed."""
    from lopsided.parameters import Parameters, allowed

    for name, field in Parameters.model_fields.items():
        echo(f"{name} = {field.default!r}")
        echo(f"    {field.description}")
        echo(f"    allowed: {allowed(name)}")


@lopsided.command()
def notebooks() -> None:
    """Re-execute the committed notebooks, after checking that each pair agrees."""
    from lopsided.pipeline import jobs, processes
    from lopsided.pipeline import notebooks as paired

    if not paired.checkout():
        raise InputError(
            "the notebooks of an installed lopsided stay as they are; run this in a "
            "checkout of the project"
        )
    paths = sorted(paired.folder().glob("*.ipynb"))
    for path in paths:
        paired.check_pair(path)
    todo = [jobs.Job(path.name, partial(paired.refresh, path)) for path in paths]
    with processes.workers(cores_each=processes.cores(), fresh=True) as pool:
        done = 0
        try:
            for _, executed in jobs.run(todo, pool):
                echo(f"{executed.result()}: executed")
                done += 1
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"interrupted; {done} of {len(paths)} notebooks were executed"
            ) from None


@lopsided.command()
@click.argument("data", default="simulated")
@click.option("--only", multiple=True, metavar="STUDY", help="One table, not all.")
def audit(data: str, only: tuple[str, ...]) -> None:
    """Measure the audit's tables on DATA, the published file.

    Stopped, it goes on from there the next time. In a checkout the tables are those of
    notebooks/results, which the notebooks read; for the simulated clinic, or elsewhere,
    they go into ./runs/audits.
    """
    from lopsided.pipeline.audit import run_audit

    for line in run_audit(data, only):
        echo(line)


@lopsided.command()
@click.argument("file", required=False)
@click.option(
    "--workers", type=click.IntRange(1), help="Processes; by default all cores."
)
@click.option(
    "--scheduler", metavar="tcp://HOST:PORT", help="Use a running dask cluster."
)
def sweep(file: str | None, workers: int | None, scheduler: str | None) -> None:
    """Run every point that the YAML file FILE describes into runs/sweeps/NAME.

    Without FILE, the worked example, which notebook 07 shows. Stopped, it goes on from
    there the next time. CONTRIBUTING.md describes the file.
    """
    if scheduler and importlib.util.find_spec("distributed") is None:
        raise InputError(
            "--scheduler needs dask: pip install 'lopsided[sweep]' (in a checkout: "
            "pip install -e '.[sweep]'), or leave it out to use this machine"
        )
    from lopsided.pipeline import notebooks as paired
    from lopsided.pipeline.sweep import run_sweep
    from lopsided.prose import count

    folder, failed = run_sweep(
        file or paired.folder() / "sweep.yaml", scheduler, workers
    )
    echo(f"sweep folder: {folder}")
    if failed:
        echo("\n".join(failed))
        raise RuntimeError(
            f"{count(len(failed), 'point', 'points')} failed; see {folder / 'failed'}"
        )


@lopsided.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--rows", default=110_527, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
def simulate(path: Path, rows: int, seed: int) -> None:
    """Write a simulated clinic to PATH, as CSV, or as Parquet if it ends so."""
    from lopsided.pipeline.predict import refuse_existing, write_table
    from lopsided.table.simulate import clinic

    refuse_existing(path)
    write_table(clinic(rows, seed)[0], path)
    echo(f"{one_line(str(path))}: {rows:,} rows")


def main() -> NoReturn:
    """Run the command, and turn every error into one line and an exit code."""
    debug = bool(os.environ.get("LOPSIDED_DEBUG"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # it may not be of UTF-8
            stream.reconfigure(errors="backslashreplace")
    try:
        lopsided(standalone_mode=False)
        sys.stdout.flush()
        code = 0
    except click.exceptions.Exit as done:
        code = done.exit_code
    except (KeyboardInterrupt, click.Abort) as stopped:
        cause = stopped.__cause__ or stopped  # click wraps Ctrl-C in its own class
        code = _say(str(cause) or "interrupted", 130)
    except (InputError, click.ClickException) as error:
        message = (
            error.format_message()
            if isinstance(error, click.ClickException)
            else str(error)
        )
        code = _say(message, 2)
    except Exception as error:
        if debug:
            raise
        code = _say(_words(error), 1)
    try:
        sys.stdout.flush()
    except OSError:  # as it ends, Python would try once more, and print
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or 1
    sys.exit(code)


def _words(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "memory is short; give fewer rows, columns or units"
    if isinstance(error, BrokenExecutor):
        return "one of its processes died; was memory short?"
    if isinstance(error, OSError):
        return in_words(error)
    return str(error) or type(error).__name__


def _say(message: str, code: int) -> int:
    with suppress(OSError):
        echo(f"lopsided: {' '.join(message.split())}", err=True)
    return code
