"""The curve of looks: found where it is known, and where clicks by position are wrong."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.position_bias import Choices, Columns, fit
from recli.store.open import open_table
from recli.tables import PAIRS

LOOKS = 1 / np.arange(1, 11)


def shown(*, alike: bool) -> pl.DataFrame:
    """A log in which a better item stands higher; `alike`: all users like the same."""
    draw, users, visits, places = np.random.default_rng(alike), 400, 12, len(LOOKS)
    likes = 0.05 + 0.6 * draw.random((users, 20))
    likes = np.repeat(likes[:1], users, axis=0) if alike else likes
    parts = []
    for _ in range(visits):
        order = np.argsort(-(likes + draw.normal(0, 0.15, likes.shape)), axis=1)[:, :places]
        clicked = draw.random(order.shape) < LOOKS * np.take_along_axis(likes, order, 1)
        whose = np.repeat(np.arange(users), places)
        ranks = np.tile(np.arange(1, places + 1), users)
        parts.append((whose, order.ravel(), ranks, clicked.ravel()))
    columns = map(np.concatenate, zip(*parts, strict=True))
    frame = pl.DataFrame(dict(zip(("user_id", "item_id", "rank", "clicked"), columns, strict=True)))
    return frame.sort("user_id", maintain_order=True)


def curve(rows: pl.DataFrame, blocks: int = 1, **choices: object) -> pl.DataFrame:
    cut = [{"log": rows.filter(pl.col("user_id") % blocks == at)} for at in range(blocks)]
    return fit(cut, Columns("rank", "clicked"), Choices(**choices))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "alike", "right"),
    [("harvest", False, True), ("em", True, True), ("em", False, False)],
)
def test_the_curve_of_looks_is_found_where_clicks_by_position_are_wrong(
    method: str, alike: bool, right: bool
) -> None:
    """Within 20% of the truth, where clicks alone are off by a third; by items only if alike."""
    found = curve(shown(alike=alike), method=method)
    naive = (found["clicked"] / found["shown"]).to_numpy() / (found["clicked"] / found["shown"])[0]
    off = np.abs(found["propensity"].to_numpy() / LOOKS - 1)
    inside = (found["low"].to_numpy() <= LOOKS) & (found["high"].to_numpy() >= LOOKS)
    assert np.abs(naive / LOOKS - 1).max() > 0.3
    assert (off.max() < 0.2) == right
    assert (inside.mean() > 0.8) == right
    assert found["position"].to_list() == list(range(1, 11))
    assert found.row(0)[:4] == (1, 1, 1, 1)


def test_what_is_no_number_is_no_click() -> None:
    rows = shown(alike=False).with_columns(clicked=pl.lit(float("nan")))
    with pytest.raises(RecliError, match="'clicked' is no number in 48,000 rows"):
        curve(rows)


def test_positions_by_lot_need_only_clicks_in_any_cut() -> None:
    rows = shown(alike=False).filter(pl.col("rank") <= 4)
    found = curve(rows, method="randomized")
    expected = (found["clicked"] / found["shown"]) / (found["clicked"] / found["shown"])[0]
    assert np.allclose(found["propensity"], expected, rtol=1e-3)
    assert curve(rows).equals(curve(rows, blocks=3))


def test_a_monotone_curve_and_its_interval_never_rise() -> None:
    rows = shown(alike=False).filter((pl.col("user_id") < 20) & (pl.col("rank") > 4))
    free, falling = curve(rows), curve(rows, monotone=True)
    assert (free["propensity"].diff().drop_nulls() > 0).any()
    assert not (falling["propensity"].diff().drop_nulls() > 0).any()
    assert (falling["low"] <= falling["high"]).all()


def test_what_was_never_swapped_is_left_out_or_refused() -> None:
    rows = shown(alike=False).filter((pl.col("rank") <= 3) | (pl.col("rank") > 8))
    first = rows.filter(pl.col("rank") <= 5)
    apart = rows.filter(pl.col("rank") > 5).with_columns(pl.col("item_id") + 100)
    assert curve(pl.concat([first, apart]).sort("user_id"))["position"].to_list() == [1, 2, 3]
    once = rows.unique(["user_id", "item_id"], keep="first", maintain_order=True)
    with pytest.raises(RecliError, match="no item was shown to one user at two positions"):
        curve(once)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"position": "place"}, "no column 'place'"),
        ({"event": "click"}, "no column 'event'"),
        ({"clicked": "item_id"}, "neither yes or no nor a number"),
        ({"clicked": "rank", "event": "click"}, "both say what was clicked"),
        ({"position": "share"}, "not a whole number"),
    ],
)
def test_a_log_without_places_or_clicks_is_refused(
    tmp_path: Path, choices: dict[str, str], message: str
) -> None:
    rows = pl.DataFrame(
        {"user_id": ["u"], "item_id": ["i"], "rank": [1], "clicked": [True], "share": [0.5]}
    ).with_columns(pl.col("item_id").cast(pl.String))
    rows.write_parquet(tmp_path / "log.parquet")
    log = open_table(str(tmp_path / "log.parquet"), PAIRS)
    assert Choices().check(log) == Columns("rank", "clicked")
    with pytest.raises(RecliError, match=message):
        Choices(**choices).check(log)  # type: ignore[arg-type]
