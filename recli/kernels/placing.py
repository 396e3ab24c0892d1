"""Compiled loops that give the rows of a list their places, one place after the other."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def in_slots(starts, meets, taken, slots):  # type: ignore[no-untyped-def]
    """Place of each row [rows], -1 for those that are in no slot."""
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


@njit(cache=True, nogil=True)
def arranged(starts, caps, quotas, untils, pins, depth):  # type: ignore[no-untyped-def]
    """Place of each row [rows]; caps and quotas are starts, codes, bounds and their reach."""
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
                    row = _moved_up(place, end - begin, caps, used, held)
                    if row < 0:
                        _end(place, end - begin, held, places)
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
def _moved_up(place, length, caps, used, held):  # type: ignore[no-untyped-def]
    """The next pinned row that may stand in a place as well, held no more; -1 for none.

    Caps that it did not count for further down count it from now on.
    """
    for later in range(place, length):
        row = held[later]
        if row < 0:
            continue
        fits = True
        for at in range(caps[0][row], caps[0][row + 1]):
            code = caps[1][at]
            if place < caps[3][code] <= later and used[code] >= caps[2][code]:
                fits = False
        if fits:
            for at in range(caps[0][row], caps[0][row + 1]):
                used[caps[1][at]] += place < caps[3][caps[1][at]] <= later
            held[later] = -1
            return row
    return -1


@njit(cache=True, nogil=True)
def _end(place, length, held, places):  # type: ignore[no-untyped-def]
    """A list that ends before a place has none for the rows pinned further down."""
    for later in range(place, length):
        if held[later] >= 0:
            places[held[later]] = -1
            held[later] = -1


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
