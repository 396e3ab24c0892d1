"""Add logs of what was shown and rewarded to what a bandit knows, its state.

A LOG has a row for each item that was shown: user_id, item_id, and whether it was rewarded. The
state is a small Parquet table that `rerank explore` reads:

beta: item_id, shown, rewarded. Rewards are yes or no.
linear: a row for each column of --context, and the intercept: the sums of LinUCB, A and b. Rewards
may be any numbers. Columns are looked for in the log, then in --items and, as user.NAME, in
--users; they are numbers, or yes and no, and an empty value counts as 0.

STATE is made where it does not exist and is what -o names. A log that is in the state already is
left out: the state knows the hash of each. Logs may come in any order, and at once or one by one:
the result is the same to the byte.
"""

from typing import Annotated, Literal

import typer

from recli.cli.options import PLACE, Items, Out, Users
from recli.cli.run import Run

GROUP = "Serve"
EXAMPLE = "recli bandit-update state.parquet shop/shown.csv -o state.parquet"

StateIn = Annotated[str, typer.Argument(metavar="STATE", help="The state so far."), PLACE]
LogsIn = Annotated[
    list[str], typer.Argument(metavar="LOG", help="What was shown; see above."), PLACE
]
Kind = Annotated[
    Literal["beta", "linear"] | None,
    typer.Option(help="Of a new state; linear if there is --context, else beta."),
]
Context = Annotated[
    str | None, typer.Option(metavar="COLUMN,…", help="What a new linear state goes by.")
]
Reward = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="What was rewarded; `reward`, `clicked` or `label` if not set.",
    ),
]


def command(
    run: Run,
    state: StateIn,
    logs: LogsIn,
    kind: Kind = None,
    context: Context = None,
    reward: Reward = None,
    items: Items = None,
    users: Users = None,
    out: Out = "-",
) -> None:
    """Open the state, add each log that is not in it, publish."""
    from recli.stages import bandit_logs, bandit_state, bandit_update
    from recli.store.blocks import blocks
    from recli.store.open import part_files
    from recli.store.update import Update
    from recli.tables import ITEMS, PAIRS, USERS

    choices = bandit_update.Choices(kind, context, reward)
    update = Update(state, out)
    old = None if update.is_new else bandit_state.open_state(state)
    made = bandit_update.begin(choices, old)
    output = update.output(made.contract)
    beside = run.tables(items=(items, ITEMS), users=(users, USERS))
    opened = [run.table(part, PAIRS, "log") for log in logs for part in part_files(log)]
    fresh = bandit_logs.fresh(made, opened, run.say)
    rewards = [bandit_logs.reward_of(reward, log) for log in fresh]
    known = bandit_logs.check(made, fresh, beside)
    people = {"users": beside["users"]} if "users" in beside else {}
    for log, column in zip(fresh, rewards, strict=True):
        steps = blocks(("log", log), people)
        for block in run.progress(steps, log.rows, "rows", lambda block: block["log"].height):
            bandit_logs.take(made, block, column, known, log.where)
    record = bandit_update.record(choices, made, old and old[0], run.provenance.inputs)
    table = made.table()
    with output.opened(record) as sink:
        update.check(old and old[0])
        sink.add(table)
        sink.close(made.size)
    read = sum(log.rows for log in fresh)
    run.counted(**{"logs in": len(fresh), "rows in": read, "rows out": table.height})
