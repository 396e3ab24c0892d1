"""The candidates that a ranker learns from: features and gains, some of those not chosen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.matrix import ignore
from recli.kernels.ranking import RankingData, user_keys
from recli.kernels.splitmix import scramble
from recli.stages.features import Making
from recli.stages.features_block import Rows, of_block
from recli.tables import AS_OF, TIME

LABEL = "label"  # of candidates that say themselves what they were worth
Gains = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Choices:
    """What a training may be told beside the ranker's own parameters."""

    grade: str | None = None  # column of the labels that holds gains; 1 for each without
    negatives: int | None = None  # most candidates a user that were not chosen
    seed: int = 0
    threads: int = 1
    report: Any = ignore


def gather(
    making: Making, blocks: Iterable[Block], choices: Choices
) -> tuple[RankingData, Counter[str]]:
    """Features and gains of the candidates of users who chose one of them, and counts.

    Memory: 8 bytes for each row and feature that is kept. Raises RecliError when no user
    has both a candidate that was chosen and one that was not.
    """
    counts: Counter[str] = Counter()
    kept: list[RankingData] = []
    for block in blocks:
        counts["candidates' users"] += block["candidates"]["user_id"].n_unique()
        kept.append(_of_block(making, block, choices, counts))
    data = RankingData(
        making.layout.names,
        making.layout.categorical,
        np.concatenate([part.features for part in kept]),
        np.concatenate([part.relevance for part in kept]),
        np.concatenate([part.sizes for part in kept]),
        pl.concat([part.users for part in kept]),
        np.concatenate([part.moments for part in kept]),
        choices.threads,
        choices.report,
        np.concatenate([part.stands for part in kept if part.stands is not None]),
    )
    if not len(data.users):
        raise RecliError(
            "no user chose some of the candidates and left others: nothing to learn from",
            "retrieve more, for the users of the labels: --users labels.parquet -k 200",
        )
    return data, counts


def _of_block(making: Making, block: Block, choices: Choices, counts: Counter[str]) -> RankingData:
    labels = _graded(block, choices.grade)
    told = block["candidates"].filter(pl.col("user_id").is_in(labels["user_id"].unique().implode()))
    rows = of_block(making, block | {"candidates": told})
    gains = _gains(rows.frame, labels) if "labels" in block else rows.frame[LABEL].to_numpy()
    lengths = np.diff(rows.starts)
    chosen = np.bincount(
        np.repeat(np.arange(len(lengths)), lengths)[gains > 0], minlength=len(lengths)
    )
    useful = (chosen > 0) & (chosen < lengths)
    found = rows.frame.filter(pl.Series(gains > 0)).select("user_id", "item_id").n_unique()
    counts["of them in the labels"] += len(rows.users)
    counts["with a candidate chosen"] += int((chosen > 0).sum())
    if "labels" in block:
        counts["labels"] += labels.filter(pl.col("user_id").is_in(rows.users.implode())).height
        counts["labels among the candidates"] += found
    return _kept(rows, gains, useful, choices)


def _kept(rows: Rows, gains: Gains, useful: npt.NDArray[np.bool_], choices: Choices) -> RankingData:
    """The sampled rows of the users that are of use, run by run."""
    lengths = np.diff(rows.starts)
    keep = _sampled(rows, gains, choices) & np.repeat(useful, lengths)
    parts = [np.empty((0, len(rows.layout.names)), np.float32)]
    for users in rows.runs():
        one = keep[rows.starts[users.start] : rows.starts[users.stop]]
        parts.append(rows.features(users, choices.threads)[one])
    owners = np.repeat(np.arange(len(lengths)), lengths)
    held = owners[keep]
    # What was not chosen was sampled: each that was kept stands for its share of them all.
    left = gains <= 0
    every, some = (np.bincount(owners[one], minlength=len(lengths)) for one in (left, left & keep))
    stands = np.where(left, (every / np.maximum(some, 1))[owners], 1.0)[keep]
    return RankingData(
        rows.layout.names,
        rows.layout.categorical,
        np.concatenate(parts),
        gains[keep],
        np.bincount(held, minlength=len(lengths))[useful].astype(np.int64),
        rows.users.filter(pl.Series(useful, dtype=pl.Boolean)),
        rows.made.lists.moments[useful],
        stands=stands.astype(np.float32),
    )


def _graded(block: Block, grade: str | None) -> pl.DataFrame:
    """Pairs with a positive gain, each once with its largest, and when it was had last."""
    if "labels" not in block:
        return block["candidates"].filter(pl.col(LABEL) > 0).select("user_id", "item_id")
    labels = block["labels"]
    gain = pl.lit(1.0) if grade is None else pl.col(grade).cast(pl.Float64)
    timed = "timestamp" in labels.columns
    pairs = labels.select(
        "user_id",
        "item_id",
        gain=gain.cast(pl.Float32),
        time=pl.col("timestamp") if timed else pl.lit(None, TIME),
    )
    if not pairs["gain"].fill_null(0).is_finite().all():
        raise RecliError(f"--grade {grade}: not every value is a finite number")
    chosen = pairs.filter(pl.col("gain") > 0).group_by("user_id", "item_id")
    return chosen.agg(pl.col("gain").max(), pl.col("time").max())


def _gains(rows: pl.DataFrame, labels: pl.DataFrame) -> Gains:
    """What each candidate [rows] was worth; what was chosen before its moment is no label."""
    keys = ["user_id", "item_id"]
    pairs = rows.select(*keys, *([AS_OF] if AS_OF in rows.columns else []))
    joined = pairs.join(labels, on=keys, how="left", maintain_order="left")
    gain = joined["gain"].fill_null(0.0)
    if AS_OF in rows.columns:
        early = (joined["time"] < joined[AS_OF]).fill_null(False)
        gain = gain.set(early, 0.0)
    return gain.to_numpy()


def _sampled(rows: Rows, gains: Gains, choices: Choices) -> npt.NDArray[np.bool_]:
    """Every chosen candidate, and of the others so many a user by lot.

    The lot hangs on the user's id, the seed and the place in the list: on no other user.
    """
    if choices.negatives is None:
        return np.ones(len(gains), np.bool_)
    lengths = np.diff(rows.starts)
    users = np.repeat(np.arange(len(lengths)), lengths)
    places = (np.arange(len(gains)) - rows.starts[users]).astype(np.uint64)
    lots = scramble(user_keys(rows.users, choices.seed)[users] + places)
    others = np.flatnonzero(gains <= 0)
    order = others[np.lexsort((lots[others], users[others]))]
    first = np.searchsorted(users[order], users[order])
    keep = gains > 0
    keep[order[np.arange(len(order)) - first < choices.negatives]] = True
    return keep
