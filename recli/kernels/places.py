"""Places in lists that rules hold together: caps, quotas and pinned rows, met in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recli.kernels import placing

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Codes:
    """What of something each row counts for: row r has codes[starts[r] : starts[r + 1]].

    Of code c at most, or at least, `bound[c]` rows stand in the first `until[c]` places.
    """

    starts: Longs  # [rows + 1]
    codes: Ints
    bound: Longs  # [codes]
    until: Longs  # [codes]

    @staticmethod
    def none(rows: int) -> Codes:
        """Nothing for any row."""
        return Codes(np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), NONE, NONE)

    @staticmethod
    def of(lists: tuple[Longs, Ints], bound: int, until: int) -> Codes:
        """The same bound for every code."""
        count = int(lists[1].max(initial=-1)) + 1
        return Codes(*lists, np.full(count, bound), np.full(count, until))

    def among(self, rows: Longs, count: int) -> Codes:
        """The codes of rows that are `rows` of `count`; the others have none."""
        lengths = np.zeros(count, np.int64)
        lengths[rows] = np.diff(self.starts)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return replace(self, starts=starts)  # rows rise, so that the codes keep their order

    def beside(self, other: Codes) -> Codes:
        """The codes of two rules together, each its own."""
        if not len(other.bound):
            return self
        if not len(self.bound):
            return other
        rows = len(self.starts) - 1
        both = [np.repeat(np.arange(rows), np.diff(one.starts)) for one in (self, other)]
        order = np.argsort(np.concatenate(both), kind="stable")
        codes = np.concatenate([self.codes, other.codes + np.int32(len(self.bound))])[order]
        bound, until = (
            np.concatenate(pair) for pair in ((self.bound, other.bound), (self.until, other.until))
        )
        return Codes(self.starts + other.starts, codes, bound, until)


@dataclass(frozen=True)
class Demand:
    """What places the rows of some lists may take."""

    caps: Codes
    quotas: Codes
    pins: Longs  # [rows] place that a row must take, from 0; -1 for any

    @staticmethod
    def of(
        *, caps: Codes | None = None, quotas: Codes | None = None, pins: Longs | None = None
    ) -> Demand:
        """What one rule asks, which is one of these."""
        asked = [one.starts[1:] for one in (caps, quotas) if one is not None]
        rows = len(asked[0] if pins is None else pins)
        free = np.full(rows, -1, np.int64) if pins is None else pins
        return Demand(caps or Codes.none(rows), quotas or Codes.none(rows), free)

    def among(self, rows: Longs, count: int) -> Demand:
        """The demand on rows that are `rows` of `count`; on the others there is none."""
        pins = np.full(count, -1, np.int64)
        pins[rows] = self.pins
        return Demand(self.caps.among(rows, count), self.quotas.among(rows, count), pins)


def joined(demands: Sequence[Demand]) -> Demand:
    """What all of some demands ask; of two places for a row the first counts."""
    first, *others = demands
    for other in others:
        pins = np.where(first.pins >= 0, first.pins, other.pins)
        first = Demand(first.caps.beside(other.caps), first.quotas.beside(other.quotas), pins)
    return first


def in_slots(
    starts: Longs, meets: npt.NDArray[np.bool_], taken: Longs, slots: Sequence[int]
) -> Longs:
    """Places [rows] of the rows of `taken`, and of the first rows that meet in the other slots."""
    places: Longs = placing.in_slots(starts, meets, taken, np.array(slots, np.int64))
    return places


def arranged(starts: Longs, demand: Demand, depth: int) -> Longs:
    """Place of each row [rows] in its list, from 0, in the order given as far as may be.

    Place by place the first free row is taken that breaks no cap, once a quota would be missed
    otherwise the first that it counts; pinned rows stand where they must, and count for caps and
    quotas from the start. A cap comes before a pin, and both come before a quota: a quota that
    they leave no row for is missed. A row that no place is left for has -1: where the rows that
    may stand in the first places are too few, a list ends early. Places from `depth` on are not
    given either.
    """
    caps, quotas = demand.caps, demand.quotas
    places: Longs = placing.arranged(
        starts,
        (caps.starts, caps.codes, caps.bound, caps.until),
        (quotas.starts, quotas.codes, quotas.bound, quotas.until),
        np.unique(quotas.until),
        demand.pins,
        depth,
    )
    return places
