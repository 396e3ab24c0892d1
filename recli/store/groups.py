"""Blocks of any size to row groups of one size, checked against a contract on the way."""

from collections.abc import Iterable, Iterator
from typing import IO, Any

import polars as pl

from recli.contract import Contract
from recli.store.commit import settle
from recli.store.failures import writing

GROUP = 1 << 17  # rows of a row group, whatever the blocks they came in


class Sink:
    """Takes blocks of any size, checks them and writes them in groups of GROUP rows."""

    def __init__(self, writer: Any, contract: Contract, stream: IO[bytes], where: str) -> None:
        self.writer, self.contract = writer, contract
        self.stream, self.where = stream, where
        self.groups = Groups()
        self.count = 0

    def add(self, block: pl.DataFrame) -> None:
        """Write a block; at least one is needed, be it empty, for the columns."""
        for rows in self.groups.add(block):
            self._write(rows)

    def close(self, rows: dict[str, int]) -> None:
        """Write what is held and the footer, with these counts and the number of rows.

        All of it is on the disk then: a full one is heard of before any result is published.
        """
        for rest in self.groups.rest():
            self._write(rest)
        with writing(self.where):
            self.writer.close(rows | {"out": self.count})
            settle(self.stream)

    def _write(self, rows: pl.DataFrame) -> None:
        self.contract.check_schema(rows.schema, "the result")
        self.contract.check_rows(rows, "the result")
        with writing(self.where):
            self.writer.add(rows)
        self.count += rows.height


class Groups:
    """Blocks of any size in, frames of GROUP rows out, the last one shorter."""

    def __init__(self) -> None:
        self.held: list[pl.DataFrame] = []
        self.count = 0

    def add(self, block: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The frames that are full now."""
        self.held.append(block)
        self.count += block.height
        if self.count < GROUP:
            return
        whole, count = pl.concat(self.held), self.count
        self.held, self.count = [whole.slice(count - count % GROUP)], count % GROUP
        yield from (whole.slice(end - GROUP, GROUP) for end in range(GROUP, count + 1, GROUP))

    def rest(self) -> Iterator[pl.DataFrame]:
        """What is left: one frame, empty if need be, unless nothing was ever added."""
        if self.held:
            yield pl.concat(self.held)


def regrouped(blocks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in frames of GROUP rows, the last one shorter; at least one frame."""
    groups = Groups()
    for block in blocks:
        yield from groups.add(block)
    yield from groups.rest()


def repeating(rows: pl.DataFrame) -> list[str]:
    """Columns whose values come again and again, by a look at the first rows.

    A dictionary makes these smaller. It makes all others larger, and writing them slower by
    half: a page is first coded by a dictionary that then turns out to be too large.
    """
    named = []
    for name, kind in rows.schema.items():
        if kind.is_nested():
            named += [name, f"{name}.list.element"]
        elif rows[name].n_unique() * 4 <= rows.height:
            named.append(name)
    return named
