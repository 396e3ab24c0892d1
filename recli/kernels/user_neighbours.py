"""Scoring a history by the users of the training whose past is most like it.

The likeness of a history h and a past v, rows of weights over items, starts from the sum of
h_i v_i d_i^-history_exponent, d_i being the number of users of an item, and is multiplied by
|v|^(1/2 - user_exponent), |v| being the number of items of a past.

A past that holds no item beyond the history has nothing to offer and is no neighbour. So a user
is not her own neighbour once her history holds all that she was trained on.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numba import njit
from scipy import sparse

from recli.kernels.comparison import MATCHED, Comparison, Doubles, Form
from recli.kernels.likeness import degrees, deviations, lengths_of, means, row_sums, with_data
from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import Columns, Csr, Mask, Scores, raw, score_top_k
from recli.kernels.selection import key_of, write_best
from recli.kernels.shapes import UserNeighbours
from recli.kernels.similarity import alike
from recli.kernels.threads import in_threads

_ROWS = 64  # histories that a thread takes at a time


def top_k(
    history: Matrix,
    shape: UserNeighbours,
    k: int,
    exclude: Csr,
    only: Mask | None = None,
    threads: int = 1,
    offers: Matrix | None = None,
) -> tuple[Columns, Scores]:
    """The k items that score highest for each row of a history: as `topk.top_k` returns them.

    `history` float32 [queries, items]. Implicit: the sum of the similarities of the neighbours
    who have an item, times the number of its users to the power -item_exponent. Rated: see
    `expected`. Memory beyond the result: what `kernels/similarity.py` says, with users for rows.
    """
    similar = neighbours_of(history, shape, threads)
    offers = offers_of(shape) if offers is None else offers
    if not shape.rated:
        return score_top_k(similar, offers, k, exclude, only, threads)
    return expected(means(history), similar, offers, k, exclude, only, threads)


def offers_of(shape: UserNeighbours) -> Matrix:
    """What each user says for what she has: float32 [users, items]."""
    return _crowd(shape).offers


def neighbours_of(history: Matrix, shape: UserNeighbours, threads: int = 1) -> Matrix:
    """How alike the past of each history's nearest users is: float32 [queries, users]."""
    crowd = _crowd(shape)
    form = crowd.comparison.form
    binary = shape.similarity == "jaccard"
    rows = with_data(history, np.ones_like(history.data)) if binary else history
    left = with_data(rows, rows.data * crowd.counts[rows.indices])
    sizes = row_sums(rows, left.data.astype(np.float64) * (1 if binary else rows.data))
    lengths = np.ones(rows.shape[0])
    if shape.similarity == "cosine":
        lengths = np.sqrt(row_sums(rows, rows.data.astype(np.float64) ** 2))
    scales = 1 / np.where(lengths > 0, lengths, 1)
    summed = form in ("jaccard", "euclidean")
    comparison = replace(crowd.comparison, row_scales=scales, row_sizes=sizes if summed else None)
    asked = rows if form in MATCHED else left
    return alike(asked, crowd.by_item, comparison, shape.neighbours, threads, crowd.counts)


@dataclass(frozen=True)
class _Crowd:
    """The users of the training, as a history is compared with them."""

    by_item: Matrix  # [items, users] what is compared
    counts: Scores  # [items] how much an item counts
    comparison: Comparison  # without what is of the rows
    offers: Matrix  # [users, items] what a neighbour says for an item


@lru_cache(maxsize=1)
def _crowd(shape: UserNeighbours) -> _Crowd:
    """Made once for all blocks that are served."""
    past = shape.past
    binary = shape.similarity == "jaccard"
    compared = with_data(past, np.ones_like(past.data)) if binary else past
    by_item = sparse.csr_array(compared.T)
    by_item.sort_indices()
    popularity = degrees(past, axis=0)
    counts = popularity**-shape.history_exponent
    weighted = compared.data * counts[past.indices]
    lengths = np.ones(past.shape[0])
    if shape.similarity == "cosine":
        lengths = lengths_of(by_item.indices, by_item.data, past.shape[0])
    form = _form(shape)
    summed = form in ("jaccard", "euclidean")
    comparison = Comparison(
        np.empty(0),
        degrees(past, axis=1) ** (0.5 - shape.user_exponent) / lengths,
        form,
        other_sizes=row_sums(past, weighted * compared.data) if summed else None,
        shrinkage=shape.shrinkage,
        whole=np.diff(past.indptr).astype(np.int64),
    )
    worth = popularity**-shape.item_exponent
    said = deviations(past) if shape.rated else worth[past.indices]
    return _Crowd(by_item, counts.astype(np.float32), comparison, with_data(past, said))


def _form(shape: UserNeighbours) -> Form:
    if shape.similarity == "pearson":
        return "pearson"
    if shape.similarity == "euclidean":
        return "distance" if shape.rated else "euclidean"
    return "jaccard" if shape.similarity == "jaccard" else "product"


def expected(
    base: Doubles,
    similar: Matrix,
    differences: Matrix,
    k: int,
    exclude: Csr,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k items with the highest expected ratings, as `topk.top_k` returns them.

    A user's mean, base [queries], and the mean of what her neighbours' ratings of the item
    differ by from their own means, `differences` [users, items], weighted by how alike they are,
    `similar` [queries, users]. Of no neighbour who rated it, an item has no score. Resnick,
    Iacovou, Suchak, Bergstrom, Riedl, "GroupLens: an open architecture for collaborative
    filtering of netnews", CSCW 1994, eq. 1.
    """
    queries, items = similar.shape[0], differences.shape[1]
    columns = np.full((queries, k), -1, np.int32)
    scores = np.full((queries, k), -np.inf, np.float32)
    mask = np.ones(items, np.bool_) if only is None else only
    starts, seen = exclude

    def score(first: int) -> None:
        run = slice(first, min(first + _ROWS, queries))
        bounds = starts[run.start : run.stop + 1]
        rows = raw(sparse.csr_array(similar[run]))
        _expect(base[run], rows, raw(differences), bounds, seen, mask, columns[run], scores[run])

    if k:
        in_threads(score, range(0, queries, _ROWS), threads)
    return columns, scores


@njit(cache=True, nogil=True)
def _expect(  # type: ignore[no-untyped-def]
    base, similar, differences, starts, seen, mask, found, scores
):
    """Writes the best columns and scores of each query."""
    bounds, users, alike_by = similar
    firsts, columns, values = differences
    items = mask.size
    sums, weights = np.zeros(items, np.float64), np.zeros(items, np.float64)
    barred = np.full(items, -1, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    for query in range(found.shape[0]):
        for cell in range(bounds[query], bounds[query + 1]):
            user, weight = users[cell], np.float64(alike_by[cell])
            for at in range(firsts[user], firsts[user + 1]):
                sums[columns[at]] += weight * values[at]
                weights[columns[at]] += abs(weight)
        for cell in range(starts[query], starts[query + 1]):
            barred[seen[cell]] = query
        held = 0
        for item in range(items):
            if weights[item] == 0.0:
                continue
            score = np.float32(base[query] + sums[item] / weights[item])
            sums[item], weights[item] = 0.0, 0.0
            if mask[item] and barred[item] != query and np.isfinite(score):
                keys[held] = key_of(score, item)
                held += 1
        write_best(keys, held, scratch, found[query], scores[query])
