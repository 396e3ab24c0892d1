"""What a stage makes of a block."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Block = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Result:
    """Rows to publish and numbers to add up over blocks."""

    rows: pl.DataFrame
    counts: dict[str, int] = field(default_factory=dict)
    aside: pl.DataFrame | None = None  # rows of a second table, where the stage makes one
    tally: Any = None  # what else adds up over blocks, by +


Stage = Callable[[Block], Result]
Build = Callable[[], Stage]  # makes the stage where it will run; must survive pickling
