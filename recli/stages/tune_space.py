"""Where a search for good hyper-parameters looks: the ranges declared on a plug-in's fields."""

import typing
from dataclasses import dataclass
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.fields import Tuned

BUDGET = "iterations"  # field that says how long a model learns


@dataclass(frozen=True)
class Dimension:
    """One field that is searched over."""

    name: str
    kind: Any  # int, float, or the tuple of values of a choice
    range: Tuned
    default: Any
    optional: bool  # it may also be left unset

    def suggest(self, trial: Any) -> Any:
        """A value for an Optuna trial."""
        if self.optional and not trial.suggest_categorical(f"{self.name} set", [False, True]):
            return None
        if isinstance(self.kind, tuple):
            return trial.suggest_categorical(self.name, list(self.kind))
        low, high, log = self.range.low, self.range.high, self.range.log
        if self.kind is int:
            return trial.suggest_int(self.name, int(low), int(high), log=log)
        return trial.suggest_float(self.name, low, high, log=log)

    def first(self) -> dict[str, Any]:
        """The default as Optuna's parameters."""
        if not self.optional:
            return {self.name: self.default}
        if self.default is None:
            return {f"{self.name} set": False}
        return {f"{self.name} set": True, self.name: self.default}


def dimensions(plugin: type[Any], fixed: dict[str, Any]) -> list[Dimension]:
    """The fields of a plug-in that are searched: those with a range, less the fixed ones."""
    return [
        _dimension(field, mark)
        for field in registry.fields(plugin)
        for mark in field.marks
        if isinstance(mark, Tuned) and field.name not in fixed
    ]


def _dimension(field: registry.Field, mark: Tuned) -> Dimension:
    kinds = typing.get_args(field.type)
    if typing.get_origin(field.type) is typing.Literal:
        return Dimension(field.name, kinds, mark, field.default, optional=False)
    if field.type is bool:
        return Dimension(field.name, (False, True), mark, field.default, optional=False)
    bare = next(kind for kind in kinds or (field.type,) if kind is not type(None))
    return Dimension(field.name, bare, mark, field.default, type(None) in kinds)


def fixed_of(plugin: type[Any], words: list[str]) -> dict[str, Any]:
    """Values of fields written `NAME=VALUE`, as `factors=64`.

    Raises RecliError (usage) for a field that there is not, and a value that it cannot take.
    """
    fields = {field.name.strip("_"): field for field in registry.fields(plugin)}
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        field = fields.get(name.replace("-", "_"))
        if field is None or not value:
            known = ", ".join(name.replace("_", "-") for name in fields)
            raise RecliError(
                f"--set {word} sets no field", f"write NAME=VALUE of {known}", code=ExitCode.USAGE
            )
        found[field.name] = _value(word, field, value)
    return found


def _value(word: str, field: registry.Field, text: str) -> Any:
    """The text as the field's type; ranges are checked where the plug-in is made."""
    kinds = list(typing.get_args(field.type) or (field.type,))
    if typing.get_origin(field.type) is typing.Literal:
        kinds = [str]
    for kind in kinds:
        if kind is bool and text in ("true", "false"):
            return text == "true"
        if kind in (int, float, str):
            try:
                return kind(text)
            except ValueError:
                continue
    raise RecliError(f"--set {word}: not a value of {field.name}", code=ExitCode.USAGE)


def budgets(learner: Any) -> list[int]:
    """Iterations after which a trial is compared with the others: ninth, third and whole.

    >>> from types import SimpleNamespace
    >>> budgets(SimpleNamespace(iterations=15)), budgets(SimpleNamespace())
    ([2, 5, 15], [])
    """
    whole = getattr(learner, BUDGET, None)
    if whole is None:
        return []
    return sorted({max(1, round(whole / 9)), max(1, round(whole / 3)), whole})


def as_toml(command: str, values: dict[str, Any]) -> str:
    """A table of options that `--config` takes; what is not set is left out."""
    lines = [f"[{command}]"]
    for name, value in sorted(values.items()):
        if value is not None:
            shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
            lines.append(f"{name.strip('_')} = {shown}")
    return "\n".join(lines) + "\n"
