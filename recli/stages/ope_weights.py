"""How much likelier a policy shows what a log shows: the weights of its rows."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.stages.ope_rows import Reading

Doubles = npt.NDArray[np.float64]


def chance(rows: pl.DataFrame, chances: pl.DataFrame, reading: Reading) -> Doubles:
    """The policy's chance [rows] of the item of each row to stand in its place."""
    keys = [*reading.target.keys, "item_id"]
    told = rows.select(keys).join(chances, on=keys, how="left", maintain_order="left")
    return told["chance"].fill_null(0.0).to_numpy()


def weights(
    rows: pl.DataFrame, chances: pl.DataFrame, reading: Reading, by_place: Counter[int]
) -> Doubles:
    """Chance of the policy over that of the log [rows].

    With a curve, of all places at once: a click is a look, which hangs on the place alone, times
    a liking. The chance of a look at the item, wherever the policy puts it, is held against that
    of a look at any place times the propensity: sum_p s_p look_p chance(item, p) over
    sum_p s_p look_p x propensity, s_p the share of rows at place p. It has no bias where every
    item could stand at every place; with even propensities it is the position-based weight of
    Li, Abbasi-Yadkori, Kveton et al., "Offline evaluation of ranking policies with click models",
    KDD 2018.
    """
    propensity: Doubles = rows["propensity"].to_numpy()
    if reading.curve is None:
        return np.asarray(chance(rows, chances, reading) / propensity, np.float64)
    counts = pl.DataFrame({"place": [*by_place], "count": [*by_place.values()]})
    looks = reading.curve.join(counts, on="place").sort("place")
    looks = looks.select("place", seen=pl.col("look") * pl.col("count"))
    own = [name for name in reading.target.keys if name != "place"]
    seen = chances.join(looks, on="place", how="inner", maintain_order="left")
    seen = seen.group_by([*own, "item_id"], maintain_order=True).agg(
        (pl.col("seen") * pl.col("chance")).sum()
    )
    keys = [*own, "item_id"]
    told = rows.select(keys).join(seen, on=keys, how="left", maintain_order="left")
    looked: Doubles = told["seen"].fill_null(0.0).to_numpy()
    return np.asarray(looked / (propensity * float(looks["seen"].sum())), np.float64)
