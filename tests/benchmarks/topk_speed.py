"""Speed of exact search beside implicit's top-k, faiss and this machine's matrix product.

    python tests/benchmarks/topk_speed.py [--items 200000 1000000] [--threads 2]

Random vectors of length 64 and, at each size, 20 seen items a query that must be left out; all
take turns in one run, the best of three turns counts. The last columns are queries a second of
recli as a multiple of the peer's, and multiply-adds a second as a share of a large square sgemm.
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import faiss
import numpy as np
from implicit.cpu.topk import topk as implicit_topk
from scipy import sparse
from threadpoolctl import threadpool_limits

from recli.kernels.topk import top_k

FACTORS = 64
TURNS = 3


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def sgemm_rate(threads: int) -> float:
    """Floating-point operations a second of numpy's largest comfortable product."""
    side = 4096
    left, right = (np.random.default_rng(i).random((side, side), np.float32) for i in (0, 1))
    out = np.empty((side, side), np.float32)
    with threadpool_limits(threads, "blas"):
        return 2 * side**3 / min(seconds(lambda: np.matmul(left, right, out=out)) for _ in range(5))


def compare(count: int, k: int, threads: int, rate: float) -> None:
    """One line for each of the three, at one size."""
    rng = np.random.default_rng(count + k)
    items = rng.standard_normal((count, FACTORS), dtype=np.float32)
    queries = rng.standard_normal((1024, FACTORS), dtype=np.float32)
    few = queries[: 1024 if count <= 200_000 else 256]  # the peers take long
    seen = np.sort(rng.integers(0, count, (len(queries), 20)).astype(np.int32), axis=1)
    starts = np.arange(0, seen.size + 1, 20, dtype=np.int64)
    drop = sparse.csr_matrix(
        (np.ones(20 * len(few), np.float32), seen[: len(few)].ravel(), starts[: len(few) + 1]),
        shape=(len(few), count),
    )
    index = faiss.IndexFlatIP(FACTORS)
    index.add(items)
    faiss.omp_set_num_threads(threads)
    works: dict[str, tuple[int, Callable[[], object]]] = {
        "recli": (
            len(queries),
            lambda: top_k(queries, items, k, (starts, seen.ravel()), None, threads),
        ),
        "implicit": (
            len(few),
            lambda: implicit_topk(items, few, k, filter_query_items=drop, num_threads=threads),
        ),
        "faiss flat": (len(few), lambda: index.search(few, k)),
    }
    top_k(queries[:1], items[:10], 1)  # compiles
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(TURNS):
        for name, (_, work) in works.items():
            times[name].append(seconds(work))
    speeds = {name: works[name][0] / min(taken) for name, taken in times.items()}
    for name, speed in speeds.items():
        share = 2 * FACTORS * count * speed / rate
        ratio = speeds["recli"] / speed
        print(
            f"{count:>9,} {k:>4} {name:<10} {speed:>8,.0f} queries/s {ratio:>6.1f}x {share:>5.0%}"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--k", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    rate = sgemm_rate(asked.threads)
    print(f"sgemm 4096 x 4096 x 4096, {asked.threads} threads: {rate / 1e9:.0f} GFLOP/s")
    for count in asked.items:
        for k in asked.k:
            compare(count, k, asked.threads, rate)


if __name__ == "__main__":
    main()
