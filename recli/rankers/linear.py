"""Order candidates by a weighted sum of features that makes what was chosen likely in its list.

ListNet: Cao et al., "Learning to rank: from pairwise approach to listwise approach", ICML 2007.
Features are standardised, what is missing counts as their mean, a category as how often it was
chosen; solved by L-BFGS, to its end. The steadiest ranker on few lists.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Tuned
from recli.kernels.ranker import Ranker
from recli.kernels.ranker_fields import Measured, Monotone, directions
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
    """The difference of two scores is the log of how much likelier one is chosen than the other."""

    l2: Annotated[
        float, "L2 penalty; raise it on few lists.", NOT_NEGATIVE, Tuned(0.1, 1000, log=True)
    ] = 30.0
    iterations: Annotated[int, "Most steps of the solver.", AT_LEAST_1] = 200
    validation: Measured = 0.1
    monotone: Monotone = ""
    seed: Annotated[int, "Seed of the lists kept aside.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Scales and weights as JSON; a feature matters as much as it spreads scores."""
        import numpy as np

        from recli.kernels import softmax
        from recli.kernels.list_gain import ListGain
        from recli.kernels.ranking import RowScorer, held_out
        from recli.kernels.standard import Standard, total

        signs = np.array(directions(self.monotone, data.names, data.categorical), np.int64)
        aside = held_out(data, self.validation, self.seed)
        known = data.of_lists(~aside)
        scale = Standard.of(known)
        columns = scale.columns(known.features)
        watch = Watch(self.iterations, 1, data.out_of_time, aside=False)
        weights = softmax.fit(
            np.ascontiguousarray(columns.T),
            softmax.Chosen.of(known),
            signs,
            self.l2,
            watch,
            data.report,
            data.threads,
        )
        facts: dict[str, float] = {"weights": len(weights), "lists kept aside": int(aside.sum())}
        if aside.any():
            asked = data.of_lists(aside)
            found = ListGain.of(asked).mean(total(scale.columns(asked.features), weights))
            facts["ndcg@10 of lists kept aside"] = round(found, 6)
        text = json.dumps({"scale": scale.record(), "weights": weights.tolist()})
        spread = np.abs(weights) * columns.std(axis=1, dtype=np.float64)
        importances = {"spread": dict(zip(data.names, spread.tolist(), strict=True))}
        return RowScorer({MODEL: text}, importances, facts, ("scipy",), watch.cut_short)

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
