"""Build an index over a model's items and find the search setting that is good enough."""

import importlib.metadata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels import topk
from recli.kernels.matrix import ignore
from recli.kernels.recall import FINENESS, Scores, Tried, least_effort, recall
from recli.kernels.shapes import Factors, Vectors
from recli.store.artefact import TIMINGS, Artefact, Manifest, publish
from recli.store.index import BackEnd, Tunable, copy_model, sample_of_users
from recli.store.model import load_model
from recli.store.provenance import Provenance

LEAST_SECONDS = 0.5  # that a speed is measured for
Clock = Callable[[], float]


@dataclass(frozen=True)
class Goal:
    """What is asked of the search, and how it is measured."""

    recall: float = 0.95
    k: int = 100
    queries: int = 1000  # users drawn at random, one half to choose on, one to report on
    seed: int = 0


@dataclass(frozen=True)
class Found:
    """The setting that was found, as measured on users that it was not chosen on."""

    effort: int | None  # None where there is none to set
    recall: float
    queries_per_second: float
    exact_queries_per_second: float
    size: int  # bytes of the back end's own files
    tried: tuple[Tried, ...]


def item_vectors(artefact: Artefact) -> Vectors:
    """Vectors [items, factors] of a verified model; RecliError where it has none."""
    if artefact.manifest["learned"]["type"] != Factors.__name__:
        raise RecliError(
            f"{artefact.path} is a model of {artefact.plugin}, which has no vectors to index",
            f"models with vectors: {', '.join(_with_vectors())}",
        )
    shape = load_model(artefact).shape
    if not isinstance(shape, Factors):
        raise TypeError("a model of factors must load as one")
    return shape.items


def build_index(
    plugin: tuple[str, Any],
    artefact: Artefact,
    goal: Goal,
    target: Path,
    provenance: Provenance,
    threads: int,
    clock: Clock,
    report: Callable[[str], None] = ignore,
) -> Found:
    """Build, measure and publish the index of a verified model.

    `report` is told of each setting that is tried.

    Raises RecliError (gate) and publishes nothing where no setting reaches the goal.
    """
    backend: BackEnd = plugin[1]
    vectors = item_vectors(artefact)
    rows = {"items": len(vectors)}
    with publish(target, "index", plugin, provenance, rows) as (folder, manifest):
        backend.build(vectors, folder, goal.seed, threads)
        own = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in own)
        search = backend.open(folder, vectors, threads)
        users = sample_of_users(artefact, goal.queries, goal.seed)
        trial = _Trial(vectors, users, goal, threads, clock, report)
        found = trial.find(search, backend.most_effort(len(vectors)), size)
        manifest["model"] = copy_model(artefact, folder)
        if backend.LIBRARY is not None:
            manifest["libraries"][backend.LIBRARY] = importlib.metadata.version(backend.LIBRARY)
        manifest.update(_record(found, goal, backend.EFFORT, len(users)))
    return found


@dataclass(frozen=True)
class _Trial:
    """Searches for a sample of users, beside the exact answer."""

    items: Vectors
    users: Vectors
    goal: Goal
    threads: int
    clock: Clock
    report: Callable[[str], None]

    def find(self, search: Tunable | None, most: int, size: int) -> Found:
        # In two halves, so that the recall reported is not that of the queries chosen on.
        chosen_on, reported_on = self.users[::2], self.users[1::2]
        if not len(reported_on):
            reported_on = chosen_on
        exact_speed = self._speed(lambda: self._exact(reported_on), len(reported_on))
        if search is None:
            return Found(None, 1.0, exact_speed, exact_speed, size, ())
        tried = least_effort(self._measure(search, chosen_on), most, self.goal.recall)
        effort = tried[-1].effort
        # A half of the sample is lucky about every second time: the other one must agree.
        held_back = self._measure(search, reported_on)
        reached = held_back(effort)
        while reached < self.goal.recall and effort < most:
            effort = min(most, effort + max(1, effort // FINENESS))
            reached = held_back(effort)
        if reached < self.goal.recall:
            raise RecliError(
                f"no setting reaches recall {self.goal.recall:g} at {self.goal.k}: "
                f"the most is {reached:.3f}; nothing was published",
                "lower --target-recall, or build-index exact",
                code=ExitCode.GATE,
            )
        speed = self._speed(lambda: self._scores(search, reported_on, effort), len(reported_on))
        return Found(effort, reached, speed, exact_speed, size, tuple(tried))

    def _measure(self, search: Tunable, queries: Vectors) -> Callable[[int], float]:
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
        rounds, seconds, start = 0, 0.0, self.clock()
        while seconds < LEAST_SECONDS:
            work()
            rounds += 1
            seconds = self.clock() - start
        return rounds * queries / seconds


def _record(found: Found, goal: Goal, unit: str, users: int) -> Manifest:
    """What the manifest says of the search; speeds apart, as they differ from run to run."""
    search = {
        "effort": found.effort,
        "unit": unit,
        "target_recall": goal.recall,
        "recall": found.recall,
        "k": goal.k,
        "queries": users,
        "seed": goal.seed,
        "size": found.size,
        "tried": [asdict(trial) for trial in found.tried],
    }
    speeds = {
        "queries_per_second": round(found.queries_per_second, 1),
        "exact_queries_per_second": round(found.exact_queries_per_second, 1),
    }
    return {"search": search, TIMINGS: speeds}


def _with_vectors() -> list[str]:
    """Names of the models whose `fit` says that it returns factors."""
    found = []
    for name in registry.names("models"):
        shape = registry.load("models", name).fit.__annotations__["return"]
        if getattr(shape, "__name__", shape) == Factors.__name__:
            found.append(name)
    return found
