"""Files that would take more than they seem: known before they are read."""

import io
import re
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lopsided.errors import InputError
from lopsided.parameters import validate
from lopsided.table import limits, reader
from lopsided.table.dataset import load

HEAD = '<?xml version="1.0"?><worksheet xmlns="x"><dimension ref="A1:XFD1048576"/>'


def letters(column):
    """Name a column as Excel does."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def sheet(cells, places=True):
    """Write cells, by row and column, as a sheet's XML."""
    text = [HEAD, "<sheetData>"]
    for row in sorted({row for row, _ in cells}):
        text.append(f'<row r="{row}">' if places else "<row>")
        for (_, column), value in sorted(c for c in cells.items() if c[0][0] == row):
            where = f' r="{letters(column)}{row}"' if places else ""
            if value is None:  # a format only
                text.append(f'<c{where} s="1"/>')
            else:
                text.append(
                    f'<c s="1"{where} t="inlineStr"><is><t>{value}</t></is></c>'
                )
        text.append("</row>")
    return "".join([*text, "</sheetData></worksheet>"])


def workbook(**sheets):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for name, xml in sheets.items():
            archive.writestr(f"xl/worksheets/{name}.xml", xml)
    return file.getvalue()


def places(content, name="s"):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(f"xl/worksheets/{name}.xml").decode()
        assert archive.read("xl/workbook.xml") == b"<workbook/>"
    return re.findall(r'<c [^>]*r="([A-Z]+[0-9]+)"', xml)


TABLE = {(r, c): f"{r}.{c}" for r in range(1, 31) for c in range(1, 4)}


@pytest.mark.parametrize("value", [" ", "x", None], ids=["blank", "text", "format"])
@pytest.mark.parametrize("far", [(1_048_576, 16_384), (1_048_576, 1), (1, 16_384)])
def test_a_far_cell_is_left_out_and_told(far, value):
    given = workbook(s=sheet(TABLE | {far: value}))
    content, notes = limits.workbook(given, "t.xlsx")
    assert places(content) == [f"{letters(c)}{r}" for r, c in TABLE]
    assert notes == ["1 cell far from the table left out: beyond row 30 or column 3."]


def test_many_far_cells_in_one_sheet_leave_the_other_as_it_is():
    far = {(row, 1): "x" for row in range(5000, 5003)} | {(2, 500): "y"}
    given = workbook(s=sheet(TABLE | far), other=sheet(TABLE))
    content, notes = limits.workbook(given, "t.xlsx")
    assert len(places(content)) == len(places(content, "other")) == len(TABLE)
    assert notes[0].startswith("4 cells far")


@pytest.mark.parametrize("near", [(900, 2), (20, 90), (31, 4)])
def test_a_near_cell_stays(near):
    given = workbook(s=sheet(TABLE | {near: "x"}))
    assert limits.workbook(given, "t.xlsx") == (given, [])


def test_cells_that_name_no_place_follow_each_other():
    given = workbook(s=sheet(TABLE, places=False))
    assert limits.workbook(given, "t.xlsx") == (given, [])


def test_a_sheet_that_is_wide_and_tall_is_refused():
    cells = {(row, 1): 1 for row in range(1, 1_000_000, 900)}
    cells |= {(1, column): 1 for column in range(1, 16_000, 90)}
    with pytest.raises(InputError, match=r"t\.xlsx is too large: .*; give part of it"):
        limits.workbook(workbook(s=sheet(cells)), "t.xlsx")


def test_a_packed_workbook_is_refused_by_what_it_says_of_itself():
    given = workbook(s=" " * 1000)
    with zipfile.ZipFile(io.BytesIO(given)) as archive:
        member = archive.getinfo("xl/worksheets/s.xml")
    size = (1000).to_bytes(4, "little")
    assert member.file_size == 1000
    at = given.rindex(size, 0, given.rindex(b"xl/worksheets/s.xml"))
    lying = given[:at] + (2**31).to_bytes(4, "little") + given[at + 4 :]
    with pytest.raises(InputError, match="too large"):
        limits.workbook(lying, "t.xlsx")


def parquet(**columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def test_parquet_that_repeats_a_value_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(pq.ParquetFile, "read", lambda self: pytest.fail("it was read"))
    zeros = {f"c{k}": np.zeros(10**6, np.int8) for k in range(101)}
    content = parquet(**zeros)
    assert len(content) < 500_000
    with pytest.raises(InputError, match=r"101,000,000 cells, where 100,000,000 are"):
        limits.parquet(content, "t.parquet")


def test_a_long_text_in_many_rows_is_read_once(tmp_path):
    """As plain text it would take 1 GB."""
    n = 1_000
    texts = pa.DictionaryArray.from_arrays(
        np.arange(n, dtype=np.int32) % 2, ["x" * 10**6, "y" * 10**6]
    )
    content = parquet(t=texts, target=np.arange(n) % 2)
    assert len(content) < 2 * 10**6
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    frame = reader.read(path).frame
    assert frame["t"].map(len).eq(10**6).all()
    assert frame["t"].map(id).nunique() == 2


def test_text_of_parquet_is_as_it_was():
    words = ["a", None, "b", "a", "ß\0"]
    frame = limits.parquet(
        parquet(t=words, b=[b"x", None, b"", b"x", b"y"]), "t"
    ).to_pandas()
    expected = pd.DataFrame({"t": words, "b": [b"x", None, b"", b"x", b"y"]})
    assert (
        frame.astype(object).where(frame.notna(), None).equals(expected.astype(object))
    )


def test_damaged_parquet_is_told_in_our_words():
    whole, said = parquet(a=list(range(50)), t=["x", "y"] * 25), []
    for at in range(4, len(whole) - 16, 13):
        content = bytearray(whole)
        content[at : at + 8] = bytes(255 - b for b in content[at : at + 8])
        try:
            limits.parquet(bytes(content), "t.parquet")
        except InputError as error:
            said.append(str(error))
    assert len(said) > 20
    assert {message[:52] for message in said} == {
        "cannot read t.parquet as a table: it is Parquet, but"
    }


@pytest.mark.parametrize(
    "hidden_units", [[100_000] * 9, [20_000, 20_000], [100_000] * 100]
)
def test_a_network_that_no_machine_trains_is_refused(hidden_units, tiny_clinic):
    p = validate({"data": str(tiny_clinic), "hidden_units": hidden_units})
    with pytest.raises(InputError, match=r"hidden_units is \[.* weights; at most"):
        load(p)


def open_document(*rows):
    """Write rows of an .ods file, each its repetition and the text of its cells."""
    text = "".join(
        f'<table:table-row table:number-rows-repeated="{n}">{"".join(cells)}'
        "</table:table-row>"
        for n, *cells in rows
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "content.xml", f'<table:table table:name="s">{text}</table:table>'
        )
    return file.getvalue()


def cell(n=1, value=True):
    kind = ' office:value-type="float" office:value="1"' if value else ""
    return f'<table:table-cell{kind} table:number-columns-repeated="{n}"/>'


def record(kind, content):
    return bytes([kind, len(content)]) + content


def place(number):
    return number.to_bytes(4, "little") + bytes(8)


@pytest.mark.parametrize(
    ("rows", "fits"),
    [
        ([(1, cell(3)), (500, cell(), cell(2))], True),
        ([(20, cell(3)), (1_048_000, cell(16_384, value=False))], True),
        ([(1, cell(3)), (1_048_575, cell(16_384))], False),
        (
            [(1, cell(2)), (10**6, cell(9, False)), (1, cell(9999, False), cell())],
            False,
        ),
    ],
    ids=["small", "empty rest", "bomb", "stray"],
)
def test_an_ods_file_is_known_by_its_repetitions(rows, fits):
    given = open_document(*rows)
    assert len(given) < 1000
    if fits:
        assert limits.workbook(given, "t.ods") == (given, [])
    else:
        with pytest.raises(InputError, match="too large"):
            limits.workbook(given, "t.ods")


@pytest.mark.parametrize(("row", "column"), [(30, 5), (1_048_575, 16_383)])
def test_an_xlsb_file_is_known_by_its_cells(row, column):
    parts = [record(0, place(0)), record(5, place(0)), record(0, place(row))]
    parts += [record(2, place(column)), bytes([0x82, 0x01, 1, 0])]
    sheet = b"".join(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    if row < 100:
        assert limits.workbook(file.getvalue(), "t.xlsb") == (file.getvalue(), [])
    else:
        with pytest.raises(InputError, match="too large"):
            limits.workbook(file.getvalue(), "t.xlsb")
