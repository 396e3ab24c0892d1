"""How much of an exact answer a faster search finds, and what of its work is needed for that."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
T = TypeVar("T")

FINENESS = 8  # the effort found is within an eighth of the least that reaches the target


def recall(found: Scores, exact: Scores) -> float:
    """Share of the exact places whose score, or a better one, was found.

    Both are [queries, k], falling, -inf where there is nothing. An item that ties with the last
    exact one is as good as that one, so it is scores that are compared, not items.

    >>> exact = np.array([[3.0, 2.0, 1.0]], np.float32)
    >>> recall(np.array([[3.0, 1.0, -np.inf]], np.float32), exact)
    0.6666666666666666
    """
    there = np.isfinite(exact)
    places = int(there.sum())
    if not places:
        return 1.0
    least = np.where(there, exact, np.inf).min(axis=1, keepdims=True)
    hits = (found >= least) & np.isfinite(found)
    return float(np.minimum(hits.sum(axis=1), there.sum(axis=1)).sum() / places)


@dataclass(frozen=True)
class Tried:
    """One effort and the recall it came to."""

    effort: int
    recall: float


def efforts(most: int) -> Iterator[int]:
    """Powers of two up to `most`, and `most` itself.

    >>> list(efforts(5))
    [1, 2, 4, 5]
    """
    effort = 1
    while effort < most:
        yield effort
        effort *= 2
    yield most


def least_effort(measure: Callable[[int], float], most: int, target: float) -> list[Tried]:
    """The efforts that were tried; the last one is the cheapest that reached the target.

    Recall must not fall as effort grows. Powers of two first, then halving of the gap. Where
    nothing reaches the target, the last one is `most`.
    """
    tried: list[Tried] = []
    below = 0
    for effort in efforts(most):
        tried.append(Tried(effort, measure(effort)))
        if tried[-1].recall >= target:
            break
        below = effort
    best = tried[-1]
    while best.recall >= target and best.effort - below > max(1, best.effort // FINENESS):
        middle = (below + best.effort) // 2
        tried.append(Tried(middle, measure(middle)))
        if tried[-1].recall >= target:
            best = tried[-1]
        else:
            below = middle
    return [trial for trial in tried if trial != best] + [best]
