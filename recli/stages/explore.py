"""What `rerank explore` was asked for, checked, as a rule for the stage that applies rules."""

from dataclasses import dataclass

from recli.errors import ExitCode, RecliError
from recli.kernels.explore import Explore, Slots
from recli.kernels.policy import Policy
from recli.stages.bandit_state import Kind, read_state
from recli.stages.rerank_rule import Ruled
from recli.store.open import Table
from recli.tables import same_id_type


@dataclass(frozen=True)
class Asked:
    """What a run of `rerank explore` may be told."""

    slots: str
    day: str
    k: int | None = None
    seed: int = 0
    new: str | None = None
    new_slots: int = 0
    floor: float = 0.0
    arms: int = 50

    def checked(self) -> Slots:
        """The slots; RecliError that names all that contradicts itself."""
        places = [int(word) for word in self.slots.split(",") if word.strip().isdecimal()]
        k = max(places, default=1) if self.k is None else self.k
        faults = [*self._places(places, k), *self._new(places), *self._floor(places)]
        if not self.day.strip():
            faults.append("--day is empty")
        if faults:
            raise RecliError(f"explore: {'; '.join(faults)}", code=ExitCode.USAGE)
        ordered = tuple(sorted(places))
        return Slots(
            ordered, k, self.day, self.seed, self.new, self.new_slots, self.floor, self.arms
        )

    def _places(self, places: list[int], k: int) -> list[str]:
        if len(places) != len(self.slots.split(",")) or 0 in places:
            return [f"--slots {self.slots}: write places from 1 on, as 5,10"]
        beyond = [str(place) for place in places if place > k]
        found = [f"--slots {', '.join(beyond)} is beyond -k {k}"] if beyond else []
        if len(set(places)) < len(places):
            found.append(f"--slots {self.slots} names a place twice")
        return found

    def _new(self, places: list[int]) -> list[str]:
        if (self.new is None) != (self.new_slots == 0):
            return ["--new says what is new and --new-slots how many slots it has: give both"]
        if self.new_slots > len(places):
            return [f"--new-slots {self.new_slots} is more than there are slots"]
        return []

    def _floor(self, places: list[int]) -> list[str]:
        # A slot has its share of the arms, and those for new items have as many again.
        shared = [count for count in (len(places) - self.new_slots, self.new_slots) if count > 0]
        most = max((-(-self.arms // count) for count in shared), default=1)
        if self.floor * most < 1:
            return []
        return [
            f"--floor {self.floor:g} for up to {most} arms of a slot adds up to 1 and leaves no "
            "choice: lower it, or --arms"
        ]


@dataclass(frozen=True)
class Explored(Ruled):
    """The rule as the stage applies it, and as messages name it."""

    rule: Explore

    @property
    def name(self) -> str:
        """The sub-verbs of `rerank`."""
        return f"explore {self.rule.name}"

    @property
    def told(self) -> str:
        """The rule as one would write it."""
        return f"{self.name} --slots {','.join(map(str, self.rule.slots.places))}"


def ruled(policy: tuple[str, Policy], slots: Slots, state: tuple[Table, Kind] | None) -> Explored:
    """The rule; RecliError where the policy lacks a state, or has one of another kind."""
    name, plugin = policy
    if state is None:
        if plugin.needs_state:
            raise RecliError(
                f"{name} goes by what was learned", "give --state", code=ExitCode.USAGE
            )
        return Explored(Explore(plugin, name, slots), k=slots.k)
    table, kind = state
    if kind != plugin.state:
        context = " with --context COLUMN,…" if plugin.state == "linear" else ""
        raise RecliError(
            f"{table.where} is a state of kind {kind}, {name} reads one of kind {plugin.state}",
            f"name another, or make it by recli bandit-update{context}",
        )
    learned = read_state(table, kind)
    return Explored(Explore(plugin, name, slots, learned, table.where), k=slots.k)


def check(state: tuple[Table, Kind] | None, candidates: Table) -> None:
    """Raise RecliError where a state of counts knows no item that is offered."""
    if state is None or state[1] != "beta" or not candidates.rows:
        return
    table = state[0]
    same_id_type(candidates.schema, table.schema, "item_id", table.where)
    known = table.read(["item_id"])["item_id"].implode()
    if not any(rows["item_id"].is_in(known).any() for rows in candidates.batches(["item_id"])):
        raise RecliError(
            f"{table.where} is a state of other arms: it knows none of the items of "
            f"{candidates.where}",
            "name the state of these items, or add a log of them by recli bandit-update",
        )
