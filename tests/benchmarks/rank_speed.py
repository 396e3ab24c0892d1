"""Speed of `rank` beside LightGBM alone on a ready matrix: candidates a second, peak memory.

    python tests/benchmarks/rank_speed.py [--quick]

A generated shop, 200 candidates a user, a ranker of 100 trees. The command runs in a process of
its own on two numbers of users: the longer run less the shorter one is the rate without the
start. LightGBM scores the features of one block, held in memory, with the same threads.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl

from recli.contract import Contract
from recli.stages import features_block, rank
from recli.store.artefact import open_artefact
from recli.store.blocks import blocks
from recli.store.open import open_table
from recli.store.provenance import Provenance
from recli.store.write import Output
from recli.tables import CANDIDATES, INTERACTIONS, ITEMS

LISTED, EVENTS, KINDS, WORDS = 200, 50, 12, 3000
END = 1_700_000_000 * 1_000_000
DAY = 86_400_000_000
BAR = 500_000


def ids(letter: str, numbers: np.ndarray) -> pl.Series:
    known = pl.Series([f"{letter}{number:08d}" for number in range(int(numbers.max()) + 1)])
    return known.gather(numbers)


def times(micros: np.ndarray) -> pl.Series:
    return pl.Series(micros).cast(pl.Datetime("us", "UTC"))


def catalogue(items: int, draw: np.random.Generator) -> pl.DataFrame:
    words = np.array([f"word{word}" for word in range(WORDS)])
    titles = [" ".join(line) for line in words[draw.integers(0, WORDS, (items, 4))]]
    return pl.DataFrame(
        {
            "item_id": ids("i", np.arange(items)),
            "title": titles,
            "kind": [f"kind{kind}" for kind in draw.integers(0, KINDS, items)],
            "price": draw.random(items),
            "released": times(END - draw.integers(0, 900, items) * DAY).dt.date(),
        }
    )


def chosen(users: int, items: int, count: int, draw: np.random.Generator) -> np.ndarray:
    """Item numbers [users, count], some more popular than others."""
    return (items * draw.random((users, count)) ** 2).astype(np.int64)


def save(rows: pl.DataFrame, path: Path, contract: Contract) -> None:
    """As a command would leave it: in order, with a record, to be streamed in place."""
    Output(str(path), contract).write(rows.iter_slices(1 << 17), Provenance("generate"), {})


def write(folder: Path, users: int, items: int) -> None:
    """History and candidates of so many users, and labels of the first thousand."""
    draw = np.random.default_rng(0)
    folder.mkdir()
    save(catalogue(items, draw), folder / "items.parquet", ITEMS)
    who = np.repeat(np.arange(users), EVENTS)
    when = np.sort(draw.integers(0, 365 * DAY, (users, EVENTS)), axis=1).ravel() + END - 365 * DAY
    past = chosen(users, items, EVENTS, draw).ravel()
    columns = {"user_id": ids("u", who), "item_id": ids("i", past), "timestamp": times(when)}
    save(pl.DataFrame(columns), folder / "history.parquet", INTERACTIONS)
    who = np.repeat(np.arange(users), LISTED)
    offered = chosen(users, items, LISTED, draw).ravel()
    scores = -np.sort(-draw.random((users, LISTED)).astype(np.float32), axis=1).ravel()
    ranks = np.tile(np.arange(1, LISTED + 1, dtype=np.int32), users)
    lists = pl.DataFrame(
        {"user_id": ids("u", who), "item_id": ids("i", offered), "score": scores, "rank": ranks}
    ).with_columns(source=pl.lit("als"))
    save(lists, folder / "candidates.parquet", CANDIDATES)
    first = np.flatnonzero((who < 1000) & (draw.random(len(who)) < scores / 10))
    labels = lists[first].select("user_id", "item_id")
    labels = labels.with_columns(timestamp=times(np.full(len(first), END + DAY)))
    labels = labels.sort(INTERACTIONS.order)
    save(labels, folder / "labels.parquet", INTERACTIONS)


def recli(*words: object) -> tuple[float, float]:
    """Seconds and peak MiB of a command, as its last line tells them."""
    command = [sys.executable, "-m", "recli", *map(str, words)]
    last = subprocess.run(command, check=True, capture_output=True).stderr.decode()
    found = re.search(r"([\d.]+) s, peak ([\d,]+) MiB", last)
    if not found:
        raise ValueError(last)
    return float(found[1]), float(found[2].replace(",", ""))


def ranked(folder: Path, ranker: Path, threads: int) -> tuple[float, float]:
    return recli(
        "rank", ranker, folder / "candidates.parquet", "--history", folder / "history.parquet",
        "--items", folder / "items.parquet", "-o", folder / "out.parquet", "--threads", threads,
    )  # fmt: skip


def alone(folder: Path, ranker: Path, threads: int) -> tuple[int, float, float]:
    """Features, and seconds a candidate of making them and of LightGBM on them."""
    tables = {
        "candidates": open_table(str(folder / "candidates.parquet"), CANDIDATES),
        "history": open_table(str(folder / "history.parquet"), INTERACTIONS),
        "items": open_table(str(folder / "items.parquet"), ITEMS),
    }
    artefact = open_artefact(str(ranker))
    stage = rank.build(artefact, tables, rank.Choices(threads=threads))()
    booster = lightgbm.Booster(model_file=str(artefact.file("model.txt")))
    first = ("candidates", tables["candidates"])
    block = next(blocks(first, {"history": tables["history"]}))
    making, scoring = [], []
    for _ in range(5):
        begun = time.perf_counter()
        rows = features_block.of_block(stage.making, block)
        for users in rows.runs():
            rows.features(users, threads)
        making.append(time.perf_counter() - begun)
        ready = rows.features(slice(0, len(rows.users)), threads)
        begun = time.perf_counter()
        booster.predict(ready, raw_score=True, num_threads=threads)
        scoring.append(time.perf_counter() - begun)
    return ready.shape[1], min(making) / len(ready), min(scoring) / len(ready)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data")
    parser.add_argument("--threads", type=int, default=2)
    chosen_options = parser.parse_args()
    users, items = (4_000, 10_000) if chosen_options.quick else (30_000, 100_000)
    threads = chosen_options.threads
    with tempfile.TemporaryDirectory() as name:
        small, large = Path(name) / "small", Path(name) / "large"
        # A child's peak memory begins at that of its parent, so this process must stay small.
        for folder, count in ((small, users // 3), (large, users)):
            child = get_context("spawn").Process(target=write, args=(folder, count, items))
            child.start()
            child.join()
        ranker = Path(name) / "ranker.model"
        recli(
            "train-lambdamart", small / "candidates.parquet", "--labels", small / "labels.parquet",
            "--history", small / "history.parquet", "--items", small / "items.parquet",
            "--trees", 100, "--validation", 0, "-o", ranker,
        )  # fmt: skip
        runs = [(ranked(small, ranker, threads), ranked(large, ranker, threads)) for _ in range(3)]
        count, making, scoring = alone(large, ranker, threads)
    short, long = (min(seconds) for seconds in zip(*([a[0], b[0]] for a, b in runs), strict=True))
    rate = (users - users // 3) * LISTED / (long - short)
    print(f"{count} features, 100 trees, {threads} threads, {items:,} items")
    print(f"features alone       {1 / making:12,.0f} candidates/s")
    print(f"LightGBM alone       {1 / scoring:12,.0f} candidates/s")
    print(f"rank, end to end     {rate:12,.0f} candidates/s (bar {BAR:,})")
    print(f"  with its start     {users * LISTED / long:12,.0f} candidates/s, {long:.1f} s")
    print(f"rank / LightGBM      {rate * scoring:12.0%}")
    print(f"peak memory          {runs[0][0][1]:,.0f} MiB at {users // 3:,} users, "
          f"{runs[0][1][1]:,.0f} MiB at {users:,}")  # fmt: skip


if __name__ == "__main__":
    main()
