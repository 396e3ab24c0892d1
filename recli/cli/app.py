"""The command tree: found in folders, imported only when a command is asked for."""

import errno
import os
import sys
from difflib import get_close_matches
from typing import Any

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError
from typer.core import TyperGroup

from recli.cli import tree
from recli.cli.usage import told
from recli.errors import ExitCode, RecliError
from recli.store import failures, text

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
EPILOG = """\
A table argument may be `-` or be left out: then it comes from standard input. Without -o a
table goes to standard output, so commands join with `|`. `recli --version` tells the version.

Exit status: 0 done, 1 a bug in recli, 2 wrong usage, 3 a gate was not met, 65 bad data,
66 no such input, 70 a worker died, 73 cannot create output, 74 disk or device error,
75 another run writes there, 78 bad configuration, 124 time limit, 128+n signal n."""


_UNWRITTEN = {errno.ENOSPC: "the disk is full", errno.EBADF: "it is closed"}


class Commands(TyperGroup):
    """A group whose members are files; one is imported when it is called or asked for help."""

    def __init__(self, words: tuple[str, ...] = (), **settings: Any) -> None:
        name = words[-1] if words else "recli"
        super().__init__(
            name=name,
            help=tree.help_of(words),
            context_settings=SETTINGS,
            no_args_is_help=True,
            rich_markup_mode=None,
            **settings,
        )
        self.words = words
        self.add_help_option = True

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the members, in the order of the help."""
        return tree.members(self.words)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The member, imported now; RecliError (usage) with the nearest names if there is none."""
        known = tree.members(self.words)
        if cmd_name not in known:
            near = get_close_matches(cmd_name, known) or [n for n in known if cmd_name in n]
            raise RecliError(
                f"no command '{' '.join((*self.words, cmd_name))}'",
                f"is it {' or '.join(near)}?" if near else f"known: {', '.join(known)}",
                code=ExitCode.USAGE,
            )
        words = (*self.words, cmd_name)
        if tree.members(words):
            return Commands(words)
        from recli.cli.command import build

        return build(tree.LEAVES[words])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Help lines by stage, read from the files without importing them."""
        for group, names in tree.grouped(self.words).items():
            with formatter.section(group):
                formatter.write_dl([(name, tree.help_of((*self.words, name))) for name in names])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Pipes and exit codes, under the root's help only."""
        if not self.words:
            formatter.write(f"\n{EPILOG}\n")


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every expected fault is one line."""
    try:
        _refuse_passwords(arguments)
        result = Commands().main(arguments, prog_name="recli", standalone_mode=False)
        sys.stdout.flush()
    except RecliError as error:
        return _refused(error)
    except NoArgsIsHelpError as error:
        error.show()
        return int(ExitCode.USAGE)
    except UsageError as error:
        return _refused(told(error))
    except (KeyboardInterrupt, typer.Abort):
        return 128 + 2
    except OSError as error:
        return _unwritten(error)
    return result if isinstance(result, int) else 0


def _refused(error: RecliError) -> int:
    print(f"recli: error: {text.safe(error, 4000)}", file=sys.stderr)
    return int(error.code)


def _unwritten(error: OSError) -> int:
    """The exit code after standard output took no more; its buffer must not raise again."""
    number = failures.number_of(error)
    if number not in (errno.EPIPE, *_UNWRITTEN):
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if failures.is_broken_pipe(error):
        return int(ExitCode.BROKEN_PIPE)
    print(f"recli: error: standard output: {_UNWRITTEN[number]}", file=sys.stderr)
    return int(ExitCode.IO)


def _refuse_passwords(arguments: list[str]) -> None:
    for argument in arguments:
        if text.holds_password(argument):
            raise RecliError(
                f"a password in an argument can be read by every user: "
                f"{text.hide_secrets(argument)}",
                "give it by an environment variable or a file",
                code=ExitCode.USAGE,
            )
