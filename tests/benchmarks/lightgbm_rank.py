"""LightGBM's example of learning to rank, through the commands: NDCG@1 and @3 of each ranker.

    python tests/benchmarks/lightgbm_rank.py DIR [--choose]

DIR holds rank.train, rank.test and their .query files, as in LightGBM's examples/lambdarank.
Features are as given (--features-only); gains are 2^grade - 1. The options of rankers of trees
are the best of a grid by three cross-validations of five parts on rank.train, by the mean of both
metrics; --choose searches again. NDCG by LightGBM's definition: lists without anything relevant
count 1. Its own tests ask more than .5674 and .578 of lambdarank, .6211 and .6253 of rank_xendcg,
at the best round for the test, which has 50 lists. The last lines are measured like that, with the
options of those tests: what they say is that the objective is LightGBM's, not how well it does on
lists that nothing was chosen by.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from measured import Cost, recli

from recli import registry
from recli.kernels.ranking import RankingData
from recli.registry import flag

FEATURES = 301
GRID: dict[str, tuple[float, ...]] = {
    "trees": (40, 100),
    "learning_rate": (0.05, 0.1),
    "leaves": (7, 15, 31),
    "min_leaf": (20, 50, 100),
    "feature_share": (0.3, 1.0),
}
WHOLE = {"subsample": 1.0, "validation": 0.0}
SMALL = {"trees": 40, "learning_rate": 0.05, "leaves": 7, "min_leaf": 50}
THEIRS = {"trees": 50, "learning_rate": 0.1, "leaves": 31, "min_leaf": 20, "l2": 0.0, **WHOLE}
RANKERS: dict[str, dict[str, float]] = {
    "lambdamart": {**SMALL, "feature_share": 0.3, **WHOLE},
    "rank-xendcg": {**SMALL, "feature_share": 1.0, **WHOLE},
    "gbdt": {**SMALL, "feature_share": 0.3, **WHOLE},
    "logistic": {},
    "fm": {},
    "linear": {},
    "linucb": {"alpha": 0.0},
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


def chosen(ranker: str, folder: Path) -> dict[str, float]:
    """The options of the grid that are best on parts of the training that were left out."""
    keys = ["user_id", "item_id"]
    whole = pl.read_parquet(folder / "train.parquet")
    gains = pl.read_parquet(folder / "train.labels.parquet")["gain"].to_numpy()
    features = np.ascontiguousarray(whole.drop(keys).to_numpy(), np.float32)
    run = whole["user_id"].rle().struct
    users, sizes = run.field("value"), run.field("len").to_numpy().astype(np.int64)
    moments = np.zeros(len(sizes), np.int64)
    names = tuple(whole.drop(keys).columns)
    data = RankingData(names, (), features, gains, sizes, users, moments, 2)
    parts = [np.random.default_rng(seed).permutation(len(sizes)) % 5 for seed in range(3)]
    plugin, found = registry.load("rankers", ranker), []
    for values in product(*GRID.values()):
        options = dict(zip(GRID, values, strict=True)) | WHOLE
        folds = [
            measured(plugin(**options), data.of_lists(part != at), data.of_lists(part == at))
            for part in parts
            for at in range(5)
        ]
        found.append((float(np.mean(folds)), options))
        print(f"{ranker} {options} {found[-1][0]:.4f}", flush=True)
    return max(found, key=lambda one: one[0])[1]


def measured(ranker: Any, known: RankingData, asked: RankingData) -> float:
    """Mean of NDCG@1 and @3 on lists that were not learned from."""
    scores = ranker.open(ranker.fit(known).files, 1)(asked.features)
    owners = asked.users.gather(np.repeat(np.arange(len(asked.sizes)), asked.sizes))
    rows = pl.DataFrame({"user_id": owners, "gain": asked.relevance, "score": scores})
    ordered = rows.sort("user_id", pl.col("score").neg(), maintain_order=True)
    return (ndcg(ordered, 1) + ndcg(ordered, 3)) / 2


def trained(ranker: str, options: dict[str, float], folder: Path) -> Cost:
    """What the command took."""
    words = [x for key, value in options.items() for x in (flag(key), value)]
    labels = ("--labels", "train.labels.parquet", "--grade", "gain", "--features-only")
    line = ("train.parquet", *labels, "--negatives", 10_000, *words, "-o", ranker)
    return recli(f"train-{ranker}", *line, cwd=folder)


def best_round(ranker: str, folder: Path) -> str:
    """NDCG of the model's first trees, as many as are best by NDCG@1 and then @3."""
    trained(ranker, {**THEIRS, "feature_share": 1.0}, folder)
    model = lightgbm.Booster(model_file=str(folder / ranker / "model.txt"))
    rows = pl.read_parquet(folder / "test.parquet")
    features = rows.drop("user_id", "item_id").to_numpy()
    graded = rows.select("user_id").with_columns(
        pl.read_parquet(folder / "test.labels.parquet")["gain"]
    )
    found = []
    for trees in range(1, model.num_trees() + 1):
        scores = pl.Series("score", model.predict(features, num_iteration=trees))
        ordered = graded.with_columns(scores)
        ordered = ordered.sort("user_id", pl.col("score").neg(), maintain_order=True)
        found.append((ndcg(ordered, 1), ndcg(ordered, 3), trees))
    first, third, trees = max(found)
    return f"{ranker:12} ndcg@1 {first:.4f}  ndcg@3 {third:.4f}  after {trees} trees, by the test"


def main() -> None:
    """Print a line for each ranker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--choose", action="store_true", help="search the options of trees again")
    asked = parser.parse_args()
    data = asked.data.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("train", "test"):
            ingested(data, part, folder)
        for ranker, known in RANKERS.items():
            cost = trained(ranker, options_of(ranker, known, asked.choose, folder), folder)
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
        for ranker in ("lambdamart", "rank-xendcg"):
            print(best_round(ranker, folder), flush=True)


def options_of(
    ranker: str, known: dict[str, float], choose: bool, folder: Path
) -> dict[str, float]:
    """Those that were chosen before, or chosen anew for a ranker of trees."""
    return chosen(ranker, folder) if choose and "trees" in known else known


if __name__ == "__main__":
    main()
