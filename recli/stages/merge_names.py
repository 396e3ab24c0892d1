"""What the sources of a merge are called, and the columns that carry their names."""

import re
from collections.abc import Sequence
from pathlib import Path

from recli.errors import ExitCode, RecliError
from recli.store.open import Table
from recli.store.provenance import Record

OWN = ("user_id", "item_id", "score", "rank", "source", "status")
KEPT = ("rank", "score")  # of each source, as NAME_rank and NAME_score
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
# Whose name a table goes by: of what ranked it, else of what retrieved it.
_ROLES = ("ranker", "candidates", "model", "part")


def names_of(tables: Sequence[Table], asked: str | None) -> list[str]:
    """A name for each source, no two alike: those asked for, else what made the table.

    A table of recli is called by the model or ranker that its provenance names, whether it
    comes through a file or a pipe; any other by its file. The second of a name is `als_2`.
    """
    if asked is None:
        return _numbered([_made_by(table) for table in tables], tables)
    names = asked.split(",")
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong or len(set(names)) < len(names) or len(names) != len(tables):
        raise RecliError(
            f"--names {asked} must be {len(tables)} different names joined by commas",
            "use letters, digits, '.', '_' and '-'",
            code=ExitCode.USAGE,
        )
    if _taken(names, tables):
        raise RecliError(
            f"--names {asked}: a table has a column {', '.join(sorted(_taken(names, tables)))}",
            "choose other names",
            code=ExitCode.USAGE,
        )
    return names


def columns_of(name: str) -> list[str]:
    """The columns of a source's own rank and score."""
    return [f"{name}_{column}" for column in KEPT]


def _made_by(table: Table) -> str:
    if table.record is not None:
        return maker(table.record, table.record.get("ancestors", {}))
    stem = re.sub(r"[^\w.-]+", "-", Path(table.where).name.split(".")[0]).strip("-._")
    return stem or "lists"


def maker(record: Record, ancestors: dict[str, Record]) -> str:
    """The plug-in that decided on the lists of a record, or the command that wrote it."""
    command = str(record.get("command", "lists"))
    if command.startswith("train-"):
        return command.removeprefix("train-")
    inputs = {made["role"]: made["sha256"] for made in reversed(record.get("inputs", []))}
    for role in _ROLES:
        if inputs.get(role) in ancestors:
            return maker(ancestors[inputs[role]], ancestors)
    return command.rpartition(" ")[2]


def _numbered(names: list[str], tables: Sequence[Table]) -> list[str]:
    """The names, each with the first number from 2 that makes it and its columns new."""
    found: list[str] = []
    for name in names:
        own, number = name, 2
        while own in found or _taken([own], tables):
            own, number = f"{name}_{number}", number + 1
        found.append(own)
    return found


def _taken(names: list[str], tables: Sequence[Table]) -> set[str]:
    """Columns of these names that a table has already, or that every result has."""
    made = {column for name in names for column in columns_of(name)}
    return made & {column for table in tables for column in (*table.schema, *OWN)}
