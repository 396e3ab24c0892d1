"""Rankers that learn from clicks, made up for where things stood."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.store.artefact import open_artefact
from recli.store.ranker import layout_of, load_ranker
from tests.conftest import Command

USERS, VISITS, ITEMS, PLACES = 300, 10, 24, 8
LOOKS = 1 / np.arange(1, PLACES + 1)


def likings() -> dict[str, pl.Series]:
    """Items that are liked for what is good, and were shown on top for what is loud."""
    draw = np.random.default_rng(5)
    good, loud = draw.random(ITEMS), draw.random(ITEMS)
    return {
        "item_id": pl.Series([f"i{at:02d}" for at in range(ITEMS)]),
        "good": pl.Series(good),
        "loud": pl.Series(loud),
        "liking": pl.Series(0.05 + 0.75 * good**2),
    }


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of clicks: looks fall as 1 / position, and positions hang on what items are."""
    folder = tmp_path_factory.mktemp("log")
    items = pl.DataFrame(likings())
    draw = np.random.default_rng(6)
    shape = (USERS * VISITS, ITEMS)
    worth = items["loud"].to_numpy() + items["good"].to_numpy()
    order = np.argsort(-(worth + draw.normal(0, 0.25, shape)), axis=1)[:, :PLACES]
    clicked = draw.random(order.shape) < LOOKS * items["liking"].to_numpy()[order]
    visits = np.repeat(np.arange(USERS * VISITS), PLACES)
    pl.DataFrame(
        {
            "user_id": pl.Series([f"u{visit // VISITS:03d}" for visit in visits]),
            "item_id": items["item_id"].gather(order.ravel()),
            "as_of": pl.Series(visits % VISITS * 86_400_000_000).cast(pl.Datetime("us", "UTC")),
            "position": np.tile(np.arange(1, PLACES + 1), len(order)),
            "label": clicked.ravel().astype(np.float32),
        }
    ).write_parquet(folder / "log.parquet")
    items.drop("liking").write_parquet(folder / "items.parquet")
    return folder


def test_clicks_made_up_for_position_teach_what_is_liked(recli: Command, log: Path) -> None:
    recli("fit-position-bias", "log.parquet", "--clicked", "label", "-o", "curve.parquet", cwd=log)
    line = ("train-lambdamart", "log.parquet", "--items", "items.parquet", "--features-only")
    more = ("--without", "candidate-columns", "--trees", 40, "--min-leaf", 100, "--quiet")
    found = {}
    for name, weights in (("naive", ()), ("unbiased", ("--weights", "ips:curve.parquet"))):
        recli(*line, *more, *weights, "-o", f"{name}.model", cwd=log)
        artefact = open_artefact(str(log / f"{name}.model"), "ranker")
        assert layout_of(artefact).names == ("items.good", "items.loud")
        every = pl.read_parquet(log / "items.parquet").select("good", "loud").cast(pl.Float32)
        scores = load_ranker(artefact, 1)(every.to_numpy())
        found[name] = ndcg(likings()["liking"].to_numpy()[np.argsort(-scores)])
    assert found["unbiased"] > found["naive"] + 0.1, found
    assert found["unbiased"] > 0.95, found


def ndcg(worth: npt.NDArray[np.float64], k: int = 5) -> float:
    discounts = 1 / np.log2(np.arange(2, k + 2))
    best = np.sort(worth)[::-1]
    return float((worth[:k] * discounts).sum() / (best[:k] * discounts).sum())
