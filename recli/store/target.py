"""Where a result goes: whether it can be put there, and what it is called meanwhile."""

import os
import stat
from pathlib import Path

from recli.errors import ExitCode, RecliError
from recli.store.failures import writing


def check_target(target: Path, *, directory: bool) -> None:
    """Raise RecliError before any work when a result cannot be put at `target`."""
    parent = target.parent
    if not parent.is_dir():
        raise RecliError(
            f"{target}: {parent} is no folder" if parent.exists() else f"no folder {parent}",
            "choose another place with -o" if parent.exists() else f"make it: mkdir -p {parent}",
            code=ExitCode.CANNOT_CREATE,
        )
    if is_stream(target) and not directory:
        return
    if not os.access(parent, os.W_OK | os.X_OK):
        raise RecliError(
            f"{target}: no permission to write in {parent}",
            "choose another place with -o",
            code=ExitCode.CANNOT_CREATE,
        )
    with writing(str(target)):
        hidden_of(target).exists()  # a name that is too long is refused before any work
    if target.is_symlink():
        raise RecliError(
            f"{target} is a symbolic link",
            "name the file that it points to, or - for standard output",
            code=ExitCode.CANNOT_CREATE,
        )
    if target.exists():
        _check_replaceable(target, directory)


def is_stream(target: Path) -> bool:
    """Whether it is a device or a named pipe, such as /dev/null or what >(...) stands for."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _check_replaceable(target: Path, directory: bool) -> None:
    if target.is_dir() != directory or not (target.is_file() or target.is_dir()):
        kind = "a directory" if target.is_dir() else "not a directory"
        raise RecliError(
            f"{target} is {kind}, the result is {'one' if directory else 'a file'}",
            "choose another name with -o",
            code=ExitCode.CANNOT_CREATE,
        )
    # A directory that is no artefact of ours may hold anything: it is never swapped away.
    if directory and any(target.iterdir()) and not (target / "manifest.json").is_file():
        raise RecliError(
            f"{target} is a directory that recli did not make",
            "choose another name with -o or remove it",
            code=ExitCode.CANNOT_CREATE,
        )


def hidden_of(target: Path) -> Path:
    """The sibling that a result is written to before it takes its name."""
    return target.parent / f".{target.name}.recli"


def target_of(hidden: Path) -> Path:
    """The result that a hidden sibling will become."""
    return hidden.parent / hidden.name.removeprefix(".").removesuffix(".recli")
