"""Several tables read in step by user: every user of any of them, in blocks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from recli.store.blocks import Block, in_order
from recli.store.open import Table
from recli.tables import same_id_type

ROWS = 1 << 20  # rows of each table that are held before a block is cut
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
    while True:
        for run in runs.values():
            run.fill(rows)
        unread = [run for run in runs.values() if not run.over]
        # Users before every table's last one are whole in all of them.
        edge = min((run.last for run in unread), default=None)
        block = {role: run.before(edge) for role, run in runs.items()}
        if any(frame.height for frame in block.values()):
            yield block
        if not unread:
            return
        for run in unread:
            # A single user fills the whole run: read on until the next one comes.
            while run.last == edge and not run.over and not run.before_edge(edge):
                run.fill(run.height + rows)


class _Run:
    """Rows of a table from some user on, as far as they were read."""

    def __init__(self, table: Table, columns: list[str]) -> None:
        self.batches = table.batches(columns)
        self.where = table.where
        self.columns = columns
        self.held = pl.DataFrame(schema=table.schema).select(columns)
        self.last: Any = None
        self.over = False

    @property
    def height(self) -> int:
        """Rows held."""
        return self.held.height

    def fill(self, rows: int) -> None:
        """Read until so many rows are held or the table is over."""
        read = [self.held]
        count = self.height
        while count < rows and not self.over:
            batch = next(self.batches, None)
            if batch is None:
                self.over = True
                break
            self.last = in_order(batch, self.last, self.where)
            read.append(batch.select(self.columns))
            count += batch.height
        self.held = pl.concat(read)

    def before(self, edge: Any) -> pl.DataFrame:
        """Take the rows of users before `edge`, or all where it is None."""
        cut = self.height if edge is None else self.before_edge(edge)
        taken, self.held = self.held.head(cut), self.held.slice(cut)
        return taken

    def before_edge(self, edge: Any) -> int:
        """Number of held rows of users before `edge`."""
        return int(self.held["user_id"].search_sorted(edge, "left")) if self.height else 0
