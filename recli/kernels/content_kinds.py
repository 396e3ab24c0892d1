"""How each column of a catalogue is read as content."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import polars as pl

from recli.errors import RecliError
from recli.kernels.features_columns import describe

Kind = Literal["text", "labels", "number", "vector"]


def kinds(
    table: pl.DataFrame, asked: tuple[str, ...], report: Callable[[str], None]
) -> dict[str, Kind]:
    """The kind of each column that is asked for, in their order; of all where none is.

    Text whose values repeat, lists, true and false are labels; dates are numbers. Text in which
    every value is a number is a number where one has a fraction or they hardly repeat, which
    is reported, and labels otherwise, as codes are. Raises RecliError where a column that is
    asked for has a type that says nothing here.
    """
    names = asked or tuple(name for name in table.columns if name != "item_id")
    found: dict[str, Kind] = {}
    for name in names:
        kind = _kind(table[name], report)
        if kind is not None:
            found[name] = kind
        elif asked:
            raise RecliError(
                f"column '{name}' of the items holds {table.schema[name]}, which is no content",
                "name columns of text, labels, numbers, dates, or lists of labels or fractions",
            )
        else:
            report(f"{name}: {table.schema[name]}, not read")
    return found


def _kind(column: pl.Series, report: Callable[[str], None]) -> Kind | None:
    kind = column.dtype
    if isinstance(kind, pl.Array) or (isinstance(kind, pl.List) and kind.inner.is_float()):
        return "vector" if kind.inner.is_numeric() else None
    if kind == pl.Boolean:
        return "labels"
    described = describe([column.to_frame()], pl.Schema({column.name: kind}), dates=True)
    if not described:
        return None
    plain: dict[str, Kind] = {"number": "number", "date": "number", "list": "labels"}
    if described[0].kind in plain:
        return plain[described[0].kind]
    repeats = described[0].kind == "category"
    if _is_numbers(column, repeats=repeats):
        report(f"{column.name}: text in which every value is a number, read as numbers")
        return "number"
    return "labels" if repeats else "text"


def _is_numbers(column: pl.Series, *, repeats: bool) -> bool:
    texts = column.cast(pl.String).str.strip_chars().drop_nulls()
    numbers = texts.cast(pl.Float64, strict=False)
    if texts.is_empty() or numbers.null_count() or not numbers.is_finite().all():
        return False
    values = numbers.to_numpy()
    return not repeats or bool((values != np.floor(values)).any())
