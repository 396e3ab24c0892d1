"""Why an item is in a list, by what the list itself, neighbours and the items' columns say."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from recli.kernels.served import COLD, FALLBACK, FOLDED, STATUS
from recli.store.open import Table

Id = str | int
Values = dict[tuple[Id, str], tuple[str, ...]]  # of an item in a column
_NAMED = 3  # sources of a merge that a reason names
_STATUS = {
    STATUS[FOLDED]: "from the history as it is now, newer than the model",
    STATUS[COLD]: "from the user's segment: the model has not met the user",
    STATUS[FALLBACK]: "popular: the model has not met the user",
}


@dataclass(frozen=True)
class Known:
    """What tables tell of the items that a page names."""

    titles: dict[Id, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)
    alike: dict[tuple[Id, Id], float] = field(default_factory=dict)

    def title(self, item: Id) -> str:
        """The title, or the id where there is none."""
        return self.titles.get(item) or str(item)

    def usual(self, column: str, value: str) -> float:
        """The share of all these items that have a value in a column."""
        own = [values for (_, name), values in self.values.items() if name == column]
        return sum(value in values for values in own) / max(len(own), 1)


def known_of(items: Table | None, similar: list[Table], named: list[pl.Series]) -> Known:
    """What a pass over the items, and one over each table of neighbours, tells of some ids."""
    ids = pl.concat(named).unique()
    alike: dict[tuple[Id, Id], float] = {}
    for table in similar:
        pairs = ["item_id", "similar_item_id"]
        for batch in table.batches([*pairs, "score"]):
            for one, other, score in _among(batch, pairs, ids).select(*pairs, "score").rows():
                for pair in ((one, other), (other, one)):
                    alike[pair] = max(score, alike.get(pair, score))
    if items is None:
        return Known(alike=alike)
    columns = tuple(
        name
        for name, kind in items.schema.items()
        if kind in (pl.List(pl.String), pl.String) and name not in ("item_id", "title")
    )
    titled = ["title"] if items.has("title") else []
    batches = items.batches(["item_id", *titled, *columns])
    rows = [row for batch in batches for row in _among(batch, ["item_id"], ids).rows(named=True)]
    titles = {row["item_id"]: str(row["title"]) for row in rows if row.get("title") is not None}
    values = {
        (row["item_id"], name): (row[name],) if isinstance(row[name], str) else tuple(row[name])
        for row in rows
        for name in columns
        if row[name] is not None
    }
    return Known(titles, columns, values, alike)


def _among(batch: pl.DataFrame, columns: list[str], ids: pl.Series) -> pl.DataFrame:
    return batch.filter(pl.all_horizontal(pl.col(columns).is_in(ids.implode())))


def reasons(row: dict[str, Any], before: list[Id], known: Known) -> Iterator[str]:
    """Why an item is offered, from what is most of the user's own to what is least.

    `before` are the items of her history, the newest first.
    """
    item = row["item_id"]
    nearest = max(before, key=lambda one: known.alike.get((item, one), float("-inf")), default=None)
    if nearest is not None and (item, nearest) in known.alike:
        yield f"like {known.title(nearest)}"
    shared = _shared(item, before, known)
    if shared is not None:
        yield shared
    if row.get("status") in _STATUS:
        yield _STATUS[row["status"]]
    sources = _sources(row)
    if sources:
        yield sources


def _shared(item: Id, before: list[Id], known: Known) -> str | None:
    """What the item has in common with the history, above what all these items have."""
    found = []
    for place, column in enumerate(known.columns):
        counts = Counter(value for one in before for value in known.values.get((one, column), ()))
        for value in known.values.get((item, column), ()):
            above = counts[value] / max(len(before), 1) - known.usual(column, value)
            if counts[value] and above > 0:
                found.append((-above, place, value, counts[value]))
    if not found:
        return None
    _, place, value, count = min(found)
    return f"{known.columns[place]} {value}, as {count} of {len(before)} items before"


def _sources(row: dict[str, Any]) -> str:
    """The ranks that the sources of a merge gave it, the best first."""
    ranks = sorted(
        (int(rank), name.removesuffix("_rank"))
        for name, rank in row.items()
        if name.endswith("_rank") and f"{name.removesuffix('_rank')}_score" in row
        if rank is not None
    )
    return ", ".join(f"{name} ranks it {rank:,}" for rank, name in ranks[:_NAMED])
