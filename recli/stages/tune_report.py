"""What a search says of its trials: a line each, the best as a config, a summary."""

from typing import Any

from recli.errors import ExitCode, RecliError
from recli.stages.trial import Measure
from recli.stages.tune_search import Search, Tried, best_of
from recli.stages.tune_space import as_toml


def line(search: Search, one: Tried) -> str:
    """One trial: what was tried and what it came to."""
    values = ", ".join(f"{name} {_short(value)}" for name, value in one.values.items())
    if one.measure is not None:
        found = f"{search.metric} {_spread(one.measure)}"
    else:
        found = one.refusal or "behind, given up"
    return f"trial {one.number}: {found} in {one.seconds:.1f} s: {values}"


def config(search: Search, tried: list[Tried]) -> str:
    """The best values as a table for train-MODEL, under the numbers that speak for them."""
    best = _best(tried)
    notes = [
        f"# {search.metric} {_spread(best.measure)} on {best.measure.users:,} users"
        f" of {search.valid}, learned from {search.train};"
        f" the best of {len(tried)} trials."
        if best.measure
        else ""
    ]
    default = next((one.measure for one in tried if one.number == 0), None)
    if default is not None and best.number != 0:
        notes.append(f"# With the defaults: {_spread(default)}.")
    return "\n".join(
        [*notes, as_toml(f"train-{search.model}", search.fixed | best.values)]
    ).rstrip()


def summary(search: Search, tried: list[Tried]) -> str:
    """The best value beside that of the defaults."""
    best = _best(tried)
    default = next((one.measure for one in tried if one.number == 0), None)
    beside = f", {default.value:.4f} with the defaults" if default else ""
    value = best.measure.value if best.measure else float("nan")
    return f"{search.metric} {value:.4f} in trial {best.number}{beside}"


def counts(tried: list[Tried]) -> dict[str, int]:
    """How many trials there were, and how they ended."""
    refused = sum(bool(one.refusal) for one in tried)
    behind = sum(one.measure is None for one in tried) - refused
    return {"trials": len(tried), "given up": behind, "refused": refused}


def _best(tried: list[Tried]) -> Tried:
    best = best_of(tried)
    if best is None:
        raise RecliError(
            "no trial came to its end in time",
            "give a longer --time-limit, or learn from fewer rows",
            code=ExitCode.TIME_LIMIT,
        )
    return best


def _spread(measure: Measure) -> str:
    return f"{measure.value:.4f} [{measure.low:.4f}, {measure.high:.4f}]"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
