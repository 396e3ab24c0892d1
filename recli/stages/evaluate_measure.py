"""What one metric says of each of a run of users."""

import numpy as np

from recli.kernels.lists import Lists, Values
from recli.stages.evaluate_asked import Asked


def measured(one: Asked, lists: Lists) -> tuple[Values, Values]:
    """What each user adds above and below the line of a mean [users], NaN of those left out."""
    users = len(lists.relevant)
    lacks = ("score" in one.needs and lists.scores is None) or (
        "log" in one.needs and lists.log is None
    )
    if lacks:  # a baseline scores nothing, and was never shown
        return np.full(users, np.nan), np.ones(users)
    if hasattr(one.metric, "of_users"):
        return one.metric.of_users(lists, one.places), np.ones(users)
    sums, counts = one.metric.of_ratio(lists, one.places)
    return np.where(counts > 0, sums, np.nan), counts
