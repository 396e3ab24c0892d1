"""Hold lists against a baseline, user by user: what is better, what is worse, what is chance.

Every difference is one over the same users, with the interval of the paired bootstrap and the
p-value of a randomisation test, corrected by Holm for all comparisons of the run. Lists are called
better, or worse, only where the interval leaves out 0 and the corrected p is below 0.05.
"""

from typing import Annotated

import typer

from recli.cli import measuring
from recli.cli.measuring import (
    Graded,
    Json,
    Least,
    LikeTool,
    MaxDrop,
    MinRelevance,
    Most,
    NoBaseline,
    Strict,
)
from recli.cli.options import PLACE, Form, History, Items, Out, Seed
from recli.cli.run import Run

GROUP = "Evaluate"
EXAMPLE = (
    "recli compare recs.parquet test.parquet ndcg@10 recall@10 --baseline candidates.parquet "
    "--max-drop ndcg@10=50%"
)

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="LISTS… TRUTH METRIC…",
        help="Tables of lists, then what happened, and metrics as of evaluate.",
    ),
    PLACE,
]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="LISTS",
        help="What the others are held against: a table of lists, or popularity or item-knn of "
        "--history. The first table if not set.",
    ),
    PLACE,
]


def command(
    run: Run,
    words: Words,
    baseline: Baseline = None,
    history: History = None,
    items: Items = None,
    graded: Graded = False,
    min_relevance: MinRelevance = None,
    no_baseline: NoBaseline = False,
    like: LikeTool = None,
    least: Least = None,
    most: Most = None,
    max_drop: MaxDrop = None,
    strict: Strict = False,
    seed: Seed = 0,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Check every argument, measure all lists in one pass, report, and only then judge."""
    from recli.reports import COMPARISONS
    from recli.stages import compare_report as report
    from recli.stages.evaluate_asked import told_apart
    from recli.stages.evaluate_drops import drops_of, settled_drops
    from recli.stages.evaluate_gates import gates_of
    from recli.stages.evaluate_held import added, held
    from recli.stages.evaluate_inputs import Choices, Inputs, checked
    from recli.stages.evaluate_like import convention
    from recli.store.write import Output
    from recli.tables import INTERACTIONS, ITEMS, LISTS

    meant = convention(like)
    tables, asked = told_apart(words, meant)
    gates, drops = gates_of(least or [], most or [], meant), drops_of(max_drop or [], meant)
    paths, happened, against = held(tables, baseline, history)
    measuring.one_format(as_json, form)
    output = Output(out, COMPARISONS, "ndjson" if as_json else form)
    lists = {name: run.table(path, LISTS, "lists") for name, path in paths.items()}
    truth = run.table(happened, INTERACTIONS, "truth")
    inputs = Inputs(
        lists, truth, **run.tables(history=(history, INTERACTIONS), items=(items, ITEMS))
    )
    beside = added(against, none=no_baseline)
    choices = Choices(
        graded,
        min_relevance,
        added=beside,
        against=against,
        seed=seed,
        threads=run.threads,
        like=meant,
    )
    wanted = [*asked, *(drop.asked for drop in drops)]
    asked, gates = checked(inputs, wanted, gates, choices)
    drops = settled_drops(drops, inputs)
    outcome = measuring.measured(run, inputs, asked, choices)
    report.publish(outcome, choices, [*gates, *drops], output, run.provenance, as_json=as_json)
    measuring.judged(run, outcome, gates, drops, output.form, strict=strict)
