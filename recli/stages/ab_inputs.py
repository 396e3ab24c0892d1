"""What reading an A/B test is given: its tables, who is in which variant, what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.numbering import Numbering
from recli.stages.ab_gates import Gate
from recli.stages.ab_metrics import Metric, Value, check_numbers, parsed
from recli.store.open import Table
from recli.tables import check_label

VARIANTS = ("variant", "bucket")
ROLES = ("outcomes", "log")  # where columns of metrics are looked for, in this order
Read = Mapping[str, tuple[Table, list[str]]]


@dataclass(frozen=True)
class Question:
    """What is read of each user: variant, metrics, covariates and segment."""

    tables: Mapping[str, Table]
    metrics: tuple[Metric, ...]  # that are compared, then those only gates ask for
    compared: int
    variant: str | None = None  # column of the log; None: all users are one group
    covariates: tuple[Value, ...] = ()
    by: str | None = None

    @property
    def looked(self) -> list[str]:
        """The tables that columns of metrics are looked for in."""
        return [role for role in ROLES if role in self.tables]

    @property
    def timed(self) -> bool:
        """Whether what was done before the first exposure can be told."""
        told = [role for role in self.looked if self.tables[role].has("timestamp")]
        return len(told) == 2

    def had_before(self, metric: Metric) -> bool:
        """Whether the same metric of before the test is known."""
        table = self.tables.get("before")
        return table is not None and all(table.has(value.column) for value in metric.values())

    def values(self) -> list[Value]:
        """Everything that is summed up over the rows of a user, once."""
        found = [value for metric in self.metrics for value in metric.values()]
        known = [metric for metric in self.metrics if self.had_before(metric)]
        found += [value for metric in known for value in metric.values("before")]
        return list(dict.fromkeys(found))

    def read(self) -> Read:
        """The tables with the columns that are read of them."""
        columns: dict[str, list[str]] = {role: ["user_id"] for role in self.tables}
        if self.variant is not None:
            columns["log"].append(self.variant)
        for value in [*self.values(), *self.covariates]:
            columns[value.role].append(value.column)
        if self.by is not None:
            columns["users"].append(self.by)
        for role in ROLES if self.timed else ():
            columns[role].append("timestamp")
        return {
            role: (table, list(dict.fromkeys(columns[role])))
            for role, table in self.tables.items()
            if role == "log" or len(columns[role]) > 1
        }


@dataclass
class Words:
    """The same as it was asked for on the command line."""

    metrics: list[str]
    variant: str | None = None
    covariates: list[str] = field(default_factory=list)
    by: str | None = None
    gates: tuple[Gate, ...] = ()

    def question(self, tables: Mapping[str, Table], *, variants: bool = True) -> Question:
        """What to read; RecliError names the columns that are not there or do not fit."""
        looked = {role: tables[role] for role in ROLES if role in tables}
        asked = [parsed(word, looked) for word in dict.fromkeys(self.metrics)]
        if not asked:
            raise RecliError(
                "no metric is named", "give --metric COLUMN, and see --help", code=ExitCode.USAGE
            )
        metrics = self._gated(asked, looked)
        variant = self._variant(tables["log"]) if variants else None
        covariates = tuple(self._covariate(word, tables) for word in self.covariates)
        self._check_by(tables)
        question = Question(tables, metrics, len(asked), variant, covariates, self.by)
        _check_before(question)
        return question

    def _gated(self, asked: list[Metric], tables: Mapping[str, Table]) -> tuple[Metric, ...]:
        """The metrics with those that gates name; where a gate holds a rise, less is better."""
        metrics = list(asked)
        for gate in self.gates:
            metric = parsed(gate.word, tables)
            at = next((at for at, one in enumerate(metrics) if one.same(metric)), len(metrics))
            if at == len(metrics):
                metrics.append(metric)
            if gate.side == "rise":
                metrics[at] = replace(metrics[at], less=True)
        return tuple(metrics)

    def _variant(self, log: Table) -> str:
        name = self.variant or next((name for name in VARIANTS if log.has(name)), VARIANTS[0])
        log.need(name)
        kind = log.schema[name]
        if kind.is_nested() or kind.is_float() or kind == pl.Binary or kind.is_temporal():
            raise RecliError(
                f"{log.where}: column '{name}' is {kind}, which names no variant",
                "name another by --variant",
            )
        return name

    def _covariate(self, word: str, tables: Mapping[str, Table]) -> Value:
        for role in ("log", "users"):
            if role in tables and tables[role].has(word):
                check_numbers(tables[role], word)
                return Value(role, word)
        raise RecliError(
            f"no column '{word}' for --covariate in {tables['log'].where} or in --users",
            "name a column of numbers that were known before the test",
        )

    def _check_by(self, tables: Mapping[str, Table]) -> None:
        if self.by is None:
            return
        if "users" not in tables:
            raise RecliError("--by needs --users TABLE", "give it", code=ExitCode.USAGE)
        tables["users"].need(self.by)
        check_label(tables["users"].schema, self.by, tables["users"].where)


def _check_before(question: Question) -> None:
    """Raise RecliError where --before knows none of the metrics, or holds no numbers there."""
    if "before" not in question.tables:
        return
    table = question.tables["before"]
    values = [value for value in question.values() if value.role == "before"]
    if not values:
        table.need(*dict.fromkeys(v.column for one in question.metrics for v in one.values()))
    for value in values:
        if value.equals is None and not value.counts:
            check_numbers(table, value.column)


def shares_of(word: str) -> dict[str, float]:
    """The share of each variant of `A=0.5,B=0.5`, scaled to add up to 1.

    >>> shares_of("A=50,B=150")
    {'A': 0.25, 'B': 0.75}
    """
    pairs = [part.strip().rpartition("=") for part in word.split(",")]
    try:
        shares = {name.strip(): float(share) for name, _, share in pairs}
    except ValueError:
        shares = {}
    right = all(name and 0 < share < float("inf") for name, share in shares.items())
    if len(shares) < len(pairs) or len(shares) < 2 or not right:
        raise RecliError(
            f"--shares {word} are not the shares of two or more variants",
            "write each variant once with what it gets, as A=0.5,B=0.5",
            code=ExitCode.USAGE,
        )
    whole = sum(shares.values())
    return {name: share / whole for name, share in shares.items()}


def numbered(names: list[str], known: Numbering) -> dict[str, int]:
    """Number in the tally of each variant, in the order of `names`; -1 has no users."""
    there = known.ids().to_list()
    return {name: there.index(name) if name in there else -1 for name in names}
