"""The files that describe the environment agree with each other."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import lopsided

ROOT = Path(__file__).parents[1]
#: Wheels that bring a program along. Conda has no such packages: pip installs them.
PYPI_ONLY = ["pypandoc-binary", "typst"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def requirements(lines):
    """Map each package to its range: 'numpy>=2.0' -> {'numpy': '>=2.0'}."""
    pairs = (re.fullmatch(r"([\w.-]+)(.*)", line.strip()) for line in lines)
    return {re.sub(r"[._-]+", "-", m[1]).lower(): m[2] for m in pairs}


def test_environment_yml_has_the_ranges_of_pyproject():
    described = YAML(typ="safe").load(ROOT / "environment.yml")
    *names, pip = described["dependencies"]
    conda = requirements(n for n in names if n != "pip")
    assert conda.pop("python") == PROJECT["requires-python"]
    wanted = requirements(PROJECT["dependencies"] + EXTRAS["report"] + EXTRAS["fast"])
    for name in PYPI_ONLY:
        del wanted[name]
    assert conda == wanted
    assert pip == {"pip": ["-e .[report,fast]"]}


def test_the_core_is_what_the_estimator_needs():
    assert [*requirements(PROJECT["dependencies"])] == [
        *("numpy", "pandas", "scikit-learn", "joblib", "pydantic")
    ]


@pytest.mark.slow
def test_the_estimator_trains_and_reads_with_nothing_but_the_core():
    """In a Python where only the core and what it brings along can be imported."""
    code = f"""if True:
        import sys
        forbidden = {sorted(modules_of(EXTRAS["report"]))!r}

        class Absent:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in forbidden:
                    raise ModuleNotFoundError(f"no {{name}}", name=name)

        sys.meta_path.insert(0, Absent())
        from sklearn.datasets import make_classification
        import lopsided
        X, y = make_classification(random_state=0)
        model = lopsided.NeuralNetClassifier(epochs=2, random_state=0).fit(X, y)
        print(model.predict_proba(X).shape)
        sys.argv = ["lopsided", "report"]
        from lopsided.__main__ import main
        main()
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "(100, 2)\n", done.stderr
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("lopsided: click is missing; ")
    assert "'lopsided[report]'" in line


def modules_of(wanted):
    """Name what can be imported of some packages, but for SciPy: the core brings it."""
    names = set(requirements(wanted)) - {"scipy"}
    return {
        module
        for module, packages in packages_distributions().items()
        if names & set(requirements(packages))
    }


LOCKS = [("requirements", ["report", "fast"]), ("requirements-all", [*EXTRAS])]


@pytest.mark.parametrize(("name", "extras"), LOCKS)
def test_the_lock_has_every_package_with_hashes_and_no_address(name, extras):
    text = (ROOT / f"{name}.lock").read_text()
    locked = set(re.findall(r"^([\w.-]+)==", text, flags=re.M))
    wanted = PROJECT["dependencies"] + [line for e in extras for line in EXTRAS[e]]
    assert set(requirements(wanted)) <= locked
    assert not re.search(r"https?://|file:|--index-url|--find-links", text)
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_a_report_gets_what_it_needs_and_the_rest_adds_to_it():
    pins = [
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / f"{name}.lock").read_text(), re.M))
        for name, _ in LOCKS
    ]
    assert pins[0] < pins[1]
    tools = set(requirements(EXTRAS["test"]))
    assert not tools & {pin.partition("==")[0] for pin in pins[0]}


def test_pinned_tools_are_the_locked_ones():
    text = (ROOT / "requirements-all.lock").read_text()
    for tool in ("ruff", "mypy"):
        pinned = requirements(EXTRAS["test"])[tool]
        assert f"\n{tool}{pinned} " in text


def test_the_oldest_supported_versions_are_the_lower_bounds():
    lines = (ROOT / "tests/oldest.txt").read_text().splitlines()
    oldest = requirements(line for line in lines if not line.startswith("#"))
    bounds = requirements(PROJECT["dependencies"] + EXTRAS["report"])
    for name, version in oldest.items():
        lower = bounds[name].removeprefix(">=")
        assert version.removeprefix("==").startswith(lower), name


def test_there_is_one_version():
    version = PROJECT["version"]
    cited = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert lopsided.__version__ == version
    assert str(cited["version"]) == version
    assert cited["title"].startswith(PROJECT["name"])
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
    assert newest[1] == version


@pytest.mark.slow
def test_hooks_before_a_commit_use_the_locked_tools():
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    needed = {d for hook in hooks for d in hook.get("additional_dependencies", [])}
    test = requirements(EXTRAS["test"])
    assert f"ruff{test['ruff']}" in needed
    (largest,) = (h["entry"] for h in hooks if h["id"] == "large-files")
    kilobytes = int(largest.rpartition("=")[2])
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    for path in filter(None, listed.split("\0")):
        assert (ROOT / path).stat().st_size <= 1024 * kilobytes, path


def test_the_public_workflow_runs_ci_and_the_pythons_that_are_promised():
    workflow = YAML(typ="safe").load(ROOT / ".github/workflows/tests.yml")
    linux, others = (workflow["jobs"][name] for name in ("linux", "elsewhere"))
    assert [step.get("run") for step in linux["steps"]][-1] == ".ci/run"
    assert os.access(ROOT / ".ci/run", os.X_OK)
    matrix = others["strategy"]["matrix"]
    systems = {*matrix["os"], *(case["os"] for case in matrix["include"])}
    assert {name.partition("-")[0] for name in systems} >= {"macos", "windows"}
    pythons = {*matrix["python"], *(case["python"] for case in matrix["include"])}
    listed = {c.rpartition(" :: ")[2] for c in PROJECT["classifiers"]}
    assert pythons == {c for c in listed if c.startswith("3.")}
    assert f">={min(pythons)}" == PROJECT["requires-python"]
