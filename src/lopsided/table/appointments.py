"""The appointments file of the report, real or simulated.

*Medical Appointment No Shows* (Joni Hoppen, Kaggle, ``joniarroba/noshowappointments``)
is recognised by its columns, checked, and given the features that its dates hide.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lopsided.errors import InputError
from lopsided.lesson.network import Array
from lopsided.prose import count, quoted
from lopsided.table import simulate
from lopsided.table.kinds import ColumnValues
from lopsided.table.reader import Table

PUBLISHED_SHA256 = "9132d3e7d0246617df9041d3764f20ad6f08e7b0d9f0997fa254fc5e52eda27d"
PUBLISHED_ROWS = 110_527

NUMBERS = (
    "Age Scholarship Hipertension Diabetes Alcoholism Handcap SMS_received".split()
)
#: The eight columns of the audit, and the hour at which the appointment was booked.
REPORT = ["Gender", *NUMBERS, "scheduled_hour"]
FEATURE_SETS = {
    "report": REPORT,
    "extended": [*REPORT, "lead_days", "scheduled_weekday", "appointment_weekday"],
}
#: What is predicted from them unless something else is asked, and how.
DEFAULTS = {
    "target": "No-show",
    "positive_label": "Yes",
    "features": "report",
    "threshold": 0.18,
    "training": "report",
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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


def recognised(frame: pd.DataFrame) -> bool:
    """Recognise the appointments file: it has all of its 14 columns."""
    return set(simulate.COLUMNS) <= set(frame.columns)


def prepared(frame: pd.DataFrame) -> pd.DataFrame:
    """Check an appointments table, read its columns, and add the booking features.

    Raises
    ------
    InputError
        Names the first cell that is no date or no number.
    """
    frame = with_booking_features(frame)
    return frame.assign(**{name: _checked(frame[name], "number") for name in NUMBERS})


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
        Names the first cell that is no date.
    """
    booked, day = (
        _checked(frame[n], "date") for n in ("ScheduledDay", "AppointmentDay")
    )
    names = dict(enumerate(WEEKDAYS))
    return frame.assign(
        ScheduledDay=booked,
        AppointmentDay=day,
        scheduled_hour=booked.dt.hour,
        lead_days=(day.dt.normalize() - booked.dt.normalize()).dt.days,
        scheduled_weekday=booked.dt.day_of_week.map(names),
        appointment_weekday=day.dt.day_of_week.map(names),
    )


def with_derived(frame: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """Add the booking features to a table, where they are needed and it has the dates.

    Raises
    ------
    InputError
        As `with_booking_features`.
    """
    derived = {*FEATURE_SETS["extended"][-4:]} & {*needed} - {*frame.columns}
    has_dates = {"ScheduledDay", "AppointmentDay"} <= {*frame.columns}
    return with_booking_features(frame) if derived and has_dates else frame


def _checked(column: pd.Series, kind: str) -> pd.Series:
    """Read a column of the appointments; only numbers may have gaps."""
    read = ColumnValues(column).read(kind)
    bad = read.isna() & (column.notna() | (kind == "date"))
    if bad.any():
        row = int(np.argmax(bad))
        wanted = "an ISO 8601 date" if kind == "date" else "a number, or be empty"
        raise InputError(
            f"this looks like the appointments file, but column {column.name!r} has "
            f"{quoted(column.iloc[row])} in row {row + 1}; it must hold {wanted}"
        )
    return read


def notes(frame: pd.DataFrame, sha256: str) -> list[str]:
    """Say in sentences what is odd about an appointments table."""
    notes = []
    if sha256 == PUBLISHED_SHA256:
        notes.append("This is the published file: its SHA-256 agrees.")
    if ages := int((frame["Age"] < 0).sum()):
        notes.append(f"{count(ages, 'row has', 'rows have')} a negative age; kept.")
    if early := int((frame["lead_days"] < 0).sum()):
        notes.append(
            f"{count(early, 'appointment lies', 'appointments lie')} before the day "
            "of booking; kept."
        )
    patients = frame["PatientId"].nunique()
    notes.append(f"{patients:,} patients share {len(frame):,} rows.")
    return notes
