"""The feedback loop: it collapses without exploration and not with it."""

import numpy as np
import polars as pl
import pytest

from recli.kernels.tastes import Size, made
from recli.rerankers.cap import Cap
from recli.stages.rerank_rule import Ruled
from recli.stages.simulate import Loop, Memory, simulate
from recli.stages.simulate_asked import Asked, Contender, asked
from recli.stages.simulate_lists import retrieved

SHOP = Size(300, 150, 15, 0.4, 0.5)
SMALL = Size(60, 40, 2, 0.3, 0.5)


def wanted(size: Size, policies: str, slots: str = "5,10", rules: tuple[Ruled, ...] = ()) -> Asked:
    return asked(size, policies, (10, 25, 5), (slots, 0.0), range(1), rules)


def ends(rows: pl.DataFrame, policy: str) -> tuple[dict[str, float], dict[str, float]]:
    """The measures of the first round and of the last."""
    own = rows.filter(pl.col("policy") == policy)
    return own.row(0, named=True), own.row(-1, named=True)


def test_the_loop_collapses_without_exploration_and_not_with_it() -> None:
    made = asked(SHOP, "greedy,thompson", (10, 50, 10), ("5,10", 0.0), range(1))
    rows = pl.concat(simulate(made))
    before, after = ends(rows, "greedy")
    assert after["coverage"] < before["coverage"] / 2
    assert after["gini"] > before["gini"] + 0.1
    assert after["new_share"] < 0.005
    before, explored = ends(rows, "thompson")
    assert explored["coverage"] > 1.8 * after["coverage"]
    assert explored["new_share"] > 0.1
    assert explored["utility"] > 1.1 * after["utility"]
    assert explored["total_regret"] < 0.9 * after["total_regret"]
    assert explored["utility"] > before["utility"]


def test_measures_are_those_of_the_lists_that_were_shown() -> None:
    loop = Loop(made(SMALL, 2), wanted(SMALL, "greedy"), Contender("greedy", None))
    world, seen = loop.world, []
    of_round = loop.lists.of_round

    class Watched:
        def of_round(self, *arguments: object) -> pl.DataFrame:
            seen.append(of_round(*arguments))  # type: ignore[arg-type]
            return seen[-1]

    loop.lists = Watched()  # type: ignore[assignment]
    row = loop.round(1, world.best(world.live(1), 10))
    utility = 1 / (1 + np.exp(-(world.appeal + world.people @ world.things.T)))
    live = world.released <= 1
    best = -np.sort(-utility[:, live], axis=1)[:, :10].sum()
    users, items = (seen[0][name].to_numpy() for name in ("user_id", "item_id"))
    assert len(items) == 600
    assert row["utility"] == pytest.approx(utility[users, items].mean())
    assert row["regret"] == pytest.approx((best - utility[users, items].sum()) / 60)
    assert row["coverage"] == len(set(items)) / live.sum()
    assert row["new_share"] == (world.released[items] == 1).mean()


def test_candidates_are_out_by_falling_score_and_hold_strangers() -> None:
    world = made(SMALL, 3)
    rows = retrieved(world, world.past(), 1, (15, 5), 1)
    assert rows.height == 60 * 20
    assert set(rows["item_id"]) <= set(world.live(1).tolist())
    assert not rows.select("user_id", "item_id").is_duplicated().any()
    falling = pl.col("score").diff().over("user_id").fill_null(0) <= 0
    assert rows.select(falling.all()).item()
    assert rows["new"].any()
    everything = retrieved(world, world.past(), 1, (30, 100), 1)
    assert everything.height == 60 * len(world.live(1))


def test_users_without_a_click_are_offered_what_the_average_one_is() -> None:
    world = made(SMALL, 4)
    users, items = world.past()
    some = users >= 2
    rows = retrieved(world, (users[some], items[some]), 1, (10, 0), 1)
    first, second = (rows.filter(pl.col("user_id") == user)["item_id"] for user in (0, 1))
    assert first.to_list() == second.to_list()
    assert rows["score"].max() > 0  # type: ignore[operator]


def test_bandits_learn_only_from_places_that_were_looked_at() -> None:
    memory = Memory(4)
    rows = pl.DataFrame(
        {"item_id": [1, 1, 2, 3], "score": [1.0] * 4, "popularity": [0.0] * 4, "age": [2.0] * 4}
    )
    flags = np.array([True, True, True, False]), np.array([True, False, False, False])
    memory.learn(rows, *flags)
    assert memory.shown.tolist() == [0, 2, 1, 0]
    assert memory.rewarded.tolist() == [0, 1, 0, 0]
    whole, _ = memory.sums.halves()
    assert whole[-1].tolist() == [3, 0, 6, 3, 1]  # score, popularity, age, 1, and the reward


def test_the_numbers_are_the_same_for_any_number_of_threads() -> None:
    asked_for = wanted(SMALL, "thompson,linucb,softmax")
    one, other = (pl.concat(simulate(asked_for, threads)) for threads in (1, 3))
    assert one.equals(other)
    assert one["total_regret"].to_list() == pytest.approx(
        one.select(pl.col("regret").cum_sum().over("policy")).to_series().to_list()
    )


def test_rules_hold_below_a_policy() -> None:
    rules = (Ruled(Cap(by="category", max=2, top=10)),)
    asked_for = wanted(SMALL, "thompson", "2,6", rules)
    loop = Loop(made(SMALL, 1), asked_for, asked_for.contenders[0])
    candidates = retrieved(loop.world, loop.clicks, 1, (20, 5), 1)
    shown = loop.lists.of_round(1, candidates, loop.clicks, loop.explore)
    kinds = shown.join(loop.lists.items, on="item_id")
    most = kinds.group_by("user_id", "category").len()["len"].max()
    assert most == 2
    assert (shown.filter(pl.col("rank") == 2)["propensity"] < 1).any()
