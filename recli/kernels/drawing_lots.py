"""Compiled loops over the arms of slots: who is best, a floor below chances, and the draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


def greedy(starts: Longs, values: Doubles, spread: float = 0.0) -> Doubles:
    """1 - `spread` for the best arm of each slot, `spread` shared by all of them: [arms].

    Of equal ones the earlier is the best.

    >>> greedy(np.array([0, 2, 5]), np.array([1.0, 2.0, 3.0, 3.0, 0.0]), 0.3).round(2).tolist()
    [0.15, 0.85, 0.8, 0.1, 0.1]
    """
    out = np.empty(len(values))
    _greedy(starts, values, spread, out)
    return out


def softmax(starts: Longs, values: Doubles, temperature: float) -> Doubles:
    """exp(value / temperature) of each arm, divided by the sum over those of its slot: [arms]."""
    out = np.empty(len(values))
    _softmax(starts, values, temperature, out)
    return out


def ordered(values: Doubles, k: int) -> Doubles:
    """1 where an arm stands at a place [k, arms] of the list by falling value, else 0.

    Of equal ones the earlier comes first.

    >>> ordered(np.array([1.0, 3.0, 3.0]), 2).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    out = np.zeros((k, len(values)))
    first = np.argsort(-values, kind="stable")[:k]
    out[np.arange(len(first)), first] = 1.0
    return out


def floored(starts: Longs, chances: Doubles, floor: float) -> tuple[Doubles, int]:
    """Chances of at least `floor` each, and of how many slots they had to become all the same.

    The n arms of a slot share n x floor, and the rest by their chances: the order stays, and
    the sum is 1. Where n x floor is more than 1, all get 1/n.
    """
    out = np.empty(len(chances))
    return out, int(_floored(starts, chances, floor, out))


def drawn(starts: Longs, chances: Doubles, uniform: Doubles) -> Longs:
    """The arm [slots] of each slot that a number in [0, 1) falls on, none with a chance of 0."""
    out = np.empty(len(starts) - 1, np.int64)
    _drawn(starts, chances, uniform, out)
    return out


@njit(cache=True, nogil=True)
def _greedy(starts, values, spread, out):  # type: ignore[no-untyped-def]
    for slot in range(len(starts) - 1):
        begin, end = starts[slot], starts[slot + 1]
        best = begin
        for arm in range(begin, end):
            out[arm] = spread / (end - begin)
            if values[arm] > values[best]:
                best = arm
        if end > begin:
            out[best] += 1 - spread


@njit(cache=True, nogil=True)
def _softmax(starts, values, temperature, out):  # type: ignore[no-untyped-def]
    for slot in range(len(starts) - 1):
        most, total = -np.inf, 0.0
        for arm in range(starts[slot], starts[slot + 1]):
            most = max(most, values[arm])
        for arm in range(starts[slot], starts[slot + 1]):
            out[arm] = np.exp((values[arm] - most) / temperature)
            total += out[arm]
        for arm in range(starts[slot], starts[slot + 1]):
            out[arm] /= total


@njit(cache=True, nogil=True)
def _floored(starts, chances, floor, out):  # type: ignore[no-untyped-def]
    level = 0
    for slot in range(len(starts) - 1):
        count = starts[slot + 1] - starts[slot]
        even = count * floor > 1
        level += even
        for arm in range(starts[slot], starts[slot + 1]):
            out[arm] = 1 / count if even else (1 - count * floor) * chances[arm] + floor
    return level


@njit(cache=True, nogil=True)
def _drawn(starts, chances, uniform, out):  # type: ignore[no-untyped-def]
    for slot in range(len(starts) - 1):
        below, out[slot] = 0.0, -1
        for arm in range(starts[slot], starts[slot + 1]):
            if chances[arm] > 0:
                out[slot] = arm  # rounding may leave the sum a little below the number
                below += chances[arm]
                if below > uniform[slot]:
                    break
