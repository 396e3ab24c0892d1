"""From a Python function to a command: shared options, plug-in fields, configuration."""

import importlib
import inspect
import typing
from collections.abc import Callable
from dataclasses import MISSING
from typing import Annotated, Any

import typer
import typer.main

from recli import registry
from recli.cli import options, tree
from recli.cli.configuration import Config, prefix, spelled, unheard
from recli.cli.run import Run
from recli.fields import Range
from recli.store.chosen import chosen_on

Keyword = inspect.Parameter.KEYWORD_ONLY


COMMON: dict[str, tuple[Any, Any]] = {
    "threads": (options.Threads, None),
    "time_limit": (options.TimeLimit, None),
    "config": (Config, None),
    "log_format": (options.LogFormat, "text"),
    "quiet": (options.Quiet, False),
    "verbose": (options.Verbose, False),
}


def build(leaf: tree.Leaf) -> Any:
    """The Typer command of a leaf of the tree."""
    name = leaf.module.replace("-", "_")
    module = importlib.import_module(f"recli.cli.commands.{name}")
    function: Callable[..., None] = module.command
    plugin = registry.load(leaf.plugins, leaf.plugin) if leaf.plugins and leaf.plugin else None
    own = _parameters(function)
    fields = _fields(plugin) if plugin else {}
    names: dict[str, str] = {}  # of Python: of the command line
    callback = _callback(leaf, function, plugin, own, fields, names)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(
        leaf.words[-1],
        help=_help(leaf),
        epilog=_epilog(leaf),
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": 100,
        },
    )(callback)
    command: Any = typer.main.get_command(app)
    for parameter in command.params:
        names[parameter.name] = spelled(parameter)
        parameter.show_envvar = False  # one line of the epilog says it for all of them
        if parameter.param_type_name == "option" and not parameter.envvar:
            parameter.envvar = f"{prefix(leaf)}_{names[parameter.name].upper()}"
        parameter.literals = _literals(callback.__annotations__.get(parameter.name))
    return command


def usual(words: str) -> dict[str, Any]:
    """What the options of a command are unless it is told, by the names that records use."""
    leaf = tree.LEAVES.get(tuple(words.split()))
    return {} if leaf is None else {spelled(one): one.default for one in build(leaf).params}


def _callback(
    leaf: tree.Leaf,
    function: Callable[..., None],
    plugin: type[Any] | None,
    own: dict[str, inspect.Parameter],
    fields: dict[str, inspect.Parameter],
    names: dict[str, str],
) -> Callable[..., None]:
    def call(**given: Any) -> None:
        common = {name: given.pop(name) for name in COMMON if name not in ("config", *own)}
        path = given.pop("config")
        values = {name: given.pop(name) for name in fields}
        asked = values | {name: value for name, value in given.items() if _recorded(own[name])}
        record = {names[name]: value for name, value in asked.items()}
        with Run(" ".join(leaf.words), record, **common) as run:
            run.provenance.chosen_on = chosen_on(path, " ".join(leaf.words))
            for variable in unheard(leaf, names.values()):
                run.warn(f"environment variable {variable} names no option of this command")
            if plugin:
                function(run, (leaf.plugin, plugin(**values)), **given)
            else:
                function(run, **given)

    shared = {
        name: inspect.Parameter(name, Keyword, default=default, annotation=kind)
        for name, (kind, default) in COMMON.items()
        if name not in own  # a search has a use of its own for a time limit
    }
    parameters = own | fields | shared
    call.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    call.__annotations__ = {name: part.annotation for name, part in parameters.items()}
    return call


def _literals(hint: Any) -> tuple[str, ...]:
    """The values that a parameter may take, where they are listed."""
    if typing.get_origin(hint) is typing.Literal:
        return tuple(map(str, typing.get_args(hint)))
    parts = [part for part in typing.get_args(hint) if not isinstance(part, str)]
    return next((found for part in parts if (found := _literals(part))), ())


def _parameters(function: Callable[..., None]) -> dict[str, inspect.Parameter]:
    hints = typing.get_type_hints(function, include_extras=True)
    return {
        name: parameter.replace(annotation=hints[name], kind=Keyword)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("run", "plugin")
    }


def _fields(plugin: type[Any]) -> dict[str, inspect.Parameter]:
    return {
        field.name: inspect.Parameter(
            field.name,
            Keyword,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=Annotated[
                field.type, typer.Option(_flag(field.name, field.type), help=_told(field))
            ],
        )
        for field in registry.fields(plugin)
    }


def _told(field: registry.Field) -> str:
    """The help of a field with the range that it is held to."""
    ranges = [str(mark) for mark in field.marks if isinstance(mark, Range)]
    return "; ".join([field.help.removesuffix("."), *ranges]) + "."


def _flag(name: str, kind: Any) -> str:
    flag = registry.flag(name)
    return f"{flag}/--no-{flag[2:]}" if kind is bool else flag


def _recorded(parameter: inspect.Parameter) -> bool:
    return options.PLACE not in typing.get_args(parameter.annotation)[1:]


def _help(leaf: tree.Leaf) -> str:
    folder, name = (leaf.plugins, leaf.plugin) if leaf.plugins else (tree.FOLDER, leaf.module)
    # \b keeps click from joining the lines of a paragraph.
    return registry.docstring(folder or "", name or "").replace("\n\n", "\n\n\b\n")


def _epilog(leaf: tree.Leaf) -> str:
    example = tree.example(leaf)
    return (
        f"Any option may come from the environment ({prefix(leaf)}_OPTION) or from a table of "
        f"--config.\n\n\b\nExample:\n  {example}"
    )
