"""A chart of numbers with their intervals: a dot and a whisker for each list, by metric."""

from dataclasses import dataclass
from typing import Any

from recli.kernels.chart import INK, MARKERS, MUTED, SERIES, Picture, short

_ROW, _HEAD = 26, 62  # pixels of a list, and of the title and the axis of a metric
_ACROSS = 3  # metrics side by side on a screen


@dataclass(frozen=True)
class Dot:
    """A number of one list, and its interval where it has one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    baseline: bool = False


@dataclass(frozen=True)
class Metric:
    """One panel: a dot for each list."""

    title: str
    dots: tuple[Dot, ...]


def picture(name: str, told: str, metrics: list[Metric]) -> Picture:
    """Metrics as panels, each with an axis of its own; lists are the rows of each."""
    rows = max((len(metric.dots) for metric in metrics), default=0)

    def shape(narrow: bool) -> tuple[int, int]:
        across = 1 if narrow else min(_ACROSS, len(metrics))
        return -(-len(metrics) // across), across

    def tall(narrow: bool) -> float:
        return shape(narrow)[0] * (_HEAD + _ROW * rows) + 8.0

    def draw(figure: Any, narrow: bool) -> None:
        down, across = shape(narrow)
        grid = figure.subplots(down, across, squeeze=False, sharey=True)
        for at, axes in enumerate(grid.flat):
            if at < len(metrics):
                _panel(axes, metrics[at])
            else:
                axes.set_visible(False)

    return Picture(name, told, tall, draw)


def _panel(axes: Any, metric: Metric) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(metric.title)
    for row, dot in enumerate(metric.dots):
        colour = MUTED if dot.baseline else SERIES[row % len(SERIES)]
        if dot.low is not None and dot.high is not None:
            axes.plot([dot.low, dot.high], [row, row], color=colour, linewidth=2.4)
        filled = "none" if dot.baseline else colour
        marker = "o" if dot.baseline else MARKERS[row % len(MARKERS)]
        axes.plot([dot.value], [row], marker, color=colour, markerfacecolor=filled, markersize=7)
    axes.set_yticks(range(len(metric.dots)), short([dot.name for dot in metric.dots], 18))
    axes.set_ylim(len(metric.dots) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(INK)
