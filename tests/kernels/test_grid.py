"""Each epoch deals every pair into the one cell where its user and item meet."""

import numpy as np
from scipy import sparse

from recli.kernels.grid import deal_grid, known_likes

USERS, ITEMS, BLOCKS = 50, 40, 4


def random_matrix(weights=None):
    random = np.random.default_rng(2)
    cells = random.choice(USERS * ITEMS, 300, replace=False)
    weights = np.ones(300, np.float32) if weights is None else weights
    matrix = sparse.csr_array((weights, divmod(cells, ITEMS)), shape=(USERS, ITEMS))
    matrix.sort_indices()
    return matrix


def pairs(grid):
    return sorted(zip(grid.visits.users.tolist(), grid.visits.items.tolist(), strict=True))


def test_every_pair_of_equal_weight_is_visited_once():
    matrix = random_matrix(np.full(300, 7.5, np.float32))
    grid = deal_grid(known_likes(matrix), np.ones(ITEMS), BLOCKS, np.random.default_rng(0))
    assert pairs(grid) == sorted(zip(*(index.tolist() for index in matrix.nonzero()), strict=True))


def test_cells_of_a_diagonal_share_neither_user_nor_item():
    grid = deal_grid(known_likes(random_matrix()), np.ones(ITEMS), BLOCKS, np.random.default_rng(0))
    bounds, pool = grid.visits.bounds, grid.pool
    for diagonal in range(BLOCKS):
        users, items = [], []
        for row in range(BLOCKS):
            block = (row + diagonal) % BLOCKS
            first, end = bounds[row * BLOCKS + block], bounds[row * BLOCKS + block + 1]
            negatives = pool.items[pool.bounds[block] : pool.bounds[block + 1]].tolist()
            assert set(grid.visits.items[first:end].tolist()) <= set(negatives)
            users.append(set(grid.visits.users[first:end].tolist()))
            items.append(set(negatives))
        for groups in (users, items):
            assert len(set().union(*groups)) == sum(map(len, groups))


def test_pairs_are_visited_in_proportion_to_their_weights():
    weights = np.tile(np.array([0.0, 0.5, 1.0, 2.5], np.float32), 75)
    matrix = random_matrix(weights)
    known, random, epochs = known_likes(matrix), np.random.default_rng(1), 400
    visits = np.zeros((USERS, ITEMS))
    for _ in range(epochs):
        grid = deal_grid(known, np.ones(ITEMS), BLOCKS, random)
        np.add.at(visits, (grid.visits.users, grid.visits.items), 1)
    for weight in (0.0, 0.5, 1.0, 2.5):
        seen = visits[matrix.toarray() == weight]
        assert abs(seen.mean() / epochs - weight) < 0.01


def test_a_matrix_without_weight_is_never_visited():
    grid = deal_grid(
        known_likes(random_matrix(np.zeros(300, np.float32))),
        np.ones(ITEMS),
        BLOCKS,
        np.random.default_rng(0),
    )
    assert len(grid.visits.users) == 0
