"""Blurring and sharpening against the differential equations solved step by step."""

import numpy as np
import pytest
from scipy import sparse

from recli.kernels.cold import extended
from recli.kernels.extension import Extension
from recli.kernels.spectral import decay
from recli.models.bspm import Bspm
from tests.kernels.test_gf_cf import log, low_pass, normalized, scores_of, training


def sharpened(
    blurred: np.ndarray, p: np.ndarray, time: float, steps: int, solver: str
) -> np.ndarray:
    """Follows db/dt = -b P by the classic stages of Runge and Kutta, or Euler's one."""
    size = time / steps
    for _ in range(steps):
        one = -blurred @ p
        if solver == "euler":
            blurred = blurred + size * one
            continue
        two = -(blurred + size / 2 * one) @ p
        three = -(blurred + size / 2 * two) @ p
        four = -(blurred + size * three) @ p
        blurred = blurred + size / 6 * (one + 2 * two + 2 * three + four)
    return blurred


@pytest.mark.parametrize(
    ("time", "steps", "solver"), [(2.5, 1, "rk4"), (2.2, 2, "rk4"), (1.2, 3, "euler")]
)
@pytest.mark.parametrize("merge", ["early", "late"])
def test_scores_are_those_of_the_equations_solved_in_steps(
    time: float, steps: int, solver: str, merge: str
) -> None:
    dense = log(1, 45, 30)
    a, _ = normalized(dense)
    p, ideal = a.T @ a, 0.2 * dense @ low_pass(dense, 6)
    if merge == "early":
        wanted = sharpened(dense @ p + ideal, p, time, steps, solver)
    else:
        wanted = sharpened(dense @ p, p, time, steps, solver) + ideal
    model = Bspm(
        factors=6, sharpening_time=time, sharpening_steps=steps, solver=solver, merge=merge
    )
    np.testing.assert_allclose(
        scores_of(model.fit(training(dense)), dense), wanted, rtol=1e-3, atol=1e-4
    )


def test_one_step_of_runge_and_kutta_is_the_taylor_polynomial_of_fourth_order() -> None:
    np.testing.assert_allclose(decay(2.0, 1, 4), [1, -2, 2, -8 / 6, 16 / 24])


def test_many_steps_come_near_to_the_exponential() -> None:
    powers = decay(1.5, 8, 4)
    at = np.linspace(0, 1, 11)
    np.testing.assert_allclose(np.polynomial.Polynomial(powers)(at), np.exp(-1.5 * at), atol=2e-5)


def test_the_same_bits_with_any_number_of_threads() -> None:
    dense = log(2, 80, 50)
    one, three = (Bspm(factors=10).fit(training(dense, threads)) for threads in (1, 3))
    assert np.array_equal(one.encoder, three.encoder)
    assert np.array_equal(one.decoder, three.decoder)
    assert np.array_equal(scores_of(one, dense), scores_of(three, dense, threads=3))


def test_a_new_item_scores_the_mean_of_those_that_it_is_like() -> None:
    dense = log(3, 30, 12)
    shape = Bspm(factors=4).fit(training(dense))
    # New items stand before, among and behind the known ones; each is like two of them.
    new = np.array([0, 5, 13], np.int32)
    known = np.setdiff1d(np.arange(15), new).astype(np.int32)
    members = np.zeros((3, 12))
    members[[0, 0, 1, 1, 2, 2], [1, 2, 2, 7, 4, 11]] = 0.5
    wider = Extension(known, new, sparse.csr_array(np.eye(3)), sparse.csr_array(members))
    found = scores_of(extended(shape, wider), dense)
    scores = scores_of(shape, dense)
    np.testing.assert_allclose(found[:, known], scores, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[:, new], scores @ members.T, rtol=1e-4, atol=1e-5)
