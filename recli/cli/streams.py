"""Blocks of tables through a stage: published, or only added up."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from recli.cli.messages import Messages
from recli.store.provenance import Provenance

if TYPE_CHECKING:
    from recli.engines.result import Block, Build
    from recli.store.merged import Asked
    from recli.store.open import Table
    from recli.store.write import Output


class Streams(Messages):
    """Maps blocks with a progress bar, and keeps the numbers for the last line."""

    def __init__(
        self,
        command: str,
        arguments: dict[str, Any],
        *,
        log_format: str,
        quiet: bool,
        verbose: bool,
    ) -> None:
        super().__init__(command, log_format=log_format, quiet=quiet, verbose=verbose)
        self.provenance = Provenance(command, arguments)
        self._counts: dict[str, int] = {}

    def counted(self, **rows: int) -> None:
        """Numbers for the last line, by what they count."""
        self._counts |= rows

    def stream(
        self,
        build: "Build",
        primary: "tuple[str, Table]",
        beside: "dict[str, Table]",
        output: "Output",
        jobs: int = 1,
        aside: "Output | None" = None,
        heard: Callable[[Any], None] | None = None,
    ) -> "Counter[str]":
        """Map blocks of a table's users to rows and publish them; what was counted comes back.

        Rows that the stage puts aside go to a second output, where there is one; `heard` is
        given what else each block adds up to.
        """
        from recli.store.blocks import blocks

        role, table = primary
        steps = self.progress(
            blocks(primary, beside), table.rows, "rows", lambda block: block[role].height
        )
        return self._mapped(build, steps, table.rows, output, jobs, aside, heard)

    def gather(
        self,
        build: "Build",
        primary: "tuple[str, Table]",
        beside: "dict[str, Table]",
        jobs: int,
        heard: Callable[[Any], None],
    ) -> None:
        """Map blocks of a table's users, and take only what they add up to."""
        from recli.stages.loop import rows_of
        from recli.store.blocks import blocks

        role, table = primary
        steps = self.progress(
            blocks(primary, beside), table.rows, "rows", lambda block: block[role].height
        )
        counts: Counter[str] = Counter()
        deque(rows_of(build, steps, counts, jobs, heard), maxlen=0)
        self.counted(**{"rows in": table.rows} | counts)

    def stream_merged(
        self, build: "Build", asked: "Asked", output: "Output", jobs: int = 1
    ) -> "Counter[str]":
        """Map blocks of everybody who is in any of some tables, and publish as `stream` does."""
        from recli.store.merged import merged_whole

        total = sum(table.rows for table, _ in asked.values())
        steps = self.progress(
            merged_whole(asked),
            total,
            "rows",
            lambda block: sum(frame.height for frame in block.values()),
        )
        return self._mapped(build, steps, total, output, jobs)

    def _mapped(
        self,
        build: "Build",
        steps: "Iterable[Block]",
        rows: int,
        output: "Output",
        jobs: int,
        aside: "Output | None" = None,
        heard: Callable[[Any], None] | None = None,
    ) -> "Counter[str]":
        from recli.stages.loop import publish_both, rows_of, unheard

        counts: Counter[str] = Counter()
        if aside is None:
            rows_out = rows_of(build, steps, counts, jobs, heard or unheard)
            written = output.write(rows_out, self.provenance, counts)
        else:
            both = (output, aside)
            written = publish_both(build, steps, both, self.provenance, counts, jobs)
        self.counted(**{"rows in": rows} | counts | {"rows out": written})
        return counts
