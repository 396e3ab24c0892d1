"""Plug-ins as one writes them on the command line: `NAME(OPTION=VALUE,OPTION=VALUE)`."""

import re
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.stages.choices import chosen

_WORD = re.compile(r"(?P<name>[^()]*)(?:\((?P<choices>[^()]+)\))?")


def parted(words: str) -> list[str]:
    """The words between commas, but for those in parentheses.

    >>> parted("dr, clipped-ips(cap=20)")
    ['dr', 'clipped-ips(cap=20)']
    """
    return [word.strip() for word in re.split(r",(?![^()]*\))", words)]


def built(folder: str, word: str, flag: str, *others: str) -> tuple[str, Any]:
    """Name and plug-in of a word that was given to `flag`; RecliError (usage) where it is wrong.

    `others` are names that may stand in its place.

    >>> built("policies", "epsilon-greedy(epsilon=0.2)", "--policy")[1].epsilon
    0.2
    """
    found = _WORD.fullmatch(word)
    name = re.split("[(:]", word)[0]
    known = registry.names(folder)
    if name in others:
        raise _wrong(flag, word, f"{name} has no choices", f"write {name}")
    if name not in known:
        kind = {"policies": "policy"}.get(folder, folder.removesuffix("s"))
        there = f"there are {', '.join((*others, *known))}"
        raise _wrong(flag, word, f"'{name}' is no {kind}", there)
    plugin = registry.load(folder, name)
    if found is None or found["name"] != name:
        fields = registry.fields(plugin)
        options = f" or '{name}({registry.flag(fields[0].name)[2:]}=…)'" if fields else ""
        raise _wrong(flag, word, "this is not how a choice is written", f"write {name}{options}")
    choices = found["choices"]
    return name, plugin(**(chosen(f"{flag} {word}:", plugin, choices) if choices else {}))


def _wrong(flag: str, word: str, what: str, remedy: str) -> RecliError:
    return RecliError(f"{flag} {word}: {what}", remedy, code=ExitCode.USAGE)
