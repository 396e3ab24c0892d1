"""--impressions: how often what is shown is clicked, as far as was known at the moment."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recli import registry
from recli.errors import RecliError
from recli.kernels.features import Columns, Layout
from recli.stages.features import chosen, families, layout_of
from recli.stages.rank import fits
from recli.store.open import open_table
from recli.tables import INTERACTIONS
from tests.cli.rank.conftest import DAY, PAST, events
from tests.conftest import Command

SHOWN = ("--impressions", "shown.parquet")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Item 1 is shown thrice and clicked once, item 2 twice and never, item 3 met unseen."""
    past = [(1, 1, 2), (2, 3, 2), (1, 3, 5), (2, 1, 9)]
    shown = [(1, 1, 1), (2, 1, 1), (2, 1, 3), (1, 2, 2), (2, 2, 4), (2, 1, 8), (1, 2, 9)]
    events(past).write_parquet(tmp_path / "history.parquet")
    events(shown).write_parquet(tmp_path / "shown.parquet")
    rows = [(user, item, moment) for user in (1, 2) for moment in (2, 5) for item in (1, 2, 3, 4)]
    asked = events(rows).rename({"timestamp": "as_of"})
    asked.sort("user_id", "as_of", "item_id").write_parquet(tmp_path / "moments.parquet")
    asked.filter(pl.col("as_of").dt.epoch("us") == 5 * DAY).drop("as_of").sort(
        "user_id", "item_id"
    ).write_parquet(tmp_path / "asked.parquet")
    return tmp_path


def rates(path: Path, user: str = "u001") -> list[tuple[Any, ...]]:
    table = pl.read_parquet(path).filter(pl.col("user_id") == user)
    return table.select(
        pl.col("item_click_rate").cast(pl.Float64).round(6), "item_impressions"
    ).rows()


def drawn(clicks: int, shown: int, rate: float) -> float:
    return round((clicks + 20 * rate) / (shown + 20), 6)


def test_clicks_of_what_was_shown_count_from_when_they_are_known(
    page: Path, recli: Command
) -> None:
    others = ",".join(name for name in registry.names("features") if name != "item-click-rate")
    each = ("features", "moments.parquet", *PAST, *SHOWN, "--without", others)
    recli(*each, "-o", "each.parquet", cwd=page)
    at = {day: pl.lit(day * DAY).cast(pl.Datetime("us", "UTC")) for day in (2, 5)}
    made = pl.read_parquet(page / "each.parquet")
    for day, counts, rate in (
        (2, [(0, 2), (0, 0), (0, 0), (0, 0)], 0.0),
        (5, [(1, 3), (0, 2), (0, 0), (0, 0)], 1 / 5),
    ):
        made.filter(pl.col("as_of") == at[day]).write_parquet(page / "then.parquet")
        expected = [(drawn(clicks, shown, rate), shown) for clicks, shown in counts]
        assert rates(page / "then.parquet") == expected
    now = ("--now", "1970-01-06")
    recli("features", "asked.parquet", *PAST, *SHOWN, *now, "-o", "now.parquet", cwd=page)
    assert rates(page / "now.parquet") == rates(page / "then.parquet")


def test_a_ranker_that_learned_from_impressions_ranks_by_them(
    planted: Path, recli: Command
) -> None:
    shown = pl.read_parquet(planted / "candidates.parquet").select("user_id", "item_id")
    days = pl.int_range(pl.len()) % 12 * DAY
    shown = shown.with_columns(timestamp=days.cast(pl.Datetime("us", "UTC")))
    shown.sort("user_id", "timestamp", "item_id").write_parquet(planted / "shown.parquet")
    train = ("train-logistic", "candidates.parquet", "--labels", "labels.parquet", *PAST)
    recli(*train, *SHOWN, "--quiet", "-o", "clicks", cwd=planted)
    rank = ("rank", "clicks", "candidates.parquet", *PAST, *SHOWN)
    recli(*rank, "-o", "out.parquet", cwd=planted)
    assert pl.read_parquet(planted / "out.parquet").height == 7200


def test_impressions_are_asked_for_where_a_ranker_learned_from_them(page: Path) -> None:
    table = open_table(str(page / "history.parquet"), INTERACTIONS)
    tables = {"candidates": table, "history": table}
    learned = Layout(families(), Columns(listed=False, timed=True, shown=True))
    with pytest.raises(RecliError, match="learned from impressions; add --impressions TABLE"):
        fits(learned, tables, "clicks")
    plain = Layout(families(), Columns(listed=False, timed=True))
    with pytest.raises(RecliError, match="nothing from impressions; leave out --impressions"):
        fits(plain, tables | {"impressions": table}, "clicks")
    with pytest.raises(RecliError, match="nothing is made of --impressions"):
        layout_of(tables | {"impressions": table}, chosen("item-click-rate", None))
