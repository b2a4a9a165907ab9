"""Read anyone's table, recognise its columns, and turn them into network inputs.

A `Recipe` is fitted on training rows only. It is plain numbers and words, one `Feature`
for each row of the network's input, so it can be printed, saved without pickle, and
applied years later. A test holds it equal to scikit-learn's imputer, encoder and
scaler.
"""

import csv
import gzip
import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.network import Array

MISSING = "(missing)"
MAX_CATEGORIES = 100  # of one column; the rarest beyond share the all-zero code
DATE_PARTS = ("days", "month", "weekday", "hour")


@dataclass(frozen=True)
class Table:
    """A table as read.

    Attributes
    ----------
    frame : DataFrame
    source : str
        The file's name, without its folder.
    sha256 : str
        Of the uncompressed CSV bytes, or of the Parquet or Excel file.
    notes : tuple of str
        What was done to read it.
    """

    frame: pd.DataFrame
    source: str
    sha256: str
    notes: tuple[str, ...] = ()


def read(path: str | Path) -> Table:
    """Read CSV (zipped or gzipped too), Parquet or Excel; told apart by content.

    Raises
    ------
    InputError
        When there is no file, or it holds no usable table.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the path of a file")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    notes: list[str] = []
    try:
        content = _unpack(content, path.name)
        sha256 = hashlib.sha256(content).hexdigest()
        if content[:4] == b"PAR1":
            frame = pd.read_parquet(io.BytesIO(content)).reset_index()
            frame = frame.drop(columns="index", errors="ignore")
        elif content[:2] == b"PK":
            frame = pd.read_excel(io.BytesIO(content))
        else:
            frame, notes = _read_csv(content, path.name)
    except InputError:
        raise
    except ImportError:
        raise InputError(
            f"{path.name} is an Excel file; to read it, run: pip install openpyxl"
        ) from None
    except Exception as error:  # a parser's complaint, whatever its class
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"cannot read {path.name} as a table: {reason[0]}") from None
    frame.columns = frame.columns.map(str)
    _check_shape(frame, path.name)
    return Table(frame, path.name, sha256, tuple(notes))


def _unpack(content: bytes, name: str) -> bytes:
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    if content[:2] != b"PK":
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "[Content_Types].xml" in archive.namelist():  # an Excel workbook
            return content
        members = [
            m
            for m in archive.infolist()
            if not m.is_dir() and not m.filename.startswith("__MACOSX/")
        ]
        if len(members) != 1:
            raise InputError(
                f"{name} holds {len(members)} files; give an archive with one table"
            )
        return archive.read(members[0])


def _read_csv(content: bytes, name: str) -> tuple[pd.DataFrame, list[str]]:
    notes = []
    try:
        encoding = (
            "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        )
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        notes.append("read as Latin-1, since it is not UTF-8")
    if "\0" in text:
        raise InputError(f"{name} is not a table: it holds binary data")
    if not text.strip():
        raise InputError(f"{name} is empty")
    sample = text[:65536].splitlines()[:50]
    delimiter = max(",;\t|", key=lambda d: _fields_agreed(sample, d))
    if delimiter != ",":
        notes.append(f"columns are separated by {delimiter!r}")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = next(rows)
    for row in rows:
        if row and len(row) != len(header):
            raise InputError(
                f"{name}, line {rows.line_num}: {len(row)} fields where the header has "
                f"{len(header)}"
            )
    if any(not column.strip() for column in header):
        raise InputError(f"{name} has a column without a name; name every column")
    if len(set(header)) < len(header):
        twice = next(c for c in header if header.count(c) > 1)
        raise InputError(f"{name} has two columns named {twice!r}; rename one")
    frame = pd.read_csv(
        io.StringIO(text), sep=delimiter, index_col=False, low_memory=False
    )
    return frame, notes


def _fields_agreed(lines: list[str], delimiter: str) -> int:
    """Count the fields that all but a few lines agree on: 0 where they do not."""
    counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    agreed = sum(c == counts[0] for c in counts) >= 0.8 * len(counts)
    return counts[0] if counts and agreed else 0


def _check_shape(frame: pd.DataFrame, name: str) -> None:
    if not len(frame):
        raise InputError(f"{name} has a header but no rows")
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"{name} has two columns named {twice!r}; rename one")
    for column in frame.select_dtypes("number"):
        infinite = np.flatnonzero(np.isinf(frame[column].to_numpy(float, na_value=0)))
        if infinite.size:
            raise InputError(
                f"{name}: column {column!r} is infinite in row {infinite[0] + 1}; "
                "replace it or leave it empty"
            )


def as_dates(column: pd.Series) -> pd.Series | None:
    """Read a text column as ISO 8601 dates; None when any value is not one."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.to_datetime(column, utc=True)
    known = column.dropna()
    if not len(known) or not known.map(lambda v: isinstance(v, str)).all():
        return None
    if not known.iloc[:100].str.match(r"\s*\d{4}-\d{1,2}(-\d{1,2})?([ T].*)?$").all():
        return None
    try:
        return pd.to_datetime(column, utc=True, format="ISO8601")
    except ValueError:
        return None


def kind_of(column: pd.Series) -> str:
    """Recognise a column from its values.

    Returns
    -------
    {"empty", "constant", "boolean", "number", "date", "identifier", "category"}
        An identifier tells rows apart rather than describing them: values that are
        mostly different and are text, count 1, 2, 3, or stand in a column called an id.
    """
    known = column.dropna()
    distinct = known.nunique()
    if distinct == 0:
        return "empty"
    if distinct == 1 and len(known) == len(column):
        return "constant"
    if known.isin([0, 1]).all():  # True and False are 1 and 0 too
        return "boolean"
    mostly_distinct = distinct > 50 and distinct > 0.5 * len(known)
    if pd.api.types.is_numeric_dtype(column):
        called_id = re.search(
            r"(?i)(\b|_|[a-z])id$|^(id|index|key|uuid)\b", column.name
        )
        counter = distinct == len(known) and (known.diff()[1:] == 1).all()
        return "identifier" if mostly_distinct and (called_id or counter) else "number"
    if as_dates(column) is not None:
        return "date"
    return "identifier" if mostly_distinct else "category"


@dataclass(frozen=True)
class Feature:
    """One row of the network's input, computed from one column.

    Attributes
    ----------
    column : str
    part : str
        ``"value"``; ``"missing"`` for its indicator; ``"is"`` for one category; or a
        date's ``"days"`` since 1970, ``"month"``, ``"weekday"`` (Monday 0), ``"hour"``.
    category : str
        For ``"is"``.
    fill : float
        The training median, put where a number is missing.
    mean, scale : float
        Training mean and standard deviation, to standardise.
    """

    column: str
    part: str = "value"
    category: str = ""
    fill: float = 0.0
    mean: float = 0.0
    scale: float = 1.0

    @property
    def name(self) -> str:
        """What tables and figures call it."""
        if self.part == "value":
            return self.column
        if self.part == "is":
            return f"{self.column} = {self.category}"
        return f"{self.column} ({self.part})"

    def raw(self, column: pd.Series) -> Array:
        """Compute it, not yet filled or standardised: shape (m,), NaN where missing."""
        if self.part == "missing":
            return column.isna().to_numpy(float)
        if self.part == "is":
            return (as_text(column) == self.category).to_numpy(float)
        if self.part == "value":
            return pd.to_numeric(column, errors="coerce").to_numpy(float)
        dates = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
        if self.part == "days":
            since = dates - pd.Timestamp(0, tz="UTC")
            return (since / pd.Timedelta(days=1)).to_numpy(float)
        return getattr(dates.dt, self.part).to_numpy(float, na_value=np.nan)

    def standardised(self, column: pd.Series) -> Array:
        """Compute it as the network gets it: shape (m,)."""
        raw = self.raw(column)
        return (np.where(np.isnan(raw), self.fill, raw) - self.mean) / self.scale


def as_text(column: pd.Series) -> pd.Series:
    """Write every value as text; missing ones as ``(missing)``."""
    return column.astype(object).where(column.notna(), MISSING).map(str)


@dataclass(frozen=True)
class Recipe:
    """How to make the network's input from a table: a tuple of `Feature`."""

    features: tuple[Feature, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that a table must have."""
        return list(dict.fromkeys(f.column for f in self.features))

    @property
    def names(self) -> list[str]:
        """One name for each row of the network's input."""
        return [f.name for f in self.features]

    def apply(self, frame: pd.DataFrame) -> Array:
        """Turn rows of a table into columns of input.

        Returns
        -------
        array, shape (n_0, m)
            Each example lies together in memory, as training reads it.
        """
        X = np.empty((len(frame), len(self.features)))
        for i, feature in enumerate(self.features):
            X[:, i] = feature.standardised(frame[feature.column])
        return X.T

    def to_list(self) -> list[dict[str, Any]]:
        """Write it as plain values, for JSON."""
        return [asdict(f) for f in self.features]


def fit_recipe(train: pd.DataFrame, kinds: dict[str, str]) -> Recipe:
    """Learn fills, categories, means and scales from training rows.

    Parameters
    ----------
    train : DataFrame
    kinds : dict
        The columns to use, each with its kind: ``"number"``, ``"boolean"``,
        ``"category"`` or ``"date"``.

    Returns
    -------
    Recipe
        Without the features that are constant in training.
    """
    found = []
    for name, kind in kinds.items():
        for feature in _drafts(train[name], kind):
            raw = feature.raw(train[name])
            fill = float(np.nanmedian(raw)) if not np.isnan(raw).all() else 0.0
            raw = np.where(np.isnan(raw), fill, raw)
            mean, scale = float(raw.mean()), float(raw.std())
            if scale > 1e-12 * max(1.0, abs(mean)):
                found.append(
                    Feature(name, feature.part, feature.category, fill, mean, scale)
                )
    return Recipe(tuple(found))


def _drafts(column: pd.Series, kind: str) -> list[Feature]:
    """List the features that a column of this kind may give."""
    name = str(column.name)
    if kind == "category":
        counts = as_text(column).value_counts()
        levels: Sequence[str] = sorted(counts.index[:MAX_CATEGORIES])
        if len(levels) == 2:  # the second level says all
            levels = levels[1:]
        return [Feature(name, "is", level) for level in levels]
    parts = DATE_PARTS if kind == "date" else ("value",)
    drafts = [Feature(name, part) for part in parts]
    return drafts + [Feature(name, "missing")] * bool(column.isna().any())
