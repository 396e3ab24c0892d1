"""Item scores that are the same for many users, and their top-k."""

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.errors import RecliError
from recli.kernels.matrix import DAY, Labels, Matrix, Training

LARGEST = np.finfo(np.float32).max  # of a score
Sums = npt.NDArray[np.float64]


def aged(data: Training, window_days: float | None, half_life_days: float | None) -> Sums:
    """Interaction weights [interactions] by their age at the last event of the log."""
    weights = data.weights.astype(np.float64)
    if data.timestamps is None or (window_days is None and half_life_days is None):
        return weights
    age = (data.timestamps.max(initial=0) - data.timestamps) / DAY
    if half_life_days is not None:
        weights *= 0.5 ** (age / half_life_days)
    return weights if window_days is None else weights * (age < window_days)


def sums(data: Training, weights: Sums) -> Sums:
    """Weights added up by item [items], whatever the order of the rows.

    Raises RecliError where a sum is more than a score can hold.
    """
    # Sorted first, so that the order of the rows cannot change the last bit of a sum.
    order = np.lexsort((weights, data.columns))
    total = np.bincount(data.columns[order], weights[order], minlength=len(data.items))
    if (total > LARGEST).any():
        raise RecliError(
            f"the weights of an item add up to {total.max():.3g}, more than a score can hold",
            "divide all weights by the same number",
        )
    return total.astype(np.float64)


def scores(data: Training, weights: Sums) -> npt.NDArray[np.float64]:
    """Sums [items, 1] of all users, and [items, 1 + labels] where users have labels."""
    overall = sums(data, weights)
    if data.labels is None:
        return overall[:, None]
    return np.stack([overall, *_by_label(data, weights, data.labels, overall)], axis=1)


def _by_label(data: Training, weights: Sums, labels: Labels, overall: Sums) -> list[Sums]:
    codes = labels.codes[data.rows]
    return [
        _decided(sums(data, weights * (codes == code)), overall)
        for code in range(len(labels.names))
    ]


def _decided(own: Sums, overall: Sums) -> Sums:
    """A segment's sums [items], those that are equal put in the order of the overall ones."""
    # Less than any two sums of the segment differ by, so that its own order stands.
    gap = np.diff(np.unique(np.append(own, 0.0))).min(initial=1.0) / 2
    decided: Sums = own + overall / max(overall.sum(), 1.0) * gap
    return decided


def order_of(
    scores: npt.NDArray[np.floating], only: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.int32]:
    """Items by falling score, equal ones by number; only positive, finite, allowed ones."""
    usable = (scores > 0) & (scores <= LARGEST)
    if only is not None:
        usable &= only
    order = np.argsort(-scores, kind="stable").astype(np.int32)
    allowed: npt.NDArray[np.int32] = order[usable[order]]
    return allowed


def first_k(
    order: npt.NDArray[np.int32],
    scores: npt.NDArray[np.float64],
    k: int,
    exclude: Matrix,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The first k of `order` that are not excluded, for each row of `exclude`.

    Returns columns int32 [rows, k] and scores float32 [rows, k], padded with -1 and -inf.
    """
    k = min(k, len(order)) if len(order) else 0
    columns = np.full((exclude.shape[0], k), -1, np.int32)
    _fill(order, exclude.indptr.astype(np.int64), exclude.indices.astype(np.int32), columns)
    found = np.where(columns >= 0, scores.astype(np.float32)[columns], -np.inf)
    return columns, found.astype(np.float32)


@njit(cache=True)
def _fill(order, indptr, indices, columns):  # type: ignore[no-untyped-def]
    for row in range(columns.shape[0]):
        excluded = indices[indptr[row] : indptr[row + 1]]
        taken = 0
        for item in order:
            if taken == columns.shape[1]:
                break
            at = np.searchsorted(excluded, item)
            if at < len(excluded) and excluded[at] == item:
                continue
            columns[row, taken] = item
            taken += 1
