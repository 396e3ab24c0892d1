"""What the commands that re-rank share: open the tables, apply the rules, tell the price."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

if TYPE_CHECKING:
    from recli.stages.rerank_chain import Bill
    from recli.stages.rerank_given import Given
    from recli.stages.rerank_rule import Ruled
    from recli.store.open import Table
    from recli.store.write import Output


@dataclass(frozen=True)
class Inputs:
    """What a command reads: names of the tables, by role, and of the model."""

    candidates: str
    beside: Mapping[str, str | None]
    model: str | None
    jobs: int


class _Added:
    """What the bills of all blocks add up to."""

    def __init__(self) -> None:
        self.bill: Bill | None = None

    def __call__(self, bill: "Bill") -> None:
        self.bill = bill if self.bill is None else self.bill + bill


def rerank(
    run: Run,
    rules: "Sequence[Ruled]",
    inputs: Inputs,
    output: "Output",
    plot: str | None = None,
    check: "Callable[[Table], None] | None" = None,
) -> None:
    """Map blocks of lists to lists that keep the rules, and print what that cost.

    `check` is asked before any work whether the candidates are what the rules were made for.
    """
    from recli.cli.bill import tell
    from recli.stages.rerank_build import PLACES, plan

    if plot is not None:
        raise RecliError(
            "--plot draws a trade-off", "add --curve NAME=FROM:TO:STEP", code=ExitCode.USAGE
        )
    given = _given(run, inputs)
    if check is not None:
        check(given.candidates)
    steps, added = plan(rules, given), _Added()
    primary = ("candidates", given.candidates)
    run.stream(steps.build, primary, steps.beside, output, inputs.jobs, heard=added)
    if added.bill is not None:
        names = [f"{at} {one.name}" for at, one in enumerate(rules, 1)]
        k = next((one.k for one in reversed(rules) if one.k is not None), PLACES)
        tell(run, added.bill, names, k, given.catalogue)


def try_values(
    run: Run, one: "Ruled", told: str, inputs: Inputs, output: "Output", plot: str | None
) -> None:
    """Apply a rule with each of some values and write what lists are worth with each."""
    from recli.stages import rerank_curve
    from recli.stages.plot import check_plot
    from recli.stages.rerank_build import plan
    from recli.store.report import write_report

    run.provenance.arguments["curve"] = told
    curve = rerank_curve.asked(one.rule, told)
    rules = curve.rules(one.rule)
    if plot is not None:
        check_plot(plot)
    given = _given(run, inputs)
    steps, added = plan([one], given), _Added()
    primary = ("candidates", given.candidates)
    run.gather(
        rerank_curve.trial(steps.build, rules), primary, steps.beside, inputs.jobs, heard=added
    )
    if added.bill is None:
        return
    rows = rerank_curve.table(curve, added.bill, given.catalogue)
    output.write([rows], run.provenance, {"values": len(curve.values)})
    told_best = rerank_curve.best(curve, rows)
    if told_best is not None:
        run.say(told_best)
    if plot is not None:
        write_report(plot, rerank_curve.drawing(one.name, curve, rows))


def _given(run: Run, inputs: Inputs) -> "Given":
    """The opened tables and model."""
    from recli.stages.rerank_given import Given
    from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, PAIRS, USERS

    kinds = {
        "items": ITEMS,
        "users": USERS,
        "history": INTERACTIONS,
        "pairs": PAIRS,
        "labels": INTERACTIONS,
    }
    tables = run.tables(
        candidates=(inputs.candidates, CANDIDATES),
        **{role: (name, kinds[role]) for role, name in inputs.beside.items()},
    )
    model = inputs.model and run.artefact(inputs.model, "model", "model", "index")
    return Given(tables, model or None, max(1, run.threads // inputs.jobs))
