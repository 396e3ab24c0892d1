"""Rules as they are asked for: on the command line, in a file of rules, in a table's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels.rule import Rule
from recli.store.provenance import Record

FOLDER, CHAIN = "rerankers", "chain"
IF = "if"


@dataclass(frozen=True)
class Ruled:
    """A rule, the lists that it is for, and how many items of each it leaves."""

    rule: Rule
    only_if: str | None = None
    k: int | None = None

    @property
    def name(self) -> str:
        """The sub-verb of `rerank`."""
        return registry.command_name(type(self.rule).__module__.rpartition(".")[2])

    @property
    def told(self) -> str:
        """The rule as one would write it."""
        words = [self.name]
        for field in registry.fields(type(self.rule)):
            value = getattr(self.rule, field.name)
            if value != field.default:
                words.append(f"{registry.flag(field.name)} {value}")
        return " ".join([*words, *([f"--if {self.only_if}"] if self.only_if else [])])

    @property
    def holds(self) -> bool:
        """Whether it speaks of places, which later rules keep."""
        return type(self.rule).demand is not Rule.demand

    def record(self) -> dict[str, Any]:
        """The rule as a table's record tells it."""
        told = {
            field.name.strip("_"): getattr(self.rule, field.name) for field in fields(self.rule)
        }
        return {"rule": self.name, **told, IF: self.only_if, "k": self.k}


def read(told: Mapping[str, Any]) -> Ruled | None:
    """The rule that a record tells of; None where this version does not know all of it."""
    name = told.get("rule", "")
    if name not in registry.names(FOLDER):
        return None
    plugin = registry.load(FOLDER, name)
    names = [field.name for field in registry.fields(plugin)]
    if any(field.strip("_") not in told for field in names):
        return None
    rule = plugin(**{field: told[field.strip("_")] for field in names})
    return Ruled(rule, told.get(IF), told.get("k"))


def written(entry: Mapping[str, Any], where: str) -> Ruled:
    """The rule of one table of a file of rules; RecliError (config) for what is wrong with it."""
    told = {key.replace("-", "_"): value for key, value in entry.items()}
    if len(told) < len(entry):
        raise _wrong(f"{where}: an option is given twice, by - and by _", "leave one of them out")
    name = told.pop("rule", None)
    if name is None:
        raise _wrong(f"{where} does not say which rule it is", 'write rule = "cap"')
    if name not in registry.names(FOLDER):
        raise _wrong(f"{where}: no rule '{name}'", f"known: {', '.join(registry.names(FOLDER))}")
    plugin = registry.load(FOLDER, str(name))
    known = {field.name.strip("_"): field for field in registry.fields(plugin)}
    only_if, k = told.pop(IF, None), told.pop("k", None)
    strange = sorted(told.keys() - known.keys())
    absent = sorted(
        key for key, field in known.items() if field.default is MISSING and key not in told
    )
    faults = [f"no option '{key}'" for key in strange] + [f"'{key}' is missing" for key in absent]
    if not (only_if is None or isinstance(only_if, str)):
        faults.append("'if' is no text")
    if not (k is None or (_is(k, int) and k > 0)):
        faults.append("'k' is no number from 1")
    faults += [
        f"'{key}' is {value!r}, not {_kind(known[key].type)}"
        for key, value in told.items()
        if key in known and not _fits(value, known[key].type)
    ]
    if faults:
        options = ", ".join([*known, IF, "k"])
        raise _wrong(f"{where} ({name}): {'; '.join(faults)}", f"its options are {options}")
    values = {known[key].name: _as(value, known[key].type) for key, value in told.items()}
    try:
        return Ruled(plugin(**values), only_if, k)
    except RecliError as error:
        raise _wrong(f"{where}: {error.what}", error.remedy) from None


def _is(value: Any, kind: type[Any]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of TOML is of a field's type."""
    told = str(kind)
    if isinstance(value, bool):
        return "bool" in told
    if isinstance(value, int):
        return "int" in told or "float" in told
    if isinstance(value, float):
        return "float" in told
    return isinstance(value, str) and ("str" in told or "Literal" in told)


def _kind(kind: Any) -> str:
    """A field's type in words."""
    told = str(kind)
    words = {"bool": "true or false", "int": "a whole number", "float": "a number"}
    return next((word for name, word in words.items() if name in told), "text")


def _as(value: Any, kind: Any) -> Any:
    return float(value) if _is(value, int) and "float" in str(kind) else value


def _wrong(what: str, remedy: str) -> RecliError:
    return RecliError(what, remedy, code=ExitCode.CONFIG)


def of_step(record: Record) -> list[Mapping[str, Any]]:
    """What a step's record tells of its rules, the first of them first."""
    name, arguments = str(record["command"]).removeprefix("rerank "), record["arguments"]
    if name == CHAIN:
        return list(arguments.get("rules", []))
    return [{"rule": name, **arguments}]


def upstream(record: Record | None) -> list[Ruled]:
    """Rules of places in the steps that lead to lists, as far back as nothing but rules did.

    Part files of one table may have come by several ways: what holds in one holds for all.
    """
    if record is None:
        return []
    found: list[Ruled] = []
    ancestors = record.get("ancestors", {})
    waiting = [record]
    while waiting:
        step = waiting.pop()
        command = str(step.get("command"))
        if command.startswith("rerank "):
            rules = [read(told) for told in of_step(step)]
            found = [one for one in rules if one is not None and one.holds] + found
        elif command != "parts":
            continue
        roles = ("candidates", "part")
        shas = [source["sha256"] for source in step["inputs"] if source["role"] in roles]
        waiting += [ancestors[sha256] for sha256 in shas if sha256 in ancestors]
    return distinct(found)


def distinct(rules: Sequence[Ruled]) -> list[Ruled]:
    """Each of the rules once, whatever k they left."""
    found: dict[tuple[Rule, str | None], Ruled] = {}
    for one in rules:
        found.setdefault((one.rule, one.only_if), one)
    return list(found.values())
