"""The first page: what was asked, what to do, and how far to believe it.

All of it follows from what `experiment.measure` gives, which is ``metrics.json``. So
the report, the terminal and the model card say the same.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lopsided.prose import Sentence, count, item, quoted
from lopsided.report import baselines, health
from lopsided.report.people import people

Measured = dict[str, Any]
MOST_TO_MIND = 5  # sentences; the others stand in section 1
ENOUGH = 5  # positives among so many rows that a share of them is a whole number


def asked(m: Measured) -> Sentence:
    """Say what was asked."""
    return Sentence(
        "**Asked.** Which {rows} are {positive}? The network answers with "
        "a probability; a threshold makes it a decision.",
        m["words"],
    )


def table(m: Measured) -> Sentence:
    """Describe the table in one line."""
    data = m["data"]
    n, features = data["n_train"] + data["n_test"], data["n_features"]
    return Sentence(
        "**The table.** {source}: {n:,} {rows}, {share:.2%} of them {positive}; "
        "{columns} learned from as {features}; {n_train:,} {rows} to train on, "
        "{n_test:,} to test, {split}.",
        m["words"]
        | {
            "source": "The simulated clinic"
            if data["source"] == "simulated"
            else data["source"],
            "n": n,
            "share": (
                data["prevalence_train"] * data["n_train"]
                + data["prevalence_test"] * data["n_test"]
            )
            / n,
            "columns": count(data["n_columns"], "column", "columns"),
            "features": count(features, "feature", "features"),
            "n_train": data["n_train"],
            "n_test": data["n_test"],
            "split": data["split"],
        },
    )


def per_hundred(counts: Sequence[Sequence[int]]) -> tuple[int, list[int]]:
    """Bring a confusion matrix to a hundred rows, or as many as a rare class needs.

    Returns
    -------
    size : int
        100, 1,000 or so: no count that is above 0 becomes 0.
    shares : list of int
        tn, fp, fn and tp, as `people.people` gives them.
    """
    cells = [int(n) for n in np.ravel(counts)]
    total, positives = sum(cells), max(cells[2] + cells[3], 1)
    size = 100
    while size < total and (
        size * positives < ENOUGH * total
        or any(
            n and not share for n, share in zip(cells, people(cells, size), strict=True)
        )
    ):
        size *= 10
    return size, people(cells, size)


def threshold(m: Measured) -> Sentence:
    """Say what the threshold is, and what it means for people."""
    size, (tn, fp, fn, tp) = per_hundred(m["test"]["confusion_matrix"])
    rule = m["threshold_strategy"]
    by = "fixed beforehand" if rule == "fixed" else f"by the rule {rule}"
    return Sentence(
        "**The decision.** Call one {positive} if its probability is at least {t:.4g} "
        "({by}). Of {size:,} {rows} like those of the test, {positives:,} are "
        "{positive}: **{tp:,} found, {fn:,} missed**; of the other {others:,}, "
        "**{fp:,} are called in vain**.",
        m["words"]
        | {"t": m["threshold"], "by": by, "size": size, "positives": fn + tp}
        | {"others": tn + fp, "tp": tp, "fn": fn, "fp": fp},
    )


def certainty(m: Measured) -> Sentence:
    """Say how sure that is."""
    test = m["test"]
    over = test["intervals_over"]
    if not test["intervals"]:
        how = "no intervals were asked for (n_bootstrap is 0)"
    else:
        how = (
            "in brackets, the range that holds it for all {rows} of the same world in "
            "about 95 of 100 cases"
        )
        if over != "rows":
            how += (
                "; those that share their {over} are drawn together, since they are no "
                "independent witnesses"
            )
    return Sentence(
        "**How sure.** Of the positives, {recall} are found; of the calls, {precision} "
        "are right; a positive ranks above a negative in {roc_auc} of pairs (ROC AUC). "
        "Accuracy {accuracy}, F1 {f1}; " + how + ".",
        m["words"]
        | {"over": quoted(over)}
        | {name: _percent(test, name) for name in ("recall", "precision", "roc_auc")}
        | {name: _decimal(test, name) for name in ("accuracy", "f1")},
    )


def _percent(test: Measured, name: str) -> str:
    return _with_interval(test, name, "{:.1%}")


def _decimal(test: Measured, name: str) -> str:
    return _with_interval(test, name, "{:.4f}")


def _with_interval(test: Measured, name: str, form: str) -> str:
    value = test[name]
    low, high = (test["intervals"] or {}).get(name, (None, None))
    if value is None:
        return "undefined"
    between = "" if low is None else f" ({form} to {form})".format(low, high)
    return form.format(value) + between


def learned(m: Measured) -> Sentence:
    """Say in one line whether there is anything behind it."""
    line = health.line(m["health"])
    return Sentence(f"**Health.** {line.template[0].upper()}{line.template[1:]}", {})


def compared(m: Measured) -> Sentence:
    """Compare it with other models, and with rules that need none."""
    test, (never, always) = m["test"], m["beside"][:2]
    fitted = m.get("training", {}).get("training") == "fitted"
    return Sentence(
        "**Beside others.** {told} Always {negative} has accuracy {accuracy:.4f} (the "
        "network {own_accuracy:.4f}); always {positive} has F1 {f1} (the network "
        "{own_f1}).",
        m["words"]
        | {"told": baselines.sentence(m["beside"], fitted)}
        | {"accuracy": never["accuracy"], "own_accuracy": test["accuracy"]}
        | {"f1": _written(always["f1"]), "own_f1": _written(test["f1"])},
    )


def _written(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def mind(m: Measured) -> list[Sentence]:
    """List what to mind before using it."""
    first = m["mind"][:MOST_TO_MIND]
    more = len(m["mind"]) - len(first)
    sentences = [*map(item, first)]
    if (tie := m["health"]["tie_at_threshold"]) > health.WORTH_A_WORD:
        sentences.append(
            Sentence(
                "- {tie:.1%} of the test {rows} are tied beside the threshold: a small "
                "shift of it moves them all at once.",
                m["words"] | {"tie": tie},
            )
        )
    if more:
        sentences.append(
            Sentence("- {more}, in section 1.", {"more": f"and {more} more"})
        )
    return sentences or [
        Sentence(
            "- Nothing that the checks look for: leaks, groups astride the split, a "
            "test too small, a drift.",
            {},
        )
    ]
