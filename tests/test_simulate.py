"""The simulated clinic against the aggregates of the data set that it stands in for."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import in_ci
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lopsided.table.simulate import clinic

REAL_FILE = Path(
    os.environ.get("LOPSIDED_REAL_DATA")
    or Path(__file__).parents[1] / "../shared/data/KaggleV2-May-2016.csv.zip"
)

# Aggregates of Medical Appointment No Shows (Joni Hoppen, Kaggle,
# joniarroba/noshowappointments): rows and no-show rate of each group.
ROWS, PREVALENCE = 110_527, 0.201933
PATIENTS, ONCE = 62_299, 0.609  # patients, and the share of them with one visit
NEIGHBOURHOODS = (81, 7_717, 851)  # how many, rows of the largest and the median one
GROUPS = {
    "Gender": {"F": (71_840, 0.203), "M": (38_687, 0.200)},
    "Scholarship": {0: (99_666, 0.198), 1: (10_861, 0.237)},
    "Hipertension": {0: (88_726, 0.209), 1: (21_801, 0.173)},
    "Diabetes": {0: (102_584, 0.204), 1: (7_943, 0.180)},
    "Alcoholism": {0: (107_167, 0.202), 1: (3_360, 0.202)},
    "Handcap": {
        0: (108_286, 0.202),
        1: (2_042, 0.179),
        2: (183, 0.202),
        3: (13, 0.231),
        4: (3, 0.333),
    },
    "SMS_received": {0: (75_045, 0.167), 1: (35_482, 0.276)},
    "age": {  # each bin starts at its key
        -1: (3_540, 0.181),
        1: (8_192, 0.189),
        6: (9_305, 0.228),
        13: (6_343, 0.266),
        18: (11_220, 0.251),
        26: (14_404, 0.228),
        36: (14_582, 0.211),
        46: (15_437, 0.184),
        56: (14_203, 0.158),
        66: (7_909, 0.151),
        76: (5_392, 0.161),
    },
    "lead": {  # each bin starts at its key
        -6: (5, 1.0),
        0: (38_563, 0.0465),
        1: (5_213, 0.214),
        2: (9_462, 0.237),
        4: (17_510, 0.252),
        8: (12_025, 0.305),
        15: (17_371, 0.326),
        31: (8_283, 0.342),
        61: (2_095, 0.284),
    },
    "weekday": {  # of the appointment, from Monday
        0: (22_715, 0.206),
        1: (25_640, 0.201),
        2: (25_867, 0.197),
        3: (17_247, 0.194),
        4: (19_019, 0.212),
        5: (39, 0.231),
    },
}
# No-show rate by lead and reminder.
REMINDED = {
    (3, 7): (0.266, 0.238),
    (4, 7): (0.271, 0.240),
    (8, 14): (0.338, 0.281),
    (15, 30): (0.369, 0.298),
    (31, 60): (0.384, 0.315),
}
SENT = {3: 0.331, 4: 0.608, 8: 0.582, 15: 0.606, 31: 0.611, 61: 0.645}  # by lead
SAME_DAY = {-1: 0.398, 1: 0.476, 18: 0.359, 36: 0.347, 56: 0.307, 66: 0.279}  # by age
SAME_DAY_HOURS_EARLIER = 0.881
PATIENT_COVARIANCE = 0.0211
# Mean test ROC AUC over the five splits below: logistic regression, boosted trees.
AUCS = {
    "eight columns": (0.5962, 0.6079),
    "with hour": (0.6063, 0.6214),
    "with lead": (0.6621, 0.7321),
}


def derive(table: pd.DataFrame) -> pd.DataFrame:
    """Add what the tests group by."""
    scheduled, appointment = table["ScheduledDay"], table["AppointmentDay"]
    lead = (appointment - scheduled.dt.normalize()).dt.days
    return table.assign(
        missed=(table["No-show"] == "Yes").astype(int),
        lead_days=lead,
        lead=starts(lead, "lead"),
        age=starts(table["Age"], "age"),
        hour=scheduled.dt.hour,
        weekday=appointment.dt.day_of_week,
    )


def starts(values: pd.Series, name: str) -> np.ndarray:
    """Replace each value by the start of its bin."""
    first = np.array(list(GROUPS[name]))
    return first[np.searchsorted(first, values, side="right") - 1]


def mean_aucs(table: pd.DataFrame, columns: str) -> list[float]:
    """Mean test ROC AUCs of two default models over five stratified splits."""
    named = ["Age", "Scholarship", "Hipertension", "Diabetes", "Alcoholism", "Handcap"]
    named += ["SMS_received"]
    named += {"eight columns": [], "with hour": ["hour"], "with lead": ["lead_days"]}[
        columns
    ]
    X = np.column_stack([table[named], table["Gender"] == "M"]).astype(float)
    y = table["missed"].to_numpy()
    splits = StratifiedShuffleSplit(5, test_size=0.2, random_state=0)
    scores = []
    for train, test in splits.split(X, y):
        for model in (
            make_pipeline(StandardScaler(), LogisticRegression()),
            HistGradientBoostingClassifier(random_state=0),
        ):
            p = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
            scores.append(roc_auc_score(y[test], p))
    return [float(np.mean(scores[i::2])) for i in (0, 1)]


def sent_by_lead(table: pd.DataFrame) -> dict[int, float]:
    """Share of reminders in each bin of leads from three days on."""
    first = np.array(list(SENT))
    late = table[table["lead_days"] >= 3]
    bins = first[np.searchsorted(first, late["lead_days"], side="right") - 1]
    return late["SMS_received"].groupby(bins).mean().to_dict()


def same_day_by_age(table: pd.DataFrame) -> dict[int, float]:
    """Share of same-day bookings in some age bins."""
    share = (table["lead_days"] <= 0).groupby(table["age"]).mean()
    return share[list(SAME_DAY)].to_dict()


def rates_by_reminder(table: pd.DataFrame, first: int, last: int) -> list[float]:
    """No-show rate without and with a reminder, for these leads."""
    here = table[table["lead_days"].between(first, last)]
    return here.groupby("SMS_received")["missed"].mean().to_list()


def patient_covariance(table: pd.DataFrame) -> float:
    """Covariance of two visits of a patient on different days, given age and lead."""
    later = table[table["lead_days"] > 0].drop_duplicates(
        ["PatientId", "AppointmentDay"]
    )
    expected = later.groupby(["lead", "age"])["missed"].transform("mean")
    rest = later["missed"] - expected
    n, total = (rest.groupby(later["PatientId"]).agg(how) for how in ("size", "sum"))
    squares = (rest**2).groupby(later["PatientId"]).sum()
    few = n.between(2, 7)
    return float((total**2 - squares)[few].sum() / (n * (n - 1))[few].sum())


def calls_earlier(table: pd.DataFrame) -> float:
    """Hours by which same-day bookings are earlier in the day than later ones."""
    at = table["hour"] + table["ScheduledDay"].dt.minute / 60
    same_day = table["lead_days"] == 0
    return float(at[~same_day].mean() - at[same_day].mean())


@pytest.fixture(scope="module")
def simulated() -> tuple[pd.DataFrame, np.ndarray]:
    table, p = clinic()
    return derive(table), p


@pytest.fixture(scope="module")
def table(simulated) -> pd.DataFrame:
    return simulated[0]


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    if not REAL_FILE.exists():
        pytest.skip(f"the real file is not there: {REAL_FILE.name}")
    return derive(
        pd.read_csv(REAL_FILE, parse_dates=["ScheduledDay", "AppointmentDay"])
    )


def test_same_seed_same_table():
    one, p = clinic(5_000, seed=3)
    two, q = clinic(5_000, seed=3)
    pd.testing.assert_frame_equal(one, two)
    assert p.tobytes() == q.tobytes()


def test_other_seed_other_table():
    one, p = clinic(5_000, seed=3)
    two, q = clinic(5_000, seed=4)
    for name in one:
        assert not one[name].equals(two[name]), name
    assert (p != q).mean() > 0.99


def test_leaves_global_random_state_alone():
    np.random.seed(1)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    clinic(100)
    assert np.random.random() == expected  # noqa: NPY002


def check_schema(table: pd.DataFrame, p: np.ndarray, n_rows: int) -> None:
    assert list(table) == [
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
    assert table.shape == (n_rows, 14)
    assert list(table.index) == list(range(n_rows))
    assert not table.isna().to_numpy().any()
    for name in ("ScheduledDay", "AppointmentDay"):
        assert isinstance(table[name].dtype, pd.DatetimeTZDtype)
        assert str(table[name].dt.tz) == "UTC"
    assert (table["AppointmentDay"] == table["AppointmentDay"].dt.normalize()).all()
    for name in ("PatientId", "AppointmentID", "Age", "Handcap"):
        assert table[name].dtype == np.int64
    for name in (
        "Scholarship",
        "Hipertension",
        "Diabetes",
        "Alcoholism",
        "SMS_received",
    ):
        assert table[name].dtype == np.int64
        assert table[name].isin([0, 1]).all()
    assert table["Handcap"].between(0, 4).all()
    assert table["Age"].between(-1, 115).all()
    assert table["Gender"].isin(["F", "M"]).all()
    assert table["No-show"].isin(["Yes", "No"]).all()
    in_order = table.sort_values("AppointmentID")
    assert in_order["AppointmentID"].is_unique
    assert in_order["ScheduledDay"].is_monotonic_increasing
    assert p.shape == (n_rows,)
    assert p.dtype == np.float64
    assert ((p > 0) & (p < 1)).all()


@pytest.mark.parametrize("n_rows", [1, 2, 3, 10, 200, 5_000, 150_000])
def test_any_size(n_rows):
    for seed in range(1 if n_rows > 1_000 else 20):
        check_schema(*clinic(n_rows, seed), n_rows)


@pytest.mark.parametrize("n_rows", [0, -5])
def test_no_rows_refused(n_rows):
    with pytest.raises(ValueError, match="at least 1"):
        clinic(n_rows)


def test_rare_cases_grow_with_the_table():
    small, large = derive(clinic(2_000)[0]), derive(clinic(2 * ROWS)[0])
    assert (small["lead_days"] < 0).sum() == 0
    assert (large["lead_days"] < 0).sum() == 10
    assert (large["Age"] == -1).sum() == 2


def test_default_schema(simulated):
    table, p = simulated
    check_schema(table.iloc[:, :14], p, ROWS)


def test_calendar(table):
    scheduled, appointment = table["ScheduledDay"], table["AppointmentDay"]
    assert appointment.min() == pd.Timestamp("2016-04-29", tz="UTC")
    assert appointment.max() == pd.Timestamp("2016-06-08", tz="UTC")
    assert appointment.nunique() == 27
    assert scheduled.min() >= pd.Timestamp("2015-11-10", tz="UTC")
    assert scheduled.min() < pd.Timestamp("2015-12-10", tz="UTC")
    assert scheduled.max().normalize() == pd.Timestamp("2016-06-08", tz="UTC")
    assert not (scheduled.dt.day_of_week == 6).any()
    assert scheduled.dt.hour.between(6, 21).all()
    assert table["lead_days"].between(-6, 179).all()


def test_patients(table):
    assert table["PatientId"].nunique() == pytest.approx(PATIENTS, rel=0.01)
    visits = table["PatientId"].value_counts()
    assert (visits == 1).mean() == pytest.approx(ONCE, abs=0.02)
    assert visits.max() >= 10
    fixed = ["Gender", "Age", "Neighbourhood", "Hipertension", "Handcap"]
    assert (table.groupby("PatientId")[fixed].nunique() == 1).all(axis=None)
    sizes = table["Neighbourhood"].value_counts()
    found = (len(sizes), sizes.max(), sizes.median())
    assert found == pytest.approx(NEIGHBOURHOODS, rel=0.2)
    assert found[0] == NEIGHBOURHOODS[0]


def test_oddities(table):
    odd = table[table["lead_days"] < 0]
    assert len(odd) == 5
    assert (odd["missed"] == 1).all()
    assert (table["Age"] == -1).sum() == 1
    assert 1 <= (table["Age"] > 100).sum() <= 30
    assert set(table["Handcap"]) == {0, 1, 2, 3, 4}


def test_prevalence(table):
    assert table["missed"].mean() == pytest.approx(PREVALENCE, abs=0.002)


CASES = [(name, value) for name, group in GROUPS.items() for value in group]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_groups(table, name, value):
    rows, rate = GROUPS[name][value]
    group = table.loc[table[name] == value, "missed"]
    assert len(group) / ROWS == pytest.approx(rows / ROWS, abs=0.02)
    assert len(group) > 0
    if rows >= 1_000:
        assert group.mean() == pytest.approx(rate, abs=0.02)


@pytest.mark.parametrize(("first", "last"), REMINDED)
def test_reminders_help(table, first, last):
    assert rates_by_reminder(table, first, last) == pytest.approx(
        REMINDED[first, last], abs=0.02
    )


def test_reminders_follow_the_lead(table):
    assert not table.loc[table["lead_days"] < 3, "SMS_received"].any()
    assert sent_by_lead(table) == pytest.approx(SENT, abs=0.03)


def test_same_day_bookings(table):
    assert same_day_by_age(table) == pytest.approx(SAME_DAY, abs=0.03)
    assert calls_earlier(table) == pytest.approx(SAME_DAY_HOURS_EARLIER, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("columns", in_ci(AUCS, "eight columns"))
def test_auc(table, columns):
    assert mean_aucs(table, columns) == pytest.approx(AUCS[columns], abs=0.015)


@pytest.mark.parametrize("seed", [0, 1])
def test_p_no_show_is_the_truth(seed):
    table, p = clinic(seed=seed)
    missed = (table["No-show"] == "Yes").to_numpy()
    for bins in (
        np.zeros(len(p)),
        np.searchsorted(np.quantile(p, np.arange(0.05, 1, 0.05)), p),
        table["Age"].to_numpy() // 20,
        pd.factorize(table["Neighbourhood"])[0],
        table["PatientId"].to_numpy() % 50,
    ):
        for k in np.unique(bins):
            here = bins == k
            error = np.sqrt((p[here] * (1 - p[here])).sum())
            assert abs(missed[here].sum() - p[here].sum()) < 4.5 * error + 0.5
    best = roc_auc_score(missed, p)
    assert best > 0.75  # more than any model finds, for p knows the patient


def test_patients_differ(table):
    assert patient_covariance(table) == pytest.approx(PATIENT_COVARIANCE, abs=0.006)


def test_constants_against_the_real_file(real):
    assert len(real) == ROWS
    assert real["missed"].mean() == pytest.approx(PREVALENCE, abs=1e-6)
    for name, group in GROUPS.items():
        found = real.groupby(name)["missed"].agg(["size", "mean"])
        assert found["size"].to_dict() == {k: v[0] for k, v in group.items()}, name
        rates = {k: v[1] for k, v in group.items()}
        assert found["mean"].to_dict() == pytest.approx(rates, abs=6e-4), name
    for (first, last), pair in REMINDED.items():
        assert rates_by_reminder(real, first, last) == pytest.approx(pair, abs=6e-4)
    assert sent_by_lead(real) == pytest.approx(SENT, abs=6e-4)
    assert same_day_by_age(real) == pytest.approx(SAME_DAY, abs=6e-4)
    assert calls_earlier(real) == pytest.approx(SAME_DAY_HOURS_EARLIER, abs=6e-4)
    assert patient_covariance(real) == pytest.approx(PATIENT_COVARIANCE, abs=6e-4)
    assert real["PatientId"].nunique() == PATIENTS
    assert (real["PatientId"].value_counts() == 1).mean() == pytest.approx(
        ONCE, abs=6e-4
    )
    sizes = real["Neighbourhood"].value_counts()
    assert (len(sizes), sizes.max(), sizes.median()) == NEIGHBOURHOODS
    test_oddities(real)


@pytest.mark.ci
@pytest.mark.slow
@pytest.mark.parametrize("columns", AUCS)
def test_aucs_against_the_real_file(real, columns):
    assert mean_aucs(real, columns) == pytest.approx(AUCS[columns], abs=0.002)
