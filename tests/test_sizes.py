"""Small, wide, tall and rare tables: each leads to a report, or to one line of why."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from lopsided import engines
from lopsided.errors import InputError
from lopsided.lesson.network import initialise
from lopsided.parameters import validate
from lopsided.pipeline.reading_progress import Told
from lopsided.report import baselines, choosing, decision, experiment, health
from lopsided.table import checks, coded, csvfile, reader, textual
from lopsided.table.dataset import load


def table(rows, columns=3, positives=None, seed=0):
    """Invent measurements of parts, of which some are faulty."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns)).round(3)
    frame = pd.DataFrame(X, columns=[f"gauge {k}" for k in range(columns)])
    order = np.argsort(-X[:, 0] - rng.normal(size=rows))
    faulty = np.zeros(rows, dtype=bool)
    faulty[order[: positives or rows // 4]] = True
    return frame.assign(faulty=np.where(faulty, "yes", "no"))


def loaded(frame, folder, **given):
    path = folder / "parts.csv"
    frame.to_csv(path, index=False)
    usual = {"data": str(path), "target": "faulty", "epochs": 3, "n_bootstrap": 20}
    return load(validate(usual | {"hidden_units": [3]} | given))


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape",
    [
        {"rows": 60},
        {"rows": 12, "positives": 3},
        {"rows": 200, "columns": 500},
        {"rows": 3000, "positives": 6},
    ],
    ids=["60 rows", "12 rows", "500 columns", "0.2 %"],
)
def test_odd_sizes_are_measured_and_said(shape, tmp_path):
    d = loaded(table(**shape), tmp_path)
    p = choosing.choose(d.parameters, d).parameters
    fitted = experiment.fit(p, d)
    m = experiment.measure(p, d, fitted)
    m["beside"] = baselines.measure(p, d, fitted, m["threshold"])
    page = [
        decision.asked(m),
        decision.table(m),
        decision.threshold(m),
        decision.certainty(m),
        decision.learned(m),
        decision.compared(m),
        *decision.mind(m),
        health.promise(d),
    ]
    said = " ".join(sentence.plain() for sentence in page)
    assert "nan" not in said.lower().split()
    assert f"{shape['rows']:,} rows" in said
    few = int(d.Y_test.sum())
    assert ("the intervals of its metrics are wide" in said) == (few < 30)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (table(2000, positives=1), "1 of 2,000 rows are positive"),
        (table(6, positives=1), "1 of 6 rows are positive"),
    ],
)
def test_too_few_of_a_class_are_refused_and_it_is_said_what_is_missing(
    frame, says, tmp_path
):
    with pytest.raises(InputError, match=says) as caught:
        loaded(frame, tmp_path)
    assert "give more rows" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_in_parts_is_the_table(tmp_path, monkeypatch):
    """Texts that some parts have and others not, and quotes over an end of a part."""
    frame = table(400).assign(
        town=np.where(np.arange(400) < 150, "Ulm", "Kiel, or\nnear"),
        note=[f"n{k}" for k in range(400)],
    )
    content = frame.to_csv(index=False).encode()
    whole = csvfile.read(content, "t.csv").frame
    monkeypatch.setattr(csvfile, "ROWS_AT_ONCE", 37)
    shares = []
    parts = csvfile.read(content, "t.csv", on_part=shares.append).frame
    for k in whole:
        pd.testing.assert_series_equal(
            textual.Text(parts[k]).text(), textual.Text(whole[k]).text()
        )
    assert textual.Text(parts["town"]).text().tolist() == frame["town"].tolist()
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.slow
def test_memory_stays_a_few_times_the_file(tmp_path, monkeypatch):
    """NumPy and Python tell what they hold; Arrow's share is in parts, and is not in.

    `benchmarks/memory.py` asks the system, which counts all.
    """
    rows = 40_000
    towns = [f"town {k}" for k in range(12)]
    frame = table(rows, 6).assign(
        part=np.arange(rows), plant=np.resize(towns, rows), shift=rows * ["early"]
    )
    frame.loc[::3, "shift"] = "late"
    path = tmp_path / "parts.csv"
    frame.to_csv(path, index=False)
    for module, name, value in (
        (csvfile, "ROWS_AT_ONCE", 2000),
        (checks, "SAMPLE", 500),
        (coded, "TALL", 0),
        (choosing, "WORTH_SHARING", 0),
        (engines, "EXAMPLES_AT_ONCE", 1000),
        (choosing, "ROWS_AT_ONCE", 2000),
        (baselines, "ROWS_AT_ONCE", 4000),
        (baselines, "MOST_ROWS", 5000),
    ):
        monkeypatch.setattr(module, name, value)
    p = validate({"data": str(path), "target": "faulty", "n_bootstrap": 20})
    size, most = path.stat().st_size, {}

    def step(name, do):
        tracemalloc.reset_peak()
        done = do()
        most[name] = round(tracemalloc.get_traced_memory()[1] / size, 2)
        return done

    def steps():
        step("reading", lambda: reader.read(path))
        d = step("loading", lambda: load(p))
        settled = step("choosing", lambda: choosing.choose(d.parameters, d)).parameters
        fitted = step("fitting", lambda: experiment.fit(settled, d))
        step("measuring", lambda: experiment.measure(settled, d, fitted))
        step("beside", lambda: baselines.measure(settled, d, fitted, 0.2))

    steps()  # imports and compiles
    tracemalloc.start()
    try:
        steps()
    finally:
        tracemalloc.stop()
    # Before pandas 3, each text is an object, and its pointers are held and counted.
    assert max(most.values()) < (3 if int(pd.__version__.split(".")[0]) > 2 else 5), (
        most
    )


def test_reading_a_tall_table_is_told_and_a_short_one_not(capsys):
    for shares in ([0.2, 0.4, 0.6, 0.9, 1.0], [1.0], [0.6, 1.0]):
        told = Told()
        for share in shares:
            told(share)
    said = capsys.readouterr().err.splitlines()
    assert said == [f"reading: {k}%" for k in (25, 50, 75, 100)]


def test_units_off_are_those_that_no_row_moves_however_many_rows(monkeypatch):
    network = initialise([1, 2, 1], np.random.default_rng(0))
    network.W[1][:], network.b[1][:] = [[1], [1]], [[0], [-5]]
    X = np.zeros((1, 30))
    X[0, -1] = 6  # only the last row moves the second unit
    Y, p = np.arange(4)[None] % 2, np.array([[0.1, 0.2, 0.3, 0.4]])
    monkeypatch.setattr(health, "ROWS_AT_ONCE", 7)
    assert health.measure(network, X, Y, p, 0.5, 0.25)["units_off"] == 0
    assert health.measure(network, X[:, :-1], Y, p, 0.5, 0.25)["units_off"] == 2
