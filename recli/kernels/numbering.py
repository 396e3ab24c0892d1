"""Item numbers given out as ids are first seen, the same in every table of a run."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.int32]


class Numbering:
    """A dictionary from ids to numbers that grows as tables stream by.

    Numbers follow the order in which ids are asked for, so that the same tables read in the
    same order give the same numbers. Memory grows with distinct ids, not with rows.

    >>> items = Numbering(pl.String)
    >>> items.of(pl.Series(["b", "a", "b"])).tolist(), items.of(pl.Series(["c"])).tolist()
    ([0, 1, 0], [2])
    >>> items.ids().to_list()
    ['b', 'a', 'c']
    """

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.count = 0
        self._categories = pl.Categorical(pl.Categories.random())
        # polars forgets the categories when the last series that uses them is gone.
        self._anchor = pl.Series([], dtype=self._categories)

    def of(self, ids: pl.Series) -> Numbers:
        """The number of each id [ids]; new ids get the next free ones."""
        physical = ids.cast(pl.String).cast(self._categories).to_physical()
        self.count = max(self.count, int(physical.max() or 0) + 1) if len(ids) else self.count  # type: ignore[arg-type]
        return physical.to_numpy().astype(np.int32)

    def ids(self) -> pl.Series:
        """Every id so far, at the place of its number."""
        every = pl.Series(np.arange(self.count, dtype=np.uint32))
        return every.cat.to(self._categories).cast(pl.String).cast(self.kind)
