"""Whatever the table: it ends in data to learn from, or in one clear line."""

import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lopsided.errors import InputError
from lopsided.parameters import Parameters
from lopsided.table.dataset import load

pytestmark = pytest.mark.slow

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
ODD = (
    "|NA|nan|inf|-1e400|1e308|0|1|-0.0|1,5|True|false|2020-02-30|2020-01-01T25:00|"
    "0001-01-01|9999-12-31T23:59:59.999Z|2016-04|20160429|\ufeff|=1+1|\"|'|a\nb|\r|;|"
    "12345678901234567890123|0x1F|1_000|½|\u202e|(missing)|\x1b[31m".split("|")
)
WORDS = st.sampled_from(ODD) | st.text(
    st.characters(exclude_characters="\0"), max_size=6
)
WORDS |= st.integers().map(str) | st.floats().map(str) | st.dates().map(str)
NAMES = st.sampled_from(["id", "x", "1", "x:date", "Age", "No-show", "é"]) | WORDS
MOSTLY = st.sampled_from([True] * 5 + [False])
LABELS = st.sampled_from([["no", "yes"], ["0", "1"], ["True", "False"]])
ROWS = st.sampled_from([0, 1, 7, 30, 60, 60, 60, 60])
LONG = timedelta(100_000)
DAY = st.datetimes(max_value=datetime(9990, 1, 1))

#: Types of Arrow, each with the values it may hold.
TYPED = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-3, 3),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.float16(): st.floats(width=16).map(np.float16),
    pa.bool_(): st.booleans(),
    pa.string(): WORDS,
    pa.binary(): st.binary(max_size=3),
    pa.date32(): st.dates(),
    pa.timestamp("us"): DAY,
    pa.timestamp("ms", "Europe/Lisbon"): DAY.map(lambda d: d.replace(microsecond=0)),
    pa.duration("us"): st.timedeltas(-LONG, LONG),
    pa.time64("us"): st.times(),
    pa.decimal128(20, 3): st.decimals(-(10**9), 10**9, places=3),
    pa.list_(pa.int8()): st.lists(st.integers(0, 2), max_size=2),
    pa.struct([("a", pa.int8())]): st.builds(dict, a=st.integers(0, 2)),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from("abc"),
    pa.null(): st.none(),
}


@st.composite
def columns(draw, values, n):
    """Draw a column of n values: few different ones, many, or with gaps."""
    some = draw(st.lists(values, min_size=1, max_size=4))
    cells = st.sampled_from(some) if draw(st.booleans()) else values
    if draw(st.booleans()):
        cells |= st.none()
    # A short stretch, repeated: long columns are cheap, and some features repeat.
    stretch = draw(st.lists(cells, min_size=1, max_size=12))
    return [stretch[i % len(stretch)] for i in range(n)]


@st.composite
def csv_files(draw):
    """Write a table of odd cells as CSV in an odd dialect, and perhaps damage it."""
    n = draw(ROWS)
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=draw(MOSTLY)))
    cells = [draw(columns(WORDS, n)) for _ in names]
    target = draw(LABELS | st.lists(WORDS, min_size=2, max_size=2, unique=True))
    cells.append([target[i % 3 % 2] for i in range(n)])
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=draw(st.sampled_from(",,,;\t|")),
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerow([*names, "target"])
    writer.writerows(zip(*cells, strict=True))
    encoding = draw(
        st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
    )
    content = text.getvalue().encode(encoding, errors="replace")
    if not draw(MOSTLY):
        at = draw(st.integers(0, len(content)))
        cut = draw(st.integers(0, 20))
        content = content[:at] + draw(st.binary(max_size=4)) + content[at + cut :]
    return draw(packed(content))


@st.composite
def parquet_files(draw):
    """Write a table of any types as Parquet."""
    n = draw(ROWS)
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    types = [draw(st.sampled_from([*TYPED])) for _ in names]
    arrays = [pa.array(draw(columns(TYPED[t], n)), t) for t in types]
    kind = draw(st.sampled_from([pa.int8(), pa.bool_(), pa.string(), pa.float64()]))
    target = draw(st.lists(TYPED[kind], min_size=2, max_size=2, unique=True))
    arrays.append(pa.array([target[i % 3 % 2] for i in range(n)], kind))
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, [*names, "target"]), file)
    return draw(packed(file.getvalue()))


def packed(content):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("t", content)
    return st.sampled_from(
        [content, content, gzip.compress(content), zipped.getvalue()]
    )


@st.composite
def parameters(draw):
    """Ask for the target, and perhaps for one thing more."""
    more = {
        "target": st.none(),
        "positive_label": st.sampled_from([True, 1, "1", 0.0]) | WORDS,
        "features": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "group_column": NAMES,
        "time_column": NAMES,
        "test_size": st.sampled_from([0.5, 0.01]),
    }
    values = {"target": "target"}
    if not draw(MOSTLY):
        name = draw(st.sampled_from([*more]))
        values[name] = draw(more[name])
    return values


def outcome(content, values, path):
    """Load it, and check what came of it."""
    path.write_bytes(content)
    try:
        d = load(Parameters(data=str(path), **values))
    except InputError as error:
        message = str(error)
        assert message.isprintable()
        assert 10 < len(message) < 800
        return "refused"
    for X, Y in ((d.X_train, d.Y_train), (d.X_test, d.Y_test)):
        assert np.isfinite(X).all()
        assert X.shape == (len(d.recipe.features), Y.size)
        assert set(Y[0]) == {0, 1}
    assert (d.X_train.max(axis=1) > d.X_train.min(axis=1)).all()
    assert not set(d.train.rows) & set(d.test.rows)
    assert len(set(d.words.labels)) == 2
    assert d.words.target not in d.recipe.columns
    assert len(set(d.provenance.columns["column"])) == len(d.provenance.columns)
    assert d.provenance.columns["treatment"].str.len().min() > 5
    assert all(note.isprintable() for note in d.provenance.notes)
    json.dumps([asdict(f) for f in d.recipe.features], allow_nan=False)
    again = load(d.parameters)
    np.testing.assert_array_equal(again.X_test, d.X_test)
    np.testing.assert_array_equal(again.Y_test, d.Y_test)
    return "loaded"


@pytest.mark.parametrize(
    "files", [csv_files(), parquet_files()], ids=["csv", "parquet"]
)
def test_any_table_ends_in_data_or_in_one_line(files, tmp_path):
    outcomes = Counter()

    @settings(suppress_health_check=SLOW)
    @given(files, parameters())
    def check(content, values):
        outcomes[outcome(content, values, tmp_path / "t")] += 1

    check()
    assert min(outcomes["loaded"], outcomes["refused"]) > 0.1 * outcomes.total()


@settings(suppress_health_check=SLOW)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_refused_or_read(content, tmp_path):
    outcome(content, {"target": "target"}, tmp_path / "t")
