"""How likely each place of a list is to be looked at, from what was shown there and clicked.

The position-based model: a click is a look, which hangs on the place alone, and a liking, which
does not hang on it: chance = look[place] * like[group] (Craswell et al., WSDM 2008). A group is
what is liked the same wherever it stands; one that stood at several places tells these apart.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, minimize
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
DRAWS, LEVEL = 200, 0.95


@dataclass(frozen=True)
class Cells:
    """What was shown and clicked, by group, place and part of the users."""

    groups: Longs  # [cells] from 0
    places: Longs  # [cells] from 0, the first of all
    parts: Longs  # [cells] from 0
    shown: Doubles  # [cells]
    clicked: Doubles  # [cells]


def looks(cells: Cells, places: int) -> Doubles:
    """The chance of a look at each place beside that at the first [places]; NaN if not compared.

    The largest likelihood of the model, all groups' likings with it. Wang et al., "Position bias
    estimation for unbiased learning to rank in personal search", WSDM 2018, climb it by
    expectation maximization; L-BFGS gets to the same place in fewer passes over the cells.
    """
    found, _ = _fitted(compared(cells), places)
    return found


def interval(cells: Cells, places: int, seed: int, *, monotone: bool) -> tuple[Doubles, Doubles]:
    """Ends [places] of the 95% interval of `looks`: the parts of the users are drawn again.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, percentile interval.
    """
    useful = compared(cells)
    _, start = _fitted(useful, places)
    parts = int(cells.parts.max(initial=-1)) + 1
    draw = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        times = np.bincount(draw.integers(0, parts, parts), minlength=parts)[useful.parts]
        again = replace(useful, shown=useful.shown * times, clicked=useful.clicked * times)
        curve, _ = _fitted(again, places, start)
        drawn.append(falling(curve, _clicks(again, places)) if monotone else curve)
    curves = np.array(drawn)
    ends = np.full((2, places), np.nan)
    some = np.isfinite(curves).any(axis=0)
    at = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    ends[:, some] = np.nanquantile(curves[:, some], at, axis=0)
    return ends[0], ends[1]


def falling(curve: Doubles, clicks: Doubles) -> Doubles:
    """The nearest curve [places] that never rises, places weighed by their clicks.

    Isotonic regression of the logarithms, the first place at 1 again.
    """
    out = curve.copy()
    known = np.isfinite(curve) & (curve > 0)
    logs = np.log(curve[known])
    fitted = isotonic_regression(logs, weights=clicks[known] + 1, increasing=False).x
    out[known] = np.exp(fitted - fitted[:1])
    return out


def compared(cells: Cells) -> Cells:
    """The cells of groups that tell places apart: clicked, and shown at more than one.

    The liking of any other fits whatever the looks are, so that leaving it out is exact.
    """
    clicks = np.bincount(cells.groups, cells.clicked)
    pairs = np.unique(np.stack([cells.groups, cells.places]), axis=1)
    several = np.bincount(pairs[0], minlength=len(clicks)) > 1
    kept = (several & (clicks > 0))[cells.groups]
    _, groups = np.unique(cells.groups[kept], return_inverse=True)
    return Cells(
        groups.astype(np.int64),
        cells.places[kept],
        cells.parts[kept],
        cells.shown[kept],
        cells.clicked[kept],
    )


def _clicks(cells: Cells, places: int) -> Doubles:
    clicks: Doubles = np.bincount(cells.places, cells.clicked, places).astype(np.float64)
    return clicks


def _fitted(cells: Cells, places: int, start: Doubles | None = None) -> tuple[Doubles, Doubles]:
    """Looks [places], and log odds [places + groups] to begin another fit from."""
    groups = int(cells.groups.max(initial=-1)) + 1
    key, at = np.unique(cells.groups * places + cells.places, return_inverse=True)
    shown, clicked = np.bincount(at, cells.shown), np.bincount(at, cells.clicked)
    group, place = key // places, key % places

    def value(odds: Doubles) -> tuple[float, Any]:
        chances = _chances(odds)
        look, like = chances[:places][place], chances[places:][group]
        both = np.clip(look * like, 1e-300, 1 - 1e-12)
        lost = clicked * np.log(both) + (shown - clicked) * np.log1p(-both)
        slope = clicked - (shown - clicked) * both / (1 - both)
        slopes = [
            np.bincount(place, slope * (1 - look), places),
            np.bincount(group, slope * (1 - like), groups),
        ]
        total = max(shown.sum(), 1.0)
        return -float(lost.sum()) / total, -np.concatenate(slopes) / total

    if start is None:
        start = np.zeros(places + groups)
    choices: Any = {"maxiter": 1000, "maxcor": 20, "ftol": 1e-10, "gtol": 1e-7}
    # The solver's small products are slower on several threads than on one.
    with threadpool_limits(1):
        found = minimize(value, start, jac=True, method="L-BFGS-B", options=choices)
    chances = _chances(found.x[:places])
    told = _with_the_first(place[shown > 0], group[shown > 0], places, groups)
    return np.where(told, chances / chances[0], np.nan), found.x


def _chances(odds: Doubles) -> Doubles:
    # No chance is so small that its exponential leaves what a double holds.
    return 1 / (1 + np.exp(np.minimum(-odds, 700.0)))


def _with_the_first(place: Longs, group: Longs, places: int, groups: int) -> npt.NDArray[np.bool_]:
    """Whether groups link a place to the first [places], directly or through other places."""
    size = places + groups
    links = coo_array((np.ones(len(place)), (place, places + group)), shape=(size, size))
    _, label = connected_components(links, directed=False)
    linked: npt.NDArray[np.bool_] = (label[:places] == label[0]) & np.isin(np.arange(places), place)
    return linked
