"""Order candidates by the chance that each is chosen: a weight for each bin of each feature.

The wide model of Cheng et al., "Wide & deep learning for recommender systems", DLRS 2016, (1):
logistic regression over binned features, and those of --cross, here solved by L-BFGS, to its end:
stopped early on lists kept aside it ordered those to come worse than by its penalty alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Range, Tuned
from recli.kernels.ranker import Ranker
from recli.kernels.ranker_fields import Measured
from recli.kernels.watch import Watch

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
    validation: Measured = 0.1
    seed: Annotated[int, "Seed of the lists kept aside.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Bins and weights as JSON; a feature matters as much as its weights spread scores."""
        import numpy as np

        from recli.kernels import binning, logistic
        from recli.kernels.chances import log_loss, odds_rows, spread
        from recli.kernels.ranking import RowScorer, held_out

        bins = binning.learned(data.names, data.categorical, data.features, self.bins)
        codes = bins.codes(data.features)
        chosen, shares = odds_rows(data)
        lists = held_out(data, self.validation, self.seed)
        aside = np.repeat(lists, data.sizes)
        known = logistic.Rows(
            codes[~aside], chosen[~aside], shares[~aside], int(bins.starts[-1]), data.threads
        )
        watch = Watch(self.iterations, 1, data.out_of_time, aside=False)
        weights = logistic.fit(known, self.l2, watch, data.report)
        text = json.dumps({"bins": bins.record(), "weights": weights.tolist()})
        importances = {"spread": spread(data.names, codes, weights)}
        facts: dict[str, float] = {"weights": len(weights), "lists kept aside": int(lists.sum())}
        if lists.any():
            odds = logistic.scores(codes[aside], weights)
            lost = log_loss(odds, chosen[aside], shares[aside])
            facts["log loss of lists kept aside"] = round(lost, 6)
        return RowScorer({MODEL: text}, importances, facts, ("scipy",), watch.cut_short)

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
