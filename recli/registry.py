"""Finds plug-ins by listing their folder: there is no list to keep by hand."""

import ast
import dataclasses
import importlib
import inspect
import typing
from functools import cache
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError

PACKAGE = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Field:
    """One option of a plug-in: its name, type, help and default."""

    name: str
    type: Any
    help: str
    marks: tuple[Any, ...]  # what else is declared beside it: a range, where to tune it
    default: Any


@cache
def names(folder: str) -> tuple[str, ...]:
    """Command-line names of the plug-ins in a folder, sorted.

    >>> "als" in names("models")
    True
    """
    files = (PACKAGE / folder).glob("*.py")
    return tuple(sorted(command_name(file.stem) for file in files if file.stem[0] != "_"))


def command_name(stem: str) -> str:
    """The command-line spelling of a file's name.

    >>> command_name("item_knn")
    'item-knn'
    """
    return stem.replace("_", "-")


def flag(field: str) -> str:
    """The option of a plug-in's field.

    >>> flag("learning_rate"), flag("lambda_")
    ('--learning-rate', '--lambda')
    """
    return f"--{field.strip('_').replace('_', '-')}"  # Python wants `lambda_` for --lambda


def source(folder: str, name: str) -> Path:
    """The file that holds a plug-in."""
    return PACKAGE / folder / f"{name.replace('-', '_')}.py"


@cache
def help_line(folder: str, name: str) -> str:
    """First docstring line of a plug-in, read without importing it."""
    return (docstring(folder, name)).partition("\n")[0]


@cache
def docstring(folder: str, name: str) -> str:
    """Docstring of a plug-in's file, read without importing it."""
    return ast.get_docstring(ast.parse(source(folder, name).read_text("utf-8"))) or ""


def load(folder: str, name: str) -> type[Any]:
    """The plug-in's dataclass: the one public class that its file defines.

    Raises RecliError (usage) with the known names when there is no such plug-in.
    """
    known = names(folder)
    if name not in known:
        kind = folder.removesuffix("s")
        raise RecliError(f"no {kind} '{name}'", f"known: {', '.join(known)}", code=ExitCode.USAGE)
    module = importlib.import_module(f"recli.{folder.replace('/', '.')}.{name.replace('-', '_')}")
    classes = [
        value
        for key, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and key[0] != "_"
    ]
    if len(classes) != 1:
        raise TypeError(f"{module.__file__} must define one public class, it has {len(classes)}")
    plugin: type[Any] = classes[0]
    return plugin


def fields(plugin: type[Any]) -> list[Field]:
    """The options of a plug-in: the annotated fields of its dataclass, in order."""
    hints = typing.get_type_hints(plugin, include_extras=True)
    return [
        Field(field.name, *_typed(hints[field.name]), field.default)
        for field in dataclasses.fields(plugin)
    ]


def _typed(hint: Any) -> tuple[Any, str, tuple[Any, ...]]:
    if typing.get_origin(hint) is not typing.Annotated:
        raise TypeError(f"a plug-in's field needs Annotated[type, help], got {hint}")
    bare, help_text, *marks = typing.get_args(hint)
    return bare, help_text, tuple(marks)
