"""Lists drawn by lot: a random score for each pair of user and item, made when it is needed."""

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.kernels import hashing
from recli.kernels.neighbours import Columns, Csr, Mask, Scores
from recli.kernels.selection import key_of, write_best
from recli.kernels.splitmix import GOLDEN, fraction, scramble
from recli.kernels.threads import in_threads

_RUN = 256  # users a thread takes at a time


def top_k(
    users: pl.Series, mask: Mask, k: int, exclude: Csr, seed: int, threads: int = 1
) -> tuple[Columns, Scores]:
    """The k items with the largest lots of each user: as `topk.top_k` returns them.

    A lot in [0, 1) is a hash of seed, user id and number of the item: the same whoever else
    is asked for. `mask` [items] says what may be offered. Memory beyond the result: 20 bytes
    for each item in each thread.
    """
    columns = np.full((len(users), k), -1, np.int32)
    scores = np.full((len(users), k), -np.inf, np.float32)
    states = (hashing.uniform([users], seed) * 2.0**53).astype(np.uint64)
    starts, barred = exclude

    def draw(first: int) -> None:
        run = slice(first, first + _RUN)
        bounds = starts[first : min(first + _RUN, len(users)) + 1]
        _draw(states[run], bounds, barred, mask, columns[run], scores[run])

    if k:
        in_threads(draw, range(0, len(users), _RUN), threads)
    return columns, scores


def lots(state: int, items: int) -> npt.NDArray[np.float32]:
    """The lot of each item [items] for the user whose hash is `state`."""
    numbers = np.arange(1, items + 1, dtype=np.uint64) * GOLDEN + np.uint64(state)
    shares = scramble(numbers) >> np.uint64(11)
    drawn: npt.NDArray[np.float32] = (shares * 2.0**-53).astype(np.float32)
    return drawn


@njit(cache=True, nogil=True)
def _draw(states, starts, seen, mask, found, scores):  # type: ignore[no-untyped-def]
    """Writes the best columns and scores of each user."""
    items = mask.size
    barred = np.full(items, -1, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    for user in range(states.size):
        for cell in range(starts[user], starts[user + 1]):
            barred[seen[cell]] = user
        held, state = 0, states[user]
        for item in range(items):
            state += GOLDEN
            if mask[item] and barred[item] != user:
                keys[held] = key_of(np.float32(fraction(scramble(state))), item)
                held += 1
        write_best(keys, held, scratch, found[user], scores[user])
