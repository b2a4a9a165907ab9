"""How often the intervals of the coverage study held the truth, with its own error.

Each interval holds it or does not, so a share of n intervals is a binomial one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lopsided.report import results

PROMISED = 0.95


@dataclass(frozen=True)
class Coverage:
    """The batches of the study.

    Attributes
    ----------
    batches : DataFrame
        A row a batch of test sets and a way to draw: ``test_sets``, and of each metric
        how many of their intervals lie wholly ``_below`` and ``_above`` the truth.
    """

    batches: pd.DataFrame

    @cached_property
    def n(self) -> pd.Series:
        """How many test sets each way to draw has met."""
        return self.batches.groupby("drawn", sort=False)["test_sets"].sum()

    @cached_property
    def held(self) -> pd.DataFrame:
        """The share of intervals that hold the truth.

        A row a metric and threshold, ``"none"`` where it has none; a column a way.
        """
        ends = ("_below", "_above")
        keys = [n.removesuffix("_truth") for n in self.batches if n.endswith("_truth")]
        by_way = self.batches.groupby("drawn", sort=False)
        missed = {
            key: by_way[[key + end for end in ends]].sum().sum(axis=1) for key in keys
        }
        held = 1 - pd.DataFrame(missed).div(self.n, axis=0).T
        names = [(*key.split("_at_"), "none")[:2] for key in keys]
        return held.set_axis(
            pd.MultiIndex.from_tuples(names, names=["metric", "threshold"])
        )

    @cached_property
    def error(self) -> pd.DataFrame:
        """Standard errors of ``held``: sqrt(c (1 - c) / n)."""
        variance = (self.held * (1 - self.held)).div(self.n, axis=1)
        found: pd.DataFrame = np.sqrt(variance)
        return found

    @cached_property
    def luck(self) -> pd.Series:
        """How far luck brings 95 of 100 shares from a promise that is kept."""
        return 1.96 * np.sqrt(PROMISED * (1 - PROMISED) / self.n)

    @property
    def off(self) -> pd.DataFrame:
        """Which shares lie farther from the promise than that."""
        return (self.held - PROMISED).abs().gt(self.luck, axis=1)

    def table(self) -> pd.DataFrame:
        """Write each share with its standard error, in per cent."""
        error = 100 * self.error
        return (100 * self.held).map("{:.1f}".format) + error.map(" ± {:.1f}".format)


def coverage() -> Coverage:
    """Read the committed batches."""
    return Coverage(pd.read_csv(results.committed("coverage.csv")))
