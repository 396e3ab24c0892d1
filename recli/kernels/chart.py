"""A drawing of matplotlib as SVG that takes its colours and its letters from the page around it.

Nothing of the drawing depends on the moment, on the machine's fonts or on its settings: the same
numbers give the same text. Colours are names of the page's style sheet, so that one drawing
reads in light, in dark and on paper; words stay text, which a reader can search and copy.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from io import StringIO
from itertools import takewhile
from typing import Any

from recli.errors import ExitCode, RecliError

# Colours that matplotlib is told, each of which stands for one of the page's.
NAMES = ("ink", "muted", "grid", "card", "s1", "s2", "s3", "s4", "s5", "s6", "bad")
INK, MUTED, GRID, CARD, *SERIES, BAD = (f"#0000{at + 1:02x}" for at in range(len(NAMES)))
MARKERS = "osD^vP"  # lines are told apart without their colours, too
DASHES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (3, 1)))
WIDE, NARROW = 810, 330  # pixels across: on a screen, and on a phone
_PIXELS = 72  # of an inch, as matplotlib writes SVG
_COLOUR = re.compile(r"#0000([0-9a-f]{2})\b")
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")
_LINKED = re.compile(r'(?:url\(#|href="#)([^")]+)')
_ID = re.compile(r' id="([^"]+)"')
_DULL = re.compile(r"<(metadata|style)\b.*?</\1>", re.DOTALL)
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "recli",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib, and is wider than most
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 1,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
    "errorbar.capsize": 3,
}
Draw = Callable[[Any, bool], None]  # on a figure; whether it is for a phone


@dataclass(frozen=True)
class Picture:
    """What is drawn: a name of its own on the page, what it says in a sentence, its heights."""

    name: str
    told: str
    tall: Callable[[bool], float]  # pixels, by whether it is for a phone
    draw: Draw

    def svg(self) -> str:
        """The drawing for screens and that for phones; the page's style sheet shows one."""
        return "\n".join(self._one(narrow) for narrow in (False, True))

    def _one(self, narrow: bool) -> str:
        figure_of, style_of = _library()
        width, height = NARROW if narrow else WIDE, self.tall(narrow)
        kind = "narrow" if narrow else "wide"
        with _own_settings(style_of):
            figure = figure_of((width / _PIXELS, height / _PIXELS), layout="constrained")
            self.draw(figure, narrow)
            written = StringIO()
            figure.savefig(written, format="svg", metadata=dict.fromkeys(_METADATA))
        return _inlined(written.getvalue(), f"{self.name}-{kind}", kind, self.told)


_METADATA = ("Creator", "Date", "Format", "Type")


def _library() -> tuple[Any, Any]:
    """What makes a figure, and what holds settings; RecliError where matplotlib is missing."""
    # It tells of fonts and of folders for its cache, of which neither is the reader's concern.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RecliError(
            f"charts need a library that is not installed: {error.name}",
            "pip install 'recli[report]'",
            code=ExitCode.CONFIG,
        ) from None
    return Figure, mpl


@contextmanager
def _own_settings(library: Any) -> Iterator[None]:
    """Our settings upon the library's own defaults, whatever the machine has set."""
    with warnings.catch_warnings(), library.rc_context():
        # A name in letters that the font lacks is laid out roughly, and shown by the browser's.
        warnings.simplefilter("ignore", UserWarning)
        library.rcdefaults()
        library.rcParams.update(_STYLE)
        yield


def _inlined(svg: str, name: str, kind: str, told: str) -> str:
    """An SVG as an element of a page: its colours, letters and ids are the page's."""
    head, _, body = svg.partition("<defs>")
    box = re.search(r'viewBox="([^"]+)"', head)
    if box is None:
        raise TypeError("a drawing must have a view box")
    body = _DULL.sub("", f"<defs>{body}").replace("xlink:href", "href")
    body = _COLOUR.sub(lambda found: f"var(--{NAMES[int(found[1], 16) - 1]})", body)
    body = _FONT.sub("var(--font)", body)
    linked = set(_LINKED.findall(body))
    body = _ID.sub(lambda found: f' id="{name}-{found[1]}"' if found[1] in linked else "", body)
    body = _LINKED.sub(lambda found: found[0].replace(found[1], f"{name}-{found[1]}"), body)
    body = re.sub(r"\s*\n\s*", " ", body)
    return (
        f'<svg class="chart {kind}" viewBox="{box[1]}" role="img" aria-label="{escape(told)}">'
        f"<title>{escape(told)}</title>\n{body.strip()}"
    )


def short(names: Sequence[str], most: int) -> list[str]:
    """Names of about so many characters that are still told apart.

    What the long ones have in common goes first, then their middles; names that then are the
    same get numbers.

    >>> short(["runs/monday/recs.parquet", "runs/friday/recs.parquet", "popularity"], 10)
    ['…mon…', '…fri…', 'popularity']
    """
    long = [name for name in names if len(name) > most]
    first = _shared(long)
    last = _shared([name[first:][::-1] for name in long])
    found = []
    for name in names:
        own = name
        if len(name) > most:
            own = f"{'…' * (first > 0)}{name[first : len(name) - last]}{'…' * (last > 0)}"
        if len(own) > most:
            half = (most - 1) // 2
            own = f"{own[: most - 1 - half]}…{own[len(own) - half :]}"
        found.append(own)
    return [f"{at} {own}" if found.count(own) > 1 else own for at, own in enumerate(found, start=1)]


def _shared(names: Sequence[str]) -> int:
    """Characters that several names all begin with."""
    if len(names) < 2:
        return 0
    pairs = zip(min(names), max(names), strict=False)
    return len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])


def ticks(axes: Any, share: bool = False, most: int = 4) -> None:
    """Few round ticks on both axes of numbers; `share` writes those upward in percent."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.yaxis.set_major_locator(MaxNLocator(most))
    if share:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
