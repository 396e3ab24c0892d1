"""What a ranker learns from, and what it has learned."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
    stands: npt.NDArray[np.float32] | None = None  # [rows] how many candidates each row stands for

    def of_lists(self, chosen: Flags) -> "RankingData":
        """The rows of some lists [lists]."""
        rows = np.repeat(chosen, self.sizes)
        return RankingData(
            self.names,
            self.categorical,
            self.features[rows],
            self.relevance[rows],
            self.sizes[chosen],
            self.users.filter(pl.Series(chosen)),
            self.moments[chosen],
            self.threads,
            self.report,
            None if self.stands is None else self.stands[rows],
        )


@dataclass(frozen=True)
class RowScorer:
    """What `fit` of a ranker returns: all that is needed to score a row of features.

    The plug-in's `open` and `explain` make functions of the saved files again.
    """

    files: Mapping[str, str]  # name to text that other tools can open
    importances: Mapping[str, Mapping[str, float]]  # kind, feature, value
    facts: Mapping[str, float] = field(default_factory=dict)  # of the training, for `inspect`
    libraries: tuple[str, ...] = ()  # whose versions go into the manifest


def user_keys(users: pl.Series, seed: int) -> npt.NDArray[np.uint64]:
    """64 random-looking bits for each user [users], from nothing but the id and the seed."""
    salt = seed.to_bytes(8, "little")
    digests = (
        hashlib.blake2b(str(user).encode(), digest_size=8, salt=salt).digest() for user in users
    )
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def held_out(data: RankingData, share: float, seed: int) -> Flags:
    """Which lists [lists] a training keeps aside.

    The latest where they have moments of their own, as tomorrow will be; else those of some
    users, whose lot hangs on nobody else's.
    """
    if len(np.unique(data.moments)) > 1:
        ordered = np.sort(data.moments)
        last = ordered[min(int(np.ceil((1 - share) * len(ordered))), len(ordered) - 1)]
        return data.moments >= last if share else np.zeros(len(ordered), np.bool_)
    return user_keys(data.users, seed) < np.uint64(int(share * float(1 << 63)) << 1)
