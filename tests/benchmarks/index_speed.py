"""Queries a second of each index back end at the same recall, on vectors that ALS learned.

    python tests/benchmarks/index_speed.py [--items 200000] [--factors 64] [--target .95]

The log is generated: items of 300 tastes, Zipf popularity, users of six tastes each; a lately
trained ALS makes vectors of very uneven length of it, as real logs do. Exact search of recli and of
faiss stand beside, all in one run. annoy is asked fewer users, as it takes long, and its children
are as many as the others' threads.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from recli.indexes.annoy import Annoy
from recli.indexes.ivf import Ivf
from recli.kernels import als
from recli.kernels.matrix import matrix
from recli.kernels.recall import least_effort, recall
from recli.kernels.shapes import FoldIn, Vectors
from recli.kernels.topk import rescored, top_k

TASTES = 300


def log(users: int, items: int, events: int) -> tuple[np.ndarray, np.ndarray]:
    """User and item numbers of events: skewed on both sides, and with tastes to be learned."""
    rng = np.random.default_rng(0)
    order = np.argsort(rng.integers(0, TASTES, items), kind="stable")
    popularity = np.cumsum(1 / (rng.permutation(items) + 10.0) ** 0.8)
    bounds = np.concatenate(([0], popularity))[np.linspace(0, items, TASTES + 1).astype(int)]
    rows = (users * rng.random(events) ** 1.5).astype(np.int32)
    tastes = rng.integers(0, TASTES, (users, 6))[rows, (6 * rng.random(events) ** 2).astype(int)]
    anything = rng.random(events) < 0.15
    low = np.where(anything, 0, bounds[tastes])
    high = np.where(anything, popularity[-1], bounds[tastes + 1])
    at = np.searchsorted(popularity, low + (high - low) * rng.random(events), side="right")
    return rows, order[np.minimum(at, items - 1)].astype(np.int32)


def learned(items: int, factors: int, threads: int) -> tuple[Vectors, Vectors]:
    """Vectors of some users, and of all items."""
    users = items // 2
    rows, columns = log(users, items, 30 * items)
    cells = matrix(rows, columns, np.ones(len(rows), np.float32), (users, items))
    # The penalty of an item grows with the number of users: held to that of 200,000 items.
    objective = FoldIn(600 / items, unobserved_weight=0.1)
    asked, vectors = als.fit(cells, objective, factors=factors, iterations=6, threads=threads)
    return asked[np.random.default_rng(1).permutation(users)[:2000]], vectors


def rate(work: Callable[[Vectors], object], queries: Vectors) -> float:
    """Queries a second, the best of three turns or of as many as fit into 20 seconds."""
    best, begun = 0.0, time.perf_counter()
    for _ in range(3):
        start = time.perf_counter()
        work(queries)
        best = max(best, len(queries) / (time.perf_counter() - start))
        if time.perf_counter() - begun > 20:
            break
    return best


def main() -> None:
    """Print one line a back end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--target", type=float, default=0.95)
    parser.add_argument("-k", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--trees", type=int, nargs="*", default=[16, 64])
    given = parser.parse_args()
    queries, items = learned(given.items, given.factors, given.threads)
    k, threads = given.k, given.threads
    lengths = np.quantile(np.linalg.norm(items, axis=1), [0.01, 0.5, 0.99])
    print(f"{given.items:,} items x {given.factors}, k = {k}, {threads} threads")
    print("lengths of item vectors, 1%, 50%, 99%:", *(f"{length:.3f}" for length in lengths))
    flat = faiss.IndexFlatIP(given.factors)
    flat.add(items)
    faiss.omp_set_num_threads(threads)
    exact = partial(top_k, items=items, k=k, threads=threads)
    print(f"exact       {rate(exact, queries):9,.0f} queries/s")
    print(f"faiss flat  {rate(lambda some: flat.search(some, k), queries[:500]):9,.0f} queries/s")
    speeds: dict[str, float] = {}
    works = [(Ivf(), 1000)] + [(Annoy(trees), 100) for trees in given.trees]
    for backend, asked in works:
        some = queries[:asked]
        wanted = exact(some)[1]
        with tempfile.TemporaryDirectory() as name:
            start = time.perf_counter()
            backend.build(items, Path(name), 0, threads)
            seconds = time.perf_counter() - start
            search = backend.open(Path(name), items, threads)

            def found(users: Vectors, effort: int, search: Callable = search) -> Vectors:  # type: ignore[type-arg]
                return rescored(users, items, search(users, k, effort), k, threads=threads)[1]

            most = backend.most_effort(given.items)
            tried = least_effort(
                lambda effort: recall(found(some, effort), wanted),  # noqa: B023
                most,
                given.target,
            )
            speed = rate(partial(found, effort=tried[-1].effort), some)
        kind = type(backend).__name__.lower()
        speeds[kind] = max(speeds.get(kind, 0), speed)
        print(
            f"{kind:<6} {speed:14,.0f} queries/s at recall {tried[-1].recall:.3f}, "
            f"{tried[-1].effort:,} {backend.EFFORT}, built in {seconds:.1f} s, {backend}",
            flush=True,
        )
    if "annoy" in speeds:
        print(f"ivf / annoy: {speeds['ivf'] / speeds['annoy']:.1f}")


if __name__ == "__main__":
    main()
