"""Leaks that evaluate finds: how lists, or the history, know what they are measured against.

Each has a kind with a stable name. Told from records, where the tables carry them:
  history-holds-truth   --history is what truth was made of, or holds it
  model-saw-truth       a model behind the lists was trained on truth
  ranker-saw-truth      a ranker behind the lists was trained on truth
  served-with-truth     a step behind the lists was given truth in its --history
  features-saw-truth    a table of features was made of truth, or holds from after the split on
  features-after-split  features were made as of a moment after truth began
  newer-than-split      something behind the lists learned from events after truth began
  tuned-on-truth        hyper-parameters or weights were chosen on truth
  lists-from-truth      the lists are truth, or were sampled from it
Told from the rows, of whatever tool:
  test-rows-in-history  rows of truth stand in --history
  history-after-truth   --history goes on after truth began
  lists-after-truth     lists say that they were made after truth began
  k-beyond-lists        a metric looks at more places than any list has
  all-truth-in-lists    every list holds all of truth, as of positives among sampled negatives
  truth-first           every list has all that is relevant before all that is not
  items-of-truth-only   the lists offer new items, and of these only such as truth holds
Of one cause the kind that says most is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from recli.kernels.traces import InHistory, InLists
from recli.stages.ancestry import descent, holds, split_of
from recli.stages.evaluate_inputs import Inputs
from recli.stages.leak_records import Truth, findings, first_of
from recli.stages.leak_traces import Traces
from recli.tables import REWARDS

NEARLY_ALL = 0.95  # share of pairs without times that no habit repeats
FEW = 20  # users or rows: with fewer it may be chance
UNLIKELY = 1e-3
# The line about some lists, by the kind of what the steps behind them did.
_TOLD = {
    "lists-from-truth": "they were made of {truth}, or are it",
    "tuned-on-truth": "the options of {steps} behind it were chosen on {truth}",
    "model-saw-truth": "{steps} behind it has seen {truth}",
    "ranker-saw-truth": "{steps} behind it has seen {truth}",
    "served-with-truth": "{steps} behind it was given {truth} in its --history",
    "features-saw-truth": "{steps} behind it read features made of {truth}, or after it began",
    "features-after-split": "{steps} behind it made features as of after {truth} began",
    "newer-than-split": "{steps} behind it read events from after {truth} began",
}
_OF_PLACES = ("lists-from-truth", "lists-after-truth", "all-truth-in-lists", "truth-first")
# A cause that shows in several kinds is told as the first of them.
_INSTEAD = {
    "test-rows-in-history": ("history-holds-truth",),
    "history-after-truth": ("history-holds-truth", "test-rows-in-history"),
    "lists-after-truth": ("lists-from-truth",),
    "all-truth-in-lists": ("lists-from-truth",),
    "truth-first": ("lists-from-truth", "all-truth-in-lists"),
    "items-of-truth-only": ("lists-from-truth", "all-truth-in-lists", "model-saw-truth"),
}


@dataclass(frozen=True)
class Leak:
    """One way in which truth is known to what is measured against it."""

    kind: str
    where: str  # the table
    line: str


def leaks_of(inputs: Inputs, traces: Traces, longest: dict[str, int], k: int) -> list[Leak]:
    """Every leak that was found: of the history, then of the lists in their order.

    `longest` is the length of the longest list of each table, `k` the most places looked at: 0
    where only scores are held against ratings, which the pairs of truth may well have.
    """
    truth, history = inputs.truth, inputs.history
    first = first_of(truth, history)
    known = Truth(truth.where, truth.sha256, frozenset(descent(truth.sha256, truth.record)), first)
    found = _of_history(inputs, traces, known)
    for name, table in inputs.lists.items():
        lines = {
            kind: _TOLD[kind].format(steps=_named(steps), truth=truth.where)
            for kind, steps in findings(table, known).items()
        }
        lines |= _of_lists(name, inputs, traces)
        if not k:
            lines = {kind: line for kind, line in lines.items() if kind not in _OF_PLACES}
        if 0 < longest[name] < k:
            lines["k-beyond-lists"] = f"the longest list has {longest[name]:,} items, k is {k:,}"
        found += _told(table.where, lines)
    return found


def _named(commands: Iterable[str]) -> str:
    return " and ".join(f"'{command}'" for command in commands)


def _told(where: str, lines: dict[str, str]) -> list[Leak]:
    """A leak for each kind, but for those whose cause another one tells."""
    return [
        Leak(kind, where, f"{where}: {line}")
        for kind, line in lines.items()
        if not {*lines} & {*_INSTEAD.get(kind, ())}
    ]


def _of_history(inputs: Inputs, traces: Traces, truth: Truth) -> list[Leak]:
    history, lines = inputs.history, {}
    if history is None:
        return []
    if holds(history.sha256, history.record, truth.sha256, truth.chain):
        lines["history-holds-truth"] = f"it holds {truth.where}: what was seen cannot be offered"
    found = InHistory(*traces.in_history.tolist())
    if found.same:
        lines["test-rows-in-history"] = (
            f"{found.same:,} of {found.rows:,} rows of {truth.where} stand in it too"
        )
    elif not traces.moments and found.rows >= FEW and found.pairs >= NEARLY_ALL * found.rows:
        lines["test-rows-in-history"] = (
            f"{found.pairs:,} of {found.rows:,} pairs of {truth.where} stand in it too"
        )
    span = history.span("timestamp")
    after = truth.first is not None and span is not None and span[1] >= truth.first
    by_choice = split_of(inputs.truth.record) not in (None, "split time", "split leave-last")
    if (found.later and not by_choice) or after:
        lines["history-after-truth"] = (
            f"it goes on after {truth.where} began, for {found.later:,} of its users"
        )
    return _told(history.where, lines)


def _of_lists(name: str, inputs: Inputs, traces: Traces) -> dict[str, str]:
    """What the rows of some lists tell, by the kind of the leak."""
    truth, lines = inputs.truth.where, {}
    found = InLists(*traces.in_lists[name].tolist())
    # A log of what was shown holds what was chosen of itself, from one visit to the next.
    shown = any(inputs.lists[name].has(column) for column in REWARDS)
    if traces.early[name] and not shown:
        lines["lists-after-truth"] = (
            f"the lists of {traces.early[name]:,} users were made after {truth} began for them"
        )
    items = traces.catalogue.size or traces.catalogue.numbering.count
    short = found.items < found.users * items / 2
    if found.users >= FEW and found.relevant == found.reached and short and not shown:
        lines["all-truth-in-lists"] = (
            f"all {found.reached:,} relevant items stand in the lists of their users: were they "
            "put among sampled ones?"
        )
    if found.mixed >= FEW and found.mixed == found.parted:
        lines["truth-first"] = (
            f"in the lists of {found.mixed:,} users what is relevant stands before all that is not"
        )
    new = _new(name, traces) if inputs.lists[name].record is None else None
    if new is not None:
        lines["items-of-truth-only"] = (
            f"{new:,} items are in no history, and {truth} holds all of them"
        )
    return lines


def _new(name: str, traces: Traces) -> int | None:
    """Items offered that are in no history, where they are in truth by more than chance.

    Only where --items tells which new items there are: what knows new items by their content
    offers some that nobody took.
    """
    past, size = traces.catalogue.past, traces.catalogue.size
    if past is None or traces.inputs.items is None or size is None:
        return None
    fresh = np.ones(size, np.bool_)
    chosen = past.chosen[:size]
    fresh[: len(chosen)] = chosen == 0
    offered, wanted = (
        np.pad(flags, (0, max(0, size - len(flags))))[:size] & fresh
        for flags in (traces.offered[name], traces.wanted)
    )
    count, new, taken = int(offered.sum()), int(fresh.sum()), int(wanted.sum())
    if not count or (offered & ~wanted).any():
        return None
    return count if (taken / new) ** count < UNLIKELY else None
