"""One file a retrieval model; its name is the command `train-NAME`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from recli.fields import Declared

if TYPE_CHECKING:
    from recli.kernels.matrix import Reading, Training


@dataclass(frozen=True)
class Learner(Declared, ABC):
    """What every model says of itself beside its fields."""

    personal: ClassVar[bool] = True  # whether what a user did decides what she is offered

    def needs(self) -> list[str]:
        """What it cannot learn without: columns of the interactions, or `items`."""
        return []

    def reading(self) -> Reading:
        """How it weighs the interactions of a history."""
        from recli.kernels.matrix import WEIGHTS

        return WEIGHTS

    @abstractmethod
    def fit(self, data: Training) -> Any:
        """What was learned: one of the shapes of `kernels/shapes.py`."""
