"""The users of a generated shop: tastes that drift, activity with a long tail, late joiners."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from recli.kernels.shop_world import COLD_TAIL, DAY, Floats, Ints, Longs, World

# Shelves that a user may care for; half of the users care for three.
FACETS: Final = 8
# Country, share of the users in per cent, hours ahead of UTC.
COUNTRIES: Final = (
    *(("DE", 24, 1), ("US", 22, -5), ("FR", 12, 1), ("GB", 12, 0), ("JP", 10, 9)),
    *(("BR", 8, -3), ("IN", 6, 5), ("PL", 4, 1), ("CI", 2, 0)),
)
AGE_GROUPS: Final = ("16-24", "25-34", "35-44", "45-54", "55-64", "65+")

_OLD_HANDS = 0.6
_LATEST = 0.9
# Mean share of the period that warm users are there.
_MEAN_TENURE: Final = _OLD_HANDS + (1 - _OLD_HANDS) * (1 - _LATEST / 2)


class People(NamedTuple):
    """A block of users; arrays are [users] or [users, FACETS]."""

    events: Longs  # how many events each will have, 1 or more
    joined: Longs  # seconds, negative before the period
    cold: npt.NDArray[np.bool_]
    country: Ints  # row of COUNTRIES
    age: Ints  # row of AGE_GROUPS
    tribe: Ints
    facets: Ints  # shelves the user cares for
    early: Floats  # running share of each facet at the start of the period
    late: Floats  # the same at its end
    wander: Floats  # share of views that follow the crowd
    budget: Floats  # price level the user likes best, 0 .. 1
    thrift: Floats  # how sharply other prices repel
    seeds: npt.NDArray[np.uint64]  # of each user's own generator


def draw_people(
    world: World, users: int, mean_events: float, cold_users: float, rng: np.random.Generator
) -> People:
    """Return `users` users with `mean_events` events in the mean of warm and cold ones."""
    cold = rng.random(users) < cold_users
    joined, tenure = _joinings(world.seconds, cold, rng)
    few = np.minimum(rng.integers(1, 4, users), max(1, int(mean_events)))
    # What cold users leave is the warm ones' to make, one event at the least each.
    warm_mean = max(1.0, (mean_events - cold_users * min(2.0, mean_events)) / (1 - cold_users))
    activity = rng.lognormal(-0.5, 1.0, users) * tenure / _MEAN_TENURE
    many = np.floor(1 + (warm_mean - 1) * activity + rng.random(users))
    age = rng.choice(len(AGE_GROUPS), users, p=[0.18, 0.26, 0.22, 0.16, 0.11, 0.07])
    # Age says something of the tribe, so that user columns are worth reading.
    tribe = (rng.random(users) ** np.where(age < 3, 1.5, 0.75) * len(world.tribes)).astype(np.int32)
    early, late = _mixtures(users, rng)
    share = np.array([share for _, share, _ in COUNTRIES]) / 100
    return People(
        events=np.where(cold, few, many).astype(np.int64),
        joined=joined,
        cold=cold,
        country=rng.choice(len(COUNTRIES), users, p=share).astype(np.int32),
        age=age.astype(np.int32),
        tribe=tribe,
        facets=_facets(world, tribe, rng),
        early=early,
        late=late,
        wander=(0.05 + 0.2 * rng.random(users)).astype(np.float32),
        budget=rng.random(users).astype(np.float32),
        thrift=(2.5 * rng.random(users)).astype(np.float32),
        seeds=rng.integers(0, 2**63, users).astype(np.uint64),
    )


def _joinings(
    seconds: int, cold: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Longs, npt.NDArray[np.float64]]:
    """Second of joining and the share of the period from then on, both [users]."""
    users = len(cold)
    before = rng.random(users) < _OLD_HANDS
    place = np.where(before, 0.0, rng.random(users) * _LATEST)
    # A cold user joins in the tail's first four fifths and so has time for a visit.
    place = np.where(cold, 1 - COLD_TAIL * (0.2 + 0.8 * rng.random(users)), place)
    ago = np.floor(rng.random(users) * 700 * DAY).astype(np.int64)
    joined = np.where(before & ~cold, -1 - ago, np.floor(place * seconds).astype(np.int64))
    return joined, 1 - place


def _facets(world: World, tribe: Ints, rng: np.random.Generator) -> Ints:
    """Shelves [users, FACETS]: most after the user's tribe, some after a second, few after all."""
    number, shelves = world.tribes.shape
    users = len(tribe)
    second = rng.integers(0, number, users)
    kind = rng.random((users, FACETS))
    followed = np.where(kind < 0.7, tribe[:, None], second[:, None])
    # The tribes' running shares lie one behind the other in one sorted array.
    flat = world.tribes.reshape(-1)
    place = np.searchsorted(flat, followed + rng.random((users, FACETS)), side="right")
    crowd = np.searchsorted(world.crowd, rng.random((users, FACETS)), side="right")
    chosen = np.where(kind < 0.9, place - followed * shelves, crowd)
    return np.clip(chosen, 0, shelves - 1).astype(np.int32)


def _mixtures(users: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Running shares [users, FACETS] of the facets at the start and the end of the period."""
    breadth = np.where(rng.random(users) < 0.5, 3, rng.integers(4, FACETS + 1, users))
    cared = np.arange(FACETS) < breadth[:, None]
    first, fresh = (_shares((rng.gamma(1.0, size=(users, FACETS)) + 1e-3) * cared) for _ in "12")
    drift = 0.7 * rng.random((users, 1))
    last = (1 - drift) * first + drift * fresh
    return first.cumsum(axis=1, dtype=np.float32), last.cumsum(axis=1).astype(np.float32)


def _shares(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shares: npt.NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
