"""Speed of train-item-knn beside implicit's, and what its lists are worth on Gowalla.

    python tests/benchmarks/neighbours_speed.py GOWALLA_DIRECTORY [--threads 2]

Both learn the cosine neighbours of the same log in turns; then both list 20 items for every user.
Quality is Recall@20 and NDCG@20 on test.txt, all items ranked, those of train.txt left out, by
the plug-in's defaults, whose item exponents and shrinkage were chosen on valid.txt.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from implicit.nearest_neighbours import CosineRecommender
from scipy import sparse

from recli.kernels.matrix import Training
from recli.kernels.neighbours import score_top_k
from recli.models.item_knn import ItemKnn

USERS, ITEMS = 29_858, 40_981
PLAIN = ItemKnn(user_exponent=0, item_exponent=0.5, history_exponent=0.5, shrinkage=0)


def read(path: Path) -> sparse.csr_array:
    """Pairs [users, items] of a file whose lines are a user and her items."""
    lines = [np.array(line.split(), np.int64) for line in path.read_text().splitlines()]
    users = np.concatenate([np.full(len(line) - 1, line[0]) for line in lines])
    items = np.concatenate([line[1:] for line in lines])
    cells = (np.ones(len(users), np.float32), (users, items))
    pairs = sparse.csr_array(sparse.coo_array(cells, shape=(USERS, ITEMS)))
    pairs.data[:] = 1
    return pairs


def training(pairs: sparse.csr_array, threads: int) -> Training:
    """What a plug-in learns from."""
    cells = pairs.tocoo()
    data = Training(
        pl.Series(range(USERS)), pl.Series(range(ITEMS)), cells.row, cells.col, cells.data,
        threads=threads,
    )  # fmt: skip
    _ = data.matrix  # made once, before the clock starts
    return data


def lists(
    pairs: sparse.csr_array, weights: sparse.csr_array, threads: int
) -> npt.NDArray[np.int32]:
    """Twenty items for every user."""
    barred = pairs.indptr.astype(np.int64), pairs.indices.astype(np.int32)
    return score_top_k(pairs, weights, 20, barred, None, threads)[0]


def quality(found: npt.NDArray[np.int32], test: sparse.csr_array) -> tuple[float, float]:
    """Recall@20 and NDCG@20 over the users with something to find."""
    discount = 1 / np.log2(np.arange(2, 22))
    recalls, gains = [], []
    for user in np.flatnonzero(np.diff(test.indptr)):
        relevant = test.indices[test.indptr[user] : test.indptr[user + 1]]
        hits = np.isin(found[user], relevant)
        recalls.append(hits.sum() / len(relevant))
        gains.append(hits @ discount / discount[: len(relevant)].sum())
    return float(np.mean(recalls)), float(np.mean(gains))


def timed(name: str, work: Callable[[], object]) -> float:
    """Best of three turns, printed."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    print(f"{name:<20} {min(taken):6.2f} s")
    return min(taken)


def main() -> None:
    """Print the times, their ratios and the quality."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    train, test = read(asked.directory / "train.txt"), read(asked.directory / "test.txt")
    data = training(train, asked.threads)
    PLAIN.fit(data)  # compiles
    counts = sparse.csr_matrix(train)
    peer = CosineRecommender(K=200, num_threads=asked.threads)
    ours = timed("recli fit", lambda: PLAIN.fit(data))
    theirs = timed("implicit fit", lambda: peer.fit(counts, show_progress=False))
    weights = PLAIN.fit(data).weights
    lists(train[:9], weights, 1)
    listed = timed("recli lists", lambda: lists(train, weights, asked.threads))
    users = np.arange(USERS)
    peer_listed = timed("implicit lists", lambda: peer.recommend(users, counts, N=20))
    print(f"ratios: fit {theirs / ours:.1f}x, lists {peer_listed / listed:.1f}x")
    found = lists(train, ItemKnn().fit(data).weights, asked.threads)
    print("Recall@20 {:.4f}, NDCG@20 {:.4f}".format(*quality(found, test)))


if __name__ == "__main__":
    main()
