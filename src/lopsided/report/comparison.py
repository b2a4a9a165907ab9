"""Differences with the interval that a comparison can bear.

Three kinds of comparison, and what stands alone in each:

- *seeds* of one setting on one split: each is an independent draw, so `paired`;
- *splits* of one table: they share most of their rows, so `resampled`;
- *settings* of a sweep: compared where all else is equal, so `matched_effects`;
- a *cause*, whose gain depends on what else was set: over every setting that met both
  of its values, so `gains`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t as student

LEVEL = 0.95  # of intervals


@dataclass(frozen=True)
class Estimate:
    """A mean, and how well it is known.

    Attributes
    ----------
    mean : float
    error : float
        Its standard error; NaN from fewer than two values.
    n : int
        How many values it is the mean of.
    low, high : float
        Ends of its 95% interval, by Student's law with n - 1 degrees of freedom.
    """

    mean: float
    error: float
    n: int
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return self.high - self.mean

    @property
    def verdict(self) -> str:
        """``"above"`` or ``"below"`` zero as a whole, or ``"not told"``."""
        if self.low > 0:
            return "above"
        return "below" if self.high < 0 else "not told"


def paired(differences: ArrayLike) -> Estimate:
    """Estimate the mean of independent differences.

    The standard error is s / sqrt(n), with the standard deviation s of the differences.

    Parameters
    ----------
    differences : array-like, shape (n,)
    """
    return _estimate(differences, 0.0)


def resampled(differences: ArrayLike, test_share: float) -> Estimate:
    """Estimate the mean of differences from random splits of one table.

    Splits share most of their training rows, and some test rows, so their results vary
    less than new tables would make them vary. The variance of the mean is therefore
    taken as (1/n + n_test/n_train) s^2 in place of s^2/n (Nadeau and Bengio 2003,
    section 5.2). With many splits it tends to n_test/n_train s^2 and not to zero.

    Parameters
    ----------
    differences : array-like, shape (n,)
        One a split.
    test_share : float
        n_test / (n_train + n_test), the same for each split.
    """
    return _estimate(differences, test_share / (1 - test_share))


def _estimate(differences: ArrayLike, overlap: float) -> Estimate:
    d = np.asarray(differences, dtype=float)
    if len(d) < 2:
        mean = float(d.mean()) if len(d) else np.nan
        return Estimate(mean, np.nan, len(d), np.nan, np.nan)
    mean, error = d.mean(), np.sqrt(1 / len(d) + overlap) * d.std(ddof=1)
    half = student.ppf((1 + LEVEL) / 2, len(d) - 1) * error
    ends = (mean - half, mean + half)
    return Estimate(float(mean), float(error), len(d), *map(float, ends))


def matched_effects(
    table: pd.DataFrame,
    choice: str,
    metric: str,
    alike: Sequence[str],
    seeds: Sequence[str] = (),
    same: str | None = None,
) -> pd.DataFrame:
    """Compare the values of a choice within blocks where all else is equal.

    A *block* holds the rows that agree in ``alike`` and ``seeds``. Its difference is
    the metric at a value minus that at the first one. Blocks of one seed share its
    luck, so they are averaged first; the seeds are what stands alone. With one seed, or
    none, there is no standard error: the blocks cannot say what another seed would do.

    Parameters
    ----------
    table : DataFrame
        A row a run.
    choice : str
        The column to compare. Its first value, in the order of its categories or of its
        rows, is what the others are compared with.
    metric : str
    alike : sequence of str
        All other columns that vary, the seeds aside.
    seeds : sequence of str
    same : str, optional
        A column in which two runs agree that are one and the same. A block of two such
        says nothing about the choice, and one whose runs another block has, under other
        names, says nothing new: both are left out.

    Returns
    -------
    DataFrame
        A row for each value but the first: ``value``, ``against``, ``difference``,
        ``error``, ``low``, ``high``, then ``blocks``, ``seeds``, and ``one`` (blocks
        left out).
    """
    column = table[choice]
    is_ordered = isinstance(column.dtype, pd.CategoricalDtype)
    levels = [*(column.cat.categories if is_ordered else dict.fromkeys(column))]
    blocks = [*alike, *seeds]
    by_level = {
        level: _by_block(table[column == level], blocks, [metric, same])
        for level in levels
    }
    rows = []
    first = by_level[levels[0]]
    for level in levels[1:]:
        second = by_level[level].add_suffix("_1")
        both = first.add_suffix("_0").join(second, how="inner")
        compared = both
        if same:
            pair = [f"{same}_0", f"{same}_1"]
            differ = both[pair[0]] != both[pair[1]]
            compared = both[differ & ~both.duplicated(pair)]
        d = (compared[f"{metric}_1"] - compared[f"{metric}_0"]).astype(float)
        each = d.groupby([*seeds], observed=True).mean() if seeds else d.iloc[:0]
        estimate = paired(each)
        if len(each) < 2:
            estimate = Estimate(float(d.mean()), np.nan, len(each), np.nan, np.nan)
        rows.append(
            {
                "value": level,
                "against": levels[0],
                "difference": estimate.mean,
                "error": estimate.error,
                "low": estimate.low,
                "high": estimate.high,
                "blocks": len(d),
                "seeds": len(each),
                "one": len(both) - len(compared),
            }
        )
    return pd.DataFrame(rows)


def gains(
    table: pd.DataFrame,
    choice: tuple[str, object, object],
    metric: str,
    alike: Sequence[str],
    seeds: Sequence[str] = (),
) -> pd.Series:
    """Say what a change of one choice gives in each setting that met both its values.

    One setting shows what the change gives there. What a cause gives is the middle of
    all of them, with how many they are and how far they differ.

    Parameters
    ----------
    table : DataFrame
        A row a run.
    choice : tuple
        The column, the value before, and the value after.
    metric : str
    alike : sequence of str
        The columns that name a setting, the choice aside.
    seeds : sequence of str
        Columns of luck: a setting's gain is the mean over those that met both values.

    Returns
    -------
    Series
        The gain of each setting.
    """
    column, before, after = choice
    index = [*alike, *seeds]
    by_value = table.pivot_table(metric, index, column, observed=True)
    both = by_value.reindex(columns=[before, after]).dropna()
    found: pd.Series = (both[after] - both[before]).groupby([*alike]).mean()
    return found


def _by_block(
    table: pd.DataFrame, blocks: Sequence[str], columns: Sequence[str | None]
) -> pd.DataFrame:
    """Index some columns by block, as text, so that any two values can be compared."""
    shown = table[[name for name in dict.fromkeys(columns) if name]]
    if not blocks:
        return shown.set_axis(range(len(shown)))
    keys = [table[name].astype(str).rename(name) for name in blocks]
    return shown.set_index(pd.MultiIndex.from_arrays(keys, names=blocks))
