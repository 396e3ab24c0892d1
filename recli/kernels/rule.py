"""What a file of `recli/rerankers/` defines: it orders, drops or marks rows, or holds places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from recli.fields import Declared

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.places import Demand
    from recli.kernels.rules import Context, Reordered


@dataclass(frozen=True)
class Claim:
    """What a rule says of places, as far as another one can contradict it."""

    places: int = 0  # so many first places have to be there
    length: int | None = None  # so many are left at most
    slots: frozenset[int] = frozenset()  # places that it fills itself, from 1
    most: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # of each value of a
    least: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # column, in first places


class Rule(Declared):
    """A re-ranking rule; its fields are its options.

    A rule that orders, drops or marks rows is an `apply`. One that speaks of places, such as
    "at most two in the first five", is a `demand`: it holds for the rest of the pipe, since each
    later rule brings its own order into line with the demands of the rules before it.
    """

    ORDERS: ClassVar[bool] = False  # proved on some lists of a block, before places are held
    SOFT: ClassVar[bool] = False  # gives way to other demands, proved where there are none
    FIRST_FIT: ClassVar[bool] = False  # the first k rows of a list hang on those above them alone
    LAST: ClassVar[bool] = False  # its places stay as they are: it keeps to earlier rules itself
    STILL: ClassVar[bool] = False  # moves and drops no row: what holds of places holds on
    CODED: ClassVar[tuple[str, ...]] = ()  # fields that name a column which is read as codes

    @property
    def reads(self) -> frozenset[str]:
        """What it reads beside the columns of rows: of history, popularity, pairs and vectors."""
        return frozenset()

    @property
    def claim(self) -> Claim:
        """What it says of places."""
        return Claim()

    def needs(self, context: Context) -> set[str]:
        """Columns that the rows must have; RecliError for what is nowhere to be found."""
        return set()

    def adds(self) -> Mapping[str, type[pl.DataType]]:
        """Columns that the rows get, and their types."""
        return {}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered | None:
        """The rows that stay, in their new order; None where all stay as they are."""
        return None

    def demand(self, rows: pl.DataFrame, context: Context) -> Demand:
        """What places the rows [rows] may take; any, unless a rule says otherwise."""
        import numpy as np

        from recli.kernels.places import Demand

        return Demand.of(pins=np.full(rows.height, -1))

    def held(self, rows: pl.DataFrame, context: Context) -> Demand:
        """What is left of the demand in the steps after this rule's own."""
        return self.demand(rows, context)

    def marked(self, rows: pl.DataFrame, context: Context) -> Mapping[str, pl.Series]:
        """Columns of `adds` that tell what became of the rows that come out."""
        return {}

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """How often the rows that come out break what the rule promises."""
        return 0

    def unmet(self, rows: pl.DataFrame, context: Context) -> dict[str, int]:
        """What could not be had of the rows that come out, in how many lists."""
        return {}
