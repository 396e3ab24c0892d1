"""Queries a second of each index back end at the same recall, on vectors that ALS learned.

    python tests/benchmarks/index_speed.py [--items 200000] [--factors 64] [--target .95]
        [--evened .7] [--only ivf hnsw]

The log is generated: items of 300 tastes, Zipf popularity, users of six tastes each; a lately
trained ALS makes vectors of very uneven length of it, as real logs do. Exact search of recli and of
faiss stand beside, all in one run. Every back end has its default options; one that takes longer
than ten minutes at a million items (annoy's and hnsw's builds) can be left out by --only. annoy is
asked fewer users, as it takes long, and its children are as many as the others' threads. Lengths
of generated items are more uneven than those of most logs: --evened divides each vector by a power
of its length. Memory is what opening the index adds to this process (annoy maps its file in
others), and the file's size.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from recli import registry
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


def resident() -> float:
    """MiB of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Case:
    """The items, the users and how well they are to be served."""

    items: Vectors
    queries: Vectors
    k: int
    target: float
    threads: int

    def line(self, name: str) -> str:
        """What one back end came to, as a line of the table."""
        backend = registry.load("indexes", name)()
        some = self.queries[: 100 if name == "annoy" else 1000]
        wanted = top_k(some, self.items, self.k, threads=self.threads)[1]
        with tempfile.TemporaryDirectory() as place:
            start = time.perf_counter()
            backend.build(self.items, Path(place), 0, self.threads)
            seconds = time.perf_counter() - start
            size = sum(path.stat().st_size for path in Path(place).iterdir()) / 2**20
            before = resident()
            search = backend.open(Path(place), self.items, self.threads)
            memory = resident() - before

            def found(users: Vectors, effort: int) -> Vectors:
                offered = search(users, self.k, effort)
                return rescored(users, self.items, offered, self.k, threads=self.threads)[1]

            def measure(effort: int) -> float:
                return recall(found(some, effort), wanted)

            best = least_effort(measure, backend.most_effort(len(self.items)), self.target)[-1]
            speed = rate(partial(found, effort=best.effort), some)
        return (
            f"{name:<11}{speed:9,.0f} queries/s, recall {best.recall:.3f}, "
            f"built in {seconds:.1f} s, file {size:,.0f} MiB, "
            f"memory {memory:,.0f} MiB, {best.effort:,} {backend.EFFORT}"
        )


def main() -> None:
    """Print one line a back end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--target", type=float, default=0.95)
    parser.add_argument("--evened", type=float, default=0.0)
    parser.add_argument("-k", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    others = [name for name in registry.names("indexes") if name != "exact"]
    parser.add_argument("--only", nargs="*", default=others, choices=others)
    given = parser.parse_args()
    queries, items = learned(given.items, given.factors, given.threads)
    lengths = np.linalg.norm(items, axis=1, keepdims=True)
    items = (items / np.maximum(lengths, 1e-9) ** given.evened).astype(np.float32)
    case = Case(items, queries, given.k, given.target, given.threads)
    ends = np.quantile(np.linalg.norm(items, axis=1), [0.01, 0.5, 0.99])
    print(f"{given.items:,} items x {given.factors}, k = {given.k}, {given.threads} threads")
    print("lengths of item vectors, 1%, 50%, 99%:", *(f"{length:.3f}" for length in ends))
    exact = partial(top_k, items=items, k=given.k, threads=given.threads)
    print(f"exact      {rate(exact, queries):9,.0f} queries/s")
    flat = faiss.IndexFlatIP(given.factors)
    flat.add(items)
    faiss.omp_set_num_threads(given.threads)
    speed = rate(lambda some: flat.search(some, given.k), queries[:500])
    print(f"faiss flat {speed:9,.0f} queries/s", flush=True)
    for name in given.only:
        print(case.line(name), flush=True)


if __name__ == "__main__":
    main()
