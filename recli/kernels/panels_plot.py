"""Small multiples as SVG: a panel for each measure, over one axis that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from recli.kernels.drawing import BLUE, GRID, RED, Scale, line, round_step, sheet, words

COLOURS = (BLUE, RED, "#2a8a4a", "#8a4fb2", "#b28a1f", "#555")
_WIDTH, _ROW, _LEFT, _RIGHT, _TOP, _BOTTOM = 360, 240, 64, 16, 40, 44
_HEAD = 40  # pixels above the first panels
_TICKS = 4


@dataclass(frozen=True)
class Curve:
    """One line of a panel: a point for each value of the shared axis that is known."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Panel:
    """One measure: its lines, and a level that they are held against."""

    name: str
    curves: tuple[Curve, ...]
    level: float | None = None


def svg(title: str, across: str, panels: Sequence[Panel], columns: int = 2) -> str:
    """The panels row by row; `across` names the axis that they share."""
    rows = -(-len(panels) // columns)
    names = [curve.name for curve in panels[0].curves] if panels else []
    parts = _legend(names) if len(names) > 1 else []
    for at, panel in enumerate(panels):
        parts += _panel(panel, across, _WIDTH * (at % columns), _HEAD + _ROW * (at // columns))
    return sheet(_WIDTH * columns, _HEAD + _ROW * rows + 8, title, parts)


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], float(_LEFT)
    for at, name in enumerate(names):
        colour = COLOURS[at % len(COLOURS)]
        parts.append(line(x, 36, x + 18, 36, colour, ' stroke-width="3"'))
        parts.append(words(x + 24, 40, name))
        x += 40 + 7 * len(name)
    return parts


def _panel(panel: Panel, across: str, left: float, top: float) -> list[str]:
    points = [point for curve in panel.curves for point in curve.points]
    if not points:
        return []
    ys = [y for _, y in points] + ([] if panel.level is None else [panel.level])
    xs = [x for x, _ in points]
    wide = Scale(*_spread(min(xs), max(xs)), left + _LEFT, left + _WIDTH - _RIGHT)
    low, high = _spread(min(ys), max(ys))
    down = Scale(low, high, top + _ROW - _BOTTOM, top + _TOP)
    parts = [
        words(left + _LEFT, top + _TOP - 10, panel.name, more=' font-weight="bold"'),
        words(left + (_LEFT + _WIDTH - _RIGHT) / 2, top + _ROW - 8, across, anchor="middle"),
        *_ticks(wide, down),
    ]
    if panel.level is not None:
        y = down.at(panel.level)
        parts.append(line(wide.begin, y, wide.end, y, RED, ' stroke-dasharray="6 4"'))
    for at, curve in enumerate(panel.curves):
        parts += _curve(curve, panel.name, across, wide, down, COLOURS[at % len(COLOURS)])
    return parts


def _spread(low: float, high: float) -> tuple[float, float]:
    """Ends of an axis that are apart."""
    return (low, high) if high > low else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2)


def _ticks(wide: Scale, down: Scale) -> list[str]:
    parts = []
    for value in _round_values(down):
        y = down.at(value)
        parts.append(line(wide.begin, y, wide.end, y, GRID))
        parts.append(words(wide.begin - 6, y + 4, f"{value:,.6g}", anchor="end"))
    for value in _round_values(wide):
        x = wide.at(value)
        parts.append(line(x, down.begin, x, down.begin + 4, GRID))
        parts.append(words(x, down.begin + 18, f"{value:,.6g}", anchor="middle"))
    return parts


def _round_values(scale: Scale) -> list[float]:
    """Round numbers between the ends of an axis."""
    step = round_step(scale.high - scale.low, _TICKS)
    first = -int(-scale.low // step) if scale.low > 0 else int(scale.low / step)
    values = [step * (first + at) for at in range(2 * _TICKS + 2)]
    room = 1e-9 * (scale.high - scale.low)
    return [value for value in values if scale.low - room <= value <= scale.high + room]


def _curve(
    curve: Curve, measure: str, across: str, wide: Scale, down: Scale, colour: str
) -> list[str]:
    places = [(wide.at(x), down.at(y)) for x, y in curve.points]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = [f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for (x, y), (place_x, place_y) in zip(curve.points, places, strict=True):
        told = escape(f"{curve.name} {across} {x:.6g}: {measure} {y:.6g}".strip())
        parts.append(
            f'<circle cx="{place_x:.1f}" cy="{place_y:.1f}" r="3" fill="{colour}">'
            f"<title>{told}</title></circle>"
        )
    return parts
