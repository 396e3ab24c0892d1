"""What evaluate found as a table of METRICS, as text for people and as one JSON object."""

import dataclasses
import json
import math
import textwrap
from collections.abc import Iterator, Sequence

import polars as pl

import recli
from recli.kernels.bootstrap import LEVEL
from recli.stages import evaluate_cold_report as cold
from recli.stages import evaluate_funnel_report as funnel
from recli.stages.evaluate import Outcome
from recli.stages.evaluate_asked import ADDED
from recli.stages.evaluate_drops import Drop
from recli.stages.evaluate_found import EVERY, Measured
from recli.stages.evaluate_gates import Gate
from recli.stages.evaluate_inputs import Choices
from recli.stages.evaluate_json import as_compared, finite, gates_as_objects
from recli.stages.evaluate_table import WIDE, laid_out
from recli.stages.evaluate_verdict import sentences
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
    gates: Sequence[Gate | Drop],
    output: Output,
    provenance: Provenance,
    *,
    as_json: bool,
) -> None:
    """Write the report: one JSON object, text for people, or rows of METRICS."""
    if as_json:
        write_report(output.target, as_object(outcome, choices, gates, provenance))
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
    """The verdict, the numbers, then the definitions and who was counted."""
    told = [wrapped(line) for line in notes(outcome, choices)]
    if outcome.funnel:
        return "\n".join([funnel.shown(outcome.funnel, outcome.measured), "", *told])
    verdict = [wrapped(f"verdict: {line}") for line in sentences(outcome)]
    parts = [*verdict, *([""] if verdict else []), laid_out(outcome), ""]
    if outcome.cold is not None:
        parts += [cold.shown(outcome.cold, _own(outcome)), ""]
    return "\n".join([*parts, *told])


def _own(outcome: Outcome) -> list[str]:
    """Names of the lists that were given, without baselines."""
    return [name for name in outcome.names if name not in ADDED]


def wrapped(line: str) -> str:
    """A line for people, on as many as it needs."""
    return textwrap.fill(
        text.safe(line, 4000), WIDE, subsequent_indent="  ", break_on_hyphens=False
    )


def notes(outcome: Outcome, choices: Choices) -> Iterator[str]:
    """What the numbers are, and who was counted: a line for each thing."""
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
    yield from compared(outcome)
    yield f"{', '.join(f'{count:,} {name}' for name, count in outcome.counts.items())}"


def compared(outcome: Outcome) -> Iterator[str]:
    """How lists were told apart, for the reader of marks and verdicts."""
    if outcome.comparisons:
        beside = list(dict.fromkeys(one.baseline for one in outcome.comparisons))
        yield f"marks: + better, - worse, = not told apart, beside {' and '.join(beside)}"
        yield (
            f"better, worse: the {LEVEL:.0%} interval of the users' mean difference leaves out 0, "
            f"and p < {1 - LEVEL:.2g}; p by swapping lists of users at random, corrected by Holm "
            f"for {len(outcome.comparisons)} comparisons"
        )


def relevance(choices: Choices) -> str:
    """Which rows of truth are relevant, and what they are worth."""
    least = choices.min_relevance
    which = "every row of truth" if least is None else f"a rating of at least {least:g}"
    return f"relevant {which}, worth {'its rating' if choices.graded else '1'}"


def as_object(
    outcome: Outcome, choices: Choices, gates: Sequence[Gate | Drop], provenance: Provenance
) -> str:
    """One object; its `format` changes when a field is renamed or dropped."""
    report = {
        "format": FORMAT,
        "recli": recli.__version__,
        "relevance": relevance(choices),
        "level": LEVEL,
        "seed": choices.seed,
        "like": choices.like.tool or None,
        "by": [{"by": one.word, "column": one.column, "table": one.place} for one in outcome.by],
        "catalogue": outcome.catalogue,
        "command": provenance.command,
        "lists": outcome.names,
        "baselines": [name for name in outcome.names if name in ADDED],
        "verdict": sentences(outcome),
        "metrics": [_object(one) for one in outcome.measured],
        "comparisons": [as_compared(one) for one in outcome.comparisons],
        "users": outcome.counts,
        "funnel": funnel.as_objects(outcome.funnel, outcome.measured, _object),
        "cells": [] if outcome.cold is None else cold.as_objects(outcome.cold, _object),
        "gates": gates_as_objects(outcome, gates),
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
        "value": finite(one.value),
        "low": finite(one.low),
        "high": finite(one.high),
        "users": one.users,
    }


def failure(gate: Gate, one: Measured, named: str) -> str:
    """One line on a gate that lists did not reach; `named` is what its metric is called."""
    value = "not measured" if math.isnan(one.value) else f"{one.value:.6g}"
    label = f"{named} of {one.name}"
    return f"gate not met: {label} is {value}, at {gate.side} {gate.bound:g} was asked for"
