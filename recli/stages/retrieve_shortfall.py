"""Users who got fewer items than were asked for, and why."""

import os
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.contract import ID_TYPES, Contract
from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Matrix
from recli.kernels.served import Limits
from recli.store.write import Output

# The first that is true of a user, in this order:
#   everything-seen  she has seen all items there are
#   few-left         she has not seen some, but fewer than k
#   filtered         --only and --exclude leave fewer than k of these
#   nothing-known    enough are left; nothing is known of her, and fewer have any popularity
#   few-scored       enough are left, but the model has a score for fewer
Reason = Literal["everything-seen", "few-left", "filtered", "nothing-known", "few-scored"]
REASONS: tuple[Reason, ...] = get_args(Reason)
SHORTFALL = Contract(
    "Shortfall",
    {"user_id": ID_TYPES, "rows": (pl.Int32,), "reason": (pl.String,)},
    order=("user_id",),
    made_by="recli retrieve --shortfall",
)


def output_for(target: str | None, main: str) -> Output | None:
    """Where the users go who got fewer; RecliError (usage) where the candidates go there."""
    if target is None:
        return None
    streams = {"-": "/dev/stdout"}
    places = [os.path.realpath(streams.get(name, name)) for name in (target, main)]
    if target == "-" or places[0] == places[1]:
        raise RecliError(
            f"--shortfall {target} is where the candidates go",
            "name another file",
            code=ExitCode.USAGE,
        )
    return Output(target, SHORTFALL)


def shortfall(
    users: pl.Series,
    lengths: npt.NDArray[np.int64],
    limits: Limits,
    seen: Matrix,
    unknown: npt.NDArray[np.bool_],
) -> pl.DataFrame:
    """A row for each user with fewer than k items: user_id, rows, reason.

    `lengths` [users] of the lists; `seen` [users, items] that are not offered as the user knows
    them; `unknown` [users] of whom nothing is known.
    """
    short = np.flatnonzero(lengths < limits.k)
    items = seen.shape[1]
    only = np.ones(items, np.bool_) if limits.only is None else limits.only
    barred = limits.barred[short]
    own = np.repeat(np.arange(len(short)), np.diff(barred.indptr))
    taken = np.bincount(own, only[barred.indices], minlength=len(short))
    unseen = items - np.diff(seen.indptr)[short]
    left = int(only.sum()) - taken
    codes = np.select(
        [unseen == 0, unseen < limits.k, left < limits.k, unknown[short]], [0, 1, 2, 3], 4
    )
    return pl.DataFrame(
        {
            "user_id": users.gather(short),
            "rows": lengths[short].astype(np.int32),
            "reason": pl.Series(REASONS, dtype=pl.String).gather(codes),
        }
    )
