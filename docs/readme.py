"""Write what is computed in the README and the site's home: python docs/readme.py.

Numbers come from the committed metrics; the first picture is drawn.
"""

import json
import re
from pathlib import Path
from statistics import median
from textwrap import fill

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


def committed(name):
    """Read the metrics of a committed run."""
    return json.loads((ROOT / f"notebooks/results/{name}.json").read_text())


def findings_block():
    """Tell what the report's own numbers give away."""
    n_train, (negatives, positives) = committed("real")["data"]["n_train"], trivial()
    accuracy = REPORTED["train", "accuracy"]
    right = round(accuracy * n_train)
    assert right / n_train == accuracy
    n_test = negatives + positives
    reached = REPORTED["test", "accuracy"]
    findings = [
        "**Sixteen digits betray the data set.** The report does not name it. But its "
        f"training accuracy, `{accuracy}`, is a fraction of whole numbers: {right:,} "
        f"of {n_train:,}. With the {n_test:,} rows of its test that makes "
        f"{n_train + n_test:,}, and a public file of doctors’ appointments has as "
        "many.",
        "**The class weight, as printed, favours no class.** The report credits it "
        "with handling the imbalance. Its formula multiplies both classes by it, which "
        "only changes the learning rate. With a substantial weight on the no-shows, no "
        "network that was tried comes near the report’s table, at either threshold "
        "that it prints.",
        f"**“They will all come” beats it.** The report’s predictions are right for "
        f"{reached:.1%} of the appointments. Saying that everyone comes is right for "
        f"{negatives / n_test:.1%}.",
    ]
    return "".join(
        fill(text, 88, initial_indent=f"{i}. ", subsequent_indent="   ") + "\n"
        for i, text in enumerate(findings, 1)
    )


def trivial():
    """Count the report's test rows of each class, negative first."""
    return [sum(row) for row in REPORTED_MATRIX]


def first_picture():
    """Draw the report's network beside the rule that needs none."""
    from lopsided.report.figures import hundred

    negatives, positives = trivial()
    tables = {
        "The report’s network": REPORTED_MATRIX,
        "“They will all come”": [[negatives, 0], [positives, 0]],
    }
    return hundred(tables, "missed", "came")


def picture_block():
    """Show the first picture, with its words."""
    return f"![{first_picture().alt}](figures/hundred.svg)\n"


#: What the tables show: side, name, label.
MEASURES = [
    ("train", "accuracy", "train accuracy"),
    ("test", "accuracy", "test accuracy"),
    ("test", "f1", "test F1"),
    ("test", "precision", "test precision"),
    ("test", "recall", "test recall"),
    ("test", "roc_auc", "test ROC AUC"),
]


def counted(tables):
    """Lay out confusion matrices, a line a cell."""
    kinds = ["attended", "no-show"]
    return [
        f"| {actual}, predicted {said} | "
        + " | ".join(f"{table[i][j]:,}" for table in tables)
        + " |"
        for i, actual in enumerate(kinds)
        for j, said in enumerate(kinds)
    ]


def results_block():
    """Set what was regenerated on the real file beside what was reported."""
    real = committed("real")
    (_, fp), (fn, tp) = REPORTED_MATRIX
    known = REPORTED | {
        ("test", "precision"): tp / (tp + fp),
        ("test", "recall"): tp / (tp + fn),
    }
    lines = ["| | the report | real file |", "| --- | --- | --- |"]
    for side, name, label in MEASURES:
        value = known.get((side, name))
        reported = "not given" if value is None else f"{value:.4f}"
        lines.append(f"| {label} | {reported} | {cell(real, side, name)} |")
    lines += counted([REPORTED_MATRIX, real["test"]["confusion_matrix"]])
    test = real["data"]["prevalence_test"]
    lines += [
        "",
        "In brackets: bootstrap 95% intervals for new appointments of the same "
        "clinic, by drawing patients, whose visits go together. They hold for one "
        "trained network; another split or seed can move the values further. The "
        "report leaves features, weight and seed open; the run uses the defaults: "
        "eight columns and the hour of booking, a uniform weight of 1, the threshold "
        "of its section 9. The report’s precision and recall follow from its table. "
        "Always "
        f"saying “attended” has accuracy {1 - test:.4f}, and always saying “no-show” "
        f"has F1 {2 * test / (1 + test):.4f}: the report shows neither.",
    ]
    return "\n".join(lines) + "\n"


def clinic_block():
    """Lay out the default run, on the simulated clinic."""
    clinic = committed("simulated")
    lines = ["| | simulated clinic |", "| --- | --- |"]
    lines += [
        f"| {label} | {cell(clinic, side, name)} |" for side, name, label in MEASURES
    ]
    return "\n".join([*lines, *counted([clinic["test"]["confusion_matrix"]])]) + "\n"


def credit_block():
    """Quote the first page of the run on the loans."""
    from lopsided.report import decision  # not there yet where the wheel is built

    metrics = committed("credit")
    page = [
        decision.asked(metrics),
        decision.table(metrics),
        decision.threshold(metrics),
        decision.certainty(metrics),
        decision.learned(metrics),
        decision.compared(metrics),
    ]
    return "\n>\n".join(f"> {sentence.markdown()}" for sentence in page) + "\n"


def bench_block():
    """Say in a sentence what `make bench` measured last, and on which machine."""
    found = json.loads((ROOT / "benchmarks/results/bench.json").read_text())
    times = {
        r["library"]: r["processor_us"]
        for r in found["results"]
        if r["dtype"] == "float64"
    }

    rounds = len(times["scikit-learn"])

    def share(engine):
        pairs = zip(times[f"lopsided, {engine}"], times["scikit-learn"], strict=True)
        return median(ours / theirs for ours, theirs in pairs)

    return (
        f"On one core ({found['machine']['processor']}), a step of the report’s "
        f"training takes the network that the lessons explain {share('numpy'):.2f} "
        "times as long as scikit-learn’s, and the compiled engine "
        f"{share('numba'):.2f} times: medians over {rounds} rounds of the ratio of "
        "processor times within a round; [all libraries](benchmarks/README.md).\n"
    )


#: What this script writes into the README, by the name of its place.
BLOCKS = {
    "picture": picture_block,
    "findings": findings_block,
    "results": results_block,
    "clinic": clinic_block,
    "credit": credit_block,
    "bench": bench_block,
}


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
    picture = first_picture()
    (ROOT / "figures/hundred.svg").write_bytes(picture.svg())
    (ROOT / "figures/hundred.png").write_bytes(picture.png())
