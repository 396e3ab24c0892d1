"""Worlds of known tastes, and what chance decides in them, against slow versions."""

import numpy as np
import pytest

from recli.kernels import visits
from recli.kernels.tastes import RARE, Size, World, made

SIZE = Size(40, 90, 10, 0.3, 0.8)


def utilities(world: World) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """How likely each user clicks each item [users, items]."""
    return 1 / (1 + np.exp(-(world.appeal + world.people @ world.things.T)))


def test_utility_is_the_logistic_of_appeal_and_taste() -> None:
    world = made(SIZE, 3)
    users, items = (one.ravel() for one in np.indices((40, 90)))
    found = visits.utility(world.people, world.things, world.appeal, users, items)
    assert found == pytest.approx(utilities(world).ravel(), rel=1e-12)


@pytest.mark.parametrize("k", [1, 7, 100])
def test_the_best_list_holds_the_highest_utilities_of_what_is_out(k: int) -> None:
    world = made(SIZE, 4)
    live = world.live(2)
    assert 0 < len(live) < 90
    slow = np.sort(utilities(world)[:, live], axis=1)[:, ::-1][:, :k].sum()
    assert world.best(live, k) == pytest.approx(slow, rel=1e-12)


def test_places_are_looked_at_by_the_logarithm_and_clicked_by_utility() -> None:
    users = np.repeat(np.arange(40_000), 3)
    places, items = np.tile([1, 3, 7], 40_000), np.tile([5, 6, 7], 40_000)
    looked, clicked = visits.visited(np.tile([0.5, 0.2, 0.8], 40_000), users, items, places, (1, 2))
    assert not (clicked & ~looked).any()
    for place, look, click in ((1, 1, 0.5), (3, 1 / 2, 0.2), (7, 1 / 3, 0.8)):
        own = places == place
        assert looked[own].mean() == pytest.approx(look, abs=0.01)
        assert clicked[own & looked].mean() == pytest.approx(click, abs=0.015)


def test_the_same_showing_is_clicked_alike_whatever_else_is_shown() -> None:
    users, items = np.arange(500), np.arange(500) % 7
    places, half = np.ones(500, np.int64), np.full(500, 0.5)
    _, whole = visits.visited(half, users, items, places, (3, 4))
    _, part = visits.visited(half[::5], users[::5], items[::5], places[::5], (3, 4))
    assert whole[::5].tolist() == part.tolist()
    _, later = visits.visited(half, users, items, places, (3, 5))
    assert 150 < (whole != later).sum() < 350


def test_strangers_are_drawn_evenly_from_what_was_not_offered() -> None:
    live = np.array([0, 2, 3, 5, 6, 8, 9])
    offered = np.tile([2, 9], (7000, 1))
    found = visits.strangers(offered, live, 2, (1, 1))
    assert (found[:, 0] != found[:, 1]).all()
    shares = np.bincount(found.ravel(), minlength=10) / 7000
    assert shares == pytest.approx([0.4, 0, 0, 0.4, 0, 0.4, 0.4, 0, 0.4, 0], abs=0.03)
    rest = visits.strangers(offered, live, 5, (1, 1))
    assert (np.sort(rest, axis=1) == [0, 3, 5, 6, 8]).all()


def test_new_items_are_as_good_as_old_ones_and_nobody_met_them() -> None:
    world = made(Size(400, 500, 20, 0.4, 0.5), 5)
    new = world.released > 0
    assert new.sum() == 200
    assert world.released.max() == 12
    assert world.appeal[new].mean() == pytest.approx(world.appeal[~new].mean(), abs=0.05)
    _, items = world.past()
    assert not new[items].any()


def test_worlds_deal_out_the_same_appeals_and_a_seed_makes_the_same_one() -> None:
    one, same, other = made(SIZE, 6), made(SIZE, 6), made(SIZE, 7)
    assert np.array_equal(one.people, same.people)
    assert np.array_equal(one.past(), same.past())
    assert not np.array_equal(one.appeal, other.appeal)
    assert np.array_equal(np.sort(one.appeal), np.sort(other.appeal))
    assert one.appeal.min() > RARE


def test_the_past_is_clicked_by_fame_and_utility() -> None:
    world = made(Size(20_000, 5, 3, 0.0, 0.0), 8)
    _, items = world.past()
    expected = world.fame / (1 + np.exp(-world.appeal))
    shares = np.bincount(items, minlength=5) / len(items)
    assert shares == pytest.approx(expected / expected.sum(), abs=0.01)
