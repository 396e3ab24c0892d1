"""Raw files to one table in order: read, check, filter, sort by ranges, merge, thin out.

Rows flow through once. Chunks of 16 MiB are parsed and checked as a whole; only a chunk with a
fault is looked at line by line. Sound rows go into ranges of ids that spill to disk, and each
range, which holds whole users, is sorted and merged on its own. So memory is bounded, and the
accounts always balance: rows in = rows out + rejected + merged + filtered.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import polars as pl

from recli.errors import RecliError
from recli.kernels.kcore import core
from recli.kernels.numbering import Numbering
from recli.stages.ahead import ahead
from recli.stages.ingest_choices import Choices
from recli.stages.ingest_labels import labelled
from recli.stages.ingest_order import in_order, without_duplicates
from recli.stages.ingest_read import File, Reader, opened
from recli.store.failures import named
from recli.store.provenance import Provenance
from recli.store.ranges import Ranges, bounds
from recli.store.write import Output
from recli.tables import KINDS

LABELS = ("user_id", "item_id", "timestamp", "rating", "event", "weight")


class Ingest:
    """One run: the reader, the choices and the accounts."""

    def __init__(self, files: list[File], choices: Choices, say: Callable[[str], None]) -> None:
        self.choices = choices
        self.ordered = files[0].plugin.ordered
        self.reader: Reader
        self.reader, sample = opened(files, choices, say)
        self.cuts = bounds(sample, sum(file.part.size for file in files))
        self.merged = 0
        self.users = 0

    def parts(self) -> Iterator[pl.DataFrame]:
        """The table, range by range. Raises RecliError when there are too many bad rows."""
        ranges = Ranges(self.choices.required[0], self.cuts)
        for rows in ahead(self.reader.frames()):
            ranges.add(rows)
        if not self.reader.count:
            raise RecliError(
                f"{self.reader.rows.where} holds no rows", "check the command that should fill it"
            )
        self.reader.rejects.check(self.reader.count)
        parts = (self._finished(frames) for frames in ranges.parts())
        for part in self._dense(parts):
            self.users += part["user_id"].n_unique() if "user_id" in self.choices.required else 0
            yield part

    def _finished(self, frames: list[pl.DataFrame]) -> pl.DataFrame:
        """One range in its final types and order, duplicates merged."""
        types, extras = self.reader.types, self.reader.rows.columns.extras
        rows = pl.concat([types.cast(rows, extras) for rows in [self._empty(), *frames]])
        keys = [name for name in KINDS[self.choices.kind].order if name in rows.columns]
        rows = in_order(rows, keys, ordered=self.ordered)
        with named(self.reader.rows.where):
            key = list(self.choices.required)
            single = without_duplicates(rows, key, self.choices.duplicates)
        self.merged += rows.height - single.height
        first = [name for name in LABELS if name in single.columns and name not in extras]
        return single.select(*first, pl.exclude(first))

    def _empty(self) -> pl.DataFrame:
        """No rows, with the columns of those there might be."""
        rows, _ = self.reader.rows.cast(pl.DataFrame())
        return labelled(rows, self.choices, Counter())

    def _dense(self, parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The parts without sparse users and items, to the fixed point."""
        least = self.choices.min_per_user, self.choices.min_per_item
        if self.choices.kind != "interactions" or max(least) < 2:
            yield from parts
            return
        held = Ranges("user_id", self.cuts)
        number = Numbering(pl.Int64 if self.choices.numeric_ids else pl.String)
        users, items, known = [], [], 0
        for place, part in enumerate(parts):
            users.append(part["user_id"].rle_id().to_numpy().astype(np.int32) + np.int32(known))
            known += part["user_id"].n_unique()
            items.append(number.of(part["item_id"]))
            held.put(place, part)
        kept = core(np.concatenate(users), np.concatenate(items), *least)
        self.reader.filtered["of sparse users or items"] += int((~kept).sum())
        start = 0
        for frames in held.parts():
            for rows in frames:
                yield rows.filter(pl.Series(kept[start : start + rows.height]))
                start += rows.height

    def counts(self, out: int) -> dict[str, int]:
        """The accounts. Raises ValueError, our bug, when they do not balance."""
        counts = {
            "in": self.reader.count,
            "rejected": self.reader.rejects.count,
            "merged": self.merged,
            "filtered": self.reader.filtered.total(),
        }
        if counts["in"] != out + counts["rejected"] + counts["merged"] + counts["filtered"]:
            raise ValueError(f"rows do not add up: {counts}, {out} out")
        return counts

    def told(self) -> list[str]:
        """Lines about what was left out, and what is in the table."""
        causes = [f"{count:,} {cause}" for cause, count in self.reader.filtered.items()]
        lines = [f"filtered {', '.join(causes)}"] if causes else []
        if self.choices.kind == "interactions":
            lines.append(f"{self.users:,} users")
        return lines


def publish(work: Ingest, output: Output, aside: Output | None, provenance: Provenance) -> int:
    """Write the table, and the rejects beside it; both are published or neither."""
    out = 0
    with ExitStack() as stack:
        sink = stack.enter_context(output.opened(provenance))
        bad = stack.enter_context(aside.opened(provenance)) if aside else None
        for part in ahead(work.parts()):
            sink.add(part)
            out += part.height
        if bad:
            bad.add(work.reader.rejects.table())
            bad.close({"in": work.reader.count})
        sink.close(work.counts(out))
    return out
