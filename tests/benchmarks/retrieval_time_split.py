"""MovieTweetings and MovieLens by a global cut in time: every model beside the baselines.

    python tests/benchmarks/retrieval_time_split.py movietweetings DIR
    python tests/benchmarks/retrieval_time_split.py movielens DIR

Positive are ratings of 7 of 10, or 4 of 5, and more. Models learn what is before a moment, after
which the last fifth of the rows lie; the last tenth of what is before it is the validation part
in the same way. Of what a user does after the moment the first half, rounded down, is history
that she is served from, though no model learned from it; the rest is the truth. Measured are
users with any history, on items that training knows. Every model is tuned on the validation part
for a minute by `recli tune`, trained on all that is before the test and measured once. The blend
is of the three models that were best on validation, with weights fitted there. Differences are
paired by user, with a bootstrap interval.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measured import evaluated, recli

TUNED = {
    "popularity, tuned": "popularity",
    "trending": "trending",
    "item-knn": "item-knn",
    "user-knn": "user-knn",
    "rp3beta": "rp3beta",
    "als": "als",
    "wmf": "wmf",
    "bpr": "bpr",
    "gf-cf": "gf-cf",
    "ease": "ease",
    "slim": "slim",
    "pure-svd": "pure-svd",
}
BASELINES = {"popularity": "popularity", "random": "random"}
METRIC = "ndcg@10"
OFFERED = 100
SOURCES = {
    "movietweetings": (
        "ratings.dat",
        ("--no-header", "--map", "user=1,item=2,rating=3,timestamp=4:s", "--min-rating", 7),
    ),
    "movielens": ("ratings.csv", ("--min-rating", 4)),
}


def parted(source: str, data: Path, folder: Path) -> None:
    """Tables train and past to learn from; test and valid, each with the history for it."""
    file, words = SOURCES[source]
    recli("ingest", data / file, *words, "-o", "log.parquet", cwd=folder)
    for whole, early, truth, share in (
        ("log", "train", "test", "20%"),
        ("train", "past", "valid", "10%"),
    ):
        parts = ("--train", f"{early}.parquet", "--test", "later.parquet", "--test-share", share)
        recli("split", "time", f"{whole}.parquet", *parts, cwd=folder)
        before = pl.read_parquet(folder / f"{early}.parquet")
        later = pl.read_parquet(folder / "later.parquet").sort("timestamp", maintain_order=True)
        first = pl.int_range(pl.len()).over("user_id") < pl.len().over("user_id") // 2
        history = pl.concat([before, later.filter(first)])
        history.write_parquet(folder / f"{truth}.history.parquet")
        wanted = later.filter(~first).join(before, on="item_id", how="semi")
        wanted = wanted.join(history, on="user_id", how="semi")
        wanted = wanted.join(history, on=["user_id", "item_id"], how="anti")
        wanted.write_parquet(folder / f"{truth}.parquet")


def tuned(label: str, seconds: int, folder: Path) -> None:
    """Options of a model, chosen on the validation part."""
    words = ("--valid", "valid.parquet", "--history", "valid.history.parquet")
    words += ("--metric", METRIC, "--time-limit", f"{seconds}s")
    recli("tune", TUNED[label], "past.parquet", *words, "-o", f"{label}.toml", cwd=folder)


def listed(label: str, log: str, truth: str, folder: Path) -> str:
    """Lists of a model that learned from a log, for the users of the truth."""
    model, lists = f"{label}.{truth}.model", f"{label}.{truth}.parquet"
    config = ("--config", f"{label}.toml") if (folder / f"{label}.toml").exists() else ()
    name = (TUNED | BASELINES)[label]
    recli(f"train-{name}", f"{log}.parquet", *config, "-o", model, cwd=folder)
    users = ("--users", f"{truth}.parquet", "--history", f"{truth}.history.parquet", "-k", OFFERED)
    recli("retrieve", model, *users, "-o", lists, cwd=folder)
    return lists


def gains(lists: str, folder: Path, k: int = 10) -> dict[str, float]:
    """NDCG@10 of each user of the test, for paired differences."""
    truth = pl.read_parquet(folder / "test.parquet").unique(["user_id", "item_id"])
    hits = pl.read_parquet(folder / lists).filter(pl.col("rank") <= k)
    hits = hits.join(truth, on=["user_id", "item_id"], how="semi")
    gain = hits.group_by("user_id").agg(got=(1 / (pl.col("rank") + 1).log(2)).sum())
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    wanted = truth.group_by("user_id").len().join(gain, on="user_id", how="left").sort("user_id")
    best = ideal[wanted["len"].clip(upper_bound=k).to_numpy() - 1]
    values = wanted["got"].fill_null(0).to_numpy() / best
    return dict(zip(wanted["user_id"].to_list(), values.tolist(), strict=True))


def difference(one: dict[str, float], other: dict[str, float]) -> tuple[float, float, float]:
    """Mean of the paired differences, with the ends of its 95% bootstrap interval."""
    paired = np.array([one[user] - other[user] for user in one])
    rng = np.random.default_rng(0)
    drawn = [paired[rng.integers(0, len(paired), len(paired))].mean() for _ in range(2000)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(paired.mean()), float(low), float(high)


def main() -> None:
    """Print a line for each model, then how far the best is from the baselines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=int, default=60, help="to tune each model")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parted(asked.source, asked.data.resolve(), folder)
        on_valid = {}
        for model in TUNED:
            tuned(model, asked.seconds, folder)
            lists = listed(model, "past", "valid", folder)
            on_valid[model] = evaluated([lists], "valid.parquet", [METRIC], folder)[lists, METRIC]
        best = sorted(TUNED, key=lambda model: -on_valid[model].value)[:3]
        on_test = {m: listed(m, "train", "test", folder) for m in (*BASELINES, *TUNED)}
        called = ("--names", "a,b,c")
        valid = ("--valid", "valid.parquet", "--metric", METRIC, *called, "-o", "blend.toml")
        recli("blend", *(f"{model}.valid.parquet" for model in best), *valid, cwd=folder)
        words = ("--config", "blend.toml", *called, "-k", 10, "-o", "blend.parquet")
        recli("merge", "weighted", *(on_test[model] for model in best), *words, cwd=folder)
        on_test["blend"] = "blend.parquet"
        print("blend of", "; ".join(best))
        for model, lists in on_test.items():
            found = evaluated([lists], "test.parquet", [METRIC, "recall@10"], folder)
            ndcg, recall = found[lists, METRIC], found[lists, "recall@10"]
            chosen = f"valid {on_valid[model].value:.4f}" if model in on_valid else ""
            print(
                f"{model:17} ndcg@10 {ndcg.value:.4f} [{ndcg.low:.4f}, {ndcg.high:.4f}]  "
                f"recall@10 {recall.value:.4f}  {chosen}",
                flush=True,
            )
        values = {model: gains(lists, folder) for model, lists in on_test.items()}
        for model in (best[0], "blend"):
            for other in ("popularity", "popularity, tuned", "item-knn"):
                mean, low, high = difference(values[model], values[other])
                print(f"{model} less {other}: {mean:+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
