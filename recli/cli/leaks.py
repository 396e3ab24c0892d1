"""Leaks that were found, on standard error: a line each, and a gate where that is asked for."""

from typing import TYPE_CHECKING

from recli.cli.run import Run

if TYPE_CHECKING:
    from recli.stages.evaluate_leaks import Leak


def tell(run: Run, leaks: "list[Leak]", *, strict: bool) -> None:
    """Name every leak, unless quiet; with `strict` the run ends with status 3 if there is any."""
    for leak in leaks:
        if strict or not run.quiet:
            run.print("leak", f"{leak.line} ({leak.kind})", kind=leak.kind)
    if strict and leaks:
        kinds = ", ".join(dict.fromkeys(leak.kind for leak in leaks))
        run.gate(f"--strict: {len(leaks)} leak{'s' if len(leaks) > 1 else ''}: {kinds}")
