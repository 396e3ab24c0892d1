"""Ways of merging on worked examples."""

import numpy as np
import pytest

from recli.errors import RecliError
from recli.kernels.offers import laid
from recli.mergers import listed
from recli.mergers.quotas import Quotas
from recli.mergers.reciprocal_rank import ReciprocalRank
from recli.mergers.switching import Switching
from recli.mergers.union import Union
from recli.mergers.weighted import Weighted


def offers_of(*sources, events=0):
    """The offers to one user; a source is a dictionary from item number to score, in its order."""
    items = np.array([item for source in sources for item in source], np.int32)
    scores = np.array([x for source in sources for x in source.values()], np.float32)
    ends = np.cumsum([0, *map(len, sources)])
    starts = np.stack([ends[:-1], ends[1:]], axis=1).astype(np.int64)
    return laid(starts, items, scores, 20, np.array([events]))


def scores_of(merger, offers):
    merger.check(len(offers.at))
    return dict(zip(offers.items.tolist(), merger.scores(offers).tolist(), strict=True))


def order_of(merger, offers):
    merger.check(len(offers.at))
    return offers.items[np.lexsort((merger.ties(offers), -merger.scores(offers)))].tolist()


def test_a_hybrid_of_alpha_7_tenths_is_71_hundredths():
    found = scores_of(Weighted("0.7,0.3", "none"), offers_of({4: 0.8}, {4: 0.5}))
    assert found[4] == pytest.approx(0.71)


def test_seven_events_against_a_half_of_three_are_alpha_7_tenths():
    offers = offers_of({4: 0.5}, {4: 0.8}, events=7)
    assert scores_of(Switching("3", normalise="none"), offers)[4] == pytest.approx(0.71)


def test_reciprocal_ranks_are_those_of_the_paper():
    offers = offers_of({1: 9, 2: 8, 3: 7}, {2: 1, 3: 0.5})
    found = scores_of(ReciprocalRank(), offers)
    assert found[1] == pytest.approx(1 / 61)
    assert found[2] == pytest.approx(1 / 62 + 1 / 61)
    assert found[3] == pytest.approx(1 / 63 + 1 / 62)
    halved = scores_of(ReciprocalRank(constant=0, weights="1,0.5"), offers)
    assert halved[2] == pytest.approx(1 / 2 + 0.5)


def test_of_every_ten_places_each_source_has_its_quota():
    sources = [{base + at: 1.0 - at / 9 for at in range(6)} for base in (0, 6, 12)]
    first = order_of(Quotas("6,3,1"), offers_of(*sources))[:10]
    assert [sum(item // 6 == source for item in first) for source in range(3)] == [6, 3, 1]
    assert first[0] == 0


def test_what_a_source_lacks_of_its_quota_the_others_fill():
    offers = offers_of({1: 9}, {1: 9, 2: 8, 3: 7}, {4: 1, 5: 0.5})
    assert order_of(Quotas("1,1,0"), offers) == [1, 2, 3, 4, 5]
    assert sorted(order_of(Quotas(), offers)) == [1, 2, 3, 4, 5]


def test_a_union_holds_first_places_first_and_those_of_more_sources_before():
    offers = offers_of({5: 9, 3: 8, 7: 1}, {3: 2, 8: 1})
    assert order_of(Union(), offers) == [3, 5, 8, 7]


def test_a_user_without_history_gets_the_first_source_and_a_known_one_the_last():
    new, known = {1: 3, 2: 2, 3: 1}, {7: 3, 8: 2, 9: 1}
    assert order_of(Switching(), offers_of(new, known, events=0))[:3] == [1, 2, 3]
    assert order_of(Switching("5", 8.0), offers_of(new, known, events=500))[:2] == [7, 8]
    order = order_of(Switching(), offers_of({}, known, events=0))
    assert order == [7, 8, 9]


def test_weight_passes_on_from_source_to_source():
    offers = offers_of({1: 1}, {2: 1}, {3: 1}, events=10)
    found = scores_of(Switching("10,30", normalise="none"), offers)
    assert found == pytest.approx({1: 0.5, 2: 0.5 * 0.75, 3: 0.5 * 0.25})
    assert scores_of(Switching("10"), offers) == pytest.approx({1: 0.5, 2: 0.25, 3: 0.25})


@pytest.mark.parametrize("scale", ["min-max", "z-score", "rank", "none"])
def test_equal_scores_keep_the_order_of_the_list(scale):
    offers = offers_of({3: 2, 1: 2, 2: 2})
    assert order_of(Weighted(normalise=scale), offers) == [3, 1, 2]


def test_huge_weights_and_scores_stay_finite():
    found = scores_of(Weighted("900000000,900000000", "none"), offers_of({1: 3e38}, {1: 3e38}))
    assert np.isfinite(found[1])


@pytest.mark.parametrize(
    ("merger", "message"),
    [
        (Weighted("0.5"), "has 1 numbers, there must be 2"),
        (Weighted("1,x"), "must be 2 numbers"),
        (Weighted("1,nan"), "must be 2 numbers"),
        (Weighted("1,-1"), "at least 0"),
        (Weighted("0,0"), "leaves nothing"),
        (Quotas("1.5,1"), "whole numbers"),
        (Quotas("0,0"), "not all 0"),
        (Switching("0"), "must be positive"),
        (Switching("1,2"), "must be 1 numbers"),
    ],
)
def test_what_does_not_fit_two_sources_is_refused(merger, message):
    with pytest.raises(RecliError, match=message.replace("must be 1 numbers", "there must be 1")):
        merger.check(2)


def test_switching_needs_two_sources():
    with pytest.raises(RecliError, match="at least two"):
        Switching().check(1)


def test_numbers_are_listed():
    assert listed("half", "5", {1, 2}) == [5.0]
