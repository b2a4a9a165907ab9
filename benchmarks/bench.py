"""Time the report's training job against other libraries: `make bench`.

One process a library and precision, all pinned to the same core, asked in turn, so that
whatever else the machine does meets all alike. First all must reach the same loss from
the same weights. Writes ``bench.json``, ``bench.md`` and a figure to ``results``.

The time that counts is processor time: what the core spent on the process. On an idle
machine it is the time on the clock, which is written down too.
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from worker import BATCH, LAYER_DIMS, LIBRARIES

from lopsided.report import figures

HERE = Path(__file__).parent
RESULTS = HERE / "results"
ROWS = 88_421
STEPS = -(-ROWS // BATCH)  # an epoch
EPOCHS, ROUNDS = 10, 7
DTYPES = ["float64", "float32"]
SAME_LOSS = {"float64": 1e-6, "float32": 1e-5}
PACKAGES = ["lopsided", "numpy", "numba", "scikit-learn", "torch", "jax", "keras"]
#: What was measured before the network was written as lesson 02 writes it, on another
#: day: its own ratios can be compared with these, its times cannot.
EARLIER = json.loads((RESULTS / "earlier.json").read_text())
#: Ours, whom it is held against, and the most of that one's time it may take.
BOUNDS = [
    ("lopsided, numpy", "scikit-learn", 0.45),
    ("lopsided, numba", "JAX, jitted scan", 0.5),
    ("lopsided, numba", "arithmetic alone", 1.5),
]


def machine():
    """Say what the numbers were measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def versions():
    """List the installed packages that take part."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


class Worker:
    """One library in one precision, in its own process."""

    def __init__(self, library, dtype, core):
        self.library, self.dtype = library, dtype
        self.processor, self.wall = [], []
        command = [sys.executable, str(HERE / "worker.py"), library, dtype, str(core)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answer(self):
        """Read an answer, or None where the library cannot be had."""
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        reason = self.process.communicate()[1].strip().splitlines()[-1]
        print(f"{self.library}, {self.dtype}: left out ({reason})")
        return None

    def start(self):
        """Wait until it is warm; say whether it takes part."""
        first = self.answer()
        if first:
            self.loss, self.warm_up = first["loss"], first["warm_up"]
        return first is not None

    def measure(self, epochs):
        """Time some epochs, in microseconds a step."""
        self.process.stdin.write(f"{epochs}\n")
        self.process.stdin.flush()
        taken = self.answer()
        for clock in ("processor", "wall"):
            getattr(self, clock).append(1e6 * taken[clock] / (epochs * STEPS))

    def stop(self):
        self.process.communicate()

    def result(self):
        """Collect what goes to ``bench.json``."""
        return {
            "library": self.library,
            "dtype": self.dtype,
            "loss": self.loss,
            "warm_up_seconds": round(self.warm_up, 2),
            "processor_us": [round(t, 2) for t in self.processor],
            "wall_us": [round(t, 2) for t in self.wall],
        }


def same_loss(workers):
    """Stop unless all reach one loss after the first epoch."""
    expected = workers[0].loss
    print(f"loss after one epoch: {expected:.9f}")
    for worker in workers:
        if worker.loss is None:  # it only multiplies
            continue
        away = abs(worker.loss - expected)
        print(f"  {worker.library}, {worker.dtype}: {away:.1e} away")
        if not away <= SAME_LOSS[worker.dtype]:
            sys.exit("they do not do the same work: nothing was timed")


def ratio(ours, theirs):
    """Compare two workers round by round: the median share of the other's time."""
    pairs = zip(ours.processor, theirs.processor, strict=True)
    return median(a / b for a, b in pairs)


def table(workers):
    """Write the medians, spreads and ratios as Markdown."""
    by_name = {(w.library, w.dtype): w for w in workers}
    before = {(r["library"], r["dtype"]): r["us"] for r in EARLIER["step_us"]}
    lines = [
        "| | precision | µs a step | from – to | on the clock | ready after |"
        f" at {EARLIER['revision']} | numpy engine takes | numba engine takes |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for w in workers:
        shares = [
            f"{ratio(by_name[name, w.dtype], w):.2f} ×"
            if (name, w.dtype) in by_name and by_name[name, w.dtype] is not w
            else ""
            for name in ("lopsided, numpy", "lopsided, numba")
        ]
        cells = [
            w.library,
            w.dtype,
            f"{median(w.processor):.1f}",
            f"{min(w.processor):.1f} – {max(w.processor):.1f}",
            f"{median(w.wall):.1f}",
            f"{w.warm_up:.1f} s",
            f"{before[w.library, w.dtype]:.1f}"
            if (w.library, w.dtype) in before
            else "",
            *shares,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdicts(workers):
    """Hold our engines against their bounds: a list of dict."""
    by_name = {(w.library, w.dtype): w for w in workers}
    return [
        {
            "engine": name,
            "against": peer,
            "dtype": dtype,
            "ratio": round(ratio(by_name[name, dtype], by_name[peer, dtype]), 3),
            "bound": bound,
        }
        for name, peer, bound in BOUNDS
        for dtype in DTYPES
        if {(name, dtype), (peer, dtype)} <= set(by_name)
    ]


@figures.styled
def picture(workers):
    """Draw each library's median and range, both precisions."""
    figure, ax = figures.axes(
        "µs a step (one core, log scale)", "", "Training", (5.6, 4)
    )
    names = list(dict.fromkeys(w.library for w in workers))
    looks = {
        "float64": (figures.BLUE, "o", -0.13),
        "float32": (figures.ORANGE, "s", 0.13),
    }
    said = []
    for dtype, (colour, marker, shift) in looks.items():
        chosen = [w for w in workers if w.dtype == dtype]
        y = [names.index(w.library) + shift for w in chosen]
        middle = [median(w.processor) for w in chosen]
        ends = [min(w.processor) for w in chosen], [max(w.processor) for w in chosen]
        ax.hlines(y, *ends, color=colour, lw=1.5)
        face = colour if dtype == "float64" else "white"
        ax.plot(middle, y, marker, color=colour, mfc=face, ms=7, label=dtype)
        for x, at in zip(middle, y, strict=True):
            ax.annotate(
                f"{x:.0f}",
                (x, at),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        each = (f"{w.library} {median(w.processor):.0f}" for w in chosen)
        said.append(f"{dtype}: " + ", ".join(each))
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    ax.set_xlim(low, 1.4 * high)
    ax.set_xticks([10, 20, 50, 100, 200, 500], minor=False)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.set_xlim(low, 1.4 * high)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=2)
    alt = "Microseconds a training step on one core. " + "; ".join(said) + "."
    return figures.Picture("bench", figure, alt)


def main():
    """Check, time, and write."""
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    workers = []
    for library in LIBRARIES:
        for dtype in DTYPES:
            worker = Worker(library, dtype, core)
            print(f"warming up: {library}, {dtype}", flush=True)
            if worker.start():
                workers.append(worker)
    same_loss(workers)
    for i in range(ROUNDS):
        print(f"round {i + 1} of {ROUNDS}", flush=True)
        for worker in workers:
            worker.measure(EPOCHS)
    for worker in workers:
        worker.stop()
    where = machine()
    held = verdicts(workers)
    words = (
        f"{ROWS:,} rows, layers {LAYER_DIMS}, batch {BATCH}: {STEPS} steps an epoch, "
        f"shuffle and loss included. {ROUNDS} rounds of {EPOCHS} epochs in turn. "
        f"Medians of processor time, and of the time on the clock; ratios are medians "
        f"of those of processor time within a round. One core of "
        f"{where['cores']}: {where['processor']}, {where['system']}, Python "
        f"{where['python']}, load {where['load']}."
    )
    words += "\n\n" + ", ".join(f"{k} {v}" for k, v in versions().items() if v) + "."
    for v in held:
        met = "met" if v["ratio"] <= v["bound"] else "missed"
        words += (
            f"\n\n{v['engine']} takes {v['ratio']:.2f} × {v['against']}'s time in "
            f"{v['dtype']}; at most {v['bound']:g} is asked: {met}."
        )
    content = {
        "machine": where,
        "versions": versions(),
        "job": {"rows": ROWS, "layer_dims": LAYER_DIMS, "batch_size": BATCH},
        "results": [worker.result() for worker in workers],
        "bounds": held,
    }
    RESULTS.mkdir(exist_ok=True)
    drawn = picture(workers)
    (RESULTS / "bench.svg").write_bytes(drawn.svg())
    (RESULTS / "bench.png").write_bytes(drawn.png())
    (RESULTS / "bench.json").write_text(json.dumps(content, indent=1) + "\n")
    text = f"![{drawn.alt}](bench.svg)\n\n{table(workers)}\n\n{words}\n"
    (RESULTS / "bench.md").write_text(text, encoding="utf-8")
    print(f"\n{table(workers)}\n\n{words}")
    if any(v["ratio"] > v["bound"] for v in held):
        sys.exit("a bound was missed")


if __name__ == "__main__":
    main()
