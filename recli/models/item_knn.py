"""Items like those in the history, by the users whom they share.

Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation algorithms",
WWW 2001 (cosine); Deshpande, Karypis, "Item-based top-N recommendation algorithms", TOIS 2004
(users of many items count less); Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate,
diverse, and scalable recommendations for interactive applications", TiiS 2016 (RP3beta: a power
of the scored item's popularity); Bell, Koren,
"Scalable collaborative filtering with jointly derived neighborhood interpolation weights",
ICDM 2007 (shrinkage by common support); Robertson, Zaragoza, "The probabilistic relevance
framework: BM25 and beyond", 2009.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Annotated, Literal

from recli.errors import ExitCode, RecliError
from recli.registry import flag

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemWeights

_SIMILARITIES = ("cosine", "jaccard", "tf-idf", "bm25")


@dataclass(frozen=True)
class ItemKnn:
    """Item-item neighbours, similar by the users they share.

    An item i of the history weighs on the score of item j

        similarity(i, j) d_i^(1/2 - history_exponent) d_j^(1/2 - item_exponent) s / (s + shrinkage)

    with d the number of users of an item, s that of both, and each of the two weights of a common
    user divided by the number of her items to the power user_exponent. User exponent 0, item
    exponents 1/2 and no shrinkage leave the similarity itself. The default item exponents
    and shrinkage were chosen on a held-back part of the Gowalla training log.
    """

    similarity: Annotated[
        Literal["cosine", "jaccard", "tf-idf", "bm25"], "What it means to be alike."
    ] = "cosine"
    neighbours: Annotated[int, "Neighbours kept for each item of a history."] = 200
    user_exponent: Annotated[
        float, "How much less users of many items count; 0 is as much as all others."
    ] = 0.5
    item_exponent: Annotated[
        float, "How popular items are scored; less than 0.5 favours them, more holds them back."
    ] = 0.3
    history_exponent: Annotated[
        float, "How popular items of the history count; more than 0.5 makes them count less."
    ] = 0.7
    shrinkage: Annotated[float, "Doubt about items with few common users; 0 is none."] = 1.0
    bm25_k1: Annotated[float, "For bm25: how late a larger weight stops to count."] = 1.2
    bm25_b: Annotated[float, "For bm25: how much popular items are held back, 0 to 1."] = 0.75

    def __post_init__(self) -> None:
        """Refuse values outside their range, all at once."""
        faults = []
        if self.similarity not in _SIMILARITIES:
            faults.append(f"--similarity must be one of {', '.join(_SIMILARITIES)}")
        if self.neighbours < 1:
            faults.append(f"--neighbours must be at least 1, not {self.neighbours}")
        for name in ("user_exponent", "item_exponent", "history_exponent"):
            if not isfinite(getattr(self, name)):
                faults.append(f"{flag(name)} must be finite, not {getattr(self, name)}")
        for name in ("shrinkage", "bm25_k1"):
            if not 0 <= getattr(self, name) < inf:
                faults.append(f"{flag(name)} must be 0 or more, not {getattr(self, name)}")
        if not 0 <= self.bm25_b <= 1:
            faults.append(f"--bm25-b must be between 0 and 1, not {self.bm25_b}")
        if faults:
            raise RecliError(f"item-knn: {'; '.join(faults)}", code=ExitCode.USAGE)

    def fit(self, data: Training) -> ItemWeights:
        """The weights of every item's neighbours: float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        import numpy as np

        from recli.kernels.likeness import Likeness
        from recli.kernels.shapes import ItemWeights

        values = data.matrix.data
        wrong = np.count_nonzero(~((values > 0) & np.isfinite(values)))
        if wrong:
            raise RecliError(
                f"item-knn: {wrong} pairs of user and item weigh something not positive and finite",
                "filter them on ingest",
            )
        return ItemWeights(Likeness(**asdict(self)).weights(data.matrix, data.threads))
