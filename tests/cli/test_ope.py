"""`recli ope` through the real command."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import run
from tests.stages.logged_world import TRUTH, chances, lists, log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log().write_csv(tmp_path / "log.csv")
    chances().write_csv(tmp_path / "chances.csv")
    lists().write_parquet(tmp_path / "lists.parquet")
    return tmp_path


def ope(folder: Path, *words: object) -> dict[tuple[str, int | None], dict[str, float]]:
    """The rows of the table by estimator and position."""
    run("ope", *words, "-o", "out.parquet", cwd=folder)
    rows = pl.read_parquet(folder / "out.parquet").rows(named=True)
    return {(row["estimator"], row["position"]): row for row in rows}


def test_a_known_policy_is_found_and_told_apart_from_the_log(tmp_path: Path) -> None:
    log(4000).write_parquet(tmp_path / "log.parquet")
    chances().write_csv(tmp_path / "chances.csv")
    found = ope(tmp_path, "log.parquet", "--policy", "chances.csv")
    for name in ("ips", "snips", "dr", "switch-dr", "clipped-ips", "dm"):
        line = found[name, None]
        assert line["low"] <= TRUTH <= line["high"]
        assert line["high"] - line["low"] < 0.04
        assert line["verdict"] == "better"
    assert found["replay", None]["value"] == pytest.approx(TRUTH, abs=0.05)


def test_what_explore_draws_values_what_it_would_have_shown(tmp_path: Path) -> None:
    rng, users = np.random.default_rng(9), 3000
    score = rng.random((users, 6)).astype(np.float32)
    offered = pl.DataFrame(
        {
            "user_id": np.repeat([f"u{user:04}" for user in range(users)], 6),
            "item_id": np.tile([f"i{item}" for item in range(6)], users),
            "score": score.ravel(),
        }
    )
    offered.write_parquet(tmp_path / "offered.parquet")
    slots = ("offered.parquet", "--slots", "1,2", "--day", "2025-07-01")
    run(
        "rerank",
        "explore",
        "softmax",
        *slots,
        "--floor",
        0.1,
        "--arms",
        6,
        "-o",
        "shown.parquet",
        cwd=tmp_path,
    )
    shown = pl.read_parquet(tmp_path / "shown.parquet")
    assert shown["propensity"].n_unique() > 100
    like = 0.8 * shown["score"].to_numpy() / shown["rank"].to_numpy()
    clicked = (rng.random(shown.height) < like).astype(int)
    shown.with_columns(clicked=pl.Series(clicked)).write_parquet(tmp_path / "log.parquet")
    greedy = ("rerank", "explore", "epsilon-greedy", *slots, "--epsilon", 0)
    run(*greedy, "-o", "best.parquet", cwd=tmp_path)
    best = pl.read_parquet(tmp_path / "best.parquet")
    truth = float((0.8 * best["score"] / best["rank"]).mean())  # type: ignore[arg-type]
    found = ope(tmp_path, "log.parquet", "--policy", "best.parquet")
    assert found["logged", None]["high"] < truth
    for name in ("ips", "snips", "dr"):
        line = found[name, None]
        assert abs(line["value"] - truth) < line["high"] - line["low"] < 0.1
        assert line["verdict"] == "better"


def test_gates_end_with_their_own_status(folder: Path) -> None:
    words = ("ope", "log.csv", "--policy", "chances.csv", "--min", "ips=0.01", "--min")
    done = run(*words, "dr=0.9", "--json", cwd=folder, check=3)
    assert json.loads(done.stdout)["gates"] == [
        {"estimator": "ips", "least": 0.01, "met": True},
        {"estimator": "dr", "least": 0.9, "met": False},
    ]
    assert b"at least 0.9 was asked for" in done.stderr


def test_text_fits_a_terminal_and_names_what_was_chosen(folder: Path) -> None:
    words = ("--policy", "chances.csv", "-f", "table", "--min", "dr=0.01")
    told = run("ope", "log.csv", *words, cwd=folder)
    text = told.stdout.decode()
    assert max(map(len, text.splitlines())) <= 80
    for part in ("switch-dr", "at position", "effective sample size", "threshold=34.6", "95%"):
        assert part in text


def test_the_order_of_the_rows_and_a_pipe_change_nothing(folder: Path) -> None:
    words = ("--policy", "lists.parquet", "-f", "csv")
    once = run("ope", "log.csv", *words, cwd=folder).stdout
    log().sample(fraction=1, shuffle=True, seed=1).sort("position").write_parquet(
        folder / "l.parquet"
    )
    stream = (folder / "l.parquet").read_bytes()
    again = run("ope", "-", *words, cwd=folder, input=stream).stdout
    left, right = (pl.read_csv(one, infer_schema_length=None) for one in (once, again))
    assert left.select("estimator", "position").equals(right.select("estimator", "position"))
    assert left["value"].to_numpy() == pytest.approx(right["value"].to_numpy(), rel=1e-12)


def test_a_state_is_not_to_be_valued_by_what_it_was_learned_from(folder: Path) -> None:
    run("bandit-update", "state.parquet", "log.csv", "-o", "state.parquet", cwd=folder)
    done = run("ope", "log.csv", "--policy", "state.parquet", "--json", cwd=folder)
    assert b"'bandit-update' behind it has seen log.csv" in done.stderr
    report = json.loads(done.stdout)
    assert "'bandit-update' behind it has seen" in report["warnings"][0]
    assert report["policy"] == "thompson by the state"
    assert {one["role"] for one in report["inputs"]} == {"log", "policy"}


WRONG = [
    (("log.csv", "--policy", "chances.csv", "--min", "snips"), 2, "is no gate"),
    (("-", "--policy", "-"), 2, "would read standard input"),
    (("log.csv", "--policy", "nowhere.csv"), 66, "nowhere.csv: no such file"),
    (("bare.csv", "--policy", "chances.csv"), 65, "--estimator replay,dm"),
]


def test_what_is_wrong_is_said_in_one_line(folder: Path) -> None:
    log().drop("propensity").write_csv(folder / "bare.csv")
    for words, status, message in WRONG:
        done = run("ope", *words, cwd=folder, check=status)
        assert message in done.stderr.decode()
        assert len(done.stderr.decode().strip().splitlines()) == 1
        assert not done.stdout
