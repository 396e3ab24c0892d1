"""Peak memory and speed of retrieve, rank and rerank in one pipe, for N users and for 2 N.

    python tests/benchmarks/funnel_memory.py --users 1000000 --items 100000

The bar: at most 4 GiB in each process, and no more for twice the users.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECLI = f"{sys.executable} -m recli"
PEAK = re.compile(r"recli ([a-z -]+): .*?([\d.]+) s, peak ([\d,]+) MiB")


def shell(line: str, folder: Path) -> tuple[float, dict[str, int]]:
    """Seconds of a pipeline, and the peak MiB that each of its commands tells of itself."""
    begun = time.perf_counter()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line.replace("recli", RECLI)],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    message = done.stderr.decode()
    if done.returncode:
        raise SystemExit(message)
    peaks = {name: int(peak.replace(",", "")) for name, _, peak in PEAK.findall(message)}
    return time.perf_counter() - begun, peaks


def prepare(users: int, items: int, folder: Path) -> None:
    """A shop, a small ranker, and a model of everything."""
    shell(
        f"recli generate -o shop --users {users} --items {items} --interactions {20 * users};"
        " recli split time shop/interactions.parquet --train train.parquet --test test.parquet;"
        " recli split time train.parquet --train past.parquet --test labels.parquet;"
        " recli train-als past.parquet -o past.als --iterations 4;"
        " recli split users labels.parquet --train rest.parquet --history few.parquet"
        "   --test few_test.parquet --test-share 2%;"
        " recli retrieve past.als --users few.parquet --history past.parquet -k 100"
        "   | recli train-lambdamart --labels labels.parquet --history past.parquet"
        "     --items shop/items.parquet -o ranker.model --trees 100;"
        " recli train-als train.parquet -o als.model --iterations 4",
        folder,
    )


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("-k", type=int, default=50)
    chosen = parser.parse_args()
    print(f"{'users':>10} {'seconds':>8} {'users/s':>8}  peak MiB of retrieve, rank, rerank")
    for users in (chosen.users, 2 * chosen.users):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(users, chosen.items, folder)
            seconds, peaks = shell(
                f"recli retrieve als.model --history train.parquet -k {chosen.k}"
                " | recli rank ranker.model --history train.parquet --items shop/items.parquet"
                " | recli rerank cap --items shop/items.parquet --by categories -k 10"
                "     -o recs.parquet",
                folder,
            )
            shown = ", ".join(f"{peak:,}" for peak in peaks.values())
            print(f"{users:>10,} {seconds:>8.1f} {users / seconds:>8,.0f}  {shown}", flush=True)


if __name__ == "__main__":
    main()
