"""Merging block by block: the cut of the blocks changes nothing."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recli import registry
from recli.stages import merge
from recli.store.merged import merged_whole
from recli.store.open import open_table
from recli.tables import CANDIDATES, INTERACTIONS

WAYS = registry.names("mergers")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tables of lists of different users, repeated items among them, and a history."""
    draw = np.random.default_rng(5)
    for name, users in (("a", 40), ("b", 25), ("c", 33)):
        rows = {
            "user_id": draw.integers(0, users, 300),
            "item_id": draw.integers(0, 30, 300),
            "score": draw.integers(0, 9, 300).astype(np.float32),
        }
        pl.DataFrame(rows).cast({"user_id": pl.String}).write_parquet(tmp_path / f"{name}.parquet")
    past = pl.DataFrame({"user_id": draw.integers(5, 60, 200), "item_id": np.zeros(200, np.int64)})
    past.cast({"user_id": pl.String}).write_parquet(tmp_path / "past.parquet")
    return tmp_path


def merged(way: str, folder: Path, rows: int) -> tuple[pl.DataFrame, int]:
    tables = [open_table(str(folder / f"{name}.parquet"), CANDIDATES) for name in "abc"]
    merger = registry.load("mergers", way)()
    past = open_table(str(folder / "past.parquet"), INTERACTIONS) if merger.reads_history else None
    build, names = merge.build(merger, tables, None, 12, threads=1)
    stage = build()
    results = [stage(block) for block in merged_whole(merge.in_step(tables, names, past), rows)]
    return pl.concat([result.rows for result in results]), len(results)


@pytest.mark.parametrize("way", WAYS)
def test_the_cut_of_the_blocks_changes_no_row(
    way: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = merged(way, folder, 1 << 18)
    monkeypatch.setattr("recli.store.open.BATCH", 10)
    parts, blocks = merged(way, folder, 20)
    assert blocks > 5
    assert parts.equals(whole)
    assert whole["user_id"].is_sorted()
