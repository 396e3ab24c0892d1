"""Means that lean on each other, against loops, numbers by hand and finite differences."""

from dataclasses import replace

import numpy as np
import pytest

from recli.kernels.reward_means import Cells, Means, Sums, fitted, pulls


def summed(cells: Cells, cell: np.ndarray, volume: np.ndarray, reward: np.ndarray) -> Sums:
    size = len(cells.item)
    return Sums(
        np.bincount(cell, volume, size),
        np.bincount(cell, reward, size),
        np.bincount(cell, reward**2 / volume, size),
    )


def test_credibility_is_that_of_buhlmann_and_straub() -> None:
    """One stratum, three items with rewards [1,1,0,0], [0,0,0,0], [1,1,1,0], by hand.

    Within: (1 + 0 + .75) / (12 - 3) = .194444. Means .5, 0, .75, of all 5/12. Between:
    (4 (1/12)^2 + 4 (5/12)^2 + 4 (1/3)^2 - 2 * .194444) / (12 - 48/12) = .1 (7/6 - 7/18 = 7/9, / 8).
    """
    cells = Cells(np.zeros(3, np.int64), np.arange(3))
    sums = Sums(np.full(3, 4.0), np.array([2.0, 0, 3]), np.array([2.0, 0, 3]))
    found = fitted(cells, sums)
    between = 7 / 9 / 8
    share = 4 / (4 + 0.1944444444 / between)
    assert found.z == pytest.approx(share)
    lean = 5 / 12 + share * (np.array([0.5, 0, 0.75]) - 5 / 12)
    assert found.base == pytest.approx([5 / 12])
    # What is left of a cell beyond its item is what its item was drawn back by.
    assert found.q == pytest.approx(lean + found.y * (np.array([0.5, 0, 0.75]) - lean))


def test_nothing_but_chance_gives_everybody_the_mean_of_all() -> None:
    rng = np.random.default_rng(0)
    cells = Cells(np.zeros(50, np.int64), np.arange(50))
    cell = np.repeat(np.arange(50), 2)
    sums = summed(cells, cell, np.ones(100), np.tile([0.0, 1.0], 50))
    assert fitted(cells, sums).q == pytest.approx(0.5)
    many = np.repeat(np.arange(50), 4000)
    truth = rng.random(50)
    sums = summed(cells, many, np.ones(len(many)), (rng.random(len(many)) < truth[many]) * 1.0)
    assert fitted(cells, sums).q == pytest.approx(truth, abs=0.03)


def test_no_rows_are_expected_to_earn_nothing() -> None:
    cells = Cells(np.array([0, 0, 1]), np.array([0, 1, 0]))
    nothing = Sums(*np.zeros((3, 3)))
    assert fitted(cells, nothing).q.tolist() == [0, 0, 0]


def test_volumes_count_as_so_many_looks() -> None:
    cells = Cells(np.zeros(2, np.int64), np.arange(2))
    cell, volume = np.repeat([0, 1], 6000), np.tile([1.0, 0.5, 0.25], 4000)
    chance = np.where(cell == 0, 0.4, 0.1) * volume
    reward = (np.random.default_rng(4).random(12000) < chance) * 1.0
    assert fitted(cells, summed(cells, cell, volume, reward)).q == pytest.approx(
        [0.4, 0.1], abs=0.025
    )


def test_pulls_are_the_derivatives_of_what_is_taken_from_the_model() -> None:
    rng = np.random.default_rng(2)
    cells = Cells(np.repeat([0, 1, 2], 4), np.tile(np.arange(4), 3))
    cell = rng.choice([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11], 300)  # cell 3 has no rows
    volume, reward = rng.choice([1.0, 0.5], 300), rng.random(300)
    lean = rng.normal(size=12)
    sums = summed(cells, cell, volume, reward)
    means = fitted(cells, sums)
    found = pulls(cells, sums.volume, means, lean).of(means, cells, (cell, volume, reward))
    assert found.sum() == pytest.approx(0, abs=1e-9)
    before = lean @ held(cells, sums, means)
    assert before == pytest.approx(lean @ means.q)
    step = 1e-4
    for row in range(0, 300, 17):
        # More of the row by `step`, the shares held.
        more = replace(
            sums,
            volume=sums.volume + np.eye(12)[cell[row]] * volume[row] * step,
            reward=sums.reward + np.eye(12)[cell[row]] * reward[row] * step,
        )
        slope = (lean @ held(cells, more, means) - before) / step
        assert found[row] == pytest.approx(slope, rel=2e-3, abs=1e-4)


def held(cells: Cells, sums: Sums, shares: Means) -> np.ndarray:
    """The model of other sums by the shares of one: loops, as the formula is written."""
    volume, reward = sums.volume, sums.reward
    whole = reward.sum() / volume.sum()
    q = np.empty(len(volume))
    base = {}
    for s in np.unique(cells.stratum):
        own = cells.stratum == s
        level = reward[own].sum() / volume[own].sum()
        base[s] = whole + shares.x[s] * (level - whole)
    for at, (s, a) in enumerate(zip(cells.stratum, cells.item, strict=True)):
        mine = np.flatnonzero(cells.item == a)
        beyond = sum(reward[i] - volume[i] * base[cells.stratum[i]] for i in mine)
        item = shares.z[a] * beyond / volume[mine].sum()
        mean = reward[at] / volume[at] if volume[at] else base[s]
        q[at] = base[s] + (1 - shares.y[at]) * item + shares.y[at] * (mean - base[s])
    return q
