"""How near an item is to what a user chose before: shared categories, shared words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.kernels.features_columns import Column
from recli.kernels.matrix import DAY, numbers

WORDS = 1 << 17  # most frequent words that are kept
HALF_LIFE = 30 * DAY  # of an event's weight in the recent affinity


@dataclass(frozen=True)
class Values:
    """What every item carries, as compressed rows; the last row, of unknown items, is empty.

    The affinity of a candidate is sum(profile * takes) / norm: the profile adds up `gives` of
    the history's items. The norm is the number of events, or the profile's length (a cosine).
    """

    starts: npt.NDArray[np.int64]  # [items + 2]
    codes: npt.NDArray[np.int32]  # [cells]
    gives: npt.NDArray[np.float32]  # [cells]
    takes: npt.NDArray[np.float32]  # [cells]
    width: int
    cosine: bool


def labels(columns: tuple[Column, ...], items: pl.DataFrame) -> list[Values]:
    """The values of each category and list column of the items."""
    found = []
    for column in columns:
        if column.kind in ("category", "list"):
            texts = items[column.name]
            kind = pl.List(pl.String) if column.kind == "list" else pl.String
            found.append(_categories(texts.cast(kind)))
    return found


def words(columns: tuple[Column, ...], items: pl.DataFrame) -> list[Values]:
    """The words of all columns of text together, if there are any."""
    text = [column.name for column in columns if column.kind == "text"]
    if not text:
        return []
    joined = pl.concat_str(
        [pl.col(name).cast(pl.String) for name in text], separator=" ", ignore_nulls=True
    )
    return [_words(items.select(joined.alias("text"))["text"])]


def _cells(lists: pl.Series) -> pl.DataFrame:
    """Item, value and how often, sorted by both."""
    frame = pl.DataFrame({"value": lists}).with_row_index("item")
    if lists.dtype.is_nested():
        frame = frame.explode("value")
    counts = frame.drop_nulls().group_by("item", "value").agg(count=pl.len())
    return counts.sort("item", "value")


def _rows(
    cells: pl.DataFrame, items: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], int]:
    """Row starts [items + 2], the code of each cell, and the number of codes."""
    known = cells["value"].unique().sort()
    lengths = np.bincount(cells["item"].to_numpy(), minlength=items + 1)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return starts, numbers(cells["value"], known), len(known)


def _categories(lists: pl.Series) -> Values:
    """An item takes the mean of the shares of its categories."""
    cells = _cells(lists)
    starts, codes, width = _rows(cells, len(lists))
    takes = 1 / np.diff(starts)[cells["item"].to_numpy()]
    ones = np.ones(len(codes), np.float32)
    return Values(starts, codes, ones, takes.astype(np.float32), width, cosine=False)


def _words(text: pl.Series) -> Values:
    """TF-IDF vectors of length 1 over the words that at least two items share."""
    cells = _cells(text.str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+"))
    spread = cells.group_by("value").agg(items=pl.len()).filter(pl.col("items") > 1)
    spread = spread.sort(["items", "value"], descending=[True, False]).head(WORDS)
    cells = cells.join(spread, on="value", how="inner", maintain_order="left")
    starts, codes, width = _rows(cells, len(text))
    told = max(int((text.str.len_bytes() > 0).sum()), 1)
    weights = cells["count"].to_numpy() * np.log(told / cells["items"].to_numpy())
    lines = cells["item"].to_numpy()
    lengths = np.sqrt(np.bincount(lines, weights**2, minlength=len(text) + 1))[lines]
    unit = np.divide(weights, lengths, out=np.zeros(len(weights)), where=lengths > 0)
    unit = unit.astype(np.float32)
    return Values(starts, codes, unit, unit, width, cosine=True)


@njit(cache=True, nogil=True)
def near(  # type: ignore[no-untyped-def]
    starts, items, past_starts, past_ends, past_items, past_times, value_starts, codes, gives,
    takes, width, cosine, timed, out, at,
):  # fmt: skip
    """Affinity, and where there are times the recent one, of the rows of some lists.

    The recent one halves an event's weight for every HALF_LIFE before the last event.
    """
    profiles = np.zeros((2, width))
    norms = np.zeros(2)
    for one in range(len(past_starts)):
        begin, end = past_starts[one], past_ends[one]
        newest = past_times[begin:end].max() if timed and end > begin else 0
        norms[:] = 0.0
        for event in range(begin, end):
            item = past_items[event]
            weight = 2.0 ** (-(newest - past_times[event]) / HALF_LIFE) if timed else 1.0
            for cell in range(value_starts[item], value_starts[item + 1]):
                profiles[0, codes[cell]] += gives[cell]
                profiles[1, codes[cell]] += weight * gives[cell]
            if value_starts[item] < value_starts[item + 1]:
                norms[0] += 1.0
                norms[1] += weight
        if cosine:
            _measure(past_items[begin:end], value_starts, codes, profiles, norms)
        for row in range(starts[one], starts[one + 1]):
            item = items[row]
            for kind in range(2 if timed else 1):
                total = 0.0
                for cell in range(value_starts[item], value_starts[item + 1]):
                    total += profiles[kind, codes[cell]] * takes[cell]
                told = value_starts[item] < value_starts[item + 1] and norms[kind] > 0.0
                out[row, at + kind] = total / norms[kind] if told else np.nan
        for event in range(begin, end):
            item = past_items[event]
            for cell in range(value_starts[item], value_starts[item + 1]):
                profiles[0, codes[cell]] = 0.0
                profiles[1, codes[cell]] = 0.0


@njit(cache=True, nogil=True)
def _measure(past_items, value_starts, codes, profiles, norms):  # type: ignore[no-untyped-def]
    """The length of each profile, each of its values counted once."""
    count = 0
    for item in past_items:
        count += value_starts[item + 1] - value_starts[item]
    touched = np.empty(count, np.int32)
    count = 0
    for item in past_items:
        for cell in range(value_starts[item], value_starts[item + 1]):
            touched[count] = codes[cell]
            count += 1
    touched.sort()
    norms[:] = 0.0
    for at in range(count):
        if at == 0 or touched[at] != touched[at - 1]:
            norms[0] += profiles[0, touched[at]] ** 2
            norms[1] += profiles[1, touched[at]] ** 2
    norms[0] = np.sqrt(norms[0])
    norms[1] = np.sqrt(norms[1])
