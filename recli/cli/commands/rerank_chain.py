"""Re-rank lists by several rules of a file in one pass, as a pipe of single ones would.

The file is TOML with a table for each rule, in their order: [[rule]], and below it rule = "cap",
its options by their names, and if it is wanted k = 10 or if = "bucket = 'B'".
"""

from dataclasses import replace
from typing import Annotated

import typer

from recli.cli.options import (
    PLACE,
    CandidatesIn,
    Form,
    Items,
    Jobs,
    Labels,
    Out,
    Pairs,
    Past,
    Users,
    VectorsOf,
)
from recli.cli.run import Run

GROUP = "Serve"
NAME = "rerank chain"
EXAMPLE = (
    "recli rerank chain rules.toml candidates.parquet --items items.parquet -k 10 -o recs.parquet"
)

Rules = Annotated[str, typer.Argument(metavar="RULES", help="File of rules, TOML."), PLACE]
K = Annotated[int | None, typer.Option("-k", min=1, help="Items a user at the end; else all.")]


def command(
    run: Run,
    rules: Rules,
    candidates: CandidatesIn = "-",
    items: Items = None,
    users: Users = None,
    history: Past = None,
    pairs: Pairs = None,
    labels: Labels = None,
    model: VectorsOf = None,
    k: K = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of lists to lists that keep every rule."""
    from recli.cli.rules import Inputs, rerank
    from recli.stages.rerank_rule import written
    from recli.store.rules import read_rules
    from recli.store.write import Output
    from recli.tables import CANDIDATES

    output = Output(out, CANDIDATES, form)
    asked = [written(entry, f"{rules}, rule {at}") for at, entry in enumerate(read_rules(rules), 1)]
    if k is not None:
        last = asked[-1]
        asked[-1] = replace(last, k=k if last.k is None else min(k, last.k))
    run.provenance.arguments["rules"] = [one.record() for one in asked]
    beside = {"items": items, "users": users, "history": history, "pairs": pairs, "labels": labels}
    rerank(run, asked, Inputs(candidates, beside, model, jobs), output)
