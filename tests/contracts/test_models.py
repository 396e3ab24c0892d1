"""What every model must do; a model is here the moment its file is in the folder."""

from dataclasses import MISSING
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli import registry
from recli.kernels.matrix import Training, training
from recli.models import Learner
from recli.stages import retrieve
from recli.stages.train import train
from recli.store.artefact import open_artefact
from recli.store.model import vectors_table
from recli.store.provenance import Provenance

MODELS = registry.names("models")
PERSONAL = [name for name in MODELS if registry.load("models", name).personal]


def learner(name: str, **choices: object) -> Learner:
    """The model with its defaults, and a value for every field that has none."""
    plugin = registry.load("models", name)
    needed = {field.name for field in registry.fields(plugin) if field.default is MISSING}
    model: Learner = plugin(**dict.fromkeys(needed, "colour") | choices)
    return model


def board(name: str) -> pl.DataFrame:
    """A checkerboard that the model can read."""
    return rated_board() if learner(name).reading().column == "rating" else checkerboard()


def checkerboard(users: int = 40, items: int = 20) -> pl.DataFrame:
    """Even users took even items and odd users odd ones, but each left one of its own out."""
    rows = [
        (f"u{user:03d}", f"i{item:03d}", 5.0)
        for user in range(users)
        for item in range(user % 2, items, 2)
        if item // 2 != (user // 2) % (items // 2)
    ]
    return dated(rows)


def rated_board(users: int = 40, items: int = 20) -> pl.DataFrame:
    """Everybody rated her own colour 5 and the other 1, but left one of each out."""
    rows = [
        (f"u{user:03d}", f"i{item:03d}", 5.0 if item % 2 == user % 2 else 1.0)
        for user in range(users)
        for item in range(items)
        if item // 2 != (user // 2) % (items // 2)
    ]
    return dated(rows)


def dated(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    times = pl.Series(range(len(rows)), dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame(rows, ["user_id", "item_id", "rating"], orient="row")
    return frame.with_columns(pl.col("rating").cast(pl.Float32), timestamp=times)


def catalogue(rows: pl.DataFrame) -> pl.DataFrame:
    """What a shop knows of the items: colour, words, a price."""
    ids = rows["item_id"].unique().sort()
    even = ids.str.slice(1).str.to_integer(strict=False).fill_null(0) % 2 == 0
    colour = pl.select(pl.when(even).then(pl.lit("white")).otherwise(pl.lit("black"))).to_series()
    prices = pl.Series(range(len(ids)), dtype=pl.Int64) + 1
    return pl.DataFrame({"item_id": ids, "colour": colour, "price": prices}).with_columns(
        title="a " + pl.col("colour") + " square", tags=pl.concat_list("colour")
    )


def learned_from(model: Learner, rows: pl.DataFrame, threads: int = 1) -> Training:
    items = catalogue(rows) if "items" in model.needs() else None
    return training(rows, reading=model.reading(), catalogue=items, threads=threads)


def fitted(
    name: str, rows: pl.DataFrame, folder: Path, threads: int = 1, **choices: object
) -> Path:
    model = learner(name, **choices)
    target = folder / f"{name}-{threads}.model"
    train((name, model), learned_from(model, rows, threads), target, Provenance("test"))
    return target


def offered(model: Path, rows: pl.DataFrame, users: list[str], **choices: object) -> pl.DataFrame:
    artefact = open_artefact(str(model), "model")
    stage = retrieve.load(artefact, retrieve.Choices(**choices))  # type: ignore[arg-type]
    asked = pl.col("user_id").is_in(users)
    block = {"users": pl.DataFrame({"user_id": users}), "history": rows.filter(asked)}
    vectors = vectors_table(artefact)
    if vectors is not None:
        block["vectors"] = vectors.read().filter(asked)
    return stage(block).rows


def test_there_are_models() -> None:
    assert {"als", "bpr", "item-knn", "popularity"} <= set(MODELS)


@pytest.mark.parametrize("name", PERSONAL)
def test_finds_the_item_that_was_left_out(name: str, tmp_path: Path) -> None:
    rows = board(name)
    users = rows["user_id"].unique().sort().to_list()
    first = offered(fitted(name, rows, tmp_path), rows, users, k=1)
    left_out = [f"i{2 * ((user // 2) % 10) + user % 2:03d}" for user in range(40)]
    found = np.mean(np.array(first["item_id"].to_list()) == np.array(left_out))
    assert first["user_id"].to_list() == users
    assert found >= 0.9


@pytest.mark.parametrize("name", MODELS)
def test_the_same_bytes_with_any_thread_count(name: str, tmp_path: Path) -> None:
    rows = board(name)
    models = [
        fitted(name, rows.sample(fraction=1, shuffle=True, seed=n), tmp_path, n) for n in (1, 2, 3)
    ]
    files = [{file.name: file.read_bytes() for file in model.glob("*.parquet")} for model in models]
    assert files[0] == files[1] == files[2]
    assert files[0]


@pytest.mark.parametrize("name", MODELS)
def test_lists_obey_the_contract(name: str, tmp_path: Path) -> None:
    rows = board(name)
    users = rows["user_id"].unique().sort().to_list()
    lists = offered(fitted(name, rows, tmp_path), rows, users, k=7)
    assert lists["score"].is_finite().all()
    assert (
        lists.group_by("user_id")
        .agg(pl.col("rank").sort())
        .filter(pl.col("rank") != pl.int_ranges(1, pl.col("rank").list.len() + 1, dtype=pl.Int32))
        .is_empty()
    )
    assert lists.join(rows, on=["user_id", "item_id"], how="semi").is_empty()
    assert lists.select("user_id", "item_id").is_duplicated().sum() == 0


@pytest.mark.parametrize("name", MODELS)
def test_offers_fewer_than_k_rather_than_inventing(name: str, tmp_path: Path) -> None:
    rows = board(name)
    model = fitted(name, rows, tmp_path)
    everything = rows.unique("item_id").with_columns(user_id=pl.lit("u000"))
    assert offered(model, everything, ["u000"], k=5).is_empty()
    one_left = everything.filter(pl.col("item_id") != "i002")
    assert offered(model, one_left, ["u000"], k=5)["item_id"].to_list() in (["i002"], [])


@pytest.mark.parametrize("name", MODELS)
def test_a_user_without_anything_known_gets_the_declared_fallback(
    name: str, tmp_path: Path
) -> None:
    rows = board(name)
    lists = offered(fitted(name, rows, tmp_path), rows, ["nobody"], k=3)
    assert lists.height == 3
    assert set(lists["source"]) == {"fallback" if name in PERSONAL else name}


@pytest.mark.parametrize("name", PERSONAL)
def test_a_user_unseen_in_training_is_folded_in(name: str, tmp_path: Path) -> None:
    rows = board(name)
    model = fitted(name, rows, tmp_path)
    history = rows.filter(pl.col("user_id") == "u000").with_columns(user_id=pl.lit("new"))
    lists = offered(model, history, ["new"], k=1)
    assert lists["item_id"].to_list() == ["i000"]
    assert lists["source"].to_list() == [name]


@pytest.mark.parametrize("name", MODELS)
def test_one_user_and_one_item_are_enough(name: str, tmp_path: Path) -> None:
    rows = dated([("u", "i", 5.0)])
    model = fitted(name, rows, tmp_path)
    assert offered(model, rows, ["u"], k=3).is_empty()
    assert offered(model, rows, ["u"], k=3, keep_seen=True).height <= 1


@pytest.mark.parametrize("name", MODELS)
def test_what_it_learns_from_is_left_untouched(name: str) -> None:
    model = learner(name)
    data = learned_from(model, board(name))
    before = [data.rows.copy(), data.columns.copy(), data.weights.copy(), data.matrix.copy()]
    model.fit(data)
    after = [data.rows, data.columns, data.weights]
    assert all(map(np.array_equal, before, after))
    assert (before[3] != data.matrix).nnz == 0


@pytest.mark.parametrize("name", MODELS)
def test_help_is_one_sentence_and_every_field_has_one(name: str) -> None:
    line = registry.help_line("models", name)
    assert line.endswith(".")
    assert len(line) <= 88
    assert all(field.help.endswith(".") for field in registry.fields(registry.load("models", name)))


@pytest.mark.parametrize("name", MODELS)
def test_only_limits_what_is_offered(name: str, tmp_path: Path) -> None:
    rows = board(name)
    some = partial(offered, fitted(name, rows, tmp_path), rows, ["u000", "u001"], k=20)
    only = pl.Series(["i000", "i003", "i005", "unheard-of"])
    assert set(some(only=only, keep_seen=True)["item_id"]) <= {"i000", "i003", "i005"}
