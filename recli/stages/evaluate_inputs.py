"""What evaluate reads, and everything about it that can be refused before any work."""

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from recli import tables
from recli.errors import ExitCode, RecliError
from recli.kernels import popular
from recli.kernels.distances import labels
from recli.kernels.lists import Items, Rows, Values
from recli.kernels.matrix import Matrix
from recli.kernels.numbering import Numbering
from recli.kernels.past import Past
from recli.stages.evaluate_asked import ADDED, Asked
from recli.stages.evaluate_by import columns_by
from recli.stages.evaluate_cold_asked import ColdBands, check_cold
from recli.stages.evaluate_funnel import with_oracle
from recli.stages.evaluate_gates import Gate
from recli.stages.evaluate_like import USUAL, Convention
from recli.stages.evaluate_needs import place, settled
from recli.store.merged import merged
from recli.store.open import Table

LISTS = "lists "  # before the name of lists among the roles of tables


@dataclass(frozen=True)
class Inputs:
    """The tables of a run: at least one of lists, and what happened."""

    lists: dict[str, Table]
    truth: Table
    history: Table | None = None
    items: Table | None = None
    users: Table | None = None

    @property
    def roles(self) -> dict[str, Table]:
        """The tables that are there, by role."""
        lists = {LISTS + name: table for name, table in self.lists.items()}
        beside = {name: getattr(self, name) for name in ("users", "items", "truth", "history")}
        return lists | {name: table for name, table in beside.items() if table is not None}


@dataclass(frozen=True)
class Choices:
    """What a run may be told beside its metrics."""

    graded: bool = False  # a relevant item's gain is its rating
    min_relevance: float | None = None  # the least rating that is relevant
    by: tuple[str, ...] = ()  # columns whose values are told apart
    cold: ColdBands | None = None
    funnel: tuple[str, ...] = ()  # the lists are its stages: what each is called
    added: tuple[str, ...] = ADDED  # baselines beside the lists, where there is history
    against: str | None = None  # lists that all others are held against; None: the added ones
    seed: int = 0
    threads: int = 1
    like: Convention = USUAL  # how users count and lists are ordered
    rows: int = 1 << 20  # rows of a table in a block: no result depends on it


def checked(
    inputs: Inputs, asked: list[Asked], gates: list[Gate], choices: Choices
) -> tuple[list[Asked], list[Gate]]:
    """Metrics and gates with every definition settled, once all of them can be measured.

    What a gate looks at is measured too. Raises RecliError where an option or a column is
    missing, or ids are of two types.
    """
    _check_tables(inputs, choices)
    gates = [replace(gate, asked=settled(gate.asked, inputs)) for gate in gates]
    asked = [settled(one, inputs) for one in asked] + [gate.asked for gate in gates]
    if choices.funnel:
        asked = with_oracle(asked, [*inputs.lists.values()][-1])
    if not asked:
        raise RecliError("no metric asked for", "add one, as ndcg@10", code=ExitCode.USAGE)
    return list(dict.fromkeys(asked)), gates


def _check_tables(inputs: Inputs, choices: Choices) -> None:
    _check_ids(inputs)
    for table in inputs.lists.values():
        if choices.like.order != "rank":
            table.need("score")
        elif not table.has(place(table)):
            swapped = inputs.truth.has("score") or inputs.truth.has("rank")
            remedy = f"is it {inputs.truth.where} that holds the lists?" if swapped else "add one"
            raise RecliError(f"{table.where} has neither a column 'rank' nor 'score'", remedy)
    if choices.graded or choices.min_relevance is not None:
        inputs.truth.need("rating")
    columns_by(choices.by, inputs.roles)
    if choices.funnel and (choices.by or choices.cold):
        raise RecliError(
            "--funnel looks at everybody", "leave out --by and --cold", code=ExitCode.USAGE
        )
    if choices.cold is not None:
        check_cold(choices.cold, inputs.history, inputs.items)


def _check_ids(inputs: Inputs) -> None:
    for table in [*inputs.lists.values(), inputs.history, inputs.users]:
        if table is not None:
            tables.same_id_type(inputs.truth.schema, table.schema, "user_id", table.where)
    for table in [*inputs.lists.values(), inputs.history, inputs.items]:
        if table is not None:
            tables.same_id_type(inputs.truth.schema, table.schema, "item_id", table.where)


@dataclass(frozen=True)
class Catalogue:
    """The items of a run by number, and what is known of them."""

    numbering: Numbering
    size: int | None  # items 0 … size - 1 are the catalogue; None where nothing says
    past: Past | None
    labels: dict[str, Matrix]  # by column: [items, values]
    numbers: dict[str, Values] = field(default_factory=dict)  # by column: [items], 0 if unknown

    def known(self) -> Items:
        """What is known of every item that has a number by now."""
        count = self.numbering.count
        bits = np.zeros(0) if self.past is None else self.past.information(count)
        numbers = {
            column: np.pad(values, (0, count - len(values)))
            for column, values in self.numbers.items()
        }
        known = Items(count, bits, self.labels, numbers, catalogue=self.size or 0)
        return known if self.past is None else replace(known, past=self.past)


def catalogue_of(inputs: Inputs, asked: list[Asked], rows: int) -> Catalogue:
    """One pass over items and history: numbers, popularity, labels."""
    numbering = Numbering(inputs.truth.schema["item_id"])
    size, carried, numbers = None, {}, {}
    if inputs.items is not None:
        columns, prices = (
            sorted({getattr(one.metric, name) for one in asked if hasattr(one.metric, name)})
            for name in ("by", "price")
        )
        known = inputs.items.read(list(dict.fromkeys(["item_id", *columns, *prices])))
        numbering.of(known["item_id"])
        size = numbering.count
        carried = {column: labels(known, column, numbering) for column in columns}
        numbers = {column: _numbers(known, column, numbering) for column in prices}
    past = None
    if inputs.history is not None:
        past = _past(inputs.history, numbering, rows)
        size = numbering.count if size is None else size
    return Catalogue(numbering, size, past, carried, numbers)


def _numbers(known: pl.DataFrame, column: str, numbering: Numbering) -> Values:
    """A column of numbers by item [items]: the first row of each, 0 where it is empty."""
    first = known.unique("item_id", keep="first", maintain_order=True)
    values = np.zeros(numbering.count)
    values[numbering.of(first["item_id"])] = (
        first[column].cast(pl.Float64).fill_nan(None).fill_null(0.0).to_numpy()
    )
    return values


def _past(history: Table, numbering: Numbering, rows: int) -> Past:
    past = Past()
    has_weight = history.has("weight")
    columns = ["user_id", "item_id", *(["weight"] if has_weight else [])]
    for block in merged({"history": (history, columns)}, rows):
        frame = block["history"]
        items = numbering.of(frame["item_id"])
        lengths = frame["user_id"].rle().struct.field("len").to_numpy()
        starts = np.concatenate([[0], lengths.cumsum(dtype=np.int64)])
        weights = np.ones(frame.height, np.float32)
        if has_weight:
            weights = frame["weight"].fill_null(1.0).to_numpy()
        past.add(Rows(starts, items), weights, numbering.count)
    ids = numbering.ids().head(len(past.weights))
    by_id = ids.arg_sort().to_numpy().astype(np.int32)
    past.order = by_id[popular.order_of(past.weights[by_id], None)]
    return past
