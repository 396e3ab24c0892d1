"""L-BFGS that reports each step, keeps the best and ends when its time is over.

Byrd et al., "A limited memory algorithm for bound constrained optimization", SIAM Journal on
Scientific Computing 1995.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from recli.kernels.watch import Watch

Doubles = npt.NDArray[np.float64]
Side = tuple[float | None, float | None]  # least and most of a weight; None: no bound


def least(
    value: Callable[[Doubles], tuple[float, Doubles]],
    start: Doubles,
    watch: Watch,
    told: Callable[[str], None],
    sides: Sequence[Side] | None = None,
) -> Doubles:
    """The weights at which `value`, which gives a loss and its slope, is least."""
    kept = start

    def step(intermediate_result: Any) -> None:
        nonlocal kept
        loss = float(intermediate_result.fun)
        told(f"{loss:.5f}")
        if watch.better(loss):
            kept = intermediate_result.x.copy()
        if watch.over():
            raise StopIteration

    choices: Any = {"maxiter": watch.most, "maxcor": 10, "ftol": 1e-9, "gtol": 1e-7}
    minimize(
        value, start, jac=True, method="L-BFGS-B", bounds=sides, callback=step, options=choices
    )
    return kept
