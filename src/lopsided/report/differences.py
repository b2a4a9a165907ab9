"""How two values differ, and what usually makes them differ so.

`lopsided.report.feedback` says it to students: of numbers and arrays, of texts, of
tuples and dictionaries of them, and of the error that came in place of a value.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from lopsided.lesson.network import Array
from lopsided.report.words import OneOf, apart, kind, numbers, shown, spelling

Near = tuple[float, float]  # rtol and atol, as in numpy.allclose
#: What an error's words point to; the first that is found is told.
ERRORS = {
    "KeyError: 0": (
        "W, b and Z have no layer 0, they begin with 1; the input is A[0]: where does "
        "the loop begin or end?"
    ),
    "KeyError": "the dictionary has no such key: print its keys",
    "truth value of an array": (
        "`if` takes one yes or no, and this is an array: use np.where, or a comparison"
    ),
    "only 0-dimensional arrays": "the module math takes one number: use NumPy's",
    "only length-1 arrays": "the module math takes one number: use NumPy's",
    "enough dimensions": "@ takes arrays: is an index missing, as in W[l]?",
    "matmul": "the shapes do not fit for @: print both. Is one to be transposed?",
    "not aligned": "the shapes do not fit for @: print both. Is one to be transposed?",
    "broadcast": "the shapes do not fit: print both. Is an axis lost, or swapped?",
    "overflow": "np.exp gets a large positive number: what is the largest it can get?",
    "invalid value": "0 / 0, infinity / infinity, or a root or log of what is negative",
    "division by zero": "a division by zero: try the smallest case that can occur",
    "divide by zero": "a division by zero, or the logarithm of 0",
    "as a data type": "a shape is one argument, in its own brackets: (rows, columns)",
    "positional argument": (
        "the arguments: compare the call with the first line of its function"
    ),
    "out of bounds": "an index runs off the end: does it count from 0, on what axis?",
    "out of range": "an index runs off the end: count from 0, or from the last",
    "too many indices": "more indices than axes: print the shape",
    "NoneType": (
        "a function gave None: has it no `return`, or does it change what it gets?"
    ),
    "is not defined": "a name that is written in two ways, or a cell that was not run",
    "local variable": "a name that gets its value only later, or only in a branch",
    "has no attribute": (
        "what stands before the dot has no such part: is an index missing, or the name "
        "misspelt?"
    ),
    "Pass": "forward gives Z and A behind a dot, and layers in [ ]: done.A[l]",
    "'int' object is not iterable": "a loop over a number: is range(…) missing?",
    "unsupported operand": (
        "kinds that do not go together, as a dictionary and an array: is an index "
        "missing?"
    ),
    "not callable": "( ) behind what is no function: [ ] picks entries, * multiplies",
    "not subscriptable": "[ ] behind what has no entries: print it",
    "integer": "a whole number is wanted: int(…), or // in place of /",
}


def dimensions(value: Any) -> int:
    """Count the axes of numbers; -1 if they are none."""
    array = numbers(value)
    return -1 if array is None else array.ndim


def same(got: Any, wanted: Any, near: Near) -> bool:
    """Say whether two values are equal, but for rounding."""
    if isinstance(got, Exception) or isinstance(wanted, Exception):
        return type(got) is type(wanted) and str(got) == str(wanted)
    if isinstance(wanted, OneOf):
        return any(same(got, one, near) for one in wanted)
    if isinstance(wanted, Mapping):
        return (
            isinstance(got, Mapping)
            and got.keys() == wanted.keys()
            and all(same(got[key], wanted[key], near) for key in wanted)
        )
    if isinstance(wanted, tuple):
        return (
            (isinstance(got, (tuple, list)) or dimensions(got) > 0)
            and len(got) == len(wanted)
            and all(same(a, b, near) for a, b in zip(got, wanted, strict=True))
        )
    a, b = numbers(got), numbers(wanted)
    if a is None or b is None:
        try:
            return type(got) is type(wanted) and bool(got == wanted)
        except ValueError:  # arrays inside
            return False
    if a.shape != b.shape and not (b.ndim == 0 and a.size == 1):
        return False
    rtol, atol = near
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True))


def differences(
    got: Any, wanted: Any, sizes: list[int], near: Near
) -> tuple[list[str], list[str]]:
    """Say how two values differ, and what usually makes them differ so."""
    if isinstance(got, Exception):
        words = f"{type(got).__name__}: {got}"
        return [], [cause for part, cause in ERRORS.items() if part in words][:1]
    choices = wanted if isinstance(wanted, OneOf) else (wanted,)
    wanted = choices[0]
    if isinstance(wanted, str):
        if isinstance(got, str):
            return [], [cause for one in choices for cause in spelling(one, [got])]
        return [], [_other_kind(got, wanted)]
    if callable(got):
        return [], [
            "a function came back and not its result: are the brackets missing?"
        ]
    if isinstance(wanted, Mapping):
        return _differences_by_key(got, wanted, sizes, near)
    if isinstance(wanted, tuple):
        return _differences_in_order(got, wanted, sizes, near)
    a, b = numbers(got), numbers(wanted)
    if b is None and all(
        isinstance(names, (set, list)) and all(isinstance(x, Hashable) for x in names)
        for names in (got, wanted)
    ):
        return apart(sorted(got, key=shown), sorted(wanted, key=shown))
    if a is None or b is None:
        return [], [_other_kind(got, wanted)]
    if a.shape != b.shape and not (b.ndim == 0 and a.size == 1):
        return _differences_of_shape(a, b, near)
    a = a.reshape(b.shape)
    wrong = np.argwhere(~np.isclose(a, b, *near, equal_nan=True))
    facts = []
    if b.size > 1:
        first = tuple(map(int, wrong[0]))
        place = ", ".join(map(str, first))
        many = "All" if len(wrong) == b.size else f"{len(wrong)} of {b.size}"
        facts.append(
            f"{many} entries differ, the first at [{place}]: "
            f"{shown(a[first])} and not {shown(b[first])}."
        )
    if b.ndim == 0 and b.dtype.kind in "iu":
        sizes = []  # a count is no sum over examples
    return facts, _of_values(a, b, sizes, near)


def _differences_by_key(
    got: Any, wanted: Mapping[str, Any], sizes: list[int], near: Near
) -> tuple[list[str], list[str]]:
    if not isinstance(got, Mapping):
        return [], [_other_kind(got, wanted)]
    facts, likely = apart(got, wanted)
    for key, value in wanted.items():
        if key in got and not same(got[key], value, near):
            more, causes = differences(got[key], value, sizes, near)
            facts.append(_fact(str(key), got[key], value, more))
            likely += [f"{key}: {cause}" for cause in causes]
    return facts, likely


def _differences_in_order(
    got: Any, wanted: tuple[Any, ...], sizes: list[int], near: Near
) -> tuple[list[str], list[str]]:
    rows = dimensions(got) > max(0, dimensions(wanted[0]))
    if not (isinstance(got, (tuple, list)) or rows):
        return [], [f"{len(wanted)} values are wanted, with commas between them"]
    if len(got) != len(wanted):
        return [], [
            f"the number of values: {len(got)} came, and {len(wanted)} are wanted"
        ]
    if same(tuple(got[::-1]), wanted, near):
        whole = all(isinstance(value, int) for value in wanted)
        turned = ": transposed" if whole and len(wanted) == 2 else ""
        return [], [f"the right values in the wrong order{turned}"]
    facts, likely = [], []
    for i, (a, b) in enumerate(zip(got, wanted, strict=True), 1):
        if not same(a, b, near):
            more, causes = differences(a, b, sizes, near)
            facts.append(_fact(f"Value {i}", a, b, more))
            likely += [f"value {i}: {cause}" for cause in causes]
    return facts, likely


def _other_kind(got: Any, wanted: Any) -> str:
    due = "an array or a list of numbers" if dimensions(wanted) > 0 else kind(wanted)
    return f"another kind of value: {kind(got)} came, and {due} is wanted"


def _fact(name: str, got: Any, wanted: Any, more: list[str]) -> str:
    """Say of one part how it differs."""
    if more and dimensions(wanted) > 0:
        return f"{name}: {' '.join(more)}"
    return f"{name} is {shown(got)} and not {shown(wanted)}."


def _differences_of_shape(
    a: Array, b: Array, near: Near
) -> tuple[list[str], list[str]]:
    facts = [f"The shape is {a.shape} and not {b.shape}."]
    if b.ndim == 0:
        return facts, [f"one number is wanted, and {a.size} came"]
    if a.shape == b.shape[::-1]:
        exact = " (the entries are right)" if same(a.T, b, near) else ""
        return facts, [
            f"transposed{exact}: rows are neurons, columns are inputs or examples"
        ]
    if a.squeeze().shape == b.squeeze().shape:
        return facts, ["an axis is lost or added: keepdims=True keeps it when you sum"]
    if a.ndim == 0:
        return facts, [
            "one number came: is it summed over everything? (axis=1 sums rows)"
        ]
    if a.ndim == b.ndim and all(
        m in (1, n) for m, n in zip(b.shape, a.shape, strict=True)
    ):
        return facts, [
            "is a sum missing, or did broadcasting stretch it, or is it another array?"
        ]
    if a.ndim == b.ndim == 1:
        return facts, [
            f"{a.size} entries where {b.size} are wanted: one for each of what?"
        ]
    return facts, ["another array, or a sum over another axis: print the shapes"]


def _of_values(a: Array, b: Array, sizes: list[int], near: Near) -> list[str]:
    """Name what turns the wanted numbers into the given ones, all of the same shape."""
    share = b.dtype.kind == "f" and b.min() >= 0 and b.max() <= 1
    a, b = a.astype(float), b.astype(float)
    if np.isnan(a).any() and not np.isnan(b).any():
        return [
            "there is a nan: 0 / 0, infinity / infinity, or log of what is negative"
        ]
    if np.isinf(a).any():
        return ["there is an infinity: a division by zero, or an overflow"]
    if same(-a, b, near):
        return ["the sign is turned round"]
    for m in sizes:
        if same(a / m, b, near):
            return [
                f"summed and not averaged: it is {m} times too large (1/m is missing)"
            ]
        if same(a * m, b, near):
            return [f"divided once too often: it is {m} times too small"]
    if a.ndim == 2 and a.shape[0] == a.shape[1] and same(a.T, b, near):
        return ["transposed"]
    if share and same(1 - a, b, near):
        return ["this is 1 minus what is wanted: the other class, or the other side?"]
    if a.size > 1 and np.ptp(a) == 0 and np.ptp(b) > 0:
        return ["all entries are alike: is an index or an input missing?"]
    if a.size > 1 and np.any(b != 0):
        at = np.argmax(np.abs(b))
        factor = a.flat[at] / b.flat[at]
        if factor and same(a, factor * b, near):
            return [f"every entry is {factor:.4g} times what is wanted: a factor"]
        if same(a - a.flat[0], b - b.flat[0], near):
            return [
                f"every entry is off by {a.flat[0] - b.flat[0]:.4g}: a term is missing"
            ]
        if same(np.sort(a, None), np.sort(b, None), near):
            return ["the right entries in the wrong order"]
    return []
