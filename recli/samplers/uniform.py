"""Any item of the catalogue, each as likely."""

from dataclasses import dataclass

import numpy as np

from recli.kernels.sampling import Pool, Positives, Sampler


@dataclass(frozen=True)
class Uniform(Sampler):
    """Easy negatives: most items are nothing like what a user wants."""

    def pool(self, positives: Positives) -> Pool:
        """One pool of all items."""
        count = len(positives.counts)
        starts, groups = np.array([0, count]), np.zeros(len(positives.users), np.int64)
        return Pool(groups, starts, np.arange(count, dtype=np.int32), np.ones(count))
