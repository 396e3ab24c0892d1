"""Greedy choices by mixes of categories against objectives written out in full."""

from functools import partial
from math import log, prod

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels import aspects, calibrated, mixes
from recli.kernels.catalogue import Catalogue
from recli.kernels.rules import Context
from tests.kernels.drawn_lists import Drawn, best, drawn

Mix = dict[str, float]


def told(case: Drawn, seed: int) -> tuple[mixes.Coded, list[Mix]]:
    """Histories of the lists' users, a tenth without one, and their mixes row by row."""
    draw = np.random.default_rng(seed)
    users, genres, expected = list[int](), list[list[str]](), list[Mix]()
    for user, _, _ in case.each():
        known = int(draw.integers(0, 10))
        chosen = [
            sorted(draw.choice(list("abcdef"), n, replace=False)) for n in [0, 1, 2, 3][:known]
        ]
        users += [user] * len(chosen)
        genres += [[str(name) for name in names] for names in chosen]
        kept = [names for names in chosen if names]
        mix: Mix = {}
        for names in kept:
            for name in names:
                mix[str(name)] = mix.get(str(name), 0) + 1 / len(names) / len(kept)
        expected.append(mix)
    both = pl.Series([*case.genres, *genres], dtype=pl.List(pl.String))
    items = Catalogue(pl.DataFrame({"item_id": np.arange(len(both)), "by": both}))
    lists = np.repeat(np.arange(len(expected)), np.diff(case.starts))
    people = pl.Series("user_id", [*lists, *users])
    seen = items.numbered(pl.DataFrame([people, items.items["item_id"]]))
    rows, history = seen.head(len(lists)), seen.tail(len(users))
    return mixes.known(rows, "by", Context({}, items=items, history=history)), expected


def chosen_by(kernel, case: Drawn, coded: mixes.Coded, rate: float, top: int) -> list[list[int]]:  # type: ignore[no-untyped-def]
    order = np.empty(len(case.scores), np.int64)
    mix = coded.mixes
    kernel(
        0, len(case.starts) - 1, case.starts, case.scores, *coded.lists, coded.count,
        mix.starts, mix.codes, mix.shares, rate, top, order,
    )  # fmt: skip
    return [(order[begin:end] - begin).tolist() for _, begin, end in case.each()]


def grown(size: int, top: int, value) -> list[int]:  # type: ignore[no-untyped-def]
    """The list that grows by the row with the largest value(rows of the list with it)."""
    left, chosen = list(range(size)), list[int]()
    while left and len(chosen) < top:
        row = best(left, [value([*chosen, one]) for one in left])
        chosen.append(row)
        left.remove(row)
    return chosen + left


def calibration(
    scores: list[float], genres: list[list[str]], mix: Mix, rate: float, rows: list[int]
) -> float:
    """(1 - lambda) sum of scores - lambda KL(p || q) of a list, q smoothed by .01 of p."""
    far = 0.0
    for name, share in mix.items():
        part = sum((name in genres[row]) / max(len(genres[row]), 1) for row in rows)
        far += share * log(share / (0.99 * part / len(rows) + 0.01 * share))
    return (1 - rate) * sum(scores[row] for row in rows) - rate * far


@pytest.mark.parametrize(("rate", "top"), [(0.0, 8), (0.5, 8), (1.0, 8), (0.8, 3)])
def test_calibrated_chooses_by_the_whole_divergence(rate: float, top: int) -> None:
    case = drawn(5, lists=250)
    coded, wanted = told(case, 5)
    found = chosen_by(calibrated.calibrated, case, coded, rate, top)
    for user, begin, end in case.each():
        scores, genres = case.scores[begin:end].tolist(), case.genres[begin:end]
        expected = list(range(end - begin))
        if wanted[user]:
            value = partial(calibration, scores, genres, wanted[user], rate)
            expected = grown(end - begin, top, value)
        assert found[user] == expected


def coverage(
    scores: list[float], genres: list[list[str]], mix: Mix, rate: float, rows: list[int]
) -> float:
    """What the last row of a list is worth beside those above it."""
    covers = 0.0
    for name, share in mix.items():
        *above, own = ((name in genres[row]) / max(len(genres[row]), 1) for row in rows)
        covers += share * own * prod(1 - part for part in above)
    return (1 - rate) * scores[rows[-1]] + rate * covers


@pytest.mark.parametrize(("rate", "top"), [(0.0, 8), (0.5, 8), (1.0, 8), (0.8, 3)])
def test_covering_chooses_by_what_is_lacking(rate: float, top: int) -> None:
    case = drawn(6, lists=250)
    coded, wanted = told(case, 6)
    found = chosen_by(aspects.covering, case, coded, rate, top)
    for user, begin, end in case.each():
        scores, genres = case.scores[begin:end].tolist(), case.genres[begin:end]
        names = {name for row in genres for name in row}
        mix = wanted[user] or {name: 1 / len(names) for name in names}
        value = partial(coverage, scores, genres, mix, rate)
        assert found[user] == grown(end - begin, top, value)


def test_a_history_shares_each_row_evenly() -> None:
    case = drawn(7, lists=250)
    coded, wanted = told(case, 7)
    mix = coded.mixes
    for user, expected in enumerate(wanted):
        shares = mix.shares[mix.starts[user] : mix.starts[user + 1]]
        assert sorted(shares) == pytest.approx(sorted(expected.values()))


def test_a_target_is_the_mix_of_every_list_though_lists_lack_its_category() -> None:
    rows = pl.DataFrame({"user_id": ["u", "u", "v"], "by": ["b", None, "c"]})
    coded = mixes.asked(rows, "by", mixes.shares_of("c=1, a=3"), Context({}))
    b, c, a = 0, 1, 2  # what no row has comes last
    assert coded.count == 3
    assert coded.lists[1].tolist() == [b, c]
    assert coded.mixes.starts.tolist() == [0, 2, 4]
    assert coded.mixes.codes.tolist() == [c, a, c, a]
    assert coded.mixes.shares.tolist() == [0.25, 0.75] * 2
    nested = rows.select("user_id", by=pl.col("by").reshape((-1, 1)).arr.to_list())
    again = mixes.asked(nested, "by", mixes.shares_of("c=1, a=3"), Context({}))
    assert again.mixes.codes.tolist() == [c, a, c, a]


WRONG = [
    "",
    "Drama",
    "Drama=",
    "=1",
    "Drama=x",
    "Drama=0",
    "Drama=-1",
    "Drama=inf",
    "Drama=nan",
    "D=1,,",
    "D=1,D=2",
]


@pytest.mark.parametrize("target", WRONG)
def test_what_is_no_mix_is_refused(target: str) -> None:
    with pytest.raises(RecliError, match="--target"):
        mixes.shares_of(target)


def test_the_divergence_of_a_list_is_that_of_the_slow_version() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        wanted = rng.random(4) * (rng.random(4) < 0.7)
        wanted = wanted / wanted.sum() if wanted.sum() else wanted
        genres = [rng.permutation(4)[: rng.integers(0, 4)] for _ in range(rng.integers(1, 6))]
        mix = np.zeros(4)
        for own in genres:
            mix[own] += 1 / max(len(own), 1) / len(genres)
        near = 0.99 * mix + 0.01 * wanted
        slow = sum(p * np.log(p / q) for p, q in zip(wanted, near, strict=True) if p > 0)
        first = np.cumsum([0, *map(len, genres)])
        codes = np.concatenate([np.sort(own) for own in genres]).astype(np.int32)
        asked = np.flatnonzero(wanted).astype(np.int32)
        found = mixes.divergence(
            mixes.Coded(
                (first, codes), 4, mixes.Mixes(np.array([0, len(asked)]), asked, wanted[asked])
            ),
            np.array([0, len(genres)]),
        )
        assert np.isnan(found[0]) if not len(asked) else abs(found[0] - slow) < 1e-12
