"""What a file of `recli/rankers/` defines: it learns, scores rows of features, and says why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from recli.fields import Declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recli.kernels.ranking import Explain, RankingData, RowScorer, Score


class Ranker(Declared, ABC):
    """A ranking model; its fields are its options."""

    @abstractmethod
    def fit(self, data: RankingData) -> RowScorer:
        """All that is needed to score a row of features."""

    @abstractmethod
    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features with what `fit` saved."""

    @abstractmethod
    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells what each feature adds to those scores."""
