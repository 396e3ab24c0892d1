"""Options from a file: a TOML table for each command, below flags and the environment."""

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from recli.cli import tree
from recli.errors import ExitCode, RecliError


def spelled(parameter: Any) -> str:
    """The name of a parameter on the command line, in files and in records: `test_share`."""
    flags = [flag for flag in parameter.opts if flag.startswith("--")]
    return (flags[0] if flags else str(parameter.name)).strip("-").replace("-", "_")


def prefix(leaf: tree.Leaf) -> str:
    """How environment variables of a command begin: `RECLI_TRAIN_ALS`."""
    return "RECLI_" + "_".join(leaf.words).upper().replace("-", "_")


def unheard(leaf: tree.Leaf, options: Iterable[str]) -> list[str]:
    """Environment variables that are spelled for a command and name no option of it."""
    own = f"{prefix(leaf)}_"
    known = {own + option.upper() for option in options}
    longer = tuple(f"{prefix(other)}_" for other in tree.LEAVES.values() if other != leaf)
    return sorted(
        name
        for name in os.environ
        if name.startswith(own) and name not in known
        if not any(name.startswith(other) for other in longer if other.startswith(own))
    )


def configured(context: typer.Context, path: str | None) -> str | None:
    """Take defaults from the table of this command in a TOML file: flag > environment > file."""
    if path is None or context.resilient_parsing:
        return path
    try:
        tables: dict[str, Any] = tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        raise RecliError(f"{path} does not exist", code=ExitCode.NO_INPUT) from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecliError(f"{path}: {error}", "mend the file", code=ExitCode.CONFIG) from None
    unheard = sorted(set(tables) - set(tree.members(())))
    if unheard:
        raise RecliError(
            f"{path}: no command is called {', '.join(unheard)}",
            "a table is named as its command, such as [train-als]",
            code=ExitCode.CONFIG,
        )
    for group in sorted(word for word in tables if tree.members((word,))):
        loose = set(tables[group] if isinstance(tables[group], dict) else [group])
        loose -= set(tree.members((group,)))
        if loose:
            raise RecliError(
                f"{path}: [{group}] has no command {', '.join(sorted(loose))}",
                f"its tables are {', '.join(f'[{group}.{one}]' for one in tree.members((group,)))}",
                code=ExitCode.CONFIG,
            )
    for word in context.command_path.split()[1:]:
        tables = tables.get(word, {}) if isinstance(tables, dict) else {}
    if not isinstance(tables, dict):
        raise RecliError(
            f"{path}: {context.command_path} is no table",
            f"write [{'.'.join(context.command_path.split()[1:])}] above its options",
            code=ExitCode.CONFIG,
        )
    known = {spelled(parameter): str(parameter.name) for parameter in context.command.params}
    given = {key.replace("-", "_"): value for key, value in tables.items()}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise RecliError(
            f"{path}: {context.command_path} has no option {', '.join(unknown)}",
            f"known: {', '.join(name.replace('_', '-') for name in known if name != 'help')}",
            code=ExitCode.CONFIG,
        )
    context.default_map = {known[key]: value for key, value in given.items()}
    return path


Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="RECLI_CONFIG",
        is_eager=True,
        callback=configured,
        help="TOML file with a table of options for each command.",
    ),
]
