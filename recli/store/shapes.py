"""Shapes on disk: Parquet for every array, the rest for the manifest; one way for all of them.

An array with a row an item or a user is a column beside their ids. Any other array, and every
sparse matrix, is a file of its own: a matrix has a row a line, with the numbers of its filled
columns in `columns` and what they hold in `values`.
"""

import dataclasses
import typing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from recli.kernels import shapes
from recli.kernels.matrix import Ids
from recli.store.artefact import Artefact

AXES = {shapes.ITEMS: "item_id", shapes.USERS: "user_id"}
_GROUP = 1 << 17  # rows


@dataclasses.dataclass(frozen=True)
class Saver:
    """Takes a shape apart: what has a row an id is gathered, the rest is written."""

    folder: Path
    ids: dict[str, Ids]  # by axis
    columns: dict[str, dict[str, Any]]  # gathered: by axis and name

    def save(self, value: Any, name: str) -> dict[str, Any]:
        """What the manifest says of a dataclass of arrays, numbers and dataclasses."""
        hints = typing.get_type_hints(type(value), include_extras=True)
        return {"type": type(value).__name__} | {
            field.name: self._part(
                getattr(value, field.name), f"{name}{field.name}", axis_of(hints[field.name])
            )
            for field in dataclasses.fields(value)
        }

    def _part(self, value: Any, name: str, axis: str | None) -> Any:
        if dataclasses.is_dataclass(value):
            return self.save(value, f"{name}_")
        if isinstance(value, sparse.csr_array):
            self._matrix(value, name, axis)
            return {"matrix": f"{name}.parquet", "width": value.shape[1]}
        if not isinstance(value, np.ndarray):
            return list(value) if isinstance(value, tuple) else value
        if axis is None:
            write_table(self.folder / f"{name}.parquet", {name: arrow(value)})
            return {"array": f"{name}.parquet"}
        column = "vector" if name == axis else name
        self.columns[axis][column] = arrow(value)
        return {axis: column}

    def _matrix(self, matrix: sparse.csr_array, name: str, axis: str | None) -> None:
        starts = pa.array(matrix.indptr.astype(np.int64))
        lists = {
            "columns": pa.LargeListArray.from_arrays(starts, matrix.indices.astype(np.int32)),
            "values": pa.LargeListArray.from_arrays(starts, matrix.data.astype(np.float32)),
        }
        ids = {} if axis is None else {AXES[axis]: self.ids[axis].to_arrow()}
        write_table(self.folder / f"{name}.parquet", ids | lists)


@dataclasses.dataclass(frozen=True)
class Loader:
    """Puts a shape together again; what has a row a user stays on disk and is empty here."""

    artefact: Artefact
    prefix: str  # folder of the model inside an index
    items: pl.DataFrame

    def load(self, record: dict[str, Any]) -> Any:
        """The dataclass that was saved as this part of the manifest."""
        kind = getattr(shapes, record["type"])
        parts = {name: self._part(part) for name, part in record.items() if name != "type"}
        return kind(**parts)

    def _part(self, part: Any) -> Any:
        if not isinstance(part, dict):
            return tuple(part) if isinstance(part, list) else part
        if "type" in part:
            return self.load(part)
        if "matrix" in part:
            return self._matrix(part["matrix"], part["width"])
        if "array" in part:
            path = self.artefact.file(self.prefix + part["array"])
            return dense(pl.read_parquet(path, glob=False).to_series())
        if shapes.ITEMS in part:
            return dense(self.items[part[shapes.ITEMS]])
        return np.zeros((0, 0), np.float32)

    def _matrix(self, name: str, width: int) -> sparse.csr_array:
        table = pq.read_table(self.artefact.file(self.prefix + name))
        columns, values = (table[name].combine_chunks() for name in ("columns", "values"))
        starts = columns.offsets.to_numpy().astype(np.int64)
        cells = (values.flatten().to_numpy(), columns.flatten().to_numpy(), starts)
        return sparse.csr_array(cells, shape=(len(starts) - 1, width))


def axis_of(hint: Any) -> str | None:
    """Whether a field's array has a row an item or a user."""
    marks = getattr(hint, "__metadata__", ())
    return next((mark for mark in marks if mark in AXES), None)


def dense(column: pl.Series) -> npt.NDArray[Any]:
    """A column of numbers [rows], or of vectors of one length [rows, length]."""
    return np.ascontiguousarray(column.to_numpy())


def arrow(values: npt.NDArray[Any]) -> pa.Array:
    """An array [rows] or [rows, length] as a column."""
    flat = pa.array(np.ascontiguousarray(values).ravel())
    return flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def write_table(path: Path, columns: dict[str, pa.Array]) -> None:
    """One Parquet file of a model. Numbers are noise to a compressor; ids are few beside them."""
    pq.write_table(
        pa.table(columns),
        path,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
        row_group_size=_GROUP,
    )
