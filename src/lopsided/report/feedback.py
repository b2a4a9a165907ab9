"""What an exercise says to a wrong answer: how it differs, and the likely cause.

`check` calls a student's function, `compare` looks at a value; both say nothing when it
is right. `defined` asks first whether there is one. When it is wrong, they show it
beside what was wanted. Then they look for the cause. First among the mistakes that are
known for this task, in `lopsided.report.mistakes`: each is made on the same inputs, and
named if it gives what the student got. Then among what goes wrong everywhere:
transposed, summed and not averaged, a sign, an axis.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from inspect import signature
from typing import Any

import numpy as np

from lopsided.lesson.network import Network
from lopsided.report.differences import (
    ERRORS,
    Near,
    differences,
    large,
    same,
    shown,
)
from lopsided.report.mistakes import MISTAKES


def check(
    answer: Callable[..., Any],
    *inputs: Any,
    wanted: Any,
    look: Callable[..., Any] | None = None,
    rtol: float = 1e-7,
    atol: float = 1e-9,
    note: str = "",
) -> None:
    """Call a student's function, and say what is wrong with what it gives.

    Parameters
    ----------
    answer : callable
        Its name says which mistakes are known for it.
    *inputs
        What to call it with. It gets a copy.
    wanted
        A number, an array, a text, or a tuple, list or dict of such.
    look : callable, optional
        What to compare, if not what the function returns: takes that and the inputs,
        which the function may have changed.
    rtol, atol : float
        How far a number may be off, as in ``numpy.allclose``.
    note : str
        What to remember, for the end of the message.

    Raises
    ------
    AssertionError
        When the answer is wrong.
    NotImplementedError
        When there is none yet.
    """
    got = _outcome(answer, inputs, look)
    if isinstance(got, NotImplementedError):
        raise got
    causes = _made(MISTAKES.get(answer.__name__, {}), inputs, look)
    sizes = [np.shape(x)[-1] for x in inputs if np.ndim(x) and np.shape(x)[-1] > 1]
    try:
        names = [*signature(answer).parameters]
    except (TypeError, ValueError):
        names = []
    title = f"{answer.__name__}({', '.join(names)})"
    given = [
        f"    {name} = {shown(x)}"
        for name, x in zip(names, inputs, strict=False)
        if isinstance(x, (int, float, str, list, tuple, Network))
        or (isinstance(x, np.ndarray) and x.size <= 12)
    ]
    if given:
        title = "\n".join([f"{title} with", *given])
    _complain(got, wanted, title, causes, sizes, (rtol, atol), note)


def compare(
    got: Any,
    wanted: Any,
    what: str,
    causes: Mapping[str, Any] | None = None,
    rtol: float = 1e-7,
    atol: float = 1e-9,
    note: str = "",
) -> None:
    """Look at a value, and say what is wrong with it.

    Parameters
    ----------
    got, wanted
        As `check` takes ``wanted``.
    what : str
        What ``got`` is.
    causes : mapping, optional
        What mistakes would give, by their names.
    rtol, atol, note
        As in `check`.

    Raises
    ------
    AssertionError
        When it is wrong.
    """
    made = iter((causes or {}).items())
    _complain(got, wanted, what, made, [], (rtol, atol), note)


def defined(names: Mapping[str, Any], *wanted: str) -> None:
    """Say which names there are not yet.

    Parameters
    ----------
    names : mapping
        The notebook's, ``globals()``.
    *wanted : str
        What the answer must define.

    Raises
    ------
    AssertionError
        When one is missing.
    """
    missing = [name for name in wanted if name not in names]
    if missing:
        raise AssertionError(
            f"not defined: {', '.join(missing)}. Likely: {ERRORS['is not defined']}."
        )


def _complain(
    got: Any,
    wanted: Any,
    title: str,
    causes: Iterator[tuple[str, Any]],
    sizes: list[int],
    near: Near,
    note: str,
) -> None:
    """Raise, unless ``got`` is right."""
    if same(got, wanted, near):
        return
    stopped = isinstance(got, Exception)
    lines = [title]
    if stopped:
        lines.append(f"  stopped with {type(got).__name__}: {got}")
    elif not large(wanted):
        lines.append(f"  gave    {shown(got)}")
    if not large(wanted):
        lines.append(f"  wanted  {shown(wanted)}")
    known = [
        name
        for name, value in causes
        if same(got, value, near) and not same(value, wanted, near)
    ]
    facts, likely = differences(got, wanted, sizes, near)
    lines += facts
    # One answer can come of several mistakes. More than two are no help.
    for name in (known or likely)[:2]:
        lines.append(f"Likely: {name}{'' if name[-1] in '?)' else '.'}")
    if note:
        lines.append(f"Remember: {note}.")
    raise AssertionError("\n".join(lines)) from (got if stopped else None)


def _outcome(
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    look: Callable[..., Any] | None,
) -> Any:
    """Give what is to be compared, or the error that came instead."""
    used = deepcopy(inputs)
    try:
        got = function(*used)
    except Exception as error:
        return error
    if look is None:
        return got
    try:
        return look(got, *used)
    except Exception:  # it looks at something else than it thinks
        return got


def _made(
    mistakes: Mapping[str, Callable[..., Any]],
    inputs: tuple[Any, ...],
    look: Callable[..., Any] | None,
) -> Iterator[tuple[str, Any]]:
    """Make the mistakes one by one."""
    for name, mistake in mistakes.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = _outcome(mistake, inputs, look)
        yield name, value
