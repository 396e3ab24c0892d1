"""Make one page of what was measured, to read, to print and to send: the verdict first.

RUN is what `evaluate --json` or another command's --json wrote, or the table of `rerank --curve`;
several stand on one page. The page is one HTML file that loads nothing: light and dark, on a
phone and on paper.
With --recs it shows some users, drawn by lot: what they did, their lists with titles, what they
then chose and why each item is there, as far as the list, --items and --similar tell.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, History, Items, Out, Seed, SimilarItems
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
EXAMPLE = (
    "recli report evaluate.json --recs recs.parquet --items items.parquet "
    "--history train.parquet --truth test.parquet -o report.html"
)

RunsIn = Annotated[
    list[str] | None,
    typer.Argument(metavar="RUN", help="What was measured; standard input if there is none."),
    PLACE,
]
Title = Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the page.")]
Recs = Annotated[
    str | None,
    typer.Option("--recs", metavar="TABLE", help="Lists from which users are shown."),
    PLACE,
]
Truth = Annotated[
    str | None,
    typer.Option("--truth", metavar="TABLE", help="What users then did; hits are marked."),
    PLACE,
]
Number = Annotated[int, typer.Option("--sample", min=1, max=100, help="Users that are shown.")]


def command(
    run: Run,
    runs: RunsIn = None,
    title: Title = None,
    recs: Recs = None,
    items: Items = None,
    history: History = None,
    truth: Truth = None,
    similar: SimilarItems = None,
    sample: Number = 5,
    seed: Seed = 0,
    out: Out = "-",
) -> None:
    """Read every run, draw the users, fill the page, publish it."""
    from recli.stages.report import Sample, page
    from recli.stages.report_users import people
    from recli.store.report import check_report, write_report
    from recli.store.runs import open_run
    from recli.tables import INTERACTIONS, ITEMS, LISTS, SIMILAR

    beside = {"--items": items, "--history": history, "--truth": truth, "--similar": similar}
    if recs is None and any(beside.values()):
        named = " and ".join(flag for flag, value in beside.items() if value)
        raise RecliError(f"{named} without --recs", "add --recs TABLE", code=ExitCode.USAGE)
    check_report(out)
    names = runs or ["-"]
    for name in names:
        run.claim(name, "RUN")
    written = [open_run(name) for name in names]
    asked = {"recs": (recs, LISTS), "items": (items, ITEMS)}
    asked |= {"history": (history, INTERACTIONS), "truth": (truth, INTERACTIONS)}
    tables = run.tables(**asked)
    near = [run.table(name, SIMILAR, "similar") for name in similar or []]
    drawn = None
    if recs is not None:
        drawn = Sample(people(tables, near, sample, seed), tables["recs"].where, seed)
    write_report(out, page(written, drawn, title))
    run.counted(runs=len(written), users=len(drawn.people) if drawn else 0)
