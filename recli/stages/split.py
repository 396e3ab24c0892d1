"""Part interactions by a splitter: two passes over blocks of whole users.

The first pass learns which items each part holds, the second writes. So that memory is that of
a block and of the distinct items, whatever the number of rows.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.contract import Contract
from recli.errors import RecliError
from recli.kernels.numbering import Numbering
from recli.store.blocks import whole_users
from recli.store.groups import Sink
from recli.store.open import Table
from recli.store.provenance import Provenance
from recli.store.write import Output

Mask = npt.NDArray[np.bool_]
Assign = Callable[[pl.DataFrame], pl.Series]
Watch = Callable[[Iterable[pl.DataFrame]], Iterator[pl.DataFrame]]
ASKED = ("valid", "test")  # parts whose users and items a model will be asked about


@dataclass
class Accounts:
    """What each part holds, by its name."""

    rows: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    cold_users: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    cold_items: Counter[str] = field(default_factory=Counter)
    dropped: int = 0


class Split:
    """One table parted by a splitter into those of its parts that are written."""

    def __init__(self, table: Table, splitter: Any, outputs: dict[str, Output]) -> None:
        self.table, self.splitter, self.outputs = table, splitter, outputs
        if splitter.needs:
            table.need(*splitter.needs)
        if not table.rows:
            raise RecliError(f"{table.where} holds no interactions", "check the steps before it")
        self.assign: Assign = splitter.plan(table.batches, table.rows, valid="valid" in outputs)
        self.accounts = Accounts()
        self.numbering = Numbering(table.schema["item_id"])
        self.held = {name: np.zeros(0, np.bool_) for name in outputs}  # items of each part

    def parts(self, block: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """The rows of whole users by the part that they go to."""
        number = self.assign(block)
        return {
            name: block.filter(number == self.splitter.parts.index(name)) for name in self.outputs
        }

    def look(self) -> None:
        """First pass: which items each part has. Raises RecliError when a part has no rows."""
        columns = ["user_id", "item_id", *self.splitter.needs]
        for block in whole_users(_Narrow(self.table, columns)):  # type: ignore[arg-type]
            for name, rows in self.parts(block).items():
                numbers = self.numbering.of(rows["item_id"])
                self.held[name] = _wide(self.held[name], self.numbering.count)
                self.held[name][numbers] = True
        self.held = {name: _wide(held, self.numbering.count) for name, held in self.held.items()}
        empty = [name for name in self.outputs if not self.held[name].any()]
        if empty:
            raise RecliError(
                f"{self.table.where}: no row would go to --{' or --'.join(empty)}",
                "choose another cut or share",
            )
        for name in self._asked():
            self.accounts.items[name] = int(self.held[name].sum())
            self.accounts.cold_items[name] = int((self.held[name] & ~self.held["train"]).sum())

    def write(self, provenance: Provenance, *, warm_only: bool, watch: Watch) -> None:
        """Second pass: every part is written before the first is published, or none is."""
        arguments = provenance.arguments
        with ExitStack() as stack:
            sinks: dict[str, Sink] = {
                name: stack.enter_context(
                    output.opened(replace(provenance, arguments=arguments | {"part": name}))
                )
                for name, output in self.outputs.items()
            }
            for block in watch(whole_users(self.table)):
                parts = self.parts(block)
                for name in self._asked():
                    parts[name] = self._asked_about(name, parts, warm_only=warm_only)
                for name, rows in parts.items():
                    sinks[name].add(rows)
                    self.accounts.rows[name] += rows.height
                    self.accounts.users[name] += rows["user_id"].n_unique()
            self._check()
            for sink in sinks.values():
                sink.close({"in": self.table.rows, "dropped": self.accounts.dropped})

    def _asked_about(
        self, name: str, parts: dict[str, pl.DataFrame], *, warm_only: bool
    ) -> pl.DataFrame:
        """The rows of one part, cold users counted, cold rows dropped where asked."""
        rows = parts[name]
        known = "history" if "history" in parts else "train"
        cold = ~rows["user_id"].is_in(parts[known]["user_id"].unique().implode())
        self.accounts.cold_users[name] += rows.filter(cold)["user_id"].n_unique()
        if not warm_only:
            return rows
        seen = pl.Series(self.held["train"][self.numbering.of(rows["item_id"])])
        warm = rows.filter(~cold & seen)
        self.accounts.dropped += rows.height - warm.height
        return warm

    def _asked(self) -> list[str]:
        return [name for name in self.outputs if name in ASKED]

    def _check(self) -> None:
        empty = [name for name in self.outputs if not self.accounts.rows[name]]
        if empty:
            raise RecliError(
                f"{self.table.where}: --warm-only leaves no row for --{' and --'.join(empty)}",
                "choose an earlier cut or a smaller share",
            )
        total = self.accounts.rows.total() + self.accounts.dropped
        if total != self.table.rows:
            raise ValueError(f"{self.table.rows} rows in, {total} in the parts and dropped")

    def told(self) -> list[str]:
        """A line for each part: rows, users, and how many of whom it asks about are cold."""
        found = self.accounts
        lines = []
        for name in self.outputs:
            line = f"{name}: {found.rows[name]:,} rows, {found.users[name]:,} users"
            if name in ASKED:
                cold = "dropped as cold" if found.dropped else "cold"
                line += (
                    f"; {cold}: {found.cold_users[name]:,} users, {found.cold_items[name]:,} of "
                    f"{found.items[name]:,} items"
                )
            lines.append(line)
        return lines


def _wide(mask: Mask, size: int) -> Mask:
    """A mask [size], False where it was not yet defined."""
    wide = np.zeros(size, np.bool_)
    wide[: len(mask)] = mask
    return wide


@dataclass(frozen=True)
class _Narrow:
    """A table of which only some columns are read."""

    table: Table
    columns: list[str]

    @property
    def where(self) -> str:
        return self.table.where

    @property
    def contract(self) -> Contract:
        return self.table.contract

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: self.table.schema[name] for name in self.columns})

    def batches(self) -> Iterator[pl.DataFrame]:
        for batch in self.table.batches(self.columns):
            yield batch.select(self.columns)
