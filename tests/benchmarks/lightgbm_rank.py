"""LightGBM's example of learning to rank, through the commands: NDCG@1 and @3 of each ranker.

    python tests/benchmarks/lightgbm_rank.py DIR

DIR holds rank.train, rank.test and their .query files, as in LightGBM's examples/lambdarank.
Features are as given (--features-only); gains are 2^grade - 1. The options are LightGBM's own
(50 trees of rate .1); nothing is chosen on the test. NDCG by its definition: lists without
anything relevant count 1. Its own tests ask more than .5674 and .578 of lambdarank, .6211 and
.6253 of rank_xendcg, at the best round for the test.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measured import recli

FEATURES = 301
TREES = ("--trees", 50, "--learning-rate", 0.1, "--min-leaf", 20, "--l2", 0)
WHOLE = ("--subsample", 1, "--feature-share", 1, "--validation", 0)
RANKERS: dict[str, tuple[object, ...]] = {
    "lambdamart": (*TREES, *WHOLE),
    "rank-xendcg": (*TREES, *WHOLE),
    "gbdt": (*TREES, *WHOLE),
    "logistic": (),
    "fm": (),
}


def ingested(data: Path, part: str, folder: Path) -> None:
    """Candidates with their features, and labels with their gains; a query is a user."""
    lines = (data / f"rank.{part}").read_text().splitlines()
    sizes = np.loadtxt(data / f"rank.{part}.query", dtype=np.int64)
    table = np.full((len(lines), FEATURES), np.nan, np.float32)
    for at, line in enumerate(lines):
        for cell in line.split()[1:]:
            column, value = cell.split(":")
            table[at, int(column)] = float(value)
    grades = pl.Series([int(line.split()[0]) for line in lines])
    keys = pl.DataFrame(
        {
            "user_id": [f"{part}{at:04d}" for at in np.repeat(np.arange(len(sizes)), sizes)],
            "item_id": [f"d{at:05d}" for at in range(len(lines))],
        }
    )
    names = [f"f{at}" for at in range(1, FEATURES)]
    features = pl.DataFrame(np.nan_to_num(table[:, 1:]), schema=names)
    keys.hstack(features).write_parquet(folder / f"{part}.parquet")
    graded = keys.with_columns(gain=(2.0**grades - 1).cast(pl.Float32))
    graded.write_parquet(folder / f"{part}.labels.parquet")


def ndcg(ranked: pl.DataFrame, k: int) -> float:
    """Mean over lists; those without anything relevant count 1."""
    values = []
    for (_,), rows in ranked.group_by(["user_id"], maintain_order=True):
        gains = rows["gain"].to_numpy()
        discounts = 1 / np.log2(np.arange(2, k + 2))[: len(gains)]
        best = (np.sort(gains)[::-1][:k] * discounts).sum()
        values.append((gains[:k] * discounts).sum() / best if best else 1.0)
    return float(np.mean(values))


def main() -> None:
    """Print a line for each ranker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("train", "test"):
            ingested(data, part, folder)
        for ranker, options in RANKERS.items():
            labels = ("--labels", "train.labels.parquet", "--grade", "gain", "--features-only")
            words = (*labels, "--negatives", 10_000, *options, "-o", ranker)
            cost = recli(f"train-{ranker}", "train.parquet", *words, cwd=folder)
            recli("rank", ranker, "test.parquet", "-k", 10_000, "-o", "ranked.parquet", cwd=folder)
            ranked = pl.read_parquet(folder / "ranked.parquet").join(
                pl.read_parquet(folder / "test.labels.parquet"),
                on=["user_id", "item_id"],
                maintain_order="left",
            )
            print(
                f"{ranker:12} ndcg@1 {ndcg(ranked, 1):.4f}  ndcg@3 {ndcg(ranked, 3):.4f}  "
                f"trained in {cost.seconds:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
