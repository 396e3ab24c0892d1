"""What a ranker learns from, and what it has learned."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.matrix import ignore

Features = npt.NDArray[np.float32]  # [rows, features], NaN where a value is missing
Scores = npt.NDArray[np.float64]  # [rows]
Score = Callable[[Features], Scores]
# [rows, features + 1] what each feature adds to a score, the bias last: a row's sum is its score.
Contributions = npt.NDArray[np.float64]
Explain = Callable[[Features], Contributions]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


def never() -> bool:
    """Of a training without a limit: its time is not over."""
    return False


@dataclass(frozen=True)
class RankingData:
    """Candidates with features and relevance, a user's rows together.

    Memory: 4 bytes for each row and feature.
    """

    names: tuple[str, ...]  # [features]
    categorical: tuple[str, ...]  # features that are codes from 0, not quantities
    features: Features
    relevance: npt.NDArray[np.float32]  # [rows] gain, 0 where the user did not choose the item
    sizes: npt.NDArray[np.int64]  # [lists] rows of each, of which at least one is above 0
    users: pl.Series  # [lists] whose they are
    moments: npt.NDArray[np.int64]  # [lists] when, in microseconds; all the same if unknown
    threads: int = 1
    report: Callable[[str], None] = ignore
    stands: Floats | None = None  # [rows] how many candidates each row stands for
    weights: Floats | None = None  # [rows] what each counts beside the others; 1 without
    propensities: Floats | None = None  # [rows] chance that it was seen, of what was chosen
    objectives: Floats | None = None  # [rows, objectives] gain by each kind of label
    # Asked after each step of learning: where it is so, the best so far is what was learned.
    out_of_time: Callable[[], bool] = never

    def of_lists(self, chosen: Flags) -> "RankingData":
        """The rows of some lists [lists]."""
        rows = np.repeat(chosen, self.sizes)
        given = {name: getattr(self, name) for name in ROWWISE}
        kept: dict[str, Any] = {
            name: values[rows] for name, values in given.items() if values is not None
        }
        return replace(
            self,
            **kept,
            sizes=self.sizes[chosen],
            users=self.users.filter(pl.Series(chosen)),
            moments=self.moments[chosen],
        )

    @property
    def worth(self) -> Floats:
        """Gains [rows], those of what few would have seen where it stood raised to match.

        Inverse propensity scoring: what was chosen at a place that one in five looks at is worth
        five, for the four who would have chosen it there and did not look.
        """
        return self.relevance if self.propensities is None else self.relevance / self.propensities

    @property
    def shares(self) -> Scores:
        """Weights [rows] with a mean of 1: only their proportions count, whatever a penalty is."""
        if self.weights is None:
            return np.ones(len(self.relevance))
        weights = self.weights.astype(np.float64)
        shares: Scores = weights / (np.cumsum(weights)[-1] / len(weights))
        return shares


def joined(parts: Sequence[RankingData]) -> RankingData:
    """The lists of several parts, one after the other."""
    given = {name: [getattr(part, name) for part in parts] for name in ROWWISE}
    kept: dict[str, Any] = {
        name: np.concatenate(values) for name, values in given.items() if values[0] is not None
    }
    return replace(
        parts[0],
        **kept,
        sizes=np.concatenate([part.sizes for part in parts]),
        users=pl.concat([part.users for part in parts]),
        moments=np.concatenate([part.moments for part in parts]),
    )


ROWWISE = ("features", "relevance", "stands", "weights", "propensities", "objectives")


@dataclass(frozen=True)
class RowScorer:
    """What `fit` of a ranker returns: all that is needed to score a row of features.

    The plug-in's `open` and `explain` make functions of the saved files again.
    """

    files: Mapping[str, str]  # name to text that other tools can open
    importances: Mapping[str, Mapping[str, float]]  # kind, feature, value
    facts: Mapping[str, float] = field(default_factory=dict)  # of the training, for `inspect`
    libraries: tuple[str, ...] = ()  # whose versions go into the manifest
    cut_short: bool = False  # by the end of the time, which kept the best so far


def user_keys(users: pl.Series, seed: int) -> npt.NDArray[np.uint64]:
    """64 random-looking bits for each user [users], from nothing but the id and the seed."""
    salt = seed.to_bytes(8, "little")
    digests = (
        hashlib.blake2b(str(user).encode(), digest_size=8, salt=salt).digest() for user in users
    )
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def held_out(data: RankingData, share: float, seed: int) -> Flags:
    """Which lists [lists] a training keeps aside: none where all of them would be.

    The latest where they have moments of their own, as tomorrow will be; else those of some
    users, whose lot hangs on nobody else's.
    """
    if len(np.unique(data.moments)) > 1:
        ordered = np.sort(data.moments)
        last = ordered[min(int(np.ceil((1 - share) * len(ordered))), len(ordered) - 1)]
        aside = data.moments >= last if share else np.zeros(len(ordered), np.bool_)
    else:
        aside = user_keys(data.users, seed) < np.uint64(int(share * float(1 << 63)) << 1)
    # Nothing can be measured on lists that weigh nothing, nor learned from them.
    both = not aside.all() and _weighs(data, aside) and _weighs(data, ~aside)
    return aside if both else np.zeros_like(aside)


def _weighs(data: RankingData, lists: Flags) -> bool:
    """Whether some of what was chosen in lists [lists], and some of what was not, counts."""
    if data.weights is None:
        return True
    counts = np.repeat(lists, data.sizes) & (data.weights > 0)
    return bool((counts & (data.relevance > 0)).any() and (counts & (data.relevance <= 0)).any())
