"""Leave chosen places of lists to a policy of exploration, with known propensities."""

from typing import Annotated, Any

import typer

from recli.cli.options import PLACE, CandidatesIn, Form, Items, Jobs, Labels, Out, Past, Seed, Users
from recli.cli.run import Run

GROUP = "Serve"
NAME = "rerank explore {}"
PLUGINS = "policies"
EXAMPLE = (
    "recli rerank explore {} candidates.parquet --state state.parquet --slots 5,10 "
    "--day 2025-07-01 -o recs.parquet"
)

SlotsAt = Annotated[
    str,
    typer.Option(
        "--slots",
        metavar="PLACE,…",
        help="Places, from 1, that the policy fills. The others keep the first rows, in order; "
        "the rows below are dealt out to the slots in turn, as their arms.",
    ),
]
Day = Annotated[
    str,
    typer.Option(
        metavar="DATE",
        help="A user's lots stay the same on a day: --day $(date -u +%F).",
    ),
]
State = Annotated[
    str | None,
    typer.Option("--state", metavar="STATE", help="What was learned, by bandit-update."),
    PLACE,
]
K = Annotated[
    int | None, typer.Option("-k", min=1, help="Items a user at the end; the last slot if not set.")
]
New = Annotated[
    str | None,
    typer.Option(
        metavar="CONDITION",
        help="Which rows are new, as \"released > timestamp '2025-06-01'\"; see rerank filter.",
    ),
]
NewSlots = Annotated[
    int,
    typer.Option(
        min=0, help="So many of the last slots have new rows alone, where the list has any."
    ),
]
Floor = Annotated[
    float, typer.Option(min=0, max=1, help="Least chance of each arm; keeps all of them alive.")
]
MostArms = Annotated[
    int,
    typer.Option(
        "--arms", min=1, help="Rows after the fixed ones that compete, and of new ones as many."
    ),
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    slots: SlotsAt,
    day: Day,
    candidates: CandidatesIn = "-",
    state: State = None,
    items: Items = None,
    users: Users = None,
    history: Past = None,
    labels: Labels = None,
    k: K = None,
    new: New = None,
    new_slots: NewSlots = 0,
    floor: Floor = 0.0,
    arms: MostArms = 50,
    seed: Seed = 0,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of lists to lists with rows that were drawn in their slots."""
    from functools import partial

    from recli.cli.rules import Inputs, rerank
    from recli.stages import explore
    from recli.stages.bandit_state import open_state
    from recli.store.write import Output
    from recli.tables import CANDIDATES

    asked = explore.Asked(slots, day, k, seed, new, new_slots, floor, arms).checked()
    output = Output(out, CANDIDATES, form)
    learned = None
    if state is not None:
        run.claim(state, "state")
        learned = open_state(state)
        run.provenance.inputs.append(learned[0].as_input("state"))
    rule = explore.ruled(plugin, asked, learned)
    fits = partial(explore.check, learned)
    beside = {"items": items, "users": users, "history": history, "labels": labels}
    rerank(run, [rule], Inputs(candidates, beside, None, jobs), output, check=fits)
