"""Every metric of lists beside their baselines: those that were compared, and all others."""

from recli.kernels.paired import Difference
from recli.stages.evaluate import Outcome
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_found import Measured

_NOTHING = float("nan")


def beside(outcome: Outcome) -> list[Compared]:
    """One for each lists, metric and baseline, in this order.

    A metric of the whole catalogue has a difference, but no interval and no p-value: there is but
    one catalogue. Neither has one that no user has of both.
    """
    tested = {(one.asked, one.name, one.baseline): one for one in outcome.comparisons}
    values = {(one.asked, one.name): one for one in outcome.measured if one.segment is None}
    asked = dict.fromkeys(one.asked for one in outcome.measured)
    return [
        tested.get((one, name, baseline)) or _untested(values[one, name], values[one, baseline])
        for name in dict.fromkeys(name for name, _ in outcome.held)
        for one in asked
        for baseline in (other for held, other in outcome.held if held == name)
    ]


def _untested(own: Measured, baseline: Measured) -> Compared:
    ends = _NOTHING, _NOTHING, _NOTHING
    difference = Difference(own.value, baseline.value, *ends, own.users)
    return Compared(own.asked, own.name, baseline.name, difference, _NOTHING)
