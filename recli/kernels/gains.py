"""Gains and weights of lists as LightGBM's ranking objectives want them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from recli.kernels.ranking import Floats, RankingData

HIGHEST = 30  # label of LightGBM whose 2^label - 1 it can hold
Best = Callable[[Floats], float]  # what the best order of a list with some gains is worth


def gains(data: RankingData) -> list[float]:
    """Distinct gains in rising order, 0 first: LightGBM's labels are their places."""
    return [0.0, *np.unique(data.worth[data.worth > 0]).tolist()]


def graded(data: RankingData, whole: RankingData, best: Best) -> dict[str, Any]:
    """LightGBM's target of lists: places among the distinct `gains` of all rows."""
    places = np.searchsorted(np.array(gains(whole), np.float32), data.worth)
    return {"label": places, "group": data.sizes} | _weights(data, best)


def doubled(data: RankingData, whole: RankingData, best: Best) -> dict[str, Any]:
    """LightGBM's target of lists where a label is worth 2^label - 1 times the smallest gain."""
    least = whole.worth[whole.worth > 0].min()
    places = np.rint(np.log2(1 + data.worth / least)).astype(np.int64)
    return {"label": np.minimum(places, HIGHEST), "group": data.sizes} | _weights(data, best)


def discounted(gains: npt.NDArray[np.floating], places: int) -> float:
    """DCG of the best order of some gains at so many places.

    >>> round(discounted(np.array([0.0, 3.0, 1.0]), 10), 4)
    3.6309
    """
    ordered = np.sort(gains)[::-1][:places]
    return float(np.cumsum(ordered / np.log2(np.arange(2, len(ordered) + 2)))[-1])


def _weights(data: RankingData, best: Best) -> dict[str, Any]:
    """Nothing where all rows weigh the same.

    LightGBM divides the gains of a list by what its best order is worth. Gains that were raised
    for what few would have seen must not be lowered by that again: the list weighs the more.
    """
    shares = data.shares
    if data.propensities is not None:
        ends = np.cumsum(data.sizes)[:-1]
        pairs = zip(np.split(data.worth, ends), np.split(data.relevance, ends), strict=True)
        raised = np.array([best(worth) / best(plain) for worth, plain in pairs])
        shares = shares * np.repeat(raised, data.sizes)
    elif data.weights is None:
        return {}
    return {"weight": shares.astype(np.float32)}
