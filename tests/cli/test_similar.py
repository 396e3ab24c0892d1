"""`recli similar` on every shape of model, and on an index."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli import registry
from tests.conftest import run

UNLIKE = {"popularity", "random", "trending"}  # they score all alike


def similar(model: object, folder: Path, *more: object) -> pl.DataFrame:
    run("similar", model, "-o", "similar.parquet", *more, cwd=folder)
    return pl.read_parquet(folder / "similar.parquet")


def test_lists_by_the_cosine_of_vectors(workplace: Path) -> None:
    lists = similar("als.model", workplace, "-k", 3)
    table = pl.read_parquet(workplace / "als.model" / "items.parquet")
    vectors = table["vector"].to_numpy()
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    for row, item in enumerate(table["item_id"]):
        own = lists.filter(pl.col("item_id") == item)
        assert own["rank"].to_list() == [1, 2, 3]
        assert own["score"].to_list() == pytest.approx(np.sort(cosines[row])[:-4:-1], abs=1e-6)
    assert lists["item_id"].to_list() == sorted(lists["item_id"])
    assert (lists["item_id"] != lists["similar_item_id"]).all()


def test_lists_by_the_rows_of_item_weights(workplace: Path) -> None:
    run("train-item-knn", "train.parquet", "-o", "knn.model", "--neighbours", 6, cwd=workplace)
    lists = similar("knn.model", workplace, "-k", 4)
    weights = pl.read_parquet(workplace / "knn.model" / "weights.parquet")
    for item, values in weights.select("item_id", "values").iter_rows():
        own = lists.filter(pl.col("item_id") == item)["score"].to_list()
        assert own == sorted(values, reverse=True)[:4]


@pytest.mark.parametrize("name", ["item-knn", "user-knn", "rp3beta", "association", "als"])
def test_the_same_bytes_whatever_the_threads(name: str, workplace: Path) -> None:
    run(f"train-{name}", "train.parquet", "-o", "some.model", cwd=workplace)
    one = similar("some.model", workplace, "--threads", 1)
    raw = (workplace / "similar.parquet").read_bytes()
    assert similar("some.model", workplace, "--threads", 3).equals(one)
    assert (workplace / "similar.parquet").read_bytes() == raw
    assert one.height > 0
    assert one["score"].is_finite().all()
    ranks = one.group_by("item_id").agg(pl.col("rank").sort(), pl.len())
    assert all(row["rank"] == list(range(1, row["len"] + 1)) for row in ranks.to_dicts())


def test_an_index_lists_what_its_model_lists(workplace: Path) -> None:
    by_model, by_index = (similar(name, workplace) for name in ("als.model", "als.index"))
    assert by_model.equals(by_index)


def test_only_some_items_are_asked_about_and_listed(workplace: Path) -> None:
    items = pl.read_parquet(workplace / "items.parquet").select("item_id")
    items.head(5).write_parquet(workplace / "asked.parquet")
    items.tail(20).write_parquet(workplace / "some.parquet")
    more = ("--items-of", "asked.parquet", "--only", "some.parquet", "-k", 50)
    lists = similar("als.model", workplace, *more)
    assert set(lists["item_id"]) <= set(items.head(5)["item_id"])
    assert set(lists["similar_item_id"]) <= set(items.tail(20)["item_id"])
    assert lists.height > 0


def test_the_last_line_counts_items_that_are_like_no_other(tmp_path: Path) -> None:
    rows = [("u", "a"), ("u", "b"), ("v", "a"), ("v", "b"), ("w", "lonely")]
    log = pl.DataFrame(rows, ["user_id", "item_id"], orient="row")
    log.write_parquet(tmp_path / "log.parquet")
    run("train-item-knn", "log.parquet", "-o", "knn.model", cwd=tmp_path)
    done = run("similar", "knn.model", "-f", "csv", cwd=tmp_path)
    assert b"3 items, 1 without a similar item, 2 rows out" in done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "item_id,similar_item_id,score,rank"
    assert [line.split(",")[:2] for line in lines[1:]] == [["a", "b"], ["b", "a"]]


def test_inspect_knows_the_table_and_how_it_was_made(workplace: Path) -> None:
    similar("als.model", workplace, "-k", 2)
    shown = run("inspect", "similar.parquet", cwd=workplace).stdout.decode()
    assert "kind: similar items" in shown
    assert "similar k=2" in shown
    assert "train-als" in shown


@pytest.mark.parametrize("name", sorted(UNLIKE & set(registry.names("models"))))
def test_a_model_that_knows_nothing_of_likeness_is_refused(name: str, workplace: Path) -> None:
    run(f"train-{name}", "train.parquet", "-o", "all.model", cwd=workplace)
    done = run("similar", "all.model", cwd=workplace, check=65)
    assert b"does not say which are alike" in done.stderr


def test_a_model_of_other_items_is_refused(workplace: Path) -> None:
    pl.DataFrame({"item_id": ["nothing"]}).write_parquet(workplace / "asked.parquet")
    done = run("similar", "als.model", "--items-of", "asked.parquet", cwd=workplace, check=65)
    assert b"knows no item of asked.parquet" in done.stderr


def test_a_similarity_of_ratings_asks_for_them(workplace: Path) -> None:
    pl.read_parquet(workplace / "train.parquet").drop("rating").write_parquet(
        workplace / "unrated.parquet"
    )
    line = ("train-user-knn", "unrated.parquet", "-o", "some.model", "--similarity", "pearson")
    done = run(*line, cwd=workplace, check=2)
    assert b"--similarity pearson compares ratings: it needs --values rating" in done.stderr
    done = run(*line, "--values", "rating", cwd=workplace, check=65)
    assert b"has no column 'rating', and user-knn learns from it" in done.stderr
