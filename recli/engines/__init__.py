"""How blocks are mapped: in this process or in a pool; a stage does not know which."""

from collections.abc import Iterable, Iterator

from recli.engines import local, pool
from recli.engines.result import Block, Build, Result


def map_blocks(build: Build, blocks: Iterable[Block], jobs: int = 1) -> Iterator[Result]:
    """The results of a stage over blocks, in order and the same for any number of jobs."""
    return local.map_blocks(build, blocks) if jobs == 1 else pool.map_blocks(build, blocks, jobs)
