"""A table that a run reads and then writes anew in its place."""

from pathlib import Path

from recli.contract import Contract
from recli.errors import ExitCode, RecliError
from recli.store.open import Table
from recli.store.provenance import hash_file
from recli.store.write import Output


class Update:
    """From the table of one name to that of another, which may be the same."""

    def __init__(self, name: str, target: str) -> None:
        self.path, self.target = Path(name), target
        self.in_place = "-" not in (name, target) and self.path.resolve() == Path(target).resolve()

    @property
    def is_new(self) -> bool:
        """Whether there is no table yet, and the run makes it."""
        return self.in_place and not self.path.exists()

    def output(self, contract: Contract) -> Output:
        """Where it goes; RecliError unless it is Parquet, whose footer tells what is in it."""
        output = Output(self.target, contract)
        if output.form != "parquet":
            raise RecliError(
                f"-o {self.target}: the result would be {output.form}, it can be Parquet alone",
                "end the name in .parquet",
                code=ExitCode.USAGE,
            )
        return output

    def check(self, was: Table | None) -> None:
        """Raise RecliError where another run has written the table since this one read it.

        To be asked while the lock is held: what the other has added would be lost.
        """
        if not self.in_place:
            return
        there = hash_file(self.path) if self.path.exists() else None
        if there != (was.sha256 if was else None):
            raise RecliError(
                f"{self.path} was changed by another run meanwhile",
                "run this again: logs that are in already are left out",
                code=ExitCode.LOCKED,
            )
