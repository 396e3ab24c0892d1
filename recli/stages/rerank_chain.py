"""Several rules one after the other over a block, as a pipe of single ones would apply them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from recli.engines.result import Block, Result
from recli.kernels.price import Worth
from recli.stages.rerank import Reranker


@dataclass(frozen=True)
class Priced:
    """What one rule did: counts, and the worth of lists as they came and as they went."""

    counts: Counter[str]
    before: Worth
    after: Worth

    def __add__(self, other: Priced) -> Priced:
        counts = Counter(self.counts)
        counts.update(other.counts)
        return Priced(counts, self.before + other.before, self.after + other.after)


@dataclass(frozen=True)
class Bill:
    """What each of some rules did, and the lists they left."""

    rules: tuple[Priced, ...]

    def __add__(self, other: Bill) -> Bill:
        return Bill(tuple(a + b for a, b in zip(self.rules, other.rules, strict=True)))


@dataclass(frozen=True)
class Chain:
    """Maps `candidates`, with what lies beside them, to what all rules leave of them."""

    steps: tuple[Reranker, ...]

    def __call__(self, block: Block) -> Result:
        """The lists by every rule, the first of them first."""
        bill = []
        counts: dict[str, int] = {}
        for step in self.steps:
            rows, counts, before, after = step.applied(block)
            bill.append(Priced(Counter(counts), before, after))
            block = {**block, "candidates": rows}
        own = counts if len(self.steps) == 1 else {"lists": bill[0].counts["lists"]}
        return Result(block["candidates"], own, tally=Bill(tuple(bill)))
