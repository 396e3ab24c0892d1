"""How lists, truth and catalogue are spread over the popular items and the rare ones."""

from typing import Any

import numpy as np
import numpy.typing as npt

from recli.kernels.lists import Numbers, Values
from recli.stages.evaluate_inputs import Catalogue

DECILES = 10
OUTSIDE = DECILES  # the place of items without a decile, behind the ten
Counts = npt.NDArray[np.int64]


class Spread:
    """Places of lists and relevant rows of truth by the decile of popularity of their items.

    The items of the catalogue are ordered by falling weight in history, equal ones by id, and
    parted into ten runs alike in items: the first holds the most popular tenth of the catalogue.
    The catalogue is --items, or else the items of history; what is outside it has no decile.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        size, weights = catalogue.size or 0, _weights(catalogue)
        by_id = catalogue.numbering.ids().head(size).arg_sort().to_numpy()
        falling = by_id[np.argsort(-weights[by_id], kind="stable")]
        self._decile = np.full(len(weights), OUTSIDE)
        self._decile[falling] = np.arange(size) * DECILES // max(size, 1)
        self._history = np.bincount(self._decile, weights, DECILES + 1)
        self._catalogue = np.bincount(self._decile[:size], minlength=DECILES + 1)
        self._shown: dict[str, Counts] = {}
        self._truth = np.zeros(DECILES + 1, np.int64)

    def add_shown(self, name: str, items: Numbers) -> None:
        """Add the first k places of lists [users, k]; -1 is an empty place."""
        none = np.zeros(DECILES + 1, np.int64)
        self._shown[name] = self._shown.get(name, none) + self._counted(items[items >= 0])

    def add_truth(self, items: Numbers) -> None:
        """Add the items of relevant rows of truth."""
        self._truth += self._counted(items)

    def _counted(self, items: Numbers) -> Counts:
        known = items < len(self._decile)
        found = np.bincount(self._decile[items[known]], minlength=DECILES + 1)
        found[OUTSIDE] += int(np.count_nonzero(~known))
        return found

    def curve(self) -> list[dict[str, Any]]:
        """Ten rows for each lists: what share of each whole falls on a decile, from 1 on.

        Exposure are the filled places of the first k, k the largest asked for; history counts by
        weight. Shares of a whole add up to less than 1 where some of it is outside the catalogue.
        """
        wholes = {
            "share_of_truth": _shares(self._truth),
            "share_of_catalogue": _shares(self._catalogue),
            "share_of_history": _shares(self._history),
        }
        return [
            {
                "lists": name,
                "popularity_decile": at + 1,
                "share_of_exposure": exposed[at],
                **{share: values[at] for share, values in wholes.items()},
            }
            for name, exposed in ((name, _shares(shown)) for name, shown in self._shown.items())
            for at in range(DECILES)
        ]


def _weights(catalogue: Catalogue) -> Values:
    """Weight in history of each item that has a number, 0 of those that nobody chose."""
    known = np.zeros(0) if catalogue.past is None else catalogue.past.weights
    return np.pad(known, (0, max((catalogue.size or 0) - len(known), 0)))


def _shares(counts: Values | Counts) -> list[float]:
    """Each count as a share of their sum; all 0 where there is nothing."""
    whole = float(counts.sum())
    shares: list[float] = (counts / whole if whole else counts * 0.0).tolist()
    return shares
