"""Bad input ends in one line and exit code 2, before anything ran; odd input works."""

import gzip
import io
import re
import sys
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lopsided.cli import main
from lopsided.parameters import validate
from lopsided.pipeline import notebooks, report
from lopsided.report import experiment
from lopsided.table import reader
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic

RNG = np.random.default_rng(0)
TARGET = ["--target", "churned"]
GOOD = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, 60),
        "plan": np.resize(["basic", "gold", "team"], 60),
        "joined": pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d"),
        "churned": np.resize(["yes", "no", "no", "no", "no"], 60),
    }
)
CLINIC = clinic(200, seed=3)[0]


def table(frame=GOOD, **columns):
    """Write a table as CSV, some of its columns replaced."""
    return frame.assign(**columns).to_csv(index=False).encode()


def clinic_with(column, value, row=4):
    frame = CLINIC.astype({column: object})
    frame.loc[row, column] = value
    return table(frame)


def zipped(encrypt=False, **members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    content = bytearray(file.getvalue())
    if encrypt:  # set the flag in both headers; the content does not matter
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def parquet(arrays, names):
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(a) for a in arrays], names), file)
    return file.getvalue()


PARQUET = parquet([[1, 2] * 30, ["yes", "no"] * 30], ["age", "churned"])
WORKBOOK = zipped(**{"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"})

# What is in the file, what is asked (of t.csv, unless the first word says otherwise),
# and what the one line must say.
FILES = {
    "missing": (None, TARGET, "there is no file t.csv; check the name and the folder"),
    "folder": (
        None,
        [".", *TARGET],
        "is a folder or a device; give the path of a file",
    ),
    "no name": (None, ["", *TARGET], "is a folder or a device"),
    "no such user": (None, ["~nobody-here/t.csv", *TARGET], "cannot read ~nobody-here"),
    "name with NUL": (None, ["a\0b", *TARGET], "cannot read"),
    "name too long": (
        None,
        ["x" * 5000, *TARGET],
        "cannot read .*: File name too long",
    ),
    "address": (
        None,
        ["https://example.org/t.csv", *TARGET],
        "there is no file https:",
    ),
    "empty": (b"", TARGET, "t.csv is empty; give a table"),
    "blank": (b" \r\n\n\t ", TARGET, "t.csv is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", TARGET, "t.csv is empty"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", TARGET, "holds binary data; give CSV"),
    "noise": (b"\x01\x02\x03,\x7f\n\xff\xfe,\x80\n", TARGET, "no column 'churned'"),
    "UTF-16 unmarked": ("a,b\n1,2".encode("utf-16-le"), TARGET, "holds binary data"),
    "old Excel cut": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
        TARGET,
        "cannot read t.csv as a table",
    ),
    "Excel of nothing": (WORKBOOK, TARGET, "cannot read t.csv as a table"),
    "header only": (b"age,churned\n", TARGET, "a header but no rows; give rows"),
    "JSON": (b'{"age": 3, "churned": 1}', TARGET, "t.csv is JSON, not a table"),
    "JSON of lists": (b' [[1, "yes"],\n[2, "no"]]', TARGET, "t.csv is JSON, not a"),
    "a web page": (b"\n<!DOCTYPE html>\n<html>", TARGET, "is a web page or XML, not"),
    "ARFF": (b"% iris\n%\n@RELATION iris\n@data\n", TARGET, "t.csv is ARFF, not"),
    # Takes for ever where a line's marks can be read as the beginnings of several.
    "marks that are no comments": (
        b"% " * 500 + b"\na,b\n1,2\n",
        TARGET,
        "no column 'churned'",
    ),
    "PDF": (b"%PDF-1.7\n%..", TARGET, "t.csv is a PDF document, not a table"),
    "only one value": (
        table().replace(b"yes", b""),
        TARGET,
        "has 1 value .*; if an empty cell means the other, write a word there",
    ),
    "a row cut short at the end": (table() + b"17\n", TARGET, "line 62: the row does"),
    "an open quote at a row's beginning": (
        table() + b'"oh,2020-01-01,no,no\n' + table(),
        TARGET,
        "line .*: the row does not fit",
    ),
    "row too long": (
        b"a,churned\n1,no\n1,no,3\n",
        TARGET,
        "line 3: .* 3 fields and the header 2",
    ),
    "row too short": (
        b"a,b,churned\n1,no\n",
        TARGET,
        "line 2: .* 2 fields and the header 3",
    ),
    "open quote": (
        table() + b'1,"x,2020-01-01,no\n',
        TARGET,
        "line 62: the row does not",
    ),
    "huge cell": (table() + b"1,2,3," + b"x" * 200_000, TARGET, "field larger than"),
    "duplicate name": (
        b"a,a,churned\n1,2,no\n",
        TARGET,
        "two columns named 'a'; rename",
    ),
    "infinity": (
        table(age=np.inf),
        TARGET,
        "'age' is infinite or .* in row 1; replace",
    ),
    "minus infinity": (table(age=[*range(59), -np.inf]), TARGET, "in row 60"),
    "infinity in words": (
        table(age=["Infinity", "1"] * 30),
        TARGET,
        "'age' is infinite or beyond",
    ),
    "too large to square": (
        table(age=[1, 1e200] * 30),
        TARGET,
        "beyond 1e.100 in row 2",
    ),
    "gzip cut": (gzip.compress(table())[:-9], TARGET, "cannot read t.csv as a table: "),
    "gzip damaged": (
        gzip.compress(table())[:-8] + b"x" * 8,
        TARGET,
        "CRC check failed",
    ),
    "gzip bomb": (
        gzip.compress(b"0" * 10**7),
        TARGET,
        "unpacks to more than 1,000,000",
    ),
    "gzip of nothing": (gzip.compress(b""), TARGET, "t.csv is empty"),
    "zip cut": (
        zipped(t=table())[:-30],
        TARGET,
        "cannot read t.csv as a table: File is",
    ),
    "zip of two": (
        zipped(a=table(), b=table()),
        TARGET,
        "holds 2 files: 'a', 'b'; choose one with -p member NAME$",
    ),
    "zip of none": (zipped(), TARGET, "holds binary data"),
    "zip of a folder": (zipped(**{"a/": ""}), TARGET, "holds 0 files"),
    "zip encrypted": (zipped(True, t=table()), TARGET, "is encrypted; unpack it first"),
    "zip in a zip": (zipped(t=zipped(t=table())), TARGET, "binary data"),
    "zip bomb": (
        zipped(t=b"0" * 10**7),
        TARGET,
        "unpacks to more than 1,000,000 bytes",
    ),
    "too large": (b"0" * 1_000_001, TARGET, "t.csv is too large; give part of it"),
    "Parquet cut": (PARQUET[:-40], TARGET, "holds binary data"),
    "Parquet damaged": (
        PARQUET[:4] + b"\xff" * (len(PARQUET) - 8) + PARQUET[-4:],
        TARGET,
        "cannot read t.csv as a table: ",
    ),
    "Parquet, name twice": (
        parquet([[1], [2]], ["a", "a"]),
        TARGET,
        "two columns named 'a'",
    ),
    "Parquet, no name": (
        parquet([[1], [2]], ["a", " "]),
        TARGET,
        "column 2 has no name",
    ),
    "Parquet, no columns": (parquet([], []), TARGET, "has no columns"),
    "Parquet, no rows": (
        parquet([pa.array([], pa.int64())], ["a"]),
        TARGET,
        "a header but no rows",
    ),
}
COLUMNS = {
    "no target": (
        table(),
        [],
        "say which column .* --target NAME; it has 'age', 'plan'",
    ),
    "unknown target": (table(), ["--target", "churn"], "did you mean 'churned'"),
    "target unlike any": (
        table(),
        ["--target", "zzz"],
        "no column 'zzz'; the table has",
    ),
    "long unknown target": (
        table(),
        ["--target", "é" * 9999],
        r"no column 'é+\.\.\.é+'",
    ),
    "one class": (
        table(churned="no"),
        TARGET,
        "'churned' has 1 value .'no'. in 60 rows",
    ),
    "three classes": (table(churned=["a", "b", "c"] * 20), TARGET, "has 3 values"),
    "numbers": (table(churned=range(60)), TARGET, "has 60 values .* and 56 more"),
    "target empty": (table(churned=None), TARGET, "'churned' has 0 values"),
    "target yes or NA": (
        table(churned=["yes", "NA"] * 30),
        TARGET,
        "'yes'. in 30 rows",
    ),
    "unknown label": (
        table(),
        [*TARGET, "--positive-label", "maybe"],
        "none of them 'maybe'; set positive_label",
    ),
    "label of another type": (
        table(),
        [*TARGET, "--positive-label", "1"],
        "has the values 'no', 'yes', none of them 1",
    ),
    "nothing but a target": (table(GOOD[["churned"]]), TARGET, "no usable feature"),
    "features all missing": (
        table(age=None, plan=None, joined="NA"),
        TARGET,
        "no usable feature: every column is constant, empty or an identifier",
    ),
    "features all constant": (table(age=1, plan="x", joined=0), TARGET, "no usable"),
    "features all different": (
        table(GOOD[["churned"]], id=range(60)),
        TARGET,
        "no usable feature",
    ),
    "unknown feature": (
        table(),
        [*TARGET, "--features", '["Age"]'],
        "features: there is no column 'Age'; did you mean 'age'",
    ),
    "the target as feature": (
        table(),
        [*TARGET, "--features", '["age", "churned"]'],
        "features: 'churned' is the target; leave it out",
    ),
    "feature twice": (
        table(),
        [*TARGET, "--features", '["age", "age:number"]'],
        "features names 'age' twice",
    ),
    "unknown kind": (
        table(),
        [*TARGET, "--features", '["age:colour"]'],
        "kind 'colour'; give one of number, boolean, category, date, steps",
    ),
    "impossible kind": (
        table(),
        [*TARGET, "--features", '["plan:date"]'],
        "no value of column 'plan' can be read as a date",
    ),
    "the report's features": (
        table(),
        [*TARGET, "--features", "report"],
        "features is 'report', which goes with the appointments file",
    ),
    "unknown group": (
        table(),
        [*TARGET, "-p", "group_column", "plann"],
        "group_column: there is no column 'plann'; did you mean 'plan'",
    ),
    "one group": (
        table(group=1),
        [*TARGET, "-p", "group_column", "group"],
        "the split by 'group' leaves a class out",
    ),
    "the target as group": (
        table(),
        [*TARGET, "-p", "group_column", "churned"],
        "group_column is the target; name another column",
    ),
    "unknown time": (
        table(),
        [*TARGET, "-p", "time_column", "when"],
        "time_column: there is no column 'when'",
    ),
    "time that is text": (
        table(),
        [*TARGET, "-p", "time_column", "plan"],
        "time_column 'plan' must hold numbers or ISO 8601 dates, without gaps",
    ),
    "time with gaps": (
        table(joined=[None, *GOOD["joined"][1:]]),
        [*TARGET, "-p", "time_column", "joined"],
        "without gaps",
    ),
    "group and time": (
        table(),
        [*TARGET, "-p", "group_column", "plan", "-p", "time_column", "joined"],
        "give group_column or time_column, not both",
    ),
    "no positive late": (
        table(churned=["yes"] * 20 + ["no"] * 40),
        [*TARGET, "-p", "time_column", "joined"],
        "the split by 'joined' leaves a class out of the test rows: 20 of 60",
    ),
    "one row": (table(GOOD[:1]), TARGET, "'churned' has 1 value .'yes'. in 1 row "),
    "two rows": (table(GOOD[:2]), TARGET, "leaves a class out .* 1 of 2 rows"),
    "one positive": (
        table(churned=["yes"] + ["no"] * 59),
        TARGET,
        "leaves a class out of the training rows: 1 of 60 rows are positive; change",
    ),
    "two positives, ten rows": (table(GOOD[:10]), TARGET, "leaves a class out of the"),
    "a test too small": (
        table(),
        [*TARGET, "-p", "test_size", "0.01"],
        "change test_size",
    ),
    "a training part too small": (
        table(),
        [*TARGET, "-p", "test_size", "0.99"],
        "change test_size",
    ),
}
APPOINTMENTS = {
    "no date": (
        clinic_with("ScheduledDay", "soon"),
        [],
        "column 'ScheduledDay' has 'soon' in row 5; it must hold an ISO 8601 date",
    ),
    "a date missing": (
        clinic_with("AppointmentDay", None),
        [],
        "'AppointmentDay' has .* in row 5; it must hold",
    ),
    "an age in words": (
        clinic_with("Age", "forty"),
        [],
        "'Age' has 'forty' in row 5; it must hold a number, or be empty",
    ),
    "a third answer": (clinic_with("No-show", "Maybe"), [], "'No-show' has 3 values"),
    "other answers": (
        table(CLINIC, **{"No-show": (CLINIC["No-show"] == "Yes").astype(int)}),
        [],
        "has the values '0', '1', none of them 'Yes'; set positive_label",
    ),
    "few rows": (table(CLINIC[:4]), [], "No-show|leaves a class out"),
    "not its column": (
        table(CLINIC),
        ["--features", '["Hypertension"]'],
        "did you mean 'Hipertension'",
    ),
    "another target": (
        table(CLINIC),
        ["--target", "Diabetes", "--features", "extended"],
        "goes with the appointments file and its target",
    ),
}
VALUES = {
    f"{name} {value}": (table(), [*TARGET, "-p", name, value], expected)
    for name, value, expected in [
        ("epochs", "-1", "epochs is -1; allowed: a whole number from 1 to 1000000$"),
        ("epochs", "0", "epochs is 0"),
        ("epochs", "9" * 100, r"epochs is 9+\.\.\.9+; allowed: a whole number from 1"),
        ("epochs", "1" * 5000, "epochs is '1+'?"),
        ("epochs", "1000001", "epochs is 1000001"),
        ("epochs", "[" * 100_000, r"epochs is '\[+"),
        ("batch_size", "10000000000", "batch_size is 10000000000"),
        ("epochs", "1.5", "epochs is 1.5"),
        ("epochs", "many", "epochs is 'many'"),
        ("epochs", "true", "epochs is True"),
        ("batch_size", "0", "batch_size is 0"),
        ("threshold", "1.5", "threshold is 1.5; allowed: a number from 0 to 1"),
        ("threshold", "-0.1", "threshold is -0.1"),
        ("threshold", "NaN", "threshold is nan"),
        ("threshold", "sometimes", "threshold is 'sometimes'"),
        ("threshold", "recall:2", "threshold is 'recall:2'"),
        ("threshold", "cost:1", "threshold is 'cost:1'"),
        ("threshold", "capacity:-+", "threshold is 'capacity:"),
        ("threshold", "capacity:1e400", "threshold is 'capacity:1e400'"),
        ("threshold", "cost:1e400:1", "threshold is 'cost:1e400:1'"),
        ("threshold", "recall:٠.٨", "threshold is 'recall:٠.٨'"),
        ("threshold", "capacity:５", "threshold is 'capacity:５'"),
        ("w", "0", "w is 0; allowed: a number above 0, or 'balanced'$"),
        ("w", "-1", "w is -1"),
        ("w", "NaN", "w is nan"),
        ("w", "Infinity", "w is inf"),
        ("w", "heavy", "w is 'heavy'"),
        ("hidden_units", "[0]", r"hidden_units is \[0\]"),
        ("hidden_units", "40,3", "hidden_units is '40,3'"),
        ("hidden_units", "[[3]]", r"hidden_units is \[\[3\]\]"),
        ("hidden_units", "[1000000000]", r"hidden_units is \[1000000000\]"),
        ("hidden_units", f"[{'1,' * 100}1]", r"hidden_units is \[1, 1.* at most 100"),
        ("title", '"\\ud800"', r"title is '\\ud800', which is not UTF-8"),
        ("features", '["age", "\\udfff"]', "features is .* which is not UTF-8"),
        ("author", "caf\udce9", r"author is 'caf\\udce9', which is not UTF-8"),
        ("test_size", "0", "test_size is 0"),
        ("test_size", "1", "test_size is 1"),
        ("initial_learning_rate", "0", "initial_learning_rate is 0"),
        ("final_learning_rate", "-1", "final_learning_rate is -1"),
        ("l2", "-1", "l2 is -1"),
        ("seed", "-1", "seed is -1"),
        ("seed", "4294967296", "seed is 4294967296"),
        ("dtype", "float16", "dtype is 'float16'"),
        ("engine", "gpu", "engine is 'gpu'"),
        ("weighting", "both", "weighting is 'both'"),
        ("n_bootstrap", "-1", "n_bootstrap is -1"),
        ("n_seeds", "0", "n_seeds is 0"),
        ("features", "[]", r"features is \[\]"),
        ("features", "some", "features is 'some'"),
        ("features", '["age", "age"]', "features is"),
        ("epoch", "3", "no parameter 'epoch'; did you mean 'epochs'"),
        ("__class__", "3", "no parameter '__class__'"),
        ("x = __import__('os').system('touch hacked')", "3", "there is no parameter"),
        ("epochs\nimport os", "3", "there is no parameter"),
        ("epochs", "__import__('os').system('touch hacked')", "epochs is"),
        ("run_dir", "/tmp", "run_dir is set by the command"),
    ]
}
YAML = {
    "missing file": (None, ["-f", "none.yaml"], "cannot read none.yaml"),
    "no mapping": (b"- epochs\n", ["-f", "t.csv"], "must hold lines of the form"),
    "no YAML": (b"epochs: [", ["-f", "t.csv"], "t.csv is not a YAML file"),
    "a name twice": (b"epochs: 1\nepochs: 2\n", ["-f", "t.csv"], "t.csv"),
    "no YAML, by line": (b"epochs: 3\nw: [", ["-f", "t.csv"], "YAML file: line 2"),
    "a folder": (None, ["-f", "."], r"cannot read \.: Is a directory"),
    "a name with NUL": (None, ["-f", "a\0b"], "cannot read"),
    "a table": (b"a,b\n" * 2**17, ["-f", "t.csv"], "has more than 262,144 bytes"),
    "endless": (None, ["-f", "/dev/zero"], "has more than 262,144 bytes"),
    "deep": (b"epochs: " + b"[" * 99_999, ["-f", "t.csv"], "lists more than 20 deep"),
    "aliases of aliases": (
        b"w: &a [1,1]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (k + 1, k + 1, b"*%c," % k * 9) for k in b"abcdefg"
        ),
        ["-f", "t.csv"],
        "t.csv: g: holds too much|t.csv: [a-h] holds too much",
    ),
    "an alias of itself": (b"w: &x [*x]\n", ["-f", "t.csv"], "t.csv: w holds too much"),
    "a date": (
        b"title: 2020-01-05\n",
        ["-f", "t.csv"],
        "t.csv: title has '2020-01-05', a date in YAML; put text in quotes",
    ),
    "no date": (b"title: 2020-13-45\n", ["-f", "t.csv"], "title has '2020-13-45'"),
    "no number": (
        b"epochs: !!int abc\n",
        ["-f", "t.csv"],
        "t.csv: epochs has 'abc', which is no int",
    ),
    "bytes": (b"title: !!binary AA==\n", ["-f", "t.csv"], "title has 'AA==', binary"),
    "a tag": (b"title: !ours x\n", ["-f", "t.csv"], "title has 'x', !ours in YAML"),
    "a set": (b"features: !!set {a}\n", ["-f", "t.csv"], "features has a value, set"),
    "5,000 digits": (
        b"epochs: " + b"1" * 5000,
        ["-f", "t.csv"],
        "t.csv: epochs has '1+.*1+', which is no int",
    ),
    "9,000 hexadecimal digits": (
        b"positive_label: 0x" + b"f" * 9000,
        ["-f", "t.csv"],
        "positive_label",
    ),
    "half a character": (b'title: "\\ud800"\n', ["-f", "t.csv"], "not UTF-8"),
    "not UTF-8": (b"title: caf\xe9\n", ["-f", "t.csv"], "not a YAML file in UTF-8"),
    "two documents": (b"epochs: 1\n--- {w: 1}", ["-f", "t.csv"], "not a YAML file"),
    "a name that is a list": (b"? [a]\n: 1\n", ["-f", "t.csv"], "lines of the form"),
    "a merge": (b"<<: {epochs: 3}\n", ["-f", "t.csv"], "lines of the form"),
    "code": (b"epochs: !!python/object/apply:os.getcwd []\n", ["-f", "t.csv"], "t.csv"),
    "binary": (b"\xff\xfe\0\x01", ["-f", "t.csv"], "t.csv"),
}
COMMAND = {
    "unknown option": (table(), ["--colour", "red"], "No such option"),
    "half a parameter": (table(), ["-p", "epochs"], "-p"),
    "two tables": (table(), ["t.csv", "t.csv"], "unexpected extra argument"),
    "run name": (
        table(),
        [*TARGET, "--run", "../x"],
        "run name '../x' must be letters",
    ),
    "run name taken": (
        table(),
        [*TARGET, "--run", "sweeps"],
        "not 'audits' or 'sweeps'",
    ),
    "no run name": (table(), [*TARGET, "--run", ""], "run name '' must be"),
}
BAD = {
    f"{group}: {name}": case
    for group, cases in {
        "file": FILES,
        "column": COLUMNS,
        "appointments": APPOINTMENTS,
        "value": VALUES,
        "yaml": YAML,
        "command": COMMAND,
    }.items()
    for name, case in cases.items()
}


def test_the_table_of_bad_inputs_is_long():
    assert len(BAD) >= 60


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line(case, tmp_path, monkeypatch, capsys):
    content, arguments, expected = case
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    if content is not None or arguments == TARGET:
        arguments = ["t.csv", *arguments]
    before = sorted(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["lopsided", "report", *arguments])
    monkeypatch.setattr(reader, "MOST_BYTES", 10**6)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setattr(
        notebooks, "check_pair", lambda path: None
    )  # slow, tested apart

    def start(p, stage):
        pytest.fail("the notebooks would have started")

    monkeypatch.setattr(report, "execute_all", start)
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lopsided: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert re.search(expected, err.rstrip("\n")), err
    assert ended.value.code == 2
    assert sorted(tmp_path.iterdir()) == before  # no run folder, nothing touched


# Odd, but usable: what is in the file, what is asked, and what one of the notes, or
# the treatment of a column, must say.
N = 200
BASE = {
    "age": RNG.integers(18, 80, N),
    "churned": np.resize(["yes", "no", "no", "no"], N),
}


def odd(**columns):
    return table(pd.DataFrame(BASE | columns))


def codes(*values):
    return [values[i % len(values)] for i in RNG.permutation(N)]


ODD = {
    "a category of 200 letters": (
        odd(x=codes("a", "b" * 200)),
        {},
        r"x: .*1 where 'b+\.\.\.b+'",
    ),
    "scripts and formulas": (
        odd(x=codes("<script>alert(1)</script>", "=1+1", "$\\frac{", "'; DROP", "{x}")),
        {},
        "x: encoded: a feature for each of 5 categories",
    ),
    "lines and quotes in cells": (odd(x=codes('a\n"b"', "c\r\nd", "e,f")), {}, "3 cat"),
    "names that are odd": (
        odd(**{"1": range(N), "True": codes(1, 2, 3), "a\nb": codes(4, 5, 6)}),
        {},
        "1: dropped: identifier-like",
    ),
    "a name of 5,000 letters": (
        odd(**{"x" * 5000: codes(1, None, 2)}),
        {},
        r"'x+\.\.\.x+'",
    ),
    "Latin-1": (
        odd(x=codes("Vitória", "São")).decode().encode("latin-1"),
        {},
        "It was read as cp1252, since it is not UTF-8; if letters look wrong, name",
    ),
    "UTF-16": (odd().decode().encode("utf-16"), {}, "It was read as UTF-16."),
    "semicolons and decimal commas": (
        pd.DataFrame(BASE | {"x": codes(1.5, 2.25, 3)})
        .to_csv(index=False, sep=";", decimal=",")
        .encode(),
        {},
        "The decimal mark of the file is a comma; -p decimal . reads points so.",
    ),
    "zip": (zipped(t=odd()), {}, "Positive is 'churned' = 'yes': 50 of 200 rows"),
    "one feature": (odd(), {"hidden_units": [1]}, "age: standardised"),
    "a thousand columns": (
        odd(**{f"c{i}": RNG.normal(size=N).round(3) for i in range(1000)}),
        {},
        "c999: standardised",
    ),
    "a batch larger than the data": (odd(), {"batch_size": 10**9}, "age: standardised"),
    "threshold 0": (odd(), {"threshold": 0}, "age: standardised"),
    "threshold 1": (odd(), {"threshold": 1}, "age: standardised"),
    "logistic regression": (odd(), {"hidden_units": []}, "age: standardised"),
    "gaps": (
        odd(x=codes(1, 2, None), town=codes("a", "b", None)),
        {},
        "Values are missing in .*'x' .*the training median",
    ),
    "gaps in the target": (
        odd(churned=codes("yes", "no", "no", None)),
        {},
        "50 rows without a target left out",
    ),
    "a constant with gaps": (odd(x=codes(3, None)), {}, "x: standardised; gaps filled"),
    "empty, constant, identifier": (
        odd(e=None, c=1, i=[f"u{i}" for i in range(N)]),
        {},
        "e: dropped: empty",
    ),
    "a date": (
        odd(d=pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d")),
        {},
        "d: parts: days, month, weekday; standardised",
    ),
    "many categories": (
        odd(x=[f"k{i // 2}" for i in range(N)]),
        {"features": ["x"]},
        "x: encoded: a feature for each of",
    ),
    "an identifier by name": (
        odd(i=range(N)),
        {"features": ["i", "age"]},
        "i: standardised",
    ),
    "a number as category": (
        odd(x=codes(1, 2, 3)),
        {"features": ["x:category"]},
        "x: read as category, as asked; encoded: a feature for each of 3",
    ),
    "a name with a kind in it": (
        odd(**{"x:category": codes(1, 2, 3)}),
        {"features": ["x:category"]},
        "x:category: standardised",
    ),
    "text as number": (
        odd(x=codes("1", "2", "n.k.")),
        {"features": ["x:number"]},
        "x: read as number, as asked; standardised; gaps filled",
    ),
    "years as dates": (
        odd(x=codes(2019, 2020, 2021)),
        {"features": ["x:date"]},
        "x: read as date, as asked; parts: days, weekday; standardised",
    ),
    "few positives": (
        odd(churned=["yes"] * 10 + ["no"] * (N - 10)),
        {},
        "The test has 2 positives: the intervals of its metrics are wide",
    ),
    "a leak": (
        odd(reason=np.resize([9, 1, 2, 1], N)),
        {},
        r"Possible leakage: 'reason' \(ROC AUC 1\.000, .*\) alone nearly tells",
    ),
    "a leak in a category": (
        odd(reason=np.resize(["moved", "", "b", "c"], N)),
        {},
        r"Possible leakage: 'reason = moved' \(ROC AUC 1\.000, high",
    ),
    "a leak upside down": (
        odd(left=np.resize([1, 7, 8, 9], N)),
        {},
        r"Possible leakage: 'left' \(ROC AUC 1\.000, low values",
    ),
    "a leak by gaps": (
        odd(x=[v if i % 4 else None for i, v in enumerate(RNG.normal(size=N))]),
        {},
        r"Possible leakage: 'x \(missing\)' \(ROC AUC 1\.000, high",
    ),
    "rows twice": (
        table(pd.concat([pd.DataFrame(BASE | {"x": RNG.normal(size=N)})] * 8)),
        {},
        r"9\d\.\d% of the test rows equal a training row in all features|100",
    ),
    "groups on both sides": (
        odd(customer_id=codes(*range(1000, 1060))),
        {},
        "rows share their 'customer_id' with a training row; to keep .* group_column",
    ),
    "groups": (
        odd(customer_id=codes(*range(1000, 1060))),
        {"group_column": "customer_id"},
        "customer_id: groups rows; dropped: identifier-like",
    ),
    "time": (
        odd(t=range(1900, 1900 + N)),
        {"time_column": "t"},
        "t: orders rows; dropp",
    ),
}


@pytest.mark.parametrize("case", ODD.values(), ids=ODD)
def test_odd_but_usable_input_runs_and_says_what_it_did(case, tmp_path):
    content, values, expected = case
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    p = validate(
        {"data": str(path), "target": "churned", "training": "report", "epochs": 1}
        | values
    )
    dataset = load(p)
    said = [*dataset.provenance.notes]
    said += [
        f"{row.column}: {row.treatment}"
        for row in dataset.provenance.columns.itertuples()
    ]
    assert any(re.search(expected, line) for line in said)
    assert all(line and "\n" not in line for line in dataset.provenance.notes)
    fitted = experiment.fit(dataset.parameters, dataset)
    assert np.isfinite(fitted.P_test).all()
    measured = experiment.measure(
        dataset.parameters.with_(n_bootstrap=20), dataset, fitted
    )
    assert sum(map(sum, measured["test"]["confusion_matrix"])) == dataset.Y_test.size
    again = load(dataset.parameters)  # as each notebook does
    assert again.provenance.notes == dataset.provenance.notes
    assert again.parameters == dataset.parameters
    assert experiment.fingerprint(again.parameters, again) == experiment.fingerprint(
        dataset.parameters, dataset
    )
