"""What evaluate found as a table of METRICS, as text for people and as one JSON object."""

import dataclasses
import json
import math
from collections.abc import Iterator

import polars as pl

import recli
from recli.kernels.bootstrap import LEVEL
from recli.stages import evaluate_cold_report as cold
from recli.stages import evaluate_funnel_report as funnel
from recli.stages.evaluate import Outcome
from recli.stages.evaluate_asked import POPULARITY
from recli.stages.evaluate_found import EVERY, Measured
from recli.stages.evaluate_gates import Gate
from recli.stages.evaluate_inputs import Choices
from recli.store import text
from recli.store.provenance import Provenance
from recli.store.report import write_report
from recli.store.write import Output

FORMAT = 2
SCHEMA = {
    "metric": pl.String,
    "k": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "users": pl.Int64,
    "lists": pl.String,
    "by": pl.String,  # only with --by; null is everybody
    "segment": pl.String,
    "definition": pl.String,
}


def publish(
    outcome: Outcome,
    choices: Choices,
    gates: list[Gate],
    output: Output,
    provenance: Provenance,
    *,
    as_json: bool,
) -> None:
    """Write the report: one JSON object, text for people, or rows of METRICS."""
    if as_json:
        write_report(output.target, as_object(outcome, choices, gates))
    elif output.form == "table":
        write_report(output.target, shown(outcome, choices))
    else:
        output.write([frame(outcome, choices)], provenance, {})


def frame(outcome: Outcome, choices: Choices) -> pl.DataFrame:
    """A row for each number; the ends of an interval are NaN where there is none."""
    if outcome.funnel:
        return funnel.frame(outcome.funnel, outcome.measured)
    rows = [_row(one) for one in outcome.measured]
    schema = dict(SCHEMA)
    if not choices.by:
        del schema["by"], schema["segment"]
    if outcome.cold is not None:
        everybody = {"history": EVERY, "age": EVERY}
        cells = [_row(one) | told for one, told in cold.rows(outcome.cold)]
        rows = [row | everybody for row in rows] + cells
        schema |= cold.SCHEMA
    return pl.DataFrame(rows, schema=schema)


def _row(one: Measured) -> dict[str, object]:
    return {
        "metric": one.asked.name,
        "k": one.asked.k,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "users": one.users,
        "lists": one.name,
        "by": one.by,
        "segment": one.segment,
        "definition": one.asked.definition,
    }


def shown(outcome: Outcome, choices: Choices) -> str:
    """Metrics as lines, lists as columns, then the definitions and who was counted."""
    if outcome.funnel:
        parts = [funnel.shown(outcome.funnel, outcome.measured), ""]
        return "\n".join([*parts, funnel.lines(_notes(outcome, choices))])
    cells = {
        (one.asked, _group(one), one.name): (_cell(one), one.users) for one in outcome.measured
    }
    lines = dict.fromkeys((one.asked, _group(one)) for one in outcome.measured)
    labels = [asked.label for asked, _ in dict.fromkeys((asked, None) for asked, _ in lines)]
    rows: list[list[object]] = []
    for asked, group in lines:
        # Two definitions of one metric would read alike.
        label = asked.written if labels.count(asked.label) > 1 else asked.label
        by = [group] if choices.by else []
        found = [cells[asked, group, name] for name in outcome.names]
        rows.append([label, *by, *(cell for cell, _ in found), f"{found[0][1]:,}"])
    by = ["by"] if choices.by else []
    table = text.table(["metric", *by, *outcome.names, "users"], rows)
    parts = [table, ""]
    if outcome.cold is not None:
        parts += [cold.shown(outcome.cold, _own(outcome)), ""]
    return "\n".join([*parts, *(text.safe(line, 4000) for line in _notes(outcome, choices))])


def _group(one: Measured) -> str:
    """The column and the value that a number is of, '' for everybody."""
    return "" if one.by is None else f"{one.by} {one.segment}"


def _own(outcome: Outcome) -> list[str]:
    """Names of the lists that were given, without baselines."""
    return [name for name in outcome.names if name != POPULARITY]


def _cell(one: Measured) -> str:
    if math.isnan(one.value):
        return "-"
    interval = "" if math.isnan(one.low) else f" [{one.low:.4f}, {one.high:.4f}]"
    return f"{one.value:.4f}{interval}"


def _notes(outcome: Outcome, choices: Choices) -> Iterator[str]:
    asked = dict.fromkeys(one.asked for one in outcome.measured)
    chosen = dict.fromkeys(f"{one.name} {one.definition}" for one in asked if one.definition)
    if chosen:
        yield f"definitions: {'; '.join(chosen)}; {relevance(choices)}"
    else:
        yield f"definitions: {relevance(choices)}"
    if choices.like.said:
        yield choices.like.said
    if outcome.catalogue is not None:
        yield f"catalogue: the items of {outcome.catalogue}"
    less = dict.fromkeys(one.name for one in asked if one.less_is_better)
    if less:
        yield f"less is better: {', '.join(less)}"
    yield from (f"by {one.told}" for one in outcome.by)
    yield f"intervals: {LEVEL:.0%}, bootstrap over users, seed {choices.seed}"
    yield f"{', '.join(f'{count:,} {name}' for name, count in outcome.counts.items())}"


def relevance(choices: Choices) -> str:
    """Which rows of truth are relevant, and what they are worth."""
    least = choices.min_relevance
    which = "every row of truth" if least is None else f"a rating of at least {least:g}"
    return f"relevant {which}, worth {'its rating' if choices.graded else '1'}"


def as_object(outcome: Outcome, choices: Choices, gates: list[Gate]) -> str:
    """One object; its `format` changes when a field is renamed or dropped."""
    failed = {gate for gate, _ in outcome.failed(gates)}
    report = {
        "format": FORMAT,
        "recli": recli.__version__,
        "relevance": relevance(choices),
        "level": LEVEL,
        "seed": choices.seed,
        "like": choices.like.tool or None,
        "by": [{"by": one.word, "column": one.column, "table": one.place} for one in outcome.by],
        "catalogue": outcome.catalogue,
        "metrics": [_object(one) for one in outcome.measured],
        "users": outcome.counts,
        "funnel": funnel.as_objects(outcome.funnel, outcome.measured, _object),
        "cells": [] if outcome.cold is None else cold.as_objects(outcome.cold, _object),
        "gates": [
            {
                "metric": gate.asked.label,
                "definitions": gate.asked.definitions,
                gate.side: gate.bound,
                "met": gate not in failed,
            }
            for gate in gates
        ],
        "warnings": outcome.warnings,
        "popularity_curve": outcome.popularity_curve,
        "summary": outcome.summary,
        "inputs": outcome.inputs,
        "leaks": [dataclasses.asdict(leak) for leak in outcome.leaks],
    }
    return json.dumps(report, ensure_ascii=True, allow_nan=False)


def _object(one: Measured) -> dict[str, object]:
    return {
        "metric": one.asked.name,
        "k": one.asked.k,
        "definitions": one.asked.definitions,
        "less_is_better": one.asked.less_is_better,
        "lists": one.name,
        "by": one.by,
        "segment": one.segment,
        "value": _finite(one.value),
        "low": _finite(one.low),
        "high": _finite(one.high),
        "users": one.users,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def failure(gate: Gate, one: Measured) -> str:
    """One line on a gate that lists did not reach."""
    value = "not measured" if math.isnan(one.value) else f"{one.value:.6g}"
    label = f"{one.asked.label} of {one.name}"
    return f"gate not met: {label} is {value}, at {gate.side} {gate.bound:g} was asked for"
