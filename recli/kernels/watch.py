"""When a learning step by step stops, and which step it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Watch:
    """The best step by its loss on lists kept aside; where none are, the last is the best.

    >>> watch = Watch(9, 2, lambda: False)
    >>> [watch.better(loss) for loss in (3.0, 2.0, 2.5, 4.0)], watch.kept, watch.over()
    ([True, True, False, False], 2, True)
    """

    most: int  # steps
    patience: int  # steps without a gain before it stops
    out_of_time: Callable[[], bool]
    aside: bool = True  # whether losses are of lists kept aside
    least: float = 0.0  # that a gain must be larger than
    steps: int = 0
    kept: int = 0
    best: float = inf
    cut_short: bool = False

    def better(self, loss: float) -> bool:
        """Whether the step that ends now is to be kept."""
        self.steps += 1
        gained = not self.aside or loss < self.best - self.least
        if gained:
            self.best, self.kept = loss, self.steps
        return gained

    def over(self) -> bool:
        """Whether no other step is to follow; the time is asked for once there is one to keep."""
        patient = self.steps - self.kept < self.patience
        if self.steps >= self.most or not patient:
            return True
        self.cut_short = self.kept > 0 and self.out_of_time()
        return self.cut_short
