"""Tell how two tables of lists differ: one pass over both, user by user."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from recli.engines.result import Block
from recli.kernels.exposure import Counts
from recli.stages.diff_asked import SCORED, Choices, Guard
from recli.stages.diff_measures import Measure, measured, movers
from recli.stages.diff_tally import SIDES, Tally
from recli.stages.evaluate_blocks import laid
from recli.stages.evaluate_inputs import LISTS, Catalogue, catalogue_of
from recli.stages.evaluate_inputs import Choices as Plain
from recli.stages.evaluate_inputs import Inputs as Evaluated
from recli.store.merged import merged_whole
from recli.store.open import Table
from recli.tables import same_id_type

Watch = Callable[[Iterator[Block]], Iterator[Block]]


@dataclass(frozen=True)
class Inputs:
    """The tables of a run: lists of before and of now."""

    old: Table
    new: Table
    items: Table | None = None
    history: Table | None = None

    @property
    def lists(self) -> dict[str, Table]:
        """Both tables of lists, by side."""
        return {"old": self.old, "new": self.new}

    @property
    def scored(self) -> bool:
        """Whether both have scores."""
        return self.old.has("score") and self.new.has("score")


@dataclass(frozen=True)
class Outcome:
    """Everything that a run found."""

    measures: list[Measure]
    counts: dict[str, int]  # users: old, new, both
    movers: pl.DataFrame  # item_id, old, new, change: rises by size, then falls
    least: pl.DataFrame  # user_id, overlap, rbo: users whose lists have least in common
    popularity: str  # what it goes by
    catalogue: str

    def failed(self, guards: list[Guard]) -> list[tuple[Guard, Measure]]:
        """Guards that hold, each with what it looked at."""
        found = {one.label: one for one in self.measures}
        pairs = [(guard, found[guard.label]) for guard in guards]
        return [(guard, one) for guard, one in pairs if guard.holds(one.value)]


def checked(inputs: Inputs, guards: list[Guard]) -> list[str]:
    """Warnings of tables that differ in more than rows; RecliError where nothing compares."""
    for table in (inputs.new, inputs.items, inputs.history):
        for column in ("user_id", "item_id"):
            if table is not None and table.has(column):
                same_id_type(inputs.old.schema, table.schema, column, table.where)
    for table in inputs.lists.values():
        if not table.has("rank") or any(guard.name in SCORED for guard in guards):
            table.need("score")
    return _differences(inputs.old, inputs.new)


def _differences(old: Table, new: Table) -> list[str]:
    lines = []
    for one, other in ((old, new), (new, old)):
        alone = [name for name in one.schema if not other.has(name)]
        if alone:
            lines.append(f"only {one.where} has a column {', '.join(alone)}")
    for name, kind in new.schema.items():
        if old.has(name) and old.schema[name] != kind:
            lines.append(f"column '{name}' is {kind} in {new.where}, it was {old.schema[name]}")
    return lines


def diff(inputs: Inputs, choices: Choices, watch: Watch) -> Outcome:
    """Every measure, with intervals, and who moved most; `watch` sees the blocks go by.

    Memory is that of a block, the items and 4,096 buckets. Where a table is empty, measures of
    users in both are NaN.
    """
    beside = {"history": inputs.history, "items": inputs.items}
    catalogue = catalogue_of(Evaluated(inputs.lists, inputs.new, **beside), [], choices.rows)
    tally = Tally(catalogue, _chosen(inputs, catalogue), choices, scored=inputs.scored)
    nobody = pl.DataFrame(schema={name: inputs.new.schema[name] for name in ("user_id", "item_id")})
    for frames in watch(merged_whole(_tables(inputs), choices.rows)):
        numbering = catalogue.numbering
        tally.add(laid({**frames, "truth": nobody}, [*SIDES], numbering, Plain()))
    known = inputs.items or inputs.history
    return Outcome(
        measured(tally),
        {side: tally.counts[side] for side in (*SIDES, "both")},
        movers(tally),
        tally.least,
        "users of --history" if inputs.history else "rows of both tables",
        f"the items of {known.where}" if known else "what stands in the one table or the other",
    )


def rows_of_lists(block: Block) -> int:
    """How far a block goes: rows of both tables."""
    return sum(frame.height for frame in block.values())


def _tables(inputs: Inputs) -> Mapping[str, tuple[Table, list[str]]]:
    """Both tables by role, with the columns that are read."""
    scores = ["score"] if inputs.scored else []
    asked = {}
    for side, table in inputs.lists.items():
        order = "rank" if table.has("rank") else "score"
        columns = dict.fromkeys(["user_id", "item_id", order, *scores])
        asked[LISTS + side] = (table, [*columns])
    return asked


def _chosen(inputs: Inputs, catalogue: Catalogue) -> Counts:
    """How many users chose each item [items], or else how many rows of both tables hold it."""
    if catalogue.past is not None:
        known = catalogue.past.chosen
        return np.pad(known, (0, catalogue.numbering.count - len(known)))
    counts = np.zeros(catalogue.numbering.count, np.int64)
    for table in inputs.lists.values():
        for batch in table.batches(["item_id"]):
            numbers = catalogue.numbering.of(batch["item_id"])
            counts = np.pad(counts, (0, catalogue.numbering.count - len(counts)))
            counts += np.bincount(numbers, minlength=len(counts))
    return counts
