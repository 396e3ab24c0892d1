"""One run of a command: its messages, its inputs' record, its limits, its last line."""

import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from recli.cli.deadline import Deadline
from recli.cli.streams import Streams
from recli.errors import ExitCode, RecliError
from recli.kernels import moments
from recli.store.failures import is_broken_pipe

if TYPE_CHECKING:
    from recli.contract import Contract
    from recli.store.artefact import Artefact
    from recli.store.open import Table

# Past so many MiB a sort of polars goes to disk: 20 million rows of a foreign table so peaked at
# 1.1 GiB instead of 2.1, and took a quarter longer; with half of it ingest would spill as well.
# The name is not documented: were it gone, sorts would take more.
SORTED_IN_MEMORY = "1024"


class Run(Streams):
    """What a command's body is given: open inputs by it, say things by it."""

    def __init__(
        self,
        command: str,
        arguments: dict[str, Any],
        *,
        threads: int | None = None,
        time_limit: str | None = None,
        log_format: str = "text",
        quiet: bool = False,
        verbose: bool = False,
    ) -> None:
        super().__init__(command, arguments, log_format=log_format, quiet=quiet, verbose=verbose)
        self.threads = threads or len(os.sched_getaffinity(0))
        self.started = time.monotonic()
        self.exit_code = 0
        self._standard_input: str | None = None
        self.limit(time_limit)
        # Read by the libraries when they start, which is later than this.
        os.environ.setdefault("POLARS_MAX_THREADS", str(self.threads))
        os.environ.setdefault("POLARS_OOC_MEMORY_BUDGET_MB", SORTED_IN_MEMORY)
        if "TMPDIR" in os.environ:
            spill = os.path.join(os.environ["TMPDIR"], f"recli-spill-{os.getuid()}")
            os.environ.setdefault("POLARS_OOC_SPILL_DIR", spill)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, RecliError):
            self.print("error", str(error), code=int(error.code))
            raise SystemExit(int(error.code))
        if error is not None and is_broken_pipe(error):
            # What is still buffered has no reader: it must not raise again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise SystemExit(int(ExitCode.BROKEN_PIPE))
        if error is None:
            if not self.quiet:
                self._summary()
            if self.exit_code:
                raise SystemExit(self.exit_code)

    # Inputs

    def table(self, name: str, contract: "Contract", role: str) -> "Table":
        """Open a table and take it into the provenance of this run."""
        self.claim(name, role)
        return self._opened(name, contract, role)

    def _opened(self, name: str, contract: "Contract", role: str) -> "Table":
        from recli.store.open import open_table

        table = open_table(name, contract)
        if contract.name == "Interactions" and {"score", "rank"} <= set(table.schema):
            self.warn(f"{table.where} has scores and ranks: lists, taken for what people did")
        self.provenance.inputs.append(table.as_input(role))
        return table

    def tables(self, **named: "tuple[str | None, Contract]") -> "dict[str, Table]":
        """Open those of several tables that were asked for, by role."""
        asked = {role: (name, kind) for role, (name, kind) in named.items() if name is not None}
        for role, (name, _) in asked.items():
            self.claim(name, role)
        return {role: self._opened(name, kind, role) for role, (name, kind) in asked.items()}

    def artefact(self, name: str, role: str, *kinds: str) -> "Artefact":
        """Open a verified artefact and take it into the provenance of this run."""
        from recli.store.artefact import open_artefact

        artefact = open_artefact(name, *kinds)
        self.provenance.inputs.append(artefact.as_input(role))
        return artefact

    def claim(self, name: str, role: str) -> None:
        """Raise RecliError when a second input would read standard input."""
        if name != "-":
            return
        if self._standard_input is not None:
            raise RecliError(
                f"both {self._standard_input} and {role} would read standard input",
                "name a file for one of them",
                code=ExitCode.USAGE,
            )
        self._standard_input = role

    def gate(self, line: str) -> None:
        """Say which gate was not met, also when quiet; the run will end with status 3."""
        self.exit_code = int(ExitCode.GATE)
        self.print("error", line, code=self.exit_code)

    def _summary(self) -> None:
        seconds = time.monotonic() - self.started
        own, children = (
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        peak = max(own, children) * (1 if sys.platform == "darwin" else 1024) / 2**20
        counts = [f"{count:,} {name}" for name, count in self._counts.items()]
        line = ", ".join([*counts, f"{seconds:.1f} s", f"peak {peak:,.0f} MiB"])
        self.print(
            "info", line, seconds=round(seconds, 3), peak_mib=round(peak), counts=self._counts
        )

    def limit(self, limit: str | None) -> Callable[[], bool]:
        """End this run with status 124 after a time; what comes back says that it is near.

        It is for work that has something to keep, and stops by itself: once it was asked, the
        run is no longer ended by force.
        """
        if limit is None:
            return lambda: False
        seconds = moments.seconds("--time-limit", limit)
        timer, deadline = threading.Timer(seconds, self._expire, (limit,)), Deadline(seconds)
        timer.daemon = True
        timer.start()

        def near() -> bool:
            timer.cancel()
            return deadline.near()

        return near

    def _expire(self, limit: str) -> None:
        # A signal handler would wait for the compiled code that runs now; this does not.
        # What was being written is hidden, and the next run clears it away.
        self.print("error", f"the time limit of {limit} is over", code=int(ExitCode.TIME_LIMIT))
        os._exit(ExitCode.TIME_LIMIT)
