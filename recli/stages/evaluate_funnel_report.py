"""A funnel as text for people, as a table and as objects of a report."""

import math
from collections.abc import Callable, Iterable, Iterator
from textwrap import fill
from typing import Any

import polars as pl

from recli.stages import evaluate_funnel_words as words
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_found import Measured
from recli.stages.evaluate_funnel import Interval, Stage, oracle_of
from recli.stages.evaluate_funnel_words import percent
from recli.store import text

WIDTH = 80
ACROSS = 4  # stages side by side
_TYPES = {str: pl.String, int: pl.Int64, float: pl.Float64}


def frame(stages: list[Stage], measured: list[Measured]) -> pl.DataFrame:
    """A row for each stage, with a column for the value of each metric of its own order."""
    oracle = oracle_of([one.asked for one in measured])
    rows = [
        _row(stage, oracle)
        | {_label(one.asked, measured): one.value for one in _own(stage, measured)}
        for stage in stages
    ]
    schema = {name: _TYPES[type(value)] for name, value in rows[0].items()}
    return pl.DataFrame(rows, schema=schema)


def as_objects(
    stages: list[Stage], measured: list[Measured], told: Callable[[Measured], object]
) -> list[dict[str, object]]:
    """An object for each stage, `told` makes one of a number."""
    if not stages:
        return []  # nobody asked for a funnel
    oracle = oracle_of([one.asked for one in measured])
    return [
        {name: _finite(value) for name, value in _row(stage, oracle).items()}
        | {"metrics": [told(one) for one in _own(stage, measured)]}
        for stage in stages
    ]


def _row(stage: Stage, oracle: Asked) -> dict[str, Any]:
    return {
        "stage": stage.stage,
        "lists": stage.lists,
        "rows": stage.rows,
        "users": stage.users,
        "users_without_list": stage.without,
        "mean_length": stage.rows / max(stage.users, 1),
        "relevant": stage.relevant,
        "came_in": stage.came_in,
        "reached": stage.reached,
        **_ends("recall", "low", "high", stage.recall),
        **_ends("recall_of_pairs", "low_of_pairs", "high_of_pairs", stage.pairs),
        "lost": stage.lost,
        "lost_points": stage.lost_points,
        "lost_share": stage.lost_share,
        "lost_without_list": stage.lost_without,
        "lost_new": stage.lost_new,
        "lost_seen": stage.lost_seen,
        "gained": stage.reached - stage.kept,
        "invented": stage.invented,
        **_ends("oracle_ndcg", "oracle_low", "oracle_high", stage.oracle),
        "oracle_k": oracle.k,
        "oracle_definition": oracle.definition,
    }


def _ends(value: str, low: str, high: str, of: Interval) -> dict[str, float]:
    return {value: of.value, low: of.low, high: of.high}


def _own(stage: Stage, measured: list[Measured]) -> list[Measured]:
    return [one for one in measured if one.name == stage.lists and one.by is None]


def _label(asked: Asked, measured: list[Measured]) -> str:
    """The metric, with its definition where two would read alike."""
    alike = {one.asked for one in measured if one.asked.label == asked.label}
    return asked.written if len(alike) > 1 else asked.label


def shown(stages: list[Stage], measured: list[Measured]) -> str:
    """The stages and what each loses, the metrics of each, and both in plain words."""
    oracle = oracle_of([one.asked for one in measured])
    header = ["stage", "users", "length", "reached", "recall", "lost", "of input", "oracle"]
    rows: list[list[object]] = [
        [
            at,
            f"{stage.users:,}".rjust(5),
            f"{stage.rows / max(stage.users, 1):.1f}".rjust(6),
            f"{stage.reached:,}".rjust(7),
            _interval(stage.recall),
            percent(stage.lost_points).rjust(5),
            percent(stage.lost_share).rjust(8),
            f"{stage.oracle.value:.4f}",
        ]
        for at, stage in enumerate(stages, 1)
    ]
    final = next(one for one in _own(stages[-1], measured) if one.asked == oracle)
    named = (f"{at} {_named(stage)}" for at, stage in enumerate(stages, 1))
    told = [
        f"reached: of {stages[0].relevant:,} pairs that users chose; recall: its ceiling, a mean "
        f"of users; lost: of what users chose, and of what came in; oracle: {oracle.label} of the "
        "best order of a stage's items; ±: half of the interval",
        words.losses(stages),
        words.headroom(stages, final.value, oracle),
    ]
    parts = [text.table(header, rows), lines(named), *_metrics(stages, measured)]
    return "\n\n".join([*parts, lines(told)])


def _named(stage: Stage) -> str:
    known = stage.stage != stage.lists
    return f"{stage.stage} ({stage.lists})" if known else stage.lists


def _metrics(stages: list[Stage], measured: list[Measured]) -> Iterator[str]:
    """What each stage's own order is worth, some stages side by side."""
    for at in range(0, len(stages), ACROSS):
        some = stages[at : at + ACROSS]
        own = [_own(stage, measured) for stage in some]
        rows: list[list[object]] = [
            [_label(same[0].asked, measured), *(_interval(_ends_of(one)) for one in same)]
            for same in zip(*own, strict=True)
        ]
        yield text.table(["metric", *(f"stage {at + n}" for n in range(1, len(some) + 1))], rows)


def _ends_of(one: Measured) -> Interval:
    return Interval(one.value, one.low, one.high)


def _interval(of: Interval) -> str:
    if math.isnan(of.value):
        return "-"
    half = "" if math.isnan(of.low) else f" ±{(of.high - of.low) / 2:.4f}"
    return f"{of.value:.4f}{half}"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def lines(told: Iterable[str]) -> str:
    """Sentences, each from a line of its own on."""
    return "\n".join(fill(text.safe(line, 4000), WIDTH, break_on_hyphens=False) for line in told)
