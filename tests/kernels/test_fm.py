"""The distributions of a factorization machine against slow, obvious versions."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import digamma, expit, gammaln

from recli.kernels.fm import Learning, Machine, scores

Doubles = npt.NDArray[np.float64]
COUNTS = np.array([5, 3, 4])
STARTS = np.concatenate([[0], np.cumsum(COUNTS)])


def learning(rows: int = 60, factors: int = 2) -> tuple[Learning, npt.NDArray[np.bool_]]:
    draw = np.random.default_rng(4)
    codes = np.stack([draw.integers(0, count, rows) for count in COUNTS], axis=1)
    chosen = draw.random(rows) < np.where(codes[:, 0] % 2 == codes[:, 1] % 2, 0.9, 0.2)
    machine = Machine.fresh(STARTS, factors, draw)
    codes = (codes + STARTS[:-1]).astype(np.int32)
    return Learning(machine, codes, chosen, draw.uniform(0.5, 2, rows)), chosen


def codes_of(learned: Learning) -> npt.NDArray[np.int32]:
    return (learned._codes.T + STARTS[:-1]).astype(np.int32)


def drawn(machine: Machine, draw: np.random.Generator) -> tuple[Doubles, Doubles]:
    weights = draw.normal(machine.weights, np.sqrt(machine.weight_widths))
    return weights, draw.normal(machine.vectors, np.sqrt(machine.vector_widths))


def test_means_and_variances_are_those_of_machines_by_lot() -> None:
    learned, _ = learning()
    for _ in range(3):
        learned.sweep()
    codes, draw = codes_of(learned), np.random.default_rng(0)
    found = []
    for _ in range(20_000):
        weights, vectors = drawn(learned.machine, draw)
        pairs = sum(
            (vectors[:, codes[:, one]] * vectors[:, codes[:, other]]).sum(axis=0)
            for one, other in combinations(range(len(COUNTS)), 2)
        )
        found.append(weights[-1] + weights[codes].sum(axis=1) + pairs)
    odds = np.array(found)
    assert learned.means == pytest.approx(odds.mean(axis=0), abs=0.05)
    assert learned.variances == pytest.approx(odds.var(axis=0), rel=0.1)
    assert learned.means == pytest.approx(scores(codes, *learned.machine.point()), abs=1e-4)


def test_no_sweep_lowers_the_evidence_lower_bound() -> None:
    learned, chosen = learning()
    before = -np.inf
    for _ in range(30):
        learned.sweep()
        bound = lower_bound(learned, chosen)
        assert bound > before - 1e-9
        before = bound


def lower_bound(learned: Learning, chosen: npt.NDArray[np.bool_]) -> float:
    """Of the likelihood, with the tangent of each row where it is best, less the divergences."""
    machine = learned.machine
    at = np.sqrt(learned.means**2 + learned.variances)
    rows = (chosen - 0.5) * learned.means + np.log(expit(at)) - at / 2
    total = float((learned.shares * rows).sum())
    bias, width = machine.weights[-1], machine.weight_widths[-1]
    total += (np.log(width) - 1e-3 * (bias**2 + width)) / 2
    for field in range(len(COUNTS)):
        own = slice(STARTS[field], STARTS[field + 1])
        groups = [(machine.weights[own], machine.weight_widths[own], 1 / len(COUNTS))]
        groups += [
            (machine.vectors[factor, own], machine.vector_widths[factor, own], machine.spread)
            for factor in range(len(machine.vectors))
        ]
        for at_, (means, widths, spread) in enumerate(groups):
            shape, squares = 1 + len(means) / 2, float((means**2 + widths).sum())
            rate = shape / machine.precisions[at_, field]
            log_precision = digamma(shape) - np.log(rate)
            total += np.log(widths).sum() / 2 + len(means) / 2 * log_precision
            total -= shape / rate * (squares / 2 + spread)
            total += shape - np.log(rate) + gammaln(shape) + (1 - shape) * digamma(shape)
    return total


def test_the_odds_are_kept_along_while_the_machine_moves() -> None:
    """What is added step by step is what is found anew."""
    learned, _ = learning()
    anew = learned._measured
    learned._measured = lambda: None  # type: ignore[method-assign]
    learned.sweep()
    moved = learned.means.copy()
    anew()
    assert moved == pytest.approx(learned.means, abs=1e-9)
