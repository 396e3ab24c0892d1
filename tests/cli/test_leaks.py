"""Leaks that were planted are named, each by its kind and by no other; clean runs have none."""

import json
import random
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import made_once, run

# Lists of the funnel, each with one leak of the kind that it is named by.
PLANTED = """
retrieve als.model --users test.parquet --history train.parquet -k 20 -o clean
train-popularity interactions.parquet -o saw.model
retrieve saw.model --users test.parquet --history train.parquet -k 20 -o model-saw-truth
train-linear clean --labels test.parquet --history train.parquet --items items.parquet -o lin.model
rank lin.model clean --history train.parquet --items items.parquet -k 20 -o ranker-saw-truth
retrieve als.model --users test.parquet --history interactions.parquet -k 20 -o served-with-truth
features past.candidates.parquet --history past.parquet -o was.parquet
features clean --history test.parquet -o is.parquet
train-linear past.candidates.parquet --labels labels.parquet --history past.parquet \
--features was.parquet --features-only -o is.model
rank is.model clean --history train.parquet --features is.parquet -k 20 -o features-saw-truth
rank ranker.model clean --history train.parquet --items items.parquet --now 2030-01-01 -k 20 \
-o features-after-split
train-popularity elsewhere.parquet -o newer.model
retrieve newer.model --users test.parquet --history train.parquet -k 20 -o newer-than-split
tune popularity past.parquet --valid test.parquet --trials 1 -o tuned.toml
train-popularity train.parquet --config tuned.toml -o tuned.model
retrieve tuned.model --users test.parquet --history train.parquet -k 20 -o tuned-on-truth
sample-negatives test.parquet --history train.parquet --ratio 9 -o samples.parquet
score als.model samples.parquet --history train.parquet -o lists-from-truth
"""
BEHIND = [
    "model-saw-truth",
    "ranker-saw-truth",
    "served-with-truth",
    "features-saw-truth",
    "features-after-split",
    "newer-than-split",
    "tuned-on-truth",
    "lists-from-truth",
]


@pytest.fixture(scope="module")
def planted(funnel, tmp_path_factory):
    """The funnel with lists that each have one leak; not to be changed."""

    def make(folder: Path) -> None:
        for file in funnel.iterdir():
            (folder / file.name).symlink_to(file)
        rows = pl.read_parquet(funnel / "interactions.parquet")
        rows.with_columns(user_id="x" + pl.col("user_id")).write_parquet(
            folder / "elsewhere.parquet"
        )
        for line in PLANTED.strip().splitlines():
            run(*line.split(), "--quiet", cwd=folder)

    return made_once("planted", make, tmp_path_factory)


def leaks_of(folder, *words, truth="test.parquet", check=0):
    """Kind and table of each leak, from the report and from standard error alike."""
    done = run("evaluate", *words[:-1], truth, words[-1], "--json", cwd=folder, check=check)
    report = json.loads(done.stdout)
    said = [line for line in done.stderr.decode().splitlines() if ": leak: " in line]
    assert [line.partition(": leak: ")[2] for line in said] == [
        f"{leak['line']} ({leak['kind']})" for leak in report["leaks"]
    ]
    return [(leak["kind"], leak["where"]) for leak in report["leaks"]]


def test_what_is_behind_lists_is_told_from_their_records(planted):
    words = ["clean", "recs.parquet", *BEHIND, "ndcg@5"]
    words = ["--history", "train.parquet", "--items", "items.parquet", *words]
    assert leaks_of(planted, *words) == [(kind, kind) for kind in BEHIND]
    done = run("evaluate", *words[:-1], "test.parquet", "ndcg@5", "--strict", cwd=planted, check=3)
    last = done.stderr.decode().splitlines()[-2]
    assert last == f"recli evaluate: error: --strict: 8 leaks: {', '.join(BEHIND)}"
    assert len(pl.read_parquet(done.stdout)) == len(BEHIND) + 4  # and two baselines


def test_a_history_that_holds_truth_is_told_once(planted):
    found = leaks_of(planted, "clean", "--history", "interactions.parquet", "ndcg@5")
    assert found == [("history-holds-truth", "interactions.parquet")]


def test_weights_that_were_fitted_to_truth_are_told(planted, tmp_path):
    for name in ("clean", "recs.parquet", "test.parquet"):
        (tmp_path / name).symlink_to(planted / name)
    fit = ("blend", "clean", "recs.parquet", "--valid", "test.parquet", "-o", "blend.toml", "-q")
    run(*fit, cwd=tmp_path)
    merge = ("merge", "weighted", "clean", "recs.parquet", "--config", "blend.toml", "-o", "both")
    run(*merge, cwd=tmp_path)
    assert leaks_of(tmp_path, "both", "ndcg@5") == [("tuned-on-truth", "both")]


@pytest.mark.parametrize("split", ["leave-last", "random"])
def test_splits_that_do_not_go_by_time_are_no_leak(planted, tmp_path, split):
    (tmp_path / "clean").symlink_to(planted / "clean")
    parts = ("--train", "train.parquet", "--test", "test.parquet")
    run("split", split, planted / "interactions.parquet", *parts, cwd=tmp_path)
    assert leaks_of(tmp_path, "clean", "--history", "train.parquet", "--strict", "ndcg@5") == []


def test_scores_of_what_was_rated_are_no_leak(planted):
    assert leaks_of(planted, "lists-from-truth", "--strict", "rmse") == []


def test_a_log_of_what_was_shown_holds_what_was_chosen(planted, tmp_path):
    rows = pl.read_parquet(planted / "lists-from-truth").drop("label", strict=False)
    truth = pl.read_parquet(planted / "test.parquet").select("user_id", "item_id")
    chosen = truth.unique().with_columns(clicked=pl.lit(1))
    log = rows.join(chosen, on=["user_id", "item_id"], how="left").fill_null(0)
    log.write_parquet(tmp_path / "log")
    (tmp_path / "test.parquet").symlink_to(planted / "test.parquet")
    assert leaks_of(tmp_path, "log", "--strict", "ndcg@2") == []


def day(number):
    return f"2025-01-{number:02}T12:00:00Z"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """Tables of no known tool: a history, truth after it, and lists with a leak each."""
    rng = random.Random(2)
    folder = tmp_path_factory.mktemp("foreign")
    users, known, new = range(30), range(40), range(40, 80)
    history = [(u, i, day(rng.randint(1, 5))) for u in users for i in rng.sample(known, 6)]
    past = {(user, item) for user, item, _ in history}
    unseen = {u: [i for i in known if (u, i) not in past] for u in users}
    truth = [(u, i, day(10 + at)) for u in users for at, i in enumerate(rng.sample(unseen[u], 3))]
    truth += [(u, new[u % 5], day(9)) for u in users]
    again = [(u, i, day(11)) for u, i, _ in history if u < 15]
    wanted = {u: [i for who, i, _ in truth if who == u] for u in users}
    others = {u: [i for i in unseen[u] if i not in wanted[u]] for u in users}
    clean = {u: rng.sample(others[u], 4) + wanted[u][:1] + rng.sample(known, 3) for u in users}
    mixed = {u: wanted[u] + rng.sample(others[u], 6) for u in users}
    lists = {
        "clean": clean,
        "by-content": {u: rng.sample(new, 3) + clean[u] for u in users},
        "lists-after-truth": clean,
        "k-beyond-lists": {u: clean[u][:3] for u in users},
        "all-truth-in-lists": {u: rng.sample(mixed[u], 10) for u in users},
        "truth-first": {u: wanted[u][:1] + rng.sample(others[u], 6) for u in users},
        "items-of-truth-only": {u: [*clean[u], new[u % 4]] for u in users},
    }
    for name, items in lists.items():
        rows = [(u, i, at) for u in users for at, i in enumerate(items[u], 1)]
        frame = pl.DataFrame(rows, ["user_id", "item_id", "rank"], orient="row")
        if name == "lists-after-truth":
            frame = frame.with_columns(as_of=pl.lit(day(20)))
        frame.write_csv(folder / name)
    columns = ["user_id", "item_id", "timestamp"]
    tables = {
        "history": history,
        "truth": truth,
        "repeated": truth + again,
        "with-truth": history + truth[:3],
        "later": [*history, (0, 1, day(25))],
        "all": history + truth,
    }
    for name, rows in tables.items():
        frame = pl.DataFrame(rows, columns, orient="row")
        frame.write_csv(folder / name)
        frame.drop("timestamp").write_csv(folder / f"{name}-untimed")
    pl.DataFrame({"item_id": [*known, *new]}).write_csv(folder / "items")
    return folder, [name for name in lists if name not in ("clean", "by-content")]


def test_what_lists_of_other_tools_give_away_is_told_from_their_rows(foreign):
    folder, kinds = foreign
    words = ["clean", "by-content", *kinds, "--history", "history", "--items", "items", "ndcg@5"]
    found = leaks_of(folder, *words, truth="truth")
    assert found == [(kind, kind) for kind in kinds]


@pytest.mark.parametrize(
    ("history", "kinds"),
    [
        ("with-truth", ["test-rows-in-history"]),
        ("later", ["history-after-truth"]),
        ("all-untimed", ["test-rows-in-history"]),
    ],
)
def test_what_a_history_of_other_tools_gives_away_is_told_from_its_rows(foreign, history, kinds):
    words = ("clean", "--history", history, "--strict", "ndcg@5")
    found = leaks_of(foreign[0], *words, truth="truth", check=3)
    assert found == [(kind, history) for kind in kinds]


@pytest.mark.parametrize("suffix", ["", "-untimed"])
def test_what_is_chosen_again_is_no_leak(foreign, suffix):
    words = ("clean", "--history", f"history{suffix}", "--strict", "ndcg@5")
    assert leaks_of(foreign[0], *words, truth=f"repeated{suffix}") == []
