"""Which lists of a user a ranker compares as one: each moment's, each visit's, or all."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.moments import span
from recli.stages.features_block import Rows
from recli.store.open import Table
from recli.tables import AS_OF

Longs = npt.NDArray[np.int64]
By = Literal["moment", "session", "user"]


@dataclass(frozen=True)
class Grouping:
    """How lists become groups; each row keeps the features of its own moment."""

    by: By = "moment"
    gap: int = 30 * 60 * 1_000_000  # microseconds between the lists of one session, at most

    def check(self, candidates: Table) -> None:
        """Raise RecliError (usage) for sessions of candidates without moments."""
        if self.by == "session" and not candidates.has(AS_OF):
            raise RecliError(
                f"--group session: {candidates.where} says no moments",
                f"give candidates with a column '{AS_OF}', or leave --group out",
                code=ExitCode.USAGE,
            )

    def of(self, rows: Rows) -> "Groups":
        """The groups of a block's lists, in their order."""
        moments = rows.made.lists.moments
        first = np.ones(len(rows.users), np.bool_)
        if self.by != "moment" and len(first):
            same = (rows.users == rows.users.shift(1)).fill_null(False).to_numpy()
            near = np.diff(moments, prepend=moments[:1]) <= self.gap
            first = ~(same & (near | (self.by == "user")))
        starts = np.flatnonzero(first)
        last = np.append(starts[1:], len(first))[: len(starts)] - 1
        ends = rows.starts[np.append(starts, len(first))]
        return Groups(rows.users.filter(pl.Series(first)), ends, moments[last])


def grouping_of(by: By, gap: str | None) -> Grouping:
    """The groups of `--group` and `--session-gap`; RecliError (usage) for what is no time.

    >>> grouping_of("session", "1h").gap
    3600000000
    """
    return Grouping(by) if gap is None else Grouping(by, span("--session-gap", gap))


@dataclass(frozen=True)
class Groups:
    """What is compared: the rows of group g are starts[g] to starts[g + 1]."""

    users: pl.Series  # [groups]
    starts: Longs  # [groups + 1]
    moments: Longs  # [groups] of the last list of each

    @property
    def sizes(self) -> Longs:
        """Rows of each [groups]."""
        return np.diff(self.starts)

    @property
    def owners(self) -> Longs:
        """The group of each row [rows]."""
        return np.repeat(np.arange(len(self.users)), self.sizes)
