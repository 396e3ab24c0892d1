"""What a bandit has learned, as a table: read and checked, made and written."""

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.contract import Contract
from recli.errors import RecliError
from recli.kernels.linear_arms import Linear, Sums
from recli.kernels.policy import Counts
from recli.store.open import Table, open_table
from recli.tables import BANDIT_COUNTS, BANDIT_SUMS

Kind = Literal["beta", "linear"]
CONTRACTS: dict[Kind, Contract] = {"beta": BANDIT_COUNTS, "linear": BANDIT_SUMS}
INTERCEPT = "intercept"  # the last row of a linear state, whose feature is 1 in every row


def open_state(name: str) -> tuple[Table, Kind]:
    """A state and its kind; RecliError where a table is none."""
    table = open_table(name, Contract("Bandit state", {}))
    kind: Kind = "linear" if "feature" in table.schema else "beta"
    CONTRACTS[kind].check_schema(table.schema, table.where)
    return replace(table, contract=CONTRACTS[kind]), kind


def counts_of(table: Table) -> pl.DataFrame:
    """Counts by item in the order of their ids; RecliError where they cannot be true."""
    rows = table.read([*BANDIT_COUNTS.required]).sort("item_id")
    wrong = rows.filter((pl.col("rewarded") < 0) | (pl.col("rewarded") > pl.col("shown")))
    if wrong.height:
        raise RecliError(
            f"{table.where}: {wrong.height:,} items were rewarded more often than shown, or less "
            f"than never, as {wrong['item_id'][0]!r}",
            "make the state again from its logs",
        )
    if rows["item_id"].is_duplicated().any():
        raise RecliError(f"{table.where} names an item twice", "add up its rows")
    return rows


def sums_of(table: Table) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Features without the last, and [2, features + 1, features + 2] floats and what they lack.

    The last column is `b`. Raises RecliError where the table is no square.
    """
    rows = table.read([*BANDIT_SUMS.required])
    size = rows.height
    square = all((rows[name].list.len() == size).all() for name in ("a", "a_rest"))
    if not size or not square or rows["feature"][-1] != INTERCEPT:
        raise RecliError(
            f"{table.where}: its {size:,} rows are not those of a square matrix that ends with "
            f"'{INTERCEPT}'",
            "make the state again from its logs",
        )
    halves = [_half(rows, "a", "b"), _half(rows, "a_rest", "b_rest")]
    whole = np.array(halves)
    if not np.isfinite(whole).all() or (whole[0, :, :-1] != whole[0, :, :-1].T).any():
        raise RecliError(
            f"{table.where}: its matrix has what is no number, or is not symmetric",
            "make the state again from its logs",
        )
    return tuple(rows["feature"][:-1]), whole


def _half(rows: pl.DataFrame, a: str, b: str) -> npt.NDArray[np.float64]:
    matrix = rows[a].explode().to_numpy().reshape(rows.height, rows.height)
    return np.column_stack([matrix, rows[b].to_numpy()]).astype(np.float64)


def read_state(table: Table, kind: Kind) -> Counts | Linear:
    """The state as policies read it."""
    if kind == "beta":
        rows = counts_of(table)
        shown, rewarded = (rows[name].cast(pl.Float64).to_numpy() for name in ("shown", "rewarded"))
        return Counts(rows["item_id"], shown, rewarded)
    features, (whole, _) = sums_of(table)
    return Linear(features, whole[:, :-1], whole[:, -1])


def table_of(features: tuple[str, ...], sums: Sums) -> pl.DataFrame:
    """The table of a linear state."""
    whole, rest = sums.halves()
    lists = pl.List(pl.Float64)
    return pl.DataFrame(
        {
            "feature": pl.Series([*features, INTERCEPT], dtype=pl.String),
            "b": whole[:, -1],
            "a": pl.Series(whole[:, :-1].tolist(), dtype=lists),
            "b_rest": rest[:, -1],
            "a_rest": pl.Series(rest[:, :-1].tolist(), dtype=lists),
        }
    )
