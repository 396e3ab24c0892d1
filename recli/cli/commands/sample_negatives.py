"""Draw items that users did not choose beside those that they did, for rankers to learn from.

Strategies: uniform; popularity (counts to the power --exponent); in-batch (positives of others);
shown (of --impressions, what was not chosen); hard (the first --depth of --candidates of the
user, or of --similar of the positive); several by shares, as 'mix 0.7 uniform 0.3 hard'.

What the user is known to like is never drawn: by the positives, by --history. Each row holds the
moment of its positive (`as_of`), `label`, how it was `drawn`, and `log_q`: the logarithm of the
chance that one draw is this item, so that losses can correct for it. A ranker takes the table in
place of candidates and labels. Positives of items that the user had met before are left out,
because no negative was met: a ranker would learn to tell the two by that.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Form, Impressions, Items, Jobs, Out, Seed
from recli.cli.run import Run

GROUP = "Prepare"
EXAMPLE = (
    "recli sample-negatives labels.parquet --history past.parquet --ratio 4 "
    "--strategy popularity -o samples.parquet"
)

PositivesIn = Annotated[
    str,
    typer.Argument(metavar="POSITIVES", help="Interactions that count as chosen."),
    PLACE,
]
Past = Annotated[
    str | None,
    typer.Option(
        "--history", metavar="TABLE", help="More that is known to be liked, and the catalogue."
    ),
    PLACE,
]
Candidates = Annotated[
    str | None, typer.Option(metavar="TABLE", help="Candidates of the users, for hard."), PLACE
]
Similar = Annotated[
    str | None, typer.Option(metavar="TABLE", help="What similar wrote, for hard."), PLACE
]
Strategy = Annotated[str, typer.Option(help="How they are drawn; see above.")]
Ratio = Annotated[int, typer.Option(min=1, help="Negatives of each positive.")]
Repeats = Annotated[
    bool,
    typer.Option("--repeats", help="Take positives of items that their users had met before, too."),
]
Exponent = Annotated[float, typer.Option(min=0, help="Power of the counts, for popularity.")]
Depth = Annotated[int, typer.Option(min=1, help="Candidates or neighbours, for hard.")]
Grade = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of the positives with gains; else each is 1."),
]


def command(
    run: Run,
    positives: PositivesIn = "-",
    history: Past = None,
    items: Items = None,
    impressions: Impressions = None,
    candidates: Candidates = None,
    similar: Similar = None,
    strategy: Strategy = "uniform",
    ratio: Ratio = 4,
    exponent: Exponent = 0.75,
    depth: Depth = 50,
    grade: Grade = None,
    repeats: Repeats = False,
    seed: Seed = 0,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of positives to lists of them and their negatives."""
    from recli.stages import sample_negatives
    from recli.stages.sample_strategy import parsed
    from recli.store.write import Output
    from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, PAIRS, SAMPLES, SIMILAR

    output = Output(out, SAMPLES, form)
    drawn = parsed(strategy, exponent=exponent)
    tables = run.tables(
        positives=(positives, INTERACTIONS),
        history=(history, INTERACTIONS),
        items=(items, ITEMS),
        impressions=(impressions, PAIRS),
        candidates=(candidates, CANDIDATES),
        similar=(similar, SIMILAR),
    )
    choices = sample_negatives.Choices(ratio, depth, grade, repeats, seed)
    build = sample_negatives.build(tables, drawn, choices)
    by_user = ("history", "impressions", "candidates")
    beside = {role: table for role, table in tables.items() if role in by_user}
    counts = run.stream(build, ("positives", tables["positives"]), beside, output, jobs)
    if counts[sample_negatives.FEW]:
        run.warn(
            f"{counts[sample_negatives.FEW]:,} {sample_negatives.FEW}: too little to draw from"
        )
