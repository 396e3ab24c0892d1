"""What an A/B test adds up over blocks of users: moments of each metric in each variant."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.covariances import Covariances
from recli.kernels.numbering import Numbering
from recli.stages.ab_inputs import Question
from recli.stages.ab_metrics import Metric, Value, Values, added, constant
from recli.store.failures import named

MOST = 100  # variants: past it the column is another one
SEGMENTS = 200
NAMELESS = "rows without a variant left out"
EARLY = "outcomes before the first exposure left out"
SEVERAL = "users in several variants left out"
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """The users of a block who are in one variant."""

    variants: Codes  # [users]
    segments: Codes | None
    sums: dict[Value, Values]  # over the rows of each
    covariates: list[Values]  # value and whether it is known, one after the other
    users: int


class Tally:
    """Moments by variant, and by segment and variant; memory does not grow with users."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.variants = Numbering(pl.String)
        self.segments = Numbering(pl.String)
        self.counts: Counter[str] = Counter()
        self.matched: Counter[str] = Counter()  # rows of users who are in the test, by table
        widths = [
            2 * (1 + len(question.covariates) + question.had_before(metric))
            for metric in question.metrics
        ]
        self.moments = [Covariances(width) for width in widths]
        self.by_segment = [Covariances(width) for width in widths if question.by]
        self.users = np.zeros(MOST, np.int64)  # [variants]

    def add(self, block: Block) -> None:
        """Add all users of a block."""
        people = self.people(block)
        self.users += np.bincount(people.variants, minlength=MOST)
        for at, metric in enumerate(self.question.metrics):
            values = self.columns(metric, people)
            self.moments[at].add(values, people.variants)
            if people.segments is not None:
                self.by_segment[at].add(values, people.segments * MOST + people.variants)

    def columns(self, metric: Metric, people: People) -> Values:
        """What a comparison is made of [2 + twice the covariates, users]."""
        own = metric.of_users(people.sums)
        if self.question.had_before(metric):
            own += metric.of_users(people.sums, "before")
        return np.stack([*own, *people.covariates])

    def people(self, block: Block) -> People:
        """The users of a block, and what they did."""
        question = self.question
        if question.variant is not None:
            told = block["log"].drop_nulls(question.variant)
            self.counts[NAMELESS] += block["log"].height - told.height
            block = block | {"log": told}
        users = self._users(block["log"])
        frames = {role: _of_users(frame, users) for role, frame in block.items()}
        self.matched.update({role: frame.height for role, frame in frames.items()})
        if question.timed:
            done = frames["outcomes"]
            frames["outcomes"] = done.filter(pl.col("timestamp") >= pl.col(" first"))
            self.counts[EARLY] += done.height - frames["outcomes"].height
        sums, covariates = {}, []
        for value in question.values():
            with named(question.tables[value.role].where):
                sums[value] = added(value, frames[value.role], users.height)
        for value in question.covariates:
            with named(question.tables[value.role].where):
                covariates += constant(value, frames[value.role], users.height)
        by = question.by
        segments = None if by is None else self._segments(frames["users"], by, users.height)
        variants = self.variants.of(users[" variant"]).astype(np.int64)
        if self.variants.count > MOST:
            raise RecliError(
                f"column '{question.variant}' has more than {MOST} values",
                "name the column of variants by --variant",
            )
        return People(variants, segments, sums, covariates, users.height)

    def _users(self, log: pl.DataFrame) -> pl.DataFrame:
        """Id, variant and first moment of the users who are in one variant, by id."""
        variant = pl.lit("all") if self.question.variant is None else pl.col(self.question.variant)
        moment = pl.col("timestamp") if self.question.timed else pl.lit(None)
        rows = log.select(
            "user_id", variant.cast(pl.String).alias(" variant"), moment.alias(" first")
        )
        users = rows.group_by("user_id", maintain_order=True).agg(
            pl.col(" variant").first(),
            pl.col(" first").min(),
            several=pl.col(" variant").n_unique() > 1,
        )
        kept = users.filter(~pl.col("several")).drop("several")
        self.counts[SEVERAL] += users.height - kept.height
        return kept.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(""))

    def _segments(self, people: pl.DataFrame, by: str, users: int) -> Codes:
        known = people.unique("", keep="first", maintain_order=True)
        labels = np.full(users, None, object)
        labels[known[""].to_numpy()] = known[by].cast(pl.String).to_list()
        series = pl.Series(labels.tolist(), dtype=pl.String).fill_null("(none)")
        codes = self.segments.of(series).astype(np.int64)
        if self.segments.count > SEGMENTS:
            raise RecliError(
                f"--by {by} has more than {SEGMENTS} values",
                "choose a column with fewer",
            )
        return codes


def _of_users(rows: pl.DataFrame, users: pl.DataFrame) -> pl.DataFrame:
    """The rows of some users, with their numbers; in the order that they stand in."""
    numbers = users.select("user_id", "", " first")
    return rows.join(numbers, on="user_id", how="inner", maintain_order="left")
