"""What a ranker sees of candidates, as a table: their keys, then a column for each feature."""

from dataclasses import dataclass
from functools import cached_property, partial

import polars as pl

from recli.engines.result import Block, Build, Result
from recli.kernels.features import Table
from recli.stages.features import Chosen, Making, Tables, check, layout_of, making, moment_of
from recli.stages.features_block import of_block
from recli.stages.rank import fits
from recli.store.artefact import Artefact
from recli.store.ranker import layout_of as ranker_layout
from recli.tables import AS_OF

KEYS = ("user_id", "item_id", AS_OF)


def build(
    tables: Tables, chosen: Chosen, ranker: Artefact | None, now: str | None, threads: int
) -> Build:
    """How a worker makes the stage: the features chosen, or those of a ranker.

    Raises RecliError where the tables do not fit each other, or lack what the ranker needs.
    """
    check(tables)
    if ranker is None:
        layout = layout_of(tables, chosen)
    else:
        layout = ranker_layout(ranker)
        fits(layout, tables, str(ranker.path))
    moment = moment_of(tables, layout, now)
    return partial(Features, making(layout, tables, moment), threads)


@dataclass(frozen=True)
class Features:
    """Maps `candidates` with `history`, `users` and ready features to a table of features."""

    making: Making
    threads: int

    def __call__(self, block: Block) -> Result:
        """A row for each candidate; categories by their names, null where a value is missing."""
        rows = of_block(self.making, block)
        keys = rows.frame.select(name for name in KEYS if name in rows.frame.columns)
        parts = [self._named(rows.features(lists, self.threads)) for lists in rows.runs()]
        made = pl.concat(parts) if parts else self._named(rows.features(slice(0, 0), 1))
        counts = {"lists": len(rows.users), "of unknown items": int(rows.strange.sum())}
        return Result(pl.concat([keys, made], how="horizontal"), counts)

    @cached_property
    def _meanings(self) -> dict[str, tuple[str, ...]]:
        """What each code of each category means."""
        layout = self.making.layout
        return {name: layout.meanings(name) for name in layout.categorical}

    def _named(self, table: Table) -> pl.DataFrame:
        layout = self.making.layout
        frame = pl.DataFrame(table, schema=list(layout.names)).fill_nan(None)
        return frame.with_columns(
            pl.Series(name, self._meanings[name], dtype=pl.String)
            .gather(frame[name].cast(pl.UInt32))
            .alias(name)
            for name in layout.categorical
        )
