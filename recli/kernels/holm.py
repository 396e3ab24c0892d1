"""P-values of many comparisons, corrected so that a run rarely has one false alarm.

Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
1979. The chance of any false alarm among all comparisons stays below the level, however they hang
together: metrics of the same lists rise and fall as one. It finds all that Bonferroni's finds.
"""

import numpy as np

from recli.kernels.bootstrap import Values


def corrected(p_values: Values) -> Values:
    """What each p-value [comparisons] is worth among all of them; NaN is none of them.

    >>> corrected(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    order = order[: np.count_nonzero(~np.isnan(p_values))]  # NaN sorts last
    left = len(order) - np.arange(len(order))
    found = np.full(len(p_values), np.nan)
    found[order] = np.minimum(np.maximum.accumulate(p_values[order] * left), 1.0)
    return found
