"""What a run of `ope` is asked for, and where the log says it."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels import bootstrap
from recli.kernels.estimator import Estimator
from recli.stages.bandit_logs import reward_of
from recli.stages.plugin_words import built, parted
from recli.store.open import Table

POSITIONS = ("position", "rank")
STRATA = 100_000  # places and contexts that have a mean of their own


@dataclass(frozen=True)
class Choices:
    """What a run of ope may be told."""

    estimators: tuple[tuple[str, Estimator], ...]  # by the words they were asked for
    reward: str | None = None
    propensity: str | None = None
    position: str | None = None
    context: str | None = None
    seed: int = 0

    @property
    def modelled(self) -> tuple[str, ...]:
        """The estimators that read a model of rewards."""
        return tuple(name for name, one in self.estimators if one.NEEDS_MODEL)

    def check(self, log: Table) -> "Columns":
        """Where the log says what; RecliError where it does not."""
        reward = reward_of(self.reward, log)
        there = next((name for name in POSITIONS if log.has(name)), None)
        position = self.position or there
        context = () if self.context is None else tuple(map(str.strip, self.context.split(",")))
        log.need(*(name for name in (position, *context) if name is not None))
        if position is not None and not log.schema[position].is_integer():
            raise RecliError(
                f"{log.where}: column '{position}' is {log.schema[position]}, not a whole number",
                "name the column of places by --position",
            )
        for name in context:
            if log.schema[name].is_nested() or log.schema[name] == pl.Binary:
                raise RecliError(
                    f"{log.where}: column '{name}' is {log.schema[name]}, it parts no rows",
                    "name columns of single values by --context",
                )
        return Columns(log.where, reward, self._propensity(log), position, context, self.seed)

    def _propensity(self, log: Table) -> str | None:
        name = self.propensity or "propensity"
        needing = [label for label, one in self.estimators if one.NEEDS_PROPENSITY]
        if not log.has(name):
            if not needing and self.propensity is None:
                return None
            raise RecliError(
                f"{log.where} has no column '{name}', the chance of each item to be shown where "
                f"it was, which {', '.join(needing) or 'nothing'} needs",
                "name it by --propensity (rerank explore writes it), or ask for what needs none: "
                "--estimator replay,dm",
            )
        if not log.schema[name].is_numeric():
            raise RecliError(
                f"{log.where}: column '{name}' is {log.schema[name]}, not a number",
                "name the chances by --propensity",
            )
        return name


@dataclass(frozen=True)
class Columns:
    """Where a log says what."""

    where: str
    reward: str
    propensity: str | None
    position: str | None
    context: tuple[str, ...]
    seed: int

    @property
    def read(self) -> list[str]:
        """Names of the columns, but for user_id."""
        own = [self.reward, self.propensity, self.position, *self.context]
        return ["item_id", *dict.fromkeys(name for name in own if name is not None)]

    def of(self, rows: pl.DataFrame, first: int) -> pl.DataFrame:
        """The rows of a block by fixed names; `first` is the number of its first row.

        user_id where there is one, item_id, `place`, `reward`, `propensity`, `bucket`, and the
        context as `in.NAME`. Raises RecliError for values that are none.
        """
        units = rows["user_id"] if "user_id" in rows.columns else _numbers(first, rows.height)
        self._check(rows)
        place = pl.lit(1) if self.position is None else pl.col(self.position)
        chance = pl.lit(None) if self.propensity is None else pl.col(self.propensity)
        return rows.select(
            *(["user_id"] if "user_id" in rows.columns else []),
            "item_id",
            place.cast(pl.Int64).alias("place"),
            pl.col(self.reward).cast(pl.Float64).alias("reward"),
            chance.cast(pl.Float64).alias("propensity"),
            pl.Series("bucket", bootstrap.dealt(units, self.seed), pl.Int64),
            *(pl.col(name).alias(f"in.{name}") for name in self.context),
        )

    def _check(self, rows: pl.DataFrame) -> None:
        reward = rows[self.reward].cast(pl.Float64)
        wrong = int((~reward.is_finite().fill_null(False)).sum())
        faults = [f"column '{self.reward}' is no number in {wrong:,} rows"] if wrong else []
        if self.position is not None and rows[self.position].null_count():
            empty = rows[self.position].null_count()
            faults.append(f"column '{self.position}' is empty in {empty:,} rows")
        if self.propensity is not None:
            chance = rows[self.propensity].cast(pl.Float64)
            right = ((chance > 0) & (chance <= 1)).fill_null(False)
            wrong = int((~right).sum())
            if wrong:
                first = chance.filter(~right)[0]
                faults.append(
                    f"column '{self.propensity}' is no chance above 0 and up to 1 in {wrong:,} "
                    f"rows, as {first}"
                )
        if faults:
            raise RecliError(f"{self.where}: {'; '.join(faults)}", "mend them or leave them out")


def _numbers(first: int, count: int) -> pl.Series:
    """Numbers of rows, which stand for users where the log names none."""
    return pl.int_range(first, first + count, eager=True)


def estimators_of(words: str | None) -> tuple[tuple[str, Estimator], ...]:
    """The estimators of `NAME,NAME(OPTION=VALUE)`, all of them if there are no words.

    >>> [name for name, _ in estimators_of("dr,clipped-ips(cap=20)")]
    ['dr', 'clipped-ips(cap=20)']
    """
    asked = ",".join(registry.names("estimators")) if words is None else words
    found: dict[str, Any] = {}
    for word in parted(asked):
        if word in found:
            raise RecliError(
                f"--estimator names {word} twice", "name each once", code=ExitCode.USAGE
            )
        found[word] = built("estimators", word, "--estimator")[1]
    return tuple(found.items())
