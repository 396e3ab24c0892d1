"""Speed of train-als beside implicit's ALS: time a sweep, and time to implicit's NDCG.

    python tests/benchmarks/als_speed.py [--quick]

A sweep is timed on the same objective (confidence 1 + 19 for a pair seen, L2 penalty not scaled),
the same generated log, factors, conjugate gradient steps and threads, in turns. The race to the
NDCG@10 of 15 sweeps of implicit is run twice: on that same objective, and with the defaults of
train-als against the better of implicit's default penalty and one that suits this log. Local
optima of the unscaled objective differ by 2% in NDCG from seed to seed; both take the mean of two.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit asks for it

import numpy as np
import numpy.typing as npt
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from recli.kernels import als
from recli.kernels.shapes import FoldIn
from recli.models.als import Als

Vectors = npt.NDArray[np.float32]
CONFIDENCE, PENALTY, TUNED_PENALTY, TOPICS = 20.0, 0.01, 300.0, 60
SWEEPS = (1, 2, 3, 4, 6, 8, 10, 12, 15, 20)
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


def ndcg(
    train: sparse.csr_array, test: sparse.csr_array, vectors: tuple[Vectors, Vectors]
) -> float:
    """NDCG@10 over 4,000 users, pairs learned from left out, relevance binary."""
    users, items = vectors
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
    matrix: sparse.csr_array,
    factors: int,
    sweeps: int,
    threads: int,
    seed: int = 0,
    objective: FoldIn = OBJECTIVE,
) -> tuple[Vectors, Vectors]:
    """Vectors of users and items by recli."""
    return als.fit(
        matrix, objective, factors=factors, iterations=sweeps, threads=threads, seed=seed
    )


def fit_implicit(
    matrix: sparse.csr_matrix,
    factors: int,
    sweeps: int,
    threads: int,
    seed: int = 0,
    penalty: float = PENALTY,
) -> tuple[Vectors, Vectors]:
    """Vectors of users and items by implicit, three conjugate gradient steps as recli's."""
    model = AlternatingLeastSquares(
        factors=factors,
        regularization=penalty,
        alpha=CONFIDENCE,
        iterations=sweeps,
        num_threads=threads,
        random_state=seed,
    )
    model.fit(matrix, show_progress=False)
    return model.user_factors, model.item_factors


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def sweep_row(
    train: sparse.csr_array, factors: int, threads: int, repeats: int
) -> tuple[float, float, float, float]:
    """Median wall and processor seconds a sweep of recli and of implicit: 4 less 1, over 3."""
    rows = []
    peer = sparse.csr_matrix(train)
    for _ in range(repeats):
        row: list[float] = []
        for fit in (partial(fit_recli, train), partial(fit_implicit, peer)):
            short, long = (seconds(partial(fit, factors, n, threads)) for n in (1, 4))
            row += [(after - before) / 3 for before, after in zip(short, long, strict=True)]
        rows.append(row)
    ours, our_cpu, theirs, their_cpu = (statistics.median(each) for each in zip(*rows, strict=True))
    return ours, our_cpu, theirs, their_cpu


Fit = Callable[..., tuple[Vectors, Vectors]]
Score = Callable[[tuple[Vectors, Vectors]], float]


def tried(fit: Fit, score: Score) -> tuple[float, float, float]:
    """Mean NDCG, wall and processor seconds over two seeds."""
    got = []
    for seed in (0, 1):
        kept: list[tuple[Vectors, Vectors]] = []
        times = seconds(lambda: kept.append(fit(seed=seed)))  # noqa: B023
        got.append((score(kept[0]), *times))
    quality, wall, processor = (statistics.mean(each) for each in zip(*got, strict=True))
    return quality, wall, processor


def race(name: str, ours: Fit, theirs: Sequence[Fit], score: Score) -> None:
    """Print how many sweeps recli needs to the best of the peers, and the ratio of times."""
    aim, wall, processor = max(tried(fit, score) for fit in theirs)
    for sweeps in SWEEPS:
        got, our_wall, our_processor = tried(partial(ours, sweeps=sweeps), score)
        if got >= aim:
            break
    reached = f"{wall / our_wall:6.2f} ({processor / our_processor:.2f})"
    print(
        f"{name:>16}  {aim:.4f} in {wall:5.1f} s   "
        f"{got:.4f} in {our_wall:5.1f} s, {sweeps:2} sweeps"
        f"   {reached if got >= aim else 'not reached'}",
        flush=True,
    )


def main() -> None:
    """Print one table a question."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the log, one repeat")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--factors", type=int, nargs="+", default=[64, 128, 256])
    choice = parser.parse_args()
    size, repeats, threads = (
        (0.1, 1, choice.threads) if choice.quick else (1.0, choice.repeats, choice.threads)
    )
    matrix = skewed_log(int(70_000 * size), int(20_000 * size**0.5), int(9_300_000 * size))
    train, test = held_out(matrix)
    print(f"{train.shape[0]:,} users, {train.shape[1]:,} items, {train.nnz:,} interactions")
    print(f"{threads} threads; in brackets: by processor seconds, not wall")
    fit_recli(train[:100], 16, 1, threads)  # compiled or read from the cache

    print(f"\nA sweep, medians of {repeats}\nfactors   recli s         implicit s      ratio")
    for factors in choice.factors:
        ours, our_cpu, theirs, their_cpu = sweep_row(train, factors, threads, repeats)
        print(
            f"{factors:7}  {ours:6.3f} ({our_cpu:.2f})   {theirs:6.3f} ({their_cpu:.2f})"
            f"   {theirs / ours:5.2f} ({their_cpu / our_cpu:.2f})",
            flush=True,
        )

    print("\nTo the NDCG@10 of 15 sweeps of implicit")
    print("       objective  implicit            recli                          ratio")
    peer = sparse.csr_matrix(train)
    own = Als().objective(train)
    for factors in choice.factors:
        recli_fit = partial(fit_recli, train, factors, threads=threads)
        rivals = [
            partial(fit_implicit, peer, factors, 15, threads, penalty=penalty)
            for penalty in (PENALTY, TUNED_PENALTY)
        ]
        score = partial(ndcg, train, test)
        race(f"same, {factors}", recli_fit, rivals[:1], score)
        race(f"defaults, {factors}", partial(recli_fit, objective=own), rivals, score)


if __name__ == "__main__":
    main()
