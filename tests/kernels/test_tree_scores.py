import lightgbm
import numpy as np
import numpy.typing as npt
import pytest

from recli.kernels import tree_scores

ROWS = 1000  # no multiple of the rows that are looked at together


def table(draw: np.random.Generator) -> npt.NDArray[np.float32]:
    """Quantities with and without missing values, a steep one, and codes."""
    rows = draw.standard_normal((ROWS, 6)).astype(np.float32)
    rows[draw.random((ROWS, 6)) < 0.1] = np.nan
    rows[:, 1] = draw.standard_normal(ROWS)  # never missing where it is learned
    rows[:, 2] *= 1e-38
    rows[:, 5] = draw.integers(0, 90, ROWS)
    return rows


@pytest.mark.parametrize("leaves", [2, 31, 32, 33, 64])
def test_the_sums_are_those_of_lightgbm_to_the_last_bit(leaves: int) -> None:
    draw = np.random.default_rng(leaves)
    rows = table(draw)
    told = np.nan_to_num(rows[:, 0]) + rows[:, 1] + (rows[:, 2] > 0) + rows[:, 5] % 3
    labels = told + draw.standard_normal(ROWS) > 2
    settings = {
        "objective": "binary",
        "num_leaves": leaves,
        "min_data_in_leaf": 5,
        "min_data_per_group": 5,
        "verbosity": -1,
        "num_threads": 1,
    }
    learn = lightgbm.Dataset(rows, labels, categorical_feature=[5])
    booster = lightgbm.train(settings, learn, 30)
    asked = table(draw)
    asked[:100, 1] = np.nan
    asked[:7, 5] = np.nan, -0.5, -1, 31.9, 32, 1e9, 1e30
    # What stands on a threshold itself goes left.
    first = booster.dump_model()["tree_info"][0]["tree_structure"]
    if first["decision_type"] == "<=":
        asked[10, first["split_feature"]] = first["threshold"]
    forest = tree_scores.parsed(booster.model_to_string())
    assert forest is not None
    assert (forest.starts[:, 3] > forest.starts[:, 2]).any()
    want = booster.predict(asked, raw_score=True)
    for threads in (1, 2):
        assert (tree_scores.scores(forest, asked, threads) == want).all()
    assert not len(tree_scores.scores(forest, asked[:0]))


def test_trees_that_never_part_anything_have_a_score_too() -> None:
    rows = np.zeros((100, 1), np.float32)
    settings = {"objective": "regression", "verbosity": -1}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, np.ones(100)), 2)
    forest = tree_scores.parsed(booster.model_to_string())
    assert forest is not None
    assert (tree_scores.scores(forest, rows) == booster.predict(rows)).all()


def test_wider_trees_are_left_to_lightgbm() -> None:
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((2000, 2))
    settings = {"num_leaves": 65, "min_data_in_leaf": 1, "verbosity": -1}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, rows[:, 0] * rows[:, 1]), 1)
    assert tree_scores.parsed(booster.model_to_string()) is None
