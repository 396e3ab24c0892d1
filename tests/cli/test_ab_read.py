"""`recli ab read` through the real command, on a log whose truth is planted."""

import csv
import io
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from recli.errors import RecliError
from recli.stages.ab_beside import Level
from recli.stages.ab_gates import gates_of
from recli.stages.ab_inputs import Words, shares_of
from recli.stages.ab_read import Choices, read
from recli.store.merged import merged
from recli.store.open import open_table
from recli.tables import EXPOSURES
from tests.conftest import run

USERS = 1500
TEXT = ("-f", "table")


def world() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """A log in which B earns 30% more and is as quick; what was before; countries."""
    draw = np.random.default_rng(8)
    ids = [f"u{number:05d}" for number in draw.permutation(USERS)]
    variant = draw.permutation(np.repeat(["A", "B"], USERS // 2))
    taste, rows = draw.gamma(2, 1, USERS), 1 + draw.poisson(2, USERS)
    lift = np.repeat(np.where(variant == "B", 1.3, 1.0) * taste, rows)
    log = pl.DataFrame({"user_id": np.repeat(ids, rows), "variant": np.repeat(variant, rows)})
    log = log.with_columns(
        revenue=pl.Series(draw.gamma(2, lift).round(2)),
        clicked=pl.Series(draw.random(log.height) < 0.3),
        latency=pl.Series(draw.normal(100, 10, log.height).round(1)),
    )
    past = pl.DataFrame({"user_id": ids, "revenue": draw.poisson(6 * taste) * 1.0})
    people = pl.DataFrame({"user_id": ids, "country": draw.choice(["BR", "DE"], USERS)})
    return log.sample(fraction=1, shuffle=True, seed=1), past, people


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("test")
    for name, frame in zip(("log", "past", "people"), world(), strict=True):
        frame.write_csv(made / f"{name}.csv")
    return made


def rows_of(done: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.decode())))


def test_the_numbers_are_those_of_a_slow_obvious_reading(folder: Path) -> None:
    sums: dict[str, dict[str, float]] = {"A": defaultdict(float), "B": defaultdict(float)}
    with (folder / "log.csv").open() as file:
        for row in csv.DictReader(file):
            sums[row["variant"]][row["user_id"]] += float(row["revenue"])
    left, right = [*sums["B"].values()], [*sums["A"].values()]
    other = stats.ttest_ind(left, right, equal_var=False)
    ends = other.confidence_interval()
    found = rows_of(
        run("ab", "read", "log.csv", "--metric", "revenue", "-f", "csv", cwd=folder).stdout
    )
    (one,) = found
    assert (one["variant"], one["control"], one["verdict"]) == ("B", "A", "better")
    assert (int(one["users"]), int(one["users_control"])) == (len(left), len(right))
    assert float(one["mean"]) == pytest.approx(np.mean(left))
    assert float(one["p"]) == pytest.approx(other.pvalue, rel=1e-6)
    assert (float(one["low"]), float(one["high"])) == pytest.approx((ends.low, ends.high))
    assert float(one["relative_low"]) < 0.3 < float(one["relative_high"])
    assert float(one["sequential_low"]) < float(one["low"])


def test_what_was_known_before_makes_the_interval_narrower(folder: Path) -> None:
    words = ("ab", "read", "log.csv", "--metric", "revenue", "--before", "past.csv")
    one = json.loads(run(*words, "--json", cwd=folder).stdout)["comparisons"][0]
    assert one["high"] - one["low"] < 0.9 * (one["plain_high"] - one["plain_low"])
    assert one["variance_left"] == pytest.approx(
        ((one["high"] - one["low"]) / (one["plain_high"] - one["plain_low"])) ** 2, rel=1e-3
    )
    assert one["relative_low"] < 0.3 < one["relative_high"]
    shown = run(
        *words, "--users", "people.csv", "--by", "country", *TEXT, cwd=folder
    ).stdout.decode()
    assert shown.startswith("B is better than A on revenue: +")
    assert "no CUPED" in shown
    assert [line.split()[:2] for line in shown.splitlines() if line[:2] in ("BR", "DE")] == [
        ["BR", "B"],
        ["DE", "B"],
    ]
    assert max(map(len, shown.splitlines())) <= 80


def test_row_order_and_blocks_change_no_bit(folder: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(folder / "log.csv")
    frame.sample(fraction=1, shuffle=True, seed=9).write_csv(tmp_path / "other.csv")
    words = ("--metric", "revenue", "--metric", "latency/rows", "--before", folder / "past.csv")
    one = run("ab", "read", folder / "log.csv", *words, "-f", "csv").stdout
    assert run("ab", "read", tmp_path / "other.csv", *words, "-f", "csv").stdout == one
    tables = {"log": open_table(str(folder / "log.csv"), EXPOSURES)}
    tables["before"] = open_table(str(folder / "past.csv"), EXPOSURES)
    asked = Words(["revenue"]).question(tables)
    small, large = (
        read(merged(asked.read(), rows), asked, Choices(Level())) for rows in (100, 1 << 20)
    )
    assert small.found == large.found


def test_guardrails_and_a_split_that_is_not_as_asked_end_with_status_3(folder: Path) -> None:
    words = ("ab", "read", "log.csv", "--metric", "revenue", *TEXT)
    held = run(*words, "--max-rise", "latency/rows=2%", "--max-drop", "revenue=0%", cwd=folder)
    assert "is at most 0% lower, 0% is allowed: held" in held.stdout.decode()
    tight = run(*words, "--max-rise", "latency/rows=0.01%", cwd=folder, check=3)
    assert b"gate not met: latency/rows of B may be" in tight.stderr
    uneven = (*words, "--shares", "A=0.6,B=0.4")
    shown = run(*uneven, cwd=folder).stdout.decode()
    assert " ".join(shown.split()).startswith(
        "Do not read on: users are not split as asked, A 750 of 900"
    )
    assert "better" not in shown
    run(*uneven, "--strict", cwd=folder, check=3)
    run(*uneven, "--max-rise", "latency/rows=2%", cwd=folder, check=3)
    run(*words, "--shares", "A=1,B=1", "--strict", cwd=folder)


OUTCOMES = """user_id,timestamp,event
a1,2025-01-01T00:00:00Z,buy
a1,2025-01-03T00:00:00Z,buy
a1,2025-01-03T00:00:00Z,view
b1,2025-01-02T00:00:00Z,buy
b1,2025-01-09T00:00:00Z,buy
zz,2025-01-09T00:00:00Z,buy
"""
EXPOSED = """user_id,variant,timestamp
a1,A,2025-01-02T00:00:00Z
a1,A,2025-01-05T00:00:00Z
a2,A,2025-01-02T00:00:00Z
b1,B,2025-01-02T00:00:00Z
b2,B,2025-01-02T00:00:00Z
b2,,2025-01-02T00:00:00Z
xx,A,2025-01-02T00:00:00Z
xx,B,2025-01-02T00:00:00Z
"""


def test_what_was_done_before_the_first_exposure_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "shown.csv").write_text(EXPOSED)
    (tmp_path / "done.csv").write_text(OUTCOMES)
    words = ("shown.csv", "--outcomes", "done.csv", "--metric", "event=buy")
    done = run(
        "ab",
        "read",
        *words,
        "--metric",
        "event=buy(any)",
        "--metric",
        "rows",
        "-f",
        "csv",
        cwd=tmp_path,
    )
    means = [(float(one["mean"]), float(one["mean_control"])) for one in rows_of(done.stdout)]
    assert means == [(1, 0.5), (0.5, 0.5), (1, 1)]
    told = done.stderr.decode()
    assert "1 users in several variants left out" in told
    assert "1 rows without a variant left out" in told
    assert "1 outcomes before the first exposure left out" in told


def test_looks_at_a_test_that_still_runs_need_more(tmp_path: Path) -> None:
    """600 users and z = 2.4: enough for one look, not for many, and --sequential says so."""
    values = np.tile([-1.0, 1.0], 300) + np.repeat([0.0, 0.196], 300)
    frame = {"user_id": range(600), "bucket": np.repeat([1, 2], 300), "x": values}
    pl.DataFrame(frame).write_parquet(tmp_path / "log.parquet")
    words = ("ab", "read", "log.parquet", "--metric", "x", "--expect", 600, *TEXT)
    once = run(*words, cwd=tmp_path).stdout.decode()
    assert once.startswith("2 is better than 1 on x")
    assert "not yet for a test still running" in " ".join(once.split())
    running = run(*words, "--sequential", cwd=tmp_path).stdout.decode()
    assert running.startswith("2 is not told apart from 1 on x")


def test_several_variants_share_the_chance_of_a_false_alarm(tmp_path: Path) -> None:
    """Two p values of 0.03 are 0.06 each, by Holm."""
    values = np.concatenate([np.tile([-1.0, 1.0], 200) + lift for lift in (0, 0.154, 0.154)])
    variant = np.repeat(["Control", "a", "b"], 400)
    frame = {"user_id": range(1200), "variant": variant, "x": values}
    pl.DataFrame(frame).write_parquet(tmp_path / "log.parquet")
    done = run("ab", "read", "log.parquet", "--metric", "x", "-f", "csv", cwd=tmp_path)
    found = rows_of(done.stdout)
    assert [one["control"] for one in found] == ["Control", "Control"]
    for one in found:
        assert float(one["p"]) == pytest.approx(0.03, abs=0.002)
        assert float(one["p_adjusted"]) == pytest.approx(2 * float(one["p"]))
        assert one["verdict"] == "not told apart"


WRONG = [
    (("log.csv", "--metric", "gone"), 65, "no column 'gone'"),
    (("log.csv", "--metric", "revenue", "--control", "Z"), 65, "no user in the control, 'Z'"),
    (("log.csv", "--metric", "revenue", "--shares", "A=1,C=1"), 65, "names 'B', which --shares"),
    (("log.csv", "--metric", "revenue", "--covariate", "latency"), 65, "has several values"),
    (("log.csv", "--metric", "revenue", "--json", "-f", "csv"), 2, "two formats"),
    (("one.csv", "--metric", "x"), 65, "names only 'A'"),
    (("none.csv", "--metric", "rows"), 65, "names no variant"),
    (("nan.parquet", "--metric", "x"), 65, "no finite number in 1 rows"),
]


@pytest.mark.parametrize(("words", "status", "message"), WRONG)
def test_what_is_wrong_is_named(
    words: tuple[str, ...], status: int, message: str, folder: Path
) -> None:
    (folder / "one.csv").write_text("user_id,variant,x\na,A,1\nb,A,2\n")
    (folder / "none.csv").write_text("user_id,variant\na,\nb,\n")
    odd = pl.DataFrame({"user_id": ["a"], "variant": ["A"], "x": [float("nan")]})
    odd.write_parquet(folder / "nan.parquet")
    done = run("ab", "read", *words, cwd=folder, check=status)
    assert message in done.stderr.decode()
    assert not done.stdout


def test_columns_that_do_not_fit_are_refused_before_any_work(folder: Path) -> None:
    tables = {
        role: open_table(str(folder / f"{name}.csv"), EXPOSURES)
        for role, name in (("log", "log"), ("before", "past"))
    }
    log = {"log": tables["log"]}
    for words, given, message in (
        (Words([]), log, "no metric is named"),
        (Words(["variant"]), log, "neither yes or no nor a number"),
        (Words(["clicked/rows(any)"]), log, "a ratio is no yes or no"),
        (Words(["/clicked"]), log, "is no metric"),
        (Words(["revenue"], variant="latency"), log, "names no variant"),
        (Words(["revenue"]), {"log": tables["before"]}, "no column 'variant'"),
        (Words(["revenue"], by="country"), log, "--by needs --users"),
        (Words(["revenue"], covariates=["age"]), log, "no column 'age' for --covariate"),
        (Words(["latency"]), tables, "past.csv has no column 'latency'"),
    ):
        with pytest.raises(RecliError, match=message):
            words.question(given)
    for refused in ("A=2", "A=1,A=2", "A=1,B=0", "A,B", "A=1,B=nan"):
        with pytest.raises(RecliError, match="two or more variants"):
            shares_of(refused)
    for refused in ("revenue", "=2%", "revenue=-1", "revenue=much"):
        with pytest.raises(RecliError, match="is no gate"):
            gates_of([refused], [])


def test_metrics_without_spread_are_told_apart_from_nothing(folder: Path) -> None:
    frame = pl.read_csv(folder / "log.csv").with_columns(same=pl.lit(0.1), none=pl.lit(-3))
    text = frame.write_csv().encode()
    words = ("--metric", "same/rows", "--metric", "none/rows", "--max-drop", "same/rows=1%", *TEXT)
    shown = run("ab", "read", *words, input=text, check=3).stdout.decode()
    assert shown.startswith("B beside A on same/rows: all users alike, or too few")
    assert shown.count("B no spread") == 2
    assert "nan" not in shown.lower()
