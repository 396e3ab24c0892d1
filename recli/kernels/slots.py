"""Which rows of a list stay where they are, which compete for its slots, and where they end up.

The rows that do not stay are dealt out to the slots in turn, as cards are: no row is an arm of two
slots, so that what is drawn for one slot changes no other, and the chance that a row stands in its
slot is its chance among the arms of that slot, exactly. Caps of earlier rules are kept whatever is
drawn: a slot that has a row of some category among its arms counts as holding it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.places import Demand

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """What the slots of each list are, and which rows they are for."""

    places: Longs  # [slots] from 0, rising
    k: int  # rows of a list in the end
    quota: int = 0  # so many of the last slots are for fresh rows
    most: int = 50  # rows that are dealt, and of fresh ones as many


@dataclass(frozen=True)
class Hands:
    """The arms of each slot: a run of rows for each slot that has any."""

    rows: Longs  # [arms] row of each
    starts: Longs  # [slots + 1] where each slot's arms begin
    lists: Longs  # [slots] the list of each slot
    slots: Longs  # [slots] which of its slots it is, from 0
    unmet: int  # slots for new rows that had none, and took any


def staying(starts: Longs, table: Table, pins: Longs) -> Flags:
    """Whether each row [rows] has a place that is no slot: the pinned ones, and the first."""
    stays = np.zeros(starts[-1], np.bool_)
    _stay(starts, table.places, table.k, pins, stays)
    return stays


def dealt(starts: Longs, stays: Flags, fresh: Flags, table: Table, demand: Demand) -> Hands:
    """Deal the rows that do not stay out to the slots of their list, the best ones first.

    The last slots take `fresh` rows alone, the others what is left. With fewer fresh rows than
    slots for them, fewer slots are theirs. A row that would break a cap in each is no arm.
    """
    owner = np.full(starts[-1], -1, np.int64)
    caps = (demand.caps.starts, demand.caps.codes, demand.caps.bound, demand.caps.until)
    asked = (table.places, table.quota, table.most)
    unmet = int(_deal(starts, stays, fresh, asked, caps, owner))
    slots = len(table.places)
    users = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    rows = np.flatnonzero(owner >= 0)
    rows = rows[np.argsort(users[rows] * slots + owner[rows], kind="stable")]
    keys = users[rows] * slots + owner[rows]
    found, begin = np.unique(keys, return_index=True)
    ends = np.append(begin, len(rows)).astype(np.int64)
    return Hands(rows, ends, found // slots, found % slots, unmet)


def laid(starts: Longs, stays: Flags, table: Table, pins: Longs, taken: Longs) -> Longs:
    """Rows list after list in their new order.

    `taken` [lists, slots] is the row in each slot, -1 where there is none: the rows below then
    close up.
    """
    kept = int(stays.sum()) + int((taken >= 0).sum())
    rows = np.empty(kept, np.int64)
    _lay(starts, stays, table.places, table.k, pins, taken, rows)
    return rows


@njit(cache=True)
def _stay(starts, places, k, pins, stays):  # type: ignore[no-untyped-def]
    for user in range(len(starts) - 1):
        left = k - len(places)
        for row in range(starts[user], starts[user + 1]):
            if 0 <= pins[row] < k and not np.any(places == pins[row]):
                stays[row] = True
                left -= 1
        for row in range(starts[user], starts[user + 1]):
            if left > 0 and not stays[row]:
                stays[row] = True
                left -= 1


@njit(cache=True)
def _deal(starts, stays, fresh, asked, caps, owner):  # type: ignore[no-untyped-def]
    places, quota, most = asked
    slots, unmet = len(places), 0
    used = np.zeros(len(caps[2]), np.int64)
    claims = np.full((slots, len(caps[2])), -1, np.int64)  # the last list that has it there
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        for at in range(caps[0][begin], caps[0][end]):
            used[caps[1][at]] = 0
        known = free = above = 0
        for row in range(begin, end):
            if stays[row]:
                for at in range(caps[0][row], caps[0][row + 1]):
                    # Where slots are left out it may move up to here.
                    used[caps[1][at]] += above < caps[3][caps[1][at]]
                above += 1
            else:
                free += 1
                known += fresh[row]
        theirs = min(quota, known)
        # A slot is short of fresh rows only where the list has a row at all for it.
        unmet += max(min(quota, free) - theirs, 0)
        others = slots - theirs
        counts = np.zeros(slots, np.int64)  # arms of each slot
        new = old = 0  # rows dealt
        for least in range(2):  # caps could leave nothing for some slot: each gets its first arm
            next_new = next_old = 0
            for row in range(begin, end):
                if stays[row] or owner[row] >= 0:
                    continue
                barred = counts > 0 if least == 0 else counts < 0
                if theirs and fresh[row] and new < most:
                    turn = (others, theirs, next_new)
                    slot = _slot(row, user, turn, barred, places, caps, used, claims)
                    if slot >= 0:
                        owner[row], next_new = slot, (slot - others + 1) % theirs
                        new += 1
                        counts[slot] += 1
                elif others and old < most:
                    turn = (0, others, next_old)
                    slot = _slot(row, user, turn, barred, places, caps, used, claims)
                    if slot >= 0:
                        owner[row], next_old = slot, (slot + 1) % others
                        old += 1
                        counts[slot] += 1
    return unmet


@njit(cache=True)
def _slot(row, user, turn, barred, places, caps, used, claims):  # type: ignore[no-untyped-def]
    """The slot whose turn it is, or the next that a row may be dealt to; -1 for none."""
    first, count, begin = turn
    for step in range(count):
        slot = first + (begin + step) % count
        fits, place = not barred[slot], places[slot] - slot  # where earlier ones are left out
        for at in range(caps[0][row], caps[0][row + 1]):
            code = caps[1][at]
            counts = place < caps[3][code] and claims[slot, code] != user
            if counts and used[code] >= caps[2][code]:
                fits = False
        if fits:
            for at in range(caps[0][row], caps[0][row + 1]):
                code = caps[1][at]
                if place < caps[3][code] and claims[slot, code] != user:
                    claims[slot, code] = user
                    used[code] += 1
            return slot
    return -1


@njit(cache=True)
def _lay(starts, stays, places, k, pins, taken, rows):  # type: ignore[no-untyped-def]
    at = 0
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        last = min(k, end - begin + len(places))  # past it there is neither row nor slot
        held = np.full(last, -1, np.int64)  # the row that a place is for
        for row in range(begin, end):
            if stays[row] and 0 <= pins[row] < last and held[pins[row]] < 0:
                held[pins[row]] = row
        slot, row = 0, begin
        for place in range(last):
            if slot < len(places) and places[slot] == place:
                if taken[user, slot] >= 0:
                    rows[at] = taken[user, slot]
                    at += 1
                slot += 1
                continue
            chosen = held[place]
            if chosen < 0:
                while row < end and (
                    not stays[row] or (0 <= pins[row] < last and held[pins[row]] == row)
                ):
                    row += 1
                if row < end:
                    chosen, row = row, row + 1
            if chosen >= 0:
                rows[at] = chosen
                at += 1
