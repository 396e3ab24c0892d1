"""From what was shown and rewarded to a bandit's state: sums that no order can change."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from recli.contract import Contract
from recli.errors import ExitCode, RecliError
from recli.kernels.linear_arms import Sums
from recli.stages.bandit_state import CONTRACTS, INTERCEPT, Kind, counts_of, sums_of, table_of
from recli.store.open import Table
from recli.store.provenance import Input, Provenance, Record


@dataclass(frozen=True)
class Choices:
    """What a run of bandit-update may be told."""

    kind: Kind | None = None
    context: str | None = None
    reward: str | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.kind == "beta" and self.context is not None:
            raise RecliError(
                "--kind beta counts items, it has no --context",
                "leave one of them out",
                code=ExitCode.USAGE,
            )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of --context, in the order in which a state has them."""
        if self.context is None:
            return ()
        names = sorted({name.strip() for name in self.context.split(",")})
        if "" in names or INTERCEPT in names:
            raise RecliError(
                f"--context {self.context}: a column is named '', or '{INTERCEPT}'",
                "write column,column; the intercept is there already",
                code=ExitCode.USAGE,
            )
        return tuple(names)


@dataclass
class State:
    """A state in the making: what it was, and what logs add to it."""

    kind: Kind
    features: tuple[str, ...] = ()
    counts: list[pl.DataFrame] = field(default_factory=list)
    sums: Sums = field(default_factory=lambda: Sums(0))
    logs: set[str] = field(default_factory=set)  # hashes of those that are in
    id_type: pl.DataType | None = None

    @property
    def contract(self) -> Contract:
        """Of the table that it becomes."""
        return CONTRACTS[self.kind]

    @property
    def size(self) -> dict[str, int]:
        """Number of logs that it holds."""
        return {"logs": len(self.logs)}

    def count(self, counted: pl.DataFrame) -> None:
        """Add counts of items."""
        both = pl.concat([*self.counts, counted]).group_by("item_id")
        self.counts = [both.agg(pl.col("shown", "rewarded").sum())]

    def table(self) -> pl.DataFrame:
        """The state as a table; RecliError where nothing was ever shown."""
        if self.kind == "linear":
            return table_of(self.features, self.sums)
        if not self.counts:
            raise RecliError("the state would be empty", "name a log of what was shown")
        return self.counts[0].sort("item_id")


def begin(choices: Choices, old: tuple[Table, Kind] | None) -> State:
    """The state to go on from, or a new one; RecliError where it is of another kind."""
    if old is None:
        kind = choices.kind or ("linear" if choices.context is not None else "beta")
        if kind == "linear" and choices.context is None:
            raise RecliError(
                "--kind linear needs --context",
                "name columns, as --context price,user.age",
                code=ExitCode.USAGE,
            )
        return State(kind, choices.features, sums=Sums(len(choices.features) + 1))
    table, kind = old
    if choices.kind not in (None, kind) or (kind == "beta" and choices.context is not None):
        asked = choices.kind or "linear"
        raise RecliError(
            f"{table.where} is a state of kind {kind}, not {asked}",
            "name a new file for STATE and -o, or leave --kind and --context out",
        )
    logs = set((table.record or {}).get("arguments", {}).get("logs", ()))
    if kind == "beta":
        return State(kind, counts=[counts_of(table)], logs=logs, id_type=table.schema["item_id"])
    features, halves = sums_of(table)
    if choices.features and choices.features != features:
        raise RecliError(
            f"{table.where} is a state of {', '.join(features)}, not of {choices.context}",
            "name a new file for STATE and -o, or leave --context out",
        )
    state = State(kind, features, sums=Sums(len(features) + 1), logs=logs)
    state.sums.restore(*halves)
    return state


def record(choices: Choices, state: State, old: Table | None, inputs: list[Input]) -> Provenance:
    """How the state tells where it is from: the same whatever the order the logs came in.

    It names every log, and not the states on the way: these are sums over some of the logs.
    """
    known = list(inputs)
    if old is not None:
        known += [old.as_input("state")] if old.record is None else list(_earlier(old.record))
    unlike = {(one.role, one.sha256): one for one in known}
    arguments = {
        "kind": state.kind,
        "context": ",".join(state.features) or None,
        "reward": choices.reward,
        "logs": sorted(state.logs),
    }
    ordered = [unlike[key] for key in sorted(unlike)]
    return Provenance("bandit-update", arguments, ordered)


def _earlier(made: Record) -> Iterable[Input]:
    """The inputs of a state, as they were when it was made."""
    ancestors = made.get("ancestors", {})
    for one in made.get("inputs", ()):
        own = ancestors.get(one["sha256"])
        own = own and {**own, "ancestors": ancestors}
        yield Input(one["role"], one["sha256"], one["name"], own, made.get("time"))
