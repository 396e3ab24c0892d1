"""What a run says on standard error: lines for people, or JSON for machines."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, TypeVar

from recli.store import text

T = TypeVar("T")


class Messages:
    """Prints by level; data never goes this way."""

    def __init__(self, command: str, *, log_format: str, quiet: bool, verbose: bool) -> None:
        self.command = command
        self.json = log_format == "json"
        self.quiet = quiet
        self.verbose = verbose

    def say(self, line: str) -> None:
        """Print a line that the user should see, unless quiet."""
        if not self.quiet:
            self.print("info", line)

    def detail(self, line: str) -> None:
        """Print a line of progress when verbose."""
        if self.verbose:
            self.print("debug", line)

    def warn(self, line: str) -> None:
        """Print a warning, unless quiet."""
        if not self.quiet:
            self.print("warning", line)

    def progress(self, steps: Iterable[T], total: int | None, unit: str, size: Any) -> Iterator[T]:
        """Pass steps on, with a bar on a terminal; `size(step)` is how far each one goes."""
        if self.quiet or self.json or not sys.stderr.isatty():
            yield from steps
            return
        with ExitStack() as stack:
            advance = stack.enter_context(_bar(total, unit))
            for step in steps:
                yield step
                advance(size(step))

    def print(self, level: str, line: str, **more: Any) -> None:
        """Print a line whatever the settings; `more` goes into a JSON record."""
        line = text.hide_secrets(line)
        if self.json:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            record = {"time": now, "level": level, "command": self.command, "message": line}
            print(json.dumps(record | more, ensure_ascii=True), file=sys.stderr, flush=True)
        else:
            mark = f"{level}: " if level in ("error", "warning", "leak") else ""
            shown = "\n".join(text.safe(part, 4000) for part in line.split("\n"))
            print(f"recli {self.command}: {mark}{shown}", file=sys.stderr, flush=True)


def _bar(total: int | None, unit: str) -> Any:
    from recli.cli.progress import bar

    return bar(total, unit)
