"""The files of a run: the only place that writes and reads them.

Every function takes ``run_dir``, which is None when a notebook runs by itself; then
nothing is written and nothing is found.

Longer than most: no other module writes or reads these files.
"""

import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from lopsided.errors import InputError
from lopsided.lesson.network import Array, Network, n_parameters
from lopsided.lesson.training import History
from lopsided.parameters import Resolved
from lopsided.prose import quoted
from lopsided.report.choosing import Choice, choose, settled
from lopsided.report.description import Description, damaged, first_problem
from lopsided.report.experiment import (
    Fitted,
    choose_threshold,
    fingerprint,
    fit,
)
from lopsided.table.dataset import Dataset
from lopsided.table.dates import DateForm
from lopsided.table.numbers import Form
from lopsided.table.reader import Reading
from lopsided.table.recipe import Recipe

if TYPE_CHECKING:  # who trains does not draw: matplotlib takes half a second
    from lopsided.report.display import Picture

MODEL = "model.npz"
PREDICTIONS = "predictions.parquet"
METRICS = "metrics.json"
PARAMETERS = "parameters.json"
MANIFEST = "manifest.json"
CHOICE = "choice.json"
PROGRESS = "progress.jsonl"
SWEEP, SWEEP_PARQUET, SWEEP_CSV = "sweep.json", "results.parquet", "results.csv"
#: 1 kept each unit's bias behind its weights; 3 says how its table was read; 4 may
#: count the days between two dates; 5 may name values that mean a gap.
MODEL_VERSION = 5
MOST_BYTES = 2**30  # of an unpacked model

RunDir = str | Path | None


def write_json(path: Path, content: Any) -> None:
    """Write JSON that people can read: indented, in the order given, no NaN."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_predictions(run: Path) -> pd.DataFrame:
    """Read the predictions of a run.

    Returns
    -------
    DataFrame
        ``row``, ``split``, ``label``, ``p``; ``p_seed_1`` and so on, if there are more
        seeds; ``group``, if rows go together.

    Raises
    ------
    InputError
        When the file is missing or damaged.
    """
    path = run / PREDICTIONS
    try:
        frame = pd.read_parquet(path)
        known = frame["split"].isin(["train", "test"]) & frame["label"].isin([0, 1])
        whole = known & frame["p"].between(0, 1) & (frame["row"] >= 0)
        if "group" in frame:
            whole &= frame["group"] >= 0
    except FileNotFoundError:
        raise InputError(f"{path} is missing; make the run anew") from None
    except Exception:  # of whatever class: of Parquet, of its compression, ...
        raise damaged(path) from None
    if not whole.all():
        raise damaged(path, f"row {int(np.argmin(whole)) + 1} holds no prediction")
    return frame


def committed(name: str) -> Path:
    """Find a committed result, such as ``"real.json"``, beside the notebooks."""
    package = Path(__file__).parents[1]
    checkout, wheel = package.parents[1] / "notebooks", package / "notebooks"
    return (checkout if checkout.exists() else wheel) / "results" / name


def save_metrics(run_dir: RunDir, measured: dict[str, Any]) -> None:
    """Write ``metrics.json``, from `experiment.measure`."""
    if run_dir:
        write_json(Path(run_dir, METRICS), measured)


def save_picture(run_dir: RunDir, picture: "Picture") -> None:
    """Write a figure as SVG and PNG into the run's ``figures`` folder."""
    if run_dir:
        folder = Path(run_dir, "figures")
        folder.mkdir(exist_ok=True)
        (folder / f"{picture.name}.svg").write_bytes(picture.svg())
        (folder / f"{picture.name}.png").write_bytes(picture.png())


def progress(run_dir: RunDir) -> Callable[[int, History], None] | None:
    """Give `experiment.fit` a callback that adds a line to ``progress.jsonl``."""
    if not run_dir:
        return None
    path = Path(run_dir, PROGRESS)

    def report(epochs_done: int, history: History) -> None:
        line = {"epochs_done": epochs_done, "objective": history.objective[-1]}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return report


@dataclass(frozen=True)
class Model:
    """A trained network with all that it needs to meet a new table.

    Attributes
    ----------
    network : Network
    recipe : Recipe
    threshold : float
    target : str
    labels : tuple of str
        The target's values, negative first.
    fingerprint : str
        Of the parameters and data that it was trained with.
    w : float
    history : History
    reading : Reading
        How its table's text was read.
    identifiers : tuple of str
        Columns of its table that tell rows apart.
    """

    network: Network
    recipe: Recipe
    threshold: float
    target: str
    labels: tuple[str, str]
    fingerprint: str
    w: float
    history: History
    reading: Reading = field(default_factory=Reading)
    identifiers: tuple[str, ...] = ()


def save_model(path: Path, model: Model) -> None:
    """Write a model as arrays and one JSON text, so that no pickle is involved."""
    forms = model.reading.forms or {}
    described = Description(
        format="lopsided model",
        version=MODEL_VERSION,
        layer_dims=[*model.network.layer_dims],
        recipe=[*model.recipe.features],
        threshold=model.threshold,
        target=model.target,
        labels=[*model.labels],
        fingerprint=model.fingerprint,
        w=model.w,
        header=model.reading.header,
        gaps={name: [*values] for name, values in model.reading.gaps.items()},
        numbers={n: f for n, f in forms.items() if isinstance(f, Form)},
        dates={n: f for n, f in forms.items() if isinstance(f, DateForm)},
        identifiers=[*model.identifiers],
    )
    arrays: dict[str, Any] = {
        "description": np.array(json.dumps(described.model_dump())),
        "theta": model.network.theta,
        **{name: np.array(values) for name, values in asdict(model.history).items()},
    }
    np.savez(path, **arrays)


def load_model(path: Path) -> Model:
    """Read a model.

    Raises
    ------
    InputError
        When the file is missing, damaged, of another program, or of a newer version.
    """
    try:
        with path.open("rb") as file:
            text, arrays = _members(file)
        known = json.loads(text)
        if known["format"] == "lopsided model" and known["version"] > MODEL_VERSION:
            raise InputError(
                f"{path} was written by a newer lopsided (model version "
                f"{quoted(known['version'])}); update lopsided to read it"
            )
        return _model(Description.model_validate_json(text), arrays)
    except FileNotFoundError:
        raise InputError(f"there is no model file {path}") from None
    except InputError:
        raise
    except ValidationError as error:
        why = f": {first_problem(error)}"
    except Exception as error:  # of whatever class: of zip, of NumPy, of JSON, ...
        why = f": {error}" if isinstance(error, NonsenseError) else ""
    raise InputError(f"{path} is damaged, or is not a model of lopsided{why}")


class NonsenseError(ValueError):
    """What a model's file holds does not fit together."""


def _members(file: IO[bytes]) -> tuple[str, dict[str, Array]]:
    """Read the description, and the arrays by name."""
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise NonsenseError(f"it unpacks to more than {MOST_BYTES:,} bytes")
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    return str(stored.pop("description")), stored


def _model(described: Description, arrays: dict[str, Array]) -> Model:
    theta = arrays.pop("theta")
    if theta.dtype not in (np.float32, np.float64) or not np.isfinite(theta).all():
        raise NonsenseError("its parameters are not finite numbers")
    if theta.shape != (n_parameters(described.layer_dims),):
        raise NonsenseError("its parameters do not fit layer_dims")
    history = History(**{name: values.tolist() for name, values in arrays.items()})
    curves = [np.asarray(curve, dtype=float) for curve in asdict(history).values()]
    if {curve.shape for curve in curves} != {(len(history.objective),)}:
        raise NonsenseError("its history is not of one length")
    if not len(history.objective) or not np.isfinite(curves).all():
        raise NonsenseError("its history is not of finite numbers")
    network = Network(described.layer_dims, theta, theta.dtype)
    return Model(
        from_version_1(network) if described.version == 1 else network,
        Recipe(tuple(described.recipe)),
        described.threshold,
        described.target,
        (described.labels[0], described.labels[1]),
        described.fingerprint,
        described.w,
        history,
        Reading(
            described.header,
            gaps=described.gaps,
            forms={**described.numbers, **described.dates},
        ),
        tuple(described.identifiers),
    )


def from_version_1(network: Network) -> Network:
    """Sort the parameters of a model whose file had each bias behind its weights."""
    sorted_out, start = Network(network.layer_dims, dtype=network.theta.dtype), 0
    for l, W in sorted_out.W.items():
        n_out, n_in = W.shape
        stop = start + n_out * (n_in + 1)
        rows = network.theta[start:stop].reshape(n_out, n_in + 1)
        W[:], sorted_out.b[l][:] = rows[:, :-1], rows[:, -1:]
        start = stop
    return sorted_out


def save_fitted(
    run_dir: RunDir, parameters: Resolved, dataset: Dataset, fitted: Fitted
) -> None:
    """Write ``model.npz`` and ``predictions.parquet``."""
    if not run_dir:
        return
    choice = choose_threshold(parameters, dataset, fitted.p_train, fitted.p_test)
    save_model(
        Path(run_dir, MODEL),
        Model(
            fitted.network,
            dataset.recipe,
            choice.t,
            dataset.words.target,
            dataset.words.labels,
            fingerprint(parameters, dataset),
            fitted.w,
            fitted.history,
            dataset.provenance.reading,
            dataset.provenance.identifiers,
        ),
    )
    sides = {
        "train": (dataset.train, fitted.P_train),
        "test": (dataset.test, fitted.P_test),
    }
    frames = []
    for side, (rows, P) in sides.items():
        label = rows.Y[0].astype("int8")
        frame = pd.DataFrame({"row": rows.rows, "split": side, "label": label})
        if rows.groups is not None:
            frame["group"] = rows.groups  # a number, not what the table calls it
        for k, probabilities in enumerate(P):
            frame[_column(k)] = probabilities
        frames.append(frame)
    pd.concat(frames).to_parquet(Path(run_dir, PREDICTIONS), index=False)


def _column(k: int) -> str:
    """Name the predictions of the k-th seed: the reported one is plain ``p``."""
    return f"p_seed_{k}" if k else "p"


def load_fitted(
    run_dir: RunDir, parameters: Resolved, dataset: Dataset
) -> Fitted | None:
    """Read what `save_fitted` wrote, if it was for these parameters and this data."""
    if not run_dir or not Path(run_dir, MODEL).exists():
        return None
    model = load_model(Path(run_dir, MODEL))
    if model.fingerprint != fingerprint(parameters, dataset):
        return None
    frame = read_predictions(Path(run_dir))
    columns = [_column(k) for k in range(parameters.n_seeds)]
    P = {side: part[columns].to_numpy().T for side, part in frame.groupby("split")}
    return Fitted(model.network, model.history, model.w, P["train"], P["test"])


def choice(parameters: Resolved, dataset: Dataset) -> Choice:
    """Settle the parameters of training: read the run's choice if it is there.

    Else choose, and write what was chosen and how.
    """
    run_dir = parameters.run_dir
    if not run_dir or parameters.training == "report":
        return choose(parameters, dataset)
    path, asked = Path(run_dir, CHOICE), fingerprint(parameters, dataset)
    if path.exists():
        known = read_json(path)
        if known["asked"] == asked:
            settings = settled(parameters, known["settings"])
            return Choice.from_json(known, settings)
    chosen = choose(parameters, dataset)
    write_json(path, {"asked": asked} | chosen.told)
    return chosen


def fitted(parameters: Resolved, dataset: Dataset) -> Fitted:
    """Read the run's trained network if it is there, else train and write it."""
    trained = load_fitted(parameters.run_dir, parameters, dataset)
    if trained is None:
        trained = fit(parameters, dataset, progress(parameters.run_dir))
        save_fitted(parameters.run_dir, parameters, dataset, trained)
    return trained
