"""Run the feedback loop in a world of known tastes: see it collapse, and who explores best.

In each round ALS learns from all clicks so far and offers candidates, a policy re-ranks them, and
users look at place p with a chance of 1 / log2(p + 1) and click what they like; they may click an
item again. Their tastes are known, so that every list is held against the best one there is.
New items come out in the first rounds: a loop that only shows what was clicked never shows them.

A policy is greedy (lists as retrieved) or one of `rerank explore`, its options in parentheses:
"epsilon-greedy(epsilon=0.2)". Bandits start without a state, and learn from the places that were
looked at; linucb goes by score, popularity and age. Rules of --rules come before the policy; they
may ask for score, popularity, age (rounds), new, category and released.

Measures of a round: utility is the chance of a click on a shown place that is looked at; regret
what the lists of a user miss, all places added up, beside the best k items; coverage and Gini are
over the items that are out; the long tail are all items but those that made half of the clicks
before the loop.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Form, Out, Seed
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
EXAMPLE = (
    "recli simulate --rounds 4 --users 200 --items 100 --policy greedy,thompson "
    "-o rounds.parquet --plot rounds.svg"
)

Rounds = Annotated[int, typer.Option(min=1, help="Rounds; each user has a list in each.")]
Users = Annotated[int, typer.Option("--users", min=2, help="Users of a world.")]
Items = Annotated[int, typer.Option("--items", min=2, help="Items of a world.")]
New = Annotated[
    float, typer.Option(min=0, max=1, help="Share of the items that come out in the rounds.")
]
Taste = Annotated[
    float, typer.Option(min=0, max=5, help="How far tastes differ; 0: all users are alike.")
]
K = Annotated[int, typer.Option("-k", min=1, help="Items of a list.")]
Candidates = Annotated[int, typer.Option(min=1, help="Items that a user is offered a round.")]
Random = Annotated[int, typer.Option(min=0, help="Of these, so many are drawn from all items.")]
Policies = Annotated[
    str, typer.Option("--policy", metavar="NAME,…", help="What is compared; see above.")
]
SlotsAt = Annotated[
    str,
    typer.Option("--slots", metavar="PLACE,…", help="Places that a policy fills, as of explore."),
]
Floor = Annotated[float, typer.Option(min=0, max=1, help="Least chance of each arm, as there.")]
Rules = Annotated[
    str | None,
    typer.Option("--rules", metavar="FILE", help="Rules before the policy, as of rerank chain."),
    PLACE,
]
Seeds = Annotated[int, typer.Option(min=1, help="Worlds, from --seed on.")]
Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE.svg", help="Draw each measure over the rounds."),
    PLACE,
]


def command(
    run: Run,
    rounds: Rounds = 20,
    users: Users = 2000,
    items: Items = 500,
    new: New = 0.4,
    taste: Taste = 0.5,
    k: K = 10,
    candidates: Candidates = 50,
    random: Random = 10,
    policy: Policies = "greedy,thompson",
    slots: SlotsAt = "5,10",
    floor: Floor = 0.0,
    rules: Rules = None,
    seeds: Seeds = 1,
    seed: Seed = 0,
    plot: Plot = None,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Simulate, write a row a round, draw, and say what it came to."""
    import polars as pl

    from recli.kernels.tastes import Size
    from recli.reports import SIMULATION
    from recli.stages import simulate_report as report
    from recli.stages.plot import check_plot
    from recli.stages.rerank_rule import written
    from recli.stages.simulate import simulate
    from recli.stages.simulate_asked import asked
    from recli.store.report import write_report
    from recli.store.rules import read_rules
    from recli.store.write import Output

    entries = enumerate([] if rules is None else read_rules(rules), 1)
    held = tuple(written(entry, f"{rules}, rule {at}") for at, entry in entries)
    size = Size(users, items, rounds, new, taste)
    wanted = asked(
        size, policy, (k, candidates, random), (slots, floor), range(seed, seed + seeds), held
    )
    run.provenance.arguments["rules"] = [one.record() for one in held]
    if plot is not None:
        check_plot(plot)
    if plot == out == "-":
        raise RecliError(
            "the table and --plot would both go to standard output",
            "give -o FILE",
            code=ExitCode.USAGE,
        )
    output = Output(out, SIMULATION, form)
    steps = run.progress(simulate(wanted, run.threads), wanted.rounds, "rounds", len)
    rows = pl.concat(steps)
    output.write([rows], run.provenance, {})
    if plot is not None:
        write_report(plot, report.drawing(rows, wanted))
    run.say(report.shown(rows, wanted))
    run.counted(rounds=rows.height)
