"""Seconds of the statistics of a run: 1 million users, five metrics, 1,000 resamples.

    python tests/benchmarks/bootstrap_speed.py

Bar: at most 10 s on two cores. Timed is all that evaluate does once the metrics of each user are
known: users are dealt into buckets, values of two lists are added up block by block, then come
the intervals of both and, of their differences, the paired bootstrap, 9,999 random swaps and the
correction for several comparisons.
"""

import time

import numpy as np
import polars as pl

from recli.kernels.bootstrap import DRAWS, Sums, dealt, draws
from recli.kernels.holm import corrected
from recli.kernels.paired import Paired

USERS, METRICS, BLOCK = 1_000_000, 5, 100_000


def same(means: np.ndarray) -> np.ndarray:
    """What a mean over users shows."""
    return means


def statistics(ids: pl.Series, own: np.ndarray, baseline: np.ndarray) -> tuple[float, float]:
    """Seconds to add everything up, and to draw from it."""
    start = time.monotonic()
    sums, paired = Sums(2 * METRICS), Paired(METRICS)
    for first in range(0, len(ids), BLOCK):
        run = slice(first, first + BLOCK)
        buckets = dealt(ids[run], seed=0)
        sums.add(buckets, np.concatenate([own[:, run], baseline[:, run]]))
        each = np.ones_like(own[:, run])
        paired.add(buckets, (own[:, run], each), (baseline[:, run], each))
    added = time.monotonic()
    weights = draws(seed=0)
    sums.interval(weights)
    found = paired.differences([same] * METRICS, weights, seed=0)
    corrected(np.array([one.p_value for one in found]))
    return added - start, time.monotonic() - added


def main() -> None:
    """Print the seconds of a first run, which compiles, and of a second one."""
    rng = np.random.default_rng(0)
    ids = pl.Series([f"user{at:09}" for at in range(USERS)])
    own = rng.random((METRICS, USERS)) * (rng.random((METRICS, USERS)) < 0.2)
    baseline = own + rng.normal(0, 0.1, own.shape)
    for name in ("first", "again"):
        added, drawn = statistics(ids, own, baseline)
        print(
            f"{name}: {USERS:,} users, {METRICS} metrics, {DRAWS:,} resamples: "
            f"{added + drawn:.2f} s ({added:.2f} to add up, {drawn:.2f} to draw)"
        )


if __name__ == "__main__":
    main()
