"""Tables as people have them: each kind of mess, read right and told."""

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lopsided.errors import InputError
from lopsided.parameters import validate
from lopsided.pipeline.predict import predict
from lopsided.report import experiment, results
from lopsided.table import csvfile, dataset, dates, numbers, reader
from lopsided.table.dates import DateForm
from lopsided.table.numbers import Form
from lopsided.table.reader import Reading

N = 60
RNG = np.random.default_rng(0)
AGE = RNG.integers(20, 70, N)
LEFT = np.resize(["yes", "no", "no"], N)


def frame(**columns):
    """A table of 60 rows with a plain number, what is asked for, and a target."""
    columns = {n: np.resize(np.array(v, dtype=object), N) for n, v in columns.items()}
    return pd.DataFrame({"age": AGE} | columns | {"left": LEFT})


def csv(table, **how):
    return table.to_csv(index=False, **how)


@pytest.fixture
def load(tmp_path):
    """Load a table from its content, with parameters."""

    def loaded(content, name="t.csv", **values):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return dataset.load(validate({"data": str(path), "target": "left"} | values))

    return loaded


@pytest.fixture
def read(tmp_path):
    """Read a table from its content."""

    def table(content, name="t.csv", **how):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return reader.read(path, Reading(**how))

    return table


def kinds(d):
    return dict(
        zip(d.provenance.columns["column"], d.provenance.columns["kind"], strict=True)
    )


def treatment(d):
    return dict(
        zip(
            d.provenance.columns["column"],
            d.provenance.columns["treatment"],
            strict=True,
        )
    )


def told(d, *words):
    """Whether one note holds all these words."""
    return any(all(word in note for word in words) for note in d.provenance.notes)


# Numbers

COLUMNS = {
    "percent": (["8.90%", "14.90%", "0%"], [8.9, 14.9, 0]),
    "currency": (["$1,200", "$900", "-$5.50"], [1200, 900, -5.5]),
    "currency after": (["3 €", "12 €"], [3, 12]),
    "currency in letters": (["EUR 3", "EUR 4,000"], [3, 4000]),
    "bookkeeping": (["(1,200)", "35", "7"], [-1200, 35, 7]),
    "thousands": (["1,234", "567"], [1234, 567]),
    "spaced thousands": (["1 234", "1\u00a0567", "3"], [1234, 1567, 3]),
    "lakhs": (["1,00,000", "20,000"], [100_000, 20_000]),
    "swiss": (["1'234.5", "7"], [1234.5, 7]),
    "unit": (["36 months", "60 months"], [36, 60]),
    "one and many": (["1 year", "3 years"], [1, 3]),
    "bounds": (["10+ years", "< 1 year", "3 years"], [10, 0.5, 3]),
    "ranges": (["735-739", "660-664"], [737, 662]),
    "brackets": (["[70-80)", "[0-10)"], [75, 5]),
    "intervals": (["(1.5, 2.5]", "(2.5, 4.5]"], [2, 3.5]),
    "incomes": (
        ["$60K - $80K", "Less than $40K", "$120K +"],
        [70_000, 20_000, 120_000],
    ),
    "ages": (["0-17", "18-25", "55+"], [8.5, 21.5, 55]),
    "words for more": (["1", "2", "3 or more"], [1, 2, 3]),
    "millions": (["€1.5M", "€600K", "€0"], [1_500_000, 600_000, 0]),
    "factors": (["1.9M", "23k", "950"], [1_900_000, 23_000, 950]),
    "durations": (["1yrs 2mon", "0yrs 3mon"], [365.25 * 14 / 12, 365.25 / 4]),
    "hours and minutes": (["2h 30m", "19h", "45m"], [2.5 / 24, 19 / 24, 0.75 / 24]),
    "mixed times": (["2 years", "3 months", "1 week"], [730.5, 91.3125, 7]),
    "clock": (["13:45", "08:30"], [13.75, 8.5]),
    "clock of twelve": (["1:30 PM", "12:15 AM"], [13.5, 0.25]),
    "half known": (["<0.5", "3.2"], [0.25, 3.2]),
    "some below what can be known": (["<0.5", "31.25", "7.1"], [0.25, 31.25, 7.1]),
    "thousands alone": (["1.5k", "20K"], [1500, 20_000]),
    "ranges of money": (
        ["lt $1000", "$3000 to 3999", "$25000 or more"],
        [500, 3499.5, 25_000],
    ),
    "about": (["~5", "12"], [5, 12]),
    "footnotes": (["5*", "12", "7.5 †", "8[a]"], [5, 12, 7.5, 8]),
    "digits of other scripts": (["٧٠", "١٣"], [70, 13]),
    "minus after": (["5-", "7"], [-5, 7]),
    "open intervals": (["[1, 50)", "[50, Inf)"], [25.5, 50]),
    "true minus": (["\u22125", "7"], [-5, 7]),
}


@pytest.mark.parametrize(("texts", "values"), COLUMNS.values(), ids=COLUMNS)
def test_text_that_means_numbers_is_read_as_numbers(load, texts, values):
    d = load(csv(frame(x=texts)))
    assert kinds(d)["x"] == "number"
    feature = next(f for f in d.recipe.features if f.name == "x")
    place = d.recipe.names.index("x")
    raw = d.X_train[place] * feature.scale + feature.mean
    expected = np.resize(np.array(values, float), N)
    np.testing.assert_allclose(raw, expected[d.train.rows], rtol=1e-9, atol=1e-9)
    assert told(d, "'x'", f"'{texts[0]}' is") or told(d, "'x'", " is ")
    assert """-p kinds '{"x": "category"}'""" in " ".join(d.provenance.notes)
    assert " is " in treatment(d)["x"]


@pytest.mark.parametrize("texts", [["+5", "-3", "0"], ["+1.5", "-2.5"], ["+5", None]])
def test_a_plus_is_a_sign(load, texts):
    """Arrow, which reads the digits, knows none."""
    d = load(csv(frame(x=texts)))
    assert kinds(d)["x"] == "number"
    assert not told(d, "Text was read")


NOT_NUMBERS = {
    "places": ["1st", "2nd", "3rd"],
    "seats": ["12A", "12B", "3C"],
    "codes": ["A10", "A11", "B12"],
    "scores": ["3-1", "0-2", "2-2"],
    "units that differ": ["3 kg", "4 lb"],
    "hexadecimal": ["0x1F", "0xA0"],
    "words": ["low", "high"],
    "half words": ["1", "2", "C", "X"],
    "up to, or negative": ["24-", "25-29", "30-34"],
}


@pytest.mark.parametrize("texts", NOT_NUMBERS.values(), ids=NOT_NUMBERS)
def test_text_that_does_not_agree_stays_text(load, texts):
    d = load(csv(frame(x=texts)))
    assert kinds(d)["x"] == "category"
    assert not told(d, "Text was read")


def test_telephone_numbers_are_no_ranges():
    texts = [f"555-{n}" for n in range(1000, 1100)]
    assert numbers.recognise(dict.fromkeys(texts, 1)) is None
    assert numbers.recognise(dict.fromkeys(texts[:20], 9)) is not None


GAPS = [
    "?",
    "n.a.",
    "missing",
    "-",
    "N/A",
    "NULL",
    "unknown",
    "#VALUE!",
    "keine Angabe",
]


@pytest.mark.parametrize("word", [*GAPS, " ", "withheld"])
def test_a_word_among_numbers_is_a_gap_and_told(load, word):
    total = [*map(str, RNG.normal(50, 9, N - 1).round(2)), word]
    d = load(csv(frame(total=total)))
    assert kinds(d)["total"] == "number"
    assert "total (missing)" in d.recipe.names or N - 1 in d.test.rows
    assert told(d, "Taken for missing", repr(word), "'total'", "-p kinds")


def test_none_may_be_one_of_several_values(load):
    d = load(csv(frame(airbag=["none", "driver", "both"], belt=["NA", "on", "off"])))
    assert "airbag = none" in d.recipe.names
    assert "belt = (missing)" in d.recipe.names
    assert told(d, "Taken for missing: 'NA' in 'belt'")


def test_words_in_many_cells_are_no_gaps(load):
    assert kinds(load(csv(frame(x=["1", "2", "withheld"]))))["x"] == "category"
    assert kinds(load(csv(frame(x=["1", "2", "n.a."]))))["x"] == "number"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"{v:.1f}" for v in np.linspace(1, 99, 40)], "number"),
        ([f"{v:.1f} kg" for v in np.linspace(1, 99, 40)], "number"),
        ([f"{1 + k % 28}/{1 + k // 28}/2023" for k in range(40)], "date"),
    ],
)
def test_one_word_among_many_different_values_is_a_gap(load, values, kind):
    """As "never" among last visits: in a third of the rows, and still no value."""
    d = load(csv(frame(x=[*values, *["never"] * 20])))
    assert kinds(d)["x"] == kind
    assert told(d, "Taken for missing: 'never' in 'x'")
    two = load(csv(frame(x=[*values, *["never", "twice"] * 10])))
    assert kinds(two)["x"] not in ("number", "date")


def test_a_rate_is_neither_identifier_nor_group(load):
    rates = [f"{rate:.2f}%" for rate in np.linspace(5, 25, N)]
    d = load(csv(frame(rate=rates)))
    assert kinds(d)["rate"] == "number"
    d = load(csv(frame(rate=[*rates[:-1], "free"])))
    assert kinds(d)["rate"] == "number"
    assert not told(d, "group_column")


# Marks


def test_marks_are_decided_once_for_a_file(read):
    text = "a;b;c;d\n1,5;1.234;x;1\n-2;3;y;1\n;4.000;z;1e3\n"
    table = read(text)
    np.testing.assert_array_equal(table.frame["a"], [1.5, -2, np.nan])
    assert table.frame["b"].tolist() == [1234, 3, 4000]  # as column a decides
    assert table.frame["d"].tolist() == [1, 1, 1000]
    assert "decimal mark of the file is a comma" in " ".join(table.notes)
    table = read(text.replace("1,5", "1.5"))
    assert table.frame["b"].tolist() == [1.234, 3, 4]
    assert read('a,b\n"1,5",2\n"2,25",3\n').frame["a"].tolist() == [1.5, 2.25]


def test_where_both_readings_are_possible_the_file_asks(read):
    text = "sales;kind\n900;a\n1.107;b\n2.350;a\n"
    with pytest.raises(
        InputError, match=r"'1\.107' in column 'sales' may be 1\.107 or"
    ):
        read(text)
    assert read(text, decimal=",").frame["sales"].tolist() == [900, 1107, 2350]
    assert read(text, decimal=".").frame["sales"].tolist() == [900, 1.107, 2.35]
    # Where commas separate, points are decimal marks.
    assert read(text.replace(";", ",")).frame["sales"].tolist() == [900, 1.107, 2.35]


def test_german_numbers(load):
    betrag = [
        f"{n:,.2f}".translate(str.maketrans(",.", ".,")) for n in range(900, 1500, 10)
    ]
    d = load(csv(frame(betrag=betrag), sep=";"))
    assert kinds(d)["betrag"] == "number"
    assert told(d, " is ", "'betrag'")
    assert d.recipe.features[1].mean == pytest.approx(900 + 10 * d.train.rows.mean())


# Dates

DATES = {
    "day first": (["13/01/2024", "02/03/2024"], "2024-01-13", "day first"),
    "month first": (["1/13/2024 1:30 PM", "3/2/2024 12:05 AM"], "2024-01-13", "month"),
    "points": (["01.02.2024", "03.04.2024"], "2024-02-01", "day first"),
    "two digits": (["31/12/99", "01/01/03"], "1999-12-31", "day first"),
    "births": (["31/3/64", "05/12/45"], "1964-03-31", "day first"),
    "month in words": (["5 Jan 2024", "12 March 2023"], "2024-01-05", ""),
    "American": (["January 5, 2024", "Feb 7, 2021"], "2024-01-05", ""),
    "month and year": (["Dec-2015", "Jan-2011"], "2015-12-01", ""),
    "short": (["05-Jan-24", "17-Feb-99"], "2024-01-05", ""),
    "German": (["3. Mai 2020", "14. Okt. 2021"], "2020-05-03", ""),
    "Spanish": (["15 de enero de 2020", "3 de marzo de 2021"], "2020-01-15", ""),
    "month of a year": (["05/2019", "11/2020"], "2019-05-01", ""),
    "slashes": (["2019/05/01", "2019/06/07"], "2019-05-01", ""),
    "compact": (["20190501", "20190607"], "2019-05-01", ""),
    "with a gap": (["2019-05-01", "unknown", "2019-06-07"], "2019-05-01", None),
}


@pytest.mark.parametrize(("texts", "first", "order"), DATES.values(), ids=DATES)
def test_dates_are_dates_in_the_order_of_the_column(load, read, texts, first, order):
    content = csv(frame(opened_date=texts))
    assert kinds(load(content))["opened_date"] == "date"
    table = read(content)
    assert table.frame["opened_date"][0].date().isoformat() == first
    if order is not None:
        assert order in table.examples["opened_date"]


def test_a_split_in_time_is_proposed_for_times_only(load):
    days = ["13/01/2024", "02/03/2024", "05/06/2024", "07/08/2024"]
    content = csv(frame(opened=days, birth_date=["3/5/1990"], n=[1, 2]))
    assert told(load(content), "'opened' holds dates", "-p time_column opened")
    assert not told(load(content, time_column="opened"), "holds dates")
    assert not told(load(csv(frame(birth_date=days))), "time_column")


def test_days_between_two_dates_are_a_feature(load):
    """A part is late or not: only both dates together tell it."""
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, N), "D")
    took = rng.integers(1, 60, N)
    took[:4] = [5, 10, 20, 40]
    end = pd.Series(start + pd.to_timedelta(took, "D"))
    text = end.dt.strftime("%d.%m.%Y").tolist()
    text[5] = "n.a."
    late = np.where(took > 30, "late", "fine")
    table = pd.DataFrame({"start": start.strftime("%Y-%m-%d"), "end": text, "y": late})
    d = load(csv(table), target="y")
    assert "start (days to end)" in d.recipe.names
    assert "days to 'end'" in treatment(d)["start"]
    feature = next(f for f in d.recipe.features if f.until)
    X = d.X_train[d.recipe.features.index(feature)] * feature.scale + feature.mean
    known = d.train.rows != 5
    np.testing.assert_allclose(X[known], took[d.train.rows][known])
    assert d.recipe.columns == ["start", "end"]
    only = load(csv(table.drop(columns="end")), target="y")
    assert not any(f.until for f in only.recipe.features)


def test_dates_that_do_not_tell_are_told(load, read):
    content = csv(frame(seen=["1/2/2024", "3/4/2024"]))
    assert told(load(content), "'seen' may have day or month first", "dayfirst true")
    assert read(content).frame["seen"][0].month == 1
    assert read(content, dayfirst=True).frame["seen"][0].month == 2


def test_months_alone_and_impossible_days_are_no_dates():
    for texts in (["may", "june"], ["2020-02-30", "2020-13-45"], ["1-2", "3-4"]):
        assert dates.recognise(dict.fromkeys(texts, 5)) is None
    read = dates.dates_of(["31/02/2024", "1/2/2024"], DateForm("dmy"))
    assert [pd.isna(value) for value in read.values()] == [True, False]


# The file


def test_an_index_without_a_name_has_one_and_is_not_learned_from(load):
    table = frame(x=[1.5, 2.5, 4])
    d = load(table.to_csv())
    assert kinds(d)["index"] == "identifier"
    assert "index" not in d.recipe.columns
    assert told(d, "Column 1 has no name; it is called 'index'")
    named = table.set_index(pd.Index([f"row {i}" for i in range(N)])).to_csv()
    assert kinds(load(named))["index"] == "identifier"
    kept = load(table.to_csv(), kinds={"index": "number"})
    assert "index" in kept.recipe.columns
    middle = csv(table).replace("age,x,", "age,,")
    assert kinds(load(middle))["column 2"] == "number"


def test_row_names_that_the_header_leaves_out(read):
    rows = "".join(f'"r{i}" {i}.5 {i + 2}\n' for i in range(9))
    text = "x y\n" + rows  # as R's write.table
    table = read(text)
    assert [*table.frame] == ["index", "x", "y"]
    assert table.frame["x"].tolist()[:3] == [0.5, 1.5, 2.5]


def test_a_table_without_names_is_recognised_and_asked_about(load):
    content = csv(frame(x=[1.5, 2.5, 4]), header=False)
    with pytest.raises(
        InputError, match=r"no row of names.*-p header false.*'column 3'"
    ):
        load(content)
    d = load(content, header=False, target="column 3")
    assert [*kinds(d)] == ["column 1", "column 2", "column 3"]
    assert d.train.rows.size + d.test.rows.size == N


@pytest.mark.parametrize(
    "content",
    [
        csv(frame(**{"2019": [1, 2], "2020": [3, 4]})),
        csv(frame(x=["a", "b"])),
        csv(pd.DataFrame({"0": [1, 2] * 30, "1": [3, 5, 4] * 20, "left": LEFT})),
    ],
    ids=["years", "words", "counted"],
)
def test_names_are_not_taken_for_values(load, content):
    assert load(content).words.target == "left"


def test_words_alone_may_lack_names():
    rows = [["x", "s", "n"], ["b", "s", "w"]] * 10
    assert csvfile.headers.is_data(["x", "s", "w"], rows)
    assert not csvfile.headers.is_data(["cap", "shape", "colour"], rows)


ABOVE = {
    "title": "Monthly export 2024-05,,\n",
    "title and blank": "Monthly export\n\n",
    "comment": "# from us\n# twice\n",
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
def test_lines_above_the_table_are_skipped_and_told(load, above):
    d = load(above + csv(frame(x=["a", "b"])))
    assert [*kinds(d)] == ["age", "x", "left"]
    assert told(d, "Above the table", "skipped")
    assert d.train.rows.size + d.test.rows.size == N


@pytest.mark.parametrize(
    "below",
    ["Source: us", "\nSource: us\nTwo lines\n", '\n"Sales, and more"\n', "Source,,\n"],
)
def test_lines_below_the_table_are_left_out_and_told(load, below):
    d = load(csv(frame(x=["a", "b"])) + below)
    assert kinds(d) == {"age": "number", "x": "category", "left": "category"}
    assert told(d, "Below the table", "skipped") or told(d, "1 row without a target")
    assert d.train.rows.size + d.test.rows.size == N


def test_lines_below_are_only_below(load):
    content = csv(frame(x=["a", "b"]))
    with pytest.raises(
        InputError, match=r"line 62: the row does not fit; it has 1 fie"
    ):
        load(content + "Source: us\n" + content.partition("\n")[2])


def test_names_of_several_lines_cost_no_row(load):
    content = csv(frame(x=["a", "b"])).replace("age", '"age\n(in\nyears)"', 1)
    for above in ("", 'A title of 5" pipes\n\n'):
        d = load(above + content)
        assert [*kinds(d)] == ["age\n(in\nyears)", "x", "left"]
        assert d.train.rows.size + d.test.rows.size == N


def test_lines_that_are_quoted_as_a_whole(load):
    lines = csv(frame(x=["a", "b c"])).splitlines()
    d = load("\n".join(f'"{line}"' for line in lines))
    assert kinds(d) == {"age": "number", "x": "category", "left": "category"}
    assert told(d, "Each line stood in quotes")


def test_the_separator_that_excel_is_told_of(load):
    d = load("sep=;\n" + csv(frame(x=["a", "b"]), sep=";"))
    assert [*kinds(d)] == ["age", "x", "left"]
    assert told(d, "'sep=;'")


def test_a_comma_at_the_end_of_each_line(load):
    content = "".join(line + ",\n" for line in csv(frame(x=["a"])).splitlines())
    d = load(content)
    assert [*kinds(d)] == ["age", "x", "left"]
    assert told(d, "Column 4 has no name and no values; it was left out")
    head, _, rest = csv(frame(x=["a"])).partition("\n")
    ragged = head + "\n" + "".join(line + ",\n" for line in rest.splitlines())
    assert [*kinds(load(ragged))] == ["age", "x", "left"]


def test_spaces_separate_and_follow_separators(load):
    table = frame(x=["a b", "c"])
    aligned = csv(table, sep=" ").replace(" ", "   ").replace("a   b", "a b")
    d = load(aligned)
    assert [*kinds(d)] == ["age", "x", "left"]
    assert told(d, "separated by spaces")
    d = load(csv(table).replace(",", ", "))
    assert [*kinds(d)] == ["age", "x", "left"]
    assert d.words.labels == ("no", "yes")
    assert told(d, "space after each separator")


def test_apostrophes_quote(load, read):
    content = csv(frame(x=["a, it's", "b"]), quotechar="'")
    table = read(content)
    assert table.frame["x"][0] == "a, it's"
    assert "apostrophes" in " ".join(table.notes)
    plain = csv(frame(x=["'tis", "o'clock"]))
    assert read(plain).frame["x"].tolist()[:2] == ["'tis", "o'clock"]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1252", "preis €"),
        ("cp1252", "região"),
        ("latin-1", "Größe"),
        ("cp1251", "город"),
        ("cp1253", "ηλικία"),
        ("shift_jis", "名前年齢"),
    ],
)
def test_encodings_are_found_and_told(read, encoding, word):
    table = read(csv(frame(**{word: [word * 2, f"{word} 1", word]})).encode(encoding))
    assert word in table.frame
    assert "It was read as" in table.notes[0]
    assert "-p encoding NAME" in table.notes[0]


def test_an_encoding_can_be_given(read):
    content = csv(frame(x=["Žižkov", "b"])).encode("cp1250")
    assert read(content, encoding="cp1250").frame["x"][0] == "Žižkov"
    with pytest.raises(InputError, match="cannot be read as 'nonsense'"):
        read(content, encoding="nonsense")


def workbook(**sheets):
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="openpyxl") as book:
        for name, (table, header) in sheets.items():
            table.to_excel(book, sheet_name=name, index=False, header=header)
    return file.getvalue()


ABOUT = (pd.DataFrame({"a": ["exported", "2024"]}), False)


def test_the_sheet_with_the_table_is_found_and_told(load):
    table = frame(x=["a", "b"], day=[pd.Timestamp("2024-05-06"), pd.NaT])
    d = load(workbook(README=ABOUT, data=(table, True)), "t.xlsx")
    assert kinds(d)["day"] == "date"
    assert told(d, "'README', 'data'", "-p sheet")
    two = workbook(one=(table, True), two=(table[:30], True))
    with pytest.raises(
        InputError, match=r"2 tables, on the sheets 'one', 'two'; .*sheet"
    ):
        load(two, "t.xlsx")
    assert load(two, "t.xlsx", sheet="two").test.rows.size == 6
    with pytest.raises(InputError, match="has no sheet 'three'; it has 'one', 'two'"):
        load(two, "t.xlsx", sheet="three")


def test_a_title_above_the_table_of_a_sheet_and_words_among_its_numbers(load):
    table = frame(x=[1.5, 2, "missing", 4])
    title = pd.DataFrame([["Report", None, None], [*table]], columns=[*table])
    d = load(workbook(a=(pd.concat([title, table]), False)), "t.xlsx")
    assert kinds(d)["x"] == "number"
    assert told(d, "Above the table, 1 line was skipped: 'Report'")
    assert told(d, "Taken for missing: 'missing' in 'x'")
    with pytest.raises(InputError, match="-p header false"):
        load(workbook(a=(table, False)), "t.xlsx")


def test_old_workbooks_are_read(load):
    path = Path(__file__).parent / "reference" / "small.xls"
    d = load(path.read_bytes(), "t.xls")
    assert [*kinds(d)] == ["age", "plan", "left"]


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_a_file_of_an_archive_is_found_or_named(load):
    content = csv(frame(x=["a", "b"]))
    d = load(zipped(**{"README.txt": "about", "d/t.csv": content}), "t.zip")
    assert told(d, "'d/t.csv' was read", "-p member")
    two = zipped(**{"train.csv": content, "d/test.csv": content})
    with pytest.raises(
        InputError, match=r"2 files: 'train.csv', 'd/test.csv'; .*member"
    ):
        load(two, "t.zip")
    assert load(two, "t.zip", member="test.csv").words.target == "left"
    with pytest.raises(InputError, match=r"has no file 'x\.csv': 'train\.csv'"):
        load(two, "t.zip", member="x.csv")


# Columns


def test_names_and_sentences_are_not_spread(load):
    surnames = [
        f"{a}{b}" for a in "Hans Mor Lop Nov Itos".split() for b in "en er ez".split()
    ]
    n = 400
    table = pd.DataFrame(
        {
            "Surname": RNG.choice([s + t for s in surnames for t in surnames], n),
            "city": RNG.choice(["Oslo", "Lyon"], n),
            "comment": RNG.choice(surnames, n)
            + " and so on, "
            + RNG.choice(surnames, n),
            "age": RNG.integers(20, 70, n),
            "left": RNG.choice(["yes", "no"], n),
        }
    )
    d = load(csv(table))
    assert [kinds(d)[name] for name in ("Surname", "comment")] == ["text", "text"]
    assert d.recipe.columns == ["city", "age"]
    assert told(
        d, "Not learned from", "'Surname', 'comment'", '{"Surname": "category"}'
    )
    kept = load(csv(table), kinds={"Surname": "category"})
    assert "Surname" in kept.recipe.columns


IDENTIFIERS = {
    "Customer Number": [887302, 412461, 503554],
    "acct_no": ["AC986619", "AC617613"],
    "phone": [5558278, 5556623],
    "email": ["u1@x.org", "v2@x.org"],
    "RowNumber": [1],
    "reference": ["X-17a", "Y-18b"],
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_what_tells_rows_apart_is_an_identifier(load, name):
    base = IDENTIFIERS[name]
    values = [
        base[0] + 7 * i if isinstance(base[0], int) else base[0].replace("1", f"{i}1")
        for i in range(N)
    ]
    d = load(csv(frame(**{name: values})))
    assert kinds(d)[name] == "identifier"
    assert name not in d.recipe.columns
    assert told(d, "Not learned from", repr(name))


def test_postal_codes_are_categories_with_their_zeros(load):
    d = load(csv(frame(**{"ZIP Code": ["01234", "90210", "10001"]})))
    assert kinds(d)["ZIP Code"] == "category"
    assert "ZIP Code = 01234" in d.recipe.names
    d = load(csv(frame(area_code=[408, 415, 510])))
    assert kinds(d)["area_code"] == "category"
    d = load(csv(frame(account_length=range(100, 220, 2), zip_lines=[3, 4])))
    assert {*kinds(d).values()} == {"number", "category"}  # the target's
    d = load(csv(frame(padded=["0012", "0150", "1240"])))  # by their zeros alone
    assert kinds(d)["padded"] == "category"


def test_a_column_can_be_corrected(load):
    content = csv(frame(x=["36 months", "60 months"], year=[2019, 2020], b=[1, 2, 3]))
    d = load(
        content, kinds={"x": "category", "b": "category", "year": "text"}, drop=["age"]
    )
    assert kinds(d)["x"] == "category"
    assert d.recipe.names == ["x = 60 months", "b = 1", "b = 2", "b = 3"]
    assert treatment(d)["age"] == "dropped, as asked"
    assert treatment(d)["x"].startswith("read as category, as asked; ")
    for values in ({"drop": ["none"]}, {"kinds": {"none": "text"}}):
        with pytest.raises(
            InputError, match=f"{next(iter(values))}: there is no column 'none'"
        ):
            load(content, **values)
    with pytest.raises(InputError, match="drop: 'left' is the target"):
        load(content, drop=["left"])
    asked = load(csv(frame(x=["3", "4", "many", "few"])), kinds={"x": "number"})
    assert "x (missing)" in asked.recipe.names
    with pytest.raises(
        InputError, match="no value of column 'x' can be read as a date"
    ):
        load(content, kinds={"x": "date"})


@pytest.mark.parametrize(
    ("values", "named", "kind"),
    [
        ([31, 999, 45, 28], [999], "number"),
        ([31.5, -1, 99.5, 28], [-1, "99.5"], "number"),
        (["31 kg", "999 kg", "45 kg"], [999], "number"),
        (["blue", "withheld", "red"], ["withheld"], "category"),
        ([1, 9, 0, 1], [9], "boolean"),
        (["2024-01-05", "1900-01-01", "2023-04-02"], ["1900-01-01"], "date"),
    ],
)
def test_values_that_mean_a_gap_are_gaps_if_named(load, values, named, kind):
    d = load(csv(frame(x=values)), gaps={"x": named})
    each = N // len(values)
    assert kinds(d)["x"] == kind
    assert told(d, "Taken for missing, as asked", repr(named[0]), f"'x' ({each} rows)")
    assert told(d, f"Values are missing in 'x' ({each * len(named) / N:.2%})")
    assert {"x (missing)", "x = (missing)"} & {*d.recipe.names}


def test_a_gap_that_is_not_there_is_refused(load):
    content = csv(frame(x=[31, 999, 45]))
    for named, words in (
        ({"y": [999]}, "gaps: there is no column 'y'"),
        ({"x": [99]}, "gaps: no value of column 'x' is 99; it holds '31', '999', '45'"),
        ({"left": ["no"]}, "gaps: 'left' is the target; leave it out"),
        ({"x": []}, "gaps is {'x': []}; allowed: column names, each with a list"),
        ({"x": 999}, "gaps is {'x': 999}; allowed: column names, each with a list"),
    ):
        with pytest.raises(InputError, match=re.escape(words)):
            load(content, gaps=named)


# The target


def test_case_and_spaces_do_not_make_classes(load):
    spelled = np.resize(["Yes", "no", "No", " yes", "yes", "No"], N)
    d = load(csv(frame().assign(left=spelled)))
    assert d.words.labels == ("No", "yes")
    assert d.Y_train.sum() + d.Y_test.sum() == N / 2
    assert told(d, "case does not count")


def test_stray_values_are_named_with_their_rows_and_can_be_left_out(load):
    target = np.resize(np.array(["No", "Yes", " Yes"], object), N)
    target[4] = "=N(TRUE)"
    content = csv(frame().assign(left=target))
    with pytest.raises(InputError, match="row 5") as refused:
        load(content)
    assert "'=N(TRUE)'" in str(refused.value)
    option = str(refused.value).split("-p labels ")[1].strip("'")
    labels = json.loads(option)
    d = load(content, labels=labels)
    assert d.words.labels == tuple(labels)
    assert told(d, "1 row with another target left out, as asked: '=N(TRUE)'")
    assert 4 not in {*d.train.rows, *d.test.rows}
    turned = load(content, labels=["no", "yes"][::-1])
    assert turned.words.labels == ("Yes", "No")
    with pytest.raises(InputError, match="labels"):
        load(content, labels=["No", "Maybe"])


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        ([1, 1, 0, 1, 0], "1"),
        (["yes", "yes", "no", "no", "yes"], "yes"),
        ([0, 1, 1, 1], "0"),
    ],
)
def test_of_two_balanced_values_the_one_that_says_yes_is_positive(
    load, values, positive
):
    d = load(csv(frame().assign(left=np.resize(np.array(values, object), N))))
    assert d.words.labels[1] == positive


# A later table


def test_a_later_table_is_read_alike():
    frame = pd.DataFrame(
        {"rate": ["7.5%", "n.a.", "12"], "day": ["2/1/2024", "x", None]}
    )
    forms = {"rate": Form(unit="%"), "day": DateForm("dmy")}
    read = reader.textual.reread(frame, forms)
    np.testing.assert_array_equal(read["rate"], [7.5, np.nan, np.nan])
    assert read["day"][0] == pd.Timestamp("2024-01-02", tz="UTC")
    assert read["day"].isna().tolist() == [False, True, True]


def test_predictions_read_a_table_as_the_model_did(load, tmp_path):
    rates = [f"{rate:.1f}%" for rate in np.linspace(5, 25, N)]
    table = frame(rate=rates, day=["13/01/2024", "02/03/2024", "05/06/2024"])
    table.insert(0, "customer_id", range(5000, 5000 + N))
    d = load(csv(table), training="report", epochs=1)
    fitted = experiment.fit(d.parameters, d)
    results.save_fitted(tmp_path, d.parameters, d, fitted)
    model = results.load_model(tmp_path / results.MODEL)
    new = table.head(6).drop(columns="left").assign(day="02/03/2024")
    new.loc[5, "rate"] = "free"
    new.to_csv(tmp_path / "new.csv", index=False)
    predictions, notes = predict(model, tmp_path / "new.csv")
    assert [*predictions] == ["row", "customer_id", "probability", "decision"]
    assert predictions["customer_id"].tolist() == [*range(5000, 5006)]
    assert notes == [
        "'rate': 1 of 6 values missing or unreadable, replaced by the training median."
    ]
    days = reader.read(tmp_path / "new.csv", model.reading).frame["day"]
    assert days.dt.month.eq(3).all()  # day first, though this table does not tell


def test_predictions_know_the_gaps_that_were_named(load, tmp_path):
    table = frame(weight=["61 kg", "999 kg", "72 kg", "80 kg"])
    d = load(csv(table), training="report", epochs=1, gaps={"weight": [999]})
    fitted = experiment.fit(d.parameters, d)
    results.save_fitted(tmp_path, d.parameters, d, fitted)
    model = results.load_model(tmp_path / results.MODEL)
    new = table.head(4).drop(columns="left").assign(age=40)
    new.loc[0, "weight"] = None  # as the second one is, by what was named
    new.to_csv(tmp_path / "new.csv", index=False)
    predictions, notes = predict(model, tmp_path / "new.csv")
    assert predictions["probability"][0] == predictions["probability"][1]
    assert notes[0] == "Taken for missing, as asked: 999 in 'weight' (1 row)."
    assert "'weight': 2 of 4 values missing" in notes[1]


# What gives the answer away


def test_a_leak_is_told_in_its_direction(load):
    score = np.where(LEFT == "yes", 1, 5) + RNG.random(N).round(3)
    d = load(csv(frame(days_after=score.tolist())))
    assert told(d, "'days_after' (ROC AUC 1.000, low values are positive) alone")
    assert told(d, """-p drop '["days_after"]'""")


def test_flags_whose_or_is_the_target_are_named(load):
    n = 400
    flags = (RNG.random((n, 4)) < 0.05).astype(int)
    table = pd.DataFrame(flags, columns=["heat", "wear", "power", "noise"])
    table["speed"] = RNG.normal(50, 9, n)
    table["left"] = table[["heat", "wear", "power"]].max(axis=1)
    d = load(csv(table))
    assert told(d, "together,", "'heat'", "'wear'", "'power'", "-p drop")
    assert not told(d, "together,", "'noise'")
    table["left"] = (RNG.random(n) < 0.2).astype(int)
    assert not told(load(csv(table)), "leakage")
