"""The same numbers whatever the processor: BLAS kernels, features, threads, row order.

Each case is a process of its own, because OpenBLAS and NumPy choose their kernels when
they are loaded. A case that this processor cannot run is skipped, by name.
``python tests/test_same_numbers.py`` runs them all, and prints the largest differences.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, in_ci, nbval
from test_golden import assert_close, default_metrics, golden
from threadpoolctl import threadpool_info

from lopsided.engines import chosen as epoch_engine
from lopsided.lesson.network import initialise, predict_logits, predict_proba
from lopsided.lesson.threshold import choose
from lopsided.parameters import validate
from lopsided.pipeline.predict import predict
from lopsided.report import experiment, results
from lopsided.table.dataset import load
from lopsided.table.simulate import clinic

try:
    from lopsided.compiled_prediction import predict_logits as twin_logits
except ModuleNotFoundError:  # without the extra `fast`
    twin_logits = predict_logits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (platform.system(), platform.machine()) != ("Linux", "x86_64"),
        reason="the kernels named here are those of Linux on x86-64",
    ),
]

AVX512, AVX2 = ("AVX512", "X86_V4"), ("AVX2", "FMA3", "X86_V3")
#: Each case: OpenBLAS's kernel, None for the processor's own, and the beginnings of the
#: names of the features that NumPy must not use.
CASES = {
    "its own": (None, ()),
    "Haswell": ("Haswell", ()),
    "Zen": ("Zen", ()),
    "SkylakeX": ("SkylakeX", ()),
    "Haswell, no AVX-512": ("Haswell", AVX512),
    "Sandybridge, no AVX2": ("Sandybridge", AVX512 + AVX2),
}
THREADS = (1, 2, 4)
SHORT = ("its own", "Haswell, no AVX-512")
RULES = "f1 youden prevalence recall:0.8 precision:0.3 cost:4:1 capacity:50".split()


def features():
    """List the features that NumPy chooses by, and that this processor has."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__[name]]


def environment(kernel, without):
    """Say which kernels a process should use; skip where NumPy has nothing to leave."""
    own = {**os.environ, "OPENBLAS_CORETYPE": kernel or ""}
    if kernel is None:
        del own["OPENBLAS_CORETYPE"]
    if without:
        left = [name for name in features() if name.startswith(without)]
        if not left:
            pytest.skip(f"this processor has no {' or '.join(without)} to do without")
        own["NPY_DISABLE_CPU_FEATURES"] = " ".join(left)
    return own


def numbers(job, case, *arguments):
    """Run a job of this file in a process of its own; give what it measured.

    It starts with one thread, as a run does.
    """
    kernel, without = CASES[case]
    done = subprocess.run(
        [sys.executable, __file__, job, *map(str, arguments)],
        env=environment(kernel, without) | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if kernel and done.returncode == -signal.SIGILL:  # OpenBLAS lets one ask for it
        pytest.skip(f"this processor cannot run {kernel}: it lacks its instructions")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if kernel and found["kernel"] != kernel:
        pytest.skip(f"this processor cannot run {kernel}; it ran {found['kernel']}")
    return found


def kernel_in_use():
    """Name OpenBLAS's kernel, None for another BLAS."""
    from threadpoolctl import threadpool_info

    return next(
        (
            b.get("architecture")
            for b in threadpool_info()
            if "blas" in b["internal_api"]
        ),
        None,
    )


def default_job():
    """Give the metrics of the default run."""
    return {"metrics": default_metrics("numpy")}


def short_job(table, threads):
    """Train briefly; give metrics, thresholds, and how many rows break a promise."""
    from threadpoolctl import threadpool_limits

    chosen = {"data": table, "epochs": 3, "n_bootstrap": 20, "engine": "numpy"}
    dataset = load(validate(chosen))
    p, other = dataset.parameters, dataset.parameters.with_(engine=epoch_engine("auto"))
    with threadpool_limits(int(threads), "blas"):
        fitted = experiment.fit(p, dataset)
        compiled = experiment.fit(other, dataset)
        X, found = dataset.X_train, fitted.p_train[0]
        order = np.random.default_rng(0).permutation(X.shape[1])
        moved = predict_proba(fitted.network, X[:, order])[0]
        alone = [predict_proba(fitted.network, X[:, [i]])[0, 0] for i in range(50)]
        wide = initialise([len(X), 70, 35, 1], np.random.default_rng(0))
        wide.b[1][:] = wide.b[2][:] = 0.1
        by_lesson = predict_logits(wide, X)
        _, which = np.unique(X, axis=1, return_inverse=True)
        first = np.full(which.max() + 1, np.nan)
        first[which.ravel()[::-1]] = found[::-1]
        with tempfile.TemporaryDirectory() as folder:
            results.save_fitted(Path(folder), p, dataset, fitted)
            model = results.load_model(Path(folder, results.MODEL))
        again = predict(model, table)[0]["probability"].to_numpy()
        return {
            "metrics": experiment.measure(p, dataset, fitted),
            "by the compiled engine": experiment.measure(other, dataset, compiled),
            "thresholds": {
                rule: choose(rule, dataset.Y_train, fitted.p_train, fitted.p_test).t
                for rule in RULES
            },
            "broken": {
                "equal rows with two predictions": (
                    first[which.ravel()] != found
                ).sum(),
                "rows that their place changed": (moved != found[order]).sum(),
                "rows that being alone changed": (alone != found[:50]).sum(),
                "rows that the compiled twin changed": (
                    twin_logits(wide, X) != by_lesson
                ).sum(),
                "rows of a wide network that their place changed": (
                    twin_logits(wide, X[:, order]) != by_lesson[:, order]
                ).sum(),
                "rows that predict gave another": (
                    again[dataset.test.rows] != fitted.p_test[0]
                ).sum(),
            },
        }


def write_table(folder):
    """Write a clinic in which each row stands three times, somewhere."""
    path = Path(folder, "clinic.csv")
    rows = clinic(4000, seed=1)[0]
    order = np.random.default_rng(0).permutation(3 * len(rows)) % len(rows)
    rows.iloc[order].to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("numbers"))


@pytest.fixture(scope="module")
def short(table):
    """Give a function that makes each case once: its numbers with so many threads."""
    return cache(lambda case, threads: numbers("short", case, table, threads))


@pytest.mark.parametrize("threads", in_ci(THREADS, 1))
@pytest.mark.parametrize("case", in_ci(CASES, *SHORT))
def test_a_short_job_gives_the_same_numbers(short, case, threads):
    expected, found = short("its own", 1), short(case, threads)
    assert_close(found["metrics"], expected["metrics"])
    assert_close(found["thresholds"], expected["thresholds"])
    assert_close(found["by the compiled engine"], expected["metrics"], 1e-6)


@pytest.mark.parametrize("threads", in_ci(THREADS, 1))
@pytest.mark.parametrize("case", in_ci(CASES, *SHORT))
def test_a_row_has_one_prediction_wherever_it_stands(short, case, threads):
    assert set(short(case, threads)["broken"].values()) == {0}


def own_kernel():
    """Name the kernel that OpenBLAS chose in this process."""
    for library in threadpool_info():
        if "numpy" in library["filepath"]:
            return library["architecture"]
    return None


@pytest.mark.ci
@pytest.mark.parametrize("case", sorted({"Haswell", "SkylakeX"} - {own_kernel()}))
def test_the_default_run_on_other_kernels(case):
    """On this processor's own, `test_golden.test_the_default_run` looks."""
    found = numbers("default", case)
    assert_close(found["metrics"], golden("simulated"))


NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.ci
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_checked_outputs_of_a_notebook_without_avx512(name):
    path = ROOT / "notebooks" / name
    done = nbval(path, environment("Haswell", AVX512))
    assert done.returncode == 0, done.stdout


def largest_difference(found, expected):
    """Give the largest difference between two numbers of one name."""
    if isinstance(expected, dict):
        return max(
            (largest_difference(found[k], v) for k, v in expected.items()), default=0
        )
    if isinstance(expected, list | tuple):
        return max(map(largest_difference, found, expected), default=0)
    return abs(found - expected) if isinstance(expected, int | float) else 0


def print_all():
    """Print the largest difference of each case, or why it could not be tried."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(folder)
        expected = numbers("short", "its own", path, 1)
        for case in CASES:
            try:
                found = {k: numbers("short", case, path, k) for k in THREADS}
                full = numbers("default", case)
            except pytest.skip.Exception as reason:
                print(f"{case}: not tried; {reason}")
                continue
            for threads in THREADS:
                difference = largest_difference(found[threads], expected)
                print(f"{case}, {threads} threads, short job: {difference:.1e}")
            difference = largest_difference(full["metrics"], golden("simulated"))
            print(f"{case} ({full['kernel']}), default run: {difference:.1e}")


if __name__ == "__main__":
    job, *arguments = sys.argv[1:] or [None]
    if job == "short":
        made = short_job(*arguments)
    elif job == "default":
        made = default_job()
    else:
        print_all()
        sys.exit()
    print(json.dumps(made | {"kernel": kernel_in_use()}, default=int))
