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
    Memory: 8 bytes an item for each lists.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        size, self._weights = catalogue.size or 0, _weights(catalogue)
        by_id = catalogue.numbering.ids().head(size).arg_sort().to_numpy()
        falling = by_id[np.argsort(-self._weights[by_id], kind="stable")]
        self._decile = np.full(len(self._weights), OUTSIDE)
        self._decile[falling] = np.arange(size) * DECILES // max(size, 1)
        self._size = size
        self._shown: dict[str, Counts] = {}  # [items + 1] places of each item, from 1 on
        self._truth = np.zeros(1, np.int64)

    def add_shown(self, name: str, items: Numbers) -> None:
        """Add the first k places of lists [users, k]; -1 is an empty place."""
        self._shown[name] = _added(self._shown.get(name, self._truth[:0]), items)

    def add_truth(self, items: Numbers) -> None:
        """Add the items of relevant rows of truth."""
        self._truth = _added(self._truth, items)

    def curve(self) -> list[dict[str, Any]]:
        """Ten rows for each lists: what share of each whole falls on a decile, from 1 on.

        Exposure are the filled places of the first k, k the largest asked for; history counts by
        weight. Shares of a whole add up to less than 1 where some of it is outside the catalogue.
        """
        wholes = {
            "share_of_truth": self._shares(self._truth[1:]),
            "share_of_catalogue": self._shares(np.ones(self._size)),
            "share_of_history": self._shares(self._weights),
        }
        exposed = {name: self._shares(counts[1:]) for name, counts in self._shown.items()}
        return [
            {
                "lists": name,
                "popularity_decile": at + 1,
                "share_of_exposure": shares[at],
                **{share: values[at] for share, values in wholes.items()},
            }
            for name, shares in exposed.items()
            for at in range(DECILES)
        ]

    def _shares(self, counts: Values | Counts) -> list[float]:
        """The share of each decile in counts of items [items]; all 0 where there is nothing."""
        known = counts[: len(self._decile)]
        sums = np.bincount(self._decile[: len(known)], known, DECILES + 1)
        whole = float(counts.sum())
        shares: list[float] = (sums / whole if whole else sums * 0.0).tolist()
        return shares


def _added(counts: Counts, items: Numbers) -> Counts:
    """Counts with those of more items; the first is that of -1."""
    more = np.bincount(items.ravel() + 1, minlength=len(counts))
    more[: len(counts)] += counts
    return more


def _weights(catalogue: Catalogue) -> Values:
    """Weight in history of each item that has a number, 0 of those that nobody chose."""
    known = np.zeros(0) if catalogue.past is None else catalogue.past.weights
    return np.pad(known, (0, max((catalogue.size or 0) - len(known), 0)))
