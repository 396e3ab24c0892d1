"""What a simulation came to: a line for each policy, and a panel for each measure."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import stdtrit

from recli.kernels.panels_plot import Curve, Panel, svg
from recli.stages.simulate_asked import Asked
from recli.store import text

MEASURES = {
    "utility": "utility: clicks a look",
    "regret": "regret: clicks lost to the best list",
    "total_regret": "regret so far",
    "coverage": "coverage of the items that are out",
    "gini": "Gini of exposure",
    "long_tail_share": "places that went to the long tail",
    "new_share": "places that went to new items",
    "clicks": "clicks a user",
}
_SHOWN = ("utility", "coverage", "gini", "long_tail_share", "new_share")


def interval(values: pl.Series) -> tuple[float, float, float]:
    """Mean over worlds with the ends of its 95% interval, by Student's t; all the same of one."""
    mean = _mean(values)
    if len(values) < 2:
        return mean, mean, mean
    spread = float(values.std()) / np.sqrt(len(values))  # type: ignore[arg-type]
    wide = float(stdtrit(len(values) - 1, 0.975)) * spread
    return mean, mean - wide, mean + wide


def _mean(values: pl.Series) -> float:
    return float(np.cumsum(values.to_numpy())[-1] / len(values))


def shown(rows: pl.DataFrame, asked: Asked) -> str:
    """The regret of each policy, and its other measures in the first and the last round."""
    header = ["policy", "total regret", *(name.replace("_", " ") for name in _SHOWN)]
    lines: list[list[object]] = []
    for one in asked.contenders:
        own = rows.filter(pl.col("policy") == one.name)
        last = own.filter(pl.col("round") == asked.size.rounds)
        mean, low, high = interval(last["total_regret"])
        regret = f"{mean:.3f}" + (f" [{low:.3f}, {high:.3f}]" if len(asked.seeds) > 1 else "")
        first = own.filter(pl.col("round") == 1)
        ends = [f"{_mean(first[name]):.3f} → {_mean(last[name]):.3f}" for name in _SHOWN]
        lines.append([one.name, regret, *ends])
    worlds = f", mean of {len(asked.seeds)} worlds with 95% interval"
    title = (
        f"round 1 → {asked.size.rounds}; regret in clicks a user"
        f"{worlds if len(asked.seeds) > 1 else ''}"
    )
    return f"{title}\n{text.table(header, lines)}"


def drawing(rows: pl.DataFrame, asked: Asked) -> str:
    """Small multiples as SVG: the mean over worlds of each measure, a line a policy."""
    means = rows.group_by("policy", "round").agg(pl.col(*MEASURES).mean()).sort("round")
    panels = []
    for name, title in MEASURES.items():
        curves = tuple(
            Curve(
                one.name,
                tuple(
                    means.filter(pl.col("policy") == one.name)
                    .select("round", name)
                    .drop_nans()
                    .rows()
                ),
            )
            for one in asked.contenders
        )
        panels.append(Panel(title, curves))
    return svg("The feedback loop, round by round", "round", panels)
