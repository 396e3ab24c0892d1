"""`rank` through the real command: what its lists hold, and that they repeat."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.cli.rank.conftest import LISTED, PAST, QUICK, TABLES, TRAIN, USERS, ranked
from tests.conftest import Command


def chosen_in_top(lists: pl.DataFrame, truth: pl.DataFrame, k: int = 5) -> float:
    """Share of the first k places that hold what users who were no labels chose later."""
    unseen = pl.col("user_id").str.slice(1).cast(pl.Int32) % 2 == 0
    top = lists.filter(unseen & (pl.col("rank") <= k))
    return top.join(truth, on=["user_id", "item_id"], how="semi").height / top.height


def manifest(artefact: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((artefact / "manifest.json").read_text())
    return found


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


def test_a_training_takes_its_candidates_from_a_pipe(recli: Command, work: Path) -> None:
    line = ("train-lambdamart", *TRAIN[2:], *PAST, *TABLES, "-o", "again.model", *QUICK)
    recli(*line, input=(work / "candidates.parquet").read_bytes(), cwd=work)
    for name in ("model.txt", "features.json"):
        again = (work / "again.model" / name).read_bytes()
        assert again == (work / "ranker.model" / name).read_bytes()


def test_inspect_shows_features_and_importances(recli: Command, work: Path) -> None:
    facts = json.loads(recli("inspect", "ranker.model", "--json", cwd=work).stdout)
    assert facts["kind"] == "ranker"
    rows = facts["importances"]
    assert rows[0]["feature"].startswith("affinity.kind")
    assert sum(row["gain_share"] for row in rows) == pytest.approx(1)
    lost = [row["permutation"] for row in rows]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 0.1
    assert {row["feature"] for row in rows} == set(manifest(work / "ranker.model")["features"])
    assert facts["needs"]["items"] == {"kind": "String", "price": "Float64"}
    assert facts["libraries"]["lightgbm"]
    told = recli("inspect", "ranker.model", "--plot", "bars.svg", cwd=work).stdout.decode()
    table = told.partition("importances:\n")[2].partition("\n\n")[0].splitlines()
    assert table[0].split("  ")[0] == "feature"
    assert [line.split()[0] for line in table[1:]] == [row["feature"] for row in rows]
    assert len({len(line) for line in table}) == 1
    drawn = (work / "bars.svg").read_text()
    assert all(f">{row['feature']}</text>" in drawn for row in rows[:30])
    recli("inspect", "history.parquet", "--plot", "none.svg", cwd=work, check=65)


def test_how_unsure_a_score_is_stands_beside_it(recli: Command, work: Path) -> None:
    recli("train-linucb", *TRAIN[1:], *PAST, *TABLES, "-o", "bandit", "--quiet", cwd=work)
    rank = ("rank", "bandit", "candidates.parquet", *PAST, *TABLES, "-k", 9, "-o", "out.parquet")
    recli(*rank, cwd=work)
    listed = pl.read_parquet(work / "out.parquet")
    assert listed.schema["uncertainty"] == pl.Float32
    assert listed["uncertainty"].is_between(0, 1, closed="none").all()
    assert listed["rank"].to_list() == list(range(1, 10)) * USERS
    recli("rank", "ranker.model", "out.parquet", *PAST, *TABLES, "-o", "again.parquet", cwd=work)
    assert "uncertainty" not in pl.read_parquet_schema(work / "again.parquet")


def test_at_the_time_limit_the_best_so_far_is_published(recli: Command, work: Path) -> None:
    """So many trees take minutes; what was learned in a few seconds orders lists."""
    endless = ("--trees", 1_000_000, "--validation", 0, "--time-limit", "5s")
    done = recli(*TRAIN, *PAST, *TABLES, *endless, "-o", "short", cwd=work)
    assert b"warning: cut short by --time-limit" in done.stderr
    facts = manifest(work / "short")
    assert facts["cut_short"] is True
    assert 1 <= facts["learned"]["trees"] < 1_000_000
    late = recli(*TRAIN, *PAST, *TABLES, "--time-limit", "0s", "-o", "none", cwd=work, check=124)
    assert b"time limit of 0s is over" in late.stderr
    assert not (work / "none").exists()


def test_calibrated_scores_are_chances_in_the_same_order(recli: Command, work: Path) -> None:
    plain = ranked(recli, work, "-k", LISTED)
    line = (*TRAIN, *PAST, *TABLES, *QUICK, "--calibrate", "isotonic", "-o", "sure")
    recli(*line, cwd=work)
    rank = ("rank", "sure", "candidates.parquet", *PAST, *TABLES, "-k", LISTED)
    recli(*rank, "-o", "sure.parquet", cwd=work)
    sure = pl.read_parquet(work / "sure.parquet")
    assert sure.select("user_id", "item_id", "rank").equals(
        plain.select("user_id", "item_id", "rank")
    )
    assert sure["score"].is_between(0, 1).all()
    asked = pl.col("user_id").str.slice(1).cast(pl.Int32) % 2 == 0
    truth = pl.read_parquet(work / "truth.parquet").with_columns(hit=pl.lit(1.0))
    unseen = sure.filter(asked).join(truth, on=["user_id", "item_id"], how="left")
    assert abs(unseen["score"].mean() - unseen["hit"].fill_null(0).mean()) < 0.06  # type: ignore[operator]
    shown = json.loads(recli("inspect", "sure", "--json", cwd=work).stdout)
    assert shown["calibration"] == "isotonic"
    assert set(shown["reliability"][0]) == {"expected", "chosen", "rows"}
