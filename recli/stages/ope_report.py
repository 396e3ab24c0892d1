"""What ope found as a table, as text for people and as one JSON object."""

import json
import math
from collections.abc import Iterator

import polars as pl

import recli
from recli.kernels.bootstrap import LEVEL
from recli.reports import OPE
from recli.stages.ope import LOGGED
from recli.stages.ope_asked import Choices
from recli.stages.ope_outcome import Gate, Line, Outcome
from recli.stages.ope_rows import Reading
from recli.store import text
from recli.store.provenance import Provenance
from recli.store.report import write_report
from recli.store.write import Output

FORMAT = 1
ACROSS = 6  # places that fit beside the names


def publish(
    outcome: Outcome,
    reading: Reading,
    choices: Choices,
    gates: list[Gate],
    output: Output,
    provenance: Provenance,
    *,
    as_json: bool,
) -> None:
    """Write the report: one JSON object, text for people, or rows of OPE."""
    if as_json:
        write_report(output.target, as_object(outcome, reading, choices, gates, provenance))
    elif output.form == "table":
        write_report(output.target, shown(outcome, reading, choices))
    else:
        output.write([frame(outcome)], provenance, {})


def frame(outcome: Outcome) -> pl.DataFrame:
    """A row for each value; what an interval lacks is NaN."""
    rows = [_row(line) for line in outcome.lines]
    kinds = {name: allowed[0] for name, allowed in (OPE.required | OPE.optional).items()}
    return pl.DataFrame(rows, {name: kinds[name] for name in rows[0]})


def _row(line: Line) -> dict[str, object]:
    value = line.value
    return {
        "estimator": line.estimator,
        "position": line.position,
        "value": value.value,
        "low": value.low,
        "high": value.high,
        "difference": value.difference,
        "difference_low": value.difference_low,
        "difference_high": value.difference_high,
        "verdict": line.verdict,
        "rows": line.rows,
        "effective_sample_size": line.effective,
        "definition": line.definition,
    }


def shown(outcome: Outcome, reading: Reading, choices: Choices) -> str:
    """Values as lines, then places as columns, then how they came about."""
    rows: list[list[object]] = []
    for line in outcome.whole:
        value = line.value
        own = _cell(value.value, value.low, value.high)
        ends = value.difference, value.difference_low, value.difference_high
        rows.append([line.estimator, own, "" if line.estimator == LOGGED else _cell(*ends)])
    parts = [text.table(["estimator", "value", "less that of the log"], rows)]
    places = list(dict.fromkeys(line.position for line in outcome.lines if line.position))
    if len(places) > 1:
        parts.append(_by_place(outcome, places[:ACROSS]))
    notes = [*_notes(outcome, reading, choices, len(places))]
    return "\n\n".join([*parts, "\n".join(text.safe(line, 4000) for line in notes)])


def _by_place(outcome: Outcome, places: list[int]) -> str:
    found = {(line.estimator, line.position): line.value.value for line in outcome.lines}
    rows: list[list[object]] = [
        [line.estimator, *(_number(found[line.estimator, place], 4) for place in places)]
        for line in outcome.whole
    ]
    return text.table(["at position", *map(str, places)], rows)


def _number(value: float, digits: int = 4) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}g}"


def _cell(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return "-"
    ends = "" if math.isnan(low) else f" [{_number(low)}, {_number(high)}]"
    return _number(value) + ends


def _notes(outcome: Outcome, reading: Reading, choices: Choices, places: int) -> Iterator[str]:
    yield f"policy: {outcome.policy}; value: {reading.columns.reward} a row that is shown"
    by = {line.estimator: line.verdict for line in outcome.whole if line.verdict}
    for verdict in dict.fromkeys(by.values()):
        names = ", ".join(name for name, one in by.items() if one == verdict)
        than = "from the log" if verdict == "not told apart" else "than the log"
        yield f"{verdict} {than}: {names}"
    defined = [f"{name} {d}" for name, d in _definitions(outcome).items() if d]
    if defined:
        yield f"definitions: {'; '.join(defined)}"
    told = outcome.overlap
    if told["effective_sample_size"] is not None:
        yield (
            f"overlap: effective sample size {told['effective_sample_size']:,.0f} of "
            f"{told['rows']:,} rows, mean weight {told['mean_weight']:.4g}, largest "
            f"{told['largest_weight']:.4g}"
        )
    if reading.curve is not None:
        yield "looks: by position bias, items taken to be liked the same wherever they stand"
    yield f"intervals: {LEVEL:.0%}, bootstrap over {outcome.units}, seed {choices.seed}"
    if places > ACROSS:
        yield f"{places - ACROSS} more positions in the table: --format csv"


def _definitions(outcome: Outcome) -> dict[str, str]:
    return {line.estimator: line.definition for line in outcome.whole}


def as_object(
    outcome: Outcome, reading: Reading, choices: Choices, gates: list[Gate], provenance: Provenance
) -> str:
    """One object; its `format` changes when a field is renamed or dropped."""
    report = {
        "format": FORMAT,
        "command": "ope",
        "recli": recli.__version__,
        "policy": outcome.policy,
        "reward": reading.columns.reward,
        "propensity": reading.columns.propensity,
        "position": reading.columns.position,
        "context": list(reading.columns.context),
        "position_bias": reading.curve is not None,
        "level": LEVEL,
        "seed": choices.seed,
        "bootstrap": outcome.units,
        "values": [
            {key: _finite(one) for key, one in _row(line).items()} for line in outcome.lines
        ],
        "overlap": outcome.overlap,
        "counts": outcome.counts,
        "gates": [
            {
                "estimator": gate.estimator,
                "least": gate.least,
                "met": gate.failure(outcome) is None,
            }
            for gate in gates
        ],
        "warnings": outcome.warnings,
        "inputs": [{"role": one.role, "sha256": one.sha256} for one in provenance.inputs],
    }
    return json.dumps(report, ensure_ascii=True, allow_nan=False)


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
