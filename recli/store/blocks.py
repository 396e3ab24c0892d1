"""Tables cut into blocks of whole users, other tables brought along in step."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import polars as pl

from recli.errors import RecliError
from recli.store.open import Table
from recli.tables import same_id_type

Block = dict[str, pl.DataFrame]
ROWS = 1 << 20  # rows of the primary table in a block, rounded to whole users
USERS = 10_000  # users in a block


def blocks(
    primary: tuple[str, Table],
    beside: dict[str, Table],
    *,
    rows: int = ROWS,
    users: int = USERS,
) -> Iterator[Block]:
    """Blocks of whole users of a named table, with the same users' rows of those beside it.

    All tables are sorted by `user_id`; each is read once, from front to back. Memory is that
    of one block. Raises RecliError where a table turns out not to be in order.
    """
    name, table = primary
    cursors = {}
    for role, other in beside.items():
        same_id_type(table.schema, other.schema, "user_id", other.where)
        cursors[role] = Cursor(other)
    for block in whole_users(table, rows, users):
        last = block["user_id"][-1] if block.height else None
        known = block["user_id"].unique(maintain_order=True)
        yield {name: block} | {role: cursor.upto(last, known) for role, cursor in cursors.items()}


def whole_users(table: Table, rows: int = ROWS, users: int = USERS) -> Iterator[pl.DataFrame]:
    """A table's rows in frames that end where a user ends; one empty frame if it has none."""
    held: list[pl.DataFrame] = []
    count = 0
    last: Any = None
    for batch in table.batches():
        last = in_order(batch, last, table)
        held.append(batch)
        count += batch.height
        if count >= rows:
            whole = pl.concat(held)
            keep = int(whole["user_id"].search_sorted(last, "left"))
            if keep:
                yield from of_users(whole.head(keep), users)
            held, count = [whole.slice(keep)], whole.height - keep
    if count or last is None:
        yield from of_users(pl.concat([pl.DataFrame(schema=table.schema), *held]), users)


def of_users(whole: pl.DataFrame, users: int) -> Iterator[pl.DataFrame]:
    """Frames of at most so many users each."""
    starts = whole["user_id"].rle().struct.field("len").cum_sum()
    cuts = [0, *starts.gather_every(users, users - 1).to_list(), whole.height]
    for begin, end in pairwise(cuts):
        if begin < end or not whole.height:
            yield whole.slice(begin, end - begin)


class Cursor:
    """A table sorted by user, read forward in step with another."""

    def __init__(self, table: Table) -> None:
        self.batches = table.batches()
        self.table = table
        self.held = pl.DataFrame(schema=table.schema)
        self.last: Any = None

    def upto(self, last: Any, users: pl.Series) -> pl.DataFrame:
        """The rows of `users`, all of whom are at or before `last`; earlier ones are gone."""
        if last is None:
            return self.held.clear()
        asked = pl.col("user_id").is_in(users.implode())
        read = [self.held]
        while self.last is None or self.last <= last:
            batch = next(self.batches, None)
            if batch is None:
                break
            self.last = in_order(batch, self.last, self.table)
            # Of what lies wholly before the block's end, only what is asked for is held.
            past = self.last is not None and self.last <= last
            read.append(batch.filter(asked) if past else batch)
        whole = pl.concat(read)
        end = int(whole["user_id"].search_sorted(last, "right")) if whole.height else 0
        self.held = whole.slice(end)
        return whole.head(end).filter(asked)


def in_order(batch: pl.DataFrame, last: Any, table: Table) -> Any:
    """The last user of a batch; RecliError unless its rows are in order and follow `last`."""
    users = batch["user_id"]
    if users.is_empty():
        return last
    before = last is not None and users[0] < last
    if before or table.contract.disorder(batch) is not None:
        raise RecliError(
            f"{table.where}: its rows are not in the order of {', '.join(table.contract.order)}",
            "sort the table so, or make it again",
        )
    return users[-1]
