"""Merge the lists of several sources into one list a user."""

from typing import Annotated, Any

import typer

from recli.cli.options import PLACE, Form, History, Jobs, Out
from recli.cli.run import Run

GROUP = "Serve"
NAME = "merge {}"
PLUGINS = "mergers"
EXAMPLE = "recli merge {} candidates.parquet recs.parquet -k 10 -o merged.parquet"

Tables = Annotated[
    list[str],
    typer.Argument(
        metavar="CANDIDATES…", help="Tables to merge, in an order that counts; - is standard input."
    ),
    PLACE,
]
Names = Annotated[
    str | None,
    typer.Option(help="Names of the tables, as als,knn; else of what made them, or of the files."),
]
K = Annotated[int | None, typer.Option("-k", min=1, help="Items a user at the end; else all.")]


def command(
    run: Run,
    plugin: tuple[str, Any],
    tables: Tables,
    history: History = None,
    names: Names = None,
    k: K = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of users who are in any of the tables to merged lists."""
    from recli.stages import merge
    from recli.store.write import Output
    from recli.tables import CANDIDATES, INTERACTIONS

    merger = plugin[1]
    output = Output(out, CANDIDATES, form)
    merge.check_history(merger, history)
    merger.check(len(tables))
    asked = {f"table {at}": (name, CANDIDATES) for at, name in enumerate(tables, 1)}
    opened = run.tables(**asked, history=(history, INTERACTIONS))
    past = opened.pop("history", None)
    sources = list(opened.values())
    build, called = merge.build(merger, sources, names, k, max(1, run.threads // jobs))
    run.provenance.arguments["names"] = ",".join(called)
    counts = run.stream_merged(build, merge.in_step(sources, called, past), output, jobs)
    if counts[merge.REPEATED]:
        run.warn(f"{counts[merge.REPEATED]:,} rows repeat an item of their list; the first counts")
