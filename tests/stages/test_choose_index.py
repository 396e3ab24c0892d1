"""The choice of a back end: how speed is carried to more items, and what is left out."""

import pytest

from recli.stages.choose_index import Tried, speed_at


def on(items: int, speed: float) -> Tried:
    return Tried("some", items, 1, 0.95, speed, 1.0)


@pytest.mark.parametrize(
    ("speeds", "expected"),
    [
        ([1000.0, 250.0], 62.5),  # four times the items, a quarter of the speed: exact search
        ([1000.0, 500.0], 250.0),  # by the root of the items: an inverted file
        ([1000.0, 1000.0], 1000.0),
        ([1000.0, 1100.0], 1100.0),  # a lucky clock does not grow
        ([1000.0, 100.0], 25.0),  # nor an unlucky one fall faster than the items grow
    ],
)
def test_speed_follows_a_power_of_the_items(speeds: list[float], expected: float) -> None:
    tried = [on(10_000, speeds[0]), on(40_000, speeds[1])]
    assert speed_at(160_000, tried) == pytest.approx(expected)


def test_what_was_measured_is_not_carried_anywhere() -> None:
    assert speed_at(40_000, [on(10_000, 10.0), on(40_000, 7.0)]) == 7.0


def test_one_sample_is_taken_to_grow_with_the_items() -> None:
    assert speed_at(40_000, [on(10_000, 1000.0)]) == pytest.approx(250.0)
