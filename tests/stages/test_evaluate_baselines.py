"""Baselines of the history: lists of item-knn against a slow version, and bounded memory."""

import numpy as np
import polars as pl
import pytest

from recli.kernels.lists import Rows
from recli.kernels.matrix import training
from recli.kernels.past import Before
from recli.models.item_knn import ItemKnn
from recli.stages import evaluate_baselines
from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_baselines import baselines_of
from recli.stages.evaluate_inputs import Choices, Inputs, catalogue_of, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, LISTS


@pytest.fixture
def frame():
    """A weighted history with repeated pairs."""
    rng = np.random.default_rng(5)
    rows = 400
    return pl.DataFrame(
        {
            "user_id": [f"u{at:02}" for at in rng.integers(0, 40, rows)],
            "item_id": [f"i{at:02}" for at in (rng.random(rows) ** 2 * 30).astype(int)],
            "weight": rng.choice([0.5, 1.0, 3.0], rows).astype(np.float32),
        }
    ).sort("user_id", "item_id", "weight")


@pytest.fixture
def inputs(frame, tmp_path):
    """The history, with everybody's first item as lists and as truth."""
    first = frame.unique("user_id", keep="first", maintain_order=True).drop("weight")
    first.with_columns(rank=pl.lit(1, pl.Int32)).write_parquet(tmp_path / "lists.parquet")
    first.write_parquet(tmp_path / "truth.parquet")
    frame.write_parquet(tmp_path / "history.parquet")
    tables = [
        open_table(str(tmp_path / f"{name}.parquet"), contract)
        for name, contract in [
            ("lists", LISTS),
            ("truth", INTERACTIONS),
            ("history", INTERACTIONS),
        ]
    ]
    return Inputs({"lists": tables[0]}, tables[1], tables[2])


def slow(frame, k):
    """The k unseen items of each user with the largest sums of weights, equal ones by id."""
    data = training(frame)
    weights = ItemKnn().fit(data).weights.toarray().astype(float)
    found = {}
    for user, history in zip(data.users, data.matrix.toarray().astype(float), strict=True):
        scores = (history @ weights).astype(np.float32)
        offered = [at for at in range(len(scores)) if scores[at] and not history[at]]
        best = sorted(offered, key=lambda at: (-scores[at], at))[:k]
        found[user] = [data.items[at] for at in best]
    return found


def test_item_knn_scores_the_weighted_history(frame, inputs):
    asked = [parsed("ndcg@5")]
    catalogue = catalogue_of(inputs, asked, 100)
    (_, neighbours), notes = baselines_of(inputs, catalogue, asked, Choices(rows=100))
    assert notes == []
    runs = frame["user_id"].rle().struct
    starts = np.concatenate([[0], runs.field("len").cum_sum().to_numpy()]).astype(np.int64)
    rows = Rows(starts, catalogue.numbering.of(frame["item_id"]))
    before = Before(rows, catalogue.past, catalogue.known())
    ids = catalogue.numbering.ids()
    whole = neighbours.lists(before, frame["weight"].to_numpy(), 5)
    for at, (user, expected) in enumerate(slow(frame, 5).items()):
        assert runs.field("value")[at] == user
        begin, end = whole.starts[at : at + 2]
        assert ids.gather(whole.items[begin:end]).to_list() == expected
    # A run of some of the users has their lists.
    part = neighbours.lists(
        Before(rows.of(7, 9), catalogue.past, catalogue.known()), frame["weight"].to_numpy(), 5
    )
    assert part.items.tolist() == whole.items[whole.starts[7] : whole.starts[9]].tolist()


def test_a_long_history_is_fitted_on_a_share_of_its_users(inputs, monkeypatch):
    monkeypatch.setattr(evaluate_baselines, "ROWS", 100)
    monkeypatch.setattr(evaluate_baselines, "LONG", 50)
    found, said = [], []
    for rows in (1000, 37):
        choices = Choices(rows=rows)
        asked, _ = checked(inputs, [parsed("ndcg@5"), parsed("novelty@5")], [], choices)
        found.append(evaluate(inputs, asked, choices, iter, said.append))
    assert repr(found[0].measured) == repr(found[1].measured)
    assert "item-knn is fitted on 0.25 of the users of" in found[0].warnings[-1]
    assert "fitting item-knn on 100 of the interactions of" in said[0]
    values = {one.name: one.value for one in found[0].measured if one.asked.name == "novelty"}
    assert values["item-knn"] > 0
