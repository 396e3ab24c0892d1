"""Measure a search against the exact one: the recall and the speed of each setting tried."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from recli.errors import ExitCode, RecliError
from recli.kernels import topk
from recli.kernels.recall import FINENESS, Scores, least_effort, recall
from recli.kernels.shapes import Vectors
from recli.store.index import Tunable

LEAST_SECONDS = 0.15  # that a speed is measured for
Clock = Callable[[], float]

_BEYOND = 3  # doublings of the effort found that the curve shows, unless all is found before
_ALL = 0.999


@dataclass(frozen=True)
class Goal:
    """What is asked of the search, and how it is measured."""

    recall: float = 0.95
    k: int = 100
    queries: int = 1000  # users drawn at random, one half to choose on, one to report on
    seed: int = 0
    speed_up: float = 0.0  # times as fast as exact search that it must be


@dataclass(frozen=True)
class Setting:
    """One effort, and what it came to with the users that the setting is chosen on."""

    effort: int
    recall: float
    queries_per_second: float


@dataclass(frozen=True)
class Found:
    """The setting that was found, as measured on users that it was not chosen on."""

    effort: int | None  # None where there is none to set
    recall: float
    queries_per_second: float
    exact_queries_per_second: float
    tried: tuple[Setting, ...]  # by effort


@dataclass(frozen=True)
class Trial:
    """Searches for a sample of users, beside the exact answer."""

    items: Vectors
    users: Vectors
    goal: Goal
    threads: int
    clock: Clock
    report: Callable[[str], None]

    def find(self, search: Tunable | None, most: int) -> Found:
        """The least effort that reaches the goal, or exact search for None.

        Raises RecliError (gate) where no effort does, or its search is too slow.
        """
        # In two halves, so that the recall reported is not that of the queries chosen on.
        chosen_on, reported_on = self.users[::2], self.users[1::2]
        if not len(reported_on):
            reported_on = chosen_on
        exact_speed = self._speed(lambda: self._exact(reported_on), len(reported_on))
        if search is None:
            return Found(None, 1.0, exact_speed, exact_speed, ())
        settings: dict[int, Setting] = {}
        effort = self._least(search, chosen_on, most, settings)
        # A half of the sample is lucky about every second time: the other one must agree.
        held_back = self._recall_of(search, reported_on)
        reached = held_back(effort)
        while reached < self.goal.recall and effort < most:
            effort = min(most, effort + max(1, effort // FINENESS))
            reached = held_back(effort)
        self._demand(
            reached >= self.goal.recall,
            f"no setting reaches recall {self.goal.recall:g} at {self.goal.k}: "
            f"the most is {reached:.3f}",
        )
        speed = self._speed(lambda: self._scores(search, reported_on, effort), len(reported_on))
        self._demand(
            speed >= self.goal.speed_up * exact_speed,
            f"{speed:,.0f} queries/s, exact search {exact_speed:,.0f}",
        )
        tried = tuple(settings[effort] for effort in sorted(settings))
        return Found(effort, reached, speed, exact_speed, tried)

    def _least(
        self, search: Tunable, queries: Vectors, most: int, settings: dict[int, Setting]
    ) -> int:
        """The effort to choose; every one that was tried goes into `settings`."""
        recall_of = self._recall_of(search, queries)

        def measure(effort: int) -> float:
            reached = recall_of(effort)
            speed = self._speed(lambda: self._scores(search, queries, effort), len(queries))
            settings[effort] = Setting(effort, reached, speed)
            return reached

        effort = further = least_effort(measure, most, self.goal.recall)[-1].effort
        for _ in range(_BEYOND):
            further *= 2
            if further > most or max(trial.recall for trial in settings.values()) >= _ALL:
                break
            measure(further)
        return effort

    def _recall_of(self, search: Tunable, queries: Vectors) -> Callable[[int], float]:
        wanted = self._exact(queries)

        def measure(effort: int) -> float:
            reached = recall(self._scores(search, queries, effort), wanted)
            self.report(f"effort {effort:,}: recall@{self.goal.k} {reached:.3f}")
            return reached

        return measure

    def _exact(self, queries: Vectors) -> Scores:
        k = min(self.goal.k, len(self.items))
        return topk.top_k(queries, self.items, k, threads=self.threads)[1]

    def _scores(self, search: Tunable, queries: Vectors, effort: int) -> Scores:
        """What retrieval does: ask the index, score what it offers exactly."""
        k = min(self.goal.k, len(self.items))
        offered = search(queries, k, effort)
        if offered is None:
            raise RecliError(
                "the index failed while it was measured",
                "build it again, or another kind",
                code=ExitCode.WORKER,
            )
        return topk.rescored(queries, self.items, offered, k, threads=self.threads)[1]

    def _speed(self, work: Callable[[], Any], queries: int) -> float:
        work()  # the first one pages memory in, and compiles
        rounds, seconds, start = 0, 0.0, self.clock()
        while seconds < LEAST_SECONDS:
            work()
            rounds += 1
            seconds = self.clock() - start
        return rounds * queries / seconds

    def _demand(self, met: bool, fault: str) -> None:
        if not met:
            raise RecliError(
                f"{fault}; nothing was published",
                "lower --target-recall, or build-index exact",
                code=ExitCode.GATE,
            )


def some_of(vectors: Vectors, count: int, seed: int) -> Vectors:
    """At most so many of the vectors, drawn at random, in their order."""
    if count >= len(vectors):
        return vectors
    rows = np.random.default_rng(seed).choice(len(vectors), count, replace=False)
    return vectors[np.sort(rows)]
