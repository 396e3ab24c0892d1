"""Mixes of categories: of what users chose before, or as they are asked for.

p(c | user) is the mean of p(c | item) over what she chose, an item of n categories being 1/n of
each: Steck, "Calibrated recommendations", RecSys 2018, equation 2. Items without a category
tell nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.divergence import divergences
from recli.kernels.matrix import numbers
from recli.kernels.rules import Context, Lists, Longs


@dataclass(frozen=True)
class Mixes:
    """Shares of categories that add up to 1 for each list, or none where nothing is known."""

    starts: Longs  # [lists + 1]
    codes: npt.NDArray[np.int32]  # sorted within a list
    shares: npt.NDArray[np.float64]

    @property
    def unknown(self) -> int:
        """Number of lists without a mix."""
        return int((np.diff(self.starts) == 0).sum())


@dataclass(frozen=True)
class Coded:
    """Categories of the rows of lists, and the mix that each list is held against."""

    lists: Lists  # of the rows
    count: int  # of categories, of rows and mixes together
    mixes: Mixes


def shares_of(target: str) -> dict[str, float]:
    """Shares by category of `Drama=3,Comedy=1`, brought to a sum of 1.

    Raises RecliError (usage) for a word without a share of 1e-6 to 1e6, and a category named twice.

    >>> shares_of("Drama=3,Comedy=1")
    {'Drama': 0.75, 'Comedy': 0.25}
    """
    shares: dict[str, float] = {}
    for word in target.split(","):
        name, _, written = word.rpartition("=")
        name, share = name.strip(), _number(written)
        # Far apart, the smallest would vanish beside the largest.
        if not name or not 1e-6 <= share <= 1e6:
            raise _wrong(f"{word.strip()!r} is no category with a share of 1e-6 to 1e6")
        if name in shares:
            raise _wrong(f"it names {name!r} twice")
        shares[name] = share
    whole = sum(shares.values())
    return {name: share / whole for name, share in shares.items()}


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _wrong(what: str) -> RecliError:
    return RecliError(f"--target: {what}", "write Drama=0.5,Comedy=0.5", code=ExitCode.USAGE)


def need_categories(rule: str, context: Context) -> None:
    """Raise RecliError (usage) where there is a --history without --items that describe it."""
    if "history" in context.given and "items" not in context.given:
        raise RecliError(
            f"{rule} does not know the categories of --history", "give --items", code=ExitCode.USAGE
        )


def asked(rows: pl.DataFrame, by: str, shares: dict[str, float], context: Context) -> Coded:
    """Every list held against the same shares, though no item may be of some category."""
    users = rows["user_id"].rle().len()
    names = context.names(rows, by)
    wanted = pl.Series(list(shares), dtype=pl.String)
    absent = wanted.filter(~wanted.is_in(names.implode())).sort()
    codes = numbers(wanted, pl.concat([names, absent]))
    order = np.argsort(codes)
    parts = np.array(list(shares.values()))[order]
    starts = np.arange(users + 1, dtype=np.int64) * len(codes)
    mixes = Mixes(starts, np.tile(codes[order], users), np.tile(parts, users))
    return _coded(context.codes(rows, by), mixes)


def known(rows: pl.DataFrame, by: str, context: Context) -> Coded:
    """Each list held against the mix of what its user chose, every row of it counting 1.

    Raises RecliError where --items does not tell the column, and so not that of the history.
    """
    lists = context.codes(rows, by)
    users = rows["user_id"].rle().struct.field("value")
    if context.history is None:
        nothing = Mixes(np.zeros(len(users) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0))
        return _coded(lists, nothing)
    items = context.telling(by)
    if items is None:
        raise RecliError(
            f"column '{by}' is not of --items, so nothing tells it of --history",
            "drop it from the candidates if --items has it",
        )
    owners = numbers(context.history["user_id"], users)
    past, owners = context.history.filter(owners >= 0), owners[owners >= 0]
    first, codes = items.codes_of_rows(past, by)
    lengths = np.diff(first)
    cells = (np.repeat(owners, lengths), codes)
    weights = 1.0 / np.repeat(lengths, lengths)
    sums = sparse.csr_array((weights, cells), shape=(len(users), codes.max(initial=0) + 1))
    sums.sum_duplicates()
    told = np.bincount(owners[lengths > 0], minlength=len(users))
    shares = sums.data / np.repeat(told, np.diff(sums.indptr))
    return _coded(lists, Mixes(sums.indptr.astype(np.int64), sums.indices, shares))


def divergence(coded: Coded, starts: Longs) -> npt.NDArray[np.float64]:
    """KL divergence of the mix of each list [lists] from the one wanted, NaN where none is known.

    `starts` [lists + 1] are of its rows.
    """
    first, codes = coded.lists
    rows = np.arange(starts[-1])
    mixes = coded.mixes
    wanted = (mixes.starts, mixes.codes, mixes.shares)
    far: npt.NDArray[np.float64] = divergences(starts, rows, first, codes, coded.count, *wanted)
    return far


def _coded(lists: Lists, mixes: Mixes) -> Coded:
    most = max(lists[1].max(initial=-1), mixes.codes.max(initial=-1))
    return Coded(lists, int(most) + 1, mixes)
