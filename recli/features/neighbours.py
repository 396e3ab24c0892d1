"""How like an item is to the last that its user met, and to all of them, by lists of neighbours.

The lists are what `similar` writes for any model: cosines of vectors or of content, what is bought
together. A pair that no list holds counts 0.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numba import njit

from recli.fields import AT_LEAST_1
from recli.kernels.features import Columns, Facts, OfPairs, Table
from recli.kernels.features_lists import Lists

ENDS = ("best", "last", "all")


@dataclass(frozen=True)
class Neighbours(OfPairs):
    """Of each table of neighbours: the best and the mean of the last items, and the mean of all."""

    last: Annotated[int, "Events that are the last.", AT_LEAST_1] = 10

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Numbered as the tables were given."""
        if not columns.met:
            return ()
        return tuple(f"near{at}.{end}" for at in range(1, columns.near + 1) for end in ENDS)

    def known(self, facts: Facts) -> Any:
        """The neighbours."""
        return facts.near

    def fill(self, columns: Columns, known: Any, lists: Lists, out: Table) -> None:
        """NaN for a user without a history."""
        past = (lists.past_starts, lists.past_ends, lists.past_items)
        for at, near in enumerate(known):
            place = at * len(ENDS)
            _fill(lists.starts, lists.items, past, near, self.last, out, place)


@njit(cache=True, nogil=True)
def _fill(starts, items, past, near, last, out, at):  # type: ignore[no-untyped-def]
    past_starts, past_ends, past_items = past
    near_starts, near_items, near_scores = near
    for one in range(len(past_starts)):
        begin, end = past_starts[one], past_ends[one]
        first, stop = starts[one], starts[one + 1]
        order = np.argsort(items[first:stop], kind="mergesort")
        asked = items[first:stop][order]
        sums = np.zeros((3, len(asked)), np.float64)
        for event in range(begin, end):
            recent = end - event <= last
            item = past_items[event]
            for cell in range(near_starts[item], near_starts[item + 1]):
                place = np.searchsorted(asked, near_items[cell])
                while place < len(asked) and asked[place] == near_items[cell]:
                    score = np.float64(near_scores[cell])
                    sums[2, place] += score
                    if recent:
                        sums[0, place] = max(sums[0, place], score)
                        sums[1, place] += score
                    place += 1
        for place in range(len(asked)):
            row = first + order[place]
            if begin == end:
                out[row, at : at + 3] = np.nan
            else:
                out[row, at] = sums[0, place]
                out[row, at + 1] = sums[1, place] / min(end - begin, last)
                out[row, at + 2] = sums[2, place] / (end - begin)
