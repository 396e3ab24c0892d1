"""The best of each list in order, against sorting every list by hand."""

import numpy as np

from recli.kernels.best_first import first_k


def test_lists_are_those_of_a_full_sort() -> None:
    draw = np.random.default_rng(0)
    lengths = draw.integers(0, 30, 700)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    scores = draw.integers(0, 6, starts[-1]).astype(np.float32)
    scores[draw.random(len(scores)) < 0.1] = np.nan
    ties = draw.integers(0, 10, len(scores))
    for threads in (1, 3):
        rows, ranks = first_k(starts, scores, ties, 7, threads)
        expected, places = [], []
        for user, begin in enumerate(starts[:-1]):
            mine = [row for row in range(begin, starts[user + 1]) if np.isfinite(scores[row])]
            best = sorted(mine, key=lambda row: (-scores[row], ties[row], row))[:7]
            expected += best
            places += range(1, len(best) + 1)
        assert rows.tolist() == expected
        assert ranks.tolist() == places
