"""The item side of a generated shop: shelves, quality, prices, trends and tribes of taste."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from recli.kernels.shop_titles import CATEGORIES, CONSUMABLE, STYLES

DAY: Final = 86_400
EPOCHS: Final = 60
# What is called cold: items released and users who joined in this last part of the period.
COLD_TAIL: Final = 0.05
_BRANDS_ON_A_SHELF: Final = 6
_FRONT_PAGE: Final = 60

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class World(NamedTuple):
    """What every user sees; seconds count from the start of the period and may be negative.

    Items stand in the order of their shelves, so that one visit to a shelf reads memory that
    lies together; the first item of each shelf was there before the period.
    """

    number: Ints  # [items] row of the item in the item table
    place: Ints  # [items] the inverse: where the item with that row stands
    category: Ints  # [items] row of CATEGORIES
    style: Ints  # [items] row of STYLES
    brand: Ints  # [items]
    quality: Floats  # [items] 0 .. 1, the share of items that are worse
    price: Doubles  # [items]
    level: Floats  # [items] 0 .. 1, the share of items in the category that are cheaper
    release: Longs  # [items] seconds
    consumable: npt.NDArray[np.bool_]  # [items] bought again and again
    starts: Longs  # [shelves + 1] where each shelf begins
    reach: Floats  # [EPOCHS, items] running sum of demand within each shelf
    front: Ints  # [EPOCHS, front page] the items most in demand, best first
    crowd: Floats  # [shelves] running share of a shelf in the demand of all users
    tribes: Doubles  # [tribes, shelves] running share, offset by the tribe's number
    regard: Floats  # [tribes, brands] how willingly a tribe takes a brand, 0 .. 1
    seconds: int  # length of the period


def build_world(items: int, days: int, cold_items: float, rng: np.random.Generator) -> World:
    """Return the shop's items and tribes; memory is about 320 bytes an item."""
    shelf, shelf_category, shelf_style = _shelves(items, rng)
    used = len(shelf_category)
    starts = np.searchsorted(shelf, np.arange(used + 1)).astype(np.int64)
    number = rng.permutation(items).astype(np.int32)
    rank = rng.permutation(items)
    demand = np.power(rank + 1.0 + 0.01 * items, -0.8, dtype=np.float64)
    release = _releases(items, days * DAY, cold_items, starts[:-1], rng)
    category = shelf_category[shelf]
    brands = max(1, min(items // 25, 20_000))
    slot = (rng.random(items) ** 1.6 * _BRANDS_ON_A_SHELF).astype(np.int32)
    price = _prices(category, rng)
    reach, front = _reach(demand, release, starts, days * DAY, rng)
    tribes, crowd = _tribes(np.bincount(shelf, demand, used).astype(np.float64), rng)
    return World(
        number=number,
        place=np.argsort(number).astype(np.int32),
        category=category,
        style=shelf_style[shelf],
        brand=((shelf * 3 + slot) % brands).astype(np.int32),
        quality=(1.0 - (rank + 0.5) / items).astype(np.float32),
        price=price,
        level=_levels(price, category),
        release=release,
        consumable=np.array([d in CONSUMABLE for d, _ in CATEGORIES])[category],
        starts=starts,
        reach=reach,
        front=front,
        crowd=crowd,
        tribes=tribes,
        regard=np.exp(-2.5 * rng.random((len(tribes), brands))).astype(np.float32),
        seconds=days * DAY,
    )


def _shelves(items: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Shelf of each item [items], ascending; category and style of each; none is empty."""
    categories = max(1, min(items // 30, len(CATEGORIES)))
    styles = max(1, min(items // (40 * categories), len(STYLES)))
    shelves = categories * styles
    share = rng.permutation((np.arange(shelves) + 2.0) ** -0.5)
    drawn = np.sort(rng.choice(shelves, items, p=share / share.sum()))
    kept, shelf = np.unique(drawn, return_inverse=True)
    names = rng.permutation(len(CATEGORIES))[:categories]
    looks = np.array([rng.permutation(len(STYLES))[:styles] for _ in range(categories)])
    category = names[kept // styles].astype(np.int32)
    return shelf.astype(np.int32), category, looks.reshape(-1)[kept].astype(np.int32)


def _releases(
    items: int, seconds: int, cold_items: float, anchors: Longs, rng: np.random.Generator
) -> Longs:
    """Release of each item: three of five long ago, the others along the period, some cold."""
    long_ago = -(1 + rng.random(items) ** 2 * 900 * DAY)
    lately = rng.random(items) * (1 - COLD_TAIL) * seconds
    release = np.where(rng.random(items) < 0.6, long_ago, lately)
    release[anchors] = long_ago[anchors]
    others = np.setdiff1d(np.arange(items), anchors)
    cold = rng.permutation(others)[: round(cold_items * items)]
    # A cold item is out for a fiftieth of the tail at the least.
    release[cold] = seconds * (1 - COLD_TAIL * (0.02 + 0.98 * rng.random(len(cold))))
    return np.floor(release).astype(np.int64)


def _prices(category: Ints, rng: np.random.Generator) -> Doubles:
    """Log-normal prices around the category's own, most of them ending in .99."""
    usual = np.exp(rng.normal(3.2, 0.9, len(CATEGORIES)))
    price = np.floor(usual[category] * np.exp(rng.normal(0.0, 0.6, len(category))))
    cents = rng.integers(1, 100, len(category))
    cents[rng.random(len(category)) < 0.7] = 99
    result: Doubles = np.round(price + cents / 100, 2)
    return result


def _levels(price: Doubles, category: Ints) -> Floats:
    """Place of each price within its category, 0 (cheapest) .. 1."""
    order = np.lexsort((price, category))
    ordered = category[order]
    first = np.searchsorted(ordered, np.arange(len(CATEGORIES) + 1))
    level = np.empty(len(price), np.float32)
    level[order] = (np.arange(len(price)) - first[ordered] + 0.5) / np.diff(first)[ordered]
    return level


def _tribes(shelf_demand: Doubles, rng: np.random.Generator) -> tuple[Doubles, Floats]:
    """Running shares of the shelves in each tribe's taste, and in everybody's together.

    A tribe's taste is a sparse Dirichlet draw: it ties together shelves of unrelated
    categories, which is what a collaborative filter can find and item columns cannot tell.
    """
    shelves = len(shelf_demand)
    count = 12 + shelves // 8
    demand = shelf_demand**0.5
    taste = demand * (rng.gamma(0.12, size=(count, shelves)) + 1e-6)
    taste /= taste.sum(axis=1, keepdims=True)
    running = np.cumsum(taste, axis=1)
    running /= running[:, -1:]
    crowd = np.cumsum(taste.sum(axis=0))
    return running + np.arange(count)[:, None], (crowd / crowd[-1]).astype(np.float32)


def _reach(
    demand: Doubles,
    release: Longs,
    starts: Longs,
    seconds: int,
    rng: np.random.Generator,
) -> tuple[Floats, Ints]:
    """Running demand [EPOCHS, items] within each shelf: an item's rises and decays from release.

    Beside it, the items [EPOCHS, front page] that are most in demand. Demand is taken at the
    end of an epoch: whoever draws an item has to check that it is out by the very second.
    """
    items = len(demand)
    rise = (1 + 6 * rng.random(items)) * DAY
    decay = (8 + 50 * rng.random(items) ** 2) * DAY
    evergreen = rng.random(items) < 0.25
    floor = np.where(evergreen, 0.5 + 0.5 * rng.random(items), 0.03 + 0.12 * rng.random(items))
    reach = np.empty((EPOCHS, items), np.float32)
    front = np.empty((EPOCHS, min(_FRONT_PAGE, max(1, items // 20))), np.int32)
    for epoch in range(EPOCHS):
        age = np.maximum(seconds * (epoch + 1) / EPOCHS - release, 0.0)
        trend = floor + (1 - floor) * 2.5 * np.exp(-age / decay)
        now = demand * (1 - np.exp(-age / rise)) * trend
        # The difference is taken in float64, and only what is left rounded to float32.
        total = np.cumsum(now)
        before = np.concatenate(([0.0], total))[starts[:-1]]
        reach[epoch] = total - np.repeat(before, np.diff(starts))
        best = np.argpartition(-now, front.shape[1] - 1)[: front.shape[1]]
        front[epoch] = best[np.argsort(-now[best])]
    return reach, front
