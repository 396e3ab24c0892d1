"""Try every index back end on samples of the items, and keep the fastest that finds enough.

A try builds the back end over a sample of the items with its default options, and finds the
least effort that reaches the recall. Two samples, the second four times the first, tell how the
time of a query grows, and so what it will be for all items. What was chosen so is built over all
of them and measured again: where it is slower than exact search, or finds too little, the next
one is. Clocks differ from run to run, and with them the choice between back ends that are close.
"""

import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels.shapes import Vectors
from recli.stages.build_index import Built, build_index, item_vectors
from recli.stages.index_trial import Clock, Goal, Trial, some_of
from recli.store.artefact import Artefact
from recli.store.failures import writing
from recli.store.index import BackEnd, sample_of_users
from recli.store.provenance import Provenance

EXACT = "exact"
SAMPLES = (12_500, 50_000)  # items
_WORTH = 1.1  # times the speed of exact search that makes up for a file of its own


@dataclass(frozen=True)
class Tried:
    """One back end on one sample of the items; speeds are queries a second."""

    back_end: str
    items: int
    effort: int | None
    recall: float
    queries_per_second: float
    build_seconds: float


@dataclass(frozen=True)
class Search:
    """Where and how back ends are tried."""

    artefact: Artefact
    goal: Goal
    seconds: float  # for all of it, as far as can be told beforehand
    threads: int
    clock: Clock
    report: Callable[[str], None]

    def publish(self, target: Path, provenance: Provenance) -> tuple[str, Built]:
        """Build the index of the back end chosen; its name and what was found of it."""
        begun = self.clock()
        items = item_vectors(self.artefact)
        tried = self._tries(items, begun)
        table = [asdict(line) for line in tried]
        for name in self._order(tried, len(items), begun):
            self.report(f"{name}: built over all {len(items):,} items")
            goal = self.goal if name == EXACT else replace(self.goal, speed_up=_WORTH)
            place = (target, provenance, self.threads, self.clock)
            plugin = (name, registry.load("indexes", name)())
            try:
                more = {"tried_back_ends": table}
                return name, build_index(plugin, self.artefact, goal, *place, more=more)
            except RecliError as error:
                if error.code != ExitCode.GATE:
                    raise
                self.report(f"{name}: {error}")
        raise RecliError("no back end is left", "build-index exact")  # exact always is

    def _tries(self, items: Vectors, begun: float) -> list[Tried]:
        """Every back end on the first sample, on the next those for which there is time."""
        users = sample_of_users(self.artefact, self.goal.queries, self.goal.seed)
        tried: list[Tried] = []
        names = list(registry.names("indexes"))
        seconds = dict.fromkeys(names, 0.0)
        last = 0
        for size in dict.fromkeys(min(size, len(items)) for size in SAMPLES):
            sample = some_of(items, size, self.goal.seed)
            for name in sorted(names, key=lambda name: (seconds[name], name)):
                start = self.clock()
                takes = seconds[name] * size / max(last, 1)
                found = None
                if start - begun + takes > self.seconds and name != EXACT:
                    self.report(f"{name}: no time to try it on {size:,} items")
                else:
                    found = self._try(name, sample, users)
                if found is None:
                    names.remove(name)
                else:
                    tried.append(found)
                seconds[name] = self.clock() - start
            last = size
        return [line for line in tried if line.back_end in names]

    def _try(self, name: str, items: Vectors, users: Vectors) -> Tried | None:
        backend: BackEnd = registry.load("indexes", name)()
        with tempfile.TemporaryDirectory() as place:
            begun = self.clock()
            with writing(place):
                backend.build(items, Path(place), self.goal.seed, self.threads)
            seconds = self.clock() - begun
            search = backend.open(Path(place), items, self.threads)
            trial = Trial(items, users, self.goal, self.threads, self.clock, _unheard)
            try:
                found = trial.find(search, backend.most_effort(len(items)))
            except RecliError as error:
                if error.code != ExitCode.GATE:
                    raise
                self.report(f"{name}: {error}")
                return None
        self.report(
            f"{name}, {len(items):,} items: recall {found.recall:.3f}, "
            f"{found.queries_per_second:,.0f} queries/s, built in {seconds:.1f} s"
        )
        speed = found.queries_per_second
        return Tried(name, len(items), found.effort, found.recall, speed, seconds)

    def _order(self, tried: list[Tried], items: int, begun: float) -> list[str]:
        """The back ends that seem worth a build over all items, best first, and then exact."""
        lines: dict[str, list[Tried]] = {}
        for line in tried:
            lines.setdefault(line.back_end, []).append(line)
        speeds = {name: speed_at(items, some) for name, some in lines.items()}
        left = self.seconds - (self.clock() - begun)
        chosen = []
        for name in sorted(speeds, key=lambda name: (-speeds[name], name)):
            takes = lines[name][-1].build_seconds * items / lines[name][-1].items
            if name != EXACT and takes > left:
                self.report(f"{name}: no time to build it, which would take about {takes:,.0f} s")
            elif name != EXACT and speeds[name] >= _WORTH * speeds[EXACT]:
                chosen.append(name)
        return [*chosen, EXACT]


def speed_at(items: int, tried: list[Tried]) -> float:
    """Queries a second over so many items, by the power law through the last two samples.

    The time of a query neither falls with the number of items nor grows faster than it.
    """
    last = tried[-1]
    if last.items == items:
        return last.queries_per_second
    power = 1.0
    if len(tried) > 1:
        before = tried[-2]
        slower = before.queries_per_second / last.queries_per_second
        power = min(1.0, max(0.0, math.log(slower) / math.log(last.items / before.items)))
    return float(last.queries_per_second * (last.items / items) ** power)


def _unheard(_line: str) -> Any:
    """Settings tried on a sample are of no interest."""
