"""Times of any unit, form and zone in UTC, and the guess where none was given.

A time that cannot be is no time: before 1990, or more than a day after now. So milliseconds
taken for seconds, or a zero, cannot slip through.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from recli.contract import TIME
from recli.errors import RecliError
from recli.stages.ingest_choices import Choices, latest

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
LONG = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
NUMBER = r"^[-+]?\d+(\.\d*)?$"
# Year first: a day and a month that could be each other are never guessed.
FORMATS = tuple(
    f"{date}{clock}"
    for date, clocks in {
        "%Y-%m-%d": (
            "T%H:%M:%S%.f%#z", " %H:%M:%S%.f%#z", " %H:%M:%S%.f UTC", "T%H:%M:%S%.f",
            " %H:%M:%S%.f", "T%H:%M", " %H:%M", "",
        ),
        "%Y/%m/%d": (" %H:%M:%S%.f", " %H:%M", ""),
    }.items()
    for clock in clocks
)  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """How the times of one column are read."""

    formats: tuple[str, ...] = FORMATS
    unit: str | None = None
    zone: str = "UTC"
    latest: datetime = datetime(9999, 1, 1, tzinfo=UTC)

    def read(self, column: pl.Series) -> pl.Series:
        """The times [rows]; null where there is none, or one that cannot be."""
        found = self.parsed(column)
        possible = (found >= EARLIEST) & (found <= self.latest)
        return pl.select(pl.when(possible).then(found)).to_series()

    def parsed(self, column: pl.Series) -> pl.Series:
        """The times, possible or not; null where the text or number is none."""
        if isinstance(column.dtype, pl.Datetime):
            zone = column.dtype.time_zone
            column = column.cast(pl.Datetime("us", zone))
            return column.dt.convert_time_zone("UTC") if zone else self._placed(column)
        if column.dtype == pl.Date:
            return self._placed(column.cast(pl.Datetime("us")))
        if self.unit is not None:
            return self._counted(column)
        return self._written(column.cast(pl.String))

    def reason(self, text: str) -> str:
        """Why one value is no time."""
        if not text:
            return "no time"
        if self.parsed(pl.Series([text], dtype=pl.String))[0] is not None:
            return f"impossible time '{text}' (before 1990 or after {self.latest:%Y-%m-%d %H:%M})"
        return f"unreadable time '{text}'"

    def _counted(self, column: pl.Series) -> pl.Series:
        """Times from numbers since 1970; fractions are rounded to microseconds."""
        per_second = PER_SECOND[self.unit or "s"]
        # A cast of 1.5 to whole numbers would cut it; its text says that it is none.
        column = column if column.dtype.is_integer() else column.cast(pl.String)
        whole = column.cast(pl.Int64, strict=False)
        # Whole numbers of a unit that a Datetime cannot hold would wrap around.
        whole = pl.select(pl.when(whole.abs() < 9e12 * per_second).then(whole)).to_series()
        times = whole * (1_000_000 // per_second) if per_second <= 1_000_000 else whole // 1_000
        if times.null_count() > column.null_count() and not column.dtype.is_integer():
            number = column.cast(pl.Float64, strict=False) * (1_000_000 / per_second)
            number = number.set(~(number.abs() < 9e15).fill_null(value=False), None)
            times = pl.select(pl.coalesce(times, number.round().cast(pl.Int64))).to_series()
        return times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")

    def _written(self, column: pl.Series) -> pl.Series:
        """Times from text by each format in turn; those without a zone are of the zone."""
        found = pl.Series([None], dtype=TIME).new_from_index(0, len(column))
        for form in self.formats:
            absolute = form.endswith("z")
            times = column.str.to_datetime(
                form, time_unit="us", time_zone="UTC" if absolute else None, strict=False
            )
            if not absolute:
                zone = "UTC" if form.endswith("UTC") else self.zone
                times = _in_zone(times, zone)
            found = pl.select(pl.coalesce(found, times)).to_series()
            if found.null_count() == 0:
                break
        return found

    def _placed(self, column: pl.Series) -> pl.Series:
        return _in_zone(column, self.zone)


def _in_zone(naive: pl.Series, zone: str) -> pl.Series:
    """Wall-clock times of a zone: the earlier of two, null for one that the clock skips."""
    placed = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return placed.dt.convert_time_zone("UTC")


def clock(sample: pl.Series, choices: Choices, where: str) -> tuple[Clock, str]:
    """How to read a column that looks like `sample`, and a line that says what was guessed.

    Raises RecliError when nothing fits.
    """
    zone = choices.zone or "UTC"
    last = latest(choices.now)
    if choices.time_format:
        return Clock((choices.time_format,), None, zone, last), ""
    if choices.unit:
        return Clock((), choices.unit, zone, last), ""
    naive = "" if choices.zone else "times without a zone are taken for UTC (or give --time-zone)"
    if sample.dtype.is_temporal():
        return Clock((), None, zone, last), "" if getattr(sample.dtype, "time_zone", "") else naive
    known = sample.cast(pl.String).drop_nulls()
    known = known.filter(known != "")
    if known.str.contains(NUMBER).sum() * 2 > len(known):
        return _of_numbers(known, zone, last, where)
    return _of_text(known, Clock((), None, zone, last), naive, where)


def _of_numbers(known: pl.Series, zone: str, last: datetime, where: str) -> tuple[Clock, str]:
    fits = {
        unit: len(known) - Clock((), unit, zone, last).read(known).null_count()
        for unit in PER_SECOND
    }
    unit = max(fits, key=fits.__getitem__)
    if not fits[unit]:
        raise RecliError(
            f"{where}: a time such as {known[0]} is none since 1990 in any unit",
            "say what it is: --map timestamp=COLUMN:s (ms, us, ns) or --time-format %Y%m%d",
        )
    guess = Clock((), unit, zone, last)
    shown = next(
        f"{text} is {time:%Y-%m-%d %H:%M:%S}"
        for text, time in zip(known, guess.read(known), strict=True)
        if time is not None
    )
    return guess, f"times are {LONG[unit]} since 1970, guessed: {shown} UTC"


def _of_text(known: pl.Series, bare: Clock, naive: str, where: str) -> tuple[Clock, str]:
    fits = {}
    for form in FORMATS:
        found = Clock((form,), None, bare.zone, bare.latest).read(known)
        fits[form] = len(known) - found.null_count()
    formats = tuple(sorted((form for form in FORMATS if fits[form]), key=lambda form: -fits[form]))
    if not formats:
        shown = f"a time such as '{known[0]}'" if len(known) else "the column of times is empty: it"
        raise RecliError(
            f"{where}: {shown} is in no form that is known",
            "give --time-format, such as '%d.%m.%Y %H:%M'",
        )
    floating = any(not form.endswith(("z", "UTC")) for form in formats)
    return Clock(formats, None, bare.zone, bare.latest), naive if floating else ""
