"""What every way of merging must do, run by the example of its help."""

import shlex
from pathlib import Path

import polars as pl
import pytest

from recli import registry
from recli.cli import tree
from recli.mergers import Merger
from tests.conftest import run

WAYS = registry.names("mergers")
KEYS = ["user_id", "item_id"]


def line(way: str) -> list[str]:
    return shlex.split(tree.example(tree.LEAVES["merge", way]))[1:]


def merged(way: str, folder: Path, *more: object) -> pl.DataFrame:
    """What the example makes, of all places."""
    words = line(way)
    if "-k" in words:
        at = words.index("-k")
        del words[at : at + 2]
    run(*words, *more, cwd=folder)
    return pl.read_parquet(folder / "merged.parquet")


def sources(folder: Path) -> list[pl.DataFrame]:
    return [pl.read_parquet(folder / f"{name}.parquet") for name in ("candidates", "recs")]


def test_there_are_ways() -> None:
    assert {"weighted", "reciprocal-rank", "quotas", "switching", "union"} <= set(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_it_says_what_every_way_says(way: str) -> None:
    assert issubclass(registry.load("mergers", way), Merger)


@pytest.mark.parametrize("way", WAYS)
def test_every_candidate_is_there_once_with_each_sources_rank_and_score(
    way: str, workplace: Path
) -> None:
    found = merged(way, workplace)
    first, second = sources(workplace)
    offered = pl.concat([first.select(KEYS), second.select(KEYS)]).unique().sort(KEYS)
    assert found.select(KEYS).sort(KEYS).equals(offered)
    for name, table in (("als", first), ("lambdamart", second)):
        own = table.select(*KEYS, wanted_rank="rank", wanted_score="score")
        both = found.join(own, on=KEYS, how="left", maintain_order="left")
        assert both[f"{name}_rank"].equals(both["wanted_rank"], check_names=False)
        assert both[f"{name}_score"].equals(both["wanted_score"], check_names=False)
        offers = both["source"].str.split("+").list.contains(name)
        assert offers.equals(both["wanted_rank"].is_not_null(), check_names=False)
    assert set(found["status"]) <= {"known", "folded", "cold", "fallback"}
    run("verify", "merged.parquet", cwd=workplace)


@pytest.mark.parametrize("way", WAYS)
def test_scores_fall_and_a_cut_keeps_the_first(way: str, workplace: Path) -> None:
    found = merged(way, workplace)
    falls = pl.col("score") <= pl.col("score").shift(1).over("user_id")
    assert found.select(falls.fill_null(value=True).all()).item()
    cut = merged(way, workplace, "-k", 3)
    assert cut.equals(found.filter(pl.col("rank") <= 3))


@pytest.mark.parametrize("way", WAYS)
def test_jobs_and_threads_change_no_byte(way: str, workplace: Path) -> None:
    merged(way, workplace)
    one = (workplace / "merged.parquet").read_bytes()
    merged(way, workplace, "--jobs", 2, "--threads", 2)
    assert (workplace / "merged.parquet").read_bytes() == one


@pytest.mark.parametrize("way", WAYS)
def test_users_of_one_source_alone_keep_its_order(way: str, workplace: Path) -> None:
    first, second = sources(workplace)
    users = first["user_id"].unique().sort()
    lone = set(users.gather_every(2))
    first.filter(~pl.col("user_id").is_in(lone)).write_parquet(workplace / "candidates.parquet")
    second.filter(pl.col("user_id").is_in(lone)).write_parquet(workplace / "recs.parquet")
    found = merged(way, workplace).sort("user_id", "rank").select("user_id", "item_id", "rank")
    both = pl.concat([table.select(found.columns) for table in sources(workplace)])
    assert found.equals(both.sort("user_id", "rank"))


@pytest.mark.parametrize("way", WAYS)
def test_no_candidates_give_no_lists(way: str, workplace: Path) -> None:
    for name, table in zip(("candidates", "recs"), sources(workplace), strict=True):
        table.clear().write_parquet(workplace / f"{name}.parquet")
    assert merged(way, workplace).is_empty()
