"""Simple recommenders that stand beside the lists: made of the history, served as lists go by."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.hashing import uniform
from recli.kernels.lists import Numbers, Rows
from recli.kernels.matrix import Matrix, Training, ignore
from recli.kernels.neighbours import score_top_k
from recli.kernels.past import Before
from recli.kernels.shapes import ItemWeights
from recli.models.item_knn import ItemKnn
from recli.stages.evaluate_asked import ITEM_KNN, POPULARITY, Asked
from recli.stages.evaluate_blocks import Weights, weights_of
from recli.stages.evaluate_inputs import Catalogue, Choices, Inputs
from recli.store.merged import merged
from recli.store.open import Table

ROWS = 1 << 24  # of the history that a model is fitted on, in whole users: some 0.9 GiB
LONG = 1 << 21  # rows whose fit takes long enough to say so
SALT = 0x626173656C696E65
Say = Callable[[str], None]


class Baseline(Protocol):
    """What offers every user a list, from what she did before."""

    @property
    def name(self) -> str:
        """Of its lists in the report."""

    @property
    def longest(self) -> int:
        """Items that a list of it may have."""

    def lists(self, before: Before, weights: Weights, k: int) -> Rows:
        """At most k items for each of a run of users; `weights` [rows of all histories]."""


@dataclass(frozen=True)
class Popularity:
    """The items that weigh most in the history, those of the user's own left out."""

    longest: int
    name: str = POPULARITY

    def lists(self, before: Before, weights: Weights, k: int) -> Rows:
        """The first k of all that a user has not chosen."""
        return before.popular(k)


@dataclass(frozen=True)
class Neighbours:
    """The lists of `train-item-knn` and `retrieve`, as they are without an option.

    Whoever has no history, or one that says nothing, is offered what is popular, as there.
    """

    weights: Matrix  # [items, items] in the order of the ids
    by_id: Numbers  # [items] number of each item, in that order
    threads: int = 1
    name: str = ITEM_KNN

    @property
    def longest(self) -> int:
        """All items that have a number."""
        return len(self.by_id)

    @cached_property
    def place(self) -> Numbers:
        """Each item's place in the order of the ids [items]."""
        return np.argsort(self.by_id).astype(np.int32)

    def lists(self, before: Before, weights: Weights, k: int) -> Rows:
        """The k unseen items with the largest sums of weights over the history."""
        # In the order of the ids: equal scores are then told apart as they are by `retrieve`.
        own = histories(before.rows, weights, self.place)
        barred = own.indptr.astype(np.int64), own.indices.astype(np.int32)
        found, _ = score_top_k(own, self.weights, k, barred, threads=self.threads)
        numbers = np.where(found >= 0, self.by_id[found], np.int32(-1)) if k else found
        nothing = (found[:, :1] < 0).all(axis=1)
        numbers[nothing] = _laid(before.popular(k), k)[nothing] if nothing.any() else -1
        there = numbers >= 0
        return Rows(np.concatenate([[0], there.sum(axis=1).cumsum()]), numbers[there])


def histories(rows: Rows, weights: Weights, place: Numbers) -> Matrix:
    """What each user's interactions weigh: float32 [users, items], of a run of users.

    `weights` are those of the interactions [rows of all users]; repeated pairs are summed in
    float64. `place` [items] are the columns.
    """
    begin, end = int(rows.starts[0]), int(rows.starts[-1])
    columns = place[rows.items[begin:end]]
    cells = (weights[begin:end].astype(np.float64), columns, rows.starts - begin)
    summed = sparse.csr_array(cells, shape=(len(rows.starts) - 1, len(place)))
    summed.sum_duplicates()
    return summed.astype(np.float32)


def _laid(rows: Rows, k: int) -> Numbers:
    """Lists as [users, k], -1 past the end."""
    laid = np.full((len(rows.starts) - 1, k), -1, np.int32)
    laid[np.arange(k) < rows.lengths[:, None]] = rows.items
    return laid


def baselines_of(
    inputs: Inputs, catalogue: Catalogue, asked: list[Asked], choices: Choices, say: Say = ignore
) -> tuple[list[Baseline], list[str]]:
    """Those that were asked for, and why one of them is not there or not whole.

    None without a history, and none where all metrics are of scores or of a log. Raises
    RecliError where the one that all others are held against cannot be made.
    """
    wanted, history = choices.added, inputs.history
    if history is None or catalogue.past is None or not any(map(_served, asked)):
        if choices.against in wanted:
            raise RecliError(
                f"{choices.against} has no scores and no log, which all metrics asked for look at",
                "name a table of lists as --baseline",
                code=ExitCode.USAGE,
            )
        return [], []
    popular = Popularity(len(catalogue.past.order))
    found: list[Baseline] = [popular] if POPULARITY in wanted else []
    if ITEM_KNN not in wanted:
        return found, []
    try:
        neighbours, share = _fitted(history, catalogue, choices, say)
    except RecliError as fault:
        if choices.against == ITEM_KNN:
            raise
        return found, [f"{ITEM_KNN} is left out: {fault}"]
    sampled = f"{ITEM_KNN} is fitted on {share:.2g} of the users of {history.where}, by lot"
    return [*found, neighbours], [sampled] if share < 1 else []


def _served(one: Asked) -> bool:
    """Whether a metric has something to say of a baseline, which scores nothing and has no log."""
    return not {"score", "log"} & {*one.needs}


def _fitted(
    history: Table, catalogue: Catalogue, choices: Choices, say: Say
) -> tuple[Neighbours, float]:
    """The model, and the share of the users whom it was fitted on."""
    share = min(1.0, ROWS / max(history.rows, 1))
    if history.rows > LONG:
        of = "interactions" if share == 1 else "of the interactions"
        say(f"fitting {ITEM_KNN} on {min(history.rows, ROWS):,} {of} of {history.where}")
    by_id = catalogue.numbering.ids().arg_sort().to_numpy().astype(np.int32)
    data = _training(history, catalogue, np.argsort(by_id).astype(np.int32), share, choices)
    shape: ItemWeights = ItemKnn().fit(data)
    return Neighbours(shape.weights, by_id, choices.threads), share


def _training(
    history: Table, catalogue: Catalogue, place: Numbers, share: float, choices: Choices
) -> Training:
    """Interactions of a share of the users; items are numbered in the order of their ids."""
    columns = ["user_id", "item_id", *(["weight"] if history.has("weight") else [])]
    rows, items, weights, users = [], [], [], 0
    for block in merged({"history": (history, columns)}, choices.rows):
        frame = block["history"]
        runs = frame["user_id"].rle().struct
        lengths = runs.field("len").to_numpy().astype(np.int64)
        drawn = uniform([runs.field("value")], SALT) < share  # [users] whoever stands beside them
        kept = np.repeat(drawn, lengths)
        rows.append(users + np.repeat(np.arange(drawn.sum(), dtype=np.int32), lengths[drawn]))
        items.append(place[catalogue.numbering.of(frame["item_id"])][kept])
        weights.append(weights_of(frame)[kept])
        users += int(drawn.sum())
    return Training(
        users=pl.Series(np.arange(users)),
        items=pl.Series(np.arange(len(place))),
        rows=np.concatenate([np.zeros(0, np.int32), *rows]),
        columns=np.concatenate([np.zeros(0, np.int32), *items]),
        weights=np.concatenate([np.zeros(0, np.float32), *weights]),
        threads=choices.threads,
    )
