"""Order candidates by a linear bandit: what a ridge regression expects, and how unsure it is.

LinUCB with one model for all items: Li et al., "A contextual-bandit approach to personalized
news article recommendation", WWW 2010. `rank` writes how unsure it is of each candidate, in
units of the reward and for alpha 1, as a column `uncertainty`. Features are standardised, what is
missing counts as their mean, a category as how often it was chosen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import NOT_NEGATIVE, POSITIVE, Tuned
from recli.kernels.ranker import Ranker
from recli.kernels.ranker_fields import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping

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

MODEL = "regression.json"


@dataclass(frozen=True)
class Linucb(Ranker):
    """Expected gain plus alpha times its uncertainty: what was seldom seen is tried."""

    alpha: Annotated[float, "Worth of uncertainty; 0: none is tried.", NOT_NEGATIVE] = 0.5
    l2: Annotated[
        float, "L2 penalty, and so many rows of doubt.", POSITIVE, Tuned(0.01, 100, log=True)
    ] = 1.0
    validation: Measured = 0.1
    seed: Annotated[int, "Seed of the lists kept aside.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Scales, weights and the inverse as JSON; a feature matters as it spreads scores."""
        import numpy as np

        from recli.kernels import ridge
        from recli.kernels.ranking import RowScorer, held_out
        from recli.kernels.standard import Standard

        aside = held_out(data, self.validation, self.seed)
        known = data.of_lists(~aside)
        scale = Standard.of(known)
        columns = scale.columns(known.features)
        weights, inverse = ridge.fit(columns, known.worth, known.shares, self.l2, data.threads)
        record = {
            "scale": scale.record(),
            "weights": weights.tolist(),
            "inverse": inverse.tolist(),
        }
        spread = np.abs(weights[:-1]) * columns.std(axis=1, dtype=np.float64)
        importances = {"spread": dict(zip(data.names, spread.tolist(), strict=True))}
        facts = {"weights": len(weights), "lists kept aside": int(aside.sum())}
        return RowScorer({MODEL: json.dumps(record)}, importances, facts)

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features: an upper confidence bound."""
        import numpy as np

        from recli.kernels.standard import total

        scale, record = _opened(files)
        weights, unsure = np.array(record["weights"]), self.uncertain(files, threads)

        def score(features: Features) -> Scores:
            expected: Scores = total(scale.columns(features), weights[:-1]) + weights[-1]
            if self.alpha:
                expected += self.alpha * unsure(features)
            return expected

        return score

    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells what each feature adds, its share of the uncertainty with it."""
        import numpy as np

        from recli.kernels.ridge import shares

        scale, record = _opened(files)
        weights, inverse = np.array(record["weights"]), np.array(record["inverse"])

        def contributions(features: Features) -> Contributions:
            columns = scale.columns(features)
            added: Contributions = weights * np.vstack([columns, np.ones(len(features))]).T
            added += self.alpha * shares(columns, inverse)
            return added

        return contributions

    def uncertain(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that says how unsure the score of rows of features is."""
        import numpy as np

        from recli.kernels.ridge import widths

        scale, record = _opened(files)
        inverse = np.array(record["inverse"])

        def unsure(features: Features) -> Scores:
            return widths(scale.columns(features), inverse)

        return unsure


def _opened(files: Mapping[str, str]) -> tuple[Standard, dict[str, list[float]]]:
    from recli.kernels.standard import Standard

    record = json.loads(files[MODEL])
    return Standard.read(record["scale"]), record
