"""Measure what exploration costs and buys, by simulation in worlds of known tastes.

    python tests/benchmarks/exploration.py [--seeds 20] [--settings shop,bandit] [--jobs 2]

Two settings, both with what `recli simulate` has by default but for their size:

shop    lists of ten that ALS retrieves; the policy has places 5 and 10, new items come out.
bandit  the classical problem: one place, 50 items that are the same to all users and compete.

In both a policy learns once a round, as from a daily log. Parameters of epsilon-greedy, softmax,
ucb and linucb are those with the least regret on five other seeds; thompson has no such parameter
and its default prior, Beta(1, 1), which the means of epsilon-greedy and softmax have too. ucb
stands there with its textbook bound as well. Beside the mean cumulative regret of each (clicks a
user, 95% interval over worlds) stands its difference to thompson's in the same worlds.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import polars as pl

from recli.kernels.tastes import Size
from recli.stages.simulate import simulate
from recli.stages.simulate_asked import Asked, asked
from recli.stages.simulate_report import interval
from recli.store import text

SETTINGS: dict[str, dict[str, Any]] = {
    "shop": {
        "size": Size(1000, 300, 20, 0.4, 0.5),
        "lists": (10, 50, 10),
        "exploring": ("5,10", 0.0),
    },
    "bandit": {
        "size": Size(1000, 50, 20, 0.0, 0.0),
        "lists": (1, 50, 0),
        "exploring": ("1", 0.0),
    },
}
GRIDS = {
    "epsilon-greedy:epsilon": (0.01, 0.02, 0.05, 0.1, 0.2, 0.4),
    "softmax:temperature": (0.005, 0.01, 0.02, 0.05, 0.1),
    "ucb:confidence": (0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    "linucb:alpha": (0.1, 0.3, 1.0, 3.0),
}
TUNED_ON = range(1000, 1005)
SHOWN = ("utility", "coverage", "gini", "long_tail_share", "new_share")


def rounds_of(made: Asked, seed: int) -> pl.DataFrame:
    """Every round of every policy in one world."""
    one = Asked(**{**vars(made), "seeds": (seed,)})
    return pl.concat(simulate(one))


def measured(setting: str, policies: list[str], seeds: range, jobs: int) -> pl.DataFrame:
    """The same in several worlds."""
    made = asked(policies=",".join(policies), seeds=seeds, **SETTINGS[setting])
    # A fork of a process in which polars has run waits for threads that it has not.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        return pl.concat(pool.map(partial(rounds_of, made), seeds))


def chosen(setting: str, jobs: int) -> list[str]:
    """Of each family the parameter with the least regret on seeds of its own."""
    words = {family: [f"{family}={value}" for value in grid] for family, grid in GRIDS.items()}
    rows = measured(setting, [word for some in words.values() for word in some], TUNED_ON, jobs)
    rounds = SETTINGS[setting]["size"].rounds
    totals = (
        rows.filter(pl.col("round") == rounds).group_by("policy").agg(pl.col("total_regret").mean())
    )
    regret = dict(totals.rows())
    for family, some in words.items():
        tried = ", ".join(f"{word.rpartition('=')[2]}: {regret[word]:.3f}" for word in some)
        print(f"  {family}: {tried}", flush=True)
    return [min(some, key=lambda word: regret[word]) for some in words.values()]


def report(setting: str, policies: list[str], rows: pl.DataFrame) -> None:
    """A line for each policy."""
    rounds = SETTINGS[setting]["size"].rounds
    last = rows.filter(pl.col("round") == rounds).sort("seed")
    own = last.filter(pl.col("policy") == "thompson")["total_regret"]
    lines: list[list[object]] = []
    for policy in policies:
        mine = last.filter(pl.col("policy") == policy)
        mean, low, high = interval(mine["total_regret"])
        cells: list[object] = [policy, f"{mean:.3f} [{low:.3f}, {high:.3f}]"]
        mean, low, high = interval(mine["total_regret"] - own)
        cells.append("" if policy == "thompson" else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]")
        first = rows.filter((pl.col("policy") == policy) & (pl.col("round") == 1))
        cells += [
            f"{interval(first[name])[0]:.3f} → {interval(mine[name])[0]:.3f}" for name in SHOWN
        ]
        lines.append(cells)
    names = [name.replace("_", " ") for name in SHOWN]
    print(text.table(["policy", "total regret", "over thompson", *names], lines), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--settings", default="shop,bandit")
    parser.add_argument("--jobs", type=int, default=2)
    asked_for = parser.parse_args()
    for setting in asked_for.settings.split(","):
        print(f"{setting}: {SETTINGS[setting]}\n  regret on seeds of their own:", flush=True)
        tuned = chosen(setting, asked_for.jobs)
        policies = list(dict.fromkeys(["greedy", "thompson", *tuned, "ucb", "ucb(confidence=1.0)"]))
        policies.remove("ucb(confidence=1.0)")  # its default, whichever was chosen
        report(
            setting,
            policies,
            measured(setting, policies, range(asked_for.seeds), asked_for.jobs),
        )


if __name__ == "__main__":
    main()
