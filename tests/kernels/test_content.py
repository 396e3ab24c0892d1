"""Columns of a catalogue as features, and what similarity makes of them."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import sparse

from recli.errors import RecliError
from recli.kernels import content_blocks, profiles
from recli.kernels.content import Catalogue, Similarity, learned
from recli.kernels.content_blocks import Vocabulary
from recli.kernels.content_kinds import kinds
from recli.kernels.matrix import Matrix, ignore

ALL = Vocabulary(min_count=1, max_terms=100)
# Liked [1,1,1,0] and [1,1,0,0]; offered [1,1,1,0] and [0,0,0,1]; and one of which nothing is known.
GOLDEN = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])


def rows(**columns: Any) -> Matrix:
    """Features of a catalogue with the default weights and every word."""
    return Catalogue({}, ALL, ignore).rows(pl.DataFrame(columns))


def scores(features: Matrix, history: npt.ArrayLike, similarity: Similarity) -> Any:
    shape = learned(features, similarity)
    past = sparse.csr_array(np.atleast_2d(np.asarray(history, np.float32)))
    return (profiles.of(past, shape) @ shape.worth.T).toarray()[0]


def test_the_worked_example_of_content() -> None:
    features = rows(vector=pl.Series(GOLDEN.tolist(), dtype=pl.List(pl.Float64)))
    found = scores(features, [1, 1, 0, 0, 0], "cosine")
    assert found[2] == pytest.approx(0.962, abs=5e-4)
    assert found[3] == 0


@pytest.mark.parametrize("history", [[1, 0, 0, 0, 0], [1, 2, 0, 0, 4], [0, 3, 0.5, 1, 0]])
def test_scores_are_the_similarities_of_the_weighted_mean(history: list[float]) -> None:
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(5, 6)).astype(np.float32)
    matrix[4] = 0  # nothing is known of it
    weights = np.array(history)[:4]
    mean = weights @ matrix[:4] / weights.sum()
    features = sparse.csr_array(matrix)
    dot = matrix @ mean
    np.testing.assert_allclose(scores(features, history, "dot"), dot, rtol=1e-4, atol=1e-6)
    lengths = np.linalg.norm(matrix[:4], axis=1) * np.linalg.norm(mean)
    cosine = scores(features, history, "cosine")
    np.testing.assert_allclose(cosine[:4], dot[:4] / lengths, rtol=1e-4, atol=1e-6)
    near = scores(features, history, "euclidean")
    distances = np.linalg.norm(matrix[:4] - mean, axis=1) ** 2
    # A constant less the squared distance.
    np.testing.assert_allclose(np.diff(near[:4]), -np.diff(distances), rtol=1e-3, atol=1e-3)
    assert (near[:4] > 0).all()
    assert cosine[4] == near[4] == 0


def test_the_nearest_is_found_where_products_and_lengths_cancel_out() -> None:
    features = sparse.csr_array(np.eye(2, dtype=np.float32))
    assert (scores(features, [1, 1], "euclidean") > 0).all()


def test_tf_idf_is_that_of_the_formula() -> None:
    lists = pl.Series([["a", "a", "b"], ["b", "c"], [], None, ["c", ""]])
    found = content_blocks.terms(lists, ALL).toarray()
    idf = {"a": 1 + np.log(4 / 2), "b": 1 + np.log(4 / 3), "c": 1 + np.log(4 / 3)}
    first = np.array([(1 + np.log(2)) * idf["a"], idf["b"], 0])
    second = np.array([0, idf["b"], idf["c"]])
    wanted = [first / np.linalg.norm(first), second / np.linalg.norm(second)]
    np.testing.assert_allclose(found, [*wanted, [0] * 3, [0] * 3, [0, 0, 1]], rtol=1e-12)


def test_rare_terms_and_those_of_all_items_are_left_out_and_the_most_frequent_stay() -> None:
    lists = pl.Series([["all", "z", "y", "x"], ["all", "z", "y"], ["all", "z"], ["all", "w"]])
    assert content_blocks.terms(lists, Vocabulary(2, 100)).shape == (4, 2)  # z and y
    assert content_blocks.terms(lists, Vocabulary(1, 1)).toarray()[:, 0].tolist() == [1, 1, 1, 0]


def test_words_are_unicode_and_casefolded() -> None:
    texts = pl.Series(["STRASSE, Straße", "É", "E\u0301", "हिन्दी 東京-1", None])
    found = content_blocks.words(texts).to_list()
    assert found == [["strasse", "strasse"], ["é"], ["é"], ["हिन्दी", "東京", "1"], None]


def test_numbers_near_each_other_are_alike_and_those_far_apart_are_not() -> None:
    block = content_blocks.between_knots(np.array([*map(float, range(80)), np.nan, np.inf]))
    alike = (block @ block.T).toarray()
    assert alike[10, 11] > 0.95
    assert alike[10, 11] > alike[10, 18] > alike[10, 60] == 0
    assert alike[80:].sum() == 0
    np.testing.assert_allclose(np.diag(alike)[:80], 1)


def test_a_column_of_one_value_has_no_features() -> None:
    assert content_blocks.between_knots(np.array([5.0, 5.0, np.nan])).nnz == 0
    assert content_blocks.between_knots(np.array([np.nan])).nnz == 0
    assert content_blocks.terms(pl.Series([["x"], ["x"]]), ALL).nnz == 0


def test_each_kind_of_column_is_told_from_its_type_and_values() -> None:
    many = range(600)
    moments = [datetime(2024, 1, 1, n % 24, tzinfo=UTC) for n in many]
    table = pl.DataFrame(
        {
            "item_id": [f"i{n}" for n in many],
            "title": [f"the title {n}" for n in many],
            "brand": [f"b{n % 7}" for n in many],
            "code": [f"{n % 7:02d}" for n in many],
            "price": [float(n) for n in many],
            "written": [f"{n}.5" for n in many],
            "repeated": [f"{n % 7}.99" for n in many],
            "stock": [n % 2 == 0 for n in many],
            "at": moments,
            "tags": [["x", "y"] for _ in many],
            "vector": pl.Series([[1.0, 2.0]] * 600, dtype=pl.Array(pl.Float32, 2)),
            "thing": [{"a": 1} for _ in many],
        }
    )
    said: list[str] = []
    assert kinds(table, (), said.append) == {
        "title": "text",
        "brand": "labels",
        "code": "labels",
        "price": "number",
        "written": "number",
        "repeated": "number",
        "stock": "labels",
        "at": "number",
        "tags": "labels",
        "vector": "vector",
    }
    assert sum("text in which every value is a number" in line for line in said) == 2
    assert any(line.startswith("thing: Struct") for line in said)
    with pytest.raises(RecliError, match="'thing' of the items holds Struct"):
        kinds(table, ("thing",), said.append)


def test_numbers_written_as_text_are_read() -> None:
    found = content_blocks.plain(pl.Series([" 12", "13.5", None, "1e3"]))
    np.testing.assert_array_equal(found, [12, 13.5, np.nan, 1000])


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([[1.0, 2.0], [1.0]], "vectors of 1 to 2 numbers"),
        ([[1.0, None], [1.0, 2.0]], "missing or not finite in 1 vectors"),
        ([[1.0, float("nan")], [float("inf"), 2.0]], "missing or not finite in 2 vectors"),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(vectors: list[Any], message: str) -> None:
    with pytest.raises(RecliError, match=message):
        content_blocks.vectors(pl.Series("v", vectors, dtype=pl.List(pl.Float64)))


def test_vectors_of_any_size_and_empty_ones_are_taken() -> None:
    lists = pl.Series([[3e300, 4e300], [], None, [0.0, 0.0], [6e299, 8e299]])
    block = content_blocks.vectors(lists).toarray()
    assert np.isfinite(block).all()
    np.testing.assert_allclose(np.linalg.norm(block, axis=1), [5 / 3, 0, 0, 0, 1 / 3], 1e-12)


def test_blocks_weigh_as_they_are_told() -> None:
    table = pl.DataFrame({"a": ["x", "x", "y", "y"], "b": ["p", "q", "p", "q"]})
    found = Catalogue({"a": 2.0, "b": 0.5}, ALL, ignore).rows(table).toarray()
    np.testing.assert_allclose(np.abs(found).sum(axis=1), 2.5)
    assert (found @ found.T)[0].tolist() == [4.25, 4.0, 0.25, 0.0]


def test_items_without_any_readable_column_are_refused() -> None:
    with pytest.raises(RecliError, match="no column that describes them"):
        rows(item_id=["a", "b"])
    table = pl.DataFrame({"item_id": ["a"], "size": [1], "brand": ["x"]})
    coloured = Catalogue({"colour": 1.0}, ALL, ignore)
    with pytest.raises(RecliError, match="no column 'colour'; there are size, brand"):
        coloured.rows(table)
