"""`train-lambdamart` and `rank` refuse what cannot be right, with a line that says why."""

from pathlib import Path

import polars as pl
import pytest

from tests.cli.rank.conftest import PAST, QUICK, TABLES, TRAIN, ranked
from tests.conftest import Command


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
    near = {"item_id": ["i003"], "similar_item_id": ["i004"], "rank": [1], "score": [0.5]}
    kinds = {"rank": pl.Int32, "score": pl.Float32}
    pl.DataFrame(near, schema_overrides=kinds).write_parquet(work / "near.parquet")
    line = ("rank", "bare.model", "candidates.parquet", *PAST, "--similar", "near.parquet")
    message = recli(*line, check=2, cwd=work).stderr.decode()
    assert "learned from 0 tables of neighbours" in message


def test_no_candidates_give_an_empty_table(recli: Command, work: Path) -> None:
    candidates = pl.read_parquet(work / "candidates.parquet")
    candidates.clear().write_parquet(work / "candidates.parquet")
    after = ranked(recli, work)
    assert after.is_empty()
    assert after.schema == candidates.schema
    message = recli(*TRAIN, *PAST, "-o", "none.model", check=65, cwd=work).stderr.decode()
    assert "nothing to learn from" in message
    assert not (work / "none.model").exists()


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


@pytest.mark.parametrize(("grade", "shown"), [(1e38, "1e+38"), (1e-38, "1e-38")])
def test_a_gain_that_cannot_be_reckoned_with_is_refused(
    recli: Command, work: Path, grade: float, shown: str
) -> None:
    labels = pl.read_parquet(work / "labels.parquet").with_columns(rating=pl.lit(grade))
    labels.write_parquet(work / "labels.parquet")
    line = (*TRAIN, *PAST, "--grade", "rating", "-o", "none.model")
    message = recli(*line, check=65, cwd=work).stderr.decode()
    assert f"--grade rating: a gain of {shown}; write gains in a unit" in message
    assert not (work / "none.model").exists()


def test_a_damaged_ranker_is_refused(recli: Command, work: Path) -> None:
    file = work / "ranker.model" / "model.txt"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    line = ("rank", "ranker.model", "candidates.parquet", *PAST, *TABLES)
    assert "fails its checksum" in recli(*line, check=65, cwd=work).stderr.decode()


def test_a_ranker_that_learned_nothing_is_not_published(recli: Command, work: Path) -> None:
    line = (*TRAIN, *PAST, "--min-leaf", 100_000, "-o", "none.model")
    assert "nothing was learned" in recli(*line, check=65, cwd=work).stderr.decode()
    assert not (work / "none.model").exists()
