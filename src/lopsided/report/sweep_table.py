"""The table of a sweep: one row a point, and the pictures that it makes.

Parameters that are varied are of two kinds. *Choices* are what the sweep is about.
*Seeds* are luck: their spread says how much of a difference to believe.
"""

import itertools
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lopsided.errors import InputError
from lopsided.prose import short
from lopsided.report import results
from lopsided.report.comparison import matched_effects, paired
from lopsided.report.display import BLUE, GREEN, GREY, ORANGE, PURPLE, Picture, styled
from lopsided.report.experiment import AFTER_TRAINING

SEEDS = ("seed", "split_seed", "data_seed")
#: Fewer than so many seeds do not rank a setting.
ENOUGH = 3
LOWER_IS_BETTER = ("log_loss", "brier")
#: Drawn against each choice: three rows of two panels.
DRAWN = ("accuracy", "f1", "precision", "recall", "roc_auc", "log_loss")
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9")
MARKERS, LINES = "os^DvP", ("-", "--", ":", "-.")


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
    after = [name for name in sweep.choices if name in AFTER_TRAINING]
    return sweep.done.drop_duplicates(["training", *after])


def settings(sweep: Sweep) -> pd.DataFrame:
    """Tabulate the settings, the best first, each over its seeds.

    Returns
    -------
    DataFrame
        A row for each combination of choices: ``seeds``, and of the metric ``mean``,
        ``deviation``, and ``low`` and ``high`` of the mean's 95 % interval. A setting
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

    Returns
    -------
    DataFrame
        As of `comparison.matched_effects`, with the ``choice`` before it.
    """
    tables = []
    for name in sweep.choices:
        others = [other for other in sweep.choices if other != name]
        same = None if name in AFTER_TRAINING else "training"
        effect = matched_effects(
            sweep.done, name, sweep.metric, others, sweep.seeds, same
        )
        tables.append(effect.assign(choice=name))
    if not tables:
        return pd.DataFrame(columns=["choice", "value", "against", "blocks", "seeds"])
    table = pd.concat(tables, ignore_index=True)
    return table[["choice", *(name for name in table if name != "choice")]]


def best(sweep: Sweep, metric: str) -> pd.Series:
    """Give the point with the best value of a metric; of equals, the first."""
    values = sweep.done[metric].astype(float)
    return sweep.done.loc[values.idxmin() if sweep.ascending else values.idxmax()]


def command(sweep: Sweep, point: pd.Series) -> str:
    """Write the command that makes a whole run of a point."""
    left_out = {*sweep.varied, "n_bootstrap"}  # a whole run has intervals
    values = {n: v for n, v in sweep.base.items() if n not in left_out}
    values |= {name: point[name] for name in sweep.varied}
    data = values.pop("data", "simulated")
    words = ["lopsided", "report", *([] if data == "simulated" else [str(data)])]
    words += ["--run", "best"]
    for name, value in values.items():
        words += ["-p", name, value if isinstance(value, str) else json.dumps(value)]
    return shlex.join(words)


def splitting(sweep: Sweep, name: str) -> list[str]:
    """Choose up to two other parameters to tell lines apart.

    Those whose values move the metric's mean the most, of not too many values.
    """
    moved = {}
    for other in sweep.choices:
        means = sweep.done.groupby(other, observed=True)[sweep.metric].mean()
        if other != name and len(means) <= len(COLOURS):
            moved[other] = means.max() - means.min()
    others = sorted(moved, key=lambda n: -moved[n])
    few = [n for n in others[1:] if sweep.done[n].nunique() <= len(LINES)]
    return others[:1] + few[:1]


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


@styled
def dependence(sweep: Sweep, name: str) -> Picture:
    """Draw each test metric against one parameter, with seed-to-seed bands.

    Parameters
    ----------
    sweep : Sweep
    name : str
        One of its choices.
    """
    by = splitting(sweep, name)
    figure = Figure(figsize=(5.6, 7.6))
    panels = figure.subplots(3, 2, sharex=True).ravel()
    for ax, metric in zip(panels, DRAWN, strict=True):
        _lines(ax, sweep, name, by, f"test.{metric}")
        ax.set_ylabel(_metric_name(metric))
    for ax in panels[-2:]:
        ax.set_xlabel(name)
    legend = panels[0].get_legend_handles_labels()
    if by:
        figure.legend(
            *legend,
            loc="outside lower center",
            ncols=2,
            handlelength=3,
            title=", ".join(by),
            fontsize=9,
        )
    lines = over_seeds(sweep, name, by, sweep.twin("test"))["mean"]
    ends = lines.groupby(by, observed=True) if by else [((), lines)]
    described = []
    for key, line in ends:
        where = ", ".join(
            f"{n} {v}" for n, v in zip(by, np.atleast_1d(key), strict=True)
        )
        first, last = line.index[0], line.index[-1]
        first, last = (i[-1] if isinstance(i, tuple) else i for i in (first, last))
        described.append(
            f"{where or 'all points'}: {line.iloc[0]:.3f} at {first}, "
            f"{line.iloc[-1]:.3f} at {last}"
        )
    alt = (
        f"Six small panels, one a test metric, against {name}: means over seeds, with "
        f"bands from the lowest to the highest seed. {_metric_name(sweep.metric)} on "
        f"test rows, {'; '.join(described[:8])}."
    )
    return Picture(f"sweep_{name}", figure, alt)


def _lines(ax: Axes, sweep: Sweep, name: str, by: list[str], metric: str) -> None:
    values = [*sweep.done[name].cat.categories]
    table = over_seeds(sweep, name, by, metric)
    levels = [[*sweep.done[n].cat.categories] for n in by]
    for where in itertools.product(*levels):
        try:
            line = table.loc[where] if by else table
        except KeyError:
            continue  # not of this sweep
        first = levels[0].index(where[0]) if by else 0
        style = LINES[levels[1].index(where[1])] if len(by) > 1 else "-"
        x = [values.index(value) for value in line.index]
        ax.fill_between(
            x,
            line["lowest"],
            line["highest"],
            color=COLOURS[first],
            alpha=0.15,
            lw=0,
        )
        ax.plot(
            x,
            line["mean"],
            color=COLOURS[first],
            ls=style,
            marker=MARKERS[first],
            ms=4,
            label=", ".join(short(v, 24) for v in where),
        )
    step = -(-len(values) // 10)  # more names would touch
    ax.set_xticks(range(0, len(values), step), [short(v, 24) for v in values[::step]])
    ax.set_xlim(-0.15, len(values) - 0.85)
    if max(map(len, values)) * len(values) > 18:
        ax.tick_params(axis="x", rotation=30)


def _metric_name(metric: str) -> str:
    name = metric.partition(".")[2] or metric
    return {"f1": "F1", "roc_auc": "ROC AUC", "log_loss": "log loss (nats)"}.get(
        name, name.replace("_", " ")
    )


@styled
def plane(sweep: Sweep) -> Picture:
    """Draw every point by its false positive rate and recall, coloured by each choice.

    Parameters
    ----------
    sweep : Sweep
        Its first six choices are drawn.
    """
    done, names = sweep.done, sweep.choices[:6] or ["seed"]
    x = done["test.fp"] / (done["test.fp"] + done["test.tn"])
    y = done["test.recall"]
    rows = -(-len(names) // 2)
    figure = Figure(figsize=(5.6, 0.4 + 2.9 * rows))
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
    described = []
    for number, (ax, name) in enumerate(zip(panels, names, strict=False)):
        levels = [*pd.unique(done[name])]
        ax.plot([0, 1], [0, 1], color=GREY, ls=":", lw=1)
        for i, value in enumerate(levels):
            here = done[name] == value
            few = len(levels) <= len(COLOURS)
            colour = COLOURS[i] if few else mpl.colormaps["viridis"](i / len(levels))
            shown = few or i in (0, len(levels) - 1)
            ax.plot(
                x[here],
                y[here],
                MARKERS[i % len(MARKERS)],
                ls="",
                color=colour,
                ms=5,
                mew=0,
                alpha=0.6,
                label=short(value, 24) if shown else None,
            )
            if shown:
                described.append(
                    f"{name} {value} at ({x[here].median():.3f}, "
                    f"{y[here].median():.3f})"
                )
        ax.legend(loc="lower right", fontsize=8, title=name, title_fontsize=8)
        if number + 2 >= len(names):  # nothing is drawn below it
            ax.set_xlabel("false positive rate")
            ax.tick_params(labelbottom=True)
        if number % 2 == 0:
            ax.set_ylabel("recall")
    for ax in panels[len(names) :]:
        ax.set_axis_off()
    alt = (
        "False positive rate against recall on test rows: one mark a point, one panel "
        f"a parameter. Medians: {'; '.join(described)}."
    )
    return Picture("sweep_plane", figure, alt)
