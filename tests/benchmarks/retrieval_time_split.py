"""MovieTweetings and MovieLens by a global cut in time: every model beside the baselines.

    python tests/benchmarks/retrieval_time_split.py movietweetings DIR
    python tests/benchmarks/retrieval_time_split.py movielens DIR

Positive are ratings of 7 of 10, or 4 of 5, and more. Models learn what is before a moment; the
rows after it, up to the next moment or the end, are the test, and the last tenth of what is
before it is the validation part in the same way. MovieTweetings is cut once, before its last
fifth. MovieLens has too few users for that: it is cut at every tenth from the middle on, and what
is measured after all cuts is taken together. Of what a user does after a cut the first half,
rounded down, is history that she is served from, though no model learned from it; the rest is the
truth. Measured are users with any history, on items that training knows. At each cut every model
is tuned on the validation part for a minute by `recli tune`, trained on all that is before the
test and measured once. The blend is of the three models that were best on validation, all cuts
taken together, with weights fitted there. Intervals are bootstraps over users, differences paired.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measured import recli

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
# What share of the rows is known at the end of each test, and what part of that the test is.
CUTS = {
    "movietweetings": ((1.0, "20%"),),
    "movielens": tuple((end / 10, f"{100 / end:.4f}%") for end in (6, 7, 8, 9, 10)),
}
Gains = dict[tuple[str, int], float]  # NDCG@10 by user and cut


def parted(source: str, data: Path, folder: Path, end: float, share: str) -> None:
    """Tables train and past to learn from; test and valid, each with the history for it."""
    file, words = SOURCES[source]
    recli("ingest", data / file, *words, "-o", "log.parquet", cwd=folder)
    log = pl.read_parquet(folder / "log.parquet").sort("timestamp", maintain_order=True)
    log = log.head(round(end * log.height)).sort("user_id", "timestamp", "item_id")
    log.write_parquet(folder / "log.parquet")
    for whole, early, truth, part in (
        ("log", "train", "test", share),
        ("train", "past", "valid", "10%"),
    ):
        parts = ("--train", f"{early}.parquet", "--test", "later.parquet", "--test-share", part)
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


def gains(lists: str, folder: Path, cut: int, truth: str = "test", k: int = 10) -> Gains:
    """NDCG@10 of each user of the truth."""
    wanted = pl.read_parquet(folder / f"{truth}.parquet").unique(["user_id", "item_id"])
    hits = pl.read_parquet(folder / lists).filter(pl.col("rank") <= k)
    hits = hits.join(wanted, on=["user_id", "item_id"], how="semi")
    gain = hits.group_by("user_id").agg(got=(1 / (pl.col("rank") + 1).log(2)).sum())
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    users = wanted.group_by("user_id").len().join(gain, on="user_id", how="left").sort("user_id")
    best = ideal[users["len"].clip(upper_bound=k).to_numpy() - 1]
    values = (users["got"].fill_null(0).to_numpy() / best).tolist()
    return {(user, cut): value for user, value in zip(users["user_id"], values, strict=True)}


def mean(values: Gains) -> tuple[float, float, float]:
    """Mean of all, with the ends of its 95% bootstrap interval over users."""
    users = sorted({user for user, _ in values})
    place = {user: at for at, user in enumerate(users)}
    sums = np.zeros((2, len(users)))
    for (user, _), value in values.items():
        sums[:, place[user]] += value, 1
    rng = np.random.default_rng(0)
    drawn = sums[:, rng.integers(0, len(users), (2000, len(users)))].sum(axis=2)
    low, high = np.quantile(drawn[0] / drawn[1], [0.025, 0.975])
    return float(sums[0].sum() / sums[1].sum()), float(low), float(high)


def less(one: Gains, other: Gains) -> Gains:
    """Differences, paired by user and cut."""
    return {key: one[key] - other[key] for key in one}


def blended(best: list[str], folder: Path) -> str:
    """Lists of the blend of some models, its weights fitted to the validation part."""
    called = ("--names", "a,b,c")
    valid = ("--valid", "valid.parquet", "--metric", METRIC, *called, "-o", "blend.toml")
    recli("blend", *(f"{model}.valid.parquet" for model in best), *valid, cwd=folder)
    words = ("--config", "blend.toml", *called, "-k", 10, "-o", "blend.parquet")
    recli("merge", "weighted", *(f"{model}.test.parquet" for model in best), *words, cwd=folder)
    return "blend.parquet"


def main() -> None:
    """Print a line for each model, then how far the best is from the baselines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=int, default=60, help="to tune each model at each cut")
    asked = parser.parse_args()
    models = [*BASELINES, *TUNED]
    on_valid: dict[str, Gains] = {model: {} for model in models}
    on_test: dict[str, Gains] = {model: {} for model in [*models, "blend"]}
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(cut) for cut in range(len(CUTS[asked.source]))]
        for cut, folder in enumerate(folders):
            folder.mkdir()
            parted(asked.source, asked.data.resolve(), folder, *CUTS[asked.source][cut])
            for model in models:
                if model in TUNED:
                    tuned(model, asked.seconds, folder)
                on_valid[model] |= gains(
                    listed(model, "past", "valid", folder), folder, cut, "valid"
                )
                on_test[model] |= gains(listed(model, "train", "test", folder), folder, cut)
        best = sorted(TUNED, key=lambda model: -mean(on_valid[model])[0])[:3]
        print("blend of", "; ".join(best))
        for cut, folder in enumerate(folders):
            on_test["blend"] |= gains(blended(best, folder), folder, cut)
    for model, values in on_test.items():
        value, low, high = mean(values)
        chosen = f"valid {mean(on_valid[model])[0]:.4f}" if model in on_valid else ""
        print(f"{model:17} {METRIC} {value:.4f} [{low:.4f}, {high:.4f}]  {chosen}", flush=True)
    users = {user for user, _ in on_test["blend"]}
    print(f"{len(on_test['blend']):,} lists of {len(users):,} users, {len(folders)} cuts")
    for model in (best[0], "blend"):
        for other in ("popularity", "popularity, tuned", "item-knn"):
            value, low, high = mean(less(on_test[model], on_test[other]))
            print(f"{model} less {other}: {value:+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
