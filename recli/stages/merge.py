"""Merge the lists that several sources offer the users of a block into one list a user."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.errors import ExitCode, RecliError
from recli.kernels import best_first
from recli.kernels.offers import Longs, Offers
from recli.kernels.served import STATUS
from recli.stages.merge_lay import laid_out
from recli.stages.merge_names import KEPT, OWN, columns_of, names_of
from recli.store.merged import Asked as Tables
from recli.store.open import Table
from recli.tables import same_id_type

ALL = 1 << 31  # more places than a list has
MOST = 62  # sources: each one is a bit of a whole number
REPEATED = "repeated items left out"
HISTORY = "(history)"  # among the frames of a block; no source can be called so
JOIN = "+"  # between the names of sources that offer one item


@dataclass(frozen=True)
class Merging:
    """Maps the lists of several sources (and a history) to one list a user."""

    merger: Any
    names: tuple[str, ...]  # of the sources; the frames of a block are called by them
    extra: Mapping[str, pl.DataType]  # columns beyond those of CANDIDATES that travel along
    status: bool
    k: int
    threads: int

    def __call__(self, block: Block) -> Result:
        """The merged lists, with each source's own rank and score."""
        laid = laid_out([block[name] for name in self.names], block.get(HISTORY))
        found = laid.offers
        scores = self.merger.scores(found)
        ties = self.merger.ties(found)
        kept, ranks = best_first.first_k(found.starts, scores, ties, self.k, self.threads)
        rows = pl.DataFrame(
            {
                "user_id": laid.users.gather(_user_of(found, kept)),
                "item_id": laid.items.gather(found.items[kept]),
                "score": scores[kept],
                "rank": ranks,
                "source": self._source(found.at[:, kept]),
            }
        ).with_columns(self._carried(block, found, kept))
        counts = {
            "users": int((np.diff(found.starts) > 0).sum()),
            "from more than one source": int(((found.at[:, kept] >= 0).sum(axis=0) > 1).sum()),
        }
        repeated = int((found.places == 0).sum())
        return Result(rows, counts | ({REPEATED: repeated} if repeated else {}))

    def _source(self, at: npt.NDArray[np.int32]) -> pl.Series:
        """Names of the sources that offer each kept pair, joined."""
        # The sets that occur are few: each one's name is made once.
        bits = (np.int64(1) << np.arange(len(at)))[:, None]
        sets, which = np.unique(((at >= 0) * bits).sum(axis=0), return_inverse=True)
        named = [
            JOIN.join(name for place, name in enumerate(self.names) if one >> place & 1)
            for one in sets.tolist()
        ]
        return pl.Series(named, dtype=pl.String).gather(which)

    def _carried(self, block: Block, found: Offers, kept: Longs) -> list[pl.Series]:
        """Status, ranks and scores of the sources, and every other column [kept pairs]."""
        frames = [block[name] for name in self.names]
        own = [_rows_of(found, source, kept) for source in range(len(frames))]
        made = [_status(frames, own)] if self.status else []
        for name, frame, rows in zip(self.names, frames, own, strict=True):
            made += [
                frame[column].gather(rows).alias(title)
                for column, title in zip(KEPT, columns_of(name), strict=True)
            ]
        for column, kind in self.extra.items():
            there = [
                frame[column].gather(rows).alias(str(at))
                for at, (frame, rows) in enumerate(zip(frames, own, strict=True))
                if column in frame.columns
            ]
            made.append(pl.DataFrame(there).select(pl.coalesce(pl.all()).cast(kind))[:, 0])
            made[-1] = made[-1].alias(column)
        return made


def build(
    merger: Any, tables: list[Table], names: str | None, k: int | None, threads: int
) -> tuple[Build, tuple[str, ...]]:
    """How a worker makes the stage, and the names of the sources.

    Raises RecliError where the tables do not fit each other or the merger.
    """
    merger.check(len(tables))
    called = named_apart(tables, names)
    status = any(table.has("status") for table in tables)
    stage = partial(Merging, merger, called, _extra(tables), status, k or ALL, threads)
    return stage, called


def named_apart(tables: list[Table], names: str | None, *beside: Table) -> tuple[str, ...]:
    """The names of the sources; RecliError where a table's ids are of another type."""
    if len(tables) > MOST:
        raise RecliError(f"{len(tables)} tables are more than {MOST}", code=ExitCode.USAGE)
    first, *others = tables
    for table in [*others, *beside]:
        for column in ("user_id", "item_id"):
            same_id_type(first.schema, table.schema, column, table.where)
    return tuple(names_of(tables, names))


def in_step(tables: list[Table], names: tuple[str, ...], history: Table | None) -> Tables:
    """The tables that are read side by side, and their columns."""
    asked = {name: (table, list(table.schema)) for name, table in zip(names, tables, strict=True)}
    return asked if history is None else asked | {HISTORY: (history, ["user_id"])}


def check_history(merger: Any, history: object) -> None:
    """Raise RecliError (usage) where a history is lacking or would not be read."""
    if merger.reads_history and history is None:
        raise RecliError(
            "switching asks how long histories are", "add --history TABLE", code=ExitCode.USAGE
        )
    if history is not None and not merger.reads_history:
        raise RecliError(
            "--history is not read by this way of merging", "drop it", code=ExitCode.USAGE
        )


def _extra(tables: list[Table]) -> dict[str, pl.DataType]:
    """Every other column with its type; RecliError where two tables differ in it."""
    kinds: dict[str, pl.DataType] = {}
    for table in tables:
        for name, kind in table.schema.items():
            if name not in OWN and kinds.setdefault(name, kind) != kind:
                raise RecliError(
                    f"{table.where}: column '{name}' is {kind}, {kinds[name]} in a table before it",
                    "rename or drop one of them",
                )
    return kinds


def _user_of(found: Offers, kept: Longs) -> Longs:
    """The user number of each kept pair."""
    return np.searchsorted(found.starts, kept, side="right") - 1


def _rows_of(found: Offers, source: int, kept: Longs) -> pl.Series:
    """The row of the source's own frame for each kept pair, null where it has none."""
    rows = found.at[source][kept].astype(np.int64)
    offered = pl.Series(rows >= 0)
    return pl.Series(np.maximum(rows - found.lists[source, 0], 0)).zip_with(
        offered, pl.Series([None], dtype=pl.Int64)
    )


def _status(frames: list[pl.DataFrame], own: list[pl.Series]) -> pl.Series:
    """The most personal way in which a source came to offer each pair."""
    ways = [
        frame["status"].gather(rows).alias(str(at))
        for at, (frame, rows) in enumerate(zip(frames, own, strict=True))
        if "status" in frame.columns
    ]
    there = pl.DataFrame(ways)
    known = [pl.when(pl.any_horizontal(pl.all() == way)).then(pl.lit(way)) for way in STATUS]
    return there.select(pl.coalesce(*known, pl.all()).alias("status"))["status"]
