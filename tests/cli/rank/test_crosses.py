"""--cross and --session-gap: told to a training, kept with the ranker, the same in scoring."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.features import Columns, Layout
from recli.kernels.features_columns import Column
from recli.kernels.features_crosses import crossed
from recli.stages.features import chosen, families, layout_of
from recli.store.open import open_table
from recli.tables import INTERACTIONS, RANKABLE
from tests.cli.rank.conftest import PAST, TABLES, TRAIN
from tests.conftest import Command

LEFT_OUT = ("--without", "affinity,list-place,candidate-columns,bands,user-diversity")


@pytest.fixture
def parted(planted: Path, tmp_path: Path) -> Path:
    """The planted shop with a taste that hangs on nothing but country and kind together."""
    for name in ("candidates", "history"):
        (tmp_path / f"{name}.parquet").symlink_to(planted / f"{name}.parquet")
    items = pl.read_parquet(planted / "items.parquet").select("item_id", kind="kind")
    number = pl.col("user_id").str.slice(1).cast(pl.Int64)
    users = pl.read_parquet(planted / "users.parquet").with_columns(
        country=pl.format("c{}", number % 5)
    )
    candidates = pl.read_parquet(planted / "candidates.parquet").join(items, on="item_id")
    liked = (number % 5).cast(pl.String) == pl.col("kind").str.slice(1)
    day = pl.lit(20 * 86_400_000_000).cast(pl.Datetime("us", "UTC"))
    truth = candidates.filter(liked).select("user_id", "item_id", timestamp=day)
    truth = truth.sort("user_id", "item_id")
    truth.write_parquet(tmp_path / "truth.parquet")
    truth.filter(number % 2 == 0).write_parquet(tmp_path / "labels.parquet")
    items.write_parquet(tmp_path / "items.parquet")
    users.select("user_id", "country").write_parquet(tmp_path / "users.parquet")
    return tmp_path


def test_a_cross_tells_a_linear_ranker_what_two_columns_mean_together(
    parted: Path, recli: Command
) -> None:
    train = ("train-logistic", *TRAIN[1:], *PAST, *TABLES, *LEFT_OUT, "--quiet")
    told = ("--cross", "country,kind", "--session-gap", "24h")
    recli(*train, *told, "-o", "crossed", cwd=parted)
    manifest = json.loads((parted / "crossed" / "manifest.json").read_text())
    assert manifest["categorical"][-1] == manifest["features"][-1] == "users.country*items.kind"
    words = ("candidates.parquet", *PAST, *TABLES)
    recli("rank", "crossed", *words, "-k", 1, "-o", "out.parquet", cwd=parted)
    first, truth = (pl.read_parquet(parted / f"{name}.parquet") for name in ("out", "truth"))
    assert first.join(truth, on=["user_id", "item_id"], how="semi").height == first.height == 240
    recli("features", *words, "--ranker", "crossed", "-o", "made.parquet", cwd=parted)
    made = pl.read_parquet(parted / "made.parquet")
    both = made.select(pl.format("{} * {}", "users.country", "items.kind")).to_series()
    assert made["users.country*items.kind"].equals(both, check_names=False)
    assert set(made["user_sessions"]) == {1.0}  # of events that are a day apart


def test_a_session_gap_without_times_is_refused(planted: Path) -> None:
    timeless = pl.read_parquet(planted / "history.parquet").drop("timestamp")
    timeless.write_parquet(planted / "timeless.parquet")
    tables = {
        "candidates": open_table(str(planted / "candidates.parquet"), RANKABLE),
        "history": open_table(str(planted / "timeless.parquet"), INTERACTIONS),
    }
    with pytest.raises(RecliError, match="made of --session-gap without user-sessions and times"):
        layout_of(tables, chosen(None, None, "60s"))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("shop", "--cross shop does not name two features: write a,b"),
        ("kind,items.kind", "these can be crossed: candidates.kind, items.kind, items.shop"),
        ("shop,price", "'price' is none"),
        ("shop,kind", "'kind' is candidates.kind and items.kind"),
        ("shop,kind,hour", "'hour' is none"),
    ],
)
def test_what_is_no_pair_of_categories_cannot_be_crossed(word: str, message: str) -> None:
    kind, shop = (Column(name, "category", "String", ("a", "b")) for name in ("kind", "shop"))
    columns = Columns((kind,), (kind, shop, Column("price", "number", "Float64")))
    with pytest.raises(RecliError, match=re.escape(message)):
        crossed(Layout(families(), columns), (word,))


def test_a_session_gap_that_is_none_is_refused() -> None:
    with pytest.raises(RecliError, match="--session-gap 0m is no span of time"):
        chosen(None, None, "0m")
