"""Some users drawn by lot: what they did, their lists with titles, and why each item is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from recli.errors import RecliError
from recli.kernels.hashing import uniform
from recli.stages.report_reasons import Known, known_of, reasons
from recli.store.merged import merged
from recli.store.open import Table
from recli.store.seek import rows_of

SALT = 0x7265706F
SHOWN = 10  # places of a list, and items of a history
MISSED = 5  # chosen items that a list lacks
Id = str | int


@dataclass(frozen=True)
class Met:
    """An item of a user's history: the last day and what she did."""

    title: str
    when: str


@dataclass(frozen=True)
class Offer:
    """An item of a list."""

    rank: int
    item: str
    title: str
    score: str
    source: str
    chosen: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A user, as the page shows her."""

    user: str
    before: int | None  # distinct items of her history; None where it was not given
    history: tuple[Met, ...]
    offers: tuple[Offer, ...]
    longer: int  # places that are not shown
    chosen: int | None = None  # distinct items that she then chose; None without truth
    hits: int = 0
    missed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """What the tables hold of one user."""

    offers: pl.DataFrame
    history: pl.DataFrame | None
    truth: pl.DataFrame | None


def people(
    tables: Mapping[str, Table], similar: list[Table], sample: int, seed: int
) -> list[Person]:
    """Users drawn by lot from `recs`, and `truth` where it is given, in the order of their ids.

    Memory is that of a block of users, and of the rows of those drawn. Raises RecliError where
    the lists have no order, or nobody can be drawn.
    """
    recs = tables["recs"]
    if not (recs.has("rank") or recs.has("score")):
        raise RecliError(f"{recs.where} has neither a column 'rank' nor 'score'", "add one")
    drawn = _drawn(tables, sample, seed)
    if not drawn:
        both = f" and {tables['truth'].where}" if "truth" in tables else ""
        raise RecliError(f"nobody is in {recs.where}{both}", "are the ids the same ones?")
    rows = {user: _rows(tables, user) for user in drawn}
    known = known_of(tables.get("items"), similar, [*_frames(rows)])
    return [_person(user, one, known) for user, one in rows.items()]


def _drawn(tables: Mapping[str, Table], sample: int, seed: int) -> list[Id]:
    """The users with the least lots, a lot a hash of id and seed."""
    roles = [role for role in ("recs", "truth") if role in tables]
    lots: list[tuple[float, Any]] = []
    for block in merged({role: (tables[role], ["user_id"]) for role in roles}):
        users = block["recs"]["user_id"].unique().sort()
        if "truth" in block:
            users = users.filter(users.is_in(block["truth"]["user_id"].implode()))
        values = uniform([users], seed ^ SALT)
        first = np.argsort(values, kind="stable")[:sample]
        lots = sorted([*lots, *zip(values[first].tolist(), users.gather(first), strict=True)])
        lots = lots[:sample]
    return sorted(user for _, user in lots)


def _rows(tables: Mapping[str, Table], user: Id) -> Rows:
    order = ["rank", "item_id"] if tables["recs"].has("rank") else ["score", "item_id"]
    offers = rows_of(tables["recs"], "user_id", user)
    offers = offers.sort(order, descending=[order[0] == "score", False])
    history, truth = (
        rows_of(tables[role], "user_id", user) if role in tables else None
        for role in ("history", "truth")
    )
    if history is not None and "timestamp" in history.columns:
        history = history.sort("timestamp", maintain_order=True)
    return Rows(offers, history, truth)


def _frames(rows: Mapping[Id, Rows]) -> list[pl.Series]:
    """Ids of every item that the page may name."""
    return [
        frame["item_id"]
        for one in rows.values()
        for frame in (one.offers, one.history, one.truth)
        if frame is not None
    ]


def _person(user: Id, rows: Rows, known: Known) -> Person:
    past = [] if rows.history is None else _latest(rows.history)
    before = [row["item_id"] for row in past]
    chosen = None if rows.truth is None else set(rows.truth["item_id"])
    listed = rows.offers["item_id"].to_list()
    shown = rows.offers.head(SHOWN).rows(named=True)
    missed = sorted((chosen or set()) - set(listed), key=str)[:MISSED]
    return Person(
        str(user),
        None if rows.history is None else len(past),
        tuple(Met(known.title(row["item_id"]), _when(row)) for row in past[:SHOWN]),
        tuple(_offer(at, row, before, chosen or set(), known) for at, row in enumerate(shown, 1)),
        max(rows.offers.height - SHOWN, 0),
        None if chosen is None else len(chosen),
        len(set(listed) & (chosen or set())),
        tuple(known.title(item) for item in missed),
    )


def _latest(history: pl.DataFrame) -> list[dict[str, Any]]:
    """The last row of each item of a history, the newest first."""
    last = history.unique("item_id", keep="last", maintain_order=True)
    return last.reverse().rows(named=True)


def _when(row: dict[str, Any]) -> str:
    """The day and what was done, as far as the table tells."""
    day = f"{row['timestamp']:%Y-%m-%d}" if row.get("timestamp") else ""
    rating = f"rated {row['rating']:g}" if row.get("rating") is not None else ""
    return ", ".join(filter(None, [row.get("event"), rating, day]))


def _offer(at: int, row: dict[str, Any], before: list[Id], chosen: set[Id], known: Known) -> Offer:
    item = row["item_id"]
    score = "" if row.get("score") is None else f"{row['score']:.4g}"
    source = str(row.get("source") or "")
    rank = int(row.get("rank") or at)
    why = reasons(row, before, known)
    return Offer(rank, str(item), known.title(item), score, source, item in chosen, tuple(why))
