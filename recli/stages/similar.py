"""List for each item the items that a model takes to be most like it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Result
from recli.errors import RecliError
from recli.kernels.likes import Columns, Find, Numbers, Scores, finder
from recli.kernels.matrix import numbers
from recli.store.artefact import Artefact
from recli.store.index import MODEL
from recli.store.model import Model, load_model

BLOCK = 4096  # items
WITHOUT = "without a similar item"


@dataclass(frozen=True)
class Choices:
    """What a run of similar may be told."""

    k: int = 20
    of: pl.Series | None = None  # ids of the items that are asked about
    only: pl.Series | None = None  # ids of the items that may be listed
    threads: int = 1


@dataclass(frozen=True)
class Similar:
    """The lists of a model's items."""

    model: Model
    find: Find
    choices: Choices

    def __call__(self, block: Block) -> Result:
        """Lists of the items of a block, and how many have none."""
        rows = numbers(block["items"]["item_id"], self.model.items)
        found = self.find(rows, self.choices.k, self.only, self.choices.threads)
        return self._result(rows, *found)

    @cached_property
    def asked(self) -> pl.Series:
        """Ids of the items that get a list, sorted."""
        known = self.model.items
        if self.choices.of is None:
            return known
        return known.filter(known.is_in(self.choices.of.implode()))

    def blocks(self) -> Iterator[Block]:
        """Some thousand items at a time."""
        for frame in pl.DataFrame({"item_id": self.asked}).iter_slices(BLOCK):
            yield {"items": frame}

    @cached_property
    def only(self) -> npt.NDArray[np.bool_] | None:
        """Mask [items] of what may be listed, or None for everything."""
        if self.choices.only is None:
            return None
        mask: npt.NDArray[np.bool_] = self.model.items.is_in(self.choices.only.implode()).to_numpy()
        return mask

    def _result(self, rows: Numbers, columns: Columns, scores: Scores) -> Result:
        kept = (columns >= 0) & np.isfinite(scores)
        lines, _ = np.nonzero(kept)
        lengths = kept.sum(axis=1)
        lists = pl.DataFrame(
            {
                "item_id": self.model.items.gather(rows[lines]),
                "similar_item_id": self.model.items.gather(columns[kept]),
                "score": scores[kept],
                "rank": (kept.cumsum(axis=1)[kept]).astype(np.int32),
            }
        )
        return Result(lists, {"items": len(rows), WITHOUT: int((lengths == 0).sum())})


def load(artefact: Artefact, choices: Choices) -> Similar:
    """The lists of a verified model, or of that of an index, which is searched exactly.

    Raises RecliError where the model knows nothing of likeness.
    """
    model = load_model(artefact, MODEL if artefact.kind == "index" else "")
    try:
        find = finder(model.shape, len(model.items))
    except RecliError as error:
        raise RecliError(f"{artefact.path}: {error}") from None
    return Similar(model, find, choices)
