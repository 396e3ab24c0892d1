"""What is popular in the categories of which a user's history is made.

Steck, "Calibrated recommendations", RecSys 2018, equations 2 and 3 (the categories of a user);
Zhai, Lafferty, "A study of smoothing methods for language models applied to information
retrieval", TOIS 22(2), 2004 (Jelinek-Mercer: a share of what is popular with everybody).

An item without a category (null, an empty list or text, not in --items) says nothing of a user
and is offered only for what it is worth to everybody; so are the items of a category that
nobody chose from, which are worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import POSITIVE, SHARE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemFeatures

EXAMPLE = (
    "recli train-category-popularity train.parquet --items items.parquet --by categories "
    "-o category.model"
)


@dataclass(frozen=True)
class CategoryPopularity(Learner):
    """The chance of a category in a history, times that of an item in the category."""

    by: Annotated[str, "Column of --items with the category, plain or a list."]
    smoothing: Annotated[
        float, "Share of what is popular with everybody, 0 to 1.", SHARE, Tuned(0.01, 0.5)
    ] = 0.1
    window_days: Annotated[
        float | None,
        "Popular is what was chosen in the last so many days.",
        POSITIVE,
        Tuned(1, 365, log=True),
    ] = None
    half_life_days: Annotated[
        float | None,
        "Halve what makes an item popular every so many days.",
        POSITIVE,
        Tuned(1, 365, log=True),
    ] = None

    def needs(self) -> list[str]:
        """The items, and times where age counts."""
        return ["items", *(["timestamp"] if self.window_days or self.half_life_days else [])]

    def fit(self, data: Training) -> ItemFeatures:
        """Categories of items and what each item is worth in them [items, categories + 1].

        Raises RecliError (data) where the items have no such column, it holds no category, or a
        weight is not positive and finite.
        """
        from recli.kernels import category_popularity, columns, popular
        from recli.kernels.matrix import check_positive

        check_positive(data.matrix, "category-popularity")
        shares = category_popularity.shares(columns.labels(data.catalogue, self.by))
        weights = popular.aged(data, self.window_days, self.half_life_days)
        return category_popularity.learned(shares, popular.sums(data, weights), self.smoothing)
