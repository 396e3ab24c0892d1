"""Factors by a truncated singular value decomposition of the log, gaps taken for zeros.

Cremonesi, Koren, Turrin, "Performance of recommender algorithms on top-N recommendation tasks",
RecSys 2010 (PureSVD, equation 8): a user is the sum of her items' vectors, known in training or
not. With exponents the log is scaled before, X_ui / (n_u^user_exponent n_i^item_exponent), and the
scores are scaled back, as in Shen et al., "How powerful is graph convolution for recommendation?",
CIKM 2021 (section 4: the ideal low-pass filter).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import Factors

# Factors where none are asked for, at most.
MOST = 256


@dataclass(frozen=True)
class PureSvd(Learner):
    """The largest singular values; exponents of 0 are the method as published."""

    factors: Annotated[
        int | None,
        "Singular values kept; a tenth of the shorter side of the log, 256 at most.",
        AT_LEAST_1,
        Tuned(8, 512, log=True),
    ] = None
    user_exponent: Annotated[
        float, "How much less users of many items count; 0 is as much as all others.", Tuned(0, 1)
    ] = 0.5
    item_exponent: Annotated[
        float, "How much less popular items count; 0 is as much as all others.", Tuned(0, 1)
    ] = 0.3
    spectral_exponent: Annotated[
        float, "Power of the singular value that weighs each factor; 0 is alike.", Tuned(0, 1)
    ] = 0.0
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> Factors:
        """Vectors of users and items, and the encoder by which later users are folded in.

        Raises RecliError (usage) where there are more factors than users or items, and (data)
        where a weight is not positive and finite.
        """
        from recli.kernels import pure_svd
        from recli.kernels.matrix import check_positive
        from recli.kernels.svd import check_factors

        check_positive(data.matrix, "pure-svd")
        check_factors(self.factors, data.matrix, "pure-svd")
        return pure_svd.fit(
            data.matrix,
            factors=self.factors or min(MOST, max(1, min(data.matrix.shape) // 10)),
            user_exponent=self.user_exponent,
            item_exponent=self.item_exponent,
            spectral_exponent=self.spectral_exponent,
            seed=self.seed,
            threads=data.threads,
        )
