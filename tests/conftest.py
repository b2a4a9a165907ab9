"""What several tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from lopsided.table.simulate import clinic

ROOT = Path(__file__).parents[1]

# The same examples each time, so that a change is blamed for what it breaks; at night
# (HYPOTHESIS_PROFILE=nightly), many new ones.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=150)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def tiny_clinic(tmp_path_factory):
    """Path of a simulated clinic with 200 rows."""
    path = tmp_path_factory.mktemp("data") / "clinic.csv"
    clinic(200, seed=1)[0].to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def real_data():
    """Path of the published file; the test is skipped where it is absent."""
    default = ROOT / "../shared/data/KaggleV2-May-2016.csv.zip"
    path = Path(os.environ.get("LOPSIDED_REAL_DATA", default))
    if not path.exists():
        pytest.skip(f"the published file is not at {path}; set LOPSIDED_REAL_DATA")
    return path
