"""Say what each metric of evaluate is: definition, range, choices and source.

Without a name, all of them; with names, everything about these.
"""

from typing import Annotated, Literal

import typer

from recli.cli.options import PLACE, Out
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
EXAMPLE = "recli metrics ndcg -f table"

Names = Annotated[
    list[str] | None, typer.Argument(metavar="METRIC", help="Names, as ndcg; all without one.")
]
Form = Annotated[
    Literal["parquet", "arrow", "csv", "ndjson", "table"] | None,
    typer.Option("-f", "--format", help="Rows of a format; else by the suffix of -o, or text."),
    PLACE,
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


def command(
    run: Run,
    metrics: Names = None,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Read the files of the metrics, write what they declare."""
    from recli.reports import DEFINITIONS
    from recli.stages import metric_catalogue as catalogue
    from recli.store.report import write_report
    from recli.store.write import Output

    if as_json and form:
        raise RecliError("--json and --format are two formats", "drop one", code=ExitCode.USAGE)
    if form is None and out == "-":
        form = "table"
    output = Output(out, DEFINITIONS, "ndjson" if as_json else form)
    found = catalogue.told(metrics or [])
    if as_json:
        write_report(output.target, catalogue.as_object(found))
    elif output.form == "table":
        write_report(output.target, catalogue.as_text(found, pages=bool(metrics)))
    else:
        output.write([catalogue.as_frame(found)], run.provenance, {})
