"""What a table was made of, told from the records that tables and artefacts carry."""

from collections.abc import Iterable, Iterator
from typing import Any

from recli.store.provenance import Record

# Tables that name users or items: no model learns interactions from these.
LISTS = ("users", "items", "only", "exclude")


def inputs_of(record: Record) -> Iterator[tuple[str, str, Record | None]]:
    """Role, hash and own record (with the ancestors) of what something was made of."""
    ancestors = record.get("ancestors", {})
    for source in record.get("inputs", []):
        known = ancestors.get(source["sha256"])
        whole = None if known is None else known | {"ancestors": ancestors}
        yield source["role"], source["sha256"], whole


def descent(sha256: str, record: Record | None) -> dict[str, Record | None]:
    """A table and every table of interactions that it descends from, by hash."""
    found: dict[str, Record | None] = {}
    waiting = [(sha256, record)]
    while waiting:
        name, made = waiting.pop()
        if name in found:
            continue
        found[name] = made
        waiting += [
            (source, known) for role, source, known in inputs_of(made or {}) if role not in LISTS
        ]
    return found


def holds(sha256: str, record: Record | None, labels: str, chain: Iterable[str]) -> bool:
    """Whether a table is in the chain of some labels, or was made of them."""
    return sha256 in chain or labels in descent(sha256, record)


def run_of(record: Record) -> tuple[Any, ...]:
    """What the outputs of one run have in common, and those of two runs do not."""
    inputs = [source["sha256"] for source in record.get("inputs", [])]
    return record.get("command"), record.get("arguments"), inputs


def split_of(record: Record | None) -> str | None:
    """The split command that a table comes from, the nearest one."""
    while record is not None:
        command = str(record.get("command", ""))
        if command.startswith("split"):
            return command
        record = next((known for role, _, known in inputs_of(record) if role not in LISTS), None)
    return None
