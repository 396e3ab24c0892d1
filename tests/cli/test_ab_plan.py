"""`recli ab plan` through the real command."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.sample_size import Metric
from recli.stages.ab_plan import Choices
from recli.stages.ab_plan import plans as made_of
from recli.stages.ab_plan_asked import numbers_of, powers_of, told
from tests.conftest import run


def plans(*words: object, cwd: Path | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("ab", "plan", *words, "--json", cwd=cwd).stdout)[
        "plans"
    ]
    return found


def test_users_of_a_rate_by_effect_and_power() -> None:
    """Worked by hand: (1.96 + 0.8416)² (p q + p' q') / 0.00062², and the rest of 1.96² / 4 each."""
    one, two = plans("--baseline", 0.031, "--effect", "2%,5%", "--users-a-day", 20000)
    spread = 0.031 * 0.969 + 0.03162 * 0.96838
    assert one["users"] == pytest.approx(2 * 7.848886 * spread / 0.00062**2 + 1.92, rel=1e-5)
    assert one["days"] == pytest.approx(one["users"] / 20000, rel=1e-4)
    assert (one["effect"], two["relative_effect"]) == pytest.approx((0.00062, 0.05))
    assert one["users"] < one["users_sequential_mean"] < one["users_sequential"]


def test_users_effect_and_power_say_the_same_thing() -> None:
    amount = ("--mean", 20, "--sd", 35, "--shares", "A=0.8,B=0.2", "--alpha", 0.01)
    (needed,) = plans(*amount, "--effect", 1, "--power", 0.9)
    (found,) = plans(*amount, "--expect", needed["users"], "--power", 0.9)
    (power,) = plans(*amount, "--expect", needed["users"], "--effect", "5%")
    assert found["effect"] == pytest.approx(1, rel=1e-3)
    assert power["power"] == pytest.approx(0.9, abs=1e-3)
    assert needed["users_variant"] == pytest.approx(0.2 * needed["users"], rel=1e-3)
    (third,) = plans("--mean", 20, "--sd", 35, "--effect", 1, "--shares", "A=1,B=1,C=1")
    assert third["alpha"] == 0.025  # of two comparisons
    (half,) = plans(*amount, "--effect", 1, "--power", 0.9, "--correlation", 0.7071068)
    assert half["users"] == pytest.approx(needed["users"] / 2, rel=1e-2)


def test_past_users_say_what_a_metric_is_like(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    taste, ids = draw.gamma(1, 5, 3000), np.arange(3000)
    now, past = draw.poisson(taste), draw.poisson(taste)
    rows = np.repeat(ids, 2)  # half of what a user bought in each
    log = {"user_id": rows, "bought": np.stack([now // 2, now - now // 2], 1).ravel()}
    pl.DataFrame(log).write_parquet(tmp_path / "data.parquet")
    pl.DataFrame({"user_id": ids, "bought": past}).write_parquet(tmp_path / "before.parquet")
    words = ("data.parquet", "--metric", "bought", "--metric", "bought(any)", "--effect", "10%")
    amount, share = plans(*words, cwd=tmp_path)
    assert (amount["mean"], amount["sd"]) == pytest.approx((now.mean(), now.std(ddof=1)))
    assert share["mean"] == pytest.approx((now > 0).mean())
    adjusted, _ = plans(*words, "--before", "before.parquet", cwd=tmp_path)
    left = 1 - np.corrcoef(now, past)[0, 1] ** 2
    assert adjusted["variance_left"] == pytest.approx(left, rel=1e-9)
    assert adjusted["users"] == pytest.approx(left * amount["users"], rel=1e-2)


def test_a_plan_is_a_table_or_a_sentence(tmp_path: Path) -> None:
    words = ("ab", "plan", "--baseline", 0.1, "--effect", "10%,-10%", "--power", "0.8,0.9")
    run(*words, "-o", "plan.parquet", cwd=tmp_path)
    rows = pl.read_parquet(tmp_path / "plan.parquet")
    assert rows["relative_effect"].round(9).to_list() == [0.1, 0.1, -0.1, -0.1]
    assert "days" not in rows.columns
    shown = run(*words, "-f", "table").stdout.decode()
    assert shown.startswith(f"{rows['users'][0]:,} users, to find +0.01 (+10.00%) on rate")
    assert max(map(len, shown.splitlines())) <= 100


WRONG = [
    (("--baseline", 0.1, "--mean", 3, "--effect", 1), 2, "give one of the three"),
    (("--baseline", 0.1), 2, "give --effect 2%"),
    (("same.csv", "--metric", "x", "--effect", "2%"), 65, "is the same for all 2 users"),
]


@pytest.mark.parametrize(("words", "status", "message"), WRONG)
def test_what_is_wrong_is_named(
    words: tuple[object, ...], status: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "same.csv").write_text("user_id,x\na,1\nb,1\n")
    done = run("ab", "plan", *words, cwd=tmp_path, check=status)
    assert message in done.stderr.decode()


def test_a_metric_and_an_effect_that_cannot_be_are_refused() -> None:
    rate = Metric(0.99, 0.0099, binary=True)
    for refused, message in (
        (lambda: told(None, (None, None), None, None, asked=False), "give one of the three"),
        (lambda: told(0.1, (None, None), None, None, asked=True), "give one of the three"),
        (lambda: told(3.0, (None, None), None, None, asked=False), "is no share of users"),
        (lambda: told(None, (3.0, None), None, None, asked=False), "--sd, which is above 0"),
        (lambda: numbers_of("--effect", "2%,much"), "--effect 2%,much cannot be read"),
        (lambda: numbers_of("--effect", "0"), "cannot be read"),
        (lambda: powers_of("0.8,1"), "a power is between"),
        (lambda: made_of([("rate", rate)], Choices(((0.02, False),))), "cannot be"),
        (lambda: made_of([("x", Metric(0, 1))], Choices(((0.02, True),))), "a share of 0"),
        (lambda: made_of([("rate", rate)], Choices((), expect=9)), "so few users"),
    ):
        with pytest.raises(RecliError, match=message):
            refused()
