"""The compiled loop in which the users of a generated shop view, put in carts and buy."""

from typing import Any, Final

import numpy as np
from numba import njit

from recli.kernels.shop_people import COUNTRIES, FACETS, People
from recli.kernels.shop_world import EPOCHS, Longs, World
from recli.kernels.splitmix import GOLDEN, fraction, scramble
from recli.kernels.threads import in_threads

STAGES: Final = ("view", "cart", "purchase")
# An event is one integer, so that ordering events is sorting integers:
# second (29 bits), item (32 bits), row of STAGES (2 bits).
ITEM_SHIFT: Final = 2
SECOND_SHIFT: Final = 34

_CHUNK: Final = 256  # users whom a thread takes at a time
_VISIT: Final = 8  # events in a mean visit
_MARGIN: Final = 7_200  # seconds before the end of the period in which no visit starts
_TRIES: Final = 10
_FRONT_SHARE: Final = 0.35  # of the views that follow the crowd
_STRAY: Final = 0.2  # share of the other views that leave the visit's shelf
_REMEMBERED: Final = 16
_STOCKED: Final = 8
_HOUR_WEIGHTS: Final = np.array(
    [2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 8, 9, 8, 7, 7, 8, 10, 13, 16, 18, 16, 10, 5], np.float64
)
_HOURS: Final = np.cumsum(_HOUR_WEIGHTS) / _HOUR_WEIGHTS.sum()
_WEEKDAYS: Final = np.array([0.75, 0.7, 0.7, 0.75, 0.85, 1.0, 0.95])  # from Monday
_AHEAD: Final = np.array([hours for _, _, hours in COUNTRIES])


def shop(world: World, people: People, threads: int) -> Longs:
    """Return the packed events of all `people`, user by user, each user's in order of time."""
    ends = np.cumsum(people.events)
    packed = np.empty(int(ends[-1]), np.int64)
    firsts = range(0, len(ends), _CHUNK)
    in_threads(lambda first: _shop(world, people, ends, packed, first), firsts, threads)
    return packed


@njit(cache=True, nogil=True)
def _shop(world: Any, people: Any, ends: Any, packed: Any, first: int) -> None:
    state = np.empty(1, np.uint64)
    for user in range(first, min(first + _CHUNK, len(ends))):
        state[0] = people.seeds[user]
        mine = packed[ends[user] - people.events[user] : ends[user]]
        _shop_alone(world, people, user, mine, state)
        mine.sort()


@njit(cache=True, nogil=True)
def _uniform(state: Any) -> Any:
    state[0] += GOLDEN
    return fraction(scramble(state[0]))


@njit(cache=True, nogil=True)
def _visit_start(seconds: int, joined: int, ahead: int, state: Any) -> Any:
    """Second within the period, after joining, likelier on a weekend and in the evening."""
    first = max(0, joined)
    last = max(seconds - _MARGIN, (first + seconds + 1) // 2)
    for _ in range(_TRIES):
        day = int((first + _uniform(state) * (last - first)) // 86_400)
        hour = np.searchsorted(_HOURS, _uniform(state)) - ahead
        second = day * 86_400 + hour * 3_600 + int(_uniform(state) * 3_600)
        if first <= second < last and _uniform(state) < _WEEKDAYS[day % 7]:
            return second
    return first + int(_uniform(state) * (last - first))


@njit(cache=True, nogil=True)
def _shelf(world: Any, people: Any, user: int, second: int, state: Any) -> Any:
    """One of the user's facets, by a mixture that moves from `early` to `late`."""
    late = _uniform(state) * world.seconds < second
    shares = people.late[user] if late else people.early[user]
    return people.facets[user, _drawn(shares, 0, FACETS, state)]


@njit(cache=True, nogil=True)
def _drawn(running: Any, begin: int, end: int, state: Any) -> Any:
    """A place begin .. end - 1, by weights whose running sums begin at `begin`."""
    wanted = _uniform(state) * running[end - 1]
    low, high = begin, end - 1
    while low < high:
        middle = (low + high) >> 1
        if running[middle] > wanted:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True)
def _liking(world: Any, people: Any, user: int, item: int) -> Any:
    """0 .. 1: the tribe's and the user's own regard of the brand, and the fit of the price."""
    brand = world.brand[item]
    own = fraction(scramble(people.seeds[user] + np.uint64(brand + 1) * GOLDEN))
    gap = people.thrift[user] * abs(world.level[item] - people.budget[user])
    return world.regard[people.tribe[user], brand] * (0.4 + 0.6 * own) / (1.0 + gap + gap * gap)


@njit(cache=True, nogil=True)
def _item(world: Any, people: Any, user: int, shelf: int, second: int, state: Any) -> Any:
    """An item of the shelf that is out by `second`: demand proposes, liking decides."""
    begin, end = world.starts[shelf], world.starts[shelf + 1]
    running = world.reach[min(second * EPOCHS // world.seconds, EPOCHS - 1)]
    chosen = begin
    for _ in range(_TRIES):
        item = _drawn(running, begin, end, state)
        if world.release[item] > second:
            continue
        chosen = item
        if _uniform(state) < _liking(world, people, user, item):
            break
    return chosen


@njit(cache=True, nogil=True)
def _found(world: Any, people: Any, user: int, focus: int, second: int, state: Any) -> Any:
    """An item new to the visit: off the front page, where the crowd goes, or of one's own taste."""
    if _uniform(state) < people.wander[user]:
        if _uniform(state) < _FRONT_SHARE:
            page = world.front[min(second * EPOCHS // world.seconds, EPOCHS - 1)]
            # A continuous draw of Zipf's law: the place is log-uniform.
            item = page[int((len(page) + 1) ** _uniform(state)) - 1]
            if world.release[item] <= second:
                return item
        crowd = _drawn(world.crowd, 0, len(world.crowd), state)
        return _item(world, people, user, crowd, second, state)
    if _uniform(state) < _STRAY:
        focus = _shelf(world, people, user, second, state)
    return _item(world, people, user, focus, second, state)


@njit(cache=True, nogil=True)
def _shop_alone(world: Any, people: Any, user: int, events: Any, state: Any) -> None:
    """Fill one user's packed events [events]: visits with a focus, returns and re-purchases."""
    count = len(events)
    visits = max(1, count // _VISIT)
    ahead = _AHEAD[people.country[user]]
    joined = people.joined[user]
    starts = np.empty(visits, np.int64)
    cuts = np.empty(visits, np.int64)
    for visit in range(visits):
        starts[visit] = _visit_start(world.seconds, joined, ahead, state)
        cuts[visit] = int(_uniform(state) * count)
    starts.sort()
    cuts.sort()
    seen = np.empty(_REMEMBERED, np.int64)
    stock = np.empty(_STOCKED, np.int64)
    viewed = bought = made = 0
    for visit in range(visits):
        second = starts[visit]
        stop = cuts[visit + 1] if visit + 1 < visits else count
        focus = _shelf(world, people, user, second, state)
        while made < stop:
            rebuys = returns = False
            item = -1
            dice = _uniform(state)
            if dice < 0.06 and bought > 0:
                item = stock[int(_uniform(state) * min(bought, _STOCKED))]
                rebuys = True
            elif dice < 0.16 and viewed > 0:
                item = seen[int(_uniform(state) * min(viewed, _REMEMBERED))]
                returns = True
            # A visit that began before the last one ended may remember what is not yet out.
            if item < 0 or world.release[item] > second:
                item = _found(world, people, user, focus, second, state)
                seen[viewed % _REMEMBERED] = item
                viewed += 1
                rebuys = returns = False
            # The chain view - cart - purchase, as far as it gets.
            appeal = 0.5 * world.quality[item] + 0.5 * _liking(world, people, user, item)
            row = np.int64(world.number[item])
            carts = 0.04 + 0.2 * appeal + 0.15 * returns + rebuys
            for stage in range(3):
                second = min(second + 4 + int(_uniform(state) * 60), world.seconds - 1)
                events[made] = (second << SECOND_SHIFT) | (row << ITEM_SHIFT) | stage
                made += 1
                if made == stop:
                    break
                if stage == 0 and _uniform(state) >= carts:
                    break
                if stage == 1 and _uniform(state) >= 0.35 + 0.3 * appeal + 0.5 * rebuys:
                    break
                if stage == 1 and world.consumable[item]:
                    stock[bought % _STOCKED] = item
                    bought += 1
