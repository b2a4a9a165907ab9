"""The committed results come out again: counts exactly, the rest to 1e-9.

They were made by the engine that the lessons explain. The compiled one comes within
1e-6, with equal counts.
"""

import json
import os
import platform
import subprocess
import sys

import pytest
from conftest import ROOT
from threadpoolctl import threadpool_limits
from trained_once import trained_once

from lopsided.parameters import Parameters
from lopsided.report import baselines, experiment, results
from lopsided.table.dataset import load

pytestmark = pytest.mark.slow

#: Linux on x86-64 computes the same whatever the CPU; elsewhere libraries differ.
EXACT = (platform.system(), platform.machine()) == ("Linux", "x86_64")


def golden(name):
    return json.loads((ROOT / f"notebooks/results/{name}.json").read_text())


def assert_close(found, expected, tolerance=1e-9, where=""):
    if isinstance(expected, dict):
        assert set(found) == set(expected), where
        for key in expected:
            assert_close(found[key], expected[key], tolerance, f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            assert_close(a, b, tolerance, f"{where}[{i}]")
    elif isinstance(expected, float):
        tolerance = tolerance if EXACT else 1e-4
        assert found == pytest.approx(expected, rel=0, abs=tolerance), where
    elif isinstance(expected, int) and not EXACT:
        assert abs(found - expected) <= 2, where
    else:
        assert found == expected, where


def default_metrics(engine, fit=experiment.fit):
    """Give what notebook 05 writes into ``metrics.json`` of the default run."""
    dataset = load(Parameters(engine=engine))
    choice = results.choice(dataset.parameters, dataset)
    p, fitted = choice.parameters, fit(choice.parameters, dataset)
    found = experiment.measure(p, dataset, fitted)
    found["training"] = choice.told
    found["beside"] = baselines.measure(p, dataset, fitted, found["threshold"])
    return found


def test_the_default_run():
    assert_close(default_metrics("numpy", trained_once), golden("simulated"))


@pytest.mark.ci
@pytest.mark.parametrize(("engine", "tolerance"), [("numpy", 1e-9), ("numba", 1e-6)])
def test_the_default_run_with_two_threads(engine, tolerance):
    """A run, and the test above, have one."""
    if engine == "numba":
        pytest.importorskip("numba", reason="needs the extra 'fast'")
    with threadpool_limits(2, "blas"):
        found = default_metrics(engine)
    assert_close(found, golden("simulated"), tolerance)


def test_the_metrics_in_a_run():
    """``.ci/run`` names the runs that it made, of processes with one thread each."""
    if "LOPSIDED_RUN" not in os.environ:
        pytest.skip("LOPSIDED_RUN names no run, such as runs/default")
    folder = ROOT / os.environ["LOPSIDED_RUN"]
    name = {"default": "simulated"}.get(folder.name, folder.name)
    made = json.loads((folder / "parameters.json").read_text())
    tolerance = {"numpy": 1e-9, "numba": 1e-6}[made["engine"]]
    found = json.loads((folder / "metrics.json").read_text())
    assert_close(found, golden(name), tolerance)


@pytest.mark.ci
def test_the_run_on_the_real_file(real_data, tmp_path):
    """As ``make report DATA=... RUN=real`` does it, to the last byte."""
    command = [sys.executable, "-m", "lopsided", "report", real_data.resolve()]
    done = subprocess.run(
        [*map(str, command), "--run", "real", "-p", "engine", "numpy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "runs/real/metrics.json").read_text())
    assert_close(found, golden("real"))
    assert (found["data"]["n_train"], found["data"]["n_test"]) == (88_421, 22_106)
    rows = [sum(row) for row in found["test"]["confusion_matrix"]]
    assert rows == [17_642, 4_464]


def test_the_committed_real_run_is_of_the_published_file():
    found = golden("real")
    assert found["data"]["sha256"] == (
        "9132d3e7d0246617df9041d3764f20ad6f08e7b0d9f0997fa254fc5e52eda27d"
    )
