"""The score command as a process: the same scores as retrieve's, and every pair accounted for."""

import io

import polars as pl
import pytest


def table(done):
    return pl.read_parquet(io.BytesIO(done.stdout))


def rated(folder):
    """A log in which everybody rated, as three tables: train, test, and test's pairs alone."""
    rows = [
        (f"u{user:02}", f"i{item:02}", 1.0 + (user * item + user + 2 * item) % 5)
        for user in range(30)
        for item in range(20)
        if (user + 3 * item) % 4
    ]
    frame = pl.DataFrame(rows, ["user_id", "item_id", "rating"], orient="row")
    late = pl.int_range(pl.len()) % 7 == 0
    frame.filter(~late).write_csv(folder / "train.csv")
    new = pl.DataFrame({"user_id": ["u00", "zz"], "item_id": ["zz", "i01"], "rating": [3.0, 4.0]})
    test = pl.concat([frame.filter(late), new]).with_columns(note=pl.lit("kept"))
    test.write_csv(folder / "test.csv")
    return frame.filter(~late), test


@pytest.mark.parametrize("name", ["als", "item-knn", "popularity", "user-knn", "random"])
def test_a_pair_has_the_score_that_retrieve_gives_it(name, recli, workplace):
    words = ["--history", "train.parquet"]
    recli(f"train-{name}", "train.parquet", "-o", "m.model", cwd=workplace)
    lists = table(recli("retrieve", "m.model", *words, "-k", "150", "--keep-seen", cwd=workplace))
    own = lists.filter(pl.col("status").is_in(["known", "folded"]))
    own.select("user_id", "item_id").sort("user_id").write_parquet(workplace / "pairs.parquet")
    found = table(recli("score", "m.model", "pairs.parquet", *words, cwd=workplace))
    assert found.height == own.height > 0
    keys = ["user_id", "item_id"]
    assert found.sort(keys).equals(own.select(found.columns).sort(keys))


def test_an_index_scores_as_its_model_does(recli, workplace):
    words = ["test.parquet", "--history", "train.parquet", "-o"]
    recli("score", "als.model", *words, "one.parquet", cwd=workplace)
    recli("score", "als.index", *words, "two.parquet", cwd=workplace)
    one, two = (pl.read_parquet(workplace / f"{name}.parquet") for name in ("one", "two"))
    assert one.equals(two)


def test_workers_threads_and_the_order_of_the_pairs_change_nothing(recli, workplace):
    pairs = pl.read_parquet(workplace / "test.parquet").unique(["user_id", "item_id"])
    pairs.select("user_id", "item_id").sample(fraction=1, shuffle=True, seed=3).write_csv(
        workplace / "pairs.csv"
    )
    words = ["score", "als.model", "pairs.csv", "--history", "train.parquet", "-f", "csv"]
    plain = recli(*words, "--threads", "1", cwd=workplace).stdout
    assert plain == recli(*words, "--threads", "3", "--jobs", "2", cwd=workplace).stdout
    assert plain.count(b"\n") > 100


def test_a_model_of_ratings_scores_every_pair_and_says_how(recli, tmp_path):
    train, test = rated(tmp_path)
    recli("train-biased-mf", "train.csv", "-o", "m.model", cwd=tmp_path)
    done = recli("score", "m.model", "test.csv", "-f", "parquet", cwd=tmp_path)
    found = table(done)
    assert found.height == test.height
    assert found["score"].is_between(train["rating"].min(), train["rating"].max()).all()
    assert set(found["note"]) == {"kept"}
    by_pair = {(user, item): rest for user, item, *rest in found.iter_rows()}
    assert by_pair["u00", "zz"][3] == "fallback"
    assert by_pair["zz", "i01"][3] == "fallback"
    assert found.filter(pl.col("status") == "known").height == test.height - 2
    assert "2 from what is so on average" in done.stderr.decode()
    ranks = found.group_by("user_id", maintain_order=True).agg("rank", "score")
    for _, places, scores in ranks.iter_rows():
        assert places == list(range(1, len(places) + 1))
        assert scores == sorted(scores, reverse=True)


def test_a_new_user_is_scored_by_her_history(recli, tmp_path):
    rated(tmp_path)
    (tmp_path / "history.csv").write_text("user_id,item_id,rating\nzz,i02,5\nzz,i05,5\nzz,i07,5\n")
    recli("train-svd-pp", "train.csv", "-o", "m.model", cwd=tmp_path)
    (tmp_path / "pairs.csv").write_text("user_id,item_id\nzz,i01\n")
    words = ["score", "m.model", "pairs.csv", "-f", "parquet"]
    bare = table(recli(*words, cwd=tmp_path))
    told = table(recli(*words, "--history", "history.csv", cwd=tmp_path))
    assert bare["status"].to_list() == ["fallback"]
    assert told["status"].to_list() == ["folded"]
    assert told["score"][0] > bare["score"][0]


def test_scored_pairs_can_be_evaluated(recli, tmp_path):
    rated(tmp_path)
    recli("train-als-explicit", "train.csv", "-o", "m.model", cwd=tmp_path)
    scored = recli("score", "m.model", "test.csv", cwd=tmp_path).stdout
    words = ["evaluate", "-", "test.csv", "rmse", "mae", "ndcg@10", "-f", "csv"]
    report = pl.read_csv(io.BytesIO(recli(*words, input=scored, cwd=tmp_path).stdout))
    found = table(recli("score", "m.model", "test.csv", cwd=tmp_path))
    errors = found["score"].cast(pl.Float64) - found["rating"]
    assert report["value"][0] == pytest.approx((errors**2).mean() ** 0.5)
    assert report["value"][1] == pytest.approx(errors.abs().mean())


def test_other_models_leave_out_what_they_do_not_know(recli, workplace):
    known = pl.read_parquet(workplace / "train.parquet")["item_id"][0]
    rows = [("u", "nothing"), ("nobody", known), ("nobody", known)]
    pl.DataFrame(rows, ["user_id", "item_id"], orient="row").write_csv(workplace / "pairs.csv")
    done = recli("score", "als.model", "pairs.csv", "-f", "csv", cwd=workplace)
    assert done.stdout.decode().splitlines() == ["user_id,item_id,score,rank,source,status"]
    said = done.stderr.decode()
    assert "1 repeated, left out" in said
    assert "1 of items that the model does not know, left out" in said
    assert "1 of users or items of whom it can say nothing, left out" in said


def test_what_cannot_work_is_refused_first(recli, workplace):
    recli("train-item-knn", "train.parquet", "-o", "knn.model", cwd=workplace)
    done = recli("score", "knn.model", "test.parquet", check=2, cwd=workplace)
    assert b"add --history TABLE" in done.stderr
    (workplace / "pairs.csv").write_text("user_id,thing\na,b\n")
    done = recli("score", "als.model", "pairs.csv", check=65, cwd=workplace)
    assert b"no column 'item_id'" in done.stderr
    done = recli("score", "items.parquet", "test.parquet", check=None, cwd=workplace)
    assert done.returncode not in (0, 1)
