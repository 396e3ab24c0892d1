"""The steps that led to lists, oldest first, as the records of their tables tell."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recli.stages.merge_names import maker
from recli.stages.rerank_rule import read
from recli.store.open import Table
from recli.store.provenance import Record

_DECIDED, _BY = ("retrieve", "rank", "score"), ("model", "ranker")  # commands, and what decides
_LISTS = ("candidates", "part")  # roles of lists that have no record of their own
Usual = Callable[[str], Mapping[str, Any]]  # the options of a command as they are unless told


@dataclass(frozen=True)
class Step:
    """A step of a funnel: what its table tells of it, and the table where it was given."""

    sha256: str  # of the table
    record: Record | None  # None: recli did not make it
    name: str  # of the table, or '' where all that is known is that there was one
    words: str  # the command with the model or ranker that decided, and what it was told
    sources: tuple[str, ...] = ()  # hashes of the lists that it took
    table: Table | None = None

    @property
    def command(self) -> str:
        """The words of the command, without arguments; '' where nobody knows."""
        return str(self.record["command"]) if self.record else ""

    @property
    def arguments(self) -> dict[str, Any]:
        """What the command was told, by the names of its options."""
        return dict(self.record["arguments"]) if self.record else {}

    @property
    def k(self) -> int | None:
        """How many items a user it keeps, if it was told."""
        last: dict[str, Any] = [self.arguments, *self.arguments.get("rules", [])][-1]
        return last.get("k")

    def inputs(self, role: str) -> list[str]:
        """Hashes of what it read in a role."""
        told = self.record["inputs"] if self.record else []
        return [source["sha256"] for source in told if source["role"] == role]


def funnel(lists: Table, stages: Iterable[Table], usual: Usual) -> list[Step]:
    """Every step on the way to some lists, those before it first; the lists are the last.

    Tables to which no record leads come before, in the order in which they were given.
    """
    walk = _Walk({table.sha256: table for table in (*stages, lists)}, usual)
    parts: list[list[Step]] = []
    for table in reversed(list(walk.given.values())):
        known = set(walk.found)
        walk.go(table.sha256, table.record, table.where)
        parts.append([step for sha256, step in walk.found.items() if sha256 not in known])
    return [step for part in reversed(parts) for step in part]


@dataclass(frozen=True)
class _Walk:
    """From tables back to those that they were made of, each once."""

    given: Mapping[str, Table]
    usual: Usual
    found: dict[str, Step] = field(default_factory=dict)

    def go(self, sha256: str, record: Record | None, name: str) -> None:
        """Find the steps up to one table, those before it first."""
        if sha256 in self.found:
            return
        table = self.given.get(sha256)
        if table is not None:
            record, name = table.record, table.where
        ancestors = record.get("ancestors", {}) if record else {}
        sources = []
        for source in record["inputs"] if record else ():
            made = ancestors.get(source["sha256"])
            if _is_lists(source["role"], made):
                sources.append(source["sha256"])
                whole = made and made | {"ancestors": ancestors}
                self.go(source["sha256"], whole, source["name"] or "")
        words = words_of(record, self.usual)
        self.found[sha256] = Step(sha256, record, name, words, tuple(sources), table)


def _is_lists(role: str, made: Record | None) -> bool:
    if made is not None:
        return made.get("kind") == "candidates"
    return role in _LISTS or role.startswith("table ")


def named_stages(tables: Mapping[str, Table], usual: Usual) -> tuple[str, ...]:
    """The words of the command that wrote each table, or the name where nobody knows."""
    return tuple(words_of(one.record, usual) or name for name, one in tables.items())


def leading_to(step: Step, steps: list[Step]) -> set[str]:
    """Hashes of a step and of all that its lists came through."""
    known = {one.sha256: one for one in steps}
    waiting, found = [step.sha256], set()
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += known[one].sources
    return found


def strangers(steps: list[Step]) -> list[Step]:
    """Tables that were given and that the last step's lists did not come through.

    None where nothing is known of how the lists came about.
    """
    if steps[-1].record is None:
        return []
    ways = leading_to(steps[-1], steps)
    return [step for step in steps if step.table is not None and step.sha256 not in ways]


def words_of(record: Record | None, usual: Usual) -> str:
    """The command that wrote a table, with the model that decided and what it was told."""
    if record is None:
        return ""
    command = str(record["command"])
    # A rule may drop an item by what it was not told: of rules all is said.
    kept = {} if command.startswith("rerank ") else usual(command)
    decided = command in _DECIDED and any(one["role"] in _BY for one in record["inputs"])
    named = [maker(record, record.get("ancestors", {}))] if decided else []
    told = {
        name: value
        for name, value in record["arguments"].items()
        if name == "k" or value != kept.get(name)
    }
    rules = told.pop("rules", None)
    if rules is not None:
        return f"{command} ({', '.join(map(_rule, rules))})"
    return " ".join([command, *named, *_options(told)])


def _rule(told: Mapping[str, Any]) -> str:
    """A rule of a chain as it would be typed."""
    known = read(told)
    if known is None:
        return str(told.get("rule"))
    return known.told if known.k is None else f"{known.told} -k {known.k}"


def _options(arguments: Mapping[str, Any]) -> list[str]:
    """Arguments as they are typed, the number of items first; what is off is left out."""
    words = []
    for name, value in sorted(arguments.items(), key=lambda pair: pair[0] != "k"):
        flag = f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False and value != "":
            words.append(f"{flag} {shlex.quote(str(value))}")
    return words
