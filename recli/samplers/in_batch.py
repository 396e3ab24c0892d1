"""The positives of others in the same batch, as two-tower models are trained.

Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations",
RecSys 2019: popular items come often, which `log_q` corrects.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from recli.fields import Range
from recli.kernels.sampling import Pool, Positives, Sampler


@dataclass(frozen=True)
class InBatch(Sampler):
    """A batch is so many positives in a row."""

    batch: Annotated[int, "Positives in a batch.", Range(least=2)] = 1024

    def pool(self, positives: Positives) -> Pool:
        """A pool for each batch; an item that stands in it twice weighs twice."""
        groups = np.arange(len(positives.users)) // self.batch
        cells = np.stack([groups, positives.items.astype(np.int64)], axis=1)
        distinct, counts = np.unique(cells, axis=0, return_counts=True)
        last = int(groups[-1]) + 1 if len(groups) else 0
        starts = np.searchsorted(distinct[:, 0], np.arange(last + 1))
        return Pool(groups, starts, distinct[:, 1].astype(np.int32), counts.astype(np.float64))
