"""Graph filtering in closed form: smooth histories over the graph of users and items.

Shen, Wu, Zhang, Shan, Zhang, Letaief, Li, "How powerful is graph convolution for recommendation?",
CIKM 2021, doi 10.1145/3459637.3482264: a linear filter and an ideal low-pass filter (GF-CF).
Nothing is learned but singular vectors. The model keeps the log that it smooths over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import GraphFilter

# Factors where none are asked for, at most.
MOST = 256


@dataclass(frozen=True)
class GfCf(Learner):
    """Item weights P + alpha D^-1/2 V V^T D^1/2.

    P = A^T A with A the log [users, items], each cell divided by the roots of what its user and
    its item weigh in all; D are the items' weights, V the leading right singular vectors of A,
    and alpha is the low-pass weight.
    """

    factors: Annotated[
        int | None,
        "Singular vectors that the low-pass filter lets through; 256, or all, if not set.",
        AT_LEAST_1,
        Tuned(32, 1024, log=True),
    ] = None
    low_pass_weight: Annotated[
        float, "Weight of the low-pass filter beside the linear one.", NOT_NEGATIVE, Tuned(0, 1)
    ] = 0.3
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> GraphFilter:
        """The filter over the normalized log.

        Raises RecliError (usage) where there are more factors than users or items, and (data)
        where a weight is not positive and finite.
        """
        import numpy as np

        from recli.kernels import spectral
        from recli.kernels.matrix import check_positive
        from recli.kernels.svd import check_factors

        check_positive(data.matrix, "gf-cf")
        check_factors(self.factors, data.matrix, "gf-cf")
        graph = spectral.graph(data.matrix)
        factors = self.factors or min(MOST, *data.matrix.shape)
        encoder, decoder = graph.low_pass(factors, self.seed, data.threads)
        weight = np.float32(self.low_pass_weight)
        return spectral.filtered(graph, np.ones(1), encoder * weight, decoder)
