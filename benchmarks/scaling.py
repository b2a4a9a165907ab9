"""How training's cost grows with rows, width, batch and depth: part of `make bench`.

Each point is measured in a process of its own, so that its peak of memory is its own:
``python scaling.py LIBRARY JOB`` measures one, with the job as JSON. Without arguments
all are measured, the libraries of a point one after the other, and ``scaling.json``,
``scaling.md`` and a figure are written to ``results``.

Time is processor time of one core. Memory is what the process came to hold beyond what
it held before the data were made, the data included; it is known on Linux alone.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from bench import EARLIER, RESULTS, machine, versions
from matplotlib.ticker import EngFormatter
from worker import LIBRARIES, problem

from lopsided.lesson import metrics
from lopsided.lesson.threshold import class_cdfs
from lopsided.report import figures

COMPARED = ["lopsided, numpy", "lopsided, numba", "scikit-learn", "JAX, jitted scan"]
#: Held against the best of the others at each point; the noise of a point is allowed.
FIRST, AT_MOST = "lopsided, numba", 1.05
USUAL = {"rows": 88_421, "width": 40, "batch": 200, "depth": 2}
AXES = {
    "rows": [10_000, 100_000, 1_000_000, 10_000_000],
    "width": [3, 10, 40, 100, 300, 1000],
    "batch": [32, 128, 512, 2048, 8192],
    "depth": [1, 2, 3, 4, 6, 8],
}
STEPS = 200  # at least, for a point; 10 where a step is long
MEMORY_BOUND = 2.5  # matrices of float64, the one given included
SUMMARY_BOUND = 10  # seconds for ten million predictions
SUMMARY = "summary"


def resident(peak=False):
    """Read this process's memory, or its peak since `forget_peak`, in bytes."""
    name = "VmHWM:" if peak else "VmRSS:"
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))


def forget_peak():
    """Let the peak start from what is held now."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")


def measure(library, job):
    """Train on one job; give microseconds a step and the peak of memory."""
    layer_dims = [8, *[job["width"]] * job["depth"], 1]
    rows, labels, network = problem(1000, layer_dims)
    LIBRARIES[library](rows, labels, network, job["batch"]).run(1)  # load and compile
    before = resident()
    rows, labels, network = problem(job["rows"], layer_dims)
    forget_peak()
    trained = LIBRARIES[library](rows, labels, network, job["batch"])
    steps = -(-job["rows"] // job["batch"])
    wanted = STEPS if job["width"] < 300 else 20
    epochs = max(1, -(-wanted // steps))
    taken = []
    for _ in range(3 if job["rows"] < 10**7 else 1):
        began = time.process_time()
        trained.run(epochs)
        taken.append(1e6 * (time.process_time() - began) / (epochs * steps))
    peak = None if before is None else resident(peak=True) - before
    return {"us": round(median(taken), 1), "peak_bytes": peak, "matrix": rows.nbytes}


def summarise(n):
    """Time the summary of n predictions: all metrics and both CDFs."""
    rng = np.random.default_rng(0)
    Y = (rng.random((1, n)) < 0.2).astype(float)
    p = np.clip(rng.normal(0.2 + 0.1 * Y, 0.1), 0, 1)
    began = time.process_time()
    metrics.summary(Y, p, 0.18)
    class_cdfs(Y, p)
    return {"seconds": round(time.process_time() - began, 3)}


def ask(library, job):
    """Measure one point in a process of its own."""
    command = [sys.executable, __file__, library, json.dumps(job)]
    one_thread = {f"{pool}_NUM_THREADS": "1" for pool in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env=os.environ | one_thread
    )
    return json.loads(done.stdout)


def all_points():
    """Measure every axis for every library: a list of dict."""
    points = []
    for axis, values in AXES.items():
        for value in values:
            job = USUAL | {axis: value}
            if axis == "width" and value >= 300:
                job["rows"] = 20 * job["batch"]  # a step is long: a few are enough
            for library in COMPARED:
                found = ask(library, job)
                points.append({"axis": axis, "value": value, "library": library})
                points[-1] |= found
                print(points[-1], flush=True)
    for n in AXES["rows"]:
        points.append({"axis": SUMMARY, "value": n, "library": COMPARED[0]})
        points[-1] |= ask(SUMMARY, n)
        print(points[-1], flush=True)
    return points


@figures.styled
def picture(points):
    """Draw time a step along each axis; along rows, memory and the summary too."""
    figure = figures.Figure(figsize=(5.6, 7.6))
    panels = figure.subplots(3, 2).ravel()
    colours = (figures.BLUE, figures.GREEN, figures.ORANGE, figures.GREY)
    shown = [(axis, "us", "µs a step") for axis in AXES]
    shown += [("rows", "peak_bytes", "peak memory (bytes)")]
    shown += [(SUMMARY, "seconds", "summary (s)")]
    for ax, (axis, what, label) in zip(panels, shown, strict=True):
        for library, colour, look in zip(
            COMPARED, colours, ("o-", "^-.", "s--", "v:"), strict=True
        ):
            own = [p for p in points if (p["axis"], p["library"]) == (axis, library)]
            if not own or any(p[what] is None for p in own):
                continue
            x, y = [p["value"] for p in own], [p[what] for p in own]
            ax.loglog(x, y, look, color=colour, label=library, lw=1.5, ms=5)
        ax.set(xlabel="rows" if axis == SUMMARY else axis, ylabel=label)
        for line in (ax.xaxis, ax.yaxis):
            line.set_major_formatter(EngFormatter(sep=""))
            line.set_minor_formatter("")
        if axis == "depth":
            ax.set_xticks(AXES["depth"])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center")
    alt = (
        "Six panels on logarithmic axes, for both engines of lopsided, scikit-learn "
        "and JAX: time a step against rows, width, batch and depth, and against "
        "rows the peak memory of training and the time to summarise predictions."
    )
    return figures.Picture("scaling", figure, alt)


def words(points):
    """Say what was found, in Markdown."""
    before = {
        (p["axis"], p["value"], p["library"]): p["us"] for p in EARLIER["scaling_us"]
    }
    lines = [
        "| axis | value | library | µs a step | of the best other's | peak, matrices "
        f"| µs at {EARLIER['revision']} |",
        "| --- | --: | --- | --: | --: | --: | --: |",
    ]
    for library in COMPARED:
        for p in points:
            if p["library"] != library or p["axis"] not in AXES:
                continue
            big = p["axis"] == "rows" and p["value"] >= 10**6 and p["peak_bytes"]
            peak = f"{p['peak_bytes'] / p['matrix']:.2f}" if big else ""
            then = before.get((p["axis"], p["value"], library))
            lines.append(
                f"| {p['axis']} | {p['value']:,} | {library} | {p['us']:,.1f} "
                f"| {share_of_best(p, points):.2f} × | {peak} "
                f"| {'' if then is None else f'{then:,.1f}'} |"
            )
    return "\n".join(lines)


def share_of_best(point, points):
    """Compare a point with the fastest other library at the same job."""
    job = point["axis"], point["value"]
    others = [
        p["us"]
        for p in points
        if (p["axis"], p["value"]) == job and p["library"] != point["library"]
    ]
    return point["us"] / min(others)


def verdicts(points):
    """Hold the largest tables against the bounds: sentences, each with whether met."""
    largest = max(AXES["rows"])
    first = [p for p in points if p["library"] == FIRST and p["axis"] in AXES]
    worst = max(first, key=lambda p: share_of_best(p, points))
    share = share_of_best(worst, points)
    what = f"Where it does worst, at {worst['axis']} {worst['value']:,}, {FIRST} takes"
    yield f"{what} {share:.2f} times as long as the best of the others", share, AT_MOST
    for p in points:
        if p["value"] != largest or not p["library"].startswith("lopsided"):
            continue
        if p["axis"] == "rows" and p["peak_bytes"]:
            share = p["peak_bytes"] / p["matrix"]
            what = f"{p['library']} trains on {largest:,} rows in {share:.2f} times"
            yield f"{what} the memory of their matrix", share, MEMORY_BOUND
        if p["axis"] == SUMMARY:
            what = f"{largest:,} predictions are summarised in {p['seconds']:.1f} s"
            yield what, p["seconds"], SUMMARY_BOUND


def main():
    """Measure one point, or all of them."""
    if len(sys.argv) > 1:
        library, job = sys.argv[1], json.loads(sys.argv[2])
        found = summarise(job) if library == SUMMARY else measure(library, job)
        print(json.dumps(found))
        return
    content = {"machine": machine(), "versions": versions(), "points": all_points()}
    (RESULTS / "scaling.json").write_text(json.dumps(content, indent=1) + "\n")
    if not write(**content):
        sys.exit("a bound was missed")


def write(machine, versions, points):
    """Write figure and table; say whether every bound is met."""
    drawn = picture(points)
    (RESULTS / "scaling.svg").write_bytes(drawn.svg())
    (RESULTS / "scaling.png").write_bytes(drawn.png())
    held = [*verdicts(points)]
    said = [f"{what}; at most {bound} is asked." for what, _, bound in held]
    said += [
        f"Unless an axis says otherwise: {USUAL['rows']:,} rows, {USUAL['depth']} "
        f"hidden layers of {USUAL['width']} units, batch {USUAL['batch']}; float64, "
        f"processor time of one core. {machine['processor']}, {machine['system']}, "
        f"Python {machine['python']}, load {machine['load']}; "
        + ", ".join(
            f"{k} {versions[k]}" for k in ("numpy", "numba", "scikit-learn", "jax")
        )
        + "."
    ]
    text = "\n\n".join([f"![{drawn.alt}](scaling.svg)", *said, words(points)])
    (RESULTS / "scaling.md").write_text(text + "\n", encoding="utf-8")
    print("\n".join(said))
    return all(found <= bound for _, found, bound in held)


if __name__ == "__main__":
    main()
