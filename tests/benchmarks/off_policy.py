"""The value of one policy from the log of another, on the Open Bandit Dataset's sample.

    python tests/benchmarks/off_policy.py DATA PRIOR

DATA has random/all/all.csv, logged by a uniform policy, and bts/all/all.csv, logged by Bernoulli
Thompson sampling, whose mean click is the truth. PRIOR is a CSV of item_id, alpha, beta: what that
policy knew, as Open Bandit Pipeline publishes it for the campaign (prior_bts.yaml).

The policy is given as that project's quickstart draws it, 100,000 lists by the seed 12345; as a
state, from which recli reckons the chances without a lot; and without the prior, as the share of
the rows of its own log. Published are IPW .004553, DM .003545 and DR .004727.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measured import recli

PLACES, DRAWS, SEED = 3, 100_000, 12345
PUBLISHED = {"ips": 0.004553, "dm": 0.003545, "dr": 0.004727}


def chances(items: list[str], shares: np.ndarray) -> pl.DataFrame:
    """A table of the chance [items, places] of each item at each place."""
    rows = {
        "item_id": np.repeat(items, PLACES),
        "position": np.tile(np.arange(1, PLACES + 1), len(items)),
        "chance": shares.ravel(),
    }
    return pl.DataFrame(rows)


def drawn(prior: pl.DataFrame) -> pl.DataFrame:
    """The policy as the shares of lists that are drawn one by one."""
    lots = np.random.RandomState(SEED)
    counts = np.zeros((prior.height, PLACES))
    alpha, beta = (prior[name].cast(pl.Float64).to_numpy() for name in ("alpha", "beta"))
    for _ in range(DRAWS):
        best = np.argsort(lots.beta(alpha, beta))[::-1][:PLACES]
        counts[best, np.arange(PLACES)] += 1
    return chances(prior["item_id"].to_list(), counts / DRAWS)


def shown(log: Path) -> pl.DataFrame:
    """The policy as the shares of the rows of its own log."""
    rows = pl.read_csv(log, schema_overrides={"item_id": pl.String})
    counts = rows.group_by("item_id", "position").len("chance").sort("item_id", "position")
    return counts.with_columns(pl.col("chance") / pl.col("chance").sum().over("position"))


def main() -> None:
    """Write the policies, value each by the real command, and print them beside the truth."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("prior", type=Path)
    asked = parser.parse_args()
    own = asked.data / "bts/all/all.csv"
    truth = float(pl.read_csv(own)["click"].mean())  # type: ignore[arg-type]
    prior = pl.read_csv(asked.prior, schema_overrides={"item_id": pl.String})
    # recli's Thompson sampling adds a prior of one reward and one miss to the counts.
    rewarded = pl.col("alpha").cast(pl.Int64) - 1
    state = prior.select(
        "item_id", shown=rewarded + pl.col("beta").cast(pl.Int64) - 1, rewarded=rewarded
    )
    tables = {"drawn": drawn(prior), "state": state, "shown": shown(own)}
    print(f"truth {truth:.6f}; published {PUBLISHED}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, table in tables.items():
            table.write_csv(folder / f"{name}.csv")
            words = ["--policy", f"{name}.csv", "--reward", "click", "--json", "-o", "out.json"]
            log = (asked.data / "random/all/all.csv").resolve()
            recli("ope", log, *words, "--propensity", "propensity_score", cwd=folder)
            for line in json.loads((folder / "out.json").read_text())["values"]:
                if line["position"] is None:
                    off = abs(line["value"] - truth) / truth
                    inside = line["low"] <= truth <= line["high"]
                    print(
                        f"{name:6} {line['estimator']:12} {line['value']:.6f} "
                        f"[{line['low']:.6f}, {line['high']:.6f}]  off by {off:.3f}  "
                        f"{'holds' if inside else 'MISSES'} the truth"
                    )


if __name__ == "__main__":
    main()
