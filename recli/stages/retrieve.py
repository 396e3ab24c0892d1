"""Offer each user of a block the items that a model scores highest."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.engines.result import Block, Build, Result
from recli.kernels import popular
from recli.kernels.matrix import Matrix, matrix, numbers
from recli.kernels.serving import Limits, Profile, Search, Served, best
from recli.kernels.shapes import Factors, ItemScores, Vectors
from recli.store.artefact import Artefact
from recli.store.index import load_index
from recli.store.model import Model, load_model, vectors_of

FALLBACK = "fallback"
FALLEN = "from the fallback"
INDEX_FAILED = "searched exactly, as the index failed"
ORDER = ("user_id", "item_id", "score", "rank", "source")


@dataclass(frozen=True)
class Choices:
    """What a run of retrieve may be told."""

    k: int = 100
    keep_seen: bool = False
    only: pl.Series | None = None  # item ids that may be offered
    threads: int = 1


def build(artefact: Artefact, choices: Choices) -> Build:
    """How a worker makes the stage; the artefact was verified by whoever opened it."""
    return partial(load, artefact, choices)


def _as_pairs(cells: Matrix) -> Matrix:
    parts = (np.ones_like(cells.data), cells.indices, cells.indptr)
    return sparse.csr_array(parts, shape=cells.shape)


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
        people = asked.unique("user_id", keep="first", maintain_order=True)
        users = people["user_id"]
        history = self._matrix(block.get("history"), users)
        barred = self._barred(block, users, history)
        limits = Limits(self.choices.k, barred, self.only, self.choices.threads, self.search)
        profile = Profile(history, self._vectors(block, users), self._segments(people))
        served = best(self.model.shape, profile, limits)
        return self._result(users, self._filled(served, limits), served)

    @cached_property
    def only(self) -> npt.NDArray[np.bool_] | None:
        """Mask [items] of what may be offered, or None for everything."""
        if self.choices.only is None:
            return None
        return self.model.items.is_in(self.choices.only.implode()).to_numpy()

    def _matrix(self, rows: pl.DataFrame | None, users: pl.Series) -> Matrix:
        """The users' rows of a table over the model's items [users, items]."""
        shape = (len(users), len(self.model.items))
        if rows is None:
            return matrix(*(np.zeros(0, np.int32),) * 2, np.zeros(0, np.float32), shape)
        columns = numbers(rows["item_id"], self.model.items)
        known = columns >= 0
        weights = np.ones(rows.height, np.float32)
        if "weight" in rows.columns:
            weights = rows["weight"].to_numpy()
        lines = numbers(rows["user_id"], users)
        return matrix(lines[known], columns[known], weights[known], shape)

    def _barred(self, block: Block, users: pl.Series, history: Matrix) -> Matrix:
        # A pair that weighs nothing was seen all the same.
        barred = _as_pairs(self._matrix(block.get("exclude"), users))
        if not self.choices.keep_seen:
            barred = sparse.csr_array(barred + _as_pairs(history))
        barred.sort_indices()
        return barred

    def _vectors(self, block: Block, users: pl.Series) -> Vectors | None:
        if "vectors" not in block or not isinstance(self.model.shape, Factors):
            return None
        known = block["vectors"]
        vectors = np.full((len(users), self.model.shape.items.shape[1]), np.nan, np.float32)
        if known.height:
            vectors[numbers(known["user_id"], users)] = vectors_of(known)
        return vectors

    def _segments(self, people: pl.DataFrame) -> npt.NDArray[np.int32] | None:
        shape = self.model.shape
        if not isinstance(shape, ItemScores) or shape.column is None:
            return None
        labels = pl.Series(shape.segments[1:], dtype=pl.String)
        return numbers(people[shape.column].cast(pl.String), labels) + np.int32(1)

    def _filled(self, served: Served, limits: Limits) -> Served:
        """The same lists, those of unknown users taken from overall popularity."""
        rows = np.flatnonzero(served.unknown)
        columns, scores = served.columns.copy(), served.scores.copy()
        columns[rows], scores[rows] = -1, -np.inf
        if len(rows):
            counts = self.model.counts.astype(np.float64)
            order = popular.order_of(counts, limits.only)
            found = popular.first_k(order, counts, limits.k, limits.barred[rows])
            width = found[0].shape[1]
            columns[rows[:, None], np.arange(width)] = found[0]
            scores[rows[:, None], np.arange(width)] = found[1]
        return Served(columns, scores, served.unknown, served.folded, served.failed)

    def _result(self, users: pl.Series, lists: Served, served: Served) -> Result:
        kept = (lists.columns >= 0) & np.isfinite(lists.scores)
        lines, places = np.nonzero(kept)
        lengths = kept.sum(axis=1)
        names = pl.Series([self.name, FALLBACK], dtype=pl.String)
        rows = pl.DataFrame(
            {
                "user_id": users.gather(lines),
                "item_id": self.model.items.gather(lists.columns[kept]),
                "score": lists.scores[kept],
                "rank": (places + 1).astype(np.int32),
                "source": names.gather(served.unknown[lines].astype(np.int32)),
            }
        )
        return Result(
            rows.select(ORDER),
            {
                "users": len(users),
                "folded in from history": served.folded,
                FALLEN: int((served.unknown & (lengths > 0)).sum()),
                "with fewer than k": int(((lengths < self.choices.k) & (lengths > 0)).sum()),
                "with no item left": int((lengths == 0).sum()),
            }
            | ({INDEX_FAILED: len(users)} if served.failed else {}),
        )
