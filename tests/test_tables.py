"""Reading, recognising, and the recipe, which must be scikit-learn's."""

import gzip
import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lopsided.errors import InputError
from lopsided.table import reader
from lopsided.table.kinds import as_kind, as_text, kind_of
from lopsided.table.recipe import Feature, Recipe, fit_recipe

CSV = b"age,town,member\n31,Vit\xc3\xb3ria,True\n,Serra,False\n40.5,,True\n"


def read(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return reader.read(path)


def parquet(columns, names=None):
    """Write a Parquet file by Arrow alone: it allows what pandas does not."""
    names = names or [*columns]
    arrays = columns.values() if isinstance(columns, dict) else columns
    table = pa.Table.from_arrays([pa.array(a) for a in arrays], names=names)
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


# Reading


def test_all_formats_give_the_same_table_and_the_documented_hash(tmp_path):
    plain = read(tmp_path, CSV)
    assert plain.source == "t.csv"
    assert plain.sha256 == hashlib.sha256(CSV).hexdigest()
    assert plain.frame["age"].tolist()[::2] == [31, 40.5]
    assert plain.frame["town"].tolist() == ["Vitória", "Serra", None]
    assert plain.frame["member"].tolist() == [True, False, True]

    stored = {
        "t.csv.gz": gzip.compress(CSV[:20]) + gzip.compress(CSV[20:]),
        "t.csv.zip": zipped(**{"deep/t.csv": CSV, "__MACOSX/._t.csv": b"x"}),
        "named_wrongly.parquet": CSV,
    }
    for name, content in stored.items():
        table = read(tmp_path, content, name)
        pd.testing.assert_frame_equal(table.frame, plain.frame)
        assert (table.source, table.sha256) == (name, plain.sha256)
        assert table.notes == ()

    content = parquet(
        {"age": [31, None, 40.5], "town": ["Vitória", "Serra", None]}
        | {"member": [True, False, True]}
    )
    for name, packed in {"t.parquet": content, "t.zip": zipped(t=content)}.items():
        table = read(tmp_path, packed, name)
        pd.testing.assert_frame_equal(table.frame, plain.frame)
        assert table.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (CSV.replace(b",", b";"), "Its columns are separated by ';'."),
        (CSV.replace(b",", b"\t"), r"Its columns are separated by '\t'."),
        (CSV.replace(b",", b"|"), "Its columns are separated by '|'."),
        (
            CSV.decode().encode("latin-1"),
            "It was read as cp1252, since it is not UTF-8; if letters look wrong, name "
            "another with -p encoding NAME.",
        ),
        (CSV.decode().encode("utf-16"), "It was read as UTF-16."),
        (b"\xef\xbb\xbf" + CSV, None),
        (CSV.replace(b"\n", b"\r\n"), None),
        (CSV.replace(b"\n", b"\r"), None),
        (b"\n\n" + CSV.replace(b"\n", b"\n\n"), None),
        (CSV.rstrip(b"\n"), None),
    ],
    ids="semicolon tab bar latin1 utf16 bom crlf cr blank_lines no_last_end".split(),
)
def test_dialects_of_csv_are_found_and_told(tmp_path, content, note):
    table = read(tmp_path, content)
    expected = read(tmp_path, CSV).frame
    pd.testing.assert_frame_equal(table.frame, expected)
    assert table.notes == ((note,) if note else ())


def test_cells_are_text_and_nothing_else(tmp_path):
    cells = ["=1+1", "<script>alert(1)</script>", "$\\frac{", "a\nb", 'say "x"', "é😀"]
    text = pd.DataFrame({"cell": cells, "n": range(6)}).to_csv(index=False)
    assert read(tmp_path, text).frame["cell"].tolist() == cells


def test_names_of_columns_are_text(tmp_path):
    names = ["1", "True", "a\nb", "naïve 😀", "x" * 5000, "__class__", "index"]
    text = pd.DataFrame([range(7)] * 2, columns=names).to_csv(index=False)
    assert [*read(tmp_path, text).frame] == names
    assert [*read(tmp_path, parquet([[1]] * 7, names)).frame] == names


def test_types_of_parquet_become_numbers_booleans_dates_and_text(tmp_path):
    noon = datetime(2020, 1, 2, 12)
    frame = read(
        tmp_path,
        parquet(
            {
                "decimal": [Decimal("1.25"), None],
                "int": pa.array([1, None], pa.int64()),
                "bool": [True, None],
                "half": pa.array(np.array([1, 2], np.float16)),
                "category": pa.array(["x", None]).dictionary_encode(),
                "codes": pa.array([7, 7]).dictionary_encode(),
                "time": [timedelta(hours=36), None],
                "date": [date(2020, 1, 2), None],
                "naive": [noon, None],
                "aware": pa.array([noon, None], pa.timestamp("us", "Etc/GMT-2")),
                "far": [date(9999, 12, 31), None],
                "list": [[1, 2], None],
                "struct": [{"a": 1}, None],
                "bytes": [b"ab", None],
                "clock": [noon.time(), None],
            }
        ),
    ).frame
    first = frame.iloc[0]
    for name in ("decimal", "int", "half", "time"):
        assert frame[name].dtype == float
    assert first["decimal"] == 1.25
    assert first["time"] == 1.5
    assert frame["codes"].tolist() == [7, 7]
    assert frame["bool"].tolist() == [True, None]
    for name in ("date", "naive", "aware", "far"):
        assert str(frame[name].dt.tz) == "UTC"
    assert first["date"] == pd.Timestamp("2020-01-02", tz="UTC")
    assert first["naive"] == pd.Timestamp("2020-01-02 12:00", tz="UTC")
    assert first["far"].year == 9999
    assert first["category"] == "x"
    assert first["bytes"] == "b'ab'"
    assert first["clock"] == "12:00:00"
    assert "2" in first["list"]
    assert "a" in first["struct"]
    others = [n for n in frame if n not in ("half", "codes")]
    assert frame[others].iloc[1].isna().all()


def test_an_index_is_a_column_where_it_has_a_name(tmp_path):
    frame = pd.DataFrame({"index": [5, 6], "x": [1, 2]}, index=[8, 9])
    frame.to_parquet(tmp_path / "a.parquet")
    assert [*reader.read(tmp_path / "a.parquet").frame] == ["index", "x"]
    frame.rename_axis("patient").to_parquet(tmp_path / "b.parquet")
    found = reader.read(tmp_path / "b.parquet").frame
    assert sorted(found) == ["index", "patient", "x"]
    assert found["patient"].tolist() == [8, 9]


# Kinds


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "empty"),
        ([3, 3, 3], "constant"),
        (["a", "a"], "constant"),
        ([3, None, 3], "number"),
        ([0, 1, 1, None], "boolean"),
        ([True, False, None], "boolean"),
        ([1, 2, 2.5], "number"),
        (["1", "2"], "category"),
        (["nan", "NA", "x"], "category"),
        (["2020-01-02", None, "2020-01-03T10:00:00Z"], "date"),
        (["2020-01-02", "2020-13-45"], "category"),
        (["02.01.2020", "03.01.2020"], "category"),
        (pd.to_datetime(["2020-01-02", None]), "date"),
        (range(10), "number"),
        (range(60), "identifier"),
        ([*range(59), 7], "number"),
        ([i for i in range(70) if i % 9], "identifier"),  # rows were left out
        ([i for i in range(120) if i % 2], "number"),
        ([i + 0.5 for i in range(60)], "number"),
        ([f"row {i}" for i in range(60)], "identifier"),
        ([f"row {i % 20}" for i in range(60)], "category"),
    ],
)
def test_kinds_are_recognised(values, kind):
    assert kind_of(pd.Series(values, name="x")) == kind


IDENTIFIERS = (
    "id ID PatientId patient_id AppointmentID uuid id_customer customer.id index "
    "patnr emp_no CustNum caseid USERID hhid subject.nr"
)
WORDS = (
    "paid valid humid amount_paid Covid idle price_index key_figure casino "
    "spatnum compid n_patients"
)


@pytest.mark.parametrize("name", IDENTIFIERS.split())
def test_many_numbers_called_an_id_are_an_identifier(name):
    numbers = pd.Series(np.arange(300) * 7 % 101, name=name)
    assert kind_of(numbers) == "identifier"
    assert kind_of(numbers % 5) == "category"  # few values describe
    assert kind_of("P" + numbers.astype(str)) == "identifier"


@pytest.mark.parametrize("name", ["subject", "Patient", "pid"])
def test_a_number_of_whom_a_row_is_about_is_no_quantity(name):
    numbers = pd.Series(np.arange(300) // 4, name=name)
    assert kind_of(numbers) == "identifier"
    assert kind_of(numbers % 5) == "category"
    assert kind_of(numbers + 0.5) == "number"
    assert kind_of(pd.Series(["maths", "music"] * 9, name=name)) == "category"


@pytest.mark.parametrize("name", WORDS.split())
def test_words_that_end_in_id_are_not(name):
    assert kind_of(pd.Series(np.arange(300) * 7 % 101, name=name)) == "number"


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        (["1", "x", "1e999"], "number", [1, None, None]),
        ([0, 1, 7], "boolean", [0, 1, None]),
        ([2019, None, 2021], "date", ["2019-01-01", None, "2021-01-01"]),
        (["2019-05", "soon", None], "date", ["2019-05-01", None, None]),
    ],
)
def test_a_kind_can_be_given(values, kind, read):
    found = as_kind(pd.Series(values), kind)
    if kind == "date":
        read = pd.to_datetime(pd.Series(read), utc=True)
    pd.testing.assert_series_equal(found, pd.Series(read), check_dtype=False)


@pytest.mark.parametrize("kind", ["number", "boolean", "date"])
def test_a_kind_that_nothing_fits_is_refused(kind):
    with pytest.raises(InputError, match=f"no value of column 'x' .* {kind}"):
        as_kind(pd.Series(["red", None], name="x"), kind)


def test_text_of_values():
    values = [1.0, 2.5, "NA", None, 10.0**20]
    expected = ["1", "2.5", "NA", "(missing)", "1" + "0" * 20]
    assert as_text(pd.Series(values, dtype=object)).tolist() == expected
    assert as_text(pd.Series([1, np.nan])).tolist() == ["1", "(missing)"]
    assert as_text(pd.Series([True, None])).tolist() == ["True", "(missing)"]
    assert as_text(pd.Series([], dtype=float)).tolist() == []


# The recipe


@pytest.fixture
def mixed():
    """A table of every kind, with gaps."""
    rng = np.random.default_rng(0)
    n = 300

    def gaps(values):
        return pd.Series(values).mask(rng.random(n) < 0.1)

    days = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(
        rng.integers(10_000, size=n), unit="h"
    )
    return pd.DataFrame(
        {
            "number": gaps(rng.normal(50, 30, n)),
            "small": rng.normal(0, 1e-15, n),
            "whole": rng.integers(-5, 90, n),
            "flag": gaps(rng.random(n) < 0.3),
            "town": gaps(rng.choice(["a", "b", "c"], n)),
            "sex": rng.choice(["f", "m"], n),
            "level": rng.choice([1, 2, 3], n),
            "day": gaps(days),
        }
    )


KINDS = {"number": "number", "small": "number", "whole": "number", "flag": "boolean"}
KINDS |= {"town": "category", "sex": "category", "level": "category"}


def sklearns(train, frame):
    """Compute the same input by scikit-learn, fitted on train: (n_0, m)."""
    parts = []
    numbers = ["number", "small", "whole", "flag"]
    gaps = [n for n in numbers if train[n].isna().any()]
    imputer = SimpleImputer(strategy="median").fit(train[numbers].astype(float))
    filled = pd.DataFrame(
        imputer.transform(frame[numbers].astype(float)), columns=numbers
    )
    for name in numbers:
        parts.append(filled[[name]])
        if name in gaps:
            parts.append(frame[[name]].isna().astype(float))
    for name in ("town", "sex", "level"):
        text = [
            f.astype(object).where(f.notna(), "(missing)").astype(str)
            for f in (train, frame)
        ]
        encoder = OneHotEncoder(
            drop="if_binary", handle_unknown="ignore", sparse_output=False
        ).fit(text[0][[name]].to_numpy())
        parts.append(encoder.transform(text[1][[name]].to_numpy()))
    return np.hstack(parts)


def test_the_recipe_is_scikit_learns(mixed):
    train, test = mixed[:200], mixed[200:]
    recipe = fit_recipe(train, KINDS)
    scaler = StandardScaler().fit(sklearns(train, train))
    for part in (train, test):
        expected = scaler.transform(sklearns(train, part)).T
        np.testing.assert_allclose(recipe.apply(part), expected, rtol=1e-12, atol=1e-12)
    assert recipe.names == [
        *("number", "number (missing)", "small", "whole", "flag", "flag (missing)"),
        *("town = (missing)", "town = a", "town = b", "town = c", "sex = m"),
        *("level = 1", "level = 2", "level = 3"),
    ]


def test_dates_become_parts(mixed):
    train = mixed[:200]
    recipe = fit_recipe(train, {"day": "date"})
    parts = ["days", "month", "weekday", "hour", "missing"]
    assert [f.part for f in recipe.features] == parts
    text = train.assign(day=train["day"].map(str, na_action="ignore"))  # as in CSV
    np.testing.assert_array_equal(recipe.apply(text), recipe.apply(train))

    known = train["day"].dropna()
    raw = pd.DataFrame(
        {
            "days": known.map(pd.Timestamp.timestamp) / 86400,
            "month": known.dt.month,
            "weekday": known.dt.day_of_week,
            "hour": known.dt.hour,
        }
    )
    X = recipe.apply(train)[:, train["day"].notna()]
    for i, name in enumerate(raw):
        feature = recipe.features[i]
        assert feature.fill == pytest.approx(raw[name].median(), rel=1e-12)
        np.testing.assert_allclose(
            X[i] * feature.scale + feature.mean, raw[name], rtol=1e-9, atol=1e-9
        )


def test_steps_are_a_number_against_the_training_quantiles():
    x = np.random.default_rng(0).exponential(size=6401)
    train = pd.DataFrame({"x": x})
    recipe = fit_recipe(train, {"x": "steps"})
    starts = np.sort(x)[100:-1:100]  # but the first, which is constant
    assert [f.start for f in recipe.features] == starts.tolist()
    X = recipe.apply(train)
    raw = X * np.array([[f.scale] for f in recipe.features])
    raw += np.array([[f.mean] for f in recipe.features])
    np.testing.assert_allclose(raw, x >= starts[:, None], atol=1e-12)
    assert recipe.names[0] == f"x >= {starts[0]:g}"


def test_steps_of_few_values_and_of_gaps():
    x = [0.0] * 80 + [1.0] * 10 + [7.0] * 10 + [None] * 5
    recipe = fit_recipe(pd.DataFrame({"x": x}), {"x": "steps"})
    assert recipe.names == ["x >= 1", "x >= 7", "x (missing)"]
    X = recipe.apply(pd.DataFrame({"x": ["?", 0, 6.9, 1000]}))
    assert X[:2, 0].tolist() == X[:2, 1].tolist()  # as the median, 0
    assert (X[:, 2] > 0).tolist() == [True, False, False]
    assert (X[:, 3] > 0).tolist() == [True, True, False]
    assert X[2, 0] > X[2, 1]


def test_nothing_is_learned_from_test_rows(mixed):
    rows = mixed.copy()
    recipe = fit_recipe(rows[:200], KINDS)
    rows.loc[200:, "whole"] = 10**6
    rows.loc[200:, "town"] = "elsewhere"
    rows.loc[200:, "number"] = np.nan
    assert fit_recipe(rows[:200], KINDS) == recipe
    assert fit_recipe(rows, KINDS) != recipe


def test_unknown_categories_are_zero_everywhere(mixed):
    recipe = fit_recipe(mixed, {"town": "category"})
    strange = pd.DataFrame({"town": ["Atlantis", None]})
    scales = np.array([f.scale for f in recipe.features])
    means = np.array([f.mean for f in recipe.features])
    raw = recipe.apply(strange).T * scales + means
    np.testing.assert_allclose(raw, [[0, 0, 0, 0], [1, 0, 0, 0]], atol=1e-12)


def test_what_cannot_be_read_later_is_filled(mixed):
    recipe = fit_recipe(mixed, {"whole": "number", "day": "date"})
    fills = {f.name: (f.fill - f.mean) / f.scale for f in recipe.features}
    for bad in ("x", np.inf, 1e300, None):
        X = recipe.apply(pd.DataFrame({"whole": [bad], "day": ["soon"]}))
        assert X[0, 0] == fills["whole"]
        assert X[1, 0] == fills["day (days)"]


def test_a_recipe_is_applied_to_the_rows_that_are_asked_for(mixed):
    recipe = fit_recipe(mixed, {"whole": "number", "town": "category"})
    some = np.array([3, 0, 3])
    np.testing.assert_array_equal(
        recipe.apply(mixed, some), recipe.apply(mixed)[:, some]
    )


def test_of_many_new_categories_three_are_named(mixed):
    towns = pd.DataFrame({"town": ["Ys", "Vineta", "Atlantis", "Camelot", "Ys"]})
    recipe = fit_recipe(mixed, {"town": "category"})
    assert recipe.surprises(towns) == [
        "'town': 5 of 5 values in no category that training learned "
        "('Ys', 'Vineta', 'Atlantis' and 1 more)."
    ]


def test_surprises_of_a_new_table_are_told(mixed):
    kinds = {"flag": "boolean", "day": "date", "sex": "category", "town": "category"}
    recipe = fit_recipe(mixed, kinds)
    assert [n[:6] for n in recipe.surprises(mixed)] == ["'flag'", "'day':"]  # gaps
    new = pd.DataFrame(
        {
            "flag": [7, 1, 0],
            "day": ["soon", None, "2020-01-01"],
            "sex": ["m", "f", None],
            "town": ["Atlantis", "a", None],
        }
    )
    unread = "of 3 values missing or unreadable, replaced by the training median."
    unknown = "of 3 values in no category that training learned"
    assert recipe.surprises(new) == [
        f"'flag': 1 {unread}",
        f"'day': 2 {unread}",
        f"'sex': 1 {unknown} ('(missing)').",
        f"'town': 1 {unknown} ('Atlantis').",
    ]
    X = dict(zip(recipe.names, recipe.apply(new), strict=True))
    assert X["flag (missing)"].argmax() == 0  # what cannot be read is missing
    assert X["day (missing)"][0] == X["day (missing)"][1] > X["day (missing)"][2]


def test_rare_categories_beyond_the_limit_share_the_zero_code():
    values = [f"{i:03}" for i in range(120) for _ in range(1 + (i < 30))]
    recipe = fit_recipe(pd.DataFrame({"x": values}), {"x": "category"})
    assert [f.category for f in recipe.features] == [f"{i:03}" for i in range(100)]


def test_constant_features_are_left_out():
    frame = pd.DataFrame(
        {"a": [1e9] * 3, "b": [None] * 3, "c": ["x"] * 3, "d": [0.1] * 3}
    )
    kinds = dict.fromkeys("ab", "number") | {"c": "category", "d": "number"}
    assert fit_recipe(frame, kinds).features == ()


def test_a_recipe_is_plain_json(mixed):
    recipe = fit_recipe(mixed, KINDS | {"day": "date"})
    text = json.dumps([asdict(f) for f in recipe.features], allow_nan=False)
    assert Recipe(tuple(Feature(**f) for f in json.loads(text))) == recipe
    assert recipe.columns == [*KINDS, "day"]
    assert recipe.apply(mixed).T.flags.c_contiguous
