"""Several tables read in step by user: everybody who is in any of them, in blocks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from recli.store.blocks import Block, in_order
from recli.store.open import Table
from recli.tables import same_id_type

ROWS = 1 << 20  # rows of each table that are held before a block is cut
SEVERAL = 1 << 18  # the same where whole rows of several tables are held and made into more
Asked = Mapping[str, tuple[Table, Sequence[str]]]


def merged(asked: Asked, rows: int = ROWS) -> Iterator[Block]:
    """Blocks of whole users, a frame by role, of everybody who is in at least one table.

    `asked` holds tables sorted by `user_id` and their columns to read. A user's rows of all
    tables are in one block; users ascend. Memory is that of about `rows` rows a table. Raises
    RecliError where a table turns out not to be in order.
    """
    first, *others = [table for table, _ in asked.values()]
    for other in others:
        same_id_type(first.schema, other.schema, "user_id", other.where)
    runs = {role: _Run(table, list(columns)) for role, (table, columns) in asked.items()}
    unread = list(runs.values())
    while unread:
        for run in unread:
            run.fill(rows)
        unread = [run for run in unread if not run.over]
        # Users before every table's last one are whole in all of them.
        edge = min((run.last for run in unread), default=None)
        block = {role: run.before(edge) for role, run in runs.items()}
        if any(frame.height for frame in block.values()):
            yield block


def merged_whole(asked: Asked, rows: int = SEVERAL) -> Iterator[Block]:
    """The same, and one block of empty frames where nobody is in any table.

    A result that is made of the blocks has its columns then, if no rows.
    """
    blocks = merged(asked, rows)
    empty = {
        role: pl.DataFrame(schema=table.schema).select(columns)
        for role, (table, columns) in asked.items()
    }
    yield next(blocks, empty)
    yield from blocks


class _Run:
    """Rows of a table from some user on, as far as they were read."""

    def __init__(self, table: Table, columns: list[str]) -> None:
        self.batches = table.batches(columns)
        self.table = table
        self.columns = columns
        self.held = pl.DataFrame(schema=table.schema).select(columns)
        self.last: Any = None
        self.over = False

    def fill(self, rows: int) -> None:
        """Read until so many rows, of more than one user, are held or the table is over."""
        read = [self.held]
        count = self.held.height
        first = self.held["user_id"][0] if count else None
        while count < rows or first == self.last:
            batch = next(self.batches, None)
            if batch is None:
                self.over = True
                break
            if batch.height:
                self.last = in_order(batch, self.last, self.table)
                first = batch["user_id"][0] if first is None else first
                read.append(batch.select(self.columns))
                count += batch.height
        self.held = pl.concat(read)

    def before(self, edge: Any) -> pl.DataFrame:
        """Take the rows of users before `edge`, or all where it is None."""
        cut = self.held.height
        if edge is not None and cut:
            cut = int(self.held["user_id"].search_sorted(edge, "left"))
        taken, self.held = self.held.head(cut), self.held.slice(cut)
        return taken
