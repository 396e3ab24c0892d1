"""MovieTweetings 100K, 80/20 by time: popularity of all time and of three days, the funnel.

    python tests/benchmarks/movietweetings.py DIR

Ratings of 7 and more are positive; users of the test who are in training are measured, on all
items that they have not seen, cold ones too. The window is chosen on the last tenth of training.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

WINDOWS = (1, 3, 7, 14, 30, 90)


def recli(*words: object, cwd: Path) -> bytes:
    """Run a command; its standard output."""
    line = [sys.executable, "-m", "recli", *map(str, words), "--quiet"]
    return subprocess.run(line, cwd=cwd, check=True, stdout=subprocess.PIPE).stdout


def ndcg(lists: str, truth: str, history: str, cwd: Path) -> tuple[float, float, float]:
    """NDCG@10 and its interval."""
    words = ("evaluate", lists, truth, "ndcg@10", "--history", history, "--no-baseline", "--json")
    report = json.loads(recli(*words, cwd=cwd))
    row = report["metrics"][0]
    return row["value"], row["low"], row["high"]


def warm(folder: Path, train: str, test: str) -> None:
    """Keep the test rows of users of training."""
    known = pl.read_parquet(folder / train)["user_id"].unique().implode()
    rows = pl.read_parquet(folder / test).filter(pl.col("user_id").is_in(known))
    rows.write_parquet(folder / test)


def popular(folder: Path, train: str, test: str, *choices: object) -> tuple[float, float, float]:
    """NDCG@10 of train-popularity with some choices."""
    recli("train-popularity", train, *choices, "-o", "p.model", cwd=folder)
    words = ("retrieve", "p.model", "--users", test, "--history", train, "-k", 10)
    recli(*words, "-o", "p.parquet", cwd=folder)
    return ndcg("p.parquet", test, train, folder)


def funnel(folder: Path) -> tuple[float, float, float]:
    """NDCG@10 of recent favourites, ranked; the ranker learns from the last fifth of training."""
    parts = ("--train", "past.parquet", "--test", "labels.parquet")
    recli("split", "time", "train.parquet", *parts, cwd=folder)
    for name, history, users in (("early", "past", "labels"), ("late", "train", "test")):
        log, out = f"{history}.parquet", f"{name}.parquet"
        recli("train-popularity", log, "--half-life-days", 7, "-o", "recent.model", cwd=folder)
        asked = ("--users", f"{users}.parquet", "--history", log, "-k", 200)
        recli("retrieve", "recent.model", *asked, "-o", out, cwd=folder)
    items = ("--items", "items.parquet")
    labels = ("--labels", "labels.parquet", "--history", "past.parquet")
    recli("train-lambdamart", "early.parquet", *labels, *items, "-o", "r.model", cwd=folder)
    now = ("--history", "train.parquet", *items, "-k", 10)
    recli("rank", "r.model", "late.parquet", *now, "-o", "funnel.parquet", cwd=folder)
    return ndcg("funnel.parquet", "test.parquet", "train.parquet", folder)


def main() -> None:
    """Print a line for each way to make lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = ("--no-header", "--map", "user=1,item=2,rating=3,timestamp=4:s")
        log = ("ingest", data / "ratings.dat", *columns, "--min-rating", 7)
        recli(*log, "-o", "log.parquet", cwd=folder)
        movies = ("--kind", "items", "--no-header", "--map", "item=1,title=2,genres=3")
        lists = ("--list", "genres:|", "-o", "items.parquet")
        recli("ingest", data / "movies.dat", *movies, *lists, cwd=folder)
        split = ("--train", "train.parquet", "--test", "test.parquet")
        recli("split", "time", "log.parquet", *split, cwd=folder)
        warm(folder, "train.parquet", "test.parquet")
        inner = ("--train", "inner.parquet", "--test", "valid.parquet", "--test-share", "10%")
        recli("split", "time", "train.parquet", *inner, cwd=folder)
        warm(folder, "inner.parquet", "valid.parquet")
        tried = {
            days: popular(folder, "inner.parquet", "valid.parquet", "--window-days", days)[0]
            for days in WINDOWS
        }
        best = max(tried, key=lambda days: tried[days])
        window = ("--window-days", best)
        print("window on validation:", {days: round(value, 4) for days, value in tried.items()})
        recent = f"popularity, {best} days (chosen)"
        rows = {
            "popularity, all time": popular(folder, "train.parquet", "test.parquet"),
            "popularity, 3 days": popular(
                folder, "train.parquet", "test.parquet", "--window-days", 3
            ),
            recent: popular(folder, "train.parquet", "test.parquet", *window),
            "funnel": funnel(folder),
        }
        for label, (value, low, high) in rows.items():
            print(f"{label:32} ndcg@10 {value:.4f} [{low:.4f}, {high:.4f}]")
        print(f"funnel less recent popularity: {rows['funnel'][0] - rows[recent][0]:+.4f}")


if __name__ == "__main__":
    main()
