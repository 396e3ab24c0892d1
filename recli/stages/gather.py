"""The candidates that a ranker learns from: features and gains, some of those not chosen."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.matrix import ignore
from recli.kernels.ranking import Flags, Floats, RankingData, joined, never, user_keys
from recli.kernels.splitmix import scramble
from recli.stages.features import Making
from recli.stages.features_block import Rows, of_block
from recli.stages.groups import Grouping, Groups
from recli.stages.labels import KEYS, YOUNG, Labels
from recli.stages.weights import Weighing
from recli.tables import AS_OF


@dataclass(frozen=True)
class Choices:
    """What a training may be told beside the ranker's own parameters."""

    labels: Labels = field(default_factory=Labels)
    weighing: Weighing = field(default_factory=Weighing)
    grouping: Grouping = field(default_factory=Grouping)
    negatives: int | None = None  # most candidates of a group that were not chosen
    seed: int = 0
    threads: int = 1
    report: Any = ignore
    out_of_time: Callable[[], bool] = never


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
    told = ("threads", "report", "out_of_time")
    data = replace(joined(kept), **{name: getattr(choices, name) for name in told})
    if not len(data.users) and counts[f"lists {YOUNG}"]:
        raise RecliError(
            f"{counts[f'lists {YOUNG}']:,} lists are {YOUNG}: labels may still come",
            "give older lists, or a shorter --label-delay",
        )
    if not len(data.users):
        raise RecliError(
            "no user chose some of the candidates and left others: nothing to learn from",
            "retrieve more, for the users of the labels: --users labels.parquet -k 200",
        )
    return choices.weighing.finished(data), counts


def _of_block(making: Making, block: Block, choices: Choices, counts: Counter[str]) -> RankingData:
    labels = choices.labels.of(block)
    told = block["candidates"].filter(pl.col("user_id").is_in(labels["user_id"].unique().implode()))
    ripe = choices.labels.ripe(told)
    if choices.labels.last is not None:
        lists = [frame.select("user_id", AS_OF).n_unique() for frame in (told, ripe)]
        counts[f"lists {YOUNG}"] += lists[0] - lists[1]
    rows = of_block(making, block | {"candidates": ripe})
    found = choices.labels.found(rows.frame, labels)
    chosen = found["gain"].to_numpy() > 0
    groups = choices.grouping.of(rows)
    counts["of them in the labels"] += len(rows.users)
    counts["with a candidate chosen"] += len(np.unique(groups.owners[chosen]))
    if "labels" in block:
        mine = labels.filter(pl.col("user_id").is_in(rows.users.implode()))
        counts["labels"] += mine.select(KEYS).n_unique()
        pairs = rows.frame.filter(pl.Series(chosen)).select(KEYS)
        counts["labels among the candidates"] += pairs.n_unique()
    return _kept(rows, found, groups, choices)


def _kept(rows: Rows, found: pl.DataFrame, groups: Groups, choices: Choices) -> RankingData:
    """The sampled rows of the groups that are of use, run by run of their lists."""
    gains, owners = found["gain"].to_numpy(), groups.owners
    left = gains <= 0
    every, ups = (np.bincount(owners, one, len(groups.users)) for one in (left, ~left))
    useful = (ups > 0) & (every > 0)
    keep = _sampled(groups, gains, choices) & useful[owners]
    parts = [np.empty((0, len(rows.layout.names)), np.float32)]
    for lists in rows.runs():
        one = keep[rows.starts[lists.start] : rows.starts[lists.stop]]
        parts.append(rows.features(lists, choices.threads)[one])
    # What was not chosen was sampled: each that was kept stands for its share of them all.
    some = np.bincount(owners, left & keep, len(groups.users))
    stands = np.where(left, (every / np.maximum(some, 1))[owners], 1.0)[keep]
    kept = pl.Series(keep, dtype=pl.Boolean)
    told, held = found.filter(kept), owners[keep]
    objectives = told.select("^objective .*$").cast(pl.Float32)
    return RankingData(
        rows.layout.names,
        rows.layout.categorical,
        np.concatenate(parts),
        gains[keep],
        np.bincount(held, minlength=len(groups.users))[useful].astype(np.int64),
        groups.users.filter(pl.Series(useful, dtype=pl.Boolean)),
        groups.moments[useful],
        stands=stands.astype(np.float32),
        objectives=objectives.to_numpy() if objectives.width else None,
        **choices.weighing.of(rows.frame.filter(kept), told, held, ~left[keep]),
    )


def _sampled(groups: Groups, gains: Floats, choices: Choices) -> Flags:
    """Every chosen candidate, and of the others so many a group by lot.

    The lot hangs on the user's id, the seed and the place in the group: on no other user.
    """
    if choices.negatives is None:
        return np.ones(len(gains), np.bool_)
    users = groups.owners
    places = (np.arange(len(gains)) - groups.starts[users]).astype(np.uint64)
    lots = scramble(user_keys(groups.users, choices.seed)[users] + places)
    others = np.flatnonzero(gains <= 0)
    order = others[np.lexsort((lots[others], users[others]))]
    first = np.searchsorted(users[order], users[order])
    keep: npt.NDArray[np.bool_] = gains > 0
    keep[order[np.arange(len(order)) - first < choices.negatives]] = True
    return keep
