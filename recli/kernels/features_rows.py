"""The compiled loops that fill rows of features, a run of users at a time."""

import numpy as np
from numba import njit

from recli.kernels.matrix import DAY

LIST = (
    "retrieval_score",
    "retrieval_rank",
    "retrieval_place",  # of the score between the list's least (0) and most (1)
    "retrieval_deviation",  # of the score from the list's mean, in standard deviations
    "list_length",
)
RECENT = 30  # days of `user_events_30d`


def user_names(*, timed: bool, rated: bool) -> list[str]:
    """Names of the features that `activity` makes."""
    times = [f"user_events_{RECENT}d", "user_span_days", "user_quiet_days"]
    return ["user_events", "user_items", *(times if timed else []), *(["user_rating"] * rated)]


def seen_names(*, timed: bool) -> list[str]:
    """Names of the features that `seen` makes."""
    return ["seen_events", *(["seen_days_ago"] if timed else [])]


@njit(cache=True, nogil=True)
def lists(first, last, starts, scores, ranks, out):  # type: ignore[no-untyped-def]
    """Score and rank of each candidate, and where its score stands in the user's list."""
    for user in range(first, last):
        begin, end = starts[user], starts[user + 1]
        if begin == end:
            continue
        total, least, most = 0.0, np.float64(scores[begin]), np.float64(scores[begin])
        for row in range(begin, end):
            total += scores[row]
            least = min(least, np.float64(scores[row]))
            most = max(most, np.float64(scores[row]))
        mean = total / (end - begin)
        squares = 0.0
        for row in range(begin, end):
            squares += (scores[row] - mean) ** 2
        deviation = np.sqrt(squares / (end - begin))
        for row in range(begin, end):
            out[row, 0] = scores[row]
            out[row, 1] = ranks[row]
            out[row, 2] = (scores[row] - least) / (most - least) if most > least else 0.0
            out[row, 3] = (scores[row] - mean) / deviation if most > least else 0.0
            out[row, 4] = end - begin


@njit(cache=True, nogil=True)
def copied(first, last, starts, items, own, of_items, of_users, out, at):  # type: ignore[no-untyped-def]
    """The candidate's own columns, then those of its item, then those of its user."""
    second = at + own.shape[1]
    third = second + of_items.shape[1]
    for user in range(first, last):
        for row in range(starts[user], starts[user + 1]):
            for column in range(own.shape[1]):
                out[row, at + column] = own[row, column]
            for column in range(of_items.shape[1]):
                out[row, second + column] = of_items[items[row], column]
            for column in range(of_users.shape[1]):
                out[row, third + column] = of_users[user, column]


@njit(cache=True, nogil=True)
def seen(  # type: ignore[no-untyped-def]
    first, last, starts, items, past_starts, past_items, past_times, now, timed, out, at
):
    """How often the user met the candidate's item before, and how many days ago."""
    for user in range(first, last):
        begin, end = past_starts[user], past_starts[user + 1]
        order = np.argsort(past_items[begin:end], kind="mergesort")
        known = past_items[begin:end][order]
        for row in range(starts[user], starts[user + 1]):
            low = np.searchsorted(known, items[row])
            high = low
            newest = np.int64(0)
            while high < len(known) and known[high] == items[row]:
                if timed:
                    time = past_times[begin + order[high]]
                    newest = time if high == low else max(newest, time)
                high += 1
            out[row, at] = high - low
            if timed:
                out[row, at + 1] = (now - newest) / DAY if high > low else np.nan


@njit(cache=True, nogil=True)
def activity(  # type: ignore[no-untyped-def]
    past_starts, past_items, past_times, past_ratings, now, timed, rated, out
):
    """How much each user did, for how long and until when: `out` [users, >= features]."""
    for user in range(len(past_starts) - 1):
        begin, end = past_starts[user], past_starts[user + 1]
        known = np.sort(past_items[begin:end])
        distinct = 0
        for at in range(len(known)):
            distinct += at == 0 or known[at] != known[at - 1]
        out[user, 0] = end - begin
        out[user, 1] = distinct
        column = 2
        if timed:
            recent = 0
            for event in range(begin, end):
                recent += now - past_times[event] < RECENT * DAY
            out[user, 2] = recent
            if end > begin:
                newest, oldest = past_times[begin:end].max(), past_times[begin:end].min()
                out[user, 3] = (newest - oldest) / DAY
                out[user, 4] = (now - newest) / DAY
            column = 5
        if rated:
            total, count = 0.0, 0
            for event in range(begin, end):
                if not np.isnan(past_ratings[event]):
                    total += past_ratings[event]
                    count += 1
            if count > 0:
                out[user, column] = total / count
