"""Which column of the input is what: by the map that was given, else by common names."""

from dataclasses import dataclass
from difflib import get_close_matches

from recli.errors import ExitCode, RecliError
from recli.kernels.roles import NAMES, plain, role_of
from recli.stages.ingest_choices import Choices

ROLES = tuple(NAMES)
IDS = ("user_id", "item_id")
SHORT = {role: role.removesuffix("_id") for role in ROLES}


@dataclass(frozen=True)
class Columns:
    """The input's columns under the names that the table will have, in its order."""

    sources: dict[str, str]  # name in the table: name in the input
    roles: tuple[str, ...]  # names that mean something in this kind of table

    def has(self, name: str) -> bool:
        """Whether the table will have a column."""
        return name in self.sources

    @property
    def ids(self) -> tuple[str, ...]:
        """The input's names of the id columns, which are read as text."""
        return tuple(self.sources[name] for name in IDS if name in self.roles and self.has(name))

    @property
    def extras(self) -> list[str]:
        """Columns that travel along."""
        return [name for name in self.sources if name not in self.roles]

    def shown(self) -> str:
        """A line that says what was taken for what."""
        taken = [
            name if name == column else f"{name} from {column}"
            for name, column in self.sources.items()
            if name in self.roles
        ]
        more = f" and {len(self.extras) - 9} more" if len(self.extras) > 10 else ""
        named = self.extras[:9] if more else self.extras
        along = f"; along with them: {', '.join(named)}{more}" if named else ""
        return f"columns: {', '.join(taken)}{along}"


def columns(names: list[str], choices: Choices, where: str) -> Columns:
    """Find the columns of a kind of table among the names of the input.

    Raises RecliError that lists every role that is missing or ambiguous, and says how to map.
    """
    given = {name: _named(column, names, where) for name, column in choices.columns.items()}
    left = _left(given, names, choices, where)
    free = [name for name in left if name not in given.values()]
    found: dict[str, str] = {name: column for name, column in given.items() if column}
    faults = []
    for role in _wanted(choices):
        if role in found:
            continue
        candidates = [] if role in given else _candidates(role, free, choices)
        if len(candidates) > 1:
            shown = " or ".join(candidates)
            faults.append(f"{role} may be {shown} (say --map {SHORT[role]}={candidates[0]})")
        elif candidates:
            found[role] = candidates[0]
        elif role in choices.required:
            spelled = f"--map {SHORT[role]}=COLUMN{_near(role, choices)}"
            faults.append(f"no column looks like {role} (say {spelled})")
    if faults:
        raise RecliError(
            f"{where}: {'; '.join(faults)}",
            f"its columns are {', '.join(names)}; a place such as 1 will do too",
        )
    return Columns(_in_order(found, left, where), _wanted(choices))


def _left(given: dict[str, str], names: list[str], choices: Choices, where: str) -> list[str]:
    """The columns that are not left out: by --drop, or by --map that gives a name no column."""
    used = {column for column in given.values() if column}
    dropped = {_named(name, names, where) for name in choices.drop}
    if used & dropped:
        both = ", ".join(sorted(used & dropped))
        raise RecliError(f"--map uses {both}, --drop leaves it out", code=ExitCode.USAGE)
    unwanted = {name for name, column in given.items() if not column} - used
    return [name for name in names if name not in dropped | unwanted]


def _near(role: str, choices: Choices) -> str:
    """A name in --map that was perhaps meant to be this role."""
    near = get_close_matches(SHORT[role], [name for name in choices.columns if name not in ROLES])
    return f", not {near[0]}=" if near else ""


def _wanted(choices: Choices) -> tuple[str, ...]:
    return ROLES if choices.kind == "interactions" else choices.required


def _candidates(role: str, free: list[str], choices: Choices) -> list[str]:
    """Columns that may play a role; recli's own name for it settles the matter."""
    if role in free:
        return [role]
    found = [name for name in free if role_of(name) == role]
    exact = [name for name in found if plain(name) == NAMES[role][0]]
    if len(exact) == 1:
        return exact
    if not found and choices.kind != "interactions":
        return [name for name in free if plain(name) == "id"]
    return found


def _named(column: str, names: list[str], where: str) -> str:
    """The name of a column that was given by name or by place, from 1."""
    if not column or column in names:
        return column
    if column.isdigit() and 1 <= int(column) <= len(names):
        return names[int(column) - 1]
    raise RecliError(f"{where} has no column '{column}'", f"its columns are {', '.join(names)}")


def _in_order(found: dict[str, str], names: list[str], where: str) -> dict[str, str]:
    """Roles first, then the others as the input has them, under their own or new names."""
    roles = {role: found[role] for role in ROLES if role in found}
    renamed = {column: name for name, column in found.items() if name not in roles}
    result = dict(roles)
    for column in names:
        if column in roles.values():
            continue
        name = renamed.get(column, column)
        if name in result:
            raise RecliError(
                f"{where}: column '{column}' would be a second '{name}'",
                f"rename it with --map new_name={column}, or leave it out with --drop {column}",
            )
        result[name] = column
    return result
