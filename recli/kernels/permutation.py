"""What a ranker loses without a feature: NDCG of its lists before and after it is shuffled.

Breiman, "Random forests", Machine Learning 2001, section 10; Fisher, Rudin and Dominici, "All
models are wrong, but many are useful", JMLR 2019, (5), as a difference.
"""

import numpy as np

from recli.kernels.list_gain import ListGain
from recli.kernels.ranking import RankingData, Score

REPEATS = 3
ROWS = 1 << 14  # of lists that are looked at, about: the cost is this x features x repeats


def importances(score: Score, data: RankingData, seed: int) -> dict[str, float]:
    """Mean loss of NDCG@10 when a feature's values change rows, by name; below 0 is by chance.

    Values change rows of any list: one that is of the user alone, and orders no list by itself,
    is missed by what it does with others. A sample of the lists where they are many; nothing
    where the time is over before the end. Memory: a copy of the sample's features.
    """
    sample = _sampled(data, seed)
    if sample.weights is not None and not sample.weights.any():
        return {}
    gain, features = ListGain.of(sample), sample.features.copy()
    whole = gain.mean(score(features).astype(np.float64))
    found = {}
    for at, name in enumerate(sample.names):
        if data.out_of_time():
            return {}
        values = features[:, at].copy()
        draw = np.random.default_rng([seed, at])
        lost = 0.0
        # What is the same in every row cannot be shuffled.
        for _ in range(REPEATS if len(np.unique(values)) > 1 else 0):
            features[:, at] = draw.permutation(values)
            lost += whole - gain.mean(score(features).astype(np.float64))
        features[:, at] = values
        found[name] = round(lost / REPEATS, 6)
    return found


def _sampled(data: RankingData, seed: int) -> RankingData:
    """Lists by lot until they hold rows enough."""
    order = np.random.default_rng(seed).permutation(len(data.sizes))
    kept = np.zeros(len(order), np.bool_)
    kept[order[np.cumsum(data.sizes[order]) <= max(ROWS, data.sizes[order[0]])]] = True
    return data.of_lists(kept)
