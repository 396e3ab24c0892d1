"""What a run of `simulate` is asked for, checked before any work."""

from dataclasses import dataclass

from recli.errors import ExitCode, RecliError
from recli.kernels.explore import Slots
from recli.kernels.policy import Policy
from recli.kernels.tastes import Size
from recli.stages import explore
from recli.stages.plugin_words import built, parted
from recli.stages.rerank_rule import Ruled

GREEDY = "greedy"  # lists as they were retrieved: nothing is explored
DAY = "2026-01-01"  # checked as a date is; every round has its own


@dataclass(frozen=True)
class Contender:
    """A policy by the words it was asked for; None leaves lists as they are."""

    name: str
    policy: Policy | None


@dataclass(frozen=True)
class Asked:
    """Worlds, the lists that are made in them, and what is to be compared."""

    size: Size
    contenders: tuple[Contender, ...]
    slots: Slots | None  # None where nobody explores
    k: int
    candidates: int
    random: int  # of the candidates, drawn from all items that are out
    seeds: tuple[int, ...]
    rules: tuple[Ruled, ...] = ()

    @property
    def rounds(self) -> int:
        """Rounds of all policies in all worlds."""
        return self.size.rounds * len(self.contenders) * len(self.seeds)


def asked(
    size: Size,
    policies: str,
    lists: tuple[int, int, int],
    exploring: tuple[str, float],
    seeds: range,
    rules: tuple[Ruled, ...] = (),
) -> Asked:
    """The run; RecliError (usage) for what contradicts itself.

    `lists` are k, candidates and those drawn at random; `exploring` the slots and the floor.
    """
    k, candidates, drawn = lists
    contenders = tuple(contender(word) for word in parted(policies))
    faults = []
    if len({one.name for one in contenders}) < len(contenders):
        faults.append(f"--policy {policies} names a policy twice")
    if k > candidates:
        faults.append(f"-k {k} is more than --candidates {candidates}")
    if drawn > candidates:
        faults.append(f"--random {drawn} is more than --candidates {candidates}")
    if faults:
        raise RecliError("; ".join(faults), code=ExitCode.USAGE)
    places, floor = exploring
    slots = None
    if any(one.policy is not None for one in contenders):
        slots = explore.Asked(places, DAY, k, floor=floor, arms=candidates).checked()
    return Asked(size, contenders, slots, k, candidates, drawn, tuple(seeds), rules)


def contender(word: str) -> Contender:
    """The policy of `NAME` or `NAME(OPTION=VALUE,OPTION=VALUE)`.

    >>> contender("epsilon-greedy(epsilon=0.2)").policy.epsilon
    0.2
    """
    if word == GREEDY:
        return Contender(word, None)
    return Contender(word, built("policies", word, "--policy", GREEDY)[1])
