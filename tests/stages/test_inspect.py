"""Statistics that are added up over batches, against those of the whole."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from recli.stages.inspect import of_table, open_any
from recli.store import open as opening

WHOLE = pl.DataFrame(
    {
        "item_id": ["a", "b", "c", "d", "e"],
        "price": [2.5, None, float("nan"), -1.0, 4.0],
        "count": pl.Series([1, 2, 3, None, 9], dtype=pl.Int32),
        "since": [None, datetime(2020, 5, 1), None, datetime(2019, 5, 1), None],
        "kind": pl.Series(["x", "y", "x", None, "y"], dtype=pl.Categorical),
        "fresh": [True, False, None, True, True],
        "none": pl.Series([None] * 5, dtype=pl.Float64),
        "tags": [["x"], None, [], ["y"], ["x"]],
    }
)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_batches_say_what_the_whole_says(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BATCH", batch)
    WHOLE.write_parquet(tmp_path / "items.parquet")
    table = open_any(str(tmp_path / "items.parquet"))
    for column in of_table(table)["columns"]:
        values = WHOLE[column["name"]]
        assert column["empty"] == values.null_count()
        if values.dtype.is_nested():
            continue
        assert column["distinct (about)"] == values.n_unique()
        if values.null_count() < len(values):
            assert (column["least"], column["most"]) == (values.min(), values.max())
        if values.dtype.is_numeric():
            assert column["mean"] == pytest.approx(values.mean(), nan_ok=True)
