"""Numbers of lists laid out for people, within the width of a terminal."""

import math
from collections.abc import Sequence

from recli.stages.evaluate import Outcome
from recli.stages.evaluate_found import Measured
from recli.stages.evaluate_verdict import labels, marks
from recli.store import text

WIDE = 80
_LEAST = 8  # columns that a name always has
Row = list[str]


def laid_out(outcome: Outcome, width: int = WIDE) -> str:
    """Metrics as lines and lists as columns; too wide, as a paragraph for each metric.

    Baselines go without their intervals before that. Marks beside a list's numbers tell how they
    compare with each baseline.
    """
    for bare in (set(), set(outcome.baselines)):
        found = _columns(outcome, bare)
        if _widest(found) <= width:
            return found
    return _paragraphs(outcome, width)


def _columns(outcome: Outcome, bare: set[str]) -> str:
    """`bare` are lists without intervals."""
    found = {(one.asked, _group(one), one.name): one for one in outcome.measured}
    named = labels(outcome)
    rows: list[list[object]] = []
    for asked, group in dict.fromkeys((one.asked, _group(one)) for one in outcome.measured):
        own = [found[asked, group, name] for name in outcome.names]
        cells = [_cell(outcome, one, bare) for one in own]
        part = [group] if outcome.by else []
        rows.append([named[asked], *part, *cells, f"{own[0].users:,}"])
    part = ["by"] if outcome.by else []
    return text.table(["metric", *part, *outcome.names, "users"], rows)


def _paragraphs(outcome: Outcome, width: int) -> str:
    """A line for each lists, under the metric that it is about."""
    named = labels(outcome)
    about: dict[str, list[Row]] = {}
    for asked, group in dict.fromkeys((one.asked, _group(one)) for one in outcome.measured):
        own = [one for one in outcome.measured if (one.asked, _group(one)) == (asked, group)]
        part = f", {group}" if group else ""
        about[f"{named[asked]}{part}, {own[0].users:,} users"] = [
            [_marks(outcome, one), one.name, _value(one), _ends(one)] for one in own
        ]
    return paragraphs(about, ["", "", "value", "95% interval"], width)


def _group(one: Measured) -> str:
    """The column and the value that a number is of, '' for everybody."""
    return "" if one.by is None else f"{one.by} {one.segment}"


def paragraphs(about: dict[str, list[Row]], header: Row, width: int = WIDE) -> str:
    """Rows under their titles, columns in line all the way down: marks, a name, numbers.

    Names are cut until a line fits.
    """
    rows = [header, *(row for part in about.values() for row in part)]
    sizes = [max(text.width(cell) for cell in column) for column in zip(*rows, strict=True)]
    left = width - sum(sizes) + sizes[1] - 2 * (len(sizes) - 1)
    names = short(list(dict.fromkeys(row[1] for row in rows)), max(left, _LEAST))
    sizes[1] = max(map(text.width, names.values()))

    def line(row: Row) -> str:
        told = zip([row[0], names[row[1]], *row[2:]], sizes, strict=True)
        return "  ".join(cell + " " * (size - text.width(cell)) for cell, size in told).rstrip()

    lines = [line(header)]
    for title, part in about.items():
        lines += [text.safe(title, width), *map(line, part)]
    return "\n".join(lines)


def short(names: Sequence[str], limit: int) -> dict[str, str]:
    """Names as they are, or without what their paths share, or only their ends, numbered.

    >>> short(["runs/mon/recs.parquet", "runs/tue/recs.parquet"], 16)
    {'runs/mon/recs.parquet': 'mon/recs.parquet', 'runs/tue/recs.parquet': 'tue/recs.parquet'}
    >>> list(short(["runs/mon/recs.parquet", "runs/tue/recs.parquet"], 12).values())
    ['1 …s.parquet', '2 …s.parquet']
    """
    shown = [text.safe(name) for name in names]
    if max(map(text.width, shown)) > limit:
        shown = _own_parts(shown)
    if max(map(text.width, shown)) > limit:
        cut = [_end(name, limit) for name in shown]
        if len(set(cut)) < len(cut):
            cut = [
                name if text.width(name) <= limit else f"{at} {_end(name, limit - len(f'{at} '))}"
                for at, name in enumerate(shown, 1)
            ]
        shown = cut
    return dict(zip(names, shown, strict=True))


def _own_parts(names: list[str]) -> list[str]:
    """Paths without the folders that all of them begin with."""
    paths = [name.split("/") for name in names if "/" in name]
    shared = 0
    while len(paths) > 1 and len({tuple(path[: shared + 1]) for path in paths}) == 1:
        shared += 1
    return ["/".join(name.split("/")[shared:]) if "/" in name else name for name in names]


def _end(name: str, limit: int) -> str:
    if text.width(name) <= limit:
        return name
    while name and text.width(name) >= limit:
        name = name[1:]
    return f"…{name}"


def _cell(outcome: Outcome, one: Measured, bare: set[str]) -> str:
    ends = "" if one.name in bare else _ends(one)
    return " ".join(part for part in (_value(one), ends, _marks(outcome, one)) if part)


def _marks(outcome: Outcome, one: Measured) -> str:
    return "" if one.segment is not None else marks(outcome, one.asked, one.name)


def _value(one: Measured) -> str:
    return "-" if math.isnan(one.value) else f"{one.value:.4f}"


def _ends(one: Measured) -> str:
    return "" if math.isnan(one.low) else f"[{one.low:.4f}, {one.high:.4f}]"


def _widest(shown: str) -> int:
    return max(map(text.width, shown.split("\n")))
