"""Where the records of delimited text begin, and how many fields each one has.

RFC 4180: a field that begins with a quote ends at the next quote that is not doubled, and may
hold delimiters and line ends. A quote inside a field that did not begin with one is a plain
character. Exact line by line, so that no malformed row can hide behind its neighbours.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

NEWLINE, RETURN = 10, 13
BAD_QUOTE, OPEN_QUOTE = -1, -2
NO_QUOTE = -1
PLAIN = 0  # a byte that means nothing

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Records:
    """Records of a piece of text: `starts` [n + 1] into its bytes, `fields` [n].

    `fields` is 0 for an empty line, BAD_QUOTE where text follows a closing quote, OPEN_QUOTE
    where a quote is never closed. `stray` says that a quote stands inside a plain field.
    """

    starts: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int32]
    stray: bool

    @property
    def end(self) -> int:
        """Bytes that the whole records take; what follows has not ended yet."""
        return int(self.starts[-1])


def records(text: bytes, separator: bytes, quote: bytes, *, last: bool) -> Records:
    """The records that end within `text`; with `last`, an open quote ends with its line."""
    # What follows the last line end has not ended; with it gone every plain field meets one.
    data = np.frombuffer(text, np.uint8, text.rfind(b"\n") + 1)
    starts = np.empty(text.count(b"\n") + 1, np.int64)
    fields = np.empty(len(starts), np.int32)
    mark = quote[0] if quote else NO_QUOTE
    sep = np.frombuffer(separator, np.uint8)
    if len(sep) == 1:
        kinds = np.zeros(256, np.uint8)
        kinds[[mark, sep[0], NEWLINE] if quote else [sep[0], NEWLINE]] = PLAIN + 1
        count, stray = _split(data, kinds, int(sep[0]), mark, last, starts, fields)
    else:
        count, stray = _split_wide(data, sep, starts, fields), False
    return Records(starts[: count + 1], fields[:count], bool(stray))


@njit(cache=True, nogil=True)
def _split(data, kinds, sep, quote, last, starts, fields):  # type: ignore[no-untyped-def]
    size, at, count, stray = data.size, 0, 0, False
    starts[0] = 0
    while at < size:
        first, number, bad, open_ = at, 1, False, False
        while True:
            if at < size and data[at] == quote:
                at += 1
                while at < size:
                    if data[at] == quote:
                        if at + 1 < size and data[at + 1] == quote:
                            at += 1
                        else:
                            break
                    at += 1
                if at >= size:
                    open_ = True
                    break
                at += 1
                if at < size and data[at] == RETURN and at + 1 < size and data[at + 1] == NEWLINE:
                    at += 1
                if at < size and data[at] != sep and data[at] != NEWLINE:
                    bad = True
            while at < size:
                while kinds[data[at]] == PLAIN:
                    at += 1
                if data[at] == sep or data[at] == NEWLINE:
                    break
                stray = True
                at += 1
            if at >= size or data[at] == NEWLINE:
                break
            number += 1
            at += 1
        if at >= size:
            if not (open_ and last):
                break
            # The rest of the file must not vanish into one field: the line alone is lost.
            at = first
            while at < size and data[at] != NEWLINE:
                at += 1
            if at >= size:
                break
            number, bad = OPEN_QUOTE, False
        if at == first or (at == first + 1 and data[first] == RETURN):
            number = 0
        fields[count] = BAD_QUOTE if bad else number
        at += 1
        count += 1
        starts[count] = at
    return count, stray


@njit(cache=True, nogil=True)
def _split_wide(data, sep, starts, fields):  # type: ignore[no-untyped-def]
    size, width, at, count = data.size, sep.size, 0, 0
    starts[0] = 0
    while at < size:
        first, number = at, 1
        while at < size and data[at] != NEWLINE:
            same = at + width <= size
            for place in range(width):
                if not same or data[at + place] != sep[place]:
                    same = False
                    break
            if same:
                number += 1
                at += width
            else:
                at += 1
        if at >= size:
            break
        if at == first or (at == first + 1 and data[first] == RETURN):
            number = 0
        fields[count] = number
        at += 1
        count += 1
        starts[count] = at
    return count
