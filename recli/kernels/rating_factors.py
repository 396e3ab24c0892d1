"""What models of ratings learn, with the way to fold in a user who was not there."""

import numpy as np

from recli.errors import ExitCode, RecliError
from recli.kernels import ratings, svd_pp
from recli.kernels.matrix import Matrix, Training, ignore
from recli.kernels.shapes import Factors, RatingFoldIn

LEAST_PENALTY = 1e-6  # without one a user of few ratings has no unique vector


def alternating(
    data: Training,
    *,
    model: str,
    factors: int,
    iterations: int,
    regularization: float,
    bias_regularization: float | None,
    nu: float,
    seed: int,
) -> Factors:
    """What a model of this name learns of ratings; without a bias penalty it has no biases.

    Raises RecliError (data) where there are no ratings or the equations are singular, and as
    `bounded`.
    """
    lowest, mean, highest = scale_of(data.matrix, model)
    way = RatingFoldIn(mean, lowest, highest, regularization, bias_regularization, nu)
    try:
        users, items = ratings.fit(
            data.matrix,
            way,
            factors=factors,
            iterations=iterations,
            seed=seed,
            threads=data.threads,
            report=None
            if data.report is ignore
            else lambda sweep, error: data.report(f"sweep {sweep}: training RMSE {error:.5f}"),
        )
    except np.linalg.LinAlgError:
        raise RecliError(f"{model}: singular equations", "raise --regularization") from None
    return bounded(Factors(users, items, way), model, "raise --regularization")


def stochastic(
    data: Training, *, model: str, factors: int, steps: list[svd_pp.Step], seed: int
) -> Factors:
    """What SVD++ learns of ratings by an epoch for each step.

    Raises RecliError (data) where there are no ratings, and as `bounded`.
    """
    lowest, mean, highest = scale_of(data.matrix, model)
    parts = svd_pp.learn(data.matrix, mean, factors, steps, seed, data.report)
    users = ratings.nobody(len(data.users), factors, mean)
    users[:, :factors] = svd_pp.whole(data.matrix, parts)
    users[:, ratings.CONSTANT] += parts.user_biases
    items = ratings.nothing(len(data.items), factors)
    items[:, :factors] = parts.items
    items[:, ratings.BIAS] = parts.item_biases
    # A step for each rating shrinks by the penalty: in all, in proportion to their number.
    vectors, biases = (max(part, LEAST_PENALTY) for part in (steps[0].vectors, steps[0].biases))
    way = RatingFoldIn(mean, lowest, highest, vectors, biases, implicit=parts.implicit)
    return bounded(Factors(users, items, way), model, "lower --learning-rate")


def scale_of(matrix: Matrix, model: str) -> tuple[float, float, float]:
    """Lowest, mean and highest rating; RecliError (data) where there is none."""
    if not matrix.nnz:
        raise RecliError(f"{model}: no interaction has a rating", "ingest with --map rating=COLUMN")
    values = matrix.data.astype(np.float64)
    return float(values.min()), float(values.mean()), float(values.max())


def bounded(factors: Factors, model: str, remedy: str) -> Factors:
    """The same; RecliError (usage) where a vector is not finite."""
    if not (np.isfinite(factors.users).all() and np.isfinite(factors.items).all()):
        raise RecliError(
            f"{model}: the vectors grew beyond all bounds", remedy, code=ExitCode.USAGE
        )
    return factors
