"""A search for hyper-parameters: what is searched, on what, until when, and what was found."""

from dataclasses import asdict, dataclass
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.stages.evaluate_asked import parsed
from recli.stages.trial import Bench, Measure
from recli.stages.tune_space import dimensions, fixed_of
from recli.store.open import Table, open_table
from recli.tables import INTERACTIONS, ITEMS


@dataclass(frozen=True)
class Search:
    """What is searched, and on what: all that a worker needs, and a study must agree with."""

    model: str
    train: str  # paths
    valid: str
    items: str | None
    history: str | None
    metric: str
    min_relevance: float | None
    fixed: dict[str, Any]
    inputs: tuple[str, ...]  # hashes of the tables
    seed: int = 0
    threads: int = 1

    @classmethod
    def of(
        cls,
        model: str,
        paths: dict[str, tuple[str | None, Any]],
        tables: dict[str, Table],
        metric: str,
        min_relevance: float | None,
        fixed: list[str],
        seed: int,
        threads: int,
    ) -> "Search":
        """The search of a run. Raises RecliError (usage) where it makes no sense."""
        plugin = registry.load("models", model)
        values = fixed_of(plugin, fixed)
        items, history = paths["items"][0], paths["history"][0]
        hashes = tuple(table.sha256 for table in tables.values())
        return cls(
            model,
            str(paths["train"][0]),
            str(paths["valid"][0]),
            items,
            history,
            metric,
            min_relevance,
            values,
            hashes,
            seed,
            threads,
        )

    def learner(self, values: dict[str, Any]) -> Any:
        """The model with the fixed values and these."""
        return registry.load("models", self.model)(**self.fixed | values)

    def tunable(self) -> bool:
        """Whether there is a field to search over."""
        return bool(dimensions(registry.load("models", self.model), self.fixed))

    def bench(self) -> Bench:
        """The tables, opened."""
        return Bench(
            open_table(self.train, INTERACTIONS),
            open_table(self.valid, INTERACTIONS),
            None if self.items is None else open_table(self.items, ITEMS),
            None if self.history is None else open_table(self.history, INTERACTIONS),
            parsed(self.metric),
            self.min_relevance,
            self.threads,
        )

    def identity(self) -> dict[str, Any]:
        """What two runs must share to be one study."""
        parts = asdict(self)
        return {name: parts[name] for name in ("model", "metric", "min_relevance", "fixed")} | {
            "inputs": list(self.inputs)
        }


@dataclass(frozen=True)
class Limits:
    """When to stop: whichever comes first. Seconds are of the clock that the search is given."""

    trials: int | None
    seconds: float | None
    jobs: int = 1


@dataclass(frozen=True)
class Tried:
    """One finished trial."""

    number: int
    values: dict[str, Any]  # of the fields searched
    measure: Measure | None  # None where it was cut short or refused
    seconds: float
    refusal: str = ""  # why the model would not learn with these values


def check_named(paths: dict[str, tuple[str | None, Any]]) -> None:
    """Raise RecliError (usage) where a table would be read from standard input."""
    streams = [role for role, (path, _) in paths.items() if path == "-"]
    if streams:
        what = f"{streams[0]} is read again and again, and standard input can be read once"
        raise RecliError(what, "name a file", code=ExitCode.USAGE)


def best_of(tried: list[Tried]) -> Tried | None:
    """The trial with the highest value, of equal ones the first."""
    whole = [one for one in tried if one.measure is not None]
    return max(whole, key=lambda one: (one.measure.worth, -one.number)) if whole else None  # type: ignore[union-attr]
