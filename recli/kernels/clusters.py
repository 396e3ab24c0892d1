"""Groups of vectors that lie close together, the same bits for any number of threads."""

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels import topk
from recli.kernels.shapes import Vectors

Numbers = npt.NDArray[np.int32]

SAMPLE = 64  # vectors a group that the search for centroids looks at
ROUNDS = 10


def centroids(vectors: Vectors, groups: int, seed: int, threads: int = 1) -> Vectors:
    """Centroids [groups, factors] of a seeded sample of the vectors [rows, factors].

    Lloyd's algorithm ("Least squares quantization in PCM", 1982), started from rows drawn
    without repetition. A group that loses all its members keeps its place. Needs at least as
    many rows as groups.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(vectors))[: SAMPLE * groups])
    sample = np.ascontiguousarray(vectors[rows])
    found = sample[np.sort(rng.permutation(len(sample))[:groups])]
    for _ in range(ROUNDS):
        found = _means(sample, nearest(sample, found, threads), found)
    return found


def nearest(vectors: Vectors, centres: Vectors, threads: int = 1) -> Numbers:
    """The centroid of least distance to each vector [rows]; of equal ones the first.

    |x - c|^2 is least where x.c - |c|^2 / 2 is largest: a search for the best dot product.
    """
    halves = np.square(centres, dtype=np.float64).sum(axis=1) / 2
    lifted = np.column_stack([centres, -halves.astype(np.float32)])
    ones = np.ones((len(vectors), 1), np.float32)
    columns, _ = topk.top_k(np.hstack([vectors, ones]), lifted, 1, threads=threads)
    return np.maximum(columns[:, 0], 0)  # a vector that is not finite goes to the first


@njit(cache=True)
def _means(vectors, groups, before):  # type: ignore[no-untyped-def]
    """Mean of each group's vectors, added up in the order of the rows."""
    sums = np.zeros(before.shape, np.float64)
    counts = np.zeros(len(before), np.int64)
    for row in range(len(vectors)):
        counts[groups[row]] += 1
        for factor in range(vectors.shape[1]):
            sums[groups[row], factor] += vectors[row, factor]
    means = before.copy()
    for group in range(len(before)):
        if counts[group]:
            for factor in range(before.shape[1]):
                means[group, factor] = sums[group, factor] / counts[group]
    return means
