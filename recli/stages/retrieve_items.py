"""Items that a model never saw: which there are, and which known ones they are like."""

from dataclasses import dataclass

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.cold_likeness import by_content, by_value, extension
from recli.kernels.content import Catalogue
from recli.kernels.content_blocks import Vocabulary
from recli.kernels.extension import Extension
from recli.kernels.matrix import Ids, ignore, joined, sorted_ids
from recli.store.artefact import Artefact
from recli.store.model import items_table
from recli.store.open import Table
from recli.tables import same_id_type

CONTENT = "content"  # in place of a column: all of them
VOCABULARY = Vocabulary(min_count=2, max_terms=50_000)  # what one item has makes none alike


@dataclass(frozen=True)
class NewItems:
    """All items that may be offered, known and new, and how new ones are scored."""

    ids: Ids  # ascending
    extension: Extension


def new_items(
    artefact: Artefact, table: Table | None, how: str | None, threads: int = 1
) -> tuple[NewItems | None, list[str]]:
    """The items of a table that a model does not know, and what there is to warn of.

    `how` is a column that likes share, or `content`. Raises RecliError where the model knows no
    item of the table, or the column is not there or is no label.
    """
    if how is None and table is None:
        return None, []
    if how is None or table is None:
        missing = "--cold-items COLUMN" if how is None else "--items TABLE"
        given = "--items" if how is None else f"--cold-items {how}"
        raise RecliError(f"{given} needs {missing} too", code=ExitCode.USAGE)
    model = items_table(artefact)
    same_id_type(model.schema, table.schema, "item_id", table.where)
    if how != CONTENT:
        _check_label(table, how)
    known = model.read(["item_id"])["item_id"]
    rows = table.read(None if how == CONTENT else ["item_id", how])
    own = rows["item_id"].is_in(known.implode())
    if not own.any():
        raise RecliError(
            f"{artefact.path} knows no item of {table.where}", "check that the ids are the same"
        )
    if own.all():
        return None, [f"{artefact.path} knows every item of {table.where}: none is new"]
    ids = sorted_ids(pl.concat([known, rows["item_id"]]))
    is_new = ~ids.is_in(known.implode()).to_numpy()
    catalogue = joined(ids, "item_id", rows)
    if how == CONTENT:
        content = Catalogue({}, VOCABULARY, ignore).rows(catalogue)
        like = by_content(content, is_new, threads=threads)
    else:
        like = by_value(catalogue[how], is_new)
    found = NewItems(*extension(ids, is_new, *like))
    return found, _told(artefact, table, how, int(is_new.sum()), len(found.extension.new))


def _told(artefact: Artefact, table: Table, how: str, new: int, served: int) -> list[str]:
    """What to say of new items that are like no known one."""
    if served == new:
        return []
    shared = "is alike in content" if how == CONTENT else f"shares their '{how}'"
    return [
        f"{new - served:,} of the {new:,} items of {table.where} that are new to {artefact.path} "
        f"are not offered: no item that it knows {shared}"
    ]


def _check_label(table: Table, how: str) -> None:
    """Raise RecliError where a column is not there or holds no value to share."""
    table.need(how)
    kind = table.schema[how]
    if how == "item_id":
        raise RecliError("no two items share an 'item_id'", "name another column or 'content'")
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if inner.is_nested() or inner == pl.Binary:
        raise RecliError(
            f"{table.where}: column '{how}' is {kind}, which items cannot share",
            "name a column with one value or a list of values an item",
        )
