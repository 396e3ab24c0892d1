"""The features of training and of ranking, and which candidates a training keeps."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.ranking import RankingData
from recli.rankers.lambdamart import Lambdamart
from recli.stages import features, features_block, gather, rank, train_ranker
from recli.stages.labels import Labels
from recli.store.artefact import open_artefact
from recli.store.blocks import Block, blocks
from recli.store.open import Table, open_table
from recli.store.provenance import Provenance
from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, USERS

CONTRACTS = {
    "candidates": CANDIDATES,
    "labels": INTERACTIONS,
    "history": INTERACTIONS,
    "items": ITEMS,
    "users": USERS,
}
Tables = dict[str, Table]


def shop_tables() -> dict[str, pl.DataFrame]:
    """Sixty users who choose what is of the kind that they chose before."""
    draw = np.random.default_rng(0)
    users, items = 60, 80
    kinds = draw.integers(0, 5, items)
    likes = draw.integers(0, 5, users)
    past, later, offered = [], [], []
    for user in range(users):
        mine = np.flatnonzero(kinds == likes[user])
        past += [(user, item, day) for day, item in enumerate(draw.choice(mine, 4))]
        past.append((user, int(draw.integers(items)), 5))
        listed = draw.choice(items, 20, replace=False)
        later += [(user, item, 10) for item in listed if kinds[item] == likes[user] and user % 3]
        offered += [(user, item, 20 - at, at + 1) for at, item in enumerate(listed)]

    def events(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
        frame = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row")
        day = pl.col("timestamp").cast(pl.Int64) * 86_400_000_000
        return named(frame).with_columns(timestamp=day.cast(pl.Datetime("us", "UTC")))

    lists = pl.DataFrame(offered, schema=["user_id", "item_id", "score", "rank"], orient="row")
    return {
        "history": events(past).sort("user_id", "timestamp", "item_id"),
        "labels": events(later).sort("user_id", "timestamp", "item_id"),
        "candidates": named(lists)
        .with_columns(pl.col("score").cast(pl.Float32), pl.col("rank").cast(pl.Int32))
        .with_columns(source=pl.lit("als")),
        "items": named(
            pl.DataFrame({"item_id": range(items), "kind": [f"k{kind}" for kind in kinds]})
        ),
        "users": named(pl.DataFrame({"user_id": range(users), "age": range(users)})),
    }


def named(rows: pl.DataFrame) -> pl.DataFrame:
    ids = [name for name in ("user_id", "item_id") if name in rows.columns]
    return rows.with_columns(pl.col(name).cast(pl.String).str.zfill(3).str.head(3) for name in ids)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("tables")
    return {role: stored(folder, role, rows) for role, rows in shop_tables().items()}


def stored(folder: Path, role: str, rows: pl.DataFrame) -> Table:
    path = folder / f"{role}.parquet"
    rows.write_parquet(path)
    return open_table(str(path), CONTRACTS[role])


def cut(tables: Tables, users: int = 10_000) -> list[Block]:
    beside = {role: tables[role] for role in ("labels", "history", "users") if role in tables}
    return list(blocks(("candidates", tables["candidates"]), beside, users=users))


def gathered(tables: Tables, users: int = 10_000, **choices: object) -> RankingData:
    layout = features.layout_of(tables, features.Chosen(features.families()))
    how = features.making(layout, tables)
    told = gather.Choices(**choices)  # type: ignore[arg-type]
    return gather.gather(how, cut(tables, users), told)[0]


@pytest.fixture(scope="module")
def ranker(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("ranker") / "ranker.model"
    plugin = ("lambdamart", Lambdamart(trees=20, min_leaf=5, validation=0.0))
    layout = features.layout_of(tables, features.Chosen(features.families()))
    data = gathered(tables)
    train_ranker.train(plugin, data, layout, target, Provenance("train-lambdamart"), Counter())
    return target


def test_rank_makes_the_features_of_the_training_bit_by_bit(tables: Tables, ranker: Path) -> None:
    stage = rank.build(open_artefact(str(ranker)), without(tables, "labels"), rank.Choices())()
    assert isinstance(stage, rank.Ranking)
    parts = []
    for block in cut(tables, users=7):
        rows = features_block.of_block(stage.making, block)
        parts += [rows.features(users, 2) for users in rows.runs(50)]
    made = np.concatenate(parts)
    data = gathered(tables)
    chosen = pl.read_parquet(tables["labels"].parts[0].path or "")["user_id"].unique()
    kept = pl.Series(tables["candidates"].read()["user_id"]).is_in(chosen.implode()).to_numpy()
    assert data.names == stage.making.layout.names
    assert data.features.tobytes() == made[kept].tobytes()


def without(tables: Tables, *roles: str) -> Tables:
    return {role: table for role, table in tables.items() if role not in roles}


def test_labels_change_no_feature(tables: Tables, tmp_path: Path) -> None:
    rows = shop_tables()["labels"]
    later = rows.with_columns(timestamp=pl.col("timestamp") + pl.duration(days=400))
    shifted = tables | {"labels": stored(tmp_path, "labels", later)}
    assert gathered(shifted).features.tobytes() == gathered(tables).features.tobytes()


def test_the_size_of_blocks_changes_no_bit(tables: Tables) -> None:
    whole, cut_up = gathered(tables, negatives=5), gathered(tables, users=4, negatives=5, threads=2)
    assert whole.features.tobytes() == cut_up.features.tobytes()
    assert whole.relevance.tobytes() == cut_up.relevance.tobytes()
    assert whole.sizes.tolist() == cut_up.sizes.tolist()
    assert whole.users.equals(cut_up.users)


def test_all_chosen_candidates_and_so_many_others_are_kept(tables: Tables) -> None:
    whole, some = gathered(tables), gathered(tables, negatives=3)
    assert some.users.equals(whole.users)
    starts = np.concatenate([[0], np.cumsum(whole.sizes)])[:-1]
    chosen = np.add.reduceat(whole.relevance > 0, starts)
    assert some.sizes.tolist() == (chosen + np.minimum(whole.sizes - chosen, 3)).tolist()
    assert (some.relevance > 0).sum() == (whole.relevance > 0).sum()
    # Features are of the whole list, whatever was left out of it afterwards.
    length = some.names.index("list_length")
    assert set(some.features[:, length]) == {20.0}


def test_another_seed_draws_other_negatives(tables: Tables) -> None:
    drawn = [gathered(tables, negatives=3, seed=seed).features.tobytes() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_grades_are_the_largest_of_a_pair_and_only_positive_ones_count(
    tables: Tables, tmp_path: Path
) -> None:
    rows = shop_tables()["labels"]
    weights = pl.Series("weight", np.arange(rows.height) % 4 - 1, dtype=pl.Float32)
    twice = pl.concat(
        [rows.with_columns(weights), rows.with_columns(weight=pl.lit(0.5, pl.Float32))]
    )
    twice = twice.sort("user_id", maintain_order=True)
    graded = gathered(
        tables | {"labels": stored(tmp_path, "labels", twice)}, labels=Labels("weight")
    )
    expected = np.maximum(weights.to_numpy(), 0.5)
    binary = gathered(tables)
    assert (graded.relevance > 0).sum() == (binary.relevance > 0).sum()
    assert sorted(graded.relevance[graded.relevance > 0]) == sorted(expected)


def test_a_training_without_anything_chosen_is_refused(tables: Tables, tmp_path: Path) -> None:
    others = shop_tables()["labels"].with_columns(item_id=pl.lit("no such item"))
    with pytest.raises(RecliError, match="nothing to learn from"):
        gathered(tables | {"labels": stored(tmp_path, "labels", others)})


def test_ids_of_another_type_are_refused_before_any_work(tables: Tables, tmp_path: Path) -> None:
    items = shop_tables()["items"].with_columns(pl.col("item_id").cast(pl.Int64))
    with pytest.raises(RecliError, match="'item_id' is Int64 here"):
        features.check(tables | {"items": stored(tmp_path, "items", items)})
