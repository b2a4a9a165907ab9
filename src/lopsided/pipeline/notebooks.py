"""The paired notebooks: where they are, whether each pair agrees, how to run one."""

import ast
import hashlib
import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lopsided.errors import InputError

#: The notebooks of a run, each with those that must be done before it.
REPORT = {
    "03_training": [],
    "01_forward_propagation": [],
    "02_weighted_backprop": [],
    "04_threshold_analysis": ["03_training"],
    "05_report": ["03_training"],
}


#: A kernel on this machine need not warn that its messages are not encrypted.
KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=ERROR"]


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


def execute(name: str, output: str, parameters: dict[str, Any]) -> float:
    """Run one notebook with papermill; the output lands whole or, if it broke, marked.

    Parameters
    ----------
    name : str
        Such as ``"03_training"``.
    output : str
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

    source = folder() / f"{name}.ipynb"
    names = declared_parameters(source)
    start = time.perf_counter()
    try:
        papermill.execute_notebook(
            source,
            output,
            {n: value for n, value in parameters.items() if n in names},
            kernel_name="python3",
            progress_bar=False,
            extra_arguments=KERNEL_ARGUMENTS,
        )
    except papermill.PapermillExecutionError as error:
        raise NotebookError(
            f"{name}, cell {error.cell_index + 1}: {error.ename}: {error.evalue}"
        ) from None
    except DeadKernelError:
        raise NotebookError(f"{name}: its kernel died; was memory short?") from None
    return time.perf_counter() - start


def workers(count: int = 2) -> ProcessPoolExecutor:
    """Start processes that each run one notebook at a time.

    Each uses one thread for arithmetic: the network's matrices are too small to share.
    """
    return ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_start_worker
    )


def _start_worker() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    parent = os.getppid()

    def follow() -> None:  # leave when the command is killed, kernels with us
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


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

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=KERNEL_ARGUMENTS,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise NotebookError(f"{path.name}: {error.ename}: {error.evalue}") from None
    tidy(notebook)
    text = nbformat.writes(notebook) + "\n"
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path.name


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
        kept = ("tags", "alt")
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in kept}
