"""Tables of lists as logs of what was shown and clicked."""

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels.lists import Rows
from recli.kernels.shown import Log
from recli.tables import AS_OF, REWARDS


def log_of(placed: pl.DataFrame, rows: Rows, truth: Rows, then: pl.DataFrame, where: str) -> Log:
    """The rows of a log, in the order of `rows`, beside truth in that of `then`.

    Raises RecliError where a row does not say whether it was clicked.
    """
    name = next(name for name in REWARDS if name in placed.columns)
    told = placed[name].cast(pl.Float64)
    if told.null_count() or told.is_nan().any():
        raise RecliError(
            f"{where}: column '{name}' is empty in some rows",
            "write 0 where a row was not clicked, and leave out what is not known yet",
        )
    place = "rank" if "rank" in placed.columns else "position"
    return Log(
        rows,
        placed[place].cast(pl.Int64).to_numpy(),
        told.to_numpy() != 0,
        _moments(placed, AS_OF),
        truth,
        then["event"] if "event" in then.columns else None,
        _moments(then, "timestamp"),
    )


def _moments(frame: pl.DataFrame, name: str) -> npt.NDArray[np.int64] | None:
    """Microseconds [rows]; a row without a moment came before all others."""
    if name not in frame.columns:
        return None
    moments: npt.NDArray[np.int64] = frame[name].dt.epoch("us").fill_null(0).to_numpy()
    return moments
