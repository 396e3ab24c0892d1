"""How near an item is to what its user chose before: shared categories, list members, words."""

from dataclasses import dataclass
from typing import Any

from recli.kernels import features_affinity
from recli.kernels.features import Columns, Facts, OfPairs, Table
from recli.kernels.features_lists import Lists


@dataclass(frozen=True)
class Affinity(OfPairs):
    """Of each category and list column, then of all columns of words together."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """The recent ones want times."""
        if not columns.met:
            return ()
        kinds = [column.name for column in columns.items if column.kind in ("category", "list")]
        if any(column.kind == "text" for column in columns.items):
            kinds.append("words")
        ends = ("", ".recent") if columns.timed else ("",)
        return tuple(f"affinity.{kind}{end}" for kind in kinds for end in ends)

    def known(self, facts: Facts) -> Any:
        """What each item carries."""
        return [*facts.labels, *features_affinity.words(facts.columns.items, facts.items)]

    def fill(self, columns: Columns, known: Any, lists: Lists, out: Table) -> None:
        """NaN where either side carries nothing."""
        past = (lists.past_starts, lists.past_ends, lists.past_items, lists.past_times)
        for at, one in enumerate(known):
            cells = (one.starts, one.codes, one.gives, one.takes, one.width, one.cosine)
            place = at * (1 + columns.timed)
            features_affinity.near(
                lists.starts, lists.items, *past, *cells, columns.timed, out, place
            )
