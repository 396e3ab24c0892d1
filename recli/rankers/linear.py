"""Order candidates by a weighted sum of features; weights by coordinate ascent on NDCG.

Metzler and Croft, "Linear feature-based models for information retrieval", Information
Retrieval 2007. Features are standardised, what is missing counts as their mean, a category as
how often it was chosen; weights add up to 1, so they say what the blend is made of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE
from recli.kernels.ranker import Ranker
from recli.kernels.ranker_fields import Monotone, Validation, directions
from recli.kernels.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from recli.kernels.ranking import (
        Contributions,
        Explain,
        Features,
        RankingData,
        RowScorer,
        Score,
        Scores,
    )
    from recli.kernels.standard import Standard

MODEL = "weights.json"


@dataclass(frozen=True)
class Linear(Ranker):
    """The first climb begins at the best single feature, so the blend is no worse than that."""

    starts: Annotated[int, "Climbs, from different weights; the best is kept.", AT_LEAST_1] = 3
    sweeps: Annotated[int, "Most passes over the features in a climb.", AT_LEAST_1] = 25
    truncation: Annotated[int, "Places from the top that count.", AT_LEAST_1] = 10
    validation: Validation = 0.1
    patience: Annotated[
        int, "Passes without a gain on those lists before a climb stops.", AT_LEAST_1
    ] = 3
    monotone: Monotone = ""
    seed: Annotated[int, "Seed of the order of features and of the starts.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Scales and weights as JSON; a feature matters as much as it spreads scores."""
        import numpy as np

        from recli.kernels.coordinate_ascent import Hill, climb
        from recli.kernels.list_gain import ListGain
        from recli.kernels.ranking import RowScorer, held_out
        from recli.kernels.standard import Standard, total

        signs = np.array(directions(self.monotone, data.names, data.categorical), np.int64)
        aside = held_out(data, self.validation, self.seed)
        known = data.of_lists(~aside)
        watched = data.of_lists(aside) if aside.any() else known
        scale = Standard.of(known)
        hill = Hill(
            scale.columns(known.features),
            ListGain.of(known, self.truncation),
            np.flatnonzero(scale.scales),
            signs,
            np.random.default_rng(self.seed),
        )
        beside, gain = scale.columns(watched.features), ListGain.of(watched, self.truncation)
        weights, watch = climb(
            hill,
            self.starts,
            lambda: Watch(self.sweeps + 1, self.patience, data.out_of_time),
            lambda weights: -gain.mean(total(beside, weights)),
            data.report,
        )
        told = f"ndcg@{self.truncation}{' of lists kept aside' * bool(aside.any())}"
        facts: dict[str, float] = {"sweeps": watch.kept - 1, "lists kept aside": int(aside.sum())}
        facts[told] = round(-watch.best, 6)
        text = json.dumps({"scale": scale.record(), "weights": weights.tolist()})
        spread = np.abs(weights) * hill.columns.std(axis=1, dtype=np.float64)
        importances = {"spread": dict(zip(data.names, spread.tolist(), strict=True))}
        return RowScorer({MODEL: text}, importances, facts, cut_short=watch.cut_short)

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features by saved weights."""
        from recli.kernels.standard import total

        scale, weights = _opened(files)

        def score(features: Features) -> Scores:
            return total(scale.columns(features), weights)

        return score

    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells what each feature adds: itself, standardised, by its weight."""
        import numpy as np

        scale, weights = _opened(files)

        def contributions(features: Features) -> Contributions:
            added = weights[:, None] * scale.columns(features)
            return np.vstack([added, np.zeros(len(features))]).T

        return contributions


def _opened(files: Mapping[str, str]) -> tuple[Standard, npt.NDArray[np.float64]]:
    import numpy as np

    from recli.kernels.standard import Standard

    record = json.loads(files[MODEL])
    return Standard.read(record["scale"]), np.array(record["weights"])
