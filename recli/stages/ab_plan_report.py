"""The plan of an A/B test as a table, as text for people and as one JSON object."""

import json
import math

import polars as pl

import recli
from recli.reports import EXPERIMENT_PLAN
from recli.stages.ab_plan import Choices, Plan
from recli.store import text
from recli.store.provenance import Provenance
from recli.store.report import write_report
from recli.store.write import Output

FORMAT = 1


def publish(
    plans: list[Plan], choices: Choices, output: Output, provenance: Provenance, *, as_json: bool
) -> None:
    """Write the plan: one JSON object, text for people, or a row for each effect and power."""
    if as_json:
        report = {
            "format": FORMAT,
            "recli": recli.__version__,
            "command": provenance.command,
            "verdict": [sentence(one, choices) for one in plans],
            "plans": [record(one, choices) for one in plans],
            "shares": choices.shares,
            "two_sided": choices.two_sided,
            "inputs": [{"role": one.role, "sha256": one.sha256} for one in provenance.inputs],
        }
        write_report(output.target, json.dumps(report, ensure_ascii=True, allow_nan=False))
    elif output.form == "table":
        write_report(output.target, shown(plans, choices))
    else:
        types = EXPERIMENT_PLAN.required | EXPERIMENT_PLAN.optional
        schema = {name: kind for name, (kind, *_) in types.items()}
        rows = pl.DataFrame([record(one, choices) for one in plans], schema=schema)
        empty = [name for name in EXPERIMENT_PLAN.optional if rows[name].is_null().all()]
        output.write([rows.drop(empty)], provenance, {})


def record(one: Plan, choices: Choices) -> dict[str, object]:
    """Everything about a plan, by the names of the columns; users are rounded up."""
    control, *others = choices.shares
    most = one.users * one.price.most if one.price else None
    mean = one.users * one.price.mean if one.price else None
    return {
        "metric": one.name,
        "mean": one.metric.mean,
        "sd": math.sqrt(one.metric.variance),
        "variance_left": one.metric.kept,
        "effect": one.effect,
        "alpha": choices.design.alpha,
        "power": one.power,
        "users": math.ceil(one.users),
        "users_control": math.ceil(one.users * control),
        "users_variant": math.ceil(one.users * min(others)),
        "relative_effect": one.relative if math.isfinite(one.relative) else None,
        "users_sequential": most and math.ceil(most),
        "users_sequential_mean": mean and math.ceil(mean),
        "days": _days(one.users, choices),
        "days_sequential": _days(most, choices),
        "days_sequential_mean": _days(mean, choices),
    }


def _days(users: float | None, choices: Choices) -> float | None:
    return users / choices.users_a_day if users and choices.users_a_day else None


def sentence(one: Plan, choices: Choices) -> str:
    """What a plan comes to."""
    found = record(one, choices)
    size = f"{one.effect:+.3g}" + ("" if math.isnan(one.relative) else f" ({one.relative:+.2%})")
    days = f", {math.ceil(found['days'])} days" if isinstance(found["days"], float) else ""
    users = f"{found['users']:,} users{days}"
    if one.price is None:
        return f"{users} find {size} on {one.name} with {one.power:.1%} power."
    return f"{users}, to find {size} on {one.name} with {one.power:.0%} power."


def shown(plans: list[Plan], choices: Choices) -> str:
    """A sentence on the first plan, then a line for each."""
    rows = [_line(one, choices) for one in plans]
    header = ["metric", "effect", "", "power", "users", "in a variant"]
    if plans[0].price is not None:
        header += ["any look", "on average"]
    if choices.users_a_day:
        header.append("days")
    lines = [sentence(plans[0], choices), "", *text.table(header, rows).split("\n"), ""]
    return "\n".join(text.safe(line, 4000) for line in [*lines, *_notes(plans, choices)])


def _line(one: Plan, choices: Choices) -> list[object]:
    found = record(one, choices)
    share = "-" if math.isnan(one.relative) else f"{one.relative:+.2%}"
    cells: list[object] = [one.name, f"{one.effect:+.3g}", share, f"{one.power:.0%}"]
    names = ["users", "users_variant"]
    names += ["users_sequential", "users_sequential_mean"] if one.price is not None else []
    cells += [f"{found[name]:,}" for name in names]
    if isinstance(found["days"], float):
        cells.append(math.ceil(found["days"]))
    return cells


def _notes(plans: list[Plan], choices: Choices) -> list[str]:
    sides = "two sides" if choices.two_sided else "one side"
    shares = ", ".join(f"{share:.3g}" for share in choices.shares)
    notes = [f"alpha {choices.design.alpha:.3g} a comparison, {sides}; shares {shares}"]
    for name, metric in dict.fromkeys((one.name, one.metric) for one in plans):
        told = f"{name}: mean {metric.mean:.4g}, sd of a user {math.sqrt(metric.variance):.4g}"
        if metric.kept < 1:
            told += f"; CUPED takes away {1 - metric.kept:.0%} of the variance"
        notes.append(told)
    if plans[0].price is not None:
        notes.append(
            "any look: users at most, and on average, where `ab read --sequential` may end it; "
            "--expect them"
        )
    return notes
