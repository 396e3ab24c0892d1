"""Order the candidates of a block's users by what a ranker makes of their features."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Result
from recli.errors import ExitCode, RecliError
from recli.kernels import best_first
from recli.kernels.calibration import Calibration
from recli.kernels.features import Layout
from recli.kernels.features_columns import Column, family
from recli.kernels.ranking import Score
from recli.stages.feature_tables import IMPRESSIONS, neighbours, stores
from recli.stages.features import Making, Tables, check, making, moment_of
from recli.stages.features_block import Rows, of_block
from recli.store.artefact import Artefact
from recli.store.open import Table
from recli.store.ranker import layout_of, load_calibration, load_ranker, load_uncertainty
from recli.tables import AS_OF

Scores = npt.NDArray[np.float32]
STRANGE = "candidates of unknown items"
UNCERTAINTY = "uncertainty"  # column of what a ranker that knows it makes


@dataclass(frozen=True)
class Choices:
    """What a run of rank may be told."""

    k: int = 50
    now: str | None = None
    threads: int = 1


def build(artefact: Artefact, tables: Tables, choices: Choices) -> "partial[Ranking]":
    """How a worker makes the stage; the tables are held against the ranker's needs first.

    Raises RecliError that names every column that is missing or of another type.
    """
    layout = layout_of(artefact)
    fits(layout, tables, str(artefact.path))
    check(tables)
    now = moment_of(tables, layout, choices.now)
    return partial(load, artefact, making(layout, tables, now), choices)


def load(artefact: Artefact, how: Making, choices: Choices) -> "Ranking":
    """The stage for a verified ranker."""
    score = load_ranker(artefact, choices.threads)
    unsure = load_uncertainty(artefact, choices.threads)
    return Ranking(how, score, choices, load_calibration(artefact), unsure)


@dataclass(frozen=True)
class Ranking:
    """Maps `candidates` with `history` and `users` to the k best candidates of each user."""

    making: Making
    score: Score
    choices: Choices
    calibration: Calibration | None = None
    unsure: Score | None = None  # how unsure each score is, of a ranker that knows it

    def __call__(self, block: Block) -> Result:
        """The same columns with new scores and ranks; the rest travels along."""
        rows = of_block(self.making, block)
        _refuse_two_lists(rows.users)
        scores, *unsure = self._measured(rows)
        kept, ranks = best_first.first_k(
            rows.starts, scores, self._ties(rows), self.choices.k, self.choices.threads
        )
        best = scores[kept]
        if self.calibration is not None:
            # Lists are ordered by the scores themselves: chances may be equal where those are not.
            best = self.calibration(best.astype(np.float64)).astype(np.float32)
        # How unsure another ranker was says nothing of these scores.
        frame = rows.frame[kept].drop(UNCERTAINTY, strict=False)
        frame = frame.with_columns(
            pl.Series("score", best),
            pl.Series("rank", ranks),
            *(pl.Series(UNCERTAINTY, widths[kept]) for widths in unsure),
        )
        strange = int(rows.strange.sum())
        return Result(frame, {"users": len(rows.users), STRANGE: strange})

    def _measured(self, rows: Rows) -> Scores:
        """New scores, and how unsure they are where the ranker knows it [1 or 2, rows]."""
        measures = [self.score, *([self.unsure] if self.unsure else [])]
        found = np.empty((len(measures), rows.frame.height), np.float32)
        for lists in rows.runs():
            features = rows.features(lists, self.choices.threads)
            for at, measure in enumerate(measures):
                found[at, rows.starts[lists.start] : rows.starts[lists.stop]] = measure(features)
        return found

    def _ties(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Numbers in the order of the item ids: those of the catalogue, where all are in it."""
        if not rows.strange.any():
            return rows.made.lists.items.astype(np.int64)
        return rows.frame["item_id"].rank("dense").cast(pl.Int64).to_numpy()


def _refuse_two_lists(users: pl.Series) -> None:
    """Raise RecliError where a user has lists of two moments: what is ranked is one list."""
    twice = users.filter(users.is_duplicated())
    if len(twice):
        raise RecliError(
            f"user {twice[0]!r} has candidates of several moments, in column '{AS_OF}'",
            "rank orders one list a user: give all of a user's candidates the same moment",
        )


def fits(layout: Layout, tables: Tables, where: str) -> None:
    """Raise RecliError unless the tables hold every column that the ranker learned from."""
    columns = layout.columns
    needed = {"candidates": columns.candidates, "items": columns.items, "users": columns.users}
    absent = [role for role, asked in needed.items() if asked and role not in tables]
    if absent:
        names = {role: ", ".join(column.name for column in needed[role]) for role in absent}
        raise RecliError(
            f"{where} learned from {' and '.join(f'{role} ({names[role]})' for role in absent)}",
            f"add {' '.join(f'--{role} TABLE' for role in absent)}",
            code=ExitCode.USAGE,
        )
    if (IMPRESSIONS in tables) != columns.shown:
        raise RecliError(
            f"{where} learned {'' if columns.shown else 'nothing '}from impressions",
            f"{'add' if columns.shown else 'leave out'} --impressions TABLE",
            code=ExitCode.USAGE,
        )
    if len(neighbours(tables)) != columns.near:
        raise RecliError(
            f"{where} learned from {columns.near} tables of neighbours",
            "give as many, in the same order: --similar TABLE",
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
        for role, asked in needed.items()
        for column in asked
        for fault in _faults(_holder(role, column.name, tables), column)
    ]
    if columns.listed:
        faults += [
            f"{tables['candidates'].where} has no column '{name}'"
            for name in ("score", "rank")
            if not tables["candidates"].has(name)
        ]
    history = tables.get("history")
    if columns.met and history is None:
        raise RecliError(
            f"{where} learned from what users did before",
            "add --history TABLE",
            code=ExitCode.USAGE,
        )
    for name, used in (("timestamp", columns.timed), ("rating", columns.rated)):
        if used and history is not None and not history.has(name):
            faults.append(f"{history.where} has no column '{name}'")
    if faults:
        raise RecliError(
            f"{where} cannot rank these: {'; '.join(faults)}",
            "give the columns that it was trained with, or train it again",
        )


def _holder(role: str, column: str, tables: Tables) -> Table:
    """The table that has a column, where it has it: of candidates, any table of features may."""
    found = [store for store in stores(tables) if column in store.names]
    return tables[found[0].role] if role == "candidates" and found else tables[role]


def _faults(table: Table, column: Column) -> list[str]:
    if not table.has(column.name):
        return [f"{table.where} has no column '{column.name}'"]
    kind = table.schema[column.name]
    if family(kind) != column.family:
        return [f"{table.where}: column '{column.name}' is {kind}, the ranker saw {column.type}"]
    return []
