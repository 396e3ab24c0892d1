"""What evaluate and compare measured, as the verdict and the first sections of a page."""

from typing import Any

from recli.kernels import chart_intervals
from recli.kernels.chart_intervals import Dot, Metric
from recli.stages.report_gates import gate
from recli.stages.report_parts import (
    MARKS,
    Cell,
    Grid,
    Section,
    Verdict,
    count,
    grid,
    interval,
    number,
    share,
)
from recli.stages.report_runs import Facts, Measurement
from recli.store.text import safe

_GAP = "; "


def by_label(rows: list[Facts]) -> dict[str, list[Facts]]:
    """Rows of metrics as these are asked for: with definitions where two have the same name."""
    found: dict[str, dict[str, list[Facts]]] = {}
    for row in rows:
        name = f"{row['metric']}@{row['k']}" if row["k"] else str(row["metric"])
        definition = _definition(row["definitions"] or {})
        found.setdefault(name, {}).setdefault(definition, []).append(row)
    return {
        name if len(defined) == 1 else f"{name}({definition})": some
        for name, defined in found.items()
        for definition, some in defined.items()
    }


def _definition(definitions: Facts) -> str:
    return ",".join(f"{key}={value}" for key, value in definitions.items())


def verdict(run: Measurement) -> Verdict:
    """The sentences of the run, or else its first metric; gates, leaks and warnings."""
    sentences = run.words("verdict") or _first_numbers(run)
    leaks = [row["line"] for row in run.rows("leaks")]
    gates = [(row["met"], gate(row, *_gated(row, run))) for row in run.rows("gates")]
    warnings = [line for line in run.words("warnings") if line not in leaks]
    return Verdict(tuple(sentences), tuple(gates), tuple(leaks), tuple(warnings))


def _first_numbers(run: Measurement) -> list[str]:
    """What the first metric says of each list, where the run came to no verdict of its own."""
    rows = [row for row in run.rows("metrics") if row["segment"] is None]
    name, first = next(iter(by_label(rows).items()), ("", []))
    return [
        f"{row['lists']}: {name} is {number(row['value'])} "
        f"{interval(row['low'], row['high'])} over {count(row['users'])} users.".replace("  ", " ")
        for row in first
    ]


def _gated(row: Facts, run: Measurement) -> tuple[str, list[Facts]]:
    """What the metric of a gate is called, and what the lists have of it, baselines left out."""
    baselines = _baselines(run)
    overall = [one for one in run.rows("metrics") if one["segment"] is None]
    for name, some in by_label(overall).items():
        same = (some[0]["definitions"] or {}) == (row["definitions"] or {})
        if same and name.partition("(")[0] == row["metric"]:
            return name, [one for one in some if one["lists"] not in baselines]
    return row["metric"], []


def _baselines(run: Measurement) -> set[str]:
    return {*run.words("baselines"), "popularity"}


def metrics(run: Measurement) -> Section | None:
    """Every metric of every list with its interval: a chart, a table, and one by segment."""
    rows = run.rows("metrics")
    overall = [row for row in rows if row["segment"] is None]
    if not overall:
        return None
    names = [*dict.fromkeys(row["lists"] for row in overall)]
    baselines = _baselines(run)
    panels = [
        Metric(safe(name, 60), tuple(_dot(row, baselines) for row in found))
        for name, some in by_label(overall).items()
        if (found := [row for row in some if row["value"] is not None])
    ]
    told = "Each metric of each list, with its interval; numbers are in the table below."
    pictures = (chart_intervals.picture("metrics", told, panels),) if panels else ()
    table = _table("Metrics with their intervals", names, overall, by=None)
    parts: dict[str, list[Facts]] = {}
    for row in rows:
        if row["segment"] is not None:
            parts.setdefault(row["by"] or run.text("by") or "segment", []).append(row)
    folded = tuple(_table(f"By {by}", names, some, by=by) for by, some in parts.items())
    return Section("metrics", "Metrics", tuple(_notes(run, overall)), pictures, (table,), folded)


def _dot(row: Facts, baselines: set[str]) -> Dot:
    name = row["lists"]
    return Dot(safe(name, 60), row["value"], row["low"], row["high"], name in baselines)


def _table(caption: str, names: list[str], rows: list[Facts], by: str | None) -> Grid:
    """A line for each metric, and for each segment of it; a column for each list."""
    lines: dict[tuple[str, str | None], dict[str, Facts]] = {}
    for name, some in by_label(rows).items():
        for row in some:
            lines.setdefault((name, row["segment"]), {})[row["lists"]] = row
    header = ["metric", *([by] if by else []), *names, "users"]
    table: list[list[Any]] = []
    for (name, segment), found in lines.items():
        users = max((row["users"] or 0 for row in found.values()), default=0)
        values = [_value(found[one]) if one in found else Cell("–") for one in names]
        table.append([name, *([segment] if by else []), *values, count(users)])
    return grid(caption, header, table, 2 if by else 1)


def _value(row: Facts) -> Cell:
    return Cell(number(row["value"]), interval(row["low"], row["high"]))


def _notes(run: Measurement, rows: list[Facts]) -> list[str]:
    """How the numbers are meant: relevance, definitions, catalogue, intervals, who was counted."""
    chosen = dict.fromkeys(
        f"{row['metric']} {_definition(row['definitions'])}" for row in rows if row["definitions"]
    )
    less = dict.fromkeys(row["metric"] for row in rows if row["less_is_better"])
    level, seed = run.told.get("level"), run.text("seed")
    counted = run.told.get("users")
    users = counted.items() if isinstance(counted, dict) else ()
    told = [
        (run.text("relevance") or "").capitalize(),
        f"Definitions: {_GAP.join(chosen)}" if chosen else "",
        f"By the conventions of {run.text('like')}" if run.text("like") else "",
        f"Less is better: {', '.join(less)}" if less else "",
        f"Catalogue: the items of {run.text('catalogue')}" if run.text("catalogue") else "",
        f"Intervals: {share(level, 0)}, bootstrap over users, seed {seed}"
        if isinstance(level, float)
        else "",
        ", ".join(f"{amount:,} {name}" for name, amount in users if isinstance(amount, int)),
    ]
    return [f"{one}." for one in told if one]


def comparisons(run: Measurement) -> Section | None:
    """Each list beside each baseline: the difference, its interval, and what it came to."""
    rows = run.rows("comparisons")
    if not rows:
        return None
    adjusted = any(row["p_adjusted"] is not None for row in rows)
    table = [
        [
            row["lists"],
            name,
            row["baseline"] or "–",
            Cell(row["verdict"], mark=MARKS.get(row["verdict"], "even")),
            Cell(_signed(row["difference"]), interval(row["low"], row["high"])),
            "–" if row["relative"] is None else f"{row['relative']:+.1%}",
            number(row["p_adjusted" if adjusted else "p_value"]),
            count(row["users"]),
        ]
        for name, some in by_label(rows).items()
        for row in some
    ]
    p = "p, adjusted" if adjusted else "p"
    header = ["lists", "metric", "against", "it is", "difference", "relative", p, "users"]
    return Section(
        "comparisons",
        "Beside the baselines",
        ("Differences are of the same users, pair by pair.",),
        grids=(grid("Differences with their intervals", header, table, 4),),
    )


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4f}"
