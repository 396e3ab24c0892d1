"""Order candidates by a factorization machine: weights of bins, and how all pairs agree.

Rendle, "Factorization machines", ICDM 2010, (1), with the log loss. Bins and codes as of
`train-logistic`; every pair of features is crossed by the dot product of their codes' vectors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Range, Tuned
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
    epochs: Annotated[int, "Most passes over the rows.", AT_LEAST_1] = 30
    learning_rate: Annotated[
        float, "Length of AdaGrad's first steps.", POSITIVE, Tuned(0.002, 0.2, log=True)
    ] = 0.02
    l2: Annotated[
        float, "L2 penalty; raise it on few rows.", NOT_NEGATIVE, Tuned(0.1, 30, log=True)
    ] = 4.0
    bins: Annotated[
        int, "Bins of a quantity, by its quantiles.", Range(least=1, most=255), Tuned(4, 64)
    ] = 16
    validation: Validation = 0.1
    patience: Annotated[
        int, "Passes without a gain on those lists before it stops.", AT_LEAST_1
    ] = 3
    seed: Annotated[int, "Seed of the vectors and of the order.", NOT_NEGATIVE] = 0

    def fit(self, data: RankingData) -> RowScorer:
        """Bins, weights and vectors of the best pass as JSON."""
        import numpy as np

        from recli.kernels import binning, fm
        from recli.kernels.chances import log_loss, odds_rows, spread
        from recli.kernels.ranking import RowScorer, held_out

        bins = binning.learned(data.names, data.categorical, data.features, self.bins)
        codes = bins.codes(data.features)
        chosen, shares = odds_rows(data)
        lists = held_out(data, self.validation, self.seed)
        aside = np.repeat(lists, data.sizes)
        known = np.flatnonzero(~aside)
        draw = np.random.default_rng(self.seed)
        machine = fm.Machine.fresh(int(bins.starts[-1]), self.factors, draw)
        weights = shares.astype(np.float32)
        # Spread over the rows of a code, so that what is met often is held no tighter.
        counts = np.bincount(codes[known].ravel(), minlength=len(machine.vectors))
        penalties = (self.l2 / np.maximum(counts, 1)).astype(np.float32)
        watch = Watch(self.epochs, self.patience, data.out_of_time, bool(aside.any()))
        kept = machine.weights, machine.vectors
        while not watch.over():
            order = draw.permutation(known)
            lost = fm.epoch(machine, codes, chosen, weights, order, self.learning_rate, penalties)
            if watch.aside:
                found = fm.scores(codes[aside], machine.weights, machine.vectors)
                lost = log_loss(found, chosen[aside], shares[aside])
            data.report(f"pass {watch.steps + 1}, log loss {lost:.5f}")
            if watch.better(lost):
                kept = machine.weights.copy(), machine.vectors.copy()
        told = f"log loss{' of lists kept aside' * watch.aside}"
        facts = {
            "passes": watch.kept,
            "lists kept aside": int(lists.sum()),
            told: round(watch.best, 6),
        }
        record = {"bins": bins.record(), "weights": kept[0].tolist(), "vectors": kept[1].tolist()}
        importances = {"spread": spread(data.names, codes, *kept)}
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
