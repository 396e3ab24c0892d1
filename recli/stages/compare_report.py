"""What a comparison found: rows of COMPARISONS, text for people, and one JSON object."""

import math
from collections.abc import Iterator, Sequence

import polars as pl

from recli.stages.evaluate import Outcome
from recli.stages.evaluate_beside import beside
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_drops import Drop
from recli.stages.evaluate_gates import Gate
from recli.stages.evaluate_inputs import Choices
from recli.stages.evaluate_report import as_object, notes, wrapped
from recli.stages.evaluate_table import Row, paragraphs
from recli.stages.evaluate_verdict import MARKS, interval, labels, p_value, sentences
from recli.store.provenance import Provenance
from recli.store.report import write_report
from recli.store.write import Output

SCHEMA = {
    "metric": pl.String,
    "k": pl.Int64,
    "lists": pl.String,
    "baseline": pl.String,
    "value": pl.Float64,
    "baseline_value": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "relative": pl.Float64,
    "p_value": pl.Float64,
    "p_adjusted": pl.Float64,
    "users": pl.Int64,
    "verdict": pl.String,  # null where nothing could be tested
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
    """Write the report: one JSON object, text for people, or rows of COMPARISONS."""
    if as_json:
        write_report(output.target, as_object(outcome, choices, gates, provenance))
    elif output.form == "table":
        write_report(output.target, shown(outcome, choices))
    else:
        output.write([frame(outcome)], provenance, {})


def frame(outcome: Outcome) -> pl.DataFrame:
    """A row for each lists, metric and baseline."""
    return pl.DataFrame([_row(one) for one in beside(outcome)], schema=SCHEMA)


def _row(one: Compared) -> dict[str, object]:
    found = one.difference
    return {
        "metric": one.asked.name,
        "k": one.asked.k,
        "lists": one.name,
        "baseline": one.baseline,
        "value": found.own,
        "baseline_value": found.baseline,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "relative": found.relative,
        "p_value": found.p_value,
        "p_adjusted": one.p_adjusted,
        "users": found.users,
        "verdict": None if math.isnan(one.p_adjusted) else one.verdict,
        "definition": one.asked.definition,
    }


def shown(outcome: Outcome, choices: Choices) -> str:
    """The verdict, a paragraph for each metric, and what the numbers are."""
    verdict = [wrapped(f"verdict: {line}") for line in sentences(outcome)]
    header: Row = ["", "", "value", "difference, 95% interval", "change", "p"]
    table = paragraphs(dict(_paragraphs(outcome)), header)
    told = [wrapped(line) for line in notes(outcome, choices)]
    return "\n".join([*verdict, "", table, "", *told])


def _paragraphs(outcome: Outcome) -> Iterator[tuple[str, list[Row]]]:
    """Title and lines of each metric: the baseline first, then all that is held against it."""
    compared, named = beside(outcome), labels(outcome)
    for asked in dict.fromkeys(one.asked for one in outcome.measured):
        own = [one for one in compared if one.asked == asked]
        values = {one.name: one.value for one in outcome.measured if one.asked == asked}
        baseline = own[0].baseline
        first: Row = ["", baseline, _value(values[baseline]), "", "", ""]
        users = next(one.users for one in outcome.measured if one.asked == asked)
        lines = [_line(one, values[one.name]) for one in own]
        yield f"{named[asked]}, {users:,} users", [first, *lines]


def _line(one: Compared, value: float) -> Row:
    found, untested = one.difference, math.isnan(one.p_adjusted)
    change = "" if math.isnan(found.relative) else f"{found.relative:+.1%}"
    return [
        "" if untested else MARKS[one.verdict],
        one.name,
        _value(value),
        "" if math.isnan(found.value) else interval(one),
        change,
        "" if untested else p_value(one.p_adjusted).removeprefix("p ").removeprefix("= "),
    ]


def _value(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
