"""What rankers by log odds share: rows with weights, the log loss, what each feature adds."""

import numpy as np
import numpy.typing as npt

from recli.kernels.binning import Codes
from recli.kernels.ranking import Contributions, RankingData

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def odds_rows(data: RankingData) -> tuple[Flags, Doubles]:
    """Whether each row [rows] was chosen, and its weight: of one that was, times its worth."""
    chosen = data.relevance > 0
    return chosen, data.shares * np.where(chosen, data.worth.astype(np.float64), 1.0)


def log_loss(odds: Doubles, chosen: Flags, weights: Doubles) -> float:
    """Mean of -log chance of what was so, by weight, from log odds [rows].

    >>> round(log_loss(np.array([0.0, 50.0]), np.array([True, True]), np.ones(2)), 4)
    0.3466
    """
    signed = np.where(chosen, odds, -odds)
    lost = np.logaddexp(0, -signed)
    return float(np.cumsum(lost * weights)[-1] / weights.sum())


def added(
    codes: Codes,
    weights: npt.NDArray[np.floating],
    vectors: npt.NDArray[np.floating] | None = None,
) -> Contributions:
    """What each feature adds to the log odds, and last the bias: [rows, features + 1].

    The dot product of two is shared by both.
    """
    adds = np.empty((len(codes), codes.shape[1] + 1))
    adds[:, :-1], adds[:, -1] = weights[codes], weights[-1]
    if vectors is not None:
        held = np.zeros((len(codes), vectors.shape[1]))
        for at in range(codes.shape[1]):
            held += vectors[codes[:, at]]
        for at in range(codes.shape[1]):
            mine = vectors[codes[:, at]].astype(np.float64)
            adds[:, at] += (mine * (held - mine)).sum(axis=1) / 2
    return adds


def spread(
    names: tuple[str, ...],
    codes: Codes,
    weights: npt.NDArray[np.floating],
    vectors: npt.NDArray[np.floating] | None = None,
) -> dict[str, float]:
    """Standard deviation over rows of what each feature adds to the log odds, by name."""
    adds = added(codes, weights, vectors)[:, :-1]
    return dict(zip(names, adds.std(axis=0).tolist(), strict=True))
