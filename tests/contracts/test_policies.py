"""What every policy of exploration must do, run by the example of its help."""

import shlex
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli import registry
from recli.cli import tree
from recli.kernels.linear_arms import Linear
from recli.kernels.policy import Arms
from tests.conftest import run

POLICIES = registry.names("policies")


def line(policy: str) -> list[str]:
    return shlex.split(tree.example(tree.LEAVES["rerank", "explore", policy]))[1:]


def explored(policy: str, folder: Path, *more: object, out: str = "out.parquet") -> pl.DataFrame:
    words = line(policy)
    words[words.index("-o") + 1] = out
    run(*words, *more, cwd=folder)
    return pl.read_parquet(folder / out)


def test_there_are_policies() -> None:
    assert {"epsilon-greedy", "softmax", "thompson", "ucb", "linucb"} <= set(POLICIES)


def arms(counts: npt.NDArray[np.int64]) -> Arms:
    """So many arms of each slot, with all that a policy may ask for."""
    rng = np.random.default_rng(4)
    starts, count = np.concatenate([[0], np.cumsum(counts)]), int(counts.sum())
    shown = rng.integers(0, 1000, count).astype(float)
    rewarded = np.floor(shown * rng.random(count) * 0.2)
    context = np.vstack([rng.normal(size=(2, count)), np.ones((1, count))])
    linear = Linear(("x", "y"), context @ context.T, context @ rng.random(count))
    return Arms(starts, rng.random(count), shown, rewarded, 1e5, context, linear)


@pytest.mark.parametrize("policy", POLICIES)
def test_chances_add_up_to_1_for_the_arms_of_every_slot(policy: str) -> None:
    some = arms(np.random.default_rng(5).integers(1, 9, 300))
    chances = registry.load("policies", policy)().chances(some)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert np.add.reduceat(chances, some.starts[:-1]) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_first_of_its_places_is_what_it_shows_and_no_arm_stands_twice(policy: str) -> None:
    some, plugin = arms(np.array([12])), registry.load("policies", policy)()
    places = plugin.places(some, 12)
    assert places[0] == pytest.approx(plugin.chances(some), abs=1e-6)
    assert places.sum(axis=1) == pytest.approx(1, abs=1e-9)
    assert places.sum(axis=0) == pytest.approx(1, abs=1e-4)
    assert plugin.places(some, 3) == pytest.approx(places[:3], abs=1e-5)


@pytest.mark.parametrize("policy", POLICIES)
def test_no_slots_have_no_chances(policy: str) -> None:
    assert not len(registry.load("policies", policy)().chances(arms(np.zeros(0, np.int64))))


@pytest.mark.parametrize("policy", POLICIES)
def test_every_row_has_a_propensity_and_the_name_of_its_policy(
    policy: str, workplace: Path
) -> None:
    before = pl.read_parquet(workplace / "candidates.parquet")
    after = explored(policy, workplace, "--floor", 0.01)
    assert after.columns == [*before.columns, "propensity", "policy"]
    assert after["policy"].unique().to_list() == [policy]
    keys = ["user_id", "item_id", "score"]
    assert after.join(before, on=keys, how="anti").is_empty()
    assert not after.select("user_id", "item_id").is_duplicated().any()
    slots = pl.col("rank").is_in([5, 10])
    assert after.filter(~slots)["propensity"].unique().to_list() == [1.0]
    assert after.filter(slots)["propensity"].is_between(0.01, 1, closed="left").all()
    kept = before.filter(pl.col("rank") <= 8).select(keys)
    assert after.filter(~slots).select(keys).equals(kept)


@pytest.mark.parametrize("policy", ["linucb", "thompson"])
def test_jobs_give_the_same_bytes(policy: str, workplace: Path) -> None:
    explored(policy, workplace)
    explored(policy, workplace, "--jobs", 2, out="two.parquet")
    assert (workplace / "two.parquet").read_bytes() == (workplace / "out.parquet").read_bytes()


def test_no_candidates_give_no_lists(workplace: Path) -> None:
    empty = pl.read_parquet(workplace / "candidates.parquet").clear()
    empty.write_parquet(workplace / "candidates.parquet")
    assert explored("thompson", workplace).is_empty()
