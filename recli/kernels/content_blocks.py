"""A column of a catalogue as features: words, labels, numbers or ready vectors.

Manning, Raghavan, Schütze, "Introduction to information retrieval", 2008, sections 6.2 and 6.4.1
(idf, sublinear tf); Gorishniy, Rubachev, Babenko, "On embeddings for numerical features in tabular
deep learning", NeurIPS 2022, section 3.2 (a number between knots at quantiles).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.errors import RecliError
from recli.kernels.content_kinds import Kind
from recli.kernels.matrix import numbers

Block = sparse.csr_array
Numbers = npt.NDArray[np.float64]

KNOTS = 8  # of a number: two that stand in neighbouring eighths are still alike


@dataclass(frozen=True)
class Vocabulary:
    """Which words and labels of a column become features."""

    min_count: int  # items that must have it
    max_terms: int  # most frequent ones that are kept


def make(column: pl.Series, kind: Kind, vocabulary: Vocabulary) -> Block:
    """Features float64 [items, features] of a column, rows of length 1, or 0 with nothing there.

    Ready vectors keep their lengths beside each other; their median is 1. Raises RecliError
    where vectors have several lengths or numbers that are not finite.
    """
    if kind == "text":
        return terms(words(column), vocabulary)
    if kind == "labels":
        return terms(members(column), vocabulary)
    if kind == "number":
        return between_knots(plain(column))
    return vectors(column)


def words(column: pl.Series) -> pl.Series:
    """The words of each text, lists of casefolded Unicode letters and digits.

    >>> words(pl.Series(["Straße: l'ÉTÉ", None])).to_list()
    [['strasse', 'l', 'été'], None]
    """
    texts = column.cast(pl.String).str.normalize("NFKC").to_list()
    folded = [None if text is None else text.casefold() for text in texts]
    return pl.Series(column.name, folded, dtype=pl.String).str.extract_all(r"\w+")


def members(column: pl.Series) -> pl.Series:
    """The labels of each item as lists of text; a plain column has one each."""
    if column.dtype.is_nested():
        return column.cast(pl.List(pl.String))
    return column.cast(pl.String).to_frame().select(pl.concat_list(column.name)).to_series()


def terms(lists: pl.Series, vocabulary: Vocabulary) -> Block:
    """tf-idf of lists of terms, (1 + ln tf)(1 + ln((1 + n) / (1 + df))), rows of length 1.

    n is the number of items that have any term. Left out are empty terms, those that fewer items
    than `min_count` have, and those that all have, which tell none from another; of more than
    `max_terms`, equally frequent ones are taken in alphabetical order.
    """
    cells = pl.DataFrame({"row": np.arange(len(lists)), "term": lists}).explode("term")
    cells = cells.filter(pl.col("term") != "")
    items = cells["row"].n_unique()
    counts = cells.group_by("row", "term").agg(tf=pl.len())
    found = (
        counts.group_by("term")
        .agg(df=pl.len())
        .filter((pl.col("df") >= vocabulary.min_count) & (pl.col("df") < max(items, 1)))
        .sort(["df", "term"], descending=[True, False])
        .head(vocabulary.max_terms)
        .sort("term")
    )
    kept = counts.join(found, on="term").sort("row", "term")
    tf, df = kept["tf"].to_numpy(), kept["df"].to_numpy()
    weights = (1.0 + np.log(tf)) * (1.0 + np.log((1.0 + items) / (1.0 + df)))
    cell = (kept["row"].to_numpy(), numbers(kept["term"], found["term"]))
    return unit(sparse.csr_array((weights, cell), shape=(len(lists), found.height)))


def plain(column: pl.Series) -> Numbers:
    """A column of numbers, of text that holds them, or of times in microseconds: NaN for none."""
    if column.dtype.is_temporal():
        column = column.cast(pl.Datetime("us")).dt.epoch("us")
    elif not column.dtype.is_numeric():
        column = column.cast(pl.String).str.strip_chars()
    wide = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(wide), wide, np.nan)


def between_knots(values: Numbers) -> Block:
    """Numbers [items] as a share in each of two neighbouring ones of KNOTS quantiles.

    What a history likes adds up to a histogram, so that cheap and dear together do not make a
    medium price. A column in which all numbers are the same has no features.
    """
    rows = np.flatnonzero(np.isfinite(values))
    ranks = pl.Series(values[rows]).rank("average").to_numpy()
    if not len(rows) or (ranks == ranks[0]).all():
        return sparse.csr_array((len(values), 0), dtype=np.float64)
    places = (ranks - 0.5) / len(rows) * (KNOTS - 1)
    below = np.minimum(places.astype(np.int64), KNOTS - 2)
    above = places - below
    shares = np.concatenate([1.0 - above, above])
    cells = (np.concatenate([rows, rows]), np.concatenate([below, below + 1]))
    return unit(sparse.csr_array((shares, cells), shape=(len(values), KNOTS)))


def vectors(column: pl.Series) -> Block:
    """Ready vectors [items, length], divided by the median of their lengths."""
    lists = column.cast(pl.List(pl.Float64))
    rows = np.flatnonzero(lists.list.len().fill_null(0).to_numpy() > 0)
    present = lists.gather(rows)
    sizes = present.list.len().unique().sort().to_list()
    if len(sizes) > 1:
        raise RecliError(
            f"column '{column.name}' of the items holds vectors of {sizes[0]} to {sizes[-1]} "
            "numbers",
            "make all of one length, or leave the column out of --columns",
        )
    width = sizes[0] if sizes else 0
    flat = present.explode(empty_as_null=True) if sizes else pl.Series([], dtype=pl.Float64)
    dense = flat.fill_null(np.nan).to_numpy().reshape(len(rows), width)
    wrong = int(np.count_nonzero(~np.isfinite(dense).all(axis=1)))
    if wrong:
        raise RecliError(
            f"column '{column.name}' of the items has numbers missing or not finite in {wrong} "
            "vectors",
            "leave these vectors empty",
        )
    dense = dense / np.abs(dense).max(initial=np.finfo(np.float64).tiny)  # so that none overflows
    sizes_of = np.linalg.norm(dense, axis=1)
    dense /= np.median(sizes_of[sizes_of > 0]) if (sizes_of > 0).any() else 1.0
    starts = np.zeros(len(column) + 1, np.int64)
    starts[rows + 1] = width
    columns = np.tile(np.arange(width), len(rows))
    cells = (dense.ravel(), columns, np.cumsum(starts))
    block = sparse.csr_array(cells, shape=(len(column), width))
    block.eliminate_zeros()
    return block


def lengths(rows: Block) -> Numbers:
    """Euclidean length of each row, in float64."""
    owners = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    squares = np.bincount(owners, rows.data.astype(np.float64) ** 2, minlength=rows.shape[0])
    return np.sqrt(squares)


def scaled(rows: Block, sizes: Numbers) -> Block:
    """The rows divided by their sizes; those of size 0 stay as they are."""
    each = np.repeat(np.where(sizes > 0, sizes, 1.0), np.diff(rows.indptr))
    data = (rows.data / each).astype(rows.dtype)
    return sparse.csr_array((data, rows.indices, rows.indptr), shape=rows.shape)


def unit(rows: Block) -> Block:
    """Rows divided by their lengths, without cells of zero."""
    made = scaled(rows, lengths(rows))
    made.eliminate_zeros()
    return made
