"""What an exercise says to a wrong answer: how it differs, and the likely cause.

`check` calls a student's function, `compare` looks at a value; both say nothing when it
is right. `defined` asks first whether there is one, `without` what a function uses.
When it is wrong, they show it beside what was wanted. Then they look for the cause.
First among the mistakes that are known for this task, in `lopsided.report.mistakes`:
each is made on the same inputs, and named if it gives what the student got, and was
right where the student was. Then among what goes wrong everywhere: transposed, summed
and not averaged, a sign, an axis.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from inspect import getdoc, signature
from types import CodeType
from typing import Any

import numpy as np

from lopsided.lesson.network import Network
from lopsided.report.differences import ERRORS, Near, differences, same
from lopsided.report.mistakes import MISTAKES
from lopsided.report.words import kind, large, shown, spelling


@dataclass(eq=False)
class Unread:
    """What a function returned, when the test cannot look at it as it means to."""

    value: Any


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
        A number, an array, a text, or a tuple, list or dict of such; a set of texts; or
        `OneOf` several that are equally right.
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
    if not callable(answer):
        raise AssertionError(
            f"{kind(answer)} stands where the test expects your function. Likely: its "
            "name was used for something else; run the cell of your answer again."
        )
    whole, got = _outcome(answer, inputs, look)
    if isinstance(got, NotImplementedError):
        raise got
    near = rtol, atol
    before = getattr(answer, "__dict__", {}).setdefault("right", [])
    if same(got, wanted, near):
        before.append(((deepcopy(inputs), look), wanted, near))
        return
    made = []
    for name, mistake in known(answer.__name__):
        its_whole, its = _outcome_quietly(mistake, inputs, look)
        if (
            same(got, its, near)
            and not same(its, wanted, near)
            # Where the answer was right before, the mistake must be right, too.
            and all(
                same(_outcome_quietly(mistake, *x)[1], *wish) for x, *wish in before
            )
        ):
            made.append((not same(whole, its_whole, near), name))
    # Those are meant that agree in all that is returned, not only where the test looks.
    likely = [name for beside, name in made if beside == min(made)[0]]
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
    task = (getdoc(answer) or "").partition("\n")[0]
    _complain(got, wanted, title, likely, sizes, near, note, task)


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
    near = rtol, atol
    if not same(got, wanted, near):
        made = (causes or {}).items()
        likely = [name for name, value in made if same(got, value, near)]
        _complain(got, wanted, what, likely, [], near, note)


def defined(names: Mapping[str, Any], note: str = "", **wanted: str) -> None:
    """Say which names there are not yet, or stand for another kind of value.

    Parameters
    ----------
    names : mapping
        The notebook's, ``globals()``.
    note : str
        What to remember, when it is another kind.
    **wanted : str
        What the answer must define: the kind of each name, as `words.kind` says it.

    Raises
    ------
    AssertionError
        When one is missing, or of another kind.
    """
    missing = [name for name in wanted if name not in names]
    if missing:
        others = [name for name in names if name[:1] != "_"]
        near = [cause for name in missing for cause in spelling(name, others)]
        likely = [*near, ERRORS["is not defined"]][0]
        raise AssertionError(f"not defined: {', '.join(missing)}. Likely: {likely}.")
    for name, words in wanted.items():
        if kind(names[name]) != words:
            remember = f" Remember: {note}." if note else ""
            raise AssertionError(
                f"{name} is {kind(names[name])}, and {words} is wanted.{remember}"
            )


def without(answer: Callable[..., Any], *names: str) -> None:
    """Say when a function uses what its task asks to do without.

    Parameters
    ----------
    answer : callable
    *names : str
        Of functions.

    Raises
    ------
    AssertionError
        When one is in its code.
    """
    codes, used = [getattr(answer, "__code__", None)], set[str]()
    for code in codes:  # it grows: functions inside have codes of their own
        if isinstance(code, CodeType):
            used |= {*code.co_names}
            codes += code.co_consts
    found = [name for name in names if name in used]
    if found:
        raise AssertionError(
            f"{answer.__name__} uses {', '.join(found)}. The task is to do without."
        )


def _complain(
    got: Any,
    wanted: Any,
    title: str,
    made: list[str],
    sizes: list[int],
    near: Near,
    note: str,
    task: str | None = None,
) -> None:
    """Raise, with what is known and what the values tell."""
    stopped = isinstance(got, Exception)
    unread = isinstance(got, Unread)
    lines = [title]
    if stopped:
        lines.append(f"  stopped with {type(got).__name__}: {got}")
    elif unread or not large(wanted):
        lines.append(f"  gave    {shown(got.value if unread else got)}")
    if not large(wanted):
        lines.append(f"  wanted  {shown(wanted)}")
    if unread:
        likely = [f"{kind(got.value)} is another kind of value than is asked"]
    elif got is None and task is not None:
        likely = ["nothing came back. Is there a `return`, and is it reached?"]
    else:
        facts, likely = differences(got, wanted, sizes, near)
        lines += facts
    # One answer can come of several mistakes. More than two are no help.
    for cause in [*dict.fromkeys(made or likely)][:2]:
        lines.append(f"Likely: {cause}{'' if cause[-1] in '?)' else '.'}")
    if task and (unread or not (made or likely)):
        lines.append(f"The task: {task}")
    if note:
        lines.append(f"Remember: {note}.")
    raise AssertionError("\n".join(lines)) from (got if stopped else None)


def _outcome(
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    look: Callable[..., Any] | None,
) -> tuple[Any, Any]:
    """Give what comes back, or the error in its place, and what to compare of it."""
    used = deepcopy(inputs)
    try:
        got = function(*used)
    except Exception as error:
        return error, error
    if look is None:
        return got, got
    try:
        return got, look(got, *used)
    except Exception:  # it looks at something else than it thinks
        return got, None if got is None else Unread(got)


def _outcome_quietly(*given: Any) -> tuple[Any, Any]:
    """Give what a mistake gives, which may warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _outcome(*given)


def known(task: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the mistakes of a task one by one; some are made in several ways."""
    for name, ways in MISTAKES.get(task, {}).items():
        for way in ways if isinstance(ways, tuple) else (ways,):
            yield name, way
