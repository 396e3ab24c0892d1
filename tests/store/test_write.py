"""Tables out: every type of column in every format, or a refusal before the first row."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recli.errors import RecliError
from recli.store.provenance import Provenance
from recli.store.write import Output
from recli.tables import ITEMS

COLUMNS: dict[str, list[Any]] = {
    "tags": [["x", "y"], None],
    "deep": [[[1, 2], [3]], None],
    "price": [{"sum": 1.5, "of": ["€"]}, None],
    "parts": [[{"a": 1}], []],
    "long": [timedelta(seconds=90), None],
    "longs": [[timedelta(seconds=90)], None],
}
NESTED = pl.DataFrame({"item_id": ["a", "b"], **COLUMNS}).with_columns(
    vector=pl.Series([[1.0, 2.0], None], dtype=pl.Array(pl.Float32, 2))
)


def written(rows: pl.DataFrame, path: Path) -> Path:
    Output(str(path), ITEMS).write([rows], Provenance("test"), {})
    return path


def test_csv_holds_every_nested_column_as_text(tmp_path: Path) -> None:
    path = written(NESTED, tmp_path / "items.csv")
    first, second = pl.read_csv(path, infer_schema=False).rows(named=True)
    assert first["tags"] == "x|y"
    assert first["vector"] == "1.0|2.0"
    assert json.loads(first["deep"]) == [[1, 2], [3]]
    assert json.loads(first["price"]) == {"sum": 1.5, "of": ["€"]}
    assert json.loads(first["parts"]) == [{"a": 1}]
    assert first["long"] == "PT1M30S"
    assert json.loads(first["longs"]) == ["PT90S"]
    empty = dict.fromkeys(COLUMNS) | {"vector": None, "item_id": "b", "parts": "[]"}
    assert second == empty


@pytest.mark.parametrize("suffix", ["ndjson", "txt", "arrow", "parquet"])
def test_every_other_format_takes_them_too(suffix: str, tmp_path: Path) -> None:
    assert written(NESTED, tmp_path / f"items.{suffix}").stat().st_size


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
@pytest.mark.parametrize("value", [b"\xff", [b"\xff"], {"a": b"\xff"}])
def test_bytes_are_refused_by_formats_of_text(suffix: str, value: object, tmp_path: Path) -> None:
    rows = pl.DataFrame({"item_id": ["a"], "raw": [value]})
    with pytest.raises(RecliError, match="bytes of column 'raw'"):
        written(rows, tmp_path / f"items.{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_table_for_people_shows_bytes(tmp_path: Path) -> None:
    rows = pl.DataFrame({"item_id": ["a"], "raw": [b"\xff"]})
    assert "xff" in written(rows, tmp_path / "items.txt").read_text()
