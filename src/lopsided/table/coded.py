"""A tall table in a fraction of its room: coded, and made when asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin

from lopsided.lesson.network import Array

#: Bytes of a table, or of an input, from which on it is coded.
TALL = 2**25


class Coded(NDArrayOperatorsMixin):
    """Stands for an array of shape (n_0, m), and is one wherever an array is needed.

    A column of a table gives the network up to a hundred numbers a row, of eight bytes
    each. Where it has few different values, each row is held as the number of its
    value, in a byte or two, and what a value gives is held once.

    ``X[:, rows]`` is coded too. All else makes the numbers, the same to the last bit:
    ``np.asarray(X)``, ``X.T``, ``W @ X``.

    Parameters
    ----------
    columns : sequence of (codes, values)
        In the order of the rows of the input. Arrays of shape (m,) and (values, k); or
        None and an array of shape (m, k), where codes would spare nothing.
    """

    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(self, columns: Sequence[tuple[Array | None, Array]]) -> None:
        self.columns = [*columns]
        codes, values = self.columns[0]
        m = len(values if codes is None else codes)
        self.shape: tuple[int, int] = (sum(v.shape[1] for _, v in self.columns), m)

    @property
    def nbytes(self) -> int:
        """What the numbers would take as an array."""
        return 8 * self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        is_rows = isinstance(key, tuple) and len(key) == 2 and np.ndim(key[1]) < 2
        if not (is_rows and isinstance(key[0], slice) and key[0] == slice(None)):
            return np.asarray(self)[key]
        if np.isscalar(key[1]):
            return np.asarray(self[:, [key[1]]])[:, 0]
        return Coded(
            [
                (None, v[key[1]]) if c is None else (c[key[1]], v)
                for c, v in self.columns
            ]
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        X, at = np.empty(self.shape[::-1]), 0  # each example lies together in memory
        for codes, values in self.columns:
            after = at + values.shape[1]
            X[:, at:after] = values if codes is None else values[codes]
            at = after
        return X.T if dtype is None else X.T.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **how: Any) -> Any:
        arrays = (np.asarray(x) if isinstance(x, Coded) else x for x in given)
        return getattr(ufunc, method)(*arrays, **how)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("columns", "shape"):  # not yet there
            raise AttributeError(name)
        return getattr(np.asarray(self), name)


class Columns:
    """Stands for a table, of which a column is made when it is asked for.

    ``columns["age"]`` is one, ``len(columns)`` counts rows, and a loop meets the names,
    all as in a DataFrame.

    Parameters
    ----------
    frame : DataFrame
        With rows numbered from 0. It is emptied: what nobody else holds is freed.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.rows = len(frame)
        self.columns: dict[str, tuple[Array | None, pd.Series]] = {}
        for name in [*frame]:
            column = frame.pop(name)
            codes, first = first_of_each(column)
            few = codes.nbytes + 8 * len(first) < 8 * self.rows
            values = column.iloc[first] if few else column.copy()
            self.columns[name] = (codes if few else None), values

    def __getitem__(self, name: str) -> pd.Series:
        codes, values = self.columns[name]
        return values if codes is None else values.take(codes).reset_index(drop=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return self.rows


def columns_of(frame: pd.DataFrame) -> Any:
    """Give a tall table as `Columns`, which empties it, and any other as it is."""
    return Columns(frame) if 8 * frame.size > TALL else frame


def first_of_each(column: pd.Series) -> tuple[Array, Array]:
    """Give each row the number of its value in a column, and each value's first row.

    Missing ones are a value too, the last.
    """
    codes, values = pd.factorize(column)
    missing = codes < 0
    n = len(values) + bool(missing.any())
    codes[missing] = n - 1
    first = np.empty(n, dtype=int)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # what is put last stays
    return codes.astype(np.min_scalar_type(n)), first
