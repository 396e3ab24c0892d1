"""Times of every unit, form and zone through the real command."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("said", [True, False])
def test_times_of_every_unit_guessed_or_given(tmp_path: Path, unit: str, said: bool) -> None:
    factor = {"s": 1, "ms": 1_000, "us": 10**6, "ns": 10**9}[unit]
    (tmp_path / "log.csv").write_text(f"user,item,ts\na,x,{1_577_836_800 * factor}\n")
    words = ["--map", f"timestamp=ts:{unit}"] if said else []
    done = run("ingest", "log.csv", "-o", "out.parquet", *words, cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "out.parquet")["timestamp"][0] == datetime(
        2020, 1, 1, tzinfo=UTC
    )
    assert ("guessed" in done.stderr.decode()) != said


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("2020-01-01", [], "2020-01-01T00:00"),
        ("2020-01-01 12:30:15.25", [], "2020-01-01T12:30:15.250000"),
        ("2020-01-01T01:00:00+01:00", [], "2020-01-01T00:00"),
        ("2020-01-01 00:00:00 UTC", ["--time-zone", "Asia/Tokyo"], "2020-01-01T00:00"),
        ("2020-07-01 02:00", ["--time-zone", "Europe/Berlin"], "2020-07-01T00:00"),
        ("2020-10-25 02:30:00", ["--time-zone", "Europe/Berlin"], "2020-10-25T00:30"),
        ("1.2.2020", ["--time-format", "%d.%m.%Y"], "2020-02-01T00:00"),
        ("1577836800.5", [], "2020-01-01T00:00:00.500000"),
    ],
)
def test_times_of_many_forms_become_utc(
    tmp_path: Path, text: str, words: list[str], expected: str
) -> None:
    (tmp_path / "log.csv").write_text(f"user,item,time\na,x,{text}\n")
    run("ingest", "log.csv", "-o", "out.parquet", *words, cwd=tmp_path, env={"TZ": "Asia/Tokyo"})
    found = pl.read_parquet(tmp_path / "out.parquet")["timestamp"][0]
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
