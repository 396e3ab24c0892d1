"""Values of many names as SVG: horizontal bars, one panel beside another for each kind."""

from dataclasses import dataclass
from html import escape

from recli.kernels.drawing import BLUE, GRID, INK, RED, Scale, line, round_step, sheet, words

_ROW, _BAR, _TOP, _BOTTOM = 20, 13, 72, 40
_NAMES, _PANEL, _GAP = 270, 300, 28  # pixels across
_LONGEST = 40  # characters of a name that are shown


@dataclass(frozen=True)
class Panel:
    """One value of each name."""

    title: str
    values: list[float]
    form: str  # how values are written, as for `format`


def svg(title: str, names: list[str], panels: list[Panel]) -> str:
    """A row a name, a bar a value; what is below 0 goes to the left, in another colour."""
    height = _TOP + _ROW * len(names) + _BOTTOM
    width = _NAMES + (_PANEL + _GAP) * len(panels)
    parts = []
    for row, name in enumerate(names):
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        parts.append(words(_NAMES - 10, _baseline(row), short, anchor="end"))
    for at, panel in enumerate(panels):
        parts += _panel(panel, _NAMES + at * (_PANEL + _GAP), height - _BOTTOM, names)
    return sheet(width, height, title, parts)


def _panel(panel: Panel, left: int, bottom: int, names: list[str]) -> list[str]:
    low, high = min(0.0, *panel.values), max(0.0, *panel.values)
    span = high - low or 1.0
    # Room beyond the longest bars for their numbers.
    scale = Scale(low - (low < 0) * 0.2 * span, high + 0.2 * span, left, left + _PANEL)
    step = round_step(span, 4)
    ticks = [step * tick for tick in range(round(low / step), int(high / step + 1e-9) + 1)]
    parts = [words(left + _PANEL / 2, _TOP - 14, panel.title, anchor="middle")]
    for tick in ticks:
        x = scale.at(tick)
        parts.append(line(x, _TOP - 4, x, bottom, GRID))
        parts.append(words(x, bottom + 18, format(tick, panel.form), anchor="middle"))
    for row, (name, value) in enumerate(zip(names, panel.values, strict=True)):
        parts += _bar(scale, _baseline(row), value, f"{name}: {value:{panel.form}}", panel.form)
    parts.append(line(scale.at(0), _TOP - 4, scale.at(0), bottom, INK))
    return parts


def _bar(scale: Scale, y: float, value: float, told: str, form: str) -> list[str]:
    ends = sorted((scale.at(0), scale.at(value)))
    colour, beside, anchor = (
        (BLUE, ends[1] + 4, "start") if value >= 0 else (RED, ends[0] - 4, "end")
    )
    return [
        f'<rect x="{ends[0]:.1f}" y="{y - _BAR + 2:.1f}" width="{ends[1] - ends[0]:.1f}" '
        f'height="{_BAR}" fill="{colour}"><title>{escape(told)}</title></rect>',
        words(beside, y, format(value, form), anchor=anchor, more=' font-size="11" fill="#666"'),
    ]


def _baseline(row: int) -> float:
    return _TOP + _ROW * row + 14
