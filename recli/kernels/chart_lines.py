"""A chart of lines: a panel for each measure, over one axis that all of them share."""

from dataclasses import dataclass
from typing import Any

from recli.kernels.chart import DASHES, INK, MARKERS, MUTED, SERIES, Picture, short, ticks

QUIET = ((0, (1, 1)), (0, (7, 3)))  # dashes
_PANEL, _LEGEND_ROW = 190, 20  # pixels


@dataclass(frozen=True)
class Line:
    """Points of one name; a quiet one is drawn in the background, as what others are held to."""

    name: str
    points: tuple[tuple[float, float], ...]
    quiet: bool = False


@dataclass(frozen=True)
class Panel:
    """One measure: its lines, and a level that they are held against."""

    title: str
    lines: tuple[Line, ...]
    level: float | None = None


def picture(
    name: str, told: str, across: str, panels: list[Panel], columns: int = 3, *, share: bool = False
) -> Picture:
    """Panels with a legend above them where they hold several lines; `share`: in percent."""
    named = [line.name for line in panels[0].lines] if panels else []
    legend = len(named) > 1

    def shape(narrow: bool) -> tuple[int, int]:
        wide = 1 if narrow else min(columns, len(panels))
        return -(-len(panels) // wide), wide

    def tall(narrow: bool) -> float:
        rows = len(named) if narrow else -(-len(named) // 3)
        alone = 90 if len(panels) == 1 else 0
        return shape(narrow)[0] * _PANEL + alone + (_LEGEND_ROW * rows + 12) * legend

    def draw(figure: Any, narrow: bool) -> None:
        grid = figure.subplots(*shape(narrow), squeeze=False)
        for at, axes in enumerate(grid.flat):
            if at < len(panels):
                _panel(axes, panels[at], across, share)
            else:
                axes.set_visible(False)
        if legend:
            handles = grid.flat[0].get_lines()[: len(named)]
            where = {"loc": "outside upper left", "ncols": 1 if narrow else 3}
            figure.legend(handles, short(named, 34), **where)

    return Picture(name, told, tall, draw)


def _panel(axes: Any, panel: Panel, across: str, share: bool) -> None:
    loud, quiet = 0, 0
    for line in panel.lines:
        xs, ys = zip(*line.points, strict=True) if line.points else ((), ())
        if line.quiet:
            axes.plot(xs, ys, color=MUTED, linestyle=QUIET[quiet % len(QUIET)], linewidth=1.4)
            quiet += 1
            continue
        style = {"color": SERIES[loud % len(SERIES)], "linestyle": DASHES[loud % len(DASHES)]}
        axes.plot(xs, ys, marker=MARKERS[loud % len(MARKERS)], **style)
        loud += 1
    if panel.level is not None:
        axes.axhline(panel.level, color=INK, linestyle=(0, (5, 4)), linewidth=1.2)
    axes.set_title(panel.title)
    axes.set_xlabel(across)
    axes.tick_params(length=0)
    ticks(axes, share)
    from matplotlib.ticker import MaxNLocator

    whole = all(x == int(x) for line in panel.lines for x, _ in line.points)
    axes.xaxis.set_major_locator(MaxNLocator(10 if len(panel.lines) > 1 else 5, integer=whole))
