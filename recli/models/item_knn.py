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
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, SHARE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemWeights


@dataclass(frozen=True)
class ItemKnn(Learner):
    """Item-item neighbours, similar by the users they share.

    An item i of the history weighs on the score of item j

        similarity(i, j) d_i^(1/2 - history_exponent) d_j^(1/2 - item_exponent) s / (s + shrinkage)

    with d the number of users of an item, s that of both, and each of the two weights of a common
    user divided by the number of her items to the power user_exponent. User exponent 0, item
    exponents 1/2 and no shrinkage leave the similarity itself. The default item exponents
    and shrinkage were chosen on a held-back part of the Gowalla training log.
    """

    similarity: Annotated[
        Literal["cosine", "jaccard", "tf-idf", "bm25"], "What it means to be alike.", Tuned()
    ] = "cosine"
    neighbours: Annotated[int, "Neighbours kept for each item of a history.", AT_LEAST_1] = 200
    user_exponent: Annotated[
        float, "How much less users of many items count; 0 is as much as all others.", Tuned(0, 1)
    ] = 0.5
    item_exponent: Annotated[
        float,
        "How popular items are scored; less than 0.5 favours them, more holds them back.",
        Tuned(0, 1),
    ] = 0.3
    history_exponent: Annotated[
        float,
        "How popular items of the history count; more than 0.5 makes them count less.",
        Tuned(0, 1),
    ] = 0.7
    shrinkage: Annotated[
        float, "Doubt about items with few common users; 0 is none.", NOT_NEGATIVE, Tuned(0, 100)
    ] = 1.0
    bm25_k1: Annotated[
        float, "For bm25: how late a larger weight stops to count.", NOT_NEGATIVE
    ] = 1.2
    bm25_b: Annotated[float, "For bm25: how much popular items are held back, 0 to 1.", SHARE] = (
        0.75
    )

    def fit(self, data: Training) -> ItemWeights:
        """The weights of every item's neighbours: float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        from recli.kernels.likeness import Likeness
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import ItemWeights

        check_positive(data.matrix, "item-knn")
        return ItemWeights(Likeness(**asdict(self)).weights(data.matrix, data.threads))
