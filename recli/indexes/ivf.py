"""Search only the groups of items nearest to a user (faiss IVF-Flat).

Items are grouped by Euclidean distance and groups are searched by dot product: vectors of
popular items are long, lie in groups of their own and are found first. Grouping by dot product or
by angle instead loses most neighbours on such vectors. The longest of all are in no group and are
looked at in every search. Sivic and Zisserman, "Video Google", ICCV 2003 (inverted file); Johnson,
Douze, Jegou, "Billion-scale similarity search with GPUs", 2017.
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

_FILE = "items.ivf"
_LOOKED_AT = 64  # groups whose vectors are compared with the model's on opening


@dataclass(frozen=True)
class Ivf(Declared):
    """Every item in one group; a query looks into the groups whose centroids score highest."""

    lists: Annotated[
        int | None,
        "Groups that the items are put in; 4 times the root of their number if not set.",
        AT_LEAST_1,
    ] = None
    longest: Annotated[
        float, "Share of the items, those of the longest vectors, that are searched exactly.", SHARE
    ] = 0.01

    EFFORT: ClassVar[str] = "groups searched"
    LIBRARY: ClassVar[str | None] = "faiss-cpu"

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Group the vectors [items, factors] and write faiss' own file, readable by faiss.

        The same bytes for any number of threads. Memory: three times the vectors.
        """
        import faiss
        import numpy as np

        from recli.kernels import faiss_files, inverted, longest

        others = vectors[longest.parts(vectors, self.longest).others]
        count, factors = others.shape
        centres, groups = inverted.grouped(others, self.lists, seed, threads)
        quantizer = faiss.IndexFlatIP(factors)
        quantizer.add(centres)
        index = faiss.IndexIVFFlat(quantizer, factors, len(centres), faiss.METRIC_INNER_PRODUCT)
        index.is_trained = True
        wide = groups.astype(np.int64)
        with faiss_files.held(1):
            index.add_core(count, faiss.swig_ptr(others), None, faiss.swig_ptr(wide))
        faiss_files.write(index, folder / _FILE)

    def most_effort(self, items: int) -> int:
        """The number of groups."""
        from recli.kernels import inverted

        return inverted.number_of_groups(items, self.lists)

    def open(self, folder: Path, vectors: Vectors, threads: int) -> _Search:
        """The search of a verified file; RecliError where it is not of these vectors."""
        from recli.kernels import faiss_files, inverted, longest

        path = folder / _FILE
        index = faiss_files.read(path)
        parts = longest.parts(vectors, self.longest)
        centres = inverted.centres_of(index)
        if centres is None or not _fits(index, vectors[parts.others]):
            raise faiss_files.foreign(path)
        beside = longest.Beside(vectors, parts, vectors[parts.longest], threads)
        return _Search(index, centres, beside)


class _Search:
    """Items of the `effort` nearest groups that score highest, beside the longest."""

    def __init__(self, index: Any, centres: Vectors, beside: Beside) -> None:
        self.index = index
        self.centres = centres
        self.beside = beside

    def __call__(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int32]:
        """Item numbers [queries, k] for float32 [queries, factors], -1 where there are none."""
        from recli.kernels import inverted

        def within(queries: Vectors, k: int) -> npt.NDArray[np.int64]:
            asked = (self.index, self.centres, queries, k, effort)
            return inverted.search(*asked, self.beside.threads)

        return self.beside(queries, k, within)


def _fits(index: Any, others: Vectors) -> bool:
    """Whether a readable file holds just these vectors."""
    import faiss

    from recli.kernels import inverted

    if not isinstance(index, faiss.IndexIVFFlat) or (index.ntotal, index.d) != others.shape:
        return False
    members = inverted.members(index)
    if members is None:
        return False
    looked_at = range(0, index.nlist, max(1, index.nlist // _LOOKED_AT))
    return all(
        inverted.codes(index, group).tobytes() == others[members[group]].tobytes()
        for group in looked_at
    )
