"""Building an index: what is measured, what is published, and what retrieval makes of it."""

import itertools
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recli import registry
from recli.errors import RecliError
from recli.indexes.ivf import Ivf
from recli.kernels import served
from recli.kernels.shapes import Factors, FoldIn, Vectors
from recli.models.als import Als
from recli.stages import retrieve
from recli.stages.build_index import build_index
from recli.stages.index_trial import Found, Goal
from recli.store.artefact import Artefact, open_artefact, publish
from recli.store.model import Model, save_model, vectors_table
from recli.store.provenance import Provenance

USERS, ITEMS = 240, 1500
every_back_end = pytest.mark.parametrize("name", registry.names("indexes"))


def ids(letter: str, count: int) -> pl.Series:
    return pl.Series([f"{letter}{row:05d}" for row in range(count)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """Vectors in loose groups and of uneven length."""
    rng = np.random.default_rng(0)
    tastes = rng.standard_normal((20, 12))
    users = tastes[rng.integers(0, 20, USERS)] + 0.4 * rng.standard_normal((USERS, 12))
    items = tastes[rng.integers(0, 20, ITEMS)] + 0.6 * rng.standard_normal((ITEMS, 12))
    items *= rng.lognormal(0, 0.7, (ITEMS, 1))
    shape = Factors(users.astype(np.float32), items.astype(np.float32), FoldIn(0.1, alpha=1.0))
    path = tmp_path_factory.mktemp("models") / "some.model"
    counts = np.ones(ITEMS, np.int64)
    with publish(path, "model", ("als", Als()), Provenance("test"), {"in": 1}) as (folder, record):
        record.update(save_model(folder, Model(ids("i", ITEMS), counts, shape), ids("u", USERS)))
    return open_artefact(str(path), "model")


def built(name: str, model: Artefact, path: Path, goal: Goal, **choices: Any) -> Found:
    plugin = registry.load("indexes", name)(**choices)
    ticks = itertools.count()  # a clock that a second passes on at each look
    return build_index(
        (name, plugin), model, goal, path, Provenance("test"), 1, lambda: float(next(ticks))
    ).found


def offered(
    artefact: Artefact, history: pl.DataFrame | None = None, **choices: Any
) -> retrieve.Result:
    vectors = vectors_table(artefact)
    assert vectors is not None
    block = {"users": pl.DataFrame({"user_id": ids("u", USERS)}), "vectors": vectors.read()}
    if history is not None:
        block["history"] = history
    return retrieve.load(artefact, retrieve.Choices(**choices))(block)


def some_pairs(per_user: int) -> pl.DataFrame:
    """The best items of each user are what the users have seen: the hardest to leave out."""
    rng = np.random.default_rng(2)
    items = rng.integers(0, ITEMS, USERS * per_user)
    users = np.repeat(np.arange(USERS), per_user)
    return (
        pl.DataFrame({"user_id": ids("u", USERS)[users], "item_id": ids("i", ITEMS)[items]})
        .unique()
        .sort("user_id", "item_id")
    )


@every_back_end
def test_retrieval_finds_what_the_manifest_says(name: str, model: Artefact, tmp_path: Path) -> None:
    found = built(name, model, tmp_path / "it", Goal(recall=0.9, k=20, queries=USERS))
    index = open_artefact(str(tmp_path / "it"), "index")
    exact, fast = (offered(source, k=20).rows for source in (model, index))
    share = fast.join(exact, on=["user_id", "item_id"]).height / exact.height
    assert fast.height == exact.height
    assert share >= 0.88
    assert abs(share - index.manifest["search"]["recall"]) < 0.04
    assert found.recall == index.manifest["search"]["recall"]


@every_back_end
def test_scores_have_the_bits_of_exact_search(name: str, model: Artefact, tmp_path: Path) -> None:
    built(name, model, tmp_path / "it", Goal(recall=0.9, k=20))
    index = open_artefact(str(tmp_path / "it"), "index")
    exact, fast = (offered(source, k=30).rows for source in (model, index))
    both = fast.join(exact, on=["user_id", "item_id"])
    assert both.height > 0
    assert both["score"].equals(both["score_right"].alias("score"))


@every_back_end
def test_filters_hold_and_no_list_is_cut_short(
    name: str, model: Artefact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "LEAST_WORK", 0)  # so small a catalogue is else searched exactly
    built(name, model, tmp_path / "it", Goal(recall=0.5, k=10))
    index = open_artefact(str(tmp_path / "it"), "index")
    best = offered(model, k=60).rows.select("user_id", "item_id")
    only = ids("i", ITEMS).gather_every(2)
    result = offered(index, history=best.sort("user_id", "item_id"), k=10, only=only).rows
    assert result.height == USERS * 10
    assert result.join(best, on=["user_id", "item_id"]).height == 0
    assert result["item_id"].is_in(only.implode()).all()


@every_back_end
def test_few_allowed_items_are_searched_exactly(name: str, model: Artefact, tmp_path: Path) -> None:
    built(name, model, tmp_path / "it", Goal(recall=0.5, k=10))
    index = open_artefact(str(tmp_path / "it"), "index")
    only = ids("i", ITEMS)[::40]
    exact, fast = (offered(source, some_pairs(5), k=60, only=only) for source in (model, index))
    assert fast.rows.equals(exact.rows)
    assert fast.counts == exact.counts


@pytest.mark.parametrize(
    ("items", "share", "k", "asked"),
    [
        (1_000_000, 1.0, 100, True),
        (1_000_000, 0.3, 100, True),
        (1_000_000, 0.2, 100, False),  # too little is left of what the index offers
        (200_000, 0.6, 100, True),
        (200_000, 0.4, 100, False),  # exact search of so few is faster
        (200_000, 0.4, 10, True),
    ],
)
def test_an_index_is_asked_where_filters_leave_enough(
    items: int, share: float, k: int, asked: bool
) -> None:
    only = np.arange(items) < share * items
    nobody = sparse.csr_array((0, items), dtype=np.float32)
    limits = served.Limits(k, nobody, only, search=lambda _queries, _k: None)
    assert limits.asks_index == asked
    assert served.Limits(k, nobody, None, search=limits.search).asks_index
    assert not served.Limits(k, nobody, only).asks_index


def test_lists_are_right_when_the_index_dies(model: Artefact, tmp_path: Path) -> None:
    built("annoy", model, tmp_path / "it", Goal(recall=0.5, k=10))
    stage = retrieve.load(open_artefact(str(tmp_path / "it")), retrieve.Choices(k=10))
    for child in stage.search.func.children:  # type: ignore[union-attr]
        os.kill(child.process.pid, signal.SIGKILL)
    vectors = vectors_table(model)
    assert vectors is not None
    result = stage({"users": pl.DataFrame({"user_id": ids("u", USERS)}), "vectors": vectors.read()})
    assert result.rows.equals(offered(model, k=10).rows)
    assert result.counts[retrieve.INDEX_FAILED] == USERS


def test_a_cheaper_setting_would_not_have_done(model: Artefact, tmp_path: Path) -> None:
    efforts = {}
    for goal in (0.5, 0.8, 0.95, 1.0):
        found = built("ivf", model, tmp_path / "it", Goal(recall=goal, k=20, queries=USERS))
        efforts[goal] = found.effort
        assert found.recall >= goal
        assert all(trial.recall < goal for trial in found.tried if trial.effort < found.effort // 2)
    assert efforts[0.5] < efforts[0.8] < efforts[0.95] <= efforts[1.0]  # type: ignore[operator]


@dataclass(frozen=True)
class Halved(Ivf):
    """Answers with the first half of the places only, whatever the effort."""

    def open(self, folder: Path, vectors: Vectors, threads: int) -> Any:
        search = super().open(folder, vectors, threads)
        return lambda queries, k, effort: search(queries, k, effort)[:, : k // 2]


def test_a_goal_out_of_reach_publishes_nothing(model: Artefact, tmp_path: Path) -> None:
    built("ivf", model, tmp_path / "it", Goal(recall=0.5))
    before = (tmp_path / "it" / "manifest.json").read_bytes()
    place = (tmp_path / "it", Provenance("test"), 1, time.perf_counter)
    with pytest.raises(RecliError, match=r"recall 0\.95 at 100: the most is 0\.500") as caught:
        build_index(("ivf", Halved()), model, Goal(), *place)
    assert caught.value.code == 3
    assert (tmp_path / "it" / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


@every_back_end
def test_speeds_are_no_part_of_what_an_index_is(name: str, model: Artefact, tmp_path: Path) -> None:
    manifests = []
    for clock in (1.0, 3.0):
        plugin = (name, registry.load("indexes", name)())
        ticks = itertools.count(step=clock)
        place = (tmp_path / "it", Provenance("test"), 1)
        build_index(plugin, model, Goal(recall=0.5), *place, lambda: next(ticks))  # noqa: B023
        manifests.append(open_artefact(str(tmp_path / "it")))
    assert manifests[0].manifest["timings"] != manifests[1].manifest["timings"]
    assert manifests[0].sha256 == manifests[1].sha256


@every_back_end
def test_one_user_and_one_item(name: str, tmp_path: Path) -> None:
    shape = Factors(np.ones((1, 3), np.float32), np.ones((1, 3), np.float32), FoldIn(0.1, alpha=1))
    tiny = tmp_path / "tiny"
    with publish(tiny, "model", ("als", Als()), Provenance("test"), {"in": 1}) as (folder, record):
        record.update(
            save_model(folder, Model(ids("i", 1), np.ones(1, np.int64), shape), ids("u", 1))
        )
    found = built(name, open_artefact(str(tiny)), tmp_path / "it", Goal())
    assert found.recall == 1.0
    index = open_artefact(str(tmp_path / "it"))
    vectors = vectors_table(index)
    assert vectors is not None
    block = {"users": pl.DataFrame({"user_id": ["u00000"]}), "vectors": vectors.read()}
    rows = retrieve.load(index, retrieve.Choices(k=5))(block).rows
    assert rows["item_id"].to_list() == ["i00000"]
