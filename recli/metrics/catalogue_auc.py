"""Chance that a relevant item stands before another of the catalogue, of each user.

Items behind place k, and those not offered, stand in any order: a relevant one among them is
before half of the others there. Rendle et al., "BPR: Bayesian personalized ranking from implicit
feedback", UAI 2009, equation 1; cut at k as by the library implicit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class CatalogueAuc:
    """AUC over the items of --items, or else those of --history; a mean over users."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items or history",)
    RANGE: ClassVar[str] = "0 to 1; 0.5 is chance"
    SOURCE: ClassVar[str] = "Rendle et al., UAI 2009"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Pairs in the right order over all pairs of a relevant item and another one."""
        import numpy as np

        first = lists.first(k)
        others = lists.known.catalogue - lists.relevant
        misses = first.there & ~first.hits
        right = (first.hits.cumsum(axis=1) * misses).sum(axis=1)
        # Of the others that no place holds, each has the found half of the rest before it.
        behind = (first.found + lists.relevant) / 2 * (others - misses.sum(axis=1))
        pairs = lists.relevant * others
        return np.where(pairs > 0, lists.judged(right + behind) / pairs.clip(min=1), np.nan)
