"""The points of a sweep: functions of parameters and data, for workers anywhere.

A point is measured from the predictions of a trained network. Points that train alike
share one, which travels and is kept as a file of plain numbers.
"""

import ast
import hashlib
import io
import itertools
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import lopsided
from lopsided.errors import InputError
from lopsided.lesson.network import Network
from lopsided.lesson.training import History
from lopsided.parameters import Parameters, Resolved, validate
from lopsided.report import experiment
from lopsided.report.choosing import choose
from lopsided.report.experiment import Fitted
from lopsided.table.dataset import Dataset, load

CELLS = ("tn", "fp", "fn", "tp")  # as metrics.json has them, row by row
#: Of ``metrics.json``; what is no number, or None where there is none.
NO_NUMBERS = {
    *("intervals", "intervals_over", "seed_spread", "schema_version", "source", "mind")
}
#: Parameters that have no part in reading, preparing and splitting a table.
NOT_OF_DATA = {
    *("hidden_units", "weighting", "w", "initialisation", "epochs", "batch_size"),
    *("initial_learning_rate", "final_learning_rate", "threshold", "seed", "l2"),
    *("dtype", "engine", "n_bootstrap", "n_seeds", "author", "title", "run_dir"),
    *("training", "n_networks"),
}
OF_DATA = set(Parameters.model_fields) - NOT_OF_DATA
#: What changes no number: the table counts, by its SHA-256, not where it is.
NOT_IN_KEY = {"data", "run_dir", "author", "title"}
#: Where tables stand on this worker, by the path that the sweep's machine has for them.
TABLES: dict[str, str] = {}


@dataclass(frozen=True)
class Point:
    """One experiment of a sweep.

    Attributes
    ----------
    parameters : Resolved
    path : str
        Of the table, whole; or ``"simulated"``.
    sha256 : str
        Of the table.
    key : str
        Names it: a hash of all that decides its numbers.
    training : str
        Of its network: points that share it train once.
    """

    parameters: Resolved
    path: str
    sha256: str
    key: str
    training: str


def identified(parameters: Resolved, path: str, table: Dataset) -> Point:
    """Hash what decides a point's numbers, and those of its network."""
    code = code_version()
    content = [parameters.model_dump(exclude=NOT_IN_KEY), table.provenance.sha256, code]
    trained = [experiment.fingerprint(parameters, table), code]
    return Point(
        parameters, path, table.provenance.sha256, _hash(content), _hash(trained)
    )


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def train(point: Point) -> bytes:
    """Train a point's network, and give it with all that it predicts."""
    table = table_of(point)
    return packed(experiment.fit(choose(point.parameters, table).parameters, table))


def measure(point: Point, network: bytes) -> dict[str, Any]:
    """Measure a point: the cells of its row."""
    return flat(
        experiment.measure(point.parameters, table_of(point), unpacked(network))
    )


def table_of(point: Point) -> Dataset:
    """Load and split a table, once for all points of this worker that share it.

    Raises
    ------
    InputError
        When it is not the one that was checked.
    """
    values = point.parameters.model_dump(include=OF_DATA)
    values["data"] = TABLES.get(point.path, point.path)
    table = _load(json.dumps(values, sort_keys=True))
    if table.provenance.sha256 != point.sha256:
        raise InputError(f"{point.path} changed while the sweep ran; start it anew")
    return table


@lru_cache(maxsize=2)
def _load(values: str) -> Dataset:
    return load(validate(json.loads(values)))


def packed(fitted: Fitted) -> bytes:
    """Write a trained network and its predictions as bytes that hold no code."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        layer_dims=list(fitted.network.layer_dims),
        theta=fitted.network.theta,
        w=fitted.w,
        P_train=fitted.P_train,
        P_test=fitted.P_test,
        **asdict(fitted.history),
    )
    return buffer.getvalue()


def unpacked(content: bytes) -> Fitted:
    """Read what `packed` wrote, to the last bit."""
    with np.load(io.BytesIO(content)) as file:
        stored = {name: file[name] for name in file.files}
    theta = stored.pop("theta")
    network = Network(stored.pop("layer_dims").tolist(), theta, theta.dtype)
    w, P_train, P_test = (stored.pop(name) for name in ("w", "P_train", "P_test"))
    history = History(**{name: values.tolist() for name, values in stored.items()})
    return Fitted(network, history, float(w), P_train, P_test)


def flat(metrics: dict[str, Any]) -> dict[str, Any]:
    """Name each number of ``metrics.json`` by its path, as ``test.f1``."""
    cells: dict[str, Any] = {}

    def collect(value: Any, *path: str) -> None:
        name = path[-1] if path else ""
        if isinstance(value, dict):
            for key, inner in value.items():
                collect(inner, *path, key)
        elif name in NO_NUMBERS:
            return
        elif name == "confusion_matrix":
            for cell, n in zip(CELLS, itertools.chain(*value), strict=True):
                cells[".".join([*path[:-1], cell])] = n
        elif isinstance(value, list):
            for end, number in zip(("low", "high"), value, strict=True):
                cells[".".join([*path, end])] = number
        else:
            cells[".".join(path if len(path) > 1 else ("used", name))] = value

    collect(metrics)
    return cells


@lru_cache(maxsize=1)
def code_version() -> str:
    """Hash what decides a point's numbers: this module and all that it imports.

    Figures, documents and machinery are not among it; nor are comments and docstrings,
    which change no number.
    """
    digest = hashlib.sha256()
    for name, path in sorted(imported_by(__name__).items()):
        code = without_words(path)
        digest.update(f"\n# {name}\n{code}".encode())
        for file in sorted(path.parent.iterdir()):  # numbers that it reads
            if file.suffix not in (".py", "") and file.name in code:
                digest.update(file.read_bytes())
    return digest.hexdigest()


PACKAGE = Path(lopsided.__file__).parent


def imported_by(name: str) -> dict[str, Path]:
    """Find a module of this package and all those that it imports, however deep."""
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        parts = name.split(".")[1:]
        path = PACKAGE.joinpath(*parts).with_suffix(".py")
        if name in found or not name.startswith("lopsided.") or not path.exists():
            continue
        found[name] = path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                waiting.append(str(node.module))
                waiting += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def without_words(path: Path) -> str:
    """Write a module's code without its comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [n for n in body if not _is_text(n)]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
