"""What reading an A/B test found, as a table, as text for people and as one JSON object."""

import json
import math
import textwrap
from collections.abc import Iterator

import polars as pl

import recli
from recli.kernels.experiment import Difference
from recli.reports import EXPERIMENT
from recli.stages.ab_beside import Beside
from recli.stages.ab_read import Choices, Outcome
from recli.stages.ab_sentences import (
    difference,
    held,
    notes,
    p_value,
    share,
    split,
    title,
    verdicts,
)
from recli.store import text
from recli.store.provenance import Provenance
from recli.store.report import write_report
from recli.store.write import Output

FORMAT = 1
WIDTH = 80


def publish(
    outcome: Outcome, choices: Choices, output: Output, provenance: Provenance, *, as_json: bool
) -> None:
    """Write the report: one JSON object, text for people, or a row for each comparison."""
    if as_json:
        write_report(output.target, as_object(outcome, choices, provenance))
    elif output.form == "table":
        write_report(output.target, shown(outcome))
    else:
        output.write([frame(outcome)], provenance, {})


def frame(outcome: Outcome) -> pl.DataFrame:
    """A row for each metric, segment and variant; empty where something is not known."""
    types = EXPERIMENT.required | EXPERIMENT.optional
    schema = {name: kind for name, (kind, *_) in types.items()}
    rows = pl.DataFrame([record(one) for one in outcome.found], schema=schema)
    dropped = [name for name in EXPERIMENT.optional if rows[name].null_count() == rows.height]
    return rows.drop(dropped)


def record(one: Beside) -> dict[str, object]:
    """Everything about a comparison, by the names of the columns."""
    (low, high), (below, above) = one.interval, one.apart.relative(one.once)
    always_low, always_high = one.apart.interval(one.always[0])
    plain_low, plain_high = one.plain.interval(one.plain.reach(one.level.alpha))
    adjusted = one.apart is not one.plain
    numbers = {
        "mean": one.means[0],
        "mean_control": one.means[1],
        "difference": one.apart.value,
        "low": low,
        "high": high,
        "p": one.p_value,
        "p_adjusted": one.p_adjusted,
        "relative": one.relative,
        "relative_low": below,
        "relative_high": above,
        "sequential_low": always_low,
        "sequential_high": always_high,
        "p_sequential": one.always[1],
        "variance_left": one.variance_left if adjusted else math.nan,
        "plain_difference": one.plain.value if adjusted else math.nan,
        "plain_low": plain_low if adjusted else math.nan,
        "plain_high": plain_high if adjusted else math.nan,
    }
    return {
        "metric": one.metric.word,
        "variant": one.variant,
        "control": one.control,
        "segment": one.segment,
        "users": one.users[0],
        "users_control": one.users[1],
        "verdict": one.verdict,
    } | {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def as_object(outcome: Outcome, choices: Choices, provenance: Provenance) -> str:
    """One object; its `format` changes when a field is renamed or dropped."""
    level = choices.level
    report = {
        "format": FORMAT,
        "recli": recli.__version__,
        "command": provenance.command,
        "verdict": verdicts(outcome),
        "sample_ratio": {
            "p": outcome.uneven,
            "even": outcome.even,
            "variants": [
                {"variant": name, "users": users, "share": outcome.shares[name]}
                for name, users in outcome.users.items()
            ],
        },
        "alpha": level.alpha,
        "sequential": level.sequential,
        "expect": level.expect,
        "comparisons": [record(one) for one in outcome.found],
        "gates": [
            {
                "metric": one.gate.word,
                "variant": one.variant,
                f"max_{one.gate.side}": one.gate.bound,
                "relative": one.gate.relative,
                "worst": one.worst if math.isfinite(one.worst) else None,
                "met": outcome.even and one.met,
            }
            for one in outcome.gates
        ],
        "counts": outcome.counts,
        "warnings": outcome.warnings,
        "inputs": [{"role": one.role, "sha256": one.sha256} for one in provenance.inputs],
    }
    return json.dumps(report, ensure_ascii=True, allow_nan=False)


def shown(outcome: Outcome) -> str:
    """The verdict, the split of the users, then a table for each metric."""
    even = "as asked" if outcome.even else "NOT AS ASKED"
    told = [line for said in verdicts(outcome) for line in textwrap.wrap(said, WIDTH)]
    lines = [*told, "", f"users {even}: {split(outcome)}"]
    metrics = dict.fromkeys(one.metric for one in outcome.found)
    for metric in metrics:
        own = [one for one in outcome.found if one.metric == metric]
        lines += ["", *_block([one for one in own if one.segment is None])]
        if any(one.segment is not None for one in own):
            lines += ["", *_segments([one for one in own if one.segment is not None])]
    if outcome.gates:
        lines += ["", *map(held, outcome.gates)]
    lines += ["", *notes(outcome)]
    return "\n".join(text.safe(line, 4000) for line in lines)


def _block(found: list[Beside]) -> Iterator[str]:
    """A metric: a line for the control, and up to three for each variant."""
    rows: list[list[object]] = [[found[0].control, f"{found[0].means[1]:.4g}", "", "", ""]]
    for one in found:
        once = _told(one.apart, one.once, one.p_value)
        rows.append([one.variant, f"{one.means[0]:.4g}", *once])
        early = math.isnan(one.always[0])
        rows.append(["  any look", "", *(_told(one.apart, *one.always) if not early else "---")])
        if one.apart is not one.plain:
            plain = _told(one.plain, one.plain.reach(one.level.alpha), one.plain.p_value())
            rows.append(["  no CUPED", "", *plain])
    yield from title(found)
    yield from text.table(["", "mean", "difference", "relative", "p"], rows).split("\n")


def _segments(found: list[Beside]) -> Iterator[str]:
    rows: list[list[object]] = []
    for one in found:
        told = _told(one.apart, one.reach, one.p_adjusted)
        rows.append([one.segment, one.variant, f"{sum(one.users):,}", *told[1:], one.verdict])
    header = [found[0].metric.word, "", "users", "relative", "p (Holm)", ""]
    yield from text.table(header, rows).split("\n")


def _told(apart: Difference, reach: float, p: float) -> list[object]:
    """Cells of a difference."""
    if not math.isfinite(apart.value):
        return ["-", "-", "-"]
    ends, size = apart.relative(reach), abs(apart.base)
    shares = "-" if math.isnan(ends[0]) else share(apart.value / size, ends)
    return [difference(apart.value, apart.interval(reach)), shares, p_value(p)]
