"""Files of rules: TOML with a table `[[rule]]` for each of them, in their order."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError


def read_rules(name: str) -> list[dict[str, Any]]:
    """The tables of a file of rules; RecliError (config) where it is none."""
    try:
        told = tomllib.loads(Path(name).read_text("utf-8"))
    except FileNotFoundError:
        raise RecliError(f"{name} does not exist", code=ExitCode.NO_INPUT) from None
    except (OSError, ValueError) as error:
        raise _wrong(f"{name} cannot be read as TOML: {error}") from None
    strange = sorted(told.keys() - {"rule"})
    if strange:
        raise _wrong(f"{name}: {', '.join(map(repr, strange))} is no part of a file of rules")
    rules = told.get("rule", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise _wrong(f"{name}: 'rule' is no list of tables")
    if not rules:
        raise _wrong(f"{name} holds no rule")
    return rules


def _wrong(what: str) -> RecliError:
    remedy = 'write a table for each rule: [[rule]], and below it rule = "cap" and its options'
    return RecliError(what, remedy, code=ExitCode.CONFIG)
