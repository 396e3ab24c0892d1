"""The loop over blocks: results out, their counts added up."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import polars as pl

from recli.engines import map_blocks
from recli.engines.result import Block, Build
from recli.stages.ahead import ahead
from recli.store.provenance import Provenance
from recli.store.write import Output


def unheard(tally: Any) -> None:
    """Nobody asks for what adds up beside the counts."""


def rows_of(
    build: Build,
    blocks: Iterable[Block],
    counts: Counter[str],
    jobs: int = 1,
    heard: Callable[[Any], None] = unheard,
) -> Iterator[pl.DataFrame]:
    """The rows a stage makes of each block; its counts are added to `counts`.

    `heard` is given the tally of each block.
    """
    for result in map_blocks(build, _early(blocks, jobs), jobs):
        counts.update(result.counts)
        heard(result.tally)
        yield result.rows


def publish_both(
    build: Build,
    blocks: Iterable[Block],
    outputs: tuple[Output, Output],
    provenance: Provenance,
    counts: Counter[str],
    jobs: int = 1,
) -> int:
    """Write a stage's rows and those that it puts aside; both are published or neither.

    Returns the number of rows; counts are added to `counts`.
    """
    with ExitStack() as stack:
        sink, aside = (stack.enter_context(output.opened(provenance)) for output in outputs)
        for result in map_blocks(build, _early(blocks, jobs), jobs):
            counts.update(result.counts)
            sink.add(result.rows)
            if result.aside is not None:
                aside.add(result.aside)
        aside.close(counts)
        sink.close(counts)
    return sink.count


def _early(blocks: Iterable[Block], jobs: int) -> Iterable[Block]:
    """Blocks, the next of which is read while one is worked on; workers see to that themselves."""
    return ahead(blocks) if jobs == 1 else blocks
