"""Items of the people most like you, found from the history as it is when it is served.

Resnick, Iacovou, Suchak, Bergstrom, Riedl, "GroupLens: an open architecture for collaborative
filtering of netnews", CSCW 1994 (ratings: Pearson's correlation, eq. 1 for what is expected);
Herlocker, Konstan, Borchers, Riedl, "An algorithmic framework for performing collaborative
filtering", SIGIR 1999 (neighbours kept; doubt about those with few common items).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Reading, Training
    from recli.kernels.shapes import UserNeighbours

ITEM_EXPONENT = 0.3  # like the default exponents chosen on Gowalla's validation part


@dataclass(frozen=True)
class UserKnn(Learner):
    """The past of every user, and how a history is compared with it.

    Of weights, an item scores the sum of the similarities of the neighbours who have it, times
    d^-item_exponent, d being its number of users. Of ratings (--values rating) it scores the
    rating expected: the user's mean and what her neighbours' ratings differ by from their means.

    A user v is as similar to a history as --similarity says, each product of the weights of a
    common item times d^-history_exponent, all of it times n^(1/2 - user_exponent) s / (s +
    shrinkage), n being the number of items of v and s that of both. History exponent 0, user
    exponent 1/2 and no shrinkage leave the similarity itself, item exponent 0 the plain sum.

    The model holds the training log: it is as large as that, and new users are served like all
    others. A user of whom the history holds every item offers nothing and is no neighbour, and
    so nobody is her own. A history that leaves out what was trained on is met by itself.
    """

    similarity: Annotated[
        Literal["cosine", "jaccard", "dot", "euclidean", "pearson"],
        "What it means to be alike; pearson compares ratings.",
        Tuned(),
    ] = "cosine"
    values: Annotated[
        Literal["weight", "rating"], "What of an interaction is compared, and is expected."
    ] = "weight"
    neighbours: Annotated[
        int, "Neighbours kept for each history.", AT_LEAST_1, Tuned(20, 2000, log=True)
    ] = 500
    history_exponent: Annotated[
        float, "How much less popular items tell of likeness; 0 is as much as others.", Tuned(0, 1)
    ] = 0.7
    user_exponent: Annotated[
        float, "How much less users of many items count; more than 0.5 holds them back.",
        Tuned(0, 1),
    ] = 0.5  # fmt: skip
    item_exponent: Annotated[
        float | None,
        "How much popular items are held back, 0 not at all; 0.3, of ratings there is none.",
        Tuned(0, 1),
    ] = None
    shrinkage: Annotated[
        float, "Doubt about users with few common items; 0 is none.", NOT_NEGATIVE, Tuned(0, 100)
    ] = 0.0

    def needs(self) -> list[str]:
        """Ratings, where they are compared."""
        return ["rating"] if self.values == "rating" else []

    def reading(self) -> Reading:
        """The column that is compared."""
        from recli.kernels.matrix import Reading

        return Reading(self.values)

    def faults(self) -> list[str]:
        """What goes with ratings alone, or not with them."""
        rated = self.values == "rating"
        found = []
        if self.similarity == "pearson" and not rated:
            found.append("--similarity pearson compares ratings: it needs --values rating")
        if rated and self.item_exponent is not None:
            found.append("--item-exponent would bend the ratings that --values rating expects")
        return found

    def fit(self, data: Training) -> UserNeighbours:
        """The log itself: float32 [users, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import UserNeighbours

        if self.values == "weight":
            check_positive(data.matrix, "user-knn")
        rated = self.values == "rating"
        usual = 0.0 if rated else ITEM_EXPONENT
        return UserNeighbours(
            past=data.matrix,
            similarity=self.similarity,
            neighbours=self.neighbours,
            shrinkage=self.shrinkage,
            history_exponent=self.history_exponent,
            user_exponent=self.user_exponent,
            item_exponent=usual if self.item_exponent is None else self.item_exponent,
            rated=rated,
        )
