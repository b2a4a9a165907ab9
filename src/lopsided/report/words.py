"""How a value is written to a student: its kind, its entries, its names.

`lopsided.report.differences` and `lopsided.report.feedback` say them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from numbers import Number
from typing import Any

import numpy as np

from lopsided.lesson.network import Array


class OneOf(tuple[Any, ...]):
    """Values that are equally right."""

    __slots__ = ()


def numbers(value: Any) -> Array | None:
    """Read numbers as an array; None if they are none, or ragged."""
    if isinstance(value, (str, Mapping, Exception)) or value is None:
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def kind(value: Any) -> str:
    """Name the kind of a value: "a number", "a dictionary", "a Network"."""
    for kinds, words in (
        (str, "a text"),
        ((Number, np.generic), "a number"),
        (Mapping, "a dictionary"),
        (np.ndarray, "an array"),
    ):
        if isinstance(value, kinds):
            return words
    if value is None:
        return "None"
    return "a function" if callable(value) else f"a {type(value).__name__}"


def large(value: Any) -> bool:
    """Say whether showing a value would hide what matters."""
    if isinstance(value, OneOf):
        return large(value[0])
    if isinstance(value, Mapping):
        return any(np.ndim(part) for part in value.values()) and not all(
            isinstance(part, tuple) for part in value.values()
        )
    return isinstance(value, np.ndarray) and value.size > 40


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
    if isinstance(value, OneOf):
        return f"one of {', '.join(map(shown, value))}"
    if isinstance(value, (tuple, list)):
        inside = [*map(shown, value[:20]), *(["..."] if len(value) > 20 else [])]
        if isinstance(value, list):
            return f"[{', '.join(inside)}]"
        return f"({', '.join(inside)}{',' if len(inside) == 1 else ''})"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(shown, value))) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(v)}" for key, v in value.items()) + "}"
    if callable(value):
        return f"the function {getattr(value, '__name__', '')}".rstrip()
    return repr(value)


def spelling(name: str, others: Iterable[Any]) -> list[str]:
    """Say that one of the others is a name written otherwise, if one is."""
    plain = {_plain(other): other for other in others}
    near = get_close_matches(_plain(name), plain, n=1, cutoff=0.8)
    return [f"the spelling: {name!r}, and not {shown(plain[near[0]])}"] if near else []


def apart(got: Collection[Any], wanted: Collection[str]) -> tuple[list[str], list[str]]:
    """Say of names which are missing, which are not wanted, and why.

    Parameters
    ----------
    got, wanted : collection
        Such as the keys of dictionaries.

    Returns
    -------
    facts, causes : list of str
    """
    lost = [name for name in wanted if name not in got]
    more = [name for name in got if name not in wanted]
    facts = [
        f"{words}: {', '.join(x if isinstance(x, str) else shown(x) for x in names)}."
        for words, names in (("Missing", lost), ("Not wanted", more))
        if names
    ]
    causes = [cause for name in lost for cause in spelling(name, more)]
    if lost and not all(isinstance(name, str) for name in more):
        causes.insert(0, f"a name is a text, in quotes: {lost[0]!r}")
    if not causes:
        here, there = _layers(got), _layers(wanted)
        causes = [
            "layers are counted from 1, and the input is none"
            if l == 0
            else f"there is no layer {l}"
            for l in sorted(here - there)
        ] + [
            f"layer {l} is missing: does the loop end too soon, or start too late?"
            for l in sorted(there - here)
        ]
    return facts, causes


def _plain(name: Any) -> str:
    return re.sub(r"[\W_]", "", str(name)).lower()


def _layers(names: Iterable[Any]) -> set[int]:
    """Read the numbers at the ends of names: 2 of "dW2"."""
    ends = (re.search(r"\d+$", str(name)) for name in names)
    return {int(end[0]) for end in ends if end}
