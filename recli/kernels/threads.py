"""Compiled work on several threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def in_threads(work: Callable[[Part], None], parts: Iterable[Part], threads: int) -> None:
    """Does every part, in as many threads at a time; compiled work lets go of the lock."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))  # raises what a part raised
