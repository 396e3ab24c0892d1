"""What every ranker must do, whatever it learns by."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli import registry
from recli.kernels.features import Columns, Layout
from recli.kernels.features_columns import Column
from recli.kernels.ranking import RankingData, RowScorer
from recli.stages.features import families
from recli.stages.train_ranker import train
from recli.store.artefact import open_artefact
from recli.store.provenance import Provenance
from recli.store.ranker import layout_of, load_ranker, load_uncertainty

RANKERS = registry.names("rankers")
LAYOUT = Layout(
    families(), Columns(candidates=(Column("source", "category", "String", ("als", "knn")),))
)


def lists(users: int = 80, length: int = 25, threads: int = 1) -> RankingData:
    """Rows that are chosen when the retrieval score is high and the source is the second."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(users * length, len(LAYOUT.names))).astype(np.float32)
    source = LAYOUT.names.index("candidates.source")
    rows[:, source] = draw.integers(0, 2, len(rows))
    rows[:, -1] = np.nan
    rows[:, -2] = 1
    score = LAYOUT.names.index("retrieval_score")
    rows[draw.random(len(rows)) < 0.05, LAYOUT.names.index("retrieval_place")] = np.nan
    chosen = (rows[:, score] > 0.5) & (rows[:, source] == 1)
    chosen[:: length // 2] |= draw.random(len(chosen[:: length // 2])) < 0.2
    chosen[::length], chosen[1::length] = True, False
    sizes = np.full(users, length)
    names = pl.Series([f"u{user}" for user in range(users)])
    return RankingData(
        LAYOUT.names,
        LAYOUT.categorical,
        rows,
        chosen.astype(np.float32),
        sizes,
        names,
        np.zeros(users, np.int64),
        threads,
    )


def fitted(ranker: str, data: RankingData) -> RowScorer:
    learned: RowScorer = registry.load("rankers", ranker)().fit(data)
    return learned


def test_there_are_rankers() -> None:
    assert "lambdamart" in RANKERS


@pytest.mark.parametrize("ranker", RANKERS)
def test_what_was_chosen_scores_higher(ranker: str) -> None:
    data = lists()
    score = registry.load("rankers", ranker)().open(fitted(ranker, data).files, 1)
    scores = score(data.features)
    chosen = data.relevance > 0
    above = scores[chosen][:, None] > scores[~chosen][None, :]
    assert scores.shape == (len(chosen),)
    assert np.isfinite(scores).all()
    assert above.mean() > 0.85


@pytest.mark.parametrize("ranker", RANKERS)
def test_the_same_is_learned_again_with_any_threads(ranker: str) -> None:
    first = fitted(ranker, lists())
    for threads in (1, 2):
        assert fitted(ranker, lists(threads=threads)) == first


@pytest.mark.parametrize("ranker", RANKERS)
def test_the_input_is_left_as_it_was(ranker: str) -> None:
    data, untouched = lists(), lists()
    fitted(ranker, data)
    assert data.features.tobytes() == untouched.features.tobytes()
    assert data.relevance.tobytes() == untouched.relevance.tobytes()


@pytest.mark.parametrize("ranker", RANKERS)
def test_scores_are_the_same_after_save_and_load_and_in_any_cut(
    ranker: str, tmp_path: Path
) -> None:
    data = lists()
    plugin = registry.load("rankers", ranker)()
    target = tmp_path / "ranker.model"
    train((ranker, plugin), data, LAYOUT, target, Provenance("train"), Counter())
    artefact = open_artefact(str(target), "ranker")
    assert layout_of(artefact) == LAYOUT
    expected = plugin.open(fitted(ranker, data).files, 1)(data.features)
    for threads in (1, 2):
        score = load_ranker(artefact, threads)
        assert score(data.features).tobytes() == expected.tobytes()
        parts = [score(data.features[at : at + 7]) for at in range(0, len(expected), 7)]
        assert np.concatenate(parts).tobytes() == expected.tobytes()
    assert load_ranker(artefact, 1)(data.features[:0]).shape == (0,)
    unsure = load_uncertainty(artefact, 1)
    assert (unsure is None) == (not hasattr(plugin, "uncertain"))
    if unsure is not None:
        whole = unsure(data.features)
        assert np.isfinite(whole).all()
        assert (whole > 0).all()
        parts = [unsure(data.features[at : at + 7]) for at in range(0, len(whole), 7)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize("ranker", RANKERS)
def test_what_the_features_add_is_the_score(ranker: str) -> None:
    data = lists()
    plugin = registry.load("rankers", ranker)()
    files = fitted(ranker, data).files
    explain = plugin.explain(files, 1)
    added = explain(data.features)
    assert added.shape == (len(data.features), len(data.names) + 1)
    scores = plugin.open(files, 1)(data.features)
    assert np.allclose(added.sum(axis=1), scores, rtol=1e-6, atol=1e-9)
    assert np.ptp(added[:, -1]) == 0  # the bias is that of nobody
    score = data.names.index("retrieval_score")
    assert np.ptp(added[:, score]) == np.ptp(added[:, :-1], axis=0).max()
    assert explain(data.features[:0]).shape == (0, len(data.names) + 1)


@pytest.mark.parametrize("ranker", RANKERS)
def test_importances_are_of_every_feature(ranker: str) -> None:
    importances = fitted(ranker, lists()).importances
    assert importances
    for values in importances.values():
        assert set(values) == set(LAYOUT.names)
        assert np.isfinite(list(values.values())).all()
        assert max(values.values()) > 0


@pytest.mark.parametrize("ranker", RANKERS)
def test_what_is_shuffled_is_missed_on_lists_kept_aside(ranker: str, tmp_path: Path) -> None:
    plugin = registry.load("rankers", ranker)()
    places = (lists(), LAYOUT, tmp_path / "ranker.model", Provenance("train"), Counter[str]())
    learned = train((ranker, plugin), *places)
    lost = learned.importances["permutation"]
    assert set(lost) == set(LAYOUT.names)
    assert {"retrieval_score", "candidates.source"} == set(sorted(lost, key=lambda f: -lost[f])[:2])
    manifest = open_artefact(str(tmp_path / "ranker.model")).manifest
    assert manifest["importances"]["permutation"] == lost
    assert manifest["learned"]["lists kept aside"] > 0


@pytest.mark.parametrize("ranker", RANKERS)
def test_the_best_so_far_is_kept_when_the_time_is_over(ranker: str) -> None:
    plugin, asked = registry.load("rankers", ranker), []

    def third() -> bool:
        asked.append(None)
        return len(asked) >= 3

    limited = plugin().fit(replace(lists(), out_of_time=third))
    scores = plugin().open(limited.files, 1)(lists().features)
    assert np.isfinite(scores).all()
    # What is learned in one go does not ask.
    assert limited.cut_short == (len(asked) == 3)
    assert asked or limited == fitted(ranker, lists())


def test_what_rankers_share_is_the_same_option_in_each() -> None:
    options = [
        (ranker, field)
        for ranker in RANKERS
        for field in registry.fields(registry.load("rankers", ranker))
    ]
    for name in ("seed", "validation"):
        assert {ranker for ranker, field in options if field.name == name} == set(RANKERS)
    for name in ("validation", "monotone"):
        shared = [field for _, field in options if field.name == name]
        assert len({(field.type, field.default) for field in shared}) == 1
        assert len({field.help.partition(",")[0] for field in shared}) == 1


@pytest.mark.parametrize("ranker", RANKERS)
def test_one_user_is_enough_and_then_none_is_kept_aside(ranker: str) -> None:
    data = lists()
    alone = data.of_lists(np.arange(80) == 3)
    learned = fitted(ranker, alone)
    score = registry.load("rankers", ranker)().open(learned.files, 1)
    assert np.isfinite(score(alone.features)).all()
    assert learned.facts["lists kept aside"] == 0


def test_nothing_is_shuffled_where_no_lists_are_kept_aside(tmp_path: Path) -> None:
    plugin = registry.load("rankers", "linucb")(validation=0.0)
    places = (lists(), LAYOUT, tmp_path / "ranker.model", Provenance("train"), Counter[str]())
    assert set(train(("linucb", plugin), *places).importances) == {"spread"}


@pytest.mark.parametrize("ranker", RANKERS)
def test_gains_may_be_any_positive_numbers(ranker: str) -> None:
    data = lists()
    gains = data.relevance * np.random.default_rng(1).choice([0.25, 1, 40], len(data.relevance))
    graded = replace(data, relevance=gains.astype(np.float32))
    score = registry.load("rankers", ranker)().open(fitted(ranker, graded).files, 1)
    assert np.isfinite(score(data.features)).all()


def two_kinds(chances: npt.NDArray[np.float64], better: npt.NDArray[np.bool_]) -> RankingData:
    """Lists of ten items of two kinds, chosen by chances [rows]; each with something chosen."""
    chosen = np.random.default_rng(4).random(len(chances)) < chances
    count = len(chances) // 10
    some = chosen.reshape(count, 10).any(axis=1)
    users = pl.Series([f"u{at}" for at in range(count)])
    data = RankingData(
        ("better",), (), better[:, None].astype(np.float32), chosen.astype(np.float32),
        np.full(count, 10), users, np.zeros(count, np.int64),
        weights=np.repeat(np.arange(count) % 3 == 0, 10).astype(np.float32),
    )  # fmt: skip
    return data.of_lists(some)


def prefers_the_better(ranker: str, data: RankingData) -> bool:
    score = registry.load("rankers", ranker)().open(fitted(ranker, data).files, 1)
    worse, best = score(np.array([[0], [1]], np.float32))
    return bool(best > worse)


@pytest.mark.parametrize("ranker", RANKERS)
def test_rows_of_no_weight_teach_nothing(ranker: str) -> None:
    """Two of three lists say the contrary, and weigh nothing."""
    better = np.random.default_rng(3).random(6000) < 0.5
    right = np.repeat(np.arange(600) % 3 == 0, 10)
    data = two_kinds(np.where(better == right, 0.3, 0.1), better)
    assert prefers_the_better(ranker, data)
    assert not prefers_the_better(ranker, replace(data, weights=None))


@pytest.mark.parametrize("ranker", RANKERS)
def test_only_proportions_of_weights_count(ranker: str) -> None:
    data = lists(users=40)
    weights = np.random.default_rng(2).random(len(data.relevance)).astype(np.float32)
    once, twice = (fitted(ranker, replace(data, weights=by * weights)) for by in (1, 2))
    assert once == twice
    assert once != fitted(ranker, data)
    alike = fitted(ranker, replace(data, weights=np.full_like(weights, 3)))
    assert alike.files == fitted(ranker, data).files


@pytest.mark.parametrize("ranker", RANKERS)
def test_what_stood_where_few_look_counts_for_more(ranker: str) -> None:
    """The better of two kinds of items is shown where three in ten look."""
    better = np.random.default_rng(3).random(6000) < 0.5
    seen = np.where(better, 0.3, 1.0)
    data = replace(two_kinds(seen * np.where(better, 0.6, 0.4), better), weights=None)
    known = np.where((data.features[:, 0] == 1) & (data.relevance > 0), 0.3, 1)
    assert prefers_the_better(ranker, replace(data, propensities=known.astype(np.float32)))
    assert not prefers_the_better(ranker, data)
