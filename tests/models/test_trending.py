"""Choices of the trending model."""

import pytest

from recli.errors import RecliError
from recli.models.trending import Trending


def test_a_base_that_is_no_longer_than_what_is_recent_is_refused() -> None:
    with pytest.raises(RecliError, match="--base-half-life-days must be more"):
        Trending(half_life_days=7, base_half_life_days=7)


def test_it_learns_from_times() -> None:
    assert Trending().needs() == ["timestamp"]
