"""Our factorization machine beside myFM on the same codes: log loss on fresh rows, seconds.

    python tests/benchmarks/fm_speed.py [--rows 200000] [--factors 8]

Rows are a user, an item and a context of a planted machine, one-hot; what is chosen is drawn by
its log odds. Both learn from the same rows with as many factors; ours makes its sweeps, myFM runs
its variational fit and its Gibbs sampler for the iterations of its examples. The planted machine's
own log loss is the least that can be had. Peer: myFM (Ohtsuki, "myFM: Bayesian factorization
machines"), single-threaded as ours.
"""

import argparse
import time

import numpy as np
import polars as pl
from myfm import MyFMGibbsClassifier, VariationalFMClassifier
from scipy import sparse

from recli.kernels import fm
from recli.kernels.chances import log_loss
from recli.kernels.ranking import RankingData
from recli.rankers.fm import Fm

SIZES = (2000, 1000, 50)  # users, items, contexts
LIST = 10


def planted(rows: int, factors: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes [rows, 3] of each feature and the true log odds [rows]."""
    draw = np.random.default_rng(0)
    codes = np.stack([draw.integers(0, size, rows) for size in SIZES], axis=1).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(SIZES)])
    weights = draw.normal(0, 0.5, starts[-1] + 1).astype(np.float32)
    vectors = draw.normal(0, 0.5, (starts[-1], factors)).astype(np.float32)
    return codes, fm.scores((codes + starts[:-1]).astype(np.int32), weights, vectors)


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--factors", type=int, default=8)
    asked = parser.parse_args()
    codes, odds = planted(2 * asked.rows, 4)
    chosen = np.random.default_rng(1).random(len(odds)) < 1 / (1 + np.exp(-odds))
    known, fresh = slice(0, asked.rows), slice(asked.rows, None)
    ones = np.ones(len(odds[fresh]))
    print(f"least log loss   {log_loss(odds[fresh], chosen[fresh], ones):.4f}")
    lists = asked.rows // LIST
    users = pl.Series([f"u{at}" for at in range(lists)])
    names = ("user", "item", "context")
    gains, sizes = chosen[known].astype(np.float32), np.full(lists, LIST)
    data = RankingData(
        names, names, codes[known].astype(np.float32), gains, sizes, users, np.zeros(lists, int)
    )
    ranker = Fm(factors=asked.factors, validation=0)
    ranker.fit(data.of_lists(np.arange(lists) < lists // 100))  # compile
    begun = time.perf_counter()
    learned = ranker.fit(data)
    took = time.perf_counter() - begun
    found = ranker.open(learned.files, 1)(codes[fresh].astype(np.float32))
    print(f"ours             {log_loss(found, chosen[fresh], ones):.4f}  {took:6.1f} s")
    starts = np.concatenate([[0], np.cumsum(SIZES)])[:-1]
    cells = (np.repeat(np.arange(len(codes)), 3), (codes + starts).ravel())
    table = sparse.csr_matrix((np.ones(codes.size), cells), shape=(len(codes), sum(SIZES)))
    for name, peer, iterations in (
        ("myFM variational", VariationalFMClassifier, 50),
        ("myFM Gibbs", MyFMGibbsClassifier, 100),
    ):
        begun = time.perf_counter()
        model = peer(rank=asked.factors).fit(table[known], chosen[known], n_iter=iterations)
        took = time.perf_counter() - begun
        chances = np.clip(model.predict_proba(table[fresh]), 1e-9, 1 - 1e-9)
        loss = log_loss(np.log(chances / (1 - chances)), chosen[fresh], ones)
        print(f"{name:16} {loss:.4f}  {took:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
