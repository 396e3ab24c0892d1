"""Gates of a run as words: what each asks for, and what the lists have."""

from recli.stages.report_parts import number
from recli.stages.report_runs import Facts

NAMED = 3  # lists that the line of a gate names


def gate(row: Facts, name: str, found: list[Facts]) -> str:
    """What a gate asks of a metric, and the lists that fail it, or else all that it is about.

    >>> row = {"least": None, "most": None, "most_below": 0.02, "relative": True, "met": True}
    >>> gate(row, "rmse", [{"less_is_better": True}])
    'rmse at most 2.0% above the baseline'
    """
    if row["most_below"] is not None:
        most = f"{row['most_below']:{'.1%' if row['relative'] else 'g'}}"
        less = any(one["less_is_better"] for one in found)
        return f"{name} at most {most} {'above' if less else 'below'} the baseline"
    side = "least" if row["least"] is not None else "most"
    bound = row[side]
    if bound is None:
        return name
    if not row["met"]:
        found = [one for one in found if not _reached(one["value"], side, bound)] or found
    told = [f"{one['lists']} {number(one['value'])}" for one in found[:NAMED]]
    told += [f"and {len(found) - NAMED:,} more"] if len(found) > NAMED else []
    held = f" ({', '.join(told)})" if told else ""
    return f"{name} at {side} {bound:g}{held}"


def _reached(value: float | None, side: str, bound: float) -> bool:
    return value is not None and (value >= bound if side == "least" else value <= bound)
