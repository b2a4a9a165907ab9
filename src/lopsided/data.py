"""From parameters to data that a network can learn from, split and standardised.

The appointments file of the report, *Medical Appointment No Shows* (Joni Hoppen,
Kaggle, ``joniarroba/noshowappointments``), is recognised by its columns, checked, and
given the features that its dates hide. Any other table goes the same way without them.
"""

import difflib
import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from lopsided import simulate, tables
from lopsided.errors import InputError
from lopsided.network import Array
from lopsided.parameters import Parameters
from lopsided.tables import Recipe, Table

PUBLISHED_SHA256 = "9132d3e7d0246617df9041d3764f20ad6f08e7b0d9f0997fa254fc5e52eda27d"
PUBLISHED_ROWS = 110_527

#: The eight columns of the audit, and the hour at which the appointment was booked.
REPORT = (
    "Gender Age Scholarship Hipertension Diabetes Alcoholism Handcap SMS_received "
    "scheduled_hour"
).split()
FEATURE_SETS = {
    "report": REPORT,
    "extended": [*REPORT, "lead_days", "scheduled_weekday", "appointment_weekday"],
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Dataset:
    """A table, split, encoded and standardised.

    Attributes
    ----------
    parameters : Parameters
        As given, with the defaults that depend on the table filled in.
    X_train, X_test : array, shapes (n_0, n_train) and (n_0, n_test)
    Y_train, Y_test : array, shapes (1, n_train) and (1, n_test)
        1 is the positive class.
    rows_train, rows_test : array of int
        Which rows of the table they are, counted from 0.
    recipe : Recipe
        How a table becomes ``X``.
    source, sha256 : str
        The file's name, and the hash of its content.
    is_appointments : bool
        The report's table, real or simulated.
    target : str
    labels : tuple of str
        The target's two values, negative first, as the table has them.
    positive, negative, rows : str
        What texts call the two classes and the rows.
    columns : DataFrame
        Each column, its kind, and what was done with it.
    notes : tuple of str
        What the reader should know about this table.
    p_true_train, p_true_test : array or None
        True probabilities, shaped as ``Y``. Only a simulation knows them.
    """

    parameters: Parameters
    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array
    rows_train: Array
    rows_test: Array
    recipe: Recipe
    source: str
    sha256: str
    is_appointments: bool
    target: str
    labels: tuple[str, str]
    positive: str
    negative: str
    rows: str
    columns: pd.DataFrame
    notes: tuple[str, ...]
    p_true_train: Array | None = field(default=None)
    p_true_test: Array | None = field(default=None)


def is_appointments(frame: pd.DataFrame) -> bool:
    """Recognise the appointments file: it has all of its 14 columns."""
    return set(simulate.COLUMNS) <= set(frame.columns)


def with_booking_features(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what the two dates of an appointment tell.

    Returns
    -------
    DataFrame
        With ``scheduled_hour`` (0 to 23), ``lead_days`` (whole days from booking to
        appointment; negative in a few published rows) and both weekdays.

    Raises
    ------
    InputError
        When a date cannot be read.
    """
    dates = {}
    for name in ("ScheduledDay", "AppointmentDay"):
        found = tables.as_dates(frame[name])
        if found is None or found.isna().any():
            raise InputError(f"column {name!r} must hold ISO 8601 dates and no gaps")
        dates[name] = found
    booked, day = dates["ScheduledDay"], dates["AppointmentDay"]
    names = dict(enumerate(WEEKDAYS))
    return frame.assign(
        ScheduledDay=booked,
        AppointmentDay=day,
        scheduled_hour=booked.dt.hour,
        lead_days=(day.dt.normalize() - booked.dt.normalize()).dt.days,
        scheduled_weekday=booked.dt.weekday.map(names),
        appointment_weekday=day.dt.weekday.map(names),
    )


def appointment_notes(frame: pd.DataFrame, sha256: str) -> list[str]:
    """Check an appointments table and say in sentences what is odd about it."""
    notes = []
    if sha256 == PUBLISHED_SHA256:
        notes.append("This is the published file: its SHA-256 agrees.")
    if ages := int((frame["Age"] < 0).sum()):
        notes.append(f"{_count(ages, 'row has', 'rows have')} a negative age; kept.")
    if early := int((frame["lead_days"] < 0).sum()):
        notes.append(
            f"{_count(early, 'appointment lies', 'appointments lie')} before the day "
            "of booking; kept."
        )
    patients = frame["PatientId"].nunique()
    notes.append(f"{patients:,} patients share {len(frame):,} rows.")
    return notes


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def simulated(seed: int, n_rows: int = PUBLISHED_ROWS) -> tuple[Table, Array]:
    """Simulate the clinic; the hash covers every value, so it names the table.

    Returns
    -------
    table : Table
    p_true : array, shape (n_rows,)
        Each row's true probability of a no-show.
    """
    frame, p_true = simulate.clinic(n_rows, seed)
    digest = hashlib.sha256()
    for name in frame:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            column = column.dt.as_unit("ns").dt.tz_localize(None)
        values = column.to_numpy()
        digest.update(name.encode())
        is_text = values.dtype == object or not np.issubdtype(values.dtype, np.generic)
        digest.update("\n".join(values).encode() if is_text else values.tobytes())
    return Table(frame, "simulated", digest.hexdigest()), p_true


def find(name: str, names: list[str], what: str) -> str:
    """Return a column's name if it is there.

    Raises
    ------
    InputError
        With the nearest name that is.
    """
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"the table has {_few(names)}"
    raise InputError(f"{what}: there is no column {name!r}; {hint}")


def _few(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def _labels(column: pd.Series, positive: object) -> tuple[str, str]:
    """Name the target's two values, negative first."""
    counts = tables.as_text(column).value_counts()
    if len(counts) != 2:
        raise InputError(
            f"target {column.name!r} has {_count(len(counts), 'value', 'values')} "
            f"({_few(list(counts.index), 4)}); it must have two"
        )
    common, rare = counts.index
    if positive is None:
        return common, rare
    texts = (
        {str(positive), str(int(positive))}
        if isinstance(positive, bool)
        else {str(positive), f"{positive}.0"}
    )
    for label, other in ((rare, common), (common, rare)):
        if label in texts:
            return other, label
    raise InputError(
        f"positive_label is {positive!r}; target {column.name!r} has "
        f"{_few([*counts.index])}"
    )


def _kinds(
    frame: pd.DataFrame, features: str | list[str], target: str, appointments: bool
) -> tuple[dict[str, str], pd.DataFrame]:
    """Choose the columns to use, and tabulate what is done with every one."""
    kinds = {str(c): tables.kind_of(frame[c]) for c in frame if c != target}
    if isinstance(features, str) and features in FEATURE_SETS:
        if not appointments:
            raise InputError(
                f"features is {features!r}, which names columns of the appointments "
                "file; for this table give 'all' or a list of its columns"
            )
        chosen = FEATURE_SETS[features]
    elif features == "all":
        unusable = ("identifier", "constant", "empty")
        chosen = [c for c, kind in kinds.items() if kind not in unusable]
    else:
        chosen = [find(c, [*kinds], "features") for c in features]
    # A column asked for by name is used, whatever it looks like.
    as_used = {"identifier": "number", "constant": "number", "empty": "number"}
    for c in chosen:
        if kinds[c] in as_used and not pd.api.types.is_numeric_dtype(frame[c]):
            kinds[c] = "category"
        kinds[c] = as_used.get(kinds[c], kinds[c])
    done = {
        "number": "standardised",
        "boolean": "0 or 1, standardised",
        "category": "one feature a category, standardised",
        "date": "split into days, month, weekday and hour, standardised",
    }
    treated = pd.DataFrame(
        {
            "column": list(kinds),
            "kind": list(kinds.values()),
            "treatment": [
                done[k]
                + (
                    ", gaps filled by the median and marked"
                    if frame[c].isna().any()
                    else ""
                )
                if c in chosen
                else f"dropped: {k}"
                if k not in done
                else "not used"
                for c, k in kinds.items()
            ],
        }
    )
    return {c: kinds[c] for c in chosen}, treated


def split(frame: pd.DataFrame, y: Array, p: Parameters) -> tuple[Array, Array]:
    """Divide the rows: stratified by class, or by group, or in time.

    Returns
    -------
    train, test : array of int
        Row numbers.

    Raises
    ------
    InputError
        When a class would be missing on one side.
    """
    rows = np.arange(len(frame))
    if p.group_column and p.time_column:
        raise InputError("give group_column or time_column, not both")
    try:
        if p.group_column:
            column = frame[find(p.group_column, [*frame.columns], "group_column")]
            splitter = GroupShuffleSplit(
                1, test_size=p.test_size, random_state=p.split_seed
            )
            train, test = next(splitter.split(rows, groups=tables.as_text(column)))
        elif p.time_column:
            column = frame[find(p.time_column, [*frame.columns], "time_column")]
            time = tables.as_dates(column)
            time = column if time is None else time
            if time.isna().any() or not (
                pd.api.types.is_numeric_dtype(time)
                or pd.api.types.is_datetime64_any_dtype(time)
            ):
                raise InputError(
                    f"time_column {p.time_column!r} must hold numbers or ISO 8601 "
                    "dates, without gaps"
                )
            order = np.argsort(time.to_numpy(), kind="stable")
            first_test = time.iloc[order[int(len(rows) * (1 - p.test_size))]]
            later = (time >= first_test).to_numpy()
            train, test = rows[~later], rows[later]
        else:
            train, test = train_test_split(
                rows, test_size=p.test_size, stratify=y, random_state=p.split_seed
            )
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        train = test = rows[:0]
    for side, name in ((train, "training"), (test, "test")):
        if len(np.unique(y[side])) < 2:
            raise InputError(
                f"the split leaves a class out of the {name} rows: the table has "
                f"{int(y.sum()):,} positives in {len(y):,} rows; change test_size or "
                "give more rows"
            )
    return train, test


def load(p: Parameters) -> Dataset:
    """Read or simulate the table that the parameters name, and prepare it.

    Raises
    ------
    InputError
        When the table cannot be read, or does not fit the parameters.
    """
    p_true = None
    if p.data == "simulated":
        table, p_true = simulated(p.data_seed)
    else:
        table = tables.read(p.data)
    frame, notes = table.frame, list(table.notes)
    appointments = is_appointments(frame) and p.target in (None, "No-show")
    if appointments:
        frame = with_booking_features(frame)
        notes += appointment_notes(frame, table.sha256)
    elif p.target is None:
        raise InputError(
            f"{table.source} is not the appointments file; say which column to predict "
            "with --target NAME"
        )
    target = (
        "No-show" if appointments else find(str(p.target), [*frame.columns], "target")
    )
    known = frame[target].notna()
    if not known.all():
        notes.append(
            f"{_count(int((~known).sum()), 'row', 'rows')} without a target left out."
        )
        frame = frame[known]
        if not len(frame):
            raise InputError(f"target {target!r} is empty")
    positive = "Yes" if appointments and p.positive_label is None else p.positive_label
    labels = _labels(frame[target], positive)
    y = (tables.as_text(frame[target]) == labels[1]).to_numpy(int)
    defaults = ("report", 0.18) if appointments else ("all", "prevalence")
    features = p.features or defaults[0]
    p = p.model_copy(
        update={
            "target": target,
            "positive_label": labels[1],
            "features": features,
            "threshold": defaults[1] if p.threshold is None else p.threshold,
        }
    )
    kinds, columns = _kinds(frame, features, target, appointments)
    train, test = split(frame, y, p)
    recipe = tables.fit_recipe(frame.iloc[train], kinds)
    if not recipe.features:
        raise InputError("no usable feature: every column is constant, empty or an id")
    told = labels == ("No", "Yes") and appointments
    return Dataset(
        parameters=p,
        X_train=recipe.apply(frame.iloc[train]),
        Y_train=y[None, train].astype(float),
        X_test=recipe.apply(frame.iloc[test]),
        Y_test=y[None, test].astype(float),
        rows_train=train,
        rows_test=test,
        recipe=recipe,
        source=table.source,
        sha256=table.sha256,
        is_appointments=appointments,
        target=target,
        labels=labels,
        positive="no-show" if told else f"{target} = {labels[1]}",
        negative="attended" if told else f"{target} = {labels[0]}",
        rows="appointments" if appointments else "rows",
        columns=columns,
        notes=tuple(notes),
        p_true_train=None if p_true is None else p_true[None, train],
        p_true_test=None if p_true is None else p_true[None, test],
    )
