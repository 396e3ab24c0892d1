"""Items whose content is like that of the history: new ones from the day they appear.

Pazzani, Billsus, "Content-based recommendation systems", in The Adaptive Web, LNCS 4321, 2007
(a profile as the weighted mean of what was liked); Manning, Raghavan, Schütze, "Introduction to
information retrieval", 2008, section 6.4.1 (tf-idf with sublinear tf).

Every column of --items is a block of features. Text whose values hardly repeat is cut into words
(Unicode letters and digits, casefolded); other text, lists, true and false are labels; both weigh
by tf-idf. A number or a date is told by where it stands among all others (8 quantiles); text in
which all values are numbers is one, unless they are whole and repeat, as codes do. A list of
fractions, or an array, is a ready vector. Each block weighs alike, unless --columns says otherwise.
Items of which nothing is known are never offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import AT_LEAST_1, POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Reading, Training
    from recli.kernels.shapes import ItemFeatures

EXAMPLE = "recli train-content train.parquet --items items.parquet -o content.model"


@dataclass(frozen=True)
class Content(Learner):
    """Similarity of an item's features and the weighted mean of those of the history."""

    columns: Annotated[
        str | None,
        "Columns of --items, as title,price or, with their weights, title=2,price=0.5; all.",
    ] = None
    similarity: Annotated[
        Literal["cosine", "dot", "euclidean"], "How a profile and an item are compared.", Tuned()
    ] = "cosine"
    values: Annotated[
        Literal["weight", "rating"], "What an item of the history counts in the profile."
    ] = "weight"
    half_life_days: Annotated[
        float | None,
        "Halve an item of the history every so many days before her last.",
        POSITIVE,
        Tuned(1, 365, log=True),
    ] = None
    min_count: Annotated[
        int, "Leave out words and labels of fewer items.", AT_LEAST_1, Tuned(1, 20, log=True)
    ] = 2
    max_terms: Annotated[
        int, "Most words or labels of a column; the most frequent stay.", AT_LEAST_1
    ] = 50_000

    def needs(self) -> list[str]:
        """The items, and what its histories are weighed by."""
        rating = ["rating"] if self.values == "rating" else []
        return ["items", *rating, *(["timestamp"] if self.half_life_days else [])]

    def reading(self) -> Reading:
        """Weights or ratings, halved by age where asked."""
        from recli.kernels.matrix import Reading

        return Reading(self.values, self.half_life_days)

    def faults(self) -> list[str]:
        """Columns that cannot be told from their weights."""
        given = [] if self.columns is None else self.columns.split(",")
        names = [_weighed(one)[0] for one in given]
        wrong = [one for one in given if not _weighed(one)[0] or not 0 < _weighed(one)[1] < 1e6]
        found = [f"--columns: {one!r} is no column with a positive weight" for one in wrong]
        twice = sorted({name for name in names if names.count(name) > 1})
        return found + [f"--columns names {name} twice" for name in twice]

    def fit(self, data: Training) -> ItemFeatures:
        """Features of all items [items, features], those without interactions among them.

        Raises RecliError (data) where a column is not there or cannot be read, or none can.
        """
        from recli.kernels.columns import need
        from recli.kernels.content import Catalogue, learned
        from recli.kernels.content_blocks import Vocabulary

        weights = dict(_weighed(one) for one in self.columns.split(",")) if self.columns else {}
        vocabulary = Vocabulary(self.min_count, self.max_terms)
        rows = Catalogue(weights, vocabulary, data.report).rows(need(data.catalogue))
        return learned(rows, self.similarity)


def _weighed(word: str) -> tuple[str, float]:
    """A column and its weight, 1 where there is none; what is no number belongs to the name."""
    name, _, weight = word.rpartition("=")
    try:
        return (name.strip(), float(weight)) if name else (word.strip(), 1.0)
    except ValueError:
        return word.strip(), 1.0
