"""The best weights by a search that needs no gradient and repeats exactly.

A pattern search (Hooke and Jeeves, "Direct search solution of numerical and statistical
problems", JACM 1961) over whole percents that add up to 100: metrics of lists are steps, flat
nearly everywhere, so that a gradient would say nothing.
"""

from collections.abc import Callable
from itertools import permutations

Percents = tuple[int, ...]
WHOLE = 100
STEPS = (25, 10, 5, 2, 1)  # percents that go from one weight to another at a time


def maximised(value: Callable[[Percents], float], count: int) -> tuple[Percents, float, int]:
    """The best of the weights looked at, their value, and how many were looked at.

    From equal weights and from each single one it takes the best of all moves of a step from
    one weight to another, until none is better; then with the next smaller step.

    >>> maximised(lambda w: -(w[0] - 70) ** 2 - (w[1] - 9) ** 2, 3)[0]
    (70, 9, 21)
    """
    known: dict[Percents, float] = {}

    def looked_at(weights: Percents) -> float:
        if weights not in known:
            known[weights] = value(weights)
        return known[weights]

    equal = tuple(WHOLE // count + (at < WHOLE % count) for at in range(count))
    single = [tuple(WHOLE * (one == at) for one in range(count)) for at in range(count)]
    ends = [_climbed(looked_at, start) for start in (equal, max(single, key=looked_at))]
    best = max(ends, key=looked_at)  # of equal ones the first
    return best, known[best], len(known)


def _climbed(value: Callable[[Percents], float], weights: Percents) -> Percents:
    """Where moves of ever smaller steps lead from some weights."""
    for step in STEPS:
        while True:
            best = max(_moves(weights, step), key=value, default=weights)
            if not value(best) > value(weights):
                break
            weights = best
    return weights


def _moves(weights: Percents, step: int) -> list[Percents]:
    moved = []
    for giver, taker in permutations(range(len(weights)), 2):
        given = min(step, weights[giver])
        if given:
            after = list(weights)
            after[giver] -= given
            after[taker] += given
            moved.append(tuple(after))
    return moved
