"""The loop over blocks: results out, their counts added up."""

from collections import Counter
from collections.abc import Iterable, Iterator

import polars as pl

from recli.engines import map_blocks
from recli.engines.result import Block, Build


def rows_of(
    build: Build, blocks: Iterable[Block], counts: Counter[str], jobs: int = 1
) -> Iterator[pl.DataFrame]:
    """The rows a stage makes of each block; its counts are added to `counts`."""
    for result in map_blocks(build, blocks, jobs):
        counts.update(result.counts)
        yield result.rows
