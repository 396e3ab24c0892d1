"""When work that can stop by itself should, so that a time limit holds."""

import time
from collections.abc import Callable

RESERVE = 0.05  # of the limit, for what comes after the last step


class Deadline:
    """The end of a time limit, for steps that keep the best so far."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.last = self.begun = clock()
        self.end = self.begun + (1 - RESERVE) * seconds
        self.longest = 0.0

    def near(self) -> bool:
        """Whether another step might end too late; called after each, the first one apart."""
        now = self.clock()
        if self.last > self.begun:
            self.longest = max(self.longest, now - self.last)
        self.last = now
        return now + self.longest >= self.end
