"""Gowalla, the split of the LightGCN paper: every model's lists, their cost, and the blend.

    python tests/benchmarks/retrieval_gowalla.py DIR [--only item-knn als] [--valid]

DIR holds train.txt, test.txt, train-without-valid.txt and valid.txt, a user and items a line.
Options were chosen on valid.txt, or are the paper's; the weights of the blend are fitted to it by
`recli blend`. All items are ranked but those of training; recall is of all that is relevant.
`--valid` prints the same table for the validation part, on which choices may be made.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measured import Cost, evaluated, recli

K = 20
METRICS = [f"recall@{K}", f"ndcg@{K}"]
OFFERED = 100  # items of each model that the blend chooses from
BLEND = ("bspm", "ease", "als", "slim", "bpr", "user-knn", "wmf")


@dataclass(frozen=True)
class Entry:
    """A model's options and what is published of it: Recall@20 and NDCG@20 on the test part."""

    options: str = ""
    published: str = ""


MODELS = {
    "popularity": Entry("", ".0416/-"),
    "random": Entry(),
    "item-knn": Entry("", ".1570/.1214"),
    "user-knn": Entry(),
    "rp3beta": Entry(),
    "ease": Entry("", ".1765/.1467"),
    "slim": Entry("", ".1699/.1382"),
    "pure-svd": Entry(),
    "nmf": Entry(),
    "gf-cf": Entry("", ".1849/.1518"),
    "bspm": Entry("", ".1920/.1597"),
    "als": Entry(
        "--factors 512 --iterations 12 --unobserved-weight 0.02 --regularization 0.003",
        "-",
    ),
    "wmf": Entry("--factors 256"),
    "lmf": Entry(),
    "bpr": Entry(
        "--factors 128 --iterations 60 --learning-rate 0.2 --hardest-of 16", ".1627/.1378"
    ),
}


@dataclass(frozen=True)
class Part:
    """What is learned from and what is measured on."""

    train: str
    truth: str


TEST = Part("train", "test")
VALID = Part("train-without-valid", "valid")


def ingested(data: Path, folder: Path) -> None:
    """The four parts as tables."""
    for part in (*vars(TEST).values(), *vars(VALID).values()):
        words = ("--source", "row-lists", "--max-rejects", "1%", "--rejects", f"{part}.csv")
        recli("ingest", data / f"{part}.txt", *words, "-o", f"{part}.parquet", cwd=folder)


def listed(name: str, part: Part, folder: Path) -> tuple[str, Cost, Cost]:
    """A model's lists for the users of the truth, and what training and retrieval took."""
    model, lists = f"{name}.{part.truth}.model", f"{name}.{part.truth}.parquet"
    log = f"{part.train}.parquet"
    learned = recli(f"train-{name}", log, *MODELS[name].options.split(), "-o", model, cwd=folder)
    users = ("--users", f"{part.truth}.parquet", "--history", log, "-k", OFFERED)
    served = recli("retrieve", model, *users, "-o", lists, cwd=folder)
    return lists, learned, served


def blended(names: list[str], folder: Path) -> str:
    """Lists of the blend for the test, its weights fitted to the validation part."""
    for name in names:
        listed(name, VALID, folder)
    known = [f"{name}.{VALID.truth}.parquet" for name in names]
    metric = ("--metric", f"recall@{K}", "--valid", f"{VALID.truth}.parquet")
    called = ("--names", ",".join(names))
    recli("blend", *known, *metric, *called, "-o", "blend.toml", cwd=folder)
    print((folder / "blend.toml").read_text())
    lists = [f"{name}.{TEST.truth}.parquet" for name in names]
    out = f"blend.{TEST.truth}.parquet"
    words = ("--config", "blend.toml", *called, "-k", K, "-o", out)
    recli("merge", "weighted", *lists, *words, cwd=folder)
    return out


def main() -> None:
    """Print a line for each model, then for the blend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="*", default=list(MODELS), help="models to train")
    parser.add_argument("--valid", action="store_true", help="measure on the validation part")
    parser.add_argument("--folder", type=Path, help="keep what is made here")
    asked = parser.parse_args()
    part = VALID if asked.valid else TEST
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        folder.mkdir(exist_ok=True)
        ingested(asked.data.resolve(), folder)
        print(
            f"{'model':12} {'recall@20':>9} {'ndcg@20':>8}   published     train  retrieve   peak"
        )
        for name in asked.only:
            lists, learned, served = listed(name, part, folder)
            found = evaluated([lists], f"{part.truth}.parquet", METRICS, folder)
            recall, ndcg = (found[lists, metric].value for metric in METRICS)
            peak = max(learned.peak_mib, served.peak_mib)
            print(
                f"{name:12} {recall:9.4f} {ndcg:8.4f}   {MODELS[name].published:11} "
                f"{learned.seconds:6.1f} s {served.seconds:6.1f} s {peak:6,} MiB",
                flush=True,
            )
        names = [name for name in BLEND if name in asked.only]
        if len(names) > 1 and not asked.valid:
            lists = blended(names, folder)
            found = evaluated([lists], f"{part.truth}.parquet", METRICS, folder)
            recall, ndcg = (found[lists, metric].value for metric in METRICS)
            print(f"{'blend':12} {recall:9.4f} {ndcg:8.4f}   of {', '.join(names)}")


if __name__ == "__main__":
    main()
