"""Lists and truth as plain dictionaries, measured by any metric."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from recli.kernels.lists import Items, Lists, Rows, beside
from recli.stages.evaluate_asked import parsed

Values = npt.NDArray[np.float64]


def rows(items: Sequence[Sequence[int]]) -> Rows:
    starts = np.cumsum([0, *map(len, items)]).astype(np.int64)
    return Rows(starts, np.array([item for part in items for item in part], np.int32))


def laid(
    lists: Sequence[Sequence[int]],
    truth: Sequence[Mapping[int, float]],
    *,
    depth: int = 20,
    bits: Sequence[float] = (),
    labels: Mapping[str, object] | None = None,
) -> Lists:
    """Users' lists of items 0 … 99 beside the gains of what they wanted."""
    gains = np.array([gain for wanted in truth for gain in wanted.values()], np.float64)
    known = Items(100, np.array(bits, np.float64), labels or {})  # type: ignore[arg-type]
    nothing = rows([()] * len(lists))
    wanted = rows([list(wanted) for wanted in truth])
    return beside(rows(lists), wanted, gains, nothing, depth, known)[0]


def value(word: str, lists: Lists) -> Values:
    """What a metric of users, written as on the command line, says of each user."""
    asked = parsed(word)
    values: Values = asked.metric.of_users(lists, asked.places)
    return values


@pytest.fixture(name="laid")
def _laid() -> Callable[..., Lists]:
    return laid


@pytest.fixture(name="value")
def _value() -> Callable[[str, Lists], Values]:
    return value
