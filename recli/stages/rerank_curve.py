"""The whole trade-off of a rule: what lists are worth for each value of one of its options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

import polars as pl

from recli import registry
from recli.engines.result import Block, Build, Result
from recli.errors import ExitCode, RecliError
from recli.kernels.panels_plot import Curve, Panel, svg
from recli.kernels.rule import Rule
from recli.stages.rerank_chain import Bill, Chain
from recli.stages.rerank_price import SHOWN

MOST = 200  # values of a curve
_NAMES = {"kl": "KL to history", "gini": "Gini", "ndcg": "NDCG", "score": "score, scaled"}


@dataclass(frozen=True)
class Asked:
    """An option of a rule and the values that it is to have in turn."""

    field: str
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        """The option as it is written, without dashes in front."""
        return registry.flag(self.field).removeprefix("--")

    def rules(self, rule: Rule) -> list[Rule]:
        """The rule with each of the values; RecliError (usage) where one is out of its range."""
        return [replace(rule, **{self.field: value}) for value in self.values]


def asked(rule: Rule, told: str) -> Asked:
    """The values of `--curve lambda=0:1:0.1`, both ends among them.

    Raises RecliError (usage) where it is none, or no number of the rule.
    """
    name, _, span = told.partition("=")
    kinds = {
        registry.flag(field.name).removeprefix("--"): field for field in registry.fields(type(rule))
    }
    numbers = [
        key for key, field in kinds.items() if {int, float} & {field.type, *get_args(field.type)}
    ]
    if name not in numbers:
        raise _wrong(told, f"of this rule there are {', '.join(numbers) or 'no numbers'}")
    try:
        low, high, step = map(float, span.split(":"))
        count = int((high - low) / step + 1e-9) + 1
    except (ValueError, ZeroDivisionError, OverflowError):
        raise _wrong(told, "write --curve NAME=FROM:TO:STEP, as lambda=0:1:0.1") from None
    if not 1 <= count <= MOST or step <= 0:
        raise _wrong(told, f"make it 1 to {MOST} values")
    field = kinds[name]
    values = [round(low + at * step, 10) for at in range(count)]
    if float not in {field.type, *get_args(field.type)}:
        if any(value != int(value) for value in values):
            raise _wrong(told, f"{name} is a whole number")
        values = [int(value) for value in values]
    return Asked(field.name, tuple(values))


@dataclass(frozen=True)
class Trial:
    """Maps blocks to no rows, and tells what each value would do."""

    chains: tuple[Chain, ...]

    def __call__(self, block: Block) -> Result:
        """The bill of every value."""
        results = [chain(block) for chain in self.chains]
        bill = Bill(tuple(priced for result in results for priced in result.tally.rules))
        return Result(results[0].rows.clear(), {"lists": results[0].counts["lists"]}, tally=bill)


def trial(build: Build, rules: list[Rule]) -> Build:
    """How a worker makes the stage that tries all rules, of the stage of one of them."""
    return partial(_trial, build, rules)


def _trial(build: Any, rules: list[Rule]) -> Trial:
    (step,) = build().steps
    return Trial(
        tuple(Chain((replace(step, ruled=replace(step.ruled, rule=rule)),)) for rule in rules)
    )


def table(curve: Asked, bill: Bill, catalogue: int | None) -> pl.DataFrame:
    """A row for the lists as they came, without a value, and one for each value."""
    rows: list[dict[str, Any]] = [{"value": None, **bill.rules[0].before.measures(catalogue)}]
    for value, priced in zip(curve.values, bill.rules, strict=True):
        counts = {name.replace(" ", "_"): count for name, count in priced.counts.items()}
        kept = {key: counts[key] for key in ("lists_touched", "items_moved")}
        rows.append({"value": float(value), **priced.after.measures(catalogue), **kept})
    kinds: dict[str, type[pl.DataType]] = dict.fromkeys(("value", *SHOWN), pl.Float64)
    kinds |= {"lists_touched": pl.Int64, "items_moved": pl.Int64}
    return pl.DataFrame(rows, schema=kinds).insert_column(0, pl.lit(curve.name).alias("parameter"))


def best(curve: Asked, rows: pl.DataFrame) -> str | None:
    """Which value has the highest NDCG, the first of equal ones; None without labels."""
    known = rows.slice(1).drop_nulls("ndcg")
    if not known.height:
        return None
    value, ndcg = known.select("value", "ndcg").row(int(known["ndcg"].arg_max() or 0))
    start = rows["ndcg"][0]
    return f"NDCG is highest with --{curve.name} {value:g}: {ndcg:.4f}, as they came {start:.4f}"


def drawing(rule: str, curve: Asked, rows: pl.DataFrame) -> str:
    """The trade-off as SVG: each measure over the values, the lists as they came as a level."""
    start, known = rows.row(0, named=True), rows.slice(1)
    panels = []
    for name in SHOWN:
        points = known.select("value", name).drop_nulls().rows()
        if points:
            panels.append(Panel(_NAMES.get(name, name), (Curve("", tuple(points)),), start[name]))
    title = f"rerank {rule}: what {curve.name} costs and buys (dashed: the lists as they came)"
    return svg(title, curve.name, panels)


def _wrong(told: str, remedy: str) -> RecliError:
    return RecliError(f"--curve {told}", remedy, code=ExitCode.USAGE)
