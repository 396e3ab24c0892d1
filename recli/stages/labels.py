"""What of the candidates was chosen, what that was worth, and when."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from recli.contract import TIME
from recli.engines.result import Block
from recli.errors import ExitCode, RecliError
from recli.kernels import features_counts
from recli.kernels.moments import span
from recli.store.open import Table
from recli.tables import AS_OF

LABEL = "label"  # of candidates that say themselves what they were worth
KEYS = ("user_id", "item_id")
YOUNG = "too young to be learned from"
LEAST, MOST = 1e-9, 1e9  # gains whose sums and squares no ranker's numbers overflow by


@dataclass(frozen=True)
class Labels:
    """Which interactions count, and for how much."""

    grade: str | None = None  # column of gains; 1 for each without
    events: tuple[tuple[str, float], ...] = ()  # gain of each event that counts; all without
    objectives: tuple[float, ...] = ()  # weight of each event's own model; one model without
    delay: int | None = None  # microseconds from a list's moment in which labels come
    carried: tuple[str, ...] = ()  # columns of the labels that weights are made of
    last: int | None = None  # the last moment of a list of which every label has come

    def check(self, tables: dict[str, Table]) -> "Labels":
        """The same, knowing the last moment; RecliError for what the tables cannot give."""
        labels = tables.get("labels")
        if labels is None:
            asked = {"--grade": self.grade, "--label": self.events, "--label-delay": self.delay}
            needless = [flag for flag, value in asked.items() if value]
            if needless:
                raise _usage(f"{', '.join(needless)}: there is no --labels", "leave it out")
            return self
        if self.grade is not None:
            labels.need(self.grade)
            if not labels.schema[self.grade].is_numeric():
                raise RecliError(
                    f"{labels.where}: --grade {self.grade} is {labels.schema[self.grade]}, not a "
                    "number",
                    "leave --grade out, or name another column",
                )
        _check_events(labels, [name for name, _ in self.events])
        return self._timed(labels, tables["candidates"])

    def _timed(self, labels: Table, candidates: Table) -> "Labels":
        if self.delay is None:
            return self
        if not candidates.has(AS_OF) or not labels.has("timestamp"):
            raise _usage(
                "--label-delay is a time from the moment of a list to its labels",
                f"give candidates with a column '{AS_OF}', and labels with timestamps",
            )
        newest = features_counts.latest(labels.batches(["timestamp"]))
        return replace(self, last=None if newest is None else newest - self.delay)

    def ripe(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """The candidates of lists whose labels have all come."""
        if self.last is None:
            return candidates
        return candidates.filter(pl.col(AS_OF).dt.epoch("us") <= self.last)

    def of(self, block: Block) -> pl.DataFrame:
        """What was chosen in a block: user, item, gain, `time`, what is carried, objectives."""
        if "labels" not in block:
            chosen = block["candidates"].filter(pl.col(LABEL) > 0)
            _check_gains(f"column '{LABEL}'", chosen[LABEL])
            return chosen.select(KEYS)
        rows = block["labels"]
        gain = pl.lit(1.0) if self.grade is None else pl.col(self.grade).cast(pl.Float64)
        if self.events:
            names, gains = zip(*self.events, strict=True)
            gain = pl.col("event").replace_strict(names, gains, default=0.0)
        timed = "timestamp" in rows.columns
        time = pl.col("timestamp") if timed else pl.lit(None, TIME)
        events = [(pl.col("event") == name).fill_null(False) for name, _ in self.events]
        pairs = rows.select(
            *KEYS,
            gain.cast(pl.Float32).alias("gain"),
            time.alias("time"),
            *(pl.col(name).alias(f"carried {name}") for name in self.carried),
            *(one.alias(f"objective {at}") for at, one in enumerate(events) if self.objectives),
        )
        if not pairs["gain"].fill_null(0).is_finite().all():
            raise RecliError(f"--grade {self.grade}: not every value is a finite number")
        pairs = pairs.filter(pl.col("gain") > 0)
        _check_gains(f"--grade {self.grade}", pairs["gain"])
        return pairs

    def found(self, rows: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
        """Of each candidate [rows] the largest gain that counts, when it was had last, and so on.

        What was chosen before a candidate's moment is no label, nor what came after the delay.
        """
        if "gain" not in labels.columns:
            time = pl.col(AS_OF) if AS_OF in rows.columns else pl.lit(None, TIME)
            return rows.select(gain=pl.col(LABEL).clip(0), time=time)
        asked = rows.select(*KEYS, *[AS_OF] * (AS_OF in rows.columns)).with_row_index("(row)")
        pairs = asked.join(labels, on=KEYS, how="inner")
        if AS_OF in rows.columns:
            after = (pl.col("time") - pl.col(AS_OF)).dt.total_microseconds()
            most = np.iinfo(np.int64).max if self.delay is None else self.delay
            pairs = pairs.filter(after.is_between(0, most).fill_null(True))
        best = pairs.group_by("(row)").agg(
            pl.col("gain", "time").max(),
            *(
                (pl.col("gain") * pl.col(name)).max().alias(name)
                for name in _named(labels, "objective ")
            ),
            # Where it stood, and what it weighs, is as when it was chosen last.
            *(pl.col(name).sort_by("time", name).last() for name in _named(labels, "carried ")),
        )
        joined = asked.select("(row)").join(best, on="(row)", how="left", maintain_order="left")
        zero = pl.col("gain", "^objective .*$").fill_null(0.0)
        return joined.drop("(row)").with_columns(zero)


def labels_of(
    words: list[str], weights: str | None = None, grade: str | None = None, delay: str | None = None
) -> Labels:
    """The labels of `--label`, `--objective-weights`, `--grade` and `--label-delay`.

    Raises RecliError (usage) for what is none of them.

    >>> labels_of(["click:1", "purchase:5"], "1,3").objectives
    (1.0, 3.0)
    """
    events = {name: _number("--label", word, gain) for word in words
              for name, _, gain in [word.rpartition(":")]}  # fmt: skip
    if len(events) < len(words):
        raise _usage("--label names an event twice", "give each event one gain")
    if events and grade is not None:
        raise _usage("--label and --grade both say what is gained", "leave one of them out")
    shares = [] if weights is None else weights.split(",")
    objectives = tuple(_number("--objective-weights", str(weights), share) for share in shares)
    if weights is not None and (len(objectives) != len(events) or len(events) < 2):
        raise _usage(
            f"--objective-weights {weights} are {len(objectives)} for {len(events)} of --label",
            "give one for each, in their order: --label click:1 --label purchase:5 "
            "--objective-weights 1,3",
        )
    wait = None if delay is None else span("--label-delay", delay)
    return Labels(grade, tuple(events.items()), objectives, wait)


def _check_gains(what: str, gains: pl.Series) -> None:
    """Raise RecliError for gains [rows] above 0 that are hardly so, or more than can be added."""
    strange = gains.filter(~gains.is_between(LEAST, MOST))
    if len(strange):
        raise RecliError(
            f"{what}: a gain of {strange[0]:g}",
            f"write gains in a unit in which they are from {LEAST:g} to {MOST:g}, or 0",
        )


def _named(labels: pl.DataFrame, prefix: str) -> list[str]:
    return [name for name in labels.columns if name.startswith(prefix)]


def _number(flag: str, word: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    if not LEAST <= value <= MOST:
        form = "--label EVENT:GAIN" if flag == "--label" else "--objective-weights 1,3"
        raise _usage(
            f"{flag} {word}: '{number}' is no number from {LEAST:g} to {MOST:g}", f"write {form}"
        )
    return value


def _check_events(labels: Table, wanted: list[str]) -> None:
    if not wanted:
        return
    labels.need("event")
    found: set[str] = set()
    for batch in labels.batches(["event"]):
        found.update(batch["event"].drop_nulls().unique())
    strange = [name for name in wanted if name not in found]
    if strange:
        raise _usage(
            f"{labels.where} has no event {' or '.join(map(repr, strange))}",
            f"it has {', '.join(sorted(found)) or 'none'}",
        )


def _usage(what: str, remedy: str) -> RecliError:
    return RecliError(what, remedy, code=ExitCode.USAGE)
