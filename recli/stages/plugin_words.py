"""Plug-ins as one writes them on the command line: `NAME:OPTION=VALUE:OPTION=VALUE`."""

from collections.abc import Callable
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError


def built(folder: str, word: str, flag: str) -> tuple[str, Any]:
    """Name and plug-in of a word that was given to `flag`; RecliError (usage) where it is wrong.

    >>> built("policies", "epsilon-greedy:epsilon=0.2", "--policy")[1].epsilon
    0.2
    """
    name, *pairs = word.strip().split(":")
    known = registry.names(folder)
    if name not in known:
        kind = {"policies": "policy"}.get(folder, folder.removesuffix("s"))
        raise _wrong(flag, word, f"'{name}' is no {kind}", f"there are {', '.join(known)}")
    plugin = registry.load(folder, name)
    fields = {registry.flag(one.name)[2:]: one for one in registry.fields(plugin)}
    values: dict[str, Any] = {}
    for pair in pairs:
        key, _, told = pair.partition("=")
        if key not in fields:
            has = f"it has {', '.join(fields)}" if fields else f"write {name}"
            raise _wrong(flag, word, f"{name} has no option '{key}'", has)
        try:
            kind_of: Callable[[str], Any] = fields[key].type
            values[fields[key].name] = kind_of(told)
        except ValueError:
            raise _wrong(flag, word, f"'{told}' is no number", f"write {name}:{key}=0.1") from None
    return name, plugin(**values)


def _wrong(flag: str, word: str, what: str, remedy: str) -> RecliError:
    return RecliError(f"{flag} {word}: {what}", remedy, code=ExitCode.USAGE)
