"""Fast greedy search of a determinantal point process against determinants."""

import numpy as np
import numpy.typing as npt
import pytest

from recli.kernels import determinantal, rules
from recli.kernels.threads import over_lists
from tests.kernels.drawn_lists import Drawn, best, drawn

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
NOTHING = np.zeros((1, 0), np.float32)


def slow(scores: Doubles, alike: Doubles, rate: float, top: int) -> list[int]:
    """Row by row the list of the largest theta sum r + (1 - theta) log det S (paper, eq. 4)."""
    left, chosen = list(range(len(scores))), list[int]()
    volume = 1.0
    while left and len(chosen) < top:
        found = [np.linalg.det(alike[np.ix_([*chosen, row], [*chosen, row])]) for row in left]
        adds = [row for row, one in zip(left, found, strict=True) if one > 1e-6 * volume]
        if not adds:
            break
        logs = {row: np.log(max(one, 1e-300)) for row, one in zip(left, found, strict=True)}
        row = best(adds, [rate * scores[one] + (1 - rate) * logs[one] for one in adds])
        volume = found[left.index(row)]
        chosen.append(row)
        left.remove(row)
    return chosen + left


def spread(case: Drawn, rate: float, top: int, threads: int = 1, vectors=NOTHING, at=None) -> Longs:  # type: ignore[no-untyped-def]
    """The order of rows by overlaps, or by vectors [items + 1, factors] at rows of them."""
    order = np.empty(len(case.scores), np.int64)
    at = np.zeros(len(order), np.int64) if at is None else at

    def choose(begin: int, end: int) -> None:
        determinantal.spread(
            begin, end, case.starts, case.scores, *case.codes, at, vectors, rate, top, order
        )

    over_lists(choose, len(case.starts) - 1, threads)
    return order


def jaccard(genres: list[list[str]]) -> Doubles:
    alike = np.eye(len(genres))
    for one, other in np.ndindex(alike.shape):
        either = {*genres[one], *genres[other]}
        if one != other and either:
            alike[one, other] = len({*genres[one]} & {*genres[other]}) / len(either)
    return alike


@pytest.mark.parametrize(("rate", "top"), [(0.0, 8), (0.3, 8), (0.8, 8), (0.6, 3)])
def test_overlaps_choose_as_determinants_do(rate: float, top: int) -> None:
    case = drawn(1, lists=250)
    order = spread(case, rate, top)
    for _, begin, end in case.each():
        expected = slow(case.scores[begin:end], jaccard(case.genres[begin:end]), rate, top)
        assert (order[begin:end] - begin).tolist() == expected


def cosines(units: npt.NDArray[np.float32]) -> Doubles:
    alike = np.eye(len(units))
    for one, other in np.ndindex(alike.shape):
        if one != other:
            alike[one, other] = (1 + units[one].astype(float) @ units[other].astype(float)) / 2
    return alike


@pytest.mark.parametrize(("rate", "top"), [(0.0, 8), (0.3, 8), (0.8, 8), (0.6, 3)])
def test_vectors_choose_as_determinants_do(rate: float, top: int) -> None:
    """Of three factors, so that often no item is left that adds something."""
    case = drawn(2, lists=250)
    draw = np.random.default_rng(2)
    vectors = rules.unit_vectors(draw.integers(-2, 3, (40, 3)).astype(np.float32))
    at = draw.integers(0, 41, len(case.scores))
    order = spread(case, rate, top, vectors=vectors, at=at)
    for _, begin, end in case.each():
        alike = cosines(vectors[at[begin:end]])
        assert (order[begin:end] - begin).tolist() == slow(case.scores[begin:end], alike, rate, top)


def test_items_that_are_the_same_keep_their_order_behind_the_first() -> None:
    case = Drawn(np.array([0, 4]), np.array([1.0, 0.9, 0.8, 0.1]), [[]] * 4)
    vectors = rules.unit_vectors(np.array([[1, 0], [0, 1]], np.float32))
    assert spread(case, 0.5, 4, vectors=vectors, at=np.array([0, 0, 0, 1])).tolist() == [0, 3, 1, 2]


def test_a_rate_of_one_keeps_the_order_of_scores() -> None:
    case = drawn(3, lists=50)
    order = spread(case, 1.0, 8)
    for _, begin, end in case.each():
        expected = np.argsort(-case.scores[begin:end], kind="stable")
        assert (order[begin:end] - begin).tolist() == expected.tolist()


def test_threads_choose_alike() -> None:
    case = drawn(4, lists=1000)
    assert spread(case, 0.5, 8, threads=1).tolist() == spread(case, 0.5, 8, threads=2).tolist()
