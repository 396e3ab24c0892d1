"""Order candidates by a factorization machine: weights of bins, and how all pairs agree.

Rendle, "Factorization machines", ICDM 2010, (1), with the log loss. Bins and codes as of
`train-logistic`; every pair of features is crossed by the dot product of their codes' vectors.
Fitted by variational Bayes, so that what it was seldom told of weighs little; scored by the means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Range, Tuned
from recli.kernels.ranker import Ranker
from recli.kernels.ranker_fields import Validation
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

MODEL = "machine.json"


@dataclass(frozen=True)
class Fm(Ranker):
    """Log odds: bias + weights of codes + dot products of all pairs of their vectors."""

    factors: Annotated[int, "Length of the vectors.", AT_LEAST_1, Tuned(2, 64, log=True)] = 8
    sweeps: Annotated[int, "Passes over the rows.", AT_LEAST_1] = 30
    bins: Annotated[
        int, "Bins of a quantity, by its quantiles.", Range(least=1, most=255), Tuned(4, 64)
    ] = 16
    validation: Validation = 0.1
    patience: Annotated[
        int, "Sweeps without a gain on those lists before it stops.", AT_LEAST_1
    ] = 3
    seed: Annotated[int, "Seed of the first vectors.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Bins, and the means of weights and vectors after the best sweep, as JSON."""
        import numpy as np

        from recli.kernels import binning, fm
        from recli.kernels.chances import log_loss, odds_rows, spread
        from recli.kernels.ranking import RowScorer, held_out

        bins = binning.learned(data.names, data.categorical, data.features, self.bins)
        codes = bins.codes(data.features)
        chosen, shares = odds_rows(data)
        lists = held_out(data, self.validation, self.seed)
        aside = np.repeat(lists, data.sizes)
        draw = np.random.default_rng(self.seed)
        machine = fm.Machine.fresh(bins.starts, self.factors, draw)
        learning = fm.Learning(machine, codes[~aside], chosen[~aside], shares[~aside])
        watch = Watch(self.sweeps, self.patience, data.out_of_time, bool(aside.any()))
        kept = machine.point()
        while not watch.over():
            learning.sweep()
            point = machine.point()
            lost = log_loss(learning.means, chosen[~aside], shares[~aside])
            if watch.aside:
                lost = log_loss(fm.scores(codes[aside], *point), chosen[aside], shares[aside])
            data.report(f"sweep {watch.steps + 1}, log loss {lost:.5f}")
            if watch.better(lost):
                kept = point
        told = f"log loss{' of lists kept aside' * watch.aside}"
        facts = {
            "sweeps": watch.kept,
            "lists kept aside": int(lists.sum()),
            told: round(watch.best, 6),
        }
        weights, vectors = kept
        record = {"bins": bins.record(), "weights": weights.tolist(), "vectors": vectors.tolist()}
        importances = {"spread": spread(data.names, codes, weights, vectors)}
        text = json.dumps(record)
        return RowScorer({MODEL: text}, importances, facts, cut_short=watch.cut_short)

    def open(self, files: Mapping[str, str], threads: int) -> Score:
        """The function that scores rows of features with a saved machine: log odds."""
        from recli.kernels import fm

        bins, weights, vectors = _machine(files)

        def score(features: Features) -> Scores:
            return fm.scores(bins.codes(features), weights, vectors)

        return score

    def explain(self, files: Mapping[str, str], threads: int) -> Explain:
        """The function that tells what each feature adds: its weight, and half of its products."""
        from recli.kernels.chances import added

        bins, weights, vectors = _machine(files)

        def contributions(features: Features) -> Contributions:
            return added(bins.codes(features), weights, vectors)

        return contributions


def _machine(
    files: Mapping[str, str],
) -> tuple[Bins, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Bins, weights and vectors of a saved machine."""
    import numpy as np

    from recli.kernels.binning import Bins

    record = json.loads(files[MODEL])
    weights, vectors = (np.array(record[name], np.float32) for name in ("weights", "vectors"))
    return Bins.of(record["bins"]), weights, vectors
