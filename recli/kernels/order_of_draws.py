"""How likely each arm is at each place of a list that is ordered by independent draws.

An arm whose draw is x stands at place p where just p - 1 of the others drew more: the chance is
the integral of f_i(x) P(p - 1 others above x) dx. How many are above x is a sum of unlike coins;
its distribution is built up arm by arm, from both ends, so that leaving one out needs no division.
Thompson sampling and softmax, which is a draw of value / temperature plus Gumbel noise (Yellott,
"The relationship between Luce's choice axiom, Thurstone's theory of comparative judgment, and the
double exponential distribution", 1977), order lists so.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.special import betainc, betaln, digamma, expit, log_expit, polygamma

Doubles = npt.NDArray[np.float64]
Curves = Callable[[Doubles, npt.NDArray[np.int64]], tuple[Doubles, Doubles]]

POINTS = 4  # of a panel, which is as wide as the narrowest spread in it
CHUNK = 1 << 20  # numbers held at a time
SPREADS, TAIL = 7.0, 14.0  # of what lies further off there is less than exp(-TAIL)
CERTAIN = 60.0  # so much more of value / temperature wins always
GUMBEL = (-3.5, 18.0)  # where it lies, but for 1e-7


def of_betas(a: Doubles, b: Doubles, k: int) -> Doubles:
    """Chances [k, arms] of each place, by draws from Beta(a, b).

    >>> of_betas(np.array([1.0, 2.0]), np.array([1.0, 1.0]), 2).round(5).tolist()
    [[0.33333, 0.66667], [0.66667, 0.33333]]
    """
    middle, spread = digamma(a) - digamma(b), np.sqrt(polygamma(1, a) + polygamma(1, b))
    low = middle - np.maximum(SPREADS * spread, TAIL / a)
    high = middle + np.maximum(SPREADS * spread, TAIL / b)
    scale = betaln(a, b)

    def curves(odds: Doubles, arms: npt.NDArray[np.int64]) -> tuple[Doubles, Doubles]:
        x = odds[:, None]
        density = np.exp(a[arms] * log_expit(x) + b[arms] * log_expit(-x) - scale[arms])
        return density, np.asarray(betainc(a[arms], b[arms], expit(x)), np.float64)

    # The logistic function bends within a width of 1, however wide the posterior.
    return _places(low, high, np.minimum(spread, 1.0), curves, k)


def of_softmax(values: Doubles, temperature: float, k: int) -> Doubles:
    """Chances [k, arms] of each place, by draws from those left, in shares of exp(value / t).

    >>> worths = np.log([1.0, 2.0, 3.0])
    >>> of_softmax(worths, 1.0, 1).round(5).tolist()
    [[0.16667, 0.33333, 0.5]]
    """
    order = np.argsort(-values, kind="stable")
    gaps = np.minimum(-np.diff(values[order]) / temperature, CERTAIN)
    middle = np.empty(len(values))
    middle[order] = -np.concatenate([[0.0], np.cumsum(gaps)])

    def curves(x: Doubles, arms: npt.NDArray[np.int64]) -> tuple[Doubles, Doubles]:
        left = np.exp(np.minimum(middle[arms] - x[:, None], CERTAIN))
        below = np.exp(-left)
        return left * below, below

    low, high = middle + GUMBEL[0], middle + GUMBEL[1]
    return _places(low, high, np.ones(len(values)), curves, k)


def _places(low: Doubles, high: Doubles, width: Doubles, curves: Curves, k: int) -> Doubles:
    """The integral over all panels; places beyond the arms have no chances."""
    out, kept = np.zeros((k, len(low))), min(k, len(low))
    if not kept:
        return out
    floor = np.sort(low)[-kept]  # below it so many arms are surely better
    arms = np.flatnonzero(high > floor)
    points, weights = _points(floor, low[arms], high[arms], width[arms])
    size = max(1, CHUNK // len(arms))
    found = np.zeros((kept, len(arms)))
    for at in range(0, len(points), size):
        density, below = curves(points[at : at + size], arms)
        _add(density * weights[at : at + size, None], below, found)
    out[:kept, arms] = found / found.sum(axis=1, keepdims=True)
    return out


def _points(floor: float, low: Doubles, high: Doubles, width: Doubles) -> tuple[Doubles, Doubles]:
    """Gauss-Legendre points and weights of panels; none is wider than what lies in it."""
    edges = [floor]
    while edges[-1] < high.max():
        at = edges[-1]
        inside = (low <= at) & (high > at)
        step = float(width[inside].min()) if inside.any() else np.inf
        step = min(step, float(low[low > at].min(initial=np.inf)) - at)
        edges.append(at + step)
    begins, steps = np.array(edges[:-1]), np.diff(edges)
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    spots = begins[:, None] + steps[:, None] * (points + 1) / 2
    return spots.ravel(), (steps[:, None] * weights / 2).ravel()


@njit(cache=True, nogil=True)
def _add(mass, below, out):  # type: ignore[no-untyped-def]
    """Adds to `out` [places, arms] what each of some points [points, arms] holds."""
    places, arms = out.shape
    after = np.empty((arms + 1, places))  # how likely so many of the arms from here on are above
    before = np.empty(places)
    for point in range(len(mass)):
        after[arms, :] = 0.0
        after[arms, 0] = 1.0
        for arm in range(arms - 1, -1, -1):
            lower = below[point, arm]
            for count in range(places):
                one = after[arm + 1, count - 1] if count else 0.0
                after[arm, count] = after[arm + 1, count] * lower + one * (1 - lower)
        before[:] = 0.0
        before[0] = 1.0
        for arm in range(arms):
            lower = below[point, arm]
            if mass[point, arm] > 0:
                for place in range(places):
                    both = 0.0
                    for count in range(place + 1):
                        both += before[count] * after[arm + 1, place - count]
                    out[place, arm] += mass[point, arm] * both
            for count in range(places - 1, -1, -1):
                one = before[count - 1] if count else 0.0
                before[count] = before[count] * lower + one * (1 - lower)
