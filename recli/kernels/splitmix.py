"""Random-looking words from words: the same on every machine, in any order, on any thread.

Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from typing import Any

import numpy as np
from numba import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # what a state is moved on by


@njit(cache=True, nogil=True)
def scramble(number: Any) -> Any:
    """Random-looking uint64 of a uint64, or of each of an array: the finaliser of splitmix64."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@njit(cache=True, nogil=True)
def fraction(number: Any) -> Any:
    """The upper bits of a uint64 as a float64 in [0, 1)."""
    return np.float64(number >> np.uint64(11)) * 2.0**-53
