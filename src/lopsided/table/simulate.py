"""A simulated clinic: appointments, and who does not come.

The table is **simulated**. No row of it describes a person. It stands in for the
real data set *Medical Appointment No Shows* (Joni Hoppen, Kaggle,
``joniarroba/noshowappointments``, CC BY-NC-SA 4.0) and shares its columns.

It is calibrated on aggregates of the real file only: how often each age, illness,
reminder, lead time and scheduling hour occurs, and the no-show rates that go with
them. Simple models therefore score about as well on it as on the real file. The
numbers are in ``simulate.toml``.

It does not reproduce real neighbourhoods (they are numbered), public holidays, effects
of the weekday, the few patients with dozens of visits, or visits that families keep
or miss together. Two columns are related only where a line below says so. A model that
finds finer structure, from all columns, finds more of it in the real file.
"""

import io
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLUMNS = [
    "PatientId",
    "AppointmentID",
    "Gender",
    "ScheduledDay",
    "AppointmentDay",
    "Age",
    "Neighbourhood",
    "Scholarship",
    "Hipertension",
    "Diabetes",
    "Alcoholism",
    "Handcap",
    "SMS_received",
    "No-show",
]


def _table(text: str) -> dict[str, Floats]:
    """Read a table of constants: a line of names, then lines of numbers."""
    table = pd.read_csv(io.StringIO(text), sep=r"\s+", dtype=float)
    return {str(name): table[name].to_numpy() for name in table}


CONSTANTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("simulate.toml").read_text("utf-8")
)
PATIENTS, AGES, LEADS, HOURS = (
    _table(CONSTANTS[name]) for name in ("patients", "ages", "leads", "hours")
)
HABITS: dict[str, float] = CONSTANTS["habits"]
OTHER_EFFECTS: dict[str, float] = CONSTANTS["other_effects"]

REAL_ROWS: int = CONSTANTS["real_rows"]
PATIENTS_PER_ROW = CONSTANTS["real_patients"] / REAL_ROWS
N_NEIGHBOURHOODS: int = CONSTANTS["n_neighbourhoods"]
AGE_EDGES = np.append(PATIENTS["from"], 96).astype(int)
LEAD_EDGES = np.append(LEADS["from"], 180).astype(int)

FIRST_BOOKING, LAST_BOOKING, FIRST_DAY = (
    np.datetime64(CONSTANTS[name], "D")
    for name in ("first_booking", "last_booking", "first_day")
)
DAYS = FIRST_DAY + np.array(CONSTANTS["days"], "timedelta64[D]")
APPOINTMENTS, BOOKINGS = np.array([CONSTANTS["appointments"], CONSTANTS["bookings"]])


def clinic(n_rows: int = REAL_ROWS, seed: int = 0) -> tuple[pd.DataFrame, Floats]:
    """Simulate a table of appointments.

    Parameters
    ----------
    n_rows : int
        How many appointments, at least 1. The default is the size of the real file.
    seed : int
        The only source of randomness: one seed, one table.

    Returns
    -------
    table : pandas.DataFrame
        The 14 columns of the real file, under its names and in its order. Times are
        in UTC. ``No-show`` is ``"Yes"`` where the patient did **not** come.
    p_no_show : numpy.ndarray of shape (n_rows,)
        The true probability from which each ``No-show`` was drawn. It knows more than
        the table tells: how reliable each patient and each neighbourhood is. Rows are
        in no order.
    """
    if n_rows < 1:
        raise ValueError(f"n_rows must be at least 1, not {n_rows}")
    rng = np.random.default_rng(seed)
    patients = _patients(rng, n_rows)
    visits = rng.permutation(np.repeat(np.arange(len(patients)), patients["visits"]))
    rows = patients.iloc[visits].reset_index(drop=True)
    _book(rng, rows)
    _remind(rng, rows)
    p_no_show = 1 / (1 + np.exp(-_log_odds(rows)))
    missed = rng.random(n_rows) < p_no_show
    rows["No-show"] = np.where(missed, "Yes", "No")
    return rows[COLUMNS], p_no_show


def _pick(rng: np.random.Generator, weights: ArrayLike, line: Ints) -> Ints:
    """Draw a column for each entry of `line`, by the weights on that line."""
    table = np.atleast_2d(weights)
    cumulative = np.cumsum(table, axis=1) / table.sum(axis=1, keepdims=True)
    steps = (np.arange(len(table))[:, None] + cumulative).ravel()
    u = rng.random(len(line)) * (1 - 1e-9)  # line + u must not round to line + 1
    picked = np.searchsorted(steps, line + u, side="right")
    column: Ints = picked - line * table.shape[1]
    return column


def _scaled(count: int, n_rows: int) -> int:
    """How many of a rare case of the real file a table of this size has."""
    return round(count * n_rows / REAL_ROWS)


def _patients(rng: np.random.Generator, n_rows: int) -> pd.DataFrame:
    """Draw the patients: who they are, and how often they come."""
    n = max(1, round(n_rows * PATIENTS_PER_ROW))
    one_line = np.zeros(n, dtype=int)

    # Everyone comes once; the remaining visits go to some more than to others.
    share = np.cumsum(rng.gamma(CONSTANTS["visit_shape"], size=n))
    again = np.searchsorted(share, rng.random(n_rows - n) * share[-1])
    visits = 1 + np.bincount(again, minlength=n)

    age_bin = _pick(rng, PATIENTS["share"], one_line)
    age = rng.integers(AGE_EDGES[age_bin], AGE_EDGES[age_bin + 1])
    old = np.flatnonzero(age_bin == len(AGE_EDGES) - 2)[: _scaled(6, n_rows)]
    age[old] = np.resize([115, 102, 100], len(old))
    odd = np.flatnonzero((age_bin == 0) & (visits == 1))[: _scaled(1, n_rows)]
    age[odd] = -1  # a slip of the keyboard, or a child to come

    def has(rate: Floats) -> NDArray[np.bool_]:
        return rng.random(n) < rate[age_bin]

    male = has(PATIENTS["male"])
    scholarship = np.where(male, has(PATIENTS["schol_m"]), has(PATIENTS["schol_f"]))
    alcoholism = np.where(male, has(PATIENTS["alco_m"]), has(PATIENTS["alco_f"]))
    hypertension = has(PATIENTS["hyper"])
    diabetes = np.where(hypertension, has(PATIENTS["diab_1"]), has(PATIENTS["diab_0"]))
    # The levels are dealt out by quota, so that the rarest occur.
    handicap = has(PATIENTS["handicap"]).astype(int)
    quota = (np.arange(handicap.sum()) + 0.5) / max(1, handicap.sum())
    handicap[handicap == 1] += np.searchsorted(
        np.cumsum(CONSTANTS["handicap_levels"])[:-1], quota
    )

    # Neighbourhoods differ in size like exponential variables, and a little in their
    # habits. Their effects average zero over the patients.
    size = -np.log((np.arange(N_NEIGHBOURHOODS) + 0.5) / N_NEIGHBOURHOODS)
    neighbourhood = _pick(rng, size, one_line)
    habits = rng.normal(size=(N_NEIGHBOURHOODS, len(HABITS)))
    habits = (habits - size @ habits / size.sum()) * list(HABITS.values())
    names = np.array([f"NEIGHBOURHOOD {i + 1:02}" for i in range(N_NEIGHBOURHOODS)])

    return pd.DataFrame(
        {
            "PatientId": 1_000_000 + rng.permutation(n),
            "Gender": np.where(male, "M", "F"),
            "Age": age,
            "Neighbourhood": names[neighbourhood],
            "Scholarship": scholarship.astype(int),
            "Hipertension": hypertension.astype(int),
            "Diabetes": diabetes.astype(int),
            "Alcoholism": alcoholism.astype(int),
            "Handcap": handicap,
            "visits": visits,
            "age_bin": age_bin,
            "own_effect": OTHER_EFFECTS["patient_sd"] * rng.normal(size=n),
            **{f"habit_{k}": habits[neighbourhood, i] for i, k in enumerate(HABITS)},
        }
    )


def _book(rng: np.random.Generator, rows: pd.DataFrame) -> None:
    """Add the booking: how many days ahead, for which day, at which hour."""
    n = len(rows)
    # How well each lead (-1 to 179 days) fits each day: booked on a day of the week
    # that is worked, and since records began. Multiples of seven days fit best.
    leads = np.arange(-1, LEAD_EDGES[-1])
    booked = DAYS - leads[:, None]
    in_range = (booked >= FIRST_BOOKING) & (booked <= LAST_BOOKING)
    fits = APPOINTMENTS[_weekday(DAYS)] * BOOKINGS[_weekday(booked)] * in_range

    # Leads of the same bin share its weight.
    lead_bin = np.searchsorted(LEAD_EDGES, leads[2:], side="right") - 1
    thinning = LEADS["decay"][lead_bin] * (leads[2:] - LEAD_EDGES[lead_bin])
    weight = np.exp(-thinning) * fits[2:].sum(axis=1)
    weight /= np.bincount(lead_bin, weight)[lead_bin]
    weights = weight * np.array([LEADS["young"], LEADS["old"]])[:, lead_bin]

    rate = AGES["same_day"][rows["age_bin"]] + rows["habit_same_day"]
    rate += CONSTANTS["same_day_more_men"] * (rows["Gender"] == "M")
    for name, more in CONSTANTS["same_day_more"].items():
        rate += more * (rows[name] > 0)
    same_day = rng.random(n) < rate
    is_old = (rows["Age"] >= CONSTANTS["old_from"]).astype(int)
    lead = np.where(same_day, 0, 1 + _pick(rng, weights, is_old))
    lead[rng.permutation(n)[: _scaled(5, n)]] = -1  # misdated
    day = _pick(rng, fits, lead + 1)
    hour = _pick(rng, [HOURS["later"], HOURS["same_day"]], (lead == 0).astype(int))

    seconds = (hour + HOURS["hour"][0].astype(int)) * 3600 + rng.integers(3600, size=n)
    scheduled = (DAYS[day] - lead).astype("datetime64[s]") + seconds
    number = np.empty(n, dtype=int)
    number[np.argsort(scheduled, kind="stable")] = rng.integers(1, 14, n).cumsum()
    rows["AppointmentID"] = 5_000_000 + number
    rows["ScheduledDay"] = pd.DatetimeIndex(scheduled, tz="UTC")
    rows["AppointmentDay"] = pd.DatetimeIndex(
        DAYS[day].astype("datetime64[s]"), tz="UTC"
    )
    rows["lead"], rows["hour_bin"] = lead, hour
    rows["lead_bin"] = np.searchsorted(LEAD_EDGES, lead.clip(0), side="right") - 1


def _weekday(days: NDArray[np.datetime64]) -> Ints:
    """Count from Monday, 0; the first of January 1970 was a Thursday."""
    return (days.astype("datetime64[D]").astype(int) + 3) % 7


def _remind(rng: np.random.Generator, rows: pd.DataFrame) -> None:
    """Add the reminder: the lead decides, and a little the neighbourhood."""
    rate = LEADS["sms"][rows["lead_bin"]]
    sent = rng.random(len(rows)) < np.where(rate > 0, rate + rows["habit_sms"], 0)
    rows["SMS_received"] = sent.astype(int)


def _log_odds(rows: pd.DataFrame) -> Floats:
    """Add up the log-odds of a no-show."""
    numbers = rows.select_dtypes(exclude="datetimetz")  # dates are slow to convert
    row = {name: numbers[name].to_numpy() for name in numbers}
    lead_bin, age_bin, same_day = row["lead_bin"], row["age_bin"], row["lead"] == 0
    score: Floats = LEADS["effect"][lead_bin]
    score += LEADS["sms_effect"][lead_bin] * row["SMS_received"]
    score += np.where(
        same_day,
        AGES["effect_same_day"][age_bin] + row["habit_same_day_effect"],
        AGES["effect_later"][age_bin]
        + row["habit_later_effect"]
        + HOURS["effect"][row["hour_bin"]],
    )
    male, age = row["Gender"] == "M", row["Age"]
    score += OTHER_EFFECTS["male"] * male
    score += OTHER_EFFECTS["boy_same_day"] * (male & same_day & (age >= 7) & (age < 18))
    for name, effect in CONSTANTS["effects"].items():
        score += effect * row[name]
    score += row["own_effect"] + OTHER_EFFECTS["misdated"] * (row["lead"] < 0)
    return score
