"""`train-lambdamart` and `rank` through the real command."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.conftest import Command

DAY = 86_400_000_000
USERS, ITEMS, LISTED, KINDS = 240, 150, 30, 5
QUICK = ("--trees", 60, "--min-leaf", 10, "--quiet")


def numbered(letter: str, numbers: Any) -> pl.Series:
    return pl.Series([f"{letter}{number:03d}" for number in numbers])


def events(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
    users, items, days = zip(*rows, strict=True)
    times = pl.Series([day * DAY for day in days]).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame(
        {"user_id": numbered("u", users), "item_id": numbered("i", items), "timestamp": times}
    )
    return frame.sort("user_id", "timestamp", "item_id")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users who go on choosing the kind they chose before, and lists in an order of chance."""
    folder = tmp_path_factory.mktemp("shop")
    draw = np.random.default_rng(1)
    kinds, likes = draw.integers(0, KINDS, ITEMS), draw.integers(0, KINDS, USERS)
    past, later, lists = [], [], []
    for user in range(USERS):
        mine = np.flatnonzero(kinds == likes[user])
        past += [(user, int(item), day) for day, item in enumerate(draw.choice(mine, 4))]
        listed = draw.choice(ITEMS, LISTED, replace=False)
        liked = kinds[listed] == likes[user]
        later += [(user, int(item), 9) for item in listed[liked & (draw.random(LISTED) < 0.8)]]
        lists += [(user, int(item), LISTED - at, at + 1) for at, item in enumerate(listed)]
    events(past).write_parquet(folder / "history.parquet")
    events([row for row in later if row[0] % 2]).write_parquet(folder / "labels.parquet")
    events(later).write_parquet(folder / "truth.parquet")
    users, items, scores, ranks = map(np.array, zip(*lists, strict=True))
    pl.DataFrame(
        {
            "user_id": numbered("u", users),
            "item_id": numbered("i", items),
            "score": scores.astype(np.float32),
            "rank": ranks.astype(np.int32),
            "source": ["als"] * len(users),
            "why": numbered("because ", ranks),
        }
    ).write_parquet(folder / "candidates.parquet")
    pl.DataFrame(
        {"item_id": numbered("i", range(ITEMS)), "kind": [f"k{kind}" for kind in kinds]}
    ).with_columns(price=pl.int_range(pl.len()).cast(pl.Float64)).write_parquet(
        folder / "items.parquet"
    )
    pl.DataFrame(
        {"user_id": numbered("u", range(USERS)), "age": draw.integers(20, 60, USERS)}
    ).write_parquet(folder / "users.parquet")
    return folder


TABLES = ("--items", "items.parquet", "--users", "users.parquet")
TRAIN = ("train-lambdamart", "candidates.parquet", "--labels", "labels.parquet")
PAST = ("--history", "history.parquet")


@pytest.fixture(scope="module")
def ranker(shop: Path, recli: Command) -> Path:
    recli(*TRAIN, *PAST, *TABLES, "-o", "ranker.model", *QUICK, cwd=shop)
    return shop / "ranker.model"


@pytest.fixture
def work(shop: Path, ranker: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "work"))


def ranked(recli: Command, work: Path, *more: object) -> pl.DataFrame:
    line = ("rank", "ranker.model", "candidates.parquet", *PAST, *TABLES, "-o", "out.parquet")
    recli(*line, *more, cwd=work)
    return pl.read_parquet(work / "out.parquet")


def chosen_in_top(lists: pl.DataFrame, truth: pl.DataFrame, k: int = 5) -> float:
    """Share of the first k places that hold what users who were no labels chose later."""
    unseen = pl.col("user_id").str.slice(1).cast(pl.Int32) % 2 == 0
    top = lists.filter(unseen & (pl.col("rank") <= k))
    return top.join(truth, on=["user_id", "item_id"], how="semi").height / top.height


def test_the_planted_rule_is_learned_and_holds_for_users_that_were_held_out(
    recli: Command, work: Path
) -> None:
    truth = pl.read_parquet(work / "truth.parquet")
    before = chosen_in_top(pl.read_parquet(work / "candidates.parquet"), truth)
    after = chosen_in_top(ranked(recli, work), truth)
    # By chance a place holds .8 / 5; a list holds six items of the user's kind, .8 of them chosen.
    assert before < 0.25
    assert after > 0.65


def test_lists_are_in_order_without_gaps_and_columns_travel_along(
    recli: Command, work: Path
) -> None:
    before = pl.read_parquet(work / "candidates.parquet")
    after = ranked(recli, work, "-k", 7)
    assert after.schema == before.schema
    assert after["user_id"].to_list() == sorted(after["user_id"].to_list())
    expected = after.sort("user_id", pl.col("score").neg(), "item_id")
    assert after.equals(expected)
    assert after["rank"].to_list() == list(range(1, 8)) * USERS
    assert after["score"].is_finite().all()
    kept = ["user_id", "item_id", "source", "why"]
    assert after.select(kept).join(before.select(kept), on=kept, how="anti").is_empty()


def test_bytes_are_the_same_again_with_any_threads_and_jobs(recli: Command, work: Path) -> None:
    ranked(recli, work)
    first = (work / "out.parquet").read_bytes()
    for more in ((), ("--threads", 1), ("--threads", 2), ("--jobs", 2)):
        ranked(recli, work, *more)
        assert (work / "out.parquet").read_bytes() == first
    for threads in (1, 2):
        line = (*TRAIN, *PAST, *TABLES, "-o", "again.model", *QUICK, "--threads", threads)
        recli(*line, cwd=work)
        for file in (work / "ranker.model").iterdir():
            assert (work / "again.model" / file.name).read_bytes() == file.read_bytes()


def test_a_pipe_gives_the_bytes_of_files(recli: Command, work: Path) -> None:
    ranked(recli, work, "-k", 20)
    (work / "out.parquet").rename(work / "candidates.parquet")
    ranked(recli, work)
    piped = (work / "candidates.parquet").read_bytes()
    done = recli("rank", "ranker.model", *PAST, *TABLES, input=piped, cwd=work)
    assert done.stdout == (work / "out.parquet").read_bytes()


def test_inspect_shows_features_and_importances(recli: Command, work: Path) -> None:
    facts = json.loads(recli("inspect", "ranker.model", "--json", cwd=work).stdout)
    assert facts["kind"] == "ranker"
    assert next(iter(facts["importances"]["gain"])).startswith("affinity.kind")
    assert set(facts["importances"]["split"]) == set(facts["features"])
    assert facts["needs"]["items"] == {"kind": "String", "price": "Float64"}
    assert facts["libraries"]["lightgbm"]


def test_every_missing_and_retyped_column_is_named_before_any_work(
    recli: Command, work: Path
) -> None:
    items = pl.read_parquet(work / "items.parquet")
    items.drop("kind").with_columns(pl.col("price").cast(pl.String)).write_parquet(
        work / "items.parquet"
    )
    pl.read_parquet(work / "users.parquet").drop("age").write_parquet(work / "users.parquet")
    history = pl.read_parquet(work / "history.parquet").drop("timestamp")
    history.write_parquet(work / "history.parquet")
    pl.read_parquet(work / "candidates.parquet").drop("source").write_parquet(
        work / "candidates.parquet"
    )
    line = ("rank", "ranker.model", "candidates.parquet", *PAST, *TABLES, "-o", "none.parquet")
    message = recli(*line, check=65, cwd=work).stderr.decode()
    for fault in (
        "candidates.parquet has no column 'source'",
        "items.parquet has no column 'kind'",
        "items.parquet: column 'price' is String, the ranker saw Float64",
        "users.parquet has no column 'age'",
        "history.parquet has no column 'timestamp'",
    ):
        assert fault in message
    assert "Traceback" not in message
    assert not (work / "none.parquet").exists()


def test_a_table_that_the_ranker_learned_from_must_be_given(recli: Command, work: Path) -> None:
    line = ("rank", "ranker.model", "candidates.parquet", *PAST, "--users", "users.parquet")
    message = recli(*line, check=2, cwd=work).stderr.decode()
    assert "learned from items (kind, price); add --items TABLE" in message


def test_a_table_that_it_learned_nothing_from_is_refused(recli: Command, work: Path) -> None:
    recli(*TRAIN, *PAST, "-o", "bare.model", *QUICK, cwd=work)
    line = ("rank", "bare.model", "candidates.parquet", *PAST, *TABLES)
    message = recli(*line, check=2, cwd=work).stderr.decode()
    assert "learned nothing from items and users" in message


def test_no_candidates_give_an_empty_table(recli: Command, work: Path) -> None:
    candidates = pl.read_parquet(work / "candidates.parquet")
    candidates.clear().write_parquet(work / "candidates.parquet")
    after = ranked(recli, work)
    assert after.is_empty()
    assert after.schema == candidates.schema
    message = recli(*TRAIN, *PAST, "-o", "none.model", check=65, cwd=work).stderr.decode()
    assert "nothing to learn from" in message
    assert not (work / "none.model").exists()


def test_one_user_gets_the_list_that_it_gets_among_others(recli: Command, work: Path) -> None:
    alone = pl.col("user_id") == "u017"
    among = ranked(recli, work).filter(alone)
    candidates = pl.read_parquet(work / "candidates.parquet").filter(alone)
    candidates.write_parquet(work / "candidates.parquet")
    assert ranked(recli, work).equals(among)


def test_unknown_users_and_items_are_ranked_too(recli: Command, work: Path) -> None:
    candidates = pl.read_parquet(work / "candidates.parquet").head(3 * LISTED)
    strange = candidates.with_columns(
        user_id=pl.lit("zz"), item_id="new " + pl.col("why") + pl.col("user_id")
    ).with_columns(rank=pl.int_range(1, 3 * LISTED + 1, dtype=pl.Int32), score=pl.lit(1.0))
    both = pl.concat([candidates, strange.cast(dict(candidates.schema))])
    both.write_parquet(work / "candidates.parquet")
    after = ranked(recli, work, "-k", 1000)
    assert after.height == both.height
    assert after.equals(after.sort("user_id", pl.col("score").neg(), "item_id"))


def test_integer_ids_stay_integers(recli: Command, work: Path) -> None:
    for path in work.glob("*.parquet"):
        rows = pl.read_parquet(path)
        ids = [name for name in ("user_id", "item_id") if name in rows.columns]
        rows.with_columns(pl.col(name).str.slice(1).cast(pl.Int64) for name in ids).sort(
            ids, maintain_order=True
        ).write_parquet(path)
    recli(*TRAIN, *PAST, *TABLES, "-o", "ranker.model", *QUICK, cwd=work)
    assert ranked(recli, work).schema["item_id"] == pl.Int64


def test_a_history_after_the_labels_is_refused(recli: Command, work: Path) -> None:
    history = pl.read_parquet(work / "history.parquet")
    late = history.with_columns(timestamp=pl.col("timestamp") + pl.duration(days=6))
    late.write_parquet(work / "history.parquet")
    message = recli(*TRAIN, *PAST, "-o", "none.model", check=65, cwd=work).stderr.decode()
    assert "not later than the last event of --history" in message
    assert not (work / "none.model").exists()


@pytest.mark.parametrize(
    "wrong",
    [("--trees", 0), ("--subsample", 1.5), ("--leaves", 1), ("--l2", "nan"), ("--validation", 1)],
)
def test_a_number_out_of_range_is_wrong_usage(
    recli: Command, work: Path, wrong: tuple[str, object]
) -> None:
    done = recli(*TRAIN, *PAST, *wrong, "-o", "none.model", check=2, cwd=work)
    assert str(wrong[0]) in done.stderr.decode()


def test_a_grade_that_the_labels_lack_is_refused(recli: Command, work: Path) -> None:
    line = (*TRAIN, *PAST, "--grade", "stars", "-o", "none.model")
    assert "no column 'stars'" in recli(*line, check=65, cwd=work).stderr.decode()


def test_a_damaged_ranker_is_refused(recli: Command, work: Path) -> None:
    file = work / "ranker.model" / "model.txt"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    line = ("rank", "ranker.model", "candidates.parquet", *PAST, *TABLES)
    assert "fails its checksum" in recli(*line, check=65, cwd=work).stderr.decode()
