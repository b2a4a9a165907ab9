"""How things look and reach the reader: style, `Picture`, `display.show`, `say`.

Names and values from a table become something to be seen here, and here alone they are
cleaned of what no document can hold: `Picture` cleans what is drawn, `send` the rest.

Colours are Okabe and Ito's, told apart by colour-blind readers; line styles and markers
differ too, so that grey prints stay readable. Text in a colour is darker than a line.

Longer than most: all that is shown passes through here.
"""

import io
import itertools
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar
from xml.sax import saxutils

import matplotlib as mpl
import matplotlib.style
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter

from lopsided.prose import Sentence, clean

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, SKY, GREY = "#CC79A7", "#56B4E9", "#555555"
#: For kinds of things with no colour of their own, in this order. Orange is not one of
#: them: it stands for positives.
COLOURS = (BLUE, GREEN, PURPLE, "#E69F00", SKY, GREY)
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


#: Where a drawing's numbers stand, and those that have more digits than can be seen.
_COORDINATES = re.compile(r'(?<= )(?:d|x|y)="[^"]*"')
_LONG = re.compile(r"-?\d+\.\d{3,}")
#: Twenty marks or more of one style, as where points are scattered.
_MARKS = re.compile(r'<use [^>]*( style="[^"]*")/>\n(?:<use [^>]*\1/>\n){19,}')


def _rounded(found: re.Match[str]) -> str:
    """Round coordinates to a hundredth of a point, on one line: half the file."""
    shorter = _LONG.sub(lambda number: f"{float(number[0]):.2f}", found[0])
    return shorter.replace("\n", "")


def _gathered(found: re.Match[str]) -> str:
    """Say the style of many marks once, and on one line: half of what they take."""
    marks = found[0].replace(found[1], "").replace("\n", "")
    return f"<g{found[1]}>{marks}</g>\n"


def _lay_out(figure: Figure) -> None:
    """Place what a figure holds, as drawing it would, and keep it there.

    The layout would come out a little different each time it is drawn.
    """
    if engine := figure.get_layout_engine():
        with house_style():
            engine.execute(figure)
        figure.set_layout_engine("none")


def ink(colour: str) -> str:
    """Darken a colour so far that text in it can be read on white: at 4.5 to 1.

    Marks and lines are large enough as they are.
    """
    rgb: npt.NDArray[np.float64] = np.array(to_rgb(colour))
    while _luminance(rgb) > 1.05 / 4.5 - 0.05:
        rgb *= 0.98
    red, green, blue = rgb.tolist()
    return to_hex((red, green, blue))


def _luminance(rgb: npt.NDArray[np.float64]) -> float:
    """Give the relative luminance of a colour, as WCAG 2 defines it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


#: What a text is written in, of the colours that lines and marks have.
_INKS = {to_hex(c, keep_alpha=True): ink(c) for c in (*COLOURS, ORANGE)}


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
            if (colour := to_hex(text.get_color(), keep_alpha=True)) in _INKS:
                text.set_color(_INKS[colour])
        _lay_out(self.figure)

    def svg(self) -> bytes:
        """Draw as SVG: the same bytes each time, with the alternative text inside."""
        return self._svg

    @cached_property  # a run draws each twice: to keep, and to show
    def _svg(self) -> bytes:
        buffer = io.BytesIO()
        with house_style(**{"svg.hashsalt": self.name}):
            self.figure.set_dpi(200)  # `savefig` would draw twice: first, to lay out
            canvas: Any = FigureCanvasSVG(self.figure)
            canvas.print_svg(buffer, metadata={"Date": None})
        drawn = _COORDINATES.sub(_rounded, buffer.getvalue().decode())
        drawn = _MARKS.sub(_gathered, re.sub(r"\n +", "\n", drawn))
        _, _, drawn = drawn.partition("<svg ")
        label = f'<svg role="img" aria-label={saxutils.quoteattr(self.alt)} '
        title = f"><title>{saxutils.escape(self.alt)}</title>"
        return (label + drawn.replace(">", title, 1)).encode()

    def png(self) -> bytes:
        """Draw as PNG, with the alternative text as its description."""
        buffer = io.BytesIO()
        with house_style():
            self.figure.set_dpi(110)
            canvas: Any = FigureCanvasAgg(self.figure)
            canvas.print_png(buffer, metadata={"Description": self.alt})
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
    html, text = _write(thing)
    bundle = {"text/html": html, "text/plain": text}
    send(bundle, {"text/html": about} if about else None)


def _write(table: pd.DataFrame) -> tuple[str, str]:
    """Write a table as HTML and as text, whole: a reason cut in the middle is none.

    It has one line of headings, the names of its rows among them. Where the columns
    have a name too, it stands before each of theirs. Rows that are only counted, from
    0, show no number: it would mean nothing to a reader.
    """
    rows, columns = table.index, table.columns
    named = any(name is not None for name in rows.names)
    counted = not named and rows.equals(pd.RangeIndex(len(rows)))
    if named and columns.nlevels == 1:
        if columns.name is not None:
            table = table.set_axis([f"{columns.name}: {c}" for c in columns], axis=1)
        if rows.nlevels == 1:  # pandas has a place for one name
            table = table.rename_axis(index=None, columns=rows.name)
    with pd.option_context(
        "display.max_colwidth", None, "display.max_rows", None, "display.width", 100
    ):
        html = table.to_html(notebook=True, index=not counted)
        text = table.to_string(index=not counted)
    if named and rows.nlevels > 1 and columns.nlevels == 1:
        html, text = _raised(html, text)
    return html.replace(" ± ", "\xa0±\xa0"), text  # in one line


def _raised(html: str, text: str) -> tuple[str, str]:
    """Set the names of rows, which pandas writes below the headings, beside them."""
    head, end, body = html.partition("</thead>")
    start, *rows = re.split("(?=<tr)", head)
    pairs = zip(*(re.findall("<th>.*?</th>", row, re.S) for row in rows), strict=True)
    cells = "\n      ".join(max(*pair, key=len) for pair in pairs)
    row = f'<tr style="text-align: right;">\n      {cells}\n    </tr>\n  '
    first, second, *others = text.split("\n")
    line = "".join(map(max, itertools.zip_longest(first, second, fillvalue=" ")))
    return start + row + end + body, "\n".join([line.rstrip(), *others])


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


def name_lines(ax: Axes) -> None:
    """Write each named line's name beside it, in its colour, where there is room.

    Call it last: of the places along a line, it takes the one where the name covers
    least of all lines and of the names that are there already.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    _lay_out(figure)
    within = ax.get_window_extent()
    curves = [_in_pixels(ax, line) for line in ax.lines]
    every = np.concatenate([np.empty((0, 2)), *curves])
    legend = ax.get_legend()
    taken = [
        text.get_window_extent() for text in (*ax.texts, *([legend] if legend else []))
    ]
    for line, curve in zip(ax.lines, curves, strict=True):
        name = str(line.get_label())
        if name.startswith("_"):
            continue
        text = ax.text(
            0,
            0,
            name,
            transform=ax.transAxes,
            color=line.get_color(),
            fontsize=10,
            va="bottom",
            in_layout=False,
            gid="line-name",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        others = np.concatenate([curve[:0], *(c for c in curves if c is not curve)])
        extent = text.get_window_extent()
        size = np.array([extent.width, extent.height])
        corners = np.array([*itertools.product(*((4, -length - 4) for length in size))])
        low = (curve[:: max(1, len(curve) // 60), None] + corners).reshape(-1, 2)
        fits = (low - 2 >= within.min) & (low + size + 2 <= within.max)
        low = low[fits.all(axis=1)]
        if not low.size:
            low = np.array([[within.x0 + 4, within.y1 - size[1] - 4]])
        wide, near = (low - 2, low + size + 2), (low - 12, low + size + 12)
        cost = 10 * _points_in(wide, every)
        cost += _points_in(near, others)
        for other in taken:
            apart = (wide[0] > other.max) | (wide[1] < other.min)
            cost += 1000 * ~apart.any(axis=1)
        best = low[np.lexsort((*low.T[::-1], cost))[0]]
        text.set_position(tuple(ax.transAxes.inverted().transform(best)))
        taken.append(text.get_window_extent())


def _in_pixels(ax: Axes, line: Line2D) -> npt.NDArray[np.float64]:
    """Place points along a line, as it is drawn, a few pixels apart."""
    path = line.get_transform().transform_path(line.get_path())
    path = path.interpolated(30 if len(np.asarray(path.vertices)) < 60 else 2)
    steps: npt.NDArray[np.float64] = np.asarray(path.vertices)
    whole: npt.NDArray[np.float64] = steps[np.isfinite(steps).all(axis=1)]
    return whole


def _points_in(
    boxes: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    points: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Count the points (k, 2) in each box, given by lower and upper corners (n, 2)."""
    (x0, y0), (x1, y1) = (corners.T[..., None] for corners in boxes)
    x, y = points.T
    within = (x > x0) & (x < x1) & (y > y0) & (y < y1)  # (n, k)
    counts: npt.NDArray[np.int64] = np.count_nonzero(within, axis=1)
    return counts


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
