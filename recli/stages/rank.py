"""Order the candidates of a block's users by what a ranker makes of their features."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.errors import ExitCode, RecliError
from recli.kernels import best_first
from recli.kernels.features import Catalogue, Layout
from recli.kernels.features_columns import Column, family
from recli.kernels.ranking import Score
from recli.stages.features import Rows, Tables, check, known, of_block
from recli.store.artefact import Artefact
from recli.store.open import Table
from recli.store.ranker import layout_of, load_ranker

Scores = npt.NDArray[np.float32]
STRANGE = "candidates of unknown items"


@dataclass(frozen=True)
class Choices:
    """What a run of rank may be told."""

    k: int = 50
    threads: int = 1


def build(artefact: Artefact, tables: Tables, choices: Choices) -> Build:
    """How a worker makes the stage; the tables are held against the ranker's needs first.

    Raises RecliError that names every column that is missing or of another type.
    """
    layout = layout_of(artefact)
    fits(layout, tables, str(artefact.path))
    check(tables)
    catalogue = known(layout, tables["history"], tables.get("items"))
    return partial(load, artefact, catalogue, choices)


def load(artefact: Artefact, catalogue: Catalogue, choices: Choices) -> "Ranking":
    """The stage for a verified ranker."""
    score = load_ranker(artefact, choices.threads)
    return Ranking(layout_of(artefact), catalogue, score, choices)


@dataclass(frozen=True)
class Ranking:
    """Maps `candidates` with `history` and `users` to the k best candidates of each user."""

    layout: Layout
    catalogue: Catalogue
    score: Score
    choices: Choices

    def __call__(self, block: Block) -> Result:
        """The same columns with new scores and ranks; the rest travels along."""
        rows = of_block(self.layout, self.catalogue, block)
        scores = self._scores(rows)
        kept, ranks = best_first.first_k(
            rows.starts, scores, self._ties(rows), self.choices.k, self.choices.threads
        )
        frame = rows.frame[kept].with_columns(
            pl.Series("score", scores[kept]), pl.Series("rank", ranks)
        )
        strange = int(rows.strange.sum())
        return Result(frame, {"users": len(rows.users), STRANGE: strange})

    def _scores(self, rows: Rows) -> Scores:
        """New scores [rows]."""
        scores = np.empty(rows.frame.height, np.float32)
        for users in rows.runs():
            found = self.score(rows.features(users, self.choices.threads))
            scores[rows.starts[users.start] : rows.starts[users.stop]] = found
        return scores

    def _ties(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Numbers in the order of the item ids: those of the catalogue, where all are in it."""
        if not rows.strange.any():
            return rows.asked.items.astype(np.int64)
        return rows.frame["item_id"].rank("dense").cast(pl.Int64).to_numpy()


def fits(layout: Layout, tables: Tables, where: str) -> None:
    """Raise RecliError unless the tables hold every column that the ranker learned from."""
    needed = {"candidates": layout.candidates, "items": layout.items, "users": layout.users}
    absent = [role for role, columns in needed.items() if columns and role not in tables]
    if absent:
        names = {role: ", ".join(column.name for column in needed[role]) for role in absent}
        raise RecliError(
            f"{where} learned from {' and '.join(f'{role} ({names[role]})' for role in absent)}",
            f"add {' '.join(f'--{role} TABLE' for role in absent)}",
            code=ExitCode.USAGE,
        )
    idle = [role for role in ("items", "users") if role in tables and not needed[role]]
    if idle:
        raise RecliError(
            f"{where} learned nothing from {' and '.join(idle)}",
            f"leave out {' '.join(f'--{role}' for role in idle)}, or train it with them",
            code=ExitCode.USAGE,
        )
    faults = [
        fault
        for role, columns in needed.items()
        if columns
        for fault in _faults(tables[role], columns)
    ]
    history = tables["history"]
    for name, used in (("timestamp", layout.timed), ("rating", layout.rated)):
        if used and not history.has(name):
            faults.append(f"{history.where} has no column '{name}'")
    if faults:
        raise RecliError(
            f"{where} cannot rank these: {'; '.join(faults)}",
            "give the columns that it was trained with, or train it again",
        )


def _faults(table: Table, columns: tuple[Column, ...]) -> list[str]:
    faults = []
    for column in columns:
        if not table.has(column.name):
            faults.append(f"{table.where} has no column '{column.name}'")
        elif family(table.schema[column.name]) != column.family:
            now = table.schema[column.name]
            faults.append(
                f"{table.where}: column '{column.name}' is {now}, the ranker saw {column.type}"
            )
    return faults
