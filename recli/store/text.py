"""The only road from data to a terminal: what a title holds is shown, never obeyed."""

import re
import unicodedata

# C0 and C1 controls, DEL, line and paragraph separators, and the marks that turn the
# direction of writing: each could move the cursor, forge a line or hide text.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PASSWORD = re.compile(r"(?<=://)([^/\s:@]+):([^/\s@]+)@")


def safe(value: object, limit: int = 200) -> str:
    r"""A value on one line, its control characters as escapes, cut to `limit` characters.

    >>> safe("a\x1b[31m\nb")
    'a\\x1b[31m\\x0ab'
    >>> safe("x" * 300)[-1]
    '…'
    """
    shown = _UNSAFE.sub(_escape, str(value))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def hide_secrets(value: str) -> str:
    """The same text with the password of any address as `***`.

    >>> hide_secrets("postgres://me:secret@host/db")
    'postgres://me:***@host/db'
    """
    return _PASSWORD.sub(r"\1:***@", value)


def holds_password(value: str) -> bool:
    """Whether an argument carries a password, which every user of the machine could read."""
    return _PASSWORD.search(value) is not None


def width(value: str) -> int:
    """Columns that a text takes on a terminal.

    >>> width("日本")
    4
    """
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in value)
    narrow = sum(unicodedata.combining(char) > 0 for char in value)
    return len(value) + wide - narrow


def table(header: list[str], rows: list[list[object]]) -> str:
    """Rows as aligned text; numbers to the right.

    >>> print(table(["metric", "value"], [["ndcg@10", 0.25]]))
    metric   value
    ndcg@10   0.25
    """
    header = [safe(name, 60) for name in header]
    cells = [[safe(value, 60) for value in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[at], int | float) for row in rows)
        for at in range(len(header))
    ]
    widths = [max(width(line[at]) for line in [header, *cells]) for at in range(len(header))]
    lines = [
        "  ".join(
            _pad(text, size, right) for text, size, right in zip(line, widths, numeric, strict=True)
        )
        for line in [header, *cells]
    ]
    return "\n".join(line.rstrip() for line in lines)


def _pad(text: str, size: int, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space
