"""Comparisons and gates as they stand in the JSON object of evaluate and compare."""

import math
from collections.abc import Sequence

from recli.stages.evaluate import Outcome
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_drops import Drop, fallen
from recli.stages.evaluate_gates import Gate

Fields = dict[str, object]


def as_compared(one: Compared) -> Fields:
    """What one list has more than a baseline, and whether by chance."""
    found = one.difference
    return {
        "metric": one.asked.name,
        "k": one.asked.k,
        "definitions": one.asked.definitions,
        "less_is_better": one.asked.less_is_better,
        "lists": one.name,
        "baseline": one.baseline,
        "value": found.own,
        "baseline_value": found.baseline,
        "difference": found.value,
        "low": finite(found.low),
        "high": finite(found.high),
        "relative": finite(found.relative),
        "p_value": found.p_value,
        "p_adjusted": one.p_adjusted,
        "users": found.users,
        "verdict": one.verdict,
    }


def gates_as_objects(outcome: Outcome, gates: Sequence[Gate | Drop]) -> list[Fields]:
    """What had to hold, and whether it did."""
    missed = outcome.failed([gate for gate in gates if isinstance(gate, Gate)])
    drops = fallen(outcome, [gate for gate in gates if isinstance(gate, Drop)])
    failed = {gate for gate, _ in missed} | {drop for drop, _ in drops}
    return [
        {
            "metric": gate.asked.label,
            "definitions": gate.asked.definitions,
            **gate.bounds,
            "met": gate not in failed,
        }
        for gate in gates
    ]


def finite(value: float) -> float | None:
    """The number, None where there is none."""
    return value if math.isfinite(value) else None
