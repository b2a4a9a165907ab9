"""Read names and values from a YAML 1.2 file that anyone may have written.

``1e-3`` is a number, ``no`` is a word. A value is a text, a number, a truth or a list;
dates, tags, and what would take minutes to read are refused by name.
"""

from pathlib import Path
from typing import Any

from lopsided.errors import InputError
from lopsided.prose import bounded

MOST_BYTES = 2**18  # reading takes a second for each 75 kB
MOST_NODES, DEEPEST = 100_000, 20  # values, and lists in lists
PREFIX = "tag:yaml.org,2002:"
CORE = ("str", "int", "float", "bool", "null", "seq", "map")  # what YAML 1.2 must know


def read(path: str | Path) -> dict[str, Any]:
    """Read the names and values of a file.

    Raises
    ------
    InputError
        When the file cannot be read or does not hold names and values.
    """
    return parse(_read(path), str(path))


def parse(text: str, path: str) -> dict[str, Any]:
    """Read the names and values of a text; ``path`` says in errors where it stands.

    Raises
    ------
    InputError
        When it does not hold names and values.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    yaml = YAML(typ="safe", pure=True)
    must = f"{path} must hold lines of the form 'name: value'"
    try:
        _refuse_depth(yaml, text, path)
        top = yaml.compose(text)
        if not isinstance(top, MappingNode):
            raise InputError(must)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f": line {mark.line + 1}" if mark else ""
        raise InputError(f"{path} is not a YAML file{where}") from None
    values: dict[str, Any] = {}
    left = MOST_NODES
    for key, node in top.value:
        if not isinstance(key, ScalarNode) or key.tag != f"{PREFIX}str":
            raise InputError(must)
        if key.value in values:
            raise InputError(
                f"{path} is not a YAML file: it has {bounded(key.value)} twice"
            )
        left = _check_node(yaml, node, f"{path}: {key.value}", left)
        try:
            values[key.value] = yaml.constructor.construct_object(node, deep=True)
        except YAMLError:
            raise InputError(
                f"{path} is not a YAML file: {key.value} has a name twice"
            ) from None
    return values


def _read(path: str | Path) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(
                f"{path} is no file of parameters: it has more than {MOST_BYTES:,} "
                "bytes; the table goes without -f"
            )
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a YAML file in UTF-8") from None
    except ValueError as error:  # no path at all
        raise InputError(f"cannot read {str(path)!r}: {error}") from None


def _refuse_depth(yaml: Any, text: str, path: str) -> None:
    """Refuse lists in lists in lists: building them takes the square of their depth."""
    depth = 0
    for event in yaml.parse(text):
        what = type(event).__name__
        depth += what in ("SequenceStartEvent", "MappingStartEvent")
        depth -= what in ("SequenceEndEvent", "MappingEndEvent")
        if depth > DEEPEST:
            raise InputError(f"{path} has lists more than {DEEPEST} deep; flatten them")


def _check_node(yaml: Any, node: Any, where: str, left: int, depth: int = 0) -> int:
    """Refuse what is no plain value, such as a date; give how many more there may be.

    An alias may stand for a thousand others, or for what it is part of.
    """
    left -= 1
    if left < 0 or depth > DEEPEST:
        raise InputError(f"{where} holds too much; write it without aliases")
    tag = node.tag.removeprefix(PREFIX)
    if tag not in CORE:
        what = "a date" if tag == "timestamp" else tag
        shown = bounded(node.value) if isinstance(node.value, str) else "a value"
        raise InputError(f"{where} has {shown}, {what} in YAML; put text in quotes")
    if isinstance(node.value, str):
        try:
            yaml.constructor.construct_object(node, deep=True)
        except (ValueError, KeyError):
            raise InputError(
                f"{where} has {bounded(node.value)}, which is no {tag}; put text in "
                "quotes"
            ) from None
        return left
    for part in node.value:
        for inner in part if isinstance(part, tuple) else [part]:
            left = _check_node(yaml, inner, where, left, depth + 1)
    return left
