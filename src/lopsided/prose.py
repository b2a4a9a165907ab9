"""Words for messages and texts: escaped, shortened, counted, listed."""

import json
import re
import reprlib
import shlex
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: What no document can hold, or would act on a terminal or on the text around it:
#: control characters, halves of characters, what Unicode says is no character, the byte
#: order mark, and what turns the direction of writing.
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    r"\ufeff"
    + "".join(chr(plane * 2**16 + k) for plane in range(17) for k in (65534, 65535))
    + "]"
)


def clean(text: str) -> str:
    """Put U+FFFD, which says so, for every character that cannot be shown.

    Lines all end alike.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return HIDDEN.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Write a name or a value from a table within a line of the terminal."""
    return " ".join(clean(text).split())


def escape(text: str) -> str:
    """Write text so that Markdown and HTML show it as it is."""
    text = clean(text)
    text = re.sub(r"\s+", " ", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|$~-])", r"\\\1", text)


def short(text: str, most: int = 60) -> str:
    """Keep both ends of a long text."""
    half = most // 2 - 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def quoted(value: object) -> str:
    """Show a name or a value from a table in a message: on one line, not too long."""
    return short(repr(value))


def option(parameter: str, value: Any) -> str:
    """Write the option of the command that gives a parameter a value, as JSON has them.

    A text stands as it is where the command reads it so; anything else as JSON, whose
    escapes hold what a terminal should not be sent.
    """
    plain = isinstance(value, str) and value.isprintable()
    if not plain or str(value).startswith(('"', "[", "{")) or value == "null":
        written = json.dumps(value, ensure_ascii=False)
        value = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)
    return f"-p {parameter} {shlex.quote(str(value))}"


def bounded(value: object) -> str:
    """Show a value of any size and depth, on one line of at most 80 characters."""
    shortened = reprlib.Repr()
    shortened.maxstring = shortened.maxother = shortened.maxlong = 80
    shortened.maxlist = shortened.maxdict = 9
    try:
        shown = shortened.repr(value)
    except ValueError:  # Python does not write a number of more than 4,300 digits
        return "a number of too many digits"
    return shown if len(shown) <= 80 else shown[:77] + "..."


def count(n: int, one: str, many: str) -> str:
    """Write a number and what it counts."""
    return f"{n:,} {one if n == 1 else many}"


def listed(texts: Sequence[str], most: int = 6) -> str:
    """List the first of some texts, and say how many more there are."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def few(names: Sequence[str], most: int = 6) -> str:
    """List the first of some names, quoted, and say how many more there are."""
    return listed([*map(quoted, names)], most)


class Typed(str):
    """A text to type, such as a command: a document shows it letter by letter."""


class _Escaping(string.Formatter):
    """Format as usual, but let no text that comes from a table act as markup."""

    def format_field(self, value: Any, spec: str) -> str:
        if isinstance(value, Typed):
            fence = "`" * (1 + max(map(len, re.findall("`+", value)), default=0))
            return f"{fence} {one_line(value)} {fence}"
        if isinstance(value, str):
            value = escape(value)
        return str(super().format_field(value, spec))


@dataclass(frozen=True)
class Sentence:
    """Words with values in them, as plain text and as Markdown.

    Attributes
    ----------
    template : str
        Markdown with ``{name}`` or ``{name:.4f}`` where values go.
    values : dict
        Texts among them are escaped: a column may be called ``<script>``.
    """

    template: str
    values: dict[str, Any]

    def plain(self) -> str:
        """Write it for a terminal."""
        return self.template.format(**self.values)

    def markdown(self) -> str:
        """Write it for a document."""
        return _Escaping().format(self.template, **self.values)


#: An option as `option` writes it, without the mark that ends a sentence.
_OPTION = re.compile(r"""(-p \w+ (?:'[^']*'|"[^"]*"|[^\s'"])+?)(?=[.,;:]?(?:\s|$))""")


def item(note: str) -> Sentence:
    """Make a note an item of a list: what it says to type is shown letter by letter."""
    parts = {f"part_{k}": part for k, part in enumerate(_OPTION.split(note))}
    odd = {name: Typed(part) for name, part in [*parts.items()][1::2]}
    return Sentence("- " + "".join(f"{{{name}}}" for name in parts), parts | odd)
