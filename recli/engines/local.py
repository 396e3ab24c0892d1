"""Blocks mapped in this process, one after the other."""

from collections.abc import Iterable, Iterator

from recli.engines.result import Block, Build, Result


def map_blocks(build: Build, blocks: Iterable[Block]) -> Iterator[Result]:
    """The stage's results, in the order of the blocks."""
    return map(build(), blocks)
