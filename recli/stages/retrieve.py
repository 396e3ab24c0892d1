"""Offer each user of a block the items that a model scores highest."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.kernels import popular
from recli.kernels.serving import (
    COLD,
    FALLBACK,
    FOLDED,
    KNOWN,
    STATUS,
    Limits,
    Search,
    Served,
    best,
)
from recli.stages.retrieve_profiles import Numbers, People
from recli.store.artefact import Artefact
from recli.store.index import load_index
from recli.store.model import Model, load_model

FALLEN = "from the fallback"
INDEX_FAILED = "searched exactly, as the index failed"
ORDER = ("user_id", "item_id", "score", "rank", "source", "status")


ColdUsers = Literal["popularity", "factors"]


@dataclass(frozen=True)
class Choices:
    """What a run of retrieve may be told."""

    k: int = 100
    keep_seen: bool = False
    only: pl.Series | None = None  # item ids that may be offered
    cold_users: ColdUsers = "popularity"
    threads: int = 1


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
    """Maps `users` (or `history`) with `vectors`, `history`, `exclude` to candidates."""

    model: Model
    name: str
    choices: Choices
    search: Search | None = None

    def __call__(self, block: Block) -> Result:
        """Candidates of the block's users, and how many were served in which way."""
        asked = block["users"] if "users" in block else block["history"]
        rows = asked.unique("user_id", keep="first", maintain_order=True)
        people = People(self.model, block, rows)
        profile = people.profile(mean_vectors=self.choices.cold_users == "factors")
        barred = people.barred("exclude", *(() if self.choices.keep_seen else ("history",)))
        limits = Limits(self.choices.k, barred, self.only, self.choices.threads, self.search)
        served = best(self.model.shape, profile, limits)
        return self._result(people.ids, self._filled(served, profile.labels, limits))

    @cached_property
    def only(self) -> npt.NDArray[np.bool_] | None:
        """Mask [items] of what may be offered, or None for everything."""
        if self.choices.only is None:
            return None
        return self.model.items.is_in(self.choices.only.implode()).to_numpy()

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
        """What items score with users of a segment, or for -1 with everybody."""
        if self.model.segments is None or label < 0:
            return self.model.counts.astype(np.float64)
        return self.model.segments.scores[:, label + 1]

    def _result(self, users: pl.Series, lists: Served) -> Result:
        kept = (lists.columns >= 0) & np.isfinite(lists.scores)
        lines, places = np.nonzero(kept)
        lengths = kept.sum(axis=1)
        own = np.isin(lists.status, (KNOWN, FOLDED))
        names = pl.Series([STATUS[FALLBACK], self.name], dtype=pl.String)
        rows = pl.DataFrame(
            {
                "user_id": users.gather(lines),
                "item_id": self.model.items.gather(lists.columns[kept]),
                "score": lists.scores[kept],
                "rank": (places + 1).astype(np.int32),
                "source": names.gather(own[lines].astype(np.int32)),
                "status": pl.Series(STATUS, dtype=pl.String).gather(lists.status[lines]),
            }
        )
        return Result(
            rows.select(ORDER),
            {
                "users": len(users),
                "folded in from history": int((lists.status == FOLDED).sum()),
                FALLEN: int(((lists.status == FALLBACK) & (lengths > 0)).sum()),
                "with fewer than k": int(((lengths < self.choices.k) & (lengths > 0)).sum()),
                "with no item left": int((lengths == 0).sum()),
            }
            | ({INDEX_FAILED: len(users)} if lists.failed else {}),
        )
