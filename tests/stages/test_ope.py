"""Values of other policies, against loops over the rows and truths that are known."""

import math
import re
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels import bootstrap
from recli.kernels.reward_means import Cells, Sums, fitted
from recli.reports import POSITION_BIAS
from recli.stages import ope_report, ope_rows
from recli.stages.ope import estimate
from recli.stages.ope_asked import Choices, estimators_of
from recli.stages.ope_inputs import LOG, curve_of, seen_before, target_of
from recli.stages.ope_outcome import Outcome, outcome_of
from recli.stages.ope_policy import POLICY
from recli.stages.ope_rows import Reading
from recli.store.blocks import blocks
from recli.store.open import open_table
from tests.stages.logged_world import (
    ITEMS,
    LIKE,
    LOOK,
    PLACES,
    TRUTH,
    WANTED,
    chances,
    lists,
    log,
)

SOME = {"--estimator", "--reward", "--propensity", "--position", "--context"}


def valued(folder: Path, name: str, *words: str) -> Outcome:
    """What the command does with the same words."""
    given = dict(zip(words[::2], words[1::2], strict=True))
    shown = open_table(str(folder / name), LOG)
    policy = open_table(str(folder / given["--policy"]), POLICY)
    own = {key[2:]: given[key] for key in SOME & {*given} if key != "--estimator"}
    choices = Choices(estimators_of(given.get("--estimator")), **own)
    curve = given.get("--position-bias")
    looks = curve_of(open_table(str(folder / curve), POSITION_BIAS) if curve else None)
    target = target_of(policy, given.get("--as"), shown)
    reading = Reading(shown, target, choices.check(shown), looks)
    measured = estimate(reading, choices, lambda pairs: pairs)
    return outcome_of(measured, reading, choices, seen_before(policy, shown))


def ope(folder: Path, *words: str) -> dict[tuple[str, int | None], dict[str, float]]:
    """The rows of the table by estimator and position."""
    rows = ope_report.frame(valued(folder, *words)).rows(named=True)
    return {(row["estimator"], row["position"]): row for row in rows}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log().write_csv(tmp_path / "log.csv")
    chances().write_csv(tmp_path / "chances.csv")
    lists().write_parquet(tmp_path / "lists.parquet")
    return tmp_path


def chance_of(policy: str) -> dict[tuple[str, int, str], float]:
    """The policy's chance by user, place and item."""
    users = [f"u{user:04}" for user in range(400)]
    if policy == "chances.csv":
        return {(u, p, i): c for i, p, c in chances().rows() for u in users}
    return {(u, p, i): 1.0 for u, i, p in lists().rows()}


def by_place(rows: list[tuple[int, float, float]]) -> float:
    """Ratio of sums at each place, by the share of the rows."""
    tops, bottoms, counts = Counter[int](), Counter[int](), Counter[int]()
    for place, top, bottom in rows:
        tops[place] += top  # type: ignore[assignment]
        bottoms[place] += bottom  # type: ignore[assignment]
        counts[place] += 1
    return sum(counts[p] * tops[p] / bottoms[p] for p in counts) / len(rows)


@pytest.mark.parametrize("policy", ["chances.csv", "lists.parquet"])
def test_weighed_values_are_those_of_a_loop_over_the_rows(policy: str, folder: Path) -> None:
    chance = chance_of(policy)
    found = ope(
        folder, "log.csv", "--policy", policy, "--estimator", "replay,ips,clipped-ips(cap=2),snips"
    )
    rows = [
        (place, reward, chance.get((user, place, item), 0.0), propensity)
        for user, item, place, reward, propensity, _ in log().rows()
    ]
    for position in (None, 1, 2, 3):
        own = [row for row in rows if position in (None, row[0])]
        weights = [pi / h for _, _, pi, h in own]
        expected = {
            "logged": sum(r for _, r, _, _ in own) / len(own),
            "ips": sum(pi / h * r for _, r, pi, h in own) / len(own),
            "clipped-ips(cap=2)": sum(min(pi / h, 2) * r for _, r, pi, h in own) / len(own),
            "snips": by_place([(p, pi / h * r, pi / h) for p, r, pi, h in own]),
            "replay": by_place([(p, pi * r, pi) for p, r, pi, _ in own]),
        }
        for name, value in expected.items():
            line = found[name, position]
            assert line["value"] == pytest.approx(value)
            assert line["difference"] == pytest.approx(value - expected["logged"])
            assert line["low"] <= line["value"] <= line["high"]
            kish = sum(weights) ** 2 / sum(one**2 for one in weights)
            assert line["effective_sample_size"] == pytest.approx(kish)


@pytest.mark.parametrize("policy", ["chances.csv", "lists.parquet"])
@pytest.mark.parametrize("context", [None, "side"])
def test_modelled_values_are_those_of_a_loop_over_the_folds(
    policy: str, context: str | None, folder: Path
) -> None:
    words = ["log.csv", "--policy", policy, "--estimator", "dm,dr,switch-dr(threshold=2)"]
    found = ope(folder, *words, *(["--context", context] if context else []))
    chance = chance_of(policy)
    rows = log()
    folds = (bootstrap.dealt(rows["user_id"], 0) % 5).tolist()
    side = {
        user: ord(one) - ord("a") if context else 0
        for user, one in zip(rows["user_id"], rows["side"], strict=True)
    }
    stratum = [(p - 1) * 2 + side[u] for u, p in rows.select("user_id", "position").rows()]
    kinds = sorted(set(stratum))
    cells = Cells(np.repeat(np.arange(len(kinds)), ITEMS), np.tile(np.arange(ITEMS), len(kinds)))
    item = [int(name[1:]) for name in rows["item_id"]]
    reward = rows["clicked"].to_list()
    at = [kinds.index(s) * ITEMS + i for s, i in zip(stratum, item, strict=True)]
    models = []
    for fold in range(5):
        sums = np.zeros((3, len(cells.item)))
        for row, cell in enumerate(at):
            if folds[row] != fold:
                sums[:, cell] += [1, reward[row], reward[row] ** 2]
        models.append(fitted(cells, Sums(*sums)).q)
    totals = dict.fromkeys(("dm", "dr", "switch-dr(threshold=2)"), 0.0)
    for row, (user, name, place, r, h, _) in enumerate(rows.rows()):
        q, first = models[folds[row]], kinds.index(stratum[row]) * ITEMS
        promised = sum(chance.get((user, place, f"i{i}"), 0) * q[first + i] for i in range(ITEMS))
        weight = chance.get((user, place, name), 0) / h
        totals["dm"] += promised
        totals["dr"] += promised + weight * (r - q[at[row]])
        totals["switch-dr(threshold=2)"] += promised + (weight <= 2) * weight * (r - q[at[row]])
    for name, total in totals.items():
        assert found[name, None]["value"] == pytest.approx(total / rows.height)
        assert found[name, None]["low"] < found[name, None]["high"]


def test_lists_of_other_users_and_shorter_lists_leave_rows_out(folder: Path) -> None:
    some = lists().filter((pl.col("user_id") < "u0100") & (pl.col("rank") < 3))
    some.write_csv(folder / "some.csv")
    told = valued(folder, "log.csv", "--policy", "some.csv")
    left = "rows left out, where the policy shows nothing"
    assert told.counts == {"rows used": 200, left: 1000}
    own = log().filter((pl.col("user_id") < "u0100") & (pl.col("position") < 3))
    assert told.lines[0].value.value == pytest.approx(own["clicked"].mean())
    assert {line.position for line in told.lines} == {None, 1, 2}


def test_without_places_only_the_first_of_a_list_is_held_against_the_log(folder: Path) -> None:
    rows = log().filter(pl.col("position") == 1).drop("position")
    rows.write_csv(folder / "one.csv")
    found = ope(folder, "one.csv", "--policy", "lists.parquet", "--estimator", "ips")
    whole = ope(folder, "log.csv", "--policy", "lists.parquet", "--estimator", "ips")
    assert found["ips", None]["value"] == pytest.approx(whole["ips", 1]["value"])
    assert ("ips", 1) not in found


def test_rows_are_drawn_again_where_the_log_names_no_user(folder: Path) -> None:
    log().drop("user_id").write_csv(folder / "nobody.csv")
    words = ("--policy", "chances.csv", "--estimator", "ips,snips")
    named, nobody = (valued(folder, name, *words) for name in ("log.csv", "nobody.csv"))
    assert (named.units, nobody.units) == ("users", "rows")
    for left, right in zip(named.lines, nobody.lines, strict=True):
        assert left.value.value == pytest.approx(right.value.value)
        assert left.value.low != right.value.low


@pytest.mark.parametrize("policy", ["thompson", "ucb(confidence=2)", "epsilon-greedy(epsilon=0.3)"])
def test_a_state_fills_the_places_by_its_policy(policy: str, folder: Path) -> None:
    state = log().group_by("item_id").agg(shown=pl.len(), rewarded=pl.col("clicked").sum())
    state = state.sort("item_id").cast({"shown": pl.Int64})
    state.write_parquet(folder / "state.parquet")
    words = ("--policy", "state.parquet", "--as", policy, "--estimator", "ips")
    found = ope(folder, "log.csv", *words)
    shown, rewarded = (state[name].to_numpy().astype(float) for name in ("shown", "rewarded"))
    if policy == "thompson":
        draws = np.random.default_rng(1).beta(rewarded + 1, shown - rewarded + 1, (200_000, ITEMS))
        order = np.argsort(-draws, axis=1)
        share = [np.bincount(order[:, place], minlength=ITEMS) / 200_000 for place in range(3)]
    else:
        worth = (rewarded + 1) / (shown + 2)
        if policy.startswith("ucb"):
            worth = rewarded / shown + 2 * np.sqrt(2 * np.log(shown.sum()) / shown)
        best = np.eye(ITEMS)[np.argsort(-worth)[:3]]
        share = list(best if policy.startswith("ucb") else 0.7 * best + 0.3 / ITEMS)
    weighed = [
        share[place - 1][int(item[1:])] / chance * click
        for _, item, place, click, chance, _ in log().rows()
    ]
    assert found["ips", None]["value"] == pytest.approx(np.mean(weighed), rel=0.02)


def test_looks_let_a_row_tell_of_every_place(tmp_path: Path) -> None:
    rows = log(3000, seed=4).with_columns(propensity=1 / ITEMS)
    rng = np.random.default_rng(2)
    even = [rng.permutation(ITEMS)[:PLACES] for _ in range(3000)]
    item, place = np.concatenate(even), np.tile(np.arange(PLACES), 3000)
    click = (rng.random(9000) < LOOK[place] * LIKE[item]).astype(int)
    names = pl.Series(item).cast(pl.String)
    rows = rows.with_columns(item_id="i" + names, clicked=pl.Series(click))
    rows.write_parquet(tmp_path / "log.parquet")
    curve = {"position": [1, 2, 3], "propensity": LOOK, "low": LOOK, "high": LOOK}
    table = pl.DataFrame(curve | {"shown": [9, 9, 9], "clicked": [9, 9, 9]})
    table.write_csv(tmp_path / "curve.csv")
    chances().write_csv(tmp_path / "chances.csv")
    words = ("log.parquet", "--policy", "chances.csv", "--estimator", "ips,dm,dr")
    plain = ope(tmp_path, *words)
    found = ope(tmp_path, *words, "--position-bias", "curve.csv")
    looked = (LOOK[:, None] * WANTED).sum(axis=0) / LOOK.sum()
    slow = looked[item] * ITEMS * click
    assert found["ips", None]["value"] == pytest.approx(slow.mean())
    for name in ("ips", "dm", "dr"):
        assert found[name, None]["low"] <= TRUTH <= found[name, None]["high"]
    width, before = (one["ips", None]["high"] - one["ips", None]["low"] for one in (found, plain))
    assert width < 0.95 * before
    assert ("ips", 1) not in found
    table.filter(pl.col("position") < 3).write_csv(tmp_path / "curve.csv")
    told = valued(tmp_path, *words, "--position-bias", "curve.csv")
    assert told.counts["rows left out, of places that the curve lacks"] == 3000


def test_lists_by_lot_and_chances_for_all_are_one_policy(folder: Path) -> None:
    users = log().select("user_id").unique(maintain_order=True)
    users.join(chances(), how="cross").write_parquet(folder / "lots.parquet")
    for curve in ((), ("--position-bias", "curve.csv")):
        told = {"position": [1, 2, 3], "propensity": LOOK, "low": LOOK, "high": LOOK}
        table = pl.DataFrame(told | {"shown": [9, 9, 9], "clicked": [9, 9, 9]})
        table.write_csv(folder / "curve.csv")
        one = ope(folder, "log.csv", "--policy", "chances.csv", *curve)
        other = ope(folder, "log.csv", "--policy", "lots.parquet", *curve)
        assert one.keys() == other.keys()
        for key, line in one.items():
            same = [pytest.approx(line[name], nan_ok=True) for name in ("value", "low", "high")]
            assert [other[key][name] for name in ("value", "low", "high")] == same


@pytest.mark.parametrize("policy", ["chances.csv", "lists.parquet"])
def test_blocks_of_any_size_give_the_same_numbers(
    policy: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(7)
    log().with_columns(clicked=pl.Series(rng.random(1200))).write_parquet(folder / "log.parquet")
    words = ("log.parquet", "--policy", policy, "--context", "side")
    whole = ope_report.frame(valued(folder, *words))
    monkeypatch.setattr(ope_rows, "blocks", partial(blocks, rows=100, users=7))
    assert ope_report.frame(valued(folder, *words)).equals(whole)


def warned(folder: Path, *words: str) -> str:
    return "\n".join(valued(folder, *words).warnings)


def test_what_the_log_cannot_show_is_warned_of(folder: Path) -> None:
    alike = chances().with_columns(item_id=pl.lit("new") + pl.col("item_id"))
    pl.concat([chances(), alike]).with_columns(pl.col("chance") / 2).write_csv(folder / "new.csv")
    told = warned(folder, "log.csv", "--policy", "new.csv")
    assert "50% of what the policy shows never stood there in the log" in told
    assert "the weights average 0.4" in told
    assert "propensities differ from row to row" in told
    log().with_columns(propensity=pl.col("propensity") / 3).write_csv(folder / "wrong.csv")
    assert "where 1 is due" in warned(folder, "wrong.csv", "--policy", "chances.csv")
    lists().filter(pl.col("user_id") < "u0050").write_csv(folder / "few.csv")
    assert "150 rows tell as much as" in warned(folder, "log.csv", "--policy", "few.csv")
    log().drop("propensity").write_csv(folder / "bare.csv")
    told = warned(folder, "bare.csv", "--policy", "chances.csv", "--estimator", "dm")
    assert told == "without propensities the log is taken for one whose items were drawn evenly"
    lists().filter(pl.col("user_id") < "u0001").write_csv(folder / "one.csv")
    none = warned(folder, "log.csv", "--policy", "one.csv", "--estimator", "snips")
    assert "no value of snips: at some position nothing that the policy shows was shown" in none
    assert not warned(folder, "log.csv", "--policy", "chances.csv", "--estimator", "dr")


def test_nothing_is_called_better_whose_interval_holds_zero(folder: Path) -> None:
    found = ope(folder, "log.csv", "--policy", "chances.csv")
    for (name, _), line in found.items():
        if name == "logged" or math.isnan(line["difference_low"]):
            assert line["verdict"] is None
            continue
        told = (line["difference_low"] > 0) - (line["difference_high"] < 0)
        assert line["verdict"] == {1: "better", 0: "not told apart", -1: "worse"}[told]


WRONG = [
    (("--estimator", "magic"), "'magic' is no estimator"),
    (("--estimator", "ips(cap=2)"), "has no choice cap"),
    (("--estimator", "clipped-ips(cap=-1)"), "at least 0"),
    (("--estimator", "ips,ips"), "names ips twice"),
    (("--as", "ucb"), "is for a state of bandit-update"),
    (("--propensity", "odds"), "no column 'odds'"),
    (("--propensity", "clicked"), "no chance above 0 and up to 1 in 9"),
    (("--propensity", "side"), "not a number"),
    (("--position", "side"), "not a whole number"),
    (("--reward", "side"), "neither yes or no nor a number"),
    (("--context", "sex"), "no column 'sex'"),
    (("--policy", "half.csv"), "add up to 0.5, not to 1"),
    (("--policy", "log.csv", "--as", "thompson"), "holds lists"),
    (("--policy", "state.csv", "--as", "linucb"), "reads one of kind linear"),
    (("--policy", "others.csv"), "the state knows none of the items"),
    (("--policy", "away.csv"), "shows nothing at any place"),
    (("--policy", "twice.csv"), "add up to 2, not to 1"),
    (("--policy", "bare.csv"), "no column 'chance'"),
    (("--policy", "odd.csv"), "1 rows have no 'chance' from 0 to 1"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_what_is_wrong_is_said(words: tuple[str, ...], message: str, folder: Path) -> None:
    chances().with_columns(pl.col("chance") / 2).write_csv(folder / "half.csv")
    odd = pl.when(pl.int_range(pl.len()) == 1).then(math.nan).otherwise("chance")
    chances().with_columns(chance=odd).write_csv(folder / "odd.csv")
    counts = pl.DataFrame({"item_id": ["i1"], "shown": [4], "rewarded": [1]})
    counts.write_csv(folder / "state.csv")
    counts.with_columns(item_id=pl.lit("x")).write_csv(folder / "others.csv")
    lists().with_columns(user_id=pl.lit("?")).head(1).write_csv(folder / "away.csv")
    lists().with_columns(rank=pl.lit(1)).head(2).write_csv(folder / "twice.csv")
    chances().drop("chance").write_csv(folder / "bare.csv")
    policy = () if "--policy" in words else ("--policy", "chances.csv")
    with pytest.raises(RecliError, match=re.escape(message)):
        valued(folder, "log.csv", *policy, *words)
