"""Fit the weights of merge weighted to what people chose afterwards.

Tries every scale of scores, and weights in whole percents by a pattern search that repeats
exactly. Weights are fitted to one half of the users and measured on the other: each table alone,
equal weights and fitted ones, and gains with intervals. Fitted weights that do not beat equal
ones by more than chance are not kept. The result is what `merge weighted` takes with --config,
for the same tables in the same order.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Metric, MinRelevance, Out, Valid
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Train"
EXAMPLE = (
    "recli blend candidates.parquet recs.parquet --valid test.parquet --metric ndcg@10 "
    "-o blend.toml"
)

Tables = Annotated[
    list[str],
    typer.Argument(metavar="CANDIDATES…", help="Tables to blend; - is standard input."),
    PLACE,
]
Graded = Annotated[
    bool, typer.Option("--graded", help="A relevant item is worth its rating, not 1.")
]
Names = Annotated[str | None, typer.Option(help="Names of the tables, as for merge.")]
Sample = Annotated[int, typer.Option(min=10, help="Most users that are looked at.")]


def command(
    run: Run,
    tables: Tables,
    valid: Valid,
    metric: Metric = "ndcg@10",
    graded: Graded = False,
    min_relevance: MinRelevance = None,
    names: Names = None,
    sample: Sample = 20_000,
    out: Out = "-",
) -> None:
    """Check everything, read the sample, search, say how it went, write the config."""
    from recli.stages import blend, blend_report, blend_sample
    from recli.stages.evaluate_inputs import Choices
    from recli.stages.merge import in_step, named_apart
    from recli.store.chosen import mark
    from recli.store.merged import merged_whole
    from recli.store.report import check_report, write_report
    from recli.tables import CANDIDATES, INTERACTIONS

    check_report(out)
    asked = blend.asked(metric)
    if len(tables) < 2:
        raise RecliError(
            "there is nothing to blend with", "name a second table", code=ExitCode.USAGE
        )
    named = {f"table {at}": (name, CANDIDATES) for at, name in enumerate(tables, 1)}
    *sources, truth = run.tables(**named, valid=(valid, INTERACTIONS)).values()
    called = named_apart(sources, names, truth)
    choices = Choices(graded, min_relevance)
    steps = blend_sample.beside(in_step(sources, called, None), truth, choices)
    total = sum(table.rows for table in [*sources, truth])
    blocks = run.progress(
        merged_whole(steps), total, "rows", lambda block: sum(x.height for x in block.values())
    )
    found = blend.fit(blend_sample.sampled(blocks, called, choices, sample), called, asked)
    write_report(out, f"{mark(truth.sha256)}\n{blend_report.config(found, asked)}")
    run.say(blend_report.shown(found, asked))
    if not found.pays:
        run.warn("the blend is not better than the best table by more than chance")
    run.counted(**{"rows in": total, "users": sum(found.users)})
