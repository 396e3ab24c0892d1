"""Search only the groups of items nearest to a user (faiss IVF-Flat).

Items are grouped by Euclidean distance and groups are searched by dot product: vectors of
popular items are long, lie in groups of their own and are found first. Grouping by dot product or
by angle instead loses most neighbours on such vectors. Sivic and Zisserman, "Video Google", ICCV
2003 (inverted file); Johnson, Douze, Jegou, "Billion-scale similarity search with GPUs", 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from recli.errors import ExitCode, RecliError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.shapes import Vectors

_FILE = "items.ivf"
_CELLS = 1 << 22  # pairs of query and group held at a time
_LOOKED_AT = 64  # groups whose vectors are compared with the model's on opening


@dataclass(frozen=True)
class Ivf:
    """Every item in one group; a query looks into the groups whose centroids score highest."""

    lists: Annotated[
        int | None, "Groups that the items are put in; 4 times the root of their number if not set."
    ] = None

    EFFORT: ClassVar[str] = "groups searched"
    LIBRARY: ClassVar[str | None] = "faiss-cpu"

    def __post_init__(self) -> None:
        if self.lists is not None and self.lists < 1:
            raise RecliError(f"--lists {self.lists}", "give 1 or more", code=ExitCode.USAGE)

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Group the vectors [items, factors] and write faiss' own file, readable by faiss.

        The same bytes for any number of threads. Memory: three times the vectors.
        """
        import faiss
        import numpy as np

        from recli.kernels import clusters

        count, factors = vectors.shape
        centres = clusters.centroids(vectors, self.most_effort(count), seed, threads)
        groups = clusters.nearest(vectors, centres, threads).astype(np.int64)
        quantizer = faiss.IndexFlatIP(factors)
        quantizer.add(centres)
        index = faiss.IndexIVFFlat(quantizer, factors, len(centres), faiss.METRIC_INNER_PRODUCT)
        index.is_trained = True
        with _Held(1):
            index.add_core(count, faiss.swig_ptr(vectors), None, faiss.swig_ptr(groups))
        # faiss' own writer reports success on a full disk; Python's does not.
        with (folder / _FILE).open("wb") as stream:
            stream.write(faiss.serialize_index(index).data)

    def most_effort(self, items: int) -> int:
        """The number of groups: 4 sqrt(items), but no more than there are items."""
        return max(1, min(items, self.lists or round(4 * items**0.5)))

    def open(self, folder: Path, vectors: Vectors, threads: int) -> _Search:
        """The search of a verified file; RecliError where it is not of these vectors."""
        import faiss

        path = folder / _FILE
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            line = str(error).strip().rpartition("\n")[2]
            raise RecliError(f"{path} cannot be read: {line}", "build the index again") from None
        _check(index, vectors, path)
        return _Search(index, threads)


class _Search:
    """Items of the `effort` nearest groups that score highest."""

    def __init__(self, index: Any, threads: int) -> None:
        import faiss

        self.index = index
        self.threads = threads
        flat = faiss.downcast_index(index.quantizer)
        self.centres = flat.reconstruct_n(0, flat.ntotal)  # [groups, factors]

    def __call__(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int32]:
        """Item numbers [queries, k] for float32 [queries, factors], -1 where there are none."""
        import numpy as np

        found = np.full((len(queries), k), -1, np.int32)
        self.index.nprobe = effort
        step = max(1, _CELLS // effort)
        with _Held(self.threads):
            for begin in range(0, len(queries), step):
                found[begin : begin + step] = self._block(queries[begin : begin + step], k, effort)
        return found

    def _block(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int64]:
        import numpy as np

        from recli.kernels import topk

        # Ours is faster here than faiss', and has the same bits for any number of threads.
        groups, scores = topk.top_k(queries, self.centres, effort, threads=self.threads)
        queries = np.ascontiguousarray(queries)
        _, found = self.index.search_preassigned(queries, k, groups.astype(np.int64), scores)
        columns: npt.NDArray[np.int64] = found
        return columns


class _Held:
    """Hold faiss to a number of threads, then give back what was set before."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def __enter__(self) -> None:
        import faiss

        self.before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(self.threads)

    def __exit__(self, *_: object) -> None:
        import faiss

        faiss.omp_set_num_threads(self.before)


def _check(index: Any, vectors: Vectors, path: Path) -> None:
    """Refuse a whole, readable file of other vectors: it would answer, and wrongly."""
    import faiss
    import numpy as np

    fits = (
        isinstance(index, faiss.IndexIVFFlat)
        and isinstance(faiss.downcast_index(index.quantizer), faiss.IndexFlat)
        and (index.ntotal, index.d) == vectors.shape
        and (index.quantizer.ntotal, index.quantizer.d) == (index.nlist, index.d)
        and index.metric_type == faiss.METRIC_INNER_PRODUCT
    )
    if fits:
        members = [_ids(index, group) for group in range(index.nlist)]
        fits = np.array_equal(np.sort(np.concatenate(members)), np.arange(len(vectors)))
        looked_at = range(0, index.nlist, max(1, index.nlist // _LOOKED_AT)) if fits else ()
        for group in looked_at:
            same = _vectors(index, group).tobytes() == vectors[members[group]].tobytes()
            fits = fits and same
    if not fits:
        raise RecliError(f"{path} does not belong to the model beside it", "build the index again")


def _ids(index: Any, group: int) -> npt.NDArray[np.int64]:
    import faiss
    import numpy as np

    size = index.invlists.list_size(group)
    if size == 0:
        return np.zeros(0, np.int64)
    return np.array(faiss.rev_swig_ptr(index.invlists.get_ids(group), size))


def _vectors(index: Any, group: int) -> Vectors:
    import faiss
    import numpy as np

    size = index.invlists.list_size(group) * index.d
    if size == 0:
        return np.zeros(0, np.float32)
    codes = faiss.rev_swig_ptr(index.invlists.get_codes(group), 4 * size)
    return np.array(codes).view(np.float32)
