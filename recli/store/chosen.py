"""What the options of a config were fitted to, by the hash that stands above its table."""

import re
from pathlib import Path

_MARK = re.compile(r"# chosen on sha256 ([0-9a-f]{64})")
_TABLE = re.compile(r"\[([\w.-]+)\]")


def mark(sha256: str) -> str:
    """The comment that says on which table options were chosen; it goes above theirs."""
    return f"# chosen on sha256 {sha256}"


def chosen_on(path: str | None, command: str) -> list[str]:
    """Hashes of the tables that the options of a command in a config were chosen on."""
    if path is None:
        return []
    found: list[str] = []
    above: list[str] = []
    for line in Path(path).read_text("utf-8").splitlines():
        if marked := _MARK.match(line):
            above.append(marked[1])
        elif header := _TABLE.match(line):
            found += above if header[1].replace(".", " ") == command else []
            above = []
    return found
