"""Whether a ranker's labels were seen before: told from provenance and from timestamps.

A ranker that learns from candidates whose model was trained on its labels learns to trust
that model far too much. Let the chain of the labels be the labels and every table that they
descend from. A table leaks when it is in that chain (it holds the labels) or when the labels
are among its own ancestors (it was made of them). What the other side of the same split
holds, and what descends from that alone, is clear of the labels.
"""

from collections.abc import Iterable, Iterator

import polars as pl

from recli.errors import RecliError
from recli.stages.ancestry import LISTS, descent, holds, inputs_of, run_of, split_of
from recli.store.open import Table
from recli.store.provenance import Record

_REMEDY = (
    "split first, train on the earlier part, take the later one as labels: "
    "recli split time train.parquet --train past.parquet --test labels.parquet"
)


def refuse_seen_labels(made: Iterable[Table], labels: Table, history: Table | None) -> list[str]:
    """Raise RecliError when labels were seen; warnings where nobody can tell.

    `made` are tables that models made: candidates, neighbours of items.
    """
    chain = set(descent(labels.sha256, labels.record))
    if history is not None and holds(history.sha256, history.record, labels.sha256, chain):
        raise RecliError(
            f"{history.where} holds the labels: it is what {labels.where} was made of, or made "
            "of it",
            _REMEDY,
        )
    return [line for table in made for line in _seen(table, labels, history, chain)]


def _seen(table: Table, labels: Table, history: Table | None, chain: set[str]) -> list[str]:
    if table.record is None:
        return [
            f"{table.where} carries no record: nobody can tell whether its model has seen the "
            "labels"
        ]
    unclear = set()
    for command, role, sha256, record in _learned_from(table.record):
        if holds(sha256, record, labels.sha256, chain):
            raise RecliError(
                f"{table.where} comes from '{command}' with {role} that hold {labels.where}",
                _REMEDY,
            )
        # What the history says of time below is true of this table as well.
        same = history is not None and sha256 == history.sha256
        if not same and _unclear(sha256, record, labels, chain):
            unclear.add(command)
    return [
        f"nobody can tell whether '{command}' behind {table.where} has seen the labels: its data "
        "is no part of the same split"
        for command in sorted(unclear)
    ]


def refuse_seen_samples(made: Iterable[Table], samples: Table, history: Table | None) -> list[str]:
    """As `refuse_seen_labels`, of lists that carry their labels.

    Where they have moments, `history` is None: what is later is not looked at.
    """
    chain = set(descent(samples.sha256, samples.record))
    if history is not None and holds(history.sha256, history.record, samples.sha256, chain):
        raise RecliError(
            f"{history.where} holds the positives of {samples.where}, which have no moments",
            "sample from interactions with timestamps, or split first and sample the later part",
        )
    return [line for table in made for line in _seen(table, samples, history, chain)]


def seen_truth(lists: Iterable[Table], truth: Table, history: Table | None) -> list[str]:
    """Warnings about lists whose models have seen what they are measured against."""
    chain = set(descent(truth.sha256, truth.record))
    lines = []
    for table in lists:
        steps = [] if table.record is None else _learned_from(table.record)
        commands = {
            f"'{command}'"
            for command, _, sha256, record in steps
            if holds(sha256, record, truth.sha256, chain)
        }
        if commands:
            told = " and ".join(sorted(commands))
            lines.append(f"{table.where}: {told} behind it has seen {truth.where}")
    if history is not None and holds(history.sha256, history.record, truth.sha256, chain):
        lines.append(f"{history.where} holds {truth.where}: what was seen cannot be offered")
    return lines


def refuse_overlap(labels: Table, now: int | None) -> list[str]:
    """Raise RecliError when a label is not later than the history's last event, `now`.

    Only a warning where the labels come from a split of recli that does not go by time.
    """
    if now is None or not labels.has("timestamp"):
        return []
    times = (batch["timestamp"].dt.epoch("us") for batch in labels.batches(["timestamp"]))
    early = sum(int((time <= now).sum()) for time in times)
    if not early:
        return []
    found = f"{early:,} of {labels.rows:,} labels are not later than the last event of --history"
    split = split_of(labels.record)
    if split not in (None, "split time"):
        return [f"{found}, as '{split}' cuts: features may leak the future"]
    moment = pl.Series([now]).cast(pl.Datetime("us", "UTC")).dt.to_string()[0]
    raise RecliError(f"{labels.where}: {found} ({moment})", _REMEDY)


def _learned_from(record: Record) -> Iterator[tuple[str, str, str, Record | None]]:
    """Command, role, hash and record of the tables that shaped some candidates.

    These are the interactions that a model was trained on, and the histories by which a
    retrieval folded users in and dropped what they had seen.
    """
    steps: list[Record] = [record]
    done: set[str] = set()
    while steps:
        step = steps.pop()
        trained = str(step.get("command", "")).startswith("train-")
        for role, sha256, known in inputs_of(step):
            if role not in LISTS and (trained or role == "history"):
                yield step["command"], role, sha256, known
            if known is not None and sha256 not in done:
                done.add(sha256)
                steps.append(known)


def _unclear(sha256: str, record: Record | None, labels: Table, chain: set[str]) -> bool:
    """Whether a table may hold labels, for all that its record says.

    It does not when every way up from it passes through another part of a split of the labels.
    """
    if sha256 in chain or record is None:
        return True
    runs = [run_of(made) for made in descent(labels.sha256, labels.record).values() if made]
    if str(record.get("command", "")).startswith("split") and run_of(record) in runs:
        return False
    parents = [(one, known) for role, one, known in inputs_of(record) if role not in LISTS]
    return not parents or any(_unclear(one, known, labels, chain) for one, known in parents)
