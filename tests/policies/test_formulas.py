"""Each policy's chances against its formula."""

import numpy as np
import pytest

from recli.kernels.linear_arms import Linear
from recli.kernels.policy import Arms
from recli.policies.epsilon_greedy import EpsilonGreedy
from recli.policies.linucb import Linucb
from recli.policies.softmax import Softmax
from recli.policies.thompson import Thompson
from recli.policies.ucb import Ucb

STARTS = np.array([0, 3, 5])
SCORES = np.array([0.2, 0.9, 0.9, 0.4, 0.1])
SHOWN = np.array([100.0, 10, 0, 40, 60])
REWARDED = np.array([30.0, 4, 0, 10, 20])
COUNTED = Arms(STARTS, SCORES, SHOWN, REWARDED, 1000.0)


def test_epsilon_greedy_shares_epsilon_and_gives_the_rest_to_the_best() -> None:
    # Means under Beta(1, 1): 31/102, 5/12, 1/2; 11/42, 21/62.
    found = EpsilonGreedy(epsilon=0.3).chances(COUNTED)
    assert found == pytest.approx([0.1, 0.1, 0.8, 0.15, 0.85])


def test_without_a_state_scores_tell_the_best_and_ties_go_to_the_earlier() -> None:
    found = EpsilonGreedy(epsilon=0.3).chances(Arms(STARTS, SCORES))
    assert found == pytest.approx([0.1, 0.8, 0.1, 0.85, 0.15])


def test_softmax_is_the_share_of_exponentials() -> None:
    worth = np.exp(SCORES / 0.25)
    expected = [*(worth[:3] / worth[:3].sum()), *(worth[3:] / worth[3:].sum())]
    assert Softmax(temperature=0.25).chances(Arms(STARTS, SCORES)) == pytest.approx(expected)


def test_softmax_of_a_tiny_temperature_is_greedy_and_finite() -> None:
    found = Softmax(temperature=1e-9).chances(Arms(STARTS, SCORES * 1000))
    assert found.tolist() == [0, 0.5, 0.5, 1, 0]


def test_thompson_is_the_share_of_draws_that_are_the_largest() -> None:
    policy = Thompson(prior_rewards=2, prior_misses=5)
    draws = np.random.default_rng(2).beta(REWARDED + 2, SHOWN - REWARDED + 5, (3_000_000, 5))
    first = np.bincount(draws[:, :3].argmax(axis=1), minlength=3) / len(draws)
    second = np.bincount(draws[:, 3:].argmax(axis=1), minlength=2) / len(draws)
    assert policy.chances(COUNTED) == pytest.approx([*first, *second], abs=1e-3)


def test_ucb_shows_what_was_never_shown_and_then_the_highest_bound() -> None:
    assert Ucb().chances(COUNTED)[:3].tolist() == [0, 0, 1]
    bound = REWARDED[3:] / SHOWN[3:] + 0.5 * np.sqrt(2 * np.log(1000) / SHOWN[3:])
    expected = (bound == bound.max()).astype(float)
    assert Ucb(confidence=0.5).chances(COUNTED)[3:].tolist() == expected.tolist()
    assert Ucb(confidence=0).chances(COUNTED)[3:].tolist() == [0, 1]


def test_linucb_shows_the_arm_with_the_highest_bound() -> None:
    rng = np.random.default_rng(1)
    past = np.vstack([rng.normal(size=(2, 200)), np.ones((1, 200))])
    rewards = (0.5 * past[0] - 0.2 * past[1] > 0).astype(float)
    own = np.vstack([rng.normal(size=(2, 5)), np.ones((1, 5))])
    linear = Linear(("x", "y"), past @ past.T, past @ rewards)
    policy = Linucb(alpha=3, l2=2)
    bound = linear.bound(own, 3, 2)
    found = policy.chances(Arms(STARTS, SCORES, context=own, linear=linear))
    assert found[:3].argmax() == bound[:3].argmax()
    assert found[3:].argmax() == bound[3:].argmax()
    assert sorted(found) == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("policy", [Thompson(), Ucb(), Linucb()])
def test_what_goes_by_a_state_refuses_arms_without_one(policy: Thompson | Ucb | Linucb) -> None:
    with pytest.raises(ValueError, match="arms without"):
        policy.chances(Arms(STARTS, SCORES))
