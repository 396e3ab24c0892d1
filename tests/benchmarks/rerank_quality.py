"""What calibrated lists cost on MovieLens, and whether a cap holds wherever it stands in a pipe.

    python tests/benchmarks/rerank_quality.py DIR        DIR holds ml-latest-small

Positive are ratings of 4 and more. Of each user the last five are the test and the five before
them teach the ranker (linear, of als's and item-knn's candidates); users with fewer than eleven
are left out. `lambda` of calibrated is chosen on the lists that taught the ranker: the least at
which the divergence from the history's mix of genres falls by 45%. The bar, on the test: 40% less
divergence for at most 5% of NDCG@10. Then lists are capped before and after mmr by genres, in a
chain and in a pipe: no genre may stand more than twice in the first five places.
"""

import argparse
import tempfile
from pathlib import Path

import polars as pl
from measured import recli

ITEMS = ("--items", "items.parquet")


def ranked(history: str, users: str, prefix: str, folder: Path) -> str:
    """Candidates of two models of a history for the users of a table, merged."""
    for model in ("als", "item-knn"):
        recli(f"train-{model}", history, "-o", f"{prefix}.{model}", cwd=folder)
        words = ("--users", users, "--history", history, "-k", 100)
        recli(
            "retrieve", f"{prefix}.{model}", *words, "-o", f"{prefix}.{model}.parquet", cwd=folder
        )
    lists = [f"{prefix}.{model}.parquet" for model in ("als", "item-knn")]
    recli("merge", "union", *lists, "-k", 100, "-o", f"{prefix}.lists.parquet", cwd=folder)
    return f"{prefix}.lists.parquet"


def prepare(data: Path, folder: Path) -> None:
    """Ranked lists of the test's users, and of those who taught the ranker."""
    log, movies = (data / "ml-latest-small" / f"{name}.csv" for name in ("ratings", "movies"))
    recli("ingest", log, "--min-rating", 4, "-o", "log.parquet", cwd=folder)
    words = ("--kind", "items", "--list", "genres:|", "--map", "item=movieId")
    recli("ingest", movies, *words, "-o", "items.parquet", cwd=folder)
    rows = pl.read_parquet(folder / "log.parquet")
    rows.filter(pl.len().over("user_id") > 10).write_parquet(folder / "some.parquet")
    for whole, train, test in (("some", "train", "test"), ("train", "past", "labels")):
        parts = ("--train", f"{train}.parquet", "--test", f"{test}.parquet", "--last", 5)
        recli("split", "leave-last", f"{whole}.parquet", *parts, cwd=folder)
    early = ranked("past.parquet", "labels.parquet", "past", folder)
    told = ("--history", "past.parquet", *ITEMS)
    recli("train-linear", early, "--labels", "labels.parquet", *told, "-o", "ranker", cwd=folder)
    recli("rank", "ranker", early, *told, "-k", 100, "-o", "valid.parquet", cwd=folder)
    late = ranked("train.parquet", "test.parquet", "train", folder)
    told = ("--history", "train.parquet", *ITEMS)
    recli("rank", "ranker", late, *told, "-k", 100, "-o", "final.parquet", cwd=folder)


def curve(lists: str, history: str, labels: str, folder: Path) -> pl.DataFrame:
    """The trade-off of calibrated over lambda, at 10 places."""
    words = ("--history", history, "--labels", labels, *ITEMS, "--by", "genres", "-k", 10)
    told = ("--curve", "lambda=0:1:0.05", "-o", "curve.parquet")
    recli("rerank", "calibrated", lists, *words, *told, cwd=folder)
    return pl.read_parquet(folder / "curve.parquet")


def chosen(rows: pl.DataFrame) -> float:
    """The least lambda that brings the divergence down by 45%."""
    start = rows["kl"][0]
    known = rows.filter(pl.col("value").is_not_null() & (pl.col("kl") <= 0.55 * start))
    return float(known["value"].min())  # type: ignore[arg-type]


def over_the_cap(name: str, folder: Path) -> int:
    """Genres that stand more than twice in the first five places of a list."""
    items = pl.read_parquet(folder / "items.parquet").select("item_id", "genres")
    rows = pl.read_parquet(folder / name).filter(pl.col("rank") <= 5).join(items, on="item_id")
    counts = rows.explode("genres").drop_nulls("genres").group_by("user_id", "genres").len()
    return counts.filter(pl.col("len") > 2).height


def capped(folder: Path) -> None:
    """Print how often a genre is over the cap, the cap before mmr and after it."""
    cap = ("cap", "--by", "genres", "--max", 2, "--top", 5)
    mmr = ("mmr", "--by", "genres", "--lambda", 0.5)
    print(f"genres over the cap: {over_the_cap('final.parquet', folder):,} as ranked", end="")
    for name, rules in (("cap, then mmr", (cap, mmr)), ("mmr, then cap", (mmr, cap))):
        lists = "final.parquet"
        for at, rule in enumerate(rules):
            out = f"step{at}.parquet"
            recli("rerank", rule[0], lists, *ITEMS, *rule[1:], "-o", out, cwd=folder)
            lists = out
        print(f", {over_the_cap(lists, folder)} by {name}", end="")
    print()


def main() -> None:
    """Print the curve on the test, what was chosen, and the caps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(data, folder)
        value = chosen(curve("valid.parquet", "past.parquet", "labels.parquet", folder))
        rows = curve("final.parquet", "train.parquet", "test.parquet", folder)
        start = rows.row(0, named=True)
        print(f"{'lambda':>8} {'KL':>7} {'NDCG@10':>8} {'diversity':>10} {'coverage':>9}")
        for row in rows.rows(named=True):
            told = "as ranked" if row["value"] is None else f"{row['value']:.2f}"
            print(
                f"{told:>9} {row['kl']:>6.4f} {row['ndcg']:>8.4f} {row['diversity']:>10.4f} "
                f"{row['coverage']:>9.4f}{'  chosen' if row['value'] == value else ''}"
            )
        end = rows.filter(pl.col("value") == value).row(0, named=True)
        less, lost = (1 - end[key] / start[key] for key in ("kl", "ndcg"))
        print(f"lambda {value:.2f}: divergence {less:+.1%} less, NDCG@10 {lost:+.1%} lost")
        capped(folder)


if __name__ == "__main__":
    main()
