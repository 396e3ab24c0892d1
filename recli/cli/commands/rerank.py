"""Re-rank lists by one rule, proved on every row that is emitted."""

from typing import Annotated, Any

import typer

from recli.cli.options import PLACE, CandidatesIn, Form, Items, Jobs, Out, Users
from recli.cli.run import Run

GROUP = "Serve"
NAME = "rerank {}"
PLUGINS = "rerankers"
EXAMPLE = (
    "recli rerank cap candidates.parquet --items items.parquet --by categories -o recs.parquet"
)

K = Annotated[int | None, typer.Option("-k", min=1, help="Items a user at the end; else all.")]
Model = Annotated[
    str | None, typer.Option("--model", metavar="MODEL", help="Model with item vectors."), PLACE
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    candidates: CandidatesIn = "-",
    items: Items = None,
    users: Users = None,
    model: Model = None,
    k: K = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of lists to lists that keep the rule."""
    from recli.stages import rerank
    from recli.store.write import Output
    from recli.tables import CANDIDATES, ITEMS, USERS

    output = Output(out, CANDIDATES, form)
    tables = run.tables(
        candidates=(candidates, CANDIDATES), items=(items, ITEMS), users=(users, USERS)
    )
    build = rerank.build(
        plugin[1],
        tables["candidates"],
        items=tables.get("items"),
        users=tables.get("users"),
        model=None if model is None else run.artefact(model, "model", "model", "index"),
        k=k,
    )
    beside = {"users": tables["users"]} if "users" in tables else {}
    run.stream(build, ("candidates", tables["candidates"]), beside, output, jobs)
