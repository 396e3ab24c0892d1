"""Whoever is asked for, and whatever is new: k rows that say how they came, or a reason."""

import typing
from pathlib import Path

import polars as pl
import pytest

from recli.engines.result import Block, Result
from recli.kernels.cold import extended
from recli.kernels.matrix import training
from recli.kernels.shapes import Shape
from recli.stages import retrieve
from recli.stages.retrieve_items import new_items
from recli.stages.retrieve_shortfall import REASONS
from recli.stages.train import train
from recli.store.artefact import Artefact, open_artefact
from recli.store.model import vectors_table
from recli.store.open import open_table
from recli.store.provenance import Provenance
from recli.tables import ITEMS
from tests.contracts.test_models import MODELS, PERSONAL, board, catalogue, learner

K = 5
COLOURS = {"even": "white", "odd": "black"}
FRESH = pl.DataFrame({"item_id": ["z-black", "z-white"], "colour": ["black", "white"]})


def teams(users: list[str]) -> pl.DataFrame:
    """Users of the board beside the squares that they take."""
    names = ["even" if int(user[1:]) % 2 == 0 else "odd" for user in users]
    return pl.DataFrame({"user_id": users, "team": names})


@pytest.fixture(scope="module", params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def model(name: str, tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """Trained on a board, with the team of each user."""
    plugin, rows = learner(name), board(name)
    users = teams(rows["user_id"].unique().sort().to_list())
    items = catalogue(rows) if "items" in plugin.needs() else None
    data = training(rows, reading=plugin.reading(), catalogue=items, labels=users)
    target = tmp_path_factory.mktemp("cold") / f"{name}.model"
    train((name, plugin), data, target, Provenance("test"))
    return open_artefact(str(target), "model")


def own(name: str, status: str) -> set[tuple[str, str]]:
    """Source and status of lists by the model itself; one for everybody knows everybody."""
    return {(name, status if name in PERSONAL else "known")}


def fallback(name: str, status: str) -> set[tuple[str, str]]:
    """Source and status of lists by popularity, where the model has none of its own."""
    return {("fallback", status) if name in PERSONAL else (name, "known")}


def ways(rows: pl.DataFrame) -> set[tuple[str, str]]:
    return set(rows.select("source", "status").iter_rows())


def taken(name: str, user: str, by: str) -> pl.DataFrame:
    """What somebody on the board did, as the doing of somebody else."""
    rows = board(name).filter((pl.col("user_id") == user) & (pl.col("rating") > 1))
    return rows.with_columns(user_id=pl.lit(by))


def asked(model: Artefact, block: Block, **choices: object) -> Result:
    """A block served; everybody in it must get K rows or a reason."""
    choices = {"k": K} | choices
    stage = retrieve.load(model, retrieve.Choices(**choices))  # type: ignore[arg-type]
    result = stage(_with_vectors(model, block))
    assert result.aside is not None
    users = block["users"]["user_id"].unique()
    lengths = dict(result.rows.group_by("user_id").len().iter_rows())
    short = {user: count for user in users if (count := lengths.get(user, 0)) < choices["k"]}
    assert dict(result.aside.select("user_id", "rows").iter_rows()) == short
    assert set(result.aside["reason"]) <= set(REASONS)
    assert set(lengths) <= set(users)
    return result


def _with_vectors(model: Artefact, block: Block) -> Block:
    table = vectors_table(model)
    if table is None:
        return block
    wanted = pl.col("user_id").is_in(block["users"]["user_id"].implode())
    return block | {"vectors": table.read().filter(wanted)}


def block_of(*users: str, **tables: pl.DataFrame) -> Block:
    return {"users": pl.DataFrame({"user_id": users}, {"user_id": pl.String}), **tables}


def test_every_shape_can_be_extended_to_new_items() -> None:
    nothing = extended.dispatch(object)
    assert typing.get_args(Shape)
    assert [kind for kind in typing.get_args(Shape) if extended.dispatch(kind) is nothing] == []


def test_a_new_user_with_a_history_is_folded_in(model: Artefact, name: str) -> None:
    history = taken(name, "u000", "new")
    result = asked(model, block_of("new", history=history), k=1)
    assert ways(result.rows) == own(name, "folded")
    if name in PERSONAL:
        assert result.rows["item_id"].to_list() == ["i000"]


def test_a_known_user_needs_no_history(model: Artefact, name: str) -> None:
    result = asked(model, block_of("u000"))
    if vectors_table(model) is not None and "vector" in vectors_table(model).schema:
        assert ways(result.rows) == {(name, "known")}
    else:
        assert ways(result.rows) <= own(name, "folded") | fallback(name, "fallback")
    assert result.rows.height


def test_a_new_user_of_a_known_team_gets_what_is_popular_in_it(model: Artefact, name: str) -> None:
    users = pl.DataFrame({"user_id": ["a", "b"], "team": ["even", "odd"]})
    result = asked(model, {"users": users})
    assert result.rows.height == 2 * K
    assert ways(result.rows) == fallback(name, "cold")


def test_a_new_user_may_get_what_suits_the_mean_of_a_team(model: Artefact, name: str) -> None:
    users = pl.DataFrame({"user_id": ["a", "b"], "team": ["even", "odd"]})
    result = asked(model, {"users": users}, cold_users="factors")
    if vectors_table(model) is None or "vector" not in vectors_table(model).schema:
        assert ways(result.rows) == fallback(name, "cold")
        return
    assert ways(result.rows) == {(name, "cold")}
    colours = dict(catalogue(board(name)).select("item_id", "colour").iter_rows())
    likes = {
        (user, colours[item]) for user, item in result.rows.select("user_id", "item_id").rows()
    }
    assert likes == {("a", "white"), ("b", "black")}


def test_a_user_of_an_unheard_of_team_gets_the_fallback(model: Artefact, name: str) -> None:
    users = pl.DataFrame({"user_id": ["a", "b"], "team": ["green", None]})
    for way in ("popularity", "factors"):
        result = asked(model, {"users": users}, cold_users=way)
        assert result.rows.height == 2 * K
        assert ways(result.rows) == fallback(name, "fallback")


def test_answers_alone_are_a_history(model: Artefact, name: str) -> None:
    seeds = taken(name, "u000", "new").select("user_id", "item_id", "rating")
    for keep_seen in (False, True):
        result = asked(model, block_of("new", seeds=seeds), k=1, keep_seen=keep_seen)
        assert ways(result.rows) == own(name, "folded")
        assert result.rows.join(seeds, on=["user_id", "item_id"], how="semi").is_empty()
        if name in PERSONAL:
            assert result.rows["item_id"].to_list() == ["i000"]


def test_answers_and_a_history_are_one_history(model: Artefact, name: str) -> None:
    whole = taken(name, "u000", "new")
    parts = {"history": whole.head(3), "seeds": whole.tail(-3).drop("timestamp")}
    one, two = (asked(model, block_of("new", **tables)) for tables in ({"history": whole}, parts))
    assert one.rows.equals(two.rows)


def test_nobody_known_gets_the_fallback(model: Artefact, name: str) -> None:
    result = asked(model, block_of("nobody"))
    assert result.rows.height == K
    assert ways(result.rows) == fallback(name, "fallback")


def test_who_has_seen_everything_is_told_so(model: Artefact, name: str) -> None:
    everything = board(name).unique("item_id").with_columns(user_id=pl.lit("u000"))
    result = asked(model, block_of("u000", history=everything))
    assert result.rows.is_empty()
    assert result.aside is not None
    assert result.aside.rows() == [("u000", 0, "everything-seen")]


def test_filters_that_leave_too_few_are_named(model: Artefact, name: str) -> None:
    only = pl.Series(["i000", "i001"])
    result = asked(model, block_of("nobody", "u000"), only=only)
    assert result.aside is not None
    assert set(result.aside["reason"]) == {"filtered"}
    everything = board(name).unique("item_id").filter(pl.col("item_id") > "i002")
    barred = everything.select(pl.lit("nobody").alias("user_id"), "item_id")
    result = asked(model, block_of("nobody", exclude=barred))
    assert result.aside is not None
    assert result.aside["reason"].to_list() == ["filtered"]
    result = asked(model, block_of("nobody", history=barred.with_columns(rating=1.0)))
    assert result.aside is not None
    assert result.aside["reason"].to_list() == ["few-left"]


@pytest.mark.parametrize("how", ["colour", "tags", "content"])
def test_new_items_are_offered_to_whom_their_like_suits(
    model: Artefact, name: str, how: str, tmp_path: Path
) -> None:
    items = FRESH.with_columns(tags=pl.concat_list("colour"))
    known = catalogue(board(name)).select(items.columns)
    pl.concat([known, items]).write_parquet(tmp_path / "items.parquet")
    new, warnings = new_items(model, open_table(str(tmp_path / "items.parquet"), ITEMS), how)
    assert not warnings
    history = board(name).filter(pl.col("user_id").is_in(["u000", "u001"]))
    block = block_of("nobody", "u000", "u001", history=history)
    rows = asked(model, block, k=22, new=new).rows
    fresh = rows.filter(pl.col("item_id").is_in(FRESH["item_id"].implode()))
    assert set(fresh["item_status"]) == {"cold"}
    assert fresh.equals(rows.filter(pl.col("item_status") == "cold"))
    if name not in PERSONAL:
        assert fresh["item_id"].value_counts()["count"].to_list() == [3, 3]
        return
    assert set(fresh["user_id"]) == {"u000", "u001"}
    best = fresh.unique("user_id", keep="first", maintain_order=True).select("user_id", "item_id")
    assert best.rows() == [("u000", "z-white"), ("u001", "z-black")]
    # What the model knew is scored as it was.
    before = asked(model, block, k=22).rows.select("user_id", "item_id", "score")
    left = rows.filter(pl.col("item_status") == "known").select("user_id", "item_id", "score")
    assert left.select("user_id", "item_id").equals(before.select("user_id", "item_id"))
    assert (left["score"] - before["score"]).abs().max() < 1e-5


def test_the_same_rows_in_one_block_or_many_with_one_thread_or_two(
    model: Artefact, name: str, tmp_path: Path
) -> None:
    pl.concat([catalogue(board(name)).select(FRESH.columns), FRESH]).write_parquet(
        tmp_path / "items.parquet"
    )
    new, _ = new_items(model, open_table(str(tmp_path / "items.parquet"), ITEMS), "colour")
    names = ["answers", "everything", "history", "nobody", "team", "u000", "u001", "u002"]
    tables = {
        "users": pl.DataFrame({"user_id": names}).with_columns(
            team=pl.when(pl.col("user_id") == "team").then(pl.lit("odd"))
        ),
        "history": pl.concat(
            [
                board(name).unique("item_id").with_columns(user_id=pl.lit("everything")),
                taken(name, "u003", "history"),
                board(name).filter(pl.col("user_id").is_in(["u001", "u002"])),
            ]
        ),
        "seeds": taken(name, "u004", "answers"),
    }
    whole = asked(model, tables, new=new)
    assert whole.aside is not None
    for threads in (1, 2):
        parts = [
            asked(
                model,
                {role: rows.filter(pl.col("user_id") == user) for role, rows in tables.items()},
                new=new,
                threads=threads,
            )
            for user in names
        ]
        assert pl.concat([part.rows for part in parts]).equals(whole.rows)
        assert pl.concat([part.aside for part in parts if part.aside is not None]).equals(
            whole.aside
        )
