"""Gates beside a baseline: how far lists may fall below it before the run ends with status 3."""

import math
from dataclasses import dataclass, replace

from recli.errors import ExitCode, RecliError
from recli.stages.evaluate import Outcome
from recli.stages.evaluate_asked import Asked, parsed
from recli.stages.evaluate_beside import beside
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_inputs import Inputs
from recli.stages.evaluate_like import USUAL, Convention
from recli.stages.evaluate_needs import settled
from recli.stages.evaluate_verdict import interval, labels

_ROUNDING = 1e-12  # share of a value by which a difference of two may be off


@dataclass(frozen=True)
class Drop:
    """A metric, and the most that it may fall: so much, or a share of the baseline's value.

    What counts is the difference that was measured, not its interval: a job that runs each night
    asks for a `most` that is wider than chance.
    """

    asked: Asked
    most: float
    relative: bool = False

    @property
    def written(self) -> str:
        """As it was asked for: `0.01` or `2%`."""
        return f"{100 * self.most:g}%" if self.relative else f"{self.most:g}"

    @property
    def bounds(self) -> dict[str, float | bool]:
        """What must hold, as the report has it."""
        return {"most_below": self.most, "relative": self.relative}

    def met(self, one: Compared) -> bool:
        """Whether lists are no further below; a difference of nothing is not met."""
        found = one.difference
        fall = found.value if self.asked.less_is_better else -found.value
        allowed = self.most * abs(found.baseline) if self.relative else self.most
        return fall <= allowed + _ROUNDING * abs(found.baseline)


def drops_of(words: list[str], like: Convention = USUAL) -> list[Drop]:
    """Gates written `METRIC=DROP`, as `ndcg@10=0.01` or `ndcg@10=2%`; RecliError (usage) else."""
    return [_drop(word, like) for word in words]


def settled_drops(drops: list[Drop], inputs: Inputs) -> list[Drop]:
    """The same with every definition of their metrics settled, as `checked` does."""
    return [replace(drop, asked=settled(drop.asked, inputs)) for drop in drops]


def _drop(word: str, like: Convention) -> Drop:
    metric, equals, written = word.rpartition("=")
    relative = written.endswith("%")
    try:
        most = float(written.removesuffix("%")) / (100 if relative else 1)
    except ValueError:
        most = math.nan
    if not equals or not 0 <= most < math.inf:
        raise RecliError(
            f"--max-drop {word} is no gate",
            "write --max-drop ndcg@10=0.01, or ndcg@10=2% of the baseline's value",
            code=ExitCode.USAGE,
        )
    return Drop(parsed(metric, like), most, relative)


def fallen(outcome: Outcome, drops: list[Drop]) -> list[tuple[Drop, str]]:
    """The gates that some of the user's lists miss, and a line on each."""
    found, named = [], labels(outcome)
    for drop in drops:
        own = [
            one
            for one in beside(outcome)
            if one.asked == drop.asked and one.name not in outcome.baselines
        ]
        found += [(drop, _line(drop, one, named[one.asked])) for one in own if not drop.met(one)]
        if not own:
            label = f"gate not met: {named[drop.asked]}"
            found.append((drop, f"{label} could not be held against a baseline"))
    return found


def _line(drop: Drop, one: Compared, named: str) -> str:
    label = f"gate not met: {named} of {one.name}"
    if math.isnan(one.difference.value):
        none = "which has none" if math.isnan(one.difference.baseline) else "as it has none"
        return f"{label} could not be held against {one.baseline}, {none}"
    beside = f"{one.baseline} has {one.difference.baseline:.6g}: {interval(one)}"
    side = "above" if one.asked.less_is_better else "below"
    asked = f"at most {drop.written} {side} it was asked for"
    return f"{label} is {one.difference.own:.6g}, {beside}; {asked}"
