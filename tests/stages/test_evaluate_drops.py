"""How far lists may fall, and names that fit into a column."""

import math

import pytest

from recli.errors import RecliError
from recli.kernels.paired import Difference
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_drops import drops_of
from recli.stages.evaluate_held import held, standing
from recli.stages.evaluate_table import short
from recli.stages.evaluate_verdict import p_value, signed


def beside(word, own, baseline):
    nothing = math.nan, math.nan, math.nan
    return Compared(parsed(word), "a", "b", Difference(own, baseline, *nothing, 9), math.nan)


@pytest.mark.parametrize(
    ("gate", "own", "met"),
    [
        ("ndcg@5=0.01", 0.49, True),  # 0.5 - 0.49 is a little more than 0.01 in floating point
        ("ndcg@5=0.01", 0.4899, False),
        ("ndcg@5=2%", 0.49, True),
        ("ndcg@5=2%", 0.4899, False),
        ("ndcg@5=0", 0.5, True),
        ("ndcg@5=0", 0.9, True),
        ("ndcg@5=0", math.nan, False),
        ("rmse=0.1", 0.6, True),
        ("rmse=10%", 0.6, False),
        ("rmse=0", 0.1, True),
    ],
)
def test_lists_may_be_so_much_below_the_baseline(gate, own, met):
    (drop,) = drops_of([gate])
    assert drop.met(beside(gate.partition("=")[0], own, 0.5)) == met


@pytest.mark.parametrize("word", ["ndcg@5", "ndcg@5=", "ndcg@5=-1", "ndcg@5=x%", "ndcg@5=inf"])
def test_a_gate_that_is_none_is_refused(word):
    with pytest.raises(RecliError, match="is no gate"):
        drops_of([word])


def test_the_baseline_is_the_first_table_or_one_of_its_own():
    assert held(["a", "b", "truth"], None, None) == ({"a": "a", "b": "b"}, "truth", "a")
    assert held(["a", "b", "truth"], "b", None)[2] == "b"
    assert held(["a", "truth"], "b", None) == ({"b": "b", "a": "a"}, "truth", "b")
    assert held(["a", "truth"], "popularity", "h") == ({"lists": "a"}, "truth", "popularity")
    for tables, baseline in (([], None), (["a"], None), (["a", "truth"], None), (["t"], "a")):
        with pytest.raises(RecliError):
            held(tables, baseline, None)


def test_baselines_of_a_history_stand_beside_unless_one_is_chosen():
    assert standing(None, None, [], none=False) == ("popularity", "item-knn")
    assert standing("item-knn", "h", [], none=False) == ("item-knn",)
    assert standing(None, "h", [], none=True) == ()
    with pytest.raises(RecliError, match="drop one"):
        standing("item-knn", "h", [], none=True)
    with pytest.raises(RecliError, match="drop --no-baseline"):
        standing(None, "h", drops_of(["mrr@5=1%"]), none=True)


def test_names_are_cut_only_where_they_do_not_fit_and_stay_apart():
    names = ["runs/monday/recs.parquet", "runs/tuesday/recs.parquet", "popularity"]
    assert list(short(names, 40).values()) == names
    assert list(short(names, 20).values()) == [
        "monday/recs.parquet",
        "tuesday/recs.parquet",
        "popularity",
    ]
    assert list(short(names, 10).values()) == ["1 …parquet", "2 …parquet", "popularity"]
    assert short(["a\x1b.csv"], 40) == {"a\x1b.csv": "a\\x1b.csv"}


def test_a_number_never_looks_like_another_side_of_its_bound():
    assert [signed(value) for value in (0.0, 4e-5, -4e-5, 0.12345)] == [
        "+0.0000",
        "+4e-05",
        "-4e-05",
        "+0.1235",
    ]
    assert [p_value(p) for p in (0.0001, 0.0499, 1.0)] == ["p < 0.001", "p = 0.049", "p = 1"]
