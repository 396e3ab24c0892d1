"""Make a clean, sorted table of raw files: interactions, items or users.

Reads CSV, TSV or any delimiter, NDJSON, Parquet and Arrow, plain, gzip or zstd. A log keeps
every event unless --duplicates says otherwise; ids are text and come out as they went in.
A row that is bad stops the run, or goes to --rejects. rows in = rows out + rejected + merged +
filtered, always.
"""

from typing import Annotated, Literal

import typer

from recli import registry
from recli.cli.options import PLACE, Form, Out
from recli.cli.run import Run

GROUP = "Prepare"
EXAMPLE = "recli ingest shop/interactions.csv -o interactions.parquet"

Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="INPUT...", help="Raw files; - is standard input.", show_default=False),
    PLACE,
]
Kind = Annotated[
    Literal["interactions", "items", "users"], typer.Option(help="What a row of the input is.")
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=COLUMN,…",
        help="Columns by name or place: user=uid,item=2,rating=stars,timestamp=ts:ms,event=action,"
        "weight=w; title=3 names any other; rating= takes none. Else found by common names.",
    ),
]
Lists = Annotated[
    list[str] | None,
    typer.Option("--list", metavar="COLUMN:SEP", help="A column of lists, as in genres:'|'."),
]
Drop = Annotated[
    list[str] | None, typer.Option(metavar="COLUMN", help="Leave out a column; repeatable.")
]
SourceName = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="FORMAT",
        help=f"{', '.join(registry.names('sources'))}; told by the first bytes, but for "
        "row-lists, where a line is a user and its items.",
    ),
]
Delimiter = Annotated[str | None, typer.Option(help="What parts fields, such as '::'; guessed.")]
Quote = Annotated[str | None, typer.Option(help="Quote character, '' for none.")]
Header = Annotated[
    bool | None, typer.Option("--header/--no-header", help="Whether line 1 has names; guessed.")
]
Encoding = Annotated[
    Literal["utf-8", "latin-1", "cp1252", "utf-16"], typer.Option(help="How text is coded.")
]
IdType = Annotated[
    Literal["string", "int64"], typer.Option(help="Keep ids as text, or as whole numbers.")
]
Zone = Annotated[
    str | None, typer.Option("--time-zone", help="Zone of times that name none; UTC if left out.")
]
TimeFormat = Annotated[
    str | None, typer.Option(help="Form of the times, such as '%d.%m.%Y %H:%M'; else guessed.")
]
Now = Annotated[
    str | None, typer.Option(metavar="TIME", help="A day past it is too late to be true.")
]
EventWeights = Annotated[
    list[str] | None,
    typer.Option(metavar="EVENT=WEIGHT,…", help="Weights, as in view=1,cart=3; no others count."),
]
MinRating = Annotated[float | None, typer.Option(help="Leave out lower ratings.")]
MinValue = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN:NUMBER", help="Leave out less, as in watched_s:30."),
]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Leave out what was earlier.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Leave out this and later.")]
Duplicates = Annotated[
    Literal["keep", "sum", "last", "first", "max", "error"] | None,
    typer.Option(
        help="Rows of one user and item: keep them (interactions), sum weights, take the last, "
        "first or greatest, or refuse (items and users, by id).",
        show_default=False,
    ),
]
MinUser = Annotated[
    int, typer.Option("--min-per-user", min=0, help="Least rows a user, once all is thinned out.")
]
MinItem = Annotated[
    int, typer.Option("--min-per-item", min=0, help="Least rows an item, to the same fixed point.")
]
Rejects = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Put bad rows here: file, line, column, reason, text."),
    PLACE,
]
MaxRejects = Annotated[
    str | None,
    typer.Option(
        metavar="N|N%", help="With more --rejects write nothing, end with 65; 0.1% of the rows."
    ),
]


def command(
    run: Run,
    inputs: Inputs = None,
    kind: Kind = "interactions",
    map: Map = None,  # noqa: A002
    lists: Lists = None,
    drop: Drop = None,
    source: SourceName = None,
    delimiter: Delimiter = None,
    quote: Quote = None,
    header: Header = None,
    encoding: Encoding = "utf-8",
    id_type: IdType = "string",
    time_zone: Zone = None,
    time_format: TimeFormat = None,
    now: Now = None,
    event_weights: EventWeights = None,
    min_rating: MinRating = None,
    min_value: MinValue = None,
    since: Since = None,
    until: Until = None,
    duplicates: Duplicates = None,
    min_per_user: MinUser = 0,
    min_per_item: MinItem = 0,
    rejects: Rejects = None,
    max_rejects: MaxRejects = None,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Read, check, sort and publish."""
    words = dict(locals())
    from datetime import UTC, datetime

    from recli.stages.ingest import Ingest, publish
    from recli.stages.ingest_files import as_input, open_files
    from recli.stages.ingest_rejects import output_for
    from recli.stages.ingest_words import choices
    from recli.store.write import Output
    from recli.tables import KINDS

    chosen = choices(**words, started=datetime.now(UTC))
    output = Output(out, KINDS[kind], form)
    aside = output_for(rejects, out, inputs or ["-"])
    for name in inputs or ["-"]:
        run.claim(name, "the input")
    options = {"delimiter": delimiter, "quote": quote, "header": header}
    files = open_files(inputs or ["-"], source, encoding, options)
    run.provenance.inputs += [as_input(file) for file in files]
    work = Ingest(files, chosen, run.say)
    written = publish(work, output, aside, run.provenance)
    for line in work.told():
        run.say(line)
    run.counted(
        **{
            f"rows {name}" if name == "in" else name: value
            for name, value in work.counts(written).items()
        },
        **{"rows out": written},
    )
