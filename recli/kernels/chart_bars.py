"""A chart of what each stage of a funnel still reaches: a bar a stage, with its interval."""

from dataclasses import dataclass
from typing import Any

from recli.kernels.chart import BAD, INK, MUTED, SERIES, Picture, short

_ROW, _FOOT = 40, 44


@dataclass(frozen=True)
class Bar:
    """What one stage reaches, from 0 to 1, and what it lost of the one before."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    lost: float | None = None


def picture(name: str, told: str, across: str, bars: list[Bar]) -> Picture:
    """Bars from above in the order of the stages; what each lost is drawn pale behind it."""

    def draw(figure: Any, narrow: bool) -> None:
        axes = figure.subplots()
        for row, bar in enumerate(bars):
            _bar(axes, row, bar)
        axes.set_yticks(range(len(bars)), short([bar.name for bar in bars], 14 if narrow else 30))
        axes.set_ylim(len(bars) - 0.5, -0.5)
        reach = max([bar.high or bar.value for bar in bars] + [_before(bar) for bar in bars])
        axes.set_xlim(0, (reach or 1.0) * (1.42 if narrow else 1.22))
        axes.set_xlabel(across)
        axes.grid(visible=False, axis="y")
        axes.tick_params(length=0)

    return Picture(name, told, lambda _: _FOOT + _ROW * len(bars), draw)


def _before(bar: Bar) -> float:
    return bar.value + (bar.lost or 0.0)


def _bar(axes: Any, row: int, bar: Bar) -> None:
    if bar.lost:
        axes.barh(row, bar.lost, left=bar.value, height=0.56, color=BAD, alpha=0.25)
    axes.barh(row, bar.value, height=0.56, color=SERIES[0])
    end = max(_before(bar), bar.value)
    if bar.low is not None and bar.high is not None:
        axes.plot([bar.low, bar.high], [row, row], color=INK, linewidth=1.6)
        end = max(end, bar.high)
    axes.annotate(
        f"{bar.value:.3f}",
        (end, row),
        xytext=(6, 0 if not bar.lost else 6),
        textcoords="offset points",
        va="center",
    )
    if bar.lost:
        axes.annotate(
            f"lost {bar.lost:.3f}",
            (end, row),
            xytext=(6, -7),
            textcoords="offset points",
            va="center",
            color=MUTED,
            size=10,
        )
