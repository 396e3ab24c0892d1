"""Columns of a catalogue that a model is told to read."""

import polars as pl

from recli.errors import RecliError

_NO_LABELS = (pl.Struct, pl.Binary, pl.Object, pl.Array)


def need(catalogue: pl.DataFrame | None, *names: str) -> pl.DataFrame:
    """The catalogue; RecliError that names what columns there are where one is missing."""
    if catalogue is None:
        raise RecliError("there are no items", "add --items TABLE")
    there = [name for name in catalogue.columns if name != "item_id"]
    missing = [name for name in names if name not in there]
    if missing:
        raise RecliError(
            f"the items have no column {', '.join(map(repr, missing))}",
            f"there are {', '.join(there)}" if there else "there are none but item_id",
        )
    return catalogue


def labels(catalogue: pl.DataFrame | None, name: str) -> pl.Series:
    """A column of labels, plain or a list, one row an item.

    Raises RecliError where there is no such column, it holds no label, or what is no label.
    """
    column = need(catalogue, name)[name]
    kind = column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype
    if kind.is_float() or kind.is_nested() or isinstance(kind, _NO_LABELS):
        raise RecliError(
            f"column '{name}' of the items holds {column.dtype}, which is no category",
            "name a column of text, whole numbers or a list of them",
        )
    values = column.explode() if column.dtype.is_nested() else column
    texts = values.drop_nulls().cast(pl.String)
    if not (texts != "").any():
        raise RecliError(
            f"column '{name}' of the items is empty", "name a column that holds a category"
        )
    return column
