"""What `ope` found: values with intervals, what to be wary of, and what gates were not met."""

import math
from dataclasses import dataclass
from typing import Literal

from recli.errors import ExitCode, RecliError
from recli.kernels import bootstrap
from recli.kernels.off_policy import Value, standard_error
from recli.stages.ope import LOGGED, WEIGHT, Measured
from recli.stages.ope_asked import Choices
from recli.stages.ope_rows import Reading

Verdict = Literal["better", "worse", "not told apart"]
SURE = 3.0  # standard errors that the mean weight may be off
FEW, SHARE = 100, 0.01  # effective rows, and their share, below which intervals say little
UNSEEN = 0.01  # share of what a policy shows that the log may lack


@dataclass(frozen=True)
class Line:
    """One value."""

    estimator: str
    position: int | None  # None: all of them
    definition: str
    value: Value
    rows: int
    effective: float | None

    @property
    def verdict(self) -> Verdict | None:
        """How the policy does beside the log; not told apart where the interval holds 0."""
        low, high = self.value.difference_low, self.value.difference_high
        if self.estimator == LOGGED or math.isnan(low):
            return None
        return "better" if low > 0 else "worse" if high < 0 else "not told apart"


@dataclass(frozen=True)
class Outcome:
    """Everything that a report tells."""

    lines: list[Line]
    warnings: list[str]
    overlap: dict[str, float | int | None]
    policy: str
    counts: dict[str, int]
    units: str  # what the bootstrap draws

    @property
    def whole(self) -> list[Line]:
        """The values over all places."""
        return [line for line in self.lines if line.position is None]


def outcome_of(measured: Measured, reading: Reading, choices: Choices, seen: list[str]) -> Outcome:
    """The values of all places and of each, with intervals; `seen` are warnings from before."""
    drawn = measured.values.drawn(bootstrap.draws(choices.seed))
    found, overlap = measured.found, measured.overlap
    own = reading.columns.propensity is not None
    definitions = {name: one.definition(found.rows) for name, one in choices.estimators}
    groups: list[tuple[int | None, int | None]] = [(None, None)]
    if reading.curve is None and reading.columns.position is not None:
        places = found.places[: measured.values.tops.shape[1] - 1]
        groups += [(at, place) for at, place in enumerate(places)]
    lines = []
    for group, place in groups:
        rows = found.rows if place is None else found.by_place[place]
        for name, value in drawn.of(group).items():
            # By place, what is owed to a model that all places share is not reckoned.
            alone = name in choices.modelled and place is not None
            shown = _without_interval(value) if alone else value
            effective = overlap.effective(group) if own else None
            definition = definitions.get(name, "")
            if name != WEIGHT:
                lines.append(Line(name, place, definition, shown, rows, effective))
    kept = {name: count for name, count in found.lost.items() if count}
    counts = {"rows used": found.rows} | kept
    units = "users" if reading.log.has("user_id") else "rows"
    told = reading.target.told
    return Outcome(
        lines,
        [*seen, *_warnings(measured, choices, own), *_empty(lines)],
        _overlap(measured, own),
        told,
        counts,
        units,
    )


def _empty(lines: list[Line]) -> list[str]:
    """Estimators without a value."""
    names = [one.estimator for one in lines if one.position is None and math.isnan(one.value.value)]
    missing = "at some position nothing that the policy shows was shown"
    return [f"no value of {', '.join(names)}: {missing}"] if names else []


def _without_interval(value: Value) -> Value:
    nan = math.nan
    return Value(value.value, nan, nan, value.difference, nan, nan)


def _overlap(measured: Measured, own: bool) -> dict[str, float | int | None]:
    overlap, rows = measured.overlap, measured.found.rows
    return {
        "rows": rows,
        "rewarded": measured.found.rewarded,
        "effective_sample_size": overlap.effective(None) if own else None,
        "mean_weight": float(overlap.weights.sum()) / rows if own else None,
        "largest_weight": float(overlap.most.max()) if own else None,
        "never_shown": measured.unseen,
    }


def _warnings(measured: Measured, choices: Choices, own: bool) -> list[str]:
    """Where the log says little of the policy."""
    found, values = measured.found, measured.values
    told = []
    if measured.unseen > UNSEEN:
        told.append(
            f"{measured.unseen:.0%} of what the policy shows never stood there in the log: "
            "weights cannot make up for it, and models guess"
        )
    if not own:
        told.append("without propensities the log is taken for one whose items were drawn evenly")
        return told
    at = values.names.index(WEIGHT)
    tops, bottoms = values.tops[at].sum(axis=0), values.bottoms[at].sum(axis=0)
    mean, error = tops.sum() / bottoms.sum(), standard_error(tops, bottoms)
    if abs(mean - 1) > max(SURE * error, 1e-9):
        told.append(
            f"the weights average {mean:.3g} where 1 is due: the log cannot show what the policy "
            "does, or its propensities are not the chances it was drawn by"
        )
    effective = measured.overlap.effective(None)
    if effective < max(FEW, SHARE * found.rows):
        told.append(
            f"{found.rows:,} rows tell as much as {effective:,.0f} of the policy's own would: "
            "intervals of weighed values are too narrow"
        )
    if measured.uneven and any(name == "replay" for name, _ in choices.estimators):
        told.append("propensities differ from row to row: replay takes them for even, and is off")
    return told


@dataclass(frozen=True)
class Gate:
    """The least that an estimator must find."""

    estimator: str
    least: float

    def failure(self, outcome: Outcome) -> str | None:
        """One line where the value is lower, or there is none."""
        line = next(line for line in outcome.whole if line.estimator == self.estimator)
        if line.value.value >= self.least:
            return None
        found = f"{line.value.value:.6g}"
        return f"gate not met: {self.estimator} is {found}, at least {self.least:g} was asked for"


def gates_of(words: list[str], choices: Choices) -> list[Gate]:
    """Gates written `ESTIMATOR=VALUE`; RecliError (usage) where one is none."""
    known = [name for name, _ in choices.estimators]
    gates = []
    for word in words:
        name, _, written = word.rpartition("=")
        try:
            least = float(written)
        except ValueError:
            least = math.nan
        if name not in known or math.isnan(least):
            raise RecliError(
                f"--min {word} is no gate on one of {', '.join(known)}",
                f"write --min {known[0]}=0.05",
                code=ExitCode.USAGE,
            )
        gates.append(Gate(name, least))
    return gates
