"""What users answered when they were asked what they like, as history they need not have."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from recli.contract import ID_TYPES, TIME, Contract
from recli.errors import RecliError
from recli.kernels.matrix import Reading
from recli.store.merged import merged
from recli.store.open import Table

SEEDS = Contract(
    "Seed items",
    {"user_id": ID_TYPES, "item_id": ID_TYPES},
    {"weight": (pl.Float32,), "rating": (pl.Float32,), "timestamp": (TIME,)},
    ("user_id",),
    ("rating", "weight"),
)


def with_seeds(history: pl.DataFrame | None, seeds: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """The interactions of a block's users and their answers: what a model reads of both.

    An answer without a weight weighs 1; one without a time is as new as the user's last
    interaction.
    """
    _check(seeds)
    columns = ["user_id", "item_id", reading.column]
    columns += ["timestamp"] if reading.half_life_days is not None else []
    parts = [seeds] if history is None else [history, seeds]
    rows = pl.concat([_with(part, columns) for part in parts])
    if reading.half_life_days is None:
        return rows
    last = pl.col("timestamp").max().over("user_id")
    return rows.with_columns(
        pl.coalesce("timestamp", last, pl.lit(0).cast(TIME)).alias("timestamp")
    )


def _check(seeds: pl.DataFrame) -> None:
    """Raise RecliError (data) where an answer weighs nothing or less: it says nothing."""
    wrong = int((seeds["weight"] <= 0).sum()) if "weight" in seeds.columns else 0
    if wrong:
        raise RecliError(
            f"{wrong} seed items weigh something not positive", "leave them out of --seed-items"
        )


def _with(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Some columns of interactions; weights that are not there are 1, other values null."""
    blank = {
        "weight": pl.lit(1.0, pl.Float32),
        "rating": pl.lit(None, pl.Float32),
        "timestamp": pl.lit(None, TIME),
    }
    missing = [blank[name].alias(name) for name in columns if name not in rows.columns]
    weights = [pl.col("weight").fill_null(1.0)] if "weight" in columns else []
    return rows.with_columns(missing).with_columns(weights).select(columns)


@dataclass(frozen=True)
class Everybody(Table):
    """The users of two tables that are sorted by user, in order, as often as they have rows."""

    others: tuple[Table, ...] = ()

    def batches(self, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Frames of whole users with the columns of the first table that are asked for."""
        kept = [name for name in self.schema if columns is None or name in columns]
        first, second = self.others
        asked = {"first": (first, kept), "second": (second, ["user_id"])}
        empty = pl.DataFrame(schema=self.schema).select(kept)
        yield empty
        for block in merged(asked):
            rows = pl.concat([empty, block["first"], block["second"]], how="diagonal")
            yield rows.sort("user_id", maintain_order=True)


def everybody(history: Table, seeds: Table, label: str | None) -> Table:
    """Who is in a history or answered; `label` is a column of the history to keep, if it is there.

    A history's row comes before an answer, so that the label is that of the history.
    """
    kept = [name for name in ("user_id", label) if name in history.schema]
    schema = pl.Schema({name: history.schema[name] for name in kept if name is not None})
    where = f"{history.where} and {seeds.where}"
    rows = history.rows + seeds.rows
    contract = Contract("Users", {"user_id": ID_TYPES}, {}, ("user_id",))
    return Everybody(where, contract, (), schema, rows, None, "", (history, seeds))
