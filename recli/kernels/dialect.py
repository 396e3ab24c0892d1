"""How delimited text is written: what parts its fields, and whether it names its columns."""

import re
from collections import Counter
from dataclasses import dataclass

from recli.errors import ExitCode, RecliError
from recli.kernels.records import records
from recli.kernels.roles import plain, role_of

CANDIDATES = ("::", "\t", ",", ";", "|")  # of two that fit alike the first is taken
CODES = ("sku", "asin", "isbn", "gtin", "ean")
BOM = b"\xef\xbb\xbf"
LOOKED_AT = 200  # records that a guess is made from
_VALUE = re.compile(r"[-+]?[\d.,:/]*\d[\d.,:/]*([eE][-+]?\d+)?|\d{4}-\d\d-\d\d.*|true|false", re.I)


@dataclass(frozen=True)
class Dialect:
    """Delimiter and quote as bytes, the columns' names, and whether line 1 holds them."""

    delimiter: bytes
    quote: bytes
    header: bool
    names: tuple[str, ...]


def dialect(
    head: bytes, delimiter: str | None = None, quote: str | None = None, header: bool | None = None
) -> Dialect:
    """The dialect of a text that begins with `head`; what is not given is guessed.

    Raises RecliError where the guess about the first line would be a toss of a coin.
    """
    _check(delimiter, quote)
    head = head.removeprefix(BOM)
    mark = ('"' if quote is None else quote).encode()
    chosen = delimiter or _delimiter(head, mark)
    if len(chosen.encode()) > 1:
        mark = b""
    rows = fields_of(head, chosen, mark)
    if not rows:
        raise RecliError("it holds no lines", "check the command that should fill it")
    named = _has_header(rows) if header is None else header
    names = _unique(rows[0]) if named else tuple(f"column_{n + 1}" for n in range(len(rows[0])))
    return Dialect(chosen.encode(), mark, named, names)


def fields_of(head: bytes, delimiter: str, quote: bytes) -> list[list[str]]:
    """The fields of the first whole records of a text."""
    whole = head if head.endswith(b"\n") else head + b"\n"
    found = records(whole, delimiter.encode(), quote, last=True)
    rows = []
    for begin, end in zip(found.starts[:LOOKED_AT], found.starts[1:], strict=False):
        line = whole[begin:end].decode("utf-8", "replace")
        if line.rstrip("\r\n"):
            rows.append(fields(line, delimiter, quote.decode()))
    # The head may end in the middle of a record.
    return rows[:-1] if len(rows) > 1 and not head.endswith(b"\n") else rows


def fields(line: str, delimiter: str, quote: str) -> list[str]:
    r"""The fields of one record, by the rules of `records`.

    >>> fields('1,"a ""b"",c",5" disc\n', ",", '"')
    ['1', 'a "b",c', '5" disc']
    """
    line = line.removesuffix("\n").removesuffix("\r")
    if not quote or quote not in line:
        return line.split(delimiter)
    found, at = [], 0
    while at <= len(line):
        if line[at : at + 1] == quote:
            end = at + 1
            while (end := line.find(quote, end)) >= 0 and line[end + 1 : end + 2] == quote:
                end += 2
            end = len(line) if end < 0 else end
            found.append(line[at + 1 : end].replace(quote * 2, quote))
            at = line.find(delimiter, end)
        else:
            end = line.find(delimiter, at)
            found.append(line[at:] if end < 0 else line[at:end])
            at = end
        if at < 0:
            break
        at += len(delimiter)
    return found


def _check(delimiter: str | None, quote: str | None) -> None:
    if delimiter is not None and (not delimiter or set(delimiter) & set('"\r\n')):
        raise RecliError("--delimiter is empty, a quote or a line end", code=ExitCode.USAGE)
    if quote is not None and len(quote.encode()) > 1:
        raise RecliError(
            f"--quote {quote}", "give one character, or '' for none", code=ExitCode.USAGE
        )


def _delimiter(head: bytes, quote: bytes) -> str:
    scores: dict[str, tuple[float, int]] = {}
    for candidate in CANDIDATES:
        mark = quote if len(candidate) == 1 else b""
        widths = Counter(map(len, fields_of(head, candidate, mark)))
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        scores[candidate] = (times / max(widths.total(), 1), width) if width > 1 else (0.0, 1)
    best = max(scores, key=scores.__getitem__)
    return best if scores[best][0] > 0 else ","


def _has_header(rows: list[list[str]]) -> bool:
    first, others = rows[0], rows[1:]
    known = [plain(name) for name in first if role_of(name)]
    # One plain word such as `book` may be data; two, or a `movieId`, are a header.
    if len(known) > 1 or any(name.endswith("id") or name in CODES for name in known):
        return True
    if any(_VALUE.fullmatch(name) for name in first):
        return False
    told = any(
        others and all(_VALUE.fullmatch(row[at]) for row in others if at < len(row))
        for at in range(len(first))
    )
    if told and len(set(first)) == len(first):
        return True
    shown = ", ".join(first)[:80]
    raise RecliError(
        f"the first line may name the columns or be data: {shown}", "give --header or --no-header"
    )


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names for every column: empty ones by place, repeated ones with a number."""
    result: list[str] = []
    for place, name in enumerate(names):
        base = name or f"column_{place + 1}"
        number, unique = 2, base
        while unique in result:
            unique, number = f"{base}_{number}", number + 1
        result.append(unique)
    return tuple(result)
