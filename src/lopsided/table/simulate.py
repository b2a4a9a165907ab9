"""A simulated clinic: appointments, and who does not come.

The table is **simulated**. No row of it describes a person. It stands in for the
real data set *Medical Appointment No Shows* (Joni Hoppen, Kaggle,
``joniarroba/noshowappointments``, CC BY-NC-SA 4.0) and shares its columns.

It is calibrated on aggregates of the real file only: how often each age, illness,
reminder, lead time and scheduling hour occurs, and the no-show rates that go with
them. Simple models therefore score about as well on it as on the real file.

It does not reproduce real neighbourhoods (they are numbered), public holidays, effects
of the weekday, the few patients with dozens of visits, or visits that families keep
or miss together. Two columns are related only where a line below says so. A model that
finds finer structure, from all columns, finds more of it in the real file.
"""

import io

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _columns(text: str) -> dict[str, Floats]:
    """Read a table of constants: a line of names, then lines of numbers."""
    table = pd.read_csv(io.StringIO(text), sep=r"\s+", dtype=float)
    return {str(name): table[name].to_numpy() for name in table}


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

# The constants are rounded aggregates of the real file (source: see above). The
# effects are log-odds: of a logistic regression on the real file, then shifted until
# the same regression on a simulated million rows gives the same coefficients.

REAL_ROWS = 110_527
PATIENTS_PER_ROW = 62_299 / REAL_ROWS
VISIT_SHAPE = 0.6  # of the gamma law behind repeated visits; 61 % come only once
N_NEIGHBOURHOODS = 81
# Health posts differ a little (standard deviations over the neighbourhoods): in how
# many same-day bookings they take, how many reminders they send, and the log-odds of
# a no-show on later and on same-day bookings.
HABITS = {"same_day": 0.055, "sms": 0.055, "later_effect": 0.18, "same_day_effect": 0.4}

# Who comes, by age (each line starts at `from`): the share of the age, then rates.
# Scholarship is a family allowance, paid mostly to mothers (f and m: women and men).
# Diabetes goes with hypertension (diab_0 and diab_1: without it and with it).
PATIENTS = _columns("""
from share  male schol_f schol_m alco_f alco_m  hyper diab_0 diab_1 handicap
   0 0.032 0.514   0.016   0.014  0.000  0.000  0.000  0.000  0.000    0.000
   1 0.088 0.523   0.106   0.095  0.000  0.000  0.000  0.000  0.000    0.002
   7 0.070 0.529   0.135   0.137  0.000  0.002  0.001  0.001  0.270    0.010
  13 0.057 0.389   0.182   0.109  0.002  0.002  0.004  0.004  0.230    0.022
  18 0.102 0.266   0.129   0.051  0.006  0.010  0.007  0.003  0.140    0.015
  26 0.130 0.275   0.199   0.022  0.020  0.040  0.050  0.008  0.100    0.015
  36 0.132 0.302   0.209   0.026  0.038  0.091  0.149  0.018  0.205    0.019
  46 0.140 0.318   0.104   0.024  0.029  0.142  0.300  0.036  0.230    0.022
  56 0.129 0.322   0.060   0.032  0.022  0.127  0.434  0.051  0.328    0.027
  66 0.072 0.332   0.034   0.019  0.008  0.080  0.587  0.043  0.386    0.035
  76 0.038 0.334   0.007   0.001  0.005  0.029  0.612  0.052  0.338    0.056
  86 0.010 0.290   0.000   0.000  0.000  0.000  0.644  0.051  0.260    0.093
""")
AGE_EDGES = np.append(PATIENTS["from"], 96).astype(int)
HANDICAP_LEVELS = np.array([0.911, 0.082, 0.006, 0.001])  # levels 1 to 4

# How an age books and keeps its appointments: the share of same-day bookings (of women
# without any of what follows the table), and the effect on no-shows, for same-day and
# for later bookings. Children differ most there.
AGES = _columns("""
from same_day effect_same_day effect_later
   0    0.378            0.04         0.07
   1    0.435           -0.19         0.37
   7    0.336            0.68         0.25
  13    0.376            0.86         0.56
  18    0.343            0.48         0.57
  26    0.329            0.05         0.38
  36    0.322           -0.02         0.25
  46    0.298            0.00         0.00
  56    0.285           -0.16        -0.25
  66    0.260           -0.43        -0.33
  76    0.298           -0.09        -0.22
  86    0.309           -0.45        -0.11
""")
SAME_DAY_MORE = {"Scholarship": 0.036, "Alcoholism": 0.126, "Handcap": 0.086}
SAME_DAY_MORE_MEN = 0.038

# Days between booking and appointment (each line starts at `from`): their shares among
# the later bookings of patients under 46 and from 46 on, how fast they thin out per
# day, how often a reminder is sent, and the log-odds of a no-show: without it, and
# what it adds. Nobody is reminded within three days. A reminder helps, but it goes to
# the long leads, which are missed most.
LEADS = _columns("""
from  young    old decay   sms effect sms_effect
   0 0.0000 0.0000  0.00 0.000  -3.65       0.00
   1 0.0688 0.0776  0.00 0.000  -1.61       0.00
   2 0.0700 0.1269  0.00 0.000  -1.34       0.00
   3 0.0359 0.0410  0.00 0.331  -1.39      -0.21
   4 0.2341 0.2565  0.00 0.608  -1.24      -0.18
   8 0.1863 0.1398  0.00 0.582  -0.95      -0.29
  15 0.2623 0.2117  0.00 0.606  -0.78      -0.38
  31 0.1256 0.1002  0.06 0.611  -0.70      -0.36
  61 0.0159 0.0406  0.08 0.645  -0.77      -0.41
  91 0.0010 0.0048  0.03 0.645  -0.77      -0.41
 170 0.0001 0.0008  0.00 0.645  -0.77      -0.41
""")
OLD_FROM = 46
LEAD_EDGES = np.append(LEADS["from"], 180).astype(int)

# The hour of booking: for later days, for the same day (about an hour earlier: those
# patients queue in the morning), and its effect on appointments of later days.
HOURS = _columns("""
hour later same_day effect
   6 0.018    0.008  -0.15
   7 0.151    0.217  -0.29
   8 0.120    0.173  -0.11
   9 0.109    0.129   0.00
  10 0.104    0.093   0.00
  11 0.083    0.064   0.00
  12 0.050    0.048   0.00
  13 0.082    0.081   0.00
  14 0.089    0.070   0.00
  15 0.083    0.054   0.00
  16 0.058    0.035   0.00
  17 0.030    0.019   0.00
  18 0.015    0.007   0.00
  19 0.006    0.002   0.00
  20 0.002    0.000   0.00
""")

# The calendar: 27 days with appointments, one of them a Saturday with few.
FIRST_BOOKING, LAST_BOOKING = np.array(["2015-11-10", "2016-06-08"], "datetime64[D]")
DAYS = np.datetime64("2016-04-29") + np.r_[
    0, 3:8, 10:16, 17:22, 25:27, 31:36, 38:41
].astype("timedelta64[D]")
# How busy Monday to Sunday are, with appointments and with bookings for them.
APPOINTMENTS = np.array([1.16, 1.06, 1, 1, 0.88, 0.014, 0])
BOOKINGS = np.array([1, 1, 1, 1, 1, 0.01, 0])

# What else is in the log-odds of a no-show. Hypertension is not: once age is known, it
# adds nothing.
EFFECTS = {"Scholarship": 0.24, "Diabetes": 0.16, "Alcoholism": 0.39, "Handcap": 0.06}
MALE_EFFECT = 0.02
BOY_SAME_DAY_EFFECT = 0.95  # aged 7 to 17, boys miss twice as many as girls
PATIENT_SD = 0.7  # some patients are reliable, some are not, whatever the columns say
MISDATED_EFFECT = 14.0  # an appointment dated before its booking: never kept


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
    share = np.cumsum(rng.gamma(VISIT_SHAPE, size=n))
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
    handicap[handicap == 1] += np.searchsorted(np.cumsum(HANDICAP_LEVELS)[:-1], quota)

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
            "own_effect": PATIENT_SD * rng.normal(size=n),
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
    rate += SAME_DAY_MORE_MEN * (rows["Gender"] == "M")
    for name, more in SAME_DAY_MORE.items():
        rate += more * (rows[name] > 0)
    same_day = rng.random(n) < rate
    is_old = (rows["Age"] >= OLD_FROM).astype(int)
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
    score += MALE_EFFECT * male
    score += BOY_SAME_DAY_EFFECT * (male & same_day & (age >= 7) & (age < 18))
    for name, effect in EFFECTS.items():
        score += effect * row[name]
    score += row["own_effect"] + MISDATED_EFFECT * (row["lead"] < 0)
    return score
