"""Reports for people and programs: a whole text to a file or standard output."""

import sys
from pathlib import Path

from recli.store.commit import publish_file
from recli.store.failures import writing
from recli.store.target import check_target


def check_report(target: str) -> None:
    """Raise RecliError before any work when no report can be put at a path."""
    if target != "-":
        check_target(Path(target), directory=False)


def write_report(target: str, report: str) -> None:
    """Write a text and a newline to a path, or to standard output where it is `-`."""
    line = f"{report}\n".encode()
    if target == "-":
        with writing("standard output"):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    else:
        with publish_file(Path(target)) as hidden:
            hidden.write_bytes(line)
