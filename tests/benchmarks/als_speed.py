"""Speed of train-als beside implicit's ALS: time a sweep, and time to implicit's NDCG.

    python tests/benchmarks/als_speed.py [--quick]

Both fit the same objective (confidence 1 + 19 for a pair seen, unscaled L2 penalty) to the same
generated log with the same factors, conjugate gradient steps and threads, in turns.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit asks for it

import numpy as np
import numpy.typing as npt
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from recli.kernels import als
from recli.kernels.shapes import FoldIn

Vectors = npt.NDArray[np.float32]
CONFIDENCE, PENALTY, TOPICS = 20.0, 0.01, 60
OBJECTIVE = FoldIn(regularization=PENALTY, nu=0.0, alpha=CONFIDENCE - 1)


def skewed_log(users: int, items: int, draws: int, seed: int = 0) -> sparse.csr_array:
    """Pairs seen [users, items]: Zipf-like popularity, lognormal activity, tastes by topic."""
    draw = np.random.default_rng(seed)
    popularity = draw.permutation((np.arange(items) + 20.0) ** -0.9)
    of_topic = np.cumsum(draw.gamma(0.15, 1.0, (TOPICS, items)) * popularity, axis=1)
    of_topic /= of_topic[:, -1:]
    activity = draw.lognormal(0.0, 1.0, users)
    lengths = np.maximum(5, activity * draws / activity.sum()).astype(np.int64)
    tastes = np.cumsum(draw.gamma(0.1, 1.0, (users, TOPICS)) + 1e-9, axis=1)
    tastes /= tastes[:, -1:]
    user = np.repeat(np.arange(users), lengths)
    topic = np.empty(len(user), np.int64)
    for start in range(0, len(user), 500_000):
        block = slice(start, start + 500_000)
        chance = draw.random((len(user[block]), 1))
        topic[block] = (tastes[user[block]] < chance).sum(1)
    chance, item = draw.random(len(user)), np.empty(len(user), np.int64)
    for number in range(TOPICS):
        chosen = topic == number
        item[chosen] = np.searchsorted(of_topic[number], chance[chosen])
    cells = sparse.coo_array((np.ones(len(user), np.float32), (user, item)), (users, items))
    matrix = sparse.csr_array(cells)
    matrix.data[:] = 1
    return matrix


def held_out(matrix: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Nine tenths of the pairs to learn from and the rest to test on."""
    cells = matrix.tocoo()
    test = np.random.default_rng(1).random(cells.nnz) < 0.1
    train, rest = (
        sparse.csr_array((cells.data[kept], (cells.row[kept], cells.col[kept])), matrix.shape)
        for kept in (~test, test)
    )
    return train, rest


def ndcg(users: Vectors, items: Vectors, train: sparse.csr_array, test: sparse.csr_array) -> float:
    """NDCG@10 over 4,000 users, pairs learned from left out, relevance binary."""
    draw, k = np.random.default_rng(2), 10
    discount = 1 / np.log2(np.arange(2, k + 2))
    total, some = 0.0, draw.permutation(np.flatnonzero(np.diff(test.indptr)))[:4000]
    for user in some:
        scores = items @ users[user]
        scores[train.indices[train.indptr[user] : train.indptr[user + 1]]] = -np.inf
        top = np.argpartition(-scores, k)[:k]
        hits = np.isin(top[np.argsort(-scores[top])], test.indices[slice(*test.indptr[user:][:2])])
        relevant = min(k, test.indptr[user + 1] - test.indptr[user])
        total += float(hits @ discount / discount[:relevant].sum())
    return total / len(some)


def fit_recli(
    matrix: sparse.csr_array, factors: int, sweeps: int, threads: int
) -> tuple[Vectors, Vectors]:
    return als.fit(matrix, OBJECTIVE, factors=factors, iterations=sweeps, threads=threads)


def fit_implicit(
    matrix: sparse.csr_matrix, factors: int, sweeps: int, threads: int
) -> tuple[Vectors, Vectors]:
    model = AlternatingLeastSquares(
        factors=factors,
        regularization=PENALTY,
        alpha=CONFIDENCE,
        iterations=sweeps,
        num_threads=threads,
        random_state=0,
    )
    model.fit(matrix, show_progress=False)
    return model.user_factors, model.item_factors


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Print one table a question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the log, one repeat")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--factors", type=int, nargs="+", default=[64, 128, 256])
    choice = parser.parse_args()
    size, repeats = (0.1, 1) if choice.quick else (1.0, choice.repeats)
    matrix = skewed_log(int(70_000 * size), int(20_000 * size**0.5), int(9_300_000 * size))
    train, test = held_out(matrix)
    peer_train = sparse.csr_matrix(train)
    print(f"{train.shape[0]:,} users, {train.shape[1]:,} items, {train.nnz:,} interactions")
    print(f"{choice.threads} threads, medians of {repeats}; cpu = processor seconds")
    fit_recli(train[:100], 16, 1, choice.threads)  # compiled or read from the cache

    print("\nfactors  recli s/sweep (cpu)   implicit s/sweep (cpu)   ratio (cpu)")
    for factors in choice.factors:
        rows = []
        for _ in range(repeats):
            row = []
            for fit, data in ((fit_recli, train), (fit_implicit, peer_train)):
                short = seconds(lambda: fit(data, factors, 1, choice.threads))  # noqa: B023
                long = seconds(lambda: fit(data, factors, 4, choice.threads))  # noqa: B023
                row += [(after - before) / 3 for before, after in zip(short, long, strict=True)]
            rows.append(row)
        ours, our_cpu, theirs, their_cpu = (
            statistics.median(each) for each in zip(*rows, strict=True)
        )
        print(
            f"{factors:7}  {ours:13.3f} ({our_cpu:.2f})   {theirs:16.3f} ({their_cpu:.2f})"
            f"   {theirs / ours:5.2f} ({their_cpu / our_cpu:.2f})",
            flush=True,
        )

    print("\nfactors  implicit NDCG@10 after 15 sweeps (s)   recli sweeps, NDCG@10 (s)   ratio")
    for factors in choice.factors:
        aim = ndcg(*fit_implicit(peer_train, factors, 15, choice.threads), train, test)
        for sweeps in range(1, 31):
            got = ndcg(*fit_recli(train, factors, sweeps, choice.threads), train, test)
            if got >= aim:
                break
        times = []
        for _ in range(repeats):
            ours, _ = seconds(lambda: fit_recli(train, factors, sweeps, choice.threads))  # noqa: B023
            theirs, _ = seconds(lambda: fit_implicit(peer_train, factors, 15, choice.threads))  # noqa: B023
            times.append((ours, theirs))
        ours, theirs = (statistics.median(each) for each in zip(*times, strict=True))
        print(
            f"{factors:7}  {aim:27.4f} ({theirs:.1f})   {sweeps:12}, {got:.4f} ({ours:.1f})"
            f"   {theirs / ours:9.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
