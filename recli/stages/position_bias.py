"""From a log of what was shown where, and clicked, to how likely each place is to be seen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from recli.engines.result import Block
from recli.errors import ExitCode, RecliError
from recli.kernels import bootstrap
from recli.kernels.position_bias import Cells, falling, interval, looks
from recli.store.open import Table

Method = Literal["harvest", "em", "randomized"]
POSITIONS = ("position", "rank")
CLICKS = ("clicked", "label")
UNIT = 1 << 24  # shares of a click are counted in such parts: sums of integers have no order
PARTS = 256  # of the users, which the bootstrap draws
CELL = ("place", "part", "group")
LOST = "positions that could not be compared with the first"
DEEP = "rows below the last position"


@dataclass(frozen=True)
class Choices:
    """What a run of fit-position-bias may be told."""

    method: Method = "harvest"
    position: str | None = None
    clicked: str | None = None
    event: str | None = None
    deepest: int = 50
    monotone: bool = False
    seed: int = 0

    def check(self, log: Table) -> "Columns":
        """Where positions and clicks are; RecliError where they are not there."""
        if self.clicked is not None and self.event is not None:
            raise RecliError(
                "--clicked and --event both say what was clicked",
                "leave one of them out",
                code=ExitCode.USAGE,
            )
        position = self.position or _first(POSITIONS, log)
        clicked = "event" if self.event is not None else self.clicked or _first(CLICKS, log)
        log.need(position, clicked)
        if not log.schema[position].is_integer():
            raise RecliError(
                f"{log.where}: column '{position}' is {log.schema[position]}, not a whole number",
                "name the column of places by --position",
            )
        kind = log.schema[clicked]
        if self.event is None and not (kind.is_numeric() or kind == pl.Boolean):
            raise RecliError(
                f"{log.where}: column '{clicked}' is {kind}, neither yes or no nor a number",
                "name another by --clicked, or say which event is a click by --event",
            )
        return Columns(position, clicked, self.event)


def _first(names: tuple[str, ...], log: Table) -> str:
    """The first of some columns that is there, or else the first."""
    return next((name for name in names if log.has(name)), names[0])


@dataclass(frozen=True)
class Columns:
    """Where a log says what."""

    position: str
    clicked: str
    event: str | None = None

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """user_id, item_id, `place` and `click` of each row that was shown."""
        missing = rows[self.position].null_count()
        if missing:
            raise RecliError(
                f"column '{self.position}' is empty in {missing:,} rows",
                "leave out what has no place",
            )
        wrong = rows[self.clicked].is_nan().sum() if rows.schema[self.clicked].is_float() else 0
        if wrong:
            raise RecliError(
                f"column '{self.clicked}' is no number in {wrong:,} rows",
                "leave them out, or leave it empty where nothing was clicked",
            )
        click = pl.col(self.clicked)
        click = click == self.event if self.event is not None else click.cast(pl.Float64) > 0
        return rows.select(
            "user_id",
            "item_id",
            place=pl.col(self.position).cast(pl.Int64),
            click=click.fill_null(False).cast(pl.Int64),
        )


def fit(
    blocks: Iterable[Block], columns: Columns, choices: Choices
) -> tuple[pl.DataFrame, Counter[str]]:
    """The curve, and counts. Memory: a row for each group, place and part of the users."""
    counts: Counter[str] = Counter()
    held: list[pl.DataFrame] = []
    whole: list[pl.DataFrame] = []
    for block in blocks:
        rows = columns.of(block["log"])
        kept = rows.filter(pl.col("place") <= choices.deepest)
        counts["users"] += rows["user_id"].n_unique()
        counts[DEEP] += rows.height - kept.height
        part = pl.Series(bootstrap.dealt(kept["user_id"], choices.seed)) * PARTS
        part = (part // bootstrap.BUCKETS).cast(pl.Int64)
        kept = kept.with_columns(part.alias("part"))
        held = [_added([*held, CELLS[choices.method](kept)], CELL)]
        told = kept.select("place", shown=pl.lit(1, pl.Int64), clicked="click")
        whole = [_added([*whole, told], ("place",))]
    if not whole or not whole[0].height:
        raise RecliError("the log holds nothing that was shown", "check the steps before this one")
    curve = _curve(held[0], whole[0].sort("place"), choices)
    counts[LOST] = whole[0].height - curve.height
    return curve, counts


def _added(frames: list[pl.DataFrame], keys: tuple[str, ...]) -> pl.DataFrame:
    return pl.concat(frames).group_by(keys).agg(pl.col("shown", "clicked").sum())


def _by_place(rows: pl.DataFrame) -> pl.DataFrame:
    """Each place at once: what stands there is taken to be liked the same."""
    one = pl.lit(UNIT, pl.Int64)
    return rows.select(
        "place", "part", group=pl.lit("all"), shown=one, clicked=pl.col("click") * UNIT
    )


def _by_item(rows: pl.DataFrame) -> pl.DataFrame:
    """Each item: it is taken to be liked the same by all to whom it was shown."""
    group = pl.col("item_id").cast(pl.String)
    one = pl.lit(UNIT, pl.Int64)
    return rows.select("place", "part", group=group, shown=one, clicked=pl.col("click") * UNIT)


def _by_swap(rows: pl.DataFrame) -> pl.DataFrame:
    """Each pair of places, by the items that one user was shown at both: as much liked at each.

    Agarwal et al., "Estimating position bias without intrusive interventions", WSDM 2019,
    AllPairs: such an item counts once at each place, by its share of clicks there.
    """
    keys = ["user_id", "item_id"]
    share = (pl.col("click").sum() * UNIT) // pl.len()
    stood = rows.group_by(*keys, "place", "part").agg(clicked=share.cast(pl.Int64))
    pairs = stood.join(stood.select(*keys, other="place"), on=keys)
    pairs = pairs.filter(pl.col("place") != pl.col("other"))
    ends = [pl.min_horizontal("place", "other"), pl.max_horizontal("place", "other")]
    group = pl.concat_str(ends, separator=" ")
    return pairs.select(
        "place", "part", group=group, shown=pl.lit(UNIT, pl.Int64), clicked="clicked"
    )


CELLS = {"randomized": _by_place, "em": _by_item, "harvest": _by_swap}


def _curve(held: pl.DataFrame, whole: pl.DataFrame, choices: Choices) -> pl.DataFrame:
    """The table: a row for each place that could be compared with the first."""
    places = whole["place"]
    sums = held.sort("group", "place", "part")
    cells = Cells(
        (sums["group"].rank("dense") - 1).cast(pl.Int64).to_numpy(),
        pl.Series(np.searchsorted(places, sums["place"])).cast(pl.Int64).to_numpy(),
        sums["part"].to_numpy(),
        sums["shown"].to_numpy() / UNIT,
        sums["clicked"].to_numpy() / UNIT,
    )
    curve = looks(cells, len(places))
    if np.isfinite(curve).sum() < 2:
        raise RecliError(_NOTHING[choices.method], "see --help for what each --method needs")
    low, high = interval(cells, len(places), choices.seed, monotone=choices.monotone)
    if choices.monotone:
        curve = falling(curve, whole["clicked"].to_numpy().astype(np.float64))
    found = pl.DataFrame({"position": places, "propensity": curve, "low": low, "high": high})
    table = found.with_columns(whole["shown"], whole["clicked"]).fill_nan(None)
    return table.drop_nulls("propensity")


_NOTHING = {
    "harvest": "no item was shown to one user at two positions, and clicked",
    "em": "no item was shown at two positions, and clicked",
    "randomized": "fewer than two positions were clicked",
}
