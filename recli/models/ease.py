"""Item weights in closed form: strong on sparse logs, and nothing to iterate.

Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, arXiv 1905.03375 (equation
8); Steck, "Autoencoders that don't overfit towards the identity", NeurIPS 2020 (dropout, equation
7). It inverts a matrix of the fewer of users and items, at 2 bytes a cell: 30,000 take 1.7 GiB. The
same bytes for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.errors import RecliError
from recli.fields import AT_LEAST_1, POSITIVE, Range, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemWeights


@dataclass(frozen=True)
class Ease(Learner):
    """Linear regression of every item on all others; `kernels/ease.py` holds the objective.

    Exponents of 0 and no dropout are the method as published. The defaults were chosen on a
    held-back part of the Gowalla training log; fewer neighbours than all score better there.
    """

    regularization: Annotated[
        float, "L2 penalty; raise it on sparse data.", POSITIVE, Tuned(1, 5000, log=True)
    ] = 30.0
    dropout: Annotated[
        float,
        "Share of a history hidden in training; penalizes items by what they weigh in all.",
        Range(least=0, below=1),
        Tuned(0, 0.8),
    ] = 0.0
    user_exponent: Annotated[
        float, "How much less users of many items count; 0 is as much as all others.", Tuned(0, 1)
    ] = 0.5
    item_exponent: Annotated[
        float, "How the penalty grows with an item's popularity; 0 is not at all.", Tuned(0, 1)
    ] = 0.5
    neighbours: Annotated[
        int, "Weights kept for each item scored, the largest; as many as items are all.", AT_LEAST_1
    ] = 400
    max_memory_gib: Annotated[
        float | None, "Refuse what needs more; by default what the machine has free.", POSITIVE
    ] = None

    def fit(self, data: Training) -> ItemWeights:
        """Weights float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite, where the log needs
        more memory than there is, and where the equations are singular in float32.
        """
        import numpy as np

        from recli.kernels import ease
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import ItemWeights

        check_positive(data.matrix, "ease")
        users, items = data.matrix.shape
        self._check_memory(data, ease.memory(users, items, self.neighbours))
        penalty = ease.Penalty(
            self.regularization, self.dropout, self.item_exponent, self.user_exponent
        )
        try:
            return ItemWeights(ease.fit(data.matrix, penalty, self.neighbours, data.threads))
        except np.linalg.LinAlgError:
            raise RecliError("ease: singular equations", "raise --regularization") from None

    def _check_memory(self, data: Training, needed: int) -> None:
        """Say what a run will need; RecliError before any work where there is less."""
        from recli.kernels.machine import GIB, as_size, free_memory

        limit = free_memory() if self.max_memory_gib is None else self.max_memory_gib * GIB
        users, items = data.matrix.shape
        size = f"{as_size(needed)} for {users:,} users and {items:,} items"
        data.report(f"needs {size}")
        if limit is not None and needed > limit:
            allowed = "" if self.max_memory_gib is None else "raise --max-memory-gib, or "
            raise RecliError(
                f"ease: needs {size}, and may take {as_size(limit)}",
                f"{allowed}train item-knn or als, which fit, or leave out rare users or items on"
                " ingest",
            )
