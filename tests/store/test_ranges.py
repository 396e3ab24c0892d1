"""Ranges that spill give back what was put in; compressed bytes come out plain."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from recli.errors import RecliError
from recli.store import plain as plain_module
from recli.store.plain import plain, transcoded
from recli.store.ranges import TARGET, Ranges, bounds
from recli.store.spool import source


@pytest.mark.parametrize("budget", [0, 50_000, 1 << 30])
def test_spilled_or_not_the_rows_come_back_by_range_in_their_order(budget: int) -> None:
    rng = np.random.default_rng(2)
    rows = pl.DataFrame({"key": [f"{n:040d}" for n in rng.integers(0, 500, 4_000)]})
    rows = rows.with_row_index("at")
    cuts = rows["key"].unique().sort().gather([100, 200, 300])
    ranges = Ranges("key", cuts, budget)
    for start in range(0, 4_000, 333):
        ranges.add(rows.slice(start, 333))
    parts = [pl.concat(frames) for frames in ranges.parts()]
    assert len(parts) == 4
    assert pl.concat([part.sort("key", maintain_order=True) for part in parts]).equals(
        rows.sort("key", maintain_order=True)
    )
    for part in parts:
        assert part["at"].to_list() == sorted(part["at"].to_list())


def test_frames_of_different_types_may_share_a_range() -> None:
    ranges = Ranges("key", pl.Series([], dtype=pl.String), 0)
    ranges.add(pl.DataFrame({"key": ["a"], "more": [1]}))
    ranges.add(pl.DataFrame({"key": ["b"], "more": ["x"]}))
    (frames,) = ranges.parts()
    assert [frame["more"].to_list() for frame in frames] == [[1], ["x"]]


def test_bounds_cut_a_sample_into_equal_shares() -> None:
    sample = pl.Series([f"{n:04d}" for n in range(1_000)])
    found = bounds(sample, 9 * TARGET)
    sizes = np.diff([0, *(sample.search_sorted(cut) for cut in found), 1_000])
    assert len(found) == 9
    assert max(sizes) - min(sizes) <= 1
    assert not len(bounds(sample, 1_000))


@pytest.mark.parametrize("in_memory", [10, 1 << 20])
def test_compressed_and_foreign_text_comes_out_plain(
    tmp_path: Path, in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_module, "IN_MEMORY", in_memory)
    text = "user,item\nJosé,x\n" * 100
    raw = text.encode()
    zstd = pa.Codec("zstd")
    for number, pressed in enumerate(
        [raw, gzip.compress(raw[:50]) + gzip.compress(raw[50:]), zstd.compress(raw, asbytes=True)]
    ):
        path = tmp_path / str(number)
        path.write_bytes(pressed)
        found = plain(source(str(path)))
        assert found.open().read() == raw
        assert found.head(4) == b"user"
        assert found.sha256 == source(str(path)).sha256
    (tmp_path / "utf16").write_bytes(text.encode("utf-16"))
    assert transcoded(source(str(tmp_path / "utf16")), "utf-16").open().read() == raw
    with pytest.raises(RecliError, match="not utf-16"):
        transcoded(source(str(tmp_path / "0")), "utf-16").open()


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(b"x" * 1000)[:-4])
    with pytest.raises(RecliError, match=r"cut\.gz"):
        plain(source(str(path)))
