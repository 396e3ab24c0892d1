"""How likely each of several arms is to be the best, their worths drawn from Beta posteriors.

It is what Thompson sampling chooses by: Thompson, "On the likelihood that one unknown probability
exceeds another", Biometrika 1933. P(i is best) is the integral of f_i times all F_j of j != i.
Here it is a sum over panels of four Gauss-Legendre points, in log odds: there a Beta is smooth,
and its spread is a number. A panel is as wide as the narrowest posterior that it lies in, so that
posteriors of any width are told apart; F runs along, as the integral of f from panel to panel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.special import betaln, digamma, polygamma

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

POINTS = 4  # of a panel; at widths of 1 the error is about 1e-6
SPREADS = 7.0  # what lies further off than so many spreads is left out ...
TAIL = 14.0  # ... where the tail, which falls as exp(-a z), has no more than exp(-TAIL) there


def chances(starts: Longs, a: Doubles, b: Doubles) -> Doubles:
    """The chance [arms] of each to be the best of its run; they add up to 1 in every run.

    Run r is arms starts[r] to starts[r + 1], whose posteriors are Beta(a, b).

    >>> chances(np.array([0, 2]), np.array([1.0, 2.0]), np.array([1.0, 1.0])).round(6).tolist()
    [0.333333, 0.666667]
    """
    middle = digamma(a) - digamma(b)
    spread = np.sqrt(polygamma(1, a) + polygamma(1, b))
    low = middle - np.maximum(SPREADS * spread, TAIL / a)
    high = middle + np.maximum(SPREADS * spread, TAIL / b)
    # The logistic function bends within a width of 1, however wide the posterior.
    width = np.minimum(spread, 1.0)
    out = np.empty(len(a))
    _integrate(starts, (a, b, betaln(a, b)), (low, high, width), _rule(), out)
    return out


def _rule() -> tuple[Doubles, Doubles, Doubles]:
    """Points and weights on [0, 1], and the weights of the integral up to each point."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    points, weights = (points + 1) / 2, weights / 2
    powers = np.arange(POINTS)
    upto = points[:, None] ** (powers + 1) / (powers + 1)
    return points, weights, upto @ np.linalg.inv(points[:, None] ** powers)


@njit(cache=True, nogil=True)
def _integrate(starts, posterior, ends, rule, out):  # type: ignore[no-untyped-def]
    most = 0
    for run in range(len(starts) - 1):
        most = max(most, starts[run + 1] - starts[run])
    mass = np.empty((most, len(rule[0])))  # of each arm at each point of the panel
    below = np.empty((most, len(rule[0])))  # F there
    upto = np.empty(most)  # F where the panel begins
    for run in range(len(starts) - 1):
        _run(starts[run], starts[run + 1], posterior, ends, rule, mass, below, upto, out)


@njit(cache=True, nogil=True)
def _run(  # type: ignore[no-untyped-def]
    begin, end, posterior, ends, rule, mass, below, upto, out
):
    """Walks over the panels of one run of arms, and writes the chances of its arms."""
    low, high, width = ends
    floor, at, top = -np.inf, np.inf, -np.inf
    for arm in range(begin, end):
        out[arm] = 0.0
        upto[arm - begin] = 0.0
        floor = max(floor, low[arm])
    for arm in range(begin, end):
        if high[arm] > floor:
            at, top = min(at, low[arm]), max(top, high[arm])
        else:
            upto[arm - begin] = 1.0  # some arm is surely better
    while at < top:
        step, begins = np.inf, np.inf
        for arm in range(begin, end):
            if high[arm] > floor and low[arm] > at:
                begins = min(begins, low[arm])
            elif high[arm] > max(floor, at):
                step = min(step, width[arm])
        # No posterior begins within a panel.
        step = min(step, begins - at)
        _panel(begin, end, at, step, floor, posterior, ends, rule, mass, below, upto)
        if at >= floor:
            _add(begin, end, rule[1], mass, below, out)
        at += step
    total = 0.0
    for arm in range(begin, end):
        total += out[arm]
    for arm in range(begin, end):
        out[arm] /= total


@njit(cache=True, nogil=True)
def _panel(  # type: ignore[no-untyped-def]
    begin, end, at, step, floor, posterior, ends, rule, mass, below, upto
):
    """Writes f, times the panel's width, and F of each arm at the points of a panel."""
    a, b, scale = posterior
    low, high, _ = ends
    points, weights, partly = rule
    for arm in range(begin, end):
        own = arm - begin
        if low[arm] > at or high[arm] <= max(floor, at):
            mass[own, :] = 0.0
            below[own, :] = upto[own]
            continue
        for point in range(len(points)):
            odds = at + step * points[point]
            less = -np.log1p(np.exp(-odds)) if odds > 0 else odds - np.log1p(np.exp(odds))
            density = np.exp(a[arm] * less + b[arm] * (less - odds) - scale[arm])
            mass[own, point] = density * step
        for point in range(len(points)):
            held = upto[own]
            for other in range(len(points)):
                held += partly[point, other] * mass[own, other]
            below[own, point] = min(max(held, 0.0), 1.0)
        for point in range(len(points)):
            upto[own] += weights[point] * mass[own, point]
        upto[own] = min(upto[own], 1.0)


@njit(cache=True, nogil=True)
def _add(begin, end, weights, mass, below, out):  # type: ignore[no-untyped-def]
    """Adds to each arm's chance the panel's part of the integral of f_i times the other F."""
    for point in range(len(weights)):
        # The product of the others is that of those before times that of those after.
        product = weights[point]
        for arm in range(begin, end):
            held = mass[arm - begin, point]
            mass[arm - begin, point] = held * product
            product *= below[arm - begin, point]
        product = 1.0
        for arm in range(end - 1, begin - 1, -1):
            out[arm] += mass[arm - begin, point] * product
            product *= below[arm - begin, point]
