"""The choices that a plug-in has, as words of the command line: `gain=exp`, or `exp` alone."""

import typing
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.fields import Range
from recli.registry import Field


def chosen(word: str, plugin: type[Any], text: str) -> dict[str, Any]:
    """Values by field of `CHOICE,CHOICE`, each one `FIELD=VALUE` or a value that only one takes.

    Raises RecliError (usage) that names the word.
    """
    fields = {registry.flag(field.name)[2:]: field for field in registry.fields(plugin)}
    values: dict[str, Any] = {}
    for part in (part.strip() for part in text.split(",")):
        name, equals, value = part.partition("=")
        field = fields.get(name) if equals else _only(fields, part)
        if field is None or field.name in values:
            what = f"has no choice {name if equals else part}"
            what = what if field is None else f"is given {field.name} twice"
            choices = ", ".join(f"{key}={shown(one.type)}" for key, one in fields.items())
            raise RecliError(f"{word} {what}", f"it has {choices or 'none'}", code=ExitCode.USAGE)
        values[field.name] = _value(word, field, value if equals else part)
    return values


def spelled(name: str, plugin: type[Any]) -> str:
    """How a metric is asked for, with every choice: `ndcg@k(gain=linear|exp)`."""
    places = {"none": "", "optional": "[@k]"}.get(getattr(plugin, "PLACES", ""), "@k")
    choices = ", ".join(f"{one.name}={shown(one.type, one)}" for one in registry.fields(plugin))
    return f"{name}{places}({choices})" if choices else f"{name}{places}"


def shown(kind: Any, field: Field | None = None) -> str:
    """What a field may be: its values, or the default of `field`, or the name of its type."""
    if typing.get_origin(kind) is typing.Literal:
        return "|".join(map(str, typing.get_args(kind)))
    if field is not None and field.default is not None:
        return str(field.default)
    return "COLUMN" if _kind(kind) is str else _kind(kind).__name__.upper()


def _kind(kind: Any) -> Any:
    """The type of a field that is no Literal: that of its values other than None."""
    return next(one for one in (typing.get_args(kind) or (kind,)) if one is not type(None))


def _only(fields: dict[str, Field], value: str) -> Field | None:
    """The field that a bare value is of: the one that lists it, or the one of its type."""
    listed = [field for field in fields.values() if typing.get_origin(field.type) is typing.Literal]
    others = [field for field in fields.values() if field not in listed]
    text = [field for field in others if _kind(field.type) is str]
    numbers = [field for field in others if field not in text]
    fits = [
        [one for one in kind if _read(one, value) is not None] for kind in (listed, numbers, text)
    ]
    found = next(filter(None, fits), [])
    return found[0] if len(found) == 1 else None


def _value(word: str, field: Field, text: str) -> Any:
    value = _read(field, text)
    if value is None:
        raise RecliError(
            f"{word}: {field.name} cannot be '{text}'",
            f"write {field.name}={shown(field.type)}",
            code=ExitCode.USAGE,
        )
    wanted = [one.fault(value) for one in field.marks if isinstance(one, Range)]
    if any(wanted) or str(value) == "nan":
        must = " and ".join(filter(None, wanted)) or "a number"
        raise RecliError(f"{word}: {field.name} must be {must}, not {text}", code=ExitCode.USAGE)
    return value


def _read(field: Field, text: str) -> Any:
    """The text as a value of the field, None where it is not one."""
    if typing.get_origin(field.type) is typing.Literal:
        return {str(one): one for one in typing.get_args(field.type)}.get(text)
    kind = _kind(field.type)
    try:
        return kind(text) if text else None
    except ValueError:
        return None
