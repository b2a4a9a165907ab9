"""A wheel and an sdist hold what git tracks; installed, the package works alone."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="the extra `test` is missing: make test")

ROOT = Path(__file__).parents[1]
STRAY = """
notebooks/mine.csv notebooks/10_mine.py notebooks/runs/r/metrics.json
notebooks/.ipynb_checkpoints/01-checkpoint.ipynb notebooks/results/own.lock
src/lopsided/scratch.py src/lopsided/report/mine.xlsx private.csv runs/r/model.npz
""".split()
#: Of the NumPy engine: the other would be compiled again for each notebook.
SMALL = "-p epochs 1 -p hidden_units [2] -p n_bootstrap 0 -p engine numpy".split()


def run(*command, cwd, **more):
    command = [str(part) for part in command]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, **more
    )


def succeeded(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tracked():
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no clone, so nothing says which files are the project's")
    names = succeeded(run("git", "ls-files", "-z", cwd=ROOT)).split("\0")
    return sorted(name for name in names if name and (ROOT / name).exists())


@pytest.fixture(scope="module")
def built(tmp_path_factory, tracked):
    """Build both from a repository in which other files lie about."""
    top = tmp_path_factory.mktemp("a folder – ö") / "lopsided"
    for name in tracked:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, top / name)
    succeeded(run("git", "init", "-q", cwd=top))
    succeeded(run("git", "add", "--force", ".", cwd=top))
    for name in STRAY:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("private")
    succeeded(run(sys.executable, "-m", "hatchling", "build", cwd=top))
    (wheel,) = (top / "dist").glob("*.whl")
    (sdist,) = (top / "dist").glob("*.tar.gz")
    return wheel, sdist


def placed(names):
    """Give the place in a wheel of each file that belongs there."""
    return sorted(
        [
            name.removeprefix("src/")
            for name in names
            if name.startswith("src/lopsided/")
        ]
        + [f"lopsided/{name}" for name in names if name.startswith("notebooks/")]
    )


def inside(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    return sorted(name for name in names if ".dist-info/" not in name)


def test_a_wheel_holds_what_git_tracks_and_nothing_else(built, tracked):
    assert inside(built[0]) == placed(tracked)
    assert "lopsided/notebooks/05_report.ipynb" in inside(built[0])


@pytest.mark.slow
def test_an_sdist_holds_what_git_tracks_and_makes_the_same_wheel(
    built, tracked, tmp_path
):
    with tarfile.open(built[1]) as archive:
        archive.extractall(tmp_path, filter="data")
        names = [entry.name.partition("/")[2] for entry in archive if entry.isfile()]
    assert sorted(names) == sorted([*tracked, "PKG-INFO"])
    (top,) = tmp_path.iterdir()
    succeeded(run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=top))
    (again,) = (top / "dist").glob("*.whl")
    assert inside(again) == inside(built[0])


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Unpack the wheel as an installer does; give variables that find it first."""
    place = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(built[0]).extractall(place)
    for path in [*place.rglob("*"), place]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield place, os.environ | {"PYTHONPATH": str(place)}
    for path in [place, *place.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


@pytest.mark.ci
@pytest.mark.slow
def test_an_installed_package_makes_a_run_in_an_empty_folder(
    installed, tmp_path, tiny_clinic
):
    place, variables = installed
    code = "import lopsided; print(lopsided.__file__)"
    found = run(sys.executable, "-P", "-c", code, cwd=tmp_path, env=variables)
    assert Path(succeeded(found).strip()).parent.parent == place
    command = [sys.executable, "-P", "-m", "lopsided"]
    done = run(*command, "report", tiny_clinic, *SMALL, cwd=tmp_path, env=variables)
    assert "run folder: runs" in succeeded(done)
    assert (tmp_path / "runs/default/metrics.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    refused = run(*command, "notebooks", cwd=tmp_path, env=variables)
    assert refused.returncode == 2
    assert "installed lopsided stay as they are" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.slow
def test_an_editable_install_finds_the_package(tmp_path):
    code = "from hatchling.build import build_editable; print(build_editable({!r}))"
    name = succeeded(run(sys.executable, "-c", code.format(str(tmp_path)), cwd=ROOT))
    with zipfile.ZipFile(tmp_path / name.splitlines()[-1]) as wheel:
        (path,) = [n for n in wheel.namelist() if n.endswith(".pth")]
        assert wheel.read(path).decode().split() == [str(ROOT / "src")]


# Another user, who may read this interpreter wherever it lies, and write nothing.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
NOBODY += [f"--{kind}-caps=-all,+dac_read_search" for kind in ("inh", "ambient")]


@pytest.fixture
def open_to_all():
    """Give a folder that every user may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="other-user-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.ci
@pytest.mark.slow
def test_another_user_makes_a_run_from_a_read_only_checkout(
    tracked, open_to_all, tiny_clinic
):
    """Without a home, too, as where nobody logs in."""
    checkout, work = open_to_all / "a checkout – ö", open_to_all / "work"
    for name in tracked:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, checkout / name)
    for path in [checkout, *checkout.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    work.mkdir()
    work.chmod(0o777)
    shutil.copy(tiny_clinic, work / "clinic.csv")
    variables = {n: v for n, v in os.environ.items() if n in ("PATH", "LANG")}
    variables |= {"PYTHONPATH": str(checkout / "src"), "HOME": "/nonexistent"}
    how = {"cwd": work, "env": variables}
    code = "import lopsided, os; print(os.getuid(), lopsided.__file__)"
    same = f"; import sys; sys.exit(sys.base_prefix != {sys.base_prefix!r})"
    try:
        who = run(*NOBODY, sys.executable, "-P", "-c", code + same, **how)
    except OSError:
        pytest.skip("there is no setpriv")
    if who.returncode:
        pytest.skip(f"another user cannot run {sys.executable} here: {who.stderr}")
    assert who.stdout.strip() == f"65534 {checkout}/src/lopsided/__init__.py"
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    command = [*NOBODY, sys.executable, "-P", "-m", "lopsided", "report", "clinic.csv"]
    assert "run folder: runs" in succeeded(run(*command, *SMALL, **how))
    assert (work / "runs/default/report.html").exists()
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before
