"""Weights fitted to validation data by the real command."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import run

USERS, ITEMS, LISTED = 400, 60, 20
BLEND = ("blend", "good.parquet", "noise.parquet", "--valid", "valid.parquet")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """One source that sees what users will choose through noise, one that sees nothing."""
    draw = np.random.default_rng(3)
    wish = draw.normal(size=(USERS, ITEMS))
    for name, sight in (("good", 0.8), ("half", 0.8), ("noise", 0.0)):
        scores = sight * wish + draw.normal(size=wish.shape)
        order = np.argsort(-scores, axis=1)[:, :LISTED]
        rows = {
            "user_id": np.repeat(np.arange(USERS), LISTED),
            "item_id": order.ravel(),
            "score": np.take_along_axis(scores, order, 1).ravel(),
        }
        pl.DataFrame(rows).write_parquet(tmp_path / f"{name}.parquet")
    chosen = np.argsort(-wish, axis=1)[:, :4]
    truth = {"user_id": np.repeat(np.arange(USERS), 4), "item_id": chosen.ravel()}
    pl.DataFrame(truth).write_parquet(tmp_path / "valid.parquet")
    return tmp_path


def numbers(report: str) -> dict[str, float]:
    """The value of each line of the report."""
    lines = [line.split("  ") for line in report.splitlines() if " [" in line]
    return {line[0].strip("# "): float(line[-1].split(" [")[0]) for line in lines}


def test_two_views_of_the_same_wish_are_better_than_one(planted: Path) -> None:
    words = ("blend", "good.parquet", "half.parquet", "--valid", "valid.parquet")
    done = run(*words, "--metric", "ndcg@10", "-o", "blend.toml", cwd=planted)
    found = numbers((planted / "blend.toml").read_text())
    assert found["equal weights"] > max(found["good"], found["half"])
    assert b"warning" not in done.stderr
    assert numbers(done.stderr.decode()) == found


def test_noise_gets_little_weight_and_is_told(planted: Path) -> None:
    run(*BLEND, "-o", "blend.toml", cwd=planted)
    text = (planted / "blend.toml").read_text()
    first, second = map(float, text.split('weights = "')[1].split('"')[0].split(","))
    assert first > 4 * second
    assert "kept: fitted weights" in text


def test_equal_weights_are_kept_where_fitted_ones_are_no_better(planted: Path) -> None:
    words = ("blend", "good.parquet", "half.parquet", "--valid", "valid.parquet")
    done = run(*words, "-o", "blend.toml", cwd=planted)
    assert 'weights = "1,1"' in (planted / "blend.toml").read_text()
    assert b"kept: equal weights" in done.stderr


def test_the_config_gives_the_lists_that_were_measured(planted: Path) -> None:
    run(*BLEND, "-o", "blend.toml", "--metric", "recall@5", cwd=planted)
    words = ("good.parquet", "noise.parquet")
    run("merge", "weighted", *words, "--config", "blend.toml", "-o", "m.parquet", cwd=planted)
    recall = numbers((planted / "blend.toml").read_text())["fitted weights"]
    # The held-out half is drawn by the ids alone, as here.
    from recli.kernels.hashing import uniform
    from recli.stages.blend import HALF

    for name in ("m", "valid"):
        rows = pl.read_parquet(planted / f"{name}.parquet")
        rows.filter(pl.Series(uniform([rows["user_id"]], HALF) >= 0.5)).write_parquet(
            planted / f"{name}.half.parquet"
        )
    lists, truth = (pl.read_parquet(planted / f"{name}.half.parquet") for name in ("m", "valid"))
    first = lists.filter(pl.col("rank") <= 5).join(truth, on=["user_id", "item_id"])
    assert first.height / truth.height == pytest.approx(recall, abs=6e-5)


def test_it_repeats_exactly_whatever_the_threads_and_the_order_of_rows(planted: Path) -> None:
    run(*BLEND, "-o", "one.toml", "--sample", 200, "--threads", 1, cwd=planted)
    rows = pl.read_parquet(planted / "valid.parquet")
    rows.sample(fraction=1, shuffle=True, seed=1).write_parquet(planted / "valid.parquet")
    run(*BLEND, "-o", "two.toml", "--sample", 200, "--threads", 2, cwd=planted)
    one, two = ((planted / name).read_text().splitlines() for name in ("one.toml", "two.toml"))
    # The first line names the file that weights were chosen on, as a footer would.
    assert one[0] != two[0]
    assert one[1:] == two[1:]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("blend", "good.parquet", "--valid", "valid.parquet"), 2, "name a second table"),
        ((*BLEND, "--metric", "novelty@10"), 2, "does not say how well"),
        ((*BLEND, "--metric", "gini@10"), 2, "does not say how well"),
        ((*BLEND, "--metric", "ndgc@10"), 2, "is no metric"),
        ((*BLEND, "--graded"), 65, "no column 'rating'"),
        ((*BLEND[:-1], "other.parquet"), 65, "offers anything"),
        ((*BLEND[:-1], "nobody.parquet"), 65, "too few users"),
        ((*BLEND[:-1], "text.parquet"), 65, "'user_id' is String"),
        ((*BLEND, "-o", "nowhere/x.toml"), 73, "mkdir"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    planted: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    valid = pl.read_parquet(planted / "valid.parquet")
    valid.with_columns(pl.col("item_id") + 1000).write_parquet(planted / "other.parquet")
    valid.clear().write_parquet(planted / "nobody.parquet")
    valid.cast(pl.String).write_parquet(planted / "text.parquet")
    done = run(*words, cwd=planted, check=code)
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr
