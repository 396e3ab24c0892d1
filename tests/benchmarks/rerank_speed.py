"""Users a second of the rules on lists of 200 candidates that are cut to 10.

    python tests/benchmarks/rerank_speed.py --users 100000

The bars, on two cores: cap 50,000 users/s, mmr 20,000, calibrated 10,000, dpp 5,000, and memory
that is flat in users. Vectors are those of a model with 64 factors, categories one list of 1 to 3
of 20 an item. `rule` is the rule's own work on the blocks of a table in memory, after one to warm
up; `stage` is all that is done with a block: the items' columns, the rule, its proof and its
price. `command` is the whole process less the start of one that has nothing to do, reading the
table and writing the lists with it, for N users and for 2 N with the peak of its memory.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from measured import recli

from recli import registry
from recli.engines.result import Block
from recli.stages.rerank_build import plan
from recli.stages.rerank_given import Given
from recli.stages.rerank_rule import Ruled
from recli.store.artefact import open_artefact
from recli.store.blocks import blocks
from recli.store.open import open_table
from recli.tables import CANDIDATES, INTERACTIONS, ITEMS

ITEM_COUNT, LONG, K, FACTORS = 20_000, 200, 10, 64
RULES: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "cap": ({"by": "genres", "max": 2, "top": K}, ("items",)),
    "mmr": ({"top": K}, ("items", "model")),
    "calibrated": ({"by": "genres", "top": K}, ("items", "history")),
    "dpp": ({"top": K}, ("items", "model")),
    "xquad": ({"by": "genres", "top": K}, ("items", "history")),
}
FILES = {"items": "items.parquet", "history": "history.parquet", "model": "als.model"}


def prepare(users: int, folder: Path) -> None:
    """Lists, items, histories of 20 rows, and a model of the items."""
    rng = np.random.default_rng(0)
    names = [f"I{number:06d}" for number in range(ITEM_COUNT)]
    genres = [
        [f"g{code}" for code in sorted({*rng.integers(0, 20, 1 + rng.integers(3)).tolist()})]
        for _ in names
    ]
    pl.DataFrame({"item_id": names, "genres": genres}).write_parquet(folder / "raw.parquet")
    recli("ingest", "raw.parquet", "--kind", "items", "-o", "items.parquet", cwd=folder)
    parts = []
    for begin in range(0, users, 10_000):
        count = min(10_000, users - begin)
        people = np.repeat([f"U{number:08d}" for number in range(begin, begin + count)], LONG)
        step = ITEM_COUNT // LONG  # so that no list holds an item twice
        drawn = step * np.argsort(rng.random((count, LONG)), axis=1) + rng.integers(0, step)
        scores = -np.sort(-rng.normal(size=(count, LONG)).astype(np.float32), axis=1)
        parts.append(
            pl.DataFrame(
                {
                    "user_id": people,
                    "item_id": np.array(names)[drawn.ravel()],
                    "score": scores.ravel(),
                    "rank": np.tile(np.arange(1, LONG + 1, dtype=np.int32), count),
                }
            )
        )
    lists = pl.concat(parts)
    lists.write_parquet(folder / "foreign.parquet")
    recli("rerank", "truncate", "foreign.parquet", "--to", LONG, "-o", "lists.parquet", cwd=folder)
    past = lists.filter(pl.col("rank") > LONG - 20).select("user_id", "item_id")
    past.write_parquet(folder / "past.parquet")
    recli("ingest", "past.parquet", "-o", "history.parquet", cwd=folder)
    few = past.head(200_000)
    few.write_parquet(folder / "few.parquet")
    words = ("--factors", FACTORS, "--iterations", 2, "-o", "als.model")
    recli("train-als", "few.parquet", *words, cwd=folder)


def inside(name: str, folder: Path, threads: int) -> tuple[float, float]:
    """Users a second of the rule alone, and of the stage, on blocks in memory."""
    options, read = RULES[name]
    kinds = {"items": ITEMS, "history": INTERACTIONS}
    tables = {"candidates": open_table(str(folder / "lists.parquet"), CANDIDATES)}
    for role in read:
        if role in kinds:
            tables[role] = open_table(str(folder / FILES[role]), kinds[role])
    model = open_artefact(str(folder / "als.model"), "model") if "model" in read else None
    rule = registry.load("rerankers", name)(**options)
    steps = plan([Ruled(rule, k=K)], Given(tables, model, threads))
    chain = steps.build()
    held: list[Block] = []
    for block in blocks(("candidates", tables["candidates"]), steps.beside):
        held.append(block)
        if len(held) == 4:
            break
    (step,) = chain.steps
    seen = [(step._widened(block["candidates"], block), step._beside(block)) for block in held]
    users = sum(block["candidates"]["user_id"].n_unique() for block in held)

    def alone() -> None:
        for rows, context in seen:
            if step.ruled.holds:
                step._placed(rows.with_columns(pl.int_range(pl.len()).alias("(row)")),
                             _identity(rows.height), context)  # fmt: skip
            else:
                rule.apply(rows, context)

    def whole() -> None:
        for block in held:
            chain(block)

    return users / best(alone), users / best(whole)


def _identity(rows: int):  # type: ignore[no-untyped-def]
    from recli.kernels.rules import Reordered

    return Reordered(np.arange(rows))


def best(work) -> float:  # type: ignore[no-untyped-def]
    """Seconds of the best of three, after one to warm up."""
    work()
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)


def outside(name: str, folder: Path, start: float) -> tuple[float, int]:
    """Seconds of the command less its start, and its peak memory in MiB."""
    options, read = RULES[name]
    words = [word for key, value in options.items() for word in (registry.flag(key), value)]
    words += [word for role in read for word in (f"--{role}", FILES[role])]
    cost = recli("rerank", name, "lists.parquet", *words, "-k", K, "-o", "out.parquet", cwd=folder)
    return cost.seconds - start, cost.peak_mib


def main() -> None:
    """Print a line for each rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    print(f"{'':<12}{'rule':>10}{'stage':>10}{'command':>10}  users/s; peak MiB, N and 2 N users")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        sizes = {Path(one): chosen.users, Path(two): 2 * chosen.users}
        starts = {}
        for folder, users in sizes.items():
            prepare(users, folder)
            pl.read_parquet(folder / "lists.parquet").head(0).write_parquet(folder / "no.parquet")
            line = ("rerank", "truncate", "no.parquet", "--to", 5, "-o", "out.parquet")
            starts[folder] = min(recli(*line, cwd=folder).seconds for _ in range(3))
        for name in RULES:
            alone, stage = inside(name, Path(one), chosen.threads)
            costs = [outside(name, folder, starts[folder]) for folder in sizes]
            speed = 2 * chosen.users / costs[1][0]
            peaks = ", ".join(f"{peak:,}" for _, peak in costs)
            print(f"{name:<12}{alone:>10,.0f}{stage:>10,.0f}{speed:>10,.0f}  {peaks}", flush=True)


if __name__ == "__main__":
    main()
