"""What a generated shop shows its users on a page, and what of it they click.

The page is made as shops make them: what the user is known to like is put high, so that clicks
by place mix up what is liked and what is seen. A look falls as 1 / place, a click is a look at
what is liked; both are known, so that an estimate can be held against them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

PLACES: Final = 10
LIKED: Final = {"view": 0.3, "cart": 0.5, "purchase": 0.7}  # by the most that she did with it
_STRANGE: Final = 0.1  # of an item that she never touched
_OWN, _POOL = 8, 24  # items of hers, and items in all, that may be on her page
_NOISE: Final = 0.25
Matrix = npt.NDArray[np.float64]  # [users, pool]


def looks(places: int = PLACES) -> npt.NDArray[np.float64]:
    """The chance that each place is looked at [places]."""
    return 1 / np.arange(1, places + 1)


def shown(
    events: pl.DataFrame, items: pl.Series, visits: int, rng: np.random.Generator
) -> pl.DataFrame:
    """user_id, item_id, as_of, position and label: a row for each item on each page.

    `events` are of whole users, by time; her visits are spread over them. `label` is 1 for what
    was clicked, else 0.
    """
    users = events["user_id"].unique(maintain_order=True)
    numbers, likings = _pages(events, users, items, rng)
    places = min(PLACES, int(np.isfinite(likings).sum(axis=1).min(initial=_POOL)))
    counts = events["user_id"].rle().struct.field("len").to_numpy().astype(np.int64)
    starts = np.cumsum(counts) - counts
    parts = []
    for visit in range(visits):
        worth = likings + rng.normal(0, _NOISE, likings.shape)
        order = np.argsort(-worth, axis=1)[:, :places]
        liked = np.take_along_axis(likings, order, 1)
        clicked = rng.random(order.shape) < looks(places) * liked
        moment = events["timestamp"].gather(starts + counts * visit // visits)
        parts.append(
            pl.DataFrame(
                {
                    "user_id": users.gather(np.repeat(np.arange(len(users)), places)),
                    "item_id": items.gather(np.take_along_axis(numbers, order, 1).ravel()),
                    "as_of": moment.gather(np.repeat(np.arange(len(users)), places)),
                    "position": np.tile(np.arange(1, places + 1), len(users)),
                    "label": clicked.ravel().astype(np.float32),
                }
            )
        )
    rows = pl.concat(parts)
    rows = rows.unique(["user_id", "as_of", "position"], keep="first", maintain_order=True)
    return rows.sort("user_id", "as_of", "position", maintain_order=True)


def _pages(
    events: pl.DataFrame, users: pl.Series, items: pl.Series, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Items [users, pool] by number, and how each is liked; -inf where one repeats."""
    liking = pl.col("event").replace_strict(LIKED, return_dtype=pl.Float64)
    best = events.select("user_id", "item_id", liking=liking).group_by("user_id", "item_id")
    own = best.agg(pl.col("liking").max()).sort("user_id", "item_id")
    own = own.with_columns(lot=pl.Series(rng.random(own.height))).sort("user_id", "lot")
    own = own.with_columns(place=pl.int_range(pl.len()).over("user_id"))
    own = own.filter(pl.col("place") < _OWN)
    row = (
        users.to_frame().with_row_index("row").join(own, on="user_id", maintain_order="left_right")
    )
    numbers = rng.integers(0, len(items), (len(users), _POOL))
    likings = np.full(numbers.shape, _STRANGE)
    at = (row["row"].to_numpy(), row["place"].to_numpy())
    numbers[at] = items.search_sorted(row["item_id"]).to_numpy()
    likings[at] = row["liking"].to_numpy()
    order = np.argsort(numbers, axis=1, kind="stable")  # the first of equal ones stays first
    ordered = np.take_along_axis(numbers, order, 1)
    again = np.zeros(numbers.shape, np.bool_)
    np.put_along_axis(again, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return numbers, np.where(again, -np.inf, likings)
