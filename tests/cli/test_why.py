"""Why an item is shown or not, by the real command on a small funnel."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recli.store.text import width
from tests.conftest import Command

K, SHOWN = 12, 5
Row = dict[str, Any]


@pytest.fixture(scope="module")
def funnel(shop: Path, recli: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is popular, and the first five of it with two of a category at most."""
    folder = tmp_path_factory.mktemp("funnel")
    for name in ("interactions", "items"):
        (folder / f"{name}.parquet").symlink_to(shop / f"{name}.parquet")
    past = ("--history", "interactions.parquet")
    for line in (
        ("train-popularity", "interactions.parquet", "-o", "popular"),
        ("retrieve", "popular", *past, "-k", K, "-o", "offers.parquet"),
        ("rerank", "cap", "offers.parquet", "--items", "items.parquet", "--by", "categories",
         "--max", 2, "--top", SHOWN, "-k", SHOWN, "-o", "recs.parquet"),
    ):  # fmt: skip
        recli(*line, "--quiet", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def places(funnel: Path) -> pl.DataFrame:
    """Items offered to a user whom the cap cost one of the first: rank there, and in the lists."""
    offers, recs = (pl.read_parquet(funnel / f"{name}.parquet") for name in ("offers", "recs"))
    ids = ["user_id", "item_id"]
    every = offers.join(recs.select(*ids, shown="rank"), on=ids, how="left", maintain_order="left")
    whole = pl.col("shown").count().over("user_id") == SHOWN
    lost = every.filter(whole & pl.col("shown").is_null() & (pl.col("rank") <= SHOWN))
    return every.filter(pl.col("user_id") == lost["user_id"][0])


def asked(recli: Command, funnel: Path, user: str, item: str, *more: object) -> Row:
    line = ("why", "recs.parquet", user, item, "--stage", "offers.parquet", "--json", *more)
    found: Row = json.loads(recli(*line, cwd=funnel).stdout)
    return found


def test_a_shown_item_is_told_on_a_page_that_obeys_no_title(
    funnel: Path, places: pl.DataFrame, recli: Command
) -> None:
    row = places.filter(pl.col("shown") > 1).row(0, named=True)
    title = "\x1b[31m" + "京都 " * 40
    items = pl.DataFrame({"item_id": [row["item_id"]], "title": [title]})
    items.write_parquet(funnel / "titles.parquet")
    ids = row["user_id"], row["item_id"]
    stages = ("--stage", "offers.parquet", "--items", "titles.parquet")
    done = recli("why", "recs.parquet", *ids, *stages, cwd=funnel)
    page = done.stdout.decode()
    assert "\x1b" not in page
    assert all(width(line) <= 80 for line in page.splitlines())
    verdict = f"Shown at rank {row['shown']} of {SHOWN}, from popularity"
    assert f"{verdict} ({row['rank']} in offers.parquet)." in " ".join(page.split())
    steps = [line.split() for line in page.splitlines() if ".parquet  " in line]
    assert [step[-3:-1] for step in steps] == [
        [str(row["rank"]), str(K)],
        [str(row["shown"]), str(SHOWN)],
    ]
    assert "is not the items that" not in done.stderr.decode()


def test_the_rule_that_lost_an_item_is_named_and_lists_that_nobody_kept_are_made_again(
    funnel: Path, places: pl.DataFrame, recli: Command
) -> None:
    row = places.filter(pl.col("shown").is_null()).row(0, named=True)
    by = ("--model", "popular", "--history", "interactions.parquet", "--items", "items.parquet")
    ids = row["user_id"], row["item_id"]
    facts = json.loads(recli("why", "recs.parquet", *ids, *by, "--json", cwd=funnel).stdout)
    first, last = facts["funnel"]
    assert (first["table"], first["made_again"]) == (None, True)
    assert (first["rank"], first["of"], first["score"]) == (row["rank"], K, row["score"])
    assert (last["rank"], last["of"]) == (None, SHOWN)
    assert last["arguments"] == {"by": "categories", "max": 2, "top": SHOWN, "if": None, "k": SHOWN}
    assert not facts["shown"]
    rule = f"rerank cap -k {SHOWN} --by categories --max 2 --top {SHOWN}"
    assert facts["verdict"].startswith(
        f"Not shown: at rank {row['rank']} after `retrieve popularity -k {K}`, "
        f"moved below the first {SHOWN} that `{rule}` kept (to "
    )


def test_an_item_below_k_has_the_rank_of_all_that_were_not_seen(
    funnel: Path, places: pl.DataFrame, recli: Command
) -> None:
    user = places["user_id"][0]
    past = pl.read_parquet(funnel / "interactions.parquet")
    seen = past.filter(pl.col("user_id") == user)["item_id"].unique()
    worth = (
        past.group_by("item_id").agg(pl.len()).sort(["len", "item_id"], descending=[True, False])
    )
    unseen = worth.filter(~pl.col("item_id").is_in(seen.implode()))
    by = ("--model", "popular", "--history", "interactions.parquet")
    facts = asked(recli, funnel, user, unseen["item_id"][K + 3], *by)
    model = facts["models"][0]
    assert (model["rank"], model["of"], model["score"]) == (
        K + 4,
        unseen.height,
        unseen["len"][K + 3],
    )
    assert facts["verdict"] == (
        f"Not shown: popularity has it at rank {K + 4} of {unseen.height}, k was {K}."
    )
    facts = asked(recli, funnel, user, seen[0], *by)
    above = worth.filter(~pl.col("item_id").is_in(seen.implode()) | (pl.col("item_id") == seen[0]))
    place = above["item_id"].to_list().index(seen[0]) + 1
    assert facts["verdict"] == (
        "Not shown: seen, so popularity does not offer it "
        f"(it would be at rank {place} of {above.height})."
    )
    assert (
        facts["history"]["interactions"]
        == past.filter((pl.col("user_id") == user) & (pl.col("item_id") == seen[0])).height
    )


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (
            ("recs.parquet", "U0000001", "nothing", "--items", "items.parquet"),
            65,
            "item 'nothing' is in no list of the user, and unknown to items.parquet",
        ),
        (
            ("recs.parquet", "U0000001", "I000001", "--now", "2025-01-01"),
            2,
            "--now without --ranker",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(
    line: tuple[str, ...], code: int, message: str, funnel: Path, recli: Command
) -> None:
    done = recli("why", *line, cwd=funnel, check=code)
    assert message in done.stderr.decode()
    assert done.stdout == b""
