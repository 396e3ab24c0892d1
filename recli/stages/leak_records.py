"""Whether what is behind lists has seen what they are measured against, told from records."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recli.errors import RecliError
from recli.kernels.moments import micros
from recli.stages.ancestry import LISTS, holds, split_of
from recli.store.open import Table
from recli.store.provenance import Record

Findings = dict[str, dict[str, None]]  # kind: commands, once each, nearest first
_LEARN = ("train-", "bandit-update", "fit-position-bias")
_READ_ONCE = ("features", "impressions")  # roles of tables that features are made of, before digits
_ROWS = ("candidates", "similar")  # roles of tables whose rows a step passes on
_AT_A_MOMENT = ("rank", "features", "train-")
# Steps that pass on the rows that they are given, so that what comes out holds what went in.
_PASS = ("ingest", "split", "parts", "sample-negatives")


@dataclass(frozen=True)
class Truth:
    """What lists are measured against, as far as a record can be held against it."""

    where: str
    sha256: str
    chain: frozenset[str]  # hashes of it and of all that it descends from
    first: int | None  # moment of its first row, where what it was split from is before that

    def within(self, sha256: str, record: Record | None) -> bool:
        """Whether a table holds the truth, or part of it."""
        return holds(sha256, record, self.sha256, self.chain)


def first_of(truth: Table, history: Table | None) -> int | None:
    """The first moment of truth, where the split goes by time: nothing before may know later rows.

    It does where recli split by time, or where the history ends before truth begins.
    """
    span = truth.span("timestamp")
    past = None if history is None else history.span("timestamp")
    if span is None:
        return None
    by_time = split_of(truth.record) == "split time"
    apart = split_of(truth.record) is None and past is not None and past[1] < span[0]
    return span[0] if by_time or apart else None


def findings(table: Table, truth: Truth) -> Findings:
    """What the steps behind some lists have seen, by the kind of the leak."""
    found: Findings = {}
    if _hands_on(table.sha256, table.record, truth):
        found["lists-from-truth"] = {}
    for step in steps(table.record):
        command = str(step["command"])
        kinds = [
            _kind(step, source, truth)
            for source in step.get("inputs", [])
            if source["role"] not in LISTS
        ]
        # A state of a bandit keeps the hashes of all logs that were ever added to it.
        logs = step.get("arguments", {}).get("logs") if command == "bandit-update" else None
        kinds += ["model-saw-truth"] if truth.chain & {*(logs or ())} else []
        kinds += ["tuned-on-truth"] if truth.chain & {*step.get("chosen_on", ())} else []
        kinds += ["features-after-split"] if _made_after(step, truth) else []
        for kind in kinds:
            if kind is not None:
                found.setdefault(kind, {})[command] = None
    return found


def steps(record: Record | None) -> Iterator[Record]:
    """Every step behind a table, nearest first, each once."""
    if record is None:
        return
    ancestors = record.get("ancestors", {})
    waiting, done = [record], set()
    while waiting:
        step = waiting.pop(0)
        yield step
        for source in step.get("inputs", []):
            name = source["sha256"]
            if name in ancestors and name not in done:
                done.add(name)
                waiting.append(ancestors[name] | {"ancestors": ancestors})


def _kind(step: Record, source: Record, truth: Truth) -> str | None:
    """The kind of leak that one input of a step is, if it is one."""
    command, role, sha256 = str(step["command"]), source["role"], source["sha256"]
    made = step.get("ancestors", {}).get(sha256)
    record = None if made is None else made | {"ancestors": step["ancestors"]}
    learns = command.startswith(_LEARN)
    kind, seen = "", False
    if learns and role == "valid":
        kind, seen = "tuned-on-truth", truth.within(sha256, record)
    elif role.rstrip("0123456789 ") in _READ_ONCE:
        kind = "features-saw-truth"
        seen = truth.within(sha256, record) or _later(step, source, truth)
    elif role in _ROWS or role.startswith("table ") or (role, command) == ("pairs", "score"):
        kind = "ranker-saw-truth" if learns else "lists-from-truth"
        seen = _hands_on(sha256, record, truth)
    elif (learns or role == "history") and truth.within(sha256, record):
        kind, seen = _seen(step, learns=learns), True
    elif learns or role == "history":
        kind = "newer-than-split"
        seen = truth.first is not None and _last(source) >= truth.first
    return kind if seen else None


def _seen(step: Record, *, learns: bool) -> str:
    if learns:
        return "ranker-saw-truth" if step.get("kind") == "ranker" else "model-saw-truth"
    return "features-saw-truth" if step["command"] == "features" else "served-with-truth"


def _hands_on(sha256: str, record: Record | None, truth: Truth) -> bool:
    """Whether a table is the truth, or holds rows of it that were passed on."""
    waiting = [(sha256, record)]
    while waiting:
        name, made = waiting.pop()
        if name == truth.sha256:
            return True
        if made is not None and str(made["command"]).startswith(_PASS):
            known = made.get("ancestors", {})
            for source in made.get("inputs", []):
                one = known.get(source["sha256"])
                whole = None if one is None else one | {"ancestors": known}
                if source["role"] not in (*LISTS, "history"):
                    waiting.append((source["sha256"], whole))
    return False


def _later(step: Record, source: Record, truth: Truth) -> bool:
    """Whether rows of a table of features that hold from after the split on may have been read.

    With a history, or at a moment that is told, only those before the moment are.
    """
    held = any(one["role"] == "history" for one in step["inputs"])
    told = step.get("arguments", {}).get("now") is not None
    return truth.first is not None and not (held or told) and _last(source) > truth.first


def _made_after(step: Record, truth: Truth) -> bool:
    """Whether features were made as of a moment after truth began."""
    now: Any = step.get("arguments", {}).get("now")
    if truth.first is None or now is None or not str(step["command"]).startswith(_AT_A_MOMENT):
        return False
    return _moment(str(now)) > truth.first


def _last(source: Record) -> int:
    return _moment(source.get("last") or "")


def _moment(word: str) -> int:
    """Microseconds since 1970 of a time in a record; long ago where it is none."""
    try:
        return micros("now", word)
    except RecliError:
        return -(1 << 63)
