"""A recall-against-speed curve as SVG: what an index gives up for how much speed."""

import math
from dataclasses import dataclass
from html import escape

from recli.kernels.drawing import BLUE, GRID, RED, Scale, line, sheet, words

_WIDTH, _HEIGHT = 640, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 24, 48, 56
_GAP = 14.0  # pixels between two labels, at least


@dataclass(frozen=True)
class Point:
    """One setting of an index, as measured."""

    effort: int
    recall: float
    queries_per_second: float


def svg(points: list[Point], exact: float, title: str, effort: str, recall: str) -> str:
    """The curve, a point an effort, and the speed of exact search as a line across.

    `effort` says what a unit of it is, `recall` is the name of the measure.
    """
    points = sorted(points, key=lambda point: point.effort)
    speeds = [math.log10(max(speed, 1e-9)) for speed in [exact, *_speeds(points)]]
    low, high = math.floor(min(speeds)), math.ceil(max(speeds))
    across = Scale(_first_tick(points), 1.0, _LEFT, _WIDTH - _RIGHT)
    down = Scale(low, max(high, low + 1), _HEIGHT - _BOTTOM, _TOP)
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    parts = [
        *_across(across),
        *_down(down),
        words(middle, _HEIGHT - 14, recall, anchor="middle"),
        words(
            0, 0, "queries/s", anchor="middle", more=' transform="translate(20 218) rotate(-90)"'
        ),
        *_exact_line(down.at(math.log10(max(exact, 1e-9))), exact),
        *_curve(points, across, down, effort),
    ]
    return sheet(_WIDTH, _HEIGHT, title, parts)


def _speeds(points: list[Point]) -> list[float]:
    return [point.queries_per_second for point in points]


def _first_tick(points: list[Point]) -> float:
    least = min((point.recall for point in points), default=0.0)
    return min(0.9, math.floor(10 * least) / 10)


def _across(scale: Scale) -> list[str]:
    """Ticks of recall."""
    step = 0.1 if 1 - scale.low > 0.45 else 0.05 if 1 - scale.low > 0.15 else 0.02
    count = round((1 - scale.low) / step)
    parts = []
    for tick in range(count + 1):
        value = 1 - (count - tick) * step
        x = scale.at(value)
        parts.append(line(x, _TOP, x, _HEIGHT - _BOTTOM, GRID))
        parts.append(words(x, _HEIGHT - _BOTTOM + 18, f"{value:.2f}", anchor="middle"))
    return parts


def _down(scale: Scale) -> list[str]:
    """Ticks of speed: powers of ten, and in between lines at 2 and 5."""
    parts = []
    for power in range(int(scale.low), int(scale.high) + 1):
        for digit in (1, 2, 5):
            value = math.log10(digit) + power
            if value <= scale.high:
                y = scale.at(value)
                parts.append(line(_LEFT, y, _WIDTH - _RIGHT, y, GRID))
                parts.append(words(_LEFT - 8, y + 4, f"{digit * 10.0**power:,.6g}", anchor="end"))
    return parts


def _exact_line(y: float, speed: float) -> list[str]:
    label = f"exact search: {speed:,.0f}"
    return [
        line(_LEFT, y, _WIDTH - _RIGHT, y, RED, ' stroke-width="2" stroke-dasharray="6 4"'),
        words(_LEFT + 6, y - 6, label, more=f' fill="{RED}"'),
    ]


def _curve(points: list[Point], across: Scale, down: Scale, effort: str) -> list[str]:
    """Points joined in order of effort, each with its effort where there is room for it."""
    places = [
        (across.at(point.recall), down.at(math.log10(max(point.queries_per_second, 1e-9))))
        for point in points
    ]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = [f'<polyline points="{joined}" fill="none" stroke="{BLUE}" stroke-width="2"/>']
    labelled: list[tuple[float, float]] = []
    for point, (x, y) in zip(points, places, strict=True):
        told = f"{point.effort:,} {effort}: {point.recall:.4f}, {point.queries_per_second:,.0f}/s"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}">'
            f"<title>{escape(told)}</title></circle>"
        )
        if all(abs(x - other) > 2 * _GAP or abs(y - beside) > _GAP for other, beside in labelled):
            parts.append(words(x - 7, y + 14, f"{point.effort:,}", anchor="end"))
            labelled.append((x, y))
    if points:
        parts.append(words(_WIDTH - _RIGHT, _TOP - 8, f"numbers: {effort}", anchor="end"))
    return parts
