"""Read an A/B test: are users split as asked, how far are variants apart, does it do harm."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.experiment import ratio_mismatch, ratios
from recli.kernels.sequences import SOME
from recli.stages.ab_beside import Beside, Level, beside, judged
from recli.stages.ab_gates import Gate
from recli.stages.ab_inputs import Question, numbered
from recli.stages.ab_metrics import parsed
from recli.stages.ab_tally import MOST, NAMELESS, SEVERAL, Tally

UNEVEN = 0.001  # p value of the shares of users below which nothing else is to be believed


@dataclass(frozen=True)
class Choices:
    """What reading may be told."""

    level: Level
    control: str | None = None
    shares: Mapping[str, float] | None = None
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class Held:
    """A gate beside what a variant showed."""

    gate: Gate
    variant: str
    worst: float  # how far the wrong way it may be, NaN where that is not known

    @property
    def met(self) -> bool:
        """Whether harm past the bound is ruled out."""
        return self.worst <= self.gate.bound


@dataclass(frozen=True)
class Outcome:
    """Everything that was found; variants in order, the control first."""

    users: dict[str, int]
    shares: dict[str, float]
    uneven: float  # p value
    found: list[Beside]
    gates: list[Held]
    counts: dict[str, int]
    warnings: list[str]

    @property
    def even(self) -> bool:
        """Whether users are split as they were to be."""
        return self.uneven >= UNEVEN

    @property
    def failed(self) -> list[Held]:
        """The gates that were not met."""
        return [one for one in self.gates if not one.met]


def read(blocks: Iterable[Block], question: Question, choices: Choices) -> Outcome:
    """Everything about a test. Memory is that of a block and the moments of each variant.

    Raises RecliError where there are not two variants, or others than were named.
    """
    tally = Tally(question)
    for block in blocks:
        tally.add(block)
    shares = _shares(tally, choices)
    codes = numbered(list(shares), tally.variants)
    users = {name: int(tally.users[code]) if code >= 0 else 0 for name, code in codes.items()}
    uneven = ratio_mismatch(np.array([*users.values()]), np.array([*shares.values()]))
    compared = question.metrics[: question.compared]
    pairs = list(_pairs(tally, codes, shares, choices.level))
    found = judged(pairs, compared, even=uneven >= UNEVEN)
    counts = {"users": sum(users.values())} | {
        name: count for name, count in tally.counts.items() if count
    }
    warnings = [*_left_out(tally), *_doubts(found)]
    gates = list(_gates(found, question, choices))
    return Outcome(users, shares, uneven, found, gates, counts, warnings)


def _shares(tally: Tally, choices: Choices) -> dict[str, float]:
    """The share that each variant was to have, the control first."""
    question = tally.question
    there = sorted(tally.variants.ids().to_list())
    where = f"{question.tables['log'].where}, column '{question.variant}'"
    shares = dict(choices.shares or {name: 1 / len(there) for name in there})
    strange = [name for name in there if name not in shares]
    if strange:
        raise RecliError(
            f"{where} names {', '.join(map(repr, strange))}, which --shares does not",
            "give each variant a share, or leave out its rows",
        )
    if len(there) < 2:
        said = f"only {there[0]!r}" if there else "no variant"
        raise RecliError(f"{where} names {said}", "a test has two variants, or more")
    usual = next((name for name in shares if name.lower() == "control"), next(iter(shares)))
    control = choices.control or usual
    if control not in there:
        raise RecliError(
            f"{where} has no user in the control, '{control}'",
            f"name it by --control; there are {', '.join(there)}",
        )
    return {control: shares[control]} | shares


def _pairs(
    tally: Tally, codes: dict[str, int], shares: dict[str, float], level: Level
) -> Iterator[Beside]:
    """Every variant beside the control, by metric, then for everybody and each segment."""
    labels = enumerate(tally.segments.ids().to_list())
    segments = [(None, 0), *sorted((name, code * MOST) for code, name in labels)]
    control, *others = codes
    for at, metric in enumerate(tally.question.metrics):
        for segment, first in segments:
            moments = tally.moments[at] if segment is None else tally.by_segment[at]
            groups = {
                name: ratios(moments.of(first + code)) for name, code in codes.items() if code >= 0
            }
            for name in others:
                if name in groups:
                    pair, parts = (groups[name], groups[control]), (shares[name], shares[control])
                    yield beside(metric, (name, control), segment, pair, parts, level)


def _gates(found: list[Beside], question: Question, choices: Choices) -> Iterator[Held]:
    tables = {role: question.tables[role] for role in question.looked}
    for gate in choices.gates:
        metric = parsed(gate.word, tables)
        for one in found:
            if one.segment is None and one.metric.same(metric):
                yield Held(gate, one.variant, gate.worst(one.apart, one.reach))


def _left_out(tally: Tally) -> Iterator[str]:
    where = tally.question.tables["log"].where
    for name in (NAMELESS, SEVERAL):
        if tally.counts[name]:
            yield f"{where}: {tally.counts[name]:,} {name}"
    for role, (table, _) in tally.question.read().items():
        if not tally.matched[role]:
            yield f"{table.where}: it has no user of the test; are the ids the same ones?"
    told = {"log", "outcomes"} & {*tally.question.tables}
    if len(told) == 2 and not tally.question.timed:
        yield "LOG or --outcomes has no timestamp: what was done before the test counts as well"


def _doubts(found: list[Beside]) -> Iterator[str]:
    for one in found:
        if one.segment is None and one.apart.some < SOME:
            yield (
                f"{one.metric.word}: only {one.apart.some:,} users of a variant have any; "
                f"intervals of {one.variant} from so few are rough"
            )
    for one in found:
        if one.segment is None and one.before < UNEVEN:
            yield (
                f"{one.metric.word}: {one.variant} and {one.control} were not alike before the "
                f"test (p {one.before:.2g}); were users assigned by lot?"
            )
