"""Recall by score, and the search for the least effort that reaches a target."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.kernels.recall import FINENESS, least_effort, recall

INF = np.inf


@pytest.mark.parametrize(
    ("found", "exact", "share"),
    [
        ([[3, 2, 1]], [[3, 2, 1]], 1.0),
        ([[3, 1, -INF]], [[3, 2, 1]], 2 / 3),
        ([[-INF, -INF]], [[2, 1]], 0.0),
        ([[2, 2]], [[3, 2]], 1.0),  # ties with the last exact place: as good
        ([[3, -INF]], [[3, -INF]], 1.0),  # fewer items than k
        ([[9, 8], [-INF, -INF]], [[9, 8], [7, 6]], 0.5),
        ([[-INF]], [[-INF]], 1.0),
    ],
)
def test_recall_of_worked_examples(
    found: list[list[float]], exact: list[list[float]], share: float
) -> None:
    measured = recall(np.array(found, np.float32), np.array(exact, np.float32))
    assert measured == pytest.approx(share)


@given(st.integers(1, 5000), st.integers(1, 6000))
def test_the_effort_found_is_close_to_the_least(most: int, needed: int) -> None:
    tried = least_effort(lambda effort: float(effort >= needed), most, 1.0)
    best = tried[-1]
    if needed > most:
        assert (best.effort, best.recall) == (most, 0.0)
    else:
        assert best.recall == 1.0
        assert needed <= best.effort <= needed + needed / (FINENESS - 1)
    assert len({trial.effort for trial in tried}) == len(tried)
