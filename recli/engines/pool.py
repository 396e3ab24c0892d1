"""Blocks mapped by a pool of processes, results in the order of the blocks."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from recli.engines.result import Block, Build, Result, Stage
from recli.errors import ExitCode, RecliError
from recli.kernels.isolated import end_with_parent

_stage: list[Stage] = []  # of a worker: made once, used for every block it is given


def map_blocks(build: Build, blocks: Iterable[Block], jobs: int) -> Iterator[Result]:
    """The stage's results, made by `jobs` workers that each hold one stage.

    At most two blocks a worker are under way, so memory does not grow with their number.
    Raises RecliError when a worker dies.
    """
    # A fork would inherit the locks of polars' and numba's threads in an unknown state.
    context = multiprocessing.get_context("spawn")
    waiting: deque[Future[Result]] = deque()
    pool = ProcessPoolExecutor(jobs, context, _start, (build,))
    try:
        for block in blocks:
            waiting.append(pool.submit(_work, block))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise RecliError(
            "a worker process died",
            "it may have run out of memory: use fewer --jobs",
            code=ExitCode.WORKER,
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(build: Build) -> None:
    end_with_parent()
    os.environ.setdefault("RUST_BACKTRACE", "0")
    _stage.append(build())


def _work(block: Block) -> Result:
    return _stage[0](block)
