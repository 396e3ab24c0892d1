"""Search groups of items by codes of a few bytes (faiss IVF-PQ), then score the best exactly.

What is left of a vector without its group's centroid is cut into parts, each coded by the nearest
of 256 centroids: scores are sums of table look-ups. They are a little wrong, so that several
times as many items as are asked for are scored exactly. The longest vectors are in no group and
are looked at in every search. Jegou, Douze, Schmid, "Product quantization for nearest neighbor
search", 2011 (IVFADC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from recli.fields import AT_LEAST_1, SHARE, Declared

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from recli.kernels.longest import Beside
    from recli.kernels.shapes import Vectors

_FILE = "items.ivfpq"
_LOOKED_AT = 64  # groups whose codes are compared with the model's vectors on opening
_LEAST_OFFERED = 2  # times the items asked for that are scored exactly
_MORE_EVERY = 32  # groups searched for which as many more are


@dataclass(frozen=True)
class IvfPq(Declared):
    """Every item in one group, by a code; a query looks into the groups that score highest."""

    lists: Annotated[
        int | None,
        "Groups that the items are put in; 4 times the root of their number if not set.",
        AT_LEAST_1,
    ] = None
    factors_a_byte: Annotated[
        int, "Factors coded by one byte; fewer find more, and take more memory.", AT_LEAST_1
    ] = 4
    longest: Annotated[
        float, "Share of the items, those of the longest vectors, that are searched exactly.", SHARE
    ] = 0.01

    EFFORT: ClassVar[str] = "groups searched"
    LIBRARY: ClassVar[str | None] = "faiss-cpu"

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Group and code the vectors [items, factors], and write faiss' own file.

        The same bytes for any number of threads. Memory: four times the vectors.
        """
        import faiss

        from recli.kernels import coding, faiss_files, inverted, longest

        others = vectors[longest.parts(vectors, self.longest).others]
        padded = coding.padded(others, self.factors_a_byte)
        centres, groups = inverted.grouped(padded, self.lists, seed, threads)
        books, codes = coding.coded(padded - centres[groups], self.factors_a_byte, seed, threads)
        quantizer = faiss.IndexFlatIP(padded.shape[1])
        quantizer.add(centres)
        index = faiss.IndexIVFPQ(
            quantizer, padded.shape[1], len(centres), len(books), 8, faiss.METRIC_INNER_PRODUCT
        )
        index.is_trained = True
        faiss.copy_array_to_vector(books.ravel(), index.pq.centroids)
        inverted.fill(index, groups, codes)
        faiss_files.write(index, folder / _FILE)

    def most_effort(self, items: int) -> int:
        """The number of groups, at which the search is exact."""
        from recli.kernels import inverted

        return inverted.number_of_groups(items, self.lists)

    def open(self, folder: Path, vectors: Vectors, threads: int) -> _Search:
        """The search of a verified file; RecliError where it is not of these vectors."""
        from recli.kernels import coding, faiss_files, inverted, longest

        path = folder / _FILE
        index = faiss_files.read(path)
        parts = longest.parts(vectors, self.longest)
        centres = inverted.centres_of(index)
        padded = coding.padded(vectors[parts.others], self.factors_a_byte)
        if centres is None or not _fits(index, centres, padded):
            raise faiss_files.foreign(path)
        beside = longest.Beside(vectors, parts, vectors[parts.longest], threads)
        most = self.most_effort(len(vectors))
        return _Search(index, centres, beside, self.factors_a_byte, most)


class _Search:
    """Items of the `effort` nearest groups whose codes score highest, beside the longest."""

    def __init__(
        self, index: Any, centres: Vectors, beside: Beside, factors_a_byte: int, most: int
    ) -> None:
        self.index = index
        self.centres = centres
        self.beside = beside
        self.factors_a_byte = factors_a_byte
        self.most = most

    def __call__(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int32]:
        """Item numbers [queries, k] for float32 [queries, factors], -1 where there are none."""
        from recli.kernels import coding, inverted

        if effort >= self.most:
            return self.beside.exact(queries, k)
        # Codes that rank an item too low lose it in any number of groups, unless more are scored.
        times = _LEAST_OFFERED + effort // _MORE_EVERY

        def within(queries: Vectors, k: int) -> npt.NDArray[np.int64]:
            asked = coding.padded(queries, self.factors_a_byte)
            offered = min(times * k, self.index.ntotal)
            return inverted.search(
                self.index, self.centres, asked, offered, effort, self.beside.threads
            )

        return self.beside(queries, k, within)


def _fits(index: Any, centres: Vectors, padded: Vectors) -> bool:
    """Whether a readable file holds codes of just these vectors."""
    import faiss
    import numpy as np

    from recli.kernels import coding, inverted

    if not isinstance(index, faiss.IndexIVFPQ) or (index.ntotal, index.d) != padded.shape:
        return False
    members = inverted.members(index)
    if members is None or index.pq.nbits != 8:
        return False
    books = faiss.vector_to_array(index.pq.centroids).reshape(index.pq.M, index.pq.ksub, -1)
    return all(
        np.array_equal(
            inverted.codes(index, group),
            coding.nearest(padded[members[group]] - centres[group], books),
        )
        for group in range(0, index.nlist, max(1, index.nlist // _LOOKED_AT))
    )
