"""A small sample of the faults and of the odd tables that `faults.py` tries."""

import os
import random

import pytest

if os.name == "nt":
    pytest.skip("POSIX signals", allow_module_level=True)

import faults
from conftest import in_ci

CORNERS = [
    ("kill", "starting", "its group"),
    ("kill", "ending", "command"),
    ("short memory", "running", "command"),
    ("full disk", "running", "command"),
    ("slow machine", "running", "a kernel"),
]
SHORT = [*faults.SHORT]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return faults.Place(tmp_path_factory.mktemp("faults") / "root")


@pytest.mark.slow
@pytest.mark.parametrize("corner", in_ci(CORNERS, CORNERS[3]), ids=" ".join)
def test_a_fault_of_a_report_is_survived(corner, place):
    what, when, whom = corner
    draw = random.Random(f"{what} {when} {whom}")
    assert faults.fault_report(place, draw, what, when, whom)


@pytest.mark.slow
@pytest.mark.parametrize("name", in_ci(SHORT, SHORT[0]))
def test_a_file_is_whole_or_not_there(name, place):
    assert faults.fault_short(place, random.Random(name), "kill", "", name)


@pytest.mark.ci
@pytest.mark.slow
def test_a_sweep_goes_on_after_a_fault(place):
    draw = random.Random(0)
    assert faults.fault_sweep(place, draw, "kill", "running", "its group")


def test_the_matrix_has_every_corner(place):
    tried = faults.faults(random.Random(0), 400)
    corners = {(what, when, whom) for _, what, when, whom in tried}
    assert {*CORNERS} < corners
    assert {what for what, *_ in corners} >= {*faults.KILLS, "full disk"}
    assert len(corners) >= 3 * len(faults.REPORT) + len(faults.SHORT)
