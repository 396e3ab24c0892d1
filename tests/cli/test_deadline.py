"""A deadline that looks at a clock of its own."""

from recli.cli.deadline import Deadline


def stops(steps: list[float], limit: float) -> list[bool]:
    """What it says after each of some steps that take so many seconds."""
    times = iter([sum(steps[:at]) for at in range(len(steps) + 1)])
    deadline = Deadline(limit, lambda: next(times))
    return [deadline.near() for _ in steps]


def test_it_stops_before_a_step_that_would_end_too_late() -> None:
    assert stops([1, 2, 2, 2, 2], limit=10) == [False, False, False, False, True]
    assert stops([1, 1, 1, 5], limit=10) == [False, False, False, True]


def test_what_came_before_the_first_step_is_no_step() -> None:
    assert stops([80, 5, 5], limit=100) == [False, False, True]


def test_a_first_step_beyond_the_limit_is_the_last() -> None:
    assert stops([12], limit=10) == [True]
