"""Items like those in the history, by the users whom they share.

Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation algorithms",
WWW 2001 (cosine); Deshpande, Karypis, "Item-based top-N recommendation algorithms", TOIS 2004
(users of many items count less); Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate,
diverse, and scalable recommendations for interactive applications", TiiS 2016 (RP3beta: a power
of the scored item's popularity); Bell, Koren,
"Scalable collaborative filtering with jointly derived neighborhood interpolation weights",
ICDM 2007 (shrinkage by common support); Robertson, Zaragoza, "The probabilistic relevance
framework: BM25 and beyond", 2009; Aiolli, "Efficient top-N recommendation for very large scale
binary rated datasets", RecSys 2013 (asymmetric cosine).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, SHARE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Reading, Training
    from recli.kernels.shapes import ItemWeights


@dataclass(frozen=True)
class ItemKnn(Learner):
    """Item-item neighbours, similar by the users they share.

    An item i of the history weighs on the score of item j

        similarity(i, j) d_i^(1/2 - history_exponent) d_j^(1/2 - item_exponent) s / (s + shrinkage)

    with d the number of users of an item, s that of both, and each of the two weights of a common
    user divided by the number of her items to the power user_exponent. User exponent 0, item
    exponents 1/2 and no shrinkage leave the similarity itself; the cosine with history exponent
    alpha and item exponent 1 - alpha is Aiolli's asymmetric cosine. The default item exponents
    and shrinkage were chosen on a held-back part of the Gowalla training log.

    Pearson's correlation, adjusted-cosine (from which each user's mean is taken first) and,
    of ratings, euclidean look at common users alone; to all others an item unseen is a 0.
    Euclidean is 1 / (1 + distance), of ratings the root of the mean squared difference. Only
    what is above 0 counts, so items that are liked by opposite people say nothing.
    """

    similarity: Annotated[
        Literal[
            "cosine", "jaccard", "tf-idf", "bm25", "dot", "euclidean", "pearson", "adjusted-cosine"
        ],
        "What it means to be alike; pearson and adjusted-cosine compare ratings.",
        Tuned(),
    ] = "cosine"
    values: Annotated[
        Literal["weight", "rating"], "What of an interaction is compared and counts in a history."
    ] = "weight"
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

    def needs(self) -> list[str]:
        """Ratings, where they are compared."""
        return ["rating"] if self.values == "rating" else []

    def reading(self) -> Reading:
        """The column that is compared."""
        from recli.kernels.matrix import Reading

        return Reading(self.values)

    def faults(self) -> list[str]:
        """A similarity that does not go with what is compared."""
        of = "weight" if self.similarity in ("tf-idf", "bm25") else self.values
        of = "rating" if self.similarity in ("pearson", "adjusted-cosine") else of
        if of == self.values:
            return []
        return [f"--similarity {self.similarity} compares {of}s: it needs --values {of}"]

    def fit(self, data: Training) -> ItemWeights:
        """The weights of every item's neighbours: float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        from recli.kernels.likeness import Likeness
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import ItemWeights

        if self.values == "weight":
            check_positive(data.matrix, "item-knn")
        return ItemWeights(Likeness(**asdict(self)).weights(data.matrix, data.threads))
