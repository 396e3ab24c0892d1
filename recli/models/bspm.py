"""Blur histories over the graph of users and items and sharpen them, in closed form.

Choi, Hong, Park, Cho, "Blurring-sharpening process models for collaborative filtering", SIGIR
2023, arXiv 2211.09324: BSPM-EM, or -LM by the late merge. Nothing is learned but singular vectors.
The model keeps the log that it blurs over. The defaults are those of the authors for Gowalla.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Range, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import GraphFilter

# Factors where none are asked for, at most.
MOST = 448


@dataclass(frozen=True)
class Bspm(Learner):
    """Item weights (P + beta D^-1/2 V V^T D^1/2) S of the early merge, S the sharpening.

    P = A^T A with A the log [users, items], each cell divided by the roots of what its user and
    its item weigh in all; D are the items' weights, V the leading right singular vectors of A,
    and beta is the low-pass weight. A history h is blurred to h P by one Euler step of the heat
    equation; sharpening follows db/dt = -b P, which is linear, so S is a polynomial in P. The
    late merge is P S + beta D^-1/2 V V^T D^1/2.
    """

    factors: Annotated[
        int | None,
        "Singular vectors that the low-pass filter lets through; 448, or all, if not set.",
        AT_LEAST_1,
        Tuned(32, 1024, log=True),
    ] = None
    low_pass_weight: Annotated[
        float, "Weight of the low-pass filter beside the blur.", NOT_NEGATIVE, Tuned(0, 1)
    ] = 0.2
    sharpening_time: Annotated[float, "How long it is sharpened.", POSITIVE, Tuned(0.2, 2.8)] = 2.5
    sharpening_steps: Annotated[
        int,
        "Steps in which it is sharpened; retrieval takes as many times longer.",
        Range(least=1, most=8),
    ] = 1
    solver: Annotated[
        Literal["rk4", "euler"], "Order of the steps: 4, by Runge and Kutta, or 1.", Tuned()
    ] = "rk4"
    merge: Annotated[
        Literal["early", "late"], "Add the low-pass filter before or after sharpening.", Tuned()
    ] = "early"
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

        check_positive(data.matrix, "bspm")
        check_factors(self.factors, data.matrix, "bspm")
        graph = spectral.graph(data.matrix)
        factors = self.factors or min(MOST, *data.matrix.shape)
        encoder, decoder = graph.low_pass(factors, self.seed, data.threads)
        order = 4 if self.solver == "rk4" else 1
        powers = spectral.decay(self.sharpening_time, self.sharpening_steps, order)
        if self.merge == "early":
            decoder = spectral.sharpened(decoder, graph, powers, data.threads)
        weight = np.float32(self.low_pass_weight)
        return spectral.filtered(graph, powers, encoder * weight, decoder)
