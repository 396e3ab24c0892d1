"""Print the completion script of a shell."""

from typing import Annotated, Literal

import typer

from recli.cli.run import Run

GROUP = "Tools"
EXAMPLE = "recli completions bash"

Shell = Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Shell to complete in.")]


def command(run: Run, shell: Shell) -> None:
    """Print a static script: no process is started on TAB."""
    from recli.cli.completion import SCRIPTS

    run.quiet = True
    print(SCRIPTS[shell](), end="")
