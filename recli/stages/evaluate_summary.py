"""What each table that evaluate read holds, and where it came from."""

from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from recli.kernels.lists import Rows
from recli.kernels.past import Past
from recli.stages.evaluate_inputs import Inputs
from recli.store.open import Table
from recli.store.span import span

Facts = dict[str, Any]
TRUTH = "truth"


class Holdings:
    """Users and distinct items of lists and truth, counted as their blocks go by.

    Memory is a byte an item for each table.
    """

    def __init__(self) -> None:
        self.users: Counter[str] = Counter()
        self._marks: dict[str, npt.NDArray[np.bool_]] = {}

    def add(self, name: str, rows: Rows, items: int) -> None:
        """Add the rows of a table in a block; `items` numbers are known by now."""
        marks = self._marks.get(name, np.zeros(0, np.bool_))
        marks = np.pad(marks, (0, max(items - len(marks), 0)))
        marks[rows.items] = True
        self._marks[name] = marks
        self.users[name] += int((rows.lengths > 0).sum())

    def items(self, name: str) -> int:
        """Distinct items of a table."""
        return int(np.count_nonzero(self._marks.get(name, np.zeros(0, np.bool_))))


def summary_of(inputs: Inputs, held: Holdings, past: Past | None) -> list[Facts]:
    """Rows, users, items, first and last time of each table; what it has none of is None.

    `held` knows the lists by their names.
    """
    told = [
        _facts("lists", table, held.users[name], held.items(name))
        for name, table in inputs.lists.items()
    ]
    told.append(_facts(TRUTH, inputs.truth, held.users[TRUTH], held.items(TRUTH)))
    if inputs.history is not None and past is not None:
        chosen = int(np.count_nonzero(past.chosen))
        told.append(_facts("history", inputs.history, past.users, chosen))
    if inputs.items is not None:
        told.append(_facts("items", inputs.items, None, inputs.items.rows))
    if inputs.users is not None:
        told.append(_facts("users", inputs.users, inputs.users.rows, None))
    return told


def _facts(role: str, table: Table, users: int | None, items: int | None) -> Facts:
    ends = span(table) or (None, None)
    first, last = (None if end is None else _written(end) for end in ends)
    counts = {"rows": table.rows, "users": users, "items": items}
    return {"role": role, "where": table.where, **counts, "first": first, "last": last}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def inputs_of(inputs: Inputs) -> list[Facts]:
    """The tables of a run: what each is called, its hash, and the record of how it was made."""
    tables = [("lists", table) for table in inputs.lists.values()]
    tables += [
        (role, table)
        for role in ("truth", "history", "items", "users")
        if (table := getattr(inputs, role)) is not None
    ]
    return [
        {"role": role, "where": table.where, "sha256": table.sha256, "record": table.record}
        for role, table in tables
    ]
