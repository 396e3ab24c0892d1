"""One retriever, several merged, and a ranker of those, by global cuts in time.

    python tests/benchmarks/two_stage.py movietweetings DIR
    python tests/benchmarks/two_stage.py movietweetings-nightly DIR
    python tests/benchmarks/two_stage.py movielens DIR

Positive are ratings of 7 of 10, or 4 of 5, and more. The log is cut at rising moments; after each
cut there is a window. Retrievers learn what is before the cut and offer 100 items each to the
users of the window, merged by `merge union`. Some windows teach: a ranker learns the lists of all
that end before its own window begins, each with the features of its moment and what was chosen in
its window. Others choose: the retrievers' options (`recli tune`, on the last of them), the ranker,
and which retriever counts as the best single one. The last are the test.

movietweetings is tested once, on its last fifth: users are served at the cut, with what they did
before it. movietweetings-nightly serves that fifth in ten windows: retrievers learn anew before
each, the ranker that was made before the first ranks all ten. movielens has too few users for
either and is tested on five windows of a tenth; of what a user does in a window some quarters are
history that she is served from, at the moment of what she does next: she has up to three lists.

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
# Nothing is kept aside: what would stop trees early is one window, and a window is one lot drawn.
WHOLE: dict[str, float | str] = {"validation": 0}
TREES: dict[str, float | str] = WHOLE | {"learning_rate": 0.03, "leaves": 7, "min_leaf": 500}
NOT_OF_SOURCES = set(registry.names("features")) - {"source-scores", "affinity"}
RANKERS: dict[str, tuple[str, dict[str, float | str]]] = {
    "lambdamart": ("lambdamart", TREES | {"trees": 200}),
    "rank-xendcg": ("rank-xendcg", TREES | {"trees": 200}),
    "gbdt": ("gbdt", TREES | {"trees": 300}),
    "gbdt, 15 leaves": ("gbdt", TREES | {"trees": 300, "leaves": 15}),
    "linear": ("linear", WHOLE),
    "linear, l2 300": ("linear", WHOLE | {"l2": 300}),
    "linear, source scores and affinity": (
        "linear",
        WHOLE | {"without": ",".join(sorted(NOT_OF_SOURCES))},
    ),
    "logistic": ("logistic", WHOLE),
}
LISTS, RANKER = "lists.parquet", "ranker.model"  # what a ranker learns from, and what it is
PLACE = "candidate-columns,list-place,source-agreement,source-scores"  # families made of lists
STRATEGIES = ("uniform", "popularity", "in-batch", "hard", "mix 0.7 uniform 0.3 hard")
ITEMS = {
    "movietweetings": ("movies.dat", "--no-header", "--map", "item=1,title=2,genres=3"),
    "movielens": ("movies.csv", "--map", "item=movieId"),
}
Training = tuple[str, dict[str, float | str]]
Span = tuple[int, int]  # percents of the log where a window begins and ends


def spans(begin: int, end: int, step: int) -> list[Span]:
    """Windows side by side."""
    return [(at, at + step) for at in range(begin, end, step)]


@dataclass(frozen=True)
class Protocol:
    """Which windows teach, choose and test, and when users are served."""

    source: str
    teach: list[Span]
    choose: list[Span]
    test: list[Span]
    quarters: tuple[int, ...] = (0,)  # how much of what a user does in a window is history
    once: bool = False  # a ranker made before the first of some windows ranks them all

    @property
    def spans(self) -> list[Span]:
        """All windows."""
        return list(dict.fromkeys(self.teach + self.choose + self.test))


PROTOCOLS = {
    "movietweetings": Protocol(
        "movietweetings", spans(20, 80, 2), spans(60, 80, 10), spans(80, 100, 20)
    ),
    "movietweetings-nightly": Protocol(
        "movietweetings", spans(20, 80, 2), spans(60, 80, 2), spans(80, 100, 2), once=True
    ),
    "movielens": Protocol(
        "movielens", spans(10, 90, 10), spans(30, 50, 10), spans(50, 100, 10), (1, 2, 3)
    ),
}


@dataclass(frozen=True)
class Window:
    """A stretch of the log; its folder holds early, history, truth, and what is made of them."""

    folder: Path
    span: Span

    @property
    def models(self) -> Path:
        """Where the retrievers of all windows with its beginning are."""
        return self.folder.parent / f"models-{self.span[0]}"


def windows(protocol: Protocol, data: Path, folder: Path) -> list[Window]:
    """Parts of the log, in order."""
    file, words = SOURCES[protocol.source]
    recli("ingest", data / file, *words, "-o", "log.parquet", cwd=folder)
    listed = ("--kind", "items", "--list", "genres:|", "-o", "items.parquet")
    name, *how = ITEMS[protocol.source]
    recli("ingest", data / name, *how, *listed, cwd=folder)
    log = pl.read_parquet(folder / "log.parquet").sort("timestamp", maintain_order=True)
    found = []
    for span in protocol.spans:
        first, last = (round(at * log.height / 100) for at in span)
        for quarters in protocol.quarters:
            one = Window(folder / f"{span[0]}-{span[1]}-{quarters}", span)
            one.folder.mkdir()
            parted(one, log.head(first), log.slice(first, last - first), quarters)
            found.append(one)
    return found


def parted(window: Window, early: pl.DataFrame, later: pl.DataFrame, quarters: int) -> None:
    """Tables early to learn from, history to serve from, truth with the moment of its list."""
    first = pl.int_range(pl.len()).over("user_id") < pl.len().over("user_id") * quarters // 4
    known = pl.concat([early, later.filter(first)])
    truth = later.filter(~first).join(early, on="item_id", how="semi")
    truth = truth.join(known, on="user_id", how="semi")
    truth = truth.join(known, on=["user_id", "item_id"], how="anti")
    cut = pl.lit(later["timestamp"][0])
    moment = pl.col("timestamp").min().over("user_id") if quarters else cut
    moments = truth.select("user_id", as_of=moment).unique()
    parts = {"early": early, "history": known, "truth": truth}
    # Features know what was before a list's moment, of whomever.
    parts["seen"] = pl.concat([early, later]) if quarters else early
    for name, rows in parts.items():
        rows.sort("user_id", "timestamp", "item_id").write_parquet(
            window.folder / f"{name}.parquet"
        )
    moments.write_parquet(window.folder / "moments.parquet")


def offered(window: Window) -> None:
    """Lists of every retriever, and all of them merged, as of the moments of the window."""
    folder, names = window.folder, list(RETRIEVERS)
    window.models.mkdir(exist_ok=True)
    for label in names:
        model, config = window.models / label, folder.parent / f"{label}.toml"
        words = ("--config", config) if config.exists() else ()
        if not model.exists():
            recli(f"train-{RETRIEVERS[label]}", "early.parquet", *words, "-o", model, cwd=folder)
        users = ("--users", "truth.parquet", "--history", "history.parquet", "-k", OFFERED)
        recli("retrieve", model, *users, "-o", f"{label}.parquet", cwd=folder)
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
    rows = pl.concat(parts, how="diagonal_relaxed")
    # Two lists of one moment, where a user did more than one thing in it, are one.
    rows = rows.unique(["user_id", "as_of", "item_id"], keep="first", maintain_order=True)
    rows.sort("user_id", "as_of", "rank", maintain_order=True).write_parquet(folder / LISTS)
    chosen = pl.concat(labels).unique().sort("user_id", "timestamp", "item_id")
    chosen.write_parquet(folder / "labels.parquet")


def fitted(window: Window, training: Training, lists: str) -> Path:
    """A ranker that learned from windows before this one."""
    name, options = training
    words = [word for key, value in options.items() for word in (registry.flag(key), value)]
    history = ("--history", "early.parquet", "--items", "../items.parquet")
    recli(f"train-{name}", lists, *history, *words, "-o", RANKER, cwd=window.folder)
    return window.folder / RANKER


def without(training: Training, families: str) -> Training:
    """The same without some more families of features."""
    name, options = training
    left_out = [str(options["without"])] if "without" in options else []
    return name, options | {"without": ",".join([*left_out, families])}


def ranked(window: Window, ranker: Path) -> str:
    """Lists of a window by a ranker."""
    learned = layout_of(open_artefact(str(ranker), "ranker")).columns
    items = ("--items", "../items.parquet") if learned.items else ()
    words = ("--history", "seen.parquet", *items, "-o", "ranked.parquet")
    recli("rank", ranker, "merged.parquet", *words, cwd=window.folder)
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


@dataclass(frozen=True)
class Tests:
    """Windows that lists are measured on."""

    windows: list[Window]
    once: bool

    @property
    def taught(self) -> list[Window]:
        """Those before which a ranker learns, by what is in their folders."""
        begins = dict.fromkeys(one.span[0] for one in self.windows)
        first = [next(one for one in self.windows if one.span[0] == begin) for begin in begins]
        return first[:1] if self.once else first

    def of_lists(self, name: str) -> Gains:
        """NDCG@10 of lists that are there."""
        found: Gains = {}
        for at, one in enumerate(self.windows):
            found |= gains(name, one.folder, at, "truth")
        return found

    def of_ranker(self, training: Training, lists: str = LISTS) -> Gains:
        """NDCG@10 of a ranker's lists."""
        found: Gains = {}
        for at, one in enumerate(self.windows):
            if one in self.taught:
                ranker = fitted(one, training, lists)
            found |= gains(ranked(one, ranker), one.folder, at, "truth")
        return found


def chosen(tests: Tests) -> tuple[str, str]:
    """The retriever and the ranker that are best on some windows."""
    values = {name: tests.of_lists(f"{name}.parquet") for name in RETRIEVERS}
    single = max(values, key=lambda name: mean(values[name])[0])
    for name, found in values.items():
        line(f"to choose: {name}", found, values[single])
    ranked = {}
    for name, training in RANKERS.items():
        ranked[name] = tests.of_ranker(training)
        line(f"to choose: {name}", ranked[name], values[single])
    return single, max(ranked, key=lambda name: mean(ranked[name])[0])


def main() -> None:
    """Print what is chosen, the test, and the ablations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=int, default=20, help="to tune each retriever")
    asked = parser.parse_args()
    protocol = PROTOCOLS[asked.protocol]
    with tempfile.TemporaryDirectory() as name:
        parts = windows(protocol, asked.data.resolve(), Path(name))
        choose, test = prepared(protocol, parts, asked.seconds)
        single, best = chosen(choose)
        print(f"chosen: {single}; {best}")
        measure(test, single, RANKERS[best])
        leaks(test.windows[-1])


def prepared(protocol: Protocol, parts: list[Window], seconds: int) -> tuple[Tests, Tests]:
    """What to choose by and what to test, after every list is made."""

    def of(spans: list[Span]) -> list[Window]:
        return [one for one in parts if one.span in spans]

    choose = Tests(of(protocol.choose), protocol.once)
    test = Tests(of(protocol.test), protocol.once)
    for label in RETRIEVERS:
        if label != PLAIN:
            tuned(label, seconds, choose.windows[-1])
    for one in parts:
        offered(one)
    for one in [*choose.taught, *test.taught]:
        before = [other for other in of(protocol.teach) if other.span[1] <= one.span[0]]
        taught(before, one.folder)
    return choose, test


def tuned(label: str, seconds: int, window: Window) -> None:
    """Options of a retriever, chosen on a window."""
    words = ("--valid", "truth.parquet", "--history", "history.parquet", "--metric", "ndcg@10")
    words += ("--time-limit", f"{seconds}s", "-o", f"../{label}.toml")
    recli("tune", RETRIEVERS[label], "early.parquet", *words, cwd=window.folder)


def measure(test: Tests, single: str, training: Training) -> None:
    """Print every retriever, their union, the ranker and its ablations on the test windows."""
    singles = {name: test.of_lists(f"{name}.parquet") for name in RETRIEVERS}
    whole = test.of_ranker(training)
    users = {user for user, _ in whole}
    print(f"test: {len(whole):,} lists of {len(users):,} users; beside {single}:")
    for name, values in singles.items():
        line(name, values, singles[single])
    line("union", test.of_lists("merged.parquet"), singles[single])
    line(f"ranked by {training[0]}", whole, singles[single])
    for name, values in singles.items():
        line(f"ranked, beside {name}", whole, values)
    print("the ranker without a family of features; beside all:")
    made = layout_of(open_artefact(str(test.taught[-1].folder / RANKER), "ranker"))
    for family, _ in made.ordered:
        line(f"without {family}", test.of_ranker(without(training, family)), whole)
    print("taught by samples, which have no place in lists; beside lists:")
    line("lists without place and score", test.of_ranker(without(training, PLACE)), whole)
    for strategy in STRATEGIES:
        for one in test.taught:
            sampled(one, strategy)
        line(strategy, test.of_ranker(training, "samples.parquet"), whole)


if __name__ == "__main__":
    main()
