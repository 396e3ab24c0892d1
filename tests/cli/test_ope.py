"""`recli ope` through the real command, against loops over the rows and truths that are known."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli.kernels import bootstrap
from recli.kernels.reward_means import Cells, Sums, fitted
from tests.conftest import run

ITEMS, PLACES = 6, 3
LIKE = np.array([0.5, 0.1, 0.3, 0.2, 0.4, 0.05])
LOOK = np.array([1.0, 0.6, 0.3])
# How the log drew an item at each place, and what the policy would do.
DRAWN = np.array([[1, 1, 1, 1, 1, 1], [1, 2, 3, 1, 2, 3], [4, 1, 1, 2, 1, 1]], float)
DRAWN /= DRAWN.sum(axis=1, keepdims=True)
WANTED = np.array([[6, 0, 1, 0, 3, 0], [2, 1, 3, 1, 2, 1], [1, 1, 1, 1, 1, 5]], float)
WANTED /= WANTED.sum(axis=1, keepdims=True)
TRUTH = float((LOOK[:, None] * LIKE * WANTED).sum() / PLACES)
Table = pl.DataFrame


def log(users: int = 400, seed: int = 3) -> Table:
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        for place in range(PLACES):
            item = int(rng.choice(ITEMS, p=DRAWN[place]))
            click = int(rng.random() < LOOK[place] * LIKE[item])
            side = "ab"[user % 2]
            chance = DRAWN[place, item]
            rows.append((f"u{user:04}", f"i{item}", place + 1, click, chance, side))
    names = ["user_id", "item_id", "position", "clicked", "propensity", "side"]
    return pl.DataFrame(rows, schema=names, orient="row")


def chances() -> Table:
    rows = [
        (f"i{item}", place + 1, WANTED[place, item])
        for place in range(PLACES)
        for item in range(ITEMS)
        if WANTED[place, item] > 0
    ]
    return pl.DataFrame(rows, schema=["item_id", "position", "chance"], orient="row")


def lists(users: int = 400) -> Table:
    rng = np.random.default_rng(8)
    rows = []
    for user in range(users):
        best = rng.permutation(ITEMS)[:PLACES]
        rows += [(f"u{user:04}", f"i{item}", rank + 1) for rank, item in enumerate(best)]
    return pl.DataFrame(rows, schema=["user_id", "item_id", "rank"], orient="row")


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
        folder, "log.csv", "--policy", policy, "--estimator", "replay,ips,clipped-ips:cap=2,snips"
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
            "clipped-ips:cap=2": sum(min(pi / h, 2) * r for _, r, pi, h in own) / len(own),
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
    words = ["log.csv", "--policy", policy, "--estimator", "dm,dr,switch-dr:threshold=2"]
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
    totals = dict.fromkeys(("dm", "dr", "switch-dr:threshold=2"), 0.0)
    for row, (user, name, place, r, h, _) in enumerate(rows.rows()):
        q, first = models[folds[row]], kinds.index(stratum[row]) * ITEMS
        promised = sum(chance.get((user, place, f"i{i}"), 0) * q[first + i] for i in range(ITEMS))
        weight = chance.get((user, place, name), 0) / h
        totals["dm"] += promised
        totals["dr"] += promised + weight * (r - q[at[row]])
        totals["switch-dr:threshold=2"] += promised + (weight <= 2) * weight * (r - q[at[row]])
    for name, total in totals.items():
        assert found[name, None]["value"] == pytest.approx(total / rows.height)
        assert found[name, None]["low"] < found[name, None]["high"]


def test_a_known_policy_is_found_and_told_apart_from_the_log(tmp_path: Path) -> None:
    log(6000).write_parquet(tmp_path / "log.parquet")
    chances().write_csv(tmp_path / "chances.csv")
    found = ope(tmp_path, "log.parquet", "--policy", "chances.csv")
    for name in ("ips", "snips", "dr", "switch-dr", "clipped-ips", "dm"):
        line = found[name, None]
        assert line["low"] <= TRUTH <= line["high"]
        assert line["high"] - line["low"] < 0.03
        assert line["verdict"] == "better"
    assert found["replay", None]["value"] == pytest.approx(TRUTH, abs=0.05)


def test_lists_of_other_users_and_shorter_lists_leave_rows_out(folder: Path) -> None:
    some = lists().filter((pl.col("user_id") < "u0100") & (pl.col("rank") < 3))
    some.write_csv(folder / "some.csv")
    told = run("ope", "log.csv", "--policy", "some.csv", "--json", cwd=folder)
    report = json.loads(told.stdout)
    assert report["counts"] == {
        "rows used": 200,
        "rows left out, where the policy shows nothing": 1000,
    }
    own = log().filter((pl.col("user_id") < "u0100") & (pl.col("position") < 3))
    logged = next(one for one in report["values"] if one["estimator"] == "logged")
    assert logged["value"] == pytest.approx(own["clicked"].mean())
    assert {one["position"] for one in report["values"]} == {None, 1, 2}


def test_without_places_only_the_first_of_a_list_is_held_against_the_log(folder: Path) -> None:
    rows = log().filter(pl.col("position") == 1).drop("position")
    rows.write_csv(folder / "one.csv")
    found = ope(folder, "one.csv", "--policy", "lists.parquet", "--estimator", "ips")
    whole = ope(folder, "log.csv", "--policy", "lists.parquet", "--estimator", "ips")
    assert found["ips", None]["value"] == pytest.approx(whole["ips", 1]["value"])
    assert ("ips", 1) not in found


def test_rows_are_drawn_again_where_the_log_names_no_user(folder: Path) -> None:
    log().drop("user_id").write_csv(folder / "nobody.csv")
    told = run("ope", "nobody.csv", "--policy", "chances.csv", "-f", "table", cwd=folder)
    assert b"bootstrap over rows" in told.stdout
    named = ope(folder, "log.csv", "--policy", "chances.csv", "--estimator", "ips,snips")
    nobody = ope(folder, "nobody.csv", "--policy", "chances.csv", "--estimator", "ips,snips")
    assert nobody["ips", 2]["value"] == pytest.approx(named["ips", 2]["value"])


@pytest.mark.parametrize("policy", ["thompson", "ucb:confidence=2", "epsilon-greedy:epsilon=0.3"])
def test_a_state_fills_the_places_by_its_policy(policy: str, folder: Path) -> None:
    run("bandit-update", "state.parquet", "log.csv", "-o", "state.parquet", cwd=folder)
    found = ope(
        folder, "log.csv", "--policy", "state.parquet", "--as", policy, "--estimator", "ips"
    )
    told = run("ope", "log.csv", "--policy", "state.parquet", cwd=folder).stderr.decode()
    assert "'bandit-update' behind it has seen log.csv" in told
    state = pl.read_parquet(folder / "state.parquet").sort("item_id")
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
    told = run("ope", *words, "--position-bias", "curve.csv", cwd=tmp_path)
    assert b"3,000 rows left out, of places that the curve lacks" in told.stderr


def test_what_the_log_cannot_show_is_warned_of(folder: Path) -> None:
    alike = chances().with_columns(item_id=pl.lit("new") + pl.col("item_id"))
    pl.concat([chances(), alike]).with_columns(pl.col("chance") / 2).write_csv(folder / "new.csv")
    told = run("ope", "log.csv", "--policy", "new.csv", cwd=folder).stderr.decode()
    assert "50% of what the policy shows never stood there in the log" in told
    assert "the weights average 0.4" in told
    assert "propensities differ from row to row" in told
    log().with_columns(propensity=pl.col("propensity") / 3).write_csv(folder / "wrong.csv")
    told = run("ope", "wrong.csv", "--policy", "chances.csv", cwd=folder).stderr.decode()
    assert "where 1 is due" in told
    few = lists().filter(pl.col("user_id") < "u0050")
    few.write_csv(folder / "few.csv")
    told = run("ope", "log.csv", "--policy", "few.csv", cwd=folder).stderr.decode()
    assert "150 rows tell as much as" in told
    log().drop("propensity").write_csv(folder / "bare.csv")
    told = run("ope", "bare.csv", "--policy", "chances.csv", "--estimator", "dm", cwd=folder)
    assert b"taken for one whose items were drawn evenly" in told.stderr
    good = run("ope", "log.csv", "--policy", "chances.csv", "--estimator", "dr", cwd=folder)
    assert b"warning" not in good.stderr


def test_nothing_is_called_better_whose_interval_holds_zero(folder: Path) -> None:
    found = ope(folder, "log.csv", "--policy", "chances.csv")
    for (name, _), line in found.items():
        if name == "logged" or math.isnan(line["difference_low"]):
            assert line["verdict"] is None
            continue
        told = (line["difference_low"] > 0) - (line["difference_high"] < 0)
        assert line["verdict"] == {1: "better", 0: "not told apart", -1: "worse"}[told]


def test_gates_end_with_their_own_status(folder: Path) -> None:
    words = ("ope", "log.csv", "--policy", "chances.csv", "--min")
    run(*words, "dr=0.01", cwd=folder)
    done = run(*words, "dr=0.9", "--json", cwd=folder, check=3)
    assert json.loads(done.stdout)["gates"] == [{"estimator": "dr", "least": 0.9, "met": False}]
    assert b"at least 0.9 was asked for" in done.stderr


def test_text_fits_a_terminal_and_names_what_was_chosen(folder: Path) -> None:
    told = run("ope", "log.csv", "--policy", "chances.csv", "-f", "table", cwd=folder)
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


WRONG = [
    (("--policy", "chances.csv", "--estimator", "magic"), 2, "'magic' is no estimator"),
    (("--policy", "chances.csv", "--estimator", "ips:cap=2"), 2, "ips has no option 'cap'"),
    (("--policy", "chances.csv", "--estimator", "clipped-ips:cap=-1"), 2, "at least 0"),
    (("--policy", "chances.csv", "--estimator", "ips,ips"), 2, "names ips twice"),
    (("--policy", "chances.csv", "--as", "ucb"), 2, "is for a state of bandit-update"),
    (("--policy", "chances.csv", "--propensity", "odds"), 65, "no column 'odds'"),
    (("--policy", "chances.csv", "--propensity", "clicked"), 65, "no chance above 0"),
    (("--policy", "chances.csv", "--propensity", "side"), 65, "not a number"),
    (("--policy", "chances.csv", "--position", "side"), 65, "not a whole number"),
    (("--policy", "chances.csv", "--reward", "side"), 65, "neither yes or no nor a number"),
    (("--policy", "chances.csv", "--context", "sex"), 65, "no column 'sex'"),
    (("--policy", "chances.csv", "--min", "snips"), 2, "is no gate"),
    (("--policy", "chances.csv", "--json", "-f", "csv"), 2, "two formats"),
    (("--policy", "half.csv"), 65, "add up to 0.5, not to 1"),
    (("--policy", "log.csv", "--as", "thompson"), 2, "holds lists"),
    (("--policy", "state.csv", "--as", "linucb"), 2, "reads one of kind linear"),
    (("--policy", "others.csv"), 65, "the state knows none of the items"),
    (("--policy", "away.csv"), 65, "shows nothing at any place"),
    (("--policy", "twice.csv"), 65, "add up to 2, not to 1"),
    (("--policy", "bare.csv"), 65, "no column 'chance'"),
    (("--policy", "nowhere.csv"), 66, "nowhere.csv: no such file"),
]


@pytest.mark.parametrize(("words", "status", "message"), WRONG)
def test_what_is_wrong_is_said_in_one_line(
    words: tuple[str, ...], status: int, message: str, folder: Path
) -> None:
    chances().with_columns(pl.col("chance") / 2).write_csv(folder / "half.csv")
    counts = pl.DataFrame({"item_id": ["i1"], "shown": [4], "rewarded": [1]})
    counts.write_csv(folder / "state.csv")
    counts.with_columns(item_id=pl.lit("x")).write_csv(folder / "others.csv")
    lists().with_columns(user_id=pl.lit("?")).head(1).write_csv(folder / "away.csv")
    lists().with_columns(rank=pl.lit(1)).head(2).write_csv(folder / "twice.csv")
    chances().drop("chance").write_csv(folder / "bare.csv")
    done = run("ope", "log.csv", *words, cwd=folder, check=status)
    assert message in done.stderr.decode()
    assert len(done.stderr.decode().strip().splitlines()) == 1
    assert not done.stdout
