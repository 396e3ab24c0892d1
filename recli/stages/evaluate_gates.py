"""What numbers evaluate must find, or else the run ends with a status of its own."""

import math
from dataclasses import dataclass
from typing import Literal

from recli.errors import ExitCode, RecliError
from recli.stages.evaluate_asked import Asked, parsed
from recli.stages.evaluate_like import USUAL, Convention


@dataclass(frozen=True)
class Gate:
    """A metric, and the least or the most that it may be for every list."""

    asked: Asked
    bound: float
    side: Literal["least", "most"] = "least"

    @property
    def bounds(self) -> dict[str, float]:
        """What must hold, as the report has it."""
        return {self.side: self.bound}

    def met(self, value: float) -> bool:
        """Whether a value is on the right side of the bound; NaN is on neither."""
        return value >= self.bound if self.side == "least" else value <= self.bound


def gates_of(
    least: list[str], most: list[str] | None = None, like: Convention = USUAL
) -> list[Gate]:
    """Gates written `METRIC=BOUND`, as `ndcg@10=0.05` or `ndcg@10(exp)=0.05`."""
    gates = [_gate(word, "--min", like) for word in least]
    gates += [_gate(word, "--max", like) for word in most or []]
    for gate in gates:
        if gate.side == "least" and gate.asked.less_is_better:
            raise RecliError(
                f"--min {gate.asked.label}: less of it is better",
                f"write --max {gate.asked.label}={gate.bound:g}",
                code=ExitCode.USAGE,
            )
    return gates


def _gate(word: str, option: str, like: Convention) -> Gate:
    metric, equals, written = word.rpartition("=")
    try:
        bound = float(written)
    except ValueError:
        bound = float("nan")
    if not equals or math.isnan(bound):
        example = "ndcg@10=0.05" if option == "--min" else "rmse=0.9"
        raise RecliError(
            f"{option} {word} is no gate", f"write {option} {example}", code=ExitCode.USAGE
        )
    return Gate(parsed(metric, like), bound, "least" if option == "--min" else "most")
