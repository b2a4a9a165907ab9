"""How two values differ, and what usually makes them differ so.

`lopsided.report.feedback` says it to students: of numbers and arrays, of texts, of
tuples and dictionaries of them, and of the error that came in place of a value.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lopsided.lesson.network import Array

Near = tuple[float, float]  # rtol and atol, as in numpy.allclose
#: What an error's words point to; the first that is found is told.
ERRORS = {
    "truth value of an array": (
        "`if` takes one yes or no, and this is an array: use np.where, or a comparison"
    ),
    "only 0-dimensional arrays": "the module math takes one number: use NumPy's",
    "only length-1 arrays": "the module math takes one number: use NumPy's",
    "matmul": "the shapes do not fit for @: print both. Is one to be transposed?",
    "not aligned": "the shapes do not fit for @: print both. Is one to be transposed?",
    "broadcast": "the shapes do not fit: print both. Is an axis lost, or swapped?",
    "overflow": "np.exp gets a large positive number: what is the largest it can get?",
    "division by zero": "a division by zero: try the smallest case that can occur",
    "positional argument": "the arguments: keep the first line of the task as it was",
    "out of bounds": "an index that runs off the end: count from 0, or from the last",
    "NoneType": "a function that returns nothing: is there a `return`?",
    "is not defined": "a name that is written in two ways, or a cell that was not run",
}


def numbers(value: Any) -> Array | None:
    """Read numbers as an array; None if they are none, or ragged."""
    if isinstance(value, (str, Mapping, Exception)) or value is None:
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def dimensions(value: Any) -> int:
    """Count the axes of numbers; -1 if they are none."""
    array = numbers(value)
    return -1 if array is None else array.ndim


def same(got: Any, wanted: Any, near: Near) -> bool:
    """Say whether two values are equal, but for rounding."""
    if isinstance(got, Exception) or isinstance(wanted, Exception):
        return type(got) is type(wanted)
    if isinstance(wanted, Mapping):
        return (
            isinstance(got, Mapping)
            and got.keys() == wanted.keys()
            and all(same(got[key], wanted[key], near) for key in wanted)
        )
    if isinstance(wanted, tuple):
        return (
            (isinstance(got, (tuple, list)) or dimensions(got) == 1)
            and len(got) == len(wanted)
            and all(same(a, b, near) for a, b in zip(got, wanted, strict=True))
        )
    a, b = numbers(got), numbers(wanted)
    if a is None or b is None:
        return type(got) is type(wanted) and bool(got == wanted)
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
        return [], [cause for part, cause in ERRORS.items() if part in words]
    if got is None:
        return [], [
            "nothing came back. Is there a `return`? (print gives nothing back)"
        ]
    if callable(got):
        return [], [
            "a function came back and not its result: are the brackets missing?"
        ]
    if isinstance(wanted, str):
        return [], []
    if isinstance(wanted, Mapping):
        return _differences_by_key(got, wanted, sizes, near)
    if isinstance(wanted, tuple):
        return _differences_in_order(got, wanted, sizes, near)
    a, b = numbers(got), numbers(wanted)
    if a is None or b is None:
        return [f"It is of type {type(got).__name__}."], ["another kind of value"]
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
    return facts, _of_values(a.astype(float), b.astype(float), sizes, near)


def _differences_by_key(
    got: Any, wanted: Mapping[str, Any], sizes: list[int], near: Near
) -> tuple[list[str], list[str]]:
    if not isinstance(got, Mapping):
        return [f"It is of type {type(got).__name__}."], ["a dictionary is wanted"]
    facts, likely = [], []
    lost = [str(key) for key in wanted if key not in got]
    more = [str(key) for key in got if key not in wanted]
    if lost:
        facts.append(f"Missing: {', '.join(lost)}.")
        likely.append(
            "a key is missing: does the loop end too soon, or start too late?"
        )
    if more:
        facts.append(f"Not wanted: {', '.join(more)}.")
        likely.append(
            "a key too many: layers are counted from 1, and the input is none"
        )
    for key, value in wanted.items():
        if key in got and not same(got[key], value, near):
            more, causes = differences(got[key], value, sizes, near)
            facts.append(_fact(str(key), got[key], value, more))
            likely += [f"{key}: {cause}" for cause in causes]
    return facts, likely


def _differences_in_order(
    got: Any, wanted: tuple[Any, ...], sizes: list[int], near: Near
) -> tuple[list[str], list[str]]:
    sequence = isinstance(got, (tuple, list)) or dimensions(got) == 1
    if not sequence:
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


def large(value: Any) -> bool:
    """Say whether showing a value would hide what matters."""
    if isinstance(value, Mapping):
        return any(np.ndim(part) for part in value.values()) and not all(
            isinstance(part, tuple) for part in value.values()
        )
    return isinstance(value, np.ndarray) and value.size > 40


def _fact(name: str, got: Any, wanted: Any, more: list[str]) -> str:
    """Say of one part how it differs."""
    if more and dimensions(wanted) > 0:
        return f"{name}: {' '.join(more)}"
    return f"{name} is {shown(got)} and not {shown(wanted)}."


def _differences_of_shape(
    a: Array, b: Array, near: Near
) -> tuple[list[str], list[str]]:
    facts = [f"The shape is {a.shape} and not {b.shape}."]
    if a.shape == b.shape[::-1]:
        exact = " (the entries are right)" if same(a.T, b, near) else ""
        return facts, [
            f"transposed{exact}: a row for each neuron, a column for each input"
        ]
    if a.squeeze().shape == b.squeeze().shape:
        return facts, ["an axis is lost or added: keepdims=True keeps it when you sum"]
    if a.ndim == 0:
        return facts, [
            "summed over everything: which axis is to go? (axis=1 sums rows)"
        ]
    if a.ndim == b.ndim and all(
        m in (1, n) for m, n in zip(b.shape, a.shape, strict=True)
    ):
        return facts, [
            "broadcasting stretched it, or a sum over the examples is missing"
        ]
    if a.ndim == b.ndim == 1:
        return facts, [
            f"{a.size} entries where {b.size} are wanted: one for each of what?"
        ]
    return facts, ["a sum over the wrong axis, or the wrong arrays: print the shapes"]


def _of_values(a: Array, b: Array, sizes: list[int], near: Near) -> list[str]:
    """Name what turns the wanted numbers into the given ones, all of the same shape."""
    if np.isnan(a).any() and not np.isnan(b).any():
        return ["there is a nan: 0 / 0, or infinity less infinity"]
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
    if b.min() >= 0 and b.max() <= 1 and same(1 - a, b, near):
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


def shown(value: Any) -> str:
    """Write a value in one line, or in a few."""
    if isinstance(value, np.generic):
        value = value.item()
    array = numbers(value)
    if array is not None and isinstance(value, np.ndarray):
        text = np.array2string(
            array, precision=4, threshold=20, separator=", ", suppress_small=True
        )
        shape = f", shape {array.shape}" if array.ndim else ""
        return text.replace("\n", "\n" + " " * 10) + shape
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(shown, value))
        if isinstance(value, tuple) and len(value) == 1:
            inside += ","
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(v)}" for key, v in value.items()) + "}"
    return repr(value)
