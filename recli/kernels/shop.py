"""A realistic seeded shop of any size: items, users and a log of what they view and buy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Final

import numpy as np
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.shop_events import ITEM_SHIFT, SECOND_SHIFT, STAGES, shop
from recli.kernels.shop_people import AGE_GROUPS, COUNTRIES, People, draw_people
from recli.kernels.shop_shown import shown
from recli.kernels.shop_titles import CATEGORIES, brand_names, descriptions, titles
from recli.kernels.shop_world import Longs, World, build_world

START: Final = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday

# Users are drawn in blocks of this size whatever size the caller asks for.
_BLOCK: Final = 2_048
# Streams of random numbers that never meet: default_rng([seed, stream, block]).
_WORLD, _WORDS, _PEOPLE, _SHOWN = 0, 1, 2, 3
_MOST_DAYS: Final = 3_650
_MOST_ITEMS: Final = 100_000_000
_EVENTS_A_USER: Final = 50


@dataclass(frozen=True)
class Shop:
    """A shop in which people with drifting tastes meet items that come, rise and fade.

    Users belong to tribes with a taste for a few shelves of otherwise unrelated categories, so
    that co-occurrence tells more than categories do. Within a shelf demand is Zipf-like, rises
    and decays from an item's release, and is bent by the user's regard of brand and price.
    Equal fields make equal tables, on any number of threads. Raises RecliError (USAGE).

    >>> Shop(users=2, items=3).users_table()["user_id"].to_list()
    ['U0000001', 'U0000002']
    """

    users: Annotated[int, "Number of users."] = 3_000
    items: Annotated[int, "Number of items."] = 1_000
    interactions: Annotated[int | None, "Events in all, about; 50 a user if left out."] = None
    days: Annotated[int, "Length of the log in days."] = 180
    cold_users: Annotated[float, "Share of users who join in the last 5% of the days."] = 0.03
    cold_items: Annotated[float, "Share of items released in the last 5% of the days."] = 0.02
    seed: Annotated[int, "Seed; the same one makes the same shop."] = 0

    def __post_init__(self) -> None:
        events = self.users if self.interactions is None else self.interactions
        checks = {
            f"users is {self.users}, not 1 or more": self.users >= 1,
            f"items is {self.items}, not 1 to {_MOST_ITEMS}": 1 <= self.items <= _MOST_ITEMS,
            f"days is {self.days}, not 1 to {_MOST_DAYS}": 1 <= self.days <= _MOST_DAYS,
            f"interactions is {events}, less than one for each user": events >= self.users,
            f"cold_users is {self.cold_users}, not 0 to 0.9": 0 <= self.cold_users <= 0.9,
            f"cold_items is {self.cold_items}, not 0 to 0.9": 0 <= self.cold_items <= 0.9,
            f"seed is {self.seed}, not 0 or more": self.seed >= 0,
        }
        faults = [fault for fault, passed in checks.items() if not passed]
        if faults:
            raise RecliError(
                "; ".join(faults), "choose values within the range", code=ExitCode.USAGE
            )

    def items_table(self) -> pl.DataFrame:
        """Return item_id, title, categories, brand, price, released and description, by item."""
        world, rng = self._world, np.random.default_rng([self.seed, _WORDS])
        departments, names = (pl.Series(column) for column in zip(*CATEGORIES, strict=True))
        brands = pl.Series(brand_names(int(world.brand.max()) + 1))
        return (
            pl.DataFrame(
                {
                    "item_id": self._item_ids.gather(world.number),
                    "title": titles(world.category, brands.gather(world.brand), rng),
                    "department": departments.gather(world.category),
                    "category": names.gather(world.category),
                    "brand": brands.gather(world.brand),
                    "price": world.price,
                    "released": _times(world.release),
                    "description": descriptions(world.category, world.style, rng),
                }
            )
            .select(
                "item_id",
                "title",
                pl.concat_list("department", "category").alias("categories"),
                pl.exclude("item_id", "title", "department", "category"),
            )
            .sort("item_id")
        )

    def users_table(self) -> pl.DataFrame:
        """Return user_id, country, age_group and joined, by user."""
        countries = pl.Series([country for country, _, _ in COUNTRIES])
        blocks = []
        for first in range(0, self.users, _BLOCK):
            people, _ = self._people(first)
            blocks.append(
                pl.DataFrame(
                    {
                        "user_id": self._user_ids(first, len(people.events)),
                        "country": countries.gather(people.country),
                        "age_group": pl.Series(AGE_GROUPS).gather(people.age),
                        "joined": _times(people.joined),
                    }
                )
            )
        return pl.concat(blocks, rechunk=True)

    def interactions_by_block(
        self, users_per_block: int = 10_000, threads: int = 1
    ) -> Iterator[pl.DataFrame]:
        """Yield user_id, item_id, timestamp, event and rating of whole users, by user and time.

        `event` is view, cart or purchase: nothing is bought that was not in the cart, nor put
        there unseen. `rating` is 1 to 5 stars on two of five purchases, else null. Blocks hold
        `users_per_block` users, the last one the rest; memory grows with a block alone.
        """
        if users_per_block < 1:
            raise RecliError(
                f"users_per_block is {users_per_block}", "give 1 or more", code=ExitCode.USAGE
            )
        counts = np.empty(0, np.int64)
        waiting: list[pl.DataFrame] = []
        for first in range(0, self.users, _BLOCK):
            people, rng = self._people(first)
            waiting.append(self._events(people, first, rng, threads))
            counts = np.concatenate((counts, people.events))
            if len(counts) < users_per_block:
                continue
            rows, used = pl.concat(waiting), 0
            while len(counts) >= users_per_block:
                size = int(counts[:users_per_block].sum())
                yield rows.slice(used, size)
                used, counts = used + size, counts[users_per_block:]
            waiting = [rows.slice(used)]
        if len(counts):
            yield pl.concat(waiting)

    def shown_by_block(self, visits: int, threads: int = 1) -> Iterator[pl.DataFrame]:
        """Yield what was `shown` to whole users on so many visits, and clicked."""
        for at, events in enumerate(self.interactions_by_block(threads=threads)):
            rng = np.random.default_rng([self.seed, _SHOWN, at])
            yield shown(events, self._item_ids, visits, rng)

    @cached_property
    def _world(self) -> World:
        rng = np.random.default_rng([self.seed, _WORLD])
        return build_world(self.items, self.days, self.cold_items, rng)

    @cached_property
    def _item_ids(self) -> pl.Series:
        return _ids("I", 1, self.items, max(6, len(str(self.items))))

    def _user_ids(self, first: int, count: int) -> pl.Series:
        return _ids("U", first + 1, count, max(7, len(str(self.users))))

    def _people(self, first: int) -> tuple[People, np.random.Generator]:
        """Users of the block that begins with row `first`, and the block's generator after them."""
        rng = np.random.default_rng([self.seed, _PEOPLE, first // _BLOCK])
        total = self.interactions or _EVENTS_A_USER * self.users
        count = min(_BLOCK, self.users - first)
        return draw_people(self._world, count, total / self.users, self.cold_users, rng), rng

    def _events(
        self, people: People, first: int, rng: np.random.Generator, threads: int
    ) -> pl.DataFrame:
        packed = shop(self._world, people, threads)
        stage = packed & ((1 << ITEM_SHIFT) - 1)
        item = (packed >> ITEM_SHIFT) & ((1 << (SECOND_SHIFT - ITEM_SHIFT)) - 1)
        user = np.repeat(np.arange(len(people.events)), people.events)
        bought = np.flatnonzero(stage == len(STAGES) - 1)
        rated = bought[rng.random(len(bought)) < 0.4]
        rating = np.full(len(packed), np.nan, np.float32)
        stars = (
            3.0
            + 2.0 * self._world.quality[self._world.place[item[rated]]]
            + rng.normal(0, 0.9, len(rated))
        )
        rating[rated] = np.clip(np.round(stars), 1, 5)
        return pl.DataFrame(
            {
                "user_id": self._user_ids(first, len(people.events)).gather(user),
                "item_id": self._item_ids.gather(item),
                "timestamp": _times(packed >> SECOND_SHIFT),
                "event": pl.Series(STAGES).gather(stage),
                "rating": pl.Series(rating, nan_to_null=True),
            }
        )


def _ids(letter: str, first: int, count: int, digits: int) -> pl.Series:
    """Ids whose order as strings is their order as numbers."""
    numbers = pl.int_range(first, first + count).cast(pl.String).str.zfill(digits)
    return pl.select(pl.lit(letter) + numbers).to_series()


def _times(seconds: Longs) -> pl.Series:
    start = int(START.timestamp())
    return pl.Series((seconds + start) * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
