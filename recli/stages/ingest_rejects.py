"""Bad rows: counted, told by line and reason, and put aside up to a limit."""

import os
from pathlib import Path

import polars as pl

from recli.contract import Contract
from recli.errors import ExitCode, RecliError
from recli.kernels.chunks import Fault
from recli.stages.ingest_choices import Limit
from recli.store.write import SUFFIXES, Output

TOLD = 5
SCHEMA = {
    "file": pl.String,
    "line": pl.Int64,
    "column": pl.String,
    "reason": pl.String,
    "text": pl.String,
}
REJECTS = Contract("Rejects", {name: (kind,) for name, kind in SCHEMA.items()})


def output_for(target: str | None, main: str, inputs: list[str]) -> Output | None:
    """Where bad rows go: a CSV file unless the suffix says otherwise.

    Raises RecliError (usage) where that is the table or one of the inputs.
    """
    if target is None:
        return None
    if target == "-" or _same(target, "/dev/stdout" if main == "-" else main):
        raise RecliError(
            f"--rejects {target} is where the table goes", "name a file", code=ExitCode.USAGE
        )
    if any(_same(target, "/dev/stdin" if name == "-" else name) for name in inputs):
        raise RecliError(
            f"--rejects {target} is an input", "name another file", code=ExitCode.USAGE
        )
    known = Output(target, REJECTS)
    form = known.form if Path(target).suffix.lower() in SUFFIXES else "csv"
    return Output(target, REJECTS, "csv" if form == "table" else form)


def _same(one: str, other: str) -> bool:
    """Whether two names are of one file, also of one that is still to be written."""
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    return Path(one).absolute() == Path(other).absolute()


class Rejects:
    """The bad rows of a run, in the order of the input, which has `rows` rows at most."""

    def __init__(self, limit: Limit, rows: int, *, keep: bool) -> None:
        self.limit, self.keep, self.most = limit, keep, limit.of(rows)
        self.count = 0
        self.first: list[tuple[str, Fault]] = []
        self.frames: list[pl.DataFrame] = []

    @property
    def wanted(self) -> int | None:
        """How many of a chunk's faults need their reasons; None for all."""
        return None if self.keep else max(0, TOLD - len(self.first))

    def add(self, where: str, faults: list[Fault], count: int) -> None:
        """Take a chunk's faults, of which only the first may have been described."""
        self.count += count
        self.first += [(where, fault) for fault in faults[: TOLD - len(self.first)]]
        if self.keep and faults:
            lines = [(where, f.line, f.column, f.reason, f.text) for f in faults]
            self.frames.append(pl.DataFrame(lines, schema=SCHEMA, orient="row"))
        if self.keep and self.count > self.most:
            self._refuse(None)  # before the others fill the memory

    def check(self, rows: int) -> None:
        """Raise RecliError when there are more bad rows than so many rows may have."""
        if self.count > self.limit.of(rows):
            self._refuse(rows)

    def table(self) -> pl.DataFrame:
        """The bad rows: file, line, column, reason, text."""
        return pl.concat([pl.DataFrame(schema=SCHEMA), *self.frames])

    def _refuse(self, rows: int | None) -> None:
        seen = "rows so far" if rows is None else f"of {rows:,} rows"
        shown = "; ".join(
            f"{where} line {fault.line:,}: {fault.column and fault.column + ': '}{fault.reason}"
            for where, fault in self.first
        )
        more = f"; and {self.count - TOLD:,} more" if self.count > TOLD else ""
        allowed = "" if rows is None else f", {self.limit.of(rows):,} allowed by --max-rejects"
        remedy = (
            "mend them or raise --max-rejects; nothing was written"
            if self.keep
            else "mend them, or put them aside with --rejects FILE"
        )
        raise RecliError(
            f"{self.count:,} bad {seen}{allowed if self.keep else ''}: {shown}{more}", remedy
        )
