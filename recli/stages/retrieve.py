"""Offer each user of a block the items that a model scores highest."""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.kernels import popular
from recli.kernels.cold import Extended, extended
from recli.kernels.served import COLD, FALLBACK, FOLDED, KNOWN, STATUS, Limits, Search, Served
from recli.kernels.serving import best
from recli.kernels.shapes import Shape
from recli.stages.retrieve_items import NewItems
from recli.stages.retrieve_profiles import Mask, Numbers, People
from recli.stages.retrieve_shortfall import shortfall
from recli.store.artefact import Artefact
from recli.store.index import load_index
from recli.store.model import Model, load_model

FALLEN = "from the fallback"
INDEX_FAILED = "searched exactly, as the index failed"
ITEM_STATUS = "item_status"  # known or cold; a column where there are new items
ASKED = ("users", "history", "seeds")  # the first of these says who is asked for


ColdUsers = Literal["popularity", "factors"]


@dataclass(frozen=True)
class Choices:
    """What a run of retrieve may be told."""

    k: int = 100
    keep_seen: bool = False
    only: pl.Series | None = None  # item ids that may be offered
    cold_users: ColdUsers = "popularity"
    threads: int = 1
    new: NewItems | None = None  # to be offered beside those that the model knows


def build(artefact: Artefact, choices: Choices) -> Build:
    """How a worker makes the stage; the artefact was verified by whoever opened it."""
    return partial(load, artefact, choices)


def load(artefact: Artefact, choices: Choices) -> "Retriever":
    """The stage for a verified model or index."""
    if artefact.kind == "index":
        index = load_index(artefact, choices.threads)
        return Retriever(index.model, artefact.manifest["model"]["plugin"], choices, index.search)
    return Retriever(load_model(artefact), artefact.plugin, choices)


@dataclass(frozen=True)
class Retriever:
    """Maps `users` (or `history`, or `seeds`) to candidates, with what else a block holds.

    That is their `vectors`, their `history`, the `seeds` they named when asked, and `exclude`.
    """

    model: Model
    name: str
    choices: Choices
    search: Search | None = None

    def __call__(self, block: Block) -> Result:
        """Candidates of the block's users, and how many were served in which way."""
        return self.offer(block, self.only)

    def offer(self, block: Block, only: Mask | None) -> Result:
        """The same from items of the mask `only` [items] alone."""
        asked = next(block[role] for role in ASKED if role in block)
        rows = asked.unique("user_id", keep="first", maintain_order=True)
        people = People(self.model, block, rows, self.choices.new)
        profile = people.profile(mean_vectors=self.choices.cold_users == "factors")
        roles = ("seeds",) if self.choices.keep_seen else ("seeds", "history")
        seen = people.barred(*roles)
        barred = people.barred(*roles, "exclude") if "exclude" in block else seen
        limits = Limits(self.choices.k, barred, only, self.choices.threads, self.search)
        served = best(self.shape, profile, limits)
        own = served.status != FALLBACK
        status = served.status
        if profile.vectors is not None:  # those of users who are bare are means of their segment
            status = np.where(people.bare & own, np.int8(COLD), status)
        lists = self._filled(replace(served, status=status), profile.labels, limits)
        lengths = ((lists.columns >= 0) & np.isfinite(lists.scores)).sum(axis=1)
        unknown = people.bare & (lists.status == FALLBACK)
        short = shortfall(people.ids, lengths, limits, seen, unknown)
        return Result(
            self._rows(people.ids, lists, own), self._counts(lists, lengths, short), short
        )

    @cached_property
    def items(self) -> pl.Series:
        """The items that may be offered, in the order of their numbers."""
        return self.model.items if self.choices.new is None else self.choices.new.ids

    @cached_property
    def shape(self) -> Shape | Extended:
        """What scores them."""
        new = self.choices.new
        return self.model.shape if new is None else extended(self.model.shape, new.extension)

    @cached_property
    def only(self) -> Mask | None:
        """Mask [items] of what may be offered, or None for everything."""
        if self.choices.only is None:
            return None
        return self.items.is_in(self.choices.only.implode()).to_numpy()

    def _filled(self, served: Served, labels: Numbers, limits: Limits) -> Served:
        """The same lists, those of unknown users by popularity in their segment or overall."""
        unknown = served.status == FALLBACK
        columns, scores, status = served.columns.copy(), served.scores.copy(), served.status.copy()
        columns[unknown], scores[unknown] = -1, -np.inf
        for label in np.unique(labels[unknown]):
            rows = np.flatnonzero(unknown & (labels == label))
            popularity = self._popularity(label)
            order = popular.order_of(popularity, limits.only)
            found = popular.first_k(order, popularity, limits.k, limits.barred[rows])
            width = np.arange(found[0].shape[1])
            columns[rows[:, None], width], scores[rows[:, None], width] = found
            status[rows] = FALLBACK if label < 0 else COLD
        return Served(columns, scores, status, served.failed)

    def _popularity(self, label: int) -> npt.NDArray[np.float64]:
        """What items score with users of a segment, or for -1 with everybody; new ones 0."""
        segments, new = self.model.segments, self.choices.new
        known = self.model.counts.astype(np.float64)
        if segments is not None and label >= 0:
            known = segments.scores[:, label + 1]
        return known if new is None else new.extension.spread(known)

    def _rows(self, users: pl.Series, lists: Served, own: Mask) -> pl.DataFrame:
        """The lists as candidates; `own` [users] are by the model, not by popularity."""
        kept = (lists.columns >= 0) & np.isfinite(lists.scores)
        lines, places = np.nonzero(kept)
        columns = lists.columns[kept]
        names = pl.Series([STATUS[FALLBACK], self.name], dtype=pl.String)
        rows = pl.DataFrame(
            {
                "user_id": users.gather(lines),
                "item_id": self.items.gather(columns),
                "score": lists.scores[kept],
                "rank": (places + 1).astype(np.int32),
                "source": names.gather(own[lines].astype(np.int32)),
                "status": pl.Series(STATUS, dtype=pl.String).gather(lists.status[lines]),
            }
        )
        if self.choices.new is None:
            return rows
        cold = self.choices.new.extension.is_new[columns].astype(np.int32)
        states = pl.Series([STATUS[KNOWN], STATUS[COLD]], dtype=pl.String)
        return rows.with_columns(states.gather(cold).alias(ITEM_STATUS))

    def _counts(
        self, lists: Served, lengths: npt.NDArray[np.int64], short: pl.DataFrame
    ) -> dict[str, int]:
        """How many users were served in which way, and how many got fewer than k for what."""
        counts = {
            "users": len(lengths),
            "folded in from history": int((lists.status == FOLDED).sum()),
            "from their segment": int((lists.status == COLD).sum()),
            FALLEN: int(((lists.status == FALLBACK) & (lengths > 0)).sum()),
            "with fewer than k": int((short["rows"] > 0).sum()),
            "with no item left": int((short["rows"] == 0).sum()),
        }
        reasons = short["reason"].value_counts(sort=False)
        counts |= {f"short: {reason}": count for reason, count in sorted(reasons.iter_rows())}
        if self.choices.new is not None:
            offered = lists.columns[(lists.columns >= 0) & np.isfinite(lists.scores)]
            counts["rows of new items"] = int(self.choices.new.extension.is_new[offered].sum())
        return counts | ({INDEX_FAILED: len(lengths)} if lists.failed else {})
