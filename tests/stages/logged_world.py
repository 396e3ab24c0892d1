"""A log whose drawing and whose likings are known, and policies to value by it."""

import numpy as np
import polars as pl

ITEMS, PLACES = 6, 3
LIKE = np.array([0.5, 0.1, 0.3, 0.2, 0.4, 0.05])
LOOK = np.array([1.0, 0.6, 0.3])
# How the log drew an item at each place, and what the policy would do.
DRAWN = np.array([[1, 1, 1, 1, 1, 1], [1, 2, 3, 1, 2, 3], [4, 1, 1, 2, 1, 1]], float)
DRAWN /= DRAWN.sum(axis=1, keepdims=True)
WANTED = np.array([[6, 0, 1, 0, 3, 0], [2, 1, 3, 1, 2, 1], [1, 1, 1, 1, 1, 5]], float)
WANTED /= WANTED.sum(axis=1, keepdims=True)
TRUTH = float((LOOK[:, None] * LIKE * WANTED).sum() / PLACES)
Table = pl.DataFrame


def log(users: int = 400, seed: int = 3) -> Table:
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        for place in range(PLACES):
            item = int(rng.choice(ITEMS, p=DRAWN[place]))
            click = int(rng.random() < LOOK[place] * LIKE[item])
            side = "ab"[user % 2]
            chance = DRAWN[place, item]
            rows.append((f"u{user:04}", f"i{item}", place + 1, click, chance, side))
    names = ["user_id", "item_id", "position", "clicked", "propensity", "side"]
    return pl.DataFrame(rows, schema=names, orient="row")


def chances() -> Table:
    rows = [
        (f"i{item}", place + 1, WANTED[place, item])
        for place in range(PLACES)
        for item in range(ITEMS)
        if WANTED[place, item] > 0
    ]
    return pl.DataFrame(rows, schema=["item_id", "position", "chance"], orient="row")


def lists(users: int = 400) -> Table:
    rng = np.random.default_rng(8)
    rows = []
    for user in range(users):
        best = rng.permutation(ITEMS)[:PLACES]
        rows += [(f"u{user:04}", f"i{item}", rank + 1) for rank, item in enumerate(best)]
    return pl.DataFrame(rows, schema=["user_id", "item_id", "rank"], orient="row")
