"""Lists, items and histories small enough to check by hand."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from recli.kernels.catalogue import Catalogue
from recli.kernels.rules import Context, unit_vectors

GENRES = {
    "i1": ["a"], "i2": ["a"], "i3": ["a", "b"], "i4": ["b"], "i5": None, "i6": [], "i7": ["c"],
    "j1": ["b"], "j2": ["b"], "j3": None, "j4": ["a", "c"],
}  # fmt: skip
DAYS = [datetime(2024, 1, 31), None, datetime(2024, 1, 1), datetime(1600, 1, 1)]
ITEMS = pl.DataFrame(
    {
        "item_id": [*GENRES],
        "genres": pl.Series([*GENRES.values()], dtype=pl.List(pl.String)),
        "released": pl.Series([*DAYS, *DAYS, *DAYS[:3]], dtype=pl.Datetime("us")),
    }
)


def lists() -> pl.DataFrame:
    """Lists of u (five rows), v (one row) and w (two rows, of equal scores)."""
    rows = pl.DataFrame(
        {
            "user_id": ["u"] * 5 + ["v"] + ["w"] * 2,
            "item_id": ["i1", "i2", "i3", "i4", "i5", "i1", "i6", "i7"],
            "score": pl.Series([4.0, 3.0, 2.0, 1.0, -1.0, 9.0, 5.0, 5.0], dtype=pl.Float32),
        }
    )
    items = Catalogue(ITEMS)
    return items.widened(items.numbered(rows), {"released"})


def context(**given: Any) -> Context:
    """User u chose two of b and one of nothing; v one of a and c; w nothing."""
    past = pl.DataFrame({"user_id": ["u", "u", "u", "v"], "item_id": ["j1", "j2", "j3", "j4"]})
    known = Context(
        {**lists().schema, **ITEMS.schema},
        frozenset({"items", "history"}),
        newest={"released": datetime(2024, 1, 31)},
        items=Catalogue(ITEMS),
        history=Catalogue(ITEMS).numbered(past),
        popularity=(pl.Series(["i1", "i4"]), np.array([99, 9])),
    )
    return replace(known, **given)


def vectors() -> tuple[pl.Series, Any]:
    """No vector for i7, one of length 0 for i5; i1 and i2 have the same."""
    ids = pl.Series(["i1", "i2", "i3", "i4", "i5", "i6"])
    raw = np.array([[1, 0], [2, 0], [1, 1], [-1, 1], [0, 0], [1, 0]], np.float32)
    return ids, unit_vectors(raw)
