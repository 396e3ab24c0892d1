"""The diff command as a process: every measure against dictionaries, guards, refusals."""

import io
import json
import random
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

K = 4


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Lists of before and of now as plain rows and as foreign files in no order."""
    rng = random.Random(11)
    folder = tmp_path_factory.mktemp("diff")
    things = [f"i{at:02}" for at in range(25)]
    old = {f"u{at:02}": rng.sample(things[:20], rng.randint(1, 7)) for at in range(40)}
    new = {user: rng.sample(items, len(items)) for user, items in old.items() if user > "u04"}
    new |= {f"u{at:02}": rng.sample(things, rng.randint(1, 7)) for at in range(20, 43)}
    new |= {user: old[user] for user in ("u05", "u06")}
    tables = {}
    for name, lists in (("old", old), ("new", new)):
        scores = {(user, item): rng.random() for user in lists for item in lists[user]}
        rows = [
            {"user_id": user, "item_id": item, "rank": at, "score": scores[user, item]}
            for user in lists
            for at, item in enumerate(lists[user], 1)
        ]
        rng.shuffle(rows)
        pl.DataFrame(rows).write_csv(folder / f"{name}.csv")
        tables[name] = (lists, scores)
    history = [(f"h{at}", item) for at in range(30) for item in rng.sample(things[:15], 5)]
    pl.DataFrame(history, ["user_id", "item_id"], orient="row").write_csv(folder / "history.csv")
    titles = pl.DataFrame({"item_id": things, "title": [f"[/{item}]\x1b[1m" for item in things]})
    titles.write_csv(folder / "items.csv")
    return folder, tables, Counter(item for _, item in history), things


def measured(recli, folder, *words):
    done = recli("diff", "old.csv", "new.csv", "-k", K, *words, "-f", "csv", cwd=folder)
    return {
        (row["measure"], row["k"]): row for row in pl.read_csv(io.BytesIO(done.stdout)).to_dicts()
    }


def mean(values):
    return sum(values) / len(values)


def test_agrees_with_a_slow_comparison(recli, world):
    folder, tables, popular, things = world
    (old, before), (new, after) = tables["old"], tables["new"]
    more = ("--history", "history.csv", "--items", "items.csv")
    found = measured(recli, folder, *more)
    both = sorted({*old} & {*new})
    pairs = [({*old[user][:K]}, {*new[user][:K]}) for user in both]
    expected = {
        "overlap": mean([len(a & b) / max(len(a), len(b)) for a, b in pairs]),
        "churn": mean([len(b - a) / len(b) for a, b in pairs]),
        "jaccard": mean([len(a & b) / len(a | b) for a, b in pairs]),
        "identical": mean([old[user][:K] == new[user][:K] for user in both]),
    }
    for name, value in expected.items():
        row = found[name, K]
        assert row["value"] == pytest.approx(value), name
        assert row["low"] <= row["value"] <= row["high"], name
        assert row["users"] == len(both)
    first = mean([old[user][0] == new[user][0] for user in both])
    assert found["identical", 1]["value"] == pytest.approx(first)

    def percentile(item):
        less = sum(popular[other] < popular[item] for other in things)
        alike = sum(popular[other] == popular[item] for other in things)
        return (less + alike / 2) / len(things)

    sides = [
        mean([mean([percentile(item) for item in lists[user][:K]]) for user in both])
        for lists in (old, new)
    ]
    row = found["popularity", K]
    assert [row["old"], row["new"], row["value"]] == pytest.approx([*sides, sides[1] - sides[0]])
    assert row["low"] < row["value"] < row["high"]
    shown = [Counter(i for items in lists.values() for i in items[:K]) for lists in (old, new)]
    assert found["coverage", K]["new"] == pytest.approx(len(shown[1]) / len(things))
    gaps = [sum(abs(one[a] - one[b]) for a in things for b in things) for one in shown]
    ginis = [gap / (2 * len(things) * one.total()) for gap, one in zip(gaps, shown, strict=True)]
    assert found["gini", K]["value"] == pytest.approx(ginis[1] - ginis[0])
    stayed = [after[pair] - before[pair] for pair in after if pair in before]
    assert found["score", 0]["value"] == pytest.approx(mean(stayed), abs=1e-6)
    assert found["users-lost", 0]["value"] == pytest.approx(5 / 40)
    assert found["users-gained", 0]["value"] == pytest.approx(3 / 38)
    assert found["users", 0]["value"] == pytest.approx(38 / 40 - 1)
    lengths = [mean([len(items) for items in lists.values()]) for lists in (old, new)]
    assert found["length", 0]["value"] == pytest.approx(lengths[1] - lengths[0])


def test_names_the_items_and_users_that_moved_most(recli, world):
    folder, tables, _, _ = world
    old, new = tables["old"][0], tables["new"][0]
    words = ("-k", K, "--items", "items.csv", "--movers", 3, "--json")
    report = json.loads(recli("diff", "old.csv", "new.csv", *words, cwd=folder).stdout)
    shown = [Counter(i for items in lists.values() for i in items[:K]) for lists in (old, new)]
    change = {item: shown[1][item] - shown[0][item] for one in shown for item in one}
    rises = sorted((item for item in change if change[item] > 0), key=lambda i: (-change[i], i))
    falls = sorted((item for item in change if change[item] < 0), key=lambda i: (change[i], i))
    assert [row["item_id"] for row in report["movers"]] == rises[:3] + falls[:3]
    assert report["movers"][0] == {
        "item_id": rises[0],
        "title": f"[/{rises[0]}]\x1b[1m",
        "old": shown[0][rises[0]],
        "new": shown[1][rises[0]],
        "change": change[rises[0]],
    }
    least = min(
        len({*old[user][:K]} & {*new[user][:K]}) / max(len(old[user][:K]), len(new[user][:K]))
        for user in {*old} & {*new}
    )
    assert len(report["least_overlap"]) == 3
    assert report["least_overlap"][0]["overlap"] == pytest.approx(least)
    assert report["users"] == {"old": 40, "new": 38, "both": 35, "lost": 5, "gained": 3}


def test_a_page_for_people_is_80_wide_and_shows_titles_without_obeying_them(recli, world):
    words = ("--items", "items.csv", "--history", "history.csv", "-f", "table")
    done = recli("diff", "old.csv", "new.csv", *words, cwd=world[0])
    page = done.stdout.decode()
    assert "\x1b" not in page
    assert "35 users in both, 5 lost, 3 gained" in page
    assert "\\x1b[1m" in page
    assert max(map(len, page.splitlines())) <= 80


def test_the_same_lists_differ_in_nothing(recli, world):
    folder = world[0]
    lines = (folder / "old.csv").read_bytes().splitlines(keepends=True)
    (folder / "turned.csv").write_bytes(b"".join([lines[0], *reversed(lines[1:])]))
    guards = [f"--fail-if={one}@10 < 1" for one in ("overlap", "rbo", "jaccard", "identical")]
    guards += [f"--fail-if={one} > 0" for one in ("churn@10", "users-lost", "score-psi")]
    done = recli(
        "diff", "-", "turned.csv", *guards, "-f", "csv", "-q", cwd=folder, input=b"".join(lines)
    )
    assert done.stderr == b""
    assert all(
        row["value"] == (row["measure"] in ("overlap", "jaccard", "rbo", "identical"))
        for row in pl.read_csv(io.BytesIO(done.stdout)).to_dicts()
    )


def test_a_guard_that_holds_ends_with_status_3_after_the_report(recli, world, tmp_path):
    words = ["old.csv", "new.csv", "-o", tmp_path / "d.parquet", "-q"]
    recli("diff", *words, "--fail-if", "users-lost > 50%", "--fail-if", "rbo@3<=0", cwd=world[0])
    assert {3, 10} <= {*pl.read_parquet(tmp_path / "d.parquet")["k"]}
    (tmp_path / "d.parquet").unlink()
    guards = ["--fail-if", "users-lost > 1%", "--fail-if", "overlap@5<2e0"]
    done = recli("diff", *words, *guards, cwd=world[0], check=3)
    assert (tmp_path / "d.parquet").exists()
    lost, overlap = done.stderr.decode().splitlines()
    assert lost == "recli diff: error: users-lost is 0.125: --fail-if 'users-lost > 1%'"
    assert overlap.startswith("recli diff: error: overlap@5 is 0.")


def test_an_empty_table_is_a_result_and_no_crash(recli, world, tmp_path):
    pl.DataFrame({"user_id": [], "item_id": [], "rank": []}).cast(
        {"user_id": pl.String, "item_id": pl.String, "rank": pl.Int32}
    ).write_parquet(tmp_path / "empty.parquet")
    new = Path(world[0]) / "new.csv"
    words = ("diff", "empty.parquet", new, "-f", "table")
    page = recli(*words, "--fail-if", "users-lost > 0", cwd=tmp_path).stdout.decode()
    assert "0 users in both, 0 lost, 38 gained" in page
    done = recli("diff", new, "empty.parquet", "--json", cwd=tmp_path)
    found = {one["measure"]: one["value"] for one in json.loads(done.stdout)["measures"]}
    assert (found["users-lost"], found["overlap"], found["coverage"]) == (1.0, None, None)
    done = recli(*words, "--fail-if", "overlap@10 < 0.1", cwd=tmp_path, check=3)
    assert b"overlap@10 is not measured" in done.stderr
    done = recli("diff", "empty.parquet", "empty.parquet", "-f", "table", cwd=tmp_path)
    assert b"0 users in both, 0 lost, 0 gained" in done.stdout


@pytest.mark.parametrize(
    ("code", "words", "says"),
    [
        (2, ["old.csv", "new.csv", "--fail-if", "overlap < 1"], "write overlap@10"),
        (2, ["-", "-"], "both old and new would read standard input"),
        (65, ["old.csv", "unscored.csv", "--fail-if", "score-ks > .1"], "no column 'score'"),
        (65, ["old.csv", "numbers.parquet"], "same --id-type"),
    ],
)
def test_what_cannot_be_compared_is_refused(recli, world, code, words, says):
    folder = world[0]
    rows = pl.read_csv(folder / "old.csv")
    rows.drop("score").write_csv(folder / "unscored.csv")
    rows.with_columns(user_id=pl.lit(1)).write_parquet(folder / "numbers.parquet")
    done = recli("diff", *words, cwd=folder, check=code)
    assert says in done.stderr.decode()
    assert len(done.stderr.decode().strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("ndcg@5 < 1", "there are overlap@K, churn@K"),
        ("churn@0 < 1", "write churn@10"),
        ("users@5 < 1", "write users"),
        ("churn@5 = 1", "is no condition"),
        ("churn@5 < x", "is no condition"),
        ("churn@5", "is no condition"),
    ],
)
def test_a_condition_that_is_none_is_refused(word, says):
    from recli.errors import RecliError
    from recli.stages.diff_asked import guards_of

    with pytest.raises(RecliError, match=says) as caught:
        guards_of(["churn@5 < 1", word])
    assert int(caught.value.code) == 2


def test_columns_that_came_or_went_are_told(recli, world):
    folder = world[0]
    rows = pl.read_csv(folder / "old.csv")
    rows.drop("score").with_columns(source=pl.lit("als")).write_csv(folder / "other.csv")
    done = recli("diff", "old.csv", "other.csv", "-f", "csv", cwd=folder)
    assert b"only old.csv has a column score" in done.stderr
    assert b"only other.csv has a column source" in done.stderr
    assert b"score" not in done.stdout


@pytest.mark.parametrize("rows", [1, 17])
def test_no_bit_depends_on_the_size_of_blocks(world, rows):
    from recli.stages.diff import Inputs, diff
    from recli.stages.diff_asked import Choices
    from recli.store.open import open_table
    from recli.tables import LISTS

    tables = [open_table(str(world[0] / f"{side}.csv"), LISTS) for side in ("old", "new")]
    whole = diff(Inputs(*tables), Choices((5, 1)), iter)
    cut = diff(Inputs(*tables), Choices((5, 1), rows=rows), iter)
    assert repr(cut.measures) == repr(whole.measures)
    assert cut.movers.equals(whole.movers)
    assert cut.least.equals(whole.least)
