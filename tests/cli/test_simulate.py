"""`recli simulate` through the real command."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

SMALL = ("simulate", "--rounds", 2, "--users", 40, "--items", 30, "--candidates", 20)
RULES = '[[rule]]\nrule = "calibrated"\nby = "category"\ntop = 5\n'


def test_every_round_of_every_policy_and_world_is_a_row(tmp_path: Path) -> None:
    policies = ("greedy", "epsilon-greedy(epsilon=0.3,prior-misses=9)")
    words = (*SMALL, "--policy", ",".join(policies), "--seeds", 2, "--seed", 5)
    done = run(*words, "-o", "rounds.parquet", "--plot", "rounds.svg", cwd=tmp_path)
    rows = pl.read_parquet(tmp_path / "rounds.parquet")
    assert rows.select("seed", "policy", "round").rows() == [
        (seed, policy, number) for seed in (5, 6) for policy in policies for number in (1, 2)
    ]
    assert rows.null_count().sum_horizontal().item() == 0
    drawing = (tmp_path / "rounds.svg").read_text()
    assert drawing.startswith("<svg")
    assert drawing.count("<polyline") == 2 * 8
    told = done.stderr.decode()
    assert "round 1 → 2" in told
    assert "mean of 2 worlds with 95% interval" in told
    again = run(*words, "-o", "again.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "again.parquet").equals(rows)
    assert b"8 rounds" in again.stderr


def test_rules_of_a_file_come_before_the_policy(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    words = (*SMALL, "--policy", "greedy")
    run(*words, "-o", "plain.parquet", cwd=tmp_path)
    run(*words, "--rules", "rules.toml", "-o", "ruled.parquet", cwd=tmp_path)
    plain, ruled = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("plain", "ruled"))
    assert plain["regret"][0] != ruled["regret"][0]


WRONG = [
    (("--policy", "greedy,bold"), 2, "'bold' is no policy"),
    (("--policy", "thompson(epsilon=1)"), 2, "has no choice epsilon"),
    (("--policy", "ucb(confidence=much)"), 2, "confidence cannot be 'much'"),
    (("--policy", "ucb(confidence=-1)"), 2, "confidence must be at least 0"),
    (("--policy", "ucb:confidence=1"), 2, "not how a choice is written"),
    (("--policy", "greedy(k=1)"), 2, "greedy has no choices"),
    (("--policy", "ucb,ucb"), 2, "names a policy twice"),
    (("-k", 30), 2, "-k 30 is more than --candidates 20"),
    (("--random", 21), 2, "--random 21 is more than --candidates 20"),
    (("-k", 5), 2, "--slots 10 is beyond -k 5"),
    (("--rules", "user.toml"), 65, "no column 'user.age'"),
    (("--rules", "nowhere.toml"), 66, "nowhere.toml does not exist"),
    (("--plot", "rounds.png"), 2, "a drawing is SVG"),
    (("--plot", "-"), 2, "standard output"),
]


@pytest.mark.parametrize(("words", "status", "message"), WRONG)
def test_what_is_wrong_is_said_before_any_work(
    words: tuple[object, ...], status: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "user.toml").write_text('[[rule]]\nrule = "filter"\nwhere = "user.age > 3"\n')
    done = run(*SMALL, *words, cwd=tmp_path, check=status)
    assert message in done.stderr.decode()
    assert not done.stdout
