"""Ready features beside candidates: joined by user, by item or by both, as of a moment."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from recli.contract import Contract
from recli.errors import RecliError
from recli.store.open import Table
from recli.tables import AS_OF, FEATURES, INTERACTIONS, ITEMS, RANKABLE, USERS, same_id_type
from recli.tables import SIMILAR as SIMILAR_ITEMS

ROLE = "features"  # of the tables: features 1, features 2 …
SIMILAR = "similar"
IMPRESSIONS = "impressions"
_IDS = ("user_id", "item_id")


@dataclass(frozen=True)
class Store:
    """A table of features: which rows of it belong to a candidate."""

    role: str
    where: str
    keys: tuple[str, ...]
    names: tuple[str, ...]  # of its features
    timed: bool  # whether a row holds from a moment on

    @property
    def in_step(self) -> bool:
        """Whether it is read in step with the candidates; of items it is held whole."""
        return "user_id" in self.keys

    def joined(self, frame: pl.DataFrame, rows: pl.DataFrame, now: int | None) -> pl.DataFrame:
        """The candidates [rows] with the features that held at their moment, or null.

        That is their `as_of`, or `now` in microseconds for all. Of a key's rows that hold at
        the same time the first counts.
        """
        rows = rows.select(*self.keys, *([AS_OF] if self.timed else []), *self.names)
        if self.timed and AS_OF in frame.columns:
            return self._as_of(frame, rows)
        if self.timed:
            if now is not None:
                rows = rows.filter(pl.col(AS_OF).dt.epoch("us") <= now)
            rows = rows.sort(AS_OF, descending=True, maintain_order=True, nulls_last=True)
            rows = rows.drop(AS_OF)
        first = rows.unique(self.keys, keep="first", maintain_order=True)
        return frame.join(first, on=self.keys, how="left", maintain_order="left")

    def _as_of(self, frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        first = rows.drop_nulls(AS_OF).unique([*self.keys, AS_OF], keep="first")
        numbered = frame.with_row_index("(row)").sort(AS_OF)
        found = numbered.join_asof(
            first.sort(AS_OF), on=AS_OF, by=list(self.keys), check_sortedness=False
        )
        return found.sort("(row)").drop("(row)")


def stores(tables: dict[str, Table]) -> tuple[Store, ...]:
    """The tables of features among some, checked against the candidates.

    Raises RecliError where one has no id or no feature, or a name is already taken.
    """
    candidates = tables["candidates"]
    taken = dict.fromkeys(candidates.schema, candidates.where)
    found = []
    for role, table in tables.items():
        if not role.startswith(ROLE):
            continue
        keys = tuple(name for name in _IDS if table.has(name))
        names = tuple(name for name in table.schema if name not in (*_IDS, AS_OF))
        if not keys or not names:
            raise RecliError(
                f"{table.where} has no {'feature' if keys else 'user_id and no item_id'}",
                "a table of features has user_id, item_id or both, and a column for each feature",
            )
        for name in keys:
            same_id_type(candidates.schema, table.schema, name, table.where)
        clash = [name for name in names if name in taken]
        if clash:
            raise RecliError(
                f"{table.where}: {', '.join(clash)} stands in {taken[clash[0]]} too",
                "rename one of them, or leave it out",
            )
        taken |= dict.fromkeys(names, table.where)
        found.append(Store(role, table.where, keys, names, table.has(AS_OF)))
    return tuple(found)


def asked(
    candidates: str,
    history: str | None,
    items: str | None,
    users: str | None,
    features: list[str] | None,
    similar: list[str] | None,
    impressions: str | None,
) -> dict[str, tuple[str | None, Contract]]:
    """The tables that features are made of, by role: paths and contracts."""
    ready = {f"{ROLE} {at}": (name, FEATURES) for at, name in enumerate(features or [], 1)}
    near = {f"{SIMILAR} {at}": (name, SIMILAR_ITEMS) for at, name in enumerate(similar or [], 1)}
    return {
        "candidates": (candidates, RANKABLE),
        "history": (history, INTERACTIONS),
        "items": (items, ITEMS),
        "users": (users, USERS),
        IMPRESSIONS: (impressions, INTERACTIONS),
        **ready,
        **near,
    }


def neighbours(tables: dict[str, Table]) -> list[Table]:
    """The tables of neighbours among some, in the order in which they were given."""
    return [table for role, table in tables.items() if role.startswith(SIMILAR)]


def with_features(
    frame: pl.DataFrame,
    found: tuple[Store, ...],
    rows: Mapping[str, pl.DataFrame],
    now: int | None,
) -> pl.DataFrame:
    """The candidates of a block with the features of every table, whose `rows` are by role."""
    for store in found:
        frame = store.joined(frame, rows[store.role], now)
    return frame
