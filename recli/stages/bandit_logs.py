"""What a log of what was shown says: its rewards, with the context that they were earned in."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.linear_arms import MOST, check_features, columns
from recli.stages.bandit_update import State
from recli.store.failures import named
from recli.store.open import Table
from recli.tables import REWARDS, same_id_type


def fresh(state: State, logs: list[Table], report: Callable[[str], None]) -> list[Table]:
    """The logs that are not in the state yet, each once; they are marked as being in it."""
    kept = []
    for log in logs:
        if log.sha256 in state.logs:
            report(f"{log.where} is in the state already: left out")
            continue
        state.logs.add(log.sha256)
        kept.append(log)
    return kept


def reward_of(asked: str | None, log: Table) -> str:
    """The column that tells what was rewarded; RecliError where it is not there or is text."""
    name = asked or next((name for name in REWARDS if log.has(name)), "clicked")
    log.need(name)
    kind = log.schema[name]
    if not (kind.is_numeric() or kind == pl.Boolean):
        raise RecliError(
            f"{log.where}: column '{name}' is {kind}, neither yes or no nor a number",
            "name another by --reward",
        )
    return name


def check(state: State, logs: list[Table], beside: Mapping[str, Table]) -> pl.DataFrame | None:
    """The columns of --items that a state goes by; RecliError where a log does not fit it."""
    items, users = beside.get("items"), beside.get("users")
    there: dict[str, pl.DataType] = {}
    if items is not None:
        there |= items.schema
    if users is not None:
        there |= {f"user.{name}": kind for name, kind in users.schema.items()}
    for log in logs:
        kind = state.id_type or log.schema["item_id"]
        same_id_type({"item_id": kind}, log.schema, "item_id", log.where)
        if items is not None:
            same_id_type(log.schema, items.schema, "item_id", items.where)
        state.id_type = kind
        check_features(state.features, there | log.schema, log.where)
    if items is None or not state.features:
        return None
    columns = [name for name in state.features if items.has(name)]
    return items.read(["item_id", *columns]).unique("item_id", keep="first", maintain_order=True)


def take(state: State, block: Block, reward: str, items: pl.DataFrame | None, where: str) -> None:
    """Add the rows of a block of a log to the state."""
    rows = widened(block["log"], items, block.get("users"))
    with named(where):
        if state.kind == "beta":
            state.count(_counted(rows, reward))
        else:
            state.sums.add(columns(rows, state.features), _numbers(rows, reward))


def widened(
    rows: pl.DataFrame, items: pl.DataFrame | None, users: pl.DataFrame | None
) -> pl.DataFrame:
    """Rows with columns of their items, and of their users as `user.NAME`; their own come first."""
    if items is not None:
        own = [name for name in items.columns if name == "item_id" or name not in rows.columns]
        rows = rows.join(items.select(own), on="item_id", how="left", maintain_order="left")
    if users is not None:
        people = users.unique("user_id", keep="first", maintain_order=True)
        named = {name: f"user.{name}" for name in people.columns if name != "user_id"}
        people = people.rename(named).select(
            name for name in ("user_id", *named.values()) if name not in rows.columns[1:]
        )
        rows = rows.join(people, on="user_id", how="left", maintain_order="left")
    return rows


def _counted(rows: pl.DataFrame, reward: str) -> pl.DataFrame:
    values = _numbers(rows, reward)
    wrong = int(((values != 0) & (values != 1)).sum())
    if wrong:
        raise RecliError(
            f"column '{reward}' is neither 0 nor 1 in {wrong:,} rows",
            "counts need yes or no: name another by --reward, or keep a linear state (--context)",
        )
    told = rows.select("item_id", rewarded=pl.Series(values).cast(pl.Int64))
    counted = told.group_by("item_id").agg(shown=pl.len(), rewarded=pl.col("rewarded").sum())
    return counted.select("item_id", pl.col("shown").cast(pl.Int64), "rewarded")


def _numbers(rows: pl.DataFrame, reward: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = rows[reward].cast(pl.Float64).fill_nan(None)
    if values.null_count():
        raise RecliError(
            f"column '{reward}' is empty in {values.null_count():,} rows",
            "leave out what is not known yet, and write 0 where there was no reward",
        )
    worst = float(values.abs().max() or 0)  # type: ignore[arg-type]
    if worst > MOST:
        raise RecliError(
            f"column '{reward}' holds {worst:g}, a reward goes to {MOST:,.0f}",
            "bring it to another unit, as thousands",
        )
    return values.to_numpy()
