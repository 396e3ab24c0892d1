"""Parts of a drawing as SVG: the sheet, lines, words, and where values stand on an axis."""

import math
from dataclasses import dataclass
from html import escape

INK, GRID, BLUE, RED = "#222", "#ddd", "#1f6fb2", "#b2451f"


@dataclass(frozen=True)
class Scale:
    """Where values of one axis stand: from low, at begin, to high, at end."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Pixels from the edge of the sheet.

        >>> Scale(0, 2, 100, 200).at(1.5)
        175.0
        """
        share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def sheet(width: int, height: int, title: str, parts: list[str]) -> str:
    """A white sheet with a title above its parts."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" '
            f'fill="{INK}">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            words(width / 2, 24, title, anchor="middle", more=' font-size="14"'),
            *parts,
            "</svg>",
        ]
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    """A straight line."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}"{more}/>'


def words(x: float, y: float, told: str, *, anchor: str = "start", more: str = "") -> str:
    """Words whose baseline starts, ends or has its middle at a point."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(told)}</text>'


def round_step(span: float, count: int) -> float:
    """A step of 1, 2 or 5 times a power of ten of which a span holds at most so many.

    >>> round_step(0.7, 4), round_step(30, 4)
    (0.2, 10.0)
    """
    least = span / count
    power = 10.0 ** math.floor(math.log10(least))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= least * (1 - 1e-9))
