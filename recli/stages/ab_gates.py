"""How much worse a metric may get in an A/B test, or else the run ends with a status of its own."""

from dataclasses import dataclass

from recli.errors import ExitCode, RecliError
from recli.kernels.experiment import Difference

FLAGS = {"drop": "--max-drop", "rise": "--max-rise"}


@dataclass(frozen=True)
class Gate:
    """How far a metric may go the wrong way.

    It is a test of non-inferiority: met where the whole interval is on the right side of the
    margin, so that too few users meet none (Piaggio et al., JAMA 2012).
    """

    word: str  # of the metric
    side: str  # drop or rise
    bound: float
    relative: bool

    def worst(self, apart: Difference, reach: float) -> float:
        """How far the wrong way the interval goes; NaN where it has no end."""
        low, high = apart.relative(reach) if self.relative else apart.interval(reach)
        return -low if self.side == "drop" else high

    def shown(self, size: float) -> str:
        """A difference in the unit of the bound."""
        return f"{100 * size:.3g}%" if self.relative else f"{size:.3g}"


def gates_of(drops: list[str], rises: list[str]) -> tuple[Gate, ...]:
    """Gates written `METRIC=BOUND`, a bound as `2%` of the control or as a number."""
    asked = [("drop", word) for word in drops] + [("rise", word) for word in rises]
    return tuple(_gate(side, word) for side, word in asked)


def _gate(side: str, word: str) -> Gate:
    metric, _, written = word.rpartition("=")
    bound = share_or_number(written)
    if not metric or bound is None or not 0 <= bound[0] < float("inf"):
        raise RecliError(
            f"{FLAGS[side]} {word} is no gate",
            f"write {FLAGS[side]} revenue=2%, or a number in the metric's unit",
            code=ExitCode.USAGE,
        )
    return Gate(metric, side, *bound)


def share_or_number(word: str) -> tuple[float, bool] | None:
    """A number, and whether it is a share written in percent; None where it is neither.

    >>> share_or_number("2%"), share_or_number("0.5"), share_or_number("much")
    ((0.02, True), (0.5, False), None)
    """
    try:
        number = float(word.removesuffix("%"))
    except ValueError:
        return None
    return (number / 100, True) if word.endswith("%") else (number, False)
