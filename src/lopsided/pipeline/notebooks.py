"""The paired notebooks: where they are, whether each pair agrees, how to run one."""

import ast
import hashlib
import os
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.pipeline.folders import overwrite

#: The notebook that shows the training.
TRAINING = "03_training"
#: The notebooks of a run, each with whether it needs the trained network.
REPORT = {
    "01_forward_propagation": False,
    "02_weighted_backprop": False,
    TRAINING: True,
    "04_threshold_analysis": True,
    "05_report": True,
}


#: Seconds that a kernel may take to start, or to send what it printed. Only one that
#: hangs takes as long: a slow machine makes a notebook slow, and never wrong.
PATIENCE = 900


class NotebookError(RuntimeError):
    """A notebook stopped: which, at which cell, and why."""


def folder() -> Path:
    """Find the notebooks: in the checkout, else inside the installed package."""
    checkout = Path(__file__).parents[3] / "notebooks"
    if (checkout / "05_report.py").exists():
        return checkout
    return Path(str(files("lopsided") / "notebooks"))


def checkout() -> Path | None:
    """Find the project's own folder; None when installed from a wheel."""
    top = folder().parent
    return top if (top / "pyproject.toml").exists() else None


def check_pair(path: Path) -> None:
    """Compare the cells of an ``.ipynb`` with those of the ``.py`` beside it.

    Raises
    ------
    InputError
        Names the first cell that differs, and the command for either direction.
    """
    import jupytext

    script = path.with_suffix(".py")
    for needed in (path, script):
        if not needed.exists():
            raise InputError(f"there is no {needed}: notebooks come in pairs")
    pair = [_cells(jupytext.read(p)) for p in (script, path)]
    if pair[0] == pair[1]:
        return
    longest = max(map(len, pair))
    padded = [cells + [("no cell", "", [])] * (longest - len(cells)) for cells in pair]
    number = next(i for i, (a, b) in enumerate(zip(*padded, strict=True)) if a != b)
    raise InputError(
        f"{script.name} and {path.name} differ from cell {number + 1} on; to keep the "
        f".py, run: jupytext --to ipynb --update {script}; to keep the .ipynb: "
        f"jupytext --to py:percent {path}"
    )


def _cells(notebook: Any) -> list[tuple[str, str, list[str]]]:
    return [
        (cell.cell_type, cell.source.strip(), cell.metadata.get("tags", []))
        for cell in notebook.cells
    ]


def declared_parameters(path: Path) -> list[str]:
    """List the names that a notebook's ``parameters`` cell assigns."""
    import nbformat

    for cell in nbformat.read(path, as_version=4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            statements = ast.parse(cell.source).body
            return [
                target.id
                for s in statements
                if isinstance(s, ast.Assign)
                for target in s.targets
                if isinstance(target, ast.Name)
            ]
    return []


def execute(source: Path, output: Path, parameters: dict[str, Any]) -> float:
    """Run one notebook with papermill; the output lands whole or, if it broke, marked.

    Parameters
    ----------
    source : Path
        An ``.ipynb``.
    output : Path
        Where the executed notebook goes.
    parameters : dict
        Those that the notebook does not declare are left out.

    Returns
    -------
    float
        Seconds that it took.

    Raises
    ------
    NotebookError
        When a cell raises or the kernel dies. ``output`` holds what was reached.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    from lopsided.pipeline.kernels import own_kernel
    from lopsided.pipeline.saved_once import ENGINE

    names = declared_parameters(source)
    given = {n: value for n, value in parameters.items() if n in names}
    start = time.perf_counter()
    try:
        with own_kernel() as kernel:
            papermill.execute_notebook(
                source,
                output,
                given,
                engine_name=ENGINE,
                progress_bar=False,
                start_timeout=PATIENCE,
                iopub_timeout=PATIENCE,
                **kernel,
            )
    except papermill.PapermillExecutionError as error:
        what = f", cell {error.cell_index + 1}: {error.ename}: {error.evalue}"
    except DeadKernelError:
        what = ": its kernel died; was memory short?"
    except Exception as error:  # a kernel that cannot start, a full disk, ...
        what = f": {error or type(error).__name__}"
    else:
        return time.perf_counter() - start
    raise NotebookError(source.stem + what)


def of_run(
    source: Path,
    stage: Path,
    values: dict[str, Any],
    trained: float | None = 0.0,
    steps_back: bool = False,
) -> float | None:
    """Execute a notebook of a run; where training diverged, only the one that shows it.

    One that steps back leaves the processor to others, as to the training, for which
    some notebooks wait.

    Stands here, where little is imported: a worker process does nothing else.
    """
    if trained is None and source.stem != TRAINING:
        return None
    if steps_back and hasattr(os, "nice"):
        os.nice(10)
    return execute(source, stage / "notebooks" / source.name, values)


def publish_run(
    parameters: Parameters, made: dict[str, Any], stage: Path, executed: float | None
) -> dict[str, float]:
    """Write the documents of a run, if their notebook was executed."""
    return {} if executed is None else publish(parameters, made, stage)


def publish(*arguments: Any) -> dict[str, float]:
    """Write documents, as `document.publish`, which only who calls this imports.

    It takes half a second, and most processes of a run have no use for it.
    """
    from lopsided.pipeline import document

    return document.publish(*arguments)


def rename_folder(path: Path, before: Path, after: Path) -> None:
    """Let an executed notebook name a folder by the place where it will stand.

    In papermill's cell a path stands as papermill writes a text, in what was printed
    as it is or as Python writes a text.
    """
    import nbformat
    from papermill.translators import PythonTranslator

    def renamed(text: str) -> str:
        for written in (str, repr, PythonTranslator.translate_str):
            old, new = (written(str(folder)).strip("'\"") for folder in (before, after))
            text = text.replace(old, new)
        return text

    def everywhere(value: Any) -> Any:
        if isinstance(value, str):
            return renamed(value)
        if isinstance(value, list):
            return [everywhere(entry) for entry in value]
        if isinstance(value, dict):
            return type(value)({name: everywhere(v) for name, v in value.items()})
        return value

    notebook = nbformat.read(path, as_version=4)
    settled = everywhere(notebook)
    if settled != notebook:
        overwrite(path, (nbformat.writes(settled) + "\n").encode())


def refresh(path: Path) -> str:
    """Execute a committed notebook in place, so that its bytes depend on nothing else.

    Raises
    ------
    NotebookError
        When a cell raises; the file stays as it was.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    from lopsided.pipeline.kernels import own_kernel

    notebook = nbformat.read(path, as_version=4)
    try:
        with own_kernel() as kernel:
            NotebookClient(
                notebook,
                record_timing=False,
                startup_timeout=PATIENCE,
                iopub_timeout=PATIENCE,
                **kernel,
            ).execute()
    except CellExecutionError as error:
        raise NotebookError(f"{path.name}: {error.ename}: {error.evalue}") from None
    tidy(notebook)
    overwrite(path, (nbformat.writes(notebook) + "\n").encode())
    return path.name


def _whole_streams(outputs: list[Any]) -> list[Any]:
    """Join what one cell printed: the kernel sends it in pieces, cut by the clock."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            joined.append(output)
    return joined


def tidy(notebook: Any) -> None:
    """Take out of a notebook what would differ between two equal executions."""
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    for position, cell in enumerate(notebook.cells, 1):
        digest = hashlib.sha256(cell.source.encode()).hexdigest()
        cell.id = f"{position:02d}-{digest[:8]}"
        if cell.cell_type == "code":
            cell.outputs = _whole_streams(cell.outputs)
        kept = ("tags", "alt")
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in kept}
        tags = cell.metadata.get("tags", [])
        if "hide-input" in tags and "parameters" not in tags:  # those are to be changed
            cell.metadata["jupyter"] = {"source_hidden": True}
