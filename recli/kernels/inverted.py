"""Inverted files of faiss: items in groups, and a search of the groups that score highest."""

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from recli.kernels import clusters, topk
from recli.kernels.faiss_files import held
from recli.kernels.shapes import Vectors

Numbers = npt.NDArray[np.int32]

_CELLS = 1 << 22  # pairs of query and group held at a time


def number_of_groups(items: int, lists: int | None) -> int:
    """Groups for so many items: `lists`, or 4 sqrt(items), but no more than there are items."""
    return max(1, min(items, lists or round(4 * items**0.5)))


def grouped(
    vectors: Vectors, lists: int | None, seed: int, threads: int
) -> tuple[Vectors, Numbers]:
    """Centroids [groups, factors], and the group of each vector [items]."""
    if not len(vectors):
        return np.zeros((1, vectors.shape[1]), np.float32), np.zeros(0, np.int32)
    groups = number_of_groups(len(vectors), lists)
    centres = clusters.centroids(vectors, groups, seed, threads)
    return centres, clusters.nearest(vectors, centres, threads)


def centres_of(index: Any) -> Vectors | None:
    """Centroids [groups, factors] of an inverted file; None where it does not have such."""
    if not isinstance(index, faiss.IndexIVF) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        return None
    flat = faiss.downcast_index(index.quantizer)
    if not isinstance(flat, faiss.IndexFlat) or (flat.ntotal, flat.d) != (index.nlist, index.d):
        return None
    centres: Vectors = flat.reconstruct_n(0, flat.ntotal)
    return centres


def members(index: Any) -> list[npt.NDArray[np.int64]] | None:
    """The items of each group; None where not every item is in just one of them."""
    found = [_copied(index.invlists.get_ids, group, index, 1) for group in range(index.nlist)]
    everybody = np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return found if np.array_equal(everybody, np.arange(index.ntotal)) else None


def codes(index: Any, group: int) -> npt.NDArray[np.uint8]:
    """What is stored of the items of a group: [members, bytes]."""
    stored = _copied(index.invlists.get_codes, group, index, index.code_size)
    return stored.astype(np.uint8, copy=False).reshape(-1, index.code_size)


def _copied(getter: Any, group: int, index: Any, each: int) -> npt.NDArray[Any]:
    size = index.invlists.list_size(group) * each
    if size == 0:
        return np.zeros(0, np.int64)
    return np.array(faiss.rev_swig_ptr(getter(group), size))


def search(
    index: Any, centres: Vectors, queries: Vectors, k: int, effort: int, threads: int
) -> npt.NDArray[np.int64]:
    """The k best items [queries, k] of the `effort` groups that score highest, -1 for none."""
    found = np.full((len(queries), k), -1, np.int64)
    index.nprobe = effort = min(effort, len(centres))
    step = max(1, _CELLS // effort)
    with held(threads):
        for begin in range(0, len(queries), step):
            some = np.ascontiguousarray(queries[begin : begin + step])
            # Ours is faster here than faiss', and has the same bits for any number of threads.
            groups, scores = topk.top_k(some, centres, effort, threads=threads)
            _, places = index.search_preassigned(some, k, groups.astype(np.int64), scores)
            found[begin : begin + step] = places
    return found


def fill(index: Any, groups: Numbers, stored: npt.NDArray[np.uint8]) -> None:
    """Put the items, numbered as they come, into their groups with their codes [items, bytes]."""
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(index.nlist + 1))
    ids, rows = order.astype(np.int64), np.ascontiguousarray(stored[order])
    for group in range(index.nlist):
        first, last = bounds[group], bounds[group + 1]
        if first < last:
            place, codes_at = faiss.swig_ptr(ids[first:last]), faiss.swig_ptr(rows[first:last])
            index.invlists.add_entries(group, int(last - first), place, codes_at)
    index.ntotal = len(groups)
