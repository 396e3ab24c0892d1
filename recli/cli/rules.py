"""What the commands that re-rank share: open the tables, apply the rules, tell the price."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from recli.cli.run import Run

if TYPE_CHECKING:
    from recli.stages.rerank_chain import Bill
    from recli.stages.rerank_rule import Ruled
    from recli.store.write import Output


def rerank(
    run: Run,
    rules: "Sequence[Ruled]",
    candidates: str,
    beside: Mapping[str, str | None],
    model: str | None,
    output: "Output",
    jobs: int,
) -> None:
    """Map blocks of lists to lists that keep the rules, and print what that cost."""
    from recli.cli.bill import tell
    from recli.stages.rerank_build import PLACES, Given, plan
    from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, PAIRS, USERS

    kinds = {
        "items": ITEMS,
        "users": USERS,
        "history": INTERACTIONS,
        "pairs": PAIRS,
        "labels": INTERACTIONS,
    }
    tables = run.tables(
        candidates=(candidates, CANDIDATES),
        **{role: (name, kinds[role]) for role, name in beside.items()},
    )
    opened = None if model is None else run.artefact(model, "model", "model", "index")
    given = Given(tables, opened, max(1, run.threads // jobs))
    steps = plan(rules, given)
    bills: list[Bill] = []

    def heard(bill: "Bill") -> None:
        bills[:] = [bills[0] + bill if bills else bill]

    primary = ("candidates", tables["candidates"])
    run.stream(steps.build, primary, steps.beside, output, jobs, heard=heard)
    if bills:
        names = [f"{at} {one.name}" for at, one in enumerate(rules, 1)]
        k = next((one.k for one in reversed(rules) if one.k is not None), PLACES)
        tell(run, bills[0], names, k, tables["items"].rows if "items" in tables else None)
