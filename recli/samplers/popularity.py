"""Popular items more often: by how often they were chosen, to a power.

Mikolov et al., "Distributed representations of words and phrases", NIPS 2013, 2.2: 3/4.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from recli.fields import NOT_NEGATIVE
from recli.kernels.sampling import Pool, Positives, Sampler


@dataclass(frozen=True)
class Popularity(Sampler):
    """What a user did not choose though she must have come across it."""

    exponent: Annotated[float, "Power of the counts; 0 is uniform.", NOT_NEGATIVE] = 0.75

    def pool(self, positives: Positives) -> Pool:
        """One pool of all items that anybody chose."""
        items = np.flatnonzero(positives.counts)
        starts, groups = np.array([0, len(items)]), np.zeros(len(positives.users), np.int64)
        weights = positives.counts[items] ** self.exponent
        return Pool(groups, starts, items.astype(np.int32), weights)
