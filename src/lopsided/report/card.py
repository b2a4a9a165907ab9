"""A model card: what to hand on with a model, in Markdown.

Its headings are those of Mitchell et al. (2019), "Model Cards for Model Reporting". It
is made from a run's files. What they cannot tell is left to be filled in, and says so.
"""

import re
import shlex
from pathlib import Path
from typing import Any

from lopsided.lesson.network import n_parameters
from lopsided.parameters import Parameters
from lopsided.prose import clean, count, escape, option
from lopsided.report import decision, description, results
from lopsided.report.results import Model

CARD = "model_card.md"
OPEN = "*To be filled in:*"
MEASURES = {
    "accuracy": "accuracy",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "log_loss": "log loss (nats)",
    "brier": "Brier score",
}
#: Parameters that a command is given in another way, or that change no result.
ELSEWHERE = {"data", "run_dir", "author", "title"}


def of_run(folder: Path) -> str:
    """Write the card of a run.

    Raises
    ------
    InputError
        When a file of the run is missing or damaged, or of an older version.
    """
    measured = description.read(folder / results.METRICS, description.CardMetrics)
    made = description.read(folder / results.MANIFEST, description.CardManifest)
    given = description.read(folder / results.PARAMETERS, description.NamesAndValues)
    model = results.load_model(folder / results.MODEL)
    return write(measured, given, made, model)


def write(
    measured: dict[str, Any], given: dict[str, Any], made: dict[str, Any], model: Model
) -> str:
    """Write a model card.

    Parameters
    ----------
    measured, given, made : dict
        A run's metrics, parameters and manifest.
    model : Model

    Returns
    -------
    str
        Markdown; every name and value of the table is text in it.
    """
    words, data = measured["words"], measured["data"]
    layers = [*model.network.layer_dims]
    author = given.get("author")
    parts = [
        f"# Model card: {escape(words['positive'])}",
        "## Model details",
        _list(
            f"Made by: {escape(author) if author else OPEN + ' who'}",
            f"Date: {escape(made['finished'][:10])}",
            f"Version: lopsided {escape(made['lopsided'])}, data "
            f"`{_sha(data['sha256'])}`",
            f"Type: a feed-forward network with layers {layers}, ReLU inside and a "
            f"sigmoid at the end; {n_parameters(layers):,} weights and biases; trained "
            "by mini-batch gradient descent",
            f"{OPEN} licence, and whom to ask",
        ),
        "## Intended use",
        decision.asked(measured).markdown(),
        decision.threshold(measured).markdown(),
        f"{OPEN} who may use it, for which decision, and what it must not be used for.",
        "## Factors",
        f"It learns from {count(len(model.recipe.columns), 'column', 'columns')}: "
        f"{', '.join(map(escape, model.recipe.columns))}.",
        "The measures below are of all test rows together. They may be better for some "
        f"people than for others. {OPEN} for whom to measure them apart.",
        "## Metrics",
        decision.certainty(measured).markdown(),
        "The threshold was fixed, or chosen without test labels.",
        "## Evaluation data",
        f"{data['n_test']:,} {escape(words['rows'])} of {escape(data['source'])}, "
        f"{data['prevalence_test']:.2%} of them positive, kept from training: "
        f"{escape(data['split'])}.",
        "## Training data",
        f"{data['n_train']:,} {escape(words['rows'])} of the same table, "
        f"{data['prevalence_train']:.2%} of them positive; {data['n_features']} "
        "features.",
        f"{OPEN} how the table was collected, when, and of whom.",
        "## Quantitative analyses",
        _table(measured),
        _counts(measured),
        decision.learned(measured).markdown(),
        *([decision.compared(measured).markdown()] if measured.get("beside") else []),
        "## Ethical considerations",
        f"{OPEN} whether people are described by columns that must not decide (sex, "
        "origin, age, health), whom an error hits, and who looks at a decision before "
        "it counts.",
        "## Caveats and recommendations",
        _list(*(s.markdown().removeprefix("- ") for s in decision.mind(measured))),
        "The intervals hold for other rows of the same world. Where the world changes, "
        "measure again.",
        "## How to reproduce",
        f"With lopsided {escape(made['lopsided'])}, Python {escape(made['python'])}, "
        f"and the table with SHA-256 `{_sha(data['sha256'])}`:",
        _fenced(command(given, data["source"])),
    ]
    return "\n\n".join(parts) + "\n"


def command(given: dict[str, Any], source: str) -> str:
    """Write the command that makes the run again."""
    usual = Parameters().model_dump()
    words = ["lopsided", "report", *([source] if given["data"] != "simulated" else [])]
    options = [
        option(name, value)
        for name, value in given.items()
        if name in usual and name not in ELSEWHERE and value != usual[name]
    ]
    return " ".join([clean(shlex.join(words)), *options])


def _sha(digest: str) -> str:
    return re.sub("[^0-9a-z]", "", digest)


def _list(*items: str) -> str:
    return "\n".join(f"- {item}" for item in items)


def _fenced(text: str) -> str:
    """Put text into a code block that nothing in it can end."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sh\n{text}\n{fence}"


def _table(measured: dict[str, Any]) -> str:
    test = measured["test"]
    lines = ["| measure on the test | value | 95% interval |", "| --- | --: | --- |"]
    for name, label in MEASURES.items():
        value = test[name]
        low, high = (test["intervals"] or {}).get(name, (None, None))
        between = "" if low is None else f"{low:.4f} to {high:.4f}"
        shown = "undefined" if value is None else f"{value:.4f}"
        lines.append(f"| {label} | {shown} | {between} |")
    return "\n".join(lines)


def _counts(measured: dict[str, Any]) -> str:
    negative, positive = (
        escape(measured["words"][k]) for k in ("negative", "positive")
    )
    lines = [f"| | called {negative} | called {positive} |", "| --- | --: | --: |"]
    rows = zip((negative, positive), measured["test"]["confusion_matrix"], strict=True)
    lines += [f"| actual {name} | {a:,} | {b:,} |" for name, (a, b) in rows]
    return "\n".join(lines)
