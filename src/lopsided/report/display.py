"""How things look and reach the reader: style, `Picture`, `display.show`, `say`.

Names and values from a table become something to be seen here, and here alone they are
cleaned of what no document can hold: `Picture` cleans what is drawn, `send` the rest.

Colours are Okabe and Ito's, told apart by colour-blind readers; line styles and markers
differ too, so that grey prints stay readable.
"""

import io
import string
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter

from lopsided.prose import clean, escape

BLUE, ORANGE, GREEN, PURPLE, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#555555",
)
STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "svg.fonttype": "path",
    "text.parse_math": False,  # a column may be called $x$
}
PHONE = (5.6, 3.9)  # inches; text keeps its size when a phone shrinks the page


def house_style(**more: Any) -> AbstractContextManager[None]:
    """Draw in the house style, on matplotlib's defaults: no matplotlibrc counts."""
    return mpl.style.context(["default", STYLE | more])


@dataclass(frozen=True)
class Picture:
    """A figure, its file name without ending, and its alternative text."""

    name: str
    figure: Figure
    alt: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "alt", clean(self.alt))
        for ax in self.figure.axes:
            for axis in (ax.xaxis, ax.yaxis):  # ticks are written when they are drawn
                if isinstance(names := axis.get_major_formatter(), FixedFormatter):
                    names.seq = [*map(clean, names.seq)]
        for text in self.figure.findobj(Text):
            if clean(text.get_text()) != text.get_text():
                text.set_text(clean(text.get_text()))
        # The layout would come out a little different each time it is drawn.
        with house_style():
            self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")

    def svg(self) -> bytes:
        """Draw as SVG: the same bytes each time, with the alternative text inside."""
        return self._svg

    @cached_property  # a run draws each twice: to keep, and to show
    def _svg(self) -> bytes:
        buffer = io.BytesIO()
        with house_style(**{"svg.hashsalt": self.name}):
            self.figure.savefig(buffer, format="svg", metadata={"Date": None})
        drawn = buffer.getvalue().decode()
        start = drawn.index("<svg ")
        label = f'<svg role="img" aria-label={quoteattr(self.alt)} '
        drawn = label + drawn[start + len("<svg ") :]
        end = drawn.index(">") + 1
        return (
            drawn[:end] + f"<title>{escape_xml(self.alt)}</title>" + drawn[end:]
        ).encode()

    def png(self) -> bytes:
        """Draw as PNG, with the alternative text as its description."""
        buffer = io.BytesIO()
        with house_style():
            self.figure.savefig(
                buffer, format="png", dpi=110, metadata={"Description": self.alt}
            )
        return buffer.getvalue()


def send(bundle: dict[str, str], about: dict[str, Any] | None = None) -> None:
    """Show texts, the same thing in several formats, in a notebook; else print one.

    Parameters
    ----------
    bundle : dict of str
        ``text/plain`` is what a script prints.
    about : dict, optional
        More for some of the formats: captions, alternative texts.
    """
    from IPython import get_ipython
    from IPython.display import display

    cleaned = {kind: clean(text) for kind, text in bundle.items()}
    if get_ipython() is None:
        print(cleaned["text/plain"])
    else:
        display(cleaned, raw=True, metadata=about or {})


def show(thing: Any, caption: str = "", label: str = "") -> None:
    """Show a picture or a table in a notebook; as a script, print it or its words.

    Parameters
    ----------
    thing : Picture or DataFrame
    caption : str, optional
        With one, it is numbered in the documents of a run. Plain text.
    label : str, optional
        A picture has its name. A text that says ``<!-- see label -->`` refers to it.
    """
    label = thing.name if isinstance(thing, Picture) else label
    about = {"caption": clean(caption), "label": label} if caption else {}
    if isinstance(thing, Picture):
        send(
            {
                "image/svg+xml": thing.svg().decode(),
                "text/plain": f"Figure. {thing.alt}",
            },
            {"image/svg+xml": {"alt": thing.alt, **about}},
        )
        return
    # Tables are shown whole: a reason cut in the middle is none.
    whole = ("display.max_colwidth", None, "display.max_rows", None)
    with pd.option_context(*whole, "display.width", 100):
        html = thing._repr_html_()
        send(
            {"text/html": html, "text/plain": repr(thing)},
            {"text/html": about} if about else None,
        )


Args = ParamSpec("Args")
Result = TypeVar("Result")


def styled(draw: Callable[Args, Result]) -> Callable[Args, Result]:
    """Let a function draw in the house style, whatever the session's own style is."""

    @wraps(draw)
    def wrapper(*args: Args.args, **kwargs: Args.kwargs) -> Result:
        with house_style():
            return draw(*args, **kwargs)

    return wrapper


def axes(
    xlabel: str, ylabel: str, title: str = "", size: tuple[float, float] = PHONE
) -> tuple[Figure, Axes]:
    """Start a figure with one labelled pair of axes in the house style.

    What a notebook draws into it next is in that style too: outside of a `styled`
    function, the session keeps it.
    """
    mpl.style.use(["default", STYLE])
    figure = Figure(figsize=size)
    ax = figure.add_subplot()
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return figure, ax


class _Escaping(string.Formatter):
    """Format as usual, but let no text that comes from a table act as markup."""

    def format_field(self, value: Any, spec: str) -> str:
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


def say(sentence: str | Sentence, **values: Any) -> None:
    """Show a sentence in a notebook, or print it in a script.

    Parameters
    ----------
    sentence : str or Sentence
        Markdown with ``{name}`` or ``{name:.4f}`` where values go.
    **values
        Texts among them are escaped: a column may be called ``<script>``.
    """
    if isinstance(sentence, str):
        sentence = Sentence(sentence, values)
    send({"text/markdown": sentence.markdown(), "text/plain": sentence.plain()})
