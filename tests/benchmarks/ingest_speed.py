"""Speed and memory of `recli ingest` against polars' bare scan, sort and sink, interleaved.

    python tests/benchmarks/ingest_speed.py --rows 20000000

Peers: polars as it comes, which takes ids for numbers, and polars with ids as text, which is
what recli writes. Bars: at most 1.3 times the first, at most 2 GiB.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

NUMBERS = (
    "import polars as pl; pl.scan_csv({0!r}).sort('userId', 'timestamp', 'movieId')"
    ".sink_parquet({1!r})"
)
TEXT = (
    "import polars as pl; pl.scan_csv({0!r}, schema_overrides=dict(userId=pl.String,"
    " movieId=pl.String)).sort('userId', 'timestamp', 'movieId').sink_parquet({1!r})"
)
BATCH = 2_000_000


def make(path: Path, rows: int) -> None:
    """A log of ratings, 27 bytes a row, in no order."""
    rng = np.random.default_rng(1)
    with path.open("wb") as stream:
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            pl.DataFrame(
                {
                    "userId": (rng.random(count) ** 1.5 * 1_000_000).astype(np.int64) + 100_000,
                    "movieId": (rng.random(count) ** 2 * 100_000).astype(np.int64) + 100_000,
                    "rating": rng.integers(1, 11, count) / 2,
                    "timestamp": rng.integers(1_500_000_000, 1_700_000_000, count),
                }
            ).write_csv(stream, include_header=start == 0)


def timed(words: list[str]) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processor, and peak MiB of one process."""
    start = time.monotonic()
    process = subprocess.Popen(words)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words} ended with {status}")
    seconds = time.monotonic() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Print the median of each runner and the ratios to its peers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raw, out = Path(folder) / "ratings.csv", str(Path(folder) / "out.parquet")
        make(raw, given.rows)
        recli = [sys.executable, "-m", "recli", "ingest", str(raw), "-o", out, "--quiet"]
        runners = {
            "recli, text ids": recli,
            "recli, --id-type int64": [*recli, "--id-type", "int64"],
            "polars, numbers": [sys.executable, "-c", NUMBERS.format(str(raw), out)],
            "polars, text ids": [sys.executable, "-c", TEXT.format(str(raw), out)],
        }
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in runners}
        for _ in range(given.rounds):
            for name, words in runners.items():
                found[name].append(timed(words))
        print(f"{given.rows:,} rows, {raw.stat().st_size / 1e6:,.0f} MB")
    middle = {
        name: [statistics.median(values) for values in zip(*runs, strict=True)]
        for name, runs in found.items()
    }
    for name, (seconds, processor, peak) in middle.items():
        against = [
            f"{seconds / middle[peer][0]:.2f} x {peer}" for peer in middle if "polars" in peer
        ]
        print(
            f"{name:24} {seconds:6.1f} s  {processor:6.1f} s of processor  {peak:6,.0f} MiB  "
            f"{', '.join(against)}"
        )


if __name__ == "__main__":
    main()
