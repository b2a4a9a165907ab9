"""Write the README's results from the committed metrics: python docs/readme.py."""

import json
import re
from pathlib import Path
from statistics import median

from lopsided.report.beside import sentence

ROOT = Path(__file__).parents[1]
#: What the source report prints.
REPORTED = {
    ("train", "accuracy"): 0.5265378134153651,
    ("test", "accuracy"): 0.5295394915407582,
    ("test", "f1"): 0.36616284739151633,
}
REPORTED_MATRIX = [[8702, 8940], [1460, 3004]]


def cell(metrics, side, name):
    """Write a value, with its interval where it has one."""
    value = f"{metrics[side][name]:.4f}"
    between = (metrics[side].get("intervals") or {}).get(name)
    return value + (f" ({between[0]:.4f}–{between[1]:.4f})" if between else "")


def results_block():
    """Build the table: reported, regenerated on the clinic, on the real file."""
    runs = [
        json.loads((ROOT / f"notebooks/results/{name}.json").read_text())
        for name in ("simulated", "real")
    ]
    lines = ["| | the report | simulated clinic | real file |"]
    lines.append("| --- | --- | --- | --- |")
    for side, name, label in [
        ("train", "accuracy", "train accuracy"),
        ("test", "accuracy", "test accuracy"),
        ("test", "f1", "test F1"),
        ("test", "precision", "test precision"),
        ("test", "recall", "test recall"),
        ("test", "roc_auc", "test ROC AUC"),
    ]:
        (_, fp), (fn, tp) = REPORTED_MATRIX
        derived = {"precision": tp / (tp + fp), "recall": tp / (tp + fn)}
        value = REPORTED.get((side, name), derived.get(name))
        reported = "not given" if value is None else f"{value:.4f}"
        cells = " | ".join(cell(m, side, name) for m in runs)
        lines.append(f"| {label} | {reported} | {cells} |")
    for i, row in enumerate(["attended", "no-show"]):
        for j, column in enumerate(["attended", "no-show"]):
            counts = [REPORTED_MATRIX, *(m["test"]["confusion_matrix"] for m in runs)]
            cells = " | ".join(f"{c[i][j]:,}" for c in counts)
            lines.append(f"| {row}, predicted {column} | {cells} |")
    test = [m["data"]["prevalence_test"] for m in runs]
    lines.append("")
    lines.append(
        "In brackets: bootstrap 95 % intervals for new appointments of the same "
        "clinic, by drawing patients, whose visits go together. They hold for one "
        "trained network; another split or seed can move the values further. The "
        "report leaves "
        "features, weight and seed open; both runs use the defaults: eight columns and "
        "the hour of booking, a uniform weight of 1, the threshold of its section 9. "
        "Its precision and recall follow from its table. On the real "
        "file, always saying "
        f"“attended” has accuracy {1 - test[1]:.4f}, and always saying “no-show” has "
        f"F1 {2 * test[1] / (1 + test[1]):.4f}: the report shows neither."
    )
    return "\n".join(lines) + "\n"


def credit_block():
    """Say how the run on the loans went."""
    metrics = json.loads((ROOT / "notebooks/results/credit.json").read_text())
    shown = [
        f"{label} {cell(metrics, 'test', name)}"
        for name, label in [("f1", "F1"), ("recall", "recall"), ("roc_auc", "ROC AUC")]
    ]
    return (
        f"On {metrics['data']['n_test']:,} test rows, of which "
        f"{metrics['data']['prevalence_test']:.1%} went bad, the network has "
        f"{', '.join(shown)} at the threshold {metrics['threshold']:.4f}, which is the "
        f"prevalence of the training rows. {sentence(metrics['beside'], fitted=True)}\n"
    )


def bench_block():
    """Lay out what `make bench` measured last, and on which machine."""
    found = json.loads((ROOT / "benchmarks/results/bench.json").read_text())
    times = {(r["library"], r["dtype"]): r["processor_us"] for r in found["results"]}
    lines = ["| µs a training step | float64 | float32 |", "| --- | --: | --: |"]
    for library in dict.fromkeys(library for library, _ in times):
        cells = " | ".join(
            f"{median(times[library, dtype]):.1f}" for dtype in ("float64", "float32")
        )
        lines.append(f"| {library} | {cells} |")
    job, machine = found["job"], found["machine"]
    held = " ".join(
        f"In {b['dtype']}, the {b['engine'].split(', ')[1]} engine takes "
        f"{b['ratio']:.2f} times as long as {b['against'].split(', ')[0]}."
        for b in found["bounds"]
    )
    lines += [
        "",
        f"The report's training job: {job['rows']:,} rows, layers {job['layer_dims']}, "
        f"batch {job['batch_size']}. Medians of processor time on one core "
        f"({machine['processor']}, {machine['system']}), all libraries in turn and "
        f"from the same first weights. {held} Each such number is the median of the "
        "rounds' own ratios, so it need not be the ratio of two medians above.",
    ]
    return "\n".join(lines) + "\n"


#: What this script writes into the README, by the name of its place.
BLOCKS = {"results": results_block, "credit": credit_block, "bench": bench_block}


def split_readme(name):
    """Cut the README at one of its places: before, what stands there, after."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start = f"<!-- {name}: written by docs/readme.py -->\n"
    end = f"<!-- end of {name} -->"
    before, rest = text.split(start)
    block, after = rest.split(end)
    return before + start, block, end + after


def on_an_index(text, repository):
    """Lead a README's links to a repository, since no file stands beside it there.

    Where the repository is not known, a link is its words and a picture is left out.
    """

    def lead(found):
        picture, words, target = found.groups()
        if not repository:
            return "" if picture else words
        if picture:
            target = re.sub(r"\.svg$", ".png", target)  # an index may refuse SVG
        place = "raw" if picture else "blob"
        return f"{picture}[{words}]({repository}/{place}/main/{target})"

    return re.sub(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)", lead, text)


if __name__ == "__main__":
    for name, block in BLOCKS.items():
        before, _, after = split_readme(name)
        (ROOT / "README.md").write_text(before + block() + after, encoding="utf-8")
