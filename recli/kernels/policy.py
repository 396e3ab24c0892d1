"""What a file of `recli/policies/` defines: how likely each arm of a slot is to be shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import Declared, Range

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from recli.kernels.linear_arms import Linear

    Doubles = npt.NDArray[np.float64]
    Longs = npt.NDArray[np.int64]

PRIOR = Range(least=0.1)
PriorRewards = Annotated[float, "Rewards that an item has before it was ever shown.", PRIOR]
PriorMisses = Annotated[
    float, "Showings without reward that it has then; 49 beside 1 for clicks of 2%.", PRIOR
]


@dataclass(frozen=True)
class Counts:
    """A state of counts: how often each item was shown, and rewarded."""

    items: pl.Series
    shown: Doubles  # [items]
    rewarded: Doubles  # [items]


@dataclass(frozen=True)
class Arms:
    """The rows that compete for the slots of some lists, those of a slot together."""

    starts: Longs  # [slots + 1] where each slot's arms begin
    scores: Doubles  # [arms]
    shown: Doubles | None = None  # [arms] how often a state has seen each, 0 if never
    rewarded: Doubles | None = None  # [arms]
    total: float = 0.0  # showings of everything in the state
    context: Doubles | None = None  # [features, arms], the last 1
    linear: Linear | None = None

    def counts(self) -> tuple[Doubles, Doubles]:
        """How often each arm was shown, and rewarded; ValueError without a state of counts."""
        if self.shown is None or self.rewarded is None:
            raise ValueError("arms without counts")
        return self.shown, self.rewarded

    def means(self, rewards: float, misses: float) -> Doubles:
        """What is expected of each arm: its mean under a Beta prior, or its score, uncounted."""
        if self.shown is None or self.rewarded is None:
            return self.scores
        mean: Doubles = (self.rewarded + rewards) / (self.shown + rewards + misses)
        return mean


class Policy(Declared, ABC):
    """A rule of chance; its fields are its options."""

    state: ClassVar[str] = "beta"  # kind of the state that it reads
    needs_state: ClassVar[bool] = True  # else it goes by scores where there is none

    @abstractmethod
    def chances(self, arms: Arms) -> Doubles:
        """The probability [arms] of each to be the one shown; 1 for the arms of each slot."""

    @abstractmethod
    def places(self, arms: Arms, k: int) -> Doubles:
        """The probability [k, arms] of each to stand at each place of a list of them all.

        The arms are those of one slot; each place adds up to 1, the first are its `chances`.
        """
