"""A ranker fitted so that its scores can be read as chances, and how well they can."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recli.errors import RecliError
from recli.kernels import calibration
from recli.kernels.calibration import Calibration, Kind
from recli.kernels.ranking import Flags, RankingData, RowScorer, held_out

ASIDE = 0.1  # share of the lists for a ranker that keeps none aside by itself


@dataclass(frozen=True)
class Calibrated:
    """What was learned, the map to chances, and its reliability on lists that it has not seen."""

    learned: RowScorer
    calibration: Calibration
    table: list[dict[str, float]]


def fit(ranker: Any, data: RankingData, kind: Kind) -> Calibrated:
    """The map is fitted to lists kept aside; its reliability is that of one half by the other.

    Chances are those of a candidate of a user who chooses one of them. Candidates that were
    sampled away are counted by those that were kept; weights teach the ranker alone, and the
    place at which a candidate was shown is no part of its chance. Raises RecliError for too few
    lists.
    """
    aside = lists_aside(ranker, data, kind)
    if aside.sum() < 2:
        raise RecliError(
            f"{int(aside.sum())} of {len(aside)} lists kept aside are too few to calibrate on",
            "give labels of more users, or leave --calibrate out",
        )
    # A ranker that keeps lists aside by itself keeps the same ones.
    learned: RowScorer = ranker.fit(data if ranker.validation else data.of_lists(~aside))
    rows = data.of_lists(aside)
    scores = ranker.open(learned.files, data.threads)(rows.features)
    chosen = rows.relevance > 0
    weights = np.ones(len(chosen)) if rows.stands is None else rows.stands.astype(np.float64)
    second = np.repeat(np.arange(len(rows.sizes)) % 2 == 1, rows.sizes)
    half = calibration.fitted(kind, scores[~second], chosen[~second], weights[~second])
    table = calibration.reliability(half(scores[second]), chosen[second], weights[second])
    return Calibrated(learned, calibration.fitted(kind, scores, chosen, weights), table)


def lists_aside(ranker: Any, data: RankingData, kind: Kind | None) -> Flags:
    """Lists that a training does not learn from: the ranker's own, or those to calibrate on."""
    return held_out(data, ranker.validation or (ASIDE if kind else 0.0), ranker.seed)
