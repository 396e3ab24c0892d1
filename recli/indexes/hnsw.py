"""Walk a graph of near neighbours (faiss HNSW), and look at all of the longest vectors.

A graph needs distances, and a dot product is none: the vectors are lifted to one length by one
more coordinate, which makes the nearest the one of largest dot product. Lifted to the length of
the very longest, nearly all would lie on top of each other; so the longest are searched exactly
and the others lifted to the longest among them.
Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
Navigable Small World graphs", 2016; Bachrach et al., "Speeding up the Xbox recommender system
using a Euclidean transformation for inner-product spaces", RecSys 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from recli.fields import AT_LEAST_1, SHARE, Declared, Range

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from recli.kernels.longest import Beside
    from recli.kernels.shapes import Vectors

_FILE = "items.hnsw"


@dataclass(frozen=True)
class Hnsw(Declared):
    """Every item linked to a few near ones; a walk from far to near keeps the best it saw."""

    # faiss draws an item's level by 1 / log(links): with one link there is none.
    links: Annotated[
        int,
        "Links an item; more find more, and take more memory and time to build.",
        Range(least=2, most=512),
    ] = 16
    ef_construction: Annotated[
        int, "Candidates for links looked at for each item while it is linked.", AT_LEAST_1
    ] = 100
    longest: Annotated[
        float, "Share of the items, those of the longest vectors, that are searched exactly.", SHARE
    ] = 0.01

    EFFORT: ClassVar[str] = "candidates held beyond those asked for"
    LIBRARY: ClassVar[str | None] = "faiss-cpu"

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Link the vectors [items, factors] and write faiss' own file, readable by faiss.

        The same bytes for any number of threads. Memory: the vectors three times, and
        8 bytes a link.
        """
        import faiss

        from recli.kernels import faiss_files, longest

        lifted = longest.parts(vectors, self.longest).lifted(vectors)
        index: Any = faiss.IndexHNSWFlat(lifted.shape[1], self.links, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = self.ef_construction
        index.hnsw.rng = faiss.RandomGenerator(seed)  # type: ignore[attr-defined]
        # A faiss that does not merge links in an order of its own links as its threads happen to
        # run: it repeats only with one.
        repeatable = hasattr(faiss.HNSW, "merge_reverse_links_deterministic")
        with faiss_files.held(threads if repeatable else 1):
            index.add(lifted)
        faiss_files.write(index, folder / _FILE)

    def most_effort(self, items: int) -> int:
        """As many as there are items: then the search is exact."""
        return items

    def open(self, folder: Path, vectors: Vectors, threads: int) -> _Search:
        """The search of a verified file; RecliError where it is not of these vectors."""
        from recli.kernels import faiss_files, longest

        path = folder / _FILE
        index = faiss_files.read(path)
        parts = longest.parts(vectors, self.longest)
        if not _fits(index, parts.lifted(vectors)):
            raise faiss_files.foreign(path)
        return _Search(index, longest.Beside(vectors, parts, vectors[parts.longest], threads))


class _Search:
    """The best of the longest vectors and of what a walk through the graph found."""

    def __init__(self, index: Any, beside: Beside) -> None:
        self.index = index
        self.beside = beside

    def __call__(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int32]:
        """Item numbers [queries, k] for float32 [queries, factors], -1 where there are none."""
        from functools import partial

        if effort >= len(self.beside.vectors):
            return self.beside.exact(queries, k)
        return self.beside(queries, k, partial(self._walked, effort=effort))

    def _walked(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int64]:
        import faiss
        import numpy as np

        from recli.kernels import faiss_files

        wanted = min(k, self.index.ntotal)
        if not wanted or not len(queries):
            return np.zeros((len(queries), 0), np.int64)
        lifted = np.column_stack([queries, np.zeros(len(queries), np.float32)])
        held = faiss.SearchParametersHNSW(efSearch=wanted + effort)  # type: ignore[attr-defined]
        with faiss_files.held(self.beside.threads):
            _, found = self.index.search(lifted, wanted, params=held)
        columns: npt.NDArray[np.int64] = found
        return columns


def _fits(index: Any, lifted: Vectors) -> bool:
    """Whether a readable file is a graph of just these vectors, with links that lead to some."""
    import faiss
    import numpy as np

    if not isinstance(index, faiss.IndexHNSWFlat):
        return False
    storage = faiss.downcast_index(index.storage)
    if not isinstance(storage, faiss.IndexFlat) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        return False
    if (index.ntotal, index.d) != lifted.shape or (storage.ntotal, storage.d) != lifted.shape:
        return False
    if not len(lifted):
        return True
    stored = faiss.rev_swig_ptr(storage.get_xb(), lifted.size).reshape(lifted.shape)
    graph: Any = index.hnsw
    links = faiss.vector_to_array(graph.neighbors)
    inside = links.min(initial=-1) >= -1 and links.max(initial=-1) < len(lifted)
    entered = 0 <= graph.entry_point < len(lifted)
    return bool(inside and entered and np.array_equal(stored, lifted))
