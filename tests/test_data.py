"""From parameters to split, encoded data: the appointments, and any other table."""

import shlex

import numpy as np
import pandas as pd
import pytest

from lopsided.errors import InputError
from lopsided.parameters import Parameters, from_text, validate
from lopsided.table import appointments as known
from lopsided.table import dataset
from lopsided.table.columns import find, together
from lopsided.table.kinds import as_text
from lopsided.table.simulate import clinic

FRAME = clinic(3000, seed=5)[0]


@pytest.fixture(scope="module")
def appointments(tmp_path_factory):
    """The path of a simulated clinic of 3,000 rows, as CSV."""
    path = tmp_path_factory.mktemp("data") / "clinic.csv"
    FRAME.to_csv(path, index=False)
    return path


def load(path, **values):
    return dataset.load(validate({"data": str(path)} | values))


def treatment(dataset):
    return dict(
        zip(
            dataset.provenance.columns["column"],
            dataset.provenance.columns["treatment"],
            strict=True,
        )
    )


def kinds(dataset):
    return dict(
        zip(
            dataset.provenance.columns["column"],
            dataset.provenance.columns["kind"],
            strict=True,
        )
    )


# Appointments


def test_appointments_are_recognised(appointments):
    d = load(appointments)
    assert d.provenance.is_appointments
    assert d.recipe.names == [
        *("Gender = M", "Age", "Scholarship", "Hipertension", "Diabetes"),
        *("Alcoholism", "Handcap", "SMS_received", "scheduled_hour"),
    ]
    assert (d.words.target, d.words.labels) == ("No-show", ("No", "Yes"))
    assert (d.words.positive, d.words.negative, d.words.rows) == (
        "no-show",
        "attended",
        "appointments",
    )
    filled = d.parameters
    assert (filled.target, filled.positive_label) == ("No-show", "Yes")
    assert (filled.features, filled.threshold) == ("report", 0.18)
    assert d.train.p_true is None

    said = treatment(d)
    assert said["No-show"] == "the target: positive is 'Yes'"
    assert said["PatientId"] == "dropped: identifier-like"
    assert said["Gender"] == "encoded: 1 where 'M', standardised"
    assert said["Age"] == "standardised"
    assert said["SMS_received"] == "0 or 1, standardised"
    assert said["Neighbourhood"] == "not used"
    assert kinds(d)["ScheduledDay"] == "date"
    patients = FRAME["PatientId"].nunique()
    assert f"{patients:,} patients share 3,000 rows." in d.provenance.notes


@pytest.mark.parametrize("name", ["c.csv.gz", "c.csv.zip", "c.parquet"])
def test_appointments_are_the_same_in_every_format(appointments, tmp_path, name):
    path = tmp_path / name
    write = FRAME.to_parquet if name == "c.parquet" else FRAME.to_csv
    write(path, index=False)
    plain, packed = load(appointments), load(path)
    assert packed.provenance.is_appointments
    np.testing.assert_array_equal(packed.X_train, plain.X_train)
    np.testing.assert_array_equal(packed.X_test, plain.X_test)
    np.testing.assert_array_equal(packed.test.rows, plain.test.rows)
    assert packed.recipe == plain.recipe
    assert packed.provenance.notes == plain.provenance.notes
    assert (packed.provenance.sha256 == plain.provenance.sha256) == (
        name != "c.parquet"
    )


def test_the_split_is_stratified(appointments):
    d = load(appointments)
    positives = int((FRAME["No-show"] == "Yes").sum())
    assert d.X_train.shape == (9, 2400)
    assert d.X_test.shape == (9, 600)
    assert d.Y_train.shape == (1, 2400)
    assert abs(d.Y_test.sum() - positives / 5) <= 1
    assert sorted([*d.train.rows, *d.test.rows]) == [*range(3000)]
    truth = (FRAME["No-show"] == "Yes").to_numpy(float)
    np.testing.assert_array_equal(d.Y_train[0], truth[d.train.rows])
    np.testing.assert_array_equal(d.Y_test[0], truth[d.test.rows])
    np.testing.assert_allclose(d.X_train.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(d.X_train.std(axis=1), 1, rtol=1e-12)


def test_the_split_has_a_seed_of_its_own(appointments):
    first = load(appointments)
    same, other = load(appointments, seed=1), load(appointments, split_seed=1)
    np.testing.assert_array_equal(same.test.rows, first.test.rows)
    assert not np.array_equal(other.test.rows, first.test.rows)


def test_test_rows_teach_nothing(appointments, tmp_path):
    first = load(appointments)
    changed = FRAME.copy()
    changed.loc[first.test.rows, ["Age", "Handcap"]] = 99
    changed.to_csv(tmp_path / "c.csv", index=False)
    assert load(tmp_path / "c.csv").recipe == first.recipe


def test_extended_features(appointments):
    d = load(appointments, features="extended")
    names = d.recipe.names
    assert names[:10] == [*load(appointments).recipe.names, "lead_days"]
    assert "scheduled_weekday = Mon" in names
    lead = d.recipe.features[9]
    raw = d.X_train[9] * lead.scale + lead.mean
    days = FRAME["AppointmentDay"].dt.normalize() - FRAME["ScheduledDay"].dt.normalize()
    expected = days.dt.days.to_numpy()[d.train.rows]
    np.testing.assert_allclose(raw, expected, atol=1e-9)


def test_booking_features_are_derived_where_they_are_needed():
    dates = FRAME[["ScheduledDay", "AppointmentDay"]]
    assert "scheduled_hour" in known.with_derived(dates, ["scheduled_hour"])
    assert [*known.with_derived(dates, ["ScheduledDay"])] == [*dates]
    assert [*known.with_derived(dates[["ScheduledDay"]], ["lead_days"])] == [
        "ScheduledDay"
    ]


def test_a_group_stays_on_one_side(appointments):
    mixed, apart = load(appointments), load(appointments, group_column="PatientId")
    warning = "share their 'PatientId' with a training row; to keep such rows together"
    assert any(warning in note for note in mixed.provenance.notes)
    assert not any(warning in note for note in apart.provenance.notes)
    patients = FRAME["PatientId"].to_numpy()
    assert np.isin(patients[mixed.test.rows], patients[mixed.train.rows]).any()
    assert not np.isin(patients[apart.test.rows], patients[apart.train.rows]).any()
    assert 0.15 < apart.test.rows.size / 3000 < 0.25
    assert treatment(apart)["PatientId"].startswith("groups rows; dropped")


def test_time_goes_forward(appointments):
    d = load(appointments, time_column="ScheduledDay")
    booked = FRAME["ScheduledDay"]
    assert booked[d.train.rows].max() < booked[d.test.rows].min()
    assert d.test.rows.size == 600
    days = load(appointments, time_column="AppointmentDay")  # many rows share a day
    day = FRAME["AppointmentDay"]
    assert day[days.train.rows].max() < day[days.test.rows].min()
    assert 600 <= days.test.rows.size < 900


def test_another_target_makes_it_any_table(appointments):
    d = load(appointments, target="SMS_received")
    assert not d.provenance.is_appointments
    assert d.parameters.features == "all"
    assert d.parameters.threshold == "prevalence"
    assert "No-show = Yes" in d.recipe.names
    assert "AppointmentDay (days)" in d.recipe.names
    assert "PatientId" not in d.recipe.names


def test_gaps_in_appointments_are_filled_and_told(tmp_path):
    FRAME.assign(Age=FRAME["Age"].mask(FRAME.index % 10 == 0)).to_csv(
        tmp_path / "c.csv", index=False
    )
    d = load(tmp_path / "c.csv")
    assert "Age (missing)" in d.recipe.names
    assert (
        treatment(d)["Age"]
        == "standardised; gaps filled by the median and marked by an indicator"
    )
    assert any(
        note.startswith("Values are missing in 'Age' (10.00%).")
        for note in d.provenance.notes
    )


def test_the_simulation_knows_the_truth(monkeypatch):
    whole = known.simulated
    monkeypatch.setattr(known, "simulated", lambda seed: whole(seed, 2000))
    d, other = dataset.load(Parameters()), dataset.load(Parameters(data_seed=1))
    assert d.provenance.is_appointments
    assert (d.provenance.source, d.X_train.shape) == ("simulated", (9, 1600))
    assert d.provenance.sha256 == whole(0, 2000)[0].sha256 != other.provenance.sha256
    truth = clinic(2000, seed=0)[1]
    np.testing.assert_array_equal(d.train.p_true[0], truth[d.train.rows])
    np.testing.assert_array_equal(d.test.p_true[0], truth[d.test.rows])


def test_the_published_file(real_data):
    d = load(real_data)
    assert d.provenance.is_appointments
    assert d.provenance.sha256 == known.PUBLISHED_SHA256
    assert "This is the published file: its SHA-256 agrees." in d.provenance.notes
    assert "1 row has a negative age; kept." in d.provenance.notes
    assert "5 appointments lie before the day of booking; kept." in d.provenance.notes
    assert "62,299 patients share 110,527 rows." in d.provenance.notes
    assert d.X_train.shape == (9, 88_421)
    assert d.X_test.shape == (9, 22_106)
    assert d.Y_test.sum() == 4_464
    assert d.Y_train.sum() + d.Y_test.sum() == 22_319


# Any other table

N = 100


def write(tmp_path, **columns):
    rng = np.random.default_rng(0)
    target = np.resize(["yes", "no", "no", "no"], N)
    frame = pd.DataFrame({"x": rng.normal(size=N), "target": target} | columns)
    path = tmp_path / "t.parquet"  # keeps types as they are
    frame.to_parquet(path, index=False)
    return path


def test_any_table_needs_no_more_than_a_target(tmp_path):
    d = load(write(tmp_path), target="target")
    assert not d.provenance.is_appointments
    assert (d.words.labels, d.words.positive, d.words.rows) == (
        ("no", "yes"),
        "target = yes",
        "rows",
    )
    assert d.parameters.positive_label == "yes"
    assert d.recipe.names == ["x"]
    assert treatment(d)["target"] == "the target: positive is 'yes'"
    told = "Positive is 'target' = 'yes': 25 of 100 rows; for the other value"
    assert any(note.startswith(told) for note in d.provenance.notes)


@pytest.mark.parametrize(
    ("values", "given", "positive"),
    [
        ([0, 1], None, "0"),  # the rarer, whatever it is called
        ([0, 1], 1, "1"),
        ([0, 1], "1", "1"),
        ([0, 1], "1.0", "1"),
        ([0.0, 1.0], 1, "1"),
        ([0, 1], True, "1"),
        ([True, False], True, "True"),
        ([True, False], "true", "True"),
        ([True, False], "True", "True"),
        ([True, False], 1, "True"),
        ([True, False], "0", "False"),
        ([True, False, None], False, "False"),
        (["0", "1"], 1, "1"),
        (["1", "1.0"], "1.0", "1.0"),
        (["Yes", "No"], "Yes", "Yes"),
        (["Yes", "yes"], "yes", "yes"),
        (["Yes", "No"], "yes", "Yes"),
        (["nan", "NA"], "NA", "NA"),
        (["nan", "x"], "nan", "nan"),
        ([2.5, 3.5], 2.5, "2.5"),
        (["x\ny", "é" * 300], "x\ny", "x\ny"),
    ],
)
def test_the_positive_label_is_found(tmp_path, values, given, positive):
    rows = [values[0]] * 30 + [values[1]] * 60 + [values[-1]] * 10
    path = write(tmp_path, target=pd.Series(rows, dtype=object))
    d = load(path, target="target", positive_label=given)
    assert d.words.labels[1] == positive
    assert len(set(d.words.labels)) == 2
    assert d.words.positive != d.words.negative
    assert max(len(d.words.positive), len(d.words.negative)) <= 40
    known = as_text(pd.Series(rows, dtype=object)).to_numpy()
    np.testing.assert_array_equal(d.Y_train[0], known[d.train.rows] == positive)


def test_of_two_equal_classes_the_later_name_is_positive(tmp_path):
    for target in (["a", "b"] * 50, ["b", "a"] * 50):
        assert load(write(tmp_path, target=target), target="target").words.labels == (
            "a",
            "b",
        )


def test_rows_are_numbered_as_in_the_table(tmp_path):
    target = np.resize(np.array(["yes", None, "no", "no"]), N)
    d = load(write(tmp_path, target=target, n=np.arange(N) % 99), target="target")
    assert "25 rows without a target left out." in d.provenance.notes
    rows = np.sort(np.concatenate([d.train.rows, d.test.rows]))
    np.testing.assert_array_equal(rows, np.flatnonzero(target != None))  # noqa: E711
    feature = d.recipe.features[1]
    raw = d.X_test[1] * feature.scale + feature.mean
    np.testing.assert_allclose(raw, d.test.rows % 99, atol=1e-9)


def test_a_feature_list_is_used_in_its_order_and_nothing_else(tmp_path):
    path = write(tmp_path, a=np.arange(N), b=np.arange(N) % 7)
    d = load(path, target="target", features=["b", "a"])
    assert d.recipe.names == ["b", "a"]
    said = treatment(d)
    assert said["a"] == "standardised"  # named, though it counts 0, 1, 2
    assert said["x"] == "not used"
    assert kinds(d)["a"] == "number"
    everything = load(path, target="target")
    assert everything.recipe.names == ["x", "b"]
    assert treatment(everything)["a"] == "dropped: identifier-like"


def test_a_target_is_no_feature(tmp_path):
    d = load(write(tmp_path, z=np.arange(N) % 9), target="target", features="all")
    assert "target" not in d.recipe.columns


def test_what_is_dropped_is_told_apart(tmp_path):
    late = np.zeros(N, int)
    late[load(write(tmp_path), target="target").test.rows] = 1
    path = write(tmp_path, constant=1, empty=None, late=late, gap=[None, *range(N - 1)])
    said = treatment(load(path, target="target"))
    assert said["constant"] == "dropped: constant"
    assert said["empty"] == "dropped: empty"
    assert said["late"] == "dropped: constant in the training rows"
    assert said["gap"].startswith("dropped: identifier-like")


def test_twins_across_the_split_are_told(tmp_path):
    few = load(write(tmp_path, x=np.arange(N) % 3), target="target")
    assert (
        "100.0% of the test rows equal a training row in all features."
        in few.provenance.notes
    )
    assert not any(
        "equal a training row" in n
        for n in load(write(tmp_path), target="target").provenance.notes
    )


def test_no_leak_is_seen_in_noise_or_in_few_rows(tmp_path):
    rng = np.random.default_rng(1)
    noise = {f"n{i}": rng.normal(size=N) for i in range(100)}
    d = load(write(tmp_path, **noise), target="target")
    assert not any("leakage" in note for note in d.provenance.notes)
    target = ["yes"] * 8 + ["no"] * (N - 8)
    d = load(write(tmp_path, target=target, x=np.arange(N) // 8), target="target")
    assert not any("leakage" in note for note in d.provenance.notes)


def test_a_missing_column_is_found_by_its_neighbour():
    names = ["age", "income", "x" * 500]
    assert find("age", names, "target") == "age"
    with pytest.raises(InputError, match=r"^target: there is no column 'agee'; did"):
        find("agee", names, "target")
    with pytest.raises(InputError, match=r"the table has 'age', 'income', 'x+"):
        find("?", names, "target")


def test_a_dataset_says_in_a_line_what_it_holds(tiny_clinic):
    d = load(tiny_clinic)
    assert repr(d) == (
        "<Dataset clinic.csv: 160 training and 40 test appointments, 9 features, "
        f"{d.Y_train.mean():.1%} no-show>"
    )


def coded(values, n, tmp_path, **more):
    """Load a table with a column that holds a value n times among others."""
    rng = np.random.default_rng(0)
    others, code = values
    column = rng.choice(others, 400)
    column[rng.permutation(400)[:n]] = code
    y = rng.choice(["no", "yes"], 400, p=[0.8, 0.2])
    frame = pd.DataFrame({"x": rng.normal(size=400), "waited": column, "y": y})
    frame.to_csv(tmp_path / "t.csv", index=False)
    given = {"target": "y", "kinds": {"waited": "number"}}
    given |= {"data": str(tmp_path / "t.csv")} | more
    d = dataset.load(Parameters(**given))
    return [note for note in d.provenance.notes if "-p gaps" in note]


@pytest.mark.parametrize(
    ("others", "code"),
    [
        (np.arange(28), 999),
        (np.arange(18, 80), -99),
        (np.arange(0, 41_311, 10), 99_999),
        (np.linspace(-1, 1, 50), -9999.0),
        (np.arange(20, 60), 888),
    ],
)
def test_a_number_that_may_stand_for_a_gap_is_told(others, code, tmp_path):
    (note,) = coded((others, code), 40, tmp_path)
    assert f"'waited' is {code:.0f} in 40 rows" in note
    assert "standard deviation" in note
    _, name, said = shlex.split(note[note.index("-p gaps") :].rstrip("."))
    named = from_text(name, said)
    assert named == {"waited": [int(code)]}
    assert not coded((others, code), 40, tmp_path, gaps=named)  # told, it is missing


@pytest.mark.parametrize(
    ("others", "code", "n"),
    [
        (np.arange(17, 90), 90, 40),  # a cap
        (np.arange(18, 98), 99, 40),  # beside the others
        (np.arange(0, 30), 999, 3),  # a few may be measured
        (np.arange(0, 30), 1000, 40),  # a round amount
        (np.array([0, 1]), 99, 40),  # nothing to be far from
    ],
)
def test_a_cap_or_a_seldom_large_number_is_no_gap(others, code, n, tmp_path):
    assert not coded((others, code), n, tmp_path)


def test_rows_that_are_copies_are_told(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"order_id": range(700, 1000), "x": rng.normal(size=300)})
    frame["y"] = rng.choice(["no", "yes"], 300)
    twice = pd.concat([frame, frame[:30], frame[:1]])
    for table, told in (
        (frame, 0),
        (twice, 1),
        (twice.assign(x=rng.normal(size=331)), 0),
    ):
        table.to_csv(tmp_path / "t.csv", index=False)
        notes = " ".join(load(tmp_path / "t.csv", target="y").provenance.notes)
        assert ("31 rows are copies of another in every column." in notes) is bool(told)
        assert ("-p group_column order_id" in notes) is (len(table) > 300)


def test_many_columns_are_told_together_where_the_same_became_of_them():
    rows = [[f"x{i}", "number", "standardised"] for i in range(40)]
    rows += [["id", "identifier", "dropped: identifier-like"], ["y", "category", "the"]]
    treated = pd.DataFrame(rows, columns=["column", "kind", "treatment"])
    told = together(treated)
    assert [*told["number"]] == [40, 1, 1]
    assert ", ".join(told["columns"]).split(", ") == [*treated["column"]]
    assert [*told.index] == ["number", "identifier", "category"]
    few = together(treated.tail(10))
    assert [*few.index] == [*treated["column"].tail(10)]


def test_reading_tells_how_far_it_is(appointments):
    shares = []
    dataset.load(validate({"data": str(appointments)}), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_what_was_said_of_the_file_stays_beside_what_is_said_of_appointments(tmp_path):
    path = tmp_path / "clinic.csv"
    path.write_bytes(FRAME.to_csv(index=False, sep=";").encode("utf-16"))
    d = load(path)
    assert "It was read as UTF-16." in d.provenance.notes
    assert not any("without a target" in note for note in d.provenance.notes)
    assert d.provenance.is_appointments
    assert load(path, target="No-show").provenance.is_appointments


# What is known of a table


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """The path of 240 visits of 60 patients, with a leak, gaps and a decimal comma."""
    rng, n = np.random.default_rng(0), 240
    ill = rng.random(n) < 0.3
    days = pd.date_range("2024-01-01", periods=n)[rng.permutation(n)]
    size, tells = rng.normal(50, 9, n), ill + rng.normal(0, 0.01, n)
    size[::10] = 999
    frame = pd.DataFrame(
        {
            "case": [f"c{i:04d}" for i in range(n)],
            "patient_id": [f"P{i // 4}" for i in range(n)],
            "visit": days.strftime("%d.%m.%Y"),
            "size": size.round(1),
            "tells": tells.round(3),
            "outcome": np.where(ill, "ill", "well"),
        }
    )
    path = tmp_path_factory.mktemp("visits") / "visits.csv"
    frame.to_csv(path, index=False, sep=";", decimal=",")
    return path


def of_visits(path, **values):
    """Load the visits; give them with the frame of the same rows, on either side."""
    d = load(path, target="outcome", gaps={"size": [999]}, **values)
    frame = pd.read_csv(path, sep=";", decimal=",")
    return d, [(side, frame.iloc[side.rows]) for side in (d.train, d.test)]


def test_a_later_table_is_read_alike(visits):
    how = load(visits, target="outcome", gaps={"size": [999]}).provenance.reading
    assert how.header is True
    assert how.gaps == {"size": [999]}
    assert how.forms["size"].decimal == how.forms["tells"].decimal == ","
    assert how.forms["visit"].order == "dmy"
    bare = visits.with_name("bare.csv")
    bare.write_text("".join(visits.read_text().splitlines(keepends=True)[1:]))
    how = load(bare, target="column 6", header=False).provenance.reading
    assert how.header is False


def test_what_speaks_against_a_result_is_kept_apart_and_told(visits):
    d, _ = of_visits(visits)
    leak, few, astride = d.provenance.mind
    assert "'tells' (ROC AUC 1.000, high values are positive)" in leak
    assert "positives" in few
    assert astride.startswith("100.0% of the test rows share their 'patient_id'")
    assert d.provenance.notes[-3:] == d.provenance.mind


def test_rows_that_go_together_have_one_number(visits):
    """Of a column that is asked for, or of an identifier on both sides."""
    for asked in (None, "patient_id"):
        d, sides = of_visits(visits, group_column=asked)
        assert d.provenance.grouped_by == "patient_id"
        assert d.provenance.identifiers == ("case", "patient_id")
        for side, frame in sides:
            assert (side.groups == pd.factorize(frame["patient_id"])[0]).all()
    assert not {*sides[0][1]["patient_id"]} & {*sides[1][1]["patient_id"]}


def test_rows_know_their_place_in_time_where_it_is_asked(visits):
    d, _ = of_visits(visits)
    assert d.train.times is d.test.times is None
    d, sides = of_visits(visits, time_column="visit")
    for side, frame in sides:
        day = pd.to_datetime(frame["visit"], dayfirst=True)
        assert (np.argsort(side.times) == np.argsort(day.to_numpy())).all()
    assert d.train.times.max() < d.test.times.min()


def test_the_other_value_of_the_target_is_offered_and_labels_are_obeyed(visits):
    d, sides = of_visits(visits)
    assert any(n.endswith("-p positive_label well.") for n in d.provenance.notes)
    assert "Positive is 'outcome' = 'ill'" in " ".join(d.provenance.notes)
    for side, frame in sides:
        assert side.Y.dtype == float
        assert (side.Y[0] == (frame["outcome"] == "ill")).all()
    d, _ = of_visits(visits, labels=["ill", "well"])
    assert d.words.labels == ("ill", "well")
    assert "low values are positive" in d.provenance.mind[0]


def test_a_table_of_identifiers_has_nothing_to_learn_from(tmp_path):
    path = tmp_path / "cases.csv"
    lines = [f"c{i:03d},{'no' if i % 3 else 'yes'}" for i in range(90)]
    path.write_text("\n".join(["case,won", *lines]))
    reason = r"there is no usable feature: .* name columns in features, or give another"
    with pytest.raises(InputError, match=reason):
        load(path, target="won")
    with pytest.raises(InputError, match=r"cases\.csv is not the appointments file"):
        load(path)


def test_dates_are_learned_from_by_the_days_between_them(tmp_path):
    rng = np.random.default_rng(0)
    dates = {"admitted": pd.Timestamp("2024-01-01")}
    for name, most in {"admitted": 300, "left": 20, "paid": 40}.items():
        days = pd.to_timedelta(rng.integers(0, most, N), "D")
        dates[name] = [*dates.values()][-1] + days
    d = load(write(tmp_path, **dates), target="target")
    pairs = [n for n in d.recipe.names if "(days to" in n]
    assert pairs == [
        "admitted (days to left)",
        "admitted (days to paid)",
        "left (days to paid)",
    ]
    for pair in pairs:
        first, last = pair.removesuffix(")").split(" (days to ")
        between = (dates[last] - dates[first]).days.to_numpy()[d.train.rows]
        x = d.X_train[d.recipe.names.index(pair)]
        np.testing.assert_allclose(x, (between - between.mean()) / between.std())
