"""Lists drawn by lot for kernels that choose rows: ties, rows without categories, short lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels import rules

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """A thousand lists of one to eight rows."""

    starts: npt.NDArray[np.int64]
    scores: Doubles
    genres: list[list[str]]

    @property
    def codes(self) -> rules.Lists:
        return rules.codes_of(pl.Series(self.genres, dtype=pl.List(pl.String)))

    def each(self) -> Iterator[tuple[int, int, int]]:
        for user, (begin, end) in enumerate(pairwise(self.starts.tolist())):
            yield user, begin, end


def drawn(seed: int, lists: int = 1000) -> Drawn:
    draw = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(draw.integers(1, 9, lists))]).astype(np.int64)
    rows = int(starts[-1])
    # Half of the scores are of four values, so that many are equal.
    scores = np.where(draw.random(rows) < 0.5, draw.choice([0, 0.25, 0.5, 1], rows), 0.0)
    scores = np.where(scores == 0, draw.random(rows), scores)
    counts = draw.integers(0, 4, rows)
    genres = [sorted(draw.choice(list("abcde"), count, replace=False)) for count in counts]
    return Drawn(starts, scores, [[str(name) for name in names] for names in genres])


def best(left: list[int], values: list[float], even: float = 1e-9) -> int:
    """The earliest row that no other is more than rounding above."""
    most = max(values)
    return next(row for row, value in zip(left, values, strict=True) if value > most - even)
