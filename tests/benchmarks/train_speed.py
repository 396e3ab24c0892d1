"""Seconds to train each model beside its best-known peer, in one run on one log.

    python tests/benchmarks/train_speed.py INTERACTIONS [--threads 2] [--only als ease]

Peers: `implicit` (als, bpr, lmf, item-knn), scipy's ARPACK (pure-svd), numpy's inverse as EASE is
published (ease). Both sides get the same factors and iterations. Models without a line here have
no peer that installs from a wheel; they are listed with their own seconds. Compiled code is warmed
up on a small log first. `als_speed.py` compares als at equal objective and equal quality.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from recli import registry
from recli.kernels.matrix import Training, training
from recli.models import Learner

FACTORS, SWEEPS = 64, 15
OURS: dict[str, dict[str, Any]] = {
    "als": {"factors": FACTORS, "iterations": SWEEPS},
    "bpr": {"factors": FACTORS, "iterations": SWEEPS, "hardest_of": 1},
    "lmf": {"factors": FACTORS, "iterations": SWEEPS},
    "item-knn": {"neighbours": 100},
    "pure-svd": {"factors": FACTORS},
}


def implicit_model(make: Callable[..., Any], **choices: Any) -> Callable[[Training, int], None]:
    """A fit of one of implicit's models."""

    def fit(data: Training, threads: int) -> None:
        matrix = sparse.csr_matrix(data.matrix)
        with threadpool_limits(1, "blas"):  # as implicit asks for
            make(**choices, num_threads=threads).fit(matrix, show_progress=False)

    return fit


def peers() -> dict[str, tuple[str, Callable[[Training, int], None]]]:
    """Names and fits of the peers that are installed."""
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    from implicit.cpu.lmf import LogisticMatrixFactorization
    from implicit.nearest_neighbours import CosineRecommender

    sized = {"factors": FACTORS, "iterations": SWEEPS}
    return {
        "als": ("implicit", implicit_model(AlternatingLeastSquares, **sized)),
        "bpr": ("implicit", implicit_model(BayesianPersonalizedRanking, **sized)),
        "lmf": ("implicit", implicit_model(LogisticMatrixFactorization, **sized)),
        "item-knn": ("implicit", implicit_model(CosineRecommender, K=100)),
        "pure-svd": ("scipy svds", arpack),
        "ease": ("numpy inverse", inverse),
    }


def arpack(data: Training, _threads: int) -> None:
    """Truncated singular vectors by scipy."""
    svds(sparse.csr_matrix(data.matrix), k=FACTORS)


def inverse(data: Training, _threads: int) -> None:
    """EASE as published, in float32."""
    matrix = sparse.csr_matrix(data.matrix)
    gram = (matrix.T @ matrix).toarray()
    gram[np.diag_indices_from(gram)] += 100.0
    inverted = np.linalg.inv(gram)
    inverted /= -np.diag(inverted)
    np.fill_diagonal(inverted, 0.0)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("interactions")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    asked = parser.parse_args()
    rows = pl.read_parquet(asked.interactions)
    small = rows.filter(
        pl.col("user_id").is_in(rows["user_id"].unique().sort().head(200).implode())
    )
    known = peers()
    for name in asked.only or registry.names("models"):
        plugin = registry.load("models", name)
        try:
            learner: Learner = plugin(**OURS.get(name, {}))
        except TypeError:
            continue  # it needs a column that this log does not have
        if learner.needs() and not set(learner.needs()) <= set(rows.columns):
            continue
        reading = learner.reading()
        learner.fit(training(small, reading=reading, threads=asked.threads))
        data = training(rows, reading=reading, threads=asked.threads)
        own = seconds(lambda learner=learner, data=data: learner.fit(data))
        line = f"{name:12} {own:8.2f} s"
        if name in known:
            peer, fit = known[name]
            theirs = seconds(lambda fit=fit, data=data: fit(data, asked.threads))
            line += f"   {peer} {theirs:8.2f} s   {theirs / own:6.2f} x"
        else:
            line += "   no peer"
        print(line, flush=True)


if __name__ == "__main__":
    main()
