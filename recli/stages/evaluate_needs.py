"""What metrics read beside items of lists and of truth, and what can be refused before any work."""

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.stages.evaluate_asked import Asked
from recli.store.open import Table
from recli.tables import AS_OF, REWARDS

if TYPE_CHECKING:
    from recli.stages.evaluate_inputs import Inputs


def settled(one: Asked, inputs: "Inputs") -> Asked:
    """The metric with its item column named; RecliError where it lacks what it reads."""
    for need in one.needs:
        if need == "score":
            for table in inputs.lists.values():
                table.need("score")
        elif need == "rating":
            inputs.truth.need("rating")
        elif need == "log":
            for table in inputs.lists.values():
                _check_log(one, table)
        else:
            _given(one, need.split(" or "), inputs)
    if inputs.items is None:
        return one
    if hasattr(one.metric, "price"):
        _check_number(one.metric.price, inputs.items)
    return _labelled(one, inputs.items) if hasattr(one.metric, "by") else one


def _given(one: Asked, options: list[str], inputs: "Inputs") -> None:
    tables = [getattr(inputs, option) for option in options]
    given = [table for table in tables if table is not None]
    if not given:
        wanted = " or ".join(f"--{option} TABLE" for option in options)
        raise RecliError(f"{one.label} needs {wanted}", "add it", code=ExitCode.USAGE)
    if not given[0].rows:
        raise RecliError(f"{one.label}: {given[0].where} holds no rows", "check how it was made")


def _labelled(one: Asked, items: Table) -> Asked:
    """The metric with the column of --items that it goes by."""
    lists = [name for name, kind in items.schema.items() if kind.base_type() is pl.List]
    column = one.metric.by or next(iter(lists), None)
    if column is None:
        raise RecliError(
            f"{one.label} reads a list column, and {items.where} has none",
            f"name a column: '{one.label}(by=COLUMN)' (it has {', '.join(items.schema)})",
            code=ExitCode.USAGE,
        )
    items.need(column)
    return replace(one, metric=replace(one.metric, by=column))


def _check_number(column: str, items: Table) -> None:
    items.need(column)
    kind = items.schema[column]
    if not kind.is_numeric():
        raise RecliError(
            f"{items.where}: column '{column}' is {kind}, not a number",
            "ingest it as one, or name another column",
        )


def _check_log(one: Asked, table: Table) -> None:
    """Raise RecliError where a table does not say what was clicked, or where it stood."""
    name = clicked(table)
    if name is None:
        raise RecliError(
            f"{table.where} is no log: {one.label} needs a column {' or '.join(REWARDS)}",
            "give the rows as they were shown, with what was clicked, in place of lists",
        )
    kind = table.schema[name]
    if not (kind.is_numeric() or kind == pl.Boolean):
        raise RecliError(
            f"{table.where}: column '{name}' is {kind}, neither yes or no nor a number",
            "write 1 where a row was clicked and 0 where it was not",
        )
    if place(table) == "score":
        raise RecliError(
            f"{table.where}: {one.label} needs a column 'position' or 'rank'",
            "add where each row was shown, from 1",
        )


def clicked(table: Table) -> str | None:
    """The column of a log that tells what was clicked."""
    return next((name for name in REWARDS if table.has(name)), None)


def place(table: Table) -> str:
    """The column that lists are ordered by."""
    if table.has("rank"):
        return "rank"
    return (
        "position" if table.has("position") and table.schema["position"].is_integer() else "score"
    )


def columns_of_log(table: Table) -> list[str]:
    """The columns of a table that are read where it is a log."""
    found = [clicked(table) or "clicked", place(table)]
    return [*found, AS_OF] if table.has(AS_OF) else found


def columns_of_truth(truth: Table) -> list[str]:
    """The columns of truth that are read beside a log."""
    return [name for name in ("event", "timestamp") if truth.has(name)]
