"""Places in lists that rules hold together: caps, quotas and pinned rows, met in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from numba import njit

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
    places: Longs = _in_slots(starts, meets, taken, np.array(slots, np.int64))
    return places


@njit(cache=True, nogil=True)
def _in_slots(starts, meets, taken, slots):  # type: ignore[no-untyped-def]
    places = taken.copy()
    for user in range(len(starts) - 1):
        row = starts[user]
        for slot in slots:
            if slot >= starts[user + 1] - starts[user]:
                break
            if np.any(taken[starts[user] : starts[user + 1]] == slot):
                continue
            while row < starts[user + 1] and not meets[row]:
                row += 1
            if row == starts[user + 1]:
                break
            places[row] = slot
            row += 1
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
    places: Longs = _arranged(
        starts,
        (caps.starts, caps.codes, caps.bound, caps.until),
        (quotas.starts, quotas.codes, quotas.bound, quotas.until),
        np.unique(quotas.until),
        demand.pins,
        depth,
    )
    return places


@njit(cache=True, nogil=True)
def _arranged(starts, caps, quotas, untils, pins, depth):  # type: ignore[no-untyped-def]
    places = np.full(starts[-1], -1, np.int64)
    used = np.zeros(len(caps[2]), np.int64)  # rows of each cap's code that stand, or are pinned
    short = np.zeros(len(quotas[2]), np.int64)  # rows that each quota still asks for
    held = np.full(np.diff(starts).max() if len(starts) > 1 else 0, -1, np.int64)  # by place
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        _ask(begin, end, quotas, short)
        _pin(begin, end, caps, quotas, pins, used, short, held, places)
        last = min(_last_place(begin, end, caps, quotas, pins), end - begin, depth)
        free = begin  # rows before it all have places
        place = 0
        while place < last:
            if held[place] < 0:
                due = _due(begin, end, place, quotas, untils, short, held)
                row = _chosen(free, end, place, due, caps, quotas, used, short, places)
                if row < 0:  # nothing else may stand here: what is pinned further down moves up
                    row = _moved_up(place, end - begin, held)
                    if row < 0:
                        break
                else:
                    _take(row, place, caps, quotas, used, short)
                places[row] = place
            held[place] = -1
            place += 1
            while free < end and places[free] >= 0:
                free += 1
        if place == last:
            _append(begin, end, place, depth, places)
        _clear(begin, end, caps, quotas, used, short)
    return places


@njit(cache=True, nogil=True)
def _take(row, place, caps, quotas, used, short):  # type: ignore[no-untyped-def]
    """Count a row that stands in a place."""
    for at in range(caps[0][row], caps[0][row + 1]):
        used[caps[1][at]] += place < caps[3][caps[1][at]]
    for at in range(quotas[0][row], quotas[0][row + 1]):
        code = quotas[1][at]
        if place < quotas[3][code] and short[code] > 0:
            short[code] -= 1


@njit(cache=True, nogil=True)
def _ask(begin, end, quotas, short):  # type: ignore[no-untyped-def]
    """Of each quota as many rows are asked for as it wants, or as there are."""
    for row in range(begin, end):
        for at in range(quotas[0][row], quotas[0][row + 1]):
            code = quotas[1][at]
            short[code] = min(short[code] + 1, quotas[2][code])


@njit(cache=True, nogil=True)
def _fits(row, place, caps, used):  # type: ignore[no-untyped-def]
    """Whether a row may stand in a place as far as caps go."""
    for at in range(caps[0][row], caps[0][row + 1]):
        code = caps[1][at]
        if place < caps[3][code] and used[code] >= caps[2][code]:
            return False
    return True


@njit(cache=True, nogil=True)
def _pin(begin, end, caps, quotas, pins, used, short, held, places):  # type: ignore[no-untyped-def]
    """Give pinned rows their places, as far as caps let them and the list is long enough."""
    for row in range(begin, end):
        place = pins[row]
        if 0 <= place < end - begin and held[place] < 0 and _fits(row, place, caps, used):
            held[place] = row
            places[row] = place
            _take(row, place, caps, quotas, used, short)


@njit(cache=True, nogil=True)
def _last_place(begin, end, caps, quotas, pins):  # type: ignore[no-untyped-def]
    """The place from which on nothing is asked of a list."""
    last = 0
    for row in range(begin, end):
        last = max(last, pins[row] + 1)
        for at in range(caps[0][row], caps[0][row + 1]):
            last = max(last, caps[3][caps[1][at]])
        for at in range(quotas[0][row], quotas[0][row + 1]):
            last = max(last, quotas[3][quotas[1][at]])
    return last


@njit(cache=True, nogil=True)
def _due(begin, end, place, quotas, untils, short, held):  # type: ignore[no-untyped-def]
    """The place before which each choice must be one that a quota is short of; 0 for none."""
    due = 0
    for until in untils:
        if place >= until:
            continue
        wanted, left = 0, 0
        for row in range(begin, end):
            for at in range(quotas[0][row], quotas[0][row + 1]):
                code = quotas[1][at]
                if quotas[3][code] <= until and short[code] > 0:
                    wanted += short[code]
                    short[code] = -short[code]  # counted once
        for row in range(begin, end):
            for at in range(quotas[0][row], quotas[0][row + 1]):
                code = quotas[1][at]
                if quotas[3][code] <= until:
                    short[code] = abs(short[code])
        for later in range(place, min(until, end - begin)):
            left += held[later] < 0
        if wanted and wanted >= left:
            due = max(due, until)
    return due


@njit(cache=True, nogil=True)
def _chosen(free, end, place, due, caps, quotas, used, short, places):  # type: ignore[no-untyped-def]
    """The first row that may stand in a place, one that a quota is short of where it is due."""
    fallback = -1
    for row in range(free, end):
        if places[row] >= 0 or not _fits(row, place, caps, used):
            continue
        if not due:
            return row
        for at in range(quotas[0][row], quotas[0][row + 1]):
            code = quotas[1][at]
            if quotas[3][code] <= due and short[code] > 0:
                return row
        if fallback < 0:
            fallback = row
    return fallback


@njit(cache=True, nogil=True)
def _moved_up(place, length, held):  # type: ignore[no-untyped-def]
    """The row that is pinned next after a place, no longer held there; -1 for none."""
    for later in range(place, length):
        if held[later] >= 0:
            row = held[later]
            held[later] = -1
            return row
    return -1


@njit(cache=True, nogil=True)
def _append(begin, end, place, depth, places):  # type: ignore[no-untyped-def]
    """Put all that is left behind, in its order."""
    for row in range(begin, end):
        if places[row] < 0 and place < depth:
            places[row] = place
            place += 1


@njit(cache=True, nogil=True)
def _clear(begin, end, caps, quotas, used, short):  # type: ignore[no-untyped-def]
    for row in range(begin, end):
        for at in range(caps[0][row], caps[0][row + 1]):
            used[caps[1][at]] = 0
        for at in range(quotas[0][row], quotas[0][row + 1]):
            short[quotas[1][at]] = 0
