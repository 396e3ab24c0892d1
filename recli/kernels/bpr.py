"""Bayesian personalised ranking: stochastic steps that repeat for any number of threads.

Each epoch deals users and items into blocks at random and walks the grid of blocks one diagonal
at a time. The cells of a diagonal touch different vectors and are shared out among threads; each
is walked in its own random order, with its own stream of random numbers and with negatives from
its own block of items. So the seed alone decides what is computed.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.grid import Grid, deal_grid, known_likes
from recli.kernels.negatives import Known, below, draw_negative
from recli.kernels.splitmix import GOLDEN, scramble

Vectors = npt.NDArray[np.float32]

MOST_BLOCKS = 16  # the length of a diagonal, so the most threads that find work
ROWS_PER_BLOCK = 64  # with fewer, a cell would have too few negatives to choose from
START_LENGTH = 0.1  # expected length of a vector before the first step


class Step(NamedTuple):
    """How far a step goes: the learning rate, and the L2 penalty of each vector it moves."""

    rate: float
    user: float
    positive: float
    negative: float


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def dot(left: Any, right: Any) -> Any:
    """Inner product of two float32 vectors; reordering the sum lets it use vector registers."""
    total = np.float32(0)
    for factor in range(left.shape[0]):
        total += left[factor] * right[factor]
    return total


@njit(cache=True, nogil=True)
def ascend(user: Any, positive: Any, negative: Any, margin: Any, step: Step) -> None:
    """One step up ln sigma(margin) - penalties / 2 (Rendle et al. 2009, fig. 4), in place.

    `margin` is user . (positive - negative); the three vectors are float32 [factors].
    """
    away = math.exp(-abs(margin))
    slope = np.float32(away / (1.0 + away) if margin > 0 else 1.0 / (1.0 + away))
    rate = np.float32(step.rate)
    user_penalty = np.float32(step.user)
    positive_penalty = np.float32(step.positive)
    negative_penalty = np.float32(step.negative)
    for factor in range(user.shape[0]):
        u, p, n = user[factor], positive[factor], negative[factor]
        user[factor] = u + rate * (slope * (p - n) - user_penalty * u)
        positive[factor] = p + rate * (slope * u - positive_penalty * p)
        negative[factor] = n + rate * (-slope * u - negative_penalty * n)


@njit(cache=True, nogil=True)
def shuffle(users: Any, items: Any, state: Any) -> Any:
    """Put pairs in random order, in place, and return the stream's new state."""
    for last in range(len(users) - 1, 0, -1):
        state += GOLDEN
        other = below(scramble(state), last + 1)
        users[last], users[other] = users[other], users[last]
        items[last], items[other] = items[other], items[last]
    return state


@njit(cache=True, nogil=True)
def walk_cell(
    cell: int, block: int, grid: Grid, vectors: Any, known: Known, hardest_of: int, step: Step,
    tally: Any,
) -> None:  # fmt: skip
    """Visit a cell's pairs in random order; add loss, pairs in order and pairs to the tally."""
    first, end = grid.visits.bounds[cell], grid.visits.bounds[cell + 1]
    users, items = grid.visits.users[first:end], grid.visits.items[first:end]
    state = shuffle(users, items, scramble(grid.key + np.uint64(cell)))
    for visit in range(len(users)):
        user, positive = vectors[0][users[visit]], vectors[1][items[visit]]
        chosen, highest = np.int64(-1), np.float32(0)
        for _ in range(hardest_of):
            item, state = draw_negative(users[visit], block, known, grid.pool, state)
            if item >= 0:
                score = dot(user, vectors[1][item])
                if chosen < 0 or score > highest:
                    chosen, highest = item, score
        if chosen < 0:
            continue
        margin = dot(user, positive) - highest
        tally[0] += math.log1p(math.exp(-abs(margin))) + max(-margin, np.float32(0))
        tally[1] += margin > 0
        tally[2] += 1
        ascend(user, positive, vectors[1][chosen], margin, step)


@njit(cache=True, nogil=True)
def walk_diagonal(
    diagonal: int, share: Any, grid: Grid, vectors: Any, known: Known, hardest_of: int, step: Step,
    tallies: Any,
) -> None:  # fmt: skip
    """Walk one thread's share (its number, number of threads) of the cells of a diagonal."""
    blocks = len(grid.pool.bounds) - 1
    for user_block in range(share[0], blocks, share[1]):
        block = (user_block + diagonal) % blocks
        cell = user_block * blocks + block
        walk_cell(cell, block, grid, vectors, known, hardest_of, step, tallies[cell])


def learn(
    matrix: sparse.csr_array,
    popularity: npt.NDArray[np.float64],
    factors: int,
    steps: list[Step],
    hardest_of: int,
    seed: int,
    threads: int,
    report: Callable[[str], None],
) -> tuple[Vectors, Vectors]:
    """Vectors of users and items after one epoch for each step: float32 [rows, factors] each.

    An epoch visits about as many pairs as the matrix holds. `popularity` [items] weighs items as
    negatives; of `hardest_of` negatives drawn for a pair the one that scores highest is used.
    """
    known = known_likes(matrix)
    users, items = matrix.shape
    blocks = min(max(min(users, items) // ROWS_PER_BLOCK, 1), MOST_BLOCKS)
    random = np.random.default_rng(seed)
    vectors = (start(users, factors, random), start(items, factors, random))
    workers = min(threads, blocks)
    with ThreadPoolExecutor(workers) as executor:
        for epoch, step in enumerate(steps, 1):
            grid = deal_grid(known, popularity, blocks, random)
            tallies = walk(executor, workers, grid, vectors, known, hardest_of, step)
            report(progress(epoch, tallies))
    return vectors


def start(rows: int, factors: int, random: np.random.Generator) -> Vectors:
    """Small normal vectors: float32 [rows, factors]."""
    scale = np.float32(START_LENGTH / math.sqrt(factors))
    return random.standard_normal((rows, factors), dtype=np.float32) * scale


def walk(
    executor: ThreadPoolExecutor,
    workers: int,
    grid: Grid,
    vectors: tuple[Vectors, Vectors],
    known: Known,
    hardest_of: int,
    step: Step,
) -> npt.NDArray[np.float64]:
    """One epoch, in place; each cell's loss, pairs in order and pairs: [cells, 3]."""
    blocks = len(grid.pool.bounds) - 1
    tallies = np.zeros((blocks * blocks, 3))
    for diagonal in range(blocks):
        futures = [
            executor.submit(
                walk_diagonal,
                diagonal,
                (worker, workers),
                grid,
                vectors,
                known,
                hardest_of,
                step,
                tallies,
            )
            for worker in range(workers)
        ]
        # The next diagonal shares vectors with this one.
        for future in futures:
            future.result()
    return tallies


def progress(epoch: int, tallies: npt.NDArray[np.float64]) -> str:
    """One line on an epoch, from the tallies [cells, 3] of its cells."""
    loss, ordered, pairs = tallies.sum(axis=0)
    if not pairs:
        return f"epoch {epoch}: no user has an item left to compare with"
    return f"epoch {epoch}: loss {loss / pairs:.4f}, {ordered / pairs:.2%} of pairs in order"
