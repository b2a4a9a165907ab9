"""The table of a sweep: one row a point.

Parameters that are varied are of two kinds. *Choices* are what the sweep is about.
*Seeds* are luck: their spread says how much of a difference to believe.
"""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lopsided.errors import InputError
from lopsided.parameters import from_text
from lopsided.prose import option
from lopsided.report import results
from lopsided.report.comparison import matched_effects, paired
from lopsided.report.experiment import AFTER_TRAINING

SEEDS = ("seed", "split_seed", "data_seed")
#: Fewer than so many seeds do not rank a setting.
ENOUGH = 3
LOWER_IS_BETTER = ("log_loss", "brier")
#: A threshold moves neither the order of the rows nor a probability.
AT_ANY_THRESHOLD = ("roc_auc", "average_precision", "log_loss", "brier")
#: Choices that mean something else under each value of other parameters. A weight moves
#: the predictions: a threshold that is chosen follows, and one that is given stays.
WITHIN = {
    "weighting": ("threshold",),
    "w": ("weighting", "threshold"),
    "threshold": ("weighting",),
}


@dataclass(frozen=True)
class Sweep:
    """A sweep that was run.

    Attributes
    ----------
    name : str
    metric : str
        That it is sorted by, such as ``"test.f1"``.
    varied : list of str
        Parameters that differ from point to point.
    base : dict
        Parameters that all points share, where not the defaults.
    table : DataFrame
        A row a point; ``error`` says why one failed.
    """

    name: str
    metric: str
    varied: list[str]
    base: dict[str, Any]
    table: pd.DataFrame

    @property
    def done(self) -> pd.DataFrame:
        """The points that did not fail."""
        return self.table[self.table["error"].isna()]

    @property
    def choices(self) -> list[str]:
        """The varied parameters that are no seeds, with two values or more."""
        values = self.done[self.varied].nunique(dropna=False)
        return [n for n in self.varied if n not in SEEDS and values[n] > 1]

    @property
    def seeds(self) -> list[str]:
        """The varied parameters that are seeds."""
        return [name for name in self.varied if name in SEEDS]

    def twin(self, side: str) -> str:
        """Name the sweep's metric on ``"train"`` or ``"test"``."""
        return f"{side}.{self.metric.partition('.')[2]}"

    @property
    def ascending(self) -> bool:
        """Whether a lower metric is better."""
        return self.metric.partition(".")[2] in LOWER_IS_BETTER


def read(run_dir: results.RunDir) -> Sweep:
    """Read a sweep's folder; with None, the committed example.

    Raises
    ------
    InputError
        When the folder holds no sweep.
    """
    folder = Path(run_dir) if run_dir else results.committed("sweep")
    try:
        about = results.read_json(folder / results.SWEEP)
        table = pd.read_csv(
            folder / results.SWEEP_CSV,
            dtype=dict.fromkeys(about["varied"], str),  # as they were written
            keep_default_na=False,  # a column may be called NA
            na_values=[""],
        )
    except FileNotFoundError:
        raise InputError(
            f"{folder} holds no sweep; 'lopsided sweep FILE' makes one"
        ) from None
    sweep = Sweep(**about, table=table)
    for name in sweep.varied:
        table[name] = [written(value) for value in table[name]]
    for name in sweep.choices:  # in the order declared
        table[name] = pd.Categorical(table[name], [*dict.fromkeys(table[name])])
    return sweep


def written(value: object) -> str:
    """Write a parameter's value as ``lopsided report -p`` reads it."""
    if pd.isna(value):
        return "null"
    try:
        return f"{float(str(value)):.15g}"
    except ValueError:
        return str(value)


def distinct(sweep: Sweep) -> pd.DataFrame:
    """Give the points that did not fail, each network and decision under one name.

    A weight of 1 on positives is no weight: such points are one and the same.
    """
    return sweep.done.drop_duplicates(_decision(sweep))


def _decision(sweep: Sweep) -> list[str]:
    """Name the columns in which points agree that are one and the same."""
    return ["network", *(name for name in sweep.choices if name in AFTER_TRAINING)]


def settings(sweep: Sweep) -> pd.DataFrame:
    """Tabulate the settings, the best first, each over its seeds.

    Returns
    -------
    DataFrame
        A row for each combination of choices: ``seeds``, and of the metric ``mean``,
        ``deviation``, and ``low`` and ``high`` of the mean's 95% interval. A setting
        that is another one under a second name is left out.
    """
    done = distinct(sweep)
    if not sweep.choices:
        groups = done.groupby(lambda _: sweep.name)
    else:
        groups = done.groupby(sweep.choices, observed=True, sort=False)
    table = groups[sweep.metric].agg(seeds="size", mean="mean", deviation="std")
    ends = [paired(values) for _, values in groups[sweep.metric]]  # in its order
    table["low"] = [found.low for found in ends]
    table["high"] = [found.high for found in ends]
    return table.sort_values("mean", ascending=sweep.ascending, kind="stable")


def effects(sweep: Sweep) -> pd.DataFrame:
    """Compare each choice's values where all else is equal, seeds too.

    A network under two names counts once. A choice of `WITHIN` is compared under each
    value of the other parameters by itself: over all, opposite effects would cancel.

    Returns
    -------
    DataFrame
        As of `comparison.matched_effects`, with the ``choice`` before it, such as
        ``"epochs"`` or ``"uniform at 0.18: w"``.
    """
    by_decision = sweep.done.groupby(_decision(sweep), observed=True, dropna=False)
    done, tables = sweep.done.assign(decision=by_decision.ngroup()), []
    for name in sweep.choices:
        others = [other for other in sweep.choices if other != name]
        parts, by = {name: done}, _within(sweep, name)
        if by:
            groups = done.groupby(by, observed=True, sort=False)
            parts = {f"{_where(by, key)}: {name}": points for key, points in groups}
        for choice, points in parts.items():
            how = name, sweep.metric, others, sweep.seeds, "decision"
            tables.append(matched_effects(points, *how).assign(choice=choice))
    if not tables:
        told = ["difference", "error", "low", "high", "blocks", "seeds", "one"]
        return pd.DataFrame(columns=["choice", "value", "against", *told], dtype=object)
    table = pd.concat(tables, ignore_index=True)
    return table[["choice", *(name for name in table if name != "choice")]]


def _within(sweep: Sweep, name: str) -> list[str]:
    """Name the parameters under each value of which a choice is compared by itself.

    A weight is always said to be of its weighting, were there but one in the sweep.
    """
    kept = [*sweep.choices, *(["weighting"] if name == "w" else [])]
    if sweep.metric.partition(".")[2] in AT_ANY_THRESHOLD:
        kept = [other for other in kept if other != "threshold"]
    return [n for n in WITHIN.get(name, ()) if n in kept and n in sweep.done]


def _where(by: list[str], values: tuple[object, ...]) -> str:
    """Name a part of the points by the values that its choices have in it."""
    named = zip(by, values, strict=True)
    return " ".join(f"at {v}" if name == "threshold" else f"{v}" for name, v in named)


def faster(sweep: Sweep, found: pd.DataFrame) -> pd.DataFrame:
    """Keep the effects that are those of a higher learning rate, where it helps.

    Without a penalty, a larger weight on both classes is a higher rate and no more. It
    helps if the whole interval of its effect says so.

    Parameters
    ----------
    sweep : Sweep
    found : DataFrame
        From `effects`.
    """
    uniform = found[found["choice"].str.fullmatch("uniform(?: at .+)?: w")]
    if uniform.empty or (sweep.done["l2"].astype(str).astype(float) != 0).any():
        return uniform.iloc[:0]
    value, against = (
        pd.to_numeric(uniform[name], "coerce") for name in ("value", "against")
    )
    helps = uniform["high"] < 0 if sweep.ascending else uniform["low"] > 0
    return uniform[helps & (value > against)]


def ranking(sweep: Sweep) -> pd.DataFrame:
    """Compare weights by the test ROC AUC, which no threshold moves, as `effects` does.

    Only where several seeds tell how sure a difference is.
    """
    found = effects(replace(sweep, metric="test.roc_auc"))
    is_weight = found["choice"].str.fullmatch("(.*: )?w")
    return found[is_weight & (found["seeds"] > 1)]


def best(sweep: Sweep, metric: str) -> pd.Series:
    """Give the point with the best value of a metric; of equals, the first."""
    values = sweep.done[metric].astype(float)
    return sweep.done.loc[values.idxmin() if sweep.ascending else values.idxmax()]


def command(sweep: Sweep, point: pd.Series) -> str:
    """Write the command that makes a whole run of a point."""
    left_out = {*sweep.varied, "n_bootstrap"}  # a whole run has intervals
    values = {n: v for n, v in sweep.base.items() if n not in left_out}
    values |= {name: from_text(name, point[name]) for name in sweep.varied}
    data = values.pop("data", "simulated")
    words = ["lopsided", "report", *([] if data == "simulated" else [str(data)])]
    options = [option(name, value) for name, value in values.items()]
    return " ".join([shlex.join([*words, "--run", "best"]), *options])


def partners(sweep: Sweep, name: str) -> pd.DataFrame:
    """Keep the points that have a partner, alike in all else, at each of its values.

    Without any, all points.
    """
    done = sweep.done
    others = [other for other in sweep.varied if other != name]
    if not others:
        return done
    met = done.groupby(others, observed=True)[name].transform("nunique")
    kept = done[met == done[name].nunique()]
    return kept if len(kept) else done


def over_seeds(sweep: Sweep, name: str, by: list[str], metric: str) -> pd.DataFrame:
    """Compute the lines of a picture, from points that have a partner at each value.

    For each seed, the mean over all settings that share a value of ``name`` and of
    ``by``; then, over the seeds, their mean, the lowest and the highest.

    Returns
    -------
    DataFrame
        Columns ``mean``, ``lowest``, ``highest``; its index is ``by``, then ``name``.
    """
    keys = [*by, name]
    points = partners(sweep, name)
    groups = points.groupby([*keys, *sweep.seeds], observed=True, sort=True)
    seeds = groups[metric].mean().groupby(keys, observed=True, sort=True)
    return seeds.agg(mean="mean", lowest="min", highest="max")
