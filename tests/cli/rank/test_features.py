"""The features command, its table read again, and candidates with moments of their own."""

from pathlib import Path

import polars as pl
import pytest

from tests.cli.rank.conftest import DAY, PAST, QUICK, TABLES, TRAIN
from tests.conftest import Command

MADE = ("features", "candidates.parquet", *PAST, *TABLES)


def test_it_shows_what_a_ranker_was_taught_on(planted: Path, recli: Command) -> None:
    recli(*TRAIN, *PAST, *TABLES, *QUICK, "-o", "r", cwd=planted)
    recli(*MADE, "--ranker", "r", "-o", "f.parquet", cwd=planted)
    recli(*MADE, "-o", "same.parquet", cwd=planted)
    made = pl.read_parquet(planted / "f.parquet")
    candidates = pl.read_parquet(planted / "candidates.parquet")
    assert made.select("user_id", "item_id").equals(candidates.select("user_id", "item_id"))
    assert made.equals(pl.read_parquet(planted / "same.parquet"))
    scores = made["retrieval_score"].cast(pl.Float32)
    assert scores.equals(candidates["score"].alias("retrieval_score"))


def test_a_ranker_that_is_given_them_again_is_the_same(planted: Path, recli: Command) -> None:
    recli(*MADE, "--without", "candidate-columns,list-place", "-o", "f.parquet", cwd=planted)
    given = ("--features", "f.parquet", "--features-only", *QUICK)
    recli(*TRAIN, *PAST, *given, "-o", "given", cwd=planted)
    rank = ("rank", "given", "candidates.parquet", *PAST, "-k", 5)
    recli(*rank, "--features", "f.parquet", "-o", "out.parquet", cwd=planted)
    candidates = pl.read_parquet(planted / "candidates.parquet")
    ranked = pl.read_parquet(planted / "out.parquet")
    assert ranked.columns == candidates.columns
    truth = pl.read_parquet(planted / "truth.parquet")
    hits = ranked.join(truth, on=["user_id", "item_id"], how="semi").height
    first = candidates.filter(pl.col("rank") <= 5)
    assert hits > 2 * first.join(truth, on=["user_id", "item_id"], how="semi").height
    done = recli(*rank, "-o", "no.parquet", cwd=planted, check=65)
    assert b"has no column" in done.stderr


def test_rows_of_a_feature_table_hold_from_their_moment_on(planted: Path, recli: Command) -> None:
    days = pl.Series([2 * DAY, 4 * DAY, 6 * DAY]).cast(pl.Datetime("us", "UTC"))
    store = pl.DataFrame({"item_id": ["i001"] * 3, "as_of": days, "worth": [2.0, 4.0, 6.0]})
    store.write_parquet(planted / "store.parquet")
    times = pl.Series([DAY, 4 * DAY, 5 * DAY, 9 * DAY]).cast(pl.Datetime("us", "UTC"))
    asked = pl.DataFrame({"user_id": ["u001"] * 4, "item_id": ["i001"] * 4, "as_of": times})
    asked.write_parquet(planted / "asked.parquet")
    words = ("asked.parquet", *PAST, "--features", "store.parquet", "-o", "made.parquet")
    recli("features", *words, cwd=planted)
    made = pl.read_parquet(planted / "made.parquet")
    assert made["as_of"].equals(times.alias("as_of"))
    assert made["candidates.worth"].to_list() == [None, 4.0, 4.0, 6.0]
    assert made["user_events"].to_list() == [1.0, 4.0, 4.0, 4.0]


def test_at_a_moment_in_the_past_the_later_history_is_not_there(
    planted: Path, recli: Command
) -> None:
    history = pl.read_parquet(planted / "history.parquet")
    moment = pl.lit("1970-01-03").str.to_datetime(time_unit="us", time_zone="UTC")
    early = history.filter(pl.col("timestamp") < moment)
    early.write_parquet(planted / "early.parquet")
    at = ("--now", "1970-01-03", *TABLES)
    for name in ("history", "early"):
        words = ("candidates.parquet", "--history", f"{name}.parquet", *at)
        recli("features", *words, "-o", f"{name}.f.parquet", cwd=planted)
    made = [pl.read_parquet(planted / f"{name}.f.parquet") for name in ("history", "early")]
    assert 0 < early.height < history.height
    assert made[0].equals(made[1])
    asked = pl.read_parquet(planted / "candidates.parquet").with_columns(as_of=moment)
    asked.write_parquet(planted / "at.parquet")
    words = ("features", "at.parquet", *PAST, *TABLES)
    recli(*words, "-o", "at.f.parquet", cwd=planted)
    each = pl.read_parquet(planted / "at.f.parquet")
    assert each.select(made[0].columns).equals(made[0])
    done = recli(*words, "--now", "1970-01-03", "-o", "x.parquet", cwd=planted, check=2)
    assert b"each has its own" in done.stderr


def test_neighbours_of_items_say_how_like_the_history_a_candidate_is(
    planted: Path, recli: Command
) -> None:
    near = pl.DataFrame(
        {
            "item_id": ["i001", "i001", "i002"],
            "similar_item_id": ["i003", "i004", "i003"],
            "score": pl.Series([0.5, 0.25, 1.0], dtype=pl.Float32),
            "rank": pl.Series([1, 2, 1], dtype=pl.Int32),
        }
    )
    near.write_parquet(planted / "near.parquet")
    times = pl.Series([0, DAY, 2 * DAY]).cast(pl.Datetime("us", "UTC"))
    past = pl.DataFrame({"user_id": ["u"] * 3, "item_id": ["i001", "i002", "i009"]})
    past.with_columns(timestamp=times).write_parquet(planted / "past.parquet")
    asked = pl.DataFrame(
        {"user_id": ["u", "u", "u", "v"], "item_id": ["i003", "i004", "i005", "i003"]}
    )
    asked.write_parquet(planted / "asked.parquet")
    words = ("features", "asked.parquet", "--history", "past.parquet")
    two = ("--similar", "near.parquet", "--similar", "near.parquet")
    recli(*words, *two, "-o", "near.f.parquet", cwd=planted)
    made = pl.read_parquet(planted / "near.f.parquet")
    assert made["near1.best"].to_list()[:3] == [1.0, 0.25, 0.0]
    assert made["near1.last"].to_list()[:3] == pytest.approx([0.5, 0.25 / 3, 0])
    assert made["near2.all"].equals(made["near1.last"].alias("near2.all"))
    assert made["near1.best"].to_list()[3] is None


def test_neighbours_of_a_model_that_saw_the_labels_are_refused(
    planted: Path, recli: Command
) -> None:
    recli("train-item-knn", "labels.parquet", "-o", "seen.model", cwd=planted)
    recli("similar", "seen.model", "-o", "seen.parquet", cwd=planted)
    line = (*TRAIN, *PAST, *TABLES, *QUICK, "--similar", "seen.parquet", "-o", "x")
    done = recli(*line, cwd=planted, check=65)
    assert b"seen.parquet comes from 'train-item-knn' with interactions that hold" in done.stderr
    recli("sample-negatives", "labels.parquet", "-o", "samples.parquet", cwd=planted)
    line = ("train-gbdt", "samples.parquet", *PAST, *QUICK, "--similar", "seen.parquet", "-o", "x")
    assert b"hold samples.parquet" in recli(*line, cwd=planted, check=65).stderr


def test_ready_features_of_what_holds_the_labels_are_refused(planted: Path, recli: Command) -> None:
    words = ("candidates.parquet", "--history", "labels.parquet", "--without", "list-place")
    recli("features", *words, "-o", "late.f.parquet", cwd=planted)
    line = (*TRAIN, *PAST, *TABLES, *QUICK, "--features", "late.f.parquet", "-o", "x")
    done = recli(*line, cwd=planted, check=65)
    assert b"'features' with history that hold labels.parquet" in done.stderr


def test_candidates_of_others_that_have_scores_alone_get_their_ranks(
    planted: Path, recli: Command
) -> None:
    candidates = pl.read_parquet(planted / "candidates.parquet")
    bare = candidates.drop("rank").sample(fraction=1, shuffle=True, seed=3)
    bare.write_csv(planted / "bare.csv")
    for name in ("candidates.parquet", "bare.csv"):
        words = (name, *PAST, *TABLES, "--without", "candidate-columns")
        recli("features", *words, "-o", f"of-{name}.parquet", cwd=planted)
    made = [
        pl.read_parquet(planted / f"of-{name}.parquet")
        for name in ("candidates.parquet", "bare.csv")
    ]
    assert made[1]["retrieval_rank"].max() == 30
    assert made[0].equals(made[1])


def test_each_candidate_may_have_its_moment_even_beside_the_labels(
    planted: Path, recli: Command
) -> None:
    """Of a history that holds the labels only what was before the moment is seen."""
    both = [pl.read_parquet(planted / f"{name}.parquet") for name in ("history", "labels")]
    pl.concat(both).sort("user_id", "timestamp", "item_id").write_parquet(planted / "all.parquet")
    moment = pl.lit(8 * DAY).cast(pl.Datetime("us", "UTC"))
    rows = pl.read_parquet(planted / "candidates.parquet").with_columns(as_of=moment)
    rows.write_parquet(planted / "moments.parquet")
    train = ("train-lambdamart", "moments.parquet", "--labels", "labels.parquet", *TABLES, *QUICK)
    recli(*train, "--history", "history.parquet", "-o", "one", cwd=planted)
    recli(*train, "--history", "all.parquet", "-o", "other", cwd=planted)
    texts = [(planted / name / "model.txt").read_bytes() for name in ("one", "other")]
    assert texts[0] == texts[1]
    ranked = ("rank", "one", *TABLES, "--history")
    recli(*ranked, "all.parquet", "moments.parquet", "-o", "at.parquet", cwd=planted)
    now = ("candidates.parquet", "--now", "1970-01-09")
    recli(*ranked, "all.parquet", *now, "-o", "now.parquet", cwd=planted)
    at, same = (pl.read_parquet(planted / f"{name}.parquet") for name in ("at", "now"))
    assert at.drop("as_of").equals(same)
    two = pl.when(pl.col("rank") > 1).then(moment).otherwise(moment - pl.duration(days=1))
    rows.with_columns(as_of=two).sort("user_id", "as_of", "rank").write_parquet(planted / "two")
    done = recli(*ranked, "all.parquet", "two", "-o", "none", cwd=planted, check=65)
    assert b"has candidates of several moments" in done.stderr
    late = rows.with_columns(as_of=moment + pl.duration(days=30))
    late.write_parquet(planted / "late.parquet")
    late_train = ("train-lambdamart", "late.parquet", "--labels", "labels.parquet", *QUICK)
    done = recli(*late_train, "--history", "all.parquet", "-o", "none", cwd=planted, check=65)
    assert b"nothing to learn from" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--without", "item-agee"), 2, "no family of features item-agee; known: affinity"),
        (("--ranker", "r", "--without", "seen"), 2, "--ranker says which"),
        (("--features", "history.parquet", "--features", "labels.parquet"), 65, "stands in"),
        (("--features", "numbers.parquet"), 65, "'user_id' is Int64"),
        (("--features", "bare.parquet"), 65, "has no feature"),
        (("--features", "keyless.parquet"), 65, "no user_id and no item_id"),
    ],
)
def test_what_cannot_be_made_is_named(
    planted: Path, recli: Command, words: tuple[str, ...], code: int, message: str
) -> None:
    pl.DataFrame({"user_id": [1], "worth": [1.0]}).write_parquet(planted / "numbers.parquet")
    pl.DataFrame({"user_id": ["u001"]}).write_parquet(planted / "bare.parquet")
    pl.DataFrame({"worth": [1.0]}).write_parquet(planted / "keyless.parquet")
    done = recli(*MADE, *words, "-o", "x.parquet", cwd=planted, check=code)
    assert message in done.stderr.decode()
    assert not (planted / "x.parquet").exists()
