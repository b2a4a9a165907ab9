"""What the source report prints, and how far trained networks lie from it.

The runs are those of ``make audit``: each a network, described by counts and rates.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lopsided.lesson.metrics import count_metrics
from lopsided.lesson.network import Array
from lopsided.report import results

SETTING = ["features", "hidden_units", "scheme", "reading", "threshold"]
THRESHOLDS = (0.18, 0.205)  # section 9 of the report, section 8 of the report
#: Seeds below it searched for near settings; the others check what was found.
FIRST_FRESH_SEED = 8
#: If one network met two tests, their d would be less in 95 of 100 cases.
NEAR = float(np.sqrt(-4 * np.log(0.05)))


@dataclass(frozen=True)
class Printed:
    """The numbers of the source report.

    Attributes
    ----------
    tn, fp, fn, tp : int
        Of its test.
    train_accuracy, test_accuracy, f1 : float
    """

    tn: int = 8702
    fp: int = 8940
    fn: int = 1460
    tp: int = 3004
    train_accuracy: float = 0.5265378134153651
    test_accuracy: float = 0.5295394915407582
    f1: float = 0.36616284739151633

    @property
    def n_test(self) -> int:
        """How many rows its test has."""
        return self.tn + self.fp + self.fn + self.tp

    @property
    def positives(self) -> int:
        """How many of them are positive."""
        return self.fn + self.tp

    @property
    def rates(self) -> Array:
        """False positive rate and recall: shape (2,)."""
        negatives = self.n_test - self.positives
        return np.array([self.fp / negatives, self.tp / self.positives])

    @property
    def errors(self) -> Array:
        """Their standard errors from sampling alone: sqrt(r (1 - r) / n)."""
        n = np.array([self.n_test - self.positives, self.positives])
        return np.sqrt(self.rates * (1 - self.rates) / n)


def row_counts(quotient: float, most: int) -> Array:
    """List the row counts of which some whole number is exactly this quotient.

    Parameters
    ----------
    quotient : float
        As printed, to the last digit.
    most : int
        Where to stop.
    """
    n = np.arange(1, most + 1)
    whole: Array = n[np.rint(quotient * n) / n == quotient]
    return whole


def reach(k: int) -> float:
    """Say up to which D a setting is not excluded at 95%, from k seeds.

    The square is Hotelling's limit for one more draw in two dimensions,
    (k + 1)/k 2 (k - 1)/(k - 2) F, with the 95% quantile of F(2, k - 2), which has a
    closed form. One or two seeds tell no spread, and exclude nothing.
    """
    if k < 3:
        return np.inf
    quantile = (k - 2) / 2 * (0.05 ** (-2 / (k - 2)) - 1)
    return float(np.sqrt((k + 1) / k * 2 * (k - 1) / (k - 2) * quantile))


@dataclass(frozen=True)
class Evidence:
    """The audit's networks beside the printed table.

    Attributes
    ----------
    runs : DataFrame
        A row a network.
    printed : Printed
    """

    runs: pd.DataFrame
    printed: Printed

    @property
    def readings(self) -> list[str]:
        """The readings of the weight, the lightest first, balanced last."""
        names = list(dict.fromkeys(self.runs["reading"]))
        known = [n for n in names if n != "balanced"]
        known.sort(key=lambda n: (n.startswith("positive"), float(n.split()[-1])))
        return [*known, *(n for n in names if n == "balanced")]

    @cached_property
    def points(self) -> pd.DataFrame:
        """Each network at each threshold: rates, and d, its distance from the table."""
        return pd.concat([self._at(t) for t in THRESHOLDS], ignore_index=True)

    def _at(self, t: float) -> pd.DataFrame:
        runs = self.runs
        counts = [runs[f"{cell}_{t}"] for cell in ("tn", "fp", "fn", "tp")]
        rates = count_metrics(*(c.to_numpy() for c in counts))
        fpr, tpr = rates["false_positive_rate"], rates["recall"]
        off = [
            (rate - printed) / error
            for rate, printed, error in zip(
                (fpr, tpr), self.printed.rates, self.printed.errors, strict=True
            )
        ]
        return runs.assign(
            threshold=t,
            fpr=fpr,
            tpr=tpr,
            accuracy=rates["accuracy"],
            f1=rates["f1"],
            train_accuracy=runs[f"train_accuracy_{t}"],
            height=runs[f"recall_at_{self.printed.rates[0]:.6f}"],
            d=np.hypot(off[0], off[1]),
        )

    @cached_property
    def random(self) -> pd.DataFrame:
        """The points of random splits, from the seeds that searched."""
        points = self.points
        return points[
            (points["group_column"] == "none") & (points["seed"] < FIRST_FRESH_SEED)
        ]

    @cached_property
    def fresh(self) -> pd.DataFrame:
        """The points of random splits, from seeds that had no part in the search."""
        points = self.points
        return points[
            (points["group_column"] == "none") & (points["seed"] >= FIRST_FRESH_SEED)
        ]

    @cached_property
    def distances(self) -> pd.DataFrame:
        """A row a setting, the nearest first, as of `tabulate`."""
        return self.tabulate(self.random)

    @cached_property
    def checked(self) -> pd.DataFrame:
        """What fresh seeds say of the settings that the search reached.

        The nearest of many lies nearer to the table than it would again: its luck chose
        it. Seeds that had no part in the choice do not flatter.

        Returns
        -------
        DataFrame
            The rows of ``distances`` that are ``"reached"`` and were run with fresh
            seeds. What these say of the same setting stands under names that end in
            ``_fresh``.
        """
        reached = self.distances[self.distances["verdict"] == "reached"]
        again = self.tabulate(self.fresh)
        return reached.merge(again, on=SETTING, suffixes=("", "_fresh"))

    def tabulate(self, points: pd.DataFrame) -> pd.DataFrame:
        """Tabulate settings over their seeds.

        Returns
        -------
        DataFrame
            The setting, ``seeds``; ``d``, ``nearest`` and ``farthest``: median and
            range over the seeds; ``along`` and ``height``: how many spreads over the
            seeds lie between the middle and the table, in false positive rate and in
            recall at the table's false positive rate; ``D`` of both. ``verdict``:
            ``"excluded"``; ``"reached"``, not excluded, and a seed came near; or
            ``"not excluded"``, for which no seed came near: its seeds spread wide.
        """
        rows = []
        for key, cloud in points.groupby(SETTING, sort=False):
            d = cloud["d"]
            offs = [
                self._apart(cloud[name], i) for i, name in enumerate(("fpr", "height"))
            ]
            span = [len(d), d.median(), d.min(), d.max()]
            rows.append([*key, *span, *offs, float(np.hypot(offs[0], offs[1]))])
        names = ["seeds", "d", "nearest", "farthest", "along", "height", "D"]
        table = pd.DataFrame(rows, columns=[*SETTING, *names])
        table = table.sort_values("D", kind="stable", ignore_index=True)
        excluded = table["D"] > table["seeds"].map(reach)
        near = np.where(table["nearest"] <= NEAR, "reached", "not excluded")
        return table.assign(verdict=np.where(excluded, "excluded", near))

    def _apart(self, values: pd.Series, which: int) -> float:
        """Count spreads from the table to the middle of some runs.

        The spread is the median absolute deviation, scaled to a standard deviation, and
        no less than the luck of the test alone.
        """
        middle = values.median()
        spread = 1.4826 * (values - middle).abs().median()
        unit = max(self.printed.errors[which], spread)
        return float((middle - self.printed.rates[which]) / unit)

    def setting(self, key: dict[str, object], points: pd.DataFrame) -> pd.DataFrame:
        """Give the points of one setting."""
        return points[(points[list(key)] == pd.Series(key)).all(axis=1)]


def evidence() -> Evidence:
    """Read the committed networks."""
    path = results.committed("reproduction.csv")
    runs = pd.read_csv(path, dtype={"w": str}, keep_default_na=False)
    runs["group_column"] = runs["group_column"].replace("", "none")
    reading = (runs["weighting"] + " " + runs["w"]).str.replace("positive b", "b")
    return Evidence(runs.assign(reading=reading), Printed())
