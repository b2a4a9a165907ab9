"""Time whole commands, beside the same commands of an earlier revision: `make bench`.

Each command runs in turn with the earlier revision's, which git puts into a folder of
its own; a short one runs once unmeasured before. Both use this environment. Written
down is the time on the clock, which is what a user waits, and the processor time of all
its processes, which depends less on what else the machine does. ``commands.json`` and
``commands.md`` go to ``results``. Arguments name the commands to measure, and others
stay as they were; by default all are measured.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

from bench import EARLIER, RESULTS, machine, versions

ROOT = Path(__file__).parents[1]
ADOPT = 36  # prctl's PR_SET_CHILD_SUBREAPER
#: Each command by name: its words, seconds that it may take on two cores or None,
#: whether the earlier revision is timed too, and how often both are.
COMMANDS = {
    "help": (["--help"], 0.3, True, 3),
    "check": (["check", "clinic.csv"], 1.5, True, 3),
    "default run": (["report"], 18, True, 3),
    "ten networks": (["report", "--run", "ten", "-p", "n_seeds", "10"], None, True, 1),
    "worked sweep": (["sweep"], 150, False, 1),
}
#: The most of the earlier revision's time that a command may take.
SHARES = {"ten networks": 0.6}


def timed(source, folder, words):
    """Run a command of one revision; give its seconds: clock and processors."""
    sweep = folder / "runs/sweeps"
    if words == ["sweep"] and sweep.exists():  # it would resume
        sweep.rename(folder / f"swept {time.time()}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "lopsided", *words],
        cwd=folder,
        # Runs that others make here tidy the common folder for temporary files.
        env=os.environ | {"PYTHONPATH": str(source / "src"), "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    clock = time.perf_counter() - began
    with suppress(ChildProcessError):  # the server of a run ends after its command
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"clock": round(clock, 2), "processor": round(used, 2)}


def measure(names, folder):
    """Time the commands in turn with the earlier revision's: a list of dict."""
    earlier = folder / EARLIER["revision"]
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run(
        [*git, "add", "--detach", str(earlier), EARLIER["revision"]],
        check=True,
        capture_output=True,
    )
    try:
        places = {"now": ROOT, "earlier": earlier}
        for name in places:
            (folder / name).mkdir()
            make = ["simulate", "clinic.csv", "--rows", "2000"]
            timed(ROOT, folder / name, make)
        found = []
        for name in names:
            words, asked, both, rounds = COMMANDS[name]
            times = {"now": [], "earlier": []}
            load = round(os.getloadavg()[0], 2)
            warm = rounds > 1  # the first of several only warms up
            for k in range(rounds + warm):
                for place, source in places.items():
                    if place == "now" or both:
                        taken = timed(source, folder / place, words)
                        print(name, place, taken, flush=True)
                        if k >= warm:
                            times[place].append(taken)
            about = {"command": name, "words": words, "asked": asked, "load": load}
            found.append(about | times)
        return found
    finally:
        subprocess.run([*git, "remove", "--force", str(earlier)], check=True)


def ratios(row, clock):
    """Give each round's share of the earlier revision's time."""
    pairs = zip(row["now"], row["earlier"], strict=False)
    return [now[clock] / earlier[clock] for now, earlier in pairs]


def table(rows):
    """Lay out medians and ratios, as Markdown."""
    revision = EARLIER["revision"]
    lines = [
        f"| command | seconds | asked | of processors | at {revision}: seconds "
        "| of processors | ratio of seconds | of processors | rounds | load |",
        f"| --- |{' --: |' * 9}",
    ]
    for row in rows:
        cells = [f"{row['command']}: `lopsided {' '.join(row['words'])}`"]
        for place in ("now", "earlier"):
            for clock in ("clock", "processor"):
                seconds = [taken[clock] for taken in row[place]]
                cells.append(f"{median(seconds):.2f}" if seconds else "")
        cells.insert(2, "" if row["asked"] is None else f"{row['asked']:g}")
        for clock in ("clock", "processor"):
            shares = ratios(row, clock)
            cells.append(f"{median(shares):.2f} ×" if shares else "")
        cells += [str(len(row["now"])), str(row["load"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    """Measure, and write."""
    names = sys.argv[1:] or [*COMMANDS]
    if sys.platform == "linux":  # whose processes outlive their command become ours
        ctypes.CDLL(None).prctl(ADOPT, 1)
    with tempfile.TemporaryDirectory() as folder:
        measured = {row["command"]: row for row in measure(names, Path(folder))}
    if (RESULTS / "commands.json").exists():
        before = json.loads((RESULTS / "commands.json").read_text())["commands"]
        measured = {row["command"]: row for row in before} | measured
    rows = [measured[name] for name in COMMANDS if name in measured]
    where = machine()
    said = (
        f"Medians of the rounds. All {where['cores']} cores: {where['processor']}, "
        f"{where['system']}, Python {where['python']}. Load is that before a command: "
        "above the cores, what the clock says is mostly waiting. "
        + ", ".join(f"{k} {v}" for k, v in versions().items() if v)
        + "."
    )
    for row in rows:
        if row["command"] in SHARES and row["earlier"]:
            share, most = median(ratios(row, "clock")), SHARES[row["command"]]
            said += (
                f"\n\nThe {row['command']} take {share:.2f} times as long as at "
                f"{EARLIER['revision']}; at most {most:g} is asked."
            )
    content = {"machine": where, "versions": versions(), "commands": rows}
    (RESULTS / "commands.json").write_text(json.dumps(content, indent=1) + "\n")
    text = f"{table(rows)}\n\n{said}\n"
    (RESULTS / "commands.md").write_text(text, encoding="utf-8")
    print(f"\n{text}")


if __name__ == "__main__":
    main()
