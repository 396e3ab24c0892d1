"""Compiled loops that lay lists beside what their users wanted."""

import numpy as np
from numba import njit


@njit(cache=True)
def differences(  # type: ignore[no-untyped-def]
    starts, items, scores, truth_starts, truth_items, ratings, errors, mark, score
):
    """Writes score minus rating of each row of truth whose item is in the list."""
    for user in range(len(starts) - 1):
        for at in range(starts[user + 1] - 1, starts[user] - 1, -1):
            mark[items[at]] = user
            score[items[at]] = scores[at]
        for at in range(truth_starts[user], truth_starts[user + 1]):
            if mark[truth_items[at]] == user:
                errors[at - truth_starts[0]] = score[truth_items[at]] - ratings[at]


@njit(cache=True)
def relevant_of(starts, items, gains, ideal, relevant, mark, best):  # type: ignore[no-untyped-def]
    """Count each user's relevant items and put their gains in falling order."""
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        for at in range(begin, end):
            item = items[at]
            if gains[at] > 0:
                known = mark[0, item] == user
                best[item] = max(best[item], gains[at]) if known else gains[at]
                mark[0, item] = user
        distinct = np.empty(end - begin)
        count = 0
        for at in range(begin, end):
            item = items[at]
            if mark[0, item] == user and mark[1, item] != user:
                mark[1, item] = user
                distinct[count] = best[item]
                count += 1
        relevant[user] = count
        falling = -np.sort(-distinct[:count])
        for at in range(min(count, ideal.shape[1])):
            ideal[user, at] = falling[at]


@njit(cache=True)
def place(  # type: ignore[no-untyped-def]
    starts, items, truth_starts, truth_items, gains, past_starts, past_items, placed, found,
    mark, best,
):  # fmt: skip
    """Put each list's items and their gains in their places; count the faults."""
    repeated = 0
    seen = 0
    for user in range(len(starts) - 1):
        for at in range(truth_starts[user], truth_starts[user + 1]):
            item = truth_items[at]
            known = mark[0, item] == user
            best[item] = max(best[item], gains[at]) if known else gains[at]
            mark[0, item] = user
        for at in range(past_starts[user], past_starts[user + 1]):
            mark[1, past_items[at]] = user
        length = min(starts[user + 1] - starts[user], placed.shape[1])
        for place in range(length):
            item = items[starts[user] + place]
            if mark[2, item] == user:
                repeated += 1
                continue
            mark[2, item] = user
            placed[user, place] = item
            seen += mark[1, item] == user
            if mark[0, item] == user:
                found[user, place] = max(best[item], 0.0)
    return repeated, seen


@njit(cache=True)
def sums(values, found):  # type: ignore[no-untyped-def]
    """Writes the sum of each row, added from the left."""
    for row in range(values.shape[0]):
        found[row] = 0.0
        for at in range(values.shape[1]):
            found[row] += values[row, at]


@njit(cache=True)
def lay(starts, values, placed):  # type: ignore[no-untyped-def]
    """Writes the first values of each list to a row."""
    for user in range(len(starts) - 1):
        for place in range(min(starts[user + 1] - starts[user], placed.shape[1])):
            placed[user, place] = values[starts[user] + place]
