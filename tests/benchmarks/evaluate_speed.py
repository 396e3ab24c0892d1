"""Speed and memory of `recli evaluate`, reading included, against ir_measures and ranx.

    python tests/benchmarks/evaluate_speed.py --users 500000

Bars with 500,000 users of 20 items, at most 2 GiB: at least 2 million list rows/s of six metrics,
0.7 million of all metrics of lists together, and 20 times as fast as ranx (1 million rows, three
metrics, loading included, without the start of either and with its code compiled; skipped where
it is not installed: it is in the extra `bench`). The
peers keep everything in Python objects, so they are given fewer users, and read the same files.
The last lines are recli with the popularity baseline, and with twice the users: memory must not
grow.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from recli import registry
from recli.contract import Contract
from recli.store.provenance import Provenance
from recli.store.write import Output
from recli.tables import CANDIDATES, INTERACTIONS
from recli.tables import ITEMS as ITEMS_TABLE

DEPTH = 20
ITEMS = 100_000
SIX = ["ndcg@10", "recall@10", "precision@10", "map@10", "mrr@10", "hit-rate@10"]
MORE = ["coverage@10", "gini@10", "novelty@10"]
PEER = """
import sys, polars as pl, ir_measures
from ir_measures import AP, RR, P, R, Success, nDCG
lists, truth = (pl.read_parquet(path) for path in sys.argv[1:])
run, qrels = {}, {}
for user, item, score in lists.select("user_id", "item_id", "score").iter_rows():
    run.setdefault(user, {})[item] = score
for user, item in truth.select("user_id", "item_id").iter_rows():
    qrels.setdefault(user, {})[item] = 1
print(ir_measures.calc_aggregate([nDCG@10, R@10, P@10, AP@10, RR@10, Success@10], qrels, run))
"""


RANX = """
import sys, time, polars as pl
from ranx import Qrels, Run, evaluate
evaluate(Qrels({"a": {"x": 1}}), Run({"a": {"x": 1.0}}), ["ndcg@10", "recall@10", "mrr@10"])
start = time.monotonic()
lists, truth = (pl.read_parquet(path) for path in sys.argv[1:])
lists = lists.with_columns(pl.col("score").cast(pl.Float64))
truth = truth.with_columns(score=pl.lit(1, pl.Int64))
lists, truth = (
    table.select("user_id", "item_id", "score")
    .to_pandas()
    .astype({"user_id": object, "item_id": object})
    for table in (lists, truth)
)
names = {"q_id_col": "user_id", "doc_id_col": "item_id", "score_col": "score"}
run, qrels = Run.from_df(lists, **names), Qrels.from_df(truth, **names)
evaluate(qrels, run, ["ndcg@10", "recall@10", "mrr@10"], make_comparable=True)
print(time.monotonic() - start)
"""
OURS = """
import sys, time
from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, LISTS
asked = [parsed(word) for word in ("ndcg@10", "recall@10", "mrr@10")]
for warm in (True, False):
    start = time.monotonic()
    lists, truth = (open_table(*pair) for pair in zip(sys.argv[1:], (LISTS, INTERACTIONS)))
    inputs = Inputs({"lists": lists}, truth)
    asked, _ = checked(inputs, asked, [], Choices())
    evaluate(inputs, asked, Choices(), iter)
print(time.monotonic() - start)
"""


def every() -> list[str]:
    """Every metric that can be asked of lists, truth, history and items."""
    words = []
    for name in registry.names("metrics"):
        plugin = registry.load("metrics", name)
        if {"log", "rating"}.isdisjoint(getattr(plugin, "NEEDS", ())):
            word = name if getattr(plugin, "PLACES", "") == "none" else f"{name}@10"
            words.append(word)
    return words


def save_items(path: Path) -> None:
    """A catalogue with two genres and a provider an item."""
    rng = np.random.default_rng(4)
    genres = pl.Series(["drama", "comedy", "crime", "war", "music", "family", "sport", "news"])
    two = genres.gather(rng.integers(0, 8, 2 * ITEMS)).to_numpy().reshape(-1, 2)
    rows = pl.DataFrame(
        {
            "item_id": [f"item{at}" for at in range(ITEMS)],
            "genres": pl.Series(two.tolist(), dtype=pl.List(pl.String)),
            "provider": pl.Series(rng.integers(0, 500, ITEMS)).cast(pl.String),
        }
    )
    Output(str(path), ITEMS_TABLE).write([rows.sort("item_id")], Provenance("benchmark"), {})


def save(path: Path, contract: Contract, users: int, seed: int, a_user: int) -> None:
    """Rows of recli's own, items of each user distinct and skewed towards the first ones."""
    rng = np.random.default_rng(seed)
    ids = pl.Series([f"item{at}" for at in range(ITEMS)])

    def blocks():
        for start in range(0, users, 50_000):
            count = min(50_000, users - start)
            first = (rng.random((count, 1)) ** 4 * ITEMS).astype(np.int64)
            # Steps of one or more keep a user's items apart.
            steps = rng.integers(1, 5, (count, a_user)).cumsum(axis=1)
            names = pl.Series([f"user{at:09}" for at in range(start, start + count)])
            rows = pl.DataFrame(
                {
                    "user_id": names.gather(np.repeat(np.arange(count), a_user)),
                    "item_id": ids.gather(((first + steps) % ITEMS).ravel()),
                }
            )
            if contract is CANDIDATES:
                places = np.tile(np.arange(1, a_user + 1, dtype=np.int32), count)
                rows = rows.with_columns(
                    score=pl.Series((1 / places).astype(np.float32)), rank=pl.Series(places)
                )
            yield rows

    Output(str(path), contract).write(blocks(), Provenance("benchmark"), {})


def timed(name: str, words: list[str], rows: int) -> float:
    """Run a process, print its numbers, return rows/s."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words} ended with {status}")
    seconds = time.monotonic() - start
    busy = usage.ru_utime + usage.ru_stime
    print(
        f"{name:34} {rows:>11,} rows {seconds:6.1f} s ({busy:5.1f} of processor) "
        f"{rows / seconds:>10,.0f} rows/s  peak {usage.ru_maxrss / 1024:,.0f} MiB",
        flush=True,
    )
    return rows / seconds


def main() -> None:
    """Print a line for each run and the ratio to the peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=500_000)
    parser.add_argument("--peer-users", type=int, default=25_000)
    parser.add_argument("--twice", action="store_true", help="also twice as many users")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)

        def evaluate(name: str, users: int, metrics: list[str], *more: str) -> float:
            tables = [str(place / f"{role}{users}.parquet") for role in ("lists", "truth")]
            words = [sys.executable, "-m", "recli", "evaluate", *tables, *metrics, "-q", *more]
            return timed(name, words, users * DEPTH)

        sizes = [chosen.peer_users, chosen.users, *([2 * chosen.users] if chosen.twice else [])]
        for users in sizes:
            save(place / f"lists{users}.parquet", CANDIDATES, users, 1, DEPTH)
            save(place / f"truth{users}.parquet", INTERACTIONS, users, 2, 5)
        save(place / "history.parquet", INTERACTIONS, chosen.users, 3, 20)
        evaluate("recli, compiling", chosen.peer_users, SIX)
        small = evaluate("recli, small", chosen.peer_users, SIX)
        files = [str(place / f"{role}{chosen.peer_users}.parquet") for role in ("lists", "truth")]
        words = [sys.executable, "-c", PEER, *files]
        peer = timed("ir_measures, small", words, chosen.peer_users * DEPTH)
        large = evaluate("recli, six metrics", chosen.users, SIX)
        history = ["--history", str(place / "history.parquet")]
        evaluate("recli, nine and popularity", chosen.users, SIX + MORE, *history)
        save_items(place / "items.parquet")
        beside = [*history, "--items", str(place / "items.parquet"), "--no-baseline"]
        evaluate("recli, all, compiling", chosen.peer_users, every(), *beside)
        evaluate(f"recli, all {len(every())} of lists", chosen.users, every(), *beside)
        if find_spec("ranx") is not None:
            users = 1_000_000 // DEPTH
            for role, contract, seed, a_user in (
                ("lists", CANDIDATES, 1, DEPTH), ("truth", INTERACTIONS, 2, 5),
            ):  # fmt: skip
                save(place / f"{role}{users}.parquet", contract, users, seed, a_user)
            files = [str(place / f"{role}{users}.parquet") for role in ("lists", "truth")]
            seconds = [
                float(subprocess.check_output([sys.executable, "-c", code, *files]).split()[-1])
                for code in (RANX, OURS)
            ]
            ratio = seconds[0] / seconds[1]
            print(f"three metrics: ranx {seconds[0]:.2f} s, recli {seconds[1]:.2f} s: {ratio:.1f}x")
        else:
            print("ranx is not installed: not compared (pip install recli[bench])")
        if chosen.twice:
            evaluate("recli, twice the users", 2 * chosen.users, SIX)
        print(f"ratio to ir_measures: {small / peer:.1f} small, {large / peer:.1f} at size")


if __name__ == "__main__":
    main()
