"""Order candidates by the chance that each is chosen: a weight for each bin of each feature.

The wide model of Cheng et al., "Wide & deep learning for recommender systems", DLRS 2016, (1):
logistic regression over binned features, and those of --cross, here solved by L-BFGS, to its end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Range, Tuned
from recli.kernels.ranker import Ranker

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from recli.kernels.binning import Bins
    from recli.kernels.ranking import (
        Contributions,
        Explain,
        Features,
        RankingData,
        RowScorer,
        Score,
        Scores,
    )

MODEL = "weights.json"


@dataclass(frozen=True)
class Logistic(Ranker):
    """Log odds are the sum of the weights of a row's bins."""

    l2: Annotated[
        float, "L2 penalty; raise it on few rows.", NOT_NEGATIVE, Tuned(0.01, 100, log=True)
    ] = 1.0
    bins: Annotated[
        int, "Bins of a quantity, by its quantiles.", Range(least=1, most=255), Tuned(4, 64)
    ] = 16
    iterations: Annotated[int, "Most steps of the solver.", AT_LEAST_1] = 200
    seed: Annotated[int, "Seed of the candidates that --negatives keeps.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Bins and weights as JSON; a feature matters as much as its weights spread scores."""
        from recli.kernels import binning, logistic
        from recli.kernels.chances import odds_rows, spread
        from recli.kernels.ranking import RowScorer

        bins = binning.learned(data.names, data.categorical, data.features, self.bins)
        codes = bins.codes(data.features)
        chosen, shares = odds_rows(data)
        rows = logistic.Rows(codes, chosen, shares, int(bins.starts[-1]), data.threads)
        weights = logistic.fit(rows, self.l2, self.iterations, data.report)
        text = json.dumps({"bins": bins.record(), "weights": weights.tolist()})
        importances = {"spread": spread(data.names, codes, weights)}
        return RowScorer({MODEL: text}, importances, {"weights": len(weights)}, ("scipy",))

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features with saved weights: log odds."""
        from recli.kernels import logistic

        bins, weights = _learned(files)

        def score(features: Features) -> Scores:
            return logistic.scores(bins.codes(features), weights)

        return score

    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells what each feature adds: the weight of its code."""
        from recli.kernels.chances import added

        bins, weights = _learned(files)

        def contributions(features: Features) -> Contributions:
            return added(bins.codes(features), weights)

        return contributions


def _learned(files: Mapping[str, str]) -> tuple[Bins, npt.NDArray[np.float64]]:
    """Bins and weights that were saved."""
    import numpy as np

    from recli.kernels.binning import Bins

    record = json.loads(files[MODEL])
    return Bins.of(record["bins"]), np.array(record["weights"])
