"""Items that are together in a basket more often than chance would have it."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels.comparison import Comparison, Form
from recli.kernels.likeness import degrees
from recli.kernels.matrix import Matrix, Training, matrix
from recli.kernels.similarity import alike

Measure = Literal["log-likelihood", "lift", "pmi", "npmi", "confidence", "count"]
BEYOND_CHANCE: dict[Measure, Form] = {
    "lift": "lift",
    "pmi": "pmi",
    "npmi": "npmi",
    "log-likelihood": "log-likelihood",
}
HOUR = 3_600_000_000  # microseconds


def sets_of(data: Training, hours: float | None) -> Matrix:
    """What each basket holds: 1 in float32 [baskets, items], a basket being a user or a run.

    A run ends where the user's next interaction is more than so many hours later.
    """
    rows = data.rows
    if hours is not None and data.timestamps is not None:
        rows = _runs(data.rows, data.timestamps, hours * HOUR)
    count = int(rows.max()) + 1 if len(rows) else 0
    ones = np.ones(len(rows), np.float32)
    sets = matrix(rows, data.columns, ones, (count, len(data.items)))
    sets.data[:] = 1
    return sets


def _runs(
    rows: npt.NDArray[np.int32],
    times: npt.NDArray[np.int64],
    pause: float,
) -> npt.NDArray[np.int32]:
    """Number of the run of each interaction."""
    order = np.lexsort((times, rows))
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (np.diff(rows[order]) != 0) | (np.diff(times[order]) > pause)
    runs = np.empty(len(rows), np.int32)
    runs[order] = np.cumsum(begins) - 1
    return runs


def item_weights(
    sets: Matrix, measure: Measure, support: int, neighbours: int, threads: int = 1
) -> Matrix:
    """Weights float32 [items, items] of the strongest pairs of each item, from [baskets, items].

    `models/association.py` says what the measures are.
    """
    by_item = sparse.csr_array(sets.T)
    by_item.sort_indices()
    sizes = degrees(sets, axis=0)
    ones = np.ones(len(sizes))
    form: Form = BEYOND_CHANCE.get(measure, "product")
    counted = form == "product"
    comparison = Comparison(
        1 / sizes if measure == "confidence" else ones,
        ones,
        form,
        row_sizes=None if counted else sizes,
        other_sizes=None if counted else sizes,
        sets=sets.shape[0],
        least=support,
    )
    return alike(by_item, sets, comparison, neighbours, threads)
