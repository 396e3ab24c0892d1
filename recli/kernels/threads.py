"""Compiled work on several threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def in_threads(work: Callable[[Part], None], parts: Iterable[Part], threads: int) -> None:
    """Does every part, in as many threads at a time; compiled work lets go of the lock."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))  # raises what a part raised


def over_lists(work: Callable[[int, int], None], lists: int, threads: int, run: int = 256) -> None:
    """Does `work(begin, end)` for runs of lists that make up all of them."""
    runs = [(begin, min(begin + run, lists)) for begin in range(0, lists, run)]
    if threads == 1 or len(runs) < 2:
        work(0, lists)
        return
    in_threads(lambda part: work(*part), runs, threads)
