"""What the scripts of this folder share: a command run with its seconds and peak memory."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    peak_mib: int


@dataclass(frozen=True)
class Value:
    """A metric with its interval."""

    value: float
    low: float
    high: float


def recli(*words: object, cwd: Path) -> Cost:
    """Run a command, say what it says where it fails; its last line tells what it took."""
    line = [sys.executable, "-m", "recli", *map(str, words), "--log-format", "json"]
    done = subprocess.run(line, cwd=cwd, capture_output=True, check=False)
    said = done.stderr.decode().splitlines()
    if done.returncode:
        sys.exit("\n".join([" ".join(line), *said]))
    last = json.loads(said[-1])
    return Cost(last["seconds"], last["peak_mib"])


def evaluated(
    lists: list[str], truth: str, metrics: list[str], cwd: Path, *more: object
) -> dict[tuple[str, str], Value]:
    """Values by the name of the lists and the metric."""
    words = ["evaluate", *lists, truth, *metrics, *map(str, more), "--json", "--quiet"]
    line = [sys.executable, "-m", "recli", *words]
    report = json.loads(subprocess.run(line, cwd=cwd, check=True, stdout=subprocess.PIPE).stdout)
    return {
        (lists[0] if len(lists) == 1 else row["lists"], f"{row['metric']}@{row['k']}"): Value(
            row["value"], row["low"], row["high"]
        )
        for row in report["metrics"]
    }
