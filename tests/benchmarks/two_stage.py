"""One retriever, several merged, and a ranker of those, by global cuts in time.

    python tests/benchmarks/two_stage.py movietweetings DIR
    python tests/benchmarks/two_stage.py movielens DIR

Positive are ratings of 7 of 10, or 4 of 5, and more. The log is cut at rising moments; after each
cut there is a window. Retrievers learn what is before the cut and offer 100 items each to the
users of the window, merged by `merge union`. Some windows teach: a ranker learns the lists of all
that end before its own window begins, each with the features of its moment and what was chosen in
its window. Others choose: the retrievers' options (`recli tune`, on the last of them), the ranker,
and which retriever counts as the best single one. The last are the test. MovieTweetings is tested
once, on its last fifth: users are served at the cut, with what they did before it. MovieLens has
too few users for that and is tested on five windows of a tenth; of what a user does in a window
the first half, rounded down, is history that she is served from, at the moment of what she does
next.

Measured is NDCG@10 on items that training knows and the user has not met. Intervals are bootstraps
over users, differences paired. Then the ablations: the ranker without each family of features,
taught by samples in place of retrieved lists, and with leaks planted.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from measured import recli
from retrieval_time_split import SOURCES, Gains, gains, less, mean

from recli import registry
from recli.store.artefact import open_artefact
from recli.store.ranker import layout_of

RETRIEVERS = {
    "popularity": "popularity",
    "tuned": "popularity",
    "trending": "trending",
    "knn": "item-knn",
    "people": "user-knn",
    "als": "als",
    "ease": "ease",
}
PLAIN = "popularity"  # of all time; every other retriever is tuned
OFFERED = 100
# Trees are not stopped early: what would stop them is one window, and a window is one lot drawn.
TREES = {"learning_rate": 0.03, "leaves": 7, "min_leaf": 500, "validation": 0}
RANKERS: dict[str, tuple[str, dict[str, float]]] = {
    "lambdamart": ("lambdamart", TREES | {"trees": 200}),
    "rank-xendcg": ("rank-xendcg", TREES | {"trees": 200}),
    "gbdt": ("gbdt", TREES | {"trees": 300}),
    "gbdt, 15 leaves": ("gbdt", TREES | {"trees": 300, "leaves": 15}),
    "linear": ("linear", {}),
    "logistic": ("logistic", {}),
}
LISTS = "lists.parquet"  # what rankers learn from
PLACE = "candidate-columns,list-place,source-agreement"  # families made of lists
STRATEGIES = ("uniform", "popularity", "in-batch", "hard", "mix 0.7 uniform 0.3 hard")
ITEMS = {
    "movietweetings": ("movies.dat", "--no-header", "--map", "item=1,title=2,genres=3"),
    "movielens": ("movies.csv", "--map", "item=movieId"),
}
# Percents of the log where windows begin and end.
TEACH = {
    "movietweetings": [(at, at + 2) for at in range(20, 80, 2)],
    "movielens": [(at, at + 10) for at in range(10, 90, 10)],
}
CHOOSE = {"movietweetings": [(60, 70), (70, 80)], "movielens": [(30, 40), (40, 50)]}
TEST = {"movietweetings": [(80, 100)], "movielens": [(at, at + 10) for at in range(50, 100, 10)]}
Training = tuple[str, dict[str, float]]


@dataclass(frozen=True)
class Window:
    """A stretch of the log; its folder holds early, history, truth, and what is made of them."""

    folder: Path
    begin: int  # percents of the log
    end: int


def windows(source: str, data: Path, folder: Path) -> list[Window]:
    """Parts of the log, in order."""
    file, words = SOURCES[source]
    recli("ingest", data / file, *words, "-o", "log.parquet", cwd=folder)
    listed = ("--kind", "items", "--list", "genres:|", "-o", "items.parquet")
    name, *how = ITEMS[source]
    recli("ingest", data / name, *how, *listed, cwd=folder)
    log = pl.read_parquet(folder / "log.parquet").sort("timestamp", maintain_order=True)
    found = []
    for begin, end in dict.fromkeys(TEACH[source] + CHOOSE[source] + TEST[source]):
        one = Window(folder / f"{begin}-{end}", begin, end)
        one.folder.mkdir()
        first, last = round(begin * log.height / 100), round(end * log.height / 100)
        parted(one, log.head(first), log.slice(first, last - first), source == "movielens")
        found.append(one)
    return found


def parted(window: Window, early: pl.DataFrame, later: pl.DataFrame, halves: bool) -> None:
    """Tables early to learn from, history to serve from, truth with the moment of its list."""
    first = pl.int_range(pl.len()).over("user_id") < pl.len().over("user_id") // 2
    known = pl.concat([early, later.filter(first)]) if halves else early
    truth = (later.filter(~first) if halves else later).join(early, on="item_id", how="semi")
    truth = truth.join(known, on="user_id", how="semi")
    truth = truth.join(known, on=["user_id", "item_id"], how="anti")
    cut = pl.lit(later["timestamp"][0])
    moment = pl.col("timestamp").min().over("user_id") if halves else cut
    moments = truth.select("user_id", as_of=moment).unique()
    parts = {"early": early, "history": known, "truth": truth}
    # Features know what was before a list's moment, of whomever.
    parts["seen"] = pl.concat([early, later]) if halves else early
    for name, rows in parts.items():
        rows.sort("user_id", "timestamp", "item_id").write_parquet(
            window.folder / f"{name}.parquet"
        )
    moments.write_parquet(window.folder / "moments.parquet")


def offered(window: Window) -> None:
    """Lists of every retriever, and all of them merged, as of the moments of the window."""
    folder, names = window.folder, list(RETRIEVERS)
    for label in names:
        config = folder.parent / f"{label}.toml"
        words = ("--config", config) if config.exists() else ()
        recli(f"train-{RETRIEVERS[label]}", "early.parquet", *words, "-o", label, cwd=folder)
        users = ("--users", "truth.parquet", "--history", "history.parquet", "-k", OFFERED)
        recli("retrieve", label, *users, "-o", f"{label}.parquet", cwd=folder)
    called = ("--names", ",".join(names), "-o", "union.parquet")
    recli("merge", "union", *(f"{label}.parquet" for label in names), *called, cwd=folder)
    moments = pl.read_parquet(folder / "moments.parquet")
    union = pl.read_parquet(folder / "union.parquet").join(moments, on="user_id")
    union.sort("user_id", "rank").write_parquet(folder / "merged.parquet")


def taught(windows: list[Window], folder: Path) -> None:
    """The lists of some windows and what was chosen in each, to learn from."""
    keys = ["user_id", "item_id"]
    parts, labels = [], []
    for one in windows:
        truth = pl.read_parquet(one.folder / "truth.parquet")
        chosen = truth.select(*keys, label=pl.lit(1, pl.Float32)).unique()
        lists = pl.read_parquet(one.folder / "merged.parquet").join(chosen, on=keys, how="left")
        parts.append(lists.with_columns(pl.col("label").fill_null(0)))
        labels.append(truth)
    rows = pl.concat(parts, how="diagonal_relaxed").sort("user_id", "as_of", "rank")
    rows.write_parquet(folder / "lists.parquet")
    chosen = pl.concat(labels).sort("user_id", "timestamp", "item_id")
    chosen.write_parquet(folder / "labels.parquet")


def ranked(window: Window, training: Training, *more: str, lists: str = LISTS) -> str:
    """Lists of a window by a ranker that learned from windows before it."""
    name, options = training
    words = [word for key, value in options.items() for word in (registry.flag(key), value)]
    history = ("--history", "early.parquet", "--items", "../items.parquet")
    recli(f"train-{name}", lists, *history, *words, *more, "-o", "r", cwd=window.folder)
    history = ("--history", "seen.parquet", "--items", "../items.parquet")
    recli("rank", "r", "merged.parquet", *history, "-o", "ranked.parquet", cwd=window.folder)
    return "ranked.parquet"


def sampled(window: Window, strategy: str) -> str:
    """Samples beside the labels, to learn from in place of lists."""
    words = ["sample-negatives", "labels.parquet", "--history", "early.parquet"]
    words += ["--strategy", strategy, "--ratio", "20", "-o", "samples.parquet"]
    if "hard" in strategy:
        lists = pl.read_parquet(window.folder / "lists.parquet").drop("as_of")
        lists = lists.drop("label")
        first = lists.unique(["user_id", "item_id"], keep="first", maintain_order=True)
        rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("user_id")
        first.with_columns(rank=rank).write_parquet(window.folder / "hard.parquet")
        words += ["--candidates", "hard.parquet"]
    recli(*words, cwd=window.folder)
    return "samples.parquet"


def leaks(window: Window) -> None:
    """Print what becomes of a retriever, and of features, that know the labels or the truth."""
    folder = window.folder
    cut = ("split", "time", "early.parquet", "--train", "p.parquet", "--test", "l.parquet")
    recli(*cut, "--warm-only", cwd=folder)
    recli("train-popularity", "early.parquet", "--window-days", "3", "-o", "all", cwd=folder)
    recli("train-popularity", "p.parquet", "-o", "past", cwd=folder)
    asked = ("--users", "l.parquet", "--history", "p.parquet", "-k", "50")
    for model in ("all", "past"):
        recli("retrieve", model, *asked, "-o", f"{model}.l.parquet", cwd=folder)
    future = ("past.l.parquet", "--history", "early.parquet", "-o", "future.parquet")
    recli("features", *future, cwd=folder)
    learn = ("--labels", "l.parquet", "--history", "p.parquet", "-o", "leaky")
    told("a retriever that saw the labels", folder, "train-lambdamart", "all.l.parquet", *learn)
    told(
        "features of the future, popularity among them",
        folder,
        *("train-lambdamart", "past.l.parquet", "--features", "future.parquet", *learn),
    )
    told(
        "a retriever that saw the truth",
        folder,
        "evaluate",
        "all.l.parquet",
        "l.parquet",
        "ndcg@10",
    )


def told(what: str, folder: Path, *words: str) -> None:
    """Print the exit code of a command and the line in which it names the leak."""
    line = [sys.executable, "-m", "recli", *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, check=False, errors="replace")
    said = next((one for one in done.stderr.splitlines() if "hold" in one or "seen" in one), "")
    print(f"{what}: {words[0]} ended with {done.returncode}: {said or 'NOT SEEN'}", flush=True)


def line(name: str, values: Gains, beside: Gains | None = None) -> None:
    """Print a mean with its interval, and how far it is from another."""
    value, low, high = mean(values)
    apart = ""
    if beside is not None:
        much, least, most = mean(less(values, beside))
        apart = f"  {much:+.4f} [{least:+.4f}, {most:+.4f}]"
    print(f"{name:40} {value:.4f} [{low:.4f}, {high:.4f}]{apart}", flush=True)


def chosen(windows: list[Window]) -> tuple[str, str]:
    """The retriever and the ranker that are best on some windows."""
    values = {name: over(windows, f"{name}.parquet") for name in RETRIEVERS}
    single = max(values, key=lambda name: mean(values[name])[0])
    for name, found in values.items():
        line(f"to choose: {name}", found, values[single])
    ranked = {}
    for name, training in RANKERS.items():
        ranked[name] = over(windows, training)
        line(f"to choose: {name}", ranked[name], values[single])
    return single, max(ranked, key=lambda name: mean(ranked[name])[0])


def over(windows: list[Window], lists: str | Training, *more: str, taught: str = LISTS) -> Gains:
    """NDCG@10 of lists of some windows, or of a ranker's."""
    found: Gains = {}
    for at, one in enumerate(windows):
        name = lists if isinstance(lists, str) else ranked(one, lists, *more, lists=taught)
        found |= gains(name, one.folder, at, "truth")
    return found


def main() -> None:
    """Print what is chosen, the test, and the ablations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=SOURCES)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=int, default=20, help="to tune each retriever")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        parts = windows(asked.source, asked.data.resolve(), Path(name))

        def of(spans: list[tuple[int, int]]) -> list[Window]:
            return [one for one in parts if (one.begin, one.end) in spans]

        choose, test = of(CHOOSE[asked.source]), of(TEST[asked.source])
        for label in RETRIEVERS:
            if label != PLAIN:
                tuned(label, asked.seconds, choose[-1])
        for one in parts:
            offered(one)
        for one in [*choose, *test]:
            before = [other for other in of(TEACH[asked.source]) if other.end <= one.begin]
            taught(before, one.folder)
        single, best = chosen(choose)
        print(f"chosen: {single}; {best}")
        measure(test, single, RANKERS[best])
        leaks(test[-1])


def tuned(label: str, seconds: int, window: Window) -> None:
    """Options of a retriever, chosen on a window."""
    words = ("--valid", "truth.parquet", "--history", "history.parquet", "--metric", "ndcg@10")
    words += ("--time-limit", f"{seconds}s", "-o", f"../{label}.toml")
    recli("tune", RETRIEVERS[label], "early.parquet", *words, cwd=window.folder)


def measure(test: list[Window], single: str, training: Training) -> None:
    """Print every retriever, their union, the ranker and its ablations on the test windows."""
    singles = {name: over(test, f"{name}.parquet") for name in RETRIEVERS}
    whole = over(test, training)
    users = {user for user, _ in whole}
    print(f"test: {len(whole):,} lists of {len(users):,} users; beside {single}:")
    for name, values in singles.items():
        line(name, values, singles[single])
    line("union", over(test, "merged.parquet"), singles[single])
    line(f"ranked by {training[0]}", whole, singles[single])
    for name, values in singles.items():
        line(f"ranked, beside {name}", whole, values)
    print("the ranker without a family of features; beside all:")
    made = layout_of(open_artefact(str(test[-1].folder / "r"), "ranker"))
    for family, _ in made.ordered:
        line(f"without {family}", over(test, training, "--without", family), whole)
    print("taught by samples, which have no place in lists; beside lists:")
    placeless = over(test, training, "--without", PLACE)
    line("lists without place and score", placeless, whole)
    for strategy in STRATEGIES:
        for one in test:
            sampled(one, strategy)
        line(strategy, over(test, training, taught="samples.parquet"), whole)


if __name__ == "__main__":
    main()
